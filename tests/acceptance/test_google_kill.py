"""`sync` on Google is killed while a request is on its way, run again, and nothing is doubled and nobody is lost."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tests.google_world import GoogleWorld
from tests.killed import STORIES
from tests.remote_kill import Stage

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """One world for all stories."""
    made = Stage(tmp_path_factory.mktemp("google"), GoogleWorld)
    try:
        made.tell()
        yield made
    finally:
        made.end()


@pytest.mark.parametrize("story", STORIES)
def test_killed_between_request_and_answer(stage: Stage, capsys: pytest.CaptureFixture[str], story: str) -> None:
    """A pass killed before or after a request took effect and run again ends as one that nobody killed."""
    told = stage.check(story)
    with capsys.disabled():
        sys.stdout.write(told)

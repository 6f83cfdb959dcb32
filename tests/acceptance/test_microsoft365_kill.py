"""`sync` on Microsoft 365 is killed while a request is on its way, and run again: nothing is doubled, nobody lost."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tests.killed import STORIES
from tests.microsoft365_world import Microsoft365World
from tests.remote_kill import Stage

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """One world for all stories."""
    made = Stage(tmp_path_factory.mktemp("microsoft365"), Microsoft365World)
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

"""Patience: what is tried again, for how long, and what is not."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from assistant.errors import NotFoundError, TransientError
from providers._net import Patience, ThrottledError, persevere

if TYPE_CHECKING:
    from collections.abc import Callable

SHORT = Patience(total=timedelta(seconds=0.1), throttled=timedelta(seconds=0.6))


def failing(times: int, error: Exception) -> tuple[list[int], Callable[[], str]]:
    """Return what fails so often and then succeeds, with the list of its tries."""
    tries: list[int] = []

    def attempt() -> str:
        tries.append(len(tries))
        if len(tries) <= times:
            raise error
        return "done"

    return tries, attempt


def transient(retry_after: float | None = None) -> TransientError:
    """Return a fault that may be over soon."""
    return TransientError("test", "try", "away", None if retry_after is None else timedelta(seconds=retry_after))


def test_a_passing_fault_is_waited_for() -> None:
    """What fails twice and then works, works."""
    tries, attempt = failing(2, transient())
    assert persevere(SHORT, attempt) == "done"
    assert len(tries) == 3


def test_a_lasting_fault_is_told_in_bounded_time() -> None:
    """The last error comes through once all patience is used up, after more than one try."""
    tries, attempt = failing(10**6, transient())
    begun, patience = time.monotonic(), SHORT._replace(throttled=timedelta(seconds=60))
    with pytest.raises(TransientError):
        persevere(patience, attempt)
    assert 0.1 <= time.monotonic() - begun < 60
    assert len(tries) > 2


def test_a_service_that_asks_for_time_gets_more() -> None:
    """A quota that is counted by the minute outlasts the patience with a service that is away."""
    tries, attempt = failing(10**6, ThrottledError("test", "try", "later"))
    begun = time.monotonic()
    with pytest.raises(ThrottledError):
        persevere(SHORT, attempt)
    assert time.monotonic() - begun >= 0.6
    assert len(tries) > 5


def test_a_wait_that_was_asked_for_is_kept() -> None:
    """Retry-After is waited out, also where it is longer than our own waits."""
    _, attempt = failing(1, transient(0.05))
    begun = time.monotonic()
    assert persevere(SHORT, attempt) == "done"
    assert time.monotonic() - begun >= 0.05


def test_a_wait_beyond_patience_ends_at_once() -> None:
    """A service that asks for an hour is told of without waiting."""
    tries, attempt = failing(1, transient(3600))
    with pytest.raises(TransientError):
        persevere(SHORT, attempt)
    assert len(tries) == 1


def test_a_refusal_is_no_fault() -> None:
    """What no waiting changes is not tried twice."""
    tries, attempt = failing(1, NotFoundError("test", "try", "gone"))
    with pytest.raises(NotFoundError):
        persevere(SHORT, attempt)
    assert len(tries) == 1

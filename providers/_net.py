"""Patience with services on a network: what is tried again, after which wait, and for how long in all."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import stamina
import stamina.instrumentation

from assistant.errors import TransientError

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
_FIRST_OF_TOTAL = 60  # with 30 seconds in all the first wait is half a second
_LONGEST_OF_TOTAL = 4

# Its default is to warn on stderr at each try; a pass tells once, when it gives up.
stamina.instrumentation.set_on_retry_hooks([])


class ThrottledError(TransientError):
    """The service asks to come back later; it works, and has had enough of us for now."""


class Patience(NamedTuple):
    """How long one request may take, and how long all tries of it together.

    `throttled` is for a service that asks to come back later: quotas are counted by the minute, and a first pass over
    a large mailbox uses up several.
    """

    request: timedelta = timedelta(seconds=30)
    total: timedelta = timedelta(seconds=30)
    throttled: timedelta = timedelta(seconds=180)


def persevere(patience: Patience, attempt: Callable[[], T]) -> T:
    """Return what `attempt` returns, trying again on a `TransientError` with exponential waits and jitter.

    A wait that the service asks for (`retry_after`) is kept; one longer than our patience ends the tries at once.

    Raises:
        TransientError: the last one, when the time is used up. Other errors come through at once.
    """
    begun = time.monotonic()

    def wait(error: Exception) -> bool | timedelta:
        if not isinstance(error, TransientError):
            return False
        bound = patience.throttled if isinstance(error, ThrottledError) else patience.total
        left = bound - timedelta(seconds=time.monotonic() - begun)
        if left < (error.retry_after or timedelta()):
            return False
        return error.retry_after if error.retry_after is not None else left > timedelta()

    for each in stamina.retry_context(
        on=wait,
        attempts=None,
        timeout=None,
        wait_initial=patience.total / _FIRST_OF_TOTAL,
        wait_max=patience.total / _LONGEST_OF_TOTAL,
        wait_jitter=patience.total / _FIRST_OF_TOTAL,
    ):
        with each:
            return attempt()
    raise AssertionError("stamina returns or raises")  # pragma: no cover

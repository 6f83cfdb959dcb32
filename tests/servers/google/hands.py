"""The hands of a user, while the server may be answering a request in another thread."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Concatenate, ParamSpec, Protocol, TypeVar

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

P = ParamSpec("P")
T = TypeVar("T")


class Shared(Protocol):
    """What requests and hands both change."""

    lock: threading.RLock


S = TypeVar("S", bound=Shared)


def locked(method: Callable[Concatenate[S, P], T]) -> Callable[Concatenate[S, P], T]:
    """Let a method wait until no request is being answered."""

    @functools.wraps(method)
    def call(self: S, /, *args: P.args, **kwargs: P.kwargs) -> T:
        with self.lock:
            return method(self, *args, **kwargs)

    return call

"""Create what must not be there twice: after an answer that was lost, look before doing it again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from googleapiclient.http import HttpRequest

    from providers.google.service import Google

T = TypeVar("T")


def create(
    google: Google,
    operation: str,
    request: HttpRequest,
    read: Callable[[dict[str, Any]], T],
    look: Callable[[], T | None],
) -> T:
    """Return what was created, by this try or by one before whose answer was lost.

    Args:
        google: the account.
        operation: of the port, for errors.
        request: creates it; sent once a try.
        read: makes the result of the answer.
        look: finds it if an earlier try took effect.

    Raises:
        TransientError: whether it was created is not known; look before trying again.
    """
    tried = False

    def attempt() -> T:
        nonlocal tried
        found = look() if tried else None
        if found is not None:
            return found
        tried = True
        return read(google.call(operation, request, again=False))

    return google.persevere(request, attempt)

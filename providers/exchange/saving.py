"""Save what must not be there twice: after an answer that was lost, look before doing it again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from exchangelib.items import SAVE_ONLY, SEND_TO_NONE
from exchangelib.services import CreateItem

if TYPE_CHECKING:
    from collections.abc import Callable

    import exchangelib
    from exchangelib.folders import Folder

    from providers.exchange.service import Exchange

T = TypeVar("T")


def once(
    exchange: Exchange, operation: str, make: Callable[[exchangelib.Account], T], look: Callable[[], T | None]
) -> T:
    """Return what was created, by this try or by one before whose answer was lost.

    Args:
        exchange: the account.
        operation: of the port, for errors.
        make: creates it; called once a try.
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
        return exchange.call(operation, make, again=False)

    return exchange.persevere(operation, attempt)


def save(account: exchangelib.Account, folder: Folder, item: Any) -> tuple[str, str]:  # noqa: ANN401  the library has no types
    """Create an item in a folder, telling nobody; return its id and change key. Errors are the library's."""
    service = CreateItem(account=account)
    answers = list(
        service.call(items=[item], folder=folder, message_disposition=SAVE_ONLY, send_meeting_invitations=SEND_TO_NONE)
    )
    error = next((each for each in answers if isinstance(each, Exception)), None)
    if error is not None:
        raise error
    return str(answers[0].id), str(answers[0].changekey)

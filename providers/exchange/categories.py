"""Our states as Outlook categories: `Callbacks/To call` and its sisters, with colours in the user's list."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, NamedTuple

from exchangelib.errors import ResponseMessageError
from exchangelib.fields import TextListField
from exchangelib.items import NEVER_OVERWRITE, SAVE_ONLY, SEND_TO_NONE
from exchangelib.items.base import BaseItem
from exchangelib.properties import UserConfiguration, UserConfigurationName, UserConfigurationNameMNS
from exchangelib.services import CreateUserConfiguration, GetUserConfiguration, UpdateItem, UpdateUserConfiguration
from exchangelib.services.get_user_configuration import XML_DATA
from lxml import etree

from assistant.errors import AuthError, NotFoundError, ProviderError, TransientError, WrongETagError
from assistant.model.mailbox import Label, Ref
from providers._labels import name_of, showing
from providers.exchange import heads
from providers.exchange.folders import distinguished
from providers.exchange.service import NAME, PROPERTY_SET, is_id, said

if TYPE_CHECKING:
    from collections.abc import Mapping

    import exchangelib

    from providers.exchange.service import Exchange

_OPERATION = "mailbox.set_state"
_TRIES = 4
_REMEMBERED = 20_000
_LIST = "CategoryList"
_SPACE = "CategoryList.xsd"
_NEVER = "1601-01-01T00:00:00.000"
_COLOURS = {
    Label.TO_CALL: 7,
    Label.PROMISED: 1,
    Label.LEFT_MESSAGE: 3,
    Label.DONE: 4,
    Label.CHECK: 8,
    Label.CHECK_SENDER: 0,
}
"""MS-OXOCFG 2.2.5.2.2: 0 is red, 1 orange, 3 yellow, 4 green, 7 blue, 8 purple."""


class _Version(NamedTuple):
    key: str
    categories: tuple[str, ...]


class _Marked(BaseItem):  # type: ignore[misc]  # the library has no types
    """A message with what is written of it; the library refuses to write names back that others made too long."""

    ELEMENT_NAME = "Message"

    categories = TextListField(field_uri="item:Categories")


class _Update(UpdateItem):  # type: ignore[misc]  # the library has no types
    """UpdateItem that gives every error in the place of its item: no item stops the others."""

    ERRORS_TO_CATCH_IN_RESPONSE = (*UpdateItem.ERRORS_TO_CATCH_IN_RESPONSE, ResponseMessageError)


class Labels:
    """The states of messages, as one connection sets and sees them.

    Args:
        exchange: the account.
    """

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._known: dict[Ref, _Version] = {}
        self.listed = False
        """Whether our categories are in the user's list, as far as we know."""

    def remember(self, ref: Ref, item: Any) -> None:  # noqa: ANN401  the library has no types
        """Take note of the version of an item that was read."""
        key = getattr(item, "changekey", None)
        if key:
            self._known[ref] = _Version(key, tuple(item.categories or ()))
        if len(self._known) > _REMEMBERED:
            self._known.pop(next(iter(self._known)))

    def show(self, wanted: Mapping[Ref, Label | None]) -> dict[Ref, ProviderError]:
        """Put one state on each message and take the others off; return what came in the way of which.

        One that somebody else changes meanwhile is read again, so that their categories are kept.
        """
        failed: dict[Ref, ProviderError] = {}
        pending = {ref: label for ref, label in wanted.items() if is_id(ref)}
        failed |= {ref: _gone(ref) for ref in wanted if ref not in pending}
        if not self.listed and any(pending.values()):
            self.listed = list_ours(self._exchange)
        for _ in range(_TRIES):
            pending = self._update(self._planned(pending, failed), pending, failed)
            if not pending:
                return failed
        text = "the server does not take the change, or somebody else makes others; the next pass tries again"
        return failed | {ref: TransientError(NAME, _OPERATION, text) for ref in pending}

    def _planned(
        self, pending: Mapping[Ref, Label | None], failed: dict[Ref, ProviderError]
    ) -> dict[Ref, tuple[str, tuple[str, ...]]]:
        """Return for each message that is to change its version and what categories it gets.

        What an earlier look says is believed where it makes us write: then an old version is refused.
        """
        unsure = [ref for ref, label in pending.items() if not self._differs(ref, label)]
        found = heads.got(self._exchange, _OPERATION, unsure, ("categories",))
        for ref in unsure:
            self._known.pop(ref, None)
            item = found.get(ref)
            if item is None or isinstance(item, ProviderError):
                failed[ref] = item or _gone(ref)
            else:
                self.remember(ref, item)
        plans: dict[Ref, tuple[str, tuple[str, ...]]] = {}
        for ref, label in pending.items():
            if ref not in failed and self._differs(ref, label):
                known = self._known[ref]
                plans[ref] = known.key, showing(known.categories, label)
        return plans

    def _differs(self, ref: Ref, label: Label | None) -> bool:
        known = self._known.get(ref)
        return known is not None and showing(known.categories, label) != known.categories

    def _update(
        self,
        plans: Mapping[Ref, tuple[str, tuple[str, ...]]],
        pending: Mapping[Ref, Label | None],
        failed: dict[Ref, ProviderError],
    ) -> dict[Ref, Label | None]:
        """Carry plans out; return those that must be tried again because the message has changed."""
        again: dict[Ref, Label | None] = {}
        refs = list(plans)
        for start in range(0, len(refs), heads.BATCH):
            portion = {ref: plans[ref] for ref in refs[start : start + heads.BATCH]}
            for ref, answer in self._written(portion).items():
                if isinstance(answer, WrongETagError | TransientError):
                    self._known.pop(ref, None)
                    again[ref] = pending[ref]
                elif isinstance(answer, ProviderError):
                    failed[ref] = answer
                else:
                    self._known[ref] = _Version(answer, portion[ref][1])
        return again

    def _written(self, portion: Mapping[Ref, tuple[str, tuple[str, ...]]]) -> dict[Ref, str | ProviderError]:
        """Return the change key of each message after writing, or what came in the way."""

        def write(account: exchangelib.Account) -> dict[Ref, str | ProviderError]:
            items = [
                (_Marked(id=ref, changekey=key, categories=list(names)), ["categories"])
                for ref, (key, names) in portion.items()
            ]
            answers = list(
                _Update(account=account).call(
                    items=items,
                    conflict_resolution=NEVER_OVERWRITE,
                    message_disposition=SAVE_ONLY,
                    send_meeting_invitations_or_cancellations=SEND_TO_NONE,
                    suppress_read_receipts=True,
                )
            )
            if len(answers) != len(portion):
                raise ValueError("not an answer for each item")
            found = {ref: _answer(each) for ref, each in zip(portion, answers, strict=True)}
            failed = [each for each in found.values() if isinstance(each, AuthError | TransientError)]
            if failed and (len(failed) == len(found) or isinstance(failed[0], AuthError)):
                raise failed[0]
            return found

        return self._exchange.call(_OPERATION, write)


def _answer(answer: Any) -> str | ProviderError:  # noqa: ANN401  as above
    return said(_OPERATION, answer) if isinstance(answer, Exception) else str(answer[1])


def _gone(ref: Ref) -> NotFoundError:
    return NotFoundError(NAME, _OPERATION, f"the message {ref!r} is gone")


def list_ours(exchange: Exchange) -> bool:
    """Put our categories into the user's list, with colours, where they are missing; tell whether that was settled.

    A server that keeps no list shows them without colours: that is no reason to fail.

    Raises:
        AuthError: signing in is needed.
    """
    try:
        _complete(exchange)
    except AuthError:
        raise
    except TransientError:
        return False
    except ProviderError:
        return True
    return True


def _complete(exchange: Exchange) -> None:
    def read(account: exchangelib.Account) -> Any:  # noqa: ANN401  the library has no types
        name = UserConfigurationNameMNS(name=_LIST, folder=distinguished(account, "calendar"))
        return GetUserConfiguration(account=account).get(user_configuration_name=name, properties=XML_DATA)

    try:
        stored: bytes | None = exchange.call(_OPERATION, read).xml_data or b""
    except NotFoundError:
        stored = None
    whole = completed(stored or b"")
    if whole is None:
        return
    service = CreateUserConfiguration if stored is None else UpdateUserConfiguration

    def write(account: exchangelib.Account) -> None:
        name = UserConfigurationName(name=_LIST, folder=distinguished(account, "calendar"))
        kept = UserConfiguration(user_configuration_name=name, xml_data=whole)
        list(service(account=account).call(user_configuration=kept))

    exchange.call(_OPERATION, write)


def completed(stored: bytes) -> bytes | None:
    """Return a list of categories (MS-OXOCFG 2.2.5.2.2) with ours in it; None where they are, or it cannot be read."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root: Any = etree.fromstring(stored or f'<categories xmlns="{_SPACE}"/>'.encode(), parser)
    except (etree.XMLSyntaxError, ValueError):
        return None
    if root.tag != f"{{{_SPACE}}}categories" or root.getroottree().docinfo.doctype:
        return None
    present = {str(one.get("name", "")).casefold() for one in root.iterfind(f"{{{_SPACE}}}category")}
    missing = [label for label in Label if name_of(label).casefold() not in present]
    for label in missing:
        root.append(_category(label))
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8") if missing else None


def _category(label: Label) -> Any:  # noqa: ANN401  lxml has no types
    name = name_of(label)
    kinds = ("Notes", "Journal", "Contacts", "Tasks", "Calendar", "Mail")
    used = {f"lastTimeUsed{kind}": _NEVER for kind in kinds} | {"lastTimeUsed": _NEVER}
    counts = {"keyboardShortcut": "0", "usageCount": "0", "lastSessionUsed": "0", "renameOnFirstUse": "0"}
    guid = f"{{{str(uuid.uuid5(PROPERTY_SET, name)).upper()}}}"
    return etree.Element(
        f"{{{_SPACE}}}category", attrib={"name": name, "color": str(_COLOURS[label]), **counts, **used, "guid": guid}
    )

"""What can be written together: new events and labels go in few requests where the service takes them so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assistant.errors import NotFoundError, ProviderError
from assistant.ledger import heard
from assistant.model.calendar import EventRef
from assistant.model.operation import PutEvent, SetLabel, key_of
from assistant.ports import ManyEvents, ManyStates

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from assistant.model.mailbox import Label, Ref
    from assistant.model.operation import AnyOperation
    from assistant.pipeline.parts import Parts
    from assistant.ports import Calendar, DraftBox, Mailbox

_Outcome = EventRef | ProviderError | None


class Together:
    """Writes the new events of a batch when it is made, and its labels when the first is asked for.

    Args:
        parts: of the pass.
        batch: operations that are announced.
    """

    def __init__(self, parts: Parts, batch: Sequence[AnyOperation]) -> None:
        self._parts = parts
        self._labels = [one for one in batch if isinstance(one, SetLabel) and self._many(one.mailbox) is not None]
        self._known: dict[str, _Outcome] = dict(self._put(batch))
        self._shown = False

    def __contains__(self, operation: AnyOperation) -> bool:
        """Tell whether an operation is carried out here."""
        return key_of(operation) in self._known or operation in self._labels

    def take(self, operation: AnyOperation) -> EventRef | None:
        """Return what came of one operation.

        Raises:
            ProviderError: what came in its way.
        """
        if isinstance(operation, SetLabel) and not self._shown:
            self._shown = True
            self._show()
        found = self._known[key_of(operation)]
        if isinstance(operation, SetLabel) and isinstance(found, NotFoundError):
            heard.mark_gone(self._parts.ledger, operation.mailbox, operation.ref)
            return None
        if isinstance(found, ProviderError):
            raise found
        return found

    def _put(self, batch: Sequence[AnyOperation]) -> Iterator[tuple[str, _Outcome]]:
        calendar: object = self._parts.calendar
        new = [one for one in batch if isinstance(one, PutEvent) and one.previous is None]
        if len(new) > 1 and isinstance(calendar, ManyEvents):
            found: Sequence[_Outcome]
            try:
                found = calendar.put_new([one.event for one in new])
            except ProviderError as error:
                found = [error] * len(new)
            yield from zip(map(key_of, new), found, strict=True)

    def _show(self) -> None:
        for name in dict.fromkeys(one.mailbox for one in self._labels):
            wanted = [one for one in self._labels if one.mailbox == name]
            states: dict[Ref, Label | None] = {one.ref: one.label for one in wanted}
            mailbox = self._many(name)
            assert mailbox is not None, "only such labels were taken"
            failed: Mapping[Ref, ProviderError]
            try:
                failed = mailbox.set_states(states)
            except ProviderError as error:
                failed = dict.fromkeys(states, error)
            self._known |= {key_of(one): failed.get(one.ref) for one in wanted}

    def _many(self, name: str) -> ManyStates | None:
        account = self._parts.accounts.get(name)
        found: object = None if account is None else account.mailbox
        return found if isinstance(found, ManyStates) else None


def show_label(parts: Parts, operation: SetLabel) -> None:
    """Show one label; a message that is gone needs none."""
    try:
        mailbox_of(parts, operation.mailbox).set_state(operation.ref, operation.label)
    except NotFoundError:
        heard.mark_gone(parts.ledger, operation.mailbox, operation.ref)


def calendar_of(parts: Parts) -> Calendar:
    """Return the calendar that gets our events."""
    assert parts.calendar is not None, "operations on events are decided only where there is a calendar"
    return parts.calendar


def drafts_of(parts: Parts, account: str) -> DraftBox:
    """Return the drafts of an account.

    Raises:
        NotFoundError: the settings name it no more.
    """
    drafts = parts.accounts[account].drafts if account in parts.accounts else None
    if drafts is None:
        raise NotFoundError(account, "drafts", "the settings no longer name this account, or it has no drafts folder")
    return drafts


def mailbox_of(parts: Parts, account: str) -> Mailbox:
    """Return the mailbox of an account.

    Raises:
        NotFoundError: the settings name it no more.
    """
    mailbox = parts.accounts[account].mailbox if account in parts.accounts else None
    if mailbox is None:
        raise NotFoundError(account, "mailbox", "the settings no longer name this account")
    return mailbox

"""The Mailbox port in memory."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from assistant.errors import CursorExpiredError, NotFoundError
from assistant.model.mailbox import Cursor, Folder, Head, Label, MailChanges, Ref
from providers.memory.state import NAME, State, StoredMail

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime, timedelta

_HIDDEN = {Folder.JUNK, Folder.TRASH}
_PORTION = 50
_ID = re.compile(r"<[^<>\s]+>")


class MemoryMailbox:
    """Messages of a `State`."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._looked = -1

    def changes(self, cursor: Cursor | None, since: datetime | None = None) -> MailChanges:
        """Return what has a newer serial than the cursor."""
        del since  # all of it is at hand
        with self._state.operation("mailbox.changes"):
            serial = self._state.since(cursor)
            if serial is None:
                raise CursorExpiredError(NAME, "mailbox.changes", "the cursor is too old; read from the beginning")
            changed = [*self._state.changed("mail", serial), *self._state.changed("draft", serial)]
            shown = [ref for ref in changed if self._shown(ref)]
            removed = tuple(ref for ref in changed if not self._shown(ref)) if serial else ()
            self._looked = self._state.serial
            return MailChanges(heads=self._heads(shown), removed=removed, cursor=self._state.cursor(), total=len(shown))

    def _heads(self, refs: Sequence[Ref]) -> Iterator[Head]:
        """Yield heads by portions as a service would send them; each is an operation "mailbox.heads"."""
        for start in range(0, len(refs), _PORTION):
            with self._state.operation("mailbox.heads"):
                shown = [(ref, self._shown(ref)) for ref in refs[start : start + _PORTION]]
                heads = [self._head(ref, mail) for ref, mail in shown if mail]
            yield from heads

    def _shown(self, ref: Ref) -> StoredMail | None:
        mail = self._state.mail(ref)
        return None if mail is None or mail.folder in _HIDDEN else mail

    def _head(self, ref: Ref, mail: StoredMail) -> Head:
        headers = self._state.headers(mail.raw)
        fields = {name.lower(): value for name, value in reversed(headers)}
        ids = [_ID.search(fields.get(name, "")) for name in ("references", "in-reply-to", "message-id")]
        return Head(
            ref=ref,
            thread=next((found.group() for found in ids if found), None),
            folder=mail.folder,
            labels=frozenset({mail.label} if mail.label else ()),
            received_at=mail.received_at,
            headers=headers,
        )

    def fetch(self, refs: Sequence[Ref], *, audio: bool = False) -> Iterator[tuple[Ref, bytes]]:
        """Yield the messages; audio is never left out."""
        del audio
        for ref in refs:
            with self._state.operation("mailbox.fetch"):
                mail = self._state.mail(ref)
            if mail is not None:
                yield ref, mail.raw

    def set_state(self, ref: Ref, label: Label | None) -> None:
        """Replace the one label that a message can have here."""
        with self._state.operation("mailbox.set_state"):
            mail = self._state.mails.get(ref)
            if mail is None:
                raise NotFoundError(NAME, "mailbox.set_state", f"the message {ref} is gone")
            if mail.label != label:
                self._state.set_label(ref, label)

    def append(self, raw: bytes, key: str) -> Ref:
        """Deliver, unless the key was delivered before."""
        with self._state.operation("mailbox.append"):
            for ref, mail in self._state.mails.items():
                if mail.key == key:
                    return ref
            ref = self._state.deliver(raw)
            self._state.mails[ref] = replace(self._state.mails[ref], key=key)
        return ref

    def search(self, query: str) -> Iterator[Head]:
        """Look for an address as it is, for a number by its last digits however they are written."""
        digits = re.sub(r"\D", "", query)[-7:]
        pattern = r"\D{0,3}".join(digits) if "@" not in query and digits else re.escape(query)
        shown = [(ref, mail) for ref in self._state.mails if (mail := self._shown(ref))]
        for ref, mail in sorted(shown, key=lambda each: each[1].received_at, reverse=True):
            if re.search(pattern, mail.raw.decode("utf-8", "replace"), re.IGNORECASE):
                yield self._head(ref, mail)

    def wait(self, timeout: timedelta) -> bool:
        """Tell whether anything changed since the last look; time does not pass here."""
        del timeout
        return self._looked != self._state.serial

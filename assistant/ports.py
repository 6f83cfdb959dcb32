"""What Ringback asks of a mailbox, a drafts folder, a calendar, an address book and a clock. Synchronous.

Every method raises `ProviderError` or a subclass and nothing else. Reading is safe at any time; every write is safe to
repeat: writing twice is one object, also when the answer to the first try was lost. No port can send a mail.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime, timedelta
    from zoneinfo import ZoneInfo

    from assistant.model.calendar import CalendarChanges, Entry, Event, EventRef, StoredEvent
    from assistant.model.call import E164
    from assistant.model.mailbox import Contact, Cursor, Draft, DraftRef, ETag, Head, Label, MailChanges, Ref


class Clock(Protocol):
    """The present moment."""

    def now(self) -> datetime:
        """Return the present instant, aware."""
        ...


class Mailbox(Protocol):
    """A source of notifications, and the place where their state is shown."""

    def changes(self, cursor: Cursor | None) -> MailChanges:
        """Return what is new, changed or gone since `cursor`; with None, everything there is.

        A message whose label or folder changed is among the heads again. Drafts and sent mail are included and
        told apart by `Head.folder`; junk and trash are not. The heads come in any order.

        Which messages changed is settled when this returns; their heads are fetched in portions while they are read.
        One that goes meanwhile is left out, one that changes meanwhile is among the next changes too. Reading may
        break off with an error: then the cursor must not be stored, and the old one brings all of it again.

        Raises:
            CursorExpiredError: the cursor is unknown or too old; call again with None. Never raised by the heads.
        """
        ...

    def fetch(self, refs: Sequence[Ref], *, audio: bool = False) -> Iterator[tuple[Ref, bytes]]:
        """Yield the raw messages one at a time, in the order asked; a ref that is gone is left out.

        Args:
            refs: messages to read.
            audio: False allows the provider to leave the content of audio parts out, True forbids it.
        """
        ...

    def set_state(self, ref: Ref, label: Label | None) -> None:
        """Show one label of ours on the message in place of any other of ours; None shows none.

        Leaves everything else alone: read state, folder, the user's labels. Twice is once.

        Raises:
            NotFoundError: the message is gone.
        """
        ...

    def append(self, raw: bytes, key: str) -> Ref:
        """Put a message to the user into the inbox, unread. A key that was appended before is not appended again."""
        ...

    def search(self, query: str) -> Iterator[Head]:
        """Yield heads of messages from, to or naming an address or a number, newest first."""
        ...

    def wait(self, timeout: timedelta) -> bool:
        """Block until something may have changed (True) or the time is over (False).

        Raises:
            UnsupportedError: this account cannot push; ask again later with `changes`.
        """
        ...


class DraftBox(Protocol):
    """The user's own drafts folder. There is no send."""

    def put(self, raw: bytes, key: str, thread: str | None = None, previous: DraftRef | None = None) -> DraftRef:
        """Write a draft, or replace one of ours.

        Args:
            raw: the message (RFC 5322).
            key: ours, opaque; kept with the draft as the header field X-Ringback-Key.
            thread: thread of the message answered, None for a new one.
            previous: the version to replace, None to create.

        Raises:
            AlreadyExistsError: `previous` is None and a draft with this key but other content exists.
            WrongETagError: the draft changed since `previous`.
            NotFoundError: `previous` is gone.
        """
        ...

    def get(self, ref: Ref) -> Draft:
        """Read one draft.

        Raises:
            NotFoundError: it is gone.
        """
        ...

    def find(self, key: str) -> Draft | None:
        """Return the draft with this key, None when there is none."""
        ...

    def list(self) -> Iterator[Draft]:
        """Yield every draft in the folder, the user's own ones too."""
        ...

    def delete(self, ref: Ref, etag: ETag) -> None:
        """Delete a draft of ours if it is still in this version. One that is gone already is success.

        Raises:
            WrongETagError: it changed; it is the user's now.
        """
        ...


class Calendar(Protocol):
    """The calendar that gets slots and holds, with the agenda of all calendars that count."""

    def agenda(self, start: datetime, end: datetime) -> Sequence[Entry]:
        """Return all entries that overlap [start, end), ours (with `key`) and the user's, recurrences expanded."""
        ...

    def get(self, ref: Ref) -> StoredEvent:
        """Read one event of ours as it is now.

        Raises:
            NotFoundError: it is gone (a cancelled one is gone).
            InvalidResponseError: it can no longer be read as an event.
        """
        ...

    def find(self, uid: str) -> StoredEvent | None:
        """Return the event with this uid, None when there is none."""
        ...

    def put(self, event: Event, previous: EventRef | None = None) -> EventRef:
        """Write an event of ours; other people's properties on it (alarms, attachments) are kept on replacement.

        Args:
            event: what it shall be; it invites nobody.
            previous: the version to replace, None to create.

        Raises:
            AlreadyExistsError: `previous` is None and the uid exists with other fields, or belongs to a deleted event.
            WrongETagError: the event changed since `previous`.
            NotFoundError: `previous` is gone.
        """
        ...

    def delete(self, ref: EventRef) -> None:
        """Delete an event of ours if it is still in this version. One that is gone already is success.

        Raises:
            WrongETagError: it changed since.
        """
        ...

    def changes(self, cursor: Cursor | None) -> CalendarChanges:
        """Return what changed or is gone since `cursor`; with None, every event there is, as changed.

        Raises:
            CursorExpiredError: the cursor is unknown or too old; call again with None.
            NotFoundError: the calendar itself is missing; nothing may be concluded from that.
        """
        ...

    def zone(self) -> ZoneInfo | None:
        """Return the account's own zone setting for `doctor` to compare, None when it has none."""
        ...


class Contacts(Protocol):
    """The user's address book, read only."""

    def find(self, number: E164) -> Sequence[Contact]:
        """Return the contacts with this number; several may share one."""
        ...

    def named(self, name: str) -> Sequence[Contact]:
        """Return the contacts of this name, case and white space aside: some notifications name nobody's number."""
        ...


@runtime_checkable
class Versioned(Protocol):
    """A calendar or an address book that knows cheaply whether anything in it changed; none has to be one."""

    def version(self) -> str | None:
        """Return a text that is another one after every change, None where nobody knows."""
        ...


class Account(NamedTuple):
    """What one provider connection offers; a service the account lacks is None."""

    mailbox: Mailbox | None = None
    drafts: DraftBox | None = None
    calendar: Calendar | None = None
    contacts: Contacts | None = None


class Secrets(Protocol):
    """Where tokens and passwords are kept: the OS keyring, else a 0600 file."""

    def get(self, name: str) -> str | None:
        """Return the secret of that name, None when there is none."""
        ...

    def set(self, name: str, value: str) -> None:
        """Store a secret."""
        ...

    def delete(self, name: str) -> None:
        """Remove a secret; one that is absent is success."""
        ...


class Connect(Protocol):
    """What a provider's package exports as `connect`; `problems` receives files it could not read, one line each."""

    def __call__(
        self,
        settings: Mapping[str, object],
        zone: ZoneInfo,
        secrets: Secrets,
        region: str,
        problems: Callable[[str], None],
    ) -> Account:
        """Open the account described by its section of the settings.

        Raises:
            ConfigError: keys are missing or wrong; all of them at once.
        """
        ...

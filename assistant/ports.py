"""What Ringback asks of a mailbox, a drafts folder, a calendar, an address book and a clock. Synchronous.

Every method raises `ProviderError` or a subclass and nothing else. Reading is safe at any time; every write is safe to
repeat: writing twice is one object, also when the answer to the first try was lost. No port can send a mail.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime, timedelta
    from zoneinfo import ZoneInfo

    from assistant.errors import ProviderError
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

    def changes(self, cursor: Cursor | None, since: datetime | None = None) -> MailChanges:
        """Return what is new, changed or gone since `cursor`; with None, everything there is.

        Only with None: what was received before `since` may be left out, and nothing follows from its absence.

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


@runtime_checkable
class ManyStates(Protocol):
    """A mailbox that shows the states of many messages in few requests; none has to be one."""

    def set_states(self, wanted: Mapping[Ref, Label | None]) -> Mapping[Ref, ProviderError]:
        """Do `Mailbox.set_state` for each message; return what came in the way of those that failed.

        An error that is raised says nothing about any of them: some may show their label.
        """
        ...


@runtime_checkable
class ManyEvents(Protocol):
    """A calendar that writes many new events in few requests; none has to be one."""

    def put_new(self, events: Sequence[Event]) -> Sequence[EventRef | ProviderError]:
        """Do `Calendar.put` without `previous` for each event; return where each lies, or what came in its way.

        An error that is raised says nothing about any of them: some may have been written.
        """
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
        clock: Clock,
    ) -> Account:
        """Open the account described by its section of the settings.

        Raises:
            ConfigError: keys are missing or wrong; all of them at once.
        """
        ...


class Person(Protocol):
    """The user at the terminal, while an account is being signed in."""

    def tell(self, text: str) -> None:
        """Show text of one or more lines."""
        ...

    def browse(self, url: str) -> bool:
        """Open an address in the user's browser; False where none could be opened."""
        ...

    def paste(self, prompt: str, *, hidden: bool = False, default: str | None = None) -> str:
        """Ask for one line.

        Args:
            prompt: what for.
            hidden: True for a secret, which is not shown while it is typed.
            default: what an empty line means; None asks until there is one.

        Raises:
            UsageError: nobody can be asked now.
        """
        ...


class Finding(NamedTuple):
    """What `doctor` found about one thing. The text of a warning or fault says what to do next.

    `sign_in` is True where signing in again mends it.
    """

    level: Literal["ok", "warning", "fault"]
    subject: str
    text: str
    sign_in: bool = False


class SignIn(Protocol):
    """What a provider's package exports as `sign_in` if its accounts need one."""

    def __call__(self, settings: Mapping[str, object], secrets: Secrets, person: Person, *, headless: bool) -> str:
        """Sign in, store what `connect` needs and return whose account it is, such as its mail address.

        Args:
            settings: the account's section of the settings.
            secrets: of this account alone.
            person: sees what is asked for and why before anything opens.
            headless: True where no browser of this machine can reach the user.

        Raises:
            ConfigError: keys or files of the user's are missing or wrong.
            AuthError: the user or the service refused, or nobody answered in time. Nothing was stored.
            TransientError: the service could not be reached.
        """
        ...


class SignOut(Protocol):
    """What a provider's package exports as `sign_out` beside `sign_in`."""

    def __call__(self, settings: Mapping[str, object], secrets: Secrets) -> str | None:
        """Revoke and delete what is stored; it is deleted also where revoking fails.

        Returns:
            What happened and where to look after it, in a sentence or two. None when nothing was stored.
        """
        ...


class Examine(Protocol):
    """What a provider's package exports as `examine` if there is more to look at than whether it connects."""

    def __call__(self, settings: Mapping[str, object], secrets: Secrets, now: datetime) -> Sequence[Finding]:
        """Look at an account, reading only, and say what is well and what is not. Never raises a `ProviderError`."""
        ...

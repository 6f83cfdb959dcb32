"""The ledger: a journal that only grows, and the state of each subject written in the same transaction."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from assistant.errors import LedgerError, UsageError
from assistant.ledger.fold import CALENDAR, SLOT_PREFIX, apply, fold
from assistant.model.callback import CalendarState, Callback, Slot, State, Status
from assistant.model.journal import AnyFact, Entry, Opened, Subject

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import date

    from assistant.ledger.database import Database

_FACT = msgspec.json.Decoder(AnyFact)
_CALLBACK, _SLOT = msgspec.json.Decoder(Callback), msgspec.json.Decoder(Slot)
_TYPES: dict[str, msgspec.json.Decoder[Any]] = {
    "callback": _CALLBACK,
    "slot": _SLOT,
    "calendar": msgspec.json.Decoder(CalendarState),
}
_T = TypeVar("_T")


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One command or one pass; its entries stand or fall together."""

    id: int
    at: datetime
    command: str
    is_pass: bool


def stamp(moment: datetime) -> str:
    """Return an instant as the ledger stores it: UTC, RFC 3339, so that text order is time order."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def type_of(subject: Subject) -> str:
    """Return which state a subject has."""
    if subject == CALENDAR:
        return "calendar"
    return "slot" if subject.startswith(SLOT_PREFIX) else "callback"


def slot_subject(day: date, number: int = 0) -> Subject:
    """Return the subject of a slot: its day in the user's zone, and a suffix for the second bookend of a day."""
    return Subject(f"{SLOT_PREFIX}{day.isoformat()}" + (f"-{number + 1}" if number else ""))


class Ledger:
    """The journal and its state, for one principal.

    Args:
        database: an open database.
        principal: whose calls these are.
        now: the clock; every entry is dated by it.
    """

    def __init__(self, database: Database, now: Callable[[], datetime], principal: str = "me") -> None:
        self.database = database
        self.principal = principal
        self.now = now
        self._change: int | None = None
        self._command: tuple[str, bool] | None = None

    def rows(self, name: str, /, **values: object) -> list[sqlite3.Row]:
        """Run a named query for this principal."""
        return self.database.rows(name, principal=self.principal, **values)

    def value(self, name: str, /, **values: object) -> str | None:
        """Return the first field of the first row of a named query, None without a row."""
        return self.database.value(name, principal=self.principal, **values)

    def run(self, name: str, /, **values: object) -> None:
        """Run a named statement for this principal."""
        self.database.run(name, principal=self.principal, **values)

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit everything inside together or not at all."""
        before, outermost = self._change, not self.database.inside()
        try:
            with self.database.transaction():
                yield
        except BaseException:
            if outermost:
                self._change = before  # a change that was begun inside is rolled back too
            raise

    # --- writing

    @contextlib.contextmanager
    def change(self, command: str, *, is_pass: bool = False) -> Iterator[None]:
        """Put the entries appended inside into one change; without entries there is none.

        Args:
            command: what the user typed or "sync"; without names and numbers, since the journal is kept for ever.
            is_pass: a pass commits in steps and is never undone as a whole.
        """
        self._command, self._change = (command, is_pass), None
        try:
            if is_pass:
                yield
            else:
                with self.transaction():
                    yield
        finally:
            self._command = self._change = None

    def append(self, subject: Subject, *facts: AnyFact) -> None:
        """Append facts about one subject and bring its state up to date, in one transaction."""
        with self.transaction():
            state = self.state(subject)
            for fact in facts:
                state = apply(state, self._add(subject, fact))
            if state is not None:
                self.put_state(state)

    def refold(self, subject: Subject) -> None:
        """Compute the state of a subject anew from all its entries."""
        state = fold(self.entries(subject))
        if state is not None:
            self.put_state(state)

    def _add(self, subject: Subject, fact: AnyFact) -> Entry:
        at, change = self.now(), self._current_change()
        text = msgspec.json.encode(fact).decode()
        cursor = self.database.run(
            "add_entry", principal=self.principal, change=change, at=stamp(at), subject=subject, fact=text
        )
        return Entry(seq=int(cursor.lastrowid or 0), change=change, at=at, subject=subject, fact=fact)

    def _current_change(self) -> int:
        if self._command is None:
            raise LedgerError("an entry was appended outside a change")
        if self._change is None:
            command, is_pass = self._command
            cursor = self.database.run(
                "add_change", principal=self.principal, at=stamp(self.now()), command=command, is_pass=is_pass
            )
            self._change = int(cursor.lastrowid or 0)
        return self._change

    def put_state(self, state: State) -> None:
        """Store the state of a subject."""
        status = state.status if isinstance(state, Callback) else None
        value = msgspec.json.encode(state).decode()
        self.run("put_state", subject=state.id, type=type_of(state.id), status=status, value=value)

    def open_callback(self, fact: Opened | None = None) -> Subject:
        """Start a new callback and return its id: the next number."""
        with self.transaction():
            subject = Subject(str(self.value("next_number")))
            self.append(subject, fact or Opened())
        return subject

    # --- reading

    def state(self, subject: Subject) -> State | None:
        """Return the state of a subject, None when there are no entries about it."""
        text = self.value("state", subject=subject)
        return None if text is None else _decoded(_TYPES[type_of(subject)], text, f"the state of {subject}")

    def callback(self, subject: Subject) -> Callback:
        """Return a callback by its id.

        Raises:
            UsageError: there is none.
        """
        state = self.state(subject) if subject.isdigit() else None
        if not isinstance(state, Callback):
            raise UsageError(f"There is no callback {subject!r}. `ringback list --all` shows the ids.")
        return state

    def callbacks(self, *statuses: Status) -> list[Callback]:
        """Return the callbacks with these statuses (all without any), in the order they were opened."""
        if statuses:
            rows = [row for s in statuses for row in self.rows("states_with_status", type="callback", status=s)]
        else:
            rows = self.rows("states_of_type", type="callback")
        callbacks = (_decoded(_CALLBACK, row[0], "the state of a callback") for row in rows)
        return sorted(callbacks, key=lambda callback: int(callback.id))

    def owed(self) -> list[Callback]:
        """Return the callbacks that are not closed."""
        return self.callbacks(Status.OPEN, Status.WAITING)

    def slots(self) -> list[Slot]:
        """Return all slots, by date."""
        rows = self.rows("states_of_type", type="slot")
        return sorted((_decoded(_SLOT, row[0], "the state of a slot") for row in rows), key=lambda slot: slot.id)

    def calendar_state(self) -> CalendarState:
        """Return what the user was asked about the calendar as a whole."""
        state = self.state(CALENDAR)
        return state if isinstance(state, CalendarState) else CalendarState(id=CALENDAR)

    def entries(self, subject: Subject | None = None) -> list[Entry]:
        """Return the entries of one subject, or all, in order."""
        found = self.rows("entries") if subject is None else self.rows("entries_of_subject", subject=subject)
        return list(map(_entry, found))

    def entries_of_change(self, change: int) -> list[Entry]:
        """Return the entries of one change, in order."""
        return list(map(_entry, self.rows("entries_of_change", change=change)))

    def entry_count(self) -> int:
        """Return how many entries the journal has."""
        return int(self.value("entry_count") or 0)

    def last_entry(self) -> int:
        """Return the number of the newest entry, 0 for an empty journal."""
        return int(self.value("last_entry") or 0)

    def events_written_since(self, entry: int) -> set[Subject]:
        """Return the subjects whose event was written after an entry."""
        return {Subject(row[0]) for row in self.rows("events_written_since", seq=entry)}

    def subjects(self) -> list[Subject]:
        """Return all subjects that have entries."""
        return [Subject(row[0]) for row in self.rows("subjects")]

    def changes(self, limit: int = 50) -> list[Change]:
        """Return the newest changes, newest first."""
        return list(map(_change, self.rows("changes", limit=limit)))

    def change_by_id(self, number: int) -> Change:
        """Return one change.

        Raises:
            UsageError: there is none of that number.
        """
        rows = self.rows("change", id=number)
        if not rows:
            raise UsageError(f"There is no change {number}. `ringback log` shows the numbers.")
        return _change(rows[0])

    def counts(self) -> Mapping[str, int]:
        """Return how many callbacks have each status."""
        return {row[0]: row[1] for row in self.rows("count_states", type="callback")}

    # --- cursors and marks

    def cursor(self, source: str) -> str | None:
        """Return the stored cursor of a mailbox or calendar, None before the first pass."""
        return self.value("cursor", source=source)

    def put_cursor(self, source: str, value: str | None) -> None:
        """Store a cursor once its changes are applied; None forgets it."""
        if value is None:
            self.run("drop_cursor", source=source)
        elif value != self.cursor(source):
            self.run("put_cursor", source=source, value=value)

    def mark(self, key: str) -> str | None:
        """Return a stored mark (the ledger's own tag, the day of the last digest), None when absent."""
        return self.value("meta", key=key)

    def put_mark(self, key: str, value: str) -> None:
        """Store a mark; one that stands is not written again."""
        if value != self.mark(key):
            self.run("put_meta", key=key, value=value)


def _decoded(decoder: msgspec.json.Decoder[_T], text: str, what: str) -> _T:
    try:
        return decoder.decode(text)
    except msgspec.DecodeError as error:
        raise LedgerError(
            f"{what} in the ledger cannot be read ({error}). Put your newest backup in its place."
        ) from error


def _entry(row: sqlite3.Row) -> Entry:
    return Entry(
        seq=row["seq"],
        change=row["change"],
        at=datetime.fromisoformat(row["at"]),
        subject=Subject(row["subject"]),
        fact=_decoded(_FACT, row["fact"], f"entry {row['seq']}"),
    )


def _change(row: sqlite3.Row) -> Change:
    return Change(
        id=row["id"], at=datetime.fromisoformat(row["at"]), command=row["command"], is_pass=bool(row["is_pass"])
    )


def subjects_of(entries: Iterable[Entry]) -> list[Subject]:
    """Return the subjects of entries, each once, in order."""
    return list(dict.fromkeys(entry.subject for entry in entries))

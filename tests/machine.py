"""A life at the desk with a memory of its own: what the user did, what is the user's, and what must always hold.

It never asks Ringback what it may do. It notes each act of the user's as it is made and compares afterwards.
"""

from __future__ import annotations

import itertools
import sqlite3
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from assistant.errors import ProviderError, TransientError
from assistant.ledger import check, heard
from assistant.ledger.database import Database
from assistant.ledger.journal import Ledger
from assistant.model.callback import Callback, DraftStatus, Status
from assistant.model.heard import Disposition
from assistant.model.mailbox import Folder, Label, Ref
from assistant.pipeline import checking, run_pass
from assistant.reconcile import key_of, label_of
from assistant.standards import compose
from tests.unit.pipeline.desk import CutError, Desk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from assistant.model.calendar import Event
    from assistant.model.callback import DraftState, Slot
    from assistant.model.journal import Subject
    from assistant.model.mailbox import Contact
    from assistant.model.operation import AnyOperation
    from assistant.pipeline import Report

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


class Caller(NamedTuple):
    """Somebody who rings."""

    name: str
    number: str
    address: str = ""
    other: str = ""


KNOWN = (
    Caller("Ann Byrne", "2125550141", "ann@callers.example"),
    Caller("Cy Dunnett", "2125550143", "cy@callers.example", "2125550149"),
    Caller("Maya Pratchett", "+442079460018", "maya@callers.example"),
)
STRANGERS = (
    Caller("Bo Tanaka", "2125550142"),
    Caller("Kern Ltd", "2125550150"),
    Caller("Jo Laneham", "2125550150"),
)
CALLERS = (*KNOWN, *STRANGERS)
NUMBERS = ("5550141", "5550142", "5550143", "5550149", "5550150", "79460018")
NAMES = ("Byrne", "Dunnett", "Pratchett", "Tanaka", "Kern", "Laneham", "callers.example", "Gusev")
SECRETS = (*NUMBERS, *NAMES)


ALLOWED = {"call": {Disposition.CALL}, "other": {Disposition.NO_CALL}, "old": {Disposition.NO_CALL}}
"""What may become of a mail that is known to be one of these; of any other, anything."""


class Fault(NamedTuple):
    """What goes wrong in a pass: at which of its calls, before or after the effect, for how many calls; or a kill.

    With `only`, calls of that operation count and no others.
    """

    at: int
    moment: str = "before"
    calls: int = 1
    kill: bool = False
    only: str = ""


class Life(Desk):
    """A desk whose ledger is in memory, and all that the user's acts allow and forbid."""

    def __init__(self, start: str, zone: str) -> None:
        super().__init__(Path("nowhere"), start, zone=zone)
        for who in KNOWN:
            self.state.contacts.append(self._card(who))
        self.mine: dict[Ref, tuple[bytes, Folder]] = {}  # mails as they lie, theirs and the user's
        self.expected: dict[Ref, str] = {}  # mails in the inbox: what they are
        self.foreign: dict[Ref, Event] = {}  # the user's own events on the calendar of ours
        self.titles: dict[str, str] = {}  # by uid: a title of the user's
        self.moves: dict[str, tuple[datetime, datetime]] = {}  # by uid: where the user put an event
        self.deleted: set[str] = set()  # keys of events that the user deleted, and that must stay away
        self.went: set[str] = set()  # keys of events that somebody else than Ringback ever deleted
        self.letters: dict[Ref, bytes] = {}  # drafts that are the user's: own, edited, saved anew
        self.origin: dict[Ref, str] = {}  # drafts saved anew: the key they had
        self.finished: set[str] = set()  # keys of drafts that the user sent or threw away
        self.sent: dict[str, datetime] = {}  # keys of drafts that were sent with their time, and that time
        self.may_close: set[Subject] = set()
        self.may_open: set[Subject] = set()
        self.unread: set[Subject] = set()  # who has a label, sign or sent mail that no pass may have read
        self.labelled: list[tuple[Ref, Label | None]] = []  # labels of the user's since the last quiet pass
        self.statuses: dict[Subject, Status] = {}
        self.read_entries = 0

    def _open_ledger(self) -> None:
        database = Database(sqlite3.connect(":memory:", isolation_level=None), ":memory:")
        database.prepare()
        database.run("put_meta", principal="me", key="tag", value="0a1b2c3d")
        self.ledger = Ledger(database, self.clock.now)

    def reopen(self) -> None:
        """Let another process open the ledger."""
        self.ledger = Ledger(self.ledger.database, self.clock.now)

    def close(self) -> None:
        """End it."""
        self.ledger.database.close()

    def _card(self, who: Caller) -> Contact:
        self.contact(who.name, who.number.removeprefix("+1"), *filter(None, [who.other]), address=who.address)
        return self.state.contacts.pop()

    @property
    def now(self) -> datetime:
        """The present instant."""
        return self.clock.now()

    # --- passes

    def passes(self, fault: Fault | None = None, act: Callable[[], object] | None = None, *, mail: bool = True) -> None:
        """Run a pass in which something goes wrong, or the user does something in the middle."""
        calls = itertools.count()

        def hook(name: str, moment: str) -> None:
            if fault is None or fault.only not in {"", name} or moment != fault.moment:
                return
            call = next(calls)
            if act is not None and call == fault.at:
                act()
            elif act is None and fault.at <= call < fault.at + fault.calls:
                if fault.kill:
                    raise CutError
                raise TransientError("memory", name, "503 for a test")

        self.state.hook = hook
        before = self.ledger.entry_count()
        try:
            self.bounded(before, run_pass(self.parts(), read_mail=mail))
        except (ProviderError, CutError):
            pass
        finally:
            self.state.hook = None

    def bounded(self, before: int, report: Report) -> Report:
        """Return the report of a pass that did not write a storm of entries."""
        subjects = len(self.ledger.subjects()) + len(self.mine)
        assert self.ledger.entry_count() - before <= 12 * (subjects + 1)
        return report

    def quiet(self) -> None:
        """Run a pass in which nothing goes wrong: it fails nowhere, and the next one at this instant does nothing."""
        rehearsed, entries = self.rehearse()
        report = self.bounded(self.ledger.entry_count(), run_pass(self.parts()))
        assert report.failed == [], report.failed
        assert tally(report.done) == rehearsed
        assert report.done or self.ledger.entry_count() == entries  # a dry run decides in any case
        if self._missing():
            assert run_pass(self.parts()).failed == []  # a draft counts as dropped when it is nowhere twice
        before = self.ledger.entry_count()
        again = run_pass(self.parts())
        assert again.nothing_to_do, again
        assert self.ledger.entry_count() == before
        self.check_quiet()

    def _missing(self) -> bool:
        drafts = [draft for one in self.ledger.callbacks() for draft in one.drafts]
        return any(draft.status == DraftStatus.MISSING for draft in drafts)

    def rehearse(self) -> tuple[Counter[tuple[str, str]], int]:
        """Make a dry run, which touches nothing; return what it would do, and how many entries there would be."""
        before = (dict(self.state.events), dict(self.state.drafts), dict(self.state.mails), self.ledger.entry_count())
        copy = Ledger(self.ledger.database.copy_in_memory(), self.clock.now)
        report = run_pass(self.parts(copy), dry_run=True)
        entries = copy.entry_count()
        copy.database.close()
        after = (self.state.events, self.state.drafts, self.state.mails, self.ledger.entry_count())
        assert after == before
        return tally(report.done), entries

    # --- who is who

    def subject_of(self, key: str) -> Subject:
        """Return the subject of a key of ours."""
        return key.removeprefix(f"ringback-{self.parts().style.tag}-")  # type: ignore[return-value]  # a NewType of str

    def ours(self) -> list[Ref]:
        """Return the events of ours on the calendar, in a stable order."""
        return [ref for ref in self.state.events if ref not in self.foreign]

    def holds(self) -> list[Ref]:
        """Return those of them that are holds."""
        return [ref for ref in self.ours() if "-slot-" not in self.state.events[ref].key]

    def known(self, ref: Ref) -> bool:
        """Tell whether the ledger knows of an event; about one it never heard of, the user cannot decide."""
        state = self.ledger.state(self.subject_of(self.state.events[ref].key))
        placed = getattr(state, "hold", None) or getattr(state, "event", None)
        return placed is not None and placed.ref.ref == ref

    def acted(self, *subjects: Subject, closes: bool = False, opens: bool = False, unread: bool = False) -> None:
        """Note that the user decided about callbacks: what was said of their times before counts no longer."""
        self.unread |= set(subjects) if unread else set()
        for subject in subjects:
            key = key_of(subject, self.parts().style.tag)
            self.deleted.discard(key)
            for uid in [uid for uid in self.moves if uid.startswith(f"{key}.")]:
                del self.moves[uid]
            self.may_close |= {subject} if closes else set()
            self.may_open |= {subject} if opens else set()

    def read_labels(self) -> None:
        """Note whom the labels that the user set are about; a mail may be read later than it was labelled."""
        for ref, label in self.labelled:
            message = heard.message_by_ref(self.ledger, "home", ref)
            subjects = [] if message is None else heard.subjects_of_message(self.ledger, message.id)
            self.acted(*subjects, closes=label == Label.DONE, opens=label == Label.TO_CALL, unread=True)

    def acted_on_title(self, ref: Ref) -> None:
        """Note that the user wrote a title: it is the user's, and a tick that was in it is gone."""
        event = self.state.events[ref]
        if self.known(ref):
            self.titles[event.uid] = event.summary
        self.may_open.add(self.subject_of(event.key))

    def resave(self, ref: Ref) -> None:
        """Let a mail program save a draft anew: another file, another id, our header gone."""
        draft = self.state.drafts[ref]
        lines = [line for line in draft.raw.splitlines() if not line.lower().startswith(b"x-ringback-key")]
        raw = b"\r\n".join(b"Message-ID: <anew@client.example>" if _is_id(line) else line for line in lines) + b"\r\n"
        self.state.delete_draft(ref)
        self.letters.pop(ref, None)
        new = self.state.save_draft(raw)
        self.letters[new] = raw
        self.origin[new] = draft.key or ""

    def end_draft(self, ref: Ref, *, sent: bool) -> None:
        """Let the user send or throw away a draft."""
        draft = self.state.drafts[ref]
        key = draft.key or self.origin[ref]
        known = self._draft_state(key)
        self.state.delete_draft(ref)
        self.letters.pop(ref, None)
        self.origin.pop(ref, None)
        if known is not None and known.status != DraftStatus.REMOVED:
            self.finished.add(key)
        if sent:
            mail = self.state.deliver(draft.raw, self.now, Folder.SENT)
            self.mine[mail] = (draft.raw, Folder.SENT)
            at = None if known is None else known.named_time
            if draft.key and at is not None and f"{at.astimezone(self.zone):%H:%M}" in compose.text_of(draft.raw):
                self.sent[key] = at
            subject, _, _ = self.subject_of(key).partition("-")
            self.acted(subject, opens=True, unread=True)  # type: ignore[arg-type]  # a NewType of str

    def _draft_state(self, key: str) -> DraftState | None:
        drafts = [draft for one in self.ledger.callbacks() for draft in one.drafts]
        return next((draft for draft in drafts if draft.key == key), None)

    # --- what must hold

    def check_always(self) -> None:
        """What holds after each step, be it in the middle of a pass that was cut off."""
        between = "names a time at which no hold stands"  # an update of the draft may have failed
        assert [fault for fault in check.faults(self.ledger) if between not in fault] == []
        self._check_statuses()
        self._check_secrets()
        self._check_untouched()
        self._check_events()
        self._check_letters()

    def _check_statuses(self) -> None:
        """Nobody is closed and nobody owed again without an act of the user's."""
        self.read_labels()
        for one in self.ledger.callbacks():
            closed, was = one.status == Status.CLOSED, self.statuses.get(one.id, Status.OPEN) == Status.CLOSED
            assert was or not closed or one.id in self.may_close, f"{one.id} was closed by nobody"
            assert closed or not was or one.id in self.may_open, f"{one.id} was opened by nobody"
            self.statuses[one.id] = one.status

    def _check_secrets(self) -> None:
        """No number, name or address stands in the journal."""
        entries = self.ledger.entries()[self.read_entries :]
        self.read_entries += len(entries)
        text = " ".join(msgspec.json.encode(entry.fact).decode() for entry in entries)
        text += " ".join(change.command for change in self.ledger.changes(limit=3))
        assert [secret for secret in SECRETS if secret in text] == []

    def _check_untouched(self) -> None:
        """Mails, events and drafts that Ringback did not make are as they were, its own labels aside."""
        assert {ref: (mail.raw, mail.folder) for ref, mail in self.state.mails.items()} == self.mine
        assert all(mail.unread for mail in self.state.mails.values())
        assert {ref: self.state.events.get(ref) for ref in self.foreign} == self.foreign
        assert {ref: self._letter(ref) for ref in self.letters} == self.letters

    def _letter(self, ref: Ref) -> bytes | None:
        draft = self.state.drafts.get(ref)
        return None if draft is None else draft.raw

    def _check_events(self) -> None:
        """What the user wrote, moved or deleted on the calendar stays so."""
        events = {event.uid: event for ref, event in self.state.events.items() if ref not in self.foreign}
        for uid, title in self.titles.items():
            assert uid in events, f"{uid} had a title of the user's and is gone"
            assert events[uid].summary.removeprefix("✓ ") == title.removeprefix("✓ "), (events[uid].summary, title)
        for uid, times in list(self.moves.items()):
            if times[1] <= self.now and "-slot-" not in uid:
                del self.moves[uid]  # the call was not made then, and goes to another time
                continue
            assert uid in events, f"{uid} was moved by the user and is gone"
            assert (events[uid].start, events[uid].end) == times, uid
        back = self.deleted & {event.key for event in events.values()}
        assert not back, f"deleted by the user and back: {back}"
        counts = Counter(event.key for event in events.values())
        assert {key for key, count in counts.items() if count > 1} == set()

    def _check_letters(self) -> None:
        """There is one draft a purpose and callback, and none that the user sent or threw away."""
        keys = Counter(filter(None, (draft.key or self.origin.get(ref) for ref, draft in self.state.drafts.items())))
        assert {key for key, count in keys.items() if count > 1} == set()
        assert keys.keys() & self.finished == set()

    def _check_saved_anew(self) -> None:
        """A draft that a mail program saved anew, with its words as they were, is known to be there."""
        for ref, key in self.origin.items():
            known = self._draft_state(key)
            if known is not None and compose.digest(self.state.drafts[ref].raw) == known.digest:
                assert known.status not in {DraftStatus.MISSING, DraftStatus.DROPPED}

    def check_quiet(self) -> None:
        """What holds after a pass in which nothing went wrong."""
        assert checking.faults(self.parts()) == []
        self.check_always()
        self._check_accounts()
        for one in self.ledger.callbacks():
            self._check_callback(one)
        events = [*(one.hold for one in self.ledger.callbacks()), *(one.event for one in self.ledger.slots())]
        gone = {event.uid.rpartition(".")[0] for event in events if event is not None and event.gone is not None}
        assert gone <= self.went, "held against the user"
        self._check_promises()
        self._check_saved_anew()
        self.may_close.clear()
        self.may_open.clear()
        self.unread.clear()
        self.labelled.clear()

    def _check_accounts(self) -> None:
        """Every mail in the inbox is accounted for as what it is, and shows the state of its callbacks."""
        labels = {one.id: label_of(one, self.now) for one in self.ledger.callbacks()}
        for ref, kind in self.expected.items():
            message = heard.message_by_ref(self.ledger, "home", ref)
            assert message is not None, f"{ref} is not accounted for"
            subjects = heard.subjects_of_message(self.ledger, message.id)
            allowed = ALLOWED.get(kind, set(Disposition))
            too_late = message.reason == "older than the look-back" and self.now - message.received_at > 30 * DAY
            assert message.disposition in allowed or too_late, (kind, message)
            assert bool(subjects) == (message.disposition == Disposition.CALL)
            if ref in self.state.mails and message.disposition == Disposition.CALL:
                assert self.state.mails[ref].label in {None, *(labels[one] for one in subjects)}

    def _check_callback(self, one: Callback) -> None:
        """An owed callback has one event that has not ended, or a reason; a draft of ours names its time."""
        events = [event for event in self._events(one) if one.status != Status.CLOSED]
        stands = one.hold is not None and one.hold.gone is None
        if one.status != Status.CLOSED:
            assert len(events) == (1 if stands else 0), (one, events)
            assert stands or one.no_hold
            assert one.no_hold or all(event.end > self.now for event in events)
        for ref, draft in self.state.drafts.items():
            if draft.key and ref not in self.letters and self.subject_of(draft.key).startswith(f"{one.id}-"):
                assert one.status != Status.CLOSED, "a draft for a settled call"
                text = compose.text_of(draft.raw)
                assert any(f"{event.start.astimezone(self.zone):%H:%M}" in text for event in events), (text, events)

    def _events(self, one: Callback | Slot) -> Iterator[Event]:
        key = key_of(one.id, self.parts().style.tag)
        return (event for ref, event in self.state.events.items() if event.key == key and ref not in self.foreign)

    def _check_promises(self) -> None:
        """A time that went out to a caller is a promise."""
        for key, at in self.sent.items():
            subject, _, _ = self.subject_of(key).partition("-")
            promises = [promise.at for promise in self.ledger.callback(subject).promises]  # type: ignore[arg-type]  # a NewType of str
            assert at in promises, f"{key} named {at}, and {promises} were promised"


def _is_id(line: bytes) -> bool:
    return line.lower().startswith(b"message-id:")


def tally(operations: list[AnyOperation]) -> Counter[tuple[str, str]]:
    """Count operations by kind and subject; how often an identity was taken already shows in the doing only."""
    return Counter((type(one).__name__, str(one.subject)) for one in operations)

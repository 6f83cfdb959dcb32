"""The five promises under whatever may come: Hypothesis invents lives, and shrinks one in which a promise is broken.

The lives are the same in every run: Hypothesis derives the seed from the code of the test. RINGBACK_LIVES=2000 explores
so many long ones, others in each run, and prints a blob that reproduces a failure.
"""

from __future__ import annotations

import contextlib
import functools
import os
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from assistant.errors import UsageError
from assistant.ledger import decisions, heard, undo
from assistant.model.calendar import Entry, FbType
from assistant.model.call import Call, Kind
from assistant.model.callback import Status
from assistant.model.heard import Disposition
from assistant.model.journal import AttemptResult, CallId, Outcome
from assistant.model.mailbox import Label
from assistant.model.planning import Bucket
from assistant.pipeline import Report, binning, reading
from tests.machine import CALLERS, DAY, HOUR, KNOWN, MINUTE, Fault, Life
from tests.unit.pipeline.desk import WRITES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime, timedelta

    from assistant.model.callback import Callback
    from assistant.model.mailbox import Ref
    from tests.machine import Caller

STARTS = {
    "America/New_York": ("2026-10-30 17:30", "2027-03-12 08:00", "2026-11-16 17:30"),
    "Europe/Berlin": ("2026-10-23 17:30", "2027-03-26 15:00"),
    "Australia/Lord_Howe": ("2027-04-02 17:30", "2026-10-02 08:00"),
}
"""Days before the nights in which clocks change, and an ordinary Monday; most after the slot, to have times told."""
LIVES = [(zone, start) for zone, starts in STARTS.items() for start in starts]
SAID = ("", "It is urgent, please call back.", "No rush.", "Please call me tomorrow at 10.", "Please call after 3 pm.")
TITLES = ("Lunch", "Ring Ann about the quote", "{} - bring papers")
SIGNS = ("✓ {}", "done {}", "left message {}", "no answer {}", "later {}")
LEAPS = (MINUTE, 16 * MINUTE, HOUR, 5 * HOUR, DAY, 3 * DAY, 16 * DAY)

callers = st.sampled_from(CALLERS)
nth = st.integers(0, 5)
minutes = st.integers(0, 2 * 24 * 12).map(lambda number: number * 5 * MINUTE)
faults = st.builds(
    Fault,
    at=st.integers(0, 70),
    moment=st.sampled_from(("before", "after")),
    calls=st.sampled_from((1, 1, 2, 1000)),
    kill=st.booleans(),
    only=st.just(""),
)
writes = st.builds(
    Fault,
    at=st.integers(0, 3),
    moment=st.sampled_from(("before", "after")),
    calls=st.sampled_from((1, 1000)),
    kill=st.booleans(),
    only=st.sampled_from(WRITES),
)


class Lives(RuleBasedStateMachine):
    """One user's weeks."""

    life: Life

    @initialize(life=st.sampled_from(LIVES), rang=st.lists(callers, max_size=5))
    def begin(self, life: tuple[str, str], rang: list[Any]) -> None:
        """A day begins with calls of the evening before."""
        zone, start = life
        self.life = Life(start, zone)
        for who in rang:
            self.missed(who, 15 * 60)
        self.life.quiet()

    def teardown(self) -> None:
        """End it."""
        if hasattr(self, "life"):
            self.life.close()

    @invariant()
    def keeps_its_promises(self) -> None:
        """What must hold in the middle of everything."""
        if hasattr(self, "life"):
            self.life.check_always()

    # --- passes

    @precondition(lambda self: not self.life.state.calendar_missing)
    @rule()
    def a_quiet_pass(self) -> None:
        """Nothing goes wrong."""
        self.life.quiet()

    @rule()
    def a_pass_without_mail(self) -> None:
        """As after a command."""
        self.life.passes(mail=False)

    @rule(fault=faults)
    def a_faulty_pass(self, fault: Fault) -> None:
        """A call fails, or its answer is lost, or the process is killed, or the network stays away."""
        self.life.passes(fault)

    @precondition(lambda self: not self.life.state.calendar_missing)
    @rule(fault=writes, leap=st.sampled_from(LEAPS))
    def a_failed_write_and_another_pass(self, fault: Fault, leap: timedelta) -> None:
        """A write is refused, or its answer is lost, and time goes by before the next pass."""
        self.life.passes(fault)
        self.life.clock.moment += leap
        self.life.quiet()

    @rule(at=st.integers(0, 40), act=st.integers(0, 8), choice=nth, shift=minutes)
    def a_pass_and_the_user_in_the_middle(self, at: int, act: int, choice: int, shift: timedelta) -> None:
        """The user does something between our reading and our writing."""
        acts: tuple[Callable[[], object], ...] = (
            lambda: self.drag(choice, shift),
            lambda: self.lengthen(choice, 20),
            lambda: self.retitle(choice, TITLES[choice % len(TITLES)]),
            lambda: self.sign(choice, SIGNS[choice % len(SIGNS)]),
            lambda: self.delete_event(choice),
            lambda: self.edit_draft(choice, words=True),
            lambda: self.drop_draft(choice),
            lambda: self.send_draft(choice),
            lambda: self.missed(CALLERS[choice], 1),
        )
        self.life.passes(Fault(at), acts[act])

    # --- time and the machine

    @rule(leap=st.sampled_from(LEAPS))
    def time_passes(self, leap: timedelta) -> None:
        """Minutes to weeks without a pass."""
        self.life.clock.moment += leap

    @precondition(lambda self: not self.life.state.calendar_missing)
    @rule(leap=st.sampled_from(LEAPS))
    def a_quiet_pass_later(self, leap: timedelta) -> None:
        """Minutes to weeks, and a pass."""
        self.life.clock.moment += leap
        self.life.quiet()

    @precondition(lambda self: not self.life.state.calendar_missing)
    @rule(fault=faults)
    def a_faulty_pass_and_another(self, fault: Fault) -> None:
        """What went wrong is put right by running it again."""
        self.life.passes(fault)
        self.life.quiet()

    @precondition(lambda self: not self.life.went)  # no pass looks for events that are over
    @rule(leap=st.sampled_from((HOUR, DAY)))
    def the_clock_is_set_back(self, leap: timedelta) -> None:
        """An hour or a day, by hand."""
        self.life.clock.moment -= leap

    @rule()
    def the_ledger_is_reopened(self) -> None:
        """By another process."""
        self.life.reopen()

    @rule()
    def cursors_expire(self) -> None:
        """All is read anew."""
        self.life.state.expire_cursors()

    @rule(missing=st.booleans())
    def the_calendar_comes_and_goes(self, missing: bool) -> None:  # noqa: FBT001  Hypothesis draws it
        """It is not mounted for a while."""
        self.life.state.calendar_missing = missing

    @precondition(lambda self: self.life.ours())
    @rule()
    def the_calendar_is_wiped(self) -> None:
        """Every event of ours goes at once."""
        for ref in self.life.ours():
            self.forget(ref)
            self.life.state.delete_event(ref)

    # --- mails

    def deliver(self, deliver: Callable[[], Any], kind: str = "call") -> None:
        """Note a mail that arrives."""
        ref = deliver()
        self.life.mine[ref] = (self.life.state.mails[ref].raw, self.life.state.mails[ref].folder)
        self.life.expected[ref] = kind

    def ago(self, minutes: int) -> str:
        """Return the wall-clock time so many minutes ago."""
        return f"{(self.life.now - minutes * MINUTE).astimezone(self.life.zone):%Y-%m-%d %H:%M}"

    @rule(who=callers, minutes=st.integers(0, 90))
    def missed(self, who: Caller, minutes: int) -> None:
        """Somebody rings."""
        self.deliver(lambda: self.life.missed(who.name, who.number, self.ago(minutes)))

    @rule(who=callers, minutes=st.integers(0, 90), said=st.sampled_from(SAID))
    def voicemail(self, who: Caller, minutes: int, said: str) -> None:
        """Somebody leaves a message."""
        self.deliver(lambda: self.life.voicemail(who.name, who.number, self.ago(minutes), said=said))

    @rule(who=callers, said=st.sampled_from(SAID))
    def twins(self, who: Caller, said: str) -> None:
        """Two mails tell of one ring."""
        self.deliver(lambda: self.life.missed(who.name, who.number, self.ago(3)))
        self.deliver(lambda: self.life.voicemail(who.name, who.number, self.ago(2), said=said))

    @precondition(lambda self: self.life.state.mails)
    @rule(choice=nth)
    def the_same_mail_again(self, choice: int) -> None:
        """A mail is delivered twice."""
        for ref in picked([ref for ref in self.life.expected if ref in self.life.mine], choice):
            raw, kind = self.life.mine[ref][0], self.life.expected[ref]
            again = functools.partial(self.life.state.deliver, raw, self.life.now)
            self.deliver(again, "call" if kind == "old" else kind)

    @rule(withheld=st.booleans())
    def nobody_rings(self, withheld: bool) -> None:  # noqa: FBT001  Hypothesis draws it
        """A call without number, or of a contact's name alone."""
        name = "Anonymous" if withheld else KNOWN[0].name
        self.deliver(lambda: self.life.missed(name, "", self.ago(1)))

    @rule()
    def somebody_writes(self) -> None:
        """A person asks by mail to be called."""
        self.deliver(lambda: self.life.asked("Gus Gusev", "gus@callers.example", "(212) 555-0141", self.ago(1)))

    @rule(kind=st.sampled_from(("suspect", "other", "damaged", "old")))
    def another_mail(self, kind: str) -> None:
        """A suspect mail, one that is no call, one that is damaged, one from before the look-back."""
        if kind == "suspect":
            body = (
                f"You missed a call.\n\nFrom: {KNOWN[1].name} <2125550143>\nListen: http://192.0.2.7/voicemail.html\n"
            )
            self.deliver(lambda: self.life.deliver("Missed call from 2125550143", body, self.ago(1)), kind)
        elif kind == "other":
            self.deliver(lambda: self.life.deliver("Lunch?", "Shall we have lunch?\n", self.ago(1)), kind)
        elif kind == "damaged":
            raw = b"Subject: [PBX]: New message 1 in mailbox 2004\r\nContent-Type: multipart/mixed\r\n\r\n\0\xff"
            self.deliver(lambda: self.life.state.deliver(raw, self.life.now), kind)
        else:
            who = CALLERS[3]
            self.deliver(lambda: self.life.missed(who.name, who.number, self.ago(60 * 24 * 60)), kind)

    @precondition(lambda self: self.life.state.mails)
    @rule(choice=nth)
    def a_mail_is_deleted(self, choice: int) -> None:
        """By the user, read or not."""
        for ref in picked([ref for ref in self.life.expected if ref in self.life.state.mails], choice):
            if heard.message_by_ref(self.life.ledger, "home", ref) is None:
                del self.life.expected[ref]
            self.life.state.delete_mail(ref)
            del self.life.mine[ref]

    @precondition(lambda self: self.life.state.mails)
    @rule(choice=nth, label=st.sampled_from((None, *Label)))
    def a_label_is_moved(self, choice: int, label: Label | None) -> None:
        """By the user, on any mail in the inbox."""
        for ref in picked([ref for ref in self.life.expected if ref in self.life.state.mails], choice):
            self.life.state.set_label(ref, label)
            self.life.labelled.append((ref, label))
            self.life.read_labels()

    # --- the user at the calendar

    def forget(self, ref: Ref) -> None:
        """Forget what the user did to an event that goes."""
        uid = self.life.state.events[ref].uid
        self.life.titles.pop(uid, None)
        self.life.moves.pop(uid, None)
        self.life.went.add(self.life.state.events[ref].key)

    @precondition(lambda self: self.life.ours())
    @rule(choice=nth, shift=minutes, back=st.booleans())
    def drag(self, choice: int, shift: timedelta, back: bool = False) -> None:  # noqa: FBT001, FBT002  Hypothesis draws it
        """Move a hold or a slot to any time, past ones too."""
        for ref in picked(self.life.ours(), choice):
            event = self.life.state.events[ref]
            start = event.start - shift if back else event.start + shift
            self._move(ref, start, event.end - event.start)

    @precondition(lambda self: self.life.ours())
    @rule(choice=nth, minutes=st.sampled_from((5, 7, 20, 120)))
    def lengthen(self, choice: int, minutes: int) -> None:
        """Give a hold or a slot another length."""
        for ref in picked(self.life.ours(), choice):
            self._move(ref, self.life.state.events[ref].start, minutes * MINUTE)

    def _move(self, ref: Ref, start: datetime, length: timedelta) -> None:
        event = self.life.state.events[ref]
        if (event.start, event.end) != (start, start + length):
            self.life.state.move_event(ref, start, length)
            if self.watched(ref):
                self.life.moves[event.uid] = (start, start + length)

    def watched(self, ref: Ref) -> bool:
        """Tell whether a move or removal must stand: of a known event, still owed, with nothing else to be read."""
        subject = self.life.subject_of(self.life.state.events[ref].key)
        state = self.life.ledger.state(subject)
        closed = getattr(state, "status", None) == Status.CLOSED
        return self.life.known(ref) and not closed and subject not in self.life.unread

    @precondition(lambda self: self.life.ours())
    @rule(choice=nth, title=st.sampled_from(TITLES))
    def retitle(self, choice: int, title: str) -> None:
        """Write words of one's own over a title."""
        for ref in picked(self.life.ours(), choice):
            words = title.format(self.life.state.events[ref].summary)
            if words.startswith(tuple(sign.removesuffix(" {}") for sign in SIGNS)):
                continue  # that would be a sign once more
            self.life.state.edit_event(ref, summary=words)
            self.life.acted_on_title(ref)

    @precondition(lambda self: self.life.holds())
    @rule(choice=nth, title=st.sampled_from(SIGNS))
    def sign(self, choice: int, title: str) -> None:
        """Tick a hold, or say in its title how the call went."""
        for ref in picked(self.life.holds(), choice):
            event = self.life.state.events[ref]
            self.life.state.edit_event(ref, summary=title.format(event.summary))
            self.life.titles.pop(event.uid, None)
            self.life.acted(self.life.subject_of(event.key), closes=True, opens=True, unread=True)

    @precondition(lambda self: self.life.ours())
    @rule(choice=nth)
    def delete_event(self, choice: int) -> None:
        """Delete a hold or a slot."""
        for ref in picked(self.life.ours(), choice):
            if self.watched(ref):
                self.life.deleted.add(self.life.state.events[ref].key)
            self.forget(ref)
            self.life.state.delete_event(ref)

    @rule(after=minutes, length=st.sampled_from((30, 60, 8 * 60)), fbtype=st.sampled_from(FbType))
    def a_meeting(self, after: timedelta, length: int, fbtype: FbType) -> None:
        """A meeting appears."""
        start = (self.life.now + after).replace(second=0)
        self.life.state.agenda.append(Entry(start=start, end=start + length * MINUTE, fbtype=fbtype, title="Busy"))

    @rule(day=st.integers(0, 3))
    def a_day_off(self, day: int) -> None:
        """A whole day is out of office."""
        start = (self.life.now.astimezone(self.life.zone) + day * DAY).replace(hour=0, minute=0)
        away = FbType.BUSY_UNAVAILABLE
        self.life.state.agenda.append(Entry(start=start, end=start + DAY, fbtype=away, title="Off", all_day=True))

    @precondition(lambda self: self.life.state.agenda)
    @rule(choice=nth, shift=minutes, gone=st.booleans())
    def a_meeting_changes(self, choice: int, shift: timedelta, gone: bool) -> None:  # noqa: FBT001  Hypothesis draws it
        """A meeting moves or vanishes."""
        for entry in picked(self.life.state.agenda, choice):
            self.life.state.agenda.remove(entry)
            if not gone:
                start = self.life.now + shift
                moved = Entry(start=start, end=start + (entry.end - entry.start), fbtype=entry.fbtype, title="Busy")
                self.life.state.agenda.append(moved)

    # --- the user among the drafts

    def drafts(self) -> list[Any]:
        """Return the drafts that were ours once."""
        return [ref for ref, draft in self.life.state.drafts.items() if draft.key or ref in self.life.origin]

    @precondition(lambda self: self.drafts())
    @rule(choice=nth, words=st.booleans())
    def edit_draft(self, choice: int, words: bool) -> None:  # noqa: FBT001  Hypothesis draws it
        """Change the words of a draft, or only save it again."""
        for ref in picked(self.drafts(), choice):
            raw = self.life.state.drafts[ref].raw
            self.life.state.save_draft(raw + b"One more line.\r\n" if words else raw, ref)
            if words:
                self.life.letters[ref] = raw + b"One more line.\r\n"

    @precondition(lambda self: self.drafts())
    @rule(choice=nth)
    def a_client_saves_a_draft_anew(self, choice: int) -> None:
        """Another id, and our header is gone."""
        for ref in picked([ref for ref in self.drafts() if self.life.state.drafts[ref].key], choice):
            self.life.resave(ref)

    @precondition(lambda self: self.drafts())
    @rule(choice=nth)
    def drop_draft(self, choice: int) -> None:
        """Throw a draft away."""
        for ref in picked(self.drafts(), choice):
            self.life.end_draft(ref, sent=False)

    @precondition(lambda self: self.drafts())
    @rule(choice=nth)
    def send_draft(self, choice: int) -> None:
        """Send a draft, whoever wrote its words."""
        for ref in picked(self.drafts(), choice):
            self.life.end_draft(ref, sent=True)

    @rule(who=st.sampled_from(KNOWN))
    def a_draft_of_the_users(self, who: Caller) -> None:
        """The user writes a draft of their own."""
        raw = f"To: {who.address}\r\nSubject: Papers\r\n\r\nI will call you.\r\n".encode()
        ref = self.life.state.save_draft(raw)
        self.life.letters[ref] = raw

    @rule(who=st.sampled_from(KNOWN))
    def the_user_writes(self, who: Caller) -> None:
        """The user sends a caller a mail of their own, which names no time."""
        self.life.write(who.address, "Thank you for the papers.")
        ref = list(self.life.state.mails)[-1]
        self.life.mine[ref] = (self.life.state.mails[ref].raw, self.life.state.mails[ref].folder)

    # --- commands

    @contextlib.contextmanager
    def command(self, *callbacks: Callback, closes: bool = False, opens: bool = False) -> Iterator[None]:
        """Give a command, which the calendar follows later; one that refuses says so and changes nothing."""
        with contextlib.suppress(UsageError):
            yield
            self.life.acted(*(one.id for one in callbacks), closes=closes, opens=opens, unread=True)

    def owed(self) -> list[Callback]:
        """Return who is owed a call."""
        return self.life.ledger.owed()

    @precondition(lambda self: self.owed())
    @rule(choice=nth, outcome=st.sampled_from(Outcome))
    def done(self, choice: int, outcome: Outcome) -> None:
        """`ringback done`."""
        for one in picked(self.owed(), choice):
            with self.command(one, closes=True):
                decisions.close(self.life.ledger, one.id, outcome, "Ann Byrne said so")

    @precondition(lambda self: self.owed())
    @rule(choice=nth, result=st.sampled_from(AttemptResult), after=st.none() | minutes)
    def tried(self, choice: int, result: AttemptResult, after: timedelta | None) -> None:
        """`ringback tried`."""
        at = None if after is None else self.life.now + after
        for one in picked(self.owed(), choice):
            with self.command(one):
                decisions.attempt(self.life.ledger, one.id, result, at, "ring 2125550149")

    @precondition(lambda self: self.owed())
    @rule(choice=nth, after=minutes)
    def snooze(self, choice: int, after: timedelta) -> None:
        """`ringback snooze`."""
        for one in picked(self.owed(), choice):
            with self.command(one):
                decisions.snooze(self.life.ledger, one.id, self.life.now + after)

    @precondition(lambda self: self.owed())
    @rule(choice=nth, after=minutes)
    def promise(self, choice: int, after: timedelta) -> None:
        """`ringback promise`."""
        for one in picked(self.owed(), choice):
            with self.command(one):
                decisions.promise(self.life.ledger, one.id, self.life.now + after)

    @precondition(lambda self: self.owed())
    @rule(choice=nth, bucket=st.sampled_from(Bucket))
    def bucket(self, choice: int, bucket: Bucket) -> None:
        """`ringback bucket`."""
        for one in picked(self.owed(), choice):
            with self.command(one):
                decisions.set_bucket(self.life.ledger, one.id, bucket)

    @precondition(lambda self: self.owed())
    @rule(choice=nth, other=nth)
    def merge(self, choice: int, other: int) -> None:
        """`ringback merge`."""
        for one, two in zip(picked(self.owed(), choice), picked(self.owed(), other), strict=True):
            with self.command(one, two, closes=True):
                decisions.merge(self.life.ledger, one.id, [two.id])

    @precondition(lambda self: any(len(one.calls) > 1 for one in self.owed()))
    @rule(choice=nth, call=nth)
    def split(self, choice: int, call: int) -> None:
        """`ringback split`."""
        for one in picked([one for one in self.owed() if len(one.calls) > 1], choice):
            for link in picked(list(one.calls), call):
                with self.command(one):
                    decisions.split(self.life.ledger, one.id, [link.call])

    @rule(choice=nth)
    def add(self, choice: int) -> None:
        """`ringback add`."""
        who = CALLERS[choice]
        number = who.number if who.number.startswith("+") else f"+1{who.number}"
        call = Call(
            kind=Kind.CALLBACK_REQUEST,
            calling_number=number,  # type: ignore[arg-type]  # a NewType of str
            caller_name=who.name,
            start_time=self.life.now,
        )
        with self.life.ledger.change("add"):
            reading.put_call(self.life.parts(), call, CallId(f"call-added-{self.life.ledger.entry_count()}-0"), None)

    @rule(newest=st.booleans(), choice=nth)
    def take_back(self, newest: bool, choice: int) -> None:  # noqa: FBT001  Hypothesis draws it
        """`ringback undo`, of the newest command or of any change."""
        changes = [change.id for change in self.life.ledger.changes(limit=6)]
        with self.command():
            _, subjects = undo.undo(self.life.ledger, None if newest else (picked(changes, choice) or [1])[0])
            self.life.acted(*subjects, closes=True, opens=True)

    @precondition(lambda self: self.life.ledger.calendar_state().question is not None or self.life.deleted)
    @rule()
    def restore(self) -> None:
        """`ringback restore`."""
        with self.command():
            self.life.acted(*decisions.restore(self.life.ledger))

    @precondition(lambda self: any(slot.lost for slot in self.life.ledger.slots()))
    @rule()
    def acknowledge(self) -> None:
        """`ringback acknowledge`."""
        with self.command():
            decisions.acknowledge(self.life.ledger)

    @precondition(lambda self: bool(heard.messages(self.life.ledger, Disposition.BIN)))
    @rule(choice=nth, accept=st.booleans())
    def look_into_the_bin(self, choice: int, accept: bool) -> None:  # noqa: FBT001  Hypothesis draws it
        """`ringback bin --accept` or `--dismiss`."""
        for message in picked(heard.messages(self.life.ledger, Disposition.BIN), choice):
            with self.command(), self.life.ledger.change("bin"):
                if accept:
                    binning.accept(self.life.parts(), message, Report())
                else:
                    binning.dismiss(self.life.ledger, message)


def picked(found: list[Any], choice: int) -> list[Any]:
    """Return the one of that number, counted round and round; nothing where there is nothing."""
    return [found[choice % len(found)]] if found else []


many = os.environ.get("RINGBACK_LIVES")
Lives.TestCase.settings = settings(
    max_examples=int(many) if many else 60,
    stateful_step_count=50 if many else 25,
    deadline=None,  # the machine of a test may be busy
    derandomize=not many,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
TestLives = Lives.TestCase

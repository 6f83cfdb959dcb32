"""A pass decides nothing anew where nothing that a decision depends on has changed, and decides wherever it has."""

from __future__ import annotations

import functools
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
import pytest
from msgspec.structs import replace

from assistant.ledger import decisions, heard
from assistant.ledger.journal import Ledger
from assistant.model.calendar import FbType
from assistant.model.heard import Disposition
from assistant.model.journal import AttemptResult, Outcome
from assistant.model.mailbox import Label
from assistant.model.operation import SetLabel
from assistant.model.planning import Bucket
from assistant.pipeline import run_pass, settling
from assistant.pipeline.deciding import decide
from assistant.pipeline.settling import LONGEST, MARK, Mark
from assistant.standards.digest import digest
from tests.unit.pipeline.desk import ANN, BO, CY, Desk, words
from tests.unit.pipeline.test_cut_off import final

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from assistant.model.calendar import Entry
    from assistant.model.heard import Message
    from assistant.pipeline import Parts, Report
    from assistant.ports import Account

MINUTE = timedelta(minutes=1)


class Watch:
    """Counts how often a decision was made."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.decisions = 0
        self._decide = decide
        monkeypatch.setattr(settling, "decide", self.decide)

    def decide(self, parts: Parts, agenda: Sequence[Entry], report: Report) -> object:
        """Count, and decide."""
        self.decisions += 1
        return self._decide(parts, agenda, report)

    def decides(self, parts: Parts) -> bool:
        """Run a pass, and tell whether it decided."""
        before = self.decisions
        run_pass(parts)
        return self.decisions > before


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    """Watch `decide`."""
    return Watch(monkeypatch)


@pytest.fixture
def calm(desk: Desk) -> Desk:
    """A desk on Monday morning with two callers, a mail in the bin, a meeting, and nothing to do."""
    desk.missed("Ann Byrne", ANN, "2026-11-13 15:10")
    desk.voicemail("Bo Tan", BO, "2026-11-13 16:10", said="It is about the lease.")
    forged = "You missed a call.\n\nFrom: Cy Dunn <2125550143>\nListen: http://192.0.2.7/voicemail.html\n"
    desk.deliver("Missed call from 2125550143", forged, "2026-11-13 17:00")
    desk.busy("2026-11-16 13:00", 60)
    desk.sync()
    desk.sync()
    assert mark(desk) is not None
    return desk


def mark(desk: Desk) -> Mark | None:
    """Return the mark as it stands."""
    text = desk.ledger.mark(MARK)
    return None if text is None else msgspec.json.decode(text, type=Mark)


def at_desk(change: Callable[[Desk], object]) -> Callable[[Desk], Parts]:
    """Return what changes something in the world and runs the next pass as it is."""

    def changed(desk: Desk) -> Parts:
        change(desk)
        return desk.parts()

    return changed


def in_parts(**fields: Callable[[Parts], Any]) -> Callable[[Desk], Parts]:
    """Return what changes fields of the next pass."""
    return lambda desk: desk.parts()._replace(**{name: made(desk.parts()) for name, made in fields.items()})


class Unversioned(NamedTuple):
    """An address book that cannot tell whether it changed."""

    book: object

    def find(self, number: str) -> object:
        """Look a number up."""
        return self.book.find(number)  # type: ignore[attr-defined]  # a Contacts

    def named(self, name: str) -> object:
        """Look a name up."""
        return self.book.named(name)  # type: ignore[attr-defined]  # a Contacts


def accounts(change: Callable[[Account], Account], name: str = "home") -> Callable[[Desk], Parts]:
    """Return what changes the one account of the next pass."""
    return lambda desk: desk.parts()._replace(accounts={name: change(desk.parts().accounts["home"])})


def bin_message(desk: Desk) -> Message:
    """Return the mail in the bin."""
    (message,) = heard.messages(desk.ledger, Disposition.BIN)
    return message


def first_message(desk: Desk) -> Message:
    """Return the first mail that was a call."""
    return heard.messages(desk.ledger, Disposition.CALL)[0]


def said_more(desk: Desk) -> None:
    """Change what is kept of a call, as a second report does."""
    (known,) = heard.calls_of(desk.ledger, desk.id("Ann Byrne"))
    heard.put_call(desk.ledger, replace(known, call=replace(known.call, transcript="It is urgent.")))


def instead(desk: Desk, start: str, minutes: int, fbtype: FbType = FbType.BUSY) -> None:
    """Let the one meeting be at another time."""
    desk.state.agenda.clear()
    desk.busy(start, minutes, fbtype)


def wider(parts: Parts) -> object:
    """Return a timetable with longer days."""
    return replace(parts.timetable, working_hours=dict.fromkeys(parts.timetable.working_hours, ("08:00", "19:00")))


CHANGES: dict[str, Callable[[Desk], Parts]] = {
    "an entry": at_desk(lambda desk: decisions.set_bucket(desk.ledger, desk.id("Ann Byrne"), Bucket.TODAY)),
    "a call": at_desk(lambda desk: desk.missed("Cy Dunn", CY, "2026-11-16 07:50")),
    "a mail for the bin": at_desk(
        lambda desk: desk.deliver(
            "Missed call from 2125550143",
            "You missed a call.\n\nFrom: Di <2125550144>\nListen: http://192.0.2.7/voicemail.html\n",
            "2026-11-16 07:50",
        )
    ),
    "a mail dismissed": at_desk(
        lambda desk: heard.put_message(
            desk.ledger, replace(bin_message(desk), disposition=Disposition.DISMISSED, reason="no")
        )
    ),
    "a label": at_desk(lambda desk: heard.set_label(desk.ledger, first_message(desk).id, Label.DONE)),
    "a mail gone": at_desk(lambda desk: desk.state.delete_mail(first_message(desk).ref)),
    "what was said": at_desk(said_more),
    "reasons erased": at_desk(lambda desk: heard.erase(desk.ledger, f"reasons-{desk.id('Bo Tan')}")),  # type: ignore[arg-type]  # a NewType of str
    "heads": at_desk(
        lambda desk: heard.put_text(
            desk.ledger, f"envelope-{first_message(desk).id}", "envelope", '{"reply_to":"cy@callers.example"}'
        )
    ),
    "a meeting": at_desk(lambda desk: desk.busy("2026-11-16 15:45", 75)),
    "no meeting": at_desk(lambda desk: desk.state.agenda.clear()),
    "a longer meeting": at_desk(lambda desk: instead(desk, "2026-11-16 13:00", 90)),
    "a meeting at another time": at_desk(lambda desk: instead(desk, "2026-11-16 12:00", 60)),
    "a meeting that is free time now": at_desk(lambda desk: instead(desk, "2026-11-16 13:00", 60, FbType.FREE)),
    "a card": at_desk(lambda desk: desk.contact("Bo Tanaka", BO, address="bo@tan.example")),
    "the clock set back": at_desk(lambda desk: desk.at("2026-11-16 07:59")),
    "an hour": at_desk(lambda desk: desk.at("2026-11-16 09:00")),
    "a day": at_desk(lambda desk: desk.at("2026-11-17 08:00")),
    "the rules": in_parts(rules=lambda parts: replace(parts.rules, vip_names=("Ann Byrne",))),
    "the timetable": in_parts(timetable=wider),
    "the zone": in_parts(zone=lambda _: ZoneInfo("UTC")),
    "the words": in_parts(words=lambda _: words("Europe/Berlin")),
    "the signs": in_parts(signs=lambda parts: replace(parts.signs, marks=("OK",))),
    "the style": in_parts(style=lambda parts: replace(parts.style, private=False)),
    "the user's name": in_parts(user_name=lambda _: "D. Whitfield"),
    "the sender": in_parts(sender=lambda _: "other@whitfieldlegal.example"),
    "drafts switched off": in_parts(drafts_enabled=lambda _: False),
    "the salt of digests": in_parts(digest=lambda _: functools.partial(digest, salt="another")),
    "another release": in_parts(program=lambda _: "9.9"),
    "no calendar": in_parts(calendar=lambda _: None),
    "the name of an account": accounts(lambda account: account, "office"),
    "an account without drafts": accounts(lambda account: account._replace(drafts=None)),
    "an account without contacts": accounts(lambda account: account._replace(contacts=None)),
    "contacts that cannot tell": accounts(lambda account: account._replace(contacts=Unversioned(account.contacts))),  # type: ignore[arg-type]  # has what Contacts has
}


@pytest.mark.parametrize("change", CHANGES)
def test_one_thing_changed_is_decided_anew(calm: Desk, watch: Watch, tmp_path: Path, change: str) -> None:
    """Whatever a decision depends on, once it changed the next pass decides, and does what it does without a mark."""
    (tmp_path / "twin").mkdir()
    twin = calm.copy(tmp_path / "twin")
    twin.clock = type(calm.clock)(calm.clock.moment)
    twin._open_ledger()
    assert not watch.decides(calm.parts())
    twin.ledger.put_mark(MARK, "{}")
    assert watch.decides(CHANGES[change](calm))
    run_pass(CHANGES[change](twin))
    assert final(calm) == final(twin)


UNCHANGED: dict[str, Callable[[Desk], object]] = {
    "nothing": lambda _: None,
    "the time of day": lambda desk: desk.at("2026-11-16 08:30"),
    "a mail that is no call": lambda desk: desk.deliver("Lunch?", "Shall we?\n", "2026-11-16 07:50"),
    "a note": lambda desk: heard.put_text(desk.ledger, "note-1-1", "note", "Ann is on holiday."),
    "an entry that leaves the user free": lambda desk: desk.busy("2026-11-16 15:45", 75, FbType.FREE),
    "a meeting beyond the horizon": lambda desk: desk.busy("2026-12-16 15:45", 75),
    "the ledger reopened": lambda desk: desk._open_ledger(),
}


@pytest.mark.parametrize("change", UNCHANGED)
def test_what_no_decision_looks_at_leaves_it_settled(calm: Desk, watch: Watch, change: str) -> None:
    """A pass decides nothing while what a decision depends on is the same."""
    UNCHANGED[change](calm)
    assert not watch.decides(calm.parts())
    assert not watch.decides(calm.parts())
    calm.decides_nothing()


def test_a_dry_run_always_decides(calm: Desk, watch: Watch) -> None:
    """Who asks what would be done gets a decision, and no mark is left by it."""
    before = calm.ledger.mark(MARK)
    calm.at("2026-11-16 08:10")
    run_pass(calm.parts(), dry_run=True)
    assert (watch.decisions, calm.ledger.mark(MARK)) == (1, before)


def test_a_first_pass_leaves_no_mark(desk: Desk) -> None:
    """A decision that came to something says nothing of the next one."""
    desk.missed("Ann Byrne", ANN, "2026-11-13 15:10")
    desk.sync()
    assert mark(desk) is None


def test_a_decision_that_noted_something_leaves_no_mark(desk: Desk) -> None:
    """Nothing to write, but a new reason in the ledger: the next pass has to decide on that."""
    desk.missed("Anonymous", "", "2026-11-13 15:10")
    desk.sync()
    desk.sync()
    left = desk.ledger.mark(MARK)
    desk.ledger.put_mark(MARK, "{}")
    heard.erase(desk.ledger, "reasons-1")  # type: ignore[arg-type]  # a NewType of str
    assert desk.sync().nothing_to_do
    assert (left is not None, desk.ledger.mark(MARK)) == (True, "{}")


def test_a_mark_of_another_release_is_no_mark(calm: Desk, watch: Watch) -> None:
    """A mark that cannot be read is as good as none."""
    calm.ledger.put_mark(MARK, '{"basis": 1}')
    assert watch.decides(calm.parts())
    assert mark(calm) is not None


def test_an_alert_is_told_again(desk: Desk, watch: Watch) -> None:
    """A call that must be made now and has no room is told of in every pass."""
    desk.busy("2026-11-16 07:00", 10 * 60)
    desk.missed("Ann Byrne", ANN, "2026-11-16 07:50")
    desk.sync()
    decisions.set_bucket(desk.ledger, desk.id("Ann Byrne"), Bucket.NOW)
    for _ in range(3):
        alerts = desk.sync().alerts
        assert len(alerts) == 1
    assert watch.decides(desk.parts())


def test_a_clash_is_told_again(calm: Desk) -> None:
    """A call that the user moved onto a meeting is told of in every pass."""
    calm.drag("Ann Byrne", "2026-11-16 13:15")
    for _ in range(3):
        assert len(calm.sync().clashes) == 1


@pytest.mark.parametrize("trouble", ["failed", "unread", "problems", "clashes", "questions", "alerts"])
def test_no_mark_is_left_beside_trouble(calm: Desk, monkeypatch: pytest.MonkeyPatch, trouble: str) -> None:
    """A pass that has anything to tell leaves no mark, so that the next one tells it again."""

    def troubled(_parts: Parts, _agenda: object, report: Report) -> list[object]:
        setattr(report, trouble, {"home": "away"} if trouble == "unread" else ["something"])
        return []

    calm.ledger.put_mark(MARK, "{}")
    monkeypatch.setattr(settling, "decide", troubled)
    run_pass(calm.parts())
    assert calm.ledger.mark(MARK) == "{}"


def test_no_mark_is_left_beside_a_problem_of_a_provider(calm: Desk) -> None:
    """What a provider could not read is told of by each new process."""
    calm.ledger.put_mark(MARK, "{}")
    run_pass(calm.parts()._replace(problems=["/cal/damaged.ics: it cannot be read"]))
    assert calm.ledger.mark(MARK) == "{}"


def test_no_mark_is_left_beside_a_question(calm: Desk) -> None:
    """While the user is asked about the calendar every pass decides."""
    for name, number in (("Cy Dunn", CY), ("Di Okafor", "2125550144")):
        calm.missed(name, number, "2026-11-13 15:10")
    calm.sync()
    calm.remove("Ann Byrne", "Bo Tan", "Cy Dunn", "Di Okafor")
    calm.sync()
    assert calm.ledger.calendar_state().question is not None
    before = calm.ledger.mark(MARK)
    assert calm.sync().nothing_to_do
    assert calm.ledger.mark(MARK) == before


class Told:
    """A calendar that says which version its agenda has, and counts how often it is read."""

    def __init__(self, calendar: object) -> None:
        self._calendar = calendar
        self.says: str | None = "1"
        self.reads = 0

    def version(self) -> str | None:
        """Say it."""
        return self.says

    def agenda(self, start: datetime, end: datetime) -> object:
        """Count."""
        self.reads += 1
        return self._calendar.agenda(start, end)  # type: ignore[attr-defined]  # a Calendar

    def __getattr__(self, name: str) -> object:
        return getattr(self._calendar, name)


@pytest.fixture
def told(calm: Desk) -> Told:
    """The calm desk's calendar, that now tells; two passes have found out that nothing is to do."""
    calendar = Told(calm.parts().calendar)
    run_pass(calm.parts()._replace(calendar=calendar))  # type: ignore[arg-type]  # has what Calendar has
    return calendar


def reads(desk: Desk, told: Told) -> int:
    """Return how often the agenda is read by a pass."""
    before = told.reads
    run_pass(desk.parts()._replace(calendar=told))  # type: ignore[arg-type]  # has what Calendar has
    return told.reads - before


def test_an_agenda_of_the_same_version_is_not_read(calm: Desk, told: Told, watch: Watch) -> None:
    """A calendar that says that nothing changed is not asked what is on it."""
    assert (reads(calm, told), watch.decisions) == (0, 0)


@pytest.mark.parametrize("says", ["2", None])
def test_an_agenda_of_another_version_is_read(calm: Desk, told: Told, watch: Watch, says: str | None) -> None:
    """One that changed, or does not know, is read; where the user is busy at the same times, that is all."""
    told.says = says
    assert (reads(calm, told), watch.decisions) == (1, 0)
    assert reads(calm, told) == (0 if says else 1)


def test_a_new_version_with_a_meeting_is_decided_on(calm: Desk, told: Told, watch: Watch) -> None:
    """A meeting that a new version brings is planned around."""
    calm.busy("2026-11-16 15:45", 75)
    told.says = "2"
    assert (reads(calm, told), watch.decisions) == (1, 1)


def test_contacts_that_cannot_tell_are_asked_within_the_hour(calm: Desk, watch: Watch) -> None:
    """A card in an address book without versions is found at the latest when a mark has run out."""

    def parts() -> Parts:
        account = calm.parts().accounts["home"]
        book: object = Unversioned(account.contacts)
        return calm.parts()._replace(accounts={"home": account._replace(contacts=book)})  # type: ignore[arg-type]  # has what Contacts has

    run_pass(parts())
    calm.contact("Bo Tan", BO, address="bo@tan.example")
    assert not watch.decides(parts())
    calm.clock.moment += LONGEST
    assert watch.decides(parts())


def test_time_alone_is_noticed(tmp_path: Path) -> None:
    """Passes every five minutes of two days, settled or not, each do what a decision then comes to."""
    desk = Desk(tmp_path, "2026-11-16 08:00")
    desk.contact("Ann Byrne", ANN, address="ann@byrne.example")
    desk.missed("Ann Byrne", ANN, "2026-11-12 15:10")
    desk.voicemail("Bo Tan", BO, "2026-11-16 07:10", said="Please call me today after 3 pm.")
    desk.missed("Cy Dunn", CY, "2026-11-16 07:30")
    desk.busy("2026-11-16 15:30", 60)
    desk.busy("2026-11-17 09:00", 30)
    desk.sync()
    decisions.attempt(desk.ledger, desk.id("Cy Dunn"), AttemptResult.NO_ANSWER, desk.moment("2026-11-17 10:00"), None)
    while desk.clock.moment < desk.moment("2026-11-18 08:00"):
        rehearsed = run_pass(desk.parts(Ledger(desk.ledger.database.copy_in_memory(), desk.clock.now)), dry_run=True)
        assert [one.subject for one in run_pass(desk.parts()).done] == [one.subject for one in rehearsed.done]
        desk.clock.moment += 5 * MINUTE


def test_the_mark_ends_before_the_hour_where_a_time_comes(calm: Desk) -> None:
    """A mark holds for an hour, or until just before something begins or ends."""
    found = mark(calm)
    assert found is not None
    assert found.until == calm.moment("2026-11-16 08:50").astimezone(UTC)  # working hours begin at 9
    assert found.since == calm.moment("2026-11-16 08:00").astimezone(UTC)


def test_a_calendar_that_goes_is_noticed_on_an_empty_agenda(desk: Desk, watch: Watch) -> None:
    """Without a calendar in the settings nobody gets a hold, though the agenda is as empty as before."""
    desk.missed("Ann Byrne", ANN, "2026-11-13 15:10")
    desk.sync()
    desk.sync()
    assert not watch.decides(desk.parts())
    assert watch.decides(desk.parts()._replace(calendar=None))


def test_an_account_of_another_name_is_another_account(calm: Desk, watch: Watch) -> None:
    """Drafts go to the account of the caller's mails, so its name counts, even if no mail is read."""
    account = calm.parts().accounts["home"]
    run_pass(calm.parts()._replace(accounts={"office": account}), read_mail=False)
    assert watch.decisions == 1


def test_an_address_book_that_goes_is_noticed(calm: Desk, watch: Watch) -> None:
    """None at all is something else than one that cannot tell."""
    account = calm.parts().accounts["home"]
    book: object = Unversioned(account.contacts)
    accounts = {"home": account._replace(contacts=book)}  # type: ignore[arg-type]  # has what Contacts has
    assert watch.decides(calm.parts()._replace(accounts=accounts))
    assert not watch.decides(calm.parts()._replace(accounts=accounts))
    assert watch.decides(calm.parts()._replace(accounts={"home": account._replace(contacts=None)}))


def test_what_failed_is_tried_again(calm: Desk) -> None:
    """A label that could not be shown changes nothing in the ledger, and is shown by the next pass all the same."""
    heard.set_label(calm.ledger, first_message(calm).id, Label.DONE)
    assert calm.refused("mailbox.set_state").failed
    assert [type(one) for one in run_pass(calm.parts()).done] == [SetLabel]


def test_an_hour_is_an_hour_when_the_clocks_change(calm: Desk) -> None:
    """In the night in which the clocks go back a mark holds for an hour, not for two."""
    calm.at("2026-11-22 12:00")
    calm.sync()
    calm.at("2027-11-07 01:20")
    for name in ("Ann Byrne", "Bo Tan"):
        decisions.close(calm.ledger, calm.id(name), Outcome.REACHED)
    for _ in range(3):
        calm.sync()
    found = mark(calm)
    assert found is not None
    assert found.until - found.since == LONGEST


def test_a_time_at_hand_leaves_the_ledger_alone(calm: Desk) -> None:
    """While a time is at hand each pass decides, and writes no mark that would be over at once."""
    calm.at("2026-11-16 08:55")
    before = calm.ledger.mark(MARK)
    assert calm.sync().nothing_to_do
    assert calm.ledger.mark(MARK) == before


@pytest.mark.parametrize(("now", "until"), [("15:20", "15:50"), ("12:20", "12:50"), ("10:20", "11:20")])
def test_a_slot_or_a_meeting_to_come_ends_the_mark(desk: Desk, now: str, until: str) -> None:
    """With nobody to call, too, a mark ends before the slot at 16:00 or the meeting at 13:00 begins."""
    desk.busy("2026-11-16 13:00", 30)
    desk.at(f"2026-11-16 {now}")
    desk.sync()
    assert desk.sync().nothing_to_do
    found = mark(desk)
    assert found is not None
    assert found.until == desk.moment(f"2026-11-16 {until}").astimezone(UTC)


def test_a_call_without_room_is_decided_on_each_time(desk: Desk, watch: Watch) -> None:
    """While a call has no room every pass looks for some."""
    desk.busy("2026-11-16 00:00", 10 * 24 * 60)
    desk.missed("Ann Byrne", ANN, "2026-11-13 15:10")
    desk.sync()
    assert desk.sync().alerts == []
    assert desk.callback("Ann Byrne").no_hold
    assert watch.decides(desk.parts())
    assert watch.decides(desk.parts())

"""The contract of the Calendar port: our events."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from assistant.errors import AlreadyExistsError, CursorExpiredError, NotFoundError, TransientError, WrongETagError
from assistant.model.calendar import EventRef, EventStatus
from assistant.model.mailbox import Cursor, ETag, Ref
from tests.contract.harness import MONDAY, ZONE, Lossy, event, instants

if TYPE_CHECKING:
    from assistant.model.calendar import Event, StoredEvent
    from tests.contract.harness import Harness

HOSTILE = (
    "Call Ann\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nUID:evil",
    "BEGIN:VEVENT",
    'semi;colon, comma "quote" back\\slash \\n \\, ^n',
    "emoji ☎️👩‍👩‍👧 Ünïcode 再见",
    "bidi \u202e drawkcab \u2066x\u2069",
    "nul\x00bell\x07del\x7fnel\x85end",
    "line\u2028paragraph\u2029end",
    "x" * 5000,
    " =?utf-8?q?x?= : ; = ",
)


def stored(harness: Harness, uid: str = "cb1.0") -> StoredEvent:
    """Return an event that must exist."""
    found = harness.calendar.find(uid)
    assert found is not None
    return found


def same(left: Event, right: Event) -> bool:
    """Tell whether two events agree in every field, times compared as instants."""
    times = instants((left.start, left.end)) == instants((right.start, right.end))
    return times and left == msgspec.structs.replace(right, start=left.start, end=left.end)


def test_an_event_can_be_read_back(harness: Harness) -> None:
    """Every field that was put is got and found, by a new connection too."""
    wanted = event(
        description="+49 30 901820\ntel:+4930901820\n\nwaiting since Friday",
        location="+49 30 901820",
        opaque=True,
        status=EventStatus.TENTATIVE,
        private=True,
        categories=("Callbacks", "Promised, at ten"),
        reminders=(timedelta(0), timedelta(minutes=5)),
    )
    ref = harness.calendar.put(wanted)
    found = harness.calendar.get(ref.ref)
    assert found.ref == ref
    assert same(found.event, wanted)
    assert harness.calendar.find("cb1.0") == found


@pytest.mark.parametrize(
    "change",
    [
        {"opaque": False},
        {"opaque": True},
        {"private": False},
        {"status": EventStatus.CONFIRMED},
        {"categories": ()},
        {"reminders": ()},
        {"description": ""},
        {"location": ""},
        {"zone": "UTC"},
        {"zone": "Australia/Lord_Howe"},
    ],
)
def test_each_field_is_kept(harness: Harness, change: dict[str, Any]) -> None:
    """Either value of a field comes back as it was put."""
    wanted = event(**({"description": "text", "location": "place"} | change))
    harness.calendar.put(wanted)
    assert same(stored(harness).event, wanted)


@pytest.mark.parametrize("text", HOSTILE)
def test_text_stays_text(harness: Harness, text: str) -> None:
    """Hostile text makes no second event and no other property, and put again it is the same event."""
    wanted = event(summary=text, description=text, location=text, categories=(text,), reminders=(timedelta(minutes=5),))
    ref = harness.calendar.put(wanted)
    assert harness.calendar.put(wanted) == ref
    found = stored(harness).event
    assert (found.uid, found.key) == ("cb1.0", "cb1")
    assert harness.calendar.find("evil") is None
    assert len(harness.calendar.changes(None).changed) == 1
    for value in (found.summary, found.description):
        assert not {"\x00", "\r", "\x07", "\x7f", "\x85"} & set(value)
    visible = [each for each in text if each.isalnum()]
    assert [each for each in found.summary if each.isalnum()] == visible
    assert [each for each in found.description if each.isalnum()] == visible


def test_bidi_and_emoji_are_kept(harness: Harness) -> None:
    """Letters of any script and signs composed of several code points come back unchanged."""
    title = "emoji ☎️👩‍👩‍👧 \u202eabc\u202c 再见"
    harness.calendar.put(event(summary=title))
    assert stored(harness).event.summary == title


def test_line_breaks_of_a_description_are_kept(harness: Harness) -> None:
    """A description keeps its lines, whatever ended them; a title is one line."""
    harness.calendar.put(event(summary="Call\r\nAnn", description="one\r\ntwo\rthree\n\nfive"))
    found = stored(harness).event
    assert found.summary == "Call Ann"
    assert found.description == "one\ntwo\nthree\n\nfive"


def test_putting_twice_is_one_event(harness: Harness) -> None:
    """The same event put again, also after a lost answer, is the same one in the same version."""
    with pytest.raises(TransientError):
        Lossy(harness.calendar).put(event())
    first = harness.calendar.put(event())
    assert harness.calendar.put(event()) == first
    assert [one.ref for one in harness.calendar.changes(None).changed] == [first.ref]


def test_the_same_instants_are_the_same_fields(harness: Harness) -> None:
    """A start given in another zone's clock is no other start."""
    first = harness.calendar.put(event())
    utc = event(start=MONDAY.replace(hour=10).astimezone(UTC))
    assert harness.calendar.put(utc) == first


def test_a_uid_has_one_event(harness: Harness) -> None:
    """Creating other fields under a uid that exists raises AlreadyExistsError and changes nothing."""
    harness.calendar.put(event())
    with pytest.raises(AlreadyExistsError):
        harness.calendar.put(event(summary="Call Bob"))
    assert stored(harness).event.summary == "Call Ann Byrne"


def test_uids_are_told_apart(harness: Harness) -> None:
    """Generations and uids that begin alike are events of their own."""
    refs = {harness.calendar.put(event(uid)).ref for uid in ("cb1.0", "cb1.1", "cb1.10", "slot-2026-03-23.0")}
    assert len(refs) == 4
    assert harness.calendar.find("cb1") is None
    assert stored(harness, "cb1.1").event.uid == "cb1.1"


@pytest.mark.parametrize("uid", ["a/../../b.0", "Ä ö.0", ".hidden.0", "x" * 300 + ".0", "a:b|c*.0"])
def test_any_uid_will_do(harness: Harness, uid: str) -> None:
    """A uid that is no file name and no URL is kept all the same."""
    ref = harness.calendar.put(event(uid))
    assert harness.calendar.get(ref.ref).event.uid == uid
    assert stored(harness, uid).ref == ref
    assert harness.calendar.changes(None).changed == (ref,)


def test_replacing_changes_the_version(harness: Harness) -> None:
    """A replaced event has the new fields, the same place and another etag, also within one second."""
    ref = harness.calendar.put(event())
    etags = {ref.etag}
    for title in ("Call Bob", "Call Eve", "Call Ann"):
        ref = harness.calendar.put(event(summary=title), ref)
        etags.add(ref.etag)
        assert stored(harness).event.summary == title
    assert len(etags) == 4
    assert len(harness.calendar.changes(None).changed) == 1


def test_replacing_moves_in_time(harness: Harness) -> None:
    """A replaced event is at its new time on the agenda, and nowhere else."""
    ref = harness.calendar.put(event())
    later = MONDAY.replace(hour=15)
    harness.calendar.put(event(start=later), ref)
    found = harness.calendar.agenda(MONDAY, MONDAY + timedelta(days=1))
    assert instants(tuple(entry.start for entry in found)) == instants((later,))


def test_replacing_again_after_a_lost_answer(harness: Harness) -> None:
    """A replacement whose answer was lost can be repeated with the old version."""
    ref = harness.calendar.put(event())
    with pytest.raises(TransientError):
        Lossy(harness.calendar).put(event(summary="Call Bob"), ref)
    again = harness.calendar.put(event(summary="Call Bob"), ref)
    assert stored(harness).ref == again


def test_an_event_changed_meanwhile_is_not_replaced(harness: Harness) -> None:
    """When the user moved the event after it was read, replacing raises WrongETagError and the user's time stays."""
    ref = harness.calendar.put(event())
    moved = MONDAY.replace(hour=14, minute=30)
    harness.user_moves_event(ref.ref, moved)
    with pytest.raises(WrongETagError):
        harness.calendar.put(event(summary="Call Bob"), ref)
    found = stored(harness)
    assert instants((found.event.start, found.event.end)) == instants((moved, moved + timedelta(minutes=10)))
    assert found.ref.etag != ref.etag


def test_a_gone_event_is_not_replaced(harness: Harness) -> None:
    """When the user deleted the event, replacing raises NotFoundError and makes no new one."""
    ref = harness.calendar.put(event())
    harness.user_deletes_event(ref.ref)
    with pytest.raises(NotFoundError):
        harness.calendar.put(event(summary="Call Bob"), ref)
    assert harness.calendar.find("cb1.0") is None


def test_a_deleted_uid_needs_a_new_generation_or_is_free(harness: Harness) -> None:
    """A deleted event's uid either raises AlreadyExistsError or makes the event anew; the next generation works."""
    ref = harness.calendar.put(event())
    harness.user_deletes_event(ref.ref)
    try:
        made = harness.calendar.put(event())
    except AlreadyExistsError:
        made = harness.calendar.put(event("cb1.1"))
    assert harness.calendar.get(made.ref).event.key == "cb1"


def test_edits_of_the_user_are_read(harness: Harness) -> None:
    """A title that the user changed is read back, with the key still on it."""
    ref = harness.calendar.put(event())
    harness.user_renames_event(ref.ref, "✓ Call Ann Byrne")
    found = harness.calendar.get(ref.ref)
    assert (found.event.summary, found.event.key) == ("✓ Call Ann Byrne", "cb1")


def test_a_gone_event_is_not_found(harness: Harness) -> None:
    """An event that the user deleted raises NotFoundError when read, and is None when looked up."""
    ref = harness.calendar.put(event())
    harness.user_deletes_event(ref.ref)
    with pytest.raises(NotFoundError):
        harness.calendar.get(ref.ref)
    assert harness.calendar.find("cb1.0") is None


def test_a_cancelled_event_is_gone(harness: Harness) -> None:
    """An event marked as cancelled is not read, not found, not busy, and its uid is taken."""
    ref = harness.calendar.put(event(opaque=True))
    harness.user_cancels_event(ref.ref)
    with pytest.raises(NotFoundError):
        harness.calendar.get(ref.ref)
    assert harness.calendar.find("cb1.0") is None
    assert list(harness.calendar.agenda(MONDAY, MONDAY + timedelta(days=1))) == []
    with pytest.raises(AlreadyExistsError):
        harness.calendar.put(event(opaque=True))


@pytest.mark.parametrize("text", ["", "x", "../x.ics", "/etc/passwd", "cb1.0.ics\0", "x" * 400])
def test_a_foreign_ref_is_no_event(harness: Harness, text: str) -> None:
    """A ref that never was one raises NotFoundError, and deleting it is success."""
    kept = harness.calendar.put(event())
    with pytest.raises(NotFoundError):
        harness.calendar.get(Ref(text))
    harness.calendar.delete(EventRef(ref=Ref(text), etag=ETag("x")))
    assert stored(harness).ref == kept


def test_deleting_twice_is_once(harness: Harness) -> None:
    """Deleting an event that is gone, also after a lost answer, is success; others stay."""
    keep = harness.calendar.put(event("cb2.0"))
    ref = harness.calendar.put(event())
    with pytest.raises(TransientError):
        Lossy(harness.calendar).delete(ref)
    harness.calendar.delete(ref)
    assert harness.calendar.changes(None).changed == (keep,)


def test_deleting_takes_the_version_into_account(harness: Harness) -> None:
    """Deleting an event that the user changed raises WrongETagError and deletes nothing."""
    ref = harness.calendar.put(event())
    harness.user_renames_event(ref.ref, "Call Ann, she is back")
    with pytest.raises(WrongETagError):
        harness.calendar.delete(ref)
    assert stored(harness).event.summary == "Call Ann, she is back"


def test_changes_follow_the_user(harness: Harness) -> None:
    """New, edited and deleted events are each reported once, with the cursor of the last look."""
    one, two = harness.calendar.put(event()), harness.calendar.put(event("cb2.0"))
    first = harness.calendar.changes(None)
    assert set(first.changed) == {one, two}
    assert first.removed == ()
    assert harness.calendar.changes(first.cursor).changed == ()
    harness.user_renames_event(one.ref, "done")
    harness.user_deletes_event(two.ref)
    news = harness.calendar.changes(first.cursor)
    assert (news.changed, news.removed) == ((harness.calendar.get(one.ref).ref,), (two.ref,))
    last = harness.calendar.changes(news.cursor)
    assert (last.changed, last.removed) == ((), ())


def test_an_event_that_came_and_went_is_not_new(harness: Harness) -> None:
    """An event made and deleted between two looks is not among the changed."""
    first = harness.calendar.changes(None)
    ref = harness.calendar.put(event())
    harness.calendar.delete(ref)
    assert harness.calendar.changes(first.cursor).changed == ()


@pytest.mark.parametrize("cursor", ["", "garbage", "1.x.y", "memory:99999", "\0", "é"])
def test_a_cursor_that_is_none_is_refused(harness: Harness, cursor: str) -> None:
    """Text that was never a cursor raises CursorExpiredError."""
    with pytest.raises(CursorExpiredError):
        harness.calendar.changes(Cursor(cursor))


def test_an_expired_cursor_is_refused_and_none_still_works(harness: Harness) -> None:
    """When the history is gone CursorExpiredError says so, and reading from the beginning finds everything."""
    harness.calendar.put(event())
    old = harness.calendar.changes(None).cursor
    harness.expire_cursors()
    with pytest.raises(CursorExpiredError):
        harness.calendar.changes(old)
    assert len(harness.calendar.changes(None).changed) == 1


def test_a_missing_calendar_is_no_decision(harness: Harness) -> None:
    """When the calendar itself is missing every look raises NotFoundError; nothing is reported as removed."""
    harness.calendar.put(event())
    first = harness.calendar.changes(None)
    harness.calendar_goes_missing()
    for cursor in (first.cursor, None):
        with pytest.raises(NotFoundError):
            harness.calendar.changes(cursor)
    with pytest.raises(NotFoundError):
        harness.calendar.agenda(MONDAY, MONDAY + timedelta(days=1))
    with pytest.raises(NotFoundError):
        harness.calendar.put(event("cb2.0"))


@pytest.mark.parametrize(
    ("start", "zone"),
    [
        (datetime(2026, 3, 29, 0, 55, tzinfo=UTC), "Europe/Berlin"),
        (datetime(2026, 3, 29, 1, 0, tzinfo=UTC), "Europe/Berlin"),
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), "Europe/Berlin"),
        (datetime(2026, 10, 25, 1, 30, tzinfo=UTC), "Europe/Berlin"),
        (datetime(2026, 10, 25, 0, 55, tzinfo=UTC), "Europe/Berlin"),
        (datetime(2026, 4, 4, 15, 15, tzinfo=UTC), "Australia/Lord_Howe"),
        (datetime(2026, 3, 28, 22, 0, tzinfo=UTC), "Asia/Gaza"),
    ],
)
def test_a_night_with_a_clock_change(harness: Harness, start: datetime, zone: str) -> None:
    """An event around a clock change keeps its instants, its length and its zone; put again it is the same."""
    wanted = event(start=start.astimezone(ZoneInfo(zone)), zone=zone)
    wanted = msgspec.structs.replace(wanted, end=(start + timedelta(minutes=10)).astimezone(ZoneInfo(zone)))
    ref = harness.calendar.put(wanted)
    found = stored(harness).event
    assert instants((found.start, found.end)) == instants((start, start + timedelta(minutes=10)))
    assert found.zone == zone
    assert harness.calendar.put(wanted) == ref
    entry = harness.calendar.agenda(start - timedelta(hours=1), start + timedelta(hours=2))[0]
    assert instants((entry.start, entry.end)) == instants((start, start + timedelta(minutes=10)))


def test_the_zone_of_the_account_is_a_zone(harness: Harness) -> None:
    """The account's own zone is an IANA zone, or None where it has none."""
    zone = harness.calendar.zone()
    assert zone is None or ZoneInfo(zone.key) == zone


def test_our_events_have_their_key_on_the_agenda(harness: Harness) -> None:
    """Slots and holds are on the agenda with key, title and free/busy type as put."""
    slot = event("slot-2026-03-23.0", MONDAY.replace(hour=16), opaque=True, summary="Call back")
    harness.calendar.put(slot)
    harness.calendar.put(event("cb1.0", MONDAY.replace(hour=16)))
    harness.calendar.put(event("cb2.0", MONDAY.replace(hour=18), opaque=True, status=EventStatus.TENTATIVE))
    found = harness.calendar.agenda(MONDAY, MONDAY + timedelta(days=1))
    shown = {(entry.key, entry.fbtype.value, entry.title) for entry in found}
    assert shown == {
        ("slot-2026-03-23", "BUSY", "Call back"),
        ("cb1", "FREE", "Call Ann Byrne"),
        ("cb2", "BUSY-TENTATIVE", "Call Ann Byrne"),
    }
    assert {entry.start.astimezone(ZONE).date() for entry in found} == {MONDAY.date()}

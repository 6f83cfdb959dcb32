"""What is written: only differences, never over the user's own edits, and nothing that vanished."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from assistant import reconcile
from assistant.model.calendar import EventRef, EventStatus
from assistant.model.call import Kind, Trust
from assistant.model.callback import Callback, DraftState, DraftStatus, Gone, Placed, Promise, Slot, Status
from assistant.model.heard import Disposition, Message
from assistant.model.journal import Attempted, AttemptResult, MessageId, Outcome, Purpose, Source, Subject
from assistant.model.mailbox import DraftRef, ETag, Label, Ref
from assistant.model.operation import DeleteDraft, DeleteEvent, PutDraft, PutEvent, SetLabel
from assistant.reconcile import Style, Wanted

NOW = datetime(2026, 11, 16, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
ONE = Subject("1")
STYLE = Style(tag="abcd", zone="America/New_York")
WANTED = Wanted(start=NOW + HOUR, end=NOW + 2 * HOUR, summary="Call Ann", why="today", description="tel")


def digest(text: str) -> str:
    return f"<{text}>"


def put(known: Placed | None, wanted: Wanted = WANTED, generation: int = 0) -> PutEvent | None:
    return reconcile.put_event(ONE, known, generation, wanted, STYLE, digest)


def made(known: Placed | None, wanted: Wanted = WANTED, generation: int = 0) -> PutEvent:
    operation = put(known, wanted, generation)
    assert operation is not None
    return operation


def placed(operation: PutEvent) -> Placed:
    """Return what the ledger knows once an operation was carried out."""
    event = operation.event
    return Placed(
        uid=event.uid,
        generation=operation.generation,
        ref=EventRef(ref=Ref("e"), etag=ETag("1")),
        start=event.start,
        end=event.end,
        title=digest(event.summary),
        body=digest(reconcile.body_of(event)),
        done=operation.done,
    )


HOLD = placed(made(None))


# --- events


def test_a_new_event() -> None:
    """A first event has the key of its subject, the next generation and the style of all."""
    operation = made(None, generation=4)
    event = operation.event
    assert (event.key, event.uid, operation.generation) == ("ringback-abcd-1", "ringback-abcd-1.5", 5)
    assert (event.summary, event.description, event.zone, event.private) == (
        "Call Ann",
        "tel",
        "America/New_York",
        True,
    )
    assert event.categories == ("Callbacks",)
    assert (operation.subject, operation.why) == (ONE, "today")
    assert (operation.previous, operation.moved_from) == (None, None)


def test_what_the_digest_covers_is_the_same_in_every_version() -> None:
    """The text behind a stored digest never changes its form, else an update would write every event anew."""
    event = made(None, replace(WANTED, location="tel:+12125550141", reminders=(HOUR / 4, HOUR / 12))).event
    assert reconcile.body_of(event) == "tel\ntel:+12125550141\nFalse CONFIRMED True 900 300"


def test_what_stands_is_not_written_again() -> None:
    """An event that is what is wanted already is left alone."""
    assert put(HOLD) is None
    assert put(replace(HOLD, start=HOLD.start.astimezone(), pinned=True)) is None


@pytest.mark.parametrize(
    "wanted",
    [
        replace(WANTED, start=NOW + HOUR + HOUR / 2),
        replace(WANTED, end=NOW + 3 * HOUR),
        replace(WANTED, summary="Call Ann Byrne"),
        replace(WANTED, description="tel, twice"),
        replace(WANTED, location="+1 212"),
        replace(WANTED, opaque=True),
        replace(WANTED, status=EventStatus.TENTATIVE),
        replace(WANTED, reminders=(HOUR / 12,)),
        replace(WANTED, done=True),
    ],
)
def test_each_difference_is_written_over_the_known_version(wanted: Wanted) -> None:
    """Any field that differs is written, as a replacement of the version that is known."""
    operation = made(HOLD, wanted, generation=7)
    assert (operation.previous, operation.event.uid, operation.generation) == (HOLD.ref, HOLD.uid, 1)
    assert operation.moved_from == (None if wanted.start == HOLD.start else HOLD.start)
    assert put(placed(operation), wanted) is None


def test_a_new_style_is_a_difference() -> None:
    """Events are written again when the user makes the calendar public."""
    assert reconcile.put_event(ONE, HOLD, 1, WANTED, replace(STYLE, private=False), digest) is not None


def test_a_title_of_the_users_stays() -> None:
    """An edited title is no difference and is not written over, also when the event becomes evidence."""
    edited = replace(HOLD, edited=True, title=digest("Ring Ann about the boat"))
    assert put(edited) is None
    moved = made(edited, replace(WANTED, start=NOW + HOUR + HOUR / 2))
    assert (moved.event.summary, moved.moved_from) == ("", HOLD.start)
    assert made(edited, replace(WANTED, summary="✓ Call Ann", done=True)).event.summary == ""


def test_evidence_of_a_call_that_is_owed_again_is_unticked() -> None:
    """A ticked event becomes a hold again in the same event."""
    done = placed(made(HOLD, replace(WANTED, summary="✓ Call Ann", done=True)))
    operation = made(done)
    assert (operation.done, operation.event.summary, operation.event.uid) == (False, "Call Ann", HOLD.uid)


@pytest.mark.parametrize("gone", Gone)
def test_what_vanished_is_never_written_again(gone: Gone) -> None:
    """An event that left the calendar is neither recreated nor deleted, whoever removed it."""
    vanished = replace(HOLD, gone=gone)
    assert put(vanished) is None
    assert put(vanished, replace(WANTED, summary="other")) is None
    assert reconcile.delete_event(ONE, vanished, "closed") is None


def test_deleting() -> None:
    """Only an event of ours that nobody touched and that is no evidence is removed, in the version that is known."""
    assert reconcile.delete_event(ONE, HOLD, "closed") == DeleteEvent(
        subject=ONE, why="closed", uid=HOLD.uid, ref=HOLD.ref
    )
    for known in (None, replace(HOLD, edited=True), replace(HOLD, done=True)):
        assert reconcile.delete_event(ONE, known, "closed") is None


def closed(outcome: Outcome | None, start: datetime = NOW + HOUR) -> Callback:
    hold = replace(HOLD, start=start)
    return Callback(id=ONE, opened_at=NOW, status=Status.CLOSED, outcome=outcome, hold=hold)


@pytest.mark.parametrize("outcome", Outcome)
def test_evidence(outcome: Outcome) -> None:
    """A hold stays as evidence of a call that was made, or when its time has come; else it goes."""
    made_call = outcome in {Outcome.REACHED, Outcome.UPDATE_GIVEN, Outcome.DECLINED}
    assert reconcile.keeps_evidence(closed(outcome), NOW) == made_call
    assert reconcile.keeps_evidence(closed(outcome, NOW), NOW)


@pytest.mark.parametrize(
    "callback",
    [
        replace(closed(Outcome.REACHED, NOW), withdrawn=True),
        replace(closed(None, NOW), merged_into=Subject("2")),
        replace(closed(Outcome.REACHED), hold=None),
        replace(closed(Outcome.REACHED), hold=replace(HOLD, gone=Gone.BY_USER)),
    ],
)
def test_no_evidence(callback: Callback) -> None:
    """What was taken back, merged away or vanished is evidence of nothing."""
    assert not reconcile.keeps_evidence(callback, NOW)


@pytest.mark.parametrize(
    ("hold", "closed_by", "settled"),
    [
        (None, Source.COMMAND, True),
        (replace(HOLD, gone=Gone.BY_USER), Source.COMMAND, True),
        (replace(HOLD, done=True), Source.COMMAND, True),
        (replace(HOLD, edited=True), Source.CALENDAR, True),
        (replace(HOLD, edited=True), Source.COMMAND, False),
        (HOLD, Source.CALENDAR, False),
    ],
)
def test_a_closed_callback_is_settled_once_its_hold_is_ticked_or_gone(
    hold: Placed | None,
    closed_by: Source,
    settled: bool,  # noqa: FBT001  a parameter of the test
) -> None:
    """Whose tick it is does not matter; a callback that is not closed is never settled."""
    callback = replace(closed(Outcome.REACHED), hold=hold, closed_by=closed_by)
    assert reconcile.is_settled(callback) == settled
    assert not reconcile.is_settled(replace(callback, status=Status.OPEN))


def test_stale_slots() -> None:
    """Slots still to come that the plan no longer has are removed; begun, moved, edited and vanished ones stay."""
    ahead = replace(HOLD, uid="s.1")

    def slot(number: int, event: Placed | None) -> Slot:
        return Slot(id=Subject(f"slot-2026-11-{number}"), event=event)

    slots = [
        slot(10, replace(ahead, start=NOW)),
        slot(11, replace(ahead, pinned=True)),
        slot(12, replace(ahead, edited=True)),
        slot(13, replace(ahead, gone=Gone.BY_USER)),
        slot(14, None),
        slot(15, ahead),
        slot(16, ahead),
    ]
    found = reconcile.stale_slots(slots, {slots[5].id}, NOW)
    assert found == [DeleteEvent(subject=slots[6].id, why="the day has no slot any more", uid="s.1", ref=HOLD.ref)]


# --- drafts

KNOWN = DraftState(
    purpose=Purpose.WILL_CALL_AT,
    key="old-key",
    ref=DraftRef(ref=Ref("d"), etag=ETag("1")),
    digest="x",
    message_id="<a@b.example>",
    account="work",
    written_at=NOW,
    named_time=NOW + HOUR,
)
DRAFT = PutDraft(
    subject=ONE,
    why="x",
    purpose=Purpose.WILL_CALL_AT,
    key="new-key",
    account="home",
    raw=b"hello",
    digest="y",
    message_id="<a@b.example>",
    to="ann@byrne.example",
    text="hello",
    named_time=NOW + HOUR,
)


def with_draft(status: DraftStatus, status_of_callback: Status = Status.OPEN) -> Callback:
    return Callback(id=ONE, opened_at=NOW, status=status_of_callback, drafts=(replace(KNOWN, status=status),))


def test_a_first_draft_and_one_that_we_removed_are_written() -> None:
    """A draft is new where none was written or ours was removed because it no longer held true."""
    assert reconcile.put_draft(Callback(id=ONE, opened_at=NOW), DRAFT) == DRAFT
    assert reconcile.put_draft(with_draft(DraftStatus.REMOVED), DRAFT) == DRAFT
    assert reconcile.put_draft(with_draft(DraftStatus.STANDING), replace(DRAFT, purpose=Purpose.APOLOGY)) is not None


@pytest.mark.parametrize("status", DraftStatus)
@pytest.mark.parametrize("hours", [1, 2])
def test_a_draft_is_due_when_it_would_be_written(status: DraftStatus, hours: int) -> None:
    """Whether a draft is due can be told before its words are made."""
    wanted = replace(DRAFT, named_time=NOW + hours * HOUR)
    callback = with_draft(status)
    due = reconcile.is_draft_due(callback, wanted.purpose, wanted.named_time)
    assert due == (reconcile.put_draft(callback, wanted) is not None)


def test_a_standing_draft_is_replaced_when_its_time_changes() -> None:
    """A draft is updated in place, in its account and under its key, when it names another time, and else left."""
    assert reconcile.put_draft(with_draft(DraftStatus.STANDING), DRAFT) is None
    later = replace(DRAFT, named_time=NOW + 2 * HOUR)
    operation = reconcile.put_draft(with_draft(DraftStatus.STANDING), later)
    assert operation == replace(later, key="old-key", account="work", previous=KNOWN.ref)


@pytest.mark.parametrize("status", [DraftStatus.EDITED, DraftStatus.MISSING, DraftStatus.DROPPED, DraftStatus.SENT])
def test_a_draft_of_the_users_is_not_written(status: DraftStatus) -> None:
    """What the user edited, is looking for, dropped or sent is not written again, whatever time it names."""
    assert reconcile.put_draft(with_draft(status), replace(DRAFT, named_time=NOW + 2 * HOUR)) is None


@pytest.mark.parametrize("status", DraftStatus)
def test_stale_drafts(status: DraftStatus) -> None:
    """Only an untouched draft that is no longer wanted is removed, with the reason."""
    callback = with_draft(status)
    assert reconcile.stale_drafts(callback, {DRAFT.purpose}) == []
    for one, why in (
        (callback, "it no longer holds true"),
        (with_draft(status, Status.CLOSED), "the call is settled"),
    ):
        found = reconcile.stale_drafts(one, {Purpose.APOLOGY})
        assert found == (
            [DeleteDraft(subject=ONE, why=why, purpose=KNOWN.purpose, key="old-key", account="work", ref=KNOWN.ref)]
            if status == DraftStatus.STANDING
            else []
        )


# --- labels


def tried(result: AttemptResult) -> Callback:
    attempt = Attempted(at=NOW, result=result, next_at=NOW + HOUR)
    return Callback(id=ONE, opened_at=NOW, status=Status.WAITING, until=NOW + HOUR, attempts=(attempt,))


@pytest.mark.parametrize(
    ("callback", "label"),
    [
        (Callback(id=ONE, opened_at=NOW), Label.TO_CALL),
        (Callback(id=ONE, opened_at=NOW, status=Status.WAITING, until=NOW + HOUR), Label.TO_CALL),
        (tried(AttemptResult.LEFT_MESSAGE), Label.LEFT_MESSAGE),
        (tried(AttemptResult.LEFT_VOICEMAIL), Label.LEFT_MESSAGE),
        (tried(AttemptResult.NO_ANSWER), Label.TO_CALL),
        (tried(AttemptResult.BUSY), Label.TO_CALL),
        (replace(tried(AttemptResult.LEFT_MESSAGE), status=Status.OPEN, until=None), Label.TO_CALL),
        (
            replace(tried(AttemptResult.LEFT_MESSAGE), promises=(Promise(at=NOW, source=Source.SENT),)),
            Label.PROMISED,
        ),
        (closed(Outcome.SPAM), Label.DONE),
        (replace(closed(Outcome.REACHED), promises=(Promise(at=NOW, source=Source.SENT),)), Label.DONE),
    ],
)
def test_the_label_of_a_callback(callback: Callback, label: Label) -> None:
    """A callback shows one label: what was left, promised or done, and else that a call is owed."""
    assert reconcile.label_of(callback, NOW) == label


def test_a_wait_that_is_over_is_a_call_to_make() -> None:
    """At the very time that was agreed upon, the mail shows that a call is owed, no longer that a message was left."""
    assert reconcile.label_of(tried(AttemptResult.LEFT_MESSAGE), NOW + HOUR) == Label.TO_CALL


MESSAGE = Message(
    id=MessageId("m"),
    mailbox="home",
    ref=Ref("r"),
    received_at=NOW,
    thread=None,
    disposition=Disposition.CALL,
    kind=Kind.MISSED_CALL,
    trust=Trust.PLAIN,
    vendor=None,
    reason="",
)


def test_set_label() -> None:
    """A label is set where another or none is shown, and never on a message that is gone."""
    operation = reconcile.set_label(MESSAGE, ONE, Label.DONE, "closed")
    assert operation == SetLabel(
        subject=ONE, why="closed", message=MESSAGE.id, mailbox="home", ref=MESSAGE.ref, label=Label.DONE
    )
    assert reconcile.set_label(replace(MESSAGE, label=Label.DONE), ONE, Label.DONE, "x") is None
    assert reconcile.set_label(replace(MESSAGE, label=Label.DONE), ONE, None, "x") is not None
    assert reconcile.set_label(replace(MESSAGE, gone=True), ONE, Label.DONE, "x") is None


@pytest.mark.parametrize(
    ("disposition", "trust", "label"),
    [
        (Disposition.BIN, Trust.SUSPECT, Label.CHECK_SENDER),
        (Disposition.BIN, Trust.PLAIN, Label.CHECK),
        (Disposition.BIN, Trust.VERIFIED, Label.CHECK),
        (Disposition.DISMISSED, Trust.SUSPECT, None),
        (Disposition.NO_CALL, Trust.PLAIN, None),
    ],
)
def test_the_label_of_the_review_bin(disposition: Disposition, trust: Trust, label: Label | None) -> None:
    """Mail in the bin asks to be checked, a suspect one for its sender."""
    assert reconcile.bin_label(replace(MESSAGE, disposition=disposition, trust=trust)) == label

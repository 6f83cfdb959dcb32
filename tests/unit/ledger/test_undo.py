"""Undo takes a command back as a whole or refuses with a reason; facts of the world stay."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from assistant.errors import UsageError
from assistant.ledger import check, decisions, heard
from assistant.ledger.undo import undo
from assistant.model.callback import Status
from assistant.model.journal import (
    AttemptResult,
    CallId,
    Closed,
    EventGone,
    EventWritten,
    Outcome,
    Promised,
    PromiseSettled,
    Purpose,
    Ranked,
    SlotLost,
    Snoozed,
    Source,
    Subject,
    Told,
    Verdict,
)
from assistant.model.planning import Bucket
from tests.unit.ledger.book import HOUR, MONDAY, draft_written, event_written

if TYPE_CHECKING:
    from collections.abc import Callable

    from assistant.ledger.journal import Ledger
    from tests.unit.ledger.book import Book

TOMORROW = MONDAY + 24 * HOUR
COMMANDS: dict[str, Callable[[Ledger], object]] = {
    "done": lambda ledger: decisions.close(ledger, Subject("1"), Outcome.REACHED, "nice talk"),
    "tried": lambda ledger: decisions.attempt(ledger, Subject("1"), AttemptResult.BUSY, TOMORROW),
    "snooze": lambda ledger: decisions.snooze(ledger, Subject("1"), TOMORROW),
    "bucket": lambda ledger: decisions.set_bucket(ledger, Subject("1"), Bucket.NOW),
    "merge": lambda ledger: decisions.merge(ledger, Subject("1"), [Subject("2"), Subject("3")]),
    "split": lambda ledger: decisions.split(ledger, Subject("1"), [CallId("call-m1")]),
    "restore": decisions.restore,
    "acknowledge": decisions.acknowledge,
}


def _life(book: Book) -> None:
    """Three callers, the first with two calls and the third with a vanished hold, and a lost slot."""
    book.calls()
    book.calls(into=Subject("1"))
    book.calls("Bo Tan", "+12125550142")
    book.calls("Cy Dunn", "+12125550143")
    book.passes("3", event_written(), EventGone())
    book.passes("slot-2026-11-16", SlotLost(why="full"))


def _states(ledger: Ledger) -> list[object]:
    return [*ledger.callbacks(), *ledger.slots(), ledger.calendar_state()]


def _owners(ledger: Ledger) -> list[tuple[str, str]]:
    return [(row["id"], row["subject"]) for row in ledger.rows("call_content_ids")]


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("reopened", [False, True])
def test_undo_of_the_newest_command(book: Book, command: str, reopened: bool) -> None:  # noqa: FBT001  a parameter of the test
    """Each command can be taken back at once and by a later process, with all it did to states and content."""
    _life(book)
    before, owners = _states(book.ledger), _owners(book.ledger)
    COMMANDS[command](book.ledger)
    assert _states(book.ledger) != before
    ledger = book.reopen() if reopened else book.ledger
    change, subjects = undo(ledger)
    assert change.command.split()[0] == command
    assert subjects
    assert [one for one in _states(ledger) if not getattr(one, "withdrawn", False)] == before
    assert _owners(ledger) == owners
    assert check.faults(ledger) == []
    after = _states(ledger)
    assert _states(book.reopen()) == after


def test_undo_again_takes_back_the_command_before(book: Book) -> None:
    """Undoing twice takes back the two newest commands, and then there is none."""
    _life(book)
    before = _states(book.ledger)
    COMMANDS["bucket"](book.ledger)
    book.passes("1", Ranked(bucket=Bucket.NOW, due=MONDAY, minutes=10))
    book.passes("2", Ranked(bucket=Bucket.NOW, due=MONDAY, minutes=10))
    COMMANDS["snooze"](book.ledger)
    assert [undo(book.ledger)[0].command for _ in range(2)] == ["snooze 1", "bucket 1 now"]
    assert _states(book.ledger)[2:] == before[2:]
    with pytest.raises(UsageError, match=r"There is no command to undo\. `ringback log`"):
        undo(book.ledger)


def test_undo_by_number(book: Book) -> None:
    """A change is undone by its number where no later command builds on it, and only once."""
    _life(book)
    COMMANDS["bucket"](book.ledger)
    number = book.ledger.changes(1)[0].id
    decisions.close(book.ledger, Subject("2"), Outcome.REACHED)
    change, subjects = undo(book.ledger, number)
    assert (change.id, subjects) == (number, ["1"])
    assert book.callback("1").bucket_set is None
    assert book.callback("2").status == Status.CLOSED
    with pytest.raises(UsageError, match=rf"Change {number} \(bucket 1 now\) is undone already"):
        undo(book.ledger, number)
    with pytest.raises(UsageError, match="There is no change 999"):
        undo(book.ledger, 999)


def test_undo_of_an_undo_is_refused(book: Book) -> None:
    """An undo is not taken back; the command can be given again."""
    _life(book)
    COMMANDS["done"](book.ledger)
    undo(book.ledger)
    with pytest.raises(UsageError, match="is a fact and cannot be taken back"):
        undo(book.ledger, book.ledger.changes(1)[0].id)


def test_a_later_command_on_the_same_callback_is_undone_first(book: Book) -> None:
    """A command that another builds on is refused with that one's number; in the right order both can go."""
    _life(book)
    before = _states(book.ledger)
    decisions.merge(book.ledger, Subject("1"), [Subject("2")])
    merged = book.ledger.changes(1)[0].id
    decisions.close(book.ledger, Subject("1"), Outcome.REACHED)
    closed = book.ledger.changes(1)[0].id
    with pytest.raises(
        UsageError, match=rf"Change {closed} came later and builds on {merged} .*ringback undo {closed}"
    ):
        undo(book.ledger, merged)
    undo(book.ledger, closed)
    undo(book.ledger, merged)
    assert _states(book.ledger) == before


def test_passes_in_between_do_not_matter_however_many(book: Book) -> None:
    """A command is undone although more than a thousand passes noted something about the callback since."""
    _life(book)
    COMMANDS["snooze"](book.ledger)
    number = book.ledger.changes(1)[0].id
    with book.ledger.transaction():
        for minutes in range(5, 5 * 1010, 5):
            book.passes("1", Ranked(bucket=Bucket.NOW, due=MONDAY, minutes=minutes))
    assert undo(book.ledger)[0].id == number


# --- what is refused


def test_a_pass_is_refused(book: Book) -> None:
    """A pass is not undone, and the refusal says what to do instead."""
    book.calls()
    with pytest.raises(UsageError, match=r"Change 1 is a pass: .*owed\. Close, snooze or move the callbacks instead"):
        undo(book.ledger, 1)


def test_a_pass_in_which_a_caller_was_told_a_time_says_so(book: Book) -> None:
    """The refusal names the callers, the times they were told and how to name another."""
    book.calls()
    book.passes("1", draft_written(), Told(purpose=Purpose.WILL_CALL_AT, named_time=MONDAY + HOUR))
    with pytest.raises(UsageError) as refused:
        undo(book.ledger, 2)
    assert "the caller of 1 was told Monday 16 November 14:00 UTC; that stays so" in str(refused.value)
    assert "ringback promise ID WHEN" in str(refused.value)
    book.passes("1", draft_written(), Told(purpose=Purpose.APOLOGY))
    with pytest.raises(UsageError, match="is a pass") as silent:
        undo(book.ledger, 3)
    assert "told" not in str(silent.value)


def test_a_promise_is_refused(book: Book) -> None:
    """What the caller was told cannot be taken back; another time can be named."""
    book.calls()
    decisions.promise(book.ledger, Subject("1"), TOMORROW)
    with pytest.raises(UsageError, match=r"was told: Tuesday 17 November 13:00 UTC\. .*ringback promise ID WHEN"):
        undo(book.ledger)
    assert book.callback("1").promise is not None


# --- what depends on the undone


def test_undo_of_add(book: Book) -> None:
    """An added call that is taken back is owed by nobody and no longer found, so that no mail can join it."""
    subject = book.adds()
    undo(book.ledger)
    callback = book.callback(subject)
    assert (callback.withdrawn, callback.status, callback.calls) == (True, Status.CLOSED, ())
    assert heard.calls_by_name(book.ledger, "Cy Dunn") == []
    assert check.faults(book.ledger) == []
    book.passes(subject, Snoozed(until=TOMORROW, source=Source.CALENDAR))
    assert book.callback(subject).status == Status.CLOSED
    assert check.faults(book.ledger) == []


@pytest.mark.parametrize("report", ["a new call", "a report of the known call"])
def test_an_opening_stays_once_mail_told_of_the_caller(book: Book, report: str) -> None:
    """A callback that a command opened is not taken back when a mail told of a call in it since: that is owed."""
    added = book.adds()
    if report == "a new call":
        book.calls("Cy Dunn", into=added)
    else:
        book.again(added)
    with pytest.raises(UsageError, match=rf"Callback {added}, opened by .*ringback done {added}.*ringback merge ID"):
        undo(book.ledger)
    assert book.callback(added).status == Status.OPEN


def test_undo_of_a_merge_takes_later_reports_along(book: Book) -> None:
    """A second mail about a merged call goes back with the call, so that the call is in one callback."""
    first, second = book.calls(), book.calls("Bo Tan", "+12125550142")
    decisions.merge(book.ledger, first, [second])
    late = book.again(first, 1)
    undo(book.ledger)
    assert [link.messages for link in book.callback(first).calls] == [("m1",)]
    assert [link.messages for link in book.callback(second).calls] == [("m2", late)]
    assert check.faults(book.ledger) == []
    assert check.faults(book.reopen()) == []


def test_undo_of_a_merge_leaves_later_calls_where_they_are(book: Book) -> None:
    """A new call that the merged callback took stays with it."""
    first, second = book.calls(), book.calls("Bo Tan", "+12125550142")
    decisions.merge(book.ledger, first, [second])
    book.calls(into=first)
    undo(book.ledger)
    assert [link.call for link in book.callback(first).calls] == ["call-m1", "call-m3"]
    assert check.faults(book.ledger) == []


def test_undo_of_a_merge_gives_the_promise_back(book: Book) -> None:
    """A promise that came along with a merge stands again where it was made."""
    first, second = book.calls(), book.calls("Bo Tan", "+12125550142")
    decisions.promise(book.ledger, second, TOMORROW)
    decisions.merge(book.ledger, first, [second])
    assert book.callback(first).promise is not None
    undo(book.ledger)
    assert book.callback(first).promise is None
    promise = book.callback(second).promise
    assert promise is not None
    assert promise.at == TOMORROW


def test_undo_of_a_closing_takes_the_verdict_of_its_call_back(book: Book) -> None:
    """A promise that was kept by a closing that never was is open again."""
    subject = book.calls()
    decisions.promise(book.ledger, subject, MONDAY + HOUR)
    book.now = MONDAY + HOUR
    decisions.close(book.ledger, subject, Outcome.REACHED)
    book.passes(subject, PromiseSettled(at=MONDAY + HOUR, verdict=Verdict.KEPT))
    assert book.callback(subject).promise is None
    undo(book.ledger)
    promise = book.callback(subject).promise
    assert promise is not None
    assert promise.verdict is None
    assert check.faults(book.ledger) == []


def test_what_passes_wrote_stays(book: Book) -> None:
    """The hold that a pass ticked or moved is known where it stands, so that the next pass can put it right."""
    subject = book.calls()
    book.passes(subject, event_written())
    decisions.close(book.ledger, subject, Outcome.REACHED)
    book.passes(subject, event_written(done=True))
    undo(book.ledger)
    callback = book.callback(subject)
    assert callback.hold is not None
    assert (callback.status, callback.hold.done) == (Status.OPEN, True)
    assert isinstance(book.ledger.entries(subject)[-2].fact, EventWritten)


def test_facts_of_a_pass_stay_beside_an_undone_command(book: Book) -> None:
    """A tick on the calendar after a snooze keeps the callback closed when the snooze is undone."""
    subject = book.calls()
    decisions.snooze(book.ledger, subject, TOMORROW)
    book.passes(subject, Closed(outcome=Outcome.REACHED, at=MONDAY, source=Source.CALENDAR), Promised(at=TOMORROW))
    undo(book.ledger)
    assert book.callback(subject).status == Status.CLOSED

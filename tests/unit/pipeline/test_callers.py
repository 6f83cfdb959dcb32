"""Who is one caller, and which calls become one callback."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assistant.ledger import decisions
from assistant.model.callback import Status
from assistant.model.journal import Outcome
from assistant.model.mailbox import Label
from tests.unit.pipeline.desk import ANN, BO, CY, Desk
from tests.world import World

if TYPE_CHECKING:
    from pathlib import Path

    from assistant.model.mailbox import Ref


def settled(desk: Desk) -> None:
    """Run a pass; the one after it must find nothing to do and nothing wrong."""
    desk.sync()
    assert desk.sync().nothing_to_do
    assert desk.faults() == []


def twins(desk: Desk) -> tuple[Ref, Ref]:
    """Let one call of Bo's make two mails."""
    return desk.missed("Bo Tan", BO, "2026-11-13 15:10"), desk.voicemail("Bo Tan", BO, "2026-11-13 15:11")


def test_two_mails_of_one_call_are_one_call(desk: Desk) -> None:
    """A missed-call mail and the voicemail mail of the same ring make one call with two messages."""
    refs = twins(desk)
    settled(desk)
    (call,) = desk.callback("Bo Tan").calls
    assert len(call.messages) == 2
    assert [desk.label_of(ref) for ref in refs] == [Label.TO_CALL, Label.TO_CALL]


def test_a_twin_of_a_settled_call_does_not_reopen_it(desk: Desk) -> None:
    """A second mail about a call that was returned already is only filed with it."""
    desk.missed("Bo Tan", BO, "2026-11-13 15:10")
    desk.sync()
    decisions.close(desk.ledger, desk.id("Bo Tan"), Outcome.REACHED)
    late = desk.voicemail("Bo Tan", BO, "2026-11-13 15:11")
    settled(desk)
    assert [one.status for one in desk.callbacks("Bo Tan")] == [Status.CLOSED]
    assert desk.label_of(late) == Label.DONE


def test_a_new_call_after_closure_opens_a_new_callback(desk: Desk) -> None:
    """Who rings again is owed again, and the new debt knows the old one."""
    desk.missed("Bo Tan", BO, "2026-11-13 15:10")
    desk.sync()
    decisions.close(desk.ledger, desk.id("Bo Tan"), Outcome.REACHED)
    desk.missed("Bo Tan", BO, "2026-11-16 07:10")
    settled(desk)
    old, new = desk.callbacks("Bo Tan")
    assert (old.status, new.status, new.previous) == (Status.CLOSED, Status.OPEN, old.id)


def test_a_waiting_caller_who_rings_wakes_the_callback(desk: Desk) -> None:
    """Who was put off and rings again is no longer put off."""
    desk.missed("Bo Tan", BO, "2026-11-13 15:10")
    desk.sync()
    decisions.snooze(desk.ledger, desk.id("Bo Tan"), desk.moment("2026-11-19 09:00"))
    settled(desk)
    assert desk.start("Bo Tan").startswith("Thu 19")
    desk.missed("Bo Tan", BO, "2026-11-16 07:50")
    settled(desk)
    assert desk.callback("Bo Tan").status == Status.OPEN
    assert desk.start("Bo Tan").startswith("Mon 16")


def test_a_caller_who_got_a_message_and_rings_back_comes_first(desk: Desk) -> None:
    """A message left, and the caller rings: the call is for today."""
    desk.missed("Bo Tan", BO, "2026-11-13 15:10")
    desk.sync()
    desk.retitle("Bo Tan", "left message {}")
    settled(desk)
    desk.at("2026-11-16 10:00")
    desk.missed("Bo Tan", BO, "2026-11-16 09:50")
    settled(desk)
    assert desk.start("Bo Tan").startswith("Mon 16")


def test_a_withheld_caller_is_listed_without_a_hold(desk: Desk) -> None:
    """Nobody can be called without number and name; each such call is on the list with that reason."""
    for hour in ("14", "15"):
        desk.missed("Anonymous", "", f"2026-11-13 {hour}:10")
    settled(desk)
    callbacks = desk.ledger.callbacks(Status.OPEN)
    assert len(callbacks) == 2
    assert all(one.hold is None and (one.no_hold or "").startswith("no number") for one in callbacks)


def test_a_name_found_in_the_address_book_gets_the_number(desk: Desk) -> None:
    """A notice that names a contact and no number is called at the contact's number."""
    desk.contact("Cy Dunn", CY)
    desk.missed("Cy Dunn", "", "2026-11-13 15:10")
    settled(desk)
    assert desk.event("Cy Dunn").location == "+1 212-555-0143"


def test_a_name_only_call_joins_the_calls_of_that_contact(desk: Desk) -> None:
    """A contact is one caller, whether the notice wrote the number or only the name."""
    desk.missed("", ANN, "2026-11-13 15:10")
    desk.missed("Ann Byrne", "", "2026-11-14 15:10")
    settled(desk)
    assert len(desk.callback("Ann Byrne").calls) == 2


def test_a_switchboard_is_several_callers(desk: Desk) -> None:
    """Two names on one number are two callbacks, each with a hold of its own."""
    desk.missed("Bo Tan", "2125550199", "2026-11-13 15:10")
    desk.missed("Cy Dunn", "2125550199", "2026-11-13 16:10")
    settled(desk)
    assert len(desk.callback("Bo Tan").calls) == len(desk.callback("Cy Dunn").calls) == 1


def test_one_contact_with_two_numbers_in_two_mailboxes_is_one_caller(tmp_path: Path) -> None:
    """Calls merge by a contact with several numbers, across accounts."""
    desk = Desk(tmp_path, "2026-11-16 08:00", accounts=("home", "office"))
    desk.contact("Ann Byrne", ANN, "2125550199")
    desk.missed("A. Byrne", ANN, "2026-11-13 15:10")
    desk.missed("Ann", "2125550199", "2026-11-14 15:10", account="office")
    settled(desk)
    assert len(desk.callback("Ann Byrne").calls) == 2
    assert {mail.label for state in desk.states.values() for mail in state.mails.values()} == {Label.TO_CALL}


def test_a_contact_in_two_address_books_is_one_person(tmp_path: Path) -> None:
    """The same person in the books of two accounts is confirmed, not a switchboard."""
    desk = Desk(tmp_path, "2026-11-16 08:00", accounts=("home", "office"))
    desk.contact("Ann Byrne", ANN, address="ann@byrne.example")
    desk.states["office"].contacts += desk.state.contacts
    desk.missed("", ANN, "2026-11-13 15:10")
    settled(desk)
    assert desk.title("Ann Byrne") == "Call Ann Byrne"


def test_two_account_tables_are_two_mailboxes(tmp_path: Path) -> None:
    """Two [[account]] tables of the config are read in one pass, and a contact merges across them."""
    world = World(tmp_path, "2026-11-16 08:00")
    world.second_account("office")
    world.contact("Ann Byrne", "+1 212 555 0141", "ann@byrne.example", "+1 212 555 0199")
    world.missed_call("Ann Byrne", "2125550141", "2026-11-13 15:10")
    world.missed_call("Ann", "2125550199", "2026-11-14 15:10", account="office")
    world.sync()
    assert len(world.callback("Ann Byrne").calls) == 2
    assert world.sync().nothing_to_do


def test_every_mail_is_accounted_for(desk: Desk) -> None:
    """Mails that are no calls are in the ledger too, with a reason."""
    desk.deliver("Lunch on Friday?", "Shall we have lunch?\n", "2026-11-13 12:00")
    desk.missed("Bo Tan", BO, "2026-11-13 15:10")
    desk.missed("Ann Byrne", ANN, "2026-09-01 15:10")
    report = desk.sync()
    assert (report.considered, report.new_calls) == (3, 1)
    rows = desk.ledger.rows("messages_with_disposition", disposition="no_call")
    assert sorted(row["reason"] for row in rows) == ["it is no call (none)", "older than the look-back"]

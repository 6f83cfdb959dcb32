"""Labels that the user puts on mails, and the review bin."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from assistant.errors import TransientError
from assistant.ledger import decisions, heard
from assistant.model.callback import Status
from assistant.model.heard import Disposition
from assistant.model.journal import Outcome
from assistant.model.mailbox import Folder, Label
from assistant.pipeline import Report, binning
from tests.unit.pipeline.desk import ANN, BO

if TYPE_CHECKING:
    from assistant.model.heard import Message
    from assistant.model.mailbox import Ref
    from tests.unit.pipeline.desk import Desk


@pytest.fixture
def mail(desk: Desk) -> Ref:
    """Bo's missed call, which shows that he is to be called."""
    ref = desk.missed("Bo Tan", BO, "2026-11-13 15:10")
    desk.sync()
    assert desk.label_of(ref) == Label.TO_CALL
    return ref


def settled(desk: Desk) -> None:
    """Run a pass; the one after it must find nothing to do and nothing wrong."""
    desk.sync()
    assert desk.sync().nothing_to_do
    assert desk.faults() == []


def test_done_closes(desk: Desk, mail: Ref) -> None:
    """A mail moved to Done means that the caller was reached."""
    desk.label(mail, Label.DONE)
    settled(desk)
    assert desk.callback("Bo Tan").outcome == Outcome.REACHED


def test_to_call_reopens(desk: Desk, mail: Ref) -> None:
    """A mail moved back to To call is owed again."""
    desk.label(mail, Label.DONE)
    settled(desk)
    desk.label(mail, Label.TO_CALL)
    settled(desk)
    assert desk.callback("Bo Tan").status == Status.OPEN


def test_left_message_is_an_attempt(desk: Desk, mail: Ref) -> None:
    """A mail moved to Left message counts one attempt and waits for the next working day."""
    desk.label(mail, Label.LEFT_MESSAGE)
    settled(desk)
    assert len(desk.callback("Bo Tan").attempts) == 1
    assert desk.callback("Bo Tan").status == Status.WAITING
    assert desk.label_of(mail) == Label.LEFT_MESSAGE


def test_promised_promises_the_time_of_the_hold(desk: Desk, mail: Ref) -> None:
    """A mail moved to Promised makes a promise of the time that the hold has."""
    desk.label(mail, Label.PROMISED)
    settled(desk)
    assert [one.at for one in desk.callback("Bo Tan").promises] == [desk.moment("2026-11-16 16:00")]


def test_all_mails_of_a_caller_get_the_state(desk: Desk, mail: Ref) -> None:
    """A label on one mail of a callback goes to all of them."""
    other = desk.missed("Bo Tan", BO, "2026-11-14 15:10")
    desk.sync()
    desk.label(other, Label.DONE)
    settled(desk)
    assert desk.label_of(mail) == Label.DONE


def test_a_label_taken_off_stays_off(desk: Desk, mail: Ref) -> None:
    """A mail whose label the user took off is not labelled again with the same state."""
    desk.state.set_label(mail, None)
    settled(desk)
    assert desk.label_of(mail) is None


def test_other_changes_of_a_mail_say_nothing(desk: Desk, mail: Ref) -> None:
    """A mail that was only moved to the archive changes nothing."""
    desk.state.move(mail, Folder.ARCHIVE)
    settled(desk)
    assert desk.callback("Bo Tan").status == Status.OPEN


def test_a_deleted_mail_closes_nothing(desk: Desk, mail: Ref) -> None:
    """A caller whose mail was deleted is still owed a call."""
    desk.state.delete_mail(mail)
    settled(desk)
    assert desk.callback("Bo Tan").status == Status.OPEN


def test_a_mail_back_from_the_trash_shows_the_state(desk: Desk, mail: Ref) -> None:
    """A mail that was in the trash for a while is labelled again when it is back."""
    desk.state.move(mail, Folder.TRASH)
    settled(desk)
    decisions.close(desk.ledger, desk.id("Bo Tan"), Outcome.REACHED)
    settled(desk)
    desk.state.move(mail, Folder.INBOX)
    settled(desk)
    assert desk.label_of(mail) == Label.DONE


def test_read_state_and_folder_are_left_alone(desk: Desk, mail: Ref) -> None:
    """A pass changes the label of a mail and nothing else."""
    assert desk.state.mails[mail].unread
    assert desk.state.mails[mail].folder == Folder.INBOX


@pytest.fixture
def suspect(desk: Desk) -> Ref:
    """A missed-call notice whose sender has the name of a phone system and the address of a stranger."""
    desk.contact("Eve", "2125550166", address="eve@callers.example")
    body = "You missed a call.\n\nFrom: Eve <2125550166>\nDate: Friday, November 13, 2026 at 03:10:00 PM\n"
    sender = {"From": "Google Voice <voice@elsewhere.example>"}
    ref = desk.deliver("Missed call from Eve <2125550166>", body, "2026-11-13 15:10", sender)
    desk.sync()
    return ref


def binned(desk: Desk) -> Message:
    """Return the one mail of the bin."""
    (message,) = heard.messages(desk.ledger, Disposition.BIN)
    return message


def test_a_suspect_mail_gets_no_hold_and_no_draft(desk: Desk, suspect: Ref) -> None:
    """A suspect mail lies in the review bin, labelled, and nothing else comes of it."""
    assert desk.label_of(suspect) == Label.CHECK_SENDER
    assert desk.ledger.callbacks() == []
    assert desk.state.drafts == {}
    assert all("Eve" not in event.summary for event in desk.state.events.values())


def test_a_binned_mail_labelled_to_call_is_accepted(desk: Desk, suspect: Ref) -> None:
    """To call on a mail of the bin makes a callback of it."""
    desk.label(suspect, Label.TO_CALL)
    settled(desk)
    assert len(desk.events("Eve")) == 1
    assert desk.label_of(suspect) == Label.TO_CALL


def test_a_binned_mail_labelled_done_is_dismissed(desk: Desk, suspect: Ref) -> None:
    """Done on a mail of the bin says that it is nothing."""
    desk.label(suspect, Label.DONE)
    settled(desk)
    assert heard.messages(desk.ledger, Disposition.BIN) == []
    assert [one.ref for one in heard.messages(desk.ledger, Disposition.DISMISSED)] == [suspect]


def test_accept_by_command(desk: Desk, suspect: Ref) -> None:
    """A mail accepted by command is in a callback with the next pass, and its label follows."""
    with desk.ledger.change("bin accept"):
        binning.accept(desk.parts(), binned(desk), Report())
    settled(desk)
    assert len(desk.events("Eve")) == 1
    assert desk.label_of(suspect) == Label.TO_CALL


def test_dismiss_by_command(desk: Desk, suspect: Ref) -> None:
    """A mail dismissed by command loses its label and stays accounted for."""
    with desk.ledger.change("bin dismiss"):
        binning.dismiss(desk.ledger, binned(desk))
    settled(desk)
    assert desk.label_of(suspect) is None


def test_a_label_on_a_mail_that_is_gone_stops_no_pass(desk: Desk, suspect: Ref) -> None:
    """A mail that vanishes while its label is obeyed stays in the bin, and the pass goes on and tells of it."""
    desk.label(suspect, Label.TO_CALL)
    desk.missed("Ann Byrne", ANN, "2026-11-16 07:10")

    def hook(name: str, when: str) -> None:
        if (name, when) == ("calendar.changes", "before"):
            del desk.state.mails[suspect]

    report = desk.faulty(hook)
    assert "no longer in its mailbox" in report.problems[0]
    assert len(desk.events("Ann Byrne")) == 1


def test_a_label_is_not_forgotten_by_a_pass_that_fails_while_obeying(desk: Desk, suspect: Ref) -> None:
    """A label whose mail cannot be fetched now is obeyed when it can."""
    desk.label(suspect, Label.TO_CALL)
    with pytest.raises(TransientError):
        desk.refused("mailbox.fetch")
    settled(desk)
    assert len(desk.events("Eve")) == 1

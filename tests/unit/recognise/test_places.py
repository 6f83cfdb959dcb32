"""Where callers, numbers, times and lengths stand, in shapes that no format describes."""

from __future__ import annotations

from datetime import datetime, timedelta

from assistant import recognise
from assistant.model.call import Call, Kind, Reader
from tests.unit.recognise.samples import BERLIN, LONDON, NEW_YORK, mail


def _one(raw: bytes, reader: Reader = NEW_YORK) -> Call:
    found = recognise.recognise(raw, reader)
    assert len(found.calls) == 1, found
    return found.calls[0]


def test_a_number_below_the_callers_paragraph_is_the_firms() -> None:
    """The labelled telephone number of the firm that sends is not the caller's."""
    body = "Anrufer: 030 23125 417\nDatum: 10.11.2026 um 15:47 Uhr\n\nIhr Team\nTelefon: 0221 4710 190\n"
    assert _one(mail("Neue Sprachnachricht", body), BERLIN).calling_number == "+493023125417"


def test_a_caller_in_the_senders_name() -> None:
    """Where a system puts the caller into its own name, the mailbox in the subject is none."""
    body = "You have a new message in your mailbox. It was received on 11/10 at 10:15 AM and is 18 seconds long.\n"
    sender = '"QUIST FERNANDA 2125550157" <inmail@office.example>'
    call = _one(mail("New message in mailbox 203", body, sender=sender, attachment="VM203.wav"))
    assert (call.calling_number, call.caller_name, call.extension) == ("+12125550157", "QUIST FERNANDA", None)


def test_an_answered_call_is_none_to_return() -> None:
    """A summary whose status says that somebody took the call reports nothing."""
    body = "Call summary\n\nContact: (212) 555-0134\nDirection: incoming\nStatus: answered by Ann\n11/10/2026 10:04\n"
    assert recognise.recognise(mail("Call ended: (212) 555-0134", body), NEW_YORK).kind is Kind.NONE


def test_an_extension_and_a_name_parted_by_a_slash() -> None:
    """A caller inside the house is written "27/Stores"."""
    call = _one(mail("Voicemail: 27/Stores", "from: 27/Stores\nDuration: 0:12\n"))
    assert (call.extension, call.caller_name) == ("27", "Stores")


def test_a_length_between_separators() -> None:
    """Beside a date with a time, the other figures of a voicemail's line are its length."""
    call = _one(mail("Voicemail from (212) 555-0134", "Voicemail - 0:28 - Tue, Nov 10 at 10:04 AM EST\n"))
    assert call.duration == timedelta(seconds=28)
    assert call.start_time == datetime.fromisoformat("2026-11-10T10:04:00-05:00")


def test_a_label_that_is_called_out_of_order_is_not_dialled() -> None:
    """Who asks for the cell because the office line is down is rung on the cell."""
    asked = "Could you ring me tomorrow? Cell please, the office line is down."
    signed = "--\noffice 020 7946 0101\ncell 07700 900112\n"
    call = _one(mail("Plans", f"{asked}\n\nAnn\n{signed}", sender="Ann Byrne <ann@byrne.example>"), LONDON)
    assert call.calling_number == "+447700900112"


def test_a_number_spelt_out_goes_before_the_signatures() -> None:
    """A person who writes a number in words wants to be rung there."""
    body = "Please call me: oh double seven double oh, nine hundred, four one two.\n\nAnn\n--\n020 7946 0101\n"
    call = _one(mail("Plans", body, sender="Ann Byrne <ann@byrne.example>"), LONDON)
    assert call.calling_number == "+447700900412"


def test_the_time_of_the_call_is_no_time_to_call() -> None:
    """A note that says when somebody rang asks for nothing at that time."""
    body = "Ms Beatrix Halloran phoned from the lab, at 1:55. She needs you to call her: 020 7946 0182.\n"
    call = _one(mail("Message", body, sender="Lorna Pike <lorna@byrne.example>"), LONDON)
    assert call.requested is None
    assert call.start_time == datetime.fromisoformat("2026-11-10T13:55:00+00:00")


def test_a_table_in_a_letter_lists_calls() -> None:
    """Each row of a table of callers is a call, with what that caller said."""
    body = (
        "We took these calls today:\n\nTime   Caller      Number          Message           Next step\n"
        "09:12  Mr Alder    0117 496 0233   Wants two treads  Please ring back\n"
        "11:47  Deepa Nair  07700 900615    Does not fit      URGENT\n"
    )
    raw = mail("Your calls today", body, sender="Penny <penny@pocket.example>")
    found = recognise.recognise(raw, LONDON).calls
    assert [(call.caller_name, call.urgency) for call in found] == [("Mr Alder", "normal"), ("Deepa Nair", "urgent")]


def test_a_parcels_number_is_no_callers() -> None:
    """The number of a delivery is not one that somebody called from."""
    body = "Our courier tried to contact you by phone at 15:31. Parcel 7712009 will come tomorrow.\n"
    assert recognise.recognise(mail("Parcel 7712009: we tried to call you", body), LONDON).kind is Kind.NONE

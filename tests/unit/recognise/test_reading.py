"""Mails outside the corpus: shapes, languages, times, wishes."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from assistant import recognise
from assistant.errors import RecognitionError
from assistant.model.call import E164, Call, Kind, Reader, Urgency
from assistant.recognise import calls, when, window, wishes
from assistant.recognise.formats import load
from tests.unit.recognise.samples import BERLIN, LONDON, MADRID, NEW_YORK, PARIS, mail

WORDS = load()
SENT = datetime.fromisoformat("2026-11-10T15:20:30+00:00")  # a Tuesday
SYDNEY = ("AU", "Australia/Sydney")


def _one(raw: bytes, reader: Reader = NEW_YORK) -> Call:
    found = recognise.recognise(raw, reader)
    assert len(found.calls) == 1, found
    return found.calls[0]


def test_labelled_lines_of_an_unknown_system() -> None:
    """A system nobody described is read by its labels."""
    body = (
        "From: WIRELESS CALLER\nNumber: (212) 555-0134\nDate: 11/10/2026 10:15 AM EST\nDuration: 1:23\n\nTranscript:\n"
        "Hi, this is Carla Mendez with Acme. Please call me back at 646-555-0188 before 4 today. Thanks.\n"
    )
    call = _one(mail("New voicemail from (212) 555-0134 on 11/10/2026 10:15 AM", body))
    assert (call.calling_number, call.callback_number) == ("+12125550134", "+16465550188")
    assert (call.caller_name, call.duration) == ("Carla Mendez", timedelta(seconds=83))
    assert call.start_time == datetime.fromisoformat("2026-11-10T10:15:00-05:00")
    assert call.zone_assumed is None
    assert call.requested is not None
    assert call.requested.not_before is None
    assert call.requested.not_after == datetime.fromisoformat("2026-11-10T16:00:00-05:00")


def test_a_german_notice() -> None:
    """A German voicemail with labels, a quoted transcript, a wish and another number."""
    body = (
        "Sie haben eine neue Voicemail.\n\nVon: +49 171 3920012\nEmpfangen: Dienstag, 10. November 2026 um 16:15\n"
        "Länge: 1 Min. 12 Sek.\nTranskription:\n„Hallo, hier ist Petra Klein. Rufen Sie mich bitte am Donnerstag "
        "zwischen 9 und 11 Uhr unter 0171 3920099 zurück.“\n"
    )
    call = _one(mail("Neue Voicemail von +49 171 3920012", body), BERLIN)
    assert (call.caller_name, call.callback_number) == ("Petra Klein", "+491713920099")
    assert call.duration == timedelta(seconds=72)
    assert call.requested is not None
    assert call.requested.not_after == datetime.fromisoformat("2026-11-12T11:00:00+01:00")


def test_a_french_notice() -> None:
    """A French voicemail; "demain après-midi" is tomorrow from noon to six."""
    body = (
        "Appelant : M. Durand 01 99 00 12 34\nDate : 10/11/2026 à 16h15\nDurée : 0:45\n"
        "Transcription : Bonjour, pouvez-vous me rappeler demain après-midi ? Merci.\n"
    )
    call = _one(mail("Nouveau message vocal de M. Durand (01 99 00 12 34)", body), PARIS)
    assert (call.calling_number, call.caller_name) == ("+33199001234", "M. Durand")
    assert call.start_time == datetime.fromisoformat("2026-11-10T16:15:00+01:00")
    assert call.requested is not None
    assert call.requested.not_before == datetime.fromisoformat("2026-11-11T12:00:00+01:00")


def test_a_spanish_notice() -> None:
    """A Spanish missed call."""
    call = _one(mail("Llamada perdida de 910 000 012", "Fecha: 10/11/2026 16:10"), MADRID)
    assert (call.kind, call.calling_number) == (Kind.MISSED_CALL, "+34910000012")
    assert call.start_time == datetime.fromisoformat("2026-11-10T16:10:00+01:00")


def test_an_html_table_alone() -> None:
    """The caller stands only in a table row; the number called is not the caller's."""
    html = (
        "<table><tr><td>Caller ID</td><td>+1 212 555 0134</td></tr><tr><td>Called</td><td>+1 646 555 0199</td></tr>"
        "<tr><td>Time</td><td>2026-11-10 15:19:50 UTC</td></tr></table>"
    )
    call = _one(mail("Missed Call", html, html=True))
    assert call.calling_number == "+12125550134"
    assert call.start_time == datetime.fromisoformat("2026-11-10T15:19:50+00:00")


def test_own_numbers_are_nobodys_call() -> None:
    """A number of the reader's own is never taken for the caller's."""
    own = Reader(region="US", zone="America/New_York", own_numbers=(E164("+12125550100"),))
    raw = mail("Missed call", "You missed a call from 212-555-0100 (line) 646-555-0188")
    assert _one(raw, own).calling_number == "+16465550188"


@pytest.mark.parametrize(
    ("body", "sender", "reader", "kind", "name", "number"),
    [
        (
            "Mrs. Kowalski from Acme called while you were out. Call her at 212 555 0177.\n\nThanks\n212-555-0100",
            "Rob <rob@office.example>",
            NEW_YORK,
            Kind.PHONE_MESSAGE,
            "Mrs. Kowalski",
            "+12125550177",
        ),
        (
            "Can you ring me back tomorrow at 3? 07700 900123\n\nCheers\nBob\n020 7946 0000",
            "Bob Jones <bob@y.example>",
            LONDON,
            Kind.CALLBACK_REQUEST,
            "Bob Jones",
            "+447700900123",
        ),
        (
            "Hallo, Herr Meier hat angerufen, bitte um Rückruf unter 030 23125 411.\nGruß Anna\nTel. 030 23125 100",
            "Anna <anna@office.example>",
            BERLIN,
            Kind.PHONE_MESSAGE,
            "Herr Meier",
            "+493023125411",
        ),
        (
            "Bonjour, Mme Martin a appelé ce matin. Merci de la rappeler au 01 99 00 33 44.\nCordialement\nLuc",
            "Luc <luc@y.example>",
            PARIS,
            Kind.PHONE_MESSAGE,
            "Mme Martin",
            "+33199003344",
        ),
        (
            "¿Podría llamarme mañana? Mi número es 910 000 012.\nSaludos\nEva",
            "Eva <eva@y.example>",
            MADRID,
            Kind.CALLBACK_REQUEST,
            "Eva",
            "+34910000012",
        ),
    ],
)
def test_people_write(body: str, sender: str, reader: Reader, kind: Kind, name: str, number: str) -> None:
    """People note calls down and ask for calls, in every language we have words for."""
    call = _one(mail("call", body, sender=sender), reader)
    assert (call.kind, call.caller_name, call.calling_number) == (kind, name, number)


@pytest.mark.parametrize(
    "body",
    [
        "Thanks. Please call me if you have any questions. 212 555 0100",
        "Sorry I missed your call. I will call you tomorrow.",
        "No need to call me back, all done.",
        "Questions? Call us at 212-555-0100.",
        "> can you call me back?\n\nYes, done.",
    ],
)
def test_people_do_not_always_want_a_call(body: str) -> None:
    """Courtesies, promises and quoted words are no requests."""
    assert recognise.recognise(mail("hello", body, sender="Bob <b@y.example>"), NEW_YORK).kind is Kind.NONE


def test_what_the_reader_wrote_is_no_request() -> None:
    """A mail from the reader's own address asks the reader for nothing."""
    raw = mail("hello", "Could you call me back?", sender="Dana <dana@office.example>")
    assert recognise.recognise(raw, NEW_YORK).kind is Kind.NONE


def test_a_forwarded_notice_keeps_its_own_time() -> None:
    """The time of a forwarded notice is the inner one, as text or as an enclosed message."""
    inner = "You have a new voicemail from (212) 555-0134\n\nMonday, November 9 at 4:11 PM EST - 31s\n"
    head = "From: Dialpad <no-reply@dialpad.com>\nDate: Mon, Nov 9, 2026 at 4:12 PM\n"
    head += "Subject: New voicemail from (212) 555-0134\nTo: <o@x>\n\n\n"
    text = f"FYI\n\n---------- Forwarded message ---------\n{head}{inner}"
    call = _one(mail("Fwd: New voicemail from (212) 555-0134", text, sender="Ann <ann@office.example>"))
    assert call.start_time == datetime.fromisoformat("2026-11-09T16:11:00-05:00")
    assert call.duration == timedelta(seconds=31)


@pytest.mark.parametrize(
    ("text", "place", "instant", "assumed"),
    [
        ("11/10/2026 10:15 AM", ("US", "America/New_York"), "2026-11-10T15:15:00+00:00", "America/New_York"),
        ("10/11/2026 10:15", ("GB", "America/New_York"), "2026-11-10T15:15:00+00:00", "America/New_York"),
        ("11/10/2026 2:15 PM", ("GB", "Europe/London"), "2026-11-10T14:15:00+00:00", "Europe/London"),
        ("November 10, 2026 at 3:20:01 PM", ("US", "America/New_York"), "2026-11-10T15:20:01+00:00", None),
        ("10:12 AM", ("US", "America/New_York"), "2026-11-10T15:12:00+00:00", "America/New_York"),
        ("11:12 PM", ("US", "America/New_York"), "2026-11-10T04:12:00+00:00", "America/New_York"),
        ("Nov 10, 2026 9:15 AM CST", ("US", "America/New_York"), "2026-11-10T15:15:00+00:00", None),
        ("Nov 10, 2026 7:15 AM (Pacific)", ("US", "America/New_York"), "2026-11-10T15:15:00+00:00", None),
        ("2026-11-10 16:15:00 +01:00", ("US", "America/New_York"), "2026-11-10T15:15:00+00:00", None),
        ("11/11/2026 02:15:00", SYDNEY, "2026-11-10T15:15:00+00:00", "Australia/Sydney"),
        ("10.11.26 16:15", ("DE", "Europe/Berlin"), "2026-11-10T15:15:00+00:00", "Europe/Berlin"),
        (
            "Tuesday, November 10 2026, 10 15 AM",
            ("US", "America/New_York"),
            "2026-11-10T15:15:00+00:00",
            "America/New_York",
        ),
    ],
)
def test_times_are_placed(text: str, place: tuple[str, str], instant: str, assumed: str | None) -> None:
    """A time is read in the order and zone that let the call precede its mail, and closely if possible."""
    moment = when.read(text, SENT, place, WORDS)
    assert moment is not None
    assert (moment.at, moment.assumed) == (datetime.fromisoformat(instant), assumed)


@pytest.mark.parametrize(
    "text", ["", "2004", "November 10, 2026", "tomorrow", "31.12.9999 23:59", "99:99", "12 Dec 2026 10:00"]
)
def test_what_is_no_time_of_the_call(text: str) -> None:
    """A date alone, nonsense and a time after the mail are no time of the call."""
    assert when.read(text, SENT, ("US", "America/New_York"), WORDS) is None


def test_a_night_of_the_clock_change() -> None:
    """An hour that happens twice, or not at all, has an instant before its mail."""
    sent = datetime.fromisoformat("2026-11-01T07:10:00+00:00")
    moment = when.read("11/1/2026 1:30 AM", sent, ("US", "America/New_York"), WORDS)
    assert moment is not None
    assert moment.at <= sent


@pytest.mark.parametrize(
    ("words", "start", "end"),
    [
        ("call me tomorrow after 3", "2026-11-11T15:00:00", "2026-11-11T23:59:59"),
        ("please ring me back on Thursday before noon", "2026-11-12T00:00:00", "2026-11-12T12:00:00"),
        ("call me on Tuesday", "2026-11-17T00:00:00", "2026-11-17T23:59:59"),
        ("call me today before 5 pm", None, "2026-11-10T17:00:00"),
        ("call me tomorrow at 9:30", "2026-11-11T09:30:00", "2026-11-11T10:30:00"),
        ("call me between 11 and 1 tomorrow", "2026-11-11T11:00:00", "2026-11-11T13:00:00"),
        ("call me back this evening", "2026-11-10T18:00:00", "2026-11-10T23:59:59"),
        ("Rufen Sie mich morgen Vormittag zurück", "2026-11-11T00:00:00", "2026-11-11T12:00:00"),
        ("Bitte heute nach 14 Uhr zurückrufen", "2026-11-10T14:00:00", "2026-11-10T23:59:59"),
        ("rappelez-moi demain avant 11h", "2026-11-11T00:00:00", "2026-11-11T11:00:00"),
        ("llámeme mañana por la mañana", "2026-11-11T00:00:00", "2026-11-11T12:00:00"),
    ],
)
def test_windows(words: str, start: str | None, end: str) -> None:
    """A time near a wish to be called is a window in the mailbox's zone."""
    found = window.read(words, SENT, "America/New_York", WORDS)
    zone = ZoneInfo("America/New_York")
    assert found is not None
    assert found.not_before == (None if start is None else datetime.fromisoformat(start).replace(tzinfo=zone))
    assert found.not_after == datetime.fromisoformat(end).replace(tzinfo=zone)


@pytest.mark.parametrize(
    "words",
    [
        "",
        "call me when you can",
        "calling about Saturday, call me",
        "The closing is tomorrow at nine.",
        "I'm out until then",
    ],
)
def test_times_that_are_not_for_the_call(words: str) -> None:
    """A time that belongs to something else is no window."""
    assert window.read(words, SENT, "America/New_York", WORDS) is None


@pytest.mark.parametrize(
    ("words", "urgency", "wanted"),
    [
        ("It is urgent, call me", Urgency.URGENT, True),
        ("Not urgent at all", Urgency.NORMAL, True),
        ("No rush", Urgency.LOW, True),
        ("There is no need to call back", Urgency.LOW, False),
        ("Es ist dringend", Urgency.URGENT, True),
        ("Kein Rückruf nötig", Urgency.LOW, False),
        ("Inutile de me rappeler", Urgency.LOW, False),
        ("Press one to speak with a specialist, urgent", Urgency.LOW, False),
        ("", Urgency.NORMAL, True),
    ],
)
def test_hurry(words: str, urgency: Urgency, *, wanted: bool) -> None:
    """Hurry, its denial, and the wish not to be called are read in each language."""
    assert wishes.urgency(words, WORDS) is urgency
    assert wishes.wants_callback(words, WORDS) is wanted


def test_digits_spoken_as_words() -> None:
    """A number spelt out is a number when the caller asks to be called there."""
    words = "ring me on my mobile it's oh seven seven double oh nine hundred one four two thank you"
    assert wishes.other_number(words, None, LONDON, WORDS) == "+447700900142"
    german = "meine Nummer ist null eins sieben eins drei neun zwo null null eins zwei"
    assert wishes.other_number(german, None, BERLIN, WORDS) == "+491713920012"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0:38", 38),
        ("1:02:03", 3723),
        ("0:21 seconds", 21),
        ("41", 41),
        ("1 min 12 sec", 72),
        ("19s", 19),
        ("99:99:99", None),
    ],
)
def test_lengths(text: str, seconds: int | None) -> None:
    """Lengths are written in many ways; one of more than a day is none."""
    assert calls.length(text, WORDS) == (None if seconds is None else timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("head", "subject", "kind"),
    [
        ("Content-Class: voice-ca\n", "Voice Mail from 2125550134 (41 seconds)", Kind.VOICEMAIL),
        ("X-AttachmentOrder: x.mp3\n", "Voice Mail from 2125550134 (41 seconds)", Kind.VOICEMAIL),
        ("Content-Class: missedcall\n", "Appel manqué de Ann", Kind.MISSED_CALL),
        ("", "Missed call from Ann", Kind.MISSED_CALL),
        ("Content-Class: fax-ca\n", "Fax from 2125550134", Kind.NONE),
        ("Content-Class: fax-ca\n", "Missed call from Ann", Kind.NONE),
        ("", "Recall: Missed lunch", Kind.NONE),
    ],
)
def test_exchange_tells_calls_from_faxes_and_recalls(head: str, subject: str, kind: Kind) -> None:
    """The same headers stand on voicemail, missed calls, faxes and recalled mails; only the first two are calls."""
    raw = mail(subject, "", head=head + "X-CallingTelephoneNumber: 2125550134\n")
    assert recognise.recognise(raw, NEW_YORK).kind is kind


def test_a_recall_is_refused_whatever_its_subject() -> None:
    """The junk number of a recalled mail is no caller, even under a subject that speaks of a call."""
    raw = mail("Recall: Missed call from Ann", "", head="X-CallingTelephoneNumber: IPM.Note\n")
    assert recognise.recognise(raw, NEW_YORK).kind is Kind.NONE


@pytest.mark.parametrize("rule", ["\n", "\n---------------\n"])
def test_a_digest_has_a_call_for_each_record(rule: str) -> None:
    """Records with or without a rule between them are calls of their own, each with its own name, number and time."""
    records = ("Name: {}\nPhone: {}\nTime: 11/10/2026 {} AM\n".format(*row) for row in _ROWS)
    found = recognise.recognise(mail("Missed calls summary", rule.join(records)), NEW_YORK)
    assert [(call.caller_name, call.number_raw) for call in found.calls] == [row[:2] for row in _ROWS]
    assert [call.start_time.minute for call in found.calls] == [5, 9]


_ROWS = [("Ann", "(212) 555-0134", "10:05"), ("Bob", "(646) 555-0188", "10:09")]


def test_a_digest_without_end_is_an_error() -> None:
    """A mail that lists hundreds of calls is no digest."""
    with pytest.raises(RecognitionError, match="lists 300 calls"):
        recognise.recognise(mail("Missed calls summary", "-----\nPhone: (212) 555-0134\n" * 300), NEW_YORK)


def test_a_form_on_a_web_site_speaks_for_its_visitor() -> None:
    """A contact form names who wants the call; the sender is the site."""
    body = "Name: Ann Byrne\nPhone: 212 555 0134\nMessage: Please call me tomorrow between 10 and 12.\n"
    call = _one(mail("New message", body, sender="Website <web@site.example>"))
    assert (call.kind, call.caller_name, call.calling_number) == (Kind.CALLBACK_REQUEST, "Ann Byrne", "+12125550134")


def test_a_text_message_may_ask_for_a_call() -> None:
    """A text from any gateway that asks for a call is a request, another one is a text."""
    asking = mail("New text message from (212) 555-0134", "Please call me when you get out. Ann")
    assert _one(asking).kind is Kind.CALLBACK_REQUEST
    other = mail("New text message from (212) 555-0134", "Thursday works.")
    assert recognise.recognise(other, NEW_YORK).kind is Kind.SMS


def test_bulk_mail_needs_a_number() -> None:
    """Advertising dressed as a missed call names nobody's number; a provider's notice with list headers does."""
    head = "List-Unsubscribe: <https://bank.example/u>\n"
    advert = mail("Missed call from your account manager", "You missed a call from your account manager", head=head)
    assert recognise.recognise(advert, NEW_YORK).kind is Kind.NONE
    assert _one(mail("Missed call from (212) 555-0134", "", head=head)).calling_number == "+12125550134"


def test_json_has_the_fields_of_the_labels() -> None:
    """A call's JSON has the corpus's field names; a request made without a call has no time of one."""
    raw = mail("hello", "Could you call me back on 212 555 0134?", sender="Bob <b@y.example>")
    answer = recognise.to_json("x.eml", recognise.recognise(raw, NEW_YORK))
    assert list(answer) == ["file", "kind", "vendor", "trust", "reasons", "calls"]
    call = answer["calls"][0]
    assert (call["called_at"], call["called_at_source"], call["number_e164"]) == (None, None, "+12125550134")
    evidence = recognise.evidence_to_json(recognise.explain(raw, NEW_YORK).evidence)
    assert {item["field"] for item in evidence if item["call"] == 0} >= call.keys() - {"number_raw", "called_at_source"}
    assert {item["field"] for item in evidence if item["call"] is None} == {"vendor", "trust"}

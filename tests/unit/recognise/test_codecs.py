"""The codecs below recognition: telephone numbers and MIME."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.model.call import E164
from assistant.standards import mail, phone, shorten


@pytest.mark.parametrize(
    ("text", "region", "number"),
    [
        ("(212) 555-0134", "US", "+12125550134"),
        ("07700 900123", "GB", "+447700900123"),  # possible, not valid: kept for fiction
        ("01632 960 118", "GB", "+441632960118"),
        ("06 39 98 00 01", "FR", "+33639980001"),
        ("+49 (0)30 23125-100", "US", "+493023125100"),
        ("0171/3920012", "de", "+491713920012"),
        ("212-555-0100 x223", "US", "+12125550100"),
        ("sip:+493023125100@pbx.example;user=phone", "DE", "+493023125100"),
        ("+39 06 1234 5678", "US", "+390612345678"),
        ("2004", "US", None),
        ("911", "US", None),
        ("unknown", "US", None),
        ("", "", None),
        ("11/10/2026 10:15", "US", None),
        ("212-555-0134 or 646-555-0188", "US", None),
        ("+44 20 7946 0***", "GB", None),
    ],
)
def test_a_number_is_read_in_its_region(text: str, region: str, number: str | None) -> None:
    """A text that is one number has one E.164 form, without an extension; a short or masked one has none."""
    assert phone.parse(text, region) == number


def test_dates_and_times_are_no_numbers() -> None:
    """Numbers are found between dates and times, which are none."""
    text = "am 10.11.2026 um 16:14 Uhr von 0221 4710 231, am 9.10.26 12:34 von 01.99.00.12.34"
    assert next(spot.raw for spot in phone.find(text, "DE")) == "0221 4710 231"
    assert len(list(phone.find("am 10.11.2026, 16:14 Uhr, 2026-11-10 16:14:33", "DE"))) == 0


def test_a_spot_says_where_it_stands() -> None:
    """Start and end of a found number are those of its raw text."""
    text = "call (212) 555-0134 or (646-555-0188)"
    spots = list(phone.find(text, "US"))
    assert [text[spot.start : spot.end] for spot in spots] == [spot.raw for spot in spots]
    assert [spot.raw for spot in spots] == ["(212) 555-0134", "646-555-0188"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2000", "2000"),
        ("Front Desk <2000>", "2000"),
        ("Ann Ext. 804", "804"),
        ("x223", "223"),
        ("Ann", None),
        ("1", None),
    ],
)
def test_an_extension_is_short_and_stands_at_the_end(text: str, found: str | None) -> None:
    """Two to six digits at the end are an extension."""
    assert phone.extension(text) == found


def test_links_display_and_zones() -> None:
    """A number has a tel link, an international form and the zones it may be in."""
    number = E164("+12125550134")
    assert phone.tel_uri(number) == "tel:+12125550134"
    assert phone.international(number) == "+1 212-555-0134"
    assert "America/New_York" in phone.zones(number)
    assert phone.zones(E164("+4930231251")) == ("Europe/Berlin",)


def test_what_is_no_number_is_shown_as_it_is() -> None:
    """A text that is no number is not changed, and has no zones."""
    assert phone.international(E164("+")) == "+"
    assert phone.zones(E164("+")) == ()


@given(st.text(max_size=60), st.sampled_from(["US", "DE", "ZZ", "", "??"]))
def test_any_text_can_be_searched_for_numbers(text: str, region: str) -> None:
    """Every number found in any text is E.164 and stands where it says."""
    for spot in phone.find(text, region):
        assert spot.number.startswith("+")
        assert spot.raw == text[spot.start : spot.end]


def test_headers_are_decoded_and_unfolded() -> None:
    """RFC 2047 words are decoded, folded lines joined, bytes above ASCII read as UTF-8 or Latin-1."""
    head = "Subject: =?utf-8?q?Appel_manqu=C3=A9?=\n de X\nX-A: Lucía\n".encode()
    parsed = mail.parse(head + b"X-B: R\xfcckruf\n\n")
    assert parsed.subject == "Appel manqué de X"
    assert parsed.header("x-a") == "Lucía"
    assert parsed.header("X-B") == "Rückruf"


def test_a_broken_header_word_stays_as_it_is() -> None:
    """What looks like an encoded word and is none is shown as written."""
    assert mail.parse(b"Subject: =?utf-8?b?!!!?= x\n\n").subject
    assert mail.parse(b"Subject: =?nope?q?a=E4b?=\n\n").subject == "aäb"


def test_tables_become_lines() -> None:
    """An HTML mail's rows are lines with the label first; a no-break space is a space."""
    html = "<table><tr><td>Caller</td><td>Ann&nbsp;Byrne</td></tr><tr><td>Time</td><td>9:00</td></tr></table>"
    lines = mail.parse(b"Content-Type: text/html\n\n" + html.encode()).text.split("\n")
    assert [line.split() for line in lines if line.strip()] == [["Caller", "Ann", "Byrne"], ["Time", "9:00"]]


def test_plain_text_is_preferred_and_attachments_are_named() -> None:
    """The plain part is the text unless it is empty; parts with a file name are attachments, texts too."""
    raw = (
        b"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\n \n--b\n"
        b"Content-Type: text/html\n\n"
        b"<p>Hello https://a.example/x</p>\n--b\nContent-Type: text/html; name=Play.HTM\n\n<p>no</p>\n--b\n"
        b"Content-Type: message/rfc822\n\nSubject: inner\n\nx\n--b--\n"
    )
    parsed = mail.parse(raw)
    assert parsed.text.strip() == "Hello https://a.example/x"
    assert parsed.attachments == (mail.Attachment(name="play.htm", type="text/html"),)
    assert mail.parse(parsed.enclosed[0]).subject == "inner"


def test_dates_fall_back_on_the_newest_trace() -> None:
    """An unreadable Date gives way to the topmost Received field; without either there is none."""
    traced = b"Received: from a by b; Tue, 10 Nov 2026 15:20:30 +0000\nDate: soon\n\n"
    moment = mail.parse(traced).date
    assert moment is not None
    assert moment.isoformat() == "2026-11-10T15:20:30+00:00"
    assert mail.parse(b"Date: soon\n\n").date is None
    assert mail.parse(b"Date: Fri, 31 Dec 9999 23:59:00 -2300\n\n").date is None


def test_domains_nest() -> None:
    """A host is within a domain when it is it or lies below, not when it ends with the same letters."""
    assert mail.within("mail.a.example", ("a.example",))
    assert mail.within("A.example.", ("a.example",))
    assert not mail.within("evil-a.example", ("a.example",))
    assert not mail.within("a.example.evil.example", ("a.example", ""))
    assert mail.domain("no address") == ""


def test_a_large_attachment_is_cut_and_nothing_else_changes() -> None:
    """Of a mail with megabytes attached the text, the names of all parts and what stands behind them are as without."""
    text = "--b\nContent-Type: text/plain\n\nhello\n"
    data = "QUJD" * 19 + "\n"

    def attached(lines: int) -> bytes:
        part = f"--b\nContent-Type: audio/wav\nContent-Transfer-Encoding: base64\n\n{data * lines}\n"
        last = "--b\nContent-Type: application/pdf; name=last.pdf\n\nx\n--b--\n"
        return f"Subject: s\nContent-Type: multipart/mixed; boundary=b\n\n{text}{part}{last}".encode()

    small, large = attached(2), attached(40_000)
    assert len(large) > 3_000_000
    assert len(shorten.abridged(large)) < 50_000
    assert mail.parse(large) == mail.parse(small)
    assert shorten.abridged(small) == small


def test_a_long_text_is_kept_as_far_as_it_is_read() -> None:
    """A text of megabytes keeps all the characters that are looked at, and its end is left out."""
    raw = b"Subject: s\n\n" + b"word " * 1_000_000
    assert shorten.abridged(raw) == raw[:1_200_000]
    assert mail.parse(raw).plain.startswith("word word")

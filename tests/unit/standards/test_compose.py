"""Drafts as messages: right for every reader, and no stranger writes a header."""

from __future__ import annotations

import email
import email.policy
from datetime import UTC, datetime, timedelta, timezone
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.standards.compose import Party, compose, digest, is_address, same_words, text_of

DATE = datetime(2026, 11, 23, 10, 0, tzinfo=timezone(timedelta(hours=-5)))
BO = Party("bo@example.org", "Bo Li")
ANN = Party("ann@example.com", "Ann Býrne")


def draft(
    to: tuple[Party, ...] = (ANN,),
    subject: str = "Your call",
    body: str = "Hello Ann,\n\nsorry for the delay.\n",
    key: str = "c1.apology",
    message_id: str = "<c1.apology.1@example.org>",
    in_reply_to: str | None = None,
    references: tuple[str, ...] = (),
    sender: Party | None = BO,
) -> bytes:
    return compose(
        sender=sender,
        to=to,
        subject=subject,
        body=body,
        key=key,
        message_id=message_id,
        date=DATE,
        in_reply_to=in_reply_to,
        references=references,
    )


def parsed(raw: bytes) -> EmailMessage:
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def body_of(raw: bytes) -> str:
    part = parsed(raw).get_body()
    assert isinstance(part, EmailMessage)
    content = part.get_content()
    assert isinstance(content, str)
    return content.replace("\r\n", "\n")


def test_a_plain_draft_byte_for_byte() -> None:
    """A draft in ASCII is the same readable bytes every time, with our key, and nothing that says who made it."""
    assert draft(to=(Party("ann@example.com", "Ann Byrne"),)) == (
        b"From: Bo Li <bo@example.org>\r\n"
        b"To: Ann Byrne <ann@example.com>\r\n"
        b"Subject: Your call\r\n"
        b"Date: Mon, 23 Nov 2026 10:00:00 -0500\r\n"
        b"Message-ID: <c1.apology.1@example.org>\r\n"
        b"X-Ringback-Key: c1.apology\r\n"
        b'Content-Type: text/plain; charset="utf-8"\r\n'
        b"Content-Transfer-Encoding: 7bit\r\n"
        b"MIME-Version: 1.0\r\n"
        b"\r\n"
        b"Hello Ann,\r\n\r\nsorry for the delay.\r\n"
    )


def test_names_and_text_above_ascii_survive() -> None:
    """Non-ASCII names, subjects and bodies are encoded so that only ASCII travels and readers see the original."""
    raw = draft(subject="Grüße aus Köln 日本", body="Größe: 5 €\n\nschöne Grüße\n" + "ä" * 2000)
    assert raw.isascii()
    message = parsed(raw)
    assert message["Subject"] == "Grüße aus Köln 日本"
    assert message["To"].addresses[0].display_name == "Ann Býrne"
    assert body_of(raw) == "Größe: 5 €\n\nschöne Grüße\n" + "ä" * 2000 + "\n"
    assert max(map(len, raw.split(b"\r\n"))) <= 998


def test_a_domain_above_ascii_is_written_as_idna() -> None:
    """An internationalised domain becomes its ASCII form (RFC 5890)."""
    assert parsed(draft(to=(Party("ann@müller.example"),)))["To"] == "ann@xn--mller-kva.example"


@pytest.mark.parametrize(
    "evil",
    [
        "x\r\nBcc: evil@example.net",
        "x\nBcc: evil@example.net",
        "x\rBcc: evil@example.net",
        "x\u2028Bcc: evil@example.net",
        "x\x85Bcc: evil@example.net",
        "x\r\n\r\nbody",
        "=?utf-8?q?x=0D=0ABcc=3A_evil=40example=2Enet?=",
        'x" <evil@example.net>, "y',
        "x <evil@example.net>,",
        "\x00\x1b[31m",
        "\ud800",
    ],
)
def test_nothing_written_by_others_makes_a_header(evil: str) -> None:
    """Line breaks, encoded words and quotes in name or subject add no field and no recipient."""
    raw = draft(to=(Party("ann@example.com", evil),), subject=evil)
    message = parsed(raw)
    assert message["Bcc"] is None
    assert [address.addr_spec for address in message["To"].addresses] == ["ann@example.com"]
    assert len(message.keys()) == 9
    assert body_of(raw).startswith("Hello Ann,")


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ann",
        "@example.com",
        "ann@",
        "ann@example.com\r\nBcc: x@y.z",
        "ann@example.com, eve@example.net",
        "Ann <ann@example.com>",
        "änn@example.com",
        "ann@exa mple.com",
        "ann@-example.com",
        "a" * 65 + "@example.com",
        "ann@" + "ü" * 80 + ".example",
        "ann@example..com",
    ],
)
def test_what_is_no_address_is_refused(address: str) -> None:
    """A draft goes to a plain address or is not written."""
    assert not is_address(address)
    with pytest.raises(ValueError, match="is no mail address"):
        draft(to=(Party(address),))


def test_a_draft_needs_recipient_zone_key_and_id() -> None:
    """What a draft cannot do without is asked for."""
    with pytest.raises(ValueError, match="recipient"):
        draft(to=())
    with pytest.raises(ValueError, match="key"):
        draft(key="a\r\nb")
    with pytest.raises(ValueError, match="message id"):
        draft(message_id="no brackets")
    with pytest.raises(ValueError, match="zone"):
        compose(
            sender=BO,
            to=[ANN],
            subject="",
            body="",
            key="k",
            message_id="<a@b>",
            date=DATE.replace(tzinfo=None),
        )


def test_without_a_sender_the_client_fills_it_in() -> None:
    """No sender means no From field."""
    assert parsed(draft(sender=None))["From"] is None


def test_long_ids_are_kept_whole() -> None:
    """Ids far longer than a line stay as they are, so that the thread holds (RFC 5322 3.6.4)."""
    first, parent = f"<{'a' * 300}@example.com>", f"<{'b' * 300}@example.com>"
    message = email.message_from_bytes(draft(in_reply_to=parent, references=(first, "rubbish\r\nX: y", parent)))
    assert message["In-Reply-To"] == parent
    assert message["References"].split() == [first, parent]


def test_a_long_thread_keeps_its_root_and_its_end() -> None:
    """References stay short enough to read: the first id and the newest ones."""
    ids = tuple(f"<{number}@x.example>" for number in range(100))
    kept = email.message_from_bytes(draft(in_reply_to="<p@x.example>", references=ids))["References"].split()
    assert (kept[0], kept[-2], kept[-1], len(kept)) == ("<0@x.example>", "<99@x.example>", "<p@x.example>", 20)


def resaved(raw: bytes, cte: str = "base64", params: dict[str, str] | None = None, width: int = 0) -> bytes:
    """Return the draft as another client would store it."""
    read, new = parsed(raw), EmailMessage(policy=email.policy.SMTP)
    for name in ("Subject", "To", "From"):
        new[name] = str(read[name])
    new["User-Agent"] = "Another/1.0"
    new["Message-ID"] = "<other@example.net>"
    text = body_of(raw)
    if width:
        text = text.replace(" the ", " the \n")
    new.set_content(text, cte=cte, params=params or {})
    return new.as_bytes()


@pytest.mark.parametrize(
    ("cte", "params", "width"),
    [("base64", None, 0), ("quoted-printable", None, 0), ("8bit", {"format": "flowed"}, 10)],
)
def test_a_clients_resave_is_no_edit(cte: str, params: dict[str, str] | None, width: int) -> None:
    """Other encodings, headers, ids and wrapping leave the words the same."""
    raw = draft(body="Grüß Gott,\n\nsorry for the delay. I call in the morning.\n")
    other = resaved(raw, cte, params, width)
    assert other != raw
    assert same_words(raw, other)
    assert digest(raw) == digest(other)


def test_an_html_resave_is_no_edit() -> None:
    """A client that keeps drafts as HTML only changes no words."""
    raw = draft()
    new = EmailMessage(policy=email.policy.SMTP)
    new["To"], new["Subject"] = "ANN@example.com", "Your call"
    new.set_content("<p>Hello Ann,</p><p>sorry for&nbsp;the delay.</p>", subtype="html")
    assert same_words(raw, new.as_bytes())


@pytest.mark.parametrize(
    "edited",
    [
        draft(body="Hello Ann,\n\nsorry for the delay!\n"),
        draft(subject="Your calls"),
        draft(to=(Party("eve@example.com", "Ann Býrne"),)),
        draft(to=(ANN, Party("eve@example.com"))),
        draft().replace(b"Subject:", b"Cc: eve@example.com\r\nSubject:"),
    ],
)
def test_an_edit_of_words_or_recipients_is_one(edited: bytes) -> None:
    """A changed body, subject or recipient is the user's edit."""
    assert not same_words(draft(), edited)
    assert digest(draft()) != digest(edited)


def test_an_attachment_is_an_edit() -> None:
    """A file added to the draft makes it the user's."""
    message = parsed(draft())
    message.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="offer.pdf")
    assert not same_words(draft(), message.as_bytes())


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_have_a_text(raw: bytes) -> None:
    """However damaged a draft is, it can be compared."""
    assert same_words(raw, raw)
    assert len(digest(b"To: a@b\r\n" + raw)) == 24


@settings(deadline=None)
@given(st.text(max_size=120), st.text(max_size=120), st.text(max_size=400))
def test_any_text_round_trips(name: str, subject: str, body: str) -> None:
    """For any name, subject and body the message parses, has one recipient, and says what was meant."""
    raw = draft(to=(Party("ann@example.com", name),), subject=subject, body=body)
    message = parsed(raw)
    assert [address.addr_spec for address in message["To"].addresses] == ["ann@example.com"]
    assert len(message.keys()) == 9
    assert raw == draft(to=(Party("ann@example.com", name),), subject=subject, body=body)
    safe = body.encode("utf-8", "replace").decode().replace("\x00", "")
    assert text_of(raw).split("\n")[-1].split() == text_of(draft(body=safe)).split("\n")[-1].split()
    if subject.isascii() and subject.isprintable() and "=?" not in subject:
        assert message["Subject"].split() == subject.split()
    assert message["Date"].datetime.astimezone(UTC) == DATE

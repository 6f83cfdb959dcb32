"""Whom to believe: what verifies a mail, what makes it suspect, and what proves nothing."""

from __future__ import annotations

import msgspec
import pytest

from assistant import recognise
from assistant.model.call import E164, Kind, Reader, Recognition, Trust
from assistant.standards import authentication
from assistant.standards import mail as codec
from tests.unit.recognise.samples import NEW_YORK, mail

PASSED = "dkim=pass header.d={0}; spf=pass smtp.mailfrom=x@{0}; dmarc=pass header.from={0}"
FAILED = "dkim=fail header.d={0}; spf=fail smtp.mailfrom=x@bad.example; dmarc=fail header.from={0}"
VOICE = "voice-noreply@google.com"


def _read(
    results: str = "",
    server: str = "mx.office.example",
    *,
    sender: str = f"Google Voice <{VOICE}>",
    reader: Reader = NEW_YORK,
    by: str = "mx.office.example",
    body: str = "<https://voice.google.com>\nMissed call from (212) 555-0134\n",
    attachment: str = "",
) -> Recognition:
    head = f"Received: from a.example by {by} with ESMTPS; Tue, 10 Nov 2026 15:20:30 +0000\n"
    if results:
        head += f"Authentication-Results: {server}; {results}\n"
    raw = mail("New missed call from (212) 555-0134", body, sender=sender, head=head, attachment=attachment)
    return recognise.recognise(raw, reader)


def test_a_proved_domain_of_the_phone_system_verifies() -> None:
    """A pass that the reader's own server wrote for the phone system's domain verifies."""
    assert _read(PASSED.format("google.com")).trust is Trust.VERIFIED


def test_a_proved_domain_of_somebody_else_verifies_nothing() -> None:
    """A pass for a domain that is not the phone system's makes its look-alike suspect, a stranger's notice plain."""
    stranger = _read(PASSED.format("bad.example"), sender="x@bad.example")
    assert stranger.trust is Trust.PLAIN
    brand = _read(PASSED.format("bad.example"), sender="Google Voice <x@bad.example>")
    assert brand.trust is Trust.SUSPECT
    assert brand.calls


def test_an_unknown_server_never_verifies() -> None:
    """A pass written by a server that the reader did not name proves nothing, with or without named ones."""
    assert _read(PASSED.format("google.com"), "mx.other.example").trust is Trust.PLAIN
    nobody = msgspec.structs.replace(NEW_YORK, authserv_ids=())
    assert _read(PASSED.format("google.com"), reader=nobody).trust is Trust.PLAIN


def test_a_failure_counts_from_the_server_that_took_the_mail_in() -> None:
    """Without named servers a failure still counts when the topmost Received field names its writer."""
    nobody = msgspec.structs.replace(NEW_YORK, authserv_ids=())
    found = _read(FAILED.format("google.com"), reader=nobody)
    assert (found.kind, found.trust, found.calls) == (Kind.PHISHING, Trust.SUSPECT, ())
    assert _read(FAILED.format("google.com"), "mx.other.example", reader=nobody).trust is Trust.PLAIN


def test_only_the_topmost_field_counts() -> None:
    """A pass that came with the mail, below the server's own failure, is not looked at."""
    head = (
        "Received: from a.example by mx.office.example with ESMTPS; Tue, 10 Nov 2026 15:20:30 +0000\n"
        f"Authentication-Results: mx.office.example; {FAILED.format('google.com')}\n"
        f"Authentication-Results: mx.office.example; {PASSED.format('google.com')}\n"
    )
    raw = mail("New missed call from (212) 555-0134", "", sender=VOICE, head=head)
    assert recognise.recognise(raw, NEW_YORK).trust is Trust.SUSPECT


def test_missing_authentication_is_plain() -> None:
    """A PBX in the office sends without any authentication, and that speaks against nothing."""
    raw = mail("Missed call from (212) 555-0134", "", sender="PBX <pbx@office.example>")
    assert recognise.recognise(raw, NEW_YORK).trust is Trust.PLAIN


def test_a_trusted_sender_is_verified_unless_forged() -> None:
    """A sender the reader vouches for is verified; a failure of authentication outweighs that."""
    vouched = msgspec.structs.replace(NEW_YORK, trusted_senders=("pbx.example",))
    assert _read(sender="x@pbx.example", reader=vouched).trust is Trust.VERIFIED
    assert _read(FAILED.format("pbx.example"), sender="x@pbx.example", reader=vouched).trust is Trust.SUSPECT


@pytest.mark.parametrize("name", ["message.wav.htm", "play.HTML", "voice.zip", "msg.wav.iso", "VM.svg", "open.docm"])
def test_attachments_of_no_phone_system_are_suspect(name: str) -> None:
    """Pages, archives, disk images and programs are no recordings."""
    found = _read(PASSED.format("google.com"), attachment=name)
    assert (found.kind, found.trust) == (Kind.PHISHING, Trust.SUSPECT)


@pytest.mark.parametrize("name", ["msg0001.wav", "voicemail.mp3", "msg.gsm", "note.txt"])
def test_recordings_are_not_suspect(name: str) -> None:
    """A recording, or a text, speaks against nothing."""
    assert _read(PASSED.format("google.com"), attachment=name).trust is Trust.VERIFIED


@pytest.mark.parametrize(
    "link",
    [
        "http://203.0.113.9/play",
        "https://user:pass@evil.example/",
        "https://go.example/?u=http%3A%2F%2F203.0.113.9%2Fx",
    ],
)
def test_links_of_no_phone_system_are_suspect(link: str) -> None:
    """A link to a bare address, or one with a login in it, is suspect."""
    assert _read(sender="x@y.example", body=f"Missed call from (212) 555-0134\n{link}\n").trust is Trust.SUSPECT


def test_asking_for_a_password_elsewhere_is_suspect() -> None:
    """A notice that wants a password and links away from its sender is phishing; a link to the sender is not."""
    ask = "Missed call from (212) 555-0134\nEnter your password to listen: https://{}/x\n"
    assert _read(sender="x@pbx.example", body=ask.format("login.evil.test")).kind is Kind.PHISHING
    assert _read(sender="x@pbx.example", body=ask.format("my.pbx.example")).kind is Kind.MISSED_CALL


def test_a_router_names_a_number_of_its_owner() -> None:
    """A FRITZ!Box mail about a number that is not the reader's is suspect once the reader's numbers are known."""
    raw = mail(
        "Anruf von 040 66969123",
        "Anrufer: 040 66969123\nAngerufene Rufnummer: 0211 55501234\nDatum: 10.11.26 16:18",
        sender="FRITZ!Box <jonas@office.example>",
    )
    own = Reader(region="DE", zone="Europe/Berlin", own_numbers=_numbers("+4930231252"))
    assert recognise.recognise(raw, own).trust is Trust.SUSPECT
    same = Reader(region="DE", zone="Europe/Berlin", own_numbers=_numbers("+4921155501234"))
    assert recognise.recognise(raw, same).trust is Trust.PLAIN


def _numbers(*numbers: str) -> tuple[E164, ...]:
    return tuple(map(E164, numbers))


def _findings(value: str, ids: tuple[str, ...] = (), by: str = "a.mx.example") -> authentication.Findings | None:
    return authentication.read(
        codec.parse(f"Received: from x by {by}\nAuthentication-Results: {value}\n\n".encode()), ids
    )


def test_a_field_without_a_server_belongs_to_the_receiving_host() -> None:
    """Exchange Online writes no authserv-id; the topmost Received field says whose field it is."""
    value = "spf=pass (sender IP is 1.2.3.4) smtp.mailfrom=a.example; dmarc=pass action=none header.from=a.example;"
    findings = _findings(value, ("mx.example",))
    assert findings is not None
    assert (findings.server, findings.known, findings.passed) == ("a.mx.example", True, ("a.example",))


@pytest.mark.parametrize("value", ["", "garbage (((", "a.mx.example", "; ; ;", "=", "a.mx.example; dkim="])
def test_unreadable_fields_find_nothing(value: str) -> None:
    """A field that is not of RFC 8601 neither fails nor proves."""
    findings = _findings(value)
    assert findings is None or (findings.failed, findings.passed) == ((), ())


def test_a_softfail_or_a_broken_signature_beside_a_pass_is_no_failure() -> None:
    """DMARC decides; a mailing list's broken DKIM or a forwarder's SPF alone does not fail a mail."""
    for value in (
        "dkim=fail header.d=a.example; spf=pass smtp.mailfrom=a@a.example",
        "spf=softfail smtp.mailfrom=a@b.c",
    ):
        findings = _findings("a.mx.example; " + value)
        assert findings is not None
        assert findings.failed == ()

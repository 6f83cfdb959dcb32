"""Why Microsoft's sign-in refuses, and what is asked for."""

from __future__ import annotations

import pytest

from providers.microsoft365 import refusals, scopes

CLIENT = "6731de76-14a6-49ae-97bc-6eba6914391e"


@pytest.mark.parametrize(
    ("error", "code", "kind", "said"),
    [
        ("access_denied", None, "user", "you did not agree"),
        ("access_denied", 65004, "user", "you did not agree"),
        ("invalid_grant", 65001, "user", "did not agree to what Ringback needs"),
        ("consent_required", 90094, "user", "Ask the administrator to open this address"),
        ("invalid_grant", 50105, "user", "Users and groups"),
        ("invalid_grant", 53003, "user", "a rule of your organisation blocks it"),
        ("invalid_grant", 50076, "user", "sign in again"),
        ("invalid_grant", 50173, "user", "the sign-in has ended"),
        ("invalid_grant", 700082, "user", "not used for 90 days"),
        ("invalid_grant", None, "user", "the sign-in has ended (invalid_grant)"),
        ("invalid_grant", 50057, "user", "cannot sign in now"),
        ("invalid_request", 50020, "user", "not of the organisation"),
        ("unauthorized_client", 700016, "setup", "does not know this client_id"),
        ("invalid_request", 90002, "setup", "does not know this `tenant`"),
        ("invalid_request", 50011, "setup", "http://localhost"),
        ("invalid_client", 7000218, "setup", '"Allow public client flows" to Yes'),
        ("invalid_request", 50194, "setup", "of one organisation alone"),
        ("invalid_request", 9002331, "setup", 'tenant = "consumers"'),
        ("unauthorized_client", None, "setup", "personal accounts too"),
        ("temporarily_unavailable", 90033, "later", "busy"),
        ("server_error", None, "later", "out of order"),
        ("expired_token", None, "user", "nobody entered the code in time"),
        ("brand_new", 123456, "user", "Microsoft refused it (AADSTS123456: AADSTS123456: Words of theirs.)"),
        ("brand_new", None, "user", "Microsoft refused it (brand_new: Words of theirs.)"),
    ],
)
def test_each_refusal_says_who_can_mend_it(error: str, code: int | None, kind: str, said: str) -> None:
    """Microsoft's number counts before the name of the error."""
    text = f"AADSTS{code}: Words of theirs." if code else "Words of theirs."
    found = refusals.of({"error": error, "error_description": text}, CLIENT, "common")
    assert found.kind == kind
    assert said in found.text
    assert not found.text.endswith("  ")


def test_the_number_may_come_by_itself() -> None:
    """`error_codes` counts where the words have no number; an answer without anything is told too."""
    found = refusals.of({"error": "invalid_grant", "error_codes": [90094]}, CLIENT, "whitfieldlegal.example")
    assert f"https://login.microsoftonline.com/whitfieldlegal.example/adminconsent?client_id={CLIENT}" in found.text
    assert refusals.of({}, CLIENT, "common").text == "Microsoft refused it (no reason given: no reason given)"


def test_the_words_of_a_gateway_are_none() -> None:
    """An error in another form says nothing about the sign-in; later it may be answered."""
    assert refusals.of({"error": {"code": "ApplicationThrottled"}}, CLIENT, "common").kind == "later"


def test_every_number_is_in_the_table_once() -> None:
    """No number means two things."""
    codes = [code for listed, _, _ in refusals._SAYINGS for code in listed.split()]
    assert len(codes) == len(set(codes))


def test_the_right_to_send_is_not_asked_for() -> None:
    """With all services these are the rights, and none of them sends mail."""
    wanted = scopes.wanted(("mail", "calendar", "contacts"))
    assert set(wanted) == {
        "User.Read",
        "Mail.ReadWrite",
        "MailboxSettings.ReadWrite",
        "Calendars.ReadWrite",
        "Contacts.Read",
    }
    assert "Mail.Send" in scopes.explain(("mail",))


def test_only_what_the_services_need_is_asked_for() -> None:
    """A calendar alone needs no right to the mail; its settings are read and not changed."""
    assert set(scopes.wanted(("calendar",))) == {"User.Read", "Calendars.ReadWrite", "MailboxSettings.Read"}
    explained = scopes.explain(("contacts",))
    assert "Mail" not in explained
    assert "offline_access" in explained


def test_what_was_granted_is_read_however_it_is_written() -> None:
    """Whole addresses and other letters are the same rights, and the right to write has the one to read in it."""
    granted = ("https://graph.microsoft.com/calendars.readwrite", "user.read", "MailboxSettings.ReadWrite", "openid")
    assert scopes.missing(("calendar",), granted) == []
    (lacking,) = scopes.missing(("contacts",), granted)
    assert "callers have no names" in scopes.told([lacking])

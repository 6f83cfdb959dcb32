"""The sign-in of our Google behaves as Google's, seen through google-auth-oauthlib and google-auth."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from google.auth.exceptions import RefreshError
from google.auth.transport.requests import Request
from google_auth_oauthlib.flow import Flow
from oauthlib.oauth2.rfc6749.errors import InvalidGrantError

from tests.servers.google.client import CALENDAR, CONTACTS, MODIFY, SCOPES
from tests.servers.google.faults import Fault, Status
from tests.servers.google.server import GoogleServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from google.oauth2.credentials import Credentials

REDIRECT = "http://127.0.0.1:8765/"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[GoogleServer]:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")  # this server speaks no TLS
    with GoogleServer() as running:
        yield running
        assert running.violations == []


def begin(server: GoogleServer, *scopes: str, redirect: str = REDIRECT) -> Any:  # noqa: ANN401  the library has no types
    """Return a sign-in that has not begun."""
    return Flow.from_client_config(server.client(), list(scopes or SCOPES), redirect_uri=redirect)


def consent(flow: Any, **parameters: str) -> dict[str, str]:  # noqa: ANN401  the library has no types
    """Open the page as a browser would; return what it says to the redirect address."""
    address, state = flow.authorization_url(access_type="offline", prompt="consent", **parameters)
    answer = requests.get(address, allow_redirects=False, timeout=5)
    assert answer.status_code == 302, answer.text
    assert answer.headers["Location"].startswith(REDIRECT)
    said = {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["Location"]).query).items()}
    assert said["state"] == state
    return said


def refresh(credentials: Credentials) -> None:
    with requests.Session() as session:
        credentials.refresh(Request(session))  # type: ignore[no-untyped-call]  # the library has no types here


def profile(server: GoogleServer, credentials: Credentials) -> int:
    headers = {"Authorization": f"Bearer {credentials.token}"}
    return requests.get(f"{server.url}gmail/v1/users/me/profile", headers=headers, timeout=5).status_code


def token_request(server: GoogleServer, **changed: str) -> tuple[int, str]:
    """Ask for a token with what the client knows, but for some fields; return status and error."""
    client = {"client_id": server.state.oauth.client_id, "client_secret": server.state.oauth.client_secret}
    answer = requests.post(f"{server.url}token", data=client | changed, timeout=5)
    return answer.status_code, answer.json()["error"]


def test_a_sign_in_with_pkce_gives_tokens_that_open_the_account(server: GoogleServer) -> None:
    """Consent, code and verifier make an access token and a refresh token, and both of them work."""
    flow = begin(server)
    flow.fetch_token(code=consent(flow)["code"])
    credentials = flow.credentials
    assert profile(server, credentials) == 200
    first = credentials.token
    refresh(credentials)
    assert credentials.token != first
    assert profile(server, credentials) == 200
    assert set(credentials.granted_scopes) == set(SCOPES)


def test_a_code_counts_once_and_not_for_long(server: GoogleServer) -> None:
    """A code that was used, or is ten minutes old, is an invalid grant."""
    flow = begin(server)
    code = consent(flow)["code"]
    flow.fetch_token(code=code)
    late = consent(flow)["code"]
    server.clock.advance(timedelta(minutes=10))
    for worthless in (code, late):
        with pytest.raises(InvalidGrantError):
            flow.fetch_token(code=worthless)


@pytest.mark.parametrize("verifier", [{}, {"code_verifier": "x" * 43}])
def test_a_code_without_its_verifier_is_worth_nothing(server: GoogleServer, verifier: dict[str, str]) -> None:
    """Whoever catches the code cannot use it (RFC 7636)."""
    code = consent(begin(server))["code"]
    asked = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT} | verifier
    assert token_request(server, **asked) == (400, "invalid_grant")


def test_a_code_belongs_to_its_redirect_address(server: GoogleServer) -> None:
    """Another address than that of the consent is refused."""
    code = consent(begin(server))["code"]
    asked = {"grant_type": "authorization_code", "code": code, "redirect_uri": "http://127.0.0.1:1/"}
    assert token_request(server, **asked) == (400, "redirect_uri_mismatch")


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"client_id": "other", "grant_type": "refresh_token"}, (401, "invalid_client")),
        ({"client_secret": "other", "grant_type": "refresh_token"}, (401, "invalid_client")),
        ({"grant_type": "password"}, (400, "unsupported_grant_type")),
        ({"grant_type": "refresh_token", "refresh_token": "1//none"}, (400, "invalid_grant")),
    ],
)
def test_a_token_is_asked_for_properly(
    server: GoogleServer, changed: dict[str, str], expected: tuple[int, str]
) -> None:
    """A wrong client, a wrong kind of grant and an unknown refresh token are refused in the words of RFC 6749."""
    assert token_request(server, **changed) == expected


def test_the_user_may_say_no(server: GoogleServer) -> None:
    """A refusal comes back to the redirect address as an error."""
    server.state.oauth.denies = True
    assert consent(begin(server))["error"] == "access_denied"


def test_the_user_may_grant_less_than_was_asked_for(server: GoogleServer) -> None:
    """Scopes that are not ticked are in neither the answer nor the token."""
    server.state.oauth.ticks = frozenset({CALENDAR})
    said = consent(begin(server))
    assert said["scope"] == CALENDAR
    data = {"client_id": server.state.oauth.client_id, "client_secret": server.state.oauth.client_secret}
    flow = begin(server)
    code = consent(flow)["code"]
    data |= {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT}
    answer = requests.post(f"{server.url}token", data=data | {"code_verifier": flow.code_verifier}, timeout=5)
    assert answer.json()["scope"] == CALENDAR


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ({"client_id": "other"}, "invalid_client"),
        ({"redirect_uri": "https://example.org/"}, "redirect_uri_mismatch"),
        ({"response_type": "token"}, "invalid_request"),
        ({"scope": ""}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "code_challenge_method"),
    ],
)
def test_a_wrong_request_for_consent_stays_on_the_page(
    server: GoogleServer, changed: dict[str, str], text: str
) -> None:
    """What cannot be trusted is told to the user on the page, and nothing goes to the redirect address."""
    asked = {"client_id": server.state.oauth.client_id, "redirect_uri": REDIRECT, "response_type": "code"}
    asked |= {"scope": MODIFY} | changed
    answer = requests.get(f"{server.url}o/oauth2/v2/auth", params=asked, allow_redirects=False, timeout=5)
    assert answer.status_code in {400, 401}
    assert text in answer.text


def test_in_testing_mode_a_sign_in_ends_after_seven_days(server: GoogleServer) -> None:
    """The refresh token of an app in testing mode is invalid after a week."""
    server.state.oauth.testing = True
    credentials = server.credentials(SCOPES)
    server.clock.advance(timedelta(days=6))
    refresh(credentials)
    server.clock.advance(timedelta(days=1))
    with pytest.raises(RefreshError, match="invalid_grant"):
        refresh(credentials)


def test_what_the_user_takes_back_opens_nothing(server: GoogleServer) -> None:
    """After a revocation neither the access token nor the refresh token is worth anything."""
    credentials = server.credentials(SCOPES)
    server.state.oauth.revoke_all()
    assert profile(server, credentials) == 401
    with pytest.raises(RefreshError, match="expired or revoked"):
        refresh(credentials)


@pytest.mark.parametrize("kind", ["token", "refresh_token"])
def test_a_program_gives_its_permission_back(server: GoogleServer, kind: str) -> None:
    """Revoking by either token ends the permission; a second time there is nothing to revoke."""
    credentials = server.credentials([CONTACTS])
    for status in (200, 400):
        data = {"token": getattr(credentials, kind)}
        assert requests.post(f"{server.url}revoke", data=data, timeout=5).status_code == status
    assert requests.get(f"{server.url}revoke", timeout=5).status_code == 405


def test_a_token_tells_what_it_may_do(server: GoogleServer) -> None:
    """The token info has scopes and the seconds that are left; an ended token has none."""
    credentials = server.credentials([MODIFY, CALENDAR])
    address = f"{server.url}tokeninfo"
    told = requests.get(address, params={"access_token": credentials.token}, timeout=5).json()
    assert set(told["scope"].split()) == {MODIFY, CALENDAR}
    assert 3000 < int(told["expires_in"]) < 3600
    server.clock.advance(timedelta(hours=1))
    assert requests.get(address, params={"access_token": credentials.token}, timeout=5).status_code == 400


def test_the_token_endpoint_has_bad_days_too(server: GoogleServer) -> None:
    """A fault at the sign-in is an error of the sign-in's form, and it passes."""
    server.faults.add(Fault("oauth2.token", Status(503, "internal_failure")))
    assert token_request(server, grant_type="refresh_token") == (503, "internal_failure")
    assert token_request(server, grant_type="refresh_token") == (400, "invalid_grant")
    assert [each.status for each in server.calls("oauth2.token")] == [503, 400]

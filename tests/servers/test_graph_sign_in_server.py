"""Our Entra ID, signed in to by Microsoft's own library."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx
import msal
import pytest

from tests.servers.graph.browser import form, opened, visit
from tests.servers.graph.certificates import trusting
from tests.servers.graph.client import client
from tests.servers.graph.faults import Broken, Fault, Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.servers.graph.server import GraphServer

SCOPES = ["Mail.ReadWrite", "Calendars.ReadWrite"]
Said = dict[str, Any]


@pytest.fixture
def app(graph_server: GraphServer) -> Iterator[msal.PublicClientApplication]:
    """Return msal, turned to the server by its documented arguments alone."""
    with httpx.Client(verify=trusting(), trust_env=False, timeout=10) as http:
        yield msal.PublicClientApplication(
            graph_server.state.entra.client_id,
            authority=graph_server.authority,
            instance_discovery=False,
            http_client=http,
        )


def works(graph_server: GraphServer, token: str) -> int:
    """Return the status that a token gets from Graph."""
    return httpx.get(f"{graph_server.url}me/messages", headers={"Authorization": f"Bearer {token}"}).status_code


def silently(app: msal.PublicClientApplication, *, anew: bool = True, claims: str | None = None) -> Said:
    """Ask for an access token without the user."""
    account = app.get_accounts()[0]
    found: Said = app.acquire_token_silent_with_error(SCOPES, account, force_refresh=anew, claims_challenge=claims)
    return found


def consented(app: msal.PublicClientApplication) -> Said:
    """Sign in by a browser, whose way back to this machine is read from the form on the page."""
    flow = app.initiate_auth_code_flow(SCOPES, redirect_uri="http://localhost:1", response_mode="form_post")
    back = form(opened(flow["auth_uri"]))
    assert back is not None
    assert back.action == "http://localhost:1"
    found: Said = app.acquire_token_by_auth_code_flow(flow, back.fields)
    return found


def test_sign_in_by_browser(app: msal.PublicClientApplication, graph_server: GraphServer) -> None:
    """The code comes back to this machine with PKCE, and the token opens the mailbox; the account has its name."""
    said = consented(app)
    assert works(graph_server, said["access_token"]) == 200
    assert [each["username"] for each in app.get_accounts()] == ["me@example.org"]
    assert [each.operation for each in graph_server.calls("entra.*")] == [
        "entra.discovery",
        "entra.authorize",
        "entra.token",
    ]


def test_browser_sends_the_form(app: msal.PublicClientApplication) -> None:
    """The page of form_post sends code and state to this machine by itself, where nobody listens now."""
    asked = app.initiate_auth_code_flow(SCOPES, redirect_uri="http://localhost:1", response_mode="form_post")
    with pytest.raises(httpx.ConnectError):
        visit(asked["auth_uri"])


def test_user_says_no(app: msal.PublicClientApplication, graph_server: GraphServer) -> None:
    """A refusal comes back in the words of Entra, and so does the need of an administrator."""
    graph_server.state.entra.refuses = 65004
    said = consented(app)
    assert (said["error"], said["error_description"][:12]) == ("access_denied", "AADSTS65004:")
    graph_server.state.entra.refuses = 90094
    assert "AADSTS90094" in consented(app)["error_description"]


def test_sign_in_by_code(app: msal.PublicClientApplication, graph_server: GraphServer) -> None:
    """On a machine without a browser the user enters a code elsewhere while the program asks again and again."""
    graph_server.state.entra.waits = 2
    flow = app.initiate_device_flow(SCOPES)
    assert flow["user_code"] in flow["message"]
    assert visit(flow["verification_uri"]).status_code == 200
    assert works(graph_server, app.acquire_token_by_device_flow(flow)["access_token"]) == 200
    assert [each.code for each in graph_server.calls("entra.token")] == ["authorization_pending"] * 2 + [""]


def test_code_is_entered_by_hand(app: msal.PublicClientApplication, graph_server: GraphServer) -> None:
    """The user may enter the code at once, or decline."""
    graph_server.state.entra.waits = 99
    flow = app.initiate_device_flow(SCOPES)
    graph_server.state.entra.enter(flow["user_code"])
    assert "access_token" in app.acquire_token_by_device_flow(flow)
    graph_server.state.entra.refuses = 65004
    declined = app.acquire_token_by_device_flow(app.initiate_device_flow(SCOPES))
    assert declined["error"] == "authorization_declined"


def test_device_code_expires(app: msal.PublicClientApplication, graph_server: GraphServer) -> None:
    """A code that is entered by nobody is worth nothing after a quarter of an hour."""
    flow = app.initiate_device_flow(SCOPES)
    graph_server.clock.advance(timedelta(minutes=16))
    assert app.acquire_token_by_device_flow(flow)["error"] == "expired_token"


def test_granted_scopes_may_be_fewer(app: msal.PublicClientApplication, graph_server: GraphServer) -> None:
    """What was not granted is 403 later."""
    graph_server.state.entra.ticks = frozenset({"Calendars.ReadWrite"})
    said = app.acquire_token_by_device_flow(app.initiate_device_flow(SCOPES))
    assert "Mail.ReadWrite" not in said["scope"]
    assert works(graph_server, said["access_token"]) == 403


def test_access_is_renewed(app: msal.PublicClientApplication, graph_server: GraphServer) -> None:
    """When the access token has ended, msal gets another one silently."""
    said = app.acquire_token_by_device_flow(app.initiate_device_flow(SCOPES))
    graph_server.clock.advance(timedelta(hours=2))
    assert works(graph_server, said["access_token"]) == 401
    assert works(graph_server, silently(app)["access_token"]) == 200


@pytest.mark.parametrize("code", [50173, 700082])
def test_sign_in_is_over(app: msal.PublicClientApplication, graph_server: GraphServer, code: int) -> None:
    """After a new password, or too long a time, only the user can sign in again."""
    said = app.acquire_token_by_device_flow(app.initiate_device_flow(SCOPES))
    graph_server.state.entra.revoke(code)
    refused = silently(app)
    assert (refused["error"], refused["error_codes"], refused["suberror"]) == ("invalid_grant", [code], "bad_token")
    assert works(graph_server, said["access_token"]) == 401


def test_consent_is_missing(app: msal.PublicClientApplication, graph_server: GraphServer) -> None:
    """More than was granted is refused with consent_required."""
    app.acquire_token_by_device_flow(app.initiate_device_flow(["Mail.ReadWrite"]))
    refused = silently(app)
    assert (refused["error_codes"], refused["suberror"]) == ([65001], "consent_required")
    assert graph_server.calls("entra.token")[-1].status == 400


def test_graph_demands_claims(app: msal.PublicClientApplication, graph_server: GraphServer) -> None:
    """Continuous access evaluation refuses a good token, and takes one that was got with the claims it names."""
    said = app.acquire_token_by_device_flow(app.initiate_device_flow(SCOPES))
    graph_server.state.entra.demand_claims()
    with httpx.Client(headers={"Authorization": f"Bearer {said['access_token']}"}) as http:
        challenge = http.get(f"{graph_server.url}me/messages").headers["WWW-Authenticate"]
    assert 'error="insufficient_claims"' in challenge
    claims = base64.b64decode(challenge.split('claims="')[1].split('"')[0]).decode()
    assert "nbf" in json.loads(claims)["access_token"]
    graph_server.clock.advance(timedelta(seconds=1))
    assert works(graph_server, silently(app, anew=False)["access_token"]) == 401
    assert works(graph_server, silently(app, anew=False, claims=claims)["access_token"]) == 200
    assert [json.loads(each)["access_token"].keys() for each in graph_server.state.entra.claims] == [
        {"nbf": None}.keys()
    ]


def test_sign_in_fails_on_the_way(app: msal.PublicClientApplication, graph_server: GraphServer) -> None:
    """Faults strike the sign-in too."""
    app.acquire_token_by_device_flow(app.initiate_device_flow(SCOPES))
    graph_server.faults.add(Fault("entra.token", Broken.DROP_BEFORE))
    with pytest.raises(httpx.RemoteProtocolError):
        silently(app)
    graph_server.faults.add(Fault("entra.*", Status(429, "1")))
    assert httpx.get(f"{graph_server.root}common/v2.0/.well-known/openid-configuration").status_code == 429


def test_wrong_app_is_refused(graph_server: GraphServer) -> None:
    """An id that nobody registered is told as Entra tells it, on the page and at the token endpoint."""
    place = f"{graph_server.root}common/oauth2/v2.0/"
    asked = {"client_id": "x", "response_type": "code", "scope": "Mail.Read", "redirect_uri": "http://localhost:1"}
    assert "AADSTS700016" in httpx.get(f"{place}authorize", params=asked).text
    refused = httpx.post(f"{place}token", data={"client_id": "x", "grant_type": "refresh_token"}).json()
    assert refused["error_codes"] == [700016]
    asked |= {"client_id": graph_server.state.entra.client_id, "redirect_uri": "https://example.org"}
    assert "AADSTS50011" in httpx.get(f"{place}authorize", params=asked).text


def test_code_counts_once_and_with_its_verifier(graph_server: GraphServer) -> None:
    """A code without the verifier of its challenge is worth nothing, and none is worth something twice."""
    entra, place = graph_server.state.entra, f"{graph_server.root}common/oauth2/v2.0/"
    asked = {"client_id": entra.client_id, "response_type": "code", "scope": "Mail.Read openid"}
    asked |= {"redirect_uri": "http://localhost:1", "code_challenge": "x", "code_challenge_method": "S256"}
    sent_back = httpx.get(f"{place}authorize", params=asked).headers["Location"]
    given = {"client_id": entra.client_id, "grant_type": "authorization_code", "redirect_uri": "http://localhost:1"}
    given |= {"code": httpx.URL(sent_back).params["code"], "code_verifier": "y"}
    answers = [httpx.post(f"{place}token", data=given).json()["error_codes"] for _ in range(2)]
    assert answers == [[501481], [70000]]


def test_scope_opens_its_own_resources(graph_server: GraphServer) -> None:
    """A token opens what its scopes are for; no token at all is 401."""
    with client(graph_server, ["Mail.ReadBasic"]) as opened:
        assert opened.get("me/messages")["value"] == []
        assert opened.refused("POST", "me/mailFolders", json={"displayName": "x"}) == (403, "ErrorAccessDenied")
    assert httpx.get(f"{graph_server.url}me").status_code == 401

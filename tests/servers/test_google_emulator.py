"""A second opinion: where our Google and a foreign one agree, what the foreign one lacks, and where they differ."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from google.auth.exceptions import RefreshError
from google.auth.transport.requests import Request
from google_auth_oauthlib.flow import Flow
from googleapiclient.errors import HttpError

from tests.servers.google import emulator
from tests.servers.google.client import MODIFY, Made, built, changes, label, mail, raw, refused, turned
from tests.servers.google.server import GoogleServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from google.oauth2.credentials import Credentials

ALL = "https://mail.google.com/"


@pytest.fixture(scope="module")
def foreign() -> Iterator[emulator.Emulator]:
    with emulator.running() as running:
        yield running


@pytest.fixture
def foreign_gmail(foreign: emulator.Emulator) -> Iterator[Made]:
    with turned(foreign.url, "gmail", foreign.user().credentials()) as client:
        yield client


@pytest.fixture
def our_gmail() -> Iterator[Made]:
    with GoogleServer() as server, built(server, "gmail", [ALL]) as client:
        yield client
        assert server.violations == []


@pytest.fixture(params=["our_gmail", "foreign_gmail"])
def users(request: pytest.FixtureRequest) -> Made:
    """Return the users of Gmail's client, at our server and at the foreign one."""
    return request.getfixturevalue(request.param).users()


def insert(users: Made, content: bytes, *labels: str) -> dict[str, Any]:
    made: dict[str, Any] = users.messages().insert(userId="me", body=raw(content, labelIds=list(labels))).execute()
    return made


def history_of(users: Made, message: str) -> str:
    found: str = users.messages().get(userId="me", id=message, format="minimal").execute()["historyId"]
    return found


def reply(number: int = 2, body: str = "Some text.") -> bytes:
    return mail("Re: Hello", number, body, In_Reply_To="<m1@example.org>", References="<m1@example.org>")


def test_a_mail_is_kept_byte_for_byte(users: Made) -> None:
    """Both give back as raw what was inserted, fields of our own among it."""
    made = insert(users, mail(X_Key="k"), "INBOX", "UNREAD")
    text = users.messages().get(userId="me", id=made["id"], format="raw").execute()["raw"]
    assert base64.urlsafe_b64decode(text + "==") == mail(X_Key="k")
    assert set(made["labelIds"]) == {"INBOX", "UNREAD"}


def test_simple_searches_find_the_same(users: Made) -> None:
    """Both know senders, subjects, times, states and words."""
    insert(users, mail(), "INBOX", "UNREAD")
    searches = ["from:ann@example.org", "subject:hello", "after:1000000000", "is:unread", "in:inbox", "text", "absent"]
    counts = [len(users.messages().list(userId="me", q=search).execute().get("messages", [])) for search in searches]
    assert counts == [1, 1, 1, 1, 1, 1, 0]


def test_labels_are_changed_and_told_in_the_history(users: Made) -> None:
    """Both change labels by id and tell of it; an unknown id is 400."""
    made = insert(users, mail(), "INBOX", "UNREAD")
    own = users.labels().create(userId="me", body=label("Callbacks/To call")).execute()["id"]
    start = history_of(users, made["id"])
    body = {"addLabelIds": [own], "removeLabelIds": ["UNREAD"]}
    changed = users.messages().modify(userId="me", id=made["id"], body=body).execute()
    assert set(changed["labelIds"]) == {"INBOX", own}
    assert sorted(changes(users, start)) == [
        ("labelsAdded", made["id"], [own]),
        ("labelsRemoved", made["id"], ["UNREAD"]),
    ]
    assert refused(users.messages().modify(userId="me", id=made["id"], body={"addLabelIds": ["Label_99"]}))[0] == 400


def test_a_label_has_its_name_alone_and_keeps_its_id(users: Made) -> None:
    """Both refuse a second label of the name, keep the id when it is renamed, and take it off when it is deleted."""
    own = users.labels().create(userId="me", body=label("Callbacks")).execute()["id"]
    _, error = refused(users.labels().create(userId="me", body=label("Callbacks")))
    assert error["message"] == "Label name exists or conflicts"
    users.labels().patch(userId="me", id=own, body={"name": "Anrufe"}).execute()
    made = insert(users, mail(), "INBOX", own)
    names = {each["id"]: each["name"] for each in users.labels().list(userId="me").execute()["labels"]}
    assert names[own] == "Anrufe"
    users.labels().delete(userId="me", id=own).execute()
    shown = users.messages().get(userId="me", id=made["id"], format="minimal").execute()
    assert shown["labelIds"] == ["INBOX"]


def test_a_draft_is_made_and_replaced_and_deleted_in_its_thread(users: Made) -> None:
    """Both keep the draft id and the thread over an update; deleting is for good."""
    question = insert(users, mail(), "INBOX")
    body = {"message": raw(reply(), threadId=question["threadId"])}
    drafts = users.drafts()
    made = drafts.create(userId="me", body=body).execute()
    body = {"message": raw(reply(body="More."), threadId=question["threadId"])}
    changed = drafts.update(userId="me", id=made["id"], body=body).execute()
    assert (changed["id"], changed["message"]["threadId"]) == (made["id"], question["threadId"])
    shown = drafts.get(userId="me", id=made["id"], format="raw").execute()["message"]
    assert base64.urlsafe_b64decode(shown["raw"] + "==") == reply(body="More.")
    assert [each["id"] for each in drafts.list(userId="me").execute()["drafts"]] == [made["id"]]
    drafts.delete(userId="me", id=made["id"]).execute()
    assert refused(drafts.delete(userId="me", id=made["id"]))[0] == 404
    assert not drafts.list(userId="me").execute().get("drafts")


def test_a_mail_is_trashed_and_deleted(users: Made) -> None:
    """In both the trash is left out of lists, and what is deleted is 404."""
    made = insert(users, mail(), "INBOX")
    assert users.messages().trash(userId="me", id=made["id"]).execute()["labelIds"] == ["TRASH"]
    assert not users.messages().list(userId="me").execute().get("messages")
    start = history_of(users, made["id"])
    users.messages().delete(userId="me", id=made["id"]).execute()
    assert refused(users.messages().get(userId="me", id=made["id"]))[0] == 404
    assert [(kind, message) for kind, message, _ in changes(users, start)] == [("messagesDeleted", made["id"])]


def test_history_comes_in_pages(users: Made) -> None:
    """Both page the history, and give ids that 64 bits do not hold."""
    start = history_of(users, insert(users, mail())["id"])
    for number in (2, 3):
        insert(users, mail(number=number))
    answer = users.history().list(userId="me", startHistoryId=start, maxResults=1).execute()
    assert len(answer["history"]) == 1
    assert len(changes(users, start, maxResults=1, pageToken=answer["nextPageToken"])) == 1
    assert int(start) > 2**64


def consent(foreign: emulator.Emulator) -> tuple[Made, str]:
    """Sign in at the foreign page, where the user is chosen by a form; return the flow and its code."""
    flow = Flow.from_client_config(foreign.client(), [MODIFY], redirect_uri=foreign.redirect)
    address, state = flow.authorization_url(access_type="offline", prompt="consent")
    email = foreign.user().email
    assert email in requests.get(address, timeout=5).text
    asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    form = f"{foreign.url}o/oauth2/v2/auth/callback"
    answer = requests.post(form, data=asked | {"email": email}, allow_redirects=False, timeout=5)
    said = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert said["state"] == [state]
    return flow, said["code"][0]


def refresh(credentials: Credentials) -> None:
    with requests.Session() as session:
        credentials.refresh(Request(session))  # type: ignore[no-untyped-call]  # the library has no types here


@pytest.fixture
def signed_in(foreign: emulator.Emulator, monkeypatch: pytest.MonkeyPatch) -> Credentials:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")  # the emulator speaks no TLS
    monkeypatch.setenv("OAUTHLIB_RELAX_TOKEN_SCOPE", "1")
    flow, code = consent(foreign)
    flow.fetch_token(code=code, include_client_id=True)  # the emulator does not read the client from the header
    return cast("Credentials", flow.credentials)


def test_a_sign_in_with_pkce_works_at_the_foreign_server_too(
    foreign: emulator.Emulator, signed_in: Credentials
) -> None:
    """Code, verifier, access token and refresh token, and a program may give its permission back."""
    first = signed_in.token
    refresh(signed_in)
    assert signed_in.token != first
    with turned(foreign.url, "gmail", signed_in) as client:
        assert insert(client.users(), mail())["id"]
    assert requests.post(f"{foreign.url}oauth2/revoke", data={"token": signed_in.refresh_token}, timeout=5).ok
    with pytest.raises(RefreshError, match="invalid_grant"):
        refresh(signed_in)


def test_a_wrong_verifier_is_refused_by_the_foreign_server_too(
    foreign: emulator.Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PKCE is checked there as here."""
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")  # the emulator speaks no TLS
    _, code = consent(foreign)
    client = foreign.client()["installed"]
    data = {"grant_type": "authorization_code", "code": code, "redirect_uri": foreign.redirect, "code_verifier": "x"}
    data |= {"client_id": client["client_id"], "client_secret": client["client_secret"]}
    answer = requests.post(f"{foreign.url}oauth2/token", data=data, timeout=5)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


def test_what_the_foreign_server_lacks(foreign_gmail: Made) -> None:
    """No batches, no profile, no masks, no search by Message-ID: a new version that has them shows here."""
    users = foreign_gmail.users()
    made = insert(users, mail(), "INBOX")
    batch = foreign_gmail.new_batch_http_request()
    batch.add(users.labels().list(userId="me"))
    with pytest.raises(HttpError) as caught:
        batch.execute()
    assert caught.value.status_code == 404
    with pytest.raises(HttpError) as caught:
        users.getProfile(userId="me").execute()
    assert caught.value.status_code == 404
    assert "threadId" in users.messages().get(userId="me", id=made["id"], fields="id").execute()
    assert not users.messages().list(userId="me", q="rfc822msgid:m1@example.org").execute().get("messages")
    assert users.history().list(userId="me", startHistoryId="1").execute()["history"]


def test_where_the_foreign_server_differs(foreign_gmail: Made) -> None:
    """It joins drafts by references alone, keeps a draft's message id, and shows no fields of our own."""
    users = foreign_gmail.users()
    question = insert(users, mail(X_Key="k"), "INBOX")
    made = users.drafts().create(userId="me", body={"message": raw(reply())}).execute()
    changed = users.drafts().update(userId="me", id=made["id"], body={"message": raw(reply(body="More."))}).execute()
    shown = users.messages().get(userId="me", id=question["id"]).execute()
    assert made["message"]["threadId"] == question["threadId"]
    assert changed["message"]["id"] == made["message"]["id"]
    assert "X-Key" not in {each["name"] for each in shown["payload"]["headers"]}
    assert refused(users.labels().create(userId="me", body=label("inbox")))[1]["code"] == 400

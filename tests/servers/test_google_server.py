"""Our Google keeps to the discovery documents, and has the traps of the real one. Driven by Google's own client."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httplib2
import pytest
import requests
from googleapiclient.errors import HttpError
from googleapiclient.http import MediaInMemoryUpload

from tests.servers.google import discovery
from tests.servers.google.calls import Answer
from tests.servers.google.client import CALENDAR, SCOPES, Made, built, forgiven, label, mail, raw, refused
from tests.servers.google.faults import Broken, Delay, Fault, Status
from tests.servers.google.quota import Limit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.servers.google.server import GoogleServer


@pytest.fixture
def gmail(server: GoogleServer) -> Iterator[Made]:
    with built(server, "gmail") as client:
        yield client


@pytest.fixture
def users(gmail: Made) -> Made:
    return gmail.users()


def path_of(method: discovery.Method) -> str:
    """Return an address of the method, as the real client would write it."""
    raw_method = next(
        each
        for service in discovery.SERVICES
        for each in discovery._raw_methods(discovery.document(service))
        if each["id"] == method.id
    )
    path = discovery.document(method.service)["servicePath"] + raw_method["path"]
    for name, schema in method.parameters.items():
        sample = schema.get("pattern", "x").removeprefix("^").removesuffix("$").replace("[^/]+", "x")
        path = path.replace(f"{{{name}}}", "x").replace(f"{{+{name}}}", sample)
    return f"/{path}"


@pytest.mark.parametrize("method", discovery.methods(), ids=lambda method: method.id)
def test_every_method_of_the_documents_is_found_by_its_address(method: discovery.Method) -> None:
    """The address of each of the methods leads to that method and to no other."""
    found = discovery.find(method.http, path_of(method))
    assert found is not None
    assert found.method.id == method.id


def test_an_unknown_parameter_is_refused_and_noted(server: GoogleServer) -> None:
    """A query parameter that no document knows is 400 and a violation."""
    token = server.sign_in(SCOPES)["token"]
    headers = {"Authorization": f"Bearer {token}"}
    answer = requests.get(f"{server.url}gmail/v1/users/me/messages?maxresults=3", headers=headers, timeout=5)
    assert answer.status_code == 400
    assert answer.json()["error"]["status"] == "INVALID_ARGUMENT"
    assert "maxresults" in forgiven(server)[0]


@pytest.mark.parametrize("query", ["maxResults=many", "maxResults=-1", "includeSpamTrash=yes", "q=a&q=b"])
def test_a_parameter_of_the_wrong_kind_is_refused_and_noted(server: GoogleServer, query: str) -> None:
    """A number that is none or out of range, a boolean in other words and a repetition are 400 and violations."""
    headers = {"Authorization": f"Bearer {server.sign_in(SCOPES)['token']}"}
    answer = requests.get(f"{server.url}gmail/v1/users/me/messages?{query}", headers=headers, timeout=5)
    assert answer.status_code == 400
    assert len(forgiven(server)) == 1


def test_an_unknown_address_is_refused_and_noted(server: GoogleServer) -> None:
    """What no document describes is 404 and a violation."""
    assert requests.get(f"{server.url}gmail/v1/users/me/mails", timeout=5).status_code == 404
    assert "mails" in forgiven(server)[0]


def test_a_body_with_an_unknown_field_is_refused_and_noted(server: GoogleServer, users: Made) -> None:
    """A field that the request's schema does not have is 400 and a violation."""
    status, error = refused(users.drafts().create(userId="me", body={"mesage": {}}))
    assert (status, error["errors"][0]["reason"]) == (400, "invalidArgument")
    assert "mesage" in forgiven(server)[0]


def test_an_answer_that_the_schema_does_not_allow_is_noted(server: GoogleServer, users: Made) -> None:
    """This server holds its own answers to the schemas too."""
    server._desk._handlers["gmail.users.getProfile"] = lambda _: Answer({"historyId": 7, "mail": "x"})
    users.getProfile(userId="me").execute()
    assert [each.partition(": answer: ")[2][:11] for each in forgiven(server)] == ["$: Addition", "$.historyId"]


def test_a_method_that_is_not_served_is_told(server: GoogleServer, users: Made) -> None:
    """A method of the documents that this server lacks is 501 and a violation, never a wrong answer."""
    assert refused(users.watch(userId="me", body={}))[0] == 501
    assert "gmail.users.watch" in forgiven(server)[0]


def test_a_fault_of_this_server_is_told(server: GoogleServer, users: Made) -> None:
    """When a handler breaks, the connection ends and a violation has the traceback."""

    def broken(_: object) -> Answer:
        raise ZeroDivisionError

    server._desk._handlers["gmail.users.getProfile"] = broken
    with pytest.raises(OSError, match="Remote end closed"):
        users.getProfile(userId="me").execute()
    assert all("ZeroDivisionError" in each for each in forgiven(server))


def test_without_a_token_there_is_no_entry(server: GoogleServer) -> None:
    """No token and an unknown one are 401, told apart as Google does."""
    address = f"{server.url}gmail/v1/users/me/profile"
    reasons = [
        requests.get(address, headers=headers, timeout=5).json()["error"]["errors"][0]["reason"]
        for headers in ({}, {"Authorization": "Bearer ya29.none"})
    ]
    assert reasons == ["required", "authError"]


def test_a_token_without_the_scope_is_refused(server: GoogleServer) -> None:
    """Each method wants one of the scopes that its document names."""
    with built(server, "gmail", [CALENDAR]) as client:
        status, error = refused(client.users().getProfile(userId="me"))
    assert (status, error["errors"][0]["reason"]) == (403, "insufficientPermissions")
    assert error["details"][0]["reason"] == "ACCESS_TOKEN_SCOPE_INSUFFICIENT"
    assert server.calls("gmail.*")[0].status == 403


def test_deleting_for_good_needs_more_than_modify(users: Made, server: GoogleServer) -> None:
    """messages.delete wants the scope of the whole account, as its document says."""
    message = server.state.mail.deliver(mail())
    assert refused(users.messages().delete(userId="me", id=message))[0] == 403


def test_an_expired_token_is_refreshed_by_the_client(server: GoogleServer, users: Made) -> None:
    """A token that has ended is 401, and the client gets a new one by itself."""
    server.state.oauth.end_access()
    assert users.getProfile(userId="me").execute()["emailAddress"] == "me@example.org"
    assert [each.status for each in server.traffic] == [401, 200, 200]
    assert [each.method_id for each in server.calls("oauth2.*")] == ["oauth2.token"]


def test_fields_choose_what_is_answered(server: GoogleServer, users: Made) -> None:
    """The mask reaches into lists and below, and a wrong name in it is refused."""
    message = server.state.mail.deliver(mail())
    fields = "id,payload/headers(name,value)"
    asked = {"userId": "me", "id": message, "format": "metadata", "metadataHeaders": ["subject"]}
    found = users.messages().get(**asked, fields=fields).execute()
    assert found == {"id": message, "payload": {"headers": [{"name": "Subject", "value": "Hello"}]}}
    assert refused(users.messages().get(**asked, fields="id,payload/header"))[0] == 400
    assert "header" in forgiven(server)[0]


@pytest.mark.parametrize("fields", ["id,", "a(b", "a)b", "/a", "a,(b)", "a b!"])
def test_a_mask_that_is_none_is_refused(users: Made, fields: str) -> None:
    """Masks that cannot be read are 400."""
    assert refused(users.getProfile(userId="me", fields=fields))[0] == 400


def test_a_batch_is_one_round_trip_and_costs_its_parts(server: GoogleServer, gmail: Made) -> None:
    """Parts are answered each for itself, a refused one among them too."""
    found: dict[str, Any] = {}
    wanted = [server.state.mail.deliver(mail(number=number)) for number in range(3)] + ["abc"]
    batch = gmail.new_batch_http_request(callback=lambda key, *answer: found.update({key: answer}))
    for number, message in enumerate(wanted):
        request = gmail.users().messages().get(userId="me", id=message, format="minimal")
        batch.add(request, request_id=f"{number}: <ü>")
    server.shuffle_batches()
    batch.execute()
    assert [found[f"{number}: <ü>"][0]["id"] for number in range(3)] == wanted[:3]
    assert found["3: <ü>"][1].status_code == 404
    assert (server.round_trips(), server.units(), len(server.calls("gmail.users.messages.get"))) == (1, 20, 4)


def test_a_batch_of_more_than_a_hundred_is_refused(server: GoogleServer, gmail: Made) -> None:
    """A hundred parts are the limit; more are 400, and none is done."""
    batch = gmail.new_batch_http_request()
    for _ in range(101):
        batch.add(gmail.users().labels().create(userId="me", body=label("x")))
    with pytest.raises(HttpError, match="too many parts"):
        batch.execute()
    assert server.state.mail.label_named("x") is None
    assert forgiven(server)


def test_a_batch_holds_one_service_alone(server: GoogleServer, gmail: Made) -> None:
    """A part that another service should answer is refused and noted."""
    errors: list[Any] = []
    with built(server, "calendar") as calendar:
        batch = calendar.new_batch_http_request(callback=lambda *answer: errors.append(answer[2]))
        batch.add(gmail.users().getProfile(userId="me"))
        batch.execute()
    assert errors[0].status_code == 404
    assert forgiven(server)


def test_a_fault_strikes_a_part_of_a_batch(server: GoogleServer, gmail: Made) -> None:
    """An error status ordered for a method strikes the part that calls it, after those that may pass."""
    statuses: dict[str, int] = {}

    def receive(key: str, _: object, error: HttpError | None) -> None:
        statuses[key] = 200 if error is None else error.status_code

    server.faults.add(Fault("*.getProfile", Status(429, "rateLimitExceeded"), after=1))
    batch = gmail.new_batch_http_request(callback=receive)
    for key in "abc":
        batch.add(gmail.users().getProfile(userId="me"), request_id=key)
    batch.execute()
    assert statuses == {"a": 200, "b": 429, "c": 200}


def test_an_error_status_comes_with_when_to_retry(server: GoogleServer, users: Made) -> None:
    """A fault of the kind Status is an error answer as Google's, and nothing was done."""
    server.faults.add(Fault("gmail.*", Status(503, "backendError", retry_after="7")))
    with pytest.raises(HttpError) as caught:
        users.labels().create(userId="me", body=label("x")).execute()
    assert (caught.value.status_code, caught.value.resp["retry-after"]) == (503, "7")
    assert (server.state.mail.label_named("x"), server.faults.pending) == (None, 0)


@pytest.mark.parametrize(
    ("kind", "done"),
    [(Broken.DROP_BEFORE, 0), (Broken.DROP_AFTER, 1), (Broken.CUT, 1), (Broken.GARBAGE, 1), (Delay(1.0), 1)],
)
def test_answers_get_lost_in_every_way(server: GoogleServer, kind: Broken | Delay, done: int) -> None:
    """Each kind of broken answer leaves done what it says, and the client without a JSON answer."""
    server.faults.add(Fault("gmail.users.messages.insert", kind))
    headers = {"Authorization": f"Bearer {server.sign_in(SCOPES)['token']}"}
    with pytest.raises(requests.RequestException):
        requests.post(f"{server.url}gmail/v1/users/me/messages", json=raw(mail()), headers=headers, timeout=0.3).json()
    assert len(server.state.mail.messages()) == done


def test_httplib2_inserts_twice_when_a_kept_alive_connection_dies(server: GoogleServer, users: Made) -> None:
    """The trap itself: the client's own transport sends a POST again, unasked, and one mail becomes two."""
    users.getProfile(userId="me").execute()
    server.faults.add(Fault("gmail.users.messages.insert", Broken.DROP_AFTER))
    users.messages().insert(userId="me", body=raw(mail())).execute()
    assert len(server.state.mail.messages()) == 2
    assert [each.status for each in server.calls("*.insert")] == [200, 200]


def test_connections_are_kept_alive(server: GoogleServer, users: Made) -> None:
    """Requests that follow one another use one connection, also after an error and an empty answer."""
    message = server.state.mail.deliver(mail())
    users.getProfile(userId="me").execute()
    refused(users.messages().get(userId="me", id="abc"))
    users.messages().batchModify(userId="me", body={"ids": [message], "removeLabelIds": ["UNREAD"]}).execute()
    users.getProfile(userId="me").execute()
    assert server.connections == 1


def test_an_address_too_long_for_a_get_comes_as_a_post(server: GoogleServer, users: Made) -> None:
    """The client sends a long search as POST with X-HTTP-Method-Override, and it is the same method."""
    server.state.mail.deliver(mail())
    search = " OR ".join(f"rfc822msgid:m{number}@example.org" for number in range(200))
    assert len(users.messages().list(userId="me", q=search).execute()["messages"]) == 1
    assert [each.method_id for each in server.traffic] == ["gmail.users.messages.list"]


def test_a_message_may_come_as_an_upload(server: GoogleServer, users: Made) -> None:
    """The bytes of an upload with or without a body beside it are kept as they are."""
    media = MediaInMemoryUpload(mail("Grüße"), mimetype="message/rfc822")
    plain = users.messages().insert(userId="me", media_body=media).execute()
    # Beside a body the client takes ASCII alone.
    media = MediaInMemoryUpload(mail("Hello"), mimetype="message/rfc822")
    draft = users.drafts().create(userId="me", body={"message": {}}, media_body=media).execute()
    assert server.state.mail.message(plain["id"]).raw == mail("Grüße")
    assert server.state.mail.draft(draft["id"]).raw == mail("Hello")


@pytest.mark.parametrize(
    ("status", "reason", "text"),
    [
        (403, "userRateLimitExceeded", "User-rate limit exceeded."),
        (403, "rateLimitExceeded", "Quota exceeded"),
        (429, "rateLimitExceeded", "Resource has been exhausted"),
    ],
)
def test_above_the_limit_calls_are_refused_until_time_has_passed(
    server: GoogleServer, users: Made, status: int, reason: str, text: str
) -> None:
    """Units are counted in a window by the server's clock."""
    server.limit(Limit("gmail", 3, timedelta(minutes=1), status=status, reason=reason))
    for _ in range(3):
        users.getProfile(userId="me").execute()
    told, error = refused(users.getProfile(userId="me"))
    assert (told, error["errors"][0]["reason"]) == (status, reason)
    assert error["message"].startswith(text)
    server.clock.advance(timedelta(minutes=1))
    assert users.getProfile(userId="me").execute()


def test_traffic_is_measured_from_anew(server: GoogleServer, users: Made) -> None:
    """The measures begin again after a reset."""
    users.getProfile(userId="me").execute()
    server.reset_traffic()
    users.history().list(userId="me", startHistoryId=str(10**20)).execute()
    assert (server.units(), server.round_trips(), server.calls()[0].http) == (2, 1, "GET")


def test_a_send_is_recorded(server: GoogleServer, users: Made) -> None:
    """The calls that send exist here, so that a test can tell that nobody makes them."""
    draft = users.drafts().create(userId="me", body={"message": raw(mail())}).execute()
    users.drafts().send(userId="me", body={"id": draft["id"]}).execute()
    users.messages().send(userId="me", body=raw(mail(number=2))).execute()
    assert [each.method_id for each in server.sends()] == ["gmail.users.drafts.send", "gmail.users.messages.send"]


def test_the_real_transport_is_httplib2(gmail: Made) -> None:
    """These tests drive the unpatched client on its own transport."""
    assert isinstance(gmail._http.http, httplib2.Http)

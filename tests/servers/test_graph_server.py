"""Our Microsoft 365: how it is asked, and what goes wrong on the way."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.servers import missing
from tests.servers.ews.client import raw
from tests.servers.graph import ids, shapes
from tests.servers.graph.client import client, forgiven
from tests.servers.graph.faults import Broken, Delay, Error, Fault, Status

if TYPE_CHECKING:
    from tests.servers.ews.hands import Mail
    from tests.servers.graph.client import Client
    from tests.servers.graph.server import GraphServer

INBOX = "me/mailFolders/inbox/messages"


def test_types_of_microsoft_are_there() -> None:
    """Requests and answers are held to the types of npm's @microsoft/microsoft-graph-types."""
    if not shapes.available():
        missing("Microsoft's types", "npm ci --prefix tests/servers/graph")
    assert "internetMessageHeaders" in shapes._definitions()["Message"]["properties"]


def test_answers_are_held_to_the_types(
    graph: Client, graph_server: GraphServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A property that is no Microsoft one, and a text for a truth value, are violations."""
    if not shapes.available():
        missing("Microsoft's types", "npm ci --prefix tests/servers/graph")
    monkeypatch.setattr(graph_server.state.user, "zone", 5)
    graph.get("me/mailboxSettings", select="timeZone")
    assert "timeZone" in forgiven(graph_server)[0]


def test_unknown_property_in_request_is_refused(graph: Client, graph_server: GraphServer) -> None:
    """What a type has not can be neither set nor selected."""
    if not shapes.available():
        missing("Microsoft's types", "npm ci --prefix tests/servers/graph")
    assert graph.refused("POST", "me/messages", json={"title": "x"}) == (400, "RequestBodyRead")
    assert "title" in forgiven(graph_server)[0]


def test_unknown_query_option_is_refused(graph: Client, graph_server: GraphServer) -> None:
    """An option that the resource does not know is an error and no silence."""
    assert graph.refused("GET", "me/messages?$selct=id")[0] == 400
    assert len(forgiven(graph_server)) == 1
    assert graph.refused("GET", "me/messages?$select=colour") == (400, "RequestBroker--ParseUri")


def test_unknown_resource_is_a_violation(graph: Client, graph_server: GraphServer) -> None:
    """A path that this server has not is noted, so that no test passes by accident."""
    assert graph.refused("GET", "me/todo/lists") == (400, "BadRequest")
    assert "knows no such resource" in forgiven(graph_server)[0]


def test_folder_is_named_in_any_case(graph: Client) -> None:
    """Well-known names of folders are words for ids, in any case."""
    inbox = graph.get("me/mailFolders/inbox")
    assert graph.get("me/mailFolders/Inbox")["id"] == graph.get(f"me/mailFolders/{inbox['id']}")["id"] == inbox["id"]


def test_folders_show_their_marks(graph: Client, graph_hands: Mail) -> None:
    """Counts and extended properties of a folder tell that something in it has changed."""
    marks = "singleValueExtendedProperties($filter=id eq 'SystemTime 0x670A' or id eq 'Integer 0x670B')"
    ref = graph_hands.deliver(raw())
    graph_hands.user_moves(ref, "deleteditems")
    shown = graph.get("me/mailFolders/inbox", expand=marks)
    assert (shown["totalItemCount"], shown["unreadItemCount"]) == (0, 0)
    assert [each["id"] for each in shown["singleValueExtendedProperties"]] == ["SystemTime 0x670a", "Integer 0x670b"]
    assert shown["singleValueExtendedProperties"][1]["value"] == "1"


def test_folder_is_made_once(graph: Client, graph_hands: Mail) -> None:
    """Two folders in one place cannot have one name; one below another is listed there."""
    made = graph.post("me/mailFolders", displayName="Calls")
    assert graph.refused("POST", "me/mailFolders", json={"displayName": "calls"}) == (409, "ErrorFolderExists")
    below = graph.post(f"me/mailFolders/{made['id']}/childFolders", displayName="Old")
    assert [each["id"] for each in graph.get(f"me/mailFolders/{made['id']}/childFolders")["value"]] == [below["id"]]
    assert graph_hands.folder("Old").parent == graph_hands.folder("Calls").id


def test_folder_delta_tells_new_and_gone_folders(graph: Client, graph_hands: Mail) -> None:
    """All folders come flat, whatever lies above them, and later only what happened to them."""
    graph_hands.add_folder("Deep", graph_hands.add_folder("Top"))
    first = graph.get("me/mailFolders/delta", prefer="odata.maxpagesize=100")
    assert {"Inbox", "Top", "Deep"} <= {each["displayName"] for each in first["value"]}
    graph_hands.delete_folder("Deep")
    later = graph.get(first["@odata.deltaLink"])
    assert [each["@removed"] for each in later["value"]] == [{"reason": "deleted"}]


def test_folder_delta_tells_a_new_name_and_no_new_mail(
    graph: Client, graph_server: GraphServer, graph_hands: Mail
) -> None:
    """A folder is told again when it is renamed, and not when a mail comes into it."""
    graph_hands.add_folder("Calls")
    first = graph.get("me/mailFolders/delta", prefer="odata.maxpagesize=100")
    graph_hands.deliver(raw(), "Calls")
    second = graph.get(first["@odata.deltaLink"])
    assert second["value"] == []
    graph_server.state.folder_parts.user_renames("Calls", "Old calls")
    assert [each["displayName"] for each in graph.get(second["@odata.deltaLink"])["value"]] == ["Old calls"]


def test_withdrawn_folder_is_forbidden(graph: Client, graph_hands: Mail) -> None:
    """A folder that the user may no longer see is 403, not 404."""
    graph_hands.withdraw("inbox")
    assert graph.refused("GET", INBOX) == (403, "ErrorAccessDenied")


def test_user_and_settings(graph: Client) -> None:
    """The address and the zone of the user are where the documentation has them."""
    assert graph.get("me", select="mail")["mail"] == "me@example.org"
    assert graph.get("me/mailboxSettings")["timeZone"] == "W. Europe Standard Time"


def test_categories_have_preset_colours(graph: Client, graph_server: GraphServer) -> None:
    """The list of categories takes a new one once, and it is the one that Exchange keeps."""
    graph.post("me/outlook/masterCategories", displayName="Callbacks/To call", color="preset7")
    assert graph_server.state.configurations.categories()["Callbacks/To call"] == 7
    again = {"displayName": "callbacks/to call", "color": "preset1"}
    assert graph.refused("POST", "me/outlook/masterCategories", json=again)[0] == 409
    shown = graph.get("me/outlook/masterCategories")["value"]
    assert shown[-1]["displayName"] == "Callbacks/To call"
    path = f"me/outlook/masterCategories/{shown[-1]['id']}"
    assert graph.patch(path, color="none")["color"] == "none"
    assert graph.ask("DELETE", path).status_code == 204
    assert graph.refused("GET", path) == (404, "ErrorItemNotFound")


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        (Status(503, "2"), 503, "ServiceUnavailable"),
        (Status(429, "1"), 429, "ApplicationThrottled"),
        (Error("ErrorMailboxMoveInProgress"), 503, "ErrorMailboxMoveInProgress"),
        (Error("ErrorQuotaExceeded", "The mailbox is full."), 507, "ErrorQuotaExceeded"),
        (Broken.UNAUTHORIZED, 401, "InvalidAuthenticationToken"),
    ],
)
def test_ordered_error_comes_in_place_of_the_work(
    graph: Client, graph_server: GraphServer, kind: Status | Error | Broken, status: int, code: str
) -> None:
    """An ordered error is answered in Graph's words and nothing is done."""
    graph_server.faults.add(Fault("POST /me/mailFolders", kind))
    assert graph.refused("POST", "me/mailFolders", json={"displayName": "Calls"}) == (status, code)
    assert "Calls" not in [each["displayName"] for each in graph.get("me/mailFolders", top=50)["value"]]
    assert graph_server.faults.pending == 0


def test_retry_after_is_answered(graph: Client, graph_server: GraphServer) -> None:
    """A refusal may say how long to wait."""
    graph_server.faults.add(Fault("GET /me", Status(429, "7"), after=1))
    assert graph.ask("GET", "me").status_code == 200
    assert graph.ask("GET", "me").headers["Retry-After"] == "7"


@pytest.mark.parametrize("kind", [Broken.DROP_BEFORE, Broken.DROP_AFTER, Broken.CUT])
def test_connection_is_dropped(graph: Client, graph_server: GraphServer, kind: Broken) -> None:
    """A connection ends in place of an answer; the work may be done all the same."""
    graph_server.faults.add(Fault("POST /me/mailFolders", kind))
    with pytest.raises(httpx.RemoteProtocolError):
        graph.post("me/mailFolders", displayName="Calls")
    made = "Calls" in [each["displayName"] for each in graph.get("me/mailFolders", top=50)["value"]]
    assert made is (kind is not Broken.DROP_BEFORE)


def test_answer_is_no_json(graph: Client, graph_server: GraphServer) -> None:
    """A captive portal answers a page, and a broken proxy bytes that are no UTF-8."""
    graph_server.faults.add(Fault("GET /me", Broken.GARBAGE), Fault("GET /me", Broken.WRONG_CHARSET, after=1))
    assert graph.ask("GET", "me").text.startswith("<html>")
    with pytest.raises(UnicodeDecodeError):
        graph.ask("GET", "me").content.decode()


def test_answer_without_end(graph: Client, graph_server: GraphServer) -> None:
    """An answer may never end, and the client has to."""
    graph_server.faults.add(Fault("GET /me", Broken.HUGE))
    with graph.http.stream("GET", "me") as answer:
        sizes = (len(each) for each in answer.iter_raw())
        assert next(size for size in sizes if size > 1000) > 1000


def test_answer_drips(graph: Client, graph_server: GraphServer) -> None:
    """An answer may come one byte at a time, faster than a read timeout notices."""
    graph_server.faults.add(Fault("GET /me", Broken.DRIP))
    began = time.monotonic()
    with graph.http.stream("GET", "me") as answer:
        pieces = answer.iter_raw()
        assert [len(next(pieces)) for _ in range(3)] == [1, 1, 1]
    assert time.monotonic() - began > 0.3


def test_fifth_request_at_once_is_refused(graph: Client, graph_server: GraphServer) -> None:
    """Outlook answers four requests for a mailbox at the same time; the next is told to wait."""
    graph_server.faults.add(Fault("GET /me", Delay(0.5), times=4))
    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(lambda _: graph.ask("GET", "me"), range(5)))
    assert sorted(each.status_code for each in answers) == [200, 200, 200, 200, 429]
    refused = next(each for each in answers if each.status_code == 429)
    assert (refused.json()["error"]["code"], refused.headers["Retry-After"]) == ("ApplicationThrottled", "1")


def test_traffic_is_counted(graph: Client, graph_server: GraphServer) -> None:
    """Each request is noted by its resource, and the parts of a batch are one round trip."""
    parts = [{"id": str(at), "method": "GET", "url": "/me"} for at in range(3)]
    graph.post("$batch", requests=parts)
    graph.get("me/mailFolders/inbox")
    assert [each.operation for each in graph_server.calls("GET /me*")] == ["GET /me"] * 3 + [
        "GET /me/mailFolders/{folder}"
    ]
    assert (graph_server.round_trips(), graph_server.round_trips("GET /me")) == (2, 1)
    graph_server.reset_traffic()
    assert graph_server.calls() == []


def test_watcher_sees_requests_before_and_after(graph: Client, graph_server: GraphServer) -> None:
    """A test may stop the world before a request takes effect and after it."""
    seen: list[tuple[str, str]] = []
    graph_server.watch = lambda when, request: seen.append((when, request.target))
    graph.get("me")
    assert seen == [("before", "/v1.0/me"), ("after", "/v1.0/me")]


def test_preferences_may_come_one_by_one(graph: Client, graph_hands: Mail) -> None:
    """Header fields of one name are one list."""
    ref = graph_hands.deliver(raw())
    prefer = [("Prefer", "odata.maxpagesize=1"), ("Prefer", 'IdType="ImmutableId"')]
    answer = graph.http.get(INBOX, headers=httpx.Headers(prefer))
    assert answer.json()["value"][0]["id"] == ids.address(ref)


def test_state_is_kept_and_restored(graph: Client, graph_server: GraphServer, graph_hands: Mail) -> None:
    """A copy of the account brings back everything, ids and tokens too."""
    graph_hands.deliver(raw())
    link = graph.get(f"{INBOX}/delta")["@odata.deltaLink"]
    kept = graph_server.keep()
    graph_server.state.mail.deliver(raw("Later", number=2))
    assert len(graph.get(link)["value"]) == 1
    graph_server.restore(kept)
    assert graph.get(link)["value"] == []


def test_graph_answers_over_tls_too(graph_server: GraphServer) -> None:
    """The same account is there behind a certificate that only the tests trust."""
    with client(graph_server) as opened:
        assert opened.get(f"{graph_server.safe_url}me/mailFolders", top=1)["@odata.nextLink"].startswith("https://127.")
    with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        httpx.get(f"{graph_server.safe_url}me", trust_env=False)

"""One account over our Graph: what it costs, what is tried again, what ends, and what must never be asked twice."""

from __future__ import annotations

import base64
import time
from datetime import timedelta
from threading import Thread
from typing import TYPE_CHECKING

import pytest

from assistant.errors import (
    AuthError,
    CursorExpiredError,
    InvalidResponseError,
    NotFoundError,
    ProviderError,
    TransientError,
    UnsupportedError,
)
from providers._net import Patience, ThrottledError
from providers.microsoft365 import transport
from providers.microsoft365.service import Graph, Part, at
from tests.servers.graph.faults import Broken, Delay, Error, Fault, Status
from tests.servers.graph.server import SCOPES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.servers.ews.hands import Mail
    from tests.servers.graph.faults import Kind
    from tests.servers.graph.server import GraphServer

OPERATION = "mailbox.changes"
SHORT = Patience(request=timedelta(seconds=0.5), total=timedelta(seconds=1), throttled=timedelta(seconds=2))
ME = "GET /me"
MAIL = b"From: ann@acme.example\r\nTo: me@example.org\r\nSubject: Hello\r\nMessage-ID: <1@acme.example>\r\n\r\nHi\r\n"


class Tokens:
    """Signs with what the server gives, anew when asked."""

    def __init__(self, server: GraphServer) -> None:
        self._server = server
        self.challenges: list[str] = []
        self.given = str(server.sign_in(SCOPES)["access_token"])

    def __call__(self, challenge: str | None = None) -> str:
        """Return an access token."""
        if challenge is not None:
            self.challenges.append(challenge)
            self.given = str(self._server.sign_in(SCOPES)["access_token"])
        return self.given


@pytest.fixture
def tokens(graph_server: GraphServer) -> Tokens:
    """Return what signs."""
    return Tokens(graph_server)


@pytest.fixture
def account(graph_server: GraphServer, tokens: Tokens) -> Iterator[Graph]:
    """Return the account of the server's user, with little patience."""
    opened = Graph(tokens, root=graph_server.url, patience=SHORT)
    yield opened
    opened.close()


def _me(account: Graph) -> object:
    return account.call(OPERATION, "GET", at("me"))["mail"]


def test_a_start_is_one_request_on_one_connection(graph_server: GraphServer, account: Graph) -> None:
    """Nothing is asked that nobody needs, and the connection is kept."""
    assert [_me(account) for _ in range(5)] == [graph_server.address] * 5
    assert [one.operation for one in graph_server.traffic] == [ME] * 5
    assert graph_server.connections == 1


def test_ids_stay_when_a_mail_moves(account: Graph, graph_hands: Mail) -> None:
    """Every request asks for immutable ids, those of a batch too."""
    ref = graph_hands.deliver(MAIL)
    (single,) = account.items(OPERATION, at("me", "messages"), {"$select": "id"})
    batched = account.each(OPERATION, {"a": Part("GET", "me/messages", {"$select": "id"})})["a"]
    assert isinstance(batched, dict)
    assert single["id"] == batched["value"][0]["id"]
    graph_hands.user_moves(ref, "deleteditems")
    assert account.call(OPERATION, "GET", at("me", "messages", single["id"]))["id"] == single["id"]


def test_a_message_is_read_as_it_is(account: Graph, graph_hands: Mail) -> None:
    """`raw` returns the MIME, alone and in a batch."""
    graph_hands.deliver(MAIL)
    (one,) = account.items(OPERATION, at("me", "messages"))
    path = at("me", "messages", one["id"], "$value")
    raw = account.raw("mailbox.fetch", path)
    assert b"Subject: Hello" in raw
    assert account.each("mailbox.fetch", {"a": Part("GET", path)}) == {"a": {"content": raw}}
    with pytest.raises(NotFoundError):
        account.raw("mailbox.fetch", at("me", "messages", "AAMkAA=", "$value"))


def test_pages_are_followed(graph_server: GraphServer, account: Graph, graph_hands: Mail) -> None:
    """All of a list comes, page by page, with the preferences on each page."""
    for number in range(7):
        graph_hands.deliver(MAIL.replace(b"<1@", b"<%d@" % number))
    size = {"Prefer": "odata.maxpagesize=3"}
    path = at("me", "mailFolders", "inbox", "messages", "delta")
    pages = list(account.pages(OPERATION, path, {"$select": "id"}, headers=size))
    assert [len(page["value"]) for page in pages][:3] == [3, 3, 1]
    link = str(pages[-1]["@odata.deltaLink"])
    graph_server.reset_traffic()
    assert account.call(OPERATION, "GET", link)["value"] == []
    graph_server.state.delta.expire("SyncStateNotFound")
    with pytest.raises(CursorExpiredError):
        account.call(OPERATION, "GET", link)


def test_pages_in_a_circle_end(graph_server: GraphServer, account: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that comes again is an answer that cannot be right."""
    page = {"value": [], "@odata.nextLink": f"{graph_server.url}me/messages?$skip=1"}
    monkeypatch.setattr(account, "call", lambda *_, **__: page)
    with pytest.raises(InvalidResponseError, match="circle"):
        list(account.pages(OPERATION, at("me", "messages")))


@pytest.mark.parametrize("page", [{}, {"value": None}, {"value": [5]}])
def test_what_is_no_list_is_told(account: Graph, monkeypatch: pytest.MonkeyPatch, page: dict[str, object]) -> None:
    """A list without a list is none."""
    monkeypatch.setattr(account, "call", lambda *_, **__: page)
    with pytest.raises(InvalidResponseError, match="no list"):
        list(account.items(OPERATION, at("me", "messages")))


def test_what_may_be_repeated_is_repeated(graph_server: GraphServer, account: Graph) -> None:
    """A dropped connection, an outage and a mailbox on the move are waited out."""
    graph_server.faults.add(
        Fault(ME, Broken.DROP_BEFORE),
        Fault(ME, Status(503)),
        Fault(ME, Error("ErrorMailboxMoveInProgress")),
        Fault(ME, Status(429, "0")),
    )
    assert _me(account) == graph_server.address
    assert graph_server.faults.pending == 0


@pytest.mark.parametrize("kind", [Broken.DROP_AFTER, Broken.CUT, Status(429, "0"), Status(502), Delay(0.8)])
def test_what_may_not_be_repeated_is_sent_once(graph_server: GraphServer, account: Graph, kind: Kind) -> None:
    """Then it is up to the caller to look whether it was done."""
    graph_server.faults.add(Fault("POST /me/messages", kind))
    draft = base64.b64encode(MAIL)
    with pytest.raises(TransientError):
        account.call("drafts.put", "POST", at("me", "messages"), content=draft, again=False)
    time.sleep(0.5)  # an answer that was not waited for is noted late
    assert graph_server.round_trips() == 1


def test_a_kept_connection_that_died_does_not_send_twice(graph_server: GraphServer, account: Graph) -> None:
    """After a first answer the connection is dropped during a POST; it is made once."""
    _me(account)
    graph_server.faults.add(Fault("POST /me/messages", Broken.DROP_AFTER))
    with pytest.raises(TransientError):
        account.call("drafts.put", "POST", at("me", "messages"), content=base64.b64encode(MAIL), again=False)
    drafts = list(account.items("drafts.list", at("me", "mailFolders", "drafts", "messages")))
    assert len(drafts) == 1


def test_a_lost_answer_is_looked_for(graph_server: GraphServer, account: Graph) -> None:
    """`once` makes one thing although the answer to the first try was lost."""

    def make() -> str:
        path = at("me", "messages")
        return str(account.call("drafts.put", "POST", path, content=base64.b64encode(MAIL), again=False)["id"])

    def look() -> str | None:
        drafts = account.items("drafts.put", at("me", "mailFolders", "drafts", "messages"), {"$select": "id"})
        return next((str(one["id"]) for one in drafts), None)

    graph_server.faults.add(
        Fault("POST /me/messages", Broken.DROP_BEFORE), Fault("POST /me/messages", Broken.DROP_AFTER)
    )
    assert account.once("drafts.put", make, look) == look()
    assert len(graph_server.calls("POST /me/messages")) == 2
    assert len(list(account.items("drafts.list", at("me", "mailFolders", "drafts", "messages")))) == 1


def test_the_wait_that_is_asked_for_is_kept(graph_server: GraphServer, account: Graph) -> None:
    """Retry-After is waited, and then it works."""
    graph_server.faults.add(Fault(ME, Status(429, "1")))
    begun = time.monotonic()
    assert _me(account)
    assert time.monotonic() - begun >= 1


@pytest.mark.parametrize("status", [429, 503])
def test_a_wait_beyond_our_patience_ends_the_tries(graph_server: GraphServer, account: Graph, status: int) -> None:
    """An hour is not waited for: the next pass tries again."""
    graph_server.faults.add(Fault(ME, Status(status, "3600")))
    begun = time.monotonic()
    with pytest.raises(ThrottledError) as caught:
        _me(account)
    assert caught.value.retry_after == timedelta(hours=1)
    assert time.monotonic() - begun < 1


def test_what_is_out_of_order_costs_its_patience_once(graph_server: GraphServer, account: Graph) -> None:
    """One request that always fails is tried once from then on, others with patience; a success mends it."""
    graph_server.faults.add(Fault("GET /me/mailFolders", Status(500), times=1000))

    def fail() -> float:
        begun = time.monotonic()
        with pytest.raises(TransientError):
            account.call(OPERATION, "GET", at("me", "mailFolders"))
        return time.monotonic() - begun

    assert fail() > 0.8
    assert fail() < 0.3
    graph_server.faults.add(Fault(ME, Status(500)))
    assert _me(account)
    graph_server.faults.clear()
    assert account.call(OPERATION, "GET", at("me", "mailFolders"))["value"]
    graph_server.faults.add(Fault("GET /me/mailFolders", Status(500)))
    assert account.call(OPERATION, "GET", at("me", "mailFolders"))["value"]


def test_a_server_that_is_away_costs_its_patience_once() -> None:
    """Where nobody answers, the second request of any kind is one try."""
    graph = Graph(lambda _=None: "token", root="http://127.0.0.1:9/v1.0/", patience=SHORT)
    begun = time.monotonic()
    with pytest.raises(TransientError, match="no answer from Microsoft"):
        graph.call(OPERATION, "GET", at("me"))
    assert time.monotonic() - begun > 0.8
    begun = time.monotonic()
    with pytest.raises(TransientError):
        graph.call(OPERATION, "GET", at("me", "messages"))
    assert time.monotonic() - begun < 0.3
    graph.close()


@pytest.mark.parametrize("kind", [Broken.GARBAGE, Broken.WRONG_CHARSET])
def test_an_answer_of_somebody_else_is_told(graph_server: GraphServer, account: Graph, kind: Kind) -> None:
    """The page of a captive portal is no empty mailbox, alone and in place of a batch."""
    graph_server.faults.add(Fault("*", kind, times=2))
    with pytest.raises(InvalidResponseError, match="proxy"):
        _me(account)
    with pytest.raises(InvalidResponseError, match="proxy"):
        account.each(OPERATION, {"a": Part("GET", "me")})


def test_an_answer_without_end_ends(graph_server: GraphServer, account: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    """What grows beyond any answer of Microsoft's is not read further."""
    monkeypatch.setattr(transport, "_LARGEST", 1 << 20)
    graph_server.faults.add(Fault(ME, Broken.HUGE))
    with pytest.raises(InvalidResponseError, match="TooLargeError"):
        _me(account)


def test_an_answer_that_drips_ends(graph_server: GraphServer, account: Graph) -> None:
    """A byte now and then does not hold a pass for ever."""
    graph_server.faults.add(Fault(ME, Broken.DRIP, times=100))
    begun = time.monotonic()
    with pytest.raises(TransientError, match="timed out"):
        _me(account)
    assert time.monotonic() - begun < 4


def test_a_token_that_ended_is_renewed_once(graph_server: GraphServer, account: Graph, tokens: Tokens) -> None:
    """Nobody notices an access token that ran out."""
    graph_server.state.entra.end_access()
    assert _me(account)
    assert tokens.challenges == [""]
    assert [one.status for one in graph_server.calls(ME)] == [401, 200]


def test_a_token_that_is_never_accepted_is_told(graph_server: GraphServer, account: Graph, tokens: Tokens) -> None:
    """A second refusal means that signing in is needed; patience is not used up on it."""
    graph_server.faults.add(Fault(ME, Broken.UNAUTHORIZED, times=100))
    with pytest.raises(AuthError, match="Run: ringback connect microsoft365"):
        _me(account)
    assert tokens.challenges == [""]
    assert graph_server.round_trips(ME) == 2


def test_claims_are_asked_for_as_graph_wants_them(graph_server: GraphServer, account: Graph, tokens: Tokens) -> None:
    """Continuous access evaluation: the claims of the challenge reach the sign-in, and the request is made again."""
    graph_server.state.entra.demand_claims()
    graph_server.clock.advance(timedelta(seconds=1))
    assert _me(account)
    (claims,) = tokens.challenges
    assert '"nbf"' in claims


def test_a_batch_renews_its_token_too(graph_server: GraphServer, account: Graph, tokens: Tokens) -> None:
    """Microsoft answers 200 to the batch and 401 in it: the parts are asked once more."""
    graph_server.state.entra.end_access()
    found = account.each(OPERATION, {"a": Part("GET", "me"), "b": Part("GET", "me/mailFolders")})
    assert [isinstance(one, dict) for one in found.values()] == [True, True]
    assert tokens.challenges == [""]
    assert graph_server.round_trips() == 2


def test_a_missing_right_is_no_reason_to_renew(graph_server: GraphServer) -> None:
    """A token without the scope is refused for good, and asked for no second time."""
    token = str(graph_server.sign_in(["User.Read"])["access_token"])
    asked: list[str | None] = []

    def tokens(challenge: str | None = None) -> str:
        asked.append(challenge)
        return token

    graph = Graph(tokens, root=graph_server.url, patience=SHORT)
    with pytest.raises(UnsupportedError, match="ErrorAccessDenied"):
        graph.call(OPERATION, "GET", at("me", "messages"))
    assert asked == [None]
    graph.close()


def test_many_requests_are_few_round_trips(graph_server: GraphServer, account: Graph) -> None:
    """Forty-five parts are three batches, answered in the order asked."""
    wanted = {str(number): Part("GET", "me", {"$select": "mail"}) for number in range(45)}
    found = account.each(OPERATION, wanted)
    assert list(found) == list(wanted)
    assert all(isinstance(one, dict) and one["mail"] == graph_server.address for one in found.values())
    assert graph_server.round_trips() == 3


def test_a_part_that_fails_fails_alone(graph_server: GraphServer, account: Graph) -> None:
    """Its error is its own, and the others have their answers; nothing is asked again."""
    found = account.each(
        OPERATION, {"a": Part("GET", "me"), "b": Part("GET", "me/messages/AAMkAA="), "c": Part("GET", "me")}
    )
    assert isinstance(found["a"], dict)
    assert isinstance(found["b"], NotFoundError)
    assert isinstance(found["c"], dict)
    assert graph_server.round_trips() == 1


def test_throttled_parts_are_asked_again_alone(graph_server: GraphServer, account: Graph) -> None:
    """Only those that were refused are repeated, after the longest wait that one of them asks for."""
    graph_server.faults.add(Fault("GET /me/mailFolders", Status(429, "1")), Fault("GET /me/messages", Status(503)))
    begun = time.monotonic()
    wanted = {"a": Part("GET", "me"), "b": Part("GET", "me/mailFolders"), "c": Part("GET", "me/messages")}
    found = account.each(OPERATION, wanted)
    assert all(isinstance(one, dict) for one in found.values())
    assert time.monotonic() - begun >= 1
    assert graph_server.round_trips() == 2
    assert len(graph_server.calls(ME)) == 1


def test_parts_that_stay_throttled_are_told_one_by_one(graph_server: GraphServer, account: Graph) -> None:
    """When patience ends, what worked is returned and what did not is an error of its own."""
    graph_server.faults.add(Fault("GET /me/mailFolders", Status(429), times=1000))
    found = account.each(OPERATION, {"a": Part("GET", "me"), "b": Part("GET", "me/mailFolders")})
    assert isinstance(found["a"], dict)
    assert isinstance(found["b"], ThrottledError)


def test_parts_that_must_not_be_repeated_are_not(graph_server: GraphServer, account: Graph) -> None:
    """With `again` False a failed part is told and not tried again, and neither is a batch without an answer."""
    wanted = {"a": Part("POST", "me/messages", body={"subject": "x"}), "b": Part("GET", "me")}
    graph_server.faults.add(Fault("POST /me/messages", Status(503)))
    found = account.each(OPERATION, wanted, again=False)
    assert isinstance(found["a"], TransientError)
    assert isinstance(found["b"], dict)
    graph_server.faults.add(Fault("POST /$batch", Broken.DROP_AFTER))
    with pytest.raises(TransientError):
        account.each(OPERATION, wanted, again=False)
    assert graph_server.round_trips() == 2


def test_a_lost_batch_is_asked_again(graph_server: GraphServer, account: Graph) -> None:
    """A batch without an answer is repeated with patience; one that never comes is an error for all."""
    graph_server.faults.add(Fault("POST /$batch", Broken.DROP_BEFORE), Fault("POST /$batch", Status(504)))
    assert isinstance(account.each(OPERATION, {"a": Part("GET", "me")})["a"], dict)
    graph_server.faults.add(Fault("POST /$batch", Status(503), times=1000))
    with pytest.raises(TransientError):
        account.each(OPERATION, {"a": Part("GET", "me")})


def test_parts_wait_for_others(graph_server: GraphServer, account: Graph) -> None:
    """What depends on a part that fails is not done, also when that was in an earlier batch."""
    wanted = {"a": Part("GET", "me/messages/AAMkAA=")}
    wanted |= {str(number): Part("GET", "me") for number in range(19)}
    wanted |= {"b": Part("POST", "me/messages", body={"subject": "x"}, after="a")}
    found = account.each(OPERATION, wanted)
    assert isinstance(found["b"], NotFoundError)
    assert graph_server.calls("POST /me/messages") == []
    together = {"a": wanted["a"], "b": wanted["b"]}
    assert isinstance(account.each(OPERATION, together)["b"], NotFoundError)
    assert graph_server.calls("POST /me/messages") == []


def test_five_at_once_are_never_asked(graph_server: GraphServer, account: Graph) -> None:
    """Eight threads on one account share four connections, so that the mailbox refuses none of them."""
    errors: list[ProviderError] = []

    def ask() -> None:
        try:
            _me(account)
        except ProviderError as error:
            errors.append(error)

    graph_server.faults.add(Fault(ME, Delay(0.05), times=8))
    threads = [Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert {one.status for one in graph_server.traffic} == {200}
    assert graph_server.connections <= 4


def test_the_clock_of_the_server_is_known(account: Graph) -> None:
    """For `doctor`, from the last answer."""
    assert account.served is None
    _me(account)
    assert account.served is not None

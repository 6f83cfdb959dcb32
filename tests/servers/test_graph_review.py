"""What a second look at the Microsoft 365 provider found: each a thing that went wrong once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import msgspec
import pytest

from assistant.errors import CursorExpiredError, InvalidResponseError, ProviderError
from assistant.model.mailbox import Cursor, Folder
from providers.microsoft365 import errors, heads, properties, service
from providers.microsoft365.drafts import GraphDraftBox
from providers.microsoft365.mailbox import GraphMailbox
from providers.microsoft365.service import Graph, at
from tests.contract.harness import mail
from tests.contract.microsoft365 import QUICK, Microsoft365Harness
from tests.servers.graph import ids
from tests.servers.graph.faults import Error, Fault
from tests.unit.providers.graph_user import User

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.servers.graph.server import GraphServer

PATCH = "PATCH /me/messages/{message}"
ANSWER = "POST /me/messages/{message}/createReply"
DRAFT = "POST /me/messages"
DELTA = "GET /me/mailFolders/{folder}/messages/delta"
REPLY = mail(
    "Re: Missed call",
    body="Sorry.\n",
    number=77,
    From="me@example.org",
    To="ann@acme.example",
    In_Reply_To="<m1@example.org>",
)


@pytest.fixture
def hands() -> Iterator[Microsoft365Harness]:
    """Return an empty account."""
    found = Microsoft365Harness()
    yield found
    found.close()


@pytest.fixture
def graph(hands: Microsoft365Harness) -> Graph:
    """Return a connection to it."""
    return hands.open(QUICK)


# --- drafts


@pytest.mark.parametrize("code", ["ErrorItemNotFound", "ErrorAccessDenied"])
def test_an_answer_whose_mail_goes_meanwhile_is_no_second_draft(
    hands: Microsoft365Harness, graph: Graph, code: str
) -> None:
    """The user deletes the mail just after Microsoft made the answer: its unread mark cannot come back."""
    hands.deliver_mail(mail())
    hands.server.faults.add(Fault(PATCH, Error(code), 5))
    made = GraphDraftBox(graph).put(REPLY, "k", "any")
    assert [ids.address(each.id) for each in hands.mail.inside("drafts")] == [made.ref]
    assert hands.server.round_trips(DRAFT) == 0
    hands.server.faults.clear()


def test_an_answer_that_exchange_still_works_on_is_no_second_draft(
    hands: Microsoft365Harness, graph: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The words of an answer are refused at first (412): they are written again, into the same draft."""
    monkeypatch.setattr("providers.microsoft365.writing.says", lambda *_: False)
    hands.deliver_mail(mail())
    hands.server.faults.add(Fault(PATCH, Error("ErrorIrresolvableConflict"), 2, 1))
    GraphDraftBox(graph).put(REPLY, "k", "any")
    assert len(hands.mail.inside("drafts")) == 1
    hands.server.faults.add(Fault(PATCH, Error("ErrorIrresolvableConflict"), 50, 1))
    other = REPLY.replace(b"m77", b"m78")
    made = GraphDraftBox(graph).put(other, "k2", "any")
    hands.server.faults.clear()
    assert [ids.address(each.id) for each in hands.mail.inside("drafts")][1:] == [made.ref]


def test_a_draft_of_which_nothing_is_told_is_not_gone(graph: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty answer is a fault, not the user's having discarded the draft: deleting it must not seem done."""
    box = GraphDraftBox(graph)
    made = box.put(REPLY, "k")
    monkeypatch.setattr(graph, "each", lambda _operation, wanted, **_: {key: {} for key in wanted})
    with pytest.raises(InvalidResponseError):
        box.delete(made.ref, made.etag)
    with pytest.raises(InvalidResponseError):
        GraphDraftBox(graph).get(made.ref)


# --- mail


def test_a_mail_deleted_before_its_folder_is_told(hands: Microsoft365Harness, graph: Graph) -> None:
    """Both go to the trash between two looks: the mail that went first is gone too."""
    first = hands.deliver_mail(mail(number=1), Folder.OTHER)
    second = hands.deliver_mail(mail(number=2), Folder.OTHER)
    mailbox = GraphMailbox(graph, hands.server.address)
    before = mailbox.changes(None)
    assert {head.ref for head in before.heads} == {first, second}
    hands.user_moves_mail(first, Folder.TRASH)
    with hands.server.lock:
        folders = hands.server.state.folders
        family = next(each for each in folders.all.values() if each.name == "Family")
        family.parent = folders.named("deleteditems").id
        folders.touch(family.id)
    after = mailbox.changes(before.cursor)
    assert set(after.removed) == {first, second}


def test_a_folder_in_the_trash_whose_link_is_too_old(hands: Microsoft365Harness, graph: Graph) -> None:
    """Which mails left it before it was moved cannot be told: all is read again, and it is so at one pass only."""
    hands.deliver_mail(mail(), Folder.OTHER)
    mailbox = GraphMailbox(graph, hands.server.address)
    before = mailbox.changes(None)
    with hands.server.lock:
        folders = hands.server.state.folders
        family = next(each for each in folders.all.values() if each.name == "Family")
        family.parent = folders.named("deleteditems").id
    hands.server.faults.add(Fault(DELTA, Error("BadlyFormedToken"), 50))
    with pytest.raises(CursorExpiredError):
        mailbox.changes(before.cursor)
    hands.server.faults.clear()
    assert mailbox.changes(None).total == 0


def test_a_link_that_is_refused_without_a_reason_is_begun_anew(hands: Microsoft365Harness, graph: Graph) -> None:
    """A 400 in words that nobody knows would come at every pass: all is read again, once."""
    mailbox = GraphMailbox(graph, hands.server.address)
    before = mailbox.changes(None)
    hands.server.faults.add(Fault(DELTA, Error("BadlyFormedToken")))
    with pytest.raises(CursorExpiredError):
        mailbox.changes(before.cursor)
    assert mailbox.changes(None).cursor is not None


def test_a_link_to_elsewhere_is_not_kept(
    hands: Microsoft365Harness, graph: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the token nor the cursor follows a link to another server, at that pass or a later one."""
    real = graph.each

    def lured(*args: object, **more: object) -> dict[str, object]:
        found = real(*args, **more)  # type: ignore[arg-type]  # as they come
        delta = "@odata.deltaLink"
        return {
            name: {**one, delta: "https://evil.example/v1.0/me"} if isinstance(one, dict) and delta in one else one
            for name, one in found.items()
        }

    monkeypatch.setattr(graph, "each", lured)
    with pytest.raises(InvalidResponseError):
        GraphMailbox(graph, hands.server.address).changes(None)


def test_a_cursor_that_was_led_astray_asks_nobody_else(hands: Microsoft365Harness, graph: Graph) -> None:
    """A link in a cursor that somebody changed leads to no other server and to no request but those that are ours."""
    mailbox = GraphMailbox(graph, hands.server.address)
    stand = msgspec.json.decode(mailbox.changes(None).cursor)
    for link in ("https://evil.example/v1.0/me/messages", "//evil.example/me", "me/sendMail", "../beta/me/messages"):
        for kept in stand["folders"].values():
            kept["link"] = link
        hands.server.reset_traffic()
        with pytest.raises(ProviderError):
            mailbox.changes(Cursor(msgspec.json.encode(stand).decode()))
        assert hands.server.traffic == []


# --- hostile answers


def test_a_list_without_end_ends(graph: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages that always name another one are given up, though no link comes twice."""
    monkeypatch.setattr(service, "_MOST_PAGES", 5)
    asked: list[str] = []

    def page(_operation: str, _method: str, path: str, **_: object) -> dict[str, object]:
        asked.append(path)
        return {"value": [], "@odata.nextLink": f"{graph.root}me/messages?$skip={len(asked)}"}

    monkeypatch.setattr(graph, "call", page)
    with pytest.raises(InvalidResponseError):
        list(graph.items("mailbox.search", at("me", "messages")))
    assert len(asked) == 6


@pytest.mark.parametrize("version", ['W/"ä"', "\ud800"])
def test_a_version_that_no_field_can_hold_is_told(graph: Graph, version: str) -> None:
    """What a server calls the version of a thing may be any text; it ends the request and not the pass."""
    with pytest.raises(ProviderError):
        graph.call("drafts.put", "PATCH", at("me", "messages", "A" * 40), body={}, headers={"If-Match": version})


@pytest.mark.parametrize(
    ("text", "seconds"), [("9" * 5000, 86400), ("Mon, 01 Jan 2024 00:00:00 +99999999999999999999", None), ("x", None)]
)
def test_a_wait_of_any_length_is_read(text: str, seconds: int | None) -> None:
    """A header field of a part of a batch is as long as the server likes."""
    assert errors.retry_after(text) == (None if seconds is None else timedelta(seconds=seconds))


def test_a_date_without_a_zone_is_one_all_the_same() -> None:
    """The clock of a server in between says -0000: it can be compared with ours."""
    assert errors.moment("Sun, 22 Nov 2026 07:00:00 -0000") == datetime(2026, 11, 22, 7, tzinfo=UTC)
    assert errors.moment("") is None


def test_numbers_and_times_of_any_size_are_read() -> None:
    """What no clock can count with, or nobody can weigh, is as if it was not told."""
    listed = [{"id": properties.SIZE, "value": "9" * 5000}]
    assert heads.size({"singleValueExtendedProperties": listed}) is None
    assert heads.received_at({"receivedDateTime": "0001-01-01T00:00:00+05:00"}) is None


# --- signing in and out


def test_a_pass_under_way_does_not_undo_signing_out(graph_server: GraphServer) -> None:
    """A renewal after `ringback logout` or another sign-in is not stored: neither comes back, nor is overwritten."""
    user = User(graph_server)
    user.sign_in()
    running = user.tokens()
    running()
    user.secrets.delete("token")
    running("")
    assert "token" not in user.secrets.values
    graph_server.clock.advance(timedelta(seconds=5))
    user.sign_in()
    kept = user.kept | {"signed_in": "2026-11-22T07:00:00Z"}
    user.secrets.set("token", msgspec.json.encode(kept).decode())
    running("")
    assert user.kept == kept

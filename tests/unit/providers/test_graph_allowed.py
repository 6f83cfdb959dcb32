"""Which requests exist at all: none sends, and nothing else can be asked."""

from __future__ import annotations

import re

import pytest

from assistant.errors import InvalidResponseError, UnsupportedError
from providers.microsoft365 import allowed
from providers.microsoft365.requesting import at, headed, target
from providers.microsoft365.service import Graph, Part

_SENDING = re.compile(
    r"send|replyall|/reply$|forward|accept|decline|tentatively|cancel|invit|respond|automaticreplies|messagerules|\$batch"
)
_WRITES = {
    "POST me/mailfolders/*/messages", "POST me/messages", "PATCH me/messages/*", "DELETE me/messages/*",
    "POST me/messages/*/createreply", "POST me/outlook/mastercategories", "POST me/calendars",
    "POST me/calendar/events", "PATCH me/calendar/events/*", "DELETE me/calendar/events/*",
    "POST me/calendars/*/events", "PATCH me/calendars/*/events/*", "DELETE me/calendars/*/events/*",
}  # fmt: skip


def test_nothing_in_the_list_sends() -> None:
    """No path of the list is one by which Microsoft sends, invites, answers or makes a rule that does."""
    assert [template for _, template in allowed.REQUESTS if _SENDING.search(template)] == []
    assert {method for method, _ in allowed.REQUESTS} == {"GET", "POST", "PATCH", "DELETE"}


def test_what_writes_is_this_and_no_more() -> None:
    """Everything but reading is counted up here a second time, so that nobody adds to it unseen."""
    assert {f"{method} {template}" for method, template in allowed.REQUESTS if method != "GET"} == _WRITES


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "me/sendMail"),
        ("POST", "me/messages/AAA/send"),
        ("POST", "me/messages/AAA/reply"),
        ("POST", "me/messages/AAA/createReplyAll"),
        ("POST", "me/messages/AAA/forward"),
        ("POST", "me/messages/AAA/move"),
        ("POST", "me/messages/AAA/createReply/../send"),
        ("POST", "me/messages/../sendMail"),
        ("PATCH", "me/messages/.."),
        ("PATCH", "me/messages/%2e%2e"),
        ("PATCH", "me/messages/a%2fsend"),
        ("DELETE", "me/messages/$value"),
        ("POST", "me/events/AAA/accept"),
        ("POST", "me/events"),
        ("PATCH", "me/mailboxSettings"),
        ("POST", "me/mailFolders/inbox/messageRules"),
        ("DELETE", "me/calendars/AAA"),
        ("DELETE", "me/mailFolders/AAA"),
        ("PATCH", "me/contacts/AAA"),
        ("POST", "users/somebody/messages"),
        ("PATCH", "users('somebody')/messages/AAA"),
        ("POST", "$batch"),
        ("PUT", "me/messages/AAA"),
        ("get", "me"),
    ],
)
def test_what_is_not_listed_cannot_be_asked(method: str, path: str) -> None:
    """The request never leaves, by itself or in a batch."""
    graph = Graph(_nobody, root="http://127.0.0.1:9/v1.0/")
    with pytest.raises(UnsupportedError, match="Ringback has no request"):
        graph.call("drafts.put", method, path)
    with pytest.raises(UnsupportedError, match="Ringback has no request"):
        graph.each("drafts.put", {"a": Part("GET", "me"), "b": Part(method, path)})
    graph.close()


@pytest.mark.parametrize("key", ["attendees", "Attendees", "isOnlineMeeting"])
@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "me/calendar/events"), ("POST", "me/calendars/AAA/events"), ("PATCH", "me/calendars/AAA/events/BBB")],
)
def test_an_event_invites_nobody(method: str, path: str, key: str) -> None:
    """A body that would make Microsoft write to others is refused before it leaves."""
    body = {"subject": "Call Ann", key: [{"emailAddress": {"address": "ann@acme.example"}}]}
    with pytest.raises(UnsupportedError, match="invites nobody"):
        allowed.template("calendar.put", method, path, body)
    assert allowed.template("calendar.put", method, path, {"attendees": []})


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("me/mailFolders('AAA')/messages/delta", "GET me/mailfolders/*/messages/delta"),
        ("me/mailfolders('AAA%3D')/messages/delta", "GET me/mailfolders/*/messages/delta"),
        ("users('0-1')/calendars('B')/calendarView/delta", "GET me/calendars/*/calendarview/delta"),
        ("users/0-1/messages", "GET me/messages"),
        ("me/mailFolders/inbox/messages", "GET me/mailfolders/*/messages"),
        ("me/messages/AAA=/$value", "GET me/messages/*/$value"),
    ],
)
def test_links_of_graph_are_known(path: str, found: str) -> None:
    """Graph's own links write ids in brackets and the user by id; for reading they are the same requests."""
    assert allowed.template("mailbox.changes", "GET", path) == found


def test_addresses() -> None:
    """Ids are encoded, queries too; a link is cut at our root, and Prefer always asks for ids that stay."""
    root = "https://graph.microsoft.com/v1.0/"
    assert at("me", "messages", "a/b c=", "$value") == "me/messages/a%2Fb%20c=/$value"
    assert target("me", {"$filter": "a eq 'ö&b'"}, root) == "me?$filter=a%20eq%20%27%C3%B6%26b%27"
    assert target(f"{root}me/messages?$skip=5", {"x": "1"}, root) == "me/messages?$skip=5&x=1"
    with pytest.raises(ValueError, match="another server"):
        target("https://graph.microsoft.com.evil.example/v1.0/me", None, root)
    assert headed() == {"Prefer": 'IdType="ImmutableId"'}
    assert headed({"Prefer": 'outlook.timezone="UTC"'}) == {"Prefer": 'IdType="ImmutableId", outlook.timezone="UTC"'}


def test_a_link_elsewhere_is_not_followed() -> None:
    """A page that names another server is an answer that cannot be trusted; the token stays here."""
    graph = Graph(_nobody, root="http://127.0.0.1:9/v1.0/")
    with pytest.raises(InvalidResponseError, match="another server"):
        graph.call("mailbox.changes", "GET", "https://evil.example/v1.0/me/messages")
    graph.close()


def _nobody(challenge: str | None = None) -> str:
    raise AssertionError(f"nothing may be signed ({challenge})")

"""Our Microsoft 365: messages, drafts, change tracking and batches."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.contract.harness import MONDAY
from tests.servers.ews.client import raw
from tests.servers.graph import ids
from tests.servers.graph.client import client, forgiven
from tests.servers.graph.faults import Error, Fault, Status

if TYPE_CHECKING:
    from tests.servers.ews.hands import Mail
    from tests.servers.graph.client import Client
    from tests.servers.graph.server import GraphServer

INBOX = "me/mailFolders/inbox/messages"
KEY = "String {A7D0B6A4-3C60-4B0E-9D29-0D7C4B1F8F10} Name testKey"
KEYED = f"singleValueExtendedProperties($filter=id eq '{KEY}')"
BY_KEY = f"singleValueExtendedProperties/any(ep: ep/id eq '{KEY}' and ep/value eq 'k1')"


def one(graph: Client, ref: str, **options: Any) -> dict[str, Any]:  # noqa: ANN401  query options
    """Return a message that the hands name."""
    return graph.get(f"me/messages/{ids.address(ref)}", **options)


def subjects(answer: dict[str, Any]) -> list[str]:
    """Return the subjects of a list, "-" for what was removed."""
    return [each.get("subject", "-") for each in answer["value"]]


def mime(graph: Client, content: bytes, path: str = "me/messages") -> dict[str, Any]:
    """Make a draft of MIME."""
    answer = graph.ask("POST", path, content=base64.b64encode(content), headers={"Content-Type": "text/plain"})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def test_message_is_shown_as_the_documentation_has_it(graph: Client, graph_hands: Mail) -> None:
    """A delivered mail has its people, its times in whole seconds, its words and no header fields unless asked."""
    ref = graph_hands.deliver(raw("Missed call", body="Please call."), received=MONDAY)
    shown = one(graph, ref)
    assert (shown["subject"], shown["isRead"], shown["isDraft"]) == ("Missed call", False, False)
    assert shown["from"] == {"emailAddress": {"name": "Ann", "address": "ann@example.net"}}
    assert shown["receivedDateTime"] == "2025-06-02T00:00:00Z" or shown["receivedDateTime"].endswith("00Z")
    assert shown["body"] == {"contentType": "text", "content": "Please call.\r\n"}
    assert "internetMessageHeaders" not in shown
    headers = one(graph, ref, select="internetMessageHeaders")["internetMessageHeaders"]
    assert {"name": "Message-ID", "value": "<1@x>"} in headers


def test_raw_message_is_every_byte(graph: Client, graph_hands: Mail) -> None:
    """$value is the mail as it came; the folder's way to it is not there, as with the real one."""
    content = raw(body="Grüße")
    ref = ids.address(graph_hands.deliver(content))
    assert graph.ask("GET", f"me/messages/{ref}/$value").content == content


def test_html_body_can_be_had_as_text(graph: Client, graph_hands: Mail) -> None:
    """A preference turns HTML into text."""
    ref = graph_hands.deliver(raw(body="<p>Call <b>me</b></p>", Content_Type="text/html"))
    assert one(graph, ref)["body"]["contentType"] == "html"
    assert one(graph, ref, prefer='outlook.body-content-type="text"')["body"]["content"] == "Call me"


def test_item_class_is_an_extended_property(graph: Client, graph_hands: Mail) -> None:
    """What kind of item it is, only the MAPI property tells."""
    ref = graph_hands.deliver(raw())
    graph_hands.set_class(ref, "IPM.Note.Microsoft.Missed.Voice")
    shown = one(graph, ref, expand="singleValueExtendedProperties($filter=id eq 'String 0x001A')")
    expected = [{"id": "String 0x1a", "value": "IPM.Note.Microsoft.Missed.Voice"}]
    assert shown["singleValueExtendedProperties"] == expected


def test_newest_messages_come_first_in_pages(graph: Client, graph_hands: Mail) -> None:
    """A list goes on where a link says so, and its options go with it."""
    for number in range(5):
        graph_hands.deliver(raw(f"Mail {number}", number=number), received=MONDAY + timedelta(hours=number))
    first = graph.get(INBOX, select="subject", top=2, count="true")
    assert (subjects(first), first["@odata.count"]) == (["Mail 4", "Mail 3"], 5)
    rest = graph.get(first["@odata.nextLink"])
    assert subjects(rest) == ["Mail 2", "Mail 1"]
    assert set(rest["value"][0]) == {"@odata.etag", "id", "subject"}
    assert "@odata.nextLink" not in graph.get(rest["@odata.nextLink"])


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("receivedDateTime ge 2030-01-01T00:00:00Z", []),
        ("isRead eq false and not (subject eq 'B')", ["A"]),
        ("startswith(subject,'b') or internetMessageId eq '<1@x>'", ["B", "A"]),
        ("from/emailAddress/address eq 'ANN@example.net'", ["B", "A"]),
        ("categories/any(c:c eq 'Callbacks/To call')", ["B"]),
        ("subject ne 'O''Hara' and hasAttachments eq false", ["B", "A"]),
        ("contains(subject,'a')", ["A"]),
    ],
)
def test_filters(graph: Client, graph_hands: Mail, condition: str, found: list[str]) -> None:
    """The language of $filter is read as OData has it, texts in any case as Exchange compares them."""
    graph_hands.deliver(raw("A", number=1), received=MONDAY)
    ref = graph_hands.deliver(raw("B", number=2), received=MONDAY + timedelta(hours=1))
    graph_hands.user_categorises(ref, ["Callbacks/To call", "Other"])
    assert subjects(graph.get("me/messages", filter=condition)) == found


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"filter": "subject eq"}, "BadRequest"),
        ({"filter": "subject is 'x'"}, "BadRequest"),
        ({"filter": "isRead eq false", "orderby": "receivedDateTime desc"}, "InefficientFilter"),
        ({"search": '"x"', "filter": "isRead eq false"}, "SearchWithFilter"),
        ({"top": "1001"}, "BadRequest"),
        ({"orderby": "subject down"}, "BadRequest"),
        ({"expand": "singleValueExtendedProperties($levels=2)"}, "BadRequest"),
    ],
)
def test_query_that_graph_refuses(graph: Client, graph_server: GraphServer, options: dict[str, str], code: str) -> None:
    """What Graph cannot read, or will not do because it is too much, is refused and noted."""
    params = {f"${name}": value for name, value in options.items()}
    assert graph.refused("GET", "me/messages", params=params) == (400, code)
    assert len(forgiven(graph_server)) == 1


def test_filter_and_order_go_together(graph: Client, graph_hands: Mail) -> None:
    """A $filter that begins with what $orderby names is fine."""
    graph_hands.deliver(raw("A"), received=MONDAY)
    condition = "receivedDateTime ge 2020-01-01 and isRead eq false"
    assert subjects(graph.get(INBOX, filter=condition, orderby="receivedDateTime desc")) == ["A"]


def test_search_finds_words(graph: Client, graph_hands: Mail) -> None:
    """$search asks the index: words from their beginning, in the usual fields or in one."""
    graph_hands.deliver(raw("Missed call", body="from +49 30 1234567"))
    assert subjects(graph.get("me/messages", search='"1234567"')) == ["Missed call"]
    assert subjects(graph.get("me/messages", search='"subject:miss"')) == ["Missed call"]
    assert subjects(graph.get("me/messages", search='"from:bob"')) == []


def test_immutable_id_stays_when_a_message_moves(graph: Client, graph_server: GraphServer, graph_hands: Mail) -> None:
    """With the preference the id outlives a move; without it the old id is gone and there is a new one."""
    ref = graph_hands.deliver(raw())
    with client(graph_server, prefer="odata.maxpagesize=5") as other:
        old = other.get(INBOX)["value"][0]["id"]
        assert old != ids.address(ref)
        moved = graph.post(f"me/messages/{ids.address(ref)}/move", destinationId="deleteditems")
        assert moved["id"] == one(graph, ref)["id"] == ids.address(ref)
        assert other.refused("GET", f"me/messages/{old}") == (404, "ErrorItemNotFound")
        assert other.get("me/mailFolders/deleteditems/messages")["value"][0]["id"] not in {old, moved["id"]}


def test_ids_that_are_none(graph: Client) -> None:
    """An id that no mailbox has written is another error than one that is gone."""
    assert graph.refused("GET", "me/messages/AAA=") == (400, "ErrorInvalidIdMalformed")
    assert graph.refused("GET", f"me/messages/{'A' * 64}") == (404, "ErrorItemNotFound")


def test_categories_are_set_under_a_version(graph: Client, graph_hands: Mail) -> None:
    """PATCH with an old ETag is 412 and changes nothing; each change gives another ETag and changeKey."""
    ref = graph_hands.deliver(raw())
    old = one(graph, ref)
    path = f"me/messages/{old['id']}"
    new = graph.patch(path, old["@odata.etag"], categories=["Callbacks/To call"])
    assert new["@odata.etag"] == f'W/"{new["changeKey"]}"' != old["@odata.etag"]
    stale = {"json": {"categories": []}, "headers": {"If-Match": old["@odata.etag"]}}
    assert graph.refused("PATCH", path, **stale) == (412, "ErrorIrresolvableConflict")
    assert graph_hands.categories(ref) == ["Callbacks/To call"]
    assert graph_hands.unread(ref)


def test_content_of_a_received_mail_cannot_be_changed(graph: Client, graph_hands: Mail) -> None:
    """Subject and body are a draft's to change."""
    path = f"me/messages/{ids.address(graph_hands.deliver(raw()))}"
    assert graph.refused("PATCH", path, json={"subject": "Other"}) == (400, "ErrorInvalidPropertySet")


def test_draft_as_mime_keeps_its_header_fields(graph: Client, graph_hands: Mail) -> None:
    """Base64 MIME becomes a draft with every header field; what is no base64 is refused."""
    made = mime(graph, raw("Re: call", X_Ringback_Key="k1", In_Reply_To="<9@x>"))
    assert (made["isDraft"], made["internetMessageId"]) == (True, "<1@x>")
    assert made["parentFolderId"] == graph.get("me/mailFolders/drafts")["id"]
    assert b"X-Ringback-Key: k1" in graph_hands.raw(ids.stored(made["id"]))
    broken = {"content": b"no base64!", "headers": {"Content-Type": "text/plain"}}
    assert graph.refused("POST", "me/messages", **broken) == (400, "ErrorMimeContentInvalidBase64String")


def test_draft_is_changed_by_properties(graph: Client, graph_hands: Mail) -> None:
    """PATCH of a draft changes what it names and keeps the other header fields."""
    made = mime(graph, raw("Old", X_Ringback_Key="k1", In_Reply_To="<9@x>"))
    body = {"contentType": "text", "content": "New words"}
    to = [{"emailAddress": {"name": "Bob", "address": "bob@example.net"}}]
    graph.patch(f"me/messages/{made['id']}", made["@odata.etag"], subject="New", body=body, toRecipients=to)
    content = graph_hands.raw(ids.stored(made["id"])).decode()
    for text in ("Subject: New", "To: Bob <bob@example.net>", "X-Ringback-Key: k1", "In-Reply-To: <9@x>", "New words"):
        assert text in content
    assert "Old" not in content


def test_draft_as_json(graph: Client, graph_hands: Mail) -> None:
    """JSON makes a draft too; of header fields it takes one to five that begin with x-."""
    body = {"contentType": "html", "content": "<p>Hi</p>"}
    made = graph.post("me/messages", subject="Hi", body=body, internetMessageHeaders=[{"name": "x-key", "value": "k1"}])
    assert b"x-key: k1" in graph_hands.raw(ids.stored(made["id"]))
    wrong = {"internetMessageHeaders": [{"name": "In-Reply-To", "value": "<9@x>"}]}
    assert graph.refused("POST", "me/messages", json=wrong) == (400, "InvalidInternetMessageHeader")
    for number in (0, 6):
        some = {"internetMessageHeaders": [{"name": f"x-{at}", "value": "1"} for at in range(number)]}
        assert graph.refused("POST", "me/messages", json=some) == (400, "InvalidInternetMessageHeaderCollection")


def test_message_flags_at_creation_make_no_draft(graph: Client, graph_hands: Mail) -> None:
    """PidTagMessageFlags without "unsent" makes a message that looks received; later it cannot be set."""
    flags = [{"id": "Integer 0x0E07", "value": "0"}]
    made = graph.post(INBOX, subject="Digest", singleValueExtendedProperties=flags)
    assert (made["isDraft"], made["isRead"]) == (False, False)
    draft = graph.post("me/messages", subject="Draft")
    assert graph.patch(f"me/messages/{draft['id']}", singleValueExtendedProperties=flags)["isDraft"] is True
    assert len(graph_hands.inside("inbox")) == 1


def test_extended_property_is_found_again(graph: Client) -> None:
    """A property of our own is a key: set with the draft, found by a filter, shown with its GUID in small letters."""
    own = [{"id": KEY, "value": "k1"}]
    made = graph.post("me/messages", subject="Keyed", singleValueExtendedProperties=own)
    found = graph.get("me/messages", filter=BY_KEY, expand=KEYED, select="id")["value"]
    assert [each["id"] for each in found] == [made["id"]]
    shown = found[0]["singleValueExtendedProperties"]
    assert shown == [{"id": "String {a7d0b6a4-3c60-4b0e-9d29-0d7c4b1f8f10} Name testKey", "value": "k1"}]
    assert graph.get("me/messages", filter=BY_KEY.replace("k1", "k2"))["value"] == []
    assert graph.refused("GET", "me/messages?$expand=singleValueExtendedProperties")[1] == "ErrorInvalidProperty"


def test_reply_joins_the_conversation(graph: Client, graph_hands: Mail) -> None:
    """A draft made by createReply joins the conversation and answers the sender, as JSON and as MIME."""
    ref = graph_hands.deliver(raw("Call me"))
    answered = one(graph, ref)
    made = graph.post(f"me/messages/{answered['id']}/createReply", comment="Soon.")
    assert made["conversationId"] == answered["conversationId"]
    assert made["conversationIndex"].startswith(answered["conversationIndex"][:28])
    assert (made["subject"], made["isDraft"]) == ("RE: Call me", True)
    assert made["toRecipients"] == [answered["from"]]
    assert b"In-Reply-To: <1@x>" in graph_hands.raw(ids.stored(made["id"]))
    other = mime(graph, raw("Re: Call me", number=2), f"me/messages/{answered['id']}/createReply")
    assert (other["conversationId"], other["internetMessageId"]) == (answered["conversationId"], "<2@x>")


def test_plain_mime_draft_is_in_no_conversation(graph: Client, graph_hands: Mail) -> None:
    """In-Reply-To alone does not put an imported draft into the conversation of what it answers."""
    answered = one(graph, graph_hands.deliver(raw("Call me")))
    made = mime(graph, raw("Re: Call me", number=2, In_Reply_To="<1@x>"))
    assert made["conversationId"] != answered["conversationId"]


def test_reply_marks_read_what_was_just_changed(graph: Client, graph_server: GraphServer, graph_hands: Mail) -> None:
    """The action createReply flips isRead of a mail that a program changed in the last ten minutes, and of no other."""
    graph_server.clock.set(MONDAY)
    ref = graph_hands.deliver(raw())
    path = f"me/messages/{ids.address(ref)}"
    graph.post(f"{path}/createReply", comment="")
    assert graph_hands.unread(ref)
    graph.patch(path, categories=["Callbacks/To call"])
    graph_server.clock.advance(timedelta(minutes=11))
    graph.post(f"{path}/createReply", comment="")
    assert graph_hands.unread(ref)
    graph.patch(path, categories=[])
    graph.post(f"{path}/createReply", comment="")
    assert not graph_hands.unread(ref)
    graph.patch(path, isRead=False)
    assert graph_hands.unread(ref)


def test_sent_draft_is_another_item(graph: Client, graph_hands: Mail) -> None:
    """When the user sends a draft, even its immutable id is gone; the conversation tells what became of it."""
    made = mime(graph, raw("Re: call"))
    graph_hands.user_sends_draft(ids.stored(made["id"]))
    assert graph.refused("GET", f"me/messages/{made['id']}") == (404, "ErrorItemNotFound")
    sent = graph.get("me/mailFolders/sentitems/messages")["value"][0]
    assert (sent["isDraft"], sent["conversationId"]) == (False, made["conversationId"])


def test_sending_is_noted(graph: Client, graph_server: GraphServer) -> None:
    """What would write to others needs a scope of its own, and is held against the program."""
    made = mime(graph, raw("Re: call"))
    assert graph.refused("POST", f"me/messages/{made['id']}/send") == (403, "ErrorAccessDenied")
    with client(graph_server, ["Mail.ReadWrite", "Mail.Send"]) as other:
        assert other.ask("POST", f"me/messages/{made['id']}/send").status_code == 202
    assert graph_server.sends() == ["POST /me/messages/{message}/send: Re: call"]
    graph_server.state.sent.clear()


def test_deleted_message_lies_in_deleted_items(graph: Client, graph_hands: Mail) -> None:
    """DELETE moves to Deleted Items, and from there out of sight."""
    ref = graph_hands.deliver(raw())
    assert graph.ask("DELETE", f"me/messages/{ids.address(ref)}").status_code == 204
    assert [each.id for each in graph_hands.inside("deleteditems")] == [ref]
    assert graph.ask("DELETE", f"me/messages/{ids.address(ref)}").status_code == 204
    assert graph_hands.inside("deleteditems") == []


def test_delta_tells_what_changed(graph: Client, graph_hands: Mail) -> None:
    """After all there is come new, changed and gone messages, once each."""
    kept, gone = graph_hands.deliver(raw("Kept")), graph_hands.deliver(raw("Gone", number=2))
    first = graph.get(f"{INBOX}/delta", select="subject,categories")
    assert subjects(first) == ["Kept", "Gone"]
    graph_hands.user_categorises(kept, ["x"])
    graph_hands.user_moves(gone, "deleteditems")
    graph_hands.deliver(raw("New", number=3))
    second = graph.get(first["@odata.deltaLink"])
    assert subjects(second) == ["Kept", "-", "New"]
    assert second["value"][1]["@removed"] == {"reason": "deleted"}
    assert second["value"][1]["id"] == ids.address(gone)
    assert graph.get(second["@odata.deltaLink"])["value"] == []


def test_links_are_written_otherwise(graph: Client) -> None:
    """Links of change tracking name the folder in brackets, in small letters; resources are found in any case."""
    link = graph.get(f"{INBOX}/delta()")["@odata.deltaLink"]
    assert "/v1.0/me/mailfolders('inbox')/messages/delta?$deltatoken=" in link
    assert graph.get("ME/MailFolders('inbox')")["displayName"] == "Inbox"


def test_delta_tells_the_read_flag_in_few_words(graph: Client, graph_hands: Mail) -> None:
    """A mail that was only read is told without what $select asks, and not at all where it leaves isRead out."""
    ref = graph_hands.deliver(raw(), received=MONDAY)
    late = "receivedDateTime ge 2035-01-01T00:00:00Z"
    links = [
        graph.get(f"{INBOX}/delta", select=select, **more)["@odata.deltaLink"]
        for select, more in (("subject,isRead", {}), ("subject", {}), ("isRead", {"filter": late}))
    ]
    graph_hands.user_reads(ref)
    told = [graph.get(link)["value"] for link in links]
    assert [len(each) for each in told] == [1, 0, 1]
    assert set(told[0][0]) == {"@odata.type", "id", "isRead", "parentFolderId"}


def test_delta_comes_in_pages_that_lose_nothing(graph: Client, graph_hands: Mail) -> None:
    """What is changed while the pages are read is told in the next round."""
    refs = [graph_hands.deliver(raw(f"{number}", number=number)) for number in range(5)]
    page = graph.get(f"{INBOX}/delta", select="subject", prefer="odata.maxpagesize=2")
    told = subjects(page)
    graph_hands.user_categorises(refs[0], ["x"])
    graph_hands.user_categorises(refs[4], ["x"])
    while "@odata.nextLink" in page:
        page = graph.get(page["@odata.nextLink"], prefer="odata.maxpagesize=2")
        told += subjects(page)
    assert told == ["0", "1", "2", "3"]
    assert subjects(graph.get(page["@odata.deltaLink"])) == ["0", "4"]


def test_delta_since_a_moment(graph: Client, graph_server: GraphServer, graph_hands: Mail) -> None:
    """Delta filters by the moment of receipt and by nothing else."""
    graph_hands.deliver(raw("Old"), received=MONDAY - timedelta(days=9))
    graph_hands.deliver(raw("New", number=2), received=MONDAY)
    since = (MONDAY - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    first = graph.get(f"{INBOX}/delta", filter=f"receivedDateTime ge {since}")
    assert subjects(first) == ["New"]
    refused = graph.refused("GET", f"{INBOX}/delta", params={"$filter": "isRead eq false"})
    assert refused == (400, "ErrorInvalidUrlQuery")
    assert graph.refused("GET", f"{first['@odata.deltaLink']}&$select=id")[0] == 400
    assert forgiven(graph_server) == []


@pytest.mark.parametrize("code", ["SyncStateNotFound", "resyncRequired"])
def test_tokens_expire(graph: Client, graph_server: GraphServer, code: str) -> None:
    """A token may be worth nothing any more: 410, and one begins anew."""
    link = graph.get(f"{INBOX}/delta")["@odata.deltaLink"]
    graph_server.state.delta.expire(code)
    answer = graph.ask("GET", link)
    assert (answer.status_code, answer.json()["error"]["code"]) == (410, code)
    assert ("Location" in answer.headers) is (code == "resyncRequired")
    assert "@odata.deltaLink" in graph.get(f"{INBOX}/delta")


def test_token_of_another_folder_is_refused(graph: Client) -> None:
    """A token belongs to its folder."""
    link = graph.get(f"{INBOX}/delta")["@odata.deltaLink"]
    assert graph.refused("GET", link.replace("'inbox'", "'drafts'")) == (400, "BadRequest")
    assert graph.refused("GET", f"{INBOX}/delta?$deltatoken=%00") == (400, "BadRequest")


def batch(graph: Client, *parts: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Ask several things in one request; return the answers by their ids."""
    answer = graph.post("$batch", requests=[{"id": str(at), "method": "GET", **part} for at, part in enumerate(parts)])
    return {each["id"]: each for each in sorted(answer["responses"], key=lambda each: int(each["id"]))}


def test_batch_answers_each_part_by_itself(graph: Client, graph_hands: Mail) -> None:
    """One part's failure is its own; MIME comes in base64; preferences are each part's own."""
    ref = graph_hands.deliver(raw())
    prefer = {"Prefer": 'IdType="ImmutableId"'}
    told = batch(
        graph,
        {"url": "/me/messages/AAA="},
        {"url": f"/me/messages/{ids.address(ref)}/$value"},
        {"url": f"/{INBOX}?$select=id"},
        {"url": f"/{INBOX}?$select=id", "headers": prefer},
    )
    assert [each["status"] for each in told.values()] == [400, 200, 200, 200]
    assert told["0"]["body"]["error"]["code"] == "ErrorInvalidIdMalformed"
    assert base64.b64decode(told["1"]["body"]) == raw()
    assert [told[at]["body"]["value"][0]["id"] == ids.address(ref) for at in "23"] == [False, True]


def test_batch_writes(graph: Client, graph_hands: Mail) -> None:
    """Parts with a body name its type; 204 has none; MIME goes in as base64 text."""
    refs = [ids.address(graph_hands.deliver(raw(number=number))) for number in (1, 2)]
    json = {"Content-Type": "application/json"}
    content = base64.b64encode(raw("Draft", number=3)).decode()
    told = batch(
        graph,
        {"method": "PATCH", "url": f"/me/messages/{refs[0]}", "headers": json, "body": {"categories": ["x"]}},
        {"method": "DELETE", "url": f"/me/messages/{refs[1]}"},
        {"method": "POST", "url": "/me/messages", "headers": {"Content-Type": "text/plain"}, "body": content},
    )
    assert [each["status"] for each in told.values()] == [200, 204, 201]
    assert told["2"]["body"]["subject"] == "Draft"
    assert graph_hands.categories(ids.stored(refs[0])) == ["x"]


def test_batch_part_depends_on_another(graph: Client, graph_server: GraphServer) -> None:
    """What depends on a failed part is not done."""
    graph_server.faults.add(Fault("GET /me", Error("ErrorInternalServerError")))
    told = batch(graph, {"url": "/me"}, {"url": "/me/mailFolders/inbox", "dependsOn": ["0"]}, {"url": "/me"})
    assert [each["status"] for each in told.values()] == [500, 424, 200]


def test_part_of_a_batch_is_throttled(graph: Client, graph_server: GraphServer) -> None:
    """The batch is 200 while a part of it is told to wait."""
    graph_server.faults.add(Fault("GET /me", Status(429, "3"), after=1))
    told = batch(graph, {"url": "/me"}, {"url": "/me"}, {"url": "/me"})
    assert [each["status"] for each in told.values()] == [200, 429, 200]
    assert told["1"]["headers"]["Retry-After"] == "3"


def test_crowded_batch(graph: Client, graph_server: GraphServer) -> None:
    """A batch whose parts are all at work at once has those above four refused; in a row they are all answered."""
    graph_server.crowd_batches()
    told = batch(graph, *[{"url": "/me"}] * 6)
    assert [each["status"] for each in told.values()] == [200] * 4 + [429] * 2
    row = [{"url": "/me", "dependsOn": [str(at - 1)] if at else []} for at in range(6)]
    assert {each["status"] for each in batch(graph, *row).values()} == {200}


def test_parts_come_in_any_order(graph: Client) -> None:
    """The answers of a batch are told by their ids, not by their places."""
    asked = [{"id": str(at), "method": "GET", "url": "/me"} for at in range(6)]
    order = [each["id"] for each in graph.post("$batch", requests=asked)["responses"]]
    assert order != sorted(order) == list("012345")


def test_request_is_too_large(graph: Client) -> None:
    """More than four megabytes are refused."""
    headers = {"Content-Type": "text/plain"}
    asked = {"content": base64.b64encode(b"x" * 4_000_000), "headers": headers}
    assert graph.refused("POST", "me/messages", **asked) == (413, "RequestEntityTooLarge")


@pytest.mark.parametrize(
    "requests",
    [
        [],
        [{"id": str(at), "method": "GET", "url": "/me"} for at in range(21)],
        [{"id": "1", "method": "GET", "url": "/me"}] * 2,
        [{"id": "1", "method": "GET", "url": "/me", "dependsOn": ["2"]}],
        [{"id": "1", "method": "GET"}],
        [{"id": "1", "method": "PATCH", "url": "/me/messages/x", "body": {}}],
    ],
)
def test_batch_that_is_none(graph: Client, graph_server: GraphServer, requests: list[dict[str, Any]]) -> None:
    """More than twenty parts, ids that repeat, a body without its type: nothing of it is done."""
    assert graph.refused("POST", "$batch", json={"requests": requests}) == (400, "BadRequest")
    assert len(forgiven(graph_server)) == 1
    assert graph_server.calls("GET *") == []

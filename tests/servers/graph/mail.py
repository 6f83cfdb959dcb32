"""/me/messages and the messages in folders: list, read, change, move, delete."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from lxml import html

from tests.servers.ews import conversations
from tests.servers.ews.mail import KINDS
from tests.servers.ews.mail import Messages as Kind
from tests.servers.ews.message import read
from tests.servers.ews.query import meets
from tests.servers.ews.soap import e
from tests.servers.ews.times import stamp
from tests.servers.graph import entities, extended, ids
from tests.servers.graph.calls import Answer, Call, GraphError, Route
from tests.servers.graph.folders import READ, WRITE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.servers.ews.items import Item
    from tests.servers.ews.properties import Value
    from tests.servers.graph.state import State

_DEFAULT = (
    *("@odata.etag", "id", "createdDateTime", "lastModifiedDateTime", "changeKey", "categories"),
    *("receivedDateTime", "sentDateTime", "hasAttachments", "internetMessageId", "subject", "bodyPreview"),
    *("importance", "parentFolderId", "conversationId", "conversationIndex", "isDeliveryReceiptRequested"),
    *("isReadReceiptRequested", "isRead", "isDraft", "webLink", "inferenceClassification", "body"),
    *("sender", "from", "toRecipients", "ccRecipients", "bccRecipients", "replyTo", "flag"),
)
_MORE = ("internetMessageHeaders", "uniqueBody")
_RECIPIENTS = {"toRecipients": "ToRecipients", "ccRecipients": "CcRecipients", "bccRecipients": "BccRecipients"}
_PREVIEW = 255
_SEARCHED = 1000
"""$search answers so many messages at most (learn.microsoft.com/graph/search-query-parameter)."""
_CONTEXT = "users('me')/messages"


class Messages:
    """The messages of the user.

    Args:
        state: the mailbox.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self.shape = entities.Shape("message", _DEFAULT, self._look, more=_MORE, held=self._extended)

    def routes(self) -> list[Route]:
        """Return what is answered."""
        inside, one = "/me/mailFolders/{folder}/messages", "/me/messages/{message}"
        within = f"{inside}/{{message}}"
        listed = entities.PAGING
        made = [
            Route("GET", "/me/messages", self._list, READ, "Message", listed=True, options=listed),
            Route("GET", inside, self._list, READ, "Message", listed=True, options=listed),
        ]
        for path in (one, within):
            made += [
                Route("GET", path, self._get, READ, "Message"),
                Route("GET", f"{path}/$value", self._mime, READ, options=()),
                Route("DELETE", path, self._delete, WRITE, options=()),
                Route("POST", f"{path}/move", self._move, WRITE, "Message", given="move", options=()),
                Route("POST", f"{path}/copy", self._copy, WRITE, "Message", given="move", options=()),
            ]
        return made

    def found(self, call: Call) -> Item:
        """Return the message that a request names."""
        item = ids.found(self._state.items, call.names["message"])
        if item.kind not in KINDS:
            raise GraphError("ErrorItemNotFound", "The specified object was not found in the store.")
        folder = call.names.get("folder")
        if folder is not None and item.folder != self._state.folder_parts.named(folder).id:
            raise GraphError("ErrorItemNotFound", "The specified object was not found in the store.")
        return item

    def kind(self, item: Item) -> Kind:
        """Return what the store knows of messages."""
        kind = self._state.kinds[item.kind]
        assert isinstance(kind, Kind)
        return kind

    def answer(self, item: Item, call: Call, status: int = 200) -> Answer:
        """Answer one message."""
        return entities.one(self.shape.entity(item, call), call, f"{_CONTEXT}/$entity", status)

    def _inside(self, call: Call) -> Iterable[Item]:
        if "folder" in call.names:
            found = self._state.items.inside(self._state.folder_parts.named(call.names["folder"]).id)
        else:
            found = self._state.items.everything()
        return (each for each in found if each.kind in KINDS)

    def _list(self, call: Call) -> Answer:
        self.shape.check(call.query)
        found = sorted(self._inside(call), key=_received, reverse=True)
        if call.query.search:
            words = call.query.search.strip('"').replace('\\"', '"')
            found = [each for each in found if meets(words, each)][:_SEARCHED]
        return entities.page(self.shape, found, call, _CONTEXT)

    def _get(self, call: Call) -> Answer:
        self.shape.check(call.query)
        return self.answer(self.found(call), call)

    def _mime(self, call: Call) -> Answer:
        item = self.found(call)
        return Answer(self.kind(item).mime(item) or b"", headers={"Content-Type": "text/plain"})

    def _delete(self, call: Call) -> Answer:
        item = self.found(call)
        self.compare(item, call)
        here = self._state.folders.all[item.folder].distinguished
        gone = "recoverableitemsdeletions" if here in {"deleteditems", "recoverableitemsdeletions"} else "deleteditems"
        self._state.items.move(item, self._state.folders.named(gone).id)
        return Answer(status=204)

    def compare(self, item: Item, call: Call) -> None:
        """Refuse a change to a version that is no longer the present one."""
        wanted = call.headers.get("if-match")
        if wanted not in {None, "*", ids.etag(item)}:
            text = "The send or update operation could not be performed because the change key passed in the request"
            raise GraphError("ErrorIrresolvableConflict", f"{text} does not match the current change key for the item.")

    def _target(self, call: Call) -> str:
        name = (call.body or {}).get("destinationId")
        if not isinstance(name, str):
            raise GraphError("ErrorInvalidParameter", "DestinationId is required.")
        return self._state.folder_parts.named(name).id

    def _move(self, call: Call) -> Answer:
        return self.answer(self._state.items.move(self.found(call), self._target(call)), call, 201)

    def _copy(self, call: Call) -> Answer:
        made = self._state.items.copy(self.found(call), self._target(call))
        self._state.items.touch(made)
        return self.answer(made, call, 201)

    def _extended(self, item: Item, text: str) -> str | list[str] | None:
        key = extended.key(text)
        if key.name == "0x001a" and not key.group:
            return item.text("ItemClass") or "IPM.Note"
        if key.name == "0x0e08" and not key.group:
            return str(self.kind(item).size(item))
        return self.kind(item).extended(item, key)

    def _look(self, item: Item, name: str, call: Call) -> object:
        if name == "internetMessageHeaders":
            return _headers(item)
        if name in {"body", "uniqueBody", "bodyPreview"}:
            return _preview(item) if name == "bodyPreview" else _body(item, call)
        if name in {"from", "sender"}:
            found = _people(item.values.get(name.title()))
            return found[0] if found else extended.ABSENT
        if name in _RECIPIENTS or name == "replyTo":
            return _people(item.values.get(_RECIPIENTS.get(name, "ReplyTo")))
        if name in {"conversationId", "conversationIndex"}:
            return _conversation(item, name)
        return self._simple(item, name, call)

    def _simple(self, item: Item, name: str, call: Call) -> object:
        kind = self.kind(item)
        ref = ids.shown(item, immutable=call.immutable)
        known = {
            "@odata.etag": ids.etag(item),
            "id": ref,
            "createdDateTime": stamp(item.created),
            "lastModifiedDateTime": stamp(item.modified),
            "changeKey": item.key,
            "categories": categories(item),
            "receivedDateTime": item.text("DateTimeReceived") or None,
            "sentDateTime": item.text("DateTimeSent") or None,
            "hasAttachments": item.text("HasAttachments") == "true",
            "internetMessageId": item.text("InternetMessageId"),
            "subject": item.text("Subject"),
            "importance": item.text("Importance", "Normal").lower(),
            "parentFolderId": ids.address(item.folder),
            "isDeliveryReceiptRequested": None if kind.value(item, "IsDraft") == "true" else False,
            "isReadReceiptRequested": False,
            "isRead": item.text("IsRead") == "true",
            "isDraft": item.text("IsDraft") == "true",
            "webLink": f"https://outlook.office365.com/owa/?ItemID={quote(ref, safe='')}&viewmodel=ReadMessageItem",
            "inferenceClassification": item.text("_Focused", "focused"),
            "flag": {"flagStatus": item.text("_Flag", "notFlagged")},
        }
        return known[name]


def _received(item: Item) -> str:
    return item.text("DateTimeReceived")


def categories(item: Item) -> list[str]:
    """Return the categories of an item of any kind."""
    held = item.values.get("Categories")
    return [] if held is None or isinstance(held, str) else [str(each.text) for each in held]


def set_categories(item: Item, names: Iterable[str]) -> None:
    """Set the categories of an item of any kind."""
    item.values["Categories"] = e("t:Categories", *[e("t:String", text=each) for each in names])


def _people(value: Value | None) -> list[dict[str, Any]]:
    if value is None or isinstance(value, str):
        return []
    spaces = {"t": value.nsmap["t"]}
    return [
        {
            "emailAddress": {
                "name": each.findtext("t:Name", "", spaces),
                "address": each.findtext("t:EmailAddress", "", spaces),
            }
        }
        for each in value.iterfind("t:Mailbox", spaces)
    ]


def _headers(item: Item) -> object:
    """Return the header fields; only a message that came by transport has some."""
    if item.raw is None or "_Transported" not in item.values:
        return extended.ABSENT
    return [{"name": name, "value": text} for name, text in read(item.raw).headers]


def content(item: Item) -> tuple[str, str]:
    """Return type and text of the body."""
    body = item.values.get("Body", "")
    if isinstance(body, str):
        return "text", body
    return str(body.get("BodyType")).lower(), body.text or ""


def _body(item: Item, call: Call) -> dict[str, str]:
    kind, text = content(item)
    if kind == "html" and call.prefers("outlook.body-content-type") == "text":
        kind, text = "text", _plain(text)
    return {"contentType": kind, "content": text}


def _plain(text: str) -> str:
    return str(html.document_fromstring(text).xpath("string()")).strip() if text.strip() else ""


def _preview(item: Item) -> str:
    kind, text = content(item)
    return (_plain(text) if kind == "html" else text)[:_PREVIEW]


def _conversation(item: Item, name: str) -> str | None:
    if name == "conversationId":
        return ids.address(str(conversations.element(item).get("Id")))
    held = conversations.of(item)
    return None if held is None else base64.b64encode(held).decode()

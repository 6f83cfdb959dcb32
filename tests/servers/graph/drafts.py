"""Messages that are made and changed: drafts as MIME or as JSON, answers, PATCH. And sending, which is only noted."""

from __future__ import annotations

import base64
import binascii
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tests.servers.ews import conversations
from tests.servers.ews.mail import FLAGS
from tests.servers.ews.times import stamp
from tests.servers.graph import composing, extended
from tests.servers.graph.calls import Answer, Call, GraphError, Route
from tests.servers.graph.folders import WRITE
from tests.servers.graph.mail import set_categories

if TYPE_CHECKING:
    from datetime import datetime

    from tests.servers.ews.folders import Folder
    from tests.servers.ews.items import Item
    from tests.servers.graph.state import State

_SEND = ("Mail.Send",)
_READ_FLAG, _UNSENT = 0x1, 0x8
_REMEMBERED = timedelta(minutes=10)
_ANYTIME = {"categories", "isRead", "importance", "flag", "inferenceClassification", *extended.LISTS}
"""What PATCH takes of any message; all else only of drafts."""


class Drafts:
    """What makes and changes messages.

    Args:
        state: the mailbox.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self.patched: dict[str, datetime] = {}
        """When a program changed a message last, by its id."""

    def routes(self) -> list[Route]:
        """Return what is answered."""
        inside, one = "/me/mailFolders/{folder}/messages", "/me/messages/{message}"
        made = [
            Route("POST", each, self._create, WRITE, "Message", given="Message", options=())
            for each in ("/me/messages", inside)
        ]
        for path in (one, f"{inside}/{{message}}"):
            made.append(Route("PATCH", path, self._change, WRITE, "Message", given="Message", options=()))
            made += [
                Route("POST", f"{path}/{each}", self._answering, WRITE, "Message", given="createReply", options=())
                for each in ("createReply", "createReplyAll")
            ]
            made += [
                Route("POST", f"{path}/{each}", self._send, _SEND, given="send", options=())
                for each in ("send", "reply", "replyAll", "forward")
            ]
        return [*made, Route("POST", "/me/sendMail", self._send, _SEND, given="send", options=())]

    def _create(self, call: Call) -> Answer:
        folder = self._state.folder_parts.named(call.names.get("folder", "drafts"))
        if call.body is None:
            item = self._made(mime(call), folder, tracked=False)
        else:
            item = self._made(composing.composed(call.body, self._state.clock.now()), folder, tracked=True)
            self._set(item, call.body, made=True)
        return self._state.messages.answer(self._finished(item), call, 201)

    def _made(self, raw: bytes, folder: Folder, *, tracked: bool) -> Item:
        """Put a draft into a folder. A message that comes as MIME is not tracked: its conversation is its topic's."""
        item = self._state.items.add("Message", folder.id)
        self._state.messages.kind(item).load(item, raw)
        now = stamp(item.created)
        item.values |= {"IsDraft": "true", "IsRead": "true", "DateTimeReceived": now}
        item.values.setdefault("DateTimeSent", now)
        if tracked:
            item.extended[conversations.TRACKING] = "true"
        return item

    def _finished(self, item: Item) -> Item:
        self._state.items.touch(item)
        item.entered = item.edited = item.change
        return item

    def _set(self, item: Item, body: dict[str, Any], *, made: bool = False) -> None:
        """Set what is no content."""
        if "isRead" in body:
            item.values["IsRead"] = "true" if body["isRead"] else "false"
        if "importance" in body:
            item.values["Importance"] = str(body["importance"]).title()
        if "categories" in body:
            set_categories(item, body["categories"] or ())
        if "flag" in body:
            item.values["_Flag"] = str(body["flag"]["flagStatus"])
        if "inferenceClassification" in body:
            item.values["_Focused"] = str(body["inferenceClassification"])
        for key, value in extended.given(body).items():
            if key == FLAGS:
                self._flagged(item, int(str(value), 0), made=made)
            elif value is None:
                item.extended.pop(key, None)
            else:
                self._state.messages.kind(item)._set_extended(item, key, value)

    def _flagged(self, item: Item, flags: int, *, made: bool) -> None:
        """Take PidTagMessageFlags, which decides at creation only whether a message is a draft."""
        if made:
            item.values["IsDraft"] = "true" if flags & _UNSENT else "false"
            item.values["IsRead"] = "true" if flags & _READ_FLAG else "false"

    def _change(self, call: Call) -> Answer:
        item = self._state.messages.found(call)
        self._state.messages.compare(item, call)
        body = {key: value for key, value in call.body.items() if not key.startswith("@odata.")}
        content = {key: value for key, value in body.items() if key not in _ANYTIME}
        if content and item.text("IsDraft") != "true":
            text = "The property can be set only while the message is a draft."
            raise GraphError("ErrorInvalidPropertySet", f"{text} ({', '.join(sorted(content))})")
        if content:
            self._rewrite(item, content)
        self._set(item, body)
        self.patched[item.id] = self._state.clock.now()
        self._state.items.touch(item, read_flag_only=set(body) == {"isRead"})
        return self._state.messages.answer(item, call)

    def _rewrite(self, item: Item, content: dict[str, Any]) -> None:
        kind = self._state.messages.kind(item)
        raw = composing.composed(content, self._state.clock.now(), item.raw or b"")
        held = dict(item.extended), item.text("ConversationIndex"), item.text("ConversationTopic")
        kind.load(item, raw)
        item.extended = held[0]
        item.values |= {"ConversationIndex": held[1], "ConversationTopic": held[2]}
        conversations.renamed(item, self._state.clock.now(), kind.guid(item))

    def _answering(self, call: Call) -> Answer:
        answered = self._state.messages.found(call)
        raw = self._state.messages.kind(answered).mime(answered) or b""
        given = mime(call) if call.body is None and call.text else None
        wanted = (call.body or {}).get("message") or {}
        comment = (call.body or {}).get("comment") or ""
        if comment and "body" in wanted:
            raise GraphError("ErrorInvalidRequest", "Specify either a comment or the body of the message.")
        everybody = call.operation.endswith("createReplyAll")
        now = self._state.clock.now()
        reply = given or composing.answer(raw, self._state.address, comment, now, everybody=everybody)
        item = self._made(composing.composed(wanted, now, reply) if wanted else reply, self._drafts(), tracked=True)
        self._thread(item, answered)
        self._set(item, wanted, made=True)
        self._read_by_reply(answered)
        return self._state.messages.answer(self._finished(item), call, 201)

    def _read_by_reply(self, answered: Item) -> None:
        """Mark a message as read that a program has changed shortly before it is answered.

        Nothing documents it: learn.microsoft.com/answers/questions/5899663, with the ten minutes.
        """
        since = self.patched.get(answered.id)
        if since is not None and self._state.clock.now() - since < _REMEMBERED and answered.text("IsRead") != "true":
            answered.values["IsRead"] = "true"
            self._state.items.touch(answered, read_flag_only=True)

    def _drafts(self) -> Folder:
        return self._state.folders.named("drafts")

    def _thread(self, item: Item, answered: Item) -> None:
        parent = conversations.of(answered)
        if parent is not None:
            index = conversations.child(parent, self._state.clock.now())
            item.values["ConversationIndex"] = base64.b64encode(index).decode("ascii")
        item.values["ConversationTopic"] = answered.text("ConversationTopic")
        item.extended[conversations.TRACKING] = str(answered.extended.get(conversations.TRACKING, "false"))

    def _send(self, call: Call) -> Answer:
        """Note what would have gone to other people."""
        subject = ""
        if "message" in call.names:
            item = self._state.messages.found(call)
            subject = item.text("Subject")
            if call.operation.endswith("/send"):
                self._state.mail._sent(item)
                self._state.items.move(item, self._state.folders.named("sentitems").id)
        self._state.sent.append(f"{call.operation}: {subject}")
        return Answer(status=202)


def mime(call: Call) -> bytes:
    """Return the message of a request that brings it as MIME in base64."""
    try:
        made = base64.b64decode(b"".join(call.text.split()), validate=True)
    except (binascii.Error, ValueError):
        made = b""
    if not made:
        raise GraphError("ErrorMimeContentInvalidBase64String", "Invalid base64 string for MIME content.")
    return made

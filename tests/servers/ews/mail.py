"""Messages: what they are to the operations on items."""

from __future__ import annotations

import hashlib
from base64 import b64decode, b64encode
from typing import TYPE_CHECKING

from tests.servers.ews import conversations, message
from tests.servers.ews.kinds import Kind, Names
from tests.servers.ews.properties import SETS, Extended, extended_value
from tests.servers.ews.rendering import rendered, stripped
from tests.servers.ews.soap import Call, Element, EwsError, e, local
from tests.servers.ews.times import stamp

if TYPE_CHECKING:
    from tests.servers.ews.items import Item
    from tests.servers.ews.properties import Path, Value

FLAGS = Extended("", "0x0e07", "Integer")
"""PidTagMessageFlags: read 0x1, unsent 0x8. It counts when a message is made; later nobody can set it."""
RECEIVED = Extended("", "0x0e06", "SystemTime")
SUBMITTED = Extended("", "0x0039", "SystemTime")
HEADERS = Extended("", "0x007d", "String")
_READ, _UNMODIFIED, _UNSENT, _ATTACHMENTS = 0x1, 0x2, 0x8, 0x10
KINDS = {
    "Message": "MessageType",
    "Item": "ItemType",
    "PostItem": "PostItemType",
    "MeetingMessage": "MeetingMessageType",
    "MeetingRequest": "MeetingRequestMessageType",
    "MeetingResponse": "MeetingResponseMessageType",
    "MeetingCancellation": "MeetingCancellationMessageType",
}
_FROM_MIME = (
    *("InReplyTo", "References", "From", "Sender"),
    *("ToRecipients", "CcRecipients", "BccRecipients", "ReplyTo"),
)
_READ_ONLY = {"IsDraft", "InternetMessageHeaders", "ConversationIndex", "ConversationTopic", "DateTimeReceived"}
_NEVER = {"IsSubmitted", "IsResend", "IsFromMe", "IsUnmodified", "ReminderIsSet"}
_BY_CLASS = {
    "IPM.Schedule.Meeting.Request": "MeetingRequest",
    "IPM.Schedule.Meeting.Canceled": "MeetingCancellation",
    "IPM.Schedule.Meeting.Resp": "MeetingResponse",
    "IPM.Post": "PostItem",
}


def decoded(element: Element) -> bytes:
    """Return what MimeContent holds."""
    try:
        return b64decode("".join((element.text or "").split()), validate=True)
    except ValueError as error:
        raise EwsError(
            "ErrorMimeContentInvalidBase64String", "The MIME content is not a valid base64 string."
        ) from error


def _field(item: Item, name: str) -> str | None:
    fields = () if item.raw is None else message.headers(item.raw)
    return next((text for each, text in fields if each.lower() == name.lower()), None)


def _text_body(item: Item) -> Element | None:
    body = item.values.get("Body")
    return None if body is None else e("t:TextBody", text=body if isinstance(body, str) else body.text, BodyType="Text")


def kind_of(item_class: str) -> str:
    """Return the element of an item of a class."""
    return next((name for prefix, name in _BY_CLASS.items() if item_class.startswith(prefix)), "Message")


class Messages(Kind):
    """Messages and what else lies in mail folders."""

    default_shape = (
        *("ItemId", "Subject", "Sensitivity", "Size", "DateTimeSent", "DateTimeCreated", "HasAttachments"),
        *("From", "IsRead", "ItemClass", "DisplayTo"),
    )
    find_only = frozenset(
        {
            *("MimeContent", "Body", "TextBody", "UniqueBody", "NormalizedBody", "Attachments"),
            *("ToRecipients", "CcRecipients", "BccRecipients", "ReplyTo", "ResponseObjects", "InternetMessageHeaders"),
        }
    )

    def create(self, item: Item, given: Element, call: Call) -> None:
        disposition = call.body.get("MessageDisposition")
        if disposition is None:
            raise EwsError("ErrorMessageDispositionRequired", "Message disposition is required.")
        if given.find("t:MimeContent", given.nsmap) is None:
            self._began(item)
        super().create(item, given, call)
        self._flagged(item, given)
        self._dated(item)
        if disposition != "SaveOnly":
            self.state.mail.send(item, call.operation, keep=disposition == "SendAndSaveCopy")

    def _began(self, item: Item) -> None:
        """Begin a message that is written property by property."""
        item.values |= {"ConversationTopic": "", "Subject": "", "InternetMessageId": self._own_id(item)}
        item.extended[conversations.TRACKING] = "true"

    def _own_id(self, item: Item) -> str:
        return f"<{hashlib.sha1(item.id.encode(), usedforsecurity=False).hexdigest()}@ex01.example.org>"

    def _flagged(self, item: Item, given: Element) -> None:
        """Make a draft of it, unless its flags at creation say otherwise."""
        given_flags = dict(extended_value(each) for each in given.iterfind("t:ExtendedProperty", given.nsmap))
        flags = int(str(given_flags.get(FLAGS, _READ | _UNSENT)), 0)
        item.extended.pop(FLAGS, None)
        item.values["IsDraft"] = "true" if flags & _UNSENT else "false"
        item.values.setdefault("IsRead", "true" if flags & _READ else "false")

    def _dated(self, item: Item) -> None:
        received = item.extended.pop(RECEIVED, None)
        item.values["DateTimeReceived"] = stamp(item.created) if received is None else str(received)
        item.values.setdefault("DateTimeSent", stamp(item.created))
        held = conversations.of(item)
        if held is None:
            item.values["ConversationTopic"] = message.topic(item.text("Subject"))
            self.load_index(item, conversations.index(item.created, self.guid(item)))

    def guid(self, item: Item) -> bytes:
        """Return a GUID for a conversation that begins with an item."""
        return hashlib.md5(f"{item.id} {item.change}".encode(), usedforsecurity=False).digest()

    def load_index(self, item: Item, index: bytes) -> None:
        """Set the conversation index."""
        item.values["ConversationIndex"] = b64encode(index).decode("ascii")

    def load(self, item: Item, raw: bytes, made: message.Read | None = None) -> None:
        """Set what MIME says, read already or not, in place of what was there before."""
        made = made or message.read(raw)
        if self.state.quirks.no_extended_headers:
            raw = stripped(raw)
        item.raw = raw
        for name in _FROM_MIME:
            item.values.pop(name, None)
        item.values |= made.values
        item.values.setdefault("InternetMessageId", self._own_id(item))
        item.values["_Size"] = str(len(raw) + 1500)
        conversations.imported(item, made, item.created, self.guid(item))
        self.state.mail.note(item)

    def set(self, item: Item, element: Element) -> None:
        name = local(element)
        if name == "MimeContent":
            self.load(item, decoded(element))
        elif name == "ExtendedProperty":
            self._set_extended(item, *extended_value(element))
        elif name == "Categories" and not len(element):
            item.values.pop("Categories", None)
        elif name in _READ_ONLY:
            raise EwsError("ErrorInvalidPropertySet", "Set action is invalid for property.")
        else:
            super().set(item, element)

    def _set_extended(self, item: Item, key: Extended, value: str | list[str]) -> None:
        if key == conversations.INDEX:
            item.values["ConversationIndex"] = str(value)
        elif key == conversations.TOPIC:
            item.values["ConversationTopic"] = str(value)
        elif key == SUBMITTED:
            item.values["DateTimeSent"] = str(value)
        elif key != FLAGS:
            item.extended[key] = value

    def updated(self, item: Item, names: Names, call: Call) -> None:
        if names & {"Subject", "MimeContent"}:
            conversations.renamed(item, self.state.clock.now(), self.guid(item))
        if call.body.get("MessageDisposition") in {"SendOnly", "SendAndSaveCopy"}:
            keep = call.body.get("MessageDisposition") == "SendAndSaveCopy"
            self.state.mail.send(item, call.operation, keep=keep)

    def value(self, item: Item, name: str) -> Value | None:
        if name == "ConversationId":
            return conversations.element(item)
        if name == "IsDraft" and self.state.quirks.wrong_is_draft:
            return "false"
        makers = {"InternetMessageHeaders": self._headers, "Attachments": self._attachments, "TextBody": _text_body}
        if name in makers:
            return makers[name](item)
        return "false" if name in _NEVER else super().value(item, name)

    def mime(self, item: Item) -> bytes | None:
        if item.raw is not None and not (self.state.mail.rewrites and item.text("IsDraft") == "true"):
            return item.raw
        held = {
            "Thread-Topic": item.text("ConversationTopic"),
            "Thread-Index": item.text("ConversationIndex"),
            "Message-ID": item.text("InternetMessageId"),
        }
        return rendered(self.state.mail.composed(item) if item.raw is None else item.raw, held)

    def size(self, item: Item) -> int:
        return int(item.text("_Size", "1500"))

    def _headers(self, item: Item) -> Element | None:
        """Return the fields of a message that came by transport; others have none."""
        if "_Transported" not in item.values or item.raw is None:
            return None
        fields = message.headers(item.raw)
        shown = [e("t:InternetMessageHeader", text=text, HeaderName=name) for name, text in fields]
        return e("t:InternetMessageHeaders", *shown) if shown else None

    def _attachments(self, item: Item) -> Element | None:
        found = [] if item.raw is None else message.read(item.raw).attachments
        shown = [
            e(
                "t:ItemAttachment" if each.is_message else "t:FileAttachment",
                e("t:AttachmentId", Id=f"{item.id[:-4]}{number:04d}"),
                e("t:Name", text=each.name),
                e("t:ContentType", text=each.content_type),
                e("t:Size", text=str(len(each.content))),
                e("t:IsInline", text="false"),
            )
            for number, each in enumerate(found)
        ]
        return e("t:Attachments", *shown) if shown else None

    def extended(self, item: Item, key: Extended) -> str | list[str] | None:
        if key == FLAGS:
            return str(self._flags(item))
        if key.group == SETS["InternetHeaders"]:
            return item.extended.get(key) or _field(item, key.name)
        simple = {
            conversations.INDEX: "ConversationIndex",
            conversations.TOPIC: "ConversationTopic",
            RECEIVED: "DateTimeReceived",
            SUBMITTED: "DateTimeSent",
        }
        if key in simple:
            return item.text(simple[key]) or None
        if key == HEADERS and "_Transported" in item.values and item.raw is not None:
            return message.safe(item.raw.partition(b"\r\n\r\n")[0].decode("utf-8", "replace"))
        return super().extended(item, key)

    def _flags(self, item: Item) -> int:
        flags = _READ * (item.text("IsRead") == "true") | _UNSENT * (item.text("IsDraft") == "true")
        return flags | _ATTACHMENTS * (item.text("HasAttachments") == "true")

    def unset(self, item: Item, path: Path) -> None:
        if path.name in {"Subject", "Body"}:
            item.values[path.name] = "" if path.name == "Subject" else e("t:Body", text="", BodyType="Text")
            return
        super().unset(item, path)

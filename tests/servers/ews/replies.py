"""Answering and forwarding by CreateItem: ReplyToItem, ReplyAllToItem, ForwardItem."""

from __future__ import annotations

import copy
from base64 import b64encode
from typing import TYPE_CHECKING

from tests.servers.ews import conversations
from tests.servers.ews.soap import Call, Element, EwsError, e, local

if TYPE_CHECKING:
    from tests.servers.ews.calls import Handler
    from tests.servers.ews.items import Item
    from tests.servers.ews.state import State

_PREFIXES = {"ReplyToItem": "RE: ", "ReplyAllToItem": "RE: ", "ForwardItem": "FW: "}
_COPIED = {"Subject", "Body", "ToRecipients", "CcRecipients", "BccRecipients", "From", "ExtendedProperty"}


class Replies:
    """Makes answers to messages. The message that is answered stays unread if it was.

    Args:
        state: the mailbox.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        for name in _PREFIXES:
            state.storing.responses[name] = self._answer

    def handlers(self) -> dict[str, Handler]:
        """Return what answers each operation."""
        return {}

    def _answer(self, given: Element, call: Call) -> list[Item]:
        reference = given.find("t:ReferenceItemId", given.nsmap)
        if reference is None:
            raise EwsError("ErrorInvalidReferenceItem", "The reference item is missing.")
        answered = self._state.items.get(reference.get("Id"))
        if not reference.get("ChangeKey"):
            raise EwsError("ErrorChangeKeyRequired", "A change key is required for this operation.")
        whole = e("t:Message", *[copy.deepcopy(each) for each in given if local(each) in _COPIED])
        written = given.find("t:NewBodyContent", given.nsmap)
        if written is not None:
            whole.append(e("t:Body", text=written.text, BodyType=written.get("BodyType")))
        made = self._state.storing.new(self._state.kinds["Message"], whole, call)
        for item in made:
            self._join(item, answered, local(given))
        return made

    def _join(self, item: Item, answered: Item, name: str) -> None:
        """Put the answer into the conversation of the message answered."""
        if not item.text("Subject"):
            item.values["Subject"] = _PREFIXES[name] + answered.text("ConversationTopic")
        sender = answered.values.get("From")
        if "ToRecipients" not in item.values and sender is not None and not isinstance(sender, str):
            item.values["ToRecipients"] = e("t:ToRecipients", *copy.deepcopy(list(sender)))
        message_id = answered.text("InternetMessageId")
        item.values |= {"InReplyTo": message_id, "References": f"{answered.text('References')} {message_id}".strip()}
        item.values["ConversationTopic"] = answered.text("ConversationTopic")
        held = conversations.of(answered)
        if held is not None:
            grown = conversations.child(held, item.created)
            item.values["ConversationIndex"] = b64encode(grown).decode("ascii")
        item.extended[conversations.TRACKING] = answered.extended.get(conversations.TRACKING, "false")
        conversations.renamed(item, item.created, item.id.encode()[-16:])
        self._state.items.touch(item)
        item.entered = item.edited = item.change

"""gmail.users.drafts: the id of a draft stays, that of its message changes with every edit."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from tests.servers.google.box import Box, Joins, not_found
from tests.servers.google.calls import Answer, Call
from tests.servers.google.message import Stored, read_raw
from tests.servers.google.messages import search, shape
from tests.servers.google.pages import page

if TYPE_CHECKING:
    from collections.abc import Callable

_PAGE = 500


class Drafts:
    """Answers for drafts, and what the user does with them."""

    def __init__(self, box: Box) -> None:
        self._box = box
        self._messages: dict[str, str] = {}
        self._random = random.Random(7)

    def handlers(self) -> dict[str, Callable[[Call], Answer]]:
        """Return what answers each method."""
        return {
            "gmail.users.drafts.list": self._list,
            "gmail.users.drafts.get": self._get,
            "gmail.users.drafts.create": self._create,
            "gmail.users.drafts.update": self._update,
            "gmail.users.drafts.delete": self._delete,
            "gmail.users.drafts.send": self._send,
        }

    def ids(self) -> list[str]:
        """Return the ids of all drafts."""
        return [draft for draft, message in self._messages.items() if message in self._box.mails]

    def message(self, draft: str) -> Stored:
        """Return the message of a draft as it is now.

        Raises:
            RefusedError: there is no such draft.
        """
        message = self._messages.get(draft)
        if message is None or message not in self._box.mails:
            raise not_found()
        return self._box.mails[message]

    def create(self, raw: bytes, thread: str | None) -> str:
        """Keep a new draft and return its id."""
        draft = f"r{self._random.randrange(-(2**62), 2**62)}"
        self._messages[draft] = self._box.add(raw, ["DRAFT"], joins=Joins(thread)).id
        return draft

    def replace(self, draft: str, raw: bytes, thread: str | None) -> Stored:
        """Give a draft another message, with an id of its own; one without a thread asked for leaves its thread."""
        old = self.message(draft)
        new = self._box.add(raw, ["DRAFT"], joins=Joins(thread, old))
        self._box.remove(old)
        self._messages[draft] = new.id
        return new

    def delete(self, draft: str) -> None:
        """Delete a draft for good, not into the trash."""
        self._box.remove(self.message(draft))
        del self._messages[draft]

    def send(self, draft: str, raw: bytes | None = None) -> Stored:
        """Make a sent mail of a draft, in its thread: a new message with a new id."""
        old = self.message(draft)
        sent = self._box.add(old.raw if raw is None else raw, ["SENT"], joins=Joins(old.thread, old))
        self.delete(draft)
        return sent

    def _list(self, call: Call) -> Answer:
        by_message = {message: draft for draft, message in self._messages.items()}
        mails = [mail for mail in search(self._box, call) if mail.id in by_message]
        found, more = page(mails, call.params, _PAGE)
        drafts = [{"id": by_message[mail.id], "message": mail.bare()} for mail in found]
        return Answer(({"drafts": drafts} if drafts else {}) | more | {"resultSizeEstimate": len(drafts)})

    def _get(self, call: Call) -> Answer:
        draft = call.params["id"]
        return Answer({"id": draft, "message": self.message(draft).resource(*shape(call))})

    def _create(self, call: Call) -> Answer:
        raw, thread = _given(call)
        draft = self.create(raw, thread)
        return Answer({"id": draft, "message": self.message(draft).labelled()})

    def _update(self, call: Call) -> Answer:
        self.message(call.params["id"])
        raw, thread = _given(call)
        return Answer({"id": call.params["id"], "message": self.replace(call.params["id"], raw, thread).labelled()})

    def _delete(self, call: Call) -> Answer:
        self.delete(call.params["id"])
        return Answer()

    def _send(self, call: Call) -> Answer:
        raw = read_raw(call.body["message"]) if call.body.get("message") else None
        return Answer(self.send(call.body["id"], raw).labelled())


def _given(call: Call) -> tuple[bytes, str | None]:
    message: dict[str, Any] = call.body.get("message") or {}
    return read_raw(message), message.get("threadId") or None

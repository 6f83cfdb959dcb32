"""gmail.users.messages and .threads."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from tests.servers.google import query
from tests.servers.google.box import Box, Joins
from tests.servers.google.calls import Answer, Call, RefusedError
from tests.servers.google.message import Stored, dated, read_raw
from tests.servers.google.pages import page

if TYPE_CHECKING:
    from collections.abc import Callable

_PAGE = 500
_BATCH = 1000
_FIXED = {"SENT", "DRAFT"}


class Messages:
    """Answers for mails."""

    def __init__(self, box: Box) -> None:
        self._box = box

    def handlers(self) -> dict[str, Callable[[Call], Answer]]:
        """Return what answers each method."""
        return {
            "gmail.users.messages.list": self._list,
            "gmail.users.messages.get": lambda call: Answer(self._one(call).resource(*shape(call))),
            "gmail.users.messages.insert": lambda call: self._insert(call, "receivedTime"),
            "gmail.users.messages.import": lambda call: self._insert(call, "dateHeader"),
            "gmail.users.messages.modify": self._modify,
            "gmail.users.messages.batchModify": self._batch_modify,
            "gmail.users.messages.batchDelete": self._batch_delete,
            "gmail.users.messages.trash": self._trash,
            "gmail.users.messages.untrash": self._untrash,
            "gmail.users.messages.delete": self._delete,
            "gmail.users.messages.attachments.get": self._attachment,
        }

    def _one(self, call: Call) -> Stored:
        return self._box.get(call.params["id"])

    def _list(self, call: Call) -> Answer:
        found, more = page(search(self._box, call), call.params, _PAGE)
        listed = {"messages": [mail.bare() for mail in found]} if found else {}
        return Answer(listed | more | {"resultSizeEstimate": len(found)})

    def _insert(self, call: Call, default: str) -> Answer:
        raw, source = read_raw(call.body), call.params.get("internalDateSource", default)
        labels = call.body.get("labelIds") or []
        if "DRAFT" in labels:
            raise RefusedError(400, "invalidArgument", "Invalid label: DRAFT")
        internal = dated(raw) if source == "dateHeader" else None
        asked = call.body.get("threadId") or None
        arrives = call.method.endswith(".import") and asked is None
        mail = self._box.add(raw, labels, internal, None if arrives else Joins(asked))
        return Answer(mail.labelled())

    def _modify(self, call: Call) -> Answer:
        mail = self._one(call)
        add, remove = changes(self._box, call)
        if "DRAFT" in mail.labels and set(add) - {"TRASH"}:
            # developers.google.com/workspace/gmail/api/guides/drafts
            raise RefusedError(400, "invalidArgument", "Draft messages cannot have any label other than DRAFT")
        self._box.relabel(mail, add, remove)
        return Answer(mail.labelled())

    def _batch_modify(self, call: Call) -> Answer:
        ids = self._ids(call)
        add, remove = changes(self._box, call)
        for mail in (self._box.mails[each] for each in ids if each in self._box.mails):
            self._box.relabel(mail, add, remove)
        return Answer()

    def _batch_delete(self, call: Call) -> Answer:
        for mail in [self._box.mails[each] for each in self._ids(call) if each in self._box.mails]:
            self._box.remove(mail)
        return Answer()

    def _ids(self, call: Call) -> list[str]:
        ids: list[str] = call.body.get("ids") or []
        if not ids:
            raise RefusedError(400, "invalidArgument", "No message ids specified")
        if len(ids) > _BATCH:
            raise RefusedError(400, "invalidArgument", f"Number of ids cannot exceed {_BATCH}")
        return ids

    def _trash(self, call: Call) -> Answer:
        mail = self._one(call)
        self._box.trash(mail)
        return Answer(mail.labelled())

    def _untrash(self, call: Call) -> Answer:
        mail = self._one(call)
        self._box.relabel(mail, remove=["TRASH"])
        return Answer(mail.labelled())

    def _delete(self, call: Call) -> Answer:
        self._box.remove(self._one(call))
        return Answer()

    def _attachment(self, call: Call) -> Answer:
        content = self._box.get(call.params["messageId"]).attachment(call.params["id"])
        return Answer({"size": len(content), "data": base64.urlsafe_b64encode(content).decode()})


class Threads:
    """Answers for threads."""

    def __init__(self, box: Box) -> None:
        self._box = box

    def handlers(self) -> dict[str, Callable[[Call], Answer]]:
        """Return what answers each method."""
        return {
            "gmail.users.threads.list": self._list,
            "gmail.users.threads.get": self._get,
            "gmail.users.threads.modify": self._modify,
            "gmail.users.threads.trash": lambda call: self._each(call, self._box.trash),
            "gmail.users.threads.untrash": lambda call: self._each(
                call, lambda mail: self._box.relabel(mail, remove=["TRASH"])
            ),
            "gmail.users.threads.delete": self._delete,
        }

    def _list(self, call: Call) -> Answer:
        heads: dict[str, Stored] = {}
        for mail in search(self._box, call):
            heads.setdefault(mail.thread, mail)
        found, more = page(list(heads.values()), call.params, _PAGE)
        threads = [{"id": mail.thread, "snippet": mail.snippet, "historyId": str(mail.history)} for mail in found]
        return Answer(({"threads": threads} if threads else {}) | more | {"resultSizeEstimate": len(found)})

    def _get(self, call: Call) -> Answer:
        mails = self._box.thread(call.params["id"])
        last = max(mail.history for mail in mails)
        messages = [mail.resource(*shape(call)) for mail in mails]
        return Answer({"id": call.params["id"], "historyId": str(last), "messages": messages})

    def _modify(self, call: Call) -> Answer:
        add, remove = changes(self._box, call)
        return self._each(call, lambda mail: self._box.relabel(mail, add, remove))

    def _each(self, call: Call, change: Callable[[Stored], None]) -> Answer:
        mails = self._box.thread(call.params["id"])
        for mail in mails:
            change(mail)
        return Answer({"id": call.params["id"], "messages": [mail.labelled() for mail in mails]})

    def _delete(self, call: Call) -> Answer:
        for mail in self._box.thread(call.params["id"]):
            self._box.remove(mail)
        return Answer()


def search(box: Box, call: Call) -> list[Stored]:
    """Return the mails that a list is asked for, newest first."""
    names = {name: label for label, name in box.names.items()}
    found = query.parse(call.params.get("q", ""), box.clock.now(), names)
    everywhere = call.params.get("includeSpamTrash", False) or found.anywhere()
    return box.select(found.fits, call.params.get("labelIds", []), everywhere=everywhere)


def shape(call: Call) -> tuple[str, list[str]]:
    """Return the format that is asked for, and the header fields of "metadata"."""
    return call.params.get("format", "full"), call.params.get("metadataHeaders", [])


def changes(box: Box, call: Call) -> tuple[list[str], list[str]]:
    """Return the labels to add and to remove.

    Raises:
        RefusedError: one does not exist or is not the user's to change.
    """
    add, remove = call.body.get("addLabelIds") or [], call.body.get("removeLabelIds") or []
    box.check_labels([*add, *remove])
    for label in [*add, *remove]:
        if label in _FIXED:
            raise RefusedError(400, "invalidArgument", f"Invalid label: {label}")
    if not add and not remove:
        raise RefusedError(400, "invalidArgument", "No label add or removes specified")
    return add, remove

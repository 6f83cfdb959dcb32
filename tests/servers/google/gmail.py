"""Gmail: one mailbox behind the API, with the hands of its user on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.servers.google.box import Box, Joins, Record, not_found
from tests.servers.google.calls import Answer, Call, RefusedError
from tests.servers.google.drafts import Drafts
from tests.servers.google.hands import locked
from tests.servers.google.labels import Labels
from tests.servers.google.message import Stored, read_raw, rewritten
from tests.servers.google.messages import Messages, Threads
from tests.servers.google.pages import page

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterable
    from datetime import datetime, timedelta

    from tests.servers.google.clock import Clock

_PAGE = 500
_KINDS = {
    "messageAdded": "messagesAdded",
    "messageDeleted": "messagesDeleted",
    "labelAdded": "labelsAdded",
    "labelRemoved": "labelsRemoved",
}


class Mail:
    """The mailbox. What is named `user_...` is done in Gmail's web page.

    Args:
        clock: the server's.
        email: the user's address.
        lock: held while a request is being answered.
    """

    def __init__(self, clock: Clock, email: str, lock: threading.RLock) -> None:
        self.lock = lock
        self.box = Box(clock)
        self.labels = Labels(self.box)
        self.drafts = Drafts(self.box)
        self.web_keeps_message_id = True
        """Whether a draft keeps its Message-ID when the user edits or sends it in the web page."""
        self._email = email

    def handlers(self) -> dict[str, Callable[[Call], Answer]]:
        """Return what answers each method."""
        parts = (Messages(self.box), Threads(self.box), self.labels, self.drafts)
        found = {
            "gmail.users.getProfile": self._profile,
            "gmail.users.history.list": self._history,
            "gmail.users.messages.send": self._send,
        }
        for part in parts:
            found |= part.handlers()
        return {method: self._mine(handler) for method, handler in found.items()}

    @locked
    def deliver(
        self, raw: bytes, labels: Iterable[str] = ("INBOX", "UNREAD"), received_at: datetime | None = None
    ) -> str:
        """Let a mail arrive, now unless told otherwise; return its id."""
        internal = None if received_at is None else int(received_at.timestamp() * 1000)
        return self.box.add(raw, labels, internal).id

    @locked
    def user_modifies(self, message_id: str, add: Iterable[str] = (), remove: Iterable[str] = ()) -> None:
        """Let the user change labels, system ones too: reading, archiving and moving are nothing else."""
        self.box.check_labels([*add, *remove])
        self.box.relabel(self.box.get(message_id), add, remove)

    @locked
    def user_trashes(self, message_id: str) -> None:
        """Let the user move a mail to the trash."""
        self.box.trash(self.box.get(message_id))

    @locked
    def user_deletes(self, message_id: str) -> None:
        """Let the user delete a mail for good."""
        self.box.remove(self.box.get(message_id))

    @locked
    def user_writes_draft(self, raw: bytes, thread: str | None = None) -> str:
        """Let the user save a draft; return its draft id."""
        return self.drafts.create(raw, thread)

    @locked
    def user_edits_draft(self, draft: str, raw: bytes) -> str:
        """Let the user save other content: fields X-... are lost, the draft id stays; return the new message id."""
        old = self.drafts.message(draft)
        return self.drafts.replace(draft, self._by_web(raw, old), old.thread).id

    @locked
    def user_sends_draft(self, draft: str) -> str:
        """Let the user send a draft from the web page, which writes it anew; return the id of the sent mail."""
        old = self.drafts.message(draft)
        return self.drafts.send(draft, self._by_web(old.raw, old)).id

    @locked
    def user_deletes_draft(self, draft: str) -> None:
        """Let the user discard a draft."""
        self.drafts.delete(draft)

    @locked
    def user_creates_label(self, name: str) -> str:
        """Let the user make a label; return its id."""
        return self.labels.create(name)

    @locked
    def user_renames_label(self, label: str, name: str) -> None:
        """Let the user rename a label; those nested below it follow."""
        old = self.box.names[label]
        for each, named in list(self.box.names.items()):
            if named.startswith(f"{old}/"):
                self.labels.rename(each, name + named.removeprefix(old))
        self.labels.rename(label, name)

    @locked
    def user_deletes_label(self, label: str) -> None:
        """Let the user delete a label."""
        self.labels.delete(label)

    @locked
    def forget_history(self) -> None:
        """Let every history id given so far be too old."""
        self.box.forget()

    @locked
    def message(self, message_id: str) -> Stored:
        """Return a mail as it is kept."""
        return self.box.get(message_id)

    @locked
    def messages(self) -> list[Stored]:
        """Return all mails, newest first, drafts and junk and trash too."""
        return self.box.newest()

    @locked
    def draft(self, draft: str) -> Stored:
        """Return the message of a draft."""
        return self.drafts.message(draft)

    @locked
    def label_named(self, name: str) -> str | None:
        """Return the id of the label of that name, None when there is none."""
        return next((label for label, named in self.box.names.items() if named == name), None)

    def lag_searches(self, by: timedelta) -> None:
        """From now on find new mails only so much later."""
        self.box.search_lag = by

    def _by_web(self, raw: bytes, old: Stored) -> bytes:
        new = f"<CA+{self.box.fresh_id()}@mail.gmail.com>"
        return rewritten(raw, old.message_id or new if self.web_keeps_message_id else new)

    def _mine(self, handler: Callable[[Call], Answer]) -> Callable[[Call], Answer]:
        """Refuse other users."""

        def answer(call: Call) -> Answer:
            if call.params["userId"] not in {"me", self._email}:
                raise RefusedError(403, "forbidden", f"Delegation denied for {self._email}")
            return handler(call)

        return answer

    def _profile(self, _: Call) -> Answer:
        mails = self.box.newest()
        return Answer(
            {
                "emailAddress": self._email,
                "messagesTotal": len(mails),
                "threadsTotal": len({mail.thread for mail in mails}),
                "historyId": str(self.box.history_id),
            }
        )

    def _send(self, call: Call) -> Answer:
        mail = self.box.add(read_raw(call.body), ["SENT"], joins=Joins(call.body.get("threadId") or None))
        return Answer(mail.labelled())

    def _history(self, call: Call) -> Answer:
        start = call.params.get("startHistoryId")
        if start is None:
            raise RefusedError(400, "invalidArgument", "Missing required parameter: startHistoryId")
        if not self.box.oldest <= int(start) <= self.box.history_id:
            raise not_found()
        kinds = {_KINDS[each] for each in call.params.get("historyTypes", _KINDS)}
        label = call.params.get("labelId")
        records = [
            record
            for record in self.box.history
            if record.id > int(start) and record.kind in kinds and label in {None, *record.labels, *record.changed}
        ]
        found, more = page(records, call.params, _PAGE)
        listed = {"history": [_told(record) for record in found]} if found else {}
        return Answer(listed | more | {"historyId": str(self.box.history_id)})


def _told(record: Record) -> dict[str, Any]:
    change: dict[str, Any] = {"message": record.labelled}
    if record.changed:
        change["labelIds"] = list(record.changed)
    return {"id": str(record.id), "messages": [record.bare], record.kind: [change]}

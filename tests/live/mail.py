"""What a live harness does to mail and drafts, and how it tells its own from the user's."""

from __future__ import annotations

import base64
import email
import re
import time
from typing import TYPE_CHECKING, Any

from googleapiclient.errors import HttpError
from googleapiclient.http import MediaInMemoryUpload

from assistant.model.mailbox import Folder, Label, Ref

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tests.live.connection import Plain

DELETES = "https://mail.google.com/"
"""The one scope that may delete for good; without it what a test made ends in the trash."""
DOMAIN = "@example.org>"
"""How the Message-ID of every mail of the suites ends. Nobody gets mail from there (RFC 2606)."""
PARENT, FAMILY = "Callbacks", "Ringback contract suite"
_NAMES = {PARENT, FAMILY, *(f"{PARENT}/{label}" for label in Label)}
_PLACES = {
    Folder.INBOX: ("INBOX", "UNREAD"),
    Folder.ARCHIVE: (),
    Folder.SENT: ("SENT",),
    Folder.JUNK: ("SPAM", "UNREAD"),
    Folder.TRASH: ("TRASH",),
}
_MOVABLE = ("INBOX", "SPAM", "TRASH")
_PAGE = 500
_LARGE = 1 << 20
_ID = re.compile(r"<[^<>\s]+>")
_END = re.compile(rb"\r?\n\r?\n")
_PATIENCE, _PAUSE = 120.0, 2.0


class OwnMail:
    """The mails of the test at hand.

    What was there when the run began is not its own, nor what earlier tests left in the trash. Of the rest a mail is
    its own that a hand or the provider was seen to write, or whose Message-ID is one of the suites: so a mail that
    Google was made to keep twice counts, and one that somebody sends to the account meanwhile does not, and stays.

    Args:
        plain: the connection of the user's hands.
    """

    def __init__(self, plain: Plain) -> None:
        self._plain = plain
        self._users = plain.users
        self._hidden = {message for page in self._pages() for message in page}
        self._labels_before = set(self._labels())
        self._known: dict[str, bool] = {}
        self._threads: dict[str, str] = {}
        self._searchable: dict[str, str] = {}
        self.expired = 0
        """Up to this history id cursors count as too old."""

    def note(self, message: str) -> None:
        """Note that the test made a message."""
        self._known[message] = True

    def is_ours(self, message: str) -> bool:
        """Tell whether a message is the test's."""
        if message in self._hidden:
            return False
        if message not in self._known:
            self._known[message] = self._is_of_suites(message)
        return self._known[message]

    def _is_of_suites(self, message: str) -> bool:
        get = self._users.messages().get
        request = get(userId="me", id=message, format="metadata", metadataHeaders=["Message-ID"], fields="payload")
        try:
            headers = self._plain.do(request).get("payload", {}).get("headers", ())
        except HttpError as error:
            if error.status_code == 404:
                return False
            raise
        return any(one["value"].strip().endswith(DOMAIN) for one in headers)

    # The user's hands.

    def deliver(self, raw: bytes, folder: Folder) -> Ref:
        """Insert a mail: in the thread of one that it answers, as if it had come by post."""
        if folder is Folder.DRAFTS:
            return Ref(self._draft(raw)["message"]["id"])
        labels = (self._label(FAMILY),) if folder is Folder.OTHER else _PLACES[folder]
        head = email.message_from_bytes(_END.split(raw, maxsplit=1)[0] + b"\n\n")
        named = _ID.findall(f"{head['References'] or ''} {head['In-Reply-To'] or ''}")
        thread = next((self._threads[each] for each in named if each in self._threads), None)
        made = self._insert(raw, labels, thread)
        self._threads[str(head["Message-ID"])] = made["threadId"]
        if folder not in {Folder.JUNK, Folder.TRASH}:
            self._searchable[made["id"]] = str(head["Message-ID"]).strip("<>")
        return Ref(made["id"])

    def _insert(self, raw: bytes, labels: Sequence[str], thread: str | None) -> dict[str, Any]:
        body: dict[str, Any] = {"labelIds": list(labels)} | ({"threadId": thread} if thread else {})
        given: dict[str, Any] = {"body": body}
        if len(raw) > _LARGE:
            given["media_body"] = MediaInMemoryUpload(raw, mimetype="message/rfc822")
        else:
            body["raw"] = _encoded(raw)
        insert = self._users.messages().insert
        made: dict[str, Any] = self._plain.do(insert(userId="me", internalDateSource="receivedTime", **given))
        self.note(made["id"])
        return made

    def show(self, ref: Ref, label: Label | None) -> None:
        """Put one label of Ringback's on and take the others off."""
        named = self._labels()
        ours = {one for one, name in named.items() if name.startswith(f"{PARENT}/")}
        add = [] if label is None else [self._label(f"{PARENT}/{label}")]
        self._modify(ref, add, (ours & self.labels_on(ref)) - set(add))

    def move(self, ref: Ref, folder: Folder) -> None:
        """Move a mail as a mail program does."""
        self._searchable.pop(ref, None)
        if folder is Folder.TRASH:
            self._plain.do(self._users.messages().trash(userId="me", id=ref))
        else:
            labels = _PLACES[folder]
            self._modify(ref, labels, set(_MOVABLE) - set(labels))

    def _modify(self, ref: Ref, add: Iterable[str], remove: Iterable[str]) -> None:
        body = {"addLabelIds": sorted(add), "removeLabelIds": sorted(remove)}
        self._plain.do(self._users.messages().modify(userId="me", id=ref, body=body))

    def delete(self, ref: Ref) -> None:
        """Delete a mail for good."""
        self._searchable.pop(ref, None)
        self._plain.do(self._users.messages().delete(userId="me", id=ref))

    def labels_on(self, ref: Ref) -> set[str]:
        """Return the ids of the labels on a mail."""
        found = self._plain.do(self._users.messages().get(userId="me", id=ref, format="minimal"))
        return set(found.get("labelIds", ()))

    def write_draft(self, raw: bytes) -> Ref:
        """Save a new draft."""
        return Ref(self._draft(raw)["id"])

    def _draft(self, raw: bytes) -> dict[str, Any]:
        request = self._users.drafts().create(userId="me", body={"message": {"raw": _encoded(raw)}})
        made: dict[str, Any] = self._plain.do(request)
        self.note(made["message"]["id"])
        return made

    def edit_draft(self, ref: Ref, raw: bytes) -> None:
        """Save other content in a draft, in its thread."""
        drafts = self._users.drafts()
        thread = self._plain.do(drafts.get(userId="me", id=ref, format="minimal"))["message"]["threadId"]
        body = {"message": {"raw": _encoded(raw), "threadId": thread}}
        self.note(self._plain.do(drafts.update(userId="me", id=ref, body=body))["message"]["id"])

    def discard_draft(self, ref: Ref) -> None:
        """Discard a draft."""
        self._plain.do(self._users.drafts().delete(userId="me", id=ref))

    def file_draft_as_sent(self, ref: Ref) -> None:
        """Leave what sending leaves, and send nothing: the mail under SENT in its thread, and no draft."""
        message = self._plain.do(self._users.drafts().get(userId="me", id=ref, format="raw"))["message"]
        raw = base64.urlsafe_b64decode(message["raw"] + "==")
        self._insert(raw, ["SENT"], message["threadId"])
        self.discard_draft(ref)

    def expire(self) -> None:
        """Let every cursor given out so far count as too old."""
        self.expired = int(self._plain.do(self._users.getProfile(userId="me"))["historyId"])

    def await_index(self) -> None:
        """Wait until Gmail's search finds what was delivered: its index is some moments behind.

        Raises:
            TimeoutError: it does not find it.
        """
        end = time.monotonic() + _PATIENCE
        while self._searchable:
            for ref, message_id in list(self._searchable.items()):
                found = self._plain.do(self._users.messages().list(userId="me", q=f"rfc822msgid:{message_id}"))
                if ref in {one["id"] for one in found.get("messages", ())}:
                    del self._searchable[ref]
            if self._searchable:
                if time.monotonic() > end:
                    raise TimeoutError(f"Gmail's search does not find {sorted(self._searchable.values())}")
                time.sleep(_PAUSE)

    # Labels and lists.

    def _labels(self) -> dict[str, str]:
        return {one["id"]: one["name"] for one in self._plain.do(self._users.labels().list(userId="me"))["labels"]}

    def _label(self, name: str) -> str:
        known = next((one for one, named in self._labels().items() if named == name), None)
        if known is not None:
            return known
        body = {"name": name, "labelListVisibility": "labelShow", "messageListVisibility": "show"}
        return str(self._plain.do(self._users.labels().create(userId="me", body=body))["id"])

    def _pages(self) -> Iterator[list[str]]:
        """Yield the ids of all messages, newest first, junk and trash too, a page at a time."""
        messages = self._users.messages()
        request = messages.list(userId="me", includeSpamTrash=True, maxResults=_PAGE)
        while request is not None:
            page = self._plain.do(request)
            yield [one["id"] for one in page.get("messages", ())]
            request = messages.list_next(request, page)

    # The end of a test.

    def clean(self) -> None:
        """Remove what the test made, labels of Ringback that were not there before the run too."""
        if not any(self._known.values()):
            return
        self._clean_drafts()
        self._clean_messages()
        for label, name in self._labels().items():
            if label not in self._labels_before and name in _NAMES:
                self._plain.do(self._users.labels().delete(userId="me", id=label))
        self._threads.clear()
        self._searchable.clear()
        self.expired = 0

    def _clean_drafts(self) -> None:
        request = self._users.drafts().list(userId="me", maxResults=_PAGE)
        while request is not None:
            page = self._plain.do(request)
            for draft in page.get("drafts", ()):
                if self.is_ours(draft["message"]["id"]):
                    self.discard_draft(Ref(draft["id"]))
            request = self._users.drafts().list_next(request, page)

    def _clean_messages(self) -> None:
        ours: list[str] = []
        for page in self._pages():
            ours += [message for message in page if self.is_ours(message)]
            if self._hidden.issuperset(page):
                break  # all that comes after is older than the run
        for first in range(0, len(ours), _PAGE):
            portion = ours[first : first + _PAGE]
            messages = self._users.messages()
            if DELETES in self._plain.scopes:
                self._plain.do(messages.batchDelete(userId="me", body={"ids": portion}))
            else:
                body = {"ids": portion, "addLabelIds": ["TRASH"], "removeLabelIds": ["INBOX", "SPAM"]}
                self._plain.do(messages.batchModify(userId="me", body=body))
        self._hidden.update(ours)
        self._known.clear()


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode("ascii")

"""The Mailbox port on Gmail: history for the news, batches for heads and mails, nested labels for the state."""

from __future__ import annotations

import functools
import itertools
from typing import TYPE_CHECKING, Any

from assistant.errors import NotFoundError, ProviderError, UnsupportedError
from assistant.model.mailbox import Cursor, Label, MailChanges, Ref
from assistant.standards.compose import KEY_HEADER
from providers._headers import field, keyed
from providers._marks import unknown
from providers.google import heads, searching
from providers.google.creating import create
from providers.google.cursors import CHAT, HIDING, NOBODY, Place, labels_in, news, pack, precedes, unpack
from providers.google.labels import Labels, owner_of
from providers.google.service import BATCH, NAME

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime, timedelta

    from googleapiclient.http import HttpRequest

    from assistant.model.mailbox import Head
    from providers.google.service import Google

_PAGE = 500
_NEWEST = 50
"""So many mails are looked at beside what a search finds: its index is some moments behind."""
_LARGE = 1 << 18
_UNKNOWN = 1 << 20
_PORTION = 16 << 20
"""Bytes of mail held in memory at once, unless one mail alone has more; the size of one not seen before is guessed."""
_HISTORY = (
    "history(messagesAdded/message(id,labelIds),messagesDeleted/message/id,"
    "labelsAdded(labelIds,message/id),labelsRemoved(labelIds,message/id)),historyId,nextPageToken"
)


class GoogleMailbox:
    """Notifications in Gmail; the state they are in shows as labels below `Callbacks`.

    Args:
        google: the account.
        address: whose sign-in it is, empty where nobody said: a cursor of somebody else's is not gone on from.
    """

    def __init__(self, google: Google, address: str = "") -> None:
        self._google = google
        self._owner = owner_of(address) if address else None
        self._labels = Labels(google)
        self._sizes: dict[Ref, int] = {}

    def changes(self, cursor: Cursor | None, since: datetime | None = None) -> MailChanges:
        """Read the history since the cursor; an idle look is one request.

        Args:
            cursor: None lists all mail and takes note of the history before.
            since: with None as cursor, mail that came before it is left out.
        """
        if cursor is None:
            return self._all(since)
        place = unpack(cursor)
        if self._owner is not None and place.owner not in {NOBODY, self._owner}:
            raise unknown(NAME)
        self._labels.remember(place.labels, place.owner)
        return self._since(place.history)

    def _all(self, since: datetime | None) -> MailChanges:
        start = self._labels.look("mailbox.changes").get("historyId")
        if since is None:
            refs = dict.fromkeys(self._listed(None, _PAGE))
        else:
            newest = itertools.islice(self._listed(None, _NEWEST), _NEWEST)
            refs = dict.fromkeys([*newest, *self._listed(f"after:{int(since.timestamp()) - 1}", _PAGE)])
        return self._told(start, list(refs), ())

    def _listed(self, query: str | None, page: int) -> Iterator[Ref]:
        messages = self._google.gmail.users().messages()
        pages = messages.list(userId="me", q=query, maxResults=page, fields="messages/id,nextPageToken")
        for one in self._pages("mailbox.changes", messages, pages):
            yield from heads.refs(one, "mailbox.changes")

    def _since(self, start: str) -> MailChanges:
        listing = self._google.gmail.users().history()
        pages = listing.list(userId="me", startHistoryId=start, maxResults=_PAGE, fields=_HISTORY)
        now: str | None = None
        records: list[dict[str, Any]] = []
        try:
            for page in self._pages("mailbox.changes", listing, pages):
                now = now or str(page.get("historyId", ""))
                with heads.shape("mailbox.changes"):
                    records += page.get("history", ())
        except ProviderError as error:
            if heads.is_unknown(error):
                raise unknown(NAME) from error
            raise
        if not now or precedes(now, start):
            raise unknown(NAME)
        with heads.shape("mailbox.changes"):
            self._labels.meet(labels_in(records), "mailbox.changes")  # now: what heads tell later is not in the cursor
            found = news(records, self._labels.matters)
        return self._told(now, found.changed, found.gone)

    def _told(self, history: str | None, shown: Sequence[Ref], gone: tuple[Ref, ...]) -> MailChanges:
        if history is None:
            raise heads.unreadable("mailbox.changes", "it names no history")
        owner = self._owner or self._labels.owner or NOBODY
        cursor = pack(Place(history=history, labels=self._labels.ids, owner=owner))
        return MailChanges(heads=self._heads(shown), removed=gone, cursor=cursor, total=len(shown))

    def _pages(self, operation: str, listing: Any, request: HttpRequest) -> Iterator[dict[str, Any]]:  # noqa: ANN401  the client makes its classes from a document
        following: HttpRequest | None = request
        while following is not None:
            page = self._google.call(operation, following)
            yield page
            following = listing.list_next(following, page)

    def _heads(self, refs: Sequence[Ref], operation: str = "mailbox.changes") -> Iterator[Head]:
        for start in range(0, len(refs), BATCH):
            messages = self._messages(operation, refs[start : start + BATCH], "metadata", heads.HEAD_FIELDS)
            yield from self._shown(operation, messages)

    def _shown(self, operation: str, messages: dict[Ref, dict[str, Any]]) -> Iterator[Head]:
        for ref, message in messages.items():
            with heads.shape(operation):
                labels = frozenset(map(str, message.get("labelIds", ())))
                self._sizes[ref] = max(_LARGE, int(message.get("sizeEstimate", 0)))
            if HIDING.isdisjoint(labels) and CHAT not in labels:
                ours, filed = self._labels.of(labels, operation)
                with heads.shape(operation):
                    found = heads.head({**message, "id": ref}, ours, filed=filed)
                yield found

    def _messages(self, operation: str, refs: Sequence[Ref], form: str, fields: str) -> dict[Ref, dict[str, Any]]:
        """Return what Gmail says of messages; those that are gone are left out."""
        get = self._google.gmail.users().messages().get
        wanted = {ref: get(userId="me", id=ref, format=form, fields=fields) for ref in refs if heads.is_ref(ref)}
        return heads.gathered(self._google, operation, wanted)

    def fetch(self, refs: Sequence[Ref], *, audio: bool = False) -> Iterator[tuple[Ref, bytes]]:
        """Yield the mails whole, audio included; so many are fetched at once as need little memory."""
        del audio
        for portion in self._portions(refs):
            found = self._messages("mailbox.fetch", list(dict.fromkeys(portion)), "raw", "id,raw")
            for at, ref in enumerate(portion):
                if ref in found:
                    message = found[ref] if ref in portion[at + 1 :] else found.pop(ref)
                    with heads.shape("mailbox.fetch"):
                        raw = heads.decoded(message["raw"])
                    yield ref, raw

    def _portions(self, refs: Sequence[Ref]) -> Iterator[Sequence[Ref]]:
        portion: list[Ref] = []
        size = 0
        for ref in refs:
            more = self._sizes.get(ref, _UNKNOWN)
            if portion and (len(portion) == BATCH or size + more > _PORTION):
                yield portion
                portion, size = [], 0
            portion.append(ref)
            size += more
        if portion:
            yield portion

    def set_state(self, ref: Ref, label: Label | None) -> None:
        """Put one label of ours on, take the others off, in one request."""
        if not heads.is_ref(ref):
            raise _gone(ref)
        self._labels.show(ref, label)

    def set_states(self, wanted: Mapping[Ref, Label | None]) -> Mapping[Ref, ProviderError]:
        """Do what `set_state` does for many messages, fifty in a request; return what came in the way of which."""
        sound = {ref: label for ref, label in wanted.items() if heads.is_ref(ref)}
        gone = {ref: _gone(ref) for ref in wanted if ref not in sound}
        return gone | self._labels.show_all(sound)

    def append(self, raw: bytes, key: str) -> Ref:
        """Insert, unread into the inbox, unless a message with this Message-ID and key is anywhere, trash included.

        Gmail's search does not know yet what came a moment ago: the newest mails are looked at too, and after a lost
        answer its history.
        """
        operation = "mailbox.append"
        message, message_id = heads.identified(keyed(raw, key, NAME, operation), key)
        start, known = self._seen(message_id)
        earlier = self._with_key(known, key)
        if earlier is not None:
            return earlier
        messages = self._google.gmail.users().messages()
        body = {"raw": heads.encoded(message), "labelIds": ["INBOX", "UNREAD"]}
        request = messages.insert(userId="me", internalDateSource="receivedTime", body=body, fields="id")
        return create(self._google, operation, request, _inserted, lambda: self._added(start, key))

    def _seen(self, message_id: str) -> tuple[str, Sequence[Ref]]:
        """Return the present moment of the history, the messages with this Message-ID, and the newest of all."""
        users = self._google.gmail.users()
        ask = functools.partial(users.messages().list, userId="me", includeSpamTrash=True, fields="messages/id")
        requests = {
            "profile": users.getProfile(userId="me", fields="historyId"),
            "found": ask(q=f"rfc822msgid:{message_id}"),
            "newest": ask(maxResults=_NEWEST),
        }
        said = {name: heads.sound(answer) for name, answer in self._google.each("mailbox.append", requests).items()}
        known = [*heads.refs(said["found"], "mailbox.append"), *heads.refs(said["newest"], "mailbox.append")]
        return said["profile"].get("historyId", ""), list(dict.fromkeys(known))

    def _added(self, start: str, key: str) -> Ref | None:
        """Return the message with this key among those added since a moment of the history."""
        listing = self._google.gmail.users().history()
        fields = "history/messagesAdded/message/id,nextPageToken"
        pages = listing.list(userId="me", startHistoryId=start, historyTypes="messageAdded", fields=fields)
        found = list(self._pages("mailbox.append", listing, pages))
        with heads.shape("mailbox.append"):
            records = [one for page in found for one in page.get("history", ())]
            added = news(records, lambda _: False).changed
        return self._with_key(added, key)

    def _with_key(self, refs: Sequence[Ref], key: str) -> Ref | None:
        messages = self._messages("mailbox.append", refs, "metadata", "payload/headers") if refs else {}
        with heads.shape("mailbox.append"):
            keys = {ref: field(heads.headers_of(message), KEY_HEADER) for ref, message in messages.items()}
        return next((ref for ref, found in keys.items() if found == key), None)

    def search(self, query: str) -> Iterator[Head]:
        """Ask Gmail for the ways in which a number is usually written, and read what it found."""
        wanted = searching.Wanted.of(query)
        if wanted is None:
            return
        for found in searching.rounds(self._google, wanted.queries, self._search_heads):
            yield from self._naming(found, wanted)

    def _search_heads(self, refs: Sequence[Ref]) -> Sequence[Head]:
        return list(self._heads(refs, "mailbox.search"))

    def _naming(self, found: Sequence[Head], wanted: searching.Wanted) -> Iterator[Head]:
        """Yield the heads of what really names it; a text is read where the head does not."""
        unsure = [head.ref for head in found if not wanted.in_head(head)]
        named = {ref for ref, raw in self.fetch(unsure) if wanted.in_mail(raw)}
        yield from (head for head in found if head.ref in named or wanted.in_head(head))

    def wait(self, timeout: timedelta) -> bool:
        """Refuse: Gmail pushes to a topic of Google Cloud alone.

        Raises:
            UnsupportedError: always.
        """
        del timeout
        raise UnsupportedError(NAME, "mailbox.wait", "Gmail cannot tell of new mail; look again from time to time")


def _inserted(answer: dict[str, Any]) -> Ref:
    with heads.shape("mailbox.append"):
        return Ref(answer["id"])


def _gone(ref: Ref) -> NotFoundError:
    return NotFoundError(NAME, "mailbox.set_state", f"the message {ref!r} is gone")

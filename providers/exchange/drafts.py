"""The DraftBox port on Exchange: items in the user's own Drafts. There is no send.

A draft keeps its id while it is edited, and every change gives it another change key: that is the etag. Programs of the
server touch items too, so a digest of our words lies beside them: as long as it fits, the draft is still ours.
"""

from __future__ import annotations

import base64
import hashlib
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from exchangelib.items import MOVE_TO_DELETED_ITEMS, NEVER_OVERWRITE, Message
from exchangelib.restriction import Q

from assistant.errors import (
    AlreadyExistsError,
    AuthError,
    InvalidResponseError,
    NotFoundError,
    ProviderError,
    TransientError,
    UnsupportedError,
    WrongETagError,
)
from assistant.model.mailbox import Draft, DraftRef, ETag, Ref
from assistant.standards.compose import KEY_HEADER, digest, same_words
from providers._headers import field, header_fields, keyed, message_id, with_field
from providers.exchange import folders, heads
from providers.exchange.saving import once, save
from providers.exchange.searching import find
from providers.exchange.service import NAME, is_id

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import exchangelib

    from providers.exchange.service import Exchange

_PUT = "drafts.put"
_OURS = "ringback-"
_LISTED = ("ringback_key", "message_id", "size", "parent_folder_id")
_WHOLE = ("mime_content", "ringback_key", "ringback_words", "conversation_id", "parent_folder_id")
_PORTION = 8 << 20
_ROOT = 22
_CHILD = 5
"""Bytes of a conversation index: its head, and what each answer appends (MS-OXOMSG 2.2.1.3)."""


class _Mark(NamedTuple):
    """What tells whose draft an item is: our property, and the part of its Message-ID before the @."""

    etag: ETag
    key: str | None
    local: str
    size: int = 0

    def is_of(self, key: str) -> bool:
        """Tell whether it is the draft of a key."""
        return self.key == key if self.key else self.local == key


class ExchangeDraftBox:
    """Drafts in Exchange.

    Args:
        exchange: the account.
    """

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._listed: dict[Ref, _Mark] | None = None
        self._folder: str | None = None

    def put(self, raw: bytes, key: str, thread: str | None = None, previous: DraftRef | None = None) -> DraftRef:
        """Create, having looked for the key; or update the version that we know, in place."""
        message = keyed(raw, key, NAME, _PUT)
        try:
            written = self._create(message, key, thread) if previous is None else self._replace(message, key, previous)
        except ProviderError:
            self._listed = None
            raise
        if self._listed is not None:
            self._listed[written.ref] = _Mark(written.etag, key, "")
        return written

    def _create(self, message: bytes, key: str, thread: str | None) -> DraftRef:
        known = self._with_key(key, _PUT, anew=False)
        if known is not None:
            try:
                return self._same(message, key, known)
            except NotFoundError:  # the list is that of this connection, and the user has discarded it since
                known = self._with_key(key, _PUT, anew=True)
                if known is not None:
                    return self._same(message, key, known)
        answered = self._answered(message) if thread is not None else None
        joined = message if answered is None else _joined(message, answered, hashlib.sha256(key.encode()).digest())

        def make(account: exchangelib.Account) -> DraftRef:
            draft = Message(mime_content=joined, is_read=True, ringback_key=key, ringback_words=digest(message))
            if answered is not None:
                draft.index_tracked = True
            ref, etag = save(account, folders.distinguished(account, "drafts"), draft)
            return DraftRef(ref=Ref(ref), etag=ETag(etag))

        return once(self._exchange, _PUT, make, lambda: self._with_key(key, _PUT, anew=True))

    def _same(self, message: bytes, key: str, known: DraftRef) -> DraftRef:
        """Return the draft that is there if it says the same."""
        found = self._read(known.ref, _PUT)
        if not same_words(found.mime_content, message):
            text = f"a draft with the key {key} and other content is there ({known.ref}); read it first"
            raise AlreadyExistsError(NAME, _PUT, text)
        return DraftRef(ref=known.ref, etag=ETag(found.changekey))

    def _answered(self, message: bytes) -> Any:  # noqa: ANN401  the library has no types
        """Return the mail that a draft answers, if it is in the inbox or was sent; None otherwise.

        Exchange puts an item into a conversation by the index of the one that it answers; References alone are read
        when mail is delivered, and a draft is not.
        """
        asked = message_id(header_fields(message), "In-Reply-To")
        if not asked:
            return None
        try:
            return self._with_id(asked, ["inbox", "sentitems"]) or self._with_id(asked, self._everywhere())
        except (AuthError, TransientError):
            raise
        except ProviderError:  # a server that cannot find it has conversations of its own making
            return None

    def _with_id(self, message_id: str, within: Sequence[str]) -> Any:  # noqa: ANN401  as above
        names = ("conversation_index", "conversation_topic")
        found = find(self._exchange, _PUT, within, Q(message_id=f"<{message_id}>"), names, 1)
        return next((each for each in found if len(each.conversation_index or b"") >= _ROOT), None)

    def _everywhere(self) -> Sequence[str]:
        places = folders.look(self._exchange, _PUT, folders.roles(self._exchange, _PUT))
        return [place.id for place in places if place.role is not None]

    def _replace(self, message: bytes, key: str, previous: DraftRef) -> DraftRef:
        try:
            return self._update(message, key, previous.ref, previous.etag)
        except WrongETagError as error:
            now = self._read(previous.ref, _PUT)
            if same_words(now.mime_content, message):
                return DraftRef(ref=previous.ref, etag=ETag(now.changekey))
            if not _is_as_written(now):
                text = f"the draft {previous.ref} was edited; it is the user's now"
                raise WrongETagError(NAME, _PUT, text) from error
            return self._update(message, key, previous.ref, ETag(now.changekey))

    def _update(self, message: bytes, key: str, ref: Ref, etag: ETag) -> DraftRef:
        """Write other words into a draft, which stays in its conversation."""
        joined = _joined(message, self._found(ref, _PUT, ("conversation_index", "conversation_topic")))

        def write(account: exchangelib.Account) -> DraftRef:
            draft = Message(
                id=ref, changekey=etag, mime_content=joined, ringback_key=key, ringback_words=digest(message)
            )
            names = ["mime_content", "ringback_key", "ringback_words"]
            (answer,) = account.bulk_update([(draft, names)], conflict_resolution=NEVER_OVERWRITE)
            if isinstance(answer, Exception):
                raise answer
            return DraftRef(ref=Ref(str(answer[0])), etag=ETag(str(answer[1])))

        return self._exchange.call(_PUT, write)

    def get(self, ref: Ref) -> Draft:
        """Read one draft."""
        return self._draft(ref, self._read(ref, "drafts.get"))

    def find(self, key: str) -> Draft | None:
        """Look the key up in the list of all drafts."""
        found = self._with_key(key, "drafts.find", anew=True)
        if found is None:
            return None
        try:
            return self._draft(found.ref, self._read(found.ref, "drafts.find"), key)
        except NotFoundError:
            return None

    def list(self) -> Iterator[Draft]:
        """Read the drafts in portions; one that the server cannot give is left out."""
        portion: list[Ref] = []
        size = 0
        for ref, mark in self._listing("drafts.list", anew=True).items():
            if portion and (len(portion) == heads.BATCH or size + mark.size > _PORTION):
                yield from self._portion(portion)
                portion, size = [], 0
            portion.append(ref)
            size += mark.size
        yield from self._portion(portion)

    def _portion(self, refs: Sequence[Ref]) -> Iterator[Draft]:
        found = heads.got(self._exchange, "drafts.list", refs, _WHOLE)
        for ref in refs:
            item = found.pop(ref, None)
            if getattr(item, "mime_content", None):
                yield self._draft(ref, item)

    def delete(self, ref: Ref, etag: ETag) -> None:
        """Move it to the trash, as a draft discarded in Outlook, having looked whether it is the version we know."""
        operation = "drafts.delete"
        try:
            now = self._read(ref, operation)
        except NotFoundError:
            return
        if now.changekey != etag and not _is_as_written(now):
            raise WrongETagError(NAME, operation, f"the draft {ref} was edited; it is the user's now")

        def remove(account: exchangelib.Account) -> None:
            (answer,) = account.bulk_delete([(ref, now.changekey)], delete_type=MOVE_TO_DELETED_ITEMS)
            if isinstance(answer, Exception):
                raise answer

        with suppress(NotFoundError):
            self._exchange.call(operation, remove)
        if self._listed is not None:
            self._listed.pop(ref, None)

    def _listing(self, operation: str, *, anew: bool) -> Mapping[Ref, _Mark]:
        """Return all drafts; the list of this connection, with our own changes, serves where nobody else creates."""
        if self._listed is None or anew:
            try:
                found = find(self._exchange, operation, ["drafts"], None, _LISTED)
            except NotFoundError as error:  # of the folder: no draft is gone because of that
                text = "the drafts folder is not there. Run: ringback doctor"
                raise UnsupportedError(NAME, operation, text) from error
            for each in found:
                self._folder = str(each.parent_folder_id.id) if each.parent_folder_id else self._folder
            self._listed = {Ref(str(each.id)): _mark(each) for each in found}
        return dict(self._listed)

    def _with_key(self, key: str, operation: str, *, anew: bool) -> DraftRef | None:
        marks = self._listing(operation, anew=anew)
        return next((DraftRef(ref=ref, etag=mark.etag) for ref, mark in marks.items() if mark.is_of(key)), None)

    def _read(self, ref: Ref, operation: str) -> Any:  # noqa: ANN401  as above
        """Return a draft whole.

        Raises:
            NotFoundError: it is gone, or no draft any more.
            InvalidResponseError: the server cannot give it.
        """
        if self._folder is None and is_id(ref):
            self._listing(operation, anew=True)  # now: between reading and what follows from it lies no request
        found = self._found(ref, operation, _WHOLE)
        if not self._is_draft(ref, found, operation):
            raise _gone(ref, operation)
        if not found.mime_content:
            raise InvalidResponseError(NAME, operation, f"the server does not give the text of the draft {ref}")
        return found

    def _found(self, ref: Ref, operation: str, names: Sequence[str]) -> Any:  # noqa: ANN401  as above
        found = heads.got(self._exchange, operation, [ref], names).get(ref)
        if found is None:
            raise _gone(ref, operation)
        if isinstance(found, ProviderError):
            raise found
        return found

    def _is_draft(self, ref: Ref, item: Any, operation: str) -> bool:  # noqa: ANN401  as above
        """Tell whether an item is in Drafts: some servers say of every item that it is a draft, or of none."""
        folder = item.parent_folder_id
        if folder is not None and str(folder.id) == self._folder:
            return True
        return ref in self._listing(operation, anew=True)

    def _draft(self, ref: Ref, item: Any, key: str | None = None) -> Draft:  # noqa: ANN401  as above
        headers = header_fields(item.mime_content)
        local = message_id(headers).rpartition("@")[0]
        ours = local if local.startswith(_OURS) else None
        conversation = item.conversation_id
        return Draft(
            ref=DraftRef(ref=ref, etag=ETag(str(item.changekey))),
            raw=item.mime_content,
            key=getattr(item, "ringback_key", None) or field(headers, KEY_HEADER) or ours or key,
            thread=str(conversation.id) if conversation is not None and conversation.id else None,
        )


def _mark(item: Any) -> _Mark:  # noqa: ANN401  as above
    local = message_id([("Message-ID", getattr(item, "message_id", None) or "")]).rpartition("@")[0]
    key = getattr(item, "ringback_key", None)
    return _Mark(ETag(str(item.changekey)), key, local, item.size or 0)


def _is_as_written(item: Any) -> bool:  # noqa: ANN401  as above
    """Tell whether a draft says what we wrote, whoever touched it since."""
    written = getattr(item, "ringback_words", None)
    return bool(written) and digest(item.mime_content) == written


def _joined(message: bytes, item: Any, child: bytes = b"") -> bytes:  # noqa: ANN401  as above
    """Return a draft with the index and the topic of an item's conversation; with `child`, as an answer to it."""
    index = bytes(item.conversation_index or b"")
    if len(index) < _ROOT:
        return message
    topic = " ".join(str(item.conversation_topic or "").split())
    told = base64.b64encode(index + child[:_CHILD]).decode("ascii")
    whole = with_field(message, "Thread-Index", told)
    return with_field(whole, "Thread-Topic", topic) if topic.isascii() and topic else whole


def _gone(ref: Ref, operation: str) -> NotFoundError:
    return NotFoundError(NAME, operation, f"the draft {ref!r} is gone; read the drafts again")

"""The DraftBox port on Microsoft Graph: messages in the user's own Drafts. There is no send.

A draft keeps its id while it is edited, and every change gives it another change key: that is the etag. Microsoft's
programs touch messages too, so a digest of our words lies beside them: as long as it fits, the draft is still ours.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

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
from providers._headers import checked, field, header_fields, message_id
from providers.microsoft365 import heads, properties, writing
from providers.microsoft365.service import NAME, Part, at, values

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from providers.microsoft365.service import Graph

_PUT = "drafts.put"
_LIST = "drafts.list"
_DELETE = "drafts.delete"
_OURS = "ringback-"
_FOLDER = at("me", "mailFolders", "drafts")
_INSIDE = at("me", "mailFolders", "drafts", "messages")
_MARKED = {
    "$select": "id,changeKey,internetMessageId,parentFolderId,conversationId",
    "$expand": properties.expand(properties.KEY, properties.WORDS, properties.SIZE),
}
_PAGE = {**_MARKED, "$top": "250"}
_PORTION = 8 << 20
_UNKNOWN = 1 << 18
_TRIES = 4
_ID, _READ_FLAG = "id", "isRead"


class _Mark(NamedTuple):
    """What tells whose draft a message is: our property, and the part of its Message-ID before the @."""

    etag: ETag
    key: str | None
    local: str
    size: int = _UNKNOWN

    def is_of(self, key: str) -> bool:
        """Tell whether it is the draft of a key."""
        return self.key == key if self.key else self.local == key


class _Read(NamedTuple):
    """A draft as it lies there."""

    item: heads.Item
    raw: bytes

    @property
    def etag(self) -> ETag:
        """Return its version."""
        return ETag(heads.text(self.item, "changeKey"))

    @property
    def is_as_written(self) -> bool:
        """Tell whether it says what we wrote, whoever touched it since."""
        written = properties.value(self.item, properties.WORDS)
        return bool(written) and digest(self.raw) == written


class GraphDraftBox:
    """Drafts in Microsoft 365.

    Args:
        graph: the account.
    """

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._listed: dict[Ref, _Mark] | None = None
        self._folder: str | None = None

    def put(self, raw: bytes, key: str, thread: str | None = None, previous: DraftRef | None = None) -> DraftRef:
        """Create, having looked for the key; or update the version that we know, in place."""
        checked(key, NAME, _PUT)
        try:
            written = self._create(raw, key, thread) if previous is None else self._replace(raw, previous)
        except ProviderError:
            self._listed = None
            raise
        if self._listed is not None:
            self._listed[written.ref] = _Mark(written.etag, key, "", len(raw))
        return written

    def _create(self, raw: bytes, key: str, thread: str | None) -> DraftRef:
        known = self._with_key(key, _PUT, anew=False)
        if known is not None:
            try:
                return self._same(raw, key, known)
            except NotFoundError:  # the list is that of this connection, and the user has discarded it since
                known = self._with_key(key, _PUT, anew=True)
                if known is not None:
                    return self._same(raw, key, known)
        answered = None if thread is None else self._answered(raw)
        return self._graph.once(
            _PUT, lambda: self._make(raw, key, answered), lambda: self._with_key(key, _PUT, anew=True)
        )

    def _make(self, raw: bytes, key: str, answered: heads.Item | None) -> DraftRef:
        made = None if answered is None else self._answer(raw, key, answered)
        if made is not None:
            return made
        body = writing.draft(raw, key, _PUT)
        return _ref(self._graph.call(_PUT, "POST", at("me", "messages"), body=body, again=False))

    def _answer(self, raw: bytes, key: str, answered: heads.Item) -> DraftRef | None:
        """Let Microsoft make an answer, in the thread; in the same request the mail gets its unread mark back.

        None where it cannot be answered. Once there is an answer, no fault after it may lead to a second draft.
        """
        path = at("me", "messages", heads.text(answered, _ID))
        parts = {"answer": Part("POST", f"{path}/createReply", body={"message": writing.answer(raw, key, _PUT)})}
        if answered.get(_READ_FLAG) is False:
            parts["unread"] = Part("PATCH", path, body={_READ_FLAG: False}, after="answer")
        made = self._graph.each(_PUT, parts, again=False)
        reply = made["answer"]
        if isinstance(reply, AuthError | TransientError | InvalidResponseError):
            raise reply
        if isinstance(reply, ProviderError):
            return None
        if isinstance(made.get("unread"), ProviderError):
            self._mark_unread(path)
        ref = _ref(reply)
        told = writing.words(raw, _PUT)
        return ref if writing.says(reply, told) else self._reworded(told, ref)

    def _reworded(self, told: heads.Item, made: DraftRef) -> DraftRef:
        """Give an answer its words; Exchange may still be at work on what it made a moment ago."""
        for _ in range(_TRIES):
            try:
                return self._update(told, made)
            except WrongETagError:
                made = DraftRef(ref=made.ref, etag=self._read(made.ref, _PUT).etag)
        raise TransientError(NAME, _PUT, "Microsoft does not take the change; the next pass tries again")

    def _mark_unread(self, path: str) -> None:
        """Give a mail its unread mark back, which failed at first; somebody may be changing the mail."""
        for _ in range(_TRIES):
            try:
                self._graph.call(_PUT, "PATCH", path, body={_READ_FLAG: False})
            except WrongETagError:
                continue
            except (NotFoundError, UnsupportedError):  # the user deleted it, or may not change it any more
                pass
            return

    def _answered(self, raw: bytes) -> heads.Item | None:
        """Return the mail that a draft answers; None where it is not there, or a draft itself."""
        asked = message_id(header_fields(raw), "In-Reply-To")
        if not asked:
            return None
        quoted = asked.replace("'", "''")
        params = {"$filter": f"internetMessageId eq '<{quoted}>'", "$select": "id,isRead,isDraft", "$top": "10"}
        found = values(_PUT, self._graph.call(_PUT, "GET", at("me", "messages"), params=params))
        return next((each for each in found if each.get("isDraft") is not True and heads.text(each, _ID)), None)

    def _same(self, raw: bytes, key: str, known: DraftRef) -> DraftRef:
        """Return the draft that is there if it says the same."""
        found = self._read(known.ref, _PUT)
        if not same_words(found.raw, raw):
            text = f"a draft with the key {key} and other content is there ({known.ref}); read it first"
            raise AlreadyExistsError(NAME, _PUT, text)
        return DraftRef(ref=known.ref, etag=found.etag)

    def _replace(self, raw: bytes, previous: DraftRef) -> DraftRef:
        """Write over the version that we know; again where only a program of Microsoft's came in between."""
        body, version = writing.words(raw, _PUT), previous
        for _ in range(_TRIES):
            try:
                return self._update(body, version)
            except WrongETagError as error:
                now = self._read(previous.ref, _PUT)
                version = DraftRef(ref=previous.ref, etag=now.etag)
                if same_words(now.raw, raw):
                    return version
                if not now.is_as_written:
                    text = f"the draft {previous.ref} was edited; it is the user's now"
                    raise WrongETagError(NAME, _PUT, text) from error
        raise TransientError(NAME, _PUT, "Microsoft does not take the change; the next pass tries again")

    def _update(self, body: heads.Item, previous: DraftRef) -> DraftRef:
        """Write other words into a draft, which stays in its conversation."""
        if not heads.is_ref(previous.ref):
            raise _gone(previous.ref, _PUT)
        path, version = at("me", "messages", previous.ref), {"If-Match": _version(previous.etag)}
        return _ref(self._graph.call(_PUT, "PATCH", path, body=body, headers=version))

    def get(self, ref: Ref) -> Draft:
        """Read one draft."""
        return _draft(ref, self._read(ref, "drafts.get"))

    def find(self, key: str) -> Draft | None:
        """Look the key up in the list of all drafts."""
        found = self._with_key(key, "drafts.find", anew=True)
        if found is None:
            return None
        try:
            return _draft(found.ref, self._read(found.ref, "drafts.find"), key)
        except NotFoundError:
            return None

    def list(self) -> Iterator[Draft]:
        """Read the drafts in batches; one that Microsoft cannot give is left out."""
        portion: list[Ref] = []
        size = 0
        for ref, mark in self._listing(_LIST, anew=True).items():
            if portion and (len(portion) == heads.BATCH // 2 or size + mark.size > _PORTION):
                yield from self._portion(portion)
                portion, size = [], 0
            portion.append(ref)
            size += mark.size
        yield from self._portion(portion)

    def _portion(self, refs: Sequence[Ref]) -> Iterator[Draft]:
        parts = {f"{kind} {ref}": part for ref in refs for kind, part in _asking(ref).items()}
        found = self._graph.each(_LIST, parts)
        for each in found.values():
            if isinstance(each, AuthError | TransientError):
                raise each
        for ref in refs:
            item, raw = found[f"item {ref}"], found[f"raw {ref}"]
            if isinstance(item, dict) and isinstance(raw, dict) and heads.content(raw):
                yield _draft(ref, _Read(item, heads.content(raw)))

    def delete(self, ref: Ref, etag: ETag) -> None:
        """Move it to the trash, as a draft discarded in Outlook, having looked whether it is the version we know."""
        self._graph.persevere(_DELETE, lambda: self._remove(ref, etag))
        if self._listed is not None:
            self._listed.pop(ref, None)

    def _remove(self, ref: Ref, etag: ETag) -> None:
        """Look, then delete: after a lost answer the draft is not in Drafts any more."""
        for _ in range(_TRIES):
            try:
                now = self._read(ref, _DELETE)
            except NotFoundError:
                return
            if now.etag != etag and not now.is_as_written:
                raise WrongETagError(NAME, _DELETE, f"the draft {ref} was edited; it is the user's now")
            with suppress(WrongETagError, NotFoundError):
                version = {"If-Match": _version(now.etag)}
                self._graph.call(_DELETE, "DELETE", at("me", "messages", ref), headers=version, again=False)
                return
        raise TransientError(NAME, _DELETE, "Microsoft does not take the change; the next pass tries again")

    def _listing(self, operation: str, *, anew: bool) -> dict[Ref, _Mark]:
        """Return all drafts; the list of this connection, with our own changes, serves where nobody else creates."""
        if self._listed is None or anew:
            found = list(self._graph.items(operation, _INSIDE, _PAGE))
            self._folder = next((heads.text(each, "parentFolderId") for each in found), self._folder)
            self._listed = {Ref(heads.text(each, _ID)): _mark(each) for each in found}
        return dict(self._listed)

    def _with_key(self, key: str, operation: str, *, anew: bool) -> DraftRef | None:
        marks = self._listing(operation, anew=anew)
        return next((DraftRef(ref=ref, etag=mark.etag) for ref, mark in marks.items() if mark.is_of(key)), None)

    def _read(self, ref: Ref, operation: str) -> _Read:
        """Return a draft whole, in one request.

        Raises:
            NotFoundError: it is gone, or no draft any more.
            InvalidResponseError: Microsoft cannot give it.
        """
        if not heads.is_ref(ref):
            raise _gone(ref, operation)
        parts = _asking(ref)
        if self._folder is None:
            parts["folder"] = Part("GET", _FOLDER, {"$select": "id"})
        found = self._graph.each(operation, parts)
        for each in found.values():
            if isinstance(each, ProviderError):
                raise each
        item, raw, folder = found["item"], found["raw"], found.get("folder")
        self._folder = heads.text(folder, _ID) or None if isinstance(folder, dict) else self._folder
        place = heads.text(item, "parentFolderId") if isinstance(item, dict) else ""
        if not place or not self._folder:
            raise InvalidResponseError(NAME, operation, f"Microsoft does not tell where the draft {ref} is")
        if not isinstance(item, dict) or place != self._folder:
            raise _gone(ref, operation)
        content = heads.content(raw) if isinstance(raw, dict) else b""
        if not content:
            raise InvalidResponseError(NAME, operation, f"Microsoft does not give the text of the draft {ref}")
        return _Read(item, content)


def _asking(ref: Ref) -> dict[str, Part]:
    path = at("me", "messages", ref)
    return {"item": Part("GET", path, _MARKED), "raw": Part("GET", f"{path}/$value")}


def _ref(made: heads.Item) -> DraftRef:
    ref, etag = writing.written(_PUT, made)
    return DraftRef(ref=Ref(ref), etag=ETag(etag))


def _version(etag: ETag) -> str:
    """Return what If-Match takes: Graph makes it of the change key."""
    return f'W/"{etag}"'


def _mark(item: heads.Item) -> _Mark:
    local = message_id([("Message-ID", heads.text(item, "internetMessageId"))]).rpartition("@")[0]
    key = properties.value(item, properties.KEY)
    size = properties.number(item, properties.SIZE)
    return _Mark(ETag(heads.text(item, "changeKey")), key, local, _UNKNOWN if size is None else size)


def _draft(ref: Ref, read: _Read, key: str | None = None) -> Draft:
    headers = header_fields(read.raw)
    local = message_id(headers).rpartition("@")[0]
    ours = local if local.startswith(_OURS) else None
    return Draft(
        ref=DraftRef(ref=ref, etag=read.etag),
        raw=read.raw,
        key=properties.value(read.item, properties.KEY) or field(headers, KEY_HEADER) or ours or key,
        thread=heads.text(read.item, "conversationId") or None,
    )


def _gone(ref: Ref, operation: str) -> NotFoundError:
    return NotFoundError(NAME, operation, f"the draft {ref!r} is gone; read the drafts again")

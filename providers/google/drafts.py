"""The DraftBox port on Gmail: the user's own drafts. There is no send.

A draft keeps its id, and its message gets another id with every change, by whomever: that id is the etag. Gmail's own
editor drops our header field; then the Message-ID, which the core makes of the key, tells whose draft it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from assistant.errors import AlreadyExistsError, NotFoundError, ProviderError, WrongETagError
from assistant.model.mailbox import Draft, DraftRef, ETag, Ref
from assistant.standards.compose import KEY_HEADER, same_words
from providers._headers import field, header_fields, keyed, message_id
from providers.google import heads
from providers.google.creating import create
from providers.google.service import BATCH, NAME

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from providers.google.service import Google

_PAGE = 500
_OURS = "ringback-"
_WHOLE = "id,message(id,threadId,raw)"


class _Mark(NamedTuple):
    """What tells whose draft a message is: the field, and the part of its Message-ID before the @."""

    key: str | None
    local: str

    def is_of(self, key: str) -> bool:
        """Tell whether it is the draft of a key."""
        return self.key == key if self.key is not None else self.local == key

    @classmethod
    def of(cls, headers: Sequence[tuple[str, str]]) -> _Mark:
        """Read it from header fields."""
        return cls(field(headers, KEY_HEADER), message_id(headers).rpartition("@")[0])


class GoogleDraftBox:
    """Drafts in Gmail.

    Args:
        google: the account.
    """

    def __init__(self, google: Google) -> None:
        self._google = google
        self._listed: dict[Ref, ETag] | None = None
        self._marks: dict[ETag, _Mark] = {}
        self._keys: dict[Ref, str] = {}

    def put(self, raw: bytes, key: str, thread: str | None = None, previous: DraftRef | None = None) -> DraftRef:
        """Create, having looked for the key; or update in place, having looked whether it is the version we know."""
        message = keyed(raw, key, NAME, "drafts.put")
        try:
            if previous is None:
                written = self._create(message, key, thread)
            else:
                written = self._replace(message, thread, previous)
        except ProviderError:
            self._listed = None
            raise
        self._keys[written.ref] = key
        if self._listed is not None:
            self._listed[written.ref] = written.etag
        self._marks[written.etag] = _Mark.of(header_fields(message))
        return written

    def _create(self, message: bytes, key: str, thread: str | None) -> DraftRef:
        known = self._with_key(key, "drafts.put", self._listing("drafts.put", anew=False))
        if known is not None:
            return self._same(message, key, known)
        joined = thread if thread is not None and heads.is_ref(thread) else None
        try:
            return self._insert(message, key, joined)
        except ProviderError as error:
            if joined is None or not heads.is_unknown(error):
                raise
            return self._insert(message, key, None)  # the thread is gone: the words are still to be said

    def _insert(self, message: bytes, key: str, thread: str | None) -> DraftRef:
        drafts = self._google.gmail.users().drafts()
        request = drafts.create(userId="me", body=_body(message, thread), fields="id,message/id")

        def look() -> DraftRef | None:
            return self._with_key(key, "drafts.put", self._listing("drafts.put", anew=True))

        return create(self._google, "drafts.put", request, _ref, look)

    def _same(self, message: bytes, key: str, known: DraftRef) -> DraftRef:
        """Return the draft that is there if it says the same."""
        found = self._read(known.ref, "drafts.put")
        if not same_words(found.raw, message):
            text = f"a draft with the key {key} and other content is there ({known.ref}); read it first"
            raise AlreadyExistsError(NAME, "drafts.put", text)
        return found.ref

    def _replace(self, message: bytes, thread: str | None, previous: DraftRef) -> DraftRef:
        now = self._now(previous.ref, "drafts.put")
        if now is None:
            raise NotFoundError(NAME, "drafts.put", f"the draft {previous.ref} is gone; read the drafts again")
        if now["id"] != previous.etag:
            found = self._read(previous.ref, "drafts.put")
            if same_words(found.raw, message):
                return found.ref
            raise WrongETagError(NAME, "drafts.put", f"the draft {previous.ref} was edited; it is the user's now")
        joined = thread if thread is not None and heads.is_ref(thread) else now.get("threadId")
        drafts = self._google.gmail.users().drafts()
        body = _body(message, joined)
        request = drafts.update(userId="me", id=previous.ref, body=body, fields="id,message/id")
        return _ref(self._google.call("drafts.put", request))

    def get(self, ref: Ref) -> Draft:
        """Read one draft."""
        return self._read(ref, "drafts.get")

    def find(self, key: str) -> Draft | None:
        """Look the key up in the heads of all drafts; only those not seen before are read."""
        found = self._with_key(key, "drafts.find", self._listing("drafts.find", anew=True))
        if found is None:
            return None
        try:
            return self._read(found.ref, "drafts.find", key)
        except NotFoundError:
            return None

    def list(self) -> Iterator[Draft]:
        """Read the drafts in batches."""
        refs = [*self._listing("drafts.list", anew=True)]
        get = self._google.gmail.users().drafts().get
        for start in range(0, len(refs), BATCH):
            portion = refs[start : start + BATCH]
            wanted = {ref: get(userId="me", id=ref, format="raw", fields=_WHOLE) for ref in portion}
            for ref, found in heads.gathered(self._google, "drafts.list", wanted).items():
                yield self._draft(ref, found, "drafts.list")

    def delete(self, ref: Ref, etag: ETag) -> None:
        """Delete for good, as a draft discarded in Gmail is, having looked whether it is the version we know."""
        now = self._now(ref, "drafts.delete")
        if now is None:
            return
        if now["id"] != etag:
            raise WrongETagError(NAME, "drafts.delete", f"the draft {ref} was edited; it is the user's now")
        try:
            self._google.call("drafts.delete", self._google.gmail.users().drafts().delete(userId="me", id=ref))
        except ProviderError as error:
            if not heads.is_unknown(error):
                raise
        if self._listed is not None:
            self._listed.pop(ref, None)

    def _listing(self, operation: str, *, anew: bool) -> dict[Ref, ETag]:
        """Return all drafts; the list of this connection, with our own changes, serves where nobody else creates."""
        if self._listed is None or anew:
            drafts = self._google.gmail.users().drafts()
            request = drafts.list(userId="me", maxResults=_PAGE, fields="drafts(id,message/id),nextPageToken")
            found: dict[Ref, ETag] = {}
            while request is not None:
                page = self._google.call(operation, request)
                with heads.shape(operation):
                    found |= {Ref(one["id"]): ETag(one["message"]["id"]) for one in page.get("drafts", ())}
                request = drafts.list_next(request, page)
            self._listed = found
        return dict(self._listed)

    def _with_key(self, key: str, operation: str, listing: Mapping[Ref, ETag]) -> DraftRef | None:
        """Return the draft with this key: by its head, else by what this connection saw of it before it was edited."""
        self._mark(operation, [etag for etag in listing.values() if etag not in self._marks])
        marked = [ref for ref, etag in listing.items() if etag in self._marks and self._marks[etag].is_of(key)]
        known = [ref for ref in listing if self._keys.get(ref) == key]
        return next((DraftRef(ref=ref, etag=listing[ref]) for ref in (*marked, *known)), None)

    def _mark(self, operation: str, etags: Sequence[ETag]) -> None:
        get = self._google.gmail.users().messages().get
        fields, names = "payload/headers", [KEY_HEADER, "Message-ID"]
        wanted = {
            etag: get(userId="me", id=etag, format="metadata", metadataHeaders=names, fields=fields) for etag in etags
        }
        for etag, message in heads.gathered(self._google, operation, wanted).items():
            with heads.shape(operation):
                self._marks[etag] = _Mark.of(heads.headers_of(message))

    def _now(self, ref: Ref, operation: str) -> dict[str, Any] | None:
        """Return the id of a draft's message and its thread, None when the draft is gone."""
        if not heads.is_ref(ref):
            return None
        drafts = self._google.gmail.users().drafts()
        request = drafts.get(userId="me", id=ref, format="minimal", fields="message(id,threadId)")
        try:
            answer = self._google.call(operation, request)
        except ProviderError as error:
            if heads.is_unknown(error):
                return None
            raise
        with heads.shape(operation):
            return {"id": str(answer["message"]["id"]), "threadId": answer["message"].get("threadId")}

    def _read(self, ref: Ref, operation: str, key: str | None = None) -> Draft:
        gone = NotFoundError(NAME, operation, f"the draft {ref} is gone; read the drafts again")
        if not heads.is_ref(ref):
            raise gone
        request = self._google.gmail.users().drafts().get(userId="me", id=ref, format="raw", fields=_WHOLE)
        try:
            answer = self._google.call(operation, request)
        except ProviderError as error:
            if heads.is_unknown(error):
                raise gone from error
            raise
        return self._draft(ref, answer, operation, key)

    def _draft(self, ref: Ref, answer: dict[str, Any], operation: str, key: str | None = None) -> Draft:
        with heads.shape(operation):
            message = answer["message"]
            raw, etag, thread = heads.decoded(message["raw"]), ETag(message["id"]), message.get("threadId")
        mark = self._marks[etag] = _Mark.of(header_fields(raw))
        ours = mark.local if mark.local.startswith(_OURS) else None
        known = mark.key or self._keys.get(ref) or ours or key
        return Draft(ref=DraftRef(ref=ref, etag=etag), raw=raw, key=known, thread=thread)


def _body(message: bytes, thread: str | None) -> dict[str, Any]:
    told: dict[str, Any] = {"raw": heads.encoded(message)}
    return {"message": told if thread is None else told | {"threadId": thread}}


def _ref(answer: dict[str, Any]) -> DraftRef:
    with heads.shape("drafts.put"):
        return DraftRef(ref=Ref(answer["id"]), etag=ETag(answer["message"]["id"]))

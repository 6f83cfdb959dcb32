"""The DraftBox port on a Maildir++: the user's own drafts folder."""

from __future__ import annotations

import contextlib
import hashlib
from typing import TYPE_CHECKING

from assistant.errors import AlreadyExistsError, NotFoundError, WrongETagError
from assistant.model.mailbox import Draft, DraftRef, ETag, Folder, Ref
from assistant.standards.compose import KEY_HEADER
from providers._headers import ensured, field, header_fields, keyed
from providers.local.errors import NAME, guarded
from providers.local.heads import read_header, thread
from providers.local.maildir import Item, Maildir, role, unknown_ref

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_NEW_FOLDER = ".Drafts"
_FLAGS = "DS"  # draft, and seen: a draft is nothing unread (as Dovecot files what a client saves)


class LocalDraftBox:
    """Drafts as files of a Maildir folder that mail programs show as drafts.

    A message file is never changed in place (IMAP forbids it), so replacing writes a second file and removes the
    first. The second bears the mark of the version it replaces in its name; if a crash leaves both, the next look
    removes the one replaced.

    Args:
        maildir: the tree that holds the drafts folder.
    """

    def __init__(self, maildir: Maildir) -> None:
        self._maildir = maildir
        self._keys: dict[Ref, tuple[tuple[int, int, int], str | None]] = {}

    @guarded("drafts.put")
    def put(self, raw: bytes, key: str, thread: str | None = None, previous: DraftRef | None = None) -> DraftRef:
        """Write the draft with flags D and S; one that answers gets References if it has none."""
        message = _threaded(keyed(raw, key, NAME, "put"), thread)
        existing = self._settled(key)
        if previous is None:
            return self._create(message, key, existing)
        current = self._read(previous.ref)
        for done in (current, *existing):
            if done is not None and done.raw == message:
                return done.ref
        if current is None:
            raise NotFoundError(NAME, "drafts.put", f"the draft {previous.ref} is gone; read the drafts again")
        if current.ref.etag != previous.etag:
            raise WrongETagError(NAME, "drafts.put", f"the draft {previous.ref} was edited; it is the user's now")
        written = self._write(message, key, _replaces(previous))
        self._remove(previous.ref)
        return written

    def _create(self, message: bytes, key: str, existing: Sequence[Draft]) -> DraftRef:
        for draft in existing:
            if draft.raw == message:
                return draft.ref
        if existing:
            text = f"a draft with the key {key} and other content lies at {existing[0].ref.ref}; read it first"
            raise AlreadyExistsError(NAME, "drafts.put", text)
        return self._write(message, key)

    def _write(self, message: bytes, key: str, replaces: str = "") -> DraftRef:
        folder = self._folder()
        self._maildir.create(folder)
        item = self._maildir.deliver(folder, message, f"K{_digest(key.encode())[:16]}{replaces}", _FLAGS)
        return DraftRef(ref=item.ref, etag=_etag(message))

    @guarded("drafts.get")
    def get(self, ref: Ref) -> Draft:
        """Read one file of the drafts folder."""
        found = self._read(ref)
        if found is None:
            raise NotFoundError(NAME, "drafts.get", f"the draft {ref} is gone")
        return found

    @guarded("drafts.find")
    def find(self, key: str) -> Draft | None:
        """Look the key up in the headers of all drafts."""
        return next(iter(self._settled(key)), None)

    def list(self) -> Iterator[Draft]:
        """Read the drafts one at a time."""
        for item in self._items():
            draft = self._read_item(item)
            if draft is not None:
                yield draft

    @guarded("drafts.delete")
    def delete(self, ref: Ref, etag: ETag) -> None:
        """Remove the file if its content is still this version."""
        current = self._read(ref)
        if current is None:
            return
        if current.ref.etag != etag:
            raise WrongETagError(NAME, "drafts.delete", f"the draft {ref} was edited; it is the user's now")
        self._remove(ref)

    def _folder(self) -> str:
        """Return the folder that new drafts go to: the one the mail program made, else .Drafts."""
        found = self._maildir.of_role(Folder.DRAFTS)
        return _NEW_FOLDER if _NEW_FOLDER in found or not found else found[0]

    @guarded("drafts.list")
    def _items(self) -> Sequence[Item]:
        if not self._maildir.exists():
            message = f"no Maildir at {self._maildir.root} (cur and new are missing); correct `maildir` in the settings"
            raise NotFoundError(NAME, "drafts.list", message)
        folders = self._maildir.of_role(Folder.DRAFTS)
        found = (item for folder in folders for item in self._maildir.listing(folder).values())
        return sorted((item for item in found if "T" not in item.flags), key=lambda item: item.unique)

    def _settled(self, key: str) -> Sequence[Draft]:
        """Return the drafts with this key, newest first; a version whose successor was written is removed."""
        found = [draft for item in self._items() if self._key(item) == key and (draft := self._read_item(item))]
        marks = [draft.ref.ref for draft in found]
        kept = []
        for draft in reversed(found):
            if any(_replaces(draft.ref) in ref for ref in marks):
                self._remove(draft.ref.ref)
            else:
                kept.append(draft)
        return kept

    def _key(self, item: Item) -> str | None:
        """Return a draft's key; the header is read once for each version of the file."""
        try:
            stat = item.path.stat()
            version = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
            known = self._keys.get(item.ref)
            if known is None or known[0] != version:
                known = (version, field(header_fields(read_header(item.path)[0]), KEY_HEADER))
                self._keys[item.ref] = known
        except FileNotFoundError:
            return None
        return known[1]

    def _read(self, ref: Ref) -> Draft | None:
        folder, _ = unknown_ref(ref)
        item = self._maildir.find(ref) if folder and role(folder) is Folder.DRAFTS else None
        return None if item is None or "T" in item.flags else self._read_item(item)

    @guarded("drafts.list")
    def _read_item(self, item: Item) -> Draft | None:
        now: Item | None = item
        while now is not None:
            with contextlib.suppress(FileNotFoundError):
                return _draft(now, now.path.read_bytes())
            now = self._maildir.find(item.ref)
        return None

    def _remove(self, ref: Ref) -> None:
        """Remove a file, following it if its flags change meanwhile."""
        while (item := self._maildir.find(ref)) is not None:
            with contextlib.suppress(FileNotFoundError):
                item.path.unlink()
                return


def _draft(item: Item, raw: bytes) -> Draft:
    headers = header_fields(raw)
    reference = DraftRef(ref=item.ref, etag=_etag(raw))
    return Draft(ref=reference, raw=raw, key=field(headers, KEY_HEADER), thread=thread(headers))


def _threaded(message: bytes, root: str | None) -> bytes:
    """Make a draft answer its thread, unless the message names what it answers itself."""
    headers = header_fields(message)
    if root is None or field(headers, "References") or field(headers, "In-Reply-To"):
        return message
    return ensured(ensured(message, "In-Reply-To", root), "References", root)


def _replaces(old: DraftRef) -> str:
    """Return the mark in a file name that says which file, in which version, it replaces."""
    return "R" + _digest(f"{old.ref} {old.etag}".encode("utf-8", "surrogateescape"))[:16]


def _etag(raw: bytes) -> ETag:
    return ETag(_digest(raw))


def _digest(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()[:32]

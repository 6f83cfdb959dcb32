"""The Mailbox port on a Maildir++."""

from __future__ import annotations

import contextlib
import hashlib
import re
import threading
from typing import TYPE_CHECKING, NamedTuple

import phonenumbers
from watchdog.events import (
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer

from assistant.errors import CursorExpiredError, NotFoundError, TransientError, UnsupportedError
from assistant.model.mailbox import Cursor, Folder, Head, Label, MailChanges, Ref
from assistant.standards import mail
from assistant.standards.compose import KEY_HEADER
from providers._headers import field, header_fields, keyed
from providers.local import keywords
from providers.local.cursors import StaleCursorError, pack, unpack
from providers.local.errors import NAME, guarded
from providers.local.heads import head, read_header
from providers.local.maildir import INBOX, Item, Listing, Maildir, role, unknown_ref

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime, timedelta

_HIDDEN = {Folder.JUNK, Folder.TRASH}
_CODES = {label: str(number) for number, label in enumerate(Label)}
_SEARCHED = 1024 * 1024
_ENCODED = re.compile(rb"base64|quoted-printable|=\?", re.IGNORECASE)
_WAKING = (FileCreatedEvent, FileMovedEvent, FileDeletedEvent, FileClosedEvent)


class _News(NamedTuple):
    """What is new in one folder: unique parts of messages, to be read later."""

    listing: Listing
    labels: Mapping[str, Label]
    fresh: Sequence[str]


class LocalMailbox:
    """Notifications in a Maildir++; the state they are in shows as IMAP keywords.

    Args:
        maildir: the tree.
    """

    def __init__(self, maildir: Maildir) -> None:
        self._maildir = maildir
        self._looked: dict[str, int] = {}

    @guarded("mailbox.changes")
    def changes(self, cursor: Cursor | None, since: datetime | None = None) -> MailChanges:
        """Compare the file names with those of last time; only new and relabelled messages are opened, when read."""
        del since  # all of it is at hand
        before = self._before(cursor)
        self._require("mailbox.changes")
        self._looked = self._stamps()
        news: list[_News] = []
        seen: dict[str, dict[str, str]] = {}
        for listing, labels in self._visible():
            versions = _versions(listing)
            states = {unique: _state(flags, labels) + versions.get(unique, "") for unique, flags in listing.flags()}
            fresh = [each for each, state in states.items() if before.pop(f"{listing.folder}/{each}", None) != state]
            news.append(_News(listing, labels, fresh))
            seen[listing.folder] = states
        return MailChanges(
            heads=self._heads(news),
            removed=tuple(map(Ref, before)),
            cursor=pack(self._maildir.root, _lines(seen)),
            total=sum(len(each.fresh) for each in news),
        )

    def _heads(self, news: Sequence[_News]) -> Iterator[Head]:
        for folder in news:
            for unique in folder.fresh:
                found = self._changed(folder, unique)
                if found is not None:
                    yield found

    @guarded("mailbox.changes")
    def _changed(self, folder: _News, unique: str) -> Head | None:
        item = folder.listing.get(unique)
        return None if item is None else self._head(item, folder.labels)

    def _before(self, cursor: Cursor | None) -> dict[str, str]:
        if cursor is None:
            return {}
        try:
            return unpack(self._maildir.root, cursor)
        except StaleCursorError as error:
            message = f"the place where reading stopped is not known any more ({error}); read again from the beginning"
            raise CursorExpiredError(NAME, "mailbox.changes", message) from error

    def _require(self, operation: str) -> None:
        if not self._maildir.exists():
            message = f"no Maildir at {self._maildir.root} (cur and new are missing); correct `maildir` in the settings"
            raise NotFoundError(NAME, operation, message)

    def _visible(self) -> Iterator[tuple[Listing, Mapping[str, Label]]]:
        for folder in self._maildir.folders():
            if role(folder) not in _HIDDEN:
                yield self._maildir.listing(folder), keywords.labels(self._maildir.folder(folder))

    def _head(self, item: Item, labels: Mapping[str, Label]) -> Head | None:
        """Read one head; follows a file whose flags changed since it was listed, None when it is gone."""
        now: Item | None = item
        while now is not None:
            with contextlib.suppress(FileNotFoundError):
                return head(now, *read_header(now.path), labels)
            now = self._maildir.find(item.ref)
        return None

    def fetch(self, refs: Sequence[Ref], *, audio: bool = False) -> Iterator[tuple[Ref, bytes]]:
        """Yield the files as they are, audio included in any case."""
        del audio
        names: dict[str, Listing] = {}
        for ref in refs:
            folder, unique = unknown_ref(ref)
            if folder and folder not in names:
                names[folder] = self._listing(folder)
            raw = self._read(ref, names[folder].get(unique) if folder else None)
            if raw is not None:
                yield ref, raw

    @guarded("mailbox.fetch")
    def _listing(self, folder: str) -> Listing:
        return self._maildir.listing(folder)

    @guarded("mailbox.fetch")
    def _read(self, ref: Ref, item: Item | None) -> bytes | None:
        while item is not None:
            with contextlib.suppress(FileNotFoundError):
                return item.path.read_bytes()
            item = self._maildir.find(ref)  # its flags changed since it was listed
        return None

    @guarded("mailbox.set_state")
    def set_state(self, ref: Ref, label: Label | None) -> None:
        """Set the keyword of one label and clear those of our others."""
        folder, _ = unknown_ref(ref)
        if not folder or self._maildir.find(ref) is None:
            raise NotFoundError(NAME, "mailbox.set_state", f"the message {ref} is gone")
        place = self._maildir.folder(folder)
        try:
            with keywords.locked(place):
                wanted = None if label is None else keywords.letter_for(place, label)
                change = {letter: letter == wanted for letter in keywords.labels(place)}
                done = self._maildir.reflag(ref, change)
        except keywords.NoLetterError as error:
            message = f"all 26 keywords of {place} are taken; remove one from dovecot-keywords to make room for {error}"
            raise UnsupportedError(NAME, "mailbox.set_state", message) from error
        except keywords.LockedError as error:
            raise TransientError(NAME, "mailbox.set_state", f"another program holds {error}; try again") from error
        if not done:
            raise NotFoundError(NAME, "mailbox.set_state", f"the message {ref} is gone")

    @guarded("mailbox.append")
    def append(self, raw: bytes, key: str) -> Ref:
        """Deliver to new/; a message with this key in any folder counts as appended before."""
        self._require("mailbox.append")
        mark = "K" + hashlib.sha256(key.encode()).hexdigest()[:16]
        message = keyed(raw, key, NAME, "put")
        found = self._appended(mark, key, len(message))
        return (found or self._maildir.deliver(INBOX, message, mark)).ref

    def _appended(self, mark: str, key: str, size: int) -> Item | None:
        """Find a message by the mark in its name, or by size and key where a server renamed it in moving it."""
        for folder in self._maildir.folders():
            for item in self._maildir.listing(folder).values():
                with contextlib.suppress(FileNotFoundError):
                    if (mark in item.unique or item.path.stat().st_size == size) and _has_key(item, key):
                        return item
        return None

    def search(self, query: str) -> Iterator[Head]:
        """Read messages from the newest on, their header and the first MiB of their text."""
        wanted = _pattern(query)
        for item, labels in self._newest_first():
            found = self._match(item, labels, wanted)
            if found is not None:
                yield found

    @guarded("mailbox.search")
    def _newest_first(self) -> list[tuple[Item, Mapping[str, Label]]]:
        self._require("mailbox.search")
        dated = []
        for listing, labels in self._visible():
            for item in listing.values():
                with contextlib.suppress(FileNotFoundError):
                    dated.append((item.path.stat().st_mtime, item, labels))
        return [(item, labels) for _, item, labels in sorted(dated, key=lambda each: each[:2], reverse=True)]

    @guarded("mailbox.search")
    def _match(self, item: Item, labels: Mapping[str, Label], wanted: re.Pattern[str]) -> Head | None:
        raw = b""
        with contextlib.suppress(FileNotFoundError), item.path.open("rb") as file:
            raw = file.read(_SEARCHED)
        if not wanted.search(raw.decode("utf-8", "replace")) and not _ENCODED.search(raw):
            return None
        read = mail.parse(raw)
        named = any(wanted.search(text) for text in (*(value for _, value in read.headers), read.text))
        return self._head(item, labels) if named else None

    @guarded("mailbox.wait")
    def wait(self, timeout: timedelta) -> bool:
        """Watch new/ and cur/ of every folder; changes since the last `changes` count too."""
        self._require("mailbox.wait")
        woken = _Woken()
        observer = Observer()
        for place in self._stamps():
            observer.schedule(woken, place)
        observer.start()
        try:
            if self._looked and self._looked != self._stamps():
                return True
            return woken.seen.wait(timeout.total_seconds())
        finally:
            observer.stop()
            observer.join()

    def _stamps(self) -> dict[str, int]:
        """Return the time of the last change of each directory that holds messages."""
        places = [self._maildir.folder(name) / sub for name in self._maildir.folders() for sub in ("new", "cur")]
        return {str(place): place.stat().st_mtime_ns for place in places if place.is_dir()}


class _Woken(FileSystemEventHandler):
    """Notes that a file came, went or was renamed."""

    def __init__(self) -> None:
        self.seen = threading.Event()

    def on_any_event(self, event: FileSystemEvent) -> None:
        """Wake the waiter; a file merely opened does not."""
        if isinstance(event, _WAKING):
            self.seen.set()


def _state(flags: str, labels: Mapping[str, Label]) -> str:
    return "".join(sorted(_CODES[labels[each]] for each in flags if each in labels)) if labels else ""


def _versions(listing: Listing) -> dict[str, str]:
    """Return the versions of drafts: alone of all messages they may be edited in place, by a text editor say."""
    if role(listing.folder) is not Folder.DRAFTS:
        return {}
    found = {}
    for item in listing.values():
        with contextlib.suppress(FileNotFoundError):
            stat = item.path.stat()
            found[item.unique] = f" {stat.st_mtime_ns:x}-{stat.st_size:x}"
    return found


def _lines(seen: Mapping[str, Mapping[str, str]]) -> Iterator[tuple[str, str]]:
    """Yield refs with their states, names that begin alike beside each other."""
    for folder, states in seen.items():
        yield from ((f"{folder}/{unique}", states[unique]) for unique in sorted(states))


def _has_key(item: Item, key: str) -> bool:
    return field(header_fields(read_header(item.path)[0]), KEY_HEADER) == key


def _pattern(query: str) -> re.Pattern[str]:
    """Return what finds an address as written, a number however it is written."""
    digits = re.sub(r"\D", "", query)
    if "@" in query or len(digits) < 3:  # noqa: PLR2004 - shorter ones are no telephone numbers
        return re.compile(re.escape(query.strip()), re.IGNORECASE)
    with contextlib.suppress(phonenumbers.NumberParseException):
        digits = phonenumbers.national_significant_number(phonenumbers.parse(query, None))
    return re.compile(r"(?<!\d)(?:\+?\d{1,3}[\s().\-/\u00a0]*|0)?" + r"[\s().\-/\u00a0]*".join(digits) + r"(?!\d)")

"""A Maildir++ on disk: folders, file names, delivery. https://cr.yp.to/proto/maildir.html, Dovecot's extensions.

A file name is `unique:2,flags`; the unique part never changes, so "folder/unique" is the ref of a message.
"""

from __future__ import annotations

import contextlib
import os
import socket
import sys
import time
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from assistant.model.mailbox import Folder, Ref

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

INBOX = "INBOX"
_COUNTER = count()
_SETTLED = 20_000_000  # ns; coarser than any tick that a file system's clock has on the systems we know
_TRIES = 5

# Names as clients create them; on disk they are in modified UTF-7 (RFC 3501 5.1.3).
_ROLES = {
    Folder.DRAFTS: "Drafts Draft Entw&APw-rfe Brouillons Borradores Rascunhos Bozze Concepten Utkast Kladder",
    Folder.SENT: "Sent,Sent Items,Sent Messages,Sent Mail,Gesendet,Gesendete Elemente,Gesendete Objekte,"
    "Envoy&AOk-s,&AMk-l&AOk-ments envoy&AOk-s,Enviados,Inviati,Posta inviata,Verzonden,Skickat,Sendt",
    Folder.JUNK: "Junk,Spam,Junk-E-Mail,Junk E-mail,Bulk Mail,Werbung,Ind&AOk-sirables,Pourriel,Correo no deseado,"
    "Posta indesiderata,Ongewenst",
    Folder.TRASH: "Trash,Deleted Items,Deleted Messages,Papierkorb,Gel&APY-schte Elemente,Corbeille,Papelera,Lixeira,"
    "Cestino,Prullenbak,Papperskorgen",
    Folder.ARCHIVE: "Archive,Archives,Archiv,Archivos,Archivio,Archief,Arkiv,All Mail",
}
_ROLE_OF = {
    name.casefold(): role
    for role, names in _ROLES.items()
    for name in (names.split(",") if "," in names else names.split())
}


class Item(NamedTuple):
    """One message file: where it is and what its name says."""

    folder: str
    unique: str
    flags: str
    file: str

    @property
    def path(self) -> Path:
        """Return where the file lies."""
        return Path(self.file)

    @property
    def ref(self) -> Ref:
        """Return the ref that survives changes of flags."""
        return Ref(f"{self.folder}/{self.unique}")


class Listing:
    """The messages of a folder as listed, by unique part; an item is made on demand, for there may be 100,000.

    Args:
        folder: its name.
        place: where it lies.
    """

    def __init__(self, folder: str, place: Path) -> None:
        self.folder = folder
        self._place = str(place)
        self._rest: dict[str, str] = {}

    def add(self, sub: str, name: str) -> None:
        """Note a file of new/ or cur/; one of the same unique part is the same message."""
        unique, colon, info = name.partition(":")
        self._rest[unique] = sys.intern(f"{sub}/{colon}{info}")  # few texts, shared by all messages

    def get(self, unique: str) -> Item | None:
        """Return a message, None when it was not listed."""
        rest = self._rest.get(unique)
        if rest is None:
            return None
        sub, _, info = rest.partition("/")
        return Item(self.folder, unique, _flags(info), f"{self._place}/{sub}/{unique}{info}")

    def values(self) -> Iterator[Item]:
        """Yield the messages."""
        return (item for unique in tuple(self._rest) if (item := self.get(unique)))

    def flags(self) -> Iterator[tuple[str, str]]:
        """Yield unique parts and flags."""
        return ((unique, _flags(rest.partition("/")[2])) for unique, rest in self._rest.items())

    def __len__(self) -> int:
        return len(self._rest)


def _flags(info: str) -> str:
    return info[3:] if info.startswith(":2,") else ""


def role(folder: str) -> Folder:
    """Return what a folder is for, by its name or that of the folder above it."""
    if folder == INBOX:
        return Folder.INBOX
    parts = [part for part in folder.split(".") if part]
    if len(parts) > 1 and parts[0].upper() == INBOX:
        parts = parts[1:]
    return _ROLE_OF.get(parts[0].casefold(), Folder.OTHER) if parts else Folder.OTHER


def unknown_ref(ref: Ref) -> tuple[str, str]:
    """Split a ref into folder and unique part; ("", "") for text that is no ref of ours."""
    folder, slash, unique = ref.partition("/")
    safe = slash and unique and "/" not in unique and "\0" not in ref and (folder == INBOX or folder.startswith("."))
    return (folder, unique) if safe and folder not in {".", ".."} else ("", "")


class Maildir:
    """One Maildir++ tree.

    Args:
        root: the INBOX, with the other folders as ".Name" in it.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._listed: dict[str, Listing] = {}

    def exists(self) -> bool:
        """Tell whether there is a Maildir at all."""
        return (self.root / "cur").is_dir() and (self.root / "new").is_dir()

    def folder(self, name: str) -> Path:
        """Return where a folder lies."""
        return self.root if name == INBOX else self.root / name

    def folders(self) -> list[str]:
        """Return INBOX and the names of all folders, sorted."""
        with os.scandir(self.root) as found:
            names = [each.name for each in found if each.name.startswith(".") and each.is_dir()]
        return [INBOX, *sorted(name for name in names if (self.root / name / "cur").is_dir())]

    def of_role(self, wanted: Folder) -> list[str]:
        """Return the folders of a role, the plainest name first."""
        return sorted((name for name in self.folders() if role(name) is wanted), key=lambda name: (len(name), name))

    def listing(self, folder: str) -> Listing:
        """Return the messages of a folder; opens none.

        A directory that is renamed in while it is read may hide an entry (readdir promises nothing), so it is read
        until it stood still; new before cur, so that a message moved by its reader is seen in one of them.
        """
        found = Listing(folder, self.folder(folder))
        for sub in ("new", "cur"):
            for name in self._names(self.folder(folder) / sub):
                if not name.startswith("."):
                    found.add(sub, name)
        self._listed[folder] = found
        return found

    def _names(self, directory: Path) -> Iterable[str]:
        names: dict[str, None] = {}
        for _ in range(_TRIES):
            try:
                before = directory.stat().st_mtime_ns
                names |= dict.fromkeys(os.listdir(directory))  # noqa: PTH208 - 100,000 names, Path objects cost seconds
                after = directory.stat().st_mtime_ns
            except FileNotFoundError:
                return []
            if before == after and abs(time.time_ns() - after) > _SETTLED:
                break
            time.sleep(0.01)
        return names

    def find(self, ref: Ref) -> Item | None:
        """Return the message as it is named now, None when it is gone."""
        folder, unique = unknown_ref(ref)
        if not folder:
            return None
        listed = self._listed.get(folder)
        item = None if listed is None else listed.get(unique)
        for _ in range(_TRIES):
            if item is not None and item.path.exists():
                return item
            item = self.listing(folder).get(unique)
            if item is None:
                return None
        return item

    def create(self, folder: str) -> None:
        """Create a folder with Maildir++'s mark in it; one that exists is left as it is."""
        place = self.folder(folder)
        for sub in ("tmp", "new", "cur"):
            (place / sub).mkdir(mode=0o700, parents=True, exist_ok=True)
        if folder != INBOX:
            (place / "maildirfolder").touch()

    def deliver(self, folder: str, raw: bytes, mark: str, flags: str | None = None) -> Item:
        """Write a message: to tmp, to disk, then by a link to its final name.

        Args:
            folder: a folder that exists.
            raw: the message.
            mark: goes into the unique part; letters and digits.
            flags: None delivers to new/ (unread), text puts it into cur/ with these flags.
        """
        unique = _unique(mark)
        place = self.folder(folder)
        (place / "tmp").mkdir(exist_ok=True)
        draft = place / "tmp" / unique
        target = place / "new" / unique if flags is None else place / "cur" / f"{unique}:2,{flags}"
        try:
            with draft.open("xb") as file:
                file.write(raw)
                file.flush()
                os.fsync(file.fileno())
            os.link(draft, target)
        finally:
            draft.unlink(missing_ok=True)
        sync_folder(target.parent)
        return Item(folder, unique, flags or "", str(target))

    def reflag(self, ref: Ref, change: dict[str, bool]) -> bool:
        """Set (True) and clear (False) flag letters, keeping all others; False when the message is gone.

        A message in new/ moves to cur/, for only there a name can have flags; it stays unread.
        """
        for _ in range(_TRIES):
            item = self.find(ref)
            if item is None:
                return False
            letters = {each for each in item.flags if change.get(each, True)} | {
                each for each, on in change.items() if on
            }
            flags = "".join(sorted(letters))
            if flags == item.flags and (flags or item.path.parent.name == "new"):
                return True
            target = self.folder(item.folder) / "cur" / f"{item.unique}:2,{flags}"
            with contextlib.suppress(FileNotFoundError):  # another reader renamed it meanwhile
                item.path.rename(target)
                self._listed[item.folder].add("cur", target.name)
                return True
        return self.find(ref) is not None


def sync_folder(directory: Path) -> None:
    """Make the names in a directory survive a power cut."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _unique(mark: str) -> str:
    """Return a name that nobody else makes: time, process, counter, host, with `mark` in it."""
    host = socket.gethostname().replace("/", "\\057").replace(":", "\\072") or "localhost"
    now = time.time_ns()
    return f"{now // 10**9}.M{now // 1000 % 10**6}P{os.getpid()}Q{next(_COUNTER)}{mark}.{host}"

"""The Contacts port on vCard files."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from assistant.errors import NotFoundError
from assistant.standards import vcard
from providers.local.errors import NAME, guarded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from assistant.model.call import E164
    from assistant.model.mailbox import Contact

Stamp = tuple[int, int, int, int]


class LocalContacts:
    """An address book in a folder of .vcf files, or in one file of many cards; reread when files change.

    Args:
        place: the folder or file.
        region: what numbers without a country code mean (ISO 3166-1 alpha-2).
        problems: receives a line for each card that cannot be read, once for each version of its file.
    """

    def __init__(self, place: Path, region: str, problems: Callable[[str], None]) -> None:
        self._place = place
        self._region = region
        self._problems = problems
        self._cards: dict[Path, tuple[Stamp, tuple[Contact, ...]]] = {}
        self._by_number: dict[E164, list[Contact]] = {}
        self._by_name: dict[str, list[Contact]] = {}

    @guarded("contacts.find")
    def find(self, number: E164) -> Sequence[Contact]:
        """Look the number up in the cards as they are now."""
        self._refresh("contacts.find")
        return tuple(self._by_number.get(number, ()))

    @guarded("contacts.named")
    def named(self, name: str) -> Sequence[Contact]:
        """Look the name up in the cards as they are now."""
        self._refresh("contacts.named")
        return tuple(self._by_name.get(_folded(name), ())) if name.strip() else ()

    @guarded("contacts.version")
    def version(self) -> str | None:
        """Return a digest of names, times and sizes of the files: what decides whether one is read anew."""
        try:
            seen = [(str(path), _stamp(path)) for path in self._paths("contacts.version")]
        except NotFoundError:
            return "missing"  # who looks somebody up there says so
        return hashlib.sha256(repr(seen).encode("utf-8", "surrogateescape")).hexdigest()

    def _refresh(self, operation: str) -> None:
        stamps = {path: _stamp(path) for path in self._paths(operation)}
        if {path: known[0] for path, known in self._cards.items()} == stamps:
            return
        cards = {}
        for path, stamp in stamps.items():
            known = self._cards.get(path)
            cards[path] = known if known and known[0] == stamp else (stamp, self._read(path))
        self._cards = cards
        self._index()

    def _paths(self, operation: str) -> Iterator[Path]:
        if self._place.is_file():
            yield self._place
        elif self._place.is_dir():
            yield from sorted(path for path in self._place.glob("*.vcf") if not path.name.startswith("."))
        else:
            message = f"no address book at {self._place}; correct `contacts` in the settings"
            raise NotFoundError(NAME, operation, message)

    def _read(self, path: Path) -> tuple[Contact, ...]:
        cards, faults = vcard.parse(path.read_bytes(), self._region)
        if faults:
            self._problems(f"{path}: {'; '.join(faults)}; these callers stay unknown: repair or remove the card")
        return cards

    def _index(self) -> None:
        self._by_number, self._by_name = {}, {}
        for _, cards in self._cards.values():
            for card in cards:
                self._by_name.setdefault(_folded(card.name), []).append(card)
                for number in card.numbers:
                    self._by_number.setdefault(number, []).append(card)


def _folded(name: str) -> str:
    return " ".join(name.casefold().split())


def _stamp(path: Path) -> Stamp:
    stat = path.stat()
    return (stat.st_mtime_ns, stat.st_ctime_ns, stat.st_size, stat.st_ino)

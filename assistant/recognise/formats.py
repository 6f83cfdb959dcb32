"""What the data files say: one format per phone system, one language per file of words, and the names of zones.

`load` reads the ones that come with the program; others may be passed to `recognise` in their place.
"""

from __future__ import annotations

import tomllib
from functools import cached_property, lru_cache
from importlib import resources
from typing import TYPE_CHECKING, TypeVar

import msgspec

from assistant.model.call import Kind
from assistant.recognise import patterns

if TYPE_CHECKING:
    import re
    from importlib.resources.abc import Traversable


T = TypeVar("T")
Words = dict[str, tuple[str, ...]]


class Marks(msgspec.Struct, frozen=True, kw_only=True):
    """Signs of a mail, all of which must be there; each is a pattern searched in its place.

    `from_` is searched in the sender's address, `headers` maps header names to patterns, `by_domain` asks for a sender
    in one of the format's domains.
    """

    from_: str | None = msgspec.field(default=None, name="from")
    subject: str | None = None
    text: str | None = None
    headers: dict[str, str] = {}
    by_domain: bool = False


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of mail that a format sends: when it is this one, and where its slots stand.

    `headers` maps slots to header names; `subject`, `text` and `from_` are patterns with slots. What they leave open is
    read as from any other mail: labelled lines, sentences.
    """

    kind: Kind
    when: Marks = Marks()
    headers: dict[str, str] = {}
    subject: tuple[str, ...] = ()
    text: tuple[str, ...] = ()
    from_: str | None = msgspec.field(default=None, name="from")


class Format(msgspec.Struct, frozen=True, kw_only=True):
    """A phone system's mails.

    `identify` are alternatives. `domains` are the only ones its mails come from, empty for systems that customers run
    themselves; `brands` are names that nobody else's mails should carry as sender. `refines` names formats whose claim
    yields to this one's; `names_own_number` says that a true mail names a number of the reader's as the one called.
    Without `shapes` its mails are read as any other; with them, one that fits none is no call.
    """

    vendor: str
    identify: tuple[Marks, ...]
    domains: tuple[str, ...] = ()
    brands: tuple[str, ...] = ()
    refines: tuple[str, ...] = ()
    names_own_number: bool = False
    shapes: tuple[Shape, ...] = ()


class Forward(msgspec.Struct, frozen=True, kw_only=True):
    """How a mail program writes a forwarded mail: subject prefixes, and the labels of its inner header lines."""

    prefix: tuple[str, ...] = ()
    from_: str = msgspec.field(default="from", name="from")
    sent: tuple[str, ...] = ()
    subject: str = "subject"


class Language(msgspec.Struct, frozen=True, kw_only=True):
    """The words of one language; the tables are described in this folder's README.md."""

    code: str
    labels: Words
    subjects: Words
    sentences: Words
    forward: Forward
    names: Words
    urgency: Words
    wishes: Words
    when: Words
    digits: Words
    units: Words


class Zones(msgspec.Struct, frozen=True, kw_only=True):
    """Zone names in mails: abbreviations with a fixed offset, and names of regions with their IANA zone."""

    offsets: dict[str, str] = {}
    regions: dict[str, str] = {}


class Formats(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """Everything `recognise` knows of the world."""

    formats: tuple[Format, ...]
    languages: tuple[Language, ...]
    zones: Zones = Zones()

    def words(self, table: str, key: str) -> tuple[str, ...]:
        """Return the patterns of all languages under one key of one table."""
        return tuple(word for language in self.languages for word in getattr(language, table).get(key, ()))

    def any_word(self, table: str, key: str) -> re.Pattern[str]:
        """Return one pattern for all of them, as whole words."""
        return self._any.setdefault((table, key), patterns.any_of(self.words(table, key)))

    def each(self, table: str, key: str) -> tuple[re.Pattern[str], ...]:
        """Return them compiled one by one, with their slots."""
        if (table, key) not in self._each:
            self._each[table, key] = tuple(map(patterns.of_language, self.words(table, key)))
        return self._each[table, key]

    @cached_property
    def _any(self) -> dict[tuple[str, str], re.Pattern[str]]:
        return {}

    @cached_property
    def _each(self) -> dict[tuple[str, str], tuple[re.Pattern[str], ...]]:
        return {}

    @property
    def codes(self) -> list[str]:
        """Return the languages' codes."""
        return [language.code for language in self.languages]


@lru_cache(maxsize=1)
def load() -> Formats:
    """Return the formats, languages and zones that come with the program.

    Raises:
        ValueError: a data file does not have the form described here; the message names it.
    """
    here = resources.files(__package__)
    return Formats(
        formats=tuple(_read(file, Format) for file in _files(here / "formats")),
        languages=tuple(_read(file, Language) for file in _files(here / "languages")),
        zones=_read(here / "zones.toml", Zones),
    )


def _files(folder: Traversable) -> list[Traversable]:
    return sorted((file for file in folder.iterdir() if file.name.endswith(".toml")), key=lambda file: file.name)


def _read(file: Traversable, type_: type[T]) -> T:
    try:
        return msgspec.convert(tomllib.loads(file.read_text("utf-8")), type_)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise ValueError(f"{file.name}: {error}") from error

"""What the data files say: one format per phone system, one language per file of words, and the names of zones.

`load` reads the ones that come with the program; others may be passed to `recognise` in their place.
"""

from __future__ import annotations

import tomllib
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast

import msgspec

from assistant.model.call import Kind
from assistant.recognise import needed, patterns, tongue
from assistant.standards import regex

if TYPE_CHECKING:
    import re
    from collections.abc import Callable


T = TypeVar("T")
Words = dict[str, tuple[str, ...]]


class Marks(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Signs of a mail, all of which must be there; each is a pattern searched in its place.

    `from_` is searched in the sender's address, `headers` maps header names to patterns, `by_domain` asks for a sender
    in one of the format's domains.
    """

    from_: str | None = msgspec.field(default=None, name="from")
    subject: str | None = None
    text: str | None = None
    headers: dict[str, str] = {}
    by_domain: bool = False


class Shape(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
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


class Format(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A phone system's mails.

    `identify` are alternatives. `domains` are the only ones its mails come from, empty for systems that customers run
    themselves; `brands` are names that nobody else's mails should carry as sender. `refines` names formats whose claim
    yields to this one's; `names_own_number` says that a true mail names a number of the reader's as the one called.
    A mail that fits none of its `shapes` is read as any other; a shape of kind none says what reports no call.
    """

    vendor: str
    identify: tuple[Marks, ...]
    domains: tuple[str, ...] = ()
    brands: tuple[str, ...] = ()
    refines: tuple[str, ...] = ()
    names_own_number: bool = False
    shapes: tuple[Shape, ...] = ()


class Forward(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a mail program writes a forwarded mail: subject prefixes, labels of inner header lines, the rule above."""

    prefix: tuple[str, ...] = ()
    from_: str = msgspec.field(default="from", name="from")
    sent: tuple[str, ...] = ()
    subject: str = "subject"
    others: tuple[str, ...] = ()
    marker: tuple[str, ...] = ()


class Language(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, dict=True):
    """The words of one language; the tables are described in this folder's README.md."""

    code: str
    labels: Words = {}
    subjects: Words = {}
    sentences: Words = {}
    forward: Forward = Forward()
    names: Words = {}
    urgency: Words = {}
    wishes: Words = {}
    when: Words = {}
    digits: Words = {}
    units: Words = {}
    notice: Words = {}
    people: Words = {}
    scam: Words = {}

    def any_word(self, table: str, key: str) -> re.Pattern[str]:
        """Return one pattern for all words under one key of one table."""
        known = self._any.get((table, key))
        if known is None:
            known = self._any[table, key] = patterns.any_of(getattr(self, table).get(key, ()))
        return known

    def may_say(self, table: str, keys: tuple[str, ...], text: str) -> bool:
        """Tell whether a text may have words of some keys of a table: False is sure."""
        needs = self._needs.get((table, keys))
        if needs is None:
            words = [word for key in keys for word in getattr(self, table).get(key, ())]
            known = needed.of_any(patterns.of_language(word).pattern for word in words)
            needs = self._needs[table, keys] = tuple(sorted(known)) if known or not words else ("",)
        return regex.has_one(needs, text)

    @cached_property
    def _needs(self) -> dict[tuple[str, tuple[str, ...]], tuple[str, ...]]:
        return {}

    @cached_property
    def _any(self) -> dict[tuple[str, str], re.Pattern[str]]:
        return {}


class Brand(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A firm that forged mails pass for: its names in lower case, and the only domains it writes from.

    `common` names are words or surnames as well, so that bearing one says less.
    """

    names: tuple[str, ...]
    domains: tuple[str, ...]
    common: bool = False


class _Brands(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The file of brands."""

    brands: tuple[Brand, ...] = ()


class Zones(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Zone names in mails: abbreviations with a fixed offset, and names of regions with their IANA zone."""

    offsets: dict[str, str] = {}
    regions: dict[str, str] = {}


class Formats(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """Everything `recognise` knows of the world."""

    formats: tuple[Format, ...]
    languages: tuple[Language, ...]
    zones: Zones = Zones()
    brands: tuple[Brand, ...] = ()
    every: tuple[str, ...] = ()
    """The codes of all languages, where only those of one mail are kept: a date may be in yet another."""

    def words(self, table: str, key: str) -> tuple[str, ...]:
        """Return the patterns of all languages under one key of one table."""
        known = self._words.get((table, key))
        if known is None:
            known = tuple(word for language in self.languages for word in getattr(language, table).get(key, ()))
            self._words[table, key] = known
        return known

    def any_word(self, table: str, key: str) -> re.Pattern[str]:
        """Return one pattern for all of them, as whole words."""
        known = self._any.get((table, key))
        if known is None:
            known = self._any[table, key] = patterns.any_of(self.words(table, key))
        return known

    def each(self, table: str, key: str) -> tuple[re.Pattern[str], ...]:
        """Return them compiled one by one, with their slots."""
        known = self._each.get((table, key))
        if known is None:
            known = self._each[table, key] = tuple(map(patterns.of_language, self.words(table, key)))
        return known

    def likely(self, table: str, key: str, text: str) -> tuple[re.Pattern[str], ...]:
        """Return those of `each` that can be found in a text: the others need a word that it lacks."""
        needs = self._needs.get((table, key))
        if needs is None:
            needs = self._needs[table, key] = tuple(
                (pattern, needed.needed(pattern.pattern)) for pattern in self.each(table, key)
            )
        return needed.possible(needs, text)

    def once(self, make: Callable[[Formats], T]) -> T:
        """Return what a function makes of all this; it is made once."""
        if make not in self._made:
            self._made[make] = make(self)
        return cast("T", self._made[make])

    @cached_property
    def _made(self) -> dict[Callable[[Formats], object], object]:
        return {}

    @cached_property
    def _needs(self) -> dict[tuple[str, str], tuple[tuple[re.Pattern[str], needed.Needed], ...]]:
        return {}

    @cached_property
    def _words(self) -> dict[tuple[str, str], tuple[str, ...]]:
        return {}

    @cached_property
    def _any(self) -> dict[tuple[str, str], re.Pattern[str]]:
        return {}

    @cached_property
    def _each(self) -> dict[tuple[str, str], tuple[re.Pattern[str], ...]]:
        return {}

    @cached_property
    def firms(self) -> tuple[Brand, ...]:
        """Return the brands, and the phone systems that write from known domains only."""
        listed = {name for brand in self.brands for name in brand.names}
        hosted = [format_ for format_ in self.formats if format_.domains]
        names = [tuple(name.lower() for name in format_.brands if name.lower() not in listed) for format_ in hosted]
        own = (Brand(names=more, domains=format_.domains) for more, format_ in zip(names, hosted, strict=True))
        return (*self.brands, *own)

    @cached_property
    def firm_domains(self) -> frozenset[str]:
        """Return all domains of these."""
        return frozenset(name for firm in self.firms for name in firm.domains)

    @cached_property
    def hosted(self) -> tuple[str, ...]:
        """Return the domains that the phone systems of any format send from."""
        return tuple(sorted({name for format_ in self.formats for name in format_.domains}))

    def of_text(self, text: str) -> Formats:
        """Return all this with only those languages that a text may be written in; see `tongue`."""
        kept = tongue.kept(text, self._foreign)
        if all(kept):
            return self
        known = self._narrowed.get(kept)
        if known is None:
            languages = tuple(one for one, wanted in zip(self.languages, kept, strict=True) if wanted)
            known = self._narrowed[kept] = msgspec.structs.replace(self, languages=languages, every=tuple(self.codes))
        return known

    @cached_property
    def _foreign(self) -> tuple[frozenset[str], ...]:
        return tongue.foreign(self.languages)

    @cached_property
    def _narrowed(self) -> dict[tuple[bool, ...], Formats]:
        return {}

    @cached_property
    def codes(self) -> list[str]:
        """Return the languages' codes."""
        return [language.code for language in self.languages]


@lru_cache(maxsize=1)
def load() -> Formats:
    """Return the formats, languages and zones that come with the program.

    Raises:
        ValueError: a data file does not have the form described here; the message names it.
    """
    here = Path(__file__).parent
    return Formats(
        formats=tuple(_read(file, Format) for file in _files(here / "formats")),
        languages=tuple(_read(file, Language) for file in _files(here / "languages")),
        zones=_read(here / "zones.toml", Zones),
        brands=_read(here / "brands.toml", _Brands).brands,
    )


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.toml"), key=lambda file: file.name)


def _read(file: Path, type_: type[T]) -> T:
    try:
        return msgspec.convert(tomllib.loads(file.read_text("utf-8")), type_)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise ValueError(f"{file.name}: {error}") from error

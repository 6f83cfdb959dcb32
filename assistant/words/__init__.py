"""Say it: facts to letters and texts of events, through templates that the user may change. Pure.

`clean` makes other people's text harmless, `guard` refuses phrases nobody should hear, `times` writes times,
`environment` is the sandbox, `lint` and `samples` try a template before it is used, `sources` says which there are.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar

import jinja2
import msgspec
from babel import Locale, UnknownLocaleError

from assistant.errors import TemplateError
from assistant.model.journal import Purpose
from assistant.model.manage import Sign, Signs
from assistant.model.speech import HoldFacts, HoldText, Letter, SlotFacts, WillCallAtFacts
from assistant.standards.plain import many_lines, one_line
from assistant.words.clean import blanked, cleaned, texts
from assistant.words.environment import REFERENCE, environment
from assistant.words.guard import Guard, GuardFile
from assistant.words.lint import static_faults, syntax_fault
from assistant.words.samples import OTHER_TIMES, SAMPLES
from assistant.words.sources import (
    FACTS,
    GUARD_FILE,
    LANGUAGE_FILE,
    PARTS,
    TEMPLATES,
    USER_GUARD_FILE,
    Source,
    name_faults,
    overlay,
    raise_all,
)
from assistant.words.times import GapWords, Patterns, Times

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from assistant.model.speech import ApologyFacts, DigestFacts, Facts

__all__ = ["Source", "Words", "overlay"]

LINE_CAP = 150
REMEMBERED = 4096
BODY_CAP = 20_000
# What an expression of a template can raise at its worst, beside Jinja's own errors.
_EXPRESSION_ERRORS = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
_File = TypeVar("_File", bound=msgspec.Struct)


class LanguageFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A `language.toml`: date patterns, gaps, words for codes such as `left_message`, and signs the user may write."""

    times: Patterns
    gaps: GapWords
    terms: dict[str, str]
    signs: dict[Sign, tuple[str, ...]]


class Words:
    """The templates of one language, tried and ready. Same facts, same words."""

    def __init__(
        self,
        sources: Mapping[str, Source],
        env: jinja2.Environment,
        guard: Guard,
        language: LanguageFile,
        version: str,
    ) -> None:
        """Keep the files by name; each template is compiled when it is first needed. Use `load`."""
        self._sources, self._env, self._guard = sources, env, guard
        self._template = lru_cache(None)(lambda name: env.from_string(sources[name].text))
        self._parts = lru_cache(REMEMBERED)(self._rendered_parts)  # most passes say again what the last one said
        self._link_removed = language.terms.get("link_removed", "[...]")
        self.signs = Signs(words={sign: tuple(map(str.casefold, said)) for sign, said in language.signs.items()})
        """What the texts of a hold tell the user to write into its title, folded for comparison."""
        self.version = version
        """A digest of the files, the language and the zone: another one may say other words of the same facts."""

    @classmethod
    def load(cls, sources: Mapping[str, Source], language: str, zone: ZoneInfo, tried: str = "") -> Words:
        """Check every template and return the words they make.

        Args:
            sources: the files of one language by bare name ("apology.txt.j2"), the user's laid over ours (`overlay`).
            language: its tag (RFC 5646), as the folder is named: "en", "de".
            zone: the user's zone, in which times are written.
            tried: a `version` that was found usable before; templates of that version are not tried again.

        Raises:
            TemplateError: lists each file at fault, the fault and the remedy, all at once.
        """
        raise_all(name_faults(sources))
        words = _read(sources[LANGUAGE_FILE], LanguageFile)
        guard = Guard([_read(sources[name], GuardFile) for name in (GUARD_FILE, USER_GUARD_FILE) if name in sources])
        env = environment(Times(_locale(language), zone, words.times, words.gaps), words.terms)
        loaded = cls(sources, env, guard, words, _version(sources, language, zone))
        if loaded.version != tried:
            raise_all(fault for name in TEMPLATES for fault in loaded._static_faults(name))
            raise_all(loaded._trial_faults())
        return loaded

    def apology(self, facts: ApologyFacts) -> Letter:
        """Say sorry for the delay, once, and offer a time.

        Raises:
            TemplateError: this template fails on these facts, or says what the phrase guard forbids. So for all below.
        """
        return self._letter(Purpose.APOLOGY, facts)

    def will_call_at(self, facts: WillCallAtFacts) -> Letter:
        """Name the time of the call."""
        return self._letter(Purpose.WILL_CALL_AT, facts)

    def digest(self, facts: DigestFacts) -> Letter:
        """Tell the user in one screen what is owed."""
        return self._letter("digest", facts)

    def hold(self, facts: HoldFacts) -> HoldText:
        """Write the texts of a hold; a sensitive one has a neutral title and no location."""
        title, body, place = self._parts("hold", facts)
        return HoldText(summary=one_line(title, LINE_CAP), description=body, location=one_line(place, LINE_CAP))

    def slot(self, facts: SlotFacts) -> HoldText:
        """Write the texts of a slot."""
        title, body = self._parts("slot", facts)
        return HoldText(summary=one_line(title, LINE_CAP), description=body)

    def _letter(self, subject: str, facts: Facts) -> Letter:
        line, body = self._parts(subject, facts)
        return Letter(subject=one_line(line, LINE_CAP), body=body + "\n")

    def _rendered_parts(self, subject: str, facts: Facts) -> list[str]:
        safe = cleaned(facts, self._link_removed)
        return [self._rendered(f"{subject}.{part}.j2", safe) for part in PARTS[subject]]

    def _rendered(self, name: str, safe: Facts) -> str:
        """Render cleaned facts, make the result plain text, and let the guard look at what was written."""
        output = self._filled(name, safe)
        if self._guard.find(output):
            blamed = self._guard.blame(output, self._filled(name, blanked(safe)), tuple(texts(safe)))
            raise_all(f"{self._sources[name].origin}: {self._guard.advice(phrase)}" for phrase in blamed)
        return output

    def _filled(self, name: str, facts: Facts) -> str:
        template, origin = self._template(name), self._sources[name].origin
        values = {field: getattr(facts, field) for field in facts.__struct_fields__}
        try:
            output = template.render({**values, REFERENCE: _reference(facts)})
        except (jinja2.TemplateError, *_EXPRESSION_ERRORS) as error:
            raise TemplateError(f"{origin}: {error}. templates/README.md lists what may stand here") from error
        return many_lines(output, BODY_CAP)

    def _static_faults(self, name: str) -> Iterator[str]:
        source = self._sources[name]
        try:
            self._template(name)
        except jinja2.TemplateSyntaxError as error:
            yield f"{source.origin}: {syntax_fault(error)}"
        else:
            for fault in static_faults(name, source.text, self._env, FACTS[name.partition(".")[0]], self._guard):
                yield f"{source.origin}: {fault}"

    def _trial_faults(self) -> Iterator[str]:
        broken = set()
        for subject, samples in SAMPLES.items():
            for name in (f"{subject}.{part}.j2" for part in PARTS[subject]):
                fault = self._first_fault(name, samples)
                if fault:
                    broken.add(name)
                    yield fault
        if "will_call_at.txt.j2" not in broken and not self._names_the_time("will_call_at.txt.j2"):
            origin = self._sources["will_call_at.txt.j2"].origin
            yield f"{origin}: it does not always name the time. Write {{{{ at | moment }}}}"

    def _first_fault(self, name: str, samples: Iterable[Facts]) -> str:
        try:
            for facts in samples:
                self._rendered(name, facts)
        except TemplateError as error:
            return str(error)
        return ""

    def _names_the_time(self, name: str) -> bool:
        """Tell whether other times always make other words."""
        promises = [facts for facts in SAMPLES[Purpose.WILL_CALL_AT] if isinstance(facts, WillCallAtFacts)]
        return all(
            self._filled(name, msgspec.structs.replace(facts, at=facts.at + by)) != self._filled(name, facts)
            for facts in promises
            for by in OTHER_TIMES
        )


def _version(sources: Mapping[str, Source], language: str, zone: ZoneInfo) -> str:
    files = sorted((name, source.text) for name, source in sources.items())
    return hashlib.blake2b(msgspec.json.encode((files, language, str(zone))), digest_size=16).hexdigest()


def _reference(facts: Facts) -> datetime:
    """Return the moment from which a year or a gap is told: now, or the start of the event."""
    return facts.start if isinstance(facts, HoldFacts | SlotFacts) else facts.now


def _read(source: Source, kind: type[_File]) -> _File:
    try:
        return msgspec.toml.decode(source.text, type=kind)
    except msgspec.DecodeError as error:
        raise TemplateError(f"{source.origin}: {error}. Compare it with ours in templates/en") from error


def _locale(language: str) -> Locale:
    try:
        return Locale.parse(language, sep="-")
    except (UnknownLocaleError, ValueError) as error:
        raise TemplateError(f"{language}: no such language. Name it as its folder in templates: en, de") from error

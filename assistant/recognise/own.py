"""A user's own data files, laid over the ones that come with the program.

A format takes the place of ours with the same vendor name, a language adds its words to ours with the same code or is
a new one. A file with a mistake is left out and told of; the rest works. A pattern with a repeat without end inside
another is refused, for its time may double with each character; a format's patterns see the first 20,000 characters.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from assistant.recognise import patterns
from assistant.recognise.formats import Format, Formats, Language
from assistant.standards import regex

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from assistant.recognise.formats import Marks

T = TypeVar("T")
_TABLES = tuple(field.name for field in msgspec.structs.fields(Language) if field.name not in {"code", "forward"})
_OF_TIMES = regex.lazy(r"\{(?:n|day|month|year|place)\}")  # the slots of the table `when`


class _FileError(Exception):
    """What is wrong with a file and what to do."""


def with_own(known: Formats, sources: Mapping[str, str]) -> tuple[Formats, tuple[str, ...]]:
    """Return what is known with a user's files laid over it, and a sentence for each file that cannot be used.

    Args:
        known: what comes with the program.
        sources: the text of each file by its name. A file with `vendor` is a format, one with `code` a language.
    """
    problems: list[str] = []
    vendors: dict[str, str] = {}
    for name, text in sources.items():
        try:
            table = _table(text)
            if "code" in table:
                known = _with_language(known, table, text)
            else:
                format_ = _format(table, text, known)
                _once(format_.vendor, name, vendors)
                known = _with_format(known, format_)
        except _FileError as error:
            problems.append(f"{name}: {error}")
    return known, tuple(problems)


def _once(vendor: str, name: str, vendors: dict[str, str]) -> None:
    if vendors.setdefault(vendor, name) != name:
        raise _FileError(f"vendor: {vendor!r} stands in {vendors[vendor]} too. Keep one")


def _table(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _FileError(f"is not valid TOML: {error}") from error


def _format(table: dict[str, Any], text: str, known: Formats) -> Format:
    if "vendor" not in table:
        raise _FileError('write vendor = "NAME" for a format, or code = "xx" for a language')
    format_ = _converted(table, Format)
    _check(text, ((where, pattern, patterns.plain) for where, pattern in _marks(format_)))
    shapes = enumerate(format_.shapes)
    slotted = (
        (f"shapes[{number}].{key}", pattern, patterns.of_format)
        for number, shape in shapes
        for key, some in (("subject", shape.subject), ("text", shape.text), ("from", (shape.from_ or "",)))
        for pattern in some
    )
    _check(text, slotted)
    slots = {slot for shape in format_.shapes for slot in shape.headers}
    _known(slots, patterns.SLOTS, "shapes.headers")
    _known(format_.refines, {one.vendor for one in known.formats}, "refines")
    return format_


def _with_format(known: Formats, own: Format) -> Formats:
    laid = {one.vendor: one for one in known.formats} | {own.vendor: own}
    return msgspec.structs.replace(known, formats=tuple(laid.values()))


def _with_language(known: Formats, table: dict[str, Any], text: str) -> Formats:
    code = table.get("code")
    ours = next((language for language in known.languages if language.code == code), None)
    own = _converted(table, Language)
    for name in _TABLES:
        listed = {key for language in known.languages for key in getattr(language, name)}
        _known(getattr(own, name), listed, name)
    _check(text, _words(own))
    if ours is None:
        _spoken(own.code)
    merged = own if ours is None else _merged(ours, own, table)
    laid = {language.code: language for language in known.languages} | {own.code: merged}
    return msgspec.structs.replace(known, languages=tuple(laid.values()))


def _merged(ours: Language, own: Language, table: dict[str, Any]) -> Language:
    """Put the user's words before ours under each key; a single word in place of ours."""
    tables = {}
    for name in _TABLES:
        mine, theirs = getattr(own, name), getattr(ours, name)
        tables[name] = {key: (*mine.get(key, ()), *theirs.get(key, ())) for key in {**theirs, **mine}}
    told = table.get("forward", {})
    forward = msgspec.structs.replace(
        ours.forward,
        prefix=(*own.forward.prefix, *ours.forward.prefix),
        sent=(*own.forward.sent, *ours.forward.sent),
        from_=own.forward.from_ if "from" in told else ours.forward.from_,
        subject=own.forward.subject if "subject" in told else ours.forward.subject,
    )
    return msgspec.structs.replace(ours, forward=forward, **tables)


def _converted(table: dict[str, Any], kind: type[T]) -> T:
    try:
        return msgspec.convert(table, kind)
    except msgspec.ValidationError as error:
        raise _FileError(f"{error}. The keys are listed in assistant/recognise/README.md") from error


def _known(names: Iterable[str], listed: Iterable[str], where: str) -> None:
    options = sorted(listed)
    for name in names:
        if name not in options:
            near = difflib.get_close_matches(name, options, 1)
            meant = f"Did you mean {near[0]!r}?" if near else f"There are: {', '.join(options)}"
            raise _FileError(f"{where}: there is no {name!r}. {meant}")


def _spoken(code: str) -> None:
    """Refuse a language that the libraries for dates do not know: its day and month names come from them."""
    import babel.localedata  # noqa: PLC0415 - only a new language needs it
    from dateparser.data.languages_info import language_order  # noqa: PLC0415 - the same

    if not babel.localedata.exists(code) or code not in language_order:
        raise _FileError(f'code: {code!r} is no language with known names of days. Write an ISO 639 code, such as "sv"')


def _marks(format_: Format) -> Iterator[tuple[str, str]]:
    every: list[tuple[str, Marks]] = [(f"identify[{n}]", marks) for n, marks in enumerate(format_.identify)]
    every += [(f"shapes[{n}].when", shape.when) for n, shape in enumerate(format_.shapes)]
    for where, marks in every:
        fields = {"from": marks.from_, "subject": marks.subject, "text": marks.text, **marks.headers}
        yield from ((f"{where}.{key}", pattern) for key, pattern in fields.items() if pattern is not None)


def _words(language: Language) -> Iterator[tuple[str, str, Callable[[str], re.Pattern[str]]]]:
    for name in _TABLES:
        for key, words in getattr(language, name).items():
            for number, word in enumerate(words):
                compiled = _time_word if name == "when" else patterns.of_language
                yield f"{name}.{key}[{number}]", word, compiled
    forward = language.forward
    for number, word in enumerate((*forward.prefix, *forward.sent, forward.from_, forward.subject)):
        yield f"forward[{number}]", word, patterns.plain


def _time_word(pattern: str) -> re.Pattern[str]:
    return patterns.of_language(_OF_TIMES.sub("1", pattern))


def _check(text: str, found: Iterable[tuple[str, str, Callable[[str], re.Pattern[str]]]]) -> None:
    """Compile each pattern and look whether it can take long."""
    for where, pattern, compiled in found:
        try:
            re.compile(compiled(pattern).pattern)
        except re.error as error:
            raise _FileError(f"{_line(text, pattern)}{where}: bad pattern {pattern!r}: {error}") from error
        except ValueError as error:
            raise _FileError(f"{_line(text, pattern)}{where}: {error}") from error
        risk = patterns.risk(pattern)
        if risk:
            raise _FileError(f"{_line(text, pattern)}{where}: {pattern!r} could take very long: {risk}")


def _line(text: str, pattern: str) -> str:
    """Return "line N: " where the pattern stands in the file, "" when it is written in a way that hides it."""
    for written in (pattern, pattern.replace("\\", "\\\\")):
        place = text.find(written)
        if place >= 0:
            return f"line {text.count(chr(10), 0, place) + 1}: "
    return ""

"""Which languages a mail may be written in, so that only their words are looked for: most mails are in one or two.

It errs to one side: English alone is looked for where no beginning of a word of another language's file, or of a name
of a day or month, stands in the mail; where two languages come near each other, all are. English is always kept, for
systems everywhere speak it.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from assistant.standards import regex

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator

    from assistant.recognise.formats import Language

ALWAYS = "en"
_STEM = 5  # letters; endings differ
_SURE = 2  # times as many words as of the next language
_FEWEST = 3
_LONGEST = 50_000  # characters of a text that are looked at
_BLANKS = {code: " " for code in range(128) if not chr(code).isalpha()}
_WORD = regex.lazy(r"[^\W\d_]+")
_UNSPACED = regex.lazy("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u9fff\uf900-\ufaff\uff66-\uff9f]")
_NO_LETTERS = regex.lazy(r"\\[a-zA-Z]|\(\?(?::|[aiLmsux-]*:|P?<\w+>|<?[=!])|\{[^}]*\}")
_CLASS = regex.lazy(r"\[([^\[\]\n]+)\]")
_GROUP = regex.lazy(r"\x01([^()\x01\n]*)\)(\??)")
_OPTIONAL = regex.lazy(r"\w\?")
_VARIANTS = 3


def kept(text: str, foreign: tuple[frozenset[str], ...]) -> tuple[bool, ...]:
    """Tell for each language whether the text may be written in it, given its `foreign` beginnings of words.

    Either English alone, or one language more, or all: patterns are compiled anew for each choice of languages.
    """
    words = {word[:_STEM] for word in text[:_LONGEST].lower().translate(_BLANKS).split()}
    if not text.isascii():
        words |= _beginnings(text[:_LONGEST].lower())
    hits = [len(some & words) for some in foreign]
    most, second = sorted([0, 0, *hits])[:-3:-1]
    if most < _SURE * second or (second and most < _FEWEST):
        return (True,) * len(foreign)
    return tuple(not some or (most > 0 and hit == most) for some, hit in zip(foreign, hits, strict=True))


def foreign(languages: tuple[Language, ...]) -> tuple[frozenset[str], ...]:
    """Return the beginnings of each language's words that are none of English; none where English is not known."""
    every = [frozenset() if language.code == ALWAYS else _of_language(language) for language in languages]
    english = next((_of_language(language) for language in languages if language.code == ALWAYS), None)
    return tuple(known - english for known in every) if english is not None else (frozenset(),) * len(languages)


def _of_language(language: Language) -> frozenset[str]:
    every = "\n".join(_patterns(language))
    return frozenset(_beginnings("\n".join((*_names(language.code), *_written(every)))))


def _beginnings(text: str) -> set[str]:
    """Return the beginnings of the words of a text in small letters; each character of scripts without spaces."""
    return {word[:_STEM] for word in _WORD.findall(text)} | set(_UNSPACED.findall(text))


def _patterns(language: Language) -> Iterator[str]:
    forward = language.forward
    yield from (*forward.prefix, *forward.sent, forward.from_, forward.subject)
    for name in language.__struct_fields__:
        table = getattr(language, name)
        if isinstance(table, dict):
            yield from (word for words in table.values() for word in words)


def _names(code: str) -> Iterator[str]:
    import babel.dates  # noqa: PLC0415 - its tables are large, and only a mail that is read needs them

    for width in ("wide", "abbreviated"):
        for names in (babel.dates.get_month_names(width, locale=code), babel.dates.get_day_names(width, locale=code)):
            yield from (name.lower() for name in names.values())


def _written(pattern: str) -> Iterator[str]:
    """Yield ways to write the words of regular expressions, one a line: with other letters and other alternatives."""
    bare = _NO_LETTERS.sub(lambda match: "\x01" if match[0] == "(?:" else " ", pattern.lower()).replace("(", "\x01")
    for number in range(_VARIANTS):
        text, count = _CLASS.sub(functools.partial(_one_letter, number), bare), 1
        while count:
            text, count = _GROUP.subn(functools.partial(_one_way, number), text)
        yield text.replace("?", "")
        yield _OPTIONAL.sub("", text)
    yield bare


def _one_letter(number: int, letters: re.Match[str]) -> str:
    return letters[1][number % len(letters[1])]


def _one_way(number: int, alternatives: re.Match[str]) -> str:
    some = alternatives[1].split("|")
    return some[number % len(some)]

"""Feeds every pattern of the recogniser what it finds hardest, and tells which need more than linear time.

Run as a program it prints the name of each pattern before it is fed, and a line "SLOW ..." for each that fails.
Patterns are caught as they are compiled, whichever way: `re` itself notes them down before the recogniser is loaded.
Arguments: the largest size of food in characters, how many foods a pattern gets at most, words of its place.
"""

from __future__ import annotations

import random
import re
import sys
import time
from contextlib import suppress
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

codes: Any = import_module("re._constants")  # what `re` itself takes patterns apart with; it has no public name
parser: Any = import_module("re._parser")

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import FrameType

SMALL = 1000
FLOOR = 0.004  # seconds below which a measurement says nothing
GROWTH = 2.6  # per doubling; linear is 2, quadratic 4
LONG = 50  # a repeat of more than that counts as one without end
TRIES = 3

# Patterns that only ever see a bounded piece of a mail, by module and function, with the bound in characters. They are
# fed as much as that, and may not take many times what reading a mail of 1 MB takes. Whole mails show how that adds up.
BOUNDED = {
    "assistant.recognise.asking": 6000,  # what a caller says: window.read
    "assistant.recognise.grammar": 6000,  # the same
    "assistant.recognise.place": 6000,  # the same
    "assistant.recognise.caller.<module>": 1000,  # words for a caller
    "assistant.recognise.caller._": 1000,  # the same
    "assistant.recognise.lines._stamp": 80,  # one line
    "assistant.recognise.lines.whole": 80,  # one cell
    "assistant.recognise.lines._moment": 600,  # one sentence
    "assistant.recognise.lines._lengths": 600,  # the same
    "assistant.recognise.lines._said_length": 600,  # the same
    "assistant.recognise.patterns.of_format": 20_000,  # what formats see of a text: patterns.LONGEST_READ
    "assistant.recognise.patterns.of_language": 600,  # a sentence: lines.units; a subject
    "assistant.recognise.patterns.plain": 20_000,  # as of_format
    "assistant.recognise.forms": 20_000,  # what a person or a web form writes
    "assistant.recognise.scam": 20_000,  # the same
    "assistant.recognise.links": 2000,  # one link
    "assistant.recognise.when": 120,  # words for a time
}
MANY = 30


class Caught:
    """A pattern in use: the place that compiled it, and the ways in which it was asked for."""

    WAYS = ("match", "fullmatch", "search", "finditer", "findall", "sub", "subn", "split", "pattern")

    def __init__(self, pattern: re.Pattern[str], place: str) -> None:
        self.real = pattern
        self.place = place
        self.ways: set[str] = set()

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever a pattern has
        if name in self.WAYS:
            self.ways.add(name)
        return getattr(self.real, name)

    def feed(self, food: str) -> None:
        """Apply the pattern as the program does; all over the text unless it only ever asks at its start."""
        if not self.ways or self.ways - {"match", "fullmatch", "pattern"}:
            for _ in self.real.finditer(food):
                pass
        if "match" in self.ways:
            self.real.match(food)
        if "fullmatch" in self.ways:
            self.real.fullmatch(food)


def caught() -> list[Caught]:
    """Load the recogniser, read the corpus, and return every pattern that was compiled on the way."""
    found: dict[tuple[str, int], Caught] = {}
    real: Callable[..., Any] = re._compile  # type: ignore[attr-defined]  # the one door that all functions of re use

    def noting(pattern: Any, flags: int) -> Any:  # noqa: ANN401 - as re has it
        compiled = real(pattern, flags)
        place = _place()
        if not place or not isinstance(compiled.pattern, str):
            return compiled
        return found.setdefault((compiled.pattern, compiled.flags), Caught(compiled, place))

    re._compile = noting  # type: ignore[attr-defined]  # every pattern is compiled there, however it is asked for
    try:
        _use_everything()
    finally:
        re._compile = real  # type: ignore[attr-defined]  # as above
    return [one for one in found.values() if one.ways != {"pattern"}]


def _place() -> str:
    frame = sys._getframe(2)
    while frame.f_back and (frame.f_globals.get("__name__") == "re" or _passes(frame)):
        if frame.f_code.co_name == "<module>":
            break
        frame = frame.f_back
    module = str(frame.f_globals.get("__name__", ""))
    return f"{module}.{frame.f_code.co_name}" if module.startswith("assistant.") else ""


def _passes(frame: FrameType) -> bool:
    """Tell whether a function only compiles for another: comprehensions, and `patterns._compile`."""
    name = frame.f_code.co_name
    return name.startswith("<") or (
        name.startswith("_") and frame.f_globals.get("__name__") == "assistant.recognise.patterns"
    )


def _use_everything() -> None:
    regex: Any = import_module("assistant.standards.regex")
    regex.lazy = re.compile  # at once, so that those are caught too that the corpus has no use for
    regex.guarded = lambda pattern, flags, _: re.compile(pattern, flags)
    recognise = import_module("assistant.recognise")
    patterns = import_module("assistant.recognise.patterns")
    errors = import_module("assistant.errors")
    samples = import_module("tests.unit.recognise.samples")
    formats = recognise.load()
    for label in samples.LABELS:
        raw = (samples.CORPUS / label["file"]).read_bytes()
        with suppress(errors.RecognitionError):
            recognise.recognise(raw, samples.reader_of(label))
    for format_ in formats.formats:
        for words in _of(format_):
            patterns.of_format(words)
    for language in formats.languages:
        for table in ("sentences", "urgency", "wishes", "notice", "names"):
            for words in getattr(language, table).values():
                patterns.any_of(tuple(word for word in words if "{" not in word))
        for words in (*language.subjects.values(), *language.sentences.values()):
            list(map(patterns.of_language, words))


def _of(format_: Any) -> Iterator[str]:  # noqa: ANN401 - imported late
    """Yield the patterns of a format's file."""
    for mark in (*format_.identify, *(shape.when for shape in format_.shapes)):
        yield from filter(None, (mark.from_, mark.subject, mark.text, *mark.headers.values()))
    for shape in format_.shapes:
        yield from filter(None, (*shape.subject, *shape.text, shape.from_))


# --- food


def foods(pattern: re.Pattern[str], most: int) -> Iterator[tuple[str, Callable[[int], str]]]:
    """Yield what repeats of a pattern may choke on: a name, and how to make so many characters of it."""
    units: dict[str, None] = dict.fromkeys(("a", " ", "1", "\n"))
    heads: dict[tuple[str, str], None] = {}
    tree = parser.parse(pattern.pattern, pattern.flags & ~re.UNICODE)
    for before, item in _repeats(tree, ""):
        for pump in filter(None, _pumps(item)):
            units |= dict.fromkeys((pump, before + pump, before or pump))
            heads.setdefault((before, pump))
    for unit in _some(list(units), most, pattern.pattern):
        yield f"{unit!r}", partial(_filled, "", unit)
    for head, unit in _some(list(heads), most // 2, pattern.pattern):
        yield f"{unit!r} behind {head!r}", partial(_filled, head, unit)


def _some(every: list[Any], most: int, seed: str) -> list[Any]:
    if len(every) <= most:
        return every
    sure = min(4, most // 2)
    return [*every[:sure], *random.Random(repr(seed)).sample(every[sure:], most - sure)]


def _filled(head: str, unit: str, size: int) -> str:
    """Return the head and many units, with an end that no pattern asks for, as the reader of mails hands them on.

    It cuts runs of blanks and of empty lines, so that a pattern's "any white space" never sees a long one.
    """
    codec = import_module("assistant.standards.mail")  # not before its patterns can be noted down
    return str(codec._short(head + (unit * (size // len(unit) + 1))[:size] + "\x01"))


def _repeats(tree: Iterable[Any], before: str) -> Iterator[tuple[str, Any]]:
    """Yield each repeat without end, with words that lead up to it."""
    for op, argument in tree:
        if op in (codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT):
            low, high, item = argument
            if high is codes.MAXREPEAT or high > LONG:
                yield before, item
            yield from _repeats(item, before)
            before += _sample(item) * max(1, int(low))
            continue
        for child in _children(op, argument):
            yield from _repeats(child, before)
        before += _sample([(op, argument)])


def _children(op: Any, argument: Any) -> list[Any]:  # noqa: ANN401 - the parser's own trees
    if op is codes.SUBPATTERN:
        return [argument[3]]
    if op is codes.BRANCH:
        return list(argument[1])
    if op in (codes.ASSERT, codes.ASSERT_NOT):
        return [argument[1]]
    return [argument] if op is codes.ATOMIC_GROUP else []


def _sample(tree: Iterable[Any]) -> str:
    """Return words that a tree matches, more or less."""
    out: list[str] = []
    for op, argument in tree:
        if op is codes.LITERAL:
            out.append(chr(argument))
        elif op in (codes.IN, codes.ANY, codes.NOT_LITERAL):
            out.append(next(iter(_members(op, argument)), ""))
        elif op is codes.SUBPATTERN:
            out.append(_sample(argument[3]))
        elif op is codes.BRANCH:
            out.append(_sample(argument[1][0]))
        elif op in (codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT):
            out.append(_sample(argument[2]) * min(int(argument[0]), LONG))
    return "".join(out)


_OF_CATEGORY = {
    codes.CATEGORY_SPACE: " \n", codes.CATEGORY_DIGIT: "1", codes.CATEGORY_WORD: "a1",
    codes.CATEGORY_NOT_SPACE: "a.", codes.CATEGORY_NOT_DIGIT: "a ", codes.CATEGORY_NOT_WORD: " .",
}  # fmt: skip
_OTHERS = "aA1 .-:<\n("


def _members(op: Any, argument: Any) -> list[str]:  # noqa: ANN401 - the same
    if op is codes.ANY:
        return ["a", " ", "1"]
    if op is codes.NOT_LITERAL:
        return [char for char in _OTHERS if ord(char) != argument][:4]
    out: list[str] = []
    if argument[0][0] is codes.NEGATE:
        barred = "".join(_members(codes.IN, argument[1:]))
        return [char for char in _OTHERS if char not in barred and not _in_ranges(char, argument[1:])][:4]
    for kind, value in argument:
        if kind is codes.LITERAL:
            out.append(chr(value))
        elif kind is codes.RANGE:
            out.append(chr(value[0]))
        elif kind is codes.CATEGORY:
            out.extend(_OF_CATEGORY.get(value, "a"))
    return out[:6]


def _in_ranges(char: str, members: list[Any]) -> bool:
    return any(kind is codes.RANGE and value[0] <= ord(char) <= value[1] for kind, value in members)


def _pumps(item: Any) -> list[str]:  # noqa: ANN401 - the same
    only = list(item)
    if len(only) == 1 and only[0][0] in (codes.IN, codes.ANY, codes.NOT_LITERAL):
        return _members(*only[0])
    said = _sample(only)
    return [said] if said else [text for child in _children(*only[0]) if (text := _sample(child))]


# --- measuring


def growth(one: Caught, make: Callable[[int], str], largest: int) -> float:
    """Return how much longer food of four times the size takes, 0 where all that is allowed is read in no time."""
    size = SMALL if largest > 4 * SMALL else max(1, largest // 4)
    while (took := once(one, make(size))) < FLOOR:
        size *= 2
        if size * 4 > largest:
            return 0
    while took > FLOOR * 20 and size > SMALL // 8:
        size //= 2
        took = once(one, make(size))
    return seconds(one, make(size * 4)) / max(1e-6, seconds(one, make(size)))


def once(one: Caught, food: str) -> float:
    """Return the time of one run in seconds of this thread: what others do on the machine counts little."""
    start = time.thread_time()
    one.feed(food)
    return time.thread_time() - start


def seconds(one: Caught, food: str) -> float:
    """Return the least time of several runs."""
    return min(once(one, food) for _ in range(TRIES))


def slow(one: Caught, largest: int, most: int, whole: float) -> Iterator[str]:
    """Yield each food that takes too long, measured twice; `whole` is the time of reading a mail of 1 MB."""
    bound = min((size for place, size in BOUNDED.items() if one.place.startswith(place)), default=0)
    for name, make in foods(one.real, most):
        verdict = _heavy(one, make(bound), whole) if bound else _growing(one, make, largest)
        if verdict:
            yield f"{one.place} {verdict} for {name}: {one.real.pattern[:300]!r}"


def _heavy(one: Caught, food: str, whole: float) -> str:
    took = once(one, food)
    took = seconds(one, food) if took > MANY * whole else took
    return f"{took / whole:.0f} times as long as a mail" if took > MANY * whole else ""


def _growing(one: Caught, make: Callable[[int], str], largest: int) -> str:
    if growth(one, make, largest) <= GROWTH**2:
        return ""
    again = growth(one, make, largest)
    return f"{again:.0f} times as long for 4 times" if again > GROWTH**2 else ""


def whole_mail() -> float:
    """Return the seconds that reading a plain mail of 1 MB takes without looking for anything in it."""
    mail = import_module("assistant.standards.mail")
    raw = b"Subject: x\n\n" + b"A line of words as they come in mails of all sorts.\n" * 20_000
    times = []
    for _ in range(TRIES):
        start = time.thread_time()
        mail.parse(raw)
        times.append(time.thread_time() - start)
    return min(times)


def main() -> None:
    """Feed all patterns, or those whose text or place holds the third argument."""
    largest, most = int(sys.argv[1]), int(sys.argv[2])
    wanted = sys.argv[3] if len(sys.argv) > 3 else ""
    found, whole = caught(), whole_mail()
    for one in sorted(found, key=lambda one: one.place):
        if wanted in one.place or wanted in one.real.pattern:
            sys.stdout.write(f"FEED {one.place} {one.real.pattern[:200]!r}\n")
            sys.stdout.flush()
            for line in slow(one, largest, most, whole):
                sys.stdout.write(f"SLOW {line}\n")


if __name__ == "__main__":
    main()

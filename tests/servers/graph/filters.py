"""The language of $filter, as far as Outlook's resources take it (OData 4.01 URL conventions 5.1.1)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from tests.servers.graph.calls import GraphError

_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<time>\d{4}-\d\d-\d\d(?:T[\d:.]+(?:Z|[+-]\d\d:\d\d)?)?)"
    r"|(?P<number>-?\d+)|(?P<name>[A-Za-z_][\w/.]*)|(?P<mark>[(),:]))"
)
_COMPARISONS: dict[str, Callable[[int], bool]] = {
    "eq": lambda sign: sign == 0,
    "ne": lambda sign: sign != 0,
    "ge": lambda sign: sign >= 0,
    "gt": lambda sign: sign > 0,
    "le": lambda sign: sign <= 0,
    "lt": lambda sign: sign < 0,
}
_FUNCTIONS: dict[str, Callable[[str, str], bool]] = {
    "startswith": str.startswith,
    "endswith": str.endswith,
    "contains": str.__contains__,
}

Value = str | int | bool | datetime | None
Look = Callable[[str], object]
"""Gives a property by its path."""


class Members:
    """A list that answers by itself whether a member of it fits."""

    def fits(self, condition: Node) -> bool:
        """Return whether one does."""
        raise NotImplementedError


class Compare(NamedTuple):
    """A property compared with a value."""

    name: str
    operator: str
    value: Value


class Function(NamedTuple):
    """startswith and its like: a property and a text."""

    function: str
    name: str
    value: str


class Any(NamedTuple):
    """Whether a member of a list fits."""

    name: str
    condition: Node


class Joined(NamedTuple):
    """Conditions with "and" or "or" between them, or one with "not" before it."""

    operator: str
    parts: tuple[Node, ...]


Node = Compare | Function | Any | Joined


def split(text: str, mark: str) -> Iterator[str]:
    """Yield what stands between marks that are in no bracket and no quotes."""
    depth, quoted, start = 0, False, 0
    for at, each in enumerate(text):
        quoted ^= each == "'"
        depth += 0 if quoted else (each == "(") - (each == ")")
        if each == mark and not quoted and not depth:
            yield text[start:at]
            start = at + 1
    yield text[start:]


def properties(node: Node) -> Iterator[str]:
    """Yield the properties that a condition names, in its order."""
    if isinstance(node, Joined):
        for each in node.parts:
            yield from properties(each)
    else:
        yield node.name


def parse(text: str) -> Node:
    """Read a condition.

    Raises:
        GraphError: it is none.
    """
    reader = _Reader(text)
    made = reader.either()
    if reader.peek() != ("", ""):
        raise reader.wrong()
    return made


def fits(node: Node, look: Look) -> bool:
    """Return whether what `look` shows meets a condition."""
    if isinstance(node, Joined):
        found = (fits(each, look) for each in node.parts)
        if node.operator == "not":
            return not any(found)
        return all(found) if node.operator == "and" else any(found)
    if isinstance(node, Any):
        members = look(node.name)
        if isinstance(members, Members):
            return members.fits(node.condition)
        return isinstance(members, list) and any(fits(node.condition, _inside(each)) for each in members)
    held = look(node.name)
    if isinstance(node, Function):
        return isinstance(held, str) and _FUNCTIONS[node.function](held.casefold(), node.value.casefold())
    return _COMPARISONS[node.operator](_sign(held, node.value))


def _inside(member: object) -> Look:
    def look(name: str) -> object:
        return member.get(name) if isinstance(member, dict) else member

    return look


def _sign(held: object, value: Value) -> int:
    """Compare as Exchange does: texts in any case, instants as such; nothing is before everything."""
    if held is None or value is None:
        return (held is not None) - (value is not None)
    if isinstance(value, datetime):
        at = datetime.fromisoformat(str(held))
        return (at > value) - (at < value)
    if isinstance(value, str):
        text = str(held).casefold()
        return (text > value.casefold()) - (text < value.casefold())
    number = int(str(held)) if not isinstance(held, bool) else held
    return (number > value) - (number < value)


class _Reader:
    """Reads one condition from left to right."""

    def __init__(self, text: str) -> None:
        self._text, self._at, self._variable = text, 0, ""

    def wrong(self) -> GraphError:
        return GraphError(
            "BadRequest", f"Invalid filter clause: Syntax error at position {self._at} in '{self._text}'."
        )

    def peek(self) -> tuple[str, str]:
        if not self._text[self._at :].strip():
            return "", ""
        found = _TOKEN.match(self._text, self._at)
        if found is None:
            raise self.wrong()
        return str(found.lastgroup), found[str(found.lastgroup)]

    def next(self) -> tuple[str, str]:
        token = self.peek()
        found = _TOKEN.match(self._text, self._at)
        if found is None:
            raise self.wrong()
        self._at = found.end()
        return token

    def _want(self, mark: str) -> None:
        if self.next() != ("mark", mark):
            raise self.wrong()

    def either(self) -> Node:
        return self._joined("or", lambda: self._joined("and", self._negated))

    def _joined(self, word: str, part: Callable[[], Node]) -> Node:
        parts = [part()]
        while self.peek() == ("name", word):
            self.next()
            parts.append(part())
        return parts[0] if len(parts) == 1 else Joined(word, tuple(parts))

    def _negated(self) -> Node:
        if self.peek() == ("name", "not"):
            self.next()
            return Joined("not", (self._negated(),))
        if self.peek() == ("mark", "("):
            self.next()
            made = self.either()
            self._want(")")
            return made
        return self._condition()

    def _condition(self) -> Node:
        kind, name = self.next()
        if kind != "name":
            raise self.wrong()
        if self.peek() != ("mark", "("):
            return self._comparison(self._local(name))
        self.next()
        if name in _FUNCTIONS:
            return self._function(name)
        path, _, function = name.rpartition("/")
        if function.lower() != "any" or not path:
            raise self.wrong()
        return self._any(path)

    def _comparison(self, name: str) -> Node:
        kind, operator = self.next()
        if kind != "name" or operator not in _COMPARISONS:
            raise self.wrong()
        return Compare(name, operator, self._value())

    def _function(self, function: str) -> Node:
        _, name = self.next()
        self._want(",")
        value = self._value()
        self._want(")")
        if not isinstance(value, str):
            raise self.wrong()
        return Function(function, self._local(name), value)

    def _any(self, path: str) -> Node:
        before = self._variable
        _, self._variable = self.next()
        self._want(":")
        made = Any(path, self.either())
        self._want(")")
        self._variable = before
        return made

    def _local(self, name: str) -> str:
        """Return a property without the variable of the lambda that it is in."""
        return name.removeprefix(f"{self._variable}/") if self._variable else name

    def _value(self) -> Value:
        kind, text = self.next()
        if kind == "text":
            return text[1:-1].replace("''", "'")
        if kind == "number":
            return int(text)
        if kind == "time":
            made = datetime.fromisoformat(text)
            return made.replace(tzinfo=UTC) if made.tzinfo is None else made.astimezone(UTC)
        words: dict[str, Value] = {"true": True, "false": False, "null": None}
        if kind != "name" or text not in words:
            raise self.wrong()
        return words[text]

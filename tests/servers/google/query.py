"""Gmail's search: support.google.com/mail/answer/7190. What this server does not know it refuses with 501."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from tests.servers.google.calls import RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.servers.google.message import Stored

_TERM = re.compile(r'(?P<not>-)?(?:(?P<name>[a-z0-9_]+):)?(?P<value>"[^"]*"|\S+)', re.IGNORECASE)
_WORD = re.compile(r"\w+")
_DATE = re.compile(r"(\d{4})[/-](\d{1,2})[/-](\d{1,2})")
_AGE = re.compile(r"(\d+)([dmy])")
_DAYS = {"d": 1, "m": 30, "y": 365}
_PACIFIC = ZoneInfo("America/Los_Angeles")
"""Dates are midnight there: developers.google.com/workspace/gmail/api/guides/filtering."""
_PLACES = {"inbox": "INBOX", "sent": "SENT", "draft": "DRAFT", "drafts": "DRAFT", "spam": "SPAM", "trash": "TRASH"}
_STATES = {"unread": "UNREAD", "starred": "STARRED", "important": "IMPORTANT", "sent": "SENT", "draft": "DRAFT"}
_FIELDS = {"from": ("From",), "to": ("To", "Cc", "Bcc"), "cc": ("Cc",), "bcc": ("Bcc",), "subject": ("Subject",)}


class Term(NamedTuple):
    """One condition; `name` is "" for words alone."""

    negated: bool
    name: str
    value: str


class Query(NamedTuple):
    """A search that was read: all of these, each one of several."""

    alternatives: list[list[Term]]
    now: datetime
    labels: Mapping[str, str]

    def anywhere(self) -> bool:
        """Tell whether junk and trash are looked at without being asked for otherwise."""
        named = {(term.name, term.value.casefold()) for each in self.alternatives for term in each}
        return bool(
            named & {("in", "anywhere"), ("in", "spam"), ("in", "trash"), ("label", "spam"), ("label", "trash")}
        )

    def fits(self, mail: Stored) -> bool:
        """Tell whether a mail is found."""
        if mail.searchable > self.now and self.alternatives:
            return False
        return all(any(self._holds(term, mail) != term.negated for term in each) for each in self.alternatives)

    def _holds(self, term: Term, mail: Stored) -> bool:
        condition = _CONDITIONS.get(term.name)
        if condition is None:
            raise RefusedError(501, "notImplemented", f"This server does not know the search operator {term.name}:")
        return condition(self, term.value, mail)


def parse(text: str, now: datetime, labels: Mapping[str, str]) -> Query:
    """Read a search.

    Args:
        text: `q`.
        now: what ages are counted from.
        labels: ids by name.

    Raises:
        RefusedError: it has parts that this server does not know.
    """
    alternatives: list[list[Term]] = []
    joined = False
    if re.search(r"[(){}]", re.sub(r'"[^"]*"', "", text)):
        raise RefusedError(501, "notImplemented", f"This server does not know groups in searches: {text}")
    for found in _TERM.finditer(text):
        if found.group() == "OR":
            joined = bool(alternatives)
            continue
        if found.group() == "AND":
            continue
        term = Term(bool(found["not"]), (found["name"] or "").lower(), found["value"].strip('"'))
        if joined:
            alternatives[-1].append(term)
        else:
            alternatives.append([term])
        joined = False
    return Query(alternatives, now, labels)


def _words(text: str) -> list[str]:
    return [word.casefold() for word in _WORD.findall(text)]


def _phrase(value: str, text: str) -> bool:
    """Tell whether these whole words stand in the text in a row: Gmail knows no parts of words."""
    wanted, words = _words(value), _words(text)
    return bool(wanted) and any(words[at : at + len(wanted)] == wanted for at in range(len(words)))


def _in_fields(*names: str) -> Callable[[Query, str, Stored], bool]:
    return lambda _, value, mail: any(_phrase(value, mail.field(name)) for name in names)


def _anything(_: Query, value: str, mail: Stored) -> bool:
    fields = ("Subject", "From", "To", "Cc", "Bcc")
    return any(_phrase(value, mail.field(name)) for name in fields) or _phrase(value, mail.text)


def _moment(value: str) -> int:
    if value.isdigit() and len(value) > 4:
        return int(value) * 1000
    found = _DATE.fullmatch(value)
    if found is None:
        raise RefusedError(501, "notImplemented", f"This server cannot read the date {value} in a search")
    year, month, day = map(int, found.groups())
    return int(datetime(year, month, day, tzinfo=_PACIFIC).timestamp() * 1000)


def _age(query: Query, value: str) -> int:
    found = _AGE.fullmatch(value.lower())
    if found is None:
        raise RefusedError(501, "notImplemented", f"This server cannot read the age {value} in a search")
    age = timedelta(days=int(found[1]) * _DAYS[found[2]])
    return int((query.now - age).timestamp() * 1000)


def _place(_: Query, value: str, mail: Stored) -> bool:
    if value.casefold() == "anywhere":
        return True
    if value.casefold() not in _PLACES:
        raise RefusedError(501, "notImplemented", f"This server does not know the search in:{value}")
    return _PLACES[value.casefold()] in mail.labels


def _state(_: Query, value: str, mail: Stored) -> bool:
    if value.casefold() == "read":
        return "UNREAD" not in mail.labels
    if value.casefold() not in _STATES:
        raise RefusedError(501, "notImplemented", f"This server does not know the search is:{value}")
    return _STATES[value.casefold()] in mail.labels


def _label(query: Query, value: str, mail: Stored) -> bool:
    wanted = _hyphened(value)
    return any(_hyphened(name) == wanted and label in mail.labels for name, label in query.labels.items())


def _hyphened(name: str) -> str:
    return re.sub(r"[\s/]", "-", name).casefold()


def _message_id(_: Query, value: str, mail: Stored) -> bool:
    return bool(mail.message_id) and value.strip("<>") == mail.message_id.strip("<>")


_CONDITIONS: dict[str, Callable[[Query, str, Stored], bool]] = {
    "": _anything,
    "after": lambda _, value, mail: mail.internal >= _moment(value),
    "newer": lambda _, value, mail: mail.internal >= _moment(value),
    "before": lambda _, value, mail: mail.internal < _moment(value),
    "older": lambda _, value, mail: mail.internal < _moment(value),
    "newer_than": lambda query, value, mail: mail.internal >= _age(query, value),
    "older_than": lambda query, value, mail: mail.internal < _age(query, value),
    "in": _place,
    "is": _state,
    "label": _label,
    "rfc822msgid": _message_id,
    **{name: _in_fields(*fields) for name, fields in _FIELDS.items()},
}

"""Jinja2 in its sandbox: no files, no globals, nothing undefined passes, and our few filters."""

from __future__ import annotations

from datetime import date, datetime
from enum import Enum
from typing import TYPE_CHECKING
from urllib.parse import quote

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from jinja2.runtime import Context

    from assistant.words.times import Times

REFERENCE = "_reference"
"""Name in the context of the moment from which a year or a gap is told; no template may use it."""

FILTERS = ("moment", "day", "clock", "gap", "gap_size", "term", "sms")


def environment(times: Times, terms: Mapping[str, str]) -> ImmutableSandboxedEnvironment:
    """Return an environment for plain text: no escaping, no loader, trimmed blocks."""
    made = ImmutableSandboxedEnvironment(
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # plain text; what is written into MIME or iCalendar is encoded there
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown(times, terms),
    )
    made.globals.clear()
    del made.filters["random"]  # the same facts must give the same words
    made.filters.update(_time_filters(times))
    made.filters["term"] = lambda word: _term(word, terms)
    made.filters["sms"] = _sms
    return made


def _time_filters(times: Times) -> dict[str, Callable[..., str]]:
    @jinja2.pass_context
    def moment(context: Context, at: datetime, zone: str | None = None) -> str:
        return times.moment(at, context[REFERENCE], zone)

    @jinja2.pass_context
    def day(context: Context, at: date) -> str:
        return times.day(at, context[REFERENCE])

    @jinja2.pass_context
    def gap(context: Context, since: datetime) -> str:
        return times.gap(since, context[REFERENCE])

    @jinja2.pass_context
    def gap_size(context: Context, since: datetime) -> str:
        return times.gap_size(since, context[REFERENCE])

    return {"moment": moment, "day": day, "gap": gap, "gap_size": gap_size, "clock": times.local_clock}


def _shown(times: Times, terms: Mapping[str, str]) -> Callable[[Context, object], object]:
    @jinja2.pass_context
    def shown(context: Context, value: object) -> object:
        if isinstance(value, jinja2.Undefined):
            return str(value)  # raises with Jinja's own words
        if isinstance(value, datetime):
            return times.moment(value, context[REFERENCE])
        if isinstance(value, date):
            return times.day(value, context[REFERENCE])
        if isinstance(value, Enum):
            return _term(str(value), terms)
        if value is None:
            return ""
        if not isinstance(value, str | int):
            raise jinja2.TemplateRuntimeError("a whole record or list cannot be shown; name one field of it")
        return value

    return shown


def _term(word: str, terms: Mapping[str, str]) -> str:
    """Return a code such as left_message in words; one that the language file lacks as it is, without underscores."""
    return terms.get(word, word.replace("_", " "))


def _sms(tel_uri: str, text: str) -> str:
    """Return a link that opens a text message to the number, filled in (RFC 5724); empty without a number."""
    if not tel_uri.startswith("tel:+"):
        return ""
    number = tel_uri.removeprefix("tel:").partition(";")[0]
    return f"sms:{number}?body={quote(text.strip(), safe='')}"

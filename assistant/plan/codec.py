"""The planning problem and its plan as JSON."""

from __future__ import annotations

import re

import msgspec

from assistant.errors import UsageError
from assistant.model.planning import Plan, Problem
from assistant.plan.check import check

_PATH = re.compile(r"^(?P<what>.*) - at `(?P<path>[^`]*)`$", re.DOTALL)


def decode(data: bytes) -> Problem:
    """Read a problem from UTF-8 JSON and check that it makes sense; unknown keys are ignored.

    Raises:
        UsageError: it is no JSON, or fields are missing or wrong; the message names them.
    """
    try:
        problem = msgspec.json.decode(data, type=Problem)
    except msgspec.ValidationError as error:
        raise UsageError(f"the problem cannot be read: {_named(str(error))}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"the problem is no JSON: {error}") from error
    check(problem)
    return problem


def encode(plan: Plan) -> bytes:
    """Write a plan as one line of UTF-8 JSON, times as RFC 3339 with offset."""
    return msgspec.json.encode(plan)


def _named(text: str) -> str:
    """Turn msgspec's "what - at `$.field`" into "field: what"."""
    match = _PATH.match(text)
    if not match:
        return text
    path = match["path"].removeprefix("$").lstrip(".")
    return f"{path or 'the problem'}: {match['what'][:1].lower()}{match['what'][1:]}"

"""Every request that this provider makes of Microsoft Graph. What is not listed cannot be asked; none of it sends."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from assistant.errors import UnsupportedError
from providers.microsoft365.errors import NAME

if TYPE_CHECKING:
    from collections.abc import Mapping

_TABLE = """
GET    me
GET    me/mailboxsettings
GET    me/mailfolders
GET    me/mailfolders/delta
GET    me/mailfolders/*
GET    me/mailfolders/*/childfolders
GET    me/mailfolders/*/messages
GET    me/mailfolders/*/messages/delta
POST   me/mailfolders/*/messages
GET    me/messages
POST   me/messages
GET    me/messages/*
PATCH  me/messages/*
DELETE me/messages/*
GET    me/messages/*/$value
POST   me/messages/*/createreply
GET    me/outlook/mastercategories
POST   me/outlook/mastercategories
GET    me/calendar
GET    me/calendar/events
POST   me/calendar/events
GET    me/calendar/events/*
PATCH  me/calendar/events/*
DELETE me/calendar/events/*
GET    me/calendar/calendarview
GET    me/calendars
POST   me/calendars
GET    me/calendars/*
GET    me/calendars/*/events
POST   me/calendars/*/events
GET    me/calendars/*/events/*
PATCH  me/calendars/*/events/*
DELETE me/calendars/*/events/*
GET    me/calendars/*/calendarview
GET    me/calendars/*/calendarview/delta
GET    me/calendarview/delta
GET    me/contacts
GET    me/contactfolders
GET    me/contactfolders/*/childfolders
GET    me/contactfolders/*/contacts
"""
REQUESTS = tuple((method, template) for method, template in (line.split() for line in _TABLE.split("\n") if line))
"""Method and path after the version, in small letters; `*` is one id or well-known name."""

_PATTERNS = tuple(
    (method, template, re.compile(re.escape(template).replace(r"\*", "[^/]+"))) for method, template in REQUESTS
)
_KEYED = re.compile(r"([A-Za-z]+)\('([^'/]*)'\)")
_INVITING = {"attendees", "isonlinemeeting", "responserequested"}
"""Of an event: what makes Microsoft write to others."""


def template(operation: str, method: str, path: str, body: object = None) -> str:
    """Return the entry of the list that a request is one of, "PATCH me/messages/*".

    Args:
        operation: of the port, for the error.
        method: in capitals.
        path: after the version, encoded, without a query. Links of Graph's may write `mailFolders('id')` and, in place
            of `me`, `users('id')`.
        body: what is sent.

    Raises:
        UnsupportedError: it is not listed, or would write to others than the user.
    """
    plain = _KEYED.sub(r"\1/\2", path).strip("/")
    if method == "GET":
        plain = re.sub(r"^users/[^/]+", "me", plain, flags=re.IGNORECASE)
    for allowed, known, pattern in _PATTERNS:
        if allowed == method and pattern.fullmatch(plain.lower()) and _is_plain(plain, known):
            if known.endswith("events") or "/events/" in known:
                _invite_nobody(operation, body)
            return f"{method} {known}"
    raise UnsupportedError(NAME, operation, f"Ringback has no request {method} {path[:80]}: none of those it has sends")


def _is_plain(path: str, known: str) -> bool:
    """Tell whether the ids are ids: none climbs, and none is a word of the list that stands for something else."""
    ids = (given for given, segment in zip(path.split("/"), known.split("/"), strict=True) if segment == "*")
    return not any(unquote(each) in {".", ".."} or "/" in unquote(each) or each.lower() == "$value" for each in ids)


def _invite_nobody(operation: str, body: object) -> None:
    given: Mapping[str, object] = body if isinstance(body, dict) else {}
    inviting = [key for key in given if key.lower() in _INVITING and given[key]]
    if inviting:
        raise UnsupportedError(NAME, operation, f"an event of Ringback's invites nobody ({', '.join(inviting)})")

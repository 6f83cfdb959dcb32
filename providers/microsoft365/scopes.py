"""What Ringback asks Microsoft for, why, and what does not work without it. The right to send mail is not asked for.

Source: learn.microsoft.com/graph/permissions-reference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from providers._options import SERVICES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

_LASTING = "offline_access"
_NEVER = "Ringback does not ask for Mail.Send: with these rights Microsoft itself lets it send no mail."
_INVITING = """\
Calendars.ReadWrite would allow inviting others, and MailboxSettings.ReadWrite automatic replies; there are no narrower
rights for events and for the list of categories. Ringback has no code for either, and its tests prove that."""


class Scope(NamedTuple):
    """One delegated permission: what it is for, and what fails where it is missing."""

    name: str
    services: tuple[str, ...]
    why: str
    without: str


SCOPES = (
    Scope("User.Read", SERVICES, "see your name and address", "your own mail cannot be told from that of others"),
    Scope(
        "Mail.ReadWrite",
        ("mail",),
        "read voicemail and missed-call mails, label them, and write drafts for you",
        "no mail is read, no label set and no draft written",
    ),
    Scope(
        "MailboxSettings.ReadWrite",
        ("mail",),
        "put the labels into your list of categories, with their colours, and read your time zone",
        "labels have no colours, and a wrong time zone goes unnoticed",
    ),
    Scope(
        "Calendars.ReadWrite",
        ("calendar",),
        "read when you are busy, and write the call slots and holds",
        "no call gets a time on your calendar",
    ),
    Scope(
        "MailboxSettings.Read",
        ("calendar",),
        "read your time zone, to warn you when it is another than Ringback's",
        "a wrong time zone goes unnoticed",
    ),
    Scope(
        "Contacts.Read",
        ("contacts",),
        "find out whose number called; contacts are never changed",
        "callers have no names",
    ),
)


def wanted(services: Collection[str]) -> list[str]:
    """Return the scopes for these services; msal adds those that a lasting sign-in needs."""
    return [scope.name for scope in _for(services)]


def missing(services: Collection[str], granted: Collection[str]) -> list[Scope]:
    """Return the scopes for these services that are not among those granted, however Microsoft writes them."""
    given = {name.rpartition("/")[2].lower() for name in granted}
    return [scope for scope in _for(services) if not {scope.name.lower(), _wider(scope.name).lower()} & given]


def explain(services: Collection[str]) -> str:
    """Return what will be asked for, a sentence for each."""
    lines = ["Microsoft will ask whether Ringback may:"]
    lines += [f"  - {scope.why} ({scope.name})" for scope in _for(services)]
    lines += [f"  - go on while you are away, so that you need not sign in each hour ({_LASTING})"]
    lines += [_NEVER] if "mail" in services else []
    lines += [_INVITING] if {"mail", "calendar"} <= set(services) else []
    return "\n".join(lines)


def told(scopes: Iterable[Scope]) -> str:
    """Return these scopes with what does not work without them."""
    return "; ".join(f"{scope.name} (without it {scope.without})" for scope in scopes)


def _for(services: Collection[str]) -> list[Scope]:
    chosen = [scope for scope in SCOPES if set(scope.services) & set(services)]
    names = {scope.name for scope in chosen}
    return [scope for scope in chosen if _wider(scope.name) == scope.name or _wider(scope.name) not in names]


def _wider(name: str) -> str:
    """Return the permission that has this one in it."""
    return f"{name}Write" if name.endswith(".Read") and not name.startswith("User.") else name

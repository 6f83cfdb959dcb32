"""What Ringback asks Google for, why, and what does not work without it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from providers._options import OWN, SERVICES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

_ROOT = "https://www.googleapis.com/auth/"
_NARROWEST = """\
There is no narrower right at Google that allows drafts and labels. This one would allow sending too; Ringback has no
code that sends, and its tests prove that."""


class Scope(NamedTuple):
    """One right: what it is for, and what fails where it is missing."""

    name: str
    service: str
    why: str
    without: str

    @property
    def url(self) -> str:
        """Return it as Google writes it."""
        return f"{_ROOT}{self.name}"


SCOPES = (
    Scope(
        "gmail.modify",
        "mail",
        "read voicemail and missed-call mails, label them, and write drafts for you",
        "no mail is read, no label set and no draft written",
    ),
    Scope(
        "calendar.events",
        "calendar",
        "read when you are busy, and write the call slots and holds",
        "no call gets a time on your calendar",
    ),
    Scope(
        "calendar.calendarlist.readonly",
        "calendar",
        "see which calendars you have, so that all you show count as busy",
        "your other calendars cannot be found and would be planned over",
    ),
    Scope(
        "calendar.settings.readonly",
        "calendar",
        "read your calendar's time zone, to warn you when it is another than Ringback's",
        "a wrong time zone goes unnoticed",
    ),
    Scope(
        "calendar.app.created",
        OWN,
        "make a calendar of its own for the calls",
        "no calendar can be made for the calls",
    ),
    Scope(
        "contacts.readonly",
        "contacts",
        "find out whose number called; contacts are never changed",
        "callers have no names",
    ),
)


def wanted(services: Collection[str]) -> list[str]:
    """Return the scopes for these services, as Google writes them."""
    return [scope.url for scope in SCOPES if scope.service in services]


def missing(services: Collection[str], granted: Collection[str]) -> list[Scope]:
    """Return the scopes for these services that are not among those granted."""
    return [scope for scope in SCOPES if scope.service in services and scope.url not in granted]


def explain(services: Collection[str]) -> str:
    """Return what will be asked for, a sentence for each."""
    lines = ["Google will ask whether Ringback may:"]
    lines += [f"  - {scope.why} ({scope.name})" for scope in SCOPES if scope.service in services]
    if SERVICES[0] in services:
        lines.append(_NARROWEST)
    return "\n".join(lines)


def remedy(scopes: Iterable[Scope]) -> str:
    """Return what to do where these scopes were not granted."""
    without = [
        "make that calendar yourself in Google Calendar and leave out --own-calendar and `own_calendar`"
        if service == OWN
        else "take the service out of `services` in the settings"
        for service in dict.fromkeys(OWN if scope.service == OWN else "" for scope in scopes)
    ]
    return ", or ".join(["Tick every box on Google's page", *without])


def told(scopes: Iterable[Scope]) -> str:
    """Return these scopes with what does not work without them."""
    return "; ".join(f"{scope.name} (without it {scope.without})" for scope in scopes)

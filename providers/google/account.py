"""Put the services of one Google account together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assistant.ports import Account
from providers.google import options, token
from providers.google.calendar import GoogleCalendar
from providers.google.contacts import GoogleContacts
from providers.google.drafts import GoogleDraftBox
from providers.google.events import CalendarOptions
from providers.google.mailbox import GoogleMailbox
from providers.google.service import Google

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from zoneinfo import ZoneInfo

    from assistant.ports import Clock, Secrets


def connect(
    settings: Mapping[str, object],
    zone: ZoneInfo,
    secrets: Secrets,
    region: str,
    problems: Callable[[str], None],
    clock: Clock,
) -> Account:
    """Open the services that the settings want; see `assistant.ports.Connect`."""
    found = options.of(settings)
    google = Google(token.credentials(settings, secrets), root=found.endpoint)
    signed = token.load(secrets)
    address = signed.address if signed is not None else ""
    chosen = CalendarOptions(calendar=found.calendar, busy=found.busy)
    mail = "mail" in found.services
    return Account(
        mailbox=GoogleMailbox(google, address) if mail else None,
        drafts=GoogleDraftBox(google) if mail else None,
        calendar=GoogleCalendar(google, chosen, zone, problems, clock.now) if "calendar" in found.services else None,
        contacts=GoogleContacts(google, region) if "contacts" in found.services else None,
    )

"""Put the services of one Microsoft 365 account together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assistant.ports import Account
from providers.microsoft365 import options, signing, token
from providers.microsoft365.calendar import GraphCalendar
from providers.microsoft365.contacts import GraphContacts
from providers.microsoft365.drafts import GraphDraftBox
from providers.microsoft365.mailbox import GraphMailbox
from providers.microsoft365.service import Graph

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
    signed = token.signed(settings, secrets)
    graph = Graph(token.SignedIn(signed, secrets, found), root=signing.root(found), patience=found.patience)
    mail = "mail" in found.services
    return Account(
        mailbox=GraphMailbox(graph, signed.address, now=clock.now) if mail else None,
        drafts=GraphDraftBox(graph) if mail else None,
        calendar=GraphCalendar(graph, found, zone, problems, clock.now) if "calendar" in found.services else None,
        contacts=GraphContacts(graph, region) if "contacts" in found.services else None,
    )

"""Put the services of one Exchange account together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assistant.ports import Account
from providers.exchange import options, remembered
from providers.exchange.calendar import ExchangeCalendar
from providers.exchange.contacts import ExchangeContacts
from providers.exchange.directory import Directory
from providers.exchange.drafts import ExchangeDraftBox
from providers.exchange.mailbox import ExchangeMailbox
from providers.exchange.service import Exchange

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
    signed = remembered.signed(secrets, found)
    remembered.heed(secrets, clock.now())
    exchange = Exchange(
        signed,
        patience=found.patience,
        zone=zone,
        renewed=remembered.renewing(signed, secrets),
        refused=lambda: remembered.refuse(secrets, clock.now()),
        problems=problems,
    )
    mail, people = "mail" in found.services, "contacts" in found.services
    return Account(
        mailbox=ExchangeMailbox(exchange, now=clock.now) if mail else None,
        drafts=ExchangeDraftBox(exchange) if mail else None,
        calendar=ExchangeCalendar(exchange, found, zone, problems, clock.now) if "calendar" in found.services else None,
        contacts=ExchangeContacts(exchange, region, directory=_directory(exchange, region, secrets, clock))
        if people
        else None,
    )


def _directory(exchange: Exchange, region: str, secrets: Secrets, clock: Clock) -> Directory:
    """Return the directory with what was learned of it in earlier passes."""

    def learned(way: str) -> None:
        remembered.learn(secrets, way, clock.now())

    return Directory(exchange, region, remembered.learned(secrets, clock.now()), learned)

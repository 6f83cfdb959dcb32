"""The same user's world on Exchange: a server on this machine, signed in to as after `ringback connect exchange`."""

from __future__ import annotations

import msgspec
from lxml import etree

import providers.exchange.account
from providers.exchange import remembered
from tests.outlook_world import OutlookWorld
from tests.remote_world import ADDRESS, Point
from tests.servers.ews import quirks
from tests.servers.ews.server import EwsServer
from tests.servers.ews.soap import SOAP, local

TABLE = """
[[account]]
name = "home"
provider = "exchange"
endpoint = "{url}"
calendar = "Calls"
"""
_READS = ("Get", "Find", "Sync", "Resolve")


class ExchangeWorld(OutlookWorld):
    """One user with mail, calendar and contacts on Exchange."""

    library = providers.exchange.account
    server: EwsServer

    def _open(self) -> str:
        self.server = EwsServer(ADDRESS)
        self._begin()
        self.server.state.configurations.set_zone("Eastern Standard Time")
        signed = remembered.Signed(
            endpoint=self.server.url, address=ADDRESS, user=self.server.user, secret=self.server.password
        )
        self._keep_secret(remembered.SECRET, msgspec.json.encode(signed).decode())
        return TABLE.format(url=self.server.url)

    # --- what the kill test compares

    def point(self, request: object) -> Point:
        assert isinstance(request, bytes)
        operation = next(local(each) for each in etree.fromstring(request).iterfind(f"{{{SOAP}}}Body/*"))
        return Point(operation, not operation.startswith(_READS))


class ForeignWorld(ExchangeWorld):
    """The same on another server with Exchange Web Services, which differs in all ways that are known at once."""

    def _open(self) -> str:
        table = super()._open()
        for each in quirks.ALL:
            setattr(self.server.state.quirks, each, True)
        return table

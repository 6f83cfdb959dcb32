"""GetServerTimeZones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.servers.ews import zones
from tests.servers.ews.soap import Outcome, SoapFault, e

if TYPE_CHECKING:
    from tests.servers.ews.calls import Handler, Outcomes
    from tests.servers.ews.soap import Call
    from tests.servers.ews.state import State


class ServerTimeZones:
    """The zones that the server knows.

    Args:
        state: the mailbox.
    """

    def __init__(self, state: State) -> None:
        self._state = state

    def handlers(self) -> dict[str, Handler]:
        """Return what answers each operation."""
        return {"GetServerTimeZones": self._get}

    def _get(self, call: Call) -> Outcomes:
        if self._state.quirks.no_server_time_zones:
            raise SoapFault("ErrorInvalidRequest", "The operation GetServerTimeZones is not implemented.")
        asked = call.find("m:Ids")
        names = list(zones.known()) if asked is None else [str(each.text) for each in asked]
        full = call.body.get("ReturnFullTimeZoneData") in {"true", "1"}
        found = [zones.definition(each, full=full) for each in names if each in zones.known()]
        return [Outcome([e("m:TimeZoneDefinitions", *found)])]

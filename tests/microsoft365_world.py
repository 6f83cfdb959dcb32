"""The same user's world on Microsoft 365: servers of this machine, signed in to by `ringback connect`'s own code."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

import providers.microsoft365.account
from providers.microsoft365 import token
from tests.outlook_world import OutlookWorld
from tests.remote_world import ADDRESS, Point
from tests.servers.google.calls import Request
from tests.servers.graph import ids
from tests.servers.graph.server import GraphServer
from tests.unit.providers.graph_user import User

if TYPE_CHECKING:
    from assistant.model.callback import Placed

TABLE = """
[[account]]
name = "home"
provider = "microsoft365"
endpoint = "{url}"
calendar = "Calls"
"""


class Microsoft365World(OutlookWorld):
    """One user with mail, calendar and contacts on Microsoft 365."""

    library = providers.microsoft365.account
    server: GraphServer

    def _open(self) -> str:
        self.server = GraphServer(ADDRESS)
        self._begin()
        self.server.state.user.zone = "Eastern Standard Time"
        user = User(self.server)
        user.sign_in()
        self._keep_secret(token.SECRET, user.secrets.values[token.SECRET])
        return TABLE.format(url=self.server.root)

    def _at(self, placed: Placed) -> str:
        return ids.stored(placed.ref.ref)

    # --- what the kill test compares

    def point(self, request: object) -> Point:
        """Name a batch by what its parts do; a token changes nothing that anybody sees."""
        assert isinstance(request, Request)
        path = request.target.partition("?")[0]
        if not path.endswith("/$batch"):
            return Point(f"{request.http} {path}", request.http != "GET" and path.startswith("/v1.0/"))
        parts = Counter(part["method"] for part in json.loads(request.body)["requests"])
        return Point(f"$batch of {dict(parts)}", set(parts) != {"GET"})

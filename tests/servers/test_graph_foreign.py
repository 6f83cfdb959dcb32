"""Signing in at a Microsoft that others wrote, where this machine can run it, and at ours in the same way."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import pytest

from providers import microsoft365
from providers.microsoft365 import entra, options, token
from tests.servers.graph import foreign
from tests.servers.graph.browser import visit
from tests.unit.providers.google_user import Kept
from tests.unit.providers.graph_user import Person

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.servers.graph.server import GraphServer

DANA = "dana@whitfieldlegal.example"
PLACES = ["ours", *(["foreign"] if foreign.is_here() else [])]


class Place(NamedTuple):
    """Where somebody signs in."""

    url: str
    address: str
    client_id: str
    agree: Callable[[str], object]


@pytest.fixture(params=PLACES)
def place(
    request: pytest.FixtureRequest, graph_server: GraphServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Place]:
    """Return each place that there is."""
    client_id = graph_server.state.entra.client_id
    if request.param == "ours":
        yield Place(graph_server.root, graph_server.address, client_id, visit)
        return
    with foreign.running(tmp_path, DANA) as url:
        # It knows no tenants in its addresses.
        monkeypatch.setattr(
            entra._Http, "place", lambda _, asked: re.sub(rf"^{re.escape(entra.HOST)}[^/]+/", url, asked)
        )
        yield Place(url, DANA, client_id, lambda asked: foreign.agree(asked, DANA))


def test_signing_in_and_being_renewed(place: Place) -> None:
    """Code with PKCE, a signed id token with our nonce, and a refresh token that is another one each time."""
    secrets = Kept()
    settings: dict[str, object] = {"client_id": place.client_id, "endpoint": place.url, "patience": 2}
    person = Person(browser=lambda url: bool(place.agree(url)))
    assert microsoft365.sign_in(settings, secrets, person, headless=False) == place.address
    signed = token.signed(settings, secrets)
    assert signed.address == place.address
    tokens = token.SignedIn(signed, secrets, options.of(settings))
    first, second, third = tokens(), tokens(""), tokens("")
    assert len({first, second, third}) == 3
    again = token.SignedIn(token.signed(settings, secrets), secrets, options.of(settings))
    assert again() == third

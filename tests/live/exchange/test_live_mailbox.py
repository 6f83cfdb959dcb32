"""The live harness for Exchange itself: which mailbox it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from providers.exchange.remembered import Signed
from tests.live.account import RefusedToRunError
from tests.live.exchange.mailbox import ADDRESS, FILE, LiveMailbox, from_environment
from tests.servers.ews.client import raw
from tests.servers.ews.server import EwsServer

OWNER = "tests@whitfieldlegal.example"
SIGNED = {"endpoint": "https://mail.whitfieldlegal.example/EWS/Exchange.asmx", "address": OWNER, "user": OWNER}


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({}, f"set {FILE} and {ADDRESS}"),
        ({ADDRESS: OWNER}, f"set {FILE};"),
        ({FILE: "mailbox.json"}, f"set {ADDRESS};"),
        ({FILE: "nowhere.json", ADDRESS: OWNER}, "names no file of a sign-in"),
        ({FILE: "list.json", ADDRESS: OWNER}, "names no file of a sign-in"),
        ({FILE: "mailbox.json", ADDRESS: "dana@whitfieldlegal.example"}, "the sign-in is not that of"),
    ],
)
def test_what_is_not_named_twice_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], words: str
) -> None:
    """Without the file of a sign-in and the address of the same mailbox nothing is opened."""
    monkeypatch.chdir(tmp_path)
    for name, content in {"mailbox.json": SIGNED, "list.json": [1]}.items():
        Path(name).write_text(json.dumps(content))
    with pytest.raises(RefusedToRunError, match=words):
        from_environment(environment)


def test_what_is_named_twice_is_taken(tmp_path: Path) -> None:
    """The file of a sign-in with its address is that sign-in."""
    file = tmp_path / "mailbox.json"
    file.write_text(json.dumps(SIGNED))
    assert from_environment({FILE: str(file), ADDRESS: OWNER.upper()}).user == OWNER


@pytest.mark.parametrize("place", ["inbox", "deleteditems"])
def test_a_mailbox_in_use_is_refused(place: str) -> None:
    """One mail anywhere is enough: it stays, and no folder is made."""
    with EwsServer(OWNER) as server:
        ref = server.state.mail.deliver(raw(), place)
        before = len(server.state.folders.all)
        signed = Signed(endpoint=server.url, address=server.address, user=server.user, secret=server.password)
        with pytest.raises(RefusedToRunError, match=f"not empty .1 in {place}."):
            LiveMailbox(signed)
        assert server.state.mail.item(ref).id == ref
        assert len(server.state.folders.all) == before

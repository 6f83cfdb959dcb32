"""The faults that our Exchange server can be told to have."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
import requests
from exchangelib import Account, Message
from exchangelib.errors import (
    ErrorAccessDenied,
    ErrorInternalServerError,
    ErrorServerBusy,
    ErrorTimeoutExpired,
    MalformedResponseError,
    TransportError,
    UnauthorizedError,
)

from tests.servers.ews.client import GET, ask, soap
from tests.servers.ews.faults import Broken, Busy, Delay, Error, Fault, Redirect, Refused, Status

if TYPE_CHECKING:
    from tests.servers.ews.faults import Kind
    from tests.servers.ews.server import EwsServer


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        (Busy(2500), ErrorServerBusy),
        (Error("ErrorAccessDenied"), ErrorAccessDenied),
        (Refused("ErrorInternalServerError"), ErrorInternalServerError),
        (Status(503), TransportError),
        (Broken.UNAUTHORIZED, UnauthorizedError),
        (Broken.DROP_BEFORE, ErrorTimeoutExpired),
        (Broken.DROP_AFTER, ErrorTimeoutExpired),
        (Broken.CUT, ErrorTimeoutExpired),
        (Broken.GARBAGE, TransportError),
        (Broken.BOMB, MalformedResponseError),
        (Broken.OUTSIDE, MalformedResponseError),
    ],
    ids=str,
)
def test_faults(ews_server: EwsServer, ews_account: Account, kind: Kind, error: type[Exception]) -> None:
    """Each fault strikes as often as it was ordered, and then all is well again."""
    ews_server.faults.add(Fault("Get*", kind))
    with pytest.raises(error):
        assert ews_account.inbox
    assert ews_server.faults.pending == 0
    assert ews_account.inbox.total_count == 0


def test_a_busy_server_says_how_long(ews_server: EwsServer, ews_account: Account) -> None:
    """ErrorServerBusy carries the wait that the server asks for."""
    ews_server.faults.add(Fault("GetFolder", Busy(2500)))
    with pytest.raises(ErrorServerBusy) as raised:
        assert ews_account.inbox
    assert raised.value.back_off == 2.5


def test_a_status_can_tell_when_to_come_back(ews_server: EwsServer) -> None:
    """503 brings Retry-After as it was ordered."""
    ews_server.faults.add(Fault("*", Status(503, "7")))
    assert ask(ews_server, GET.format(more="", shape="IdOnly")).headers["Retry-After"] == "7"


def test_a_delay(ews_server: EwsServer) -> None:
    """An answer that is late comes in the end."""
    ews_server.faults.add(Fault("*", Delay(0.2)))
    start = time.monotonic()
    assert ask(ews_server, GET.format(more="", shape="IdOnly")).status_code == 200
    assert time.monotonic() - start >= 0.2


def test_an_answer_in_another_charset(ews_server: EwsServer) -> None:
    """An answer can say UTF-8 and not be it."""
    ews_server.faults.add(Fault("*", Broken.WRONG_CHARSET))
    answer = ask(ews_server, GET.format(more="", shape="IdOnly"))
    with pytest.raises(UnicodeDecodeError):
        answer.content.decode("utf-8")


def test_an_answer_without_end(ews_server: EwsServer) -> None:
    """An answer can go on for as long as anybody listens."""
    ews_server.faults.add(Fault("*", Broken.HUGE))
    with ask(ews_server, GET.format(more="", shape="IdOnly"), stream=True) as answer:
        chunks = answer.iter_content(65536)
        assert sum(len(next(chunks)) for _ in range(50)) > 1_000_000


def test_an_answer_that_drips(ews_server: EwsServer) -> None:
    """An answer can come byte by byte, with pauses."""
    ews_server.faults.add(Fault("*", Broken.DRIP))
    with ask(ews_server, GET.format(more="", shape="IdOnly"), stream=True) as answer:
        start = time.monotonic()
        assert b"".join(next(answer.iter_content(1)) for _ in range(3)) == b"<?x"
        assert time.monotonic() - start >= 0.2


def test_an_answer_that_unpacks_to_gigabytes(ews_server: EwsServer) -> None:
    """A small answer can be a large one once it is unpacked."""
    ews_server.faults.add(Fault("*", Broken.ZIP_BOMB))
    with ask(ews_server, GET.format(more="", shape="IdOnly"), stream=True) as answer:
        assert answer.headers["Content-Encoding"] == "gzip"
        chunks = answer.iter_content(2**20)
        assert sum(len(next(chunks)) for _ in range(20)) > 10_000_000


def test_a_redirect(ews_server: EwsServer) -> None:
    """A proxy can send the client somewhere else."""
    ews_server.faults.add(Fault("*", Redirect("http://127.0.0.1:9/EWS")))
    answer = requests.post(
        ews_server.url,
        soap(GET.format(more="", shape="IdOnly")),
        auth=(ews_server.user, ews_server.password),
        timeout=10,
        allow_redirects=False,
    )
    assert (answer.status_code, answer.headers["Location"]) == (302, "http://127.0.0.1:9/EWS")


def test_done_although_nobody_heard(ews_server: EwsServer, ews_account: Account) -> None:
    """DROP_AFTER has made the item, DROP_BEFORE has not."""
    drafts = ews_account.drafts
    for kind in (Broken.DROP_BEFORE, Broken.DROP_AFTER):
        ews_server.faults.add(Fault("CreateItem", kind))
        with pytest.raises(ErrorTimeoutExpired):
            Message(account=ews_account, folder=drafts, subject=kind.name).save()
    assert [each.text("Subject") for each in ews_server.state.mail.inside("drafts")] == ["DROP_AFTER"]

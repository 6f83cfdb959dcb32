"""Accounts that nobody is signed in to."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

import pytest

from assistant import opening
from assistant.errors import AuthError
from assistant.ports import Calendar, Contacts, DraftBox, Mailbox, ManyEvents, ManyStates, Versioned
from assistant.settings import AccountSettings

if TYPE_CHECKING:
    from assistant.ports import Account

PORTS = {"mailbox": Mailbox, "drafts": DraftBox, "calendar": Calendar, "contacts": Contacts}


@pytest.fixture
def closed() -> Account:
    """Return the services of an account that nobody is signed in to."""
    account = AccountSettings(name="work", provider="google", keys={})
    return opening._closed(account, AuthError("google", "connect", "nobody is signed in. Run: ringback connect google"))


@pytest.mark.parametrize("name", PORTS)
def test_a_closed_service_refuses_all_that_its_port_can_do(closed: Account, name: str) -> None:
    """Whatever a port names is answered with the command that signs in."""
    methods = [method for method, _ in inspect.getmembers(PORTS[name], inspect.isfunction) if method[0] != "_"]
    assert methods
    for method in methods:
        with pytest.raises(AuthError, match="ringback connect google"):
            getattr(getattr(closed, name), method)()


@pytest.mark.parametrize("more", [Versioned, ManyStates, ManyEvents])
def test_a_closed_service_can_do_no_more_than_it_must(closed: Account, more: type) -> None:
    """What a pass asks of those services alone that can do it is not asked of a closed one."""
    assert not isinstance(closed.calendar, more)
    assert not hasattr(closed.mailbox, "of_no_port")

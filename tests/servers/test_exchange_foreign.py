"""The contract suites on a server that speaks Exchange Web Services and lacks all that others are known to lack."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import pytest

from tests.contract import test_agenda, test_calendar, test_contacts, test_drafts, test_mailbox
from tests.contract.exchange import ExchangeHarness
from tests.contract.test_suites import checks
from tests.servers.ews import quirks

if TYPE_CHECKING:
    from types import ModuleType

ABOUT_OUR_FIELD = {
    test_mailbox.test_header_fields_keep_order_and_case,
    test_drafts.test_the_key_stands_in_the_header,
    test_drafts.test_a_key_in_the_message_is_not_doubled,
}
"""What such a server drops is not there: header fields that begin with X-."""
SUITES = (test_mailbox, test_drafts, test_calendar, test_agenda, test_contacts)


@pytest.mark.parametrize("suite", SUITES, ids=lambda suite: suite.__name__.rpartition(".")[2])
def test_the_contract_holds_with_all_quirks_at_once(suite: ModuleType) -> None:
    """Whatever a server lacks beside other things is done in another way; only its dropped fields are missed."""
    held = 0
    for check in checks(suite):
        if isinstance(check, functools.partial) and check.func in ABOUT_OUR_FIELD:
            continue
        harness = ExchangeHarness()
        for each in quirks.ALL:
            setattr(harness.server.state.quirks, each, True)
        try:
            check(harness)
        finally:
            harness.close()
        held += 1
    assert held > 4

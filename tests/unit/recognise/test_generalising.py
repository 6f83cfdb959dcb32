"""What is read from systems that no file knows."""

from __future__ import annotations

from tests.unit.recognise.generalising import leave_out_each


def test_mails_of_unknown_systems_are_read_by_what_is_common() -> None:
    """Without each vendor's own rules, nine in ten calls over all have the right number, and none is made up."""
    results = leave_out_each()
    calls, right = sum(one.calls for one in results), sum(one.right for one in results)
    misses = [miss for one in results for miss in one.result.misses if "number_e164" in miss]
    assert len(results) >= 15
    assert right >= 0.9 * calls, misses
    assert [hold for one in results for hold in one.result.false_holds] == []

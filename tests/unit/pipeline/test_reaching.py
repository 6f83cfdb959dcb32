"""The best time of a caller, learned from tries: with its sample size, and never ruled by two lucky calls."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.ledger import decisions
from assistant.model.journal import AttemptResult, Outcome
from assistant.pipeline import reaching
from assistant.pipeline.reaching import PRIOR, WEIGHT, Part, Reach
from assistant.plan.cost import OUTSIDE
from tests.unit.pipeline.desk import BO, Desk

if TYPE_CHECKING:
    from pathlib import Path

ZONE = ZoneInfo("America/New_York")
DAYS = [date(2026, 11, 23)]


def reach(morning: tuple[int, int], afternoon: tuple[int, int] = (0, 0)) -> Reach:
    """Return (reached, made) of two parts of the day as what was learned."""
    made = {Part.MORNING: morning[1], Part.AFTERNOON: afternoon[1]}
    return Reach(ZONE, made, {Part.MORNING: morning[0], Part.AFTERNOON: afternoon[0]}, {})


def costs(known: Reach) -> dict[Part, float]:
    """Return what a call in each part costs besides."""
    found = list(reaching.avoided(known, ZONE, DAYS))
    return {part: sum(one.cost for one in found if reaching.part_of(one.start, ZONE) == part) for part in Part}


def test_two_lucky_calls_do_not_rule() -> None:
    """Two of two in the morning make other times a little dearer, by far less than leaving the slot costs."""
    assert 0 < costs(reach((2, 2)))[Part.AFTERNOON] < OUTSIDE / 2


def test_much_experience_outweighs_the_slot() -> None:
    """Who answers each morning and never in the afternoon is worth a call outside the slot."""
    assert costs(reach((8, 8), (0, 8)))[Part.AFTERNOON] > OUTSIDE


def test_who_did_not_answer_may_answer_at_another_time() -> None:
    """Three tries in vain in the afternoon speak for the times that were not tried."""
    found = costs(reach((0, 0), (0, 3)))
    assert found[Part.AFTERNOON] > 0
    assert found[Part.MORNING] == found[Part.EVENING] == 0


@given(st.integers(0, 50), st.integers(0, 50), st.integers(0, 50), st.integers(0, 50))
def test_the_cost_is_bounded_and_the_best_part_is_free(hits: int, misses: int, more: int, others: int) -> None:
    """No experience costs more than WEIGHT for ten minutes, and some part costs nothing."""
    found = costs(reach((hits, hits + misses), (more, more + others)))
    assert all(0 <= cost <= WEIGHT for cost in found.values())
    assert min(found.values()) == 0
    assert reach((hits, hits + misses)).chance(Part.MORNING) == (hits + PRIOR) / (hits + misses + 2 * PRIOR)


def test_a_weekday_on_which_they_answer_is_preferred() -> None:
    """Four answers on Tuesdays and none on Mondays make Monday mornings dearer than Tuesday's; both are named."""
    days = {(0, Part.MORNING): (4, 0), (1, Part.MORNING): (4, 4)}
    known = Reach(ZONE, {Part.MORNING: 8}, {Part.MORNING: 4}, days)
    found = {(one.start.astimezone(ZONE).weekday(), reaching.part_of(one.start, ZONE)): one for one in
             reaching.avoided(known, ZONE, [DAYS[0] + timedelta(days=number) for number in range(3)])}  # fmt: skip
    assert (1, Part.MORNING) not in found
    assert found[0, Part.MORNING].cost > found[2, Part.MORNING].cost > 0
    start = "a less good time to reach them: "
    assert found[0, Part.MORNING].why == f"{start}reached 0 of 4 times on Monday mornings, 4 of 4 on Tuesday mornings"
    assert found[2, Part.MORNING].why == f"{start}reached 4 of 8 times in the morning, 4 of 4 on Tuesday mornings"
    assert found[1, Part.EVENING].why == f"{start}never called in the evening, 4 of 4 on Tuesday mornings"
    assert known.told(datetime(2026, 11, 24, 9, tzinfo=ZONE)) == "reached 4 of 4 times on Tuesday mornings"


def test_few_calls_on_a_weekday_are_told_of_with_the_others() -> None:
    """Three calls on Mondays say little of Mondays: the chance leans on the part of the day, which is what is named."""
    known = Reach(ZONE, {Part.MORNING: 10}, {Part.MORNING: 8}, {(0, Part.MORNING): (3, 1)})
    assert known.chance(Part.MORNING, 0) < known.chance(Part.MORNING, 1) == known.chance(Part.MORNING)
    assert known.told(datetime(2026, 11, 23, 9, tzinfo=ZONE)) == "reached 8 of 10 times in the morning"


@given(st.dictionaries(st.tuples(st.integers(0, 6), st.sampled_from(list(Part))), st.tuples(*[st.integers(0, 30)] * 2)))
def test_no_weekday_costs_more_than_the_most(cells: dict[tuple[int, Part], tuple[int, int]]) -> None:
    """Whatever was learned of weekdays, costs stay between nothing and WEIGHT, and some time of the week is free."""
    days = {cell: (hits + misses, hits) for cell, (hits, misses) in cells.items()}
    made = {part: sum(count[0] for cell, count in days.items() if cell[1] is part) for part in Part}
    reached = {part: sum(count[1] for cell, count in days.items() if cell[1] is part) for part in Part}
    week = [DAYS[0] + timedelta(days=number) for number in range(7)]
    found = list(reaching.avoided(Reach(ZONE, made, reached, days), ZONE, week))
    assert all(0 < one.cost <= WEIGHT for one in found)
    assert len(found) < len(week) * len(Part)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Bo called on Friday and was called back in the slot of Monday."""
    desk = Desk(tmp_path, "2026-11-16 08:00")
    desk.missed("Bo Tan", BO, "2026-11-13 15:10")
    desk.sync()
    return desk


def learned(desk: Desk) -> Reach:
    found = reaching.learned(desk.ledger, desk.callback("Bo Tan"), desk.zone)
    assert found is not None
    return found


def test_tries_and_calls_of_earlier_debts_count(desk: Desk) -> None:
    """A try in vain in the morning and the call that reached them in the afternoon are known at the next debt."""
    desk.at("2026-11-16 10:00")
    decisions.attempt(desk.ledger, desk.id("Bo Tan"), AttemptResult.NO_ANSWER, desk.moment("2026-11-16 15:00"))
    desk.sync()
    desk.at("2026-11-16 16:06")
    decisions.close(desk.ledger, desk.id("Bo Tan"), Outcome.REACHED)
    desk.sync()
    desk.missed("Bo Tan", BO, "2026-11-17 09:10")
    desk.at("2026-11-17 10:00")
    desk.sync()
    known = learned(desk)
    assert (known.made, known.reached) == ({Part.MORNING: 1, Part.AFTERNOON: 1}, {Part.MORNING: 0, Part.AFTERNOON: 1})
    assert "reached 1 of 1 times in the afternoon" in desk.event("Bo Tan").description


def test_a_line_that_was_busy_and_a_call_closed_much_later_teach_nothing(desk: Desk) -> None:
    """Nobody knows when a call was made that was ticked off at night; a busy line says neither this nor that."""
    decisions.attempt(desk.ledger, desk.id("Bo Tan"), AttemptResult.BUSY, desk.moment("2026-11-16 15:00"))
    desk.sync()
    desk.at("2026-11-16 22:00")
    decisions.close(desk.ledger, desk.id("Bo Tan"), Outcome.REACHED)
    assert reaching.learned(desk.ledger, desk.callback("Bo Tan"), desk.zone) is None


def test_closed_without_a_call_teaches_nothing(desk: Desk) -> None:
    """A wrong number was never reached nor missed."""
    desk.at("2026-11-16 16:05")
    decisions.close(desk.ledger, desk.id("Bo Tan"), Outcome.WRONG_NUMBER)
    assert reaching.learned(desk.ledger, desk.callback("Bo Tan"), desk.zone) is None


def test_the_parts_of_a_day_are_those_of_the_callees_clock() -> None:
    """Noon in New York is morning in Los Angeles, evening in Dublin."""
    noon = datetime(2026, 11, 23, 12, 30, tzinfo=ZONE)
    assert reaching.part_of(noon, ZoneInfo("America/Los_Angeles")) == Part.MORNING
    assert reaching.part_of(noon, ZONE) == Part.AFTERNOON
    assert reaching.part_of(noon, ZoneInfo("Europe/Dublin")) == Part.EVENING


def test_parts_of_days_are_whole_and_touch() -> None:
    """On the night when the clock changes the parts still cover the day without a gap."""
    found = sorted((one.start, one.end) for one in reaching.avoided(reach((0, 3), (0, 2)), ZONE, [date(2026, 11, 1)]))
    assert found[0][1] == found[1][0]
    assert found[-1][1] - found[0][0] == timedelta(hours=18)

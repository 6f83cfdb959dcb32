"""Reading problems and writing plans as JSON, and refusing nonsense."""

from __future__ import annotations

import json
from typing import Any

import pytest

from assistant.errors import UsageError
from assistant.plan import plan
from assistant.plan.codec import decode, encode

PROBLEM: dict[str, Any] = {
    "now": "2026-11-23T08:00:00-05:00",
    "zone": "America/New_York",
    "horizon_days": 10,
    "working_hours": {"mon": ["09:00", "17:00"], "tue": ["09:00", "17:00"]},
    "holidays": ["2026-11-26"],
    "slot": {"at": "16:00", "minutes": 45, "min_minutes": 15, "max_minutes": 120},
    "slots": [{"date": "2026-11-24", "state": "skipped"}],
    "buffer_minutes": 5,
    "busy": [{"start": "2026-11-23T10:00:00-05:00", "end": "2026-11-23T11:00:00-05:00"}],
    "callbacks": [
        {
            "id": "c1",
            "minutes": 10,
            "bucket": "today",
            "due": "2026-11-23T17:00:00-05:00",
            "waiting_since": "2026-11-22T10:00:00-05:00",
            "not_before": None,
            "not_after": None,
            "callee_zone": "Europe/Dublin",
            "callee_hours": ["09:00", "18:00"],
            "pinned_at": None,
            "previous": None,
        },
        {
            "id": "c2",
            "minutes": 10,
            "bucket": "now",
            "due": "2026-11-23T08:00:00-05:00",
            "waiting_since": "2026-11-22T10:00:00-05:00",
            "pinned_at": "2026-11-23T10:30:00-05:00",
        },
    ],
}


def changed(path: str, value: object) -> bytes:
    """Return the problem as JSON with one field replaced, "callbacks.0.minutes" for instance."""
    copy = json.loads(json.dumps(PROBLEM))
    *parents, last = path.split(".")
    place = copy
    for step in parents:
        place = place[int(step) if step.isdigit() else step]
    place[int(last) if last.isdigit() else last] = value
    return json.dumps(copy).encode()


def test_plan_is_written_with_the_documented_names() -> None:
    """The JSON of a plan has the fields of the definition, "with" among them, and times with their offset."""
    made = json.loads(encode(plan(decode(json.dumps(PROBLEM).encode()))))
    assert set(made) == {"slots", "lost_slots", "holds", "clashes", "unplaced", "cost"}
    assert set(made["holds"][0]) == {"id", "start", "end", "in_slot", "why"}
    assert set(made["slots"][0]) == {"date", "start", "end", "moved", "why"}
    assert made["clashes"][0]["with"] == "busy"
    assert made["slots"][0]["start"] == "2026-11-23T16:00:00-05:00"


@pytest.mark.parametrize(
    ("path", "value", "named"),
    [
        ("zone", "America/Nowhere", "zone"),
        ("zone", "../etc/passwd", "zone"),
        ("zone", "", "zone"),
        ("now", "2026-11-23T08:00:00", "now"),
        ("now", "0001-01-01T00:00:00Z", "now"),
        ("now", "tomorrow", "now"),
        ("horizon_days", 0, "horizon_days"),
        ("horizon_days", 100000, "horizon_days"),
        ("buffer_minutes", -5, "buffer_minutes"),
        ("working_hours.mon", ["17:00", "09:00"], "working_hours.mon"),
        ("working_hours.mon", ["9", "17:00"], "working_hours.mon"),
        ("working_hours.monday", ["09:00", "17:00"], "working_hours"),
        ("slot.at", "25:00", "slot.at"),
        ("slot.minutes", 42, "slot.minutes"),
        ("slot.min_minutes", 60, "slot: min_minutes"),
        ("slot.max_minutes", 30, "slot: min_minutes"),
        ("slots.0.state", "pinned", "slots[0]"),
        ("slots.0.state", "lost", "slots[0].state"),
        ("busy.0.end", "2026-11-23T09:00:00-05:00", "busy[0]"),
        ("busy.0.end", "2026-11-23T12:00:00", "busy[0].end"),
        ("callbacks.0.minutes", 7, "callbacks[0].minutes"),
        ("callbacks.0.minutes", 0, "callbacks[0].minutes"),
        ("callbacks.0.bucket", "never", "callbacks[0].bucket"),
        ("callbacks.0.due", "2026-11-23T17:00:00", "callbacks[0].due"),
        ("callbacks.0.callee_zone", "Dublin", "callbacks[0].callee_zone"),
        ("callbacks.0.callee_hours", ["18:00", "18:00"], "callbacks[0].callee_hours"),
        ("callbacks.1.id", "c1", "callbacks[1].id"),
        ("callbacks.0", "c1", "callbacks[0]"),
    ],
)
def test_nonsense_is_refused_with_the_field_named(path: str, value: object, named: str) -> None:
    """A problem that makes no sense raises UsageError, whose text names the field."""
    with pytest.raises(UsageError) as caught:
        decode(changed(path, value))
    assert named in str(caught.value)


def test_window_that_ends_before_it_starts_is_refused() -> None:
    """not_after earlier than not_before names both."""
    data = json.loads(changed("callbacks.0.not_before", "2026-11-23T12:00:00-05:00"))
    data["callbacks"][0]["not_after"] = "2026-11-23T11:00:00-05:00"
    with pytest.raises(UsageError, match=r"callbacks\[0\]: not_after must be later than not_before"):
        decode(json.dumps(data).encode())


@pytest.mark.parametrize("data", [b"", b"{", b"\xff\xfe", b"[]", b'{"now": 1}'])
def test_what_is_no_problem_is_refused(data: bytes) -> None:
    """Bytes that are no JSON object of a problem raise UsageError, never anything else."""
    with pytest.raises(UsageError):
        decode(data)


def test_missing_field_is_named() -> None:
    """A field left out is named."""
    data = {key: value for key, value in PROBLEM.items() if key != "slot"}
    with pytest.raises(UsageError, match="slot"):
        decode(json.dumps(data).encode())


def test_all_faults_are_reported_at_once() -> None:
    """Two wrong fields are both named by one error."""
    data = json.loads(changed("zone", "Nowhere"))
    data["slot"]["minutes"] = 7
    with pytest.raises(UsageError, match=r"(?s)zone.*slot\.minutes"):
        decode(json.dumps(data).encode())

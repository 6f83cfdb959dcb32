"""`today` and `list`: who is owed a call."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import click

from assistant.cli import callers, gather, output
from assistant.cli.room import room
from assistant.cli.session import Session, json_option
from assistant.cli.views import ListView, SlotView, TodayView
from assistant.ledger import heard
from assistant.ledger.fold import SLOT_PREFIX
from assistant.model.callback import Gone, Status
from assistant.model.heard import Disposition

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime

    from assistant.cli.times import Times
    from assistant.cli.views import Item, QuestionView
    from assistant.model.callback import Callback, Slot

_SHOWN = 10
"""Lines of each part of `today`, which is to be one screen."""


@click.command("today")
@json_option
@click.pass_obj
def today_command(session: Session) -> None:
    """Show whom to call today: promises first, then the slot's calls, what is overdue, and what only you can answer.

    Example: ringback today
    """
    parts = _sorted(session)
    slots = session.ledger.slots()
    questions = list(gather.questions(session.ledger, parts.owed, slots, session.times.now.date()))
    limit = None if session.as_json else _SHOWN
    lists = {name: gather.items(session.ledger, found[:limit]) for name, found in parts.lists.items()}
    view = TodayView(
        schema="ringback/today/1",
        now=session.clock.now(),
        zone=session.settings.user.zone,
        slots=tuple(_slots(session, slots)),
        promised=tuple(lists["promised"]),
        today=tuple(lists["today"]),
        overdue=tuple(lists["overdue"]),
        without_hold=tuple(lists["without_hold"]),
        later=tuple(lists["later"]),
        questions=tuple(questions),
        owed=len(parts.owed),
        review=len(heard.messages(session.ledger, Disposition.BIN)),
        room=room(session.ledger, session.times),
    )
    left = {name: len(found) - len(lists[name]) for name, found in parts.lists.items()}
    session.show(view, lambda: _today(session.times, view, left, _why_no_slot(session, slots)))


class _Sorted(NamedTuple):
    """The owed callbacks, and the same by where they stand in `today`."""

    owed: list[Callback]
    lists: dict[str, list[Callback]]


def _sorted(session: Session) -> _Sorted:
    owed = session.ledger.owed()
    lists: dict[str, list[Callback]] = {
        "promised": [], "today": [], "overdue": [], "without_hold": [], "later": [],
    }  # fmt: skip
    for one in owed:
        lists[_place(session, one)].append(one)
    lists["promised"].sort(key=lambda one: one.promise.at if one.promise else one.waiting_since)
    for name in ("today", "later"):
        lists[name].sort(key=lambda one: one.hold.start if one.hold else one.waiting_since)
    for name in ("overdue", "without_hold"):
        lists[name].sort(key=lambda one: one.waiting_since)
    return _Sorted(owed, lists)


def _place(session: Session, callback: Callback) -> str:
    """Return in which part of `today` a callback stands."""
    hold = gather.hold_of(callback)
    promise = callback.promise
    if promise is not None and (promise.at <= session.times.now or session.times.is_today(promise.at)):
        return "promised"
    if hold is not None and session.times.is_today(hold.start):
        return "today"
    if gather.is_overdue(session.ledger, callback):
        return "overdue"
    return "without_hold" if hold is None else "later"


def _slots(session: Session, slots: Iterable[Slot]) -> Iterator[SlotView]:
    for slot in slots:
        event = slot.event
        if event is not None and event.gone is None and session.times.is_today(event.start):
            moved = session.times.clock(event.start) != session.settings.slot.at
            yield SlotView(start=event.start, end=event.end, moved=moved)


def _why_no_slot(session: Session, slots: Iterable[Slot]) -> str:
    today = [slot for slot in slots if slot.id.startswith(f"{SLOT_PREFIX}{session.times.now.date()}")]
    lost = next((slot.lost for slot in today if slot.lost), None)
    if lost:
        return f"No call slot today: {lost}"
    if any(slot.event is not None and slot.event.gone == Gone.BY_USER for slot in today):
        return "No call slot today: you deleted it. Bring it back: ringback restore"
    return "No call slot today."


def _today(times: Times, view: TodayView, left: dict[str, int], no_slot: str) -> Iterator[str]:
    yield output.heading(f"{times.full(view.now)}  ({view.zone})")
    for slot in view.slots:
        moved = ", moved" if slot.moved else ""
        yield f"Call slot {times.clock(slot.start)}-{times.clock(slot.end)}{moved}"
    if not view.slots:
        yield no_slot
    yield from _part(times, "You promised", view.promised, left["promised"], _promised)
    yield from _part(times, "To call today", view.today, left["today"], _timed)
    yield from _part(times, "Overdue", view.overdue, left["overdue"], _overdue)
    yield from _part(times, "Without a time", view.without_hold, left["without_hold"], _timeless)
    yield from _questions(view.questions)
    yield ""
    if view.room is not None and view.room.text:
        yield view.room.text
    yield _summary(times, view, left)


def _part(
    times: Times, title: str, items: Sequence[Item], left: int, line: Callable[[Times, Item], str]
) -> Iterator[str]:
    if not items:
        return
    yield ""
    yield output.heading(title)
    for one in items:
        yield f"  {line(times, one)}"
    if left:
        yield f"  ... and {left} more: ringback list"


def _told(item: Item) -> str:
    """Return name, number and id, and what makes the call a special one."""
    extras = [f"{item.calls} calls" if item.calls > 1 else "", f"tried {item.attempts}x" if item.attempts else ""]
    return "  ".join(filter(None, (callers.label_of(item.caller), f"[{item.id}]", ", ".join(filter(None, extras)))))


def _promised(times: Times, item: Item) -> str:
    assert item.promised_at is not None
    late = "  LATE" if item.promised_at <= times.now else ""
    return f"{_near(times, item.promised_at)}  {_told(item)}{late}"


def _timed(times: Times, item: Item) -> str:
    assert item.hold is not None
    mark = "  now" if item.bucket == "now" else ("  overdue" if item.overdue else "")
    return f"{times.clock(item.hold.start)}  {_told(item)}{mark}"


def _overdue(times: Times, item: Item) -> str:
    planned = (
        f"planned {times.moment(item.hold.start)}" if item.hold else (item.no_hold or "no time yet: ringback sync")
    )
    return f"{_told(item)}  waiting {times.since(item.waiting_since)}, {planned}"


def _timeless(times: Times, item: Item) -> str:
    del times
    return f"{_told(item)}  {item.no_hold or 'no time yet: ringback sync'}"


def _near(times: Times, at: datetime) -> str:
    return times.clock(at) if times.is_today(at) else times.moment(at)


def _questions(questions: Sequence[QuestionView]) -> Iterator[str]:
    if questions:
        yield ""
        yield output.heading("For you to answer")
    for one in questions[:_SHOWN]:
        yield f"  {one.text}"
        yield f"    {'   or: '.join(one.answers)}"
    if len(questions) > _SHOWN:
        yield f"  ... and {len(questions) - _SHOWN} more"


def _summary(times: Times, view: TodayView, left: dict[str, int]) -> str:
    if not view.owed:
        text = "You owe nobody a call."
    else:
        later = len(view.later) + left["later"]
        first = f", {later} of them on another day (ringback list)" if later else ""
        text = f"{view.owed} owed{first}."
    if view.later and not view.today:
        one = view.later[0]
        text += f" Next: {times.moment(one.hold.start)} {callers.label_of(one.caller)}." if one.hold else ""
    if view.review:
        text += f" {view.review} {'mail' if view.review == 1 else 'mails'} to look at: ringback bin"
    return text


@click.command("list")
@click.option("--all", "every", is_flag=True, help="Closed callbacks too.")
@click.option("--closed", is_flag=True, help="Only closed callbacks.")
@json_option
@click.pass_obj
def list_command(session: Session, *, every: bool, closed: bool) -> None:
    """List callbacks in the order of their times: id, caller, number, how soon, when, waiting since.

    Example: ringback list --closed
    """
    statuses = (Status.CLOSED,) if closed else (() if every else (Status.OPEN, Status.WAITING))
    callbacks = sorted(session.ledger.callbacks(*statuses), key=_order)
    view = ListView(schema="ringback/list/1", callbacks=tuple(gather.items(session.ledger, callbacks)))
    session.show(view, lambda: _table(session.times, view.callbacks))


def _order(callback: Callback) -> tuple[bool, bool, datetime]:
    """Owed before closed; those with a time before those without, in time; closed ones by when."""
    hold = callback.hold if callback.hold is not None and callback.hold.gone is None else None
    closed = callback.status == Status.CLOSED
    at = callback.closed_at if closed else (hold.start if hold else None)
    return closed, at is None, at or callback.waiting_since


def _table(times: Times, items: Sequence[Item]) -> Iterable[str]:
    if not items:
        return ["None."]
    rows = [
        (
            one.id,
            one.caller.name or "",
            callers.number_of(one.caller),
            _state(one),
            _when(times, one),
            times.since(one.waiting_since),
        )
        for one in items
    ]
    return output.table(rows, ("id", "caller", "number", "how soon", "when", "waiting"))


def _state(item: Item) -> str:
    if item.status == Status.CLOSED:
        return f"merged into {item.merged_into}" if item.merged_into else (item.outcome or "taken back")
    return f"{item.bucket or 'new'}{' (overdue)' if item.overdue else ''}".replace("few_days", "few days")


def _when(times: Times, item: Item) -> str:
    if item.closed_at:
        return times.moment(item.closed_at)
    if item.promised_at:
        return f"{times.moment(item.promised_at)} promised"
    return times.moment(item.hold.start) if item.hold else (item.no_hold or "no time yet")

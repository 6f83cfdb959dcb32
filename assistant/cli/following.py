"""After a decision, a small pass writes calendar, drafts and labels at once. If it cannot, the decision stands."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from assistant.cli import gather, operations, output
from assistant.cli.ending import OK, PARTLY
from assistant.cli.views import DecisionView, Followed
from assistant.errors import AssistantError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from assistant.cli.session import Session
    from assistant.cli.views import Item
    from assistant.model.journal import Subject
    from assistant.pipeline import Parts

WAIT = timedelta(seconds=30)


class Decision(NamedTuple):
    """What a command decided: a sentence, whom it is about, and whether it was a change that can be undone."""

    said: str
    subjects: Sequence[Subject]
    is_change: bool = True


def conclude(session: Session, command: str, decision: Decision) -> int:
    """Let calendar and drafts follow a decision, tell both, and return the exit code."""
    change = session.ledger.changes(limit=1)[0].id if decision.is_change else None
    followed = follow(session) if session.syncs else None
    view = DecisionView(
        schema=f"ringback/{command}/1",
        change=change,
        said=decision.said,
        callbacks=_items(session, decision.subjects),
        followed=followed,
    )
    session.show(view, lambda: _lines(session, view))
    if followed is not None and followed.problem:
        output.chat(f"{followed.problem}\nThe decision stands. The calendar follows with the next sync: ringback sync")
    if followed is not None:
        tell_failures(session, followed)
        _tell_clashes(session, decision.subjects)
    return PARTLY if followed is not None and (followed.problem or followed.failed) else OK


def _items(session: Session, subjects: Sequence[Subject]) -> tuple[Item, ...]:
    callbacks = [session.ledger.callback(subject) for subject in subjects if subject.isdigit()]
    return tuple(gather.items(session.ledger, callbacks))


def _lines(session: Session, view: DecisionView) -> Iterator[str]:
    yield view.said
    if view.followed is not None:
        yield from operations.lines(view.followed.operations, session.times)
    if view.change is not None:
        yield f"Take it back: ringback undo {view.change}"


def tell_failures(session: Session, followed: Followed) -> None:
    """Tell on stderr which operations did not work."""
    for one in followed.failed:
        (line,) = operations.lines([one.operation], session.times, verbose=True)
        output.chat(f"failed: {line}: {one.error}")


def _tell_clashes(session: Session, subjects: Sequence[Subject]) -> None:
    """Say on stderr where the time that was decided upon is not free."""
    from assistant.ledger import planned  # noqa: PLC0415  with the planner's values, which other commands do without

    kept = planned.last(session.ledger)
    for clash in kept.plan.clashes if kept is not None else ():
        if clash.id in subjects:
            output.chat(f"clash: callback {clash.id}: {clash.why}")


def follow(session: Session) -> Followed:
    """Make a pass that reads no mail; a reason why it could not be made is told, not raised."""
    from assistant import bootstrap  # noqa: PLC0415  its writing half is slow to start
    from assistant.pipeline import run_pass  # noqa: PLC0415  as above

    try:
        with bootstrap.one_at_a_time(session.places, WAIT):
            report = run_pass(parts_of(session), read_mail=False)
    except AssistantError as error:
        return Followed(problem=str(error))
    return Followed(
        operations=tuple(operations.view(session.ledger, one) for one in report.done),
        failed=operations.failures(session.ledger, report.failed),
    )


def parts_of(session: Session, progress: output.Progress | None = None) -> Parts:
    """Return what a pass of this session works with; see `bootstrap.parts`."""
    from assistant import bootstrap  # noqa: PLC0415  its writing half is slow to start

    return bootstrap.parts(
        session.settings, session.places, session.ledger, session.clock, progress or output.Progress()
    )

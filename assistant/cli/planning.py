"""`plan`: solve a planning problem given as JSON."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from assistant.cli import output
from assistant.cli.session import Session, json_option
from assistant.cli.times import Times
from assistant.errors import UsageError
from assistant.plan import codec, plan

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistant.model.planning import Plan


@click.command("plan")
@click.option("--problem", required=True, metavar="FILE", help="The problem as JSON; - reads it from standard input.")
@json_option
@click.pass_obj
def plan_command(session: Session, *, problem: str) -> None:
    """Solve a planning problem: slots first, then a hold for each callback, with the reasons. Needs no account.

    With --json the plan is printed as JSON, field for field as `ringback schema plan` says.

    Example: ringback plan --problem problem.json --json
    """
    posed = codec.decode(_read(problem))
    made = plan(posed)
    if session.as_json:
        click.echo(codec.encode(made).decode())
    else:
        output.print_lines(_lines(made, Times(ZoneInfo(posed.zone), posed.now)))


def _read(problem: str) -> bytes:
    if problem == "-":
        return sys.stdin.buffer.read()
    try:
        with click.open_file(problem, "rb") as file:
            data: bytes = file.read()
    except OSError as error:
        raise UsageError(f"{problem} cannot be read: {error.strerror}") from error
    return data


def _lines(made: Plan, times: Times) -> Iterator[str]:
    rows = [("slot", times.span(slot.start, slot.end), slot.why) for slot in made.slots]
    rows += [("no slot", times.day(lost.date), lost.why) for lost in made.lost_slots]
    holds = sorted(made.holds, key=lambda hold: (hold.start, hold.id))
    rows += [(hold.id, times.span(hold.start, hold.end), "; ".join(hold.why)) for hold in holds]
    rows += [(one.id, "no time", one.why) for one in made.unplaced]
    yield from output.table(rows, ("what", "when", "why"))
    for clash in made.clashes:
        yield f"clash: {clash.id} with {clash.with_}: {clash.why}"
    yield f"cost {made.cost:g}"

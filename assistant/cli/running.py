"""`serve` and `demo`: doors to what runs by itself."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
from msgspec.structs import replace

from assistant.cli import output

if TYPE_CHECKING:
    from assistant.cli.session import Session


@click.command("serve")
@click.option("--every", type=click.IntRange(1, 24 * 60), metavar="MINUTES", help="Minutes between passes.")
@click.pass_obj
def serve_command(session: Session, *, every: int | None) -> None:
    """Make a pass every few minutes and at once when a mail arrives, and a digest before the first working minute.

    Ends cleanly on SIGTERM and Ctrl-C.

    Example: ringback serve --every 10
    """
    from assistant import service  # noqa: PLC0415  with its scheduler

    settings = session.settings
    if every is not None:
        settings = replace(settings, serve=replace(settings.serve, every_minutes=every))
    service.serve(session.places, settings, session.clock, output.say, output.chat)


@click.command("demo")
@click.option(
    "--dir",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("ringback-demo"),
    show_default=True,
    help="Where the sample mailbox, calendar and drafts are put.",
)
def demo_command(*, folder: Path) -> None:
    """Do the whole job on a sample mailbox, without an account. A second run finds nothing to do.

    Example: ringback demo --dir sample
    """
    from assistant import demo  # noqa: PLC0415  it brings everything

    demo.run(folder, output.say)

"""What one run of the command works with: flags, places, settings, clock and ledger, each made when first asked for."""

from __future__ import annotations

import functools
import os
import sys
from typing import TYPE_CHECKING

import click

from assistant import bootstrap
from assistant import settings as settings_file
from assistant.cli import output
from assistant.cli.times import Times

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path
    from zoneinfo import ZoneInfo

    from assistant.cli.views import View
    from assistant.ledger.journal import Ledger
    from assistant.ports import Clock
    from assistant.settings import Places, Settings


class Session:
    """One run.

    Args:
        config: the --config flag, None without.
        debug: whether tracebacks and logs are wanted.
        may_ask: whether questions may be put to the user, who must sit at a terminal too.
    """

    def __init__(self, config: Path | None, *, debug: bool, may_ask: bool) -> None:
        self.config = config
        self.debug = debug
        self.as_json = False
        self.syncs = True
        self.may_ask = may_ask

    @functools.cached_property
    def places(self) -> Places:
        """Return where the files of this user lie."""
        return settings_file.places(os.environ, self.config)

    @functools.cached_property
    def settings(self) -> Settings:
        """Return the settings.

        Raises:
            ConfigError: there is no config file, or it has mistakes.
        """
        return settings_file.load(self.places.config)

    @functools.cached_property
    def clock(self) -> Clock:
        """Return the clock of this run; see `bootstrap.clock`."""
        return bootstrap.clock(os.environ)

    @functools.cached_property
    def ledger(self) -> Ledger:
        """Return the open ledger. A config file must be there: without one, nothing was ever recorded."""
        assert self.settings is not None
        return bootstrap.open_ledger(self.places, self.clock)

    @property
    def zone(self) -> ZoneInfo:
        """Return the user's zone."""
        return self.settings.zone()

    @functools.cached_property
    def times(self) -> Times:
        """Return what writes times for the user."""
        return Times(self.zone, self.clock.now())

    @property
    def asks(self) -> bool:
        """Tell whether a question can be answered: a terminal on both ends, and neither --no-input nor --json."""
        return self.may_ask and not self.as_json and sys.stdin.isatty() and sys.stderr.isatty()

    def show(self, view: View, lines: Callable[[], Iterable[str]]) -> None:
        """Print the result: as JSON where that is wanted, else the lines."""
        if self.as_json:
            output.print_json(view, self.zone)
        else:
            output.print_lines(lines())


def _set_json(context: click.Context, _parameter: click.Parameter, value: bool) -> None:  # noqa: FBT001  as click calls it
    context.ensure_object(Session).as_json = value


def _set_sync(context: click.Context, _parameter: click.Parameter, value: bool) -> None:  # noqa: FBT001  as click calls it
    context.ensure_object(Session).syncs = not value


json_option = click.option(
    "--json",
    is_flag=True,
    expose_value=False,
    callback=_set_json,
    help="Print one JSON object instead; its schema: ringback schema COMMAND.",
)
no_sync_option = click.option(
    "--no-sync",
    is_flag=True,
    expose_value=False,
    callback=_set_sync,
    help="Only note it; calendar, drafts and labels follow with the next sync.",
)

"""The group of all commands. A command's module is imported when the command is used, and no sooner."""

from __future__ import annotations

import difflib
import importlib
import logging
import os
import sys
import warnings
from pathlib import Path
from typing import NamedTuple

import click

from assistant.cli.session import Session


class _Place(NamedTuple):
    """Where a command is defined, and its line in the overview."""

    module: str
    line: str


_SECTIONS: dict[str, dict[str, _Place]] = {
    "Every day": {
        "today": _Place("looking", "Whom to call today, and what only you can answer."),
        "week": _Place("week", "The coming days as a picture: busy, call slots, calls."),
        "list": _Place("looking", "All callers who are owed a call."),
        "show": _Place("telling", "All that is known of one callback."),
        "why": _Place("reasoning", "Why a callback stands where it stands."),
        "sync": _Place("syncing", "Read mail and calendar, plan, write holds and drafts."),
        "bin": _Place("binning", "Mails to look at before anybody is called."),
        "log": _Place("history", "What happened, the newest first."),
    },
    "After a call": {
        "done": _Place("deciding", "Settle a callback."),
        "tried": _Place("deciding", "Note a try that did not reach the caller."),
        "snooze": _Place("deciding", "Let a callback wait until a time."),
        "promise": _Place("deciding", "Note a time that you told the caller."),
        "bucket": _Place("deciding", "Choose how soon a caller is to be called."),
        "add": _Place("adding", "Put a call of your own into the queue."),
    },
    "Put right": {
        "merge": _Place("arranging", "Join callbacks of one caller."),
        "split": _Place("arranging", "Give calls a callback of their own."),
        "restore": _Place("arranging", "Bring back holds and slots that vanished."),
        "acknowledge": _Place("arranging", "Say that you know of a day without a slot."),
        "undo": _Place("arranging", "Take a command back."),
        "check": _Place("checking", "Prove that nothing is lost or overdue."),
    },
    "Set up and run": {
        "init": _Place("starting", "Write the configuration, and look who is owed a call."),
        "connect": _Place("connecting", "Sign in to an account."),
        "logout": _Place("connecting", "Sign out, and delete what was kept of it."),
        "doctor": _Place("doctoring", "Look whether everything is set up well."),
        "serve": _Place("running", "Run a pass every few minutes, and a digest each morning."),
        "demo": _Place("running", "Show the whole job on a sample mailbox."),
    },
    "Without an account": {
        "recognise": _Place("recognising", "Read the calls out of mails."),
        "plan": _Place("planning", "Solve a planning problem."),
        "schema": _Place("schemas", "Print the JSON schema of an output or of the configuration."),
    },
}
COMMANDS = {name: place for section in _SECTIONS.values() for name, place in section.items()}


class Commands(click.Group):
    """A group whose overview needs no command's module."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names, in the order of the overview."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, loading its module."""
        del ctx
        place = COMMANDS.get(cmd_name)
        if place is None:
            return None
        command = getattr(importlib.import_module(f"assistant.cli.{place.module}"), f"{cmd_name}_command")
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that the arguments name; one that is nearly a command is answered with that one."""
        near = difflib.get_close_matches(args[0], COMMANDS, n=1) if args and args[0] not in COMMANDS else []
        if near:
            ctx.fail(f"There is no command {args[0]!r}. Did you mean {near[0]}?")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the overview by section."""
        del ctx
        for title, places in _SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(name, place.line) for name, place in places.items()])


def _print_version(context: click.Context, _parameter: click.Parameter, value: bool) -> None:  # noqa: FBT001  as click calls it
    if not value or context.resilient_parsing:
        return
    from importlib import metadata  # noqa: PLC0415  slow to import

    try:
        version = metadata.version("ringback")
    except metadata.PackageNotFoundError:
        version = "(a checkout that is not installed)"
    click.echo(f"ringback {version}")
    context.exit()


@click.group(
    cls=Commands,
    name="ringback",
    no_args_is_help=False,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 ok, 1 provider error, 2 sign-in needed, 3 usage or configuration, 4 partly done, 5 internal, "
    '10 check found something. Completion: eval "$(_RINGBACK_COMPLETE=bash_source ringback)", or zsh_source, '
    "fish_source. The configuration lies in your platform's folder or where RINGBACK_CONFIG says.",
)
@click.option(
    "--config", type=click.Path(path_type=Path), help="Another configuration file; its folder keeps the ledger."
)
@click.option("--debug", is_flag=True, help="Show tracebacks and logs; they hold names and numbers.")
@click.option("--no-input", is_flag=True, help="Ask nothing; take what is given or can be found out.")
@click.option(
    "--version", is_flag=True, expose_value=False, is_eager=True, callback=_print_version, help="Print the version."
)
@click.pass_context
def ringback(context: click.Context, *, config: Path | None, debug: bool, no_input: bool) -> None:
    """Ringback returns your calls.

    It reads missed-call and voicemail mails, keeps a ledger of who is owed a call, plans the calls into a daily slot on
    your calendar and drafts the words. It never sends anything.

    Start with: ringback init. Try it first: ringback demo
    """
    _prepare_messages(debug=debug)
    if os.environ.get("NO_COLOR"):
        context.color = False
    context.obj = Session(config, debug=debug, may_ask=not no_input)
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


def _prepare_messages(*, debug: bool) -> None:
    """Let logs through only where they were asked for: they may quote a mail."""
    if debug:
        logging.basicConfig(level=logging.DEBUG, stream=sys.stderr)
        return
    logging.disable(logging.CRITICAL)
    if not sys.warnoptions:
        warnings.simplefilter("ignore")

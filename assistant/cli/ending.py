"""How a run ends: every outcome has its exit code and, where it is an error, one message that says what to do next."""

from __future__ import annotations

import os
import sys
import traceback

import click

from assistant.cli import output
from assistant.cli.app import ringback
from assistant.cli.views import ErrorView
from assistant.errors import AssistantError, UsageError

OK = 0
PARTLY = 4
INTERNAL = 5
FOUND = 10
INTERRUPTED = 130


def end() -> None:
    """Run the command of `sys.argv` and end the process."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by whoever started us
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_WRONLY), "w"))
        getattr(sys, name).reconfigure(errors="replace")
    code = run(sys.argv[1:])
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        output.abandon()
    sys.exit(code)


def run(arguments: list[str]) -> int:
    """Run one command and return the exit code; what went wrong has been told."""
    try:
        done = ringback.main(arguments, prog_name="ringback", standalone_mode=False)
    except BrokenPipeError:
        output.abandon()
        return OK
    except (KeyboardInterrupt, click.Abort):
        output.chat("\nStopped. Nothing is half done: what was finished is kept, run it again for the rest.")
        return INTERRUPTED
    except (click.ClickException, AssistantError) as error:
        return _tell(error, arguments)
    except Exception as error:  # noqa: BLE001  the last stop before the user, who gets a sentence and not a traceback
        return _tell_internal(error, arguments)
    return done if isinstance(done, int) else OK


def _tell(error: click.ClickException | AssistantError, arguments: list[str]) -> int:
    """Print what went wrong. Wrong options and arguments are wrong usage, as is what only we can know to be wrong."""
    code = error.EXIT_CODE if isinstance(error, AssistantError) else UsageError.EXIT_CODE
    message = str(error) if isinstance(error, AssistantError) else error.format_message()
    context = getattr(error, "ctx", None)
    if context is not None:
        message += f"\nTry: {context.command_path} --help"
    _print_error(message, code, arguments)
    if _is_debug(arguments):
        traceback.print_exception(error)
    return code


def _tell_internal(error: Exception, arguments: list[str]) -> int:
    message = f"Something unexpected happened ({type(error).__name__}). Your calls are safe in the ledger."
    if _is_debug(arguments):
        traceback.print_exception(error)
    else:
        message += " Run again with --debug to see where: ringback --debug ..."
    _print_error(message, INTERNAL, arguments)
    return INTERNAL


def _print_error(message: str, code: int, arguments: list[str]) -> None:
    if "--json" in arguments:
        output.print_json(ErrorView(schema="ringback/error/1", error=message, exit_code=code))
    output.chat(f"ringback: {message}")


def _is_debug(arguments: list[str]) -> bool:
    """Tell whether --debug was given before the command, be the rest of the line right or wrong."""
    before = arguments[: next((at for at, word in enumerate(arguments) if not word.startswith("-")), len(arguments))]
    return "--debug" in before or "--debug" in arguments[:3]

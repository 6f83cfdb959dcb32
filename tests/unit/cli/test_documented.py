"""README names every command and every option."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from assistant.cli.app import COMMANDS, ringback

README = Path(__file__).parents[3] / "README.md"


def _command(name: str) -> click.Command:
    found = ringback.get_command(click.Context(ringback), name)
    assert found is not None
    return found


def _options(command: click.Command) -> set[str]:
    return {
        option
        for parameter in command.params
        if isinstance(parameter, click.Option)
        for option in (*parameter.opts, *parameter.secondary_opts)
        if option.startswith("--")
    }


@pytest.mark.parametrize("name", COMMANDS)
def test_readme_names_the_command_and_its_options(name: str) -> None:
    """A command stands in README as it is typed, and so does each of its long options."""
    text = README.read_text()
    assert f"ringback {name}" in text
    assert {option for option in _options(_command(name)) if option not in text} == set()


def test_readme_names_the_options_of_all_commands() -> None:
    """The options before the command stand in README."""
    text = README.read_text()
    assert {option for option in _options(ringback) if option not in text} == set()


def test_every_command_speaks_json() -> None:
    """Every command takes --json, but those that run by themselves."""
    assert {name for name in COMMANDS if "--json" not in _options(_command(name))} == {"serve", "demo"}

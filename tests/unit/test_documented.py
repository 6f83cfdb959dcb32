"""Every setting, error and exit code that a user can meet is in the README."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import msgspec
import pytest

from assistant import errors, settings

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PROVIDERS = (ROOT / "providers" / "README.md").read_text(encoding="utf-8")
SECTIONS = {
    field.name: field.type
    for field in msgspec.structs.fields(settings.Settings)
    if isinstance(field.type, type) and issubclass(field.type, msgspec.Struct)
}
KEYS = [f"{name}.{field.name}" for name, kind in SECTIONS.items() for field in msgspec.structs.fields(kind)]
ERRORS = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, errors.AssistantError)]


@pytest.mark.parametrize("key", KEYS)
def test_every_setting_is_documented(key: str) -> None:
    """Every key of the config file has a row in the README's table of settings."""
    assert f"| `{key}` |" in README


def test_no_setting_is_documented_that_does_not_exist() -> None:
    """Every row of the table of settings names a key that the config file may have."""
    section = README.split("## Settings")[1].split("\n## ")[0]
    named = set(re.findall(r"^\| `([a-z_.]+)` \|", section, re.MULTILINE))
    assert named - set(KEYS) <= {"account"}


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.__name__)
def test_every_error_is_documented(error: type[errors.AssistantError]) -> None:
    """Every error has a row with its exit code in the README."""
    assert re.search(rf"^\| `{error.__name__}` \| {error.EXIT_CODE} \|", README, re.MULTILINE)


@pytest.mark.parametrize("named", sorted(set(re.findall(r"`([\w/]+\.py)(?:::(\w+))?`", PROVIDERS))), ids="::".join)
def test_every_test_that_the_table_of_providers_names_exists(named: tuple[str, str]) -> None:
    """What a provider is said to do is held by a test of that name."""
    file, test = named
    places = (ROOT / "tests" / file, ROOT / "tests" / "contract" / file, ROOT / file)
    found = [place.read_text(encoding="utf-8") for place in places if place.is_file()]
    assert len(found) == 1
    assert not test or f"\ndef {test}(" in found[0]

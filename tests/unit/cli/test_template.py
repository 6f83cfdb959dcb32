"""The config that `init` writes explains every key."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec
import pytest

from assistant import settings
from assistant.cli import document, surroundings
from assistant.errors import ConfigError
from assistant.model.rules import Rules

if TYPE_CHECKING:
    from pathlib import Path

# Their defaults are long lists of words, of which the template shows one.
EXAMPLES = {"urgent_words", "low_words", "signals"}


def _shown(text: str) -> str:
    """Take the comment mark from every key of a template."""
    return re.sub(r"(?m)^# (?=[a-z_]+ = )", "", text)


def test_every_key_is_explained() -> None:
    """Each key of each section stands in the template, below a comment."""
    lines = _shown(document.TEMPLATE.read_text()).splitlines()
    sections = {field.name: field.type for field in msgspec.structs.fields(settings.Settings)}
    del sections["account"]
    keys = {field.name for section in sections.values() for field in msgspec.structs.fields(section)}
    assert {key for key in keys if not any(line.startswith(f"{key} = ") for line in lines)} == set()
    assert [f"[{name}]" for name in sections if f"[{name}]" not in lines] == []


def test_the_defaults_shown_are_the_defaults() -> None:
    """With every comment mark taken away the template says what holds without it."""
    shown = settings.decode(_shown(document.TEMPLATE.read_text()).encode(), "template")
    plain = settings.decode(document.TEMPLATE.read_bytes(), "template")
    usual = {key: getattr(Rules(), key) for key in EXAMPLES}
    assert msgspec.structs.replace(shown, rules=msgspec.structs.replace(shown.rules, **usual)) == plain
    assert plain == settings.Settings(account=({"provider": "local"},))


def test_a_missing_table_is_made(tmp_path: Path) -> None:
    """A config without [user] and without a local account gets both, and keeps what it had."""
    path = tmp_path / "config.toml"
    path.write_text('[[account]]\nprovider = "other"\n')
    config, existed = document.load(path)
    document.change(document.user(config), {"zone": "Europe/Dublin", "addresses": []})
    document.change(document.account(config), {"maildir": "~/Maildir", "contacts": None})
    document.save(config, path)
    assert existed
    saved = settings.load(path)
    assert [account.provider for account in saved.accounts()] == ["other", "local"]
    assert saved.accounts()[1].keys == {"maildir": "~/Maildir"}
    assert saved.user.zone == "Europe/Dublin"


@pytest.mark.parametrize("text", ["", "account = 3\n", "[user]\n"])
def test_a_config_without_accounts_is_refused(tmp_path: Path, text: str) -> None:
    """A file that is there and names no account is a config with a mistake."""
    path = tmp_path / "config.toml"
    path.write_text(text)
    with pytest.raises(ConfigError):
        document.load(path)


def test_a_zone_that_lies_nowhere_has_no_region_of_its_own() -> None:
    """On a server that runs in UTC the country comes from the locale, not from the zone."""
    assert surroundings.region("Etc/UTC", {"LANG": "de_AT.UTF-8"}) == "AT"
    assert surroundings.region("Etc/UTC", {}) == "US"
    assert surroundings.region("Europe/Dublin", {"LANG": "de_AT.UTF-8"}) == "IE"

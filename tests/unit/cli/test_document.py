"""The config file when an account comes into it."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

import pytest

from assistant.cli import document
from assistant.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

TEXT = """\
# mine
[[account]]
provider = "local"  # files
calendar = "~/calendar"

[slot]
at = "15:00"  # after lunch
"""


def test_an_account_goes_below_the_others(tmp_path: Path) -> None:
    """A new account is one table more; comments, order and the other tables stay."""
    path = tmp_path / "config.toml"
    path.write_text(TEXT)
    config, existed = document.load(path)
    assert existed
    assert document.account_of(config, "google", "work", fresh=False)["name"] == "work"
    document.save(config, path)
    found = tomllib.loads(path.read_text())
    assert found["account"] == [
        {"provider": "local", "calendar": "~/calendar"},
        {"provider": "google", "name": "work"},
    ]
    assert found["slot"] == {"at": "15:00"}
    assert [line for line in TEXT.splitlines() if line not in path.read_text().splitlines()] == []


def test_an_account_that_is_there_stays(tmp_path: Path) -> None:
    """An account of that name is found with its keys, and the file does not change."""
    path = tmp_path / "config.toml"
    path.write_text(TEXT + '\n[[account]]\nprovider = "google"\nservices = ["mail"]\n')
    config, _ = document.load(path)
    before = config.as_string()
    assert document.account_of(config, "google", "google", fresh=False)["services"] == ["mail"]
    assert config.as_string() == before


def test_without_a_name_the_only_account_of_the_provider_is_meant(tmp_path: Path) -> None:
    """Whatever it is called, the one account of a provider is found; of several, one has to be named."""
    path = tmp_path / "config.toml"
    work = '\n[[account]]\nprovider = "google"\nname = "work"\n'
    path.write_text(TEXT + work)
    config, _ = document.load(path)
    assert document.account_of(config, "google", None, fresh=False)["name"] == "work"
    assert len(tomllib.loads(config.as_string())["account"]) == 2
    path.write_text(TEXT + work + work.replace("work", "home"))
    config, _ = document.load(path)
    with pytest.raises(UsageError, match="--account work or home"):
        document.account_of(config, "google", None, fresh=False)


def test_a_name_belongs_to_one_provider(tmp_path: Path) -> None:
    """A name that another provider's account has is refused."""
    path = tmp_path / "config.toml"
    path.write_text(TEXT)
    config, _ = document.load(path)
    with pytest.raises(UsageError, match="--account NAME"):
        document.account_of(config, "google", "local", fresh=False)


def test_a_fresh_file_has_one_account(tmp_path: Path) -> None:
    """In a file made from the template the account takes the place of the local one."""
    path = tmp_path / "config.toml"
    config, existed = document.load(path)
    assert not existed
    document.account_of(config, "google", "google", fresh=True)
    document.save(config, path)
    assert tomllib.loads(path.read_text())["account"] == [{"provider": "google"}]

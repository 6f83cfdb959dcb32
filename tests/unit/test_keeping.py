"""Secrets in a keyring, and in a file where there is none that works."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import keyring.core
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked, PasswordDeleteError

from assistant.errors import AuthError, ConfigError
from assistant.keeping import Keeper, Scoped

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class Ring(KeyringBackend):
    """A keyring in memory, which can be locked."""

    priority = 5

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}
        self.locked = False

    def get_password(self, service: str, username: str) -> str | None:
        self._open()
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._open()
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self._open()
        if (service, username) not in self.kept:
            raise PasswordDeleteError("No such password!")
        del self.kept[service, username]

    def _open(self) -> None:
        if self.locked:
            raise KeyringLocked("Failed to unlock the collection!")


@pytest.fixture(autouse=True)
def ring(monkeypatch: pytest.MonkeyPatch) -> Ring:
    """Put a keyring in memory in the place of this machine's."""
    found = Ring()
    monkeypatch.setattr(keyring.core, "_keyring_backend", found)
    return found


def _without() -> None:
    """Let there be no keyring."""
    keyring.set_keyring(keyring.core.load_keyring("keyring.backends.null.Keyring"))


@pytest.fixture
def warnings() -> list[str]:
    """Return what the user is warned of."""
    return []


@pytest.fixture
def keeper(tmp_path: Path, warnings: list[str]) -> Keeper:
    """Return the secrets of a data folder that does not exist yet."""
    return Keeper(tmp_path / "data", warnings.append)


def _file(keeper: Keeper) -> dict[str, str]:
    found: dict[str, str] = json.loads(keeper.path.read_text())
    return found


def test_a_secret_goes_into_the_keyring_alone(keeper: Keeper, ring: Ring, warnings: list[str]) -> None:
    """With a keyring there is no file and no warning; the secret comes back and can be deleted, twice too."""
    keeper.set("a", "one")
    assert list(ring.kept.values()) == ["one"]
    assert keeper.get("a") == "one"
    assert keeper.get("b") is None
    keeper.delete("a")
    keeper.delete("a")
    assert ring.kept == {}
    assert keeper.get("a") is None
    assert not keeper.path.parent.exists()
    assert warnings == []


def test_two_data_folders_share_nothing(keeper: Keeper, ring: Ring, tmp_path: Path) -> None:
    """The same name in two data folders is two secrets of the one keyring."""
    other = Keeper(tmp_path / "other")
    keeper.set("a", "one")
    other.set("a", "two")
    assert (keeper.get("a"), other.get("a")) == ("one", "two")
    assert {service for service, _ in ring.kept} == {"ringback"}


@pytest.mark.parametrize("backend", ["null", "fail"])
def test_without_a_keyring_a_file_of_ones_own_is_used(keeper: Keeper, warnings: list[str], backend: str) -> None:
    """A backend that keeps nothing is none: the secret goes into a file of mode 0600, which is told once."""
    keyring.set_keyring(keyring.core.load_keyring(f"keyring.backends.{backend}.Keyring"))
    assert keeper.get("a") is None
    keeper.set("a", "one")
    keeper.set("b", "two")
    assert keeper.path.stat().st_mode & 0o777 == 0o600
    assert _file(keeper) == {"a": "one", "b": "two"}
    assert keeper.get("a") == "one"
    (warning,) = warnings
    assert str(keeper.path) in warning
    keeper.delete("a")
    keeper.delete("c")
    assert _file(keeper) == {"b": "two"}


def test_a_locked_keyring_falls_back_and_heals(keeper: Keeper, ring: Ring, warnings: list[str]) -> None:
    """While the keyring is locked the file serves; once it opens, storing anew moves the secret there."""
    ring.locked = True
    keeper.set("a", "one")
    assert _file(keeper) == {"a": "one"}
    assert "Failed to unlock" in warnings[0]
    assert keeper.get("a") == "one"
    ring.locked = False
    keeper.set("a", "two")
    assert _file(keeper) == {}
    assert keeper.get("a") == "two"


def test_a_keyring_that_forgets_is_noticed(keeper: Keeper, ring: Ring, monkeypatch: pytest.MonkeyPatch) -> None:
    """A keyring that takes a secret and does not give it back is not relied on."""
    monkeypatch.setattr(ring, "get_password", lambda *_: None)
    keeper.set("a", "one")
    assert _file(keeper) == {"a": "one"}


def test_a_locked_keyring_is_no_missing_secret(keeper: Keeper, ring: Ring) -> None:
    """Where the keyring does not open, nobody says that there is no secret, and none is said to be deleted."""
    keeper.set("a", "one")
    ring.locked = True
    for ask in (keeper.get, keeper.delete):
        with pytest.raises(AuthError, match="Unlock it"):
            ask("a")


def test_a_backend_that_cannot_run_here_is_none(keeper: Keeper, monkeypatch: pytest.MonkeyPatch) -> None:
    """A backend that the user's settings name and that does not exist counts as no keyring."""
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.nowhere.Keyring")
    monkeypatch.setattr(keyring.core, "_keyring_backend", None)
    keeper.set("a", "one")
    assert _file(keeper) == {"a": "one"}


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_a_file_that_others_can_read_is_refused(keeper: Keeper, ring: Ring, mode: int) -> None:
    """A file of a wider mode is neither read nor written, and the way out is said."""
    _without()
    keeper.set("a", "one")
    keeper.path.chmod(mode)
    before = keeper.path.read_bytes()
    keyring.set_keyring(ring)
    asks: list[Callable[[], object]] = [
        lambda: keeper.get("a"),
        lambda: keeper.set("a", "two"),
        lambda: keeper.delete("a"),
    ]
    for ask in asks:
        with pytest.raises(ConfigError, match=f"chmod 600 {keeper.path}"):
            ask()
    assert keeper.path.read_bytes() == before
    assert ring.kept == {}
    assert keeper.examine().level == "fault"


@pytest.mark.parametrize("text", ["", "{", "[]", '{"a": 1}', "\udcff"])
def test_a_damaged_file_is_told(keeper: Keeper, text: str) -> None:
    """A file that is no JSON object of texts is named with the way out, and not overwritten."""
    keeper.path.parent.mkdir()
    keeper.path.touch(mode=0o600)
    keeper.path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(ConfigError, match="is damaged"):
        keeper.get("a")
    with pytest.raises(ConfigError, match="is damaged"):
        keeper.set("a", "one")


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """Where neither the keyring nor the file takes a secret, that is an error with the path."""
    _without()
    (tmp_path / "data").write_text("a file")
    with pytest.raises(ConfigError, match=r"secrets\.json"):
        Keeper(tmp_path / "data").set("a", "one")


def test_writing_leaves_no_other_file(keeper: Keeper) -> None:
    """Besides the file and its lock nothing stays in the folder."""
    _without()
    for value in ("one", "two"):
        keeper.set("a", value)
    assert {path.name for path in keeper.path.parent.iterdir()} <= {"secrets.json", "secrets.lock"}


@pytest.mark.parametrize(("one", "other"), [("a", "b"), ("a/b", "a"), ("a/b", "a%2Fb"), ("/", "")])
def test_accounts_see_nothing_of_each_other(keeper: Keeper, one: str, other: str) -> None:
    """Whatever two accounts are called, neither reads, overwrites or deletes what the other stored."""
    mine, theirs = Scoped(keeper, one), Scoped(keeper, other)
    mine.set("token", "mine")
    for name in ("token", "token/token", "b/token", "/token"):
        assert theirs.get(name) is None
        theirs.set(name, "theirs")
        theirs.delete(name)
    assert mine.get("token") == "mine"


def test_doctor_is_told_where_secrets_lie(keeper: Keeper, ring: Ring) -> None:
    """The finding names the keyring, or the file; a file beside a keyring that works is a warning."""
    assert "are kept in" in keeper.examine().text
    assert str(keeper.path) not in keeper.examine().text
    _without()
    assert str(keeper.path) in keeper.examine().text
    keeper.set("a", "one")
    assert (keeper.examine().level, str(keeper.path) in keeper.examine().text) == ("ok", True)
    keyring.set_keyring(ring)
    assert keeper.examine().level == "warning"
    assert "ringback connect" in keeper.examine().text

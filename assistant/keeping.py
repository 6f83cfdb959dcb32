"""Secrets in the keyring of the system; where it cannot be used, in a file that its owner alone can read.

Each secret lies in one place. The file is asked first: that costs nothing, and it has what the keyring did not take.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from typing import TYPE_CHECKING
from urllib.parse import quote

from assistant.errors import AuthError, ConfigError
from assistant.ports import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from keyring.backend import KeyringBackend

    from assistant.ports import Secrets

SERVICE = "ringback"
KEYRING = "keyring"
FILE_NAME = "secrets.json"
_OTHERS = 0o077
_FOREIGN = (("secretstorage.exceptions", "SecretStorageException"), ("jeepney.wrappers", "DBusErrorResponse"))


class Keeper:
    """All secrets of one data folder.

    Args:
        folder: the data folder; two folders never share a secret, in the one keyring of the user either.
        warn: told, once, that secrets go into a file and why.
    """

    def __init__(self, folder: Path, warn: Callable[[str], None] | None = None) -> None:
        self._folder = folder
        self._file = SecretFile(folder / FILE_NAME)
        self._warn = warn

    @property
    def path(self) -> Path:
        """Return the file that is used where there is no keyring."""
        return self._file.path

    def get(self, name: str) -> str | None:
        """Return the secret of that name, None when there is none.

        Raises:
            AuthError: the keyring is locked or broken, so nobody knows.
            ConfigError: the file can be read by others, or is damaged.
        """
        found = self._file.read().get(name)
        if found is not None:
            return found
        keyring = _usable()
        if keyring is None:
            return None
        try:
            return keyring.get_password(SERVICE, self._entry(name))
        except _errors() as error:
            raise _locked("get", error) from error

    def set(self, name: str, value: str) -> None:
        """Store a secret, and take it away from the other place.

        Raises:
            ConfigError: the file can be read by others, is damaged or cannot be written.
        """
        self._file.read()  # a file that is not to be trusted is told of before anything is written anywhere
        why = self._into_keyring(name, value)
        if why is None:
            self._file.change(name, None)
            return
        self._file.change(name, value)
        if self._warn is not None:
            self._warn(f"{why} The sign-in is kept in a file that only you can read: {self.path}")
            self._warn = None

    def delete(self, name: str) -> None:
        """Remove a secret from both places; one that is absent is success.

        Raises:
            AuthError: the keyring is locked or broken, so it may still be there.
        """
        self._file.change(name, None)
        keyring = _usable()
        if keyring is None:
            return
        try:
            if keyring.get_password(SERVICE, self._entry(name)) is not None:
                keyring.delete_password(SERVICE, self._entry(name))
        except _errors() as error:
            raise _locked("delete", error) from error

    def examine(self) -> Finding:
        """Say where secrets are kept."""
        try:
            in_file = bool(self._file.read())
        except ConfigError as error:
            return Finding("fault", "secrets", str(error))
        keyring = _usable()
        if not in_file:
            told = f"in a file that only you can read: {self.path}" if keyring is None else f"in {keyring.name}"
            return Finding("ok", "secrets", f"sign-ins are kept {told}")
        if keyring is None:
            return Finding("ok", "secrets", f"sign-ins lie in {self.path}, for want of a keyring; only you can read it")
        text = f"a sign-in lies in {self.path}, and there is a keyring now. To move it: ringback connect"
        return Finding("warning", "secrets", text)

    def _into_keyring(self, name: str, value: str) -> str | None:
        """Return None where it is in the keyring now, else a sentence why not."""
        keyring = _usable()
        if keyring is None:
            return "This system has no keyring that can be used."
        try:
            keyring.set_password(SERVICE, self._entry(name), value)
            if keyring.get_password(SERVICE, self._entry(name)) == value:
                return None
        except _errors() as error:
            return f"The keyring of this system cannot be used ({_words(error)})."
        return "The keyring of this system does not keep what it is given."

    def _entry(self, name: str) -> str:
        return f"{name} of {self._folder}"


class Scoped:
    """The secrets of one account: none of another can be named."""

    def __init__(self, secrets: Secrets, account: str) -> None:
        self._secrets = secrets
        self._account = account

    def get(self, name: str) -> str | None:
        """Return the account's secret of that name, None when there is none."""
        return self._secrets.get(scoped(self._account, name))

    def set(self, name: str, value: str) -> None:
        """Store a secret of the account."""
        self._secrets.set(scoped(self._account, name), value)

    def delete(self, name: str) -> None:
        """Remove a secret of the account; one that is absent is success."""
        self._secrets.delete(scoped(self._account, name))


def scoped(account: str, name: str) -> str:
    """Return the name that an account's secret has among all."""
    return f"{quote(account, safe=' @+')}/{name}"


class SecretFile:
    """Secrets in a JSON file of mode 0600."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> Mapping[str, str]:
        """Return all secrets of the file, none where it is absent.

        Raises:
            ConfigError: others can read it, or it is damaged.
        """
        try:
            with self.path.open(encoding="utf-8") as file:
                if os.name == "posix" and os.fstat(file.fileno()).st_mode & _OTHERS:
                    raise ConfigError([_wide(self.path)])
                found = json.load(file)
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise ConfigError([f"cannot be read ({error.strerror})"], str(self.path)) from error
        except ValueError as error:
            raise self._damaged() from error
        if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
            raise self._damaged()
        return found

    def change(self, name: str, value: str | None) -> None:
        """Write one secret, or remove it with None, in one step.

        Raises:
            ConfigError: others can read the file, it is damaged or cannot be written.
        """
        if value is None and name not in self.read():
            return
        import filelock  # noqa: PLC0415  only what writes needs it

        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with filelock.FileLock(self.path.with_suffix(".lock")):
                kept = {key: text for key, text in self.read().items() if key != name}
                self._write(kept if value is None else {**kept, name: value})
        except OSError as error:
            raise ConfigError([f"cannot be written ({error.strerror})"], str(self.path)) from error

    def _damaged(self) -> ConfigError:
        return ConfigError(["is damaged. Delete it and sign in again: ringback connect"], str(self.path))

    def _write(self, secrets: Mapping[str, str]) -> None:
        handle, name = tempfile.mkstemp(dir=self.path.parent, prefix=".secrets-")  # of mode 0600
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(secrets, file, indent=1)
                file.flush()
                os.fsync(file.fileno())
            os.replace(name, self.path)  # noqa: PTH105  beside its brother os.unlink
        except BaseException:
            os.unlink(name)  # noqa: PTH108  a name, not a path
            raise


def _wide(path: Path) -> str:
    return (
        f"{path}: others on this machine can read your sign-in, so it is not used. Run: chmod 600 {path}; if somebody "
        "may have read it, then sign out and in again: ringback logout, ringback connect"
    )


def _usable() -> KeyringBackend | None:
    """Return the keyring of this system; None where the library or a real backend is missing."""
    try:
        import keyring  # noqa: PLC0415  slow to import, and an extra
    except ModuleNotFoundError:
        return None
    try:
        found = keyring.get_keyring()
        is_real = found.priority > 0
    except (RuntimeError, ImportError, AttributeError):  # what a backend named by the user raises if it cannot run here
        return None
    return found if is_real else None


def _errors() -> tuple[type[Exception], ...]:
    """Return what a keyring raises: besides its own errors those of the libraries that a backend has loaded."""
    from keyring.errors import KeyringError  # noqa: PLC0415  as above

    foreign = (getattr(sys.modules.get(module), name, None) for module, name in _FOREIGN)
    return KeyringError, OSError, RuntimeError, *(error for error in foreign if error is not None)


def _locked(operation: str, error: Exception) -> AuthError:
    text = f"the keyring of this system cannot be opened ({_words(error)}). Unlock it and run the command again"
    return AuthError(KEYRING, operation, text)


def _words(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__

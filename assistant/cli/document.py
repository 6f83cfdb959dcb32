"""The config file as a document: values change, the user's comments, order and other keys stay."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tomlkit
from tomlkit.items import AoT

from assistant import settings
from assistant.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tomlkit import TOMLDocument

TEMPLATE = Path(__file__).with_name("template.toml")


def load(path: Path) -> tuple[TOMLDocument, bool]:
    """Return the document and whether it was there; a new one has every key with an explanation.

    Raises:
        ConfigError: the file is there and is broken; it lists all mistakes and the file is left alone.
    """
    if not path.exists():
        return tomlkit.parse(TEMPLATE.read_text(encoding="utf-8")), False
    settings.load(path)
    return tomlkit.parse(path.read_text(encoding="utf-8")), True


def account(document: TOMLDocument) -> Any:  # noqa: ANN401  a table of tomlkit, whose types are of no help here
    """Return the table of the local account, made where there is none."""
    tables = document.get("account")
    assert isinstance(tables, AoT), "a checked config has a list of accounts"
    found = next((table for table in tables if table.get("provider") == "local"), None)
    if found is not None:
        return found
    table = tomlkit.table()
    table["provider"] = "local"
    tables.append(table)
    return tables[-1]


def account_of(document: TOMLDocument, provider: str, name: str | None, *, fresh: bool) -> Any:  # noqa: ANN401  as above
    """Return the table of an account, made where there is none of that name.

    In a fresh file the one that the template has becomes it.

    Args:
        document: the config.
        provider: of the account.
        name: of the account; None for the only one of the provider.
        fresh: whether the document was made from the template.

    Raises:
        UsageError: another provider's account has this name, or there are several to choose from.
    """
    tables = document.get("account")
    assert isinstance(tables, AoT), "a checked config has a list of accounts"
    if name is None:
        name = _only(provider, [_name(table) for table in tables if table["provider"] == provider])
    found = next((table for table in tables if _name(table) == name), None)
    if found is not None and found["provider"] != provider:
        other = found["provider"]
        raise UsageError(f"The account {name!r} is of the provider {other}. Choose another name: --account NAME")
    if found is not None:
        return found
    if not fresh:
        tables.append(tomlkit.table())
    tables[-1]["provider"] = provider
    if name != provider:
        tables[-1]["name"] = name
    return tables[-1]


def _name(table: Any) -> str:  # noqa: ANN401  as above
    return str(table.get("name") or table["provider"])


def _only(provider: str, names: list[str]) -> str:
    if len(names) > 1:
        raise UsageError(f"There are several accounts of {provider}. Say which: --account {' or '.join(names)}")
    return names[0] if names else provider


def change(table: Any, values: Mapping[str, object]) -> None:  # noqa: ANN401  as above
    """Set the values that differ; None and empty lists that are not there stay away."""
    for key, value in values.items():
        if value in (None, []) and key not in table:
            continue
        if key not in table or _plain(table[key]) != value:
            table[key] = value


def user(document: TOMLDocument) -> Any:  # noqa: ANN401  as above
    """Return the table about the user, made where there is none."""
    if "user" not in document:
        document["user"] = tomlkit.table()
    return document["user"]


def _plain(value: Any) -> object:  # noqa: ANN401  as above
    return value.unwrap() if hasattr(value, "unwrap") else value


def save(document: TOMLDocument, path: Path) -> None:
    """Write the file in one step, readable by its owner alone, after checking what was made.

    Raises:
        ConfigError: the values given are wrong; nothing is written.
    """
    text = tomlkit.dumps(document)
    settings.decode(text.encode(), str(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".config-")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    Path(name).replace(path)

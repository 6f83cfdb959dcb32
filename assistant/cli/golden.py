"""`recognise --check`: a mail and beside it, in JSON, what it should be read as."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec

from assistant.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_NOT_COMPARED = {"file", "mailbox", "evidence", "differences"}


class Mailbox(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose mailbox the mail was in, where it is another than the options say; the key `mailbox` of the JSON file."""

    region: str | None = None
    tz: str | None = None
    address: tuple[str, ...] | None = None
    own_number: tuple[str, ...] | None = None
    authserv_id: tuple[str, ...] | None = None


def expected(mail: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what should be read from a mail, and the options that its file of expectations sets.

    Raises:
        UsageError: there is no such file, or it is no JSON object.
    """
    path = mail.with_suffix(".json")
    try:
        wanted = msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
        box = msgspec.convert(wanted.get("mailbox", {}), Mailbox)
    except FileNotFoundError as error:
        raise UsageError(
            f"{mail}: there is no {path.name} beside it. Write it: ringback recognise --json {mail} > {path}"
        ) from error
    except (OSError, msgspec.MsgspecError) as error:
        raise UsageError(f"{path}: cannot be read as a JSON object ({error})") from error
    options = {key: value for key, value in msgspec.structs.asdict(box).items() if value is not None}
    return {key: value for key, value in wanted.items() if key not in _NOT_COMPARED}, options


def differences(wanted: object, got: object, where: str = "") -> Iterator[str]:
    """Yield a sentence for each value that is not as wanted; what the file does not name may be anything."""
    if isinstance(wanted, dict) and isinstance(got, dict):
        for key, value in wanted.items():
            yield from differences(value, got.get(key), f"{where}.{key}" if where else key)
    elif isinstance(wanted, list) and isinstance(got, list) and len(wanted) == len(got):
        for number, (one, other) in enumerate(zip(wanted, got, strict=True)):
            yield from differences(one, other, f"{where}[{number}]")
    elif wanted != got:
        yield f"{where} is {_shown(got)} and should be {_shown(wanted)}"


def _shown(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)

"""`schema`: the published JSON schemas, which lie beside this module as files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from assistant import settings
from assistant.cli import output, planviews, views
from assistant.cli.session import Session, json_option
from assistant.errors import UsageError
from assistant.model.call import Kind, Trust, Urgency
from assistant.model.planning import Plan, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

FOLDER = Path(__file__).parent / "schemas"
_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_VIEWS: dict[str, type[views.View]] = {
    "today": views.TodayView,
    "list": views.ListView,
    "week": planviews.WeekView,
    "show": views.ShowView,
    "why": planviews.WhyView,
    "sync": views.SyncView,
    "bin": views.BinView,
    "log": views.LogView,
    **dict.fromkeys(
        (
            "done", "tried", "snooze", "promise", "bucket", "add", "merge", "split", "restore", "acknowledge", "undo",
            "bin-accept", "bin-dismiss",
        ),
        views.DecisionView,
    ),
    "check": views.CheckView,
    "init": views.InitView,
    "connect": views.ConnectView,
    "logout": views.LogoutView,
    "doctor": views.DoctorView,
    "schema": views.SchemaView,
    "error": views.ErrorView,
}  # fmt: skip


class RecognisedWindow(msgspec.Struct, frozen=True, kw_only=True):
    """When the caller wants to be called; `text` is the caller's words."""

    not_before: str | None
    not_after: str | None
    text: str


class RecognisedCall(msgspec.Struct, frozen=True, kw_only=True):
    """One call of a mail; times are RFC 3339."""

    number_e164: str | None
    number_raw: str | None
    extension: str | None
    caller_name: str | None
    called_at: str | None
    called_at_source: str | None
    tz_assumed: str | None
    duration_s: int | None
    transcript: str | None
    callback_number_e164: str | None
    requested: RecognisedWindow | None
    urgency: Urgency
    wants_callback: bool


class RecognisedOther(msgspec.Struct, frozen=True, kw_only=True):
    """Words that could have been a field's, and why they are not."""

    text: str
    part: str
    why: str


class RecognisedEvidence(msgspec.Struct, frozen=True, kw_only=True):
    """Where a field was read (only with --explain). `call` counts the calls from 0; null is the whole mail."""

    call: int | None
    field: str
    text: str
    part: str
    rule: str
    passed_over: tuple[RecognisedOther, ...]


class Recognised(msgspec.Struct, frozen=True, kw_only=True):
    """One line of `ringback recognise --json`.

    A mail that cannot be read has kind `none`, trust `suspect` and the reason. `differences` come with --check.
    """

    file: str
    kind: Kind
    vendor: str | None
    trust: Trust
    reasons: tuple[str, ...]
    calls: tuple[RecognisedCall, ...]
    evidence: tuple[RecognisedEvidence, ...] = ()
    differences: tuple[str, ...] = ()


@click.command("schema")
@click.argument("name", required=False)
@json_option
@click.pass_obj
def schema_command(session: Session, *, name: str | None) -> None:
    """Print the JSON schema (2020-12) of a command's output, of `config` or of `problem`; without NAME, list the names.

    Example: ringback schema today
    """
    names = tuple(sorted(path.stem for path in FOLDER.glob("*.json")))
    if name is None:
        view = views.SchemaView(schema="ringback/schema/1", names=names)
        if session.as_json:
            output.print_json(view)
        else:
            click.echo("\n".join(names))
        return
    if name not in names:
        raise UsageError(f"There is no schema {name!r}. There are: {', '.join(names)}")
    click.echo((FOLDER / f"{name}.json").read_text(encoding="utf-8"), nl=False)


def published() -> Mapping[str, str]:
    """Return the text of every schema file by its name, made from the structs."""
    made = {name: _of_view(name, view) for name, view in _VIEWS.items()}
    made["config"] = settings.schema()
    made["recognise"] = _of(Recognised)
    made["problem"] = _of(Problem)
    made["plan"] = _of(Plan)
    return {name: json.dumps(schema, indent=2, ensure_ascii=False) + "\n" for name, schema in made.items()}


def write(folder: Path) -> None:
    """Write every schema file; for this package's own folder after a view changed."""
    for name, text in published().items():
        (folder / f"{name}.json").write_text(text, encoding="utf-8")


def _of(kind: type[msgspec.Struct]) -> dict[str, Any]:
    return {"$schema": _DIALECT, **msgspec.json.schema(kind)}


def _of_view(name: str, view: type[views.View]) -> dict[str, Any]:
    schema = _of(view)
    schema["$defs"][view.__name__]["properties"]["schema"] = {"const": f"ringback/{name}/1"}
    return schema

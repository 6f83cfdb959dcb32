"""The published schemas are those of the code."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import jsonschema

from assistant.cli import schemas
from assistant.cli.app import COMMANDS

if TYPE_CHECKING:
    from pathlib import Path


def test_the_files_are_what_the_code_makes(tmp_path: Path) -> None:
    """Each schema file is as `schemas.write(schemas.FOLDER)` would write it now, and there are no others."""
    schemas.write(tmp_path)
    made = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert {path.name: path.read_text() for path in schemas.FOLDER.iterdir()} == made


def test_every_schema_is_one() -> None:
    """Every file is a schema of JSON Schema 2020-12."""
    for path in schemas.FOLDER.iterdir():
        jsonschema.Draft202012Validator.check_schema(json.loads(path.read_text()))


def test_every_command_with_json_has_a_schema() -> None:
    """Every command's output is published under its name, and so are errors, problems and the configuration."""
    names = {path.stem for path in schemas.FOLDER.iterdir()}
    assert names - {"bin-accept", "bin-dismiss"} == (set(COMMANDS) - {"serve", "demo"}) | {"error", "problem", "config"}

"""Bodies held to Microsoft's own types from npm, by jsonschema. Without them everything passes: see README.md."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

SCHEMA = Path(__file__).parent / "node_modules" / "graph.schema.json"
"""Made of the types when `npm ci` has installed them."""

_REF = "#/definitions/"
_MOMENT = {"pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,7})?(Z|[+-]\d\d:\d\d)$"}
_ANNOTATIONS = re.compile(r"@odata\.(type|etag|id|context|count|nextLink|deltaLink)|@removed|\w+@odata\.\w+")
_LINKS = {"@odata.nextLink", "@odata.deltaLink"}
_ACTIONS: dict[str, dict[str, Any]] = {
    "move": {"destinationId": {"type": "string"}},
    "createReply": {"message": {"$ref": f"{_REF}Message"}, "comment": {"type": ["string", "null"]}},
    "send": {"message": {"$ref": f"{_REF}Message"}, "saveToSentItems": {"type": "boolean"}},
}
"""Parameters of actions, of which the types say nothing."""


def available() -> bool:
    """Return whether the types are there."""
    return SCHEMA.is_file()


def wrong_request(name: str, body: object) -> list[str]:
    """Return what a request's body has that its type, or the parameters of its action, have not."""
    if name == "*" and isinstance(body, dict):
        return []
    return _complaints(name, body)


def wrong_answer(name: str, body: dict[str, Any], *, listed: bool) -> list[str]:
    """Return what an answer's body has that its type has not.

    Args:
        name: of the type.
        body: the answer.
        listed: whether it is a list of these, with links to the next page or to what comes later.
    """
    wrong = [] if "@odata.context" in body else ["$: no @odata.context"]
    if not listed:
        return wrong + _one_wrong(name, body)
    if not isinstance(body.get("value"), list):
        return [*wrong, "$: no list of values"]
    unknown = set(body) - _LINKS - {"@odata.context", "@odata.count", "value"}
    wrong += [f"$: {each}" for each in unknown] + (["$: both links"] if set(body) >= _LINKS else [])
    for at, each in enumerate(body["value"]):
        wrong += [f"value[{at}]{text[1:]}" for text in _one_wrong(name, each)]
    return wrong


def _one_wrong(name: str, entity: dict[str, Any]) -> list[str]:
    has_id = not available() or "id" in _definitions()[name]["properties"]
    return _complaints(name, entity) + (["$: no id"] if has_id and "id" not in entity and available() else [])


def _complaints(name: str, body: object) -> list[str]:
    if not available():
        return []
    plain, wrong = _plain(body)
    errors = sorted(_validator(name).iter_errors(plain), key=lambda error: list(map(str, error.absolute_path)))
    return wrong + [f"{error.json_path}: {error.message[:300]}" for error in errors]


def _plain(body: object) -> tuple[Any, list[str]]:
    """Return a body without annotations, and the annotations that nobody knows."""
    wrong: list[str] = []

    def strip(value: object) -> object:
        if isinstance(value, list):
            return [strip(each) for each in value]
        if not isinstance(value, dict):
            return value
        wrong.extend(f"$: unknown annotation {key}" for key in value if "@" in key and not _ANNOTATIONS.fullmatch(key))
        return {key: strip(each) for key, each in value.items() if "@" not in key}

    return strip(body), wrong


@cache
def _validator(name: str) -> Draft202012Validator:
    known = _definitions()
    if name in _ACTIONS:
        parameters = {"type": "object", "properties": _ACTIONS[name], "additionalProperties": False}
        return Draft202012Validator({**parameters, "definitions": known})
    return Draft202012Validator({**known[name], "definitions": known})


@cache
def _definitions() -> dict[str, Any]:
    """Return the types, those that need no others written out where they are used: that is several times faster."""
    known: dict[str, Any] = json.loads(SCHEMA.read_text(encoding="utf-8"))["definitions"]
    for each in known.values():
        _dated(each)
    for _ in range(4):
        simple = {name: each for name, each in known.items() if _REF not in json.dumps(each)}
        known = {name: _written_out(each, simple) for name, each in known.items()}
    return known


def _dated(definition: dict[str, Any]) -> None:
    """Let what is called ...DateTime be an instant: the types say only that it is text."""
    for name, each in definition.get("properties", {}).items():
        if name.endswith("DateTime") and "NullableOption<string>" in each.get("$ref", ""):
            definition["properties"][name] = {"type": ["string", "null"], **_MOMENT}


def _written_out(schema: object, simple: dict[str, Any]) -> Any:  # noqa: ANN401  any JSON
    if isinstance(schema, list):
        return [_written_out(each, simple) for each in schema]
    if not isinstance(schema, dict):
        return schema
    found = simple.get(str(schema.get("$ref", "")).removeprefix(_REF))
    return found if found is not None else {key: _written_out(each, simple) for key, each in schema.items()}

"""Bodies held to the schemas of the discovery documents, by jsonschema."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from jsonschema import Draft202012Validator

from tests.servers.google.discovery import document

if TYPE_CHECKING:
    from collections.abc import Mapping

_MOMENT = r"^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$"
_FORMATS: dict[str, dict[str, Any]] = {
    "uint64": {"pattern": r"^\d+$"},
    "int64": {"pattern": r"^-?\d+$"},
    "byte": {"pattern": r"^[A-Za-z0-9_+/-]*=*$"},
    "date": {"pattern": r"^\d{4}-\d\d-\d\d$"},
    "date-time": {"pattern": _MOMENT},
    "google-datetime": {"pattern": _MOMENT},
    "int32": {"minimum": -(2**31), "maximum": 2**31 - 1},
    "uint32": {"minimum": 0, "maximum": 2**32 - 1},
}


def wrong_request(service: str, name: str, method: str, body: object) -> list[str]:
    """Return what a request's body has that its schema has not. A null is allowed anywhere: it clears a field."""
    wrong = _complaints(_validator(service, name, request=True), body)
    if isinstance(body, dict):
        wrong += [f"{each}: required" for each in _required(service, name, method) if body.get(each) is None]
    return wrong


def wrong_answer(service: str, name: str, body: object) -> list[str]:
    """Return what an answer's body has that its schema has not."""
    return _complaints(_validator(service, name, request=False), body)


def without_read_only(service: str, name: str, body: object) -> object:
    """Return a request's body without the fields that only Google writes; it ignores them."""
    return _pruned(service, {"$ref": name}, body)


def property_of(service: str, schema: Mapping[str, Any], name: str) -> Mapping[str, Any] | None:
    """Return the schema of one property of a schema, through references and lists; None when there is none."""
    found = resolved(service, schema)
    if found.get("type") == "array":
        return property_of(service, found["items"], name)
    if found.get("type") == "any":
        return {"type": "any"}
    inner = found.get("properties", {}).get(name, found.get("additionalProperties"))
    return inner if isinstance(inner, dict) else None


def resolved(service: str, schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """Follow a reference."""
    found: Mapping[str, Any] = document(service)["schemas"][schema["$ref"]] if "$ref" in schema else schema
    return found


def _complaints(validator: Draft202012Validator, body: object) -> list[str]:
    errors = sorted(validator.iter_errors(body), key=lambda error: list(map(str, error.absolute_path)))
    return [f"{error.json_path}: {error.message[:300]}" for error in errors]


def _required(service: str, name: str, method: str) -> list[str]:
    properties = document(service)["schemas"][name].get("properties", {})
    return [each for each, schema in properties.items() if method in schema.get("annotations", {}).get("required", ())]


@functools.cache
def _validator(service: str, name: str, *, request: bool) -> Draft202012Validator:
    schemas = document(service)["schemas"]
    return Draft202012Validator(
        {"$ref": f"#/$defs/{name}", "$defs": {each: _converted(raw, request=request) for each, raw in schemas.items()}}
    )


def _converted(raw: Mapping[str, Any], *, request: bool) -> dict[str, Any]:
    """Make a JSON Schema of a discovery schema."""
    if "$ref" in raw:
        return _or_null({"$ref": f"#/$defs/{raw['$ref']}"}, request=request)
    kind = raw.get("type", "any")
    found: dict[str, Any] = {} if kind == "any" else {"type": kind}
    found |= _FORMATS.get(raw.get("format", ""), {})
    if "enum" in raw:
        found["enum"] = raw["enum"]
    if kind == "array":
        found["items"] = _converted(raw["items"], request=request)
    if kind == "object":
        found["properties"] = {
            each: _or_null(_converted(one, request=request), request=request)
            for each, one in raw.get("properties", {}).items()
        }
        others = raw.get("additionalProperties")
        found["additionalProperties"] = False if others is None else _converted(others, request=request)
        if others is not None and request:
            found["additionalProperties"] = _or_null(found["additionalProperties"], request=True)
    return found


def _or_null(schema: dict[str, Any], *, request: bool) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}]} if request and "anyOf" not in schema else schema


def _pruned(service: str, schema: Mapping[str, Any], body: object) -> object:
    found = resolved(service, schema)
    if isinstance(body, list) and "items" in found:
        return [_pruned(service, found["items"], each) for each in body]
    if not isinstance(body, dict):
        return body
    found_in = {name: property_of(service, found, name) or {} for name in body}
    return {
        name: _pruned(service, found_in[name], value)
        for name, value in body.items()
        if not found_in[name].get("readOnly")
    }

"""Which method a request is for, and whether its parameters are those of the discovery documents."""

from __future__ import annotations

import functools
import json
import re
from dataclasses import dataclass, field
from importlib.resources import files
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.servers.google.calls import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SERVICES = ("gmail", "calendar", "people")
_VERSIONS = {"gmail": "v1", "calendar": "v3", "people": "v1"}
_BOOLEANS = {"true": True, "false": False}
_BITS = {"int32": (-(2**31), 2**31 - 1), "uint32": (0, 2**32 - 1)}
_EVERYWHERE = {"alt", "key", "fields", "prettyPrint", "quotaUser", "oauth_token", "access_token", "userIp"}
_EVERYWHERE |= {"callback", "uploadType", "upload_protocol", "$.xgafv"}


class Method(NamedTuple):
    """One method of a discovery document."""

    id: str
    service: str
    http: str
    paths: tuple[re.Pattern[str], ...]
    literal: int
    parameters: Mapping[str, Mapping[str, Any]]
    request: str | None
    response: str | None
    scopes: frozenset[str]


class Match(NamedTuple):
    """A method with its parameters, as text."""

    method: Method
    parameters: Mapping[str, list[str]]
    upload: bool


@dataclass
class Checked:
    """Parameters as values, and what was wrong with them."""

    params: dict[str, Any] = field(default_factory=dict)
    fields: str | None = None
    wrong: list[tuple[str, str]] = field(default_factory=list)


@functools.cache
def document(service: str) -> dict[str, Any]:
    """Return the document that the real client is built from."""
    name = f"{service}.{_VERSIONS[service]}.json"
    text = files("googleapiclient.discovery_cache.documents").joinpath(name).read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


@functools.cache
def methods() -> tuple[Method, ...]:
    """Return every method of the three services, the most literal paths first."""
    found = (_method(service, raw) for service in SERVICES for raw in _raw_methods(document(service)))
    return tuple(sorted(found, key=lambda method: -method.literal))


def _raw_methods(resource: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    yield from resource.get("methods", {}).values()
    for inner in resource.get("resources", {}).values():
        yield from _raw_methods(inner)


def _method(service: str, raw: Mapping[str, Any]) -> Method:
    found = document(service)
    parameters = raw.get("parameters", {})
    template = "/" + found["servicePath"] + raw["path"]
    simple = raw.get("mediaUpload", {}).get("protocols", {}).get("simple", {}).get("path")
    return Method(
        id=raw["id"],
        service=service,
        http=raw["httpMethod"],
        paths=tuple(_pattern(each, parameters) for each in (template, simple) if each),
        literal=len(re.sub(r"\{[^}]*\}", "", template)),
        parameters=parameters,
        request=raw.get("request", {}).get("$ref"),
        response=raw.get("response", {}).get("$ref"),
        scopes=frozenset(raw.get("scopes", ())),
    )


def _pattern(template: str, parameters: Mapping[str, Mapping[str, Any]]) -> re.Pattern[str]:
    """Make an expression of an RFC 6570 template of levels 1 and 2."""
    parts = re.split(r"\{(\+?\w+)\}", template)
    names = {name: f"(?P<{name.lstrip('+')}>{_variable(name, parameters)})" for name in parts[1::2]}
    return re.compile("".join(names[part] if odd % 2 else re.escape(part) for odd, part in enumerate(parts)))


def _variable(name: str, parameters: Mapping[str, Mapping[str, Any]]) -> str:
    if not name.startswith("+"):
        return "[^/]+"
    return str(parameters[name[1:]].get("pattern", ".+")).removeprefix("^").removesuffix("$")


def find(http: str, target: str) -> Match | None:
    """Return the method that a request is for, None for none."""
    parts = urlsplit(target)
    for method in methods():
        for number, path in enumerate(method.paths):
            found = path.fullmatch(parts.path) if method.http == http else None
            if found is not None:
                given = {name: [unquote(value)] for name, value in found.groupdict().items()}
                for name, value in parse_qsl(parts.query, keep_blank_values=True):
                    given.setdefault(name, []).append(value)
                return Match(method, given, upload=number == 1)
    return None


def check(match: Match) -> Checked:
    """Convert parameters by their schemas; those left out get the document's default."""
    checked = Checked()
    for name, texts in match.parameters.items():
        schema = match.method.parameters.get(name)
        if schema is not None:
            _take(checked, name, schema, texts)
        elif name not in _EVERYWHERE:
            checked.wrong.append((name, f'Unknown name "{name}": Cannot bind query parameter.'))
        elif name == "fields":
            checked.fields = texts[-1]
        elif name == "alt" and texts[-1] != "json":
            checked.wrong.append((name, f"This server answers in JSON alone, not {texts[-1]!r}."))
    for name, schema in match.method.parameters.items():
        if name in match.parameters:
            continue
        if "default" in schema:
            checked.params[name] = _convert(schema, str(schema["default"]))
        elif schema.get("required"):
            checked.wrong.append((name, f"Required parameter: {name}"))
    return checked


def _take(checked: Checked, name: str, schema: Mapping[str, Any], texts: list[str]) -> None:
    if len(texts) > 1 and not schema.get("repeated"):
        checked.wrong.append((name, f"Proto field is not repeating, cannot start list: {name}"))
        return
    try:
        values = [_convert(schema, text) for text in texts]
    except ValueError as error:
        checked.wrong.append((name, f"Invalid value at '{name}': {error}"))
        return
    checked.params[name] = values if schema.get("repeated") else values[0]


def _convert(schema: Mapping[str, Any], text: str) -> str | int | bool:
    kind = schema.get("type")
    if kind == "boolean":
        if text not in _BOOLEANS:
            raise ValueError(f"{text!r} is no boolean")
        return _BOOLEANS[text]
    if kind == "integer":
        return _integer(schema, text)
    if "enum" in schema and text not in schema["enum"]:
        raise ValueError(f"{text!r} is none of {schema['enum']}")
    if "pattern" in schema and not re.search(schema["pattern"], text):
        raise ValueError(f"{text!r} does not match {schema['pattern']}")
    if schema.get("format") in {"uint64", "int64"}:
        int(text)
    return text


def _integer(schema: Mapping[str, Any], text: str) -> int:
    least, most = _BITS[schema.get("format", "int32")]
    least, most = max(least, int(schema.get("minimum", least))), min(most, int(schema.get("maximum", most)))
    if not least <= int(text) <= most:
        raise ValueError(f"{text} is not within {least} and {most}")
    return int(text)


def refuse(match: Match, wrong: list[tuple[str, str]]) -> RefusedError:
    """Return the refusal for wrong parameters."""
    name, text = wrong[0]
    reason = "required" if text.startswith("Required") else "invalidParameter"
    if match.method.service != "calendar":
        reason = "invalidArgument"
    return RefusedError(400, reason, text, location=name)

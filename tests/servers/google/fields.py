"""The `fields` parameter: which part of an answer is wanted, as in `items(id,start/dateTime),nextPageToken`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tests.servers.google import schema
from tests.servers.google.calls import RefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping

_TOKEN = re.compile(r"[\w$*-]+|[/,()]")

Mask = dict[str, "Mask"]
"""Names to what is wanted below; an empty one is everything below."""


def parse(text: str) -> Mask:
    """Read a mask.

    Raises:
        RefusedError: it is none.
    """
    tokens = _TOKEN.findall(text)
    if "".join(tokens) != re.sub(r"\s", "", text):
        raise _wrong(text)
    mask = _list(tokens, text)
    if tokens:
        raise _wrong(text)
    return mask


def check(service: str, response: str, mask: Mask) -> str | None:
    """Return the first name in the mask that the answer's schema does not have, None when all is well."""
    return _unknown(service, {"$ref": response}, mask)


def apply(mask: Mask, body: object) -> object:
    """Return what is wanted of an answer; what is empty then is left out."""
    if not mask or "*" in mask:
        return body
    if isinstance(body, list):
        return [apply(mask, each) for each in body]
    if not isinstance(body, dict):
        return body
    return {name: apply(mask[name], value) for name, value in body.items() if name in mask}


def _list(tokens: list[str], text: str) -> Mask:
    mask: Mask = {}
    while True:
        name = _name(tokens, text)
        inner = mask.setdefault(name, {})
        if tokens[:1] == ["/"]:
            tokens.pop(0)
            inner |= _path(tokens, text)
        elif tokens[:1] == ["("]:
            inner |= _group(tokens, text)
        if tokens[:1] != [","]:
            return mask
        tokens.pop(0)


def _path(tokens: list[str], text: str) -> Mask:
    name = _name(tokens, text)
    if tokens[:1] == ["/"]:
        tokens.pop(0)
        return {name: _path(tokens, text)}
    return {name: _group(tokens, text) if tokens[:1] == ["("] else {}}


def _group(tokens: list[str], text: str) -> Mask:
    tokens.pop(0)
    mask = _list(tokens, text)
    if tokens[:1] != [")"]:
        raise _wrong(text)
    tokens.pop(0)
    return mask


def _name(tokens: list[str], text: str) -> str:
    if not tokens or tokens[0] in "/,()":
        raise _wrong(text)
    return tokens.pop(0)


def _unknown(service: str, within: Mapping[str, Any], mask: Mask) -> str | None:
    for name, below in mask.items():
        if name == "*":
            continue
        inner = schema.property_of(service, within, name)
        found = name if inner is None else _unknown(service, inner, below)
        if found is not None:
            return found
    return None


def _wrong(text: str) -> RefusedError:
    return RefusedError(400, "invalidParameter", f"Invalid field selection {text}", location="fields")

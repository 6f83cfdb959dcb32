"""Addresses and header fields of requests."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

if TYPE_CHECKING:
    from collections.abc import Mapping

PLAIN = "text/plain"
"""Content type of a message written as MIME (base64): learn.microsoft.com/graph/outlook-create-draft-messages."""
_IMMUTABLE = 'IdType="ImmutableId"'


def at(*segments: str) -> str:
    """Return the path of a resource: `at("me", "messages", ref)`. What is not safe in a path is encoded."""
    return "/".join(quote(segment, safe="$=-_.~") for segment in segments)


def target(path: str, params: Mapping[str, str] | None, root: str) -> str:
    """Return a path with its query, after the version.

    Args:
        path: of a resource, or a whole link that Microsoft gave.
        params: its query options.
        root: of the service, ending in "/".

    Raises:
        ValueError: the link is of another server.
    """
    if "://" in path:
        if not path.startswith(root):
            raise ValueError("a link to another server")
        path = path[len(root) :]
    path = path.lstrip("/")
    if not params:
        return path
    return f"{path}{'&' if '?' in path else '?'}{urlencode(params, quote_via=quote, safe='$,():/')}"


def headed(headers: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the header fields of a request: ids are to be those that stay when an item moves."""
    found = dict(headers or {})
    asked = found.pop("Prefer", "")
    return {**found, "Prefer": f"{_IMMUTABLE}, {asked}" if asked else _IMMUTABLE}

"""$batch: up to 20 requests in one (learn.microsoft.com/graph/json-batching)."""

from __future__ import annotations

import base64
import json
import random
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.servers.graph.calls import GraphError, Reply, Request, lower
from tests.servers.graph.routing import PREFIX

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

LIMIT = 20
PATH = f"{PREFIX}/$batch"
_DEPENDENCY_FAILED = 424
_KEYS = {"id", "method", "url", "headers", "body", "dependsOn"}


class Part(NamedTuple):
    """One request of a batch."""

    id: str
    request: Request
    after: tuple[str, ...]


def read(request: Request) -> list[Part]:
    """Return the requests of a batch. Each is made with the token of the batch.

    Raises:
        GraphError: it is no batch, too large, or not in an order that can be.
    """
    try:
        given = json.loads(request.body)["requests"]
    except (ValueError, KeyError, TypeError):
        raise GraphError("BadRequest", "Invalid batch payload format.") from None
    if not isinstance(given, list) or not given:
        raise GraphError("BadRequest", "Invalid batch payload format.")
    if len(given) > LIMIT:
        raise GraphError("BadRequest", f"Number of batch request steps exceeds the maximum value of {LIMIT}.")
    outer = {
        name: value
        for name, value in request.headers.items()
        if name in {"authorization", "client-request-id", "host", ":scheme"}
    }
    parts = [_part(each, outer) for each in given]
    _check(parts)
    return parts


def _part(given: Mapping[str, Any], outer: Mapping[str, str]) -> Part:
    if not isinstance(given, dict) or set(given) - _KEYS or not {"id", "method", "url"} <= set(given):
        raise GraphError("BadRequest", "Invalid batch payload format.")
    if not all(isinstance(given[each], str) and given[each] for each in ("id", "method", "url")):
        raise GraphError("BadRequest", "Write request id, method and url as texts.")
    headers = lower((given.get("headers") or {}).items())
    body, kind = given.get("body"), headers.get("content-type", "")
    if body is not None and not kind:
        text = f"Write request id : {given['id']} does not contain Content-Type header or body."
        raise GraphError("BadRequest", text)
    content = b"" if body is None else _content(body, kind)
    url = "/" + given["url"].removeprefix("/")
    return Part(given["id"], Request(given["method"], PREFIX + url, {**outer, **headers}, content), _after(given))


def _content(body: object, kind: str) -> bytes:
    """Return the body of a part: JSON as such, text coded in base64 as everything that is no JSON."""
    if kind.startswith("application/json"):
        return json.dumps(body).encode()
    return str(body).encode()


def _after(given: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(given.get("dependsOn") or ())


def _check(parts: list[Part]) -> None:
    seen: set[str] = set()
    for each in parts:
        if each.id in seen:
            raise GraphError("BadRequest", f"Request id {each.id} is used more than once.")
        if not set(each.after) <= seen:
            raise GraphError("BadRequest", f"Request {each.id} depends on one that does not come before it.")
        seen.add(each.id)


def run(parts: Iterable[Part], answer: Callable[[Part], Reply]) -> list[tuple[str, Reply]]:
    """Answer each part in its order; one that depends on a failed one is 424."""
    done: dict[str, Reply] = {}
    for each in parts:
        if any(done[one].status >= 400 for one in each.after):
            error = GraphError("FailedDependency", "A request that this one depends on has failed.", _DEPENDENCY_FAILED)
            done[each.id] = Reply.of(error.status, error.body("", ""))
        else:
            done[each.id] = answer(each)
    return list(done.items())


def write(replies: Iterable[tuple[str, Reply]]) -> Reply:
    """Return the answer to a batch, its parts in any order, as Graph may. What is no JSON is base64 text."""
    shown = [_shown(name, reply) for name, reply in replies]
    random.Random(len(shown)).shuffle(shown)
    return Reply.of(200, {"responses": shown})


def _shown(name: str, reply: Reply) -> dict[str, Any]:
    made: dict[str, Any] = {"id": name, "status": reply.status, "headers": dict(reply.headers)}
    if reply.headers.get("Content-Type", "").startswith("application/json"):
        made["body"] = json.loads(reply.body)
    elif reply.body:
        made["body"] = base64.b64encode(reply.body).decode()
    return made

"""Many requests in one: the JSON batches of Microsoft Graph (learn.microsoft.com/graph/json-batching)."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from assistant.errors import ProviderError, TransientError
from providers.microsoft365 import errors
from providers.microsoft365.errors import NAME
from providers.microsoft365.requesting import headed, target

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MOST = 20
"""Parts of one batch."""
_LARGEST = 3 << 20
"""Bytes of one batch; Microsoft takes 4 MiB."""
_DEPENDENT = 424

Found = dict[str, Any]


class Part(NamedTuple):
    """One request of a batch.

    `path`, `params`, `body` and `headers` are those of `Graph.call`; `content` cannot be in a batch. `after` is the key
    of a part that must have succeeded before this one is tried.
    """

    method: str
    path: str
    params: Mapping[str, str] | None = None
    body: Mapping[str, Any] | None = None
    content: bytes | None = None
    headers: Mapping[str, str] | None = None
    after: str | None = None


def portions(wanted: Mapping[str, Part], root: str) -> Iterator[dict[str, Part]]:
    """Yield the parts in as few batches as Microsoft takes."""
    portion: dict[str, Part] = {}
    size = 0
    for key, part in wanted.items():
        length = len(msgspec.json.encode(_written(key, part, root)))
        if portion and (len(portion) == MOST or size + length > _LARGEST):
            yield portion
            portion, size = {}, 0
        portion[key] = part
        size += length
    if portion:
        yield portion


def written(wanted: Mapping[str, Part], root: str) -> bytes:
    """Return the body of a batch. Its ids are numbers: the order of the parts."""
    numbers = {key: str(number) for number, key in enumerate(wanted)}
    requests = []
    for key, part in wanted.items():
        request = _written(numbers[key], part, root)
        if part.after in numbers:
            request["dependsOn"] = [numbers[part.after]]
        requests.append(request)
    return msgspec.json.encode({"requests": requests})


def _written(number: str, part: Part, root: str) -> dict[str, Any]:
    assert part.content is None, "how a batch has a message in MIME is not documented"
    request: dict[str, Any] = {"id": number, "method": part.method, "url": f"/{target(part.path, part.params, root)}"}
    headers = headed(part.headers)
    if part.body is not None:
        request["body"] = part.body
        headers.setdefault("Content-Type", "application/json")
    request["headers"] = headers
    return request


def read(operation: str, wanted: Mapping[str, Part], answer: Mapping[str, Any]) -> dict[str, Found | ProviderError]:
    """Return the answer or the error of each part. A body that is no object is `{"content": bytes}`.

    Raises:
        InvalidResponseError: it is none of a batch.
    """
    answers = answer.get("responses")
    if not isinstance(answers, list):
        raise errors.unreadable(operation, "no answers in the batch")
    by_number = {str(one.get("id")): one for one in answers if isinstance(one, dict)}
    found = {key: _read(operation, by_number.get(str(number))) for number, key in enumerate(wanted)}
    for key, part in wanted.items():
        cause = found.get(part.after or "")
        if isinstance(cause, ProviderError) and _status(found[key]) == _DEPENDENT:
            found[key] = cause
    return found


def _read(operation: str, one: Mapping[str, Any] | None) -> Found | ProviderError:
    if one is None:
        return TransientError(NAME, operation, "the batch has no answer to this part; the next pass tries again")
    status, headers, body = one.get("status"), one.get("headers"), one.get("body")
    if not isinstance(status, int):
        return errors.unreadable(operation, "a part of a batch without a status")
    if not 200 <= status < 300:  # noqa: PLR2004  what HTTP calls success
        return errors.of_refusal(operation, errors.refusal(status, headers if isinstance(headers, dict) else {}, body))
    if body is None or isinstance(body, dict):
        return body or {}
    try:
        return {"content": base64.b64decode(str(body), validate=True)}
    except (binascii.Error, ValueError):
        return errors.unreadable(operation, "a part of a batch is no JSON")


def _status(found: object) -> int:
    cause = found.__cause__ if isinstance(found, ProviderError) else None
    return cause.refusal.status if isinstance(cause, errors.GraphError) else 0

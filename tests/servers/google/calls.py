"""What goes over the wire, in the words of the parts of this server."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

JSON = "application/json; charset=UTF-8"

_WORDS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ALREADY_EXISTS",
    412: "FAILED_PRECONDITION",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    503: "UNAVAILABLE",
}
_LIMITS = {"rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded", "dailyLimitExceeded"}


class Call(NamedTuple):
    """A request to one method, checked and converted; the parameters that every method takes are left out."""

    method: str
    params: dict[str, Any]
    body: Any
    headers: Mapping[str, str]


class Answer(NamedTuple):
    """What a method answers; a body of None is 204."""

    body: Any = None
    headers: Mapping[str, str] = {}
    status: int = 200


class RefusedError(Exception):
    """A refusal in Google's words.

    Args:
        status: of HTTP.
        reason: `errors[0].reason`.
        message: for people.
        status_word: `status` of google.rpc; by the number if empty. Calendar never shows it.
        headers: of the answer.
        domain: `errors[0].domain`; "usageLimits" or "global" by the reason if empty.
        location: the parameter that is wrong, if one is.
        details: google.rpc.Status.details, never shown by Calendar.
    """

    def __init__(
        self,
        status: int,
        reason: str,
        message: str,
        status_word: str = "",
        headers: Mapping[str, str] | None = None,
        *,
        domain: str = "",
        location: str = "",
        details: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        super().__init__(f"{status} {reason}: {message}")
        self.status = status
        self.reason = reason
        self.message = message
        self.status_word = status_word or _WORDS.get(status, "UNKNOWN")
        self.headers = dict(headers or {})
        self.domain = domain or ("usageLimits" if reason in _LIMITS else "global")
        self.location = location
        self.details = tuple(details)

    def body(self, service: str) -> dict[str, Any]:
        """Return the error as "gmail", "calendar" or "people" writes it: only Gmail has both lists."""
        error: dict[str, Any] = {"code": self.status, "message": self.message}
        if service != "people":
            one = {"message": self.message, "domain": self.domain, "reason": self.reason}
            if self.location:
                one |= {"location": self.location, "locationType": "parameter"}
            error["errors"] = [one]
        if service != "calendar":
            error["status"] = self.status_word
            if self.details:
                error["details"] = [dict(each) for each in self.details]
        return {"error": error}


class Request(NamedTuple):
    """One HTTP request, alone or a part of a batch. Names of header fields are in lower case."""

    http: str
    target: str
    headers: Mapping[str, str]
    body: bytes


class Reply(NamedTuple):
    """One HTTP answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @classmethod
    def of(cls, status: int, body: object, headers: Mapping[str, str] | None = None) -> Reply:
        """Write a JSON answer; a body of None is an empty one."""
        if body is None:
            return cls(status, dict(headers or {}), b"")
        return cls(status, {"Content-Type": JSON, **(headers or {})}, json.dumps(body).encode())


def lower(fields: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return header fields by their names in lower case, those of one name as one list (RFC 9110 5.3)."""
    made: dict[str, str] = {}
    for name, value in fields:
        key = name.lower()
        made[key] = f"{made[key]}, {value}" if key in made else value
    return made

"""What goes over the wire, in the words of the parts of this server."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.servers.google.calls import Reply, Request, lower

if TYPE_CHECKING:
    from tests.servers.graph.odata import Query

__all__ = ["Answer", "Call", "GraphError", "Handler", "Reply", "Request", "Route", "lower", "status_of"]

_STATUS = {
    "ErrorItemNotFound": 404,
    "ErrorFolderNotFound": 404,
    "ResourceNotFound": 404,
    "ErrorNonExistentMailbox": 404,
    "MailboxNotEnabledForRESTAPI": 404,
    "ErrorInvalidIdMalformed": 400,
    "ErrorAccessDenied": 403,
    "Authorization_RequestDenied": 403,
    "ErrorCalendarCannotMoveOrCopyOccurrence": 400,
    "ErrorIrresolvableConflict": 412,
    "ErrorFolderExists": 409,
    "ErrorDuplicateTransactionId": 409,
    "ErrorDeleteDistinguishedFolder": 403,
    "SyncStateNotFound": 410,
    "resyncRequired": 410,
    "InvalidAuthenticationToken": 401,
    "ApplicationThrottled": 429,
    "TooManyRequests": 429,
    "activityLimitReached": 429,
    "MailboxConcurrency": 429,
    "ServiceUnavailable": 503,
    "serviceNotAvailable": 503,
    "ErrorInternalServerTransientError": 503,
    "ErrorServerBusy": 503,
    "ErrorTimeout": 504,
    "ErrorMailboxMoveInProgress": 503,
    "ErrorInternalServerError": 500,
    "InternalServerError": 500,
    "ErrorQuotaExceeded": 507,
    "ErrorMessageSizeExceeded": 413,
}
_WORDS = {
    400: "BadRequest",
    401: "InvalidAuthenticationToken",
    403: "ErrorAccessDenied",
    404: "ErrorItemNotFound",
    409: "Conflict",
    410: "SyncStateNotFound",
    412: "ErrorIrresolvableConflict",
    429: "ApplicationThrottled",
    500: "InternalServerError",
    502: "BadGateway",
    503: "ServiceUnavailable",
    504: "GatewayTimeout",
}


class Answer(NamedTuple):
    """What a route answers. A body of bytes is no JSON, one of None is empty (204)."""

    body: dict[str, Any] | bytes | None = None
    status: int = 200
    headers: Mapping[str, str] = {}


class Call(NamedTuple):
    """A request to one route, checked.

    `names` are the parts of the path that the template leaves open; `body` is None when there is none, or text.
    """

    operation: str
    names: Mapping[str, str]
    query: Query
    body: Any
    headers: Mapping[str, str]
    root: str
    """Where this server is, as far as "v1.0/": what links begin with."""
    text: bytes = b""
    """The body as it came."""

    def prefers(self, name: str) -> str | None:
        """Return what a preference of RFC 7240 asks for, without its quotes; None when it is not there."""
        for each in self.headers.get("prefer", "").split(","):
            key, _, value = each.strip().partition("=")
            if key.strip().lower() == name.lower():
                return value.strip().strip('"')
        return None

    @property
    def immutable(self) -> bool:
        """Return whether ids are to be those that stay when an item moves."""
        return (self.prefers("IdType") or "").lower() == "immutableid"


Handler = Callable[[Call], Answer]


class Route(NamedTuple):
    """One resource and what can be done with it.

    Args:
        method: of HTTP.
        template: its path after v1.0, names in braces: "/me/messages/{message}".
        handler: a bound method of a part of the state.
        scopes: one of them opens it.
        entity: type of what is answered, in Microsoft's types; "" is not checked.
        listed: whether the answer is a list of these.
        given: type of the body of the request; "" takes none.
        options: query options that it knows.
    """

    method: str
    template: str
    handler: Handler
    scopes: tuple[str, ...]
    entity: str = ""
    listed: bool = False
    given: str = ""
    options: tuple[str, ...] = ("$select", "$expand")

    @property
    def operation(self) -> str:
        """Return its name."""
        return f"{self.method} {self.template}"


def status_of(code: str) -> int:
    """Return the HTTP status that goes with an error code."""
    return _STATUS.get(code, 400)


class GraphError(Exception):
    """A refusal in Graph's words.

    Args:
        code: such as ErrorItemNotFound; for a bare status its usual one.
        message: for people.
        status: of HTTP; by the code if 0.
        headers: of the answer.
    """

    def __init__(self, code: str, message: str = "", status: int = 0, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(f"{code}: {message}")
        self.code, self.message = code, message or code
        self.status = status or status_of(code)
        self.headers = dict(headers or {})

    @classmethod
    def bare(cls, status: int, headers: Mapping[str, str] | None = None) -> GraphError:
        """Return the error that usually goes with a status."""
        return cls(_WORDS.get(status, "UnknownError"), "", status, headers)

    def body(self, stamp: str, request_id: str) -> dict[str, Any]:
        """Return the error as JSON holds it."""
        inner = {"date": stamp, "request-id": request_id, "client-request-id": request_id}
        return {"error": {"code": self.code, "message": self.message, "innerError": inner}}

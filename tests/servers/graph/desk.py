"""From a request to its answer: faults, routing, the token, the query, checks against the types, the route itself."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from tests.servers.ews.soap import EwsError
from tests.servers.graph import batch, odata, routing, shapes
from tests.servers.graph.calls import Answer, Call, GraphError, Reply, Request, status_of
from tests.servers.graph.faults import Broken, Delay, Error, Faults, Status
from tests.servers.graph.signin import Entra

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.servers.graph.batch import Part
    from tests.servers.graph.calls import Route
    from tests.servers.graph.faults import Kind
    from tests.servers.graph.routing import Match
    from tests.servers.graph.state import State

BATCH = "POST /$batch"
AT_ONCE = 4
"""Requests for one mailbox that Outlook answers at the same time (learn.microsoft.com/graph/throttling-limits)."""
_LARGEST = 4 * 1024 * 1024
_JSON = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"


class Done(NamedTuple):
    """What one request did."""

    operation: str
    target: str
    status: int
    code: str


class Told(NamedTuple):
    """The answer to a request on the wire, and what happens to it on the way."""

    reply: Reply
    done: list[Done]
    broken: Broken | None = None
    delay: float = 0.0


class Desk:
    """Answers requests. Not for two threads at once.

    Args:
        state: the account.
    """

    def __init__(self, state: State) -> None:
        self.faults = Faults()
        self.violations: list[str] = []
        self.crowded = False
        """Whether the parts of a batch are all at work at once, so that Outlook refuses the fifth and later ones."""
        self.serve(state)

    def serve(self, state: State) -> None:
        """Answer from now on with this account."""
        self._state = state
        self._routes: list[Route] = state.routes()

    def answer(self, request: Request) -> Told:
        """Answer a request, a batch, or one to the sign-in."""
        path = urlsplit(request.target).path
        if path.lower() == batch.PATH and request.http == "POST":
            return self._batch(request)
        name = Entra.operation(path)
        if name is not None:
            return self._struck(name, request, lambda: self._state.entra.answer(request))
        return self._single(request)

    def throttled(self, request: Request) -> Told:
        """Refuse a request because too many are at work for the mailbox."""
        text = "Application is over its MailboxConcurrency limit."
        error = GraphError("ApplicationThrottled", text, 429, {"Retry-After": "1"})
        return self._told("throttled", request, self._refusal(error))

    def _single(self, request: Request) -> Told:
        path = urlsplit(request.target).path
        match = routing.find(self._routes, request.http, path.removeprefix(routing.PREFIX))
        if match is None or not path.startswith(routing.PREFIX + "/"):
            self.violations.append(f"{request.http} {request.target}: this server knows no such resource")
            error = GraphError("BadRequest", "Resource not found for the segment.")
            return self._told(f"{request.http} ?", request, self._refusal(error))
        return self._struck(match.route.operation, request, lambda: self._routed(match, request))

    def _batch(self, request: Request) -> Told:
        inner: list[Told] = []

        def part(one: Part) -> Reply:
            too_many = self.crowded and not one.after and len(inner) >= AT_ONCE
            inner.append(self.throttled(one.request) if too_many else self._single(one.request))
            return inner[-1].reply

        def answer() -> Reply:
            try:
                return batch.write(batch.run(batch.read(request), part))
            except GraphError as refused:
                self.violations.append(f"batch: {refused}")
                return self._refusal(refused)

        told = self._struck(BATCH, request, answer)
        broken = [each.broken for each in [told, *inner] if each.broken is not None]
        delay = told.delay + max((each.delay for each in inner), default=0.0)
        done = [*told.done, *(one for each in inner for one in each.done)]
        return Told(told.reply, done, broken[0] if broken else None, delay)

    def _struck(self, operation: str, request: Request, answer: Callable[[], Reply]) -> Told:
        """Answer, unless a fault strikes."""
        kind = self.faults.strike(operation)
        if isinstance(kind, Status):
            headers = {} if kind.retry_after is None else {"Retry-After": kind.retry_after}
            return self._told(operation, request, self._refusal(GraphError.bare(kind.code, headers)), kind)
        if isinstance(kind, Error):
            return self._told(operation, request, self._refusal(GraphError(kind.code, kind.text)), kind)
        if kind is Broken.UNAUTHORIZED:
            return self._told(operation, request, self._refusal(GraphError.bare(401)))
        if kind is Broken.DROP_BEFORE:
            return self._told(operation, request, Reply(0, {}, b""), kind)
        return self._told(operation, request, answer(), kind)

    def _told(self, operation: str, request: Request, reply: Reply, kind: Kind | None = None) -> Told:
        done = Done(operation, request.target, reply.status, _code(reply))
        delay = kind.seconds if isinstance(kind, Delay) else 0.0
        return Told(reply, [done], kind if isinstance(kind, Broken) else None, delay)

    def _routed(self, match: Match, request: Request) -> Reply:
        try:
            return self._reply(self._checked(match, request))
        except EwsError as error:
            return self._refusal(GraphError(error.code, str(error), status_of(error.code)))
        except GraphError as error:
            if error.status == 501:
                self.violations.append(f"{match.route.operation}: {error.message}")
            return self._refusal(error)

    def _checked(self, match: Match, request: Request) -> Answer:
        route = match.route
        if len(request.body) > _LARGEST:
            raise GraphError("RequestEntityTooLarge", "The request is larger than 4 MB.", 413)
        self._state.entra.check(request.headers.get("authorization", ""), route)
        try:
            query = odata.parse(urlsplit(request.target).query, route.options)
        except GraphError as error:
            self.violations.append(f"{request.http} {request.target}: {error.message}")
            raise
        root = f"{request.headers[':scheme']}://{request.headers.get('host', '')}{routing.PREFIX}/"
        body = self._body(route, request)
        call = Call(route.operation, match.names, query, body, request.headers, root, request.body)
        answer = route.handler(call)
        if route.entity and isinstance(answer.body, dict):
            wrong = shapes.wrong_answer(route.entity, answer.body, listed=route.listed)
            self.violations += [f"{route.operation}: answer: {each}" for each in wrong]
        return answer

    def _body(self, route: Route, request: Request) -> object:
        """Return the JSON of a request; None for one without, or with a text that the route reads itself."""
        if not request.body or request.headers.get("content-type", "").startswith("text/plain"):
            return None
        if not request.headers.get("content-type", "").startswith("application/json"):
            raise GraphError("RequestBodyRead", "The Content-Type of the request is missing or not known.", 415)
        try:
            body = json.loads(request.body)
        except ValueError:
            raise GraphError("BadRequest", "Unable to read JSON request payload.") from None
        wrong = shapes.wrong_request(route.given, body) if route.given else ["a body where there is none"]
        if wrong:
            self.violations += [f"{route.operation}: request: {each}" for each in wrong]
            raise GraphError("RequestBodyRead", wrong[0])
        return body

    def _reply(self, answer: Answer) -> Reply:
        if isinstance(answer.body, bytes):
            return Reply(answer.status, dict(answer.headers), answer.body)
        status = 204 if answer.body is None and answer.status == 200 else answer.status
        kind = {} if answer.body is None else {"Content-Type": _JSON}
        return Reply.of(status, answer.body, {**kind, **answer.headers})

    def _refusal(self, error: GraphError) -> Reply:
        stamp = self._state.clock.now().strftime("%Y-%m-%dT%H:%M:%S")
        name = str(uuid.uuid4())
        return Reply.of(
            error.status,
            error.body(stamp, name),
            {"Content-Type": "application/json", "request-id": name, **error.headers},
        )


def _code(reply: Reply) -> str:
    """Return the error code of an answer, for the record."""
    if reply.status < 400:
        return ""
    try:
        error = json.loads(reply.body)["error"]
    except (ValueError, KeyError, TypeError):
        return ""
    return str(error if isinstance(error, str) else error.get("code", ""))

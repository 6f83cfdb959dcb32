"""From a request to its answer: routing, the token, quota, checks against the documents, and the method itself."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from tests.servers.google import batch, discovery, fields, quota, schema, upload
from tests.servers.google.calls import Answer, Call, RefusedError, Reply, Request
from tests.servers.google.faults import Broken, Delay, Faults, Kind, Status
from tests.servers.google.oauth import PATHS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tests.servers.google.clock import Clock
    from tests.servers.google.discovery import Match
    from tests.servers.google.oauth import OAuth
    from tests.servers.google.quota import Limit

BATCH = "batch"
_NOT_DONE_HERE = 501
_BATCH_PATHS = {"/batch": ("gmail", "people"), "/batch/calendar/v3": ("calendar",)}


class Done(NamedTuple):
    """What one request did."""

    method: str
    http: str
    reply: Reply
    units: int = 0


class Told(NamedTuple):
    """The answer to a request on the wire, and what happens to it on the way."""

    reply: Reply
    done: list[Done]
    broken: Broken | None = None
    delay: float = 0.0


class Desk:
    """Answers requests. Not for two threads at once.

    Args:
        handlers: what answers each method.
        oauth: whose tokens open the door.
        clock: the server's.
    """

    def __init__(self, handlers: dict[str, Callable[[Call], Answer]], oauth: OAuth, clock: Clock) -> None:
        self.faults = Faults()
        self.violations: list[str] = []
        self.limits: list[Limit] = []
        self.shuffled = False
        """Whether the parts of a batch are answered in another order than asked."""
        self._clock = clock
        self.serve(handlers, oauth)

    def serve(self, handlers: dict[str, Callable[[Call], Answer]], oauth: OAuth) -> None:
        """Answer from now on with these."""
        self._handlers, self._oauth = handlers, oauth

    def answer(self, request: Request) -> Told:
        """Answer a request, a batch, or one to the sign-in."""
        request = _unwrapped(request)
        path = urlsplit(request.target).path
        if path in _BATCH_PATHS and request.http == "POST":
            return self._batch(request, _BATCH_PATHS[path])
        if path in PATHS:
            return self._struck(PATHS[path], "", request, lambda: self._oauth.answer(request))
        return self._single(request)

    def _single(self, request: Request, services: Iterable[str] = discovery.SERVICES) -> Told:
        match = discovery.find(request.http, request.target)
        if match is None or match.method.service not in services:
            self.violations.append(f"{request.http} {request.target}: no method of a document is called like that here")
            return _told("unknown", request, Reply.of(404, RefusedError(404, "notFound", "Not Found").body("gmail")))
        method = match.method
        return self._struck(method.id, method.service, request, lambda: self._called(match, request))

    def _batch(self, request: Request, services: Iterable[str]) -> Told:
        try:
            parts = batch.read(request)
        except RefusedError as refused:
            self.violations.append(f"batch: {refused}")
            return _told(BATCH, request, Reply.of(refused.status, refused.body("gmail")))
        inner: list[Told] = []

        def answer() -> Reply:
            inner.extend(self._single(each, services) for _, each in parts)
            replies = [(name, told.reply) for (name, _), told in zip(parts, inner, strict=True)]
            if self.shuffled:
                random.Random(len(replies)).shuffle(replies)
            return batch.write(replies)

        told = self._struck(BATCH, "gmail", request, answer)
        broken = [each.broken for each in [told, *inner] if each.broken is not None]
        delay = told.delay + max((each.delay for each in inner), default=0.0)
        done = [*told.done, *(one for each in inner for one in each.done)]
        return Told(told.reply, done, broken[0] if broken else None, delay)

    def _struck(self, method: str, service: str, request: Request, answer: Callable[[], Reply]) -> Told:
        """Answer, unless a fault strikes."""
        kind = self.faults.strike(method)
        if isinstance(kind, Status):
            return _told(method, request, _failure(kind, service))
        if kind is Broken.DROP_BEFORE:
            return _told(method, request, Reply(0, {}, b""), kind)
        return _told(method, request, answer(), kind)

    def _called(self, match: Match, request: Request) -> Reply:
        service = match.method.service
        try:
            answer = self._checked(match, request)
        except RefusedError as refused:
            if refused.status == _NOT_DONE_HERE:
                self.violations.append(f"{match.method.id}: {refused.message}")
            return Reply.of(refused.status, refused.body(service), refused.headers)
        return Reply.of(204 if answer.body is None else answer.status, answer.body, answer.headers)

    def _checked(self, match: Match, request: Request) -> Answer:
        method = match.method
        self._oauth.check(request.headers.get("authorization", ""), method)
        checked = discovery.check(match)
        if checked.wrong:
            self.violations.append(f"{method.id}: {checked.wrong}")
            raise discovery.refuse(match, checked.wrong)
        mask = self._mask(match, checked.fields)
        body = self._body(match, request)
        for limit in (each for each in self.limits if each.service == method.service):
            limit.spend(quota.units(method.id), self._clock.now())
        if method.id not in self._handlers:
            raise RefusedError(_NOT_DONE_HERE, "notImplemented", f"{method.id} is not implemented by this server")
        answer = self._handlers[method.id](Call(method.id, checked.params, body, request.headers))
        self._check_answer(match, answer)
        return answer._replace(body=fields.apply(mask, answer.body))

    def _mask(self, match: Match, text: str | None) -> fields.Mask:
        if text is None or match.method.response is None:
            return {}
        mask = fields.parse(text)
        unknown = fields.check(match.method.service, match.method.response, mask)
        if unknown is not None:
            self.violations.append(f"{match.method.id}: fields={text}: {unknown} is in no answer")
            raise RefusedError(400, "invalidParameter", f"Invalid field selection {unknown}", location="fields")
        return mask

    def _body(self, match: Match, request: Request) -> object:
        method = match.method
        if method.request is None:
            return None
        if match.upload:
            body: object = upload.read(request, method.request)
        else:
            body = _json(request)
        wrong = schema.wrong_request(method.service, method.request, method.id, body)
        if wrong:
            self.violations.append(f"{method.id}: request: {wrong}")
            reason = "required" if wrong[0].endswith(": required") else "invalid"
            raise RefusedError(400, reason if method.service == "calendar" else "invalidArgument", wrong[0])
        return schema.without_read_only(method.service, method.request, body)

    def _check_answer(self, match: Match, answer: Answer) -> None:
        method = match.method
        if answer.status == 304:
            return
        wrong = ["$: a body where there is none"] if answer.body is not None else []
        if method.response is not None:
            wrong = schema.wrong_answer(method.service, method.response, answer.body)
        self.violations += [f"{method.id}: answer: {each}" for each in wrong]


def _told(method: str, request: Request, reply: Reply, kind: Kind | None = None) -> Told:
    done = Done(method, request.http, reply, quota.units(method) if "." in method else 0)
    delay = kind.seconds if isinstance(kind, Delay) else 0.0
    return Told(reply, [done], kind if isinstance(kind, Broken) else None, delay)


def _failure(kind: Status, service: str) -> Reply:
    headers = {} if kind.retry_after is None else {"Retry-After": kind.retry_after}
    if not service:
        return Reply.of(kind.code, {"error": kind.reason, "error_description": kind.message}, headers)
    refused = RefusedError(kind.code, kind.reason, kind.message or kind.reason, headers=headers)
    return Reply.of(refused.status, refused.body(service), headers)


def _unwrapped(request: Request) -> Request:
    """Return the request that the client sent as a POST because its address was too long."""
    override = request.headers.get("x-http-method-override")
    if override is None or request.http != "POST":
        return request
    return Request(override, f"{request.target}?{request.body.decode('ascii')}", request.headers, b"")


def _json(request: Request) -> object:
    try:
        found: object = json.loads(request.body or b"{}")
    except ValueError:
        raise RefusedError(400, "parseError", "Parse Error") from None
    return found

"""One request after another: read, checked, answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lxml import etree

from tests.servers.ews import schema
from tests.servers.ews.faults import Broken, Busy, Error, Faults, Kind, Redirect, Refused, Status
from tests.servers.ews.soap import SOAP, Call, Element, EwsError, SoapFault, e, envelope, fault, local, response

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.servers.ews.calls import Answer
    from tests.servers.ews.state import State

_SERVES = "V2017_07_11"
_LISTING = {"CreateItem", "GetItem", "UpdateItem", "MoveItem", "CopyItem"}


class Told(NamedTuple):
    """An answer: HTTP status, body or stream, what it says in short, and what goes wrong with it."""

    operation: str
    status: int
    body: bytes = b""
    codes: tuple[str, ...] = ()
    items: int = 0
    stream: Iterator[bytes] | None = None
    kind: Kind | None = None


class Desk:
    """Answers requests of a user who is signed in.

    Args:
        state: the mailbox.
    """

    def __init__(self, state: State) -> None:
        self.faults = Faults()
        self.violations: list[str] = []
        self.serve(state)

    def serve(self, state: State) -> None:
        """Answer from this mailbox from now on."""
        self._handlers = state.handlers()
        self._quirks = state.quirks

    def answer(self, body: bytes) -> Told:
        """Answer one request."""
        try:
            call = self._call(body)
        except SoapFault as error:
            return Told("?", 500, envelope(fault(error), self._quirks.build), (error.code,))
        kind = self.faults.strike(call.operation)
        early = self._early(call.operation, kind)
        if early is not None:
            return early
        return self._done(call, kind)

    def _early(self, operation: str, kind: Kind | None) -> Told | None:
        if kind in {Broken.DROP_BEFORE, Broken.UNAUTHORIZED}:
            return Told(operation, 0 if kind is Broken.DROP_BEFORE else 401, kind=kind)
        if isinstance(kind, Status | Redirect):
            return Told(operation, kind.code, kind=kind)
        if isinstance(kind, Busy):
            values = {"BackOffMilliseconds": str(kind.back_off)}
            text = "The server cannot service this request right now. Try again later."
            return self._fault(operation, SoapFault("ErrorServerBusy", text, **values))
        return self._fault(operation, SoapFault(kind.code, kind.text)) if isinstance(kind, Refused) else None

    def _fault(self, operation: str, error: SoapFault) -> Told:
        return Told(operation, 500, envelope(fault(error), self._quirks.build), (error.code,))

    def _done(self, call: Call, kind: Kind | None) -> Told:
        try:
            answer = self._answer(call, kind)
        except EwsError as error:
            answer = [error]
        except SoapFault as error:
            return self._fault(call.operation, error)
        if not isinstance(answer, list) and not etree.iselement(answer):
            return Told(call.operation, 200, stream=self._streamed(answer, call.operation), kind=kind)
        made: Element = response(call.operation, answer) if isinstance(answer, list) else answer
        content = envelope(made, self._quirks.build)
        self._check(made, f"answer to {call.operation}")
        codes = tuple(str(each.text) for each in made.iter() if local(each) == "ResponseCode")
        if {"ErrorChangeKeyRequired", "ErrorChangeKeyRequiredForWriteOperations"} & set(codes):
            self.violations.append(f"request {call.operation}: the change key is left out")
        return Told(call.operation, 200, content, codes, max(len(codes), 1), kind=kind)

    def _streamed(self, answer: Iterator[Element], operation: str) -> Iterator[bytes]:
        for each in answer:
            self._check(each, f"answer to {operation}")
            yield envelope(each, self._quirks.build)

    def _answer(self, call: Call, kind: Kind | None) -> Answer:
        handler = self._handlers.get(call.operation)
        if handler is None:
            self.violations.append(f"not served: {call.operation}")
            raise SoapFault("ErrorInvalidRequest", f"The operation {call.operation} is not supported.")
        if isinstance(kind, Error):
            return [refused(call.operation, kind)] * asked(call)
        return handler(call)

    def _call(self, body: bytes) -> Call:
        try:
            whole: Element = etree.fromstring(
                body, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
            )
        except etree.XMLSyntaxError as error:
            self.violations.append(f"no XML: {error}")
            raise SoapFault("ErrorInvalidRequest", str(error)) from error
        content = next(iter(whole.find(f"{{{SOAP}}}Body")), None)
        if content is None:
            raise SoapFault("ErrorInvalidRequest", "The request is empty.")
        headers = {local(each): each for each in whole.iterfind(f"{{{SOAP}}}Header/*")}
        version = headers["RequestServerVersion"].get("Version") if "RequestServerVersion" in headers else ""
        if version and version not in schema.VERSIONS:
            self.violations.append(f"RequestServerVersion {version}")
            raise SoapFault("ErrorInvalidServerVersion", "The specified server version is invalid.")
        if version and schema.VERSIONS.index(version) > schema.VERSIONS.index(self._quirks.newest):
            raise SoapFault("ErrorInvalidServerVersion", "The specified server version is invalid.")
        operation = local(content)
        for name in headers.keys() & {"TimeZoneContext"}:
            self._check(headers[name], f"header {name}")
        if self._check(content, f"request {operation}"):
            raise SoapFault("ErrorSchemaValidation", "The request failed schema validation.")
        return Call(operation, content, version, headers)

    def _check(self, element: Element, what: str) -> bool:
        found = schema.faults(element)
        self.violations += [f"{what}: {each}" for each in found]
        return bool(found)


def refused(operation: str, kind: Error) -> EwsError:
    """Return what is said of one thing that a request asks for, with the empty list that some answers must have."""
    made = EwsError(kind.code, kind.text)
    made.children = [e("m:Items")] if operation in _LISTING else []
    return made


def asked(call: Call) -> int:
    """Return how many things a request asks for."""
    lists = ("ItemIds", "Items", "ItemChanges", "FolderIds", "Folders", "ParentFolderIds")
    return next((len(each) for each in call.body if local(each) in lists), 1)

"""What the foreign server lacks, put before it: batches, `fields`, the profile, search by Message-ID, old history ids.

Storage, labels, threads, drafts and history stay its own. Header fields are read from its raw messages.
"""

from __future__ import annotations

import json
import re
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qsl, urlencode, urlsplit

import requests

from tests.servers.google import batch, fields
from tests.servers.google.calls import RefusedError, Reply, Request
from tests.servers.google.desk import Told
from tests.servers.google.message import Stored, read_raw
from tests.servers.google.wire import Wire

if TYPE_CHECKING:
    from types import TracebackType

    from tests.servers.google.emulator import Emulator, User

_NOTHING = {":scheme", "connection", "transfer-encoding", "content-length", "keep-alive", "host", "accept-encoding"}
_MESSAGE = re.compile(r"/gmail/v1/users/me/messages/([^/:]+)")
_MESSAGE_ID = re.compile(r"rfc822msgid:(\S+)")


class Bridge:
    """A server before the emulator, for one user. A context manager."""

    def __init__(self, emulator: Emulator, user: User) -> None:
        self._emulator, self._user = emulator, user
        self.oldest = 0
        """History ids below are refused."""
        self._session = requests.Session()
        self._lock = threading.Lock()
        self.violations: list[str] = []
        """Tracebacks of faults of this server."""
        self._wire = Wire(lambda request: Told(self.answer(request), []), self.violations)

    def __enter__(self) -> Self:
        self._wire.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._wire.__exit__(kind, error, trace)
        self._session.close()

    @property
    def url(self) -> str:
        """Return its address."""
        return self._wire.url

    def expire_history(self) -> None:
        """Let every history id given so far be too old."""
        with self._lock:
            last = self._latest()
        self.oldest = last + 1

    def answer(self, request: Request) -> Reply:
        """Answer one request, or each part of a batch."""
        with self._lock:
            if urlsplit(request.target).path == "/batch":
                return batch.write((name, self._one(part)) for name, part in batch.read(request))
            return self._one(request)

    def _one(self, request: Request) -> Reply:
        parts = urlsplit(request.target)
        query = parse_qsl(parts.query)
        mask = next((value for name, value in query if name == "fields"), "")
        rest = [(name, value) for name, value in query if name != "fields"]
        try:
            status, body = self._body(request, parts.path, rest)
        except RefusedError as refused:
            return Reply.of(refused.status, refused.body("gmail"))
        masked = fields.apply(fields.parse(mask), body) if mask and status < 300 else body
        return Reply.of(status, masked)

    def _body(self, request: Request, path: str, query: list[tuple[str, str]]) -> tuple[int, Any]:
        given = dict(query)
        if path.endswith("/profile"):
            return 200, {"emailAddress": self._user.email, "historyId": str(max(self._latest(), self.oldest))}
        if path.endswith("/history"):
            return self._history(request, path, query)
        if path.endswith("/messages") and _MESSAGE_ID.fullmatch(given.get("q", "")):
            return 200, self._searched(given["q"])
        found = _MESSAGE.fullmatch(path)
        if request.http == "GET" and found and given.get("format") == "metadata":
            return self._metadata(found[1], [value for name, value in query if name == "metadataHeaders"])
        return self._passed(request, path, query)

    def _history(self, request: Request, path: str, query: list[tuple[str, str]]) -> tuple[int, Any]:
        start = dict(query).get("startHistoryId", "")
        if not start.isdigit() or not self.oldest <= int(start) <= max(self._latest(), self.oldest):
            raise RefusedError(404, "notFound", "Requested entity was not found.")
        status, body = self._passed(request, path, query)
        body["historyId"] = str(max(int(body["historyId"]), self.oldest))
        return status, body

    def _searched(self, query: str) -> dict[str, Any]:
        wanted = query.removeprefix("rfc822msgid:").strip("<>")
        listed = self._get("/gmail/v1/users/me/messages?includeSpamTrash=true&maxResults=500")[1]
        found = [each for each in listed.get("messages", []) if self._stored(each["id"]).message_id == f"<{wanted}>"]
        return {"messages": found}

    def _metadata(self, message: str, names: list[str]) -> tuple[int, Any]:
        status, body = self._get(f"/gmail/v1/users/me/messages/{message}?format=minimal")
        if status == 200:
            body["payload"] = self._stored(message).resource("metadata", names)["payload"]
        return status, body

    def _stored(self, message: str) -> Stored:
        raw = read_raw(self._get(f"/gmail/v1/users/me/messages/{message}?format=raw")[1])
        return Stored(message, "", raw, set(), 0, 0, datetime.now(UTC))

    def _latest(self) -> int:
        return int(self._get("/gmail/v1/users/me/history?startHistoryId=1")[1]["historyId"])

    def _get(self, target: str) -> tuple[int, Any]:
        path, _, query = target.partition("?")
        return self._passed(Request("GET", target, {}, b""), path, parse_qsl(query))

    def _passed(self, request: Request, path: str, query: list[tuple[str, str]]) -> tuple[int, Any]:
        headers = {name: value for name, value in request.headers.items() if name not in _NOTHING}
        headers["Authorization"] = f"Bearer {self._user.token}"
        address = f"{self._emulator.url.rstrip('/')}{path}?{urlencode(query)}"
        answer = self._session.request(request.http, address, data=request.body, headers=headers, timeout=5)
        return answer.status_code, json.loads(answer.content) if answer.content else None

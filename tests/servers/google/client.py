"""Google's own client, unpatched, built from the packaged documents and turned to this server."""

from __future__ import annotations

import base64
import contextlib
import copy
import json
from typing import TYPE_CHECKING, Any

import pytest
from googleapiclient.discovery import build_from_document
from googleapiclient.errors import HttpError

from tests.servers.google.discovery import document

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from google.oauth2.credentials import Credentials

    from tests.servers.google.server import GoogleServer

Made = Any
"""What the client makes of a document: its methods are known at run time only."""

MODIFY = "https://www.googleapis.com/auth/gmail.modify"
CALENDAR = "https://www.googleapis.com/auth/calendar"
CONTACTS = "https://www.googleapis.com/auth/contacts.readonly"
SCOPES = (MODIFY, CALENDAR, CONTACTS)


@contextlib.contextmanager
def built(server: GoogleServer, service: str, scopes: Iterable[str] = SCOPES) -> Iterator[Made]:
    """Yield the client of "gmail", "calendar" or "people", signed in, on its own transport (httplib2)."""
    with turned(server.url, service, server.credentials(scopes)) as client:
        yield client


@contextlib.contextmanager
def turned(url: str, service: str, credentials: Credentials) -> Iterator[Made]:
    """Yield the same for any server; its address ends in "/"."""
    found = copy.deepcopy(document(service)) | {"rootUrl": url}
    found.pop("mtlsRootUrl", None)
    with contextlib.closing(build_from_document(found, credentials=credentials)) as client:
        yield client


def refused(request: Made) -> tuple[int, dict[str, Any]]:
    """Execute a request that must be refused; return the status and the error."""
    with pytest.raises(HttpError) as caught:
        request.execute()
    error: dict[str, Any] = json.loads(caught.value.content)["error"]
    return caught.value.status_code, error


def forgiven(server: GoogleServer) -> list[str]:
    """Return the violations that a test wanted, and forget them."""
    found = list(server.violations)
    server.violations.clear()
    return found


def mail(subject: str = "Hello", number: int = 1, body: str = "Some text.", **fields: str) -> bytes:
    """Return a small message; `fields` become header fields, an underscore in a name a hyphen."""
    head = {"From": "Ann Byrne <ann@example.org>", "To": "me@example.org", "Subject": subject}
    head |= {"Message-ID": f"<m{number}@example.org>"} | {name.replace("_", "-"): fields[name] for name in fields}
    return "".join(f"{name}: {value}\r\n" for name, value in head.items()).encode() + f"\r\n{body}\r\n".encode()


def raw(content: bytes, **fields: str | Sequence[str]) -> dict[str, Any]:
    """Return a message resource that brings its content."""
    return {"raw": base64.urlsafe_b64encode(content).decode(), **fields}


def label(name: str) -> dict[str, str]:
    """Return a label resource with what its document requires."""
    return {"name": name, "messageListVisibility": "show", "labelListVisibility": "labelShow"}


def changes(users: Made, start: str, **params: object) -> list[tuple[str, str, list[str]]]:
    """Return the history of a mailbox as (kind, message id, labels changed)."""
    answer = users.history().list(userId="me", startHistoryId=start, **params).execute()
    return [
        (kind, each["message"]["id"], each.get("labelIds", []))
        for record in answer.get("history", [])
        for kind in sorted(record.keys() - {"id", "messages"})
        for each in record[kind]
    ]


def now(users: Made) -> str:
    """Return the history id of this moment."""
    history: str = users.getProfile(userId="me").execute()["historyId"]
    return history

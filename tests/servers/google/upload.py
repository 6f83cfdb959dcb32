"""Messages sent as they are instead of as base64 in JSON: uploadType=media and uploadType=multipart."""

from __future__ import annotations

import base64
import email.policy
import json
from email.message import Message
from email.parser import BytesParser
from typing import Any

from tests.servers.google.calls import RefusedError, Request


def read(request: Request, name: str) -> dict[str, Any]:
    """Return the body that the same request without an upload would have.

    Args:
        request: whose body is the message, or a multipart/related of JSON and message.
        name: of the body's schema; a "Draft" has its message one level below.

    Raises:
        RefusedError: it is neither.
    """
    head = f"Content-Type: {request.headers.get('content-type', '')}\r\n\r\n".encode()
    kind = BytesParser(policy=email.policy.compat32).parsebytes(head, headersonly=True).get_content_type()
    found, raw = _related(head + request.body) if kind == "multipart/related" else ({}, request.body)
    message = found.setdefault("message", {}) if name == "Draft" else found
    message["raw"] = base64.urlsafe_b64encode(raw).decode()
    return found


def _related(content: bytes) -> tuple[dict[str, Any], bytes]:
    parts = BytesParser(policy=email.policy.compat32).parsebytes(content).get_payload()
    if not isinstance(parts, list) or len(parts) != 2 or not all(isinstance(each, Message) for each in parts):
        raise RefusedError(400, "badRequest", "Malformed multipart body.")
    first, second = (each for each in parts if isinstance(each, Message))
    text, inner = first.get_payload(decode=True), second.get_payload()
    found = json.loads(text) if isinstance(text, bytes) else None
    if not isinstance(found, dict) or not isinstance(inner, list) or not isinstance(inner[0], Message):
        raise RefusedError(400, "badRequest", "Malformed multipart body.")
    return found, inner[0].as_bytes(policy=email.policy.compat32.clone(linesep="\r\n"))

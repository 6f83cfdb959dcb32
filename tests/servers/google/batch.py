"""Batches: many requests in one multipart/mixed body, read and written by the email library."""

from __future__ import annotations

import email.policy
from email.message import Message
from email.mime.multipart import MIMEMultipart
from email.mime.nonmultipart import MIMENonMultipart
from email.parser import BytesParser
from http import HTTPStatus
from typing import TYPE_CHECKING

from tests.servers.google.calls import RefusedError, Reply, Request, lower

if TYPE_CHECKING:
    from collections.abc import Iterable

LIMIT = 100
"""Parts of one batch: developers.google.com/workspace/gmail/api/guides/batch."""

_PARSER = BytesParser(policy=email.policy.compat32)


def read(request: Request) -> list[tuple[str, Request]]:
    """Return the requests of a batch with the Content-ID of each. Those without a token of their own get the batch's.

    Raises:
        RefusedError: it is no batch, or one too large.
    """
    head = f"Content-Type: {request.headers.get('content-type', '')}\r\n\r\n".encode()
    whole = _PARSER.parsebytes(head + request.body)
    parts = whole.get_payload()
    if whole.get_content_type() != "multipart/mixed" or not isinstance(parts, list):
        raise RefusedError(400, "badRequest", "Failed to parse batch request: it is no multipart/mixed.")
    if len(parts) > LIMIT:
        raise RefusedError(400, "badRequest", f"The batch has too many parts: {len(parts)}, and {LIMIT} are allowed.")
    outer = {name: value for name, value in request.headers.items() if name == "authorization"}
    return [(part.get("Content-ID", ""), _part(part, outer)) for part in parts if isinstance(part, Message)]


def _part(part: Message, outer: dict[str, str]) -> Request:
    content = part.get_payload(decode=True)
    if part.get_content_type() != "application/http" or not isinstance(content, bytes):
        raise RefusedError(400, "badRequest", "Failed to parse batch request: a part is no application/http.")
    line, _, rest = content.partition(b"\n")
    words = line.decode("ascii", "replace").split()
    if len(words) not in {2, 3}:
        raise RefusedError(400, "badRequest", "Failed to parse batch request: a part has no request line.")
    inner = _PARSER.parsebytes(rest)
    body = inner.get_payload(decode=True)
    return Request(words[0], words[1], outer | lower(inner.items()), body if isinstance(body, bytes) else b"")


def write(replies: Iterable[tuple[str, Reply]]) -> Reply:
    """Return the answer to a batch, its parts in this order."""
    whole = MIMEMultipart("mixed")
    for content_id, reply in replies:
        part = MIMENonMultipart("application", "http")
        del part["MIME-Version"]
        if content_id:
            part["Content-ID"] = f"<response-{content_id.strip().lstrip('<')}"
        status = HTTPStatus(reply.status or 503)  # 0 was dropped, and the batch will be with it
        lines = [f"HTTP/1.1 {status.value} {status.phrase}"]
        lines += [f"{name}: {value}" for name, value in reply.headers.items()]
        part.set_payload("\r\n".join([*lines, f"Content-Length: {len(reply.body)}", "", reply.body.decode()]))
        whole.attach(part)
    written = whole.as_bytes(policy=email.policy.HTTP)
    body = written.partition(b"\r\n\r\n")[2]
    return Reply(200, {"Content-Type": f'multipart/mixed; boundary="{whole.get_boundary()}"'}, body)

"""Clients of our server for its tests: plain XML over plain HTTP, exchangelib, and small messages to put into it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, ClassVar

import requests
from exchangelib import (
    BASIC,
    Account,
    Configuration,
    Credentials,
    ExtendedProperty,
    FailFast,
    Message,
)
from exchangelib.version import EXCHANGE_2016, Version

from tests.servers.ews.soap import NAMES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.servers.ews.server import EwsServer


GET = (
    "<m:GetFolder><m:FolderShape><t:BaseShape>{shape}</t:BaseShape>{more}</m:FolderShape><m:FolderIds>"
    '<t:DistinguishedFolderId Id="inbox"/></m:FolderIds></m:GetFolder>'
)
"""GetFolder of the inbox, with a place for the shape and for more properties."""


def soap(content: str, version: str = "Exchange2016") -> bytes:
    """Return a request with plain XML in it."""
    spaces = " ".join(f'xmlns:{prefix}="{name}"' for prefix, name in NAMES.items())
    head = f'<s:Header><t:RequestServerVersion Version="{version}"/></s:Header>'
    return f"<s:Envelope {spaces}>{head}<s:Body>{content}</s:Body></s:Envelope>".encode()


def ask(server: EwsServer, content: str, *, stream: bool = False) -> requests.Response:
    """Send a request as the user."""
    return requests.post(server.url, soap(content), auth=(server.user, server.password), timeout=10, stream=stream)


def account(server: EwsServer, user: str | None = None, password: str | None = None, auth: str = BASIC) -> Account:
    """Return the user's account as exchangelib sees it, asked nothing yet. Close its protocol."""
    config = Configuration(
        service_endpoint=server.url,
        credentials=Credentials(user or server.user, password or server.password),
        auth_type=auth,
        version=Version(EXCHANGE_2016),
        retry_policy=FailFast(),
    )
    return Account(server.address, config=config, autodiscover=False)


class _Key(ExtendedProperty):  # type: ignore[misc]  # the library has no types
    property_set_id: ClassVar[str] = "a7d0b6a4-3c60-4b0e-9d29-0d7c4b1f8f10"
    property_name: ClassVar[str] = "testKey"
    property_type: ClassVar[str] = "String"


class _Flags(ExtendedProperty):  # type: ignore[misc]  # the same
    property_tag: ClassVar[int] = 0x0E07
    property_type: ClassVar[str] = "Integer"


class _Tracking(ExtendedProperty):  # type: ignore[misc]  # the same
    property_tag: ClassVar[int] = 0x3016
    property_type: ClassVar[str] = "Boolean"


class _Header(ExtendedProperty):  # type: ignore[misc]  # the same
    distinguished_property_set_id: ClassVar[str] = "InternetHeaders"
    property_name: ClassVar[str] = "X-Test-Key"
    property_type: ClassVar[str] = "String"


_PROPERTIES = {"test_key": _Key, "test_flags": _Flags, "test_tracking": _Tracking, "test_header": _Header}


@contextmanager
def known() -> Iterator[None]:
    """Let exchangelib know some extended properties of messages for a while."""
    for name, kind in _PROPERTIES.items():
        Message.register(name, kind)
    yield
    for name in _PROPERTIES:
        Message.deregister(name)


def raw(subject: str = "Missed call", *, number: int = 1, body: str = "Please call.", **fields: str) -> bytes:
    """Return a small message."""
    head = {"From": "Ann <ann@example.net>", "To": "me@example.org", "Subject": subject, "Message-ID": f"<{number}@x>"}
    head |= {name.replace("_", "-"): value for name, value in fields.items()}
    return ("".join(f"{name}: {value}\r\n" for name, value in head.items()) + f"\r\n{body}\r\n").encode()


def draft(account: Account, content: bytes, **fields: object) -> Message:
    """Save a draft as MIME; return it as it lies there."""
    made = Message(account=account, folder=account.drafts, mime_content=content, **fields).save()
    return account.drafts.get(id=made.id)

"""Answers that nobody can read, from the header fields on."""

from __future__ import annotations

import time
import zlib
from itertools import pairwise
from typing import TYPE_CHECKING

from tests.servers.ews.faults import Broken

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_CLOSE = b"Connection: close\r\n"
_XML = _CLOSE + b"Content-Type: text/xml; charset=utf-8\r\n"
_GARBAGE = b"<html><title>Welcome</title>Please accept the terms of this network.</html>"
_LEVELS = 9


def bodies(kind: Broken, body: bytes) -> Iterator[bytes]:
    """Yield what goes over the wire after the status line, in pieces."""
    makers: dict[Broken, Callable[[], Iterator[bytes]]] = {
        Broken.CUT: lambda: _sized(body, body[: len(body) // 2]),
        Broken.GARBAGE: lambda: iter([_CLOSE, b"Content-Type: text/html\r\n", *_length(_GARBAGE), _GARBAGE]),
        Broken.WRONG_CHARSET: lambda: _whole(body.replace(b"<s:Body>", b"<s:Body>\xff\xfe\xc3")),
        Broken.HUGE: _huge,
        Broken.ZIP_BOMB: _zipped,
        Broken.DRIP: lambda: _drip(body),
        Broken.BOMB: lambda: _whole(_bomb()),
        Broken.OUTSIDE: lambda: _whole(_outside()),
    }
    yield from makers[kind]()


def _length(body: bytes) -> list[bytes]:
    return [b"Content-Length: %d\r\n\r\n" % len(body)]


def _whole(body: bytes) -> Iterator[bytes]:
    return _sized(body, body)


def _sized(promised: bytes, body: bytes) -> Iterator[bytes]:
    yield _XML
    yield from _length(promised)
    yield body


def _huge() -> Iterator[bytes]:
    yield _XML + b"Transfer-Encoding: chunked\r\n\r\n"
    chunk = b" " * 65536
    yield b"15\r\n<?xml version='1.0'?>\r\n"
    while True:
        yield b"%x\r\n%s\r\n" % (len(chunk), chunk)


def _zipped() -> Iterator[bytes]:
    yield _XML + b"Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
    packer = zlib.compressobj(wbits=31)
    chunk = b" " * 2**20
    for _ in range(4096):
        packed = packer.compress(chunk) + packer.flush(zlib.Z_SYNC_FLUSH)
        yield b"%x\r\n%s\r\n" % (len(packed), packed)
    yield b"0\r\n\r\n"


def _drip(body: bytes) -> Iterator[bytes]:
    yield _XML
    yield from _length(body)
    for each in body:
        yield bytes([each])
        time.sleep(0.2)


def _bomb() -> bytes:
    names = [b"e%d" % level for level in range(_LEVELS)]
    entities = [b'<!ENTITY e0 "aaaaaaaaaa">']
    entities += [b'<!ENTITY %s "%s">' % (this, b"&%s;" % last * 10) for last, this in pairwise(names)]
    return b'<?xml version="1.0"?><!DOCTYPE x [' + b"".join(entities) + b"]><x>&%s;</x>" % names[-1]


def _outside() -> bytes:
    return b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/hostname">]><x>&f;</x>'

"""TLS on loopback: an authority of our own, made once for the run of the tests."""

from __future__ import annotations

import ssl
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import trustme


@cache
def _authority() -> trustme.CA:
    return trustme.CA()


@cache
def certificates() -> Path:
    """Return the file that a client has to trust: SSL_CERT_FILE for httpx, REQUESTS_CA_BUNDLE for requests."""
    path = Path(mkdtemp(prefix="ringback-tests-")) / "authority.pem"
    _authority().cert_pem.write_to_path(path)
    return path


@cache
def trusting() -> ssl.SSLContext:
    """Return what a client of a test trusts this authority with, and no other."""
    return ssl.create_default_context(cafile=str(certificates()))


@cache
def certified() -> ssl.SSLContext:
    """Return what a server on 127.0.0.1 speaks TLS with."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _authority().issue_cert("127.0.0.1", "localhost").configure_cert(context)
    return context

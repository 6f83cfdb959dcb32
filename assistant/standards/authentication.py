"""Authentication-Results (RFC 8601): what the receiving server found out about a mail's origin."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from assistant.standards.mail import domain, within

if TYPE_CHECKING:
    from assistant.standards.mail import Mail

_BY = re.compile(r"\bby\s+([A-Za-z0-9][A-Za-z0-9.-]*)")
_METHOD_FIRST = re.compile(r"^\s*[a-z0-9-]+\s*=", re.IGNORECASE)


class Findings(msgspec.Struct, frozen=True, kw_only=True):
    """The topmost Authentication-Results field.

    `server` is its authserv-id; a field without one (Exchange Online writes none) is ascribed to the host that the
    topmost Received field names after "by". `known` says that the user named this server as their own, `own` that the
    server is at least the one that took the mail in. `passed` are the domains that DKIM or DMARC proved.
    """

    server: str
    known: bool
    own: bool
    failed: tuple[str, ...] = ()
    passed: tuple[str, ...] = ()


def read(mail: Mail, authserv_ids: tuple[str, ...]) -> Findings | None:
    """Return what the receiving server found, None without a field that can be read.

    Only the topmost field counts: servers write theirs on top, deeper ones may have come with the mail. Source:
    RFC 8601 1.6, 2.2 and 5.
    """
    value = mail.header("Authentication-Results")
    taker = _BY.search(mail.header("Received"))
    host = taker[1].lower() if taker else ""
    server, results = _parsed(value, host)
    if not server:
        return None
    return Findings(
        server=server,
        known=within(server, authserv_ids),
        own=server == host,
        failed=_failed(results),
        passed=_passed(results),
    )


_Results = list[tuple[str, str, dict[str, str]]]


def _parsed(value: str, host: str) -> tuple[str, _Results]:
    if not value:
        return "", []
    import authres  # noqa: PLC0415 - most mails looked at have no such field

    text = f"{host}; {value.rstrip('; ')}" if _METHOD_FIRST.match(value) else value.rstrip("; ")
    try:
        field = authres.AuthenticationResultsHeader.parse(f"Authentication-Results: {text}")
    except (authres.AuthResError, ValueError, IndexError):
        return "", []
    results = [
        (str(r.method).lower(), str(r.result).lower(), {f"{p.type}.{p.name}": str(p.value) for p in r.properties})
        for r in field.results
    ]
    return str(field.authserv_id or "").lower(), results


def _failed(results: _Results) -> tuple[str, ...]:
    """DMARC decides where it decided; else one failed method counts unless another passed."""
    dmarc = {result for method, result, _ in results if method == "dmarc"}
    if "fail" in dmarc:
        return tuple(method for method, result, _ in results if result == "fail")
    if "pass" in dmarc or any(result == "pass" for method, result, _ in results if method in {"spf", "dkim"}):
        return ()
    return tuple(method for method, result, _ in results if method in {"spf", "dkim"} and result == "fail")


def _passed(results: _Results) -> tuple[str, ...]:
    found = []
    for method, result, properties in results:
        if result != "pass":
            continue
        if method == "dmarc":
            found.append(properties.get("header.from", ""))
        if method == "dkim":
            found.append(properties.get("header.d") or domain("x" + properties.get("header.i", "")))
    return tuple(dict.fromkeys(name.lower() for name in found if name))

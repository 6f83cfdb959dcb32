"""Authentication-Results (RFC 8601), Received-SPF (RFC 7208), ARC (RFC 8617): what servers found out about a mail."""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache
from typing import TYPE_CHECKING

import msgspec

from assistant.standards import regex
from assistant.standards.mail import domain, within

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistant.standards.mail import Mail

_BY = regex.lazy(r"\bby\s+([A-Za-z0-9][A-Za-z0-9.-]*)")
_METHOD_FIRST = regex.lazy(r"^\s*[a-z0-9-]+\s*=", re.IGNORECASE)
_BARE_RESULT = regex.lazy(r"(?:^|[;\s])(spf|dkim|dmarc|arc|compauth)\s*=\s*([a-z]+)", re.IGNORECASE)
_COMMENT = regex.lazy(r"\([^()]*\)")
_SPF = regex.lazy(r"^\s*([a-z]+)\b", re.IGNORECASE)
_RECEIVER = regex.lazy(r"\breceiver=([A-Za-z0-9.-]+)", re.IGNORECASE)
_ADDRESS = regex.lazy(r"\[(?:IPv6:)?([0-9A-Fa-f.:]{3,45})\]|\((\d{1,3}(?:\.\d{1,3}){3})\)")
_OFFICE = (
    "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "169.254.0.0/16", "100.64.0.0/10", "fc00::/7",
    "fe80::/10",
)  # fmt: skip
_PRIVATE = tuple(map(ipaddress.ip_network, _OFFICE))
_LONGEST = 4000
_TRACES = 3
_Results = list[tuple[str, str, dict[str, str]]]


class Findings(msgspec.Struct, frozen=True, kw_only=True):
    """What the topmost Authentication-Results field says, and others of that server above the topmost Received field.

    `server` is its authserv-id; a field without one (Exchange Online writes none) is ascribed to the host that the
    topmost Received field names after "by". `known` says that the user named this server as their own, `own` that the
    server is at least one that took the mail in. `passed` are the domains that DKIM or DMARC proved, `routes` those
    that SPF proved. `sure` says that DMARC failed, or SPF and DKIM both; `chain` that the ARC chain is unbroken.
    """

    server: str
    known: bool
    own: bool
    failed: tuple[str, ...] = ()
    passed: tuple[str, ...] = ()
    routes: tuple[str, ...] = ()
    sure: bool = False
    chain: bool = False


def read(mail: Mail, authserv_ids: tuple[str, ...]) -> Findings | None:
    """Return what the receiving server found, None without a field that can be read.

    Only the topmost field counts: servers write theirs on top, deeper ones may have come with the mail. Source:
    RFC 8601 1.6, 2.2 and 5.
    """
    hosts = tuple(host for value in list(mail.fields("Received"))[:_TRACES] if (host := _taker(value)))
    server, results = "", _Results()
    for value in _topmost(mail):
        writer, more = _parsed(value, hosts[0] if hosts else "")
        if writer and writer == (server or writer):
            server, results = writer, results + more
    if not server:
        return _by_spf(mail, hosts, authserv_ids)
    failed = _failed(results)
    return Findings(
        server=server,
        known=within(server, authserv_ids),
        own=any(within(host, (server,)) for host in hosts),
        failed=failed,
        passed=_passed(results),
        routes=tuple(_routes(results)),
        sure="dmarc" in failed or {"spf", "dkim"} <= set(failed),
        chain=any(method == "arc" and result == "pass" for method, result, _ in results),
    )


def sealers(mail: Mail) -> tuple[str, ...]:
    """Return the servers that say, in the seals of an ARC chain, that the mail passed DMARC, DKIM or SPF with them.

    Whoever sends can make up a chain: believe it only where the receiving server found it unbroken, and a sealer that
    is trusted. Source: RFC 8617 4.1.1.
    """
    found = []
    for value in mail.fields("ARC-Authentication-Results"):
        server, results = _parsed(re.sub(r"^\s*i\s*=\s*\d+\s*;", "", value), "")
        if server and any(result == "pass" and method in {"dmarc", "dkim", "spf"} for method, result, _ in results):
            found.append(server)
    return tuple(found)


def from_nowhere(mail: Mail) -> bool:
    """Tell whether the receiving server found no name for the host that brought the mail, from outside the office."""
    value = mail.header("Received")
    return bool(re.search(r"\(unknown\b", value)) and not is_private(_brought(value))


def comes_from(mail: Mail, domains: tuple[str, ...]) -> bool:
    """Tell whether the receiving server had a mail from a private address, one of the domains or itself."""
    value = mail.header("Received").partition(" by ")[0]
    named = re.search(r"\(([A-Za-z0-9-][A-Za-z0-9.-]*)", value[:_LONGEST])
    return is_private(_brought(value)) or "from " not in value or bool(named and within(named[1], domains))


def is_private(address: str) -> bool:
    """Tell whether an address is one of an office network; False for what is no address."""
    try:
        read_ = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(read_.version == net.version and read_ in net for net in _PRIVATE)


def _brought(received: str) -> str:
    """Return the address of the host that a Received field names after "from", "" when it gives none."""
    match = _ADDRESS.search(received.partition(" by ")[0])
    return (match[1] or match[2]) if match else ""


def _taker(received: str) -> str:
    match = _BY.search(received[:_LONGEST])
    return match[1].lower() if match else ""


def _topmost(mail: Mail) -> Iterator[str]:
    """Yield the topmost field, and those that stand above every Received field: no sender can have put them there."""
    first, below = True, False
    for name, value in mail.headers:
        low = name.lower()
        below = below or low == "received"
        if low == "authentication-results" and (first or not below):
            first = False
            yield value


def _by_spf(mail: Mail, hosts: tuple[str, ...], authserv_ids: tuple[str, ...]) -> Findings | None:
    """Read the older field that a server writes about SPF alone."""
    value = mail.header("Received-SPF")
    match, receiver = _SPF.match(value), _RECEIVER.search(value[:_LONGEST])
    if not match or match[1].lower() != "fail":
        return None
    server = receiver[1].lower() if receiver else (hosts[0] if hosts else "")
    own = any(within(host, (server,)) for host in hosts)
    return Findings(server=server, known=within(server, authserv_ids), own=own, failed=("spf",))


@lru_cache(maxsize=64)  # the weighing asks several times, and one system's notices bear the same
def _parsed(value: str, host: str) -> tuple[str, _Results]:
    if not value.strip() or len(value) > _LONGEST:
        return "", []
    import authres  # noqa: PLC0415 - most mails looked at have no such field

    text = f"{host}; {value.rstrip('; ')}" if _METHOD_FIRST.match(value) else value.rstrip("; ")
    try:
        field = authres.AuthenticationResultsHeader.parse(f"Authentication-Results: {text}")
    except (authres.AuthResError, ValueError, IndexError):
        return _bare(text)
    results = [
        (str(r.method).lower(), str(r.result).lower(), {f"{p.type}.{p.name}": str(p.value) for p in r.properties})
        for r in field.results
    ]
    return str(field.authserv_id or "").lower(), results


def _bare(text: str) -> tuple[str, _Results]:
    """Read results without their properties out of a field that is not quite as the RFC has it; these prove nothing."""
    plain = _COMMENT.sub(" ", text)
    server, _, rest = plain.partition(";")
    results: _Results = [(m[1].lower(), m[2].lower(), {}) for m in _BARE_RESULT.finditer(rest)]
    name = server.strip().split(" ")[0].lower()
    return (name, results) if results and re.fullmatch(r"[a-z0-9][a-z0-9.-]*", name) else ("", [])


def _failed(results: _Results) -> tuple[str, ...]:
    """DMARC decides where it decided; else one failed method counts unless another passed."""
    dmarc = {result for method, result, _ in results if method == "dmarc"}
    if "fail" in dmarc:
        return tuple(dict.fromkeys(method for method, result, _ in results if result == "fail"))
    if "pass" in dmarc or any(result == "pass" for method, result, _ in results if method in {"spf", "dkim"}):
        return ()
    checks = {"spf", "dkim", "compauth"}
    return tuple(dict.fromkeys(method for method, result, _ in results if method in checks and result == "fail"))


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


def _routes(results: _Results) -> Iterator[str]:
    for method, result, properties in results:
        sender = properties.get("smtp.mailfrom", "").lower()
        if method == "spf" and result == "pass" and sender:
            yield domain(sender) or sender

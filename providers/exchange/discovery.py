"""Find the server of a mail address (autodiscover), and which way of signing in a server offers.

exchangelib's own search keeps what it finds in a file of the temporary folder that anybody could have put there before,
and reads it with pickle; its protocol and request are used here, in an order of ours. Source: MS-OXDSCLI, MS-OXWSADISC.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

import dns.exception
import dns.resolver
import exchangelib
import msgspec
import requests
from exchangelib.autodiscover.protocol import AutodiscoverProtocol
from lxml import etree

from assistant.errors import AuthError, ConfigError, InvalidResponseError, ProviderError, TransientError
from assistant.standards.ical import clean
from providers.exchange import auth as ways
from providers.exchange import online
from providers.exchange.errors import NAME, RAISED, SIGN_IN, said
from providers.exchange.options import is_address, is_safe
from providers.exchange.transport import Adapter, Once, RefusedError, prove

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from providers.exchange.auth import Auth
    from providers.exchange.remembered import Signed

_SOAP, _POX = "autodiscover/autodiscover.svc", "autodiscover/autodiscover.xml"
_OPERATION = "autodiscover"
_SECONDS = 5
_DEPTH = 4
"""Redirects that are followed."""
_ASKED = "http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006"
_GIVEN = "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a"
_PARSER = etree.XMLParser(resolve_entities=False, no_network=True)
_HOW = (
    "Ask who runs it for the address of its Exchange Web Services, and give it when you are asked for it or write "
    'endpoint = "https://..." in the account'
)


class _Asked(AutodiscoverProtocol):  # type: ignore[misc]  # the library has no types
    """exchangelib's protocol for autodiscover over our transport."""

    HTTP_ADAPTER_CLS = Adapter
    TIMEOUT = _SECONDS
    RETRY_WAIT = 0


class Place(NamedTuple):
    """Where a mailbox is: the endpoint, and the address by which the server knows it."""

    endpoint: str
    address: str


class _Answer(NamedTuple):
    """What autodiscover said: an endpoint with the primary address, or where or for whom to ask next."""

    endpoint: str = ""
    url: str = ""
    address: str = ""


class _Taste(NamedTuple):
    """What a request without a sign-in shows: the ways of signing in, or where it is sent."""

    offered: tuple[Auth, ...] = ()
    elsewhere: str = ""


def find(signed: Signed, auth: Auth | None = None) -> Place:
    """Return where the mailbox of the address is.

    Args:
        signed: who signs in; its endpoint does not matter.
        auth: how, None for what each server offers.

    Raises:
        UsageError: the account is on Exchange Online.
        AuthError: the server that knows does not accept the sign-in.
        TransientError: no server could be reached.
        ProviderError: none could be trusted.
        ConfigError: there is none to be found.
    """
    return _Search(signed, auth).find(signed.address)


def offered(endpoint: str) -> Auth:
    """Return the best way of signing in that an endpoint offers; one that does not tell the password first.

    Raises:
        TransientError: it does not answer.
        ConfigError: it is no Exchange.
    """
    found = _tasted(endpoint)
    if not found.offered:
        where = f" It sends to {found.elsewhere}" if found.elsewhere else ""
        raise ConfigError([f"endpoint: no Exchange answers at {endpoint}.{where} {_HOW}"])
    return found.offered[0]


class _Search:
    """One search, which asks each place once."""

    def __init__(self, signed: Signed, auth: Auth | None) -> None:
        self._signed = signed
        self._auth = auth
        self._asked: set[tuple[str, str]] = set()
        self._reached = False
        self._fault: ProviderError | None = None

    def find(self, address: str, depth: int = _DEPTH) -> Place:
        if online.is_address(address):
            raise online.refusal(address)
        domain = address.rpartition("@")[2].lower()
        for root in places(domain):
            found = self._at(root, address, domain, depth)
            if found:
                return found
        if self._fault is not None:
            raise self._fault
        if not self._reached:
            raise TransientError(NAME, _OPERATION, f"no server of {domain} answers. Check the connection. {_HOW}")
        raise ConfigError([f"endpoint: no server of {domain} says where its Exchange is. {_HOW}"])

    def _at(self, root: str, address: str, domain: str, depth: int) -> Place | None:
        for path in (_SOAP, _POX):
            try:
                found = self._ask(f"{root}{path}", address, domain, depth)
            except AuthError:
                raise
            except TransientError:
                return None
            except ProviderError as error:  # many a domain has a web site there, with a certificate of its host's
                self._fault = self._fault or error
                return None
            if found:
                return found
        return None

    def _ask(self, url: str, address: str, domain: str, depth: int) -> Place | None:
        if depth < 0 or (url, address) in self._asked:
            return None
        self._asked.add((url, address))
        taste = _tasted(url)
        self._reached = True
        if taste.elsewhere:
            return self._ask(_trusted(taste.elsewhere, domain), address, domain, depth - 1)
        if not taste.offered:
            return None
        try:
            answer = self._answer(url, address, self._auth or taste.offered[0])
        except AuthError:
            raise
        except ProviderError:
            return None
        return self._follow(answer, address, domain, depth)

    def _follow(self, answer: _Answer, address: str, domain: str, depth: int) -> Place | None:
        known = answer.address if is_address(answer.address) else address
        if not answer.endpoint and known != address:
            return self.find(known, depth - 1)
        if answer.url:
            return self._ask(_trusted(answer.url, domain), address, domain, depth - 1)
        if not answer.endpoint:
            return None
        return Place(_checked(answer.endpoint, address), known)

    def _answer(self, url: str, address: str, auth: Auth) -> _Answer:
        signed = msgspec.structs.replace(self._signed, auth=auth)
        config = exchangelib.Configuration(
            service_endpoint=url,
            credentials=ways.credentials(signed),
            auth_type=ways.type_of(auth),
            retry_policy=Once(),
        )
        protocol = _Asked(config=config)
        try:
            return _soap(protocol, address) if url.endswith(_SOAP) else _pox(protocol, address)
        except RAISED as error:
            raise said(_OPERATION, error) from error
        finally:
            protocol.close()


def places(domain: str) -> Iterator[str]:
    """Yield the addresses that may know where the server of a domain is; those of DNS and of redirects last."""
    yield f"https://autodiscover.{domain}/"
    yield f"https://{domain}/"
    for found in (*_redirected(f"http://autodiscover.{domain}/{_SOAP}"), *_named(domain)):
        host = urlsplit(_trusted(found, domain)).netloc
        yield f"https://{host}/"


def _redirected(url: str) -> Iterable[str]:
    """Return where plain HTTP is sent to; nothing is told it."""
    try:
        with _session() as session, session.get(url, timeout=_SECONDS, allow_redirects=False) as answer:
            elsewhere = answer.headers.get("Location", "")
    except requests.RequestException:
        return ()
    return (elsewhere,) if answer.is_redirect else ()


def _named(domain: str) -> Iterable[str]:
    """Return where the SRV record of a domain points to."""
    try:
        answers = dns.resolver.resolve(f"_autodiscover._tcp.{domain}.", "SRV", lifetime=_SECONDS)
    except dns.exception.DNSException:
        return ()
    hosts = sorted((one.priority, -one.weight, str(one.target).rstrip(".")) for one in answers)
    return [f"https://{host}/" for _, _, host in hosts]


def _trusted(url: str, domain: str) -> str:
    """Return an address that the password may go to although nobody vouched for it: it is of the same domain.

    Raises:
        UsageError: it is Exchange Online's.
        ConfigError: it is another's.
    """
    if online.is_host(url):
        raise online.refusal(f"The mail of {domain}")
    host = (urlsplit(url).hostname or "").lower() if is_safe(url) else ""
    if host == domain or host.endswith(f".{domain}"):
        return url
    shown = clean(url[:200])
    text = f"endpoint: autodiscover of {domain} sends to {shown}, which may be anybody's. If it is right, find the"
    raise ConfigError([f"{text} endpoint there and write it in the account. {_HOW}"])


def _checked(endpoint: str, address: str) -> str:
    if online.is_host(endpoint):
        raise online.refusal(address)
    if not is_safe(endpoint):
        raise ConfigError([f"endpoint: autodiscover gave {endpoint[:200]!r}, to which no password may go. {_HOW}"])
    return endpoint


def _tasted(url: str) -> _Taste:
    """Ask without a sign-in; the answer names the ways.

    Raises:
        TransientError: no answer.
        ProviderError: its certificate is not trusted.
    """
    head = {"Content-Type": "text/xml; charset=utf-8"}
    try:
        with _session() as session, session.post(url, headers=head, timeout=_SECONDS, allow_redirects=False) as answer:
            if answer.is_redirect:
                return _Taste(elsewhere=requests.compat.urljoin(url, answer.headers["Location"]))
            told = answer.headers.get("WWW-Authenticate", "").lower()
    except RAISED as error:
        raise said(_OPERATION, error) from error
    if answer.status_code != requests.codes.unauthorized:
        return _Taste()
    marks: tuple[tuple[str, Auth], ...] = (
        ("ntlm", "ntlm"),
        ("negotiate", "ntlm"),
        ("basic", "basic"),
        ("bearer", "oauth"),
    )
    return _Taste(offered=tuple(dict.fromkeys(way for mark, way in marks if mark in told)))


def _session() -> requests.Session:
    session = requests.Session()
    session.auth = lambda request: request  # not what ~/.netrc may have for this host
    for scheme in ("https://", "http://"):
        session.mount(scheme, Adapter())
    return session


def _soap(protocol: _Asked, address: str) -> _Answer:
    """Ask as Exchange 2010 and later understand it (MS-OXWSADISC)."""
    wanted = ["external_ews_url", "internal_ews_url", "auto_discover_smtp_address", "ews_supported_schemas"]
    found = protocol.get_user_settings(user=address, settings=wanted)
    if found.redirect_address or found.redirect_url:
        return _Answer(url=found.redirect_url or "", address=found.redirect_address or "")
    found.raise_errors()
    told = found.user_settings or {}
    endpoint = told.get("external_ews_url") or told.get("internal_ews_url") or ""
    return _Answer(endpoint=str(endpoint), address=str(told.get("auto_discover_smtp_address") or ""))


def _pox(protocol: _Asked, address: str) -> _Answer:
    """Ask as all servers since Exchange 2007, and those of others, understand it (MS-OXDSCLI)."""
    asked = etree.Element(f"{{{_ASKED}}}Autodiscover")
    request = etree.SubElement(asked, f"{{{_ASKED}}}Request")
    etree.SubElement(request, f"{{{_ASKED}}}EMailAddress").text = address
    etree.SubElement(request, f"{{{_ASKED}}}AcceptableResponseSchema").text = _GIVEN
    session = protocol.create_session()
    try:
        data = etree.tostring(asked, xml_declaration=True, encoding="utf-8")
        answer = session.post(protocol.service_endpoint, data=data, timeout=_SECONDS, allow_redirects=False)
        try:
            protocol.retry_policy.raise_response_errors(answer)
        except RefusedError as error:
            if requests.codes.multiple_choices <= error.status < requests.codes.bad_request:
                return _Answer(url=requests.compat.urljoin(protocol.service_endpoint, error.code))
            raise
        prove(answer.content)
        return _read(etree.fromstring(answer.content, _PARSER))
    finally:
        session.close()


def _read(found: etree._Element) -> _Answer:
    """Read an answer of the older kind: of the ways in, that from outside comes before that from inside."""

    def text(path: str) -> str:
        return str(found.findtext(path, "", {"r": _GIVEN}) or "").strip()

    account = ".//r:Account/r:"
    if text(f"{account}RedirectAddr") or text(f"{account}RedirectUrl"):
        return _Answer(url=text(f"{account}RedirectUrl"), address=text(f"{account}RedirectAddr"))
    for kind in ("EXPR", "EXCH", "WEB", "EXHTTP"):
        for protocol in found.iterfind(".//r:Protocol", {"r": _GIVEN}):
            if protocol.findtext("r:Type", "", {"r": _GIVEN}) == kind:
                endpoint = protocol.findtext("r:EwsUrl", "", {"r": _GIVEN})
                if endpoint:
                    return _Answer(endpoint=endpoint.strip(), address=text(".//r:User/r:AutoDiscoverSMTPAddress"))
    raise InvalidResponseError(NAME, _OPERATION, f"the server names no Exchange Web Services. {SIGN_IN}")

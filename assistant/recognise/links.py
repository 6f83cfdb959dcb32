"""Where do a mail's links lead? Each is judged by its target; a gateway that rewrites links is looked through."""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

from assistant.recognise import hosts
from assistant.standards import authentication, regex
from assistant.standards import mail as codec
from assistant.standards.mail import within

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistant.model.call import Reader
    from assistant.recognise.formats import Formats
    from assistant.standards.mail import Mail

_URL = regex.lazy(r"https?://[^\s\"'<>]{1,2000}", re.IGNORECASE)
_INNER = regex.lazy(r"https?(?::|%3a)(?:/|%2f){2}[^\s\"'<>]{1,2000}", re.IGNORECASE)
_PROOFPOINT_3 = regex.lazy(r"/v3/__(?P<url>.{1,2000}?)__;", re.IGNORECASE)
_SHOWN = regex.lazy(
    r"(?:https?://)?(?P<host>(?:[a-z0-9-]{1,63}\.){1,8}(?P<end>[a-z]{2,24}))(?::\d+)?(?:[/?#]\S*)?", re.IGNORECASE
)
_FILE_END = regex.lazy(r"wav|mp3|m4a|ogg|amr|gsm|html?|pdf|docx?|xlsx?|zip|txt|svg|png|jpe?g|php|aspx?", re.IGNORECASE)
_PROGRAM = regex.lazy(r"\.(?:exe|scr|msi|js|jar|bat|cmd|vbs|hta|lnk|ps1|apk|dmg|iso|img|zip|rar|7z)$", re.IGNORECASE)
_RECORDING = regex.lazy(r"\.(?:wav|mp3|m4a|ogg|amr)$", re.IGNORECASE)
_LEAVING = regex.lazy(r"unsub|opt-?out|preference|abmeld|desinscri|desabonn|baja|settings", re.IGNORECASE)
_PLANTED = regex.lazy(r"/wp-(?:content|includes|admin)/|/\.well-known/(?!acme)", re.IGNORECASE)
_LOGIN = regex.lazy(
    r"log-?in|sign-?in|sign-?on|oauth|verif|webmail|owa\b|o365|office-?365|passwor|identif|session", re.IGNORECASE
)
_BARE = regex.lazy(r"(?:\d{1,3}\.){3}\d{1,3}|0x[0-9a-f]{8}|\d{8,10}", re.IGNORECASE)
_GATEWAYS = (
    "safelinks.protection.outlook.com", "urldefense.proofpoint.com", "urldefense.com", "urldefense.us",
    "mimecast.com", "mimecastprotect.com", "mimecast.co.za", "cudasvc.com", "secure-web.cisco.com",
    "protection.sophos.com", "fireeye.com", "trendmicro.com", "hornetsecurity.com", "avanan.click", "checkpoint.com",
)  # fmt: skip
_SHORT = (
    "bit.ly", "bitly.com", "tinyurl.com", "t.co", "is.gd", "v.gd", "cutt.ly", "rb.gy", "ow.ly", "buff.ly", "rebrand.ly",
    "t.ly", "s.id", "shorturl.at", "tiny.cc", "qrco.de", "soo.gd", "lc.cx", "u.to", "urlz.fr", "kurzelinks.de",
)  # fmt: skip
_FREE_PAGES = (
    "web.app", "firebaseapp.com", "pages.dev", "workers.dev", "r2.dev", "netlify.app", "vercel.app", "github.io",
    "glitch.me", "ngrok.io", "ngrok-free.app", "trycloudflare.com", "duckdns.org", "weebly.com", "wixsite.com",
    "blogspot.com", "wordpress.com", "forms.gle", "docs.google.com", "sites.google.com", "storage.googleapis.com",
    "web.core.windows.net", "blob.core.windows.net", "azurewebsites.net", "ipfs.io", "dweb.link", "jotform.com",
    "typeform.com", "canva.com", "notion.site", "godaddysites.com", "square.site", "webflow.io", "surge.sh", "repl.co",
)  # fmt: skip
_PASSING = {"url", "u", "q", "a", "target", "dest", "redirect", "redirect_url", "continue", "next", "goto", "link"}
_DEEPEST = 3
_MOST = 60


class Link(NamedTuple):
    """A link: its words, where it leads in the end, the host there, and whether a gateway had rewritten it."""

    text: str
    url: str
    host: str
    rewritten: bool = False


class Setting(NamedTuple):
    """What links are compared with: the sender's host, whether that is proved, the reader and what is known."""

    home: str
    proved: bool
    reader: Reader
    formats: Formats


def gather(mail: Mail) -> list[Link]:
    """Return the links of a mail, gateways looked through, those that lie inside others behind them."""
    found = [link for anchor in codec.anchors(mail)[:_MOST] for link in _followed(anchor.text, anchor.target)]
    shown = {link.url for link in found}
    for text, url in _in_plain(mail.plain):
        found.extend(link for link in _followed(text, url) if link.url not in shown)
    return found[:_MOST]


def _in_plain(text: str) -> Iterator[tuple[str, str]]:
    """Yield the links of a plain text with the words in front of them, the line above for one that stands alone."""
    above = ""
    for line in text.splitlines():
        for match in _URL.finditer(line[:4000]):
            before = line[: match.start()].strip(" <([:\t")
            yield (before if re.search(r"[^\W\d_]", before) else above)[-200:], match[0].rstrip(".,;:!?)>]")
        above = line.strip() or above


def _followed(text: str, url: str) -> Iterator[Link]:
    """Yield where a link leads: behind a gateway only the target, else the link and what it passes on to."""
    rewritten = False
    for _ in range(_DEEPEST):
        host = host_of(url)
        inner = _inner(url, host)
        if not within(host, _GATEWAYS) or not inner:
            break
        url, rewritten = inner, True
    host = host_of(url)
    yield Link(text, url, host, rewritten or within(host, _GATEWAYS))
    further = _inner(url, host)
    if further:
        yield Link("", further, host_of(further), rewritten=True)


def host_of(url: str) -> str:
    """Return the host of an address in lower case, "" when it has none that can be read."""
    try:
        return (urlsplit(url).hostname or "").strip(".").lower() if _URL.match(url) else ""
    except ValueError:
        return ""


def _inner(url: str, host: str) -> str:
    if within(host, ("urldefense.com", "urldefense.us")) and (match := _PROOFPOINT_3.search(url)):
        return re.sub(r"^(https?):/(?!/)", r"\1://", match["url"])
    try:
        query = parse_qsl(urlsplit(url).query, keep_blank_values=False, max_num_fields=100)
    except ValueError:
        return ""
    for name, value in query:
        low = name.lower()
        if within(host, ("urldefense.proofpoint.com",)) and low == "u":
            return unquote(value.replace("-", "%").replace("_", "/"))
        if low in _PASSING and (match := _INNER.match(value)):
            return unquote(match[0]) if "%3a" in match[0].lower()[:9] else match[0]
        if low in {"domain", "d"} and within(host, _GATEWAYS) and _SHOWN.fullmatch(value):
            return f"https://{value}/"
    match = _INNER.search(url, 9) if within(host, _GATEWAYS) else None
    return unquote(match[0]) if match else ""


def dangers(link: Link, place: Setting) -> Iterator[tuple[int, str]]:
    """Yield what speaks against a link wherever it stands: how much (3 is proof), and why."""
    url = link.url[:80]
    if re.match(r"\s*(?:javascript|vbscript|data):", link.url, re.IGNORECASE):
        yield 3, f"a link is a script: {url}"
    if not link.host:
        return
    if _BARE.fullmatch(link.host) and not authentication.is_private(link.host):
        yield 3, f"a link leads to {url}, a bare address"
    if re.match(r"https?://[^/?#\s]*@", link.url, re.IGNORECASE):
        yield 3, f"a link leads to {url}, with a login in it"
    if _PROGRAM.search(_path(link.url)) and not _near(link.host, place):
        yield 3, f"a link leads to a program or archive: {url}"
    if _PLANTED.search(link.url) and not hosts.own(place.reader):
        yield 1, f"a link leads into the workings of a web site: {url}"
    elif _PLANTED.search(link.url):
        yield 2, f"a link leads into the workings of a web site: {url}"
    shown = _shown(link.text)
    if shown and not link.rewritten and not hosts.related(shown, link.host) and not _excused(shown, link, place):
        yield 3, f"a link shows {shown} and leads to {link.host}"
    like = hosts.copied(link.host, hosts.own(place.reader), place.formats)
    if like and not hosts.related(link.host, place.home):
        yield like.weight, f"a link leads to {link.host}, which passes for {like.name}"


def lures(link: Link, place: Setting) -> Iterator[tuple[int, str]]:
    """Yield what speaks against a link that is to be followed in order to hear a message."""
    if not link.host or _near(link.host, place):
        return
    known = hosts.is_known(link.host, place.formats)
    if _RECORDING.search(_path(link.url)) or (place.proved and hosts.kindred(link.host, place.home)):
        return
    if within(link.host, _SHORT):
        yield 2, f"the message is behind a short link, {link.url[:80]}"
    elif within(link.host, _FREE_PAGES):
        yield 2, f"the message is on a page that anyone can put up, {link.host}"
    elif known or authentication.is_private(link.host) or "." not in link.host or link.host.endswith(".local"):
        return
    elif not hosts.related(link.host, place.home):
        yield 2, f"the message is at {link.host}, which is not the sender's"
    elif place.proved:
        return
    if _LOGIN.search(link.url.partition("://")[2].partition("/")[2]) or _LOGIN.search(link.host):
        yield 1, f"a link leads to a login, {link.url[:80]}"


def addressed(link: Link, place: Setting) -> Iterator[tuple[int, str]]:
    """Yield what it says that a link holds the reader's address: a page that greets its victim by it."""
    if not link.host or _near(link.host, place) or _LEAVING.search(link.url):
        return
    addresses = tuple(address.lower() for address in place.reader.addresses if address)
    plain = any(address in unquote(link.url).lower() for address in addresses)
    if plain or _coded(link.url, addresses):
        weight = 1 if plain and hosts.related(link.host, place.home) else 2
        yield weight, f"a link to {link.host} has your address in it"


def _near(host: str, place: Setting) -> bool:
    """Tell whether a host is the reader's own, or that of a sender whose name is proved."""
    return within(host, hosts.own(place.reader)) or _proved(host, place)


def _proved(host: str, place: Setting) -> bool:
    return place.proved and hosts.related(host, place.home) and hosts.is_known(place.home, place.formats)


def _excused(shown: str, link: Link, place: Setting) -> bool:
    """A proved sender may count the clicks on links to its own pages at some other firm's host."""
    return (place.proved and hosts.related(shown, place.home)) or within(link.host, hosts.own(place.reader))


def _shown(text: str) -> str:
    """Return the host that the words of a link show, "" when they show none."""
    match = _SHOWN.fullmatch(text.strip())
    if not match or (_FILE_END.fullmatch(match["end"]) and "://" not in text):
        return ""
    return match["host"].lower()


def _path(url: str) -> str:
    try:
        return unquote(urlsplit(url).path)
    except ValueError:
        return ""


def _coded(url: str, addresses: tuple[str, ...]) -> bool:
    """Tell whether an address, or its part before the at sign, stands in a link in base64 (RFC 4648 4 and 5)."""
    plain = [_decoded(coded) for coded in re.findall(r"[A-Za-z0-9+/_-]{8,400}", url.partition("://")[2])[:_MOST]]
    return any(address in text or text == address.partition("@")[0] for text in plain if text for address in addresses)


def _decoded(coded: str) -> str:
    text = coded.replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4)).decode("utf-8").strip().lower()
    except (binascii.Error, ValueError):
        return ""

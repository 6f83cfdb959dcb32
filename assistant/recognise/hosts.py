"""Whose host is this? Names of hosts compared with the sender, the reader and the firms that forgers pass for."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from assistant.standards import regex
from assistant.standards.mail import domain, within

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistant.model.call import Reader
    from assistant.recognise.formats import Brand, Formats

_BRANCH = regex.lazy(r"(?:co|com|org|net|ac|gov|gob|ne|or|go|edu|nom|ltd|plc|asn|id)\.[a-z]{2}")
_FREE_MAIL = (
    "gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "hotmail.co.uk", "live.com", "msn.com",
    "yahoo.com", "yahoo.co.uk", "yahoo.fr", "yahoo.co.jp", "ymail.com", "aol.com", "icloud.com", "me.com",
    "mac.com", "gmx.de", "gmx.net", "gmx.com", "gmx.at", "gmx.ch", "web.de", "t-online.de", "freenet.de",
    "mail.com", "mail.ru", "yandex.ru", "yandex.com", "proton.me", "protonmail.com", "tutanota.com", "zoho.com",
    "orange.fr", "wanadoo.fr", "free.fr", "laposte.net", "sfr.fr", "libero.it", "virgilio.it", "alice.it",
    "tiscali.it", "hotmail.fr", "hotmail.it", "hotmail.es", "uol.com.br", "bol.com.br", "terra.com.br", "ziggo.nl",
    "hetnet.nl", "kpnmail.nl", "qq.com", "163.com", "126.com", "sina.com", "naver.com", "comcast.net",
    "verizon.net", "att.net", "btinternet.com", "sky.com", "bigpond.com", "inbox.lv", "fastmail.com", "hey.com",
)  # fmt: skip
# Letters of other scripts and figures that pass for a Latin letter (Unicode TS 39, the ones that names can be made of).
_LOOKS_LIKE = str.maketrans(
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u04bb\u0501\u051b\u051d\u03b1\u03bf\u03c1\u03bd\u0131\u02510135",
    "aeopcyxijshdqwaopviaolse",
)
_FEWEST_ALIKE, _FEWEST_DRAWN = 6, 4
_FEWEST_NAMED = 3
_FEWEST_KIN = 5


class Copied(NamedTuple):
    """A firm that a host's name makes one think of, and how surely it is meant to: from 1, a word in common, to 3."""

    name: str
    weight: int


def sold(host: str) -> str:
    """Return the domain that a registry sells: the last two labels, three below a country's branches (co.uk)."""
    labels = host.lower().strip(".").split(".")
    return ".".join(labels[-3:] if _BRANCH.fullmatch(".".join(labels[-2:])) else labels[-2:])


def related(host: str, home: str) -> bool:
    """Tell whether two hosts lie in one domain that a registry sells."""
    return bool(home) and sold(host) == sold(home)


def is_free_mail(host: str) -> bool:
    """Tell whether anyone may have an address there, so that it proves no firm."""
    return within(host, _FREE_MAIL)


def own(reader: Reader) -> tuple[str, ...]:
    """Return the domains of the reader's own addresses, free mailers left out."""
    found = (domain(address.lower()) for address in reader.addresses)
    return tuple(sold(host) for host in found if host and not is_free_mail(host))


def is_known(host: str, formats: Formats) -> bool:
    """Tell whether the host belongs to a phone system or a firm that is known here."""
    labels = host.lower().strip(".").split(".")
    if any(".".join(labels[start:]) in formats.firm_domains for start in range(len(labels))):
        return True
    label, _, end = sold(host).partition(".")
    return _is_national(end) and any(label == name for firm in formats.firms for name in firm.names)


def bears(host: str, firm: Brand) -> bool:
    """Tell whether a firm writes from a host: one of its domains, or its bare name in a country's."""
    label, _, end = sold(host).partition(".")
    return within(host, firm.domains) or (_is_national(end) and label in firm.names)


def _is_national(end: str) -> bool:
    """Tell whether what a firm's name stands before is a country's, an old one, or the one for examples (RFC 2606)."""
    return bool(re.fullmatch(r"[a-z]{2}|(?:com?|net|org)(?:\.[a-z]{2})?|example", end))


def kindred(first: str, second: str) -> bool:
    """Tell whether two domains begin alike, as a firm's several ones do: acmetel.com, acmetel-voice.net."""
    a, b = sold(first).partition(".")[0], sold(second).partition(".")[0]
    return min(len(a), len(b)) >= _FEWEST_KIN and (a.startswith(b) or b.startswith(a))


def copied(host: str, readers: tuple[str, ...], formats: Formats) -> Copied | None:
    """Return whom a host's name passes for without being theirs: a known firm, or the reader's own domain."""
    if not host or within(host, readers) or is_known(host, formats):
        return None
    name = readable(host)
    if mixed(name):
        return Copied(f"letters of several alphabets ({name})", 3)
    inside = next((d for d in (*readers, *formats.firm_domains) if f".{d}." in f".{name}."), None)
    if inside:
        return Copied(inside, 3)
    alike = next(_alike(re.split(r"[.-]", name), formats), None)
    return Copied(alike[0], alike[1]) if alike else None


def _alike(tokens: list[str], formats: Formats) -> Iterator[tuple[str, int]]:
    """Yield names that stand in a host's name: misspelt first, then as a word of their own."""
    names = [
        (name, name.replace(" ", "").replace("-", ""), firm.common) for firm in formats.firms for name in firm.names
    ]
    for name, plain, common in names:
        if len(plain) >= _FEWEST_DRAWN and any(_misspelt(token, plain, drawn_only=common) for token in tokens):
            yield name, 3
    for name, plain, common in names:
        if len(plain) >= _FEWEST_NAMED and plain in tokens:
            yield name, 1 if common else 2


def _misspelt(token: str, name: str, *, drawn_only: bool) -> bool:
    """Tell whether a word is meant to be read as a name: it looks like it, or is one letter off a long one."""
    if token == name or not token:
        return False
    if skeleton(token) == skeleton(name):
        return True
    return (
        not drawn_only
        and len(name) >= _FEWEST_ALIKE
        and token[0] == name[0]
        and token != name + "s"
        and _one_off(token, name)
    )


def _one_off(first: str, second: str) -> bool:
    """Tell whether one letter is missing, added, changed, or two neighbours stand in each other's place."""
    if abs(len(first) - len(second)) > 1:
        return False
    start = next(
        (i for i, (a, b) in enumerate(zip(first, second, strict=False)) if a != b), min(len(first), len(second))
    )
    a, b = first[start:], second[start:]
    return a[1:] == b[1:] or a[1:] == b or a == b[1:] or (a[:2] == b[:2][::-1] and a[2:] == b[2:])


def readable(host: str) -> str:
    """Return a host with its internationalised labels in letters (RFC 5890); a label that cannot be read stays."""
    return ".".join(_unicode(label) for label in host.lower().split("."))


def _unicode(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    try:
        return label[4:].encode("ascii").decode("punycode")
    except (UnicodeError, ValueError):
        return label


def mixed(words: str) -> bool:
    """Tell whether a word mixes Latin letters with Cyrillic or Greek ones, or holds none but ones that look Latin."""
    for word in re.findall(r"[^\W\d_]{3,}", words):
        scripts = {unicodedata.name(letter, "?").split(" ")[0] for letter in word} & {"LATIN", "CYRILLIC", "GREEK"}
        if len(scripts) > 1:
            return True
    return False


def folded(text: str) -> str:
    """Return a text in small letters as patterns of any case compare them: the Turkish i and the long s are i and s."""
    return text.lower().replace("i\u0307", "i").replace("\u0131", "i").replace("\u017f", "s")


@lru_cache(maxsize=512)
def whole(name: str) -> re.Pattern[str]:
    """Compile a firm's name as whole words of any case."""
    return re.compile(rf"(?<!\w){re.escape(name)}(?!\w)", re.IGNORECASE)


@lru_cache(maxsize=4096)  # the names of firms are asked for by every mail
def skeleton(word: str) -> str:
    """Return a word as the eye reads it: letters and figures that look alike made one."""
    flat = word.casefold().translate(_LOOKS_LIKE)
    return flat.replace("rn", "m").replace("vv", "w").replace("ph", "f").replace("i", "l")

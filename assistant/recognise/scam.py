"""Is this a swindle that wants to be rung up? Stories that such mails tell, and numbers that cost the caller money."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from assistant.model.call import Kind
from assistant.recognise import hosts, look
from assistant.standards import phone, regex
from assistant.standards.mail import domain, within

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistant.model.call import E164, Reader
    from assistant.recognise.draft import Draft
    from assistant.recognise.formats import Formats
    from assistant.standards.mail import Mail

Ground = tuple[int, str]

_PRICE = regex.lazy(
    r"\d[.,]\d{1,2}\s?(?:€|eur\w*|\$|usd|£|gbp|chf|fr\.?|r\$)\s?(?:ttc\s?)?(?:/|pro|per|par|por|al|a|la)\s?(?:min|anruf|call|appel|llamada)"
    r"|(?:€|\$|£|r\$|eur|chf)\s?\d{1,2}[.,]\d{1,2}\s?(?:/|pro|per|par|por|al|a)\s?(?:min|anruf|call|appel|llamada)"
    r"|\d{1,3}\s?p\s?(?:/|per)\s?min"
    r"|(?:\d[.,]\d{2}\s?(?:€|eur)|[€$£]\s?\d{1,2}[.,]\d{2}),?\s(?:(?:for|für|pour|por|per|voor|el|la|il|de|die|o|a) )?"
    r"(?:first|each|every|erste|jede|première|chaque|primer|cada|primo|ogni|eerste|elke|primeir)\w{0,4} min",
    re.IGNORECASE,
)
# Figures with letters among them that look like figures, as nobody writes a number who wants it found.
_DISGUISED = regex.lazy(r"(?<![\w@/.=-])\+?[\dOolI(][\dOolI() .-]{8,24}[\dOolI](?![\w@/.=-])")
_FIGURES = regex.lazy(r"\d")
_LETTERS = regex.lazy(r"(?<=[\dOolI])[OolI]|[OolI](?=[\dOolI])")  # "o (212) 555-0100" is the office's
_FEWEST_FIGURES, _MOST_FIGURES = 10, 14
_FEWEST_PLAIN = 5
_LONGEST = 20_000
_REACH = 160
_SHORTEST_NAME, _LONGEST_NAME = 4, 40
_MOST = 40
_STORIES = {
    "prize": (2, "it promises a prize"),
    "threat": (2, "it threatens with the law"),
    "account": (2, "it says that an account is locked or misused"),
    "support": (1, "it says that a computer is infected"),
    "wallet": (2, "it is after the words of a wallet"),
    "secret": (2, "it wants a secret code to be at hand"),
    "charge": (1, "it tells of a charge"),
    "dispute": (1, "it invites to cancel or dispute"),
    "parcel": (1, "it tells of a parcel"),
}
"""What the stories weigh: 3 together, with a number to ring, is a swindle."""


def grounds(mail: Mail, draft: Draft | None, reader: Reader, formats: Formats, own: str | None = None) -> list[Ground]:
    """Return what makes a mail look like a call-back swindle; empty when it asks for no call to a number.

    A recording is the caller's own words, a call for help from a known person is not a firm's: only what the writer
    of the mail says counts, and a mail to many, which sells or reports, is let be.

    Args:
        mail: as it came.
        draft: what was read in it, None when it reports no call.
        reader: whose mailbox it is from.
        formats: the languages.
        own: the text without the caller's words, None for all of it.
    """
    if look.is_bulk({n.lower(): v for n, v in mail.headers}):
        return []
    if draft and draft.kind is Kind.VOICEMAIL:
        return _to_hear(mail, draft, reader, formats, mail.text if own is None else own)
    errand = _errand(mail, reader, formats)
    if errand:
        return errand
    text = _unnamed((mail.subject + "\n" + mail.text)[:_LONGEST], draft)
    disguised = _disguised(text)
    if not disguised and not _asks(text, reader, formats):
        return []
    found = [*disguised, *_costs(text, draft, reader, formats)]
    told = _told(text, formats) if not _is_person(mail, draft, formats) else []
    hurry = formats.any_word("scam", "pressure").findall(text)
    if hurry and (found or told or _nobody(draft)):
        found.append((2 if len(hurry) > 1 and _reports(draft) else 1, "it presses for a call at once"))
    found += told
    return [*found, *_writer(mail, formats), *_abroad(text, reader)] if found else []


def _to_hear(mail: Mail, draft: Draft, reader: Reader, formats: Formats, own: str) -> list[Ground]:
    """Return whether a notice itself, not the voice on it, wants a costly number to be rung."""
    if not _asks((mail.subject + "\n" + mail.text)[:_LONGEST], reader, formats):
        return []
    text = _unnamed((mail.subject + "\n" + own)[:_LONGEST], draft)
    return list(_costs(text, draft, reader, formats)) if costly(text, reader) else []


def _errand(mail: Mail, reader: Reader, formats: Formats) -> list[Ground]:
    """Return whether somebody who cannot be rung has a secret errand: gift cards, in the name of the chief."""
    text = (mail.subject + "\n" + mail.text)[:_LONGEST]
    if within(domain(mail.sender[1]), hosts.own(reader)):
        return []
    if formats.any_word("scam", "errand").search(text) and formats.any_word("scam", "unreachable").search(text):
        return [(3, "it has a secret errand for you, and its writer is not to be rung")]
    return []


def _unnamed(text: str, draft: Draft | None) -> str:
    """Return a text without the caller's name, which is no story of the writer's: PRIZE LINE, Lottery Office."""
    for slot, item in draft.slots.items() if draft and draft.kind is not Kind.CALLBACK_REQUEST else ():
        name = re.split(r"[\d(+<]", item.text, maxsplit=1)[0].strip() if slot.endswith(("caller", "name")) else ""
        if _SHORTEST_NAME <= len(name) <= _LONGEST_NAME:
            text = text.replace(name, " ")
    return text


def _told(text: str, formats: Formats) -> list[Ground]:
    return [ground for key, ground in _STORIES.items() if formats.any_word("scam", key).search(text)]


def _is_person(mail: Mail, draft: Draft | None, formats: Formats) -> bool:
    """Tell whether a person asks for the call, who may well have been robbed, sued, charged or sent a parcel."""
    if draft is None or draft.kind not in {Kind.CALLBACK_REQUEST, Kind.PHONE_MESSAGE}:
        return False
    name, address = mail.sender
    local = re.sub(r"[._+-]+", " ", address.partition("@")[0])
    return formats.any_word("scam", "firm").search(f"{name} {local}") is None


def costly(text: str, reader: Reader) -> E164 | None:
    """Return the first number in a text that costs more than a call, None when there is none."""
    return next(
        (spot.number for spot in phone.find(text[:_LONGEST], reader.region) if phone.is_costly(spot.number)), None
    )


def warns(mail: Mail, formats: Formats) -> bool:
    """Tell whether a mail's subject warns of forged mails or calls: it may quote a notice, and is none."""
    return formats.any_word("scam", "warning").search(mail.subject[:300]) is not None


def _asks(text: str, reader: Reader, formats: Formats) -> bool:
    """Tell whether the writer wants a number to be rung: words of it with a number close by."""
    calls = list(formats.any_word("scam", "call_us").finditer(text))[:_MOST]
    if not calls:
        return False
    spots = [spot.start for spot in phone.find(text, reader.region)][:_MOST]
    spots += [match.start() for match in re.finditer(r"(?<!\d)0\d{2,4}\s?[/-]\s?\d[\d ]{4,9}", text)]
    return any(match.start() - _REACH <= start <= match.end() + _REACH for match in calls for start in spots)


def is_disguised(mail: Mail) -> bool:
    """Tell whether a mail writes a number with letters among its figures."""
    return bool(_disguised((mail.subject + "\n" + mail.text)[:_LONGEST]))


def _disguised(text: str) -> list[Ground]:
    told = (match for line in text.split("\n") if _FIGURES.search(line) for match in _DISGUISED.finditer(line))
    for match in told:
        figures, letters = len(_FIGURES.findall(match[0])), len(_LETTERS.findall(match[0]))
        if letters and figures >= _FEWEST_PLAIN and _FEWEST_FIGURES <= figures + letters <= _MOST_FIGURES:
            return [(3, f"it writes a number with letters in it, {match[0].strip()}")]
    return []


def _costs(text: str, draft: Draft | None, reader: Reader, formats: Formats) -> Iterator[Ground]:
    """A costly number that is to be rung is the aim of the mail; one that only rang is a call."""
    number = costly(text, reader)
    if number and not (_reports(draft) and not _more_than_reported(text, draft, formats)):
        yield 3, f"it wants {number} to be rung, which costs more than a call"
    if _PRICE.search(text):
        yield 2, "it names the price of the call"


def _more_than_reported(text: str, draft: Draft | None, formats: Formats) -> bool:
    keys = list(_STORIES) if draft and draft.kind is Kind.VOICEMAIL else ["pressure", *_STORIES]
    told = any(formats.any_word("scam", key).search(text) for key in keys)
    return told or _PRICE.search(text) is not None


def _reports(draft: Draft | None) -> bool:
    return draft is not None and draft.kind in {Kind.VOICEMAIL, Kind.MISSED_CALL, Kind.PHONE_MESSAGE}


def _nobody(draft: Draft | None) -> bool:
    """Tell whether the mail is no person's request."""
    return draft is None or draft.kind is Kind.MISSED_CALL


def _writer(mail: Mail, formats: Formats) -> Iterator[Ground]:
    name, address = mail.sender
    if hosts.is_free_mail(domain(address)) and formats.any_word("scam", "firm").search(name):
        yield 2, f"{name} writes from a free mailbox, {address}"
    if address and address == mail.header("To").strip(" <>").lower():
        yield 1, "it is addressed to its own sender"


def _abroad(text: str, reader: Reader) -> Iterator[Ground]:
    spot = next(iter(phone.find(text, reader.region)), None)
    if spot and phone.is_abroad(spot.number, reader.region):
        yield 1, f"the number to ring, {spot.number}, is in another country"

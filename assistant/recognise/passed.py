"""What a recognition passed over: other numbers, times, names and lengths, each with the reason. For `explain`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assistant.model.call import Kind
from assistant.recognise import caller, identify, lines
from assistant.recognise.draft import PassedOver
from assistant.standards import authentication, phone, regex

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from assistant.model.call import E164, Call, Reader
    from assistant.recognise.draft import Draft, Found
    from assistant.recognise.formats import Format, Formats
    from assistant.standards.mail import Mail
    from assistant.standards.phone import Spot

_MOST = 12
_SHOWN = 80
_FAX = regex.lazy(r"(?i)\b(?:(?:tele)?fax|f)\b[^\w\n]*$")
_DASHES = regex.lazy(r"^\s*--\s*$")
_LATER = "an earlier place names one"


def numbers(
    call: Call, others: tuple[Call, ...], draft: Draft, mail: Mail, reader: Reader, formats: Formats
) -> tuple[PassedOver, ...]:
    """Return the other numbers of the mail, each with the role that excluded it."""
    ours = {call.calling_number, call.callback_number}
    theirs = {number for other in others for number in (other.calling_number, other.callback_number)}
    roles = _Roles(draft, mail, reader, formats, theirs)
    found: dict[str, PassedOver] = {}
    for part, text in (("subject", mail.subject), ("body", mail.text)):
        for spot in phone.find(text, reader.region):
            if spot.number not in ours and spot.number not in found:
                found[spot.number] = PassedOver(text=spot.raw, part=part, why=roles.of(spot, text))
    return tuple(found.values())[:_MOST]


class _Roles:
    """The roles that keep a number from being the caller's."""

    def __init__(self, draft: Draft, mail: Mail, reader: Reader, formats: Formats, theirs: set[E164 | None]) -> None:
        self._reader, self._formats, self._theirs, self._draft = reader, formats, theirs, draft
        self._signed = _signature(mail.text, formats)
        called = (draft.text("called"), draft.text("line"))
        self._called = {spot.number for text in called for spot in phone.find(text, reader.region)}

    def of(self, spot: Spot, text: str) -> str:
        if spot.number in self._reader.own_numbers:
            return "yours"
        if spot.number in self._called:
            return "the line called"
        if spot.number in self._theirs:
            return "another call of this mail"
        start = text.rfind("\n", 0, spot.start) + 1
        line, before = text[start:].partition("\n")[0], text[start : spot.start]
        return self._by_line(line, before) or self._by_place(spot, text)

    def _by_line(self, line: str, before: str) -> str:
        slots = lines.labelled(line, self._formats)
        if "called" in slots:
            return "the line called"
        if _FAX.search(before):
            return "a fax"
        word = self._formats.any_word("wishes", "not_number").search(before[-60:])
        if word:
            return f"behind {word[0].strip()!r}, which is no number to ring"
        if self._formats.any_word("sentences", "footer").search(line):
            return "in the footer"
        if line.lstrip().startswith(">"):
            return "in a quoted mail"
        return f"{next(iter(slots.values())).rule}: another place names the caller" if slots else ""

    def _by_place(self, spot: Spot, text: str) -> str:
        if self._draft.said and spot.raw in self._draft.said:
            return "the caller names it, but does not ask to be rung there"
        if text.count("\n") and self._signed is not None and spot.start >= self._signed:
            return "behind the signature"
        return "nothing gives it the role of the caller"


def _signature(text: str, formats: Formats) -> int | None:
    """Return where the signature begins, None without one."""
    closing, place = formats.any_word("sentences", "closing"), 0
    for line in text.splitlines(keepends=True):
        if _DASHES.match(line) or (place and closing.fullmatch(line.strip(" ,.!\n"))):
            return place
        place += len(line)
    return None


def names(call: Call, draft: Draft, reader: Reader, formats: Formats) -> tuple[PassedOver, ...]:
    """Return the names in the caller's other slots, and words there that are no name."""
    found = []
    for slot, item in draft.slots.items():
        if slot.rpartition("_")[2] not in {"name", "caller"}:
            continue
        name = caller.read(item.text, reader, formats).name
        if name and name != call.caller_name:
            why = "words around a number, not a name" if item.loose and not caller.plausible(name, formats) else _LATER
            found.append(PassedOver(text=name, part=item.part, why=why))
    own = caller.introduced(draft.said, formats) if draft.said else None
    if own and own != call.caller_name and call.caller_name:
        found.append(PassedOver(text=own, part="transcript", why="the name that the system gives comes first"))
    return tuple(found)


def times(chosen: Found, draft: Draft, mail: Mail, formats: Formats) -> tuple[PassedOver, ...]:
    """Return the other times of the mail: in other slots, in its lines, in its header."""
    unread = "no moment at which the call can have been made"
    over = [
        PassedOver(text=item.text, part=item.part, why=unread if chosen.part == "header Date" else _LATER)
        for slot, item in draft.slots.items()
        if slot.endswith("time") and item is not chosen
    ]
    lengths = [item.text for slot, item in draft.slots.items() if slot.endswith("duration")]
    seen = [chosen.text, *(one.text for one in over), *lengths]
    for part, text in (("subject", mail.subject), ("body", mail.text)):
        for time in _times(text, formats):
            if not any(time in one or one in time for one in seen if one):
                seen.append(time)
                said = draft.said is not None and time in draft.said
                over.append(PassedOver(text=time, part=part, why="in the caller's own words" if said else _LATER))
    if chosen.part != "header Date":
        date = mail.header("Date")
        over.append(PassedOver(text=date, part="header Date", why="when the mail was sent, not when the call came"))
    return tuple(over[:_MOST])


def _times(text: str, formats: Formats) -> Iterator[str]:
    for unit in lines.units(text):
        time = lines.time_in(unit, formats)
        if time:
            yield time


def lengths(call: Call, draft: Draft, mail: Mail, formats: Formats) -> tuple[PassedOver, ...]:
    """Return the lengths of a call that has none, or that another place told first."""
    over = [item for slot, item in draft.slots.items() if slot.endswith("duration")]
    if call.duration is not None:
        return tuple(PassedOver(text=item.text, part=item.part, why=_LATER) for item in over[1:])
    told = [PassedOver(text=item.text, part=item.part, why=_no_length(call)) for item in over]
    loose = next((length for unit in lines.units(mail.text) if (length := lines.length_in(unit, formats))), "")
    if loose and not told:
        told.append(PassedOver(text=loose, part="body", why=_no_length(call)))
    return tuple(told)


def _no_length(call: Call) -> str:
    return "it cannot be read as a length" if call.kind is Kind.VOICEMAIL else "how long it rang or was talked"


def wished(call: Call, draft: Draft, formats: Formats) -> tuple[PassedOver, ...]:
    """Return the times in the caller's words that are not the one to call at."""
    window = call.requested.text if call.requested else ""
    said = dict.fromkeys(time for time in _times(draft.words, formats) if time not in window)
    part = "transcript" if draft.said else "body"
    return tuple(PassedOver(text=time, part=part, why="no words of a wish decide for it") for time in said)[:_MOST]


def nouns(mail: Mail, formats: Formats) -> tuple[PassedOver, ...]:
    """Return the words of calls in a mail that reports none."""
    found: dict[str, PassedOver] = {}
    why = "words of a call alone: nobody has the caller's role, or too few signs of a notice"
    for part, text in (("subject", mail.subject), ("body", mail.text[:2000])):
        for key in ("voicemail", "missed_call", "phone_message"):
            for match in formats.any_word("notice", key).finditer(text):
                found.setdefault(match[0].lower(), PassedOver(text=match[0][:_SHOWN], part=part, why=why))
    return tuple(found.values())[:_MOST]


def formats(mail: Mail, chosen: Format | None, known: Formats) -> tuple[PassedOver, ...]:
    """Return the formats that claim the mail too, and yield."""
    others: Iterable[Format] = (one for one in identify.claiming(mail, known) if one is not chosen)
    refining = f"{chosen.vendor} refines it" if chosen else ""
    return tuple(PassedOver(text=one.vendor, part="the whole mail", why=refining) for one in others)


def results(mail: Mail, reader: Reader) -> tuple[PassedOver, ...]:
    """Return the authentication results that do not count."""
    found = []
    findings = authentication.read(mail, reader.authserv_ids)
    for number, value in enumerate(mail.fields("Authentication-Results")):
        server = value.partition(";")[0].strip()[:_SHOWN]
        if number:
            why = "only the topmost field counts: deeper ones may have come with the mail"
        elif findings is None or not findings.known:
            why = "the server is none that you named (authserv-id), so it proves nothing"
        else:
            continue
        found.append(PassedOver(text=server, part="header Authentication-Results", why=why))
    return tuple(found)

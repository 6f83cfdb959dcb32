"""Mails that people type: "Mr Petrosyan called for you", "could you give me a ring tomorrow?"."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assistant.model.call import Kind
from assistant.recognise import caller, forward, identify, letters, lines, notes, role, sender, wishes
from assistant.recognise.draft import Draft, Found
from assistant.standards import regex

if TYPE_CHECKING:
    from assistant.model.call import Reader
    from assistant.recognise.formats import Formats
    from assistant.recognise.letters import Letter
    from assistant.standards.mail import Mail

_NOBODY = regex.lazy(
    r"(?i)^(?:no|do)[._-]?(?:not[._-]?)?reply.*|^(?:mailer-daemon|postmaster|info|web|www|form|office|mail|contact)$"
)
_CALL_ME = regex.lazy(r"(?:[Mm]e|mich|moi|mi|mij)[ -]{1,2}(?P<name>[^\W\d_a-z][^\W\d_]+)(?P<end>[,.;!)]|$|\Z)")
_CLOCK_DOT = regex.lazy(r"(?<=\b[012]\d)\.(?=[0-5]\d\b(?!\.\d))|(?<=\b\d)\.(?=[0-5]\d\b(?!\.\d))")  # "16.00"


def read(mail: Mail, reader: Reader, formats: Formats) -> tuple[Draft, ...]:
    """Return the calls that a person notes down or asks for, none when the mail does neither.

    A list of callers makes one draft each. The number of a draft is the one to dial.
    """
    if len(mail.text) > letters.LONGEST or is_machine(mail, formats):
        return ()
    if formats.any_word("people", "absent").search(mail.subject) or _invites(mail, formats):
        return ()
    letter = letters.read(mail, reader, formats)
    asking = _asking(mail, letter, formats)
    if not asking and any(_names_writer(unit, mail) for unit in letter.units):
        return ()
    for_themselves = formats.any_word("people", "first").search(" ".join(asking)) is not None
    noted = notes.read(letter, mail, reader, formats, asked=for_themselves)
    if noted or not asking:
        return noted
    return _request(mail, letter, asking, reader, formats)


def _invites(mail: Mail, formats: Formats) -> bool:
    """Tell whether a mail invites to a conference (RFC 5545 in it), whose number is one to dial in by."""
    calendar = any(part.type == "text/calendar" for part in mail.attachments)
    return calendar and formats.any_word("people", "conference").search(mail.text) is not None


def _dials_in(ahead: str, formats: Formats) -> bool:
    """Tell whether a number stands behind the words of a conference, in its line."""
    return formats.any_word("people", "conference").search(ahead.rpartition("\n")[2]) is not None


def _names_writer(sentence: str, mail: Mail) -> bool:
    """Tell whether a sentence says what its writer is to be called, and asks for no call: "please call me Bea"."""
    match = _CALL_ME.search(sentence)
    if match is None:
        return False
    called, names = match["name"].casefold(), mail.sender[0].casefold().split()
    short = any(name.startswith(called) and name != called for name in names)
    return short or (called in names and match["end"] != "")


def notes_call(mail: Mail, reader: Reader, formats: Formats) -> tuple[Draft, ...]:
    """Return the calls that a person notes down for the reader, none when they ask for a call themselves."""
    drafts = read(mail, reader, formats)
    return drafts if drafts and drafts[0].kind is Kind.PHONE_MESSAGE else ()


def is_machine(mail: Mail, formats: Formats) -> bool:
    """Tell whether a mail's sender is no person, going by the words of its name and address."""
    name, address = mail.sender
    local = address.partition("@")[0]
    return bool(sender.MACHINE.search(local) or formats.any_word("people", "machine").search(f"{name} {local}"))


def asking_part(text: str, formats: Formats) -> str:
    """Return the first paragraph of a text that asks its reader for a call, "" when none does."""
    parts = lines.PARAGRAPH.split(letters.tame(text))
    return next((part.strip() for part in parts if asks_for_call(part, formats)), "")


def asks_for_call(text: str, formats: Formats) -> bool:
    """Tell whether a text asks its reader for a call."""
    told = [sentence for line in text.splitlines() for sentence in letters.sentences(line)]
    return any(_asked(told, number, formats) for number in range(len(told)))


def _asked(told: list[str], number: int, formats: Formats) -> bool:
    """Tell whether a sentence asks for a call; "Questions?" before it makes it a courtesy."""
    before = told[number - 1] if number else ""
    if before.endswith("?") and formats.any_word("sentences", "excuse").search(before):
        return False
    return asks(told[number], formats)


def asks(sentence: str, formats: Formats) -> bool:
    """Tell whether a sentence asks its reader for a call; a courtesy ("if you have questions, call me") does not."""
    sentence = _CLOCK_DOT.sub(":", sentence)
    if not any(pattern.search(sentence) for pattern in formats.likely("sentences", "callback_request", sentence)):
        return False
    return not formats.any_word("sentences", "excuse").search(sentence)


def _asking(mail: Mail, letter: Letter, formats: Formats) -> list[str]:
    """Return the sentences that ask for a call, and what follows each: it may say which number.

    A subject counts in a mail that answers none: in another it is an old one.
    """
    told = [sentence for unit in letter.units for sentence in letters.sentences(letters.unspoken(unit))]
    found: list[str] = []
    for number in range(len(told)):
        if _asked(told, number, formats) and not _names_writer(told[number], mail):
            found.extend(told[number : number + 2])
    if (
        not found
        and not mail.header("In-Reply-To")
        and not forward.answers(mail.subject)
        and asks(letters.tame(identify.untagged(mail.subject)), formats)
        and not _names_writer(mail.subject, mail)
    ):
        found.append(mail.subject)
    return found


def _request(mail: Mail, letter: Letter, asking: list[str], reader: Reader, formats: Formats) -> tuple[Draft, ...]:
    name, address = mail.sender
    writer = name if name and "@" not in name else ""
    writer = writer or caller.introduced(letter.body, formats) or _NOBODY.sub("", address.partition("@")[0])
    slots = {"name": Found(text=writer, part="header From", rule="the writer")} if writer else {}
    dial = role.to_dial(letter, " ".join(asking), reader, formats)
    if dial is not None and dial[1] == "body" and _dials_in(letter.body[: dial[0].start], formats):
        return ()
    spelt = None if dial and dial[1] == "body" else wishes.spelt(letter.body, reader, formats)
    if spelt:
        slots["number"] = Found(text=spelt, part="body", rule="the writer's number, spelt out")
    elif dial is not None:
        slots["number"] = Found(text=dial[0].raw, part=dial[1], rule="the writer's number")
    if not slots:
        return ()
    return (Draft(kind=Kind.CALLBACK_REQUEST, slots=slots, words=letter.body, settled=True),)

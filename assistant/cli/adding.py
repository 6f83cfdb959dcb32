"""`add`: a call of the user's own, in the same queue as the others."""

from __future__ import annotations

import re
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

import click

from assistant.cli import following
from assistant.cli.arguments import when_of
from assistant.cli.deciding import named
from assistant.cli.session import Session, json_option, no_sync_option
from assistant.errors import UsageError
from assistant.model.call import E164, Call, Kind, Window
from assistant.model.journal import CallId
from assistant.pipeline.reading import put_call
from assistant.standards import phone
from assistant.standards.plain import one_line

if TYPE_CHECKING:
    from assistant.cli.when import When

_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
_LONGEST_NAME = 60
_VERB = re.compile(r"^\s*(?:please\s+)?(?:call|ring|phone|telephone)(?:\s+back)?\s+", re.IGNORECASE)
_MATTER = re.compile(
    r"\s*[,;:]\s+|\s+-\s+|\s+(?=(?:about|re|regarding|because|wegen|zu|über|concernant)\b)", re.IGNORECASE
)


class Said(NamedTuple):
    """What a line of the user's names."""

    name: str | None
    number: E164 | None
    matter: str | None


@click.command("add")
@click.argument("text", nargs=-1, required=True)
@click.option("--number", help="Whom to call, where the text does not say.")
@click.option("--name", help="The caller's name, where the text does not say.")
@click.option("--when", "wish", metavar="WHEN", help="When the call is wanted: a day, or a time.")
@no_sync_option
@json_option
@click.pass_obj
def add_command(
    session: Session, *, text: tuple[str, ...], number: str | None, name: str | None, wish: str | None
) -> int:
    """Put a call of your own into the queue: name, number and what it is about, in one line.

    Somebody who is owed a call already gets no second one; the line joins it.

    Example: ringback add "Ann Byrne +353 1 555 0123 about the quote"
    """
    said = read(" ".join(text), session.settings.user.region)
    called = Call(
        kind=Kind.CALLBACK_REQUEST,
        calling_number=_number(number, session.settings.user.region) if number else said.number,
        number_raw=number,
        caller_name=one_line(name) if name else said.name,
        start_time=session.clock.now(),
        transcript=said.matter,
        requested=_window(when_of(session, wish), wish) if wish else None,
    )
    if called.calling_number is None and called.caller_name is None:
        raise UsageError(
            'Nobody is named. Write whom to call: ringback add "Ann Byrne +353 1 555 0123 about the quote"'
        )
    with session.ledger.change("add"):
        subject = put_call(following.parts_of(session), called, CallId(f"call-{secrets.token_hex(8)}-0"), None)
    joined = "Joined to" if len(session.ledger.callback(subject).calls) > 1 else "Added"
    return following.conclude(session, "add", following.Decision(f"{joined}: {named(session, subject)}.", [subject]))


def read(text: str, region: str) -> Said:
    """Return the name, the number and the matter that a line names.

    Args:
        text: such as "Ann Byrne +353 1 555 0123 about the quote"; the name stands before the number or the matter.
        region: for a number in national form.

    Raises:
        UsageError: the line has several numbers.
    """
    spots = list(phone.find(text, region))
    if len({spot.number for spot in spots}) > 1:
        raise UsageError("The text has several numbers. Name the one to call: --number +353...")
    if spots:
        before, after = text[: spots[0].start], text[spots[0].end :]
    else:
        before, after = text, ""
    name, *matter = _MATTER.split(_VERB.sub("", before), maxsplit=1)
    words = " ".join([*matter, after]).strip(" ,;:-)>")
    plain = one_line(name.strip(" ,;:-<(\"'"), _LONGEST_NAME)
    return Said(plain or None, spots[0].number if spots else None, words or None)


def _number(text: str, region: str) -> E164:
    found = phone.parse(text, region)
    if found is None:
        raise UsageError(f"--number: {text!r} is no telephone number. Write it with its country code: +353 1 555 0123")
    return found


def _window(when: When, text: str) -> Window:
    """Return the window of a wish: a time lasts an hour, a day until its end."""
    length = _HOUR if when.has_clock else _DAY - timedelta(seconds=1)
    return Window(not_before=when.at, not_after=when.at + length, text=text)

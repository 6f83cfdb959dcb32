"""`recognise`: read the calls out of mail files, without any account."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click
import msgspec

from assistant import recognise
from assistant.cli import callers, output
from assistant.cli.ending import OK, PARTLY
from assistant.cli.session import Session, json_option
from assistant.cli.times import Times
from assistant.errors import RecognitionError, UsageError
from assistant.model.call import E164, Reader
from assistant.standards import phone
from assistant.standards.plain import many_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistant.recognise import Explanation

_STDIN = "-"


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """The options of the command, by their names."""

    region: str
    tz: str
    address: tuple[str, ...]
    own_number: tuple[str, ...]
    authserv_id: tuple[str, ...]
    trusted_sender: tuple[str, ...]
    explain: bool
    mail: tuple[str, ...]


@click.command("recognise")
@click.argument("mail", metavar="MAIL...", nargs=-1, required=True)
@click.option("--region", default="US", show_default=True, help="What a national number means (ISO 3166-1).")
@click.option("--tz", default="UTC", show_default=True, help="Zone of times that name none (IANA).")
@click.option("--address", multiple=True, help="An address of yours; may be repeated, as may the next four.")
@click.option("--own-number", multiple=True, help="A line of yours, never taken for a caller's.")
@click.option("--authserv-id", multiple=True, help="Your receiving mail server, whose Authentication-Results count.")
@click.option("--trusted-sender", multiple=True, help="An address or domain of a phone system you vouch for.")
@click.option("--explain", is_flag=True, help="Say for each field where it was read.")
@json_option
@click.pass_context
def recognise_command(context: click.Context, /, **_parameters: object) -> int:
    """Read the calls out of mail files: MAIL is a file, a folder of them, or - for standard input. Needs no account.

    With --json, one object a line. A file that cannot be read is named on stderr, and the others go on.

    Example: ringback recognise --region IE --tz Europe/Dublin --json mail.eml
    """
    options = msgspec.convert(context.params, Options)
    reader, formats = _reader(options), recognise.load()
    code = OK
    for name, path in _files(options.mail):
        try:
            found = recognise.explain(_bytes(path), reader, formats)
        except OSError as error:
            output.chat(f"{name}: cannot be read: {error.strerror}")
            code = PARTLY
        except RecognitionError as error:
            output.chat(f"{name}: {error}")
            code = PARTLY
        else:
            _print(context.ensure_object(Session), options, name, found)
    return code


def _reader(options: Options) -> Reader:
    try:
        ZoneInfo(options.tz)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise UsageError(f"--tz: {options.tz!r} is no IANA time zone. Write one such as Europe/Dublin") from error
    own = {text: phone.parse(text, options.region) for text in options.own_number}
    wrong = [text for text, number in own.items() if number is None]
    if wrong:
        raise UsageError(f"--own-number: {wrong[0]!r} is no telephone number. Write it like +35315550123")
    return Reader(
        region=options.region.upper(),
        zone=options.tz,
        addresses=options.address,
        own_numbers=tuple(E164(number) for number in own.values() if number),
        authserv_ids=options.authserv_id,
        trusted_senders=options.trusted_sender,
    )


def _files(mails: tuple[str, ...]) -> Iterator[tuple[str, Path | None]]:
    """Yield what to call each mail, and where it lies; None is standard input."""
    for mail in mails:
        path = Path(mail)
        if mail == _STDIN:
            yield mail, None
        elif path.is_dir():
            yield from ((str(one), one) for one in sorted(path.rglob("*")) if one.is_file())
        else:
            yield mail, path


def _bytes(path: Path | None) -> bytes:
    return sys.stdin.buffer.read() if path is None else path.read_bytes()


def _print(session: Session, options: Options, name: str, found: Explanation) -> None:
    if session.as_json:
        value: dict[str, Any] = recognise.to_json(name, found.recognition)
        if options.explain:
            value["evidence"] = recognise.evidence_to_json(found.evidence)
        output.print_json(value)
    else:
        output.print_lines(_lines(options, name, found))


def _lines(options: Options, name: str, found: Explanation) -> Iterator[str]:
    recognition = found.recognition
    yield f"{name}: {recognition.kind}, {recognition.vendor or 'no known system'}, {recognition.trust}"
    for call in recognition.calls:
        times = Times(ZoneInfo(options.tz), call.start_time)
        number = callers.spaced(call.calling_number) if call.calling_number else (call.number_raw or callers.NOBODY)
        yield f"  {times.full(call.start_time)}  {number}  {call.caller_name or ''}".rstrip()
        yield from (f"    | {line}" for line in many_lines(call.transcript or "").splitlines())
    yield from (f"  - {reason}" for reason in recognition.reasons)
    if options.explain:
        yield from (f"  {item.field}: {item.text!r} in {item.part} by {item.rule}" for item in found.evidence)

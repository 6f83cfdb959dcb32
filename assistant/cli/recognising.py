"""`recognise`: read the calls out of mail files, without any account."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click
import msgspec
from msgspec.structs import replace

from assistant import bootstrap, recognise
from assistant.cli import callers, explaining, golden, output
from assistant.cli.ending import FOUND, OK, PARTLY
from assistant.cli.session import Session, json_option
from assistant.cli.times import Times
from assistant.errors import RecognitionError, UsageError
from assistant.model.call import E164, Kind, Reader, Recognition, Trust
from assistant.recognise import Explanation
from assistant.standards import phone
from assistant.standards.plain import many_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistant.recognise import Formats

_STDIN = "-"
_MAIL = ".eml"
_DATA = {".json", ".jsonl", ".toml"}


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """The options of the command, by their names."""

    region: str
    tz: str
    address: tuple[str, ...]
    own_number: tuple[str, ...]
    authserv_id: tuple[str, ...]
    trusted_sender: tuple[str, ...]
    formats: tuple[Path, ...]
    explain: bool
    check: bool
    mail: tuple[str, ...]


@click.command("recognise")
@click.argument("mail", metavar="MAIL...", nargs=-1, required=True)
@click.option("--region", default="US", show_default=True, help="What a national number means (ISO 3166-1).")
@click.option("--tz", default="UTC", show_default=True, help="Zone of times that name none (IANA).")
@click.option("--address", multiple=True, help="An address of yours; may be repeated, as may the next four.")
@click.option("--own-number", multiple=True, help="A line of yours, never taken for a caller's.")
@click.option("--authserv-id", multiple=True, help="Your receiving mail server, whose Authentication-Results count.")
@click.option("--trusted-sender", multiple=True, help="An address or domain of a phone system you vouch for.")
@click.option(
    "--formats",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="A folder of your own formats and words, besides those beside the config file.",
)
@click.option("--explain", is_flag=True, help="Say for each field where it was read and what was passed over.")
@click.option("--check", is_flag=True, help="Compare each NAME.eml with what NAME.json beside it says.")
@json_option
@click.pass_context
def recognise_command(context: click.Context, /, **_parameters: object) -> int:
    """Read the calls out of mail files: MAIL is a file, a folder of them, or - for standard input. Needs no account.

    With --json, one object a line. A file that cannot be read is named on stderr, and the others go on.

    Example: ringback recognise --region IE --tz Europe/Dublin --json mail.eml
    """
    options, session = msgspec.convert(context.params, Options), context.ensure_object(Session)
    formats, problems = bootstrap.formats((*session.places.formats, *options.formats))
    for problem in problems:
        output.chat(problem)
    codes = [_one(session, options, name, path, formats) for name, path in _files(options)]
    return FOUND if FOUND in codes else PARTLY if problems or PARTLY in codes else OK


def _one(session: Session, options: Options, name: str, path: Path | None, formats: Formats) -> int:
    wanted: dict[str, Any] = {}
    if options.check and path is not None:
        wanted, box = golden.expected(path)
        options = replace(options, **box)
    answer, found = _read(name, path, _reader(options), formats, explained=options.explain)
    if found is None:
        output.chat(f"{name}: {answer['reasons'][0]}")
    wrong = list(golden.differences(wanted, answer))
    if session.as_json:
        shown = {"evidence": recognise.evidence_to_json(found.evidence)} if options.explain and found else {}
        output.print_json(answer | shown | ({"differences": wrong} if options.check else {}))
    elif options.check:
        output.print_lines([f"{name}: {'wrong' if wrong else 'right'}", *(f"  {line}" for line in wrong)])
    if not session.as_json and found and (not options.check or options.explain):
        output.print_lines(_lines(options, name, answer, found))
    return FOUND if wrong else OK if found or options.check else PARTLY


def _read(
    name: str, path: Path | None, reader: Reader, formats: Formats, *, explained: bool
) -> tuple[dict[str, Any], Explanation | None]:
    """Return the answer as JSON; for a mail that cannot be read, one that says why, and no explanation."""
    try:
        raw = _bytes(path)
        if explained:
            found = recognise.explain(raw, reader, formats)
        else:
            found = Explanation(recognition=recognise.recognise(raw, reader, formats))
    except OSError as error:
        return _unread(name, f"cannot be read: {error.strerror}"), None
    except RecognitionError as error:
        return _unread(name, str(error)), None
    return recognise.to_json(name, found.recognition), found


def _unread(name: str, reason: str) -> dict[str, Any]:
    return recognise.to_json(name, Recognition(kind=Kind.NONE, trust=Trust.SUSPECT, reasons=(reason,)))


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


def _files(options: Options) -> Iterator[tuple[str, Path | None]]:
    """Yield what to call each mail, and where it lies; None is standard input. A folder's data files are no mails."""
    for mail in options.mail:
        path = Path(mail)
        if mail == _STDIN:
            if options.check:
                raise UsageError("--check: nothing lies beside standard input. Name files or a folder")
            yield mail, None
        elif path.is_dir():
            files = sorted(one for one in path.rglob("*") if one.is_file() and one.suffix not in _DATA)
            yield from ((str(one), one) for one in files if not options.check or one.suffix == _MAIL)
        else:
            yield mail, path


def _bytes(path: Path | None) -> bytes:
    return sys.stdin.buffer.read() if path is None else path.read_bytes()


def _lines(options: Options, name: str, answer: dict[str, Any], found: Explanation) -> Iterator[str]:
    recognition = found.recognition
    yield f"{name}: {recognition.kind}, {recognition.vendor or 'no known system'}, {recognition.trust}"
    for call in recognition.calls:
        times = Times(ZoneInfo(options.tz), call.start_time)
        number = callers.spaced(call.calling_number) if call.calling_number else (call.number_raw or callers.NOBODY)
        yield f"  {times.full(call.start_time)}  {number}  {call.caller_name or ''}".rstrip()
        yield from (f"    | {line}" for line in many_lines(call.transcript or "").splitlines())
    yield from (f"  - {reason}" for reason in recognition.reasons)
    yield from explaining.lines(answer, found.evidence)

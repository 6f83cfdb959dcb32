"""Show what a pass found, decided and wrote: for somebody who sees it for the first time."""

from __future__ import annotations

import re
import shlex
import shutil
import sys
import textwrap
from collections import Counter
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import msgspec
import tabulate
from babel.dates import format_datetime

from assistant.demo.unpack import KHAL, MAILDIR, OURS
from assistant.ledger import heard
from assistant.model.call import E164, Kind
from assistant.model.heard import Disposition
from assistant.model.journal import Subject
from assistant.model.operation import DeleteDraft, DeleteEvent, PutDraft, PutEvent, SetLabel
from assistant.model.planning import Bucket
from assistant.pipeline.digesting import digest_facts
from assistant.standards import phone
from assistant.standards.plain import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from assistant.model.callback import Callback
    from assistant.model.heard import Message
    from assistant.model.operation import AnyOperation
    from assistant.model.speech import Caller, DigestItem
    from assistant.pipeline import Parts, Report

WIDTH = 96
_LINK = re.compile(r"\S+://\S+")
_MEANS = {
    Bucket.NOW: "within the hour",
    Bucket.TODAY: "before today ends",
    Bucket.TOMORROW: "before tomorrow ends",
    Bucket.FEW_DAYS: "within a few days",
    Bucket.NEVER: "not to be called",
}

_NO_CALL = {Kind.NONE: "nobody called: news, a fax, a code", Kind.SMS: "a text message that does not ask for a call"}


def _wrapped(text: str, indent: int, first: str = "") -> list[str]:
    """Return text in lines of the page's width, behind an indent; `first` stands in the first line's."""
    pad = " " * indent
    return textwrap.wrap(
        one_line(text, 400),
        WIDTH,
        initial_indent=first.ljust(indent),
        subsequent_indent=pad,
        break_on_hyphens=False,
    )


def _heading(text: str) -> str:
    return f"{text}\n{'-' * len(text)}"


def _table(rows: list[list[str]], indent: int = 2) -> list[str]:
    text = tabulate.tabulate(rows, tablefmt="plain", disable_numparse=True)
    return [(" " * indent + line).rstrip() for line in text.splitlines()]


def _at(parts: Parts, moment: datetime, pattern: str = "EEE d MMM HH:mm") -> str:
    return format_datetime(moment.astimezone(parts.zone), pattern, locale="en")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _name(caller: Caller) -> str:
    return one_line(caller.name or caller.number_display or "unknown caller", 28)


def greeting(parts: Parts) -> Iterator[str]:
    """Say who, where and when."""
    moment = _at(parts, parts.clock.now(), "EEEE d MMMM y, HH:mm")
    yield from _wrapped(
        f"Nora Whitcombe restores furniture in Boston. It is {moment}, and she did not get to the phone for days. "
        "(She, her callers and their numbers are invented.)",
        0,
    )


def nothing_to_do(parts: Parts) -> Iterator[str]:
    """Say that everything stands as it should."""
    callers = _count(len(parts.ledger.owed()), "caller")
    yield f"Nothing to do: {callers} still owed a call; every event and draft stands."


def mail(parts: Parts, report: Report) -> Iterator[str]:
    """Say what lay in the mailbox."""
    found = {kind: heard.messages(parts.ledger, kind) for kind in Disposition}
    yield _heading("The mailbox")
    yield f"  {_count(report.considered, 'mail')} read:"
    yield f"  {len(found[Disposition.CALL]):3} report {_count(report.new_calls, 'call')} that want a call back"
    yield f"  {len(found[Disposition.BIN]):3} went to the review bin"
    yield f"  {len(found[Disposition.NO_CALL]):3} are left alone:"
    grounds = Counter(_ground(message) for message in found[Disposition.NO_CALL])
    yield from _table([[str(count), ground] for ground, count in grounds.most_common()], indent=8)


def _ground(message: Message) -> str:
    """Return why a mail makes nobody owed a call."""
    return _NO_CALL.get(message.kind) or one_line(message.reason.replace("_", " "), 80)


# --- who is owed a call


def owed(parts: Parts) -> Iterator[str]:
    """Show the ledger by bucket, with the reasons of each rank."""
    items = digest_facts(parts).items
    yield _heading(f"Owed a call: {_count(len(items), 'caller')}")
    order = list(Bucket)
    by_bucket = sorted(items, key=lambda item: (order.index(item.bucket), item.waiting_since))
    for bucket, some in groupby(by_bucket, key=lambda item: item.bucket):
        yield f"  {bucket.replace('_', ' ')} ({_MEANS[bucket]})"
        yield from _table([_owed_row(parts, item) for item in some], indent=4)


def _owed_row(parts: Parts, item: DigestItem) -> list[str]:
    number = item.caller.number_display if item.caller.name else ""
    since = _at(parts, item.waiting_since, "EEE d MMM")
    return [item.id, _name(item.caller), number, f"rang {item.calls}x" if item.calls > 1 else "", f"since {since}"]


def reasons(parts: Parts, callback: Callback) -> str:
    """Return why a callback has its rank and its time, in one sentence after the other."""
    stored = parts.ledger.value("content", id=f"reasons-{callback.id}")
    ranked = msgspec.json.decode(stored, type=tuple[str, ...]) if stored else ()
    return "; ".join((*ranked, *callback.planned_why))


# --- the plan


def planned(parts: Parts, report: Report) -> Iterator[str]:
    """Show the calls in the order of their times, day by day, each with its reasons."""
    why = {one.subject: one.why for one in report.done}
    yield _heading("The plan, and why")
    lines = [*_slot_lines(parts, why), *_hold_lines(parts)]
    for day, some in groupby(
        sorted(lines, key=lambda line: line[0]), key=lambda line: _at(parts, line[0], "EEEE d MMMM")
    ):
        yield f"  {day}"
        for _, text in some:
            yield from text
    for slot in parts.ledger.slots():
        if slot.lost is not None:
            yield from _wrapped(f"{slot.id.removeprefix('slot-')}: no room for calls: {slot.lost}", 4, "  ! ")
    for item in digest_facts(parts).items:
        if item.start is None:
            yield from _wrapped(f"{item.id} {_name(item.caller)}: {item.no_hold}", 4, "  - ")
    for line in (*report.clashes, *report.alerts):
        yield from _wrapped(line, 4, "  ! ")


def _slot_lines(parts: Parts, why: dict[Subject, str]) -> Iterator[tuple[datetime, list[str]]]:
    held = {callback.hold.start for callback in parts.ledger.owed() if callback.hold is not None}
    for slot in parts.ledger.slots():
        event = slot.event
        if event is not None and any(event.start <= start < event.end for start in held):
            times = f"{_at(parts, event.start, 'HH:mm')}-{_at(parts, event.end, 'HH:mm')}"
            yield event.start, _wrapped(f"{times} call time: {why.get(slot.id, 'as before')}", 6, "    = ")


def _hold_lines(parts: Parts) -> Iterator[tuple[datetime, list[str]]]:
    callbacks = {callback.id: callback for callback in parts.ledger.owed()}
    for item in digest_facts(parts).items:
        if item.start is not None:
            callback = callbacks[Subject(item.id)]
            place = "" if callback.in_slot else "  (outside the call time)"
            line = f"    {_at(parts, item.start, 'HH:mm')}  {_name(item.caller)}{_there(parts, item)}{place}"
            yield item.start, [line, *_wrapped(reasons(parts, callback), 11)]


def _there(parts: Parts, item: DigestItem) -> str:
    """Return the caller's clock where it is known and differs."""
    zones = phone.zones(E164(item.caller.tel_uri.removeprefix("tel:")))
    if item.start is None or len(zones) != 1:
        return ""
    here, there = item.start.astimezone(parts.zone), item.start.astimezone(ZoneInfo(zones[0]))
    return "" if here.utcoffset() == there.utcoffset() else f"  ({there:%H:%M} there)"


# --- what was written


def done(parts: Parts, report: Report) -> Iterator[str]:
    """Show the operations, labels of the same kind in one line."""
    yield _heading(f"Written: {_count(len(report.done), 'operation')}; nothing was sent")
    labels = Counter(one.label for one in report.done if isinstance(one, SetLabel))
    events = sorted((one for one in report.done if isinstance(one, PutEvent)), key=lambda one: one.event.start)
    others = [one for one in report.done if not isinstance(one, PutEvent | SetLabel)]
    rows = [_operation(parts, one) for one in (*events, *others)]
    rows += [["label", str(label or "none"), f"on {_count(number, 'mail')}"] for label, number in labels.items()]
    yield from _table(rows)
    for failure in report.failed:
        yield from _wrapped(f"did not work: {failure.message}", 4, "  ! ")


def _operation(parts: Parts, operation: AnyOperation) -> list[str]:
    match operation:
        case PutEvent(event=event):
            times = f"{_at(parts, event.start)}-{_at(parts, event.end, 'HH:mm')}"
            return ["event", times, one_line(event.summary, 60)]
        case PutDraft(purpose=purpose, to=to):
            return ["draft", purpose.replace("_", " "), f"to {one_line(to, 60)}"]
        case DeleteEvent(why=why):
            return ["event removed", "", one_line(why, 60)]
        case DeleteDraft(purpose=purpose, why=why):
            return ["draft removed", purpose.replace("_", " "), one_line(why, 60)]
    return ["label", str(operation.label or "none"), ""]


def review(parts: Parts) -> Iterator[str]:
    """Show the review bin with the grounds against each mail."""
    found = heard.messages(parts.ledger, Disposition.BIN)
    yield _heading(f"The review bin: {_count(len(found), 'mail')}. No event, no draft, no link kept")
    for message in found:
        letter = heard.envelope(parts.ledger, message.id)
        yield from _wrapped(f"{one_line(letter.subject, 70)}, from {one_line(letter.sender, 60)}", 4, "  - ")
        yield from _wrapped(f"because {_LINK.sub('[link removed]', message.reason)}", 6)


# --- where to go from here


def places(folder: Path) -> Iterator[str]:
    """Say where things lie."""
    yield _heading("Where it lies")
    yield f"  {folder}"
    yield from _table(
        [
            [f"{OURS}/", "one .ics file an event: khal, vdirsyncer, Thunderbird and phones read them"],
            [f"{MAILDIR}/.Drafts/", "the drafts, for you to edit and send"],
            ["data/ledger.sqlite", "who is owed a call, and everything that happened"],
        ],
        indent=4,
    )


def next_steps(folder: Path, parts: Parts) -> Iterator[str]:
    """Show commands to try; they run on the sample's own morning."""
    now = parts.clock.now()
    first = next((item.id for item in digest_facts(parts).items), "1")
    yield _heading("Try next")
    yield f"  cd {shlex.quote(str(folder))}"
    program = Path(sys.argv[0])
    if program.name == "ringback" and shutil.which("ringback") is None:
        yield f"  export PATH={shlex.quote(str(program.absolute().parent))}:$PATH"
    yield f"  export RINGBACK_CONFIG=$PWD/config.toml RINGBACK_NOW={now.isoformat()}"
    yield from _table(
        [
            ["ringback today", "# the calls of the day"],
            [f"ringback why {first}", "# the reasons of one"],
            [f"ringback done {first}", "# it was made; `ringback undo` takes that back"],
            [f"khal -c {KHAL} list {now:%Y-%m-%d} 4d", "# the calendar, if you have khal"],
            [f"mutt -f {MAILDIR}", "# the mail, if you have mutt"],
            [f"mutt -f {MAILDIR}/.Drafts", "# the drafts"],
        ]
    )

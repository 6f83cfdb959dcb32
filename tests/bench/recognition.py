"""Speed of the recogniser beside bare parsing and beside mail-parser; its accuracy beside a usual script's.

Ratios come from one run. A mailbox's mails are made from a fixed seed.
"""

from __future__ import annotations

import base64
import email
import email.parser
import email.policy
import functools
import gc
import logging
import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
import tracemalloc
from time import perf_counter
from typing import TYPE_CHECKING, Any

import mailparser
import phonenumbers

from assistant import recognise
from assistant.errors import RecognitionError
from tests.corpus.score_recognition import CALLS, Score, score
from tests.unit.recognise.generalising import leave_out_each
from tests.unit.recognise.samples import CORPUS, LABELS, NEW_YORK, reader_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from email.message import Message

    from assistant.model.call import Reader

logging.getLogger("mailparser").setLevel(logging.CRITICAL)  # it tells of every calendar part
MAILS = 2000
ONE_IN = 50
HALF = 0.5
RUNS = 3
ATTACHED = 25 << 20
WORDS = (
    *("the", "quarter", "budget", "draft", "delivery", "client", "please", "review", "attached", "notes", "agenda"),
    *("schedule", "team", "office", "thanks", "contract", "figures", "number", "order", "page", "street", "meeting"),
)
HEAD = (
    "From: {sender}\nTo: dana@whitfieldlegal.example\nSubject: {subject}\nDate: {date}\n"
    "Message-ID: <m{number}@x.example>\nMIME-Version: 1.0\n"
)
DATE = "Tue, 10 Nov 2026 15:20:30 +0000"
VOICEMAIL = re.compile(r"voice ?mail|missed call|called|call me|message", re.IGNORECASE)
RAW = {label["file"]: (CORPUS / label["file"]).read_bytes() for label in LABELS}
READERS = {label["file"]: reader_of(label) for label in LABELS}


def mailbox(seed: int = 4) -> list[bytes]:
    """Return an ordinary mailbox: calls of the corpus among newsletters, threads and mails with attachments."""
    chance = random.Random(seed)
    calls = [RAW[label["file"]] for label in LABELS if label["kind"] in CALLS]
    kinds = (_newsletter, _newsletter, _newsletter, _thread, _thread, _attached)
    return [
        chance.choice(calls) if number % ONE_IN == 0 else chance.choice(kinds)(number, chance).encode()
        for number in range(MAILS)
    ]


def _text(chance: random.Random, words: int) -> str:
    return "\n".join(" ".join(chance.choices(WORDS, k=12)).capitalize() + "." for _ in range(words // 12))


def _newsletter(number: int, chance: random.Random) -> str:
    head = HEAD.format(sender="News <news@list.example>", subject=f"Offers {number}", date=DATE, number=number)
    rows = "".join(f'<tr><td style="padding:4px">{_text(chance, 24)}</td></tr>\n' for _ in range(60))
    plain, html = _text(chance, 600), f"<html><body><table>{rows}</table></body></html>"
    return (
        f"{head}List-Id: <news.list.example>\nList-Unsubscribe: <https://list.example/u>\n"
        f"Content-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain\n\n{plain}\n"
        f"--b\nContent-Type: text/html\n\n{html}\n--b--\n"
    )


def _thread(number: int, chance: random.Random) -> str:
    head = HEAD.format(sender="Ann Lee <ann@firm.example>", subject=f"Re: Draft {number}", date=DATE, number=number)
    quoted = "\n".join("> " + line for line in _text(chance, chance.randint(60, 900)).splitlines())
    own = _text(chance, chance.randint(24, 240))
    signature = "\n-- \nAnn Lee\nTel. (212) 555-0147\n" if chance.random() < HALF else ""
    return f"{head}Content-Type: text/plain; charset=utf-8\n\n{own}\n{signature}\nOn Mon, Ann wrote:\n{quoted}\n"


def _attached(number: int, chance: random.Random, size: int = 0) -> str:
    head = HEAD.format(sender="Ann Lee <ann@firm.example>", subject=f"Figures {number}", date=DATE, number=number)
    data = base64.encodebytes(chance.randbytes(size or chance.randint(20_000, 300_000))).decode()
    text = _text(chance, 120)
    return (
        f"{head}Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\n{text}\n--b\n"
        f"Content-Type: application/pdf; name=f.pdf\nContent-Transfer-Encoding: base64\n"
        f"Content-Disposition: attachment; filename=f.pdf\n\n{data}\n--b--\n"
    )


def bare(raw: bytes) -> str:
    """Parse with the standard library alone and decode all text parts."""
    parts = email.message_from_bytes(raw, policy=email.policy.compat32).walk()
    return "".join(_decoded(part) for part in parts if part.get_content_maintype() == "text")


def _decoded(part: Message) -> str:
    payload = part.get_payload(decode=True)
    try:
        return payload.decode(part.get_content_charset() or "utf-8", "replace") if isinstance(payload, bytes) else ""
    except LookupError:
        return ""


def look_and_read(raw: bytes) -> object:
    """Do what a pass does with a mail: look at its head, and read it if it may report a call."""
    head = email.parser.BytesHeaderParser(policy=email.policy.compat32).parsebytes(raw[: raw.find(b"\n\n") + 2])
    fields = [(name, str(value)) for name, value in head.raw_items()]
    return read(raw, NEW_YORK) if recognise.is_candidate(fields) else None


def read(raw: bytes, reader: Reader) -> object:
    """Recognise, and let a mail that cannot be read be."""
    try:
        return recognise.recognise(raw, reader)
    except RecognitionError as error:
        return error


def seconds(work: Callable[[], object]) -> float:
    """Return the median time of a few runs."""
    times = []
    for _ in range(RUNS):
        gc.collect()
        began = perf_counter()
        work()
        times.append(perf_counter() - began)
    return statistics.median(times)


def usual(raw: bytes, region: str) -> dict[str, Any]:
    """Answer as a usual script does: mail-parser, the first number that phonenumbers finds, a few words."""
    mail = mailparser.parse_from_bytes(raw)
    text = f"{mail.subject}\n{mail.body}"
    if not VOICEMAIL.search(text):
        return {"kind": "none", "calls": []}
    first = next(iter(phonenumbers.PhoneNumberMatcher(text, region)), None)
    number = phonenumbers.format_number(first.number, phonenumbers.PhoneNumberFormat.E164) if first else None
    kind = "missed_call" if "missed" in text.lower() else "voicemail"
    return {"kind": kind, "trust": "plain", "calls": [{"number_e164": number, "wants_callback": True}]}


def our_answer(file: str) -> dict[str, Any]:
    """Return ours for a mail of the corpus."""
    try:
        return recognise.to_json(file, recognise.recognise(RAW[file], READERS[file]))
    except RecognitionError:
        return {"kind": "none", "trust": "suspect", "calls": []}


def speed() -> None:
    """Print times and their ratios."""
    row = "{:<52} {:>9} {:>9} {:>7}  {}"
    print(row.format("what", "ours", "beside", "times", "beside what (aim)"))
    mails = mailbox()
    ours, floor = seconds(lambda: [look_and_read(raw) for raw in mails]), seconds(lambda: [bare(raw) for raw in mails])
    name = f"mailbox of {MAILS} mails, {100 // ONE_IN} % calls"
    print(row.format(name, _ms(ours), _ms(floor), _times(floor, ours), "bare parsing and decoding (1.0)"))
    ours = seconds(lambda: [read(raw, READERS[file]) for file, raw in RAW.items()])
    floor = seconds(lambda: [bare(raw) for raw in RAW.values()])
    parser = seconds(lambda: [mailparser.parse_from_bytes(raw) for raw in RAW.values()])
    name = f"corpus of {len(RAW)} mails, 60 % calls"
    print(row.format(name, _ms(ours), _ms(floor), _times(floor, ours), "bare parsing and decoding (0.5)"))
    print(row.format("", _ms(ours), _ms(parser), _times(parser, ours), "mail-parser, parsing alone (3)"))
    small, large = (_attached(1, random.Random(1), size).encode() for size in (1000, ATTACHED))
    with_it, without = (seconds(functools.partial(read, raw, NEW_YORK)) for raw in (large, small))
    parsed = seconds(lambda: bare(large))
    name = f"a mail with {ATTACHED >> 20} MB attached"
    print(row.format(name, _ms(with_it), _ms(without), _times(without, with_it), "the same mail without (1)"))
    print(row.format("", _ms(with_it), _ms(parsed), _times(parsed, with_it), "bare parsing and decoding"))
    print(f"peak memory of that mail: {peak(large):.1f} MiB, without the attachment {peak(small):.1f} MiB")
    print(f"import of the recogniser: {import_ms():.0f} ms (aim: below 100)")


def _ms(time: float) -> str:
    return f"{time * 1000:.1f} ms"


def _times(other: float, ours: float) -> str:
    return f"{other / ours:.2f}"


def peak(raw: bytes) -> float:
    """Return the MiB that reading a mail takes at most."""
    tracemalloc.start()
    read(raw, NEW_YORK)
    found = tracemalloc.get_traced_memory()[1] / (1 << 20)
    tracemalloc.stop()
    return found


def import_ms() -> float:
    """Return what importing the recogniser takes in a process of its own, the best of five: compiled, as installed."""
    command = [sys.executable, "-X", "importtime", "-c", "from assistant import recognise"]
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    run = functools.partial(subprocess.run, check=True, capture_output=True, text=True)
    with tempfile.TemporaryDirectory() as folder:
        shown = [run(command, env=kept | {"PYTHONPYCACHEPREFIX": folder}).stderr for _ in range(5)]
    times = [re.search(r"\|\s*(\d+) \|\s+assistant\.recognise$", text, re.MULTILINE) for text in shown]
    return min(int(match[1]) for match in times if match) / 1000


def accuracy() -> None:
    """Print our score on the corpus beside a usual script's."""
    scripted = {label["file"]: usual(RAW[label["file"]], label["mailbox"]["region"]) for label in LABELS}
    row = "{:<16} {:>6} {:>13} {:>12} {:>5}"
    print("\n" + row.format("on the corpus", "f1", "right number", "false holds", "lost"))
    for name, answers in (("ours", {file: our_answer(file) for file in RAW}), ("a usual script", scripted)):
        result = score(LABELS, answers)
        numbers = result.summary()["fields"]["number_e164"]
        print(row.format(name, f"{f1(result):.3f}", f"{numbers:.3f}", len(result.false_holds), len(result.lost)))


def f1(result: Score) -> float:
    """Return the harmonic mean of precision and recall of mails that report calls."""
    return 2 * result.both / (result.said_calls + result.true_calls)


def generalisation() -> None:
    """Print for each vendor how its calls are read without its own rules."""
    row = "{:<24} {:>6} {:>13}  {}"
    print("\n" + row.format("vendor left out", "calls", "right number", "formats taken away"))
    results = leave_out_each()
    for one in results:
        print(row.format(one.vendor, one.calls, one.right, ", ".join(one.formats)))
    calls, right = sum(one.calls for one in results), sum(one.right for one in results)
    print(row.format("all", calls, right, f"{right / calls:.3f} (aim: 0.9)"))


def main() -> None:
    """Print all tables."""
    speed()
    accuracy()
    generalisation()


if __name__ == "__main__":
    main()

"""What a mail says stays, however it is encoded, wrapped, passed on or decorated.

Every change of `mutations` is made to every mail of the corpora that reports a call; the answer must be the one to the
mail as it was. Of `corpus_hard` those mails take part whose every field is read right. RINGBACK_MUTATIONS=all tries
all of them, a number tries that share (in percent; of `corpus_hard` a fifth of it); the sample is seeded. What is known
to change stands in `KNOWN`, and nothing else may, nor may anything stand there that does not.
"""

from __future__ import annotations

import os
import random
from contextlib import suppress
from fnmatch import fnmatchcase
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

import pytest

from assistant import recognise
from assistant.errors import RecognitionError
from tests.corpus.score_recognition import CALLS, same, score
from tests.unit.recognise import forwards, mutations
from tests.unit.recognise.known import KNOWN
from tests.unit.recognise.mutations import Original
from tests.unit.recognise.samples import CORPUS, labels_of, reader_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HARD = CORPUS.parent / "corpus_hard"
SHARE = os.environ.get("RINGBACK_MUTATIONS", "25")
SEED = 4
FEWER = 5  # the hard mails are that many times as many

Changes = dict[str, "Callable[[Original], bytes | None]"]

_ENCODINGS: Changes = {
    f"{charset} in {way}": partial(mutations.reencoded, charset=charset, encoding=way)
    for charset, way in (
        ("ascii", "7bit"),
        ("utf-8", "8bit"),
        ("utf-8", "quoted-printable"),
        ("utf-8", "base64"),
        ("utf-8-sig", "base64"),
        ("iso-8859-15", "8bit"),
        ("iso-8859-15", "quoted-printable"),
        ("windows-1252", "8bit"),
        ("windows-1252", "base64"),
        ("utf-16", "base64"),
        ("utf-16-le", "base64"),
        ("utf-7", "7bit"),
        ("big5", "base64"),
        ("shift_jis", "base64"),
        ("iso-2022-jp", "7bit"),
        ("euc-jp", "8bit"),
        ("gb18030", "base64"),
        ("gb2312", "8bit"),
    )
}
_STRUCTURES: Changes = {
    "HTML in paragraphs": partial(mutations.html_only, change=mutations.as_paragraphs),
    "HTML in divisions": partial(mutations.html_only, change=mutations.as_divisions),
    "HTML in tables": partial(mutations.html_only, change=mutations.as_table),
    "plain only": mutations.plain_only,
    "plain and HTML": mutations.both,
    "CRLF": partial(mutations.line_ends, end=b"\r\n"),
    "LF": partial(mutations.line_ends, end=b"\n"),
}
_HEADS: Changes = {
    f"{name} in {charset} {way or 'folded'}": partial(mutations.refolded, name=name, charset=charset, way=way)
    for name in ("Subject", "From")
    for charset, way in (
        ("ascii", ""),
        ("utf-8", "b"),
        ("utf-8", "q"),
        ("iso-8859-1", "q"),
        ("windows-1252", "b"),
        ("gb18030", "b"),
        ("utf-8", "h"),
    )
}
_WORDS: Changes = {
    **{f"footer: {name}": partial(mutations.below, footer=text) for name, text in mutations.FOOTERS.items()},
    **{
        f"tag {tag}": partial(mutations.tagged, tag=tag)
        for tag in ("[EXTERNAL]", "[EXT]", "EXTERNAL:", "[Extern]", "{Disarmed}")
    },
    "banner": partial(mutations.above, banner=mutations.BANNER),
    "headers on top": mutations.more_headers,
    "headers above From": partial(mutations.more_headers, above="From"),
}
_SPELLINGS: Changes = {
    "labels in capitals": mutations.upper_labels,
    "doubled blanks": mutations.doubled,
    "no-break spaces": partial(mutations.with_spaces, space="\xa0"),
    "narrow spaces before am": mutations.narrow,
    "wrapped at 72": mutations.wrapped,
    "format=flowed": mutations.flowed,
    **{
        f"date in {locale}: {pattern}": partial(mutations.redated, pattern=pattern, locale=locale)
        for pattern, locale in (
            ("y-MM-dd HH:mm:ss", "en"),
            ("MMMM d, y 'at' h:mm a", "en"),
            ("d MMM y, HH:mm", "en"),
            ("EEEE, d. MMMM y, HH:mm 'Uhr'", "de"),
            ("d MMMM y 'à' HH:mm", "fr"),
            ("d 'de' MMMM 'de' y, H:mm", "es"),
            ("EEEE d MMMM y 'alle' HH:mm", "it"),
            ("d 'de' MMMM 'de' y 'às' HH:mm", "pt"),
            ("d MMMM y 'om' HH:mm", "nl"),
            ("y年M月d日 H:mm", "ja"),
            ("y年M月d日 ahh:mm", "zh"),
        )
    },
}
_FORWARDS: Changes = {
    **{f"forward: {name}": partial(forwards.inline, program=program) for name, program in forwards.PROGRAMS.items()},
    **{
        f"forward in HTML: {name}": partial(forwards.in_html, program=forwards.PROGRAMS[name])
        for name in ("Outlook", "Outlook, German", "Gmail")
    },
    "forward, attached": forwards.attached,
    "forward, attached under another subject": partial(forwards.attached, prefix=""),
}
CHANGES: Changes = {
    **_ENCODINGS,
    **_STRUCTURES,
    **_HEADS,
    **_WORDS,
    **_SPELLINGS,
    **_FORWARDS,
}

# What may fairly change, by the first word of the change's name; nothing else may.
FREE = {
    "forward": {
        "trust": "a forward proves nothing of the first sender",
        "reasons": "the same",
        "called_at_source": "the header that told the time is a line of the text now",
        "tz_assumed": "the programs write the inner date without its zone",
    },
    "headers": {
        "trust": "findings without a server's name count as those of the topmost Received field, which is another now",
        "reasons": "the same",
    },
}
LOST_INLINE = "what only a header field said (caller, length, urgency, vendor) is gone when the text alone is passed on"
SPACED = "number_raw, and the words of `requested`, are the mail's own and are compared without their blanks and case"


@lru_cache(maxsize=2)
def originals(folder: Path) -> tuple[Original, ...]:
    """Return every mail of a corpus that reports a call and is read right, with its answer."""
    found = []
    for label in labels_of(folder):
        if label["kind"] in CALLS:
            raw = (folder / label["file"]).read_bytes()
            with suppress(RecognitionError):
                said = recognise.explain(raw, reader_of(label))
                answer = recognise.to_json(label["file"], said.recognition)
                if not score([label], {label["file"]: answer}).misses:
                    found.append(Original(raw, label, answer, said.evidence))
    return tuple(found)


def sample(change: str) -> list[Original]:
    """Return the mails that a change is tried on."""
    if SHARE == "all":
        return [*originals(CORPUS), *originals(HARD)]
    chance = random.Random(f"{SEED} {change}")
    return [*_some(originals(CORPUS), int(SHARE), chance), *_some(originals(HARD), int(SHARE) // FEWER, chance)]


def _some(mails: tuple[Original, ...], share: int, chance: random.Random) -> list[Original]:
    return chance.sample(mails, max(1, len(mails) * share // 100))


def known(change: str) -> set[str]:
    """Return the mails that a change is known to be too much for."""
    return {
        file
        for mails in KNOWN.values()
        for file, changes in mails.items()
        if any(fnmatchcase(change, pattern) for pattern in changes)
    }


def differences(one: Original, change: str, raw: bytes) -> list[str]:
    """Return what the answer to the changed mail says otherwise."""
    try:
        answer = recognise.to_json(one.label["file"], recognise.recognise(raw, reader_of(one.label)))
    except RecognitionError as error:
        return [f"{one.label['file']} | {change} | refused | {error}"]
    free = _free(one, change)
    pairs: list[tuple[str, Any, Any]] = [
        (name, one.answer[name], answer[name]) for name in ("kind", "vendor", "trust", "reasons")
    ]
    pairs.append(("calls", len(one.answer["calls"]), len(answer["calls"])))
    for want, got in zip(one.answer["calls"], answer["calls"], strict=False):
        pairs += [(name, want[name], got[name]) for name in want]
    return [
        f"{one.label['file']} | {change} | {name} | {want!r} | {got!r}"
        for name, want, got in pairs
        if name not in free and not _equal(name, want, got)
    ]


def _equal(name: str, want: Any, got: Any) -> bool:  # noqa: ANN401 - a field of JSON is of any type
    if name == "requested" and want and got:
        return same(name, want, got) and same(name, got, want) and _bare(want["text"]) == _bare(got["text"])
    if name == "called_at":
        return same(name, want, got)
    return _bare(want) == _bare(got) if name in {"number_raw", "transcript"} and want and got else bool(want == got)


def _bare(text: str) -> str:
    return "".join(text.split()).casefold()


def _free(one: Original, change: str) -> set[str]:
    sort = change.partition(":")[0].split()[0].strip(",")
    free = set(FREE.get(sort, ()))
    if sort == "forward" and "attached" not in change:
        free.add("vendor")
        free |= {item.field for item in one.evidence if item.part.startswith("header ") and item.part not in _SHOWN}
        free |= {"urgency"} if one.mail.header("Importance") or one.mail.header("X-Priority") else set()
        free |= {"number_raw", "extension"} if free & {"number_e164", "extension"} else set()
    return free


_SHOWN = {"header From", "header Date", "header Subject"}


@pytest.mark.parametrize("change", sorted(CHANGES))
def test_a_change_of_the_wrapping_changes_no_field(change: str) -> None:
    """Whatever servers and programs do to a mail on its way, its calls and their fields stay."""
    changed = [(one, raw) for one in sample(change) if (raw := CHANGES[change](one)) is not None]
    told = [(one.label["file"], differences(one, change, raw)) for one, raw in changed]
    lost = known(change)
    assert [line for file, lines in told if file not in lost for line in lines] == []
    assert [file for file, lines in told if file in lost and not lines] == []


def test_every_change_is_tried() -> None:
    """Each change applies to some mail of the corpora; those to character sets and dates need a mail in them."""
    idle = [name for name, change in CHANGES.items() if not any(change(one) is not None for one in originals(CORPUS))]
    assert idle == []

"""Score a recogniser's answers against the labelled mails of a folder.

    ringback recognise --json ... | python score_recognition.py FOLDER [--json] [--show]

Standard input: one JSON object a line, with the field names of labels.jsonl. A field of a call counts only where its
label scores it. `false_holds` are mails that must not become a callback but would; `lost` are callers who want a call
and would get none. Both should be empty.
"""

from __future__ import annotations

import argparse
import difflib
import json
import sys
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

Answer = dict[str, Any]

CALLS = {"voicemail", "missed_call", "phone_message", "callback_request"}
FIELDS = (
    "number_e164",
    "extension",
    "caller_name",
    "called_at",
    "duration_s",
    "transcript",
    "callback_number_e164",
    "requested",
    "urgency",
    "wants_callback",
)
TOLERANCE = 90  # seconds
SAME_WORDS = 0.95


@dataclass
class Score:
    """What was right and what was missed."""

    mails: int = 0
    kinds: int = 0
    true_calls: int = 0
    said_calls: int = 0
    both: int = 0
    extra_calls: int = 0
    unanswered: list[str] = field(default_factory=list)
    false_holds: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    right: Counter[str] = field(default_factory=Counter)
    total: Counter[str] = field(default_factory=Counter)
    misses: list[str] = field(default_factory=list)

    def summary(self) -> dict[str, Any]:
        """Return the figures, each between 0 and 1 or a count."""
        return {
            "mails": self.mails,
            "unanswered": len(self.unanswered),
            "precision": _part(self.both, self.said_calls),
            "recall": _part(self.both, self.true_calls),
            "kind": _part(self.kinds, self.mails),
            "false_holds": len(self.false_holds),
            "lost": len(self.lost),
            "extra_calls": self.extra_calls,
            "fields": {name: _part(self.right[name], self.total[name]) for name in FIELDS if self.total[name]},
            "all_fields": _part(self.right.total(), self.total.total()),
        }


def score(labels: list[Answer], answers: dict[str, Answer]) -> Score:
    """Compare answers, by file name, with labels."""
    result = Score(mails=len(labels))
    for label in labels:
        answer = answers.get(label["file"])
        if answer is None:
            result.unanswered.append(label["file"])
            answer = {"kind": "none", "calls": []}
        _kind(result, label, answer)
        _holds(result, label, answer)
        _calls(result, label, answer)
    return result


def _kind(result: Score, label: Answer, answer: Answer) -> None:
    is_call, said_call = label["kind"] in CALLS, answer["kind"] in CALLS
    result.true_calls += is_call
    result.said_calls += said_call
    result.both += is_call and said_call
    if answer["kind"] == label["kind"] or "kind" in _skipped(label):
        result.kinds += 1
    else:
        _miss(result, label, "kind", label["kind"], answer["kind"])


def _holds(result: Score, label: Answer, answer: Answer) -> None:
    is_call, said_call = label["kind"] in CALLS, answer["kind"] in CALLS
    suspect = answer.get("trust") == "suspect"
    wants = [call for call in answer.get("calls", []) if call.get("wants_callback")]
    if said_call and not is_call and wants and not suspect:
        result.false_holds.append(label["file"])
    if is_call and any(call.get("wants_callback") for call in label["calls"]) and (not wants or suspect):
        result.lost.append(label["file"])


def _calls(result: Score, label: Answer, answer: Answer) -> None:
    given = answer.get("calls", []) if answer["kind"] in CALLS else []
    pairs, left = _pairs(label["calls"], given)
    result.extra_calls += len(left) if label["kind"] in CALLS else 0
    for want, got in pairs:
        for name in FIELDS:
            if name in _skipped(label) | _skipped(want):
                continue
            result.total[name] += 1
            if got is not None and same(name, want.get(name), got.get(name)):
                result.right[name] += 1
            else:
                _miss(result, label, name, want.get(name), got and got.get(name))


def same(name: str, want: Any, got: Any) -> bool:  # noqa: ANN401 - a field of JSON is of any type
    """Tell whether a field is right: instants within 90 seconds, words by likeness, windows by inclusion."""
    if name == "requested":
        return _within(want, got)
    if name == "wants_callback":
        return bool(want) == bool(got)
    if want is None or got is None or name not in _COMPARED:
        return bool(want == got)
    return _COMPARED[name](want, got)


_COMPARED: dict[str, Callable[[Any, Any], bool]] = {
    "called_at": lambda want, got: abs(_instant(want) - _instant(got)) <= TOLERANCE,
    "duration_s": lambda want, got: abs(want - got) <= 1,
    "caller_name": lambda want, got: _words(want) == _words(got),
    "transcript": lambda want, got: difflib.SequenceMatcher(None, _words(want), _words(got)).ratio() >= SAME_WORDS,
}


def _within(asked: Answer | None, given: Answer | None) -> bool:
    """Tell whether a hold in the given window would lie in the asked one."""
    if not asked or not given:
        return not asked and not given
    for side, sign in (("not_before", 1), ("not_after", -1)):
        if asked.get(side) is None:
            continue
        if given.get(side) is None or sign * (_instant(given[side]) - _instant(asked[side])) < -TOLERANCE:
            return False
    return True


def _pairs(want: list[Answer], got: list[Answer]) -> tuple[list[tuple[Answer, Answer | None]], list[Answer]]:
    """Pair calls by number first, then in order; also return the answers that are left."""
    left = list(got)
    pairs: list[tuple[Answer, Answer | None]] = []
    for call in want:
        number = call.get("number_e164")
        hit = next((other for other in left if number and other.get("number_e164") == number), None)
        pairs.append((call, hit))
        if hit is not None:
            left.remove(hit)
    return [(call, hit if hit or not left else left.pop(0)) for call, hit in pairs], left


def _skipped(label: Answer) -> set[str]:
    return set(label.get("dont_score") or [])


def _instant(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def _words(text: str) -> list[str]:
    return text.casefold().split()


def _part(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 0.0


def _miss(result: Score, label: Answer, *what: object) -> None:
    result.misses.append(" | ".join(map(str, (label["file"], label["vendor"], *what))))


def main() -> None:
    """Read answers from standard input and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument("--show", action="store_true", help="list every miss on standard error")
    arguments = parser.parse_args()
    labels = [json.loads(line) for line in (arguments.folder / "labels.jsonl").read_text("utf-8").splitlines()]
    given = [json.loads(line) for line in sys.stdin if line.strip()]
    result = score(labels, {Path(answer["file"]).name: answer for answer in given})
    summary = result.summary()
    lines = [json.dumps(summary)] if arguments.json else [f"{key:14} {value}" for key, value in summary.items()]
    sys.stdout.write("\n".join(lines) + "\n")
    if arguments.show:
        holds = ["false holds: " + " ".join(result.false_holds), "lost: " + " ".join(result.lost)]
        sys.stderr.write("\n".join([*result.misses, *holds]) + "\n")


if __name__ == "__main__":
    main()

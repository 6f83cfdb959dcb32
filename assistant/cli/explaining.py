"""`recognise --explain`: the evidence as sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assistant.standards.plain import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistant.recognise import Evidence

_NAMES = {
    "kind": "Kind",
    "vendor": "System",
    "trust": "Trust",
    "number_e164": "Number",
    "extension": "Extension",
    "caller_name": "Name",
    "called_at": "Time of the call",
    "tz_assumed": "Zone assumed",
    "duration_s": "Length",
    "transcript": "Transcript",
    "callback_number_e164": "Other number to ring",
    "requested": "Time asked for",
    "urgency": "Urgency",
    "wants_callback": "Call back wanted",
}
_LONGEST = 60


def lines(answer: dict[str, Any], evidence: tuple[Evidence, ...]) -> Iterator[str]:
    """Yield sentences for the fields of an answer (as JSON): value, the words behind it, what was passed over."""
    several = len(answer["calls"]) > 1
    for item in evidence:
        values = answer if item.call is None else {"kind": answer["kind"], **answer["calls"][item.call]}
        prefix = f"Call {item.call + 1}, " if several and item.call is not None else ""
        yield f"  {prefix}{_sentence(item, values.get(item.field))}"
        for other in item.passed_over:
            yield f"    not {_quoted(other.text)} {_place(other.part)}: {other.why}"


def _sentence(item: Evidence, value: object) -> str:
    name = _NAMES.get(item.field, item.field)
    told = f"{name}: {_value(value)}" if value is not None else f"{name}: none"
    if item.text:
        told += f", from {_quoted(item.text)} {_place(item.part)}"
    return f"{told} ({item.rule})" if item.rule else told


def _value(value: object) -> str:
    if isinstance(value, dict):
        return f"{value.get('not_before') or 'any time'} to {value.get('not_after') or 'any time'}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value} s"
    return one_line(str(value), _LONGEST)


def _place(part: str) -> str:
    return f"in {part}" if part.startswith("the ") else f"in the {part}"


def _quoted(text: str) -> str:
    return f'"{one_line(text, _LONGEST)}"'

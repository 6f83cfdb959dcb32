"""A recognition as JSON, with the field names of the corpus labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from assistant.model.call import Kind

if TYPE_CHECKING:
    from datetime import datetime

    from assistant.model.call import Call, Recognition, Window
    from assistant.recognise.draft import Evidence


def to_json(file: str, recognition: Recognition) -> dict[str, Any]:
    """Return what `ringback recognise --json` prints for one file; times are RFC 3339 with offset."""
    return {
        "file": file,
        "kind": str(recognition.kind),
        "vendor": recognition.vendor,
        "trust": str(recognition.trust),
        "reasons": list(recognition.reasons),
        "calls": [_call(call) for call in recognition.calls],
    }


def evidence_to_json(evidence: tuple[Evidence, ...]) -> list[dict[str, Any]]:
    """Return the evidence as objects, one for each field of the mail and of its calls."""
    return [msgspec.to_builtins(item) for item in evidence]


def _call(call: Call) -> dict[str, Any]:
    """A request to be called tells of no call, unless it says when one was made."""
    made = call.kind is not Kind.CALLBACK_REQUEST or call.start_time_source != "header"
    return {
        "number_e164": call.calling_number,
        "number_raw": call.number_raw,
        "extension": call.extension,
        "caller_name": call.caller_name,
        "called_at": _time(call.start_time) if made else None,
        "called_at_source": call.start_time_source if made else None,
        "tz_assumed": call.zone_assumed,
        "duration_s": None if call.duration is None else int(call.duration.total_seconds()),
        "transcript": call.transcript,
        "callback_number_e164": call.callback_number,
        "requested": None if call.requested is None else _window(call.requested),
        "urgency": str(call.urgency),
        "wants_callback": call.wants_callback,
    }


def _window(window: Window) -> dict[str, str | None]:
    return {"not_before": _time(window.not_before), "not_after": _time(window.not_after), "text": window.text}


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="seconds")

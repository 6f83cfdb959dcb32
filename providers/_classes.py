"""Message classes of Exchange's telephony, on the premises and in the cloud, as the header field that they came as."""

from __future__ import annotations

import re

from providers._headers import field, header_fields, with_field

_FIELD = "Content-Class"
_VALUES = {
    "missed.voice": "missedcall",
    "voicemail.um": "voice",
    "voicemail.um.ca": "voice-ca",
    "conversation.voice": "voice-uc",
    "fax": "fax",
    "fax.ca": "fax-ca",
}
_CLASS = re.compile(rf"IPM\.Note\.Microsoft\.({'|'.join(re.escape(one) for one in _VALUES)})\Z", re.IGNORECASE)


def classed(raw: bytes, item_class: str | None) -> bytes:
    """Return a mail whose message class of Exchange's telephony shows as Content-Class, as it came.

    Exchange makes the class of the field (MS-OXCMAIL 2.2.3.2.23), and programs of Microsoft's set the class alone.
    """
    told = _CLASS.match(item_class or "")
    if told is None or field(header_fields(raw), _FIELD) is not None:
        return raw
    return with_field(raw, _FIELD, _VALUES[told[1].lower()])

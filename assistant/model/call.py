"""What a notification says: calls, and how far the mail can be trusted."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType

import msgspec

E164 = NewType("E164", str)
"""A telephone number as ITU-T E.164 writes it, with its plus sign: +14155550123."""


class Kind(StrEnum):
    """What a mail is. The first four report calls."""

    VOICEMAIL = "voicemail"
    MISSED_CALL = "missed_call"
    PHONE_MESSAGE = "phone_message"
    CALLBACK_REQUEST = "callback_request"
    SMS = "sms"
    PHISHING = "phishing"
    NONE = "none"

    @property
    def reports_calls(self) -> bool:
        """Tell whether a mail of this kind has calls."""
        return self in _CALLS


_CALLS = {Kind.VOICEMAIL, Kind.MISSED_CALL, Kind.PHONE_MESSAGE, Kind.CALLBACK_REQUEST}


class Trust(StrEnum):
    """How far a recognised mail is believed; suspect mail goes to the review bin."""

    VERIFIED = "verified"
    PLAIN = "plain"
    SUSPECT = "suspect"


class Urgency(StrEnum):
    """What the caller or the phone system said of the hurry."""

    URGENT = "urgent"
    NORMAL = "normal"
    LOW = "low"


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """When the caller wants to be called. A bound is None where it is open; `text` is the caller's words.

    `zone` is the one the caller named for it: an IANA name or an offset such as "-08:00", None where none was named.
    """

    not_before: datetime | None = None
    not_after: datetime | None = None
    text: str = ""
    zone: str | None = None


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One ring of one caller, as a notification reports it.

    `calling_number` is None for a withheld or absent number and for an internal `extension`. `callback_number` is the
    number to dial where the caller asked for another one. `start_time` is aware; `zone_assumed` names the mailbox's
    zone where the mail wrote a local time without one. `duration` is the recording's length, None if not said.
    """

    kind: Kind
    calling_number: E164 | None = None
    number_raw: str | None = None
    extension: str | None = None
    caller_name: str | None = None
    start_time: datetime
    start_time_source: str = "header"
    zone_assumed: str | None = None
    duration: timedelta | None = None
    transcript: str | None = None
    callback_number: E164 | None = None
    requested: Window | None = None
    urgency: Urgency = Urgency.NORMAL
    wants_callback: bool = True

    @property
    def number_to_dial(self) -> E164 | None:
        """Return the number a call back goes to, None when there is none."""
        return self.callback_number or self.calling_number


class Recognition(msgspec.Struct, frozen=True, kw_only=True):
    """The answer for one mail. `vendor` is None where only the generic recogniser knew it."""

    kind: Kind
    vendor: str | None = None
    trust: Trust = Trust.PLAIN
    reasons: tuple[str, ...] = ()
    calls: tuple[Call, ...] = ()


class Reader(msgspec.Struct, frozen=True, kw_only=True):
    """Whose mailbox a mail was read from; what national numbers and bare times mean there.

    `region` is ISO 3166-1 alpha-2, `zone` an IANA name. `authserv_ids` are the receiving servers whose
    Authentication-Results count (RFC 8601 2.2); `trusted_senders` are addresses or domains the user vouches for.
    """

    region: str = "US"
    zone: str = "UTC"
    addresses: tuple[str, ...] = ()
    own_numbers: tuple[E164, ...] = ()
    authserv_ids: tuple[str, ...] = ()
    trusted_senders: tuple[str, ...] = ()

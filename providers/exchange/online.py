"""Exchange Online, which speaks Exchange Web Services no more: noticed, and pointed to the provider for it.

Source: learn.microsoft.com/exchange/clients-and-mobile-in-exchange-online/deprecation-of-ews-exchange-online.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from assistant.errors import UsageError

_HOST = re.compile(r"(?:.+\.)?(?:outlook\.office365\.com|outlook\.office\.com|outlook\.com|office365\.us|outlook\.cn)")
_PRIVATE = re.compile(r"(?:outlook|hotmail|live|msn|windowslive)\.(?:com|[a-z]{2}|com?\.[a-z]{2})|.+\.onmicrosoft\.com")
_BLOCKED, _REMOVED = "2026-10-01", "2027-04-01"


def is_host(address: str) -> bool:
    """Tell whether a web address is of Exchange Online."""
    try:
        host = urlsplit(address).hostname or ""
    except ValueError:
        return False
    return _HOST.fullmatch(host.lower().rstrip(".")) is not None


def is_address(address: str) -> bool:
    """Tell whether a mail address can only be of Exchange Online or outlook.com; of most domains nobody can tell."""
    return _PRIVATE.fullmatch(address.rpartition("@")[2].lower()) is not None


def refusal(address: str) -> UsageError:
    """Return what to say of an account there."""
    return UsageError(
        f"{address} is on Exchange Online. Microsoft has blocked Exchange Web Services there since {_BLOCKED} and "
        f"removes them on {_REMOVED}; this provider is for Exchange on the premises. Run: ringback connect microsoft365"
    )

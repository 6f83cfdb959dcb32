"""Microsoft 365 and Outlook.com, over Microsoft Graph. The settings are those of `providers.microsoft365.options`.

msal and httpx are loaded when an account is opened, and no sooner.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from assistant.ports import Account, Clock, Finding, Person, Secrets


def connect(
    settings: Mapping[str, object],
    zone: ZoneInfo,
    secrets: Secrets,
    region: str,
    problems: Callable[[str], None],
    clock: Clock,
) -> Account:
    """Open the account; nothing is asked of Microsoft yet.

    Raises:
        ConfigError: the settings are wrong.
        AuthError: nobody is signed in, or not for all services of the settings.
    """
    from providers.microsoft365.account import connect as opened  # noqa: PLC0415  see above

    return opened(settings, zone, secrets, region, problems, clock)


def sign_in(settings: Mapping[str, object], secrets: Secrets, person: Person, *, headless: bool) -> str:
    """Sign in with a browser of this machine or another; see `assistant.ports.SignIn`.

    Raises:
        ConfigError: the settings are wrong, or Microsoft does not know the app registration.
        AuthError: not agreed to, not allowed by the organisation, or not answered in time.
        TransientError: Microsoft could not be reached.
    """
    from providers.microsoft365 import signing  # noqa: PLC0415  as above

    return signing.sign_in(settings, secrets, person, headless=headless)


def sign_out(settings: Mapping[str, object], secrets: Secrets) -> str | None:
    """Delete the sign-in; see `assistant.ports.SignOut`."""
    from providers.microsoft365 import signing  # noqa: PLC0415  as above

    return signing.sign_out(settings, secrets)


def examine(settings: Mapping[str, object], secrets: Secrets, now: datetime) -> Sequence[Finding]:
    """Look at sign-in, rights, mailbox, calendars and clock; see `assistant.ports.Examine`."""
    from providers.microsoft365.examining import examine as examined  # noqa: PLC0415  as above

    return examined(settings, secrets, now)

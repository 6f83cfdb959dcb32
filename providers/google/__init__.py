"""Gmail, Google Calendar and Google contacts. The settings are those of `providers.google.options`.

Google's libraries are loaded when an account is opened, and no sooner.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from assistant.ports import Account, Clock, Finding, Person, Secrets

FILES = {"client": "google-client.json"}
"""Files of the user's that lie beside the config file, by the key that names another place."""


def connect(
    settings: Mapping[str, object],
    zone: ZoneInfo,
    secrets: Secrets,
    region: str,
    problems: Callable[[str], None],
    clock: Clock,
) -> Account:
    """Open the account; nothing is asked of Google yet.

    Raises:
        ConfigError: the settings or the OAuth client's file are wrong.
        AuthError: nobody is signed in, or not for all services of the settings.
    """
    from providers.google.account import connect as opened  # noqa: PLC0415  see above

    return opened(settings, zone, secrets, region, problems, clock)


def sign_in(settings: Mapping[str, object], secrets: Secrets, person: Person, *, headless: bool) -> str:
    """Sign in with the user's browser; see `assistant.ports.SignIn`.

    Raises:
        ConfigError: the settings or the OAuth client's file are wrong.
        AuthError: not agreed to, not answered in time, or not all that was asked for was granted.
        TransientError: Google could not be reached.
    """
    from providers.google import signing  # noqa: PLC0415  as above

    return signing.sign_in(settings, secrets, person, headless=headless)


def sign_out(settings: Mapping[str, object], secrets: Secrets) -> str | None:
    """Revoke and delete the sign-in; see `assistant.ports.SignOut`."""
    from providers.google import signing  # noqa: PLC0415  as above

    return signing.sign_out(settings, secrets)


def examine(settings: Mapping[str, object], secrets: Secrets, now: datetime) -> Sequence[Finding]:
    """Look at sign-in, rights and calendars; see `assistant.ports.Examine`."""
    from providers.google.examining import examine as examined  # noqa: PLC0415  as above

    return examined(settings, secrets, now)

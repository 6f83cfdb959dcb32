"""Exchange Server, over Exchange Web Services. The settings are those of `providers.exchange.options`.

exchangelib is loaded when an account is opened, and no sooner.
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
    """Open the account; nothing is asked of the server yet.

    Raises:
        ConfigError: the settings are wrong.
        AuthError: nobody is signed in, or as somebody else than the settings say.
    """
    from providers.exchange.account import connect as opened  # noqa: PLC0415  see above

    return opened(settings, zone, secrets, region, problems, clock)


def sign_in(settings: Mapping[str, object], secrets: Secrets, person: Person, *, headless: bool) -> str:
    """Sign in with a password, a ticket or a token; see `assistant.ports.SignIn`.

    Raises:
        ConfigError: the settings are wrong, or the server could not be found.
        UsageError: the account is on Exchange Online, or nobody can be asked.
        AuthError: the server does not let the account in.
        TransientError: the server could not be reached.
    """
    from providers.exchange import signing  # noqa: PLC0415  as above

    return signing.sign_in(settings, secrets, person, headless=headless)


def sign_out(settings: Mapping[str, object], secrets: Secrets) -> str | None:
    """Delete the sign-in; see `assistant.ports.SignOut`."""
    from providers.exchange import signing  # noqa: PLC0415  as above

    return signing.sign_out(settings, secrets)


def examine(settings: Mapping[str, object], secrets: Secrets, now: datetime) -> Sequence[Finding]:
    """Look at server, sign-in, rights, categories and clock; see `assistant.ports.Examine`."""
    from providers.exchange.examining import examine as examined  # noqa: PLC0415  as above

    return examined(settings, secrets, now)

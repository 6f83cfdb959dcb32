"""What signing in leaves: the endpoint, the account, its secret, and what would else be guessed at each start."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec
from exchangelib import Build, Configuration, Version

from assistant.errors import AuthError, ConfigError
from providers.exchange import auth as ways
from providers.exchange.auth import Auth
from providers.exchange.errors import NAME, SIGN_IN

if TYPE_CHECKING:
    from collections.abc import Callable

    from exchangelib.protocol import RetryPolicy

    from assistant.ports import Secrets
    from providers.exchange.options import Options

SECRET = "account"  # noqa: S105  the name of the secret, not the secret
_REFUSED, _DIRECTORY = "refused", "directory"
LEARNED_FOR = timedelta(days=30)
"""So long is believed how the directory can be searched: administrators change that now and then."""
QUIET = timedelta(minutes=15)
"""Nothing is tried for so long after a wrong password: pass upon pass with it would lock the account."""
OLDEST = (15, 0, 847, 0)
"""Exchange 2013 SP1: what is assumed of a server that has not answered yet."""
API = "Exchange2013_SP1"


class Signed(msgspec.Struct, frozen=True, kw_only=True):
    """One sign-in.

    `secret`: the password, for "oauth" the client's secret, "" for "kerberos". `build` and `api`: of the server, as it
    said at sign-in. `alias`: the address that was given, where the server knows the mailbox by another.
    """

    endpoint: str
    address: str
    user: str
    secret: str = ""
    auth: Auth = "basic"
    build: tuple[int, int, int, int] = OLDEST
    api: str = API
    client_id: str = ""
    token_url: str = ""
    scope: str = ""
    refresh_token: str = ""
    alias: str = ""

    def __repr__(self) -> str:
        """Show no secret."""
        return f"Signed({self.address!r}, {self.endpoint!r}, {self.user!r}, {self.auth!r}, {self.build!r})"


def load(secrets: Secrets) -> Signed | None:
    """Return the stored sign-in; None where there is none, or none that can be read."""
    text = secrets.get(SECRET)
    try:
        return None if text is None else msgspec.json.decode(text, type=Signed)
    except (msgspec.DecodeError, msgspec.ValidationError):
        return None


def store(secrets: Secrets, signed: Signed) -> None:
    """Store a sign-in in place of any earlier one."""
    before = load(secrets)
    secrets.set(SECRET, msgspec.json.encode(signed).decode())
    secrets.delete(_REFUSED)
    if before is not None and before.endpoint != signed.endpoint:
        secrets.delete(_DIRECTORY)


def forget(secrets: Secrets) -> None:
    """Delete all that is kept."""
    for name in (SECRET, _REFUSED, _DIRECTORY):
        secrets.delete(name)


def refuse(secrets: Secrets, moment: datetime) -> None:
    """Note that the server did not accept the sign-in then, if that can be kept: it is told anyway."""
    with suppress(AuthError, ConfigError):
        secrets.set(_REFUSED, moment.isoformat())


def heed(secrets: Secrets, now: datetime) -> None:
    """Leave an account alone whose sign-in was refused a short while ago, by this process or another one.

    Raises:
        AuthError: it was.
    """
    try:
        moment = datetime.fromisoformat(secrets.get(_REFUSED) or "")
        passed = now - moment
    except (ValueError, TypeError):
        return
    if timedelta() <= passed < QUIET:
        minutes = round((QUIET - passed) / timedelta(minutes=1)) or 1
        text = "user name or password were not accepted; so that the account is not locked, they are tried again in"
        raise AuthError(NAME, "connect", f"{text} {minutes} minutes. Are they others now? {SIGN_IN}")


def learned(secrets: Secrets, now: datetime) -> str | None:
    """Return how the directory can be searched by numbers, None where nobody has tried it lately."""
    text, _, moment = (secrets.get(_DIRECTORY) or "").partition("|")
    try:
        passed = now - datetime.fromisoformat(moment)
    except (ValueError, TypeError):
        return None
    return text if timedelta() <= passed < LEARNED_FOR else None


def learn(secrets: Secrets, way: str, now: datetime) -> None:
    """Note how the directory can be searched by numbers, if that can be kept: else it is tried again."""
    with suppress(AuthError, ConfigError):
        secrets.set(_DIRECTORY, f"{way}|{now.isoformat()}")


def signed(secrets: Secrets, wanted: Options) -> Signed:
    """Return the stored sign-in.

    Raises:
        AuthError: nobody is signed in, or as somebody else than the settings say, or elsewhere.
    """
    found = load(secrets)
    if found is None:
        raise AuthError(NAME, "connect", f"nobody is signed in. {SIGN_IN}")
    for key in ("address", "endpoint", "user", "auth", "client_id", "token_url", "scope"):
        want = getattr(wanted, key)
        if want and want != getattr(found, key) and (key != "address" or want != found.alias):
            text = f"the settings have another {key} than the sign-in ({want}, not {getattr(found, key)}). {SIGN_IN}"
            raise AuthError(NAME, "connect", text)
    return found


def configuration(
    found: Signed, policy: RetryPolicy, connections: int, renewed: Callable[[str], None] | None = None
) -> Configuration:
    """Return what the library needs to ask nothing of the server before the first request."""
    return Configuration(
        service_endpoint=found.endpoint,
        credentials=ways.credentials(found, renewed),
        auth_type=ways.type_of(found.auth),
        version=Version(Build(*found.build), found.api),
        retry_policy=policy,
        max_connections=connections,
    )


def renewing(signed: Signed, secrets: Secrets) -> Callable[[str], None]:
    """Return what stores a refresh token in the place of that of the sign-in."""

    def renew(token: str) -> None:
        store(secrets, msgspec.structs.replace(signed, refresh_token=token))

    return renew

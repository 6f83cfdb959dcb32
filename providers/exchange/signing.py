"""Signing in: ask for what is missing, find the server, try it, and remember what it said; and signing out."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec
from exchangelib.services import GetFolder

from assistant.errors import AuthError, ConfigError, ProviderError, UsageError
from providers._net import Patience
from providers.exchange import auth as ways
from providers.exchange import discovery, online, options, remembered
from providers.exchange.errors import SIGN_IN
from providers.exchange.folders import distinguished
from providers.exchange.remembered import Signed
from providers.exchange.service import Exchange

if TYPE_CHECKING:
    from collections.abc import Mapping

    import exchangelib

    from assistant.ports import Person, Secrets
    from providers.exchange.options import Options

BRIEF = Patience(request=timedelta(seconds=10), total=timedelta(seconds=5), throttled=timedelta(seconds=5))
"""Somebody sits and waits; what is away is itself what there is to tell."""
_EXPLAINED = (
    "Ringback reads your mail for notices of calls, puts labels (categories) on them, writes drafts, puts calls into "
    "your calendar and reads your contacts. Exchange knows one right for all of that: your password. Ringback keeps it "
    "in the keyring, sends it to your Exchange server alone, and calls no operation that sends mail."
)


def sign_in(settings: Mapping[str, object], secrets: Secrets, person: Person, *, headless: bool) -> str:
    """Sign in and remember; see `assistant.ports.SignIn`."""
    del headless  # nothing here needs a browser
    found = options.of(settings)
    if found.auth is not None:
        ways.type_of(found.auth)
    person.tell(_EXPLAINED)
    address = _address(found, person)
    signed = _told(found, address, person)
    if not signed.endpoint:
        person.tell(f"Looking for the server of {address.rpartition('@')[2]}.")
        signed = _found(signed, found, person)
    if online.is_host(signed.endpoint):
        raise online.refusal(address)
    if found.auth is None:
        signed = msgspec.structs.replace(signed, auth=discovery.offered(signed.endpoint))
    signed = _tried(signed)
    remembered.store(secrets, signed)
    person.tell(f"{signed.endpoint}, signed in by {signed.auth}.")
    return signed.address


def sign_out(settings: Mapping[str, object], secrets: Secrets) -> str | None:
    """Delete the sign-in; see `assistant.ports.SignOut`."""
    del settings  # it is deleted also where they are wrong
    found = remembered.load(secrets)
    remembered.forget(secrets)
    if found is None:
        return None
    return (
        f"The sign-in of {found.address} is deleted here. Exchange itself has nothing to revoke: who may have seen the "
        "password knows it until you change it"
    )


def _address(found: Options, person: Person) -> str:
    address = found.address or person.paste("The mail address of the account").strip()
    if not options.is_address(address):
        raise UsageError(f"{address!r} is no mail address. {SIGN_IN}")
    if online.is_address(address) or online.is_host(found.endpoint):
        raise online.refusal(address)
    return address


def _found(signed: Signed, found: Options, person: Person) -> Signed:
    """Return the sign-in with the server that autodiscover finds, or else the user tells."""
    try:
        place = discovery.find(signed, found.auth)
    except AuthError:
        raise
    except (ConfigError, ProviderError) as error:
        return msgspec.structs.replace(signed, endpoint=_endpoint(person, error))
    return msgspec.structs.replace(signed, endpoint=place.endpoint, address=place.address, alias=signed.address)


def _endpoint(person: Person, error: ConfigError | ProviderError) -> str:
    """Ask where the server is.

    Raises:
        ConfigError, ProviderError: `error`, where the user does not know, or is not there.
    """
    person.tell(str(error))
    try:
        endpoint = person.paste("The address of its Exchange Web Services, empty to stop", default="").strip()
    except UsageError:
        raise error from None
    if not endpoint:
        raise error
    if not options.is_safe(endpoint):
        raise UsageError(f"{endpoint!r} is no whole address that begins with https://. {SIGN_IN}")
    return endpoint


def _told(found: Options, address: str, person: Person) -> Signed:
    """Return what the settings and the user say; the way of signing in may still be unknown."""
    signed = Signed(
        endpoint=found.endpoint,
        address=address,
        user=found.user,
        auth=found.auth or "basic",
        client_id=found.client_id,
        token_url=found.token_url,
        scope=found.scope,
    )
    if found.auth == "kerberos":
        return signed
    if found.auth == "oauth":
        secret = person.paste("The client's secret, empty for none", hidden=True, default="")
        token = person.paste("The refresh token, empty for the application's own right", hidden=True, default="")
        if not secret and not token:
            raise UsageError(f"A client's secret or a refresh token is needed. {SIGN_IN}")
        return msgspec.structs.replace(signed, secret=secret, refresh_token=token)
    user = found.user or person.paste("The user name, such as DOMAIN\\name", default=address).strip()
    secret = person.paste("The password", hidden=True)
    return msgspec.structs.replace(signed, user=user, secret=secret)


def _tried(signed: Signed) -> Signed:
    """Return the sign-in with what the server says of itself, once it was used.

    Raises:
        AuthError: it is not accepted; nothing is stored.
    """
    newest: list[str] = []
    exchange = Exchange(signed, patience=BRIEF, renewed=newest.append)
    try:
        version = exchange.call("sign_in", _version)
    finally:
        exchange.close()
    token = newest[-1] if newest else signed.refresh_token
    return msgspec.structs.replace(signed, **version, refresh_token=token)


def _version(account: exchangelib.Account) -> dict[str, object]:
    inbox = distinguished(account, "inbox")
    GetFolder(account=account).get(folders=[inbox], additional_fields=None, shape="IdOnly")
    build = account.version.build
    parts = (build.major_version, build.minor_version, build.major_build, build.minor_build)
    return {"build": parts, "api": account.version.api_version}

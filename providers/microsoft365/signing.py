"""Sign in and out: OAuth 2.0 for installed programs with PKCE, or with a device code (RFC 8252, RFC 7636, RFC 8628)."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import msgspec

from assistant.errors import AuthError, ConfigError, ProviderError, TransientError, UsageError
from providers import _redirect as redirect
from providers.microsoft365 import entra, options, refusals, scopes, token
from providers.microsoft365.entra import Entra
from providers.microsoft365.errors import NAME, SIGN_IN
from providers.microsoft365.service import Graph, at
from providers.microsoft365.token import Signed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assistant.ports import Person, Secrets
    from providers.microsoft365.options import Options

PATIENCE = timedelta(minutes=5)
"""How long a sign-in waits for the browser."""
CONNECTIONS = "https://myapps.microsoft.com"
PERSONAL_CONNECTIONS = "https://account.live.com/consent/Manage"
_PERSONAL = "9188040d-6c67-4c5b-b112-36a304b66dad"
"""The tenant of all personal accounts: learn.microsoft.com/entra/identity-platform/id-token-claims-reference."""
_OPERATION = "sign_in"
_LOCALHOST = "localhost"
"""What Microsoft takes with any port: learn.microsoft.com/entra/identity-platform/reply-url."""


def sign_in(
    settings: Mapping[str, object], secrets: Secrets, person: Person, *, headless: bool, patience: timedelta = PATIENCE
) -> str:
    """Sign in and return the account's address; see `assistant.ports.SignIn`.

    Raises:
        ConfigError: the settings are wrong, or the app registration is not as it must be.
        AuthError: not agreed to, not allowed, not answered in time, not all granted, or not by the user of the
            sign-in before, whose calls are those of this account.
        UsageError: the client id is needed and nobody can be asked.
        TransientError: Microsoft could not be reached.
        ProviderError: the calendar of its own could not be made; the sign-in is stored, and this can be done again.
    """
    found = options.of(settings)
    former = token.load(secrets)
    client_id = _client(found, former, person)
    person.tell(scopes.explain(found.services))
    try:
        with Entra(client_id, found.tenant, found.services, "", found.endpoint, found.patience.request) as service:
            answer = _by_code(service, person) if headless else _by_browser(service, person, former, patience)
            new = _signed(service, answer, found)
    except ProviderError:
        raise
    except entra.RAISED as error:
        raise entra.unreached(_OPERATION, error) from error
    graph = Graph(token.SignedIn(new, _Unkept(), found), root=root(found), patience=found.patience)
    try:
        new = msgspec.structs.replace(new, address=_address(graph, new, person))
        _agree(former, new)
        token.store(secrets, new)
        if found.own:
            _make_calendar(graph, found)
    finally:
        graph.close()
    return new.address or "your Microsoft account"


def sign_out(settings: Mapping[str, object], secrets: Secrets) -> str | None:
    """Delete the sign-in; see `assistant.ports.SignOut`. Microsoft lets no app without a secret revoke its own."""
    del settings  # it is deleted also where they are wrong
    found = token.load(secrets)
    secrets.delete(token.SECRET)
    if found is None:
        return None
    where = PERSONAL_CONNECTIONS if found.personal else CONNECTIONS
    return (
        f"The sign-in of {found.address or NAME} is deleted here. Microsoft offers nothing by which a program could "
        f"revoke it too; take Ringback's right away yourself at {where}"
    )


def root(found: Options) -> str:
    """Return where Graph is."""
    return "https://graph.microsoft.com/v1.0/" if found.endpoint is None else f"{found.endpoint}v1.0/"


class _Unkept:
    """Secrets for the time before it is known whether the right user signed in."""

    def get(self, name: str) -> str | None:
        """Return nothing."""

    def set(self, name: str, value: str) -> None:
        """Keep nothing."""

    def delete(self, name: str) -> None:
        """Delete nothing."""


def _client(found: Options, former: Signed | None, person: Person) -> str:
    if found.client_id or former is not None:
        return found.client_id or (former.client_id if former is not None else "")
    person.tell("Ringback signs in with an app registration of your own; the README walks you through it.")
    given = person.paste("The application (client) ID").strip().lower()
    if not options.is_client(given):
        raise UsageError(f"{given!r} is no application (client) ID: it looks like {'1' * 8}-2222-3333-4444-{'5' * 12}")
    return given


def _by_browser(service: Entra, person: Person, former: Signed | None, patience: timedelta) -> dict[str, Any]:
    """Let the user agree in the browser of this machine."""
    with redirect.Redirect(_LOCALHOST) as page:
        flow = service.consent(page.address.rstrip("/"), former.address if former is not None else "")
        url, page.state = str(flow["auth_uri"]), str(flow["state"])
        if person.browse(url):
            person.tell(f"Your browser shows Microsoft's page. If it does not, open this address there:\n{url}")
        else:
            person.tell(
                f"No browser could be opened. Open this address in one on this machine:\n{url}\n"
                "For a browser on another machine stop here and add --headless."
            )
        answer = page.wait(patience)
    if answer is None:
        raise _refused(f"nobody answered within {patience.total_seconds() / 60:.0f} minutes", refusals.hint())
    return service.exchange(flow, dict(parse_qsl(urlsplit(answer).query)))


def _by_code(service: Entra, person: Person) -> dict[str, Any]:
    """Let the user enter a code in a browser anywhere."""
    flow = service.ask_device()
    if "user_code" not in flow:
        return flow
    seconds = int(flow.get("expires_in") or 900)
    person.tell(
        f"Open this address in a browser on any machine:\n{flow.get('verification_uri')}\n"
        f"and enter the code {flow['user_code']} there within {seconds // 60} minutes. Enter no code that you did not "
        "see here yourself."
    )
    end = time.monotonic() + seconds
    return service.wait_device(flow, lambda: time.monotonic() > end)


def _signed(service: Entra, answer: Mapping[str, Any], found: Options) -> Signed:
    """Return the sign-in that an answer is, with the address that it tells.

    Raises:
        AuthError: it is a refusal, or not all was granted.
        ConfigError: it is a refusal that the app registration or the settings are the reason of.
        TransientError: it is a refusal for now.
    """
    if not answer.get("access_token"):
        raise _of_refusal(refusals.of(answer, service.client_id, service.tenant))
    claims = answer.get("id_token_claims") or {}
    granted = tuple(str(answer.get("scope") or "").split()) or tuple(scopes.wanted(found.services))
    lacking = scopes.missing(found.services, granted)
    if lacking:
        text = f"not all was granted. Missing: {scopes.told(lacking)}"
        raise _refused(text, f"{SIGN_IN}, or take the service out of `services` in the settings")
    address = str(claims.get("preferred_username") or "")
    return Signed(
        client_id=service.client_id,
        tenant=service.tenant,
        home=service.home(address),
        address=address,
        scopes=granted,
        signed_in=datetime.now(UTC).replace(microsecond=0),
        cache=service.kept(),
        personal=claims.get("tid") == _PERSONAL,
    )


def _of_refusal(found: refusals.Refusal) -> ProviderError | ConfigError:
    if found.kind == "setup":
        return ConfigError([f"{NAME}: {found.text}"])
    if found.kind == "later":
        return TransientError(NAME, _OPERATION, f"{found.text}. {SIGN_IN} again in some minutes")
    return _refused(found.text)


def _address(graph: Graph, new: Signed, person: Person) -> str:
    """Return the mail address of the account, which may differ from the name one signs in with."""
    try:
        me = graph.call(_OPERATION, "GET", at("me"), params={"$select": "mail,userPrincipalName"})
    except ProviderError as error:
        person.tell(f"Signed in, but: {error}")
        return new.address
    return str(me.get("mail") or new.address or me.get("userPrincipalName") or "")


def _agree(former: Signed | None, new: Signed) -> None:
    """Refuse another user than that of the sign-in before: the calls in the ledger are those of that mailbox.

    Raises:
        AuthError: they differ.
    """
    if former is None or former.home == new.home or former.address.casefold() == new.address.casefold():
        return
    raise _refused(
        f"you agreed as {new.address}, but this account is that of {former.address}, and so are the calls that "
        f"Ringback knows. Choose {former.address} on Microsoft's page; to have {new.address} as well add --account "
        "NAME, with a new name; to have it instead run first: ringback logout"
    )


def _make_calendar(graph: Graph, found: Options) -> None:
    """Make the calendar of the settings, if it is not there."""
    try:
        names = graph.items(_OPERATION, at("me", "calendars"), {"$select": "name", "$top": "100"})
        if found.calendar not in {one.get("name") for one in names}:
            graph.call(_OPERATION, "POST", at("me", "calendars"), body={"name": found.calendar}, again=False)
    except ProviderError as error:
        text = (
            f"you are signed in, but the calendar {found.calendar!r} could not be made. Run the same command again; or "
            "make that calendar yourself in Outlook, name it in the settings (calendar = "
            f"{json.dumps(found.calendar)}) and leave out --own-calendar and `own_calendar`. What happened: {error}"
        )
        raise type(error)(NAME, _OPERATION, text) from error


def _refused(text: str, remedy: str = SIGN_IN) -> AuthError:
    return AuthError(NAME, _OPERATION, f"{text}. Nothing was stored. {remedy}")

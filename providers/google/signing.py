"""Sign in and out: OAuth 2.0 for installed programs with PKCE, in the user's own browser (RFC 8252, RFC 7636)."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec
import requests
from google.auth.exceptions import GoogleAuthError, RefreshError
from google.auth.transport.requests import Request
from google_auth_oauthlib.flow import InstalledAppFlow
from oauthlib.oauth2.rfc6749 import errors as oauth

from assistant.errors import AuthError, ConfigError, ProviderError, TransientError, UsageError
from providers import _redirect as redirect
from providers.google import client as oauth_client
from providers.google import options, scopes, token
from providers.google.calendars import Calendars
from providers.google.events import CalendarOptions
from providers.google.service import NAME, SIGN_IN, Google

if TYPE_CHECKING:
    from collections.abc import Mapping

    from google.oauth2.credentials import Credentials

    from assistant.ports import Person, Secrets
    from providers.google.client import Client
    from providers.google.options import Options
    from providers.google.token import Token

PATIENCE = timedelta(minutes=5)
"""How long a sign-in waits for the browser."""
CONNECTIONS = "https://myaccount.google.com/connections"
_REVOKE = "https://oauth2.googleapis.com/"
_NOBODY = "http://127.0.0.1:38517/"
"""Where Google sends a browser on another machine: nothing listens there, and the address has the answer."""
_TRIES = 3
_SECONDS = 30
_OUTLIVED = timedelta(days=8)
_NEARLY = timedelta(days=6, hours=12)
_LONG_AGO = timedelta(days=21)
# These quote codes and tokens at their lowest level, which --debug lets through.
for _name in ("requests_oauthlib", "oauthlib"):
    logging.getLogger(_name).setLevel(logging.WARNING)


def sign_in(
    settings: Mapping[str, object], secrets: Secrets, person: Person, *, headless: bool, patience: timedelta = PATIENCE
) -> str:
    """Sign in and return the account's mail address; see `assistant.ports.SignIn`.

    Raises:
        ConfigError: the settings or the OAuth client's file are wrong.
        AuthError: not agreed to, not answered in time, not all that was asked for was granted, or not by the user of
            the sign-in before, whose calls are those of this account.
        TransientError: Google could not be reached.
        ProviderError: the calendar of its own could not be made; the sign-in is stored, and this can be done again.
    """
    found = options.of(settings)
    client = oauth_client.read(found)
    former = token.load(secrets)
    person.tell(scopes.explain(found.wanted))
    flow = InstalledAppFlow.from_client_config(client.config(), scopes.wanted(found.wanted))
    answer = _pasted(flow, person) if headless else _sent_back(flow, person, patience)
    granted = _exchanged(flow, answer, found)
    new = _token(granted, client, found, former_died=_died_young(former, client, secrets))
    new = msgspec.structs.replace(new, address=_address(flow.credentials, found, person))
    _agree(former, new)
    token.store(secrets, new)  # the former one is not revoked: at Google that would end the new one with it
    if found.own:
        _make_calendar(flow.credentials, found)
    if new.expires is not None:
        person.tell(ends(new.expires))
    return new.address or "your Google account"


def sign_out(settings: Mapping[str, object], secrets: Secrets) -> str | None:
    """Revoke the sign-in and delete it, deleting it in any case; see `assistant.ports.SignOut`."""
    found = token.load(secrets)
    try:
        refused = None if found is None else _revoked(found, options.endpoint(settings))
    except ConfigError as error:
        refused = str(error)
    finally:
        secrets.delete(token.SECRET)
    if found is None:
        return None
    if refused is not None:
        return (
            f"Google could not be told ({refused}). The sign-in of {found.address or NAME} is deleted here; "
            f"take the right away yourself at {CONNECTIONS}"
        )
    return f"The sign-in of {found.address or NAME} is revoked and deleted. You can check it at {CONNECTIONS}"


def ends(moment: datetime) -> str:
    """Say that Google will end a sign-in then, and how to keep it from doing so."""
    return (
        f"Google ends this sign-in on {moment:%Y-%m-%d}, as it does after 7 days while an app is in testing mode. "
        'To keep it: publish the app at https://console.cloud.google.com/auth/audience ("Publish app"; no review is '
        f"needed for your own use), then {SIGN_IN[0].lower()}{SIGN_IN[1:]}"
    )


def _sent_back(flow: InstalledAppFlow, person: Person, patience: timedelta) -> str:
    """Let the user agree in the browser of this machine and return the address it was sent back to."""
    with redirect.Redirect() as page:
        url, page.state = _consent(flow, page.address)
        if person.browse(url):
            person.tell(f"Your browser shows Google's page. If it does not, open this address there:\n{url}")
        else:
            person.tell(
                f"No browser could be opened. Open this address in one on this machine:\n{url}\n"
                "For a browser on another machine stop here and add --headless."
            )
        answer = page.wait(patience)
    if answer is None:
        raise _refused(
            f"nobody answered within {patience.total_seconds() / 60:.0f} minutes. Did Google show an error? "
            "`Access blocked` means that you are not among the test users of your app: add yourself at "
            "https://console.cloud.google.com/auth/audience"
        )
    return answer


def _pasted(flow: InstalledAppFlow, person: Person) -> str:
    """Let the user agree in a browser anywhere and return the address that is pasted."""
    url, _ = _consent(flow, _NOBODY)
    person.tell(
        f"Open this address in a browser on any machine:\n{url}\n"
        "When you have agreed, the browser fails to load a page that begins with http://127.0.0.1. That is as it "
        "should be: copy the whole address of that page."
    )
    for _ in range(_TRIES):
        answer = person.paste("The address of that page").strip()
        if redirect.is_answer(answer):
            return answer
        person.tell(f"That is not it: the address begins with {_NOBODY} and has code= and state= in it.")
    raise UsageError(f"The address of the page that failed to load was not given. {SIGN_IN} --headless")


def _consent(flow: InstalledAppFlow, back: str) -> tuple[str, str]:
    """Return the address at which the user agrees, and the state that the answer will have."""
    flow.redirect_uri = back
    url, state = flow.authorization_url(access_type="offline", prompt="consent")
    return str(url), str(state)


def _exchanged(flow: InstalledAppFlow, answer: str, found: Options) -> Mapping[str, Any]:
    """Trade the answer for tokens and return what Google said with them."""
    address, mark, query = answer.partition("?")
    rest = f"{address.rpartition('://')[2]}{mark}{query}"  # some browsers copy an address without its http://
    try:
        # The library demands https of what came over the loopback.
        flow.fetch_token(authorization_response=f"https://{rest}", include_client_id=True, timeout=_SECONDS)
    except oauth.MismatchingStateError as error:
        raise _refused("the answer belongs to another sign-in (its state differs)") from error
    except oauth.AccessDeniedError as error:
        raise _refused("you did not agree (access_denied), or your organisation forbids it") from error
    except oauth.InvalidClientError as error:
        text = f"Google does not accept this OAuth client ({error.error}): it was deleted or has another secret now"
        raise ConfigError([f"{text}. {oauth_client.AGAIN}"], str(found.client)) from error
    except oauth.OAuth2Error as error:
        raise _refused(f"Google refused it ({error.error}: {str(error.description)[:200]})") from error
    except requests.RequestException as error:
        text = f"no answer from Google ({type(error).__name__}). Check the connection. {SIGN_IN}"
        raise TransientError(NAME, "sign_in", text) from error
    except Warning as changed:  # what the library raises where other scopes were granted than asked for
        flow.oauth2session.token = changed.token  # type: ignore[attr-defined]  # set by the library
    granted: Mapping[str, Any] = flow.oauth2session.token
    return granted


def _token(granted: Mapping[str, Any], client: Client, found: Options, *, former_died: bool) -> Token:
    given = granted.get("scope") or scopes.wanted(found.wanted)
    lacking = scopes.missing(found.wanted, given)
    if lacking:
        raise _refused(f"not all was granted. Missing: {scopes.told(lacking)}. {scopes.remedy(lacking)}")
    if not granted.get("refresh_token"):
        raise _refused(f"Google gave no lasting sign-in. Take Ringback's right away at {CONNECTIONS} first")
    now = datetime.now(UTC).replace(microsecond=0)
    seconds = granted.get("refresh_token_expires_in")
    lasts = timedelta(seconds=seconds) if isinstance(seconds, int) and seconds > 0 else None
    return token.Token(
        refresh_token=str(granted["refresh_token"]),
        client_id=client.client_id,
        scopes=tuple(given),
        signed_in=now,
        expires=now + lasts if lasts is not None else None,
        short_lived=lasts is not None or former_died,
    )


def _died_young(former: Token | None, client: Client, secrets: Secrets) -> bool:
    """Tell whether the sign-in before this one ended after about a week, as in testing mode."""
    if former is None or former.client_id != client.client_id:
        return False
    age = datetime.now(UTC) - former.signed_in
    if age < _NEARLY:
        return former.short_lived
    try:
        token.SignedIn(former, client, secrets).refresh(Request())
    except RefreshError as error:
        return age < _LONG_AGO if not error.retryable else former.short_lived
    except GoogleAuthError:
        return former.short_lived
    return former.short_lived and age < _OUTLIVED


def _address(credentials: Credentials, found: Options, person: Person) -> str:
    """Return whose account it is, empty where nobody says; a service that refuses is told of."""
    google = Google(credentials, root=found.endpoint)
    try:
        if "mail" in found.services:
            profile = google.call("sign_in", google.gmail.users().getProfile(userId="me", fields="emailAddress"))
            return str(profile.get("emailAddress", ""))
        if "calendar" in found.services:
            primary = google.call("sign_in", google.calendar.calendarList().get(calendarId="primary", fields="id"))
            return str(primary.get("id", ""))
    except ProviderError as error:
        person.tell(f"Signed in, but: {error}")
    finally:
        google.close()
    return ""


def _agree(former: Token | None, new: Token) -> None:
    """Refuse another user than that of the sign-in before: the calls in the ledger are those of that mailbox.

    Raises:
        AuthError: the addresses are known and differ.
    """
    if former is None or not former.address or not new.address:
        return
    if former.address.casefold() != new.address.casefold():
        raise _refused(
            f"you agreed as {new.address}, but this account is that of {former.address}, and so are the calls that "
            f"Ringback knows. Choose {former.address} on Google's page; to have {new.address} as well add --account "
            "NAME, with a new name; to have it instead run first: ringback logout"
        )


def _make_calendar(credentials: Credentials, found: Options) -> None:
    google = Google(credentials, root=found.endpoint)
    try:
        Calendars(google, CalendarOptions(), lambda: datetime.now(UTC)).create(found.calendar)
    except ProviderError as error:
        text = (
            f"you are signed in, but the calendar {found.calendar!r} could not be made. Run the same command again; or "
            "make that calendar yourself in Google Calendar, name it in the settings (calendar = "
            f"{json.dumps(found.calendar)}) and leave out --own-calendar and `own_calendar`. What happened: {error}"
        )
        raise type(error)(NAME, "sign_in", text) from error
    finally:
        google.close()


def _revoked(found: Token, endpoint: str | None) -> str | None:
    """Return None where the sign-in is dead now, else why nobody knows."""
    try:
        answer = requests.post(
            f"{endpoint or _REVOKE}revoke",
            data={"token": found.refresh_token},
            timeout=_SECONDS,
            allow_redirects=False,
            auth=lambda request: request,  # not what ~/.netrc may have for this host
        )
        refused = answer.json().get("error") if answer.status_code != requests.codes.ok else None
    except requests.RequestException as error:  # no JSON is one of them
        return type(error).__name__
    return None if refused in (None, "invalid_token") else str(refused)


def _refused(text: str) -> AuthError:
    return AuthError(NAME, "sign_in", f"{text}. Nothing was stored. {SIGN_IN}")

"""What `doctor` looks at: the sign-in and its end, rights, APIs that are switched off, calendars, the clock."""

from __future__ import annotations

import email.utils
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from assistant.errors import AuthError, ConfigError, ProviderError
from assistant.ports import Finding
from providers._net import Patience
from providers.google import client as oauth_client
from providers.google import options, signing, token
from providers.google.events import PRIMARY
from providers.google.service import Google

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    import httplib2
    from googleapiclient.http import HttpRequest

    from assistant.ports import Secrets
    from providers.google.options import Options
    from providers.google.token import Token

_WARN_AFTER = timedelta(days=5)
_SKEW = timedelta(minutes=5)
_WRITERS = {"owner", "writer"}
_OPERATION = "doctor"
_BRIEF = Patience(total=timedelta(seconds=5), throttled=timedelta(seconds=5))
"""Somebody sits and waits; what is away is itself what there is to tell."""


def examine(settings: Mapping[str, object], secrets: Secrets, now: datetime) -> Sequence[Finding]:
    """Look at the account, reading only; see `assistant.ports.Examine`."""
    try:
        found = options.of(settings)
        client = oauth_client.read(found)
        signed = token.credentials(settings, secrets)
        kept = token.load(secrets)
    except AuthError as error:
        return [Finding("fault", "sign-in", str(error), sign_in=True)]
    except ConfigError as error:
        return [Finding("fault", "settings", str(error))]
    assert kept is not None, "there are credentials"
    google = Google(signed, root=found.endpoint, patience=_BRIEF)
    try:
        return [
            Finding("ok", "OAuth client", f"{client.client_id.partition('.')[0]} in {found.client}"),
            *_Look(google, found, kept, now).all(),
        ]
    finally:
        google.close()


class _Look:
    """One look at one account."""

    def __init__(self, google: Google, found: Options, kept: Token, now: datetime) -> None:
        self._google = google
        self._options = found
        self._token = kept
        self._now = now
        self._served: datetime | None = None
        self._ended = False

    def all(self) -> Iterator[Finding]:
        """Yield everything; what fails hides nothing else, but without a sign-in nothing else can be seen."""
        looks = {"mail": self._mail, "calendar": self._calendar, "contacts": self._contacts}
        services: list[Finding] = []
        for service in self._options.services:
            if not self._ended:
                services += self._tried(service, looks[service])
        if not self._ended:
            yield self._age()
        yield from services
        if self._served is not None:
            yield _clock(self._served - self._now)

    def _tried(self, service: str, look: Any) -> list[Finding]:  # noqa: ANN401  one of the methods below
        try:
            return list(look())
        except AuthError as error:
            self._ended = True
            return [Finding("fault", "sign-in", f"{error}{self._why()}", sign_in=True)]
        except ProviderError as error:
            return [Finding("fault", service, str(error))]

    def _ask(self, request: HttpRequest) -> dict[str, Any]:
        request.add_response_callback(self._note)
        return self._google.call(_OPERATION, request)

    def _note(self, answer: httplib2.Response) -> None:
        try:
            self._served = email.utils.parsedate_to_datetime(str(answer.get("date", "")))
        except ValueError:
            self._served = None

    def _why(self) -> str:
        """Say where an ended sign-in looks like one of testing mode."""
        age = self._now - self._token.signed_in
        if not self._token.short_lived and abs(age - token.TESTING) > timedelta(days=1):
            return ""
        return (
            f". It was {age.days} days old: Google ends sign-ins after 7 days while an app is in testing mode. Publish "
            "the app first: https://console.cloud.google.com/auth/audience"
        )

    def _age(self) -> Finding:
        age = self._now - self._token.signed_in
        told = f"of {self._token.address or 'Google'}, {_days(age)} old"
        if self._token.expires is not None:
            text = f"{told}. {signing.ends(self._token.expires)}"
            return Finding("warning" if age >= _WARN_AFTER else "ok", "sign-in", text)
        if self._token.short_lived and _WARN_AFTER <= age < token.TESTING + timedelta(days=1):
            text = f"{told}. An earlier one ended after a week. {signing.ends(self._token.signed_in + token.TESTING)}"
            return Finding("warning", "sign-in", text)
        return Finding("ok", "sign-in", told)

    def _mail(self) -> Iterator[Finding]:
        profile = self._ask(self._google.gmail.users().getProfile(userId="me", fields="emailAddress"))
        yield Finding("ok", "mail", f"Gmail of {profile.get('emailAddress')}")

    def _contacts(self) -> Iterator[Finding]:
        connections = self._google.people.people().connections()
        request = connections.list(resourceName="people/me", personFields="names", pageSize=1, fields="totalItems")
        yield Finding("ok", "contacts", f"{self._ask(request).get('totalItems', 0)} contacts")

    def _calendar(self) -> Iterator[Finding]:
        shown = list(self._calendars())
        yield _chosen(_named(self._options.calendar, shown), self._options.calendar, shown)
        for name in self._options.busy or ():
            if _named(name, shown) is None:
                yield Finding("fault", "calendar", f"busy: there is no calendar {name!r}. {_known(shown)}")

    def _calendars(self) -> Iterator[Mapping[str, Any]]:
        calendars = self._google.calendar.calendarList()
        fields = "nextPageToken,items(id,summary,summaryOverride,primary,accessRole)"
        request = calendars.list(maxResults=250, fields=fields)
        while request is not None:
            answer = self._ask(request)
            yield from answer.get("items", ())
            request = calendars.list_next(request, answer)


def _chosen(calendar: Mapping[str, Any] | None, name: str, shown: Sequence[Mapping[str, Any]]) -> Finding:
    if calendar is None:
        return Finding("fault", "calendar", f"there is no calendar {name!r}. {_known(shown)}")
    role = calendar.get("accessRole")
    if role not in _WRITERS:
        text = f"{_title(calendar)}: you may not write there ({role})"
        return Finding("fault", "calendar", f"{text}. Ask its owner for the right to make changes, or name another")
    return Finding("ok", "calendar", f"{_title(calendar)} gets slots and holds ({role})")


def _named(name: str, shown: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """Return the calendar that a setting names: "primary", an id, or a name; of several, one that may be written to."""
    known = [one for one in shown if one.get("id") == name or (name == PRIMARY and one.get("primary"))]
    known += sorted(
        (one for one in shown if name in (one.get("summaryOverride"), one.get("summary"))),
        key=lambda one: one.get("accessRole") not in _WRITERS,
    )
    return known[0] if known else None


def _title(calendar: Mapping[str, Any]) -> str:
    return str(calendar.get("summaryOverride") or calendar.get("summary") or calendar.get("id"))


def _known(shown: Sequence[Mapping[str, Any]]) -> str:
    return f"There are: primary, {', '.join(map(_title, shown))}"


def _days(age: timedelta) -> str:
    return "less than a day" if age.days < 1 else f"{age.days} {'day' if age.days == 1 else 'days'}"


def _clock(ahead: timedelta) -> Finding:
    """Compare Google's clock with ours."""
    if abs(ahead) <= _SKEW:
        return Finding("ok", "clock", "agrees with Google's")
    minutes = round(abs(ahead) / timedelta(minutes=1))
    where = "behind" if ahead > timedelta() else "ahead of"
    text = f"this machine's clock is {minutes} minutes {where} Google's, so that holds come at the wrong time. Set it"
    return Finding("warning", "clock", text)

"""What `doctor` looks at: sign-in and rights, mailbox, categories, calendars, contacts, the clock."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from assistant.errors import AuthError, ConfigError, ProviderError, UnsupportedError
from assistant.ports import Finding
from providers._net import Patience
from providers.microsoft365 import options, signing, token
from providers.microsoft365.service import Graph, at, values

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from assistant.ports import Secrets
    from providers.microsoft365.options import Options
    from providers.microsoft365.token import Signed

_SKEW = timedelta(minutes=5)
_OPERATION = "doctor"
_BRIEF = Patience(request=timedelta(seconds=10), total=timedelta(seconds=5), throttled=timedelta(seconds=5))
"""Somebody sits and waits; what is away is itself what there is to tell."""
_LABELS = "Callbacks/"


def examine(settings: Mapping[str, object], secrets: Secrets, now: datetime) -> Sequence[Finding]:
    """Look at the account, reading only; see `assistant.ports.Examine`."""
    try:
        found = options.of(settings)
        signed = token.signed(settings, secrets)
    except AuthError as error:
        return [Finding("fault", "sign-in", str(error), sign_in=True)]
    except ConfigError as error:
        return [Finding("fault", "settings", str(error))]
    brief = found._replace(patience=_BRIEF)
    graph = Graph(token.SignedIn(signed, secrets, brief), root=signing.root(found), patience=_BRIEF)
    try:
        return list(_Look(graph, found, signed, now).all())
    finally:
        graph.close()


class _Look:
    """One look at one account."""

    def __init__(self, graph: Graph, found: Options, signed: Signed, now: datetime) -> None:
        self._graph, self._options, self._signed, self._now = graph, found, signed, now
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
        if self._graph.served is not None:
            yield _clock(self._graph.served - self._now)

    def _tried(self, service: str, look: Any) -> list[Finding]:  # noqa: ANN401  one of the methods below
        try:
            return list(look())
        except AuthError as error:
            self._ended = True
            return [Finding("fault", "sign-in", str(error), sign_in=True)]
        except ProviderError as error:
            return [Finding("fault", service, str(error))]

    def _ask(self, *segments: str, **params: str) -> dict[str, Any]:
        query = {f"${name}": value for name, value in params.items()}
        return self._graph.call(_OPERATION, "GET", at(*segments), params=query)

    def _age(self) -> Finding:
        days = (self._now - self._signed.signed_in).days
        age = "less than a day" if days < 1 else f"{days} {'day' if days == 1 else 'days'}"
        kind = "a personal account" if self._signed.personal else "a work or school account"
        who = f"of {self._signed.address or 'Microsoft'}, {kind}, {age} old"
        return Finding("ok", "sign-in", f"{who}, app registration {self._signed.client_id}")

    def _mail(self) -> Iterator[Finding]:
        inbox = self._ask("me", "mailFolders", "inbox", select="totalItemCount")
        yield Finding("ok", "mail", f"the inbox can be read ({inbox.get('totalItemCount', 0)} mails in it)")
        try:
            listed = values(_OPERATION, self._ask("me", "outlook", "masterCategories"))
        except UnsupportedError as error:
            yield Finding(
                "warning", "labels", f"the list of categories cannot be read, so that labels show grey: {error}"
            )
            return
        ours = sum(str(one.get("displayName")).startswith(_LABELS) for one in listed)
        text = "ours are in the list of categories" if ours else "the first label that is put adds ours to the list"
        yield Finding("ok", "labels", text)

    def _contacts(self) -> Iterator[Finding]:
        self._ask("me", "contacts", select="id", top="1")
        yield Finding("ok", "contacts", "can be read")

    def _calendar(self) -> Iterator[Finding]:
        select = {"$select": "id,name,canEdit,isDefaultCalendar", "$top": "100"}
        shown = list(self._graph.items(_OPERATION, at("me", "calendars"), select))
        yield _chosen(_named(self._options.calendar, shown), self._options.calendar, shown)
        for name in self._options.busy or ():
            if _named(name, shown) is None:
                yield Finding("fault", "calendar", f"busy: there is no calendar {name!r}. {_known(shown)}")


def _chosen(calendar: Mapping[str, Any] | None, name: str, shown: Sequence[Mapping[str, Any]]) -> Finding:
    if calendar is None:
        return Finding("fault", "calendar", f"there is no calendar {name!r}. {_known(shown)}")
    if not calendar.get("canEdit"):
        text = f"{calendar.get('name')}: you may not write there. Ask its owner for the right to edit, or name another"
        return Finding("fault", "calendar", text)
    return Finding("ok", "calendar", f"{calendar.get('name')} gets slots and holds")


def _named(name: str, shown: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """Return the calendar that a setting names: "" the user's own, an id, or a name; of several one to write to."""
    known = [one for one in shown if one.get("id") == name or (not name and one.get("isDefaultCalendar"))]
    known += sorted((one for one in shown if one.get("name") == name), key=lambda one: not one.get("canEdit"))
    return known[0] if known else None


def _known(shown: Sequence[Mapping[str, Any]]) -> str:
    return f"There are: {', '.join(str(one.get('name')) for one in shown)}"


def _clock(ahead: timedelta) -> Finding:
    """Compare Microsoft's clock with ours."""
    if abs(ahead) <= _SKEW:
        return Finding("ok", "clock", "agrees with Microsoft's")
    minutes = round(abs(ahead) / timedelta(minutes=1))
    where = "behind" if ahead > timedelta() else "ahead of"
    text = f"this machine's clock is {minutes} minutes {where} Microsoft's, so that holds come at the wrong time"
    return Finding("warning", "clock", f"{text}. Set it")

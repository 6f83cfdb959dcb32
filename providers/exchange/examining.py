"""What `doctor` looks at: server, sign-in, folders and the rights on them, categories, the clock."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from exchangelib.fields import FieldPath
from exchangelib.folders import Folder, Root
from exchangelib.properties import FolderId, UserConfigurationNameMNS
from exchangelib.services import GetFolder, GetUserConfiguration
from exchangelib.services.get_user_configuration import XML_DATA

from assistant.errors import AuthError, ConfigError, NotFoundError, ProviderError
from assistant.ports import Finding
from providers.exchange import categories, online, options, remembered
from providers.exchange.appointments import CALENDAR
from providers.exchange.calendars import Calendars
from providers.exchange.errors import said
from providers.exchange.folders import distinguished
from providers.exchange.service import Exchange
from providers.exchange.signing import BRIEF

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    import exchangelib

    from assistant.ports import Secrets
    from providers.exchange.options import Options

_OPERATION = "doctor"
_SKEW = timedelta(minutes=5)
_CALLED = {(15, 1): "Exchange Server 2016", (15, 2): "Exchange Server 2019 or Subscription Edition"}
"""By major and minor version, those that this was made for."""


class _Right(NamedTuple):
    """A folder, what it is to us, and what we must be allowed to do in it."""

    subject: str
    folder: str
    called: str
    needed: tuple[str, ...]
    told: str


_RIGHTS = {
    "mail": (
        _Right("mail", "inbox", "the inbox", ("read", "modify"), "read, and labels put on mails"),
        _Right("drafts", "drafts", "the drafts", ("read", "modify", "delete", "create_contents"), "read and written"),
    ),
    "calendar": (
        _Right(
            "calendar", "calendar", "the calendar", ("read", "modify", "delete", "create_contents"), "read and written"
        ),
    ),
    "contacts": (_Right("contacts", "contacts", "the contacts", ("read",), "read"),),
}


def examine(settings: Mapping[str, object], secrets: Secrets, now: datetime) -> Sequence[Finding]:
    """Look at the account, reading only; see `assistant.ports.Examine`."""
    try:
        found = options.of(settings)
        signed = remembered.signed(secrets, found)
        remembered.heed(secrets, now)
        exchange = Exchange(
            signed,
            patience=BRIEF,
            renewed=remembered.renewing(signed, secrets),
            refused=lambda: remembered.refuse(secrets, now),
        )
    except AuthError as error:
        return [Finding("fault", "sign-in", str(error), sign_in=True)]
    except ConfigError as error:
        return [Finding("fault", "settings", str(error))]
    try:
        return list(_Look(exchange, found, now).all())
    finally:
        exchange.close()


class _Look:
    """One look at one account."""

    def __init__(self, exchange: Exchange, found: Options, now: datetime) -> None:
        self._exchange = exchange
        self._options = found
        self._now = now

    def all(self) -> Iterator[Finding]:
        """Yield everything; where nobody answers or lets us in, there is nothing else to look at."""
        signed = self._exchange.signed
        if online.is_host(signed.endpoint):
            yield Finding("fault", "server", str(online.refusal(signed.address)))
            return
        rights = [right for service in self._options.services for right in _RIGHTS[service]]
        try:
            answers = self._exchange.call(_OPERATION, lambda account: _folders(account, rights))
        except AuthError as error:
            yield Finding("fault", "sign-in", str(error), sign_in=True)
            return
        except ProviderError as error:
            yield Finding("fault", "server", f"{signed.endpoint}: {error}")
            return
        yield self._server()
        yield Finding(
            "ok", "sign-in", f"of {signed.address} as {signed.user or 'the holder of the ticket'}, by {signed.auth}"
        )
        yield from (_allowed(right, answer) for right, answer in zip(rights, answers, strict=True))
        if "calendar" in self._options.services:
            yield from self._named()
        if "mail" in self._options.services:
            yield self._categories()
        if self._exchange.served is not None:
            yield _clock(self._exchange.served - self._now)

    def _server(self) -> Finding:
        build = self._exchange.account.version.build
        called = _CALLED.get((build.major_version, build.minor_version))
        if called is None:
            text = f"{self._exchange.signed.endpoint}, build {build}: made for {' and '.join(_CALLED.values())}"
            return Finding("warning", "server", f"{text}; of others some things may be missing")
        return Finding("ok", "server", f"{self._exchange.signed.endpoint}, {called} (build {build})")

    def _named(self) -> Iterator[Finding]:
        """Look at the calendars that the settings name."""
        calendars = Calendars(self._exchange, self._options, lambda: self._now)
        try:
            main = calendars.main(_OPERATION)
            calendars.busy(_OPERATION)
            if main == CALENDAR:
                return
            called = f"the calendar {self._options.calendar!r}"
            (usual,) = _RIGHTS["calendar"]
            right = usual._replace(folder=main, called=called)
            yield from map(
                _allowed, [right], self._exchange.call(_OPERATION, lambda account: _folders(account, [right]))
            )
        except ProviderError as error:
            yield Finding("fault", "calendar", str(error))

    def _categories(self) -> Finding:
        try:
            missing = self._exchange.call(_OPERATION, _lacks_ours)
        except NotFoundError:
            missing = True
        except ProviderError as error:
            text = f"the list of categories cannot be read ({error}), so that labels show without their colours"
            return Finding("warning", "labels", text)
        if missing:
            return Finding("ok", "labels", "the first label that is put adds ours to the list of categories")
        return Finding("ok", "labels", "ours are in the list of categories")


def _folders(account: exchangelib.Account, rights: Sequence[_Right]) -> list[object]:
    """Return each folder, or what came in the way of it."""
    known = {right.folder for each in _RIGHTS.values() for right in each}
    wanted = [
        distinguished(account, right.folder)
        if right.folder in known
        else Folder(_id=FolderId(id=right.folder), root=Root(account=account))
        for right in rights
    ]
    fields = [FieldPath(field=Folder.get_field_by_fieldname(name)) for name in ("effective_rights", "total_count")]
    return list(GetFolder(account=account).call(folders=wanted, additional_fields=fields, shape="IdOnly"))


def _lacks_ours(account: exchangelib.Account) -> bool:
    name = UserConfigurationNameMNS(name="CategoryList", folder=distinguished(account, "calendar"))
    found = GetUserConfiguration(account=account).get(user_configuration_name=name, properties=XML_DATA)
    return categories.completed(found.xml_data or b"") is not None


def _allowed(right: _Right, answer: object) -> Finding:
    if isinstance(answer, Exception):
        error = said(_OPERATION, answer)
        gone = isinstance(error, NotFoundError)
        return Finding(
            "fault", right.subject, f"{right.called} {'are not there' if gone else 'cannot be read'}: {error}"
        )
    rights = getattr(answer, "effective_rights", None)
    count = getattr(answer, "total_count", None)
    lacking = [one for one in right.needed if rights is not None and not getattr(rights, one)]
    if lacking:
        text = f"{right.called}: you may not {', '.join(one.partition('_')[0] for one in lacking)} there"
        return Finding("fault", right.subject, f"{text}. Ask who runs the server for the right")
    return Finding("ok", right.subject, f"{right.called} can be {right.told} ({count or 0} in it)")


def _clock(ahead: timedelta) -> Finding:
    """Compare the server's clock with ours."""
    if abs(ahead) <= _SKEW:
        return Finding("ok", "clock", "agrees with the server's")
    minutes = round(abs(ahead) / timedelta(minutes=1))
    where = "behind" if ahead > timedelta() else "ahead of"
    text = f"this machine's clock is {minutes} minutes {where} the server's, so that holds come at the wrong time"
    return Finding("warning", "clock", f"{text}. Set the one that is wrong")

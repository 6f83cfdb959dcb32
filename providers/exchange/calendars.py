"""Which of the account's calendars count, and what the server says of each: where it lies, and when it changed."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple, Protocol

from exchangelib import services
from exchangelib.errors import ErrorAccessDenied, ResponseMessageError
from exchangelib.extended_properties import ExtendedProperty
from exchangelib.fields import ExtendedPropertyField, FieldPath
from exchangelib.util import TNS

from assistant.errors import NotFoundError, ProviderError, UnsupportedError
from providers.exchange.appointments import CALENDAR, Element, moment, paths, tag
from providers.exchange.querying import answered, folder_id
from providers.exchange.service import NAME, said

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    import exchangelib

    from providers.exchange.service import Exchange

TRASH = "deleteditems"
_TOP = "msgfolderroot"
_KIND = "IPF.Appointment"
_BELIEVED = timedelta(minutes=1)
_MANY = 1000


class Wanted(Protocol):
    """What the settings say of calendars."""

    @property
    def calendar(self) -> str:
        """Return the name of the calendar that gets our events, "" for the account's own."""
        ...

    @property
    def busy(self) -> tuple[str, ...]:
        """Return the names of further calendars that count as busy; the account's own counts always."""
        ...


class CalendarOptions(NamedTuple):
    """Which calendars count; see `Wanted`."""

    calendar: str = ""
    busy: tuple[str, ...] = ()


# --- folders on the wire


class _Committed(ExtendedProperty):  # type: ignore[misc]  # the library has no types, here and below
    """PidTagLocalCommitTimeMax: when anything in the folder last changed, in whole seconds."""

    property_tag = 0x670A
    property_type = "SystemTime"


class _Deleted(ExtendedProperty):  # type: ignore[misc]  # as above
    """PidTagDeletedCountTotal: how many items have left the folder."""

    property_tag = 0x670B
    property_type = "Integer"


_MARKS = tuple(
    FieldPath(field=ExtendedPropertyField(name=each.__name__, value_cls=each)) for each in (_Committed, _Deleted)
)
_FIELDS = (*_MARKS, *paths("folder:ParentFolderId", "folder:TotalCount"))
_NAMES = paths("folder:ParentFolderId", "folder:DisplayName", "folder:FolderClass")


class Folder(NamedTuple):
    """What the server says of a folder.

    `mark` is another text once anything in it has changed, in a later second than `committed` by the server's clock;
    None where the server has no such marks.
    """

    id: str
    parent: str
    name: str
    kind: str
    mark: str | None
    committed: datetime | None


def _folder(element: Element) -> Folder:
    identity = element.find(tag("FolderId"))
    if identity is None or not identity.get("Id"):
        raise ValueError("a folder without an id")
    parent = element.find(tag("ParentFolderId"))
    committed, deleted = _properties(element)
    marks = [element.findtext(tag("TotalCount")), committed, deleted]
    return Folder(
        id=identity.get("Id"),
        parent="" if parent is None else parent.get("Id", ""),
        name=element.findtext(tag("DisplayName"), ""),
        kind=element.findtext(tag("FolderClass"), ""),
        mark=" ".join(map(str, marks)) if all(marks) else None,
        committed=moment(committed),
    )


def _properties(element: Element) -> list[str | None]:
    values = {}
    for each in element.iterfind(tag("ExtendedProperty")):
        uri = each.find(tag("ExtendedFieldURI"))
        values[int(uri.get("PropertyTag", "0"), 0)] = each.findtext(tag("Value"))
    return [values.get(_Committed.property_tag), values.get(_Deleted.property_tag)]


class _GetFolder(services.GetFolder):  # type: ignore[misc]  # as above
    ERRORS_TO_CATCH_IN_RESPONSE = ResponseMessageError

    def look(self, folders: Sequence[object]) -> list[Element | Exception]:
        asked = {"additional_fields": _FIELDS, "shape": "IdOnly"}
        return list(self._chunked_get_elements(self.get_payload, folders, **asked))


class _FindFolder(services.FindFolder):  # type: ignore[misc]  # as above
    def below(self, top: object) -> list[Element]:
        found: list[Element] = []
        offset: int | None = 0
        while offset is not None:
            asked: dict[str, object] = {
                "folders": [top],
                "additional_fields": _NAMES,
                "restriction": None,
                "shape": "IdOnly",
            }
            asked |= {"depth": "Deep", "page_size": _MANY, "offset": offset}
            ((page, following),) = self._get_pages(self.get_payload, asked, 1)
            found += [] if page is None else list(page.find(f"{{{TNS}}}Folders"))
            offset = following if following is None or following > offset else None
        return found


def look(account: exchangelib.Account, names: Sequence[str]) -> list[Folder | Exception]:
    """Return what the server says of folders, in one request; an error stands in the place of one it does not show."""
    found = answered(_GetFolder(account=account).look([folder_id(account, each) for each in names]))
    if len(found) != len(names):
        raise ValueError("the server answered another number of folders than it was asked for")
    return [each if isinstance(each, Exception) else _folder(each) for each in found]


# --- which ones count


class _Listed(NamedTuple):
    folders: tuple[Folder, ...]
    own: str
    at: datetime


class Calendars:
    """The calendars of the settings, each by its id or as `CALENDAR`. The list of folders is believed for a minute.

    Args:
        exchange: the account.
        options: the settings.
        now: the present instant, aware.
    """

    def __init__(self, exchange: Exchange, options: Wanted, now: Callable[[], datetime]) -> None:
        self._exchange = exchange
        self._options = options
        self._now = now
        self._main: str | None = None if options.calendar else CALENDAR
        self._list: _Listed | None = None

    def main(self, operation: str) -> str:
        """Return the calendar that gets our events.

        Raises:
            NotFoundError: there is none of this name.
        """
        if self._main is None:
            self._main = self._named(self._options.calendar, operation)
        return self._main

    def remember(self, main: str) -> None:
        """Take the id that was found before for the name in the settings, which the user may have changed since."""
        self._main = self._main or main

    def look_again(self, operation: str) -> str:
        """Return what `main` returns, by the folders as they are now."""
        if self._options.calendar:
            self._main = self._list = None
        return self.main(operation)

    def busy(self, operation: str) -> tuple[str, ...]:
        """Return the further calendars that count as busy.

        Raises:
            NotFoundError: there is none of a name in the settings.
        """
        main = self.main(operation)
        found = (CALENDAR, *(self._named(name, operation) for name in self._options.busy))
        return tuple(one for one in dict.fromkeys(found) if one != main)

    def _named(self, name: str, operation: str) -> str:
        listed = self._listed(operation)
        for same in (str, str.casefold):
            for each in listed.folders:
                if same(each.name) == same(name) or each.id == name:
                    return CALENDAR if each.id == listed.own else each.id
        text = f"no calendar {name!r} in the mailbox; make it there again, or correct the settings"
        raise NotFoundError(NAME, operation, text)

    def _listed(self, operation: str) -> _Listed:
        now = self._now()
        if self._list is None or not self._list.at <= now < self._list.at + _BELIEVED:
            folders, own = self._exchange.call(operation, _calendars)
            self._list = _Listed(folders, own, now)
        return self._list


def _calendars(account: exchangelib.Account) -> tuple[tuple[Folder, ...], str]:
    """Return the calendars of the mailbox, those in the trash left out, and the id of the account's own."""
    own, trash = look(account, (CALENDAR, TRASH))
    if isinstance(own, Exception):
        raise own
    gone = {"" if isinstance(trash, Exception) else trash.id}
    found = []
    for each in map(_folder, _FindFolder(account=account).below(folder_id(account, _TOP))):
        if each.parent in gone:  # parents come first
            gone.add(each.id)
        elif each.kind == _KIND or each.kind.startswith(f"{_KIND}."):
            found.append(each)
    return tuple(found), own.id


# --- calendars that are away


def is_away(error: ProviderError) -> bool:
    """Tell whether a calendar is gone, or all rights on it are."""
    denied = isinstance(error, UnsupportedError) and isinstance(error.__cause__, ErrorAccessDenied)
    return denied or isinstance(error, NotFoundError)


def missing(operation: str, error: ProviderError, calendar: str | None = None) -> ProviderError:
    """Return the error to raise for a calendar that cannot be read: NotFoundError for one that is away."""
    if not is_away(error):
        return error
    which = "the calendar" if calendar is None else f"the calendar {calendar!r}"
    text = f"{which} is gone or no longer shared with you; restore it or correct the settings ({error})"
    found = NotFoundError(NAME, operation, text)
    found.__cause__ = error
    return found


def as_said(operation: str, answer: object) -> ProviderError | None:
    """Return the error of the ports for one that stands in the place of an answer, None for an answer."""
    return said(operation, answer) if isinstance(answer, Exception) else None

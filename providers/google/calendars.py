"""Which of the account's calendars count, and reading lists of their events, all calendars in one round trip."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from googleapiclient.errors import HttpError

from assistant.errors import InvalidResponseError, NotFoundError, ProviderError, TransientError, UnsupportedError
from providers.google.events import PRIMARY
from providers.google.service import NAME

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from providers.google.events import CalendarOptions
    from providers.google.service import Google

PAGE = 2500
"""The most events of one page."""
_PAGE_OF_CALENDARS = 250
_FIELDS = "nextPageToken,items(id,summary,summaryOverride,primary,selected,accessRole,deleted)"
_MOST_PAGES = 1000
_BELIEVED = timedelta(minutes=1)
_NOT_ENABLED = {"accessNotConfigured", "SERVICE_DISABLED"}
_WRITERS = ("owner", "writer")


class Listing(NamedTuple):
    """The events of one calendar over all pages; `token` goes on from there, `role` is our right on the calendar."""

    items: tuple[dict[str, Any], ...]
    token: str | None
    role: str | None


class Calendars:
    """The calendars of the settings, by id. What the user's list says is believed for a minute.

    Args:
        google: the account.
        options: the settings.
        now: the present instant, aware.
    """

    def __init__(self, google: Google, options: CalendarOptions, now: Callable[[], datetime]) -> None:
        self._google = google
        self._options = options
        self._now = now
        self._listed_at: datetime | None = None
        self._main: str | None = PRIMARY if options.calendar == PRIMARY else None
        self._list: tuple[dict[str, Any], ...] | None = None

    def main(self, operation: str) -> str:
        """Return the id of the calendar that gets our events.

        Raises:
            NotFoundError: the user's list has none of this name.
        """
        if self._main is None:
            self._main = self._named(self._options.calendar, operation)
        return self._main

    def remember(self, main: str) -> None:
        """Take the id that was found before for the name in the settings, which the user may have changed since."""
        self._main = self._main or main

    def look_again(self, operation: str) -> str:
        """Return what `main` returns, by the user's list as it is now."""
        if self._options.calendar != PRIMARY:
            self._main = self._list = None
        return self.main(operation)

    def busy(self, operation: str) -> tuple[str, ...]:
        """Return the ids of the further calendars that count as busy.

        Raises:
            NotFoundError: one that the settings name is not in the user's list.
        """
        if self._options.busy == ():
            return ()
        main = self.main(operation)
        if self._options.busy is not None:
            found = [self._named(name, operation) for name in self._options.busy]
        else:
            found = [_id(each) for each in self._listed(operation) if each.get("selected")]
        same = {main, *(_id(each) for each in self._listed(operation) if each.get("id") == main)}
        return tuple(one for one in dict.fromkeys(found) if one not in same)

    def are_named(self) -> bool:
        """Tell whether the settings name the calendars that count as busy."""
        return self._options.busy is not None

    def create(self, name: str) -> str:
        """Make a calendar of this name unless there is one; return its id."""
        operation = "calendar.create_calendar"
        self._list = None
        found = self._find(name, operation)
        if found is None:
            found = self._insert(name, operation)
            self._list = None
        return found

    def _insert(self, name: str, operation: str) -> str:
        request = self._google.calendar.calendars().insert(body={"summary": name}, fields="id")
        try:
            made = self._google.call(operation, request, again=False)
        except (TransientError, InvalidResponseError):
            self._list = None
            found = self._find(name, operation)  # it may have been made all the same
            if found is None:
                raise
            return found
        return _id(made)

    def _named(self, name: str, operation: str) -> str:
        found = self._find(name, operation)
        if found is None:
            text = f"no calendar {name!r} in your list; share or create it again, or correct the settings"
            raise NotFoundError(NAME, operation, text)
        return found

    def _find(self, name: str, operation: str) -> str | None:
        """Return the id for "primary", an id or a name shown; of several with one name, one that we may write to."""
        listed = self._listed(operation)
        known = [each for each in listed if name in {_id(each), each.get("id")}]
        known += sorted((each for each in listed if name in _names(each)), key=_rank)
        return _id(known[0]) if known else None

    def _listed(self, operation: str) -> tuple[dict[str, Any], ...]:
        now = self._now()
        if self._list is None or self._listed_at is None or not self._listed_at <= now < self._listed_at + _BELIEVED:
            found: list[dict[str, Any]] = []
            token: str | None = ""
            while token is not None:
                request = self._google.calendar.calendarList().list(
                    maxResults=_PAGE_OF_CALENDARS, fields=_FIELDS, **({"pageToken": token} if token else {})
                )
                page = self._google.call(operation, request)
                items = (each for each in page.get("items") or () if isinstance(each, dict))
                found += [each for each in items if each.get("id") and not each.get("deleted")]
                token = page.get("nextPageToken") or None
            self._list, self._listed_at = tuple(found), now
        return self._list


def _id(listed: Mapping[str, Any]) -> str:
    """Return the id that we use: the primary calendar has its owner's address for another."""
    return PRIMARY if listed.get("primary") else str(listed["id"])


def _names(listed: Mapping[str, Any]) -> tuple[object, ...]:
    return listed.get("summaryOverride"), listed.get("summary")


def _rank(listed: Mapping[str, Any]) -> tuple[int, str]:
    role = listed.get("accessRole")
    return (_WRITERS.index(role) if role in _WRITERS else len(_WRITERS)), str(listed["id"])


def is_away(error: ProviderError) -> bool:
    """Tell whether a calendar is gone, or all rights on it are; an API that is not enabled is another matter."""
    if isinstance(error, NotFoundError):
        return True
    details = error.__cause__.error_details if isinstance(error.__cause__, HttpError) else ()
    reasons = {each.get("reason") for each in details if isinstance(each, dict)}
    return isinstance(error, UnsupportedError) and not reasons & _NOT_ENABLED


def missing(operation: str, error: ProviderError, calendar: str | None = None) -> ProviderError:
    """Return the error to raise for a calendar that cannot be read: NotFoundError for one that is away."""
    if not is_away(error):
        return error
    which = "the calendar" if calendar is None else f"the calendar {calendar!r}"
    text = f"{which} is gone or no longer shared with you; share it again or correct the settings ({error})"
    found = NotFoundError(NAME, operation, text)
    found.__cause__ = error
    return found


def events(
    google: Google, operation: str, wanted: Mapping[str, Mapping[str, Any]]
) -> dict[str, Listing | ProviderError]:
    """List the events of several calendars, each to its last page; all calendars go in one round trip.

    Args:
        google: the account.
        operation: of the port.
        wanted: the parameters of events.list by calendar.

    Returns:
        The list of each calendar, or why it has none.

    Raises:
        ProviderError: there is no answer for any of them.
    """
    pages: dict[str, list[dict[str, Any]]] = {calendar: [] for calendar in wanted}
    found: dict[str, Listing | ProviderError] = {}
    left: dict[str, str | None] = dict.fromkeys(wanted)
    while left:
        answers = _pages(google, operation, {one: _with_page(wanted[one], token) for one, token in left.items()})
        left = {}
        for calendar, answer in answers.items():
            if isinstance(answer, ProviderError):
                found[calendar] = answer
                continue
            pages[calendar].append(answer)
            if len(pages[calendar]) > _MOST_PAGES:
                raise InvalidResponseError(NAME, operation, "the list of events does not end; try again later")
            if answer.get("nextPageToken"):
                left[calendar] = answer["nextPageToken"]
            else:
                found[calendar] = _listing(pages[calendar])
    return {calendar: found[calendar] for calendar in wanted}


def _with_page(parameters: Mapping[str, Any], token: str | None) -> dict[str, Any]:
    return {**parameters, "pageToken": token} if token else dict(parameters)


def _pages(
    google: Google, operation: str, wanted: Mapping[str, Mapping[str, Any]]
) -> dict[str, dict[str, Any] | ProviderError]:
    requests = {one: google.calendar.events().list(calendarId=one, **given) for one, given in wanted.items()}
    if len(requests) > 1:
        # By number: an id may be so long that the header field which carries it in a batch would be folded.
        answers = google.each(operation, {str(number): one for number, one in enumerate(requests.values())})
        return dict(zip(requests, answers.values(), strict=True))
    (calendar, request) = next(iter(requests.items()))
    try:
        return {calendar: google.call(operation, request)}
    except ProviderError as error:
        return {calendar: error}


def _listing(pages: Sequence[Mapping[str, Any]]) -> Listing:
    """Join the pages; an event that changed between two of them counts as it was last."""
    items = [each for page in pages for each in page.get("items") or () if isinstance(each, dict) and each.get("id")]
    token, role = pages[-1].get("nextSyncToken"), pages[-1].get("accessRole")
    return Listing(tuple({each["id"]: each for each in items}.values()), token, role)

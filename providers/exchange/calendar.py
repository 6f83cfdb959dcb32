"""The Calendar port on Exchange."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, NoReturn

import msgspec
from exchangelib.properties import UserConfigurationNameMNS
from exchangelib.services import GetUserConfiguration

from assistant.errors import (
    InvalidResponseError,
    NotFoundError,
    ProviderError,
    TransientError,
    UnsupportedError,
    WrongETagError,
)
from assistant.model.calendar import EventRef, StoredEvent
from assistant.model.mailbox import ETag, Ref
from providers.exchange import zones
from providers.exchange.agenda import Agenda
from providers.exchange.appointments import WHOLE
from providers.exchange.calendars import Calendars, is_away, look, missing
from providers.exchange.events import (
    InexpressibleError,
    UnreadableError,
    genuine,
    is_same,
    is_sure,
    own_uid,
    read,
    write,
)
from providers.exchange.once import Creating
from providers.exchange.querying import delete, folder_id, get, update
from providers.exchange.service import NAME, is_id, said
from providers.exchange.synced import Synced

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from zoneinfo import ZoneInfo

    import exchangelib

    from assistant.model.calendar import CalendarChanges, Entry, Event
    from assistant.model.mailbox import Cursor
    from providers.exchange.appointments import Held
    from providers.exchange.calendars import Wanted
    from providers.exchange.service import Exchange

"""Ids of items are base64; anything else never was one."""


def _present() -> datetime:
    return datetime.now(UTC)


class ExchangeCalendar:
    """Events in one calendar of the mailbox, with all calendars that count on the agenda.

    The ref of an event is its ItemId, its etag the ChangeKey. The server does not keep us from making an event twice:
    who creates one looks for its uid first.

    Args:
        exchange: the account.
        options: which calendars count.
        zone: the user's.
        problems: receives a line for each event that cannot be read, once for each version of it.
        now: the present instant, aware.
    """

    def __init__(
        self,
        exchange: Exchange,
        options: Wanted,
        zone: ZoneInfo,
        problems: Callable[[str], None],
        now: Callable[[], datetime] = _present,
    ) -> None:
        self._exchange = exchange
        self._zone = zone
        self._calendars = Calendars(exchange, options, now)
        self._synced = Synced(exchange, self._calendars, options, now)
        self._creating = Creating(exchange, self._calendars, zone)
        self._agenda = Agenda(exchange, self._calendars, zone, problems)
        self._version: str | None = None
        self._seen: dict[str, Held] = {}

    # --- reading

    def agenda(self, start: datetime, end: datetime) -> Sequence[Entry]:
        """List all calendars in one request; the server expands recurrences, or we do."""
        entries, ours = self._agenda.between(start, end)
        self._seen |= {each.id: each for each in ours}
        return entries

    def get(self, ref: Ref) -> StoredEvent:
        """Read one event; a copy that the user made of one of ours is read as the user's."""
        held = self._stored("calendar.get", ref)
        uid = own_uid(held)
        if uid is not None and not is_sure(held):
            held = self._unless_copied(held, uid)
        return self._read("calendar.get", held)

    def find(self, uid: str) -> StoredEvent | None:
        """Search for the event with our uid; that it is absent counts only where its calendar is."""
        found = self._creating.search("calendar.find", [uid]).get(uid)
        if found is None or found.is_cancelled:
            return None
        try:
            return self._read("calendar.find", self._stored("calendar.find", Ref(found.id)), uid)
        except NotFoundError:
            return None

    def _unless_copied(self, held: Held, uid: str) -> Held:
        found = self._creating.search("calendar.get", [uid]).get(uid)
        if found is None or found.id == held.id or held.id in genuine((held, found)):
            return held
        return _foreign(held)

    def _read(self, operation: str, held: Held, uid: str | None = None) -> StoredEvent:
        self._seen[held.id] = held
        try:
            return StoredEvent(ref=_ref(held), event=read(held, self._zone, uid))
        except UnreadableError as error:
            message = f"the event {held.id}: {error}; open and save it in the calendar, or delete it"
            raise InvalidResponseError(NAME, operation, message) from error

    def _stored(self, operation: str, ref: Ref) -> Held:
        """Read an event that is there: not deleted, not cancelled."""
        if not is_id(ref):
            self._gone(operation, ref)

        def work(account: exchangelib.Account) -> Held:
            (found,) = get(account, [ref], WHOLE)
            if isinstance(found, Exception):
                raise said(operation, found) from found
            return found

        held = self._exchange.call(operation, work)
        if held.is_cancelled:
            self._gone(operation, ref)
        return held

    def _gone(self, operation: str, ref: Ref) -> NoReturn:
        raise NotFoundError(NAME, operation, f"the event {ref} is gone from the calendar")

    def _check_calendar(self, operation: str) -> None:
        """Raise NotFoundError unless the calendar itself is there: an event may be absent only from one that is."""
        main = self._calendars.main(operation)

        def work(account: exchangelib.Account) -> None:
            (found,) = look(account, [main])
            if isinstance(found, Exception):
                raise said(operation, found) from found

        try:
            self._exchange.call(operation, work)
        except ProviderError as error:
            if not is_away(error):
                raise
            raise missing(operation, error) from error

    # --- writing

    def put(self, event: Event, previous: EventRef | None = None) -> EventRef:
        """Create after a look for the uid, or change under a condition; nobody is told of either."""
        try:
            held = self._creating.one(event) if previous is None else self._replace(event, previous)
        except InexpressibleError as error:
            raise UnsupportedError(NAME, "calendar.put", f"event {event.uid}: {error}") from error
        return _ref(held)

    def put_new(self, events: Sequence[Event]) -> Sequence[EventRef | ProviderError]:
        """Create many events, fifty in two requests; one whose answer was not sound is looked at by itself."""
        made = self._creating.many(events)
        return [self._one_of_many(event, made.get(event.uid)) for event in events]

    def _one_of_many(self, event: Event, answer: Held | ProviderError | None) -> EventRef | ProviderError:
        if isinstance(answer, TransientError):
            return answer
        if answer is not None and not isinstance(answer, ProviderError):
            return _ref(answer)
        try:
            return self.put(event)
        except ProviderError as error:
            return error

    def _replace(self, event: Event, previous: EventRef) -> Held:
        operation = "calendar.put"
        before = self._seen.get(previous.ref)
        if before is None or before.change != previous.etag:
            before = self._stored(operation, previous.ref)
        if before.change != previous.etag:
            return self._unless_same(event, before)
        item, fields = write(event, before)
        try:
            found = self._exchange.call(operation, lambda account: update(account, item, fields))
        except WrongETagError:
            return self._unless_same(event, self._stored(operation, previous.ref))
        finally:
            self._seen.pop(previous.ref, None)
        return found

    def _unless_same(self, event: Event, found: Held) -> Held:
        """Return an event that changed if it is what it shall be: the answer to our own change was lost."""
        if not is_same(event, found, self._zone):
            self._changed("calendar.put", found.id)
        return found

    def _changed(self, operation: str, ref: str) -> NoReturn:
        raise WrongETagError(NAME, operation, f"the event {ref} was changed meanwhile; read it again")

    def delete(self, ref: EventRef) -> None:
        """Delete if the version is the same; what is gone already is success, unless the whole calendar is."""
        operation = "calendar.delete"
        if not is_id(ref.ref):
            return
        try:
            self._exchange.call(operation, lambda account: delete(account, ref.ref, ref.etag))
        except NotFoundError:
            self._check_calendar(operation)
        except UnsupportedError as error:
            if not is_away(error):
                raise
            raise missing(operation, error) from error
        except WrongETagError:
            self._unless_gone(operation, ref.ref)
        self._seen.pop(ref.ref, None)

    def _unless_gone(self, operation: str, ref: Ref) -> None:
        try:
            self._stored(operation, ref)
        except NotFoundError:
            return
        self._changed(operation, ref)

    # --- changes

    def changes(self, cursor: Cursor | None) -> CalendarChanges:
        """Ask for the marks of all calendars in one request, and for what changed only where one is another."""
        self._version = None
        step = self._synced.step(cursor, expands=self._agenda.expands)
        self._version, self._agenda.expands = step.version, step.place.expands
        for ref in (*(one.ref for one in step.changes.changed), *step.changes.removed):
            self._seen.pop(ref, None)
        return step.changes

    def version(self) -> str | None:
        """Return the version of all agendas as of the last `changes` of this connection, None before and while unsure.

        An event that cannot be read is told of at each look, so that there is none while there is one.
        """
        return None if self._agenda.has_told else self._version

    def zone(self) -> ZoneInfo | None:
        """Return the zone of Outlook on the web; None where the user never set one or the server keeps none."""

        def work(account: exchangelib.Account) -> str:
            name = UserConfigurationNameMNS(name="OWA.UserOptions", folder=folder_id(account, "root"))
            asked = GetUserConfiguration(account=account)
            found = asked.get(user_configuration_name=name, properties="Dictionary")
            return str((found.dictionary or {}).get("timezone") or "")

        try:
            name = self._exchange.call("calendar.zone", work)
        except (NotFoundError, UnsupportedError):
            return None
        return zones.known(zones.iana(name) or "")


def _foreign(held: Held) -> Held:
    """Return a copy of an event of ours as what it is: the user's."""
    return msgspec.structs.replace(held, properties={})


def _ref(held: Held) -> EventRef:
    return EventRef(ref=Ref(held.id), etag=ETag(held.change))

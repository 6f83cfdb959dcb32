"""Making events once: the server would make a second one without a word, so that each uid is searched for first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exchangelib.errors import ErrorInvalidPropertySet

from assistant.errors import AlreadyExistsError, ProviderError, TransientError
from providers.exchange import querying
from providers.exchange.appointments import BRIEF, WHOLE, Appointment, Element, Held
from providers.exchange.calendars import is_away, missing
from providers.exchange.events import InexpressibleError, genuine, is_cut, is_same, own_uid, search_uid, write
from providers.exchange.service import NAME, said

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from zoneinfo import ZoneInfo

    import exchangelib

    from assistant.model.calendar import Event
    from providers.exchange.calendars import Calendars
    from providers.exchange.service import Exchange

_OPERATION = "calendar.put"


class Creating:
    """Searches for events by our uids, and makes those that are not there.

    Args:
        exchange: the account.
        calendars: which one gets our events.
        zone: the user's.
    """

    def __init__(self, exchange: Exchange, calendars: Calendars, zone: ZoneInfo) -> None:
        self._exchange = exchange
        self._calendars = calendars
        self._zone = zone
        self._absent: set[str] = set()
        self._searches = True
        self._names = True

    def search(self, operation: str, uids: Sequence[str]) -> dict[str, Held]:
        """Return the events with these uids, without their texts; copies that the user made are not among them.

        Raises:
            NotFoundError: the calendar is missing.
        """
        main = self._calendars.main(operation)
        try:
            found = self._exchange.call(operation, lambda account: self._searched(account, main, uids))
        except ProviderError as error:
            if not is_away(error):
                raise
            raise missing(operation, error) from error
        self._absent |= set(uids) - found.keys()
        return found

    def _searched(self, account: exchangelib.Account, main: str, uids: Sequence[str]) -> dict[str, Held]:
        if self._searches:
            try:
                return _ours(account, uids, _found(account, main, uids))
            except querying.UNSEARCHABLE:
                self._searches = False  # this server has no such search
        return _ours(account, uids, querying.find(account, main, BRIEF))

    # --- one

    def one(self, event: Event) -> Held:
        """Make an event unless it is there.

        Raises:
            AlreadyExistsError: there is another one with its uid.
            InexpressibleError: Exchange cannot hold it.
        """
        item, _ = write(event)
        main = self._calendars.main(_OPERATION)
        tried = False

        def work(account: exchangelib.Account) -> tuple[Held, bool]:
            nonlocal tried
            if tried or event.uid not in self._absent:
                found = self._searched(account, main, [event.uid]).get(event.uid)
                if found is not None:
                    return found, False
            tried = True
            self._absent.discard(event.uid)
            (made,) = self._made(account, main, [item])
            if isinstance(made, Exception):
                raise said(_OPERATION, made) from made
            return made, True

        try:
            held, fresh = self._exchange.call(_OPERATION, work)
        except ProviderError as error:
            if not is_away(error):
                raise
            raise missing(_OPERATION, error) from error
        return held if fresh else self._already(event, held)

    def _already(self, event: Event, found: Held) -> Held:
        """Return the event that has our uid if it is the one that was to be made: an earlier answer was lost."""
        whole = self._whole(found)
        if whole is None or whole.is_cancelled or not is_same(event, whole, self._zone):
            message = f"an event with the uid {event.uid} exists and differs, or was cancelled; read it first"
            raise AlreadyExistsError(NAME, _OPERATION, message)
        return whole

    def _whole(self, found: Held) -> Held | None:
        def work(account: exchangelib.Account) -> Held | None:
            (whole,) = querying.there(querying.get(account, [found.id], WHOLE))
            return whole

        return self._exchange.call(_OPERATION, work)

    def _made(self, account: exchangelib.Account, main: str, items: Sequence[Appointment]) -> list[Held | Exception]:
        """Make items under our UIDs, under the server's own where it lets nobody choose them."""
        for item in items if not self._names else ():
            item.uid = None
        answers = querying.create(account, main, items)
        refused = [place for place, each in enumerate(answers) if isinstance(each, ErrorInvalidPropertySet)]
        if refused and self._names:
            self._names = False
            for place, each in zip(refused, self._made(account, main, [items[one] for one in refused]), strict=True):
                answers[place] = each
        return answers

    # --- many

    def many(self, events: Sequence[Event]) -> dict[str, Held | ProviderError]:
        """Make those of many events that are not there, fifty in a request; return what became of each.

        One that is there, or that Exchange cannot hold, is not among them.

        Raises:
            ProviderError: nobody knows which of them were made.
        """
        found: dict[str, Held | ProviderError] = {}
        for start in range(0, len(events), querying.AT_ONCE):
            found |= self._portion(events[start : start + querying.AT_ONCE])
        return found

    def _portion(self, events: Sequence[Event]) -> dict[str, Held | ProviderError]:
        main = self._calendars.main(_OPERATION)
        wanted = {event.uid: item for event in events if (item := _item(event)) is not None}
        made: dict[str, Held | ProviderError] = {}
        known: dict[str, Held] = {}
        if not wanted:
            return made

        def work(account: exchangelib.Account) -> None:
            left = [uid for uid in wanted if isinstance(made.get(uid), TransientError | None)]
            there = self._searched(account, main, left)
            left = [uid for uid in left if uid not in there]
            for uid in there:
                made.pop(uid, None)
            known.update(there)
            answers = self._made(account, main, [wanted[uid] for uid in left]) if left else []
            for uid, answer in zip(left, answers, strict=True):
                made[uid] = said(_OPERATION, answer) if isinstance(answer, Exception) else answer
            later = [error for error in made.values() if isinstance(error, TransientError)]
            if later:
                raise later[0]

        try:
            self._exchange.call(_OPERATION, work)
        except TransientError:
            if not made:
                raise
        except ProviderError as error:
            if not is_away(error):
                raise
            raise missing(_OPERATION, error) from error
        return made | self._same(events, known)

    def _same(self, events: Sequence[Event], known: dict[str, Held]) -> dict[str, Held]:
        """Return those that are there as they were to be made: an earlier answer was lost. Others are left out."""
        if not known:
            return {}
        ids = [each.id for each in known.values()]
        found = self._exchange.call(_OPERATION, lambda account: querying.there(querying.get(account, ids, WHOLE)))
        whole = {
            uid: each for uid, each in zip(known, found, strict=True) if each is not None and not each.is_cancelled
        }
        wanted = {event.uid: event for event in events}
        return {uid: each for uid, each in whole.items() if is_same(wanted[uid], each, self._zone)}


def _item(event: Event) -> Appointment | None:
    try:
        return write(event)[0]
    except InexpressibleError:
        return None  # `put` says so


def _found(account: exchangelib.Account, main: str, uids: Sequence[str]) -> list[Element]:
    return querying.find(account, main, BRIEF, querying.by_uid(*map(search_uid, uids)))


def _ours(account: exchangelib.Account, uids: Sequence[str], items: Iterable[Element]) -> dict[str, Held]:
    """Return the genuine event of each uid: the search takes capital letters for small ones, and finds copies too."""
    found = _uncut(account, querying.appointments(items))
    sure = genuine(found)
    oldest_last = sorted(found, key=lambda each: each.created, reverse=True)
    named = {own_uid(each): each for each in oldest_last if each.id in sure}
    return {uid: named[uid] for uid in uids if uid in named}


def _uncut(account: exchangelib.Account, items: Sequence[Held]) -> list[Held]:
    """Return items with their texts whole."""
    cut = [each.id for each in items if is_cut(each)]
    more = querying.there(querying.get(account, cut, BRIEF)) if cut else ()
    whole = {each.id: each for each in more if each is not None}
    return [whole.get(each.id, each) for each in items]

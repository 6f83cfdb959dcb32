"""The agenda of all calendars that count, in as few requests as it takes."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from providers._entries import overlaps
from providers.exchange import entries, querying
from providers.exchange.appointments import LISTED, MASTER, MIME, OURS, PEOPLE, SINGLE, Held
from providers.exchange.calendars import missing
from providers.exchange.events import UnreadableError, genuine, is_cut
from providers.exchange.service import NAME, said

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    import exchangelib

    from assistant.model.calendar import Entry
    from assistant.standards.recurrence import Series
    from providers.exchange.calendars import Calendars
    from providers.exchange.service import Exchange

_OPERATION = "calendar.agenda"
_MARGIN = timedelta(days=1)
_REMEMBERED = 5000


class Span(NamedTuple):
    """From when to when; the end is not part of it."""

    start: datetime
    end: datetime


class Agenda:
    """Reads the calendars between two times.

    Args:
        exchange: the account.
        calendars: which ones count.
        zone: the user's.
        problems: receives a line for each event that cannot be read, once for each version of it.
    """

    def __init__(
        self, exchange: Exchange, calendars: Calendars, zone: ZoneInfo, problems: Callable[[str], None]
    ) -> None:
        self._exchange = exchange
        self._calendars = calendars
        self._zone = zone
        self._problems = problems
        self._me = exchange.signed.address.lower()
        self._told: set[tuple[str, str]] = set()
        self._details: dict[tuple[str, str], Held] = {}
        self._masters: dict[tuple[str, str], tuple[Series, ...]] = {}
        self.expands: bool | None = None
        """Whether the server was seen to expand series, None while neither was seen."""

    @property
    def has_told(self) -> bool:
        """Tell whether there was an event that cannot be read."""
        return bool(self._told)

    def between(self, start: datetime, end: datetime) -> tuple[list[Entry], list[Held]]:
        """Return the entries that overlap [start, end), and what was seen of events of ours.

        Raises:
            NotFoundError: a calendar that counts is missing.
        """
        main = self._calendars.main(_OPERATION)
        folders = (main, *self._calendars.busy(_OPERATION))
        span = Span(start, end)
        listed = self._listed(folders, span)
        found: list[Entry] = []
        ours: list[Held] = []
        for folder, items in listed.items():
            whole = self._with_details(items)
            sure = genuine(whole) if folder == main else set()
            found += self._entries(whole, span, sure)
            ours += [each for each in whole if each.id in sure and each.kind == SINGLE]
        inside = (each for each in found if overlaps(each, start, end))
        order = sorted(inside, key=lambda each: (each.start.timestamp(), each.end.timestamp(), each.title or ""))
        return order, ours

    # --- what the server answers

    def _listed(self, folders: Sequence[str], span: Span) -> dict[str, list[Held]]:
        """Return what each calendar has, masters of series among it where they are to be expanded here."""

        def work(account: exchangelib.Account) -> list[list[Held] | Exception]:
            # Whole days count in the user's zone, wherever they were written.
            return querying.view(account, folders, span.start - _MARGIN, span.end + _MARGIN)

        answers = self._exchange.call(_OPERATION, work)
        found: dict[str, list[Held]] = {}
        for folder, answer in zip(folders, answers, strict=True):
            if isinstance(answer, Exception):
                raise missing(_OPERATION, said(_OPERATION, answer), None if folder == folders[0] else folder)
            found[folder] = answer
        self._learn(each.kind for items in found.values() for each in items)
        if self.expands:
            return found
        return self._with_masters(found)

    def _learn(self, kinds: Iterable[str | None]) -> None:
        seen = set(kinds)
        if MASTER in seen:
            self.expands = False
        elif seen - {SINGLE, None}:
            self.expands = True

    def _with_masters(self, listed: dict[str, list[Held]]) -> dict[str, list[Held]]:
        """Add all series: a server that expands none may leave out those that began before."""
        masters = self._exchange.call(_OPERATION, lambda account: _masters(account, list(listed)))
        return {
            folder: list({each.id: each for each in (*items, *masters[folder])}.values())
            for folder, items in listed.items()
        }

    def _with_details(self, items: Sequence[Held]) -> list[Held]:
        """Return items with what FindItem does not answer: people, and texts that it cuts."""
        if len(self._details) > _REMEMBERED:
            self._details.clear()  # of a process that stays for months
        wanted = [each for each in items if (each.is_meeting or is_cut(each)) and _version(each) not in self._details]
        if wanted:
            fields = (*OURS, *PEOPLE)
            ids = [each.id for each in wanted]
            more = self._exchange.call(_OPERATION, lambda account: querying.get(account, ids, fields))
            self._details |= {
                _version(each): one for each, one in zip(wanted, more, strict=True) if isinstance(one, Held)
            }
        return [_joined(each, self._details.get(_version(each))) for each in items]

    # --- entries

    def _entries(self, items: Sequence[Held], span: Span, sure: set[str]) -> Iterator[Entry]:
        for each in items:
            try:
                yield from self._of(each, span, ours=each.id in sure)
            except UnreadableError as error:
                self._tell(each, error)

    def _of(self, held: Held, span: Span, *, ours: bool) -> Iterator[Entry]:
        if held.kind != MASTER:
            found = entries.entry(held, self._zone, self._me, ours=ours)
            return iter(() if found is None else (found,))
        expanded = list(entries.expand(held, self._series(held), span.start, span.end, self._zone, self._me, ours=ours))
        if expanded:
            self.expands = False  # or they would have been in the view
        return iter(expanded)

    def _series(self, master: Held) -> tuple[Series, ...]:
        version = _version(master)
        if version not in self._masters:
            (found,) = self._exchange.call(_OPERATION, lambda account: querying.get(account, [master.id], MIME))
            if isinstance(found, Exception):
                raise UnreadableError(str(said(_OPERATION, found)))
            self._masters[version] = entries.series(found, self._zone)
        return self._masters[version]

    def _tell(self, held: Held, error: UnreadableError) -> None:
        version = _version(held)
        if version not in self._told:
            self._told.add(version)
            self._problems(f"{NAME}: event {held.subject or held.id!r}: {error}; open and save it in the calendar")


def _masters(account: exchangelib.Account, folders: Sequence[str]) -> dict[str, list[Held]]:
    try:
        found = querying.find_in(account, folders, LISTED, querying.recurring())
    except querying.UNSEARCHABLE:
        found = querying.find_in(account, folders, LISTED)
    return {
        folder: [each for each in querying.appointments(items) if each.kind == MASTER]
        for folder, items in found.items()
    }


def _version(held: Held) -> tuple[str, str]:
    return held.id, held.change


def _joined(held: Held, more: Held | None) -> Held:
    if more is None:
        return held
    return msgspec.structs.replace(held, properties=more.properties or held.properties, people=more.people)

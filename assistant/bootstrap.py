"""Put the parts together: read files, find providers by name, open the ledger. The only wiring."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from assistant import opening
from assistant import settings as settings_file
from assistant.errors import ConfigError, LedgerError
from assistant.ledger.database import Database
from assistant.ledger.journal import Ledger
from assistant.model.call import Reader
from assistant.model.planning import SlotRule, Timetable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from assistant.model.call import Recognition
    from assistant.pipeline import Parts
    from assistant.pipeline.parts import Progress
    from assistant.ports import Account, Clock
    from assistant.recognise import Formats
    from assistant.settings import Places, Settings
    from assistant.words import Source, Words

NOW = "RINGBACK_NOW"
"""Environment variable with an RFC 3339 time: the clock stands there. For demonstrations and tests."""
TRIED = "words tried"
"""The mark of the ledger with the program and the version of the words that it last found usable."""
TEMPLATES = Path(__file__).parent.parent / "templates"


class SystemClock:
    """The clock of this machine."""

    def now(self) -> datetime:
        """Return the present instant in UTC."""
        return datetime.now(UTC)


class FixedClock:
    """A clock that stands, or moves when told to."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def now(self) -> datetime:
        """Return the instant it stands at."""
        return self.moment


def clock(environment: Mapping[str, str]) -> Clock:
    """Return the clock: the machine's, or one that stands at RINGBACK_NOW.

    Raises:
        ConfigError: RINGBACK_NOW is no time with a zone.
    """
    text = environment.get(NOW)
    if not text:
        return SystemClock()
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ConfigError([f"{NOW}: {text!r} is no RFC 3339 time, such as 2026-11-23T08:00:00-05:00"]) from error
    if moment.tzinfo is None:
        raise ConfigError([f"{NOW}: {text!r} has no zone; write one, such as -05:00"])
    return FixedClock(moment)


def open_ledger(places: Places, now: Clock) -> Ledger:
    """Open the ledger, creating an empty one on first use.

    Raises:
        LedgerError: busy, damaged or unwritable.
    """
    return Ledger(Database.open(places.ledger), now.now)


@contextlib.contextmanager
def one_at_a_time(places: Places, wait: timedelta) -> Iterator[None]:
    """Hold the lock of a pass; two would read the same changes.

    Raises:
        LedgerError: another pass still runs after `wait`.
    """
    import filelock  # noqa: PLC0415  only what writes needs it

    places.data.mkdir(parents=True, exist_ok=True)
    lock = filelock.FileLock(places.data / "pass.lock")
    try:
        with lock.acquire(timeout=wait.total_seconds()):
            yield
    except filelock.Timeout as error:
        raise LedgerError(
            "Another Ringback is in the middle of a pass. Wait for it to end and run the command again; "
            "`ringback sync --wait 60` waits a minute."
        ) from error


def words(settings: Settings, places: Places, tried: str = "") -> Words:
    """Read the templates, the user's laid over ours; words of the version `tried` are known to be usable.

    Raises:
        TemplateError: a template cannot be used.
        ConfigError: there are no templates of the language.
    """
    from assistant.words import Words, overlay  # noqa: PLC0415  Jinja and Babel are slow to start

    language = settings.user.language
    ours = _sources(TEMPLATES / language)
    if not ours:
        known = ", ".join(sorted(path.name for path in TEMPLATES.iterdir() if (path / "language.toml").exists()))
        raise ConfigError([f"user.language: there are no templates in {language!r}; there are {known}"])
    return Words.load(overlay(ours, _sources(places.templates / language)), language, settings.zone(), tried)


def _sources(folder: Path) -> dict[str, Source]:
    from assistant.words import Source  # noqa: PLC0415  as above

    files = [*folder.glob("*.j2"), *folder.glob("*.toml")]
    return {file.name: Source(text=file.read_text(encoding="utf-8"), origin=str(file)) for file in files}


def formats(folders: Iterable[Path]) -> tuple[Formats, tuple[str, ...]]:
    """Return our formats and languages with the user's own laid over, and what cannot be used of these."""
    from assistant import recognise  # noqa: PLC0415  its libraries are slow to start

    sources, problems = own_formats(folders)
    known, faults = recognise.with_own(recognise.load(), sources)
    return known, (*problems, *faults)


def own_formats(folders: Iterable[Path]) -> tuple[dict[str, str], list[str]]:
    """Read the user's files of formats and languages: the text of each by its path, and what cannot be read."""
    sources, problems = {}, []
    for path in (path for folder in folders for path in sorted(folder.glob("*.toml"))):
        try:
            sources[str(path)] = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            problems.append(f"{path}: cannot be read as UTF-8 text ({error})")
    return sources, problems


class Recogniser:
    """The recogniser with its built-in formats, loaded once, when the first mail comes.

    Args:
        folders: of the user's own formats and languages, laid over ours.
        problems: receives a sentence for each file of theirs that cannot be used.
    """

    def __init__(self, folders: Iterable[Path] = (), problems: list[str] | None = None) -> None:
        self._folders, self._problems = tuple(folders), problems

    def check(self) -> Recogniser:
        """Load now if there are files of the user's, so that a bad one is told of in a pass without mail too."""
        if any(True for folder in self._folders for _ in folder.glob("*.toml")):
            _ = self._formats
        return self

    @functools.cached_property
    def _formats(self) -> Formats:
        known, faults = formats(self._folders)
        if self._problems is not None:
            self._problems += faults
        return known

    def is_candidate(self, headers: Sequence[tuple[str, str]], item_class: str | None) -> bool:
        """Tell whether a mail is worth fetching."""
        from assistant import recognise  # noqa: PLC0415  as above

        return recognise.is_candidate(headers, item_class, self._formats)

    def recognise(self, raw: bytes, reader: Reader, received_at: datetime) -> Recognition:
        """Read the calls out of a mail that was received then."""
        from assistant import recognise  # noqa: PLC0415  as above

        return recognise.recognise(raw, reader, self._formats, received_at)


def reader(settings: Settings) -> Reader:
    """Return whose mail is read."""
    return Reader(
        region=settings.user.region,
        zone=settings.user.zone,
        addresses=settings.user.addresses,
        own_numbers=settings.own_numbers(),
        authserv_ids=settings.user.authserv_ids,
        trusted_senders=settings.user.trusted_senders,
    )


def timetable(settings: Settings) -> Timetable:
    """Return the user's wall-clock rules."""
    slot = settings.slot
    return Timetable(
        zone=settings.user.zone,
        working_hours={str(day): hours for day, hours in settings.hours.working.items()},
        slot=SlotRule(at=slot.at, minutes=slot.minutes, min_minutes=slot.min_minutes, max_minutes=slot.max_minutes),
        holidays=settings.hours.holidays,
        buffer_minutes=slot.buffer_minutes,
        horizon_days=slot.horizon_days,
        callee_hours=settings.hours.callee,
        holiday_region=settings.holiday_region(),
    )


def _tried(ledger: Ledger, made_by: str) -> str:
    """Return the version of the words that this very program tried with the last pass, empty without."""
    by, _, version = (ledger.mark(TRIED) or "").partition(" ")
    return version if by == made_by else ""


def tag(ledger: Ledger) -> str:
    """Return what makes the keys of this ledger unique in the world, made on first use."""
    found = ledger.mark("tag")
    if found is None:
        found = secrets.token_hex(4)
        ledger.put_mark("tag", found)
    return found


def parts(settings: Settings, places: Places, ledger: Ledger, now: Clock, progress: Progress) -> Parts:
    """Put together what a pass needs.

    Raises:
        ConfigError: the settings name what does not exist.
        TemplateError: a template cannot be used.
    """
    from assistant.pipeline import Parts  # noqa: PLC0415  commands that only read the ledger need none of it
    from assistant.reconcile import Style  # noqa: PLC0415  as above
    from assistant.standards.digest import digest  # noqa: PLC0415  as above

    problems: list[str] = []
    opened = opening.accounts(settings, places, problems, now)
    name = _calendar_account(settings, opened)
    mark = tag(ledger)
    made_by = program()
    speech = words(settings, places, _tried(ledger, made_by))
    ledger.put_mark(TRIED, f"{made_by} {speech.version}")
    return Parts(
        ledger=ledger,
        clock=now,
        accounts=opened,
        calendar=opened[name].calendar if name else None,
        calendar_name=name,
        recogniser=Recogniser(places.formats, problems).check(),
        reader=reader(settings),
        rules=settings.rules,
        timetable=timetable(settings),
        zone=settings.zone(),
        words=speech,
        signs=speech.signs,
        style=Style(tag=mark, zone=settings.user.zone, private=settings.calendar.private),
        user_name=settings.user.name,
        sender=settings.drafts.sender or next(iter(settings.user.addresses), ""),
        drafts_enabled=settings.drafts.enabled,
        look_back=timedelta(days=settings.mail.look_back_days),
        digest=functools.partial(digest, salt=mark),
        problems=problems,
        away=set(),
        progress=progress,
        program=made_by,
    )


def program() -> str:
    """Return a digest of names, times and sizes of our files: another one after each upgrade and each edit."""
    seen = []
    for package in ("assistant", "providers"):
        for folder, below, names in os.walk(TEMPLATES.parent / package):
            below[:] = sorted(set(below) - {"__pycache__"})
            for path in (os.path.join(folder, name) for name in sorted(names)):  # noqa: PTH118 - hundreds before each pass
                stat = os.stat(path)  # noqa: PTH116 - as above
                seen.append((path, stat.st_mtime_ns, stat.st_size))
    return hashlib.blake2b(repr(seen).encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()


def _calendar_account(settings: Settings, opened: Mapping[str, Account]) -> str:
    named = settings.calendar.account
    if named and opened[named].calendar is None:
        raise ConfigError([f"calendar.account: the account {named!r} has no calendar"])
    return named or next((name for name, account in opened.items() if account.calendar is not None), "")


def load_settings(places: Places) -> Settings:
    """Read the config file; see `settings.load`."""
    return settings_file.load(places.config)

"""Settings: one TOML file, every key optional but the account; all mistakes told at once."""

from __future__ import annotations

import difflib
import re
from datetime import date, time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

import msgspec
from msgspec import Meta

from assistant.errors import ConfigError
from assistant.model.call import E164
from assistant.model.rules import Rules

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import jsonschema

ENVIRONMENT = "RINGBACK_CONFIG"
FILE_NAME = "config.toml"
CALLEE_LIMITS = ("08:00", "21:00")
"""Hours outside of which nobody is called, on the callee's clock."""

Clock24 = Annotated[str, Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d$", description='a wall-clock time, "HH:MM"')]
Minutes = Annotated[int, Meta(ge=0, le=24 * 60)]
Steps = Annotated[int, Meta(ge=5, le=24 * 60, multiple_of=5, description="minutes, a multiple of 5")]
Number = Annotated[str, Meta(pattern=r"^\+[1-9]\d{3,14}$", description="an international number such as +14155550123")]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Hours = tuple[Clock24, Clock24]
_WEEK: dict[Day, Hours] = dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), ("09:00", "17:00"))


class _Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the file; a key that is not known is a mistake."""


class UserSettings(_Section, frozen=True, kw_only=True):
    """Who you are.

    `zone` (IANA) is where your wall clock is; `region` (ISO 3166-1) what a national number means. `own_numbers` are
    your lines: never taken for a caller's. `authserv_ids` are your receiving mail servers: only their
    Authentication-Results count (RFC 8601). `trusted_senders` are addresses or domains of phone systems you vouch for.
    """

    name: str = ""
    zone: str = "UTC"
    region: Annotated[str, Meta(pattern="^[A-Z]{2}$", description="an ISO 3166 code such as IE")] = "US"
    language: Annotated[str, Meta(pattern="^[a-z]{2}(-[A-Z]{2})?$", description="a code such as en or en-GB")] = "en"
    addresses: tuple[str, ...] = ()
    own_numbers: tuple[Number, ...] = ()
    authserv_ids: tuple[str, ...] = ()
    trusted_senders: tuple[str, ...] = ()


class CalendarSettings(_Section, frozen=True, kw_only=True):
    """The one calendar that gets slots and holds.

    `account` names the account it belongs to (the first that has one when empty). `private` shows others only that you
    are busy.
    """

    account: str = ""
    private: bool = True


class SlotSettings(_Section, frozen=True, kw_only=True):
    """The daily call time: wall-clock start and lengths in minutes. `buffer_minutes` stay free around meetings."""

    at: Clock24 = "16:00"
    minutes: Steps = 45
    min_minutes: Steps = 15
    max_minutes: Steps = 120
    buffer_minutes: Minutes = 5
    horizon_days: Annotated[int, Meta(ge=1, le=60)] = 10


class HoursSettings(_Section, frozen=True, kw_only=True):
    """When you work, and when others are called (`callee`, in their zone). Days left out are free.

    `holidays` are dates without work besides the public holidays of `holiday_region` (of `user.region` when empty),
    which `public_holidays` turns off.
    """

    working: dict[Day, Hours] = msgspec.field(default_factory=lambda: dict(_WEEK))
    callee: Hours = ("09:00", "18:00")
    holidays: tuple[date, ...] = ()
    public_holidays: bool = True
    holiday_region: Annotated[
        str, Meta(pattern="^([A-Z]{2}(-[A-Z0-9]{1,3})?)?$", description="an ISO 3166 code such as IE or DE-BY")
    ] = ""


class MailSettings(_Section, frozen=True, kw_only=True):
    """`look_back_days`: how far the first pass looks back; older notices are accounted for and not called back."""

    look_back_days: Annotated[int, Meta(ge=1, le=3650)] = 30


class DraftSettings(_Section, frozen=True, kw_only=True):
    """Whether drafts are written at all, and the sender's address on them (the first of yours when empty)."""

    enabled: bool = True
    sender: str = ""


class ServeSettings(_Section, frozen=True, kw_only=True):
    """`serve`: minutes between passes; where the digest goes and how long before the first working minute."""

    every_minutes: Annotated[int, Meta(ge=1, le=24 * 60)] = 5
    digest: Literal["terminal", "mail", "off"] = "terminal"
    digest_minutes_before: Minutes = 15


class AccountSettings(msgspec.Struct, frozen=True, kw_only=True):
    """An account: a name of your choice, the provider, and the provider's own keys."""

    name: str
    provider: str
    keys: dict[str, Any] = {}


class Settings(_Section, frozen=True, kw_only=True):
    """The whole file."""

    account: tuple[dict[str, Any], ...]
    user: UserSettings = UserSettings()
    calendar: CalendarSettings = CalendarSettings()
    slot: SlotSettings = SlotSettings()
    hours: HoursSettings = HoursSettings()
    mail: MailSettings = MailSettings()
    drafts: DraftSettings = DraftSettings()
    serve: ServeSettings = ServeSettings()
    rules: Rules = Rules()

    def accounts(self) -> list[AccountSettings]:
        """Return the accounts, each with the keys that only its provider knows."""
        return [
            AccountSettings(
                name=str(table.get("name") or table["provider"]),
                provider=str(table["provider"]),
                keys={key: value for key, value in table.items() if key not in {"name", "provider"}},
            )
            for table in self.account
        ]

    def zone(self) -> ZoneInfo:
        """Return the user's zone."""
        return ZoneInfo(self.user.zone)

    def holiday_region(self) -> str | None:
        """Return whose public holidays are days without work, None where none are."""
        return (self.hours.holiday_region or self.user.region) if self.hours.public_holidays else None

    def own_numbers(self) -> tuple[E164, ...]:
        """Return the user's lines."""
        return tuple(map(E164, self.user.own_numbers))


class Places(msgspec.Struct, frozen=True, kw_only=True):
    """Where everything of one user lies."""

    config: Path
    data: Path
    cache: Path

    @property
    def templates(self) -> Path:
        """Return the folder of the user's own templates."""
        return self.config.parent / "templates"

    @property
    def formats(self) -> tuple[Path, Path]:
        """Return the folders of the user's own mail formats and of their own words of languages."""
        return self.config.parent / "formats", self.config.parent / "languages"

    @property
    def ledger(self) -> Path:
        """Return the ledger's file."""
        return self.data / "ledger.sqlite"


def places(environment: Mapping[str, str], config: Path | None = None) -> Places:
    """Return where config and data lie: flag before environment before the platform's folders.

    Args:
        environment: of the process. RINGBACK_CONFIG names another config file.
        config: the --config flag, None without.

    With a config file named by flag or environment, the data lies where `data` beside it points: in its own folder.
    """
    named = config or (Path(environment[ENVIRONMENT]) if environment.get(ENVIRONMENT) else None)
    if named is not None:
        home = named.expanduser().absolute()
        return Places(config=home, data=home.parent / "data", cache=home.parent / "cache")
    import platformdirs  # noqa: PLC0415  costs start-up time where a flag names the file

    folders = platformdirs.PlatformDirs("ringback", appauthor=False)
    return Places(
        config=Path(folders.user_config_dir) / FILE_NAME,
        data=Path(folders.user_data_dir),
        cache=Path(folders.user_cache_dir),
    )


def load(path: Path) -> Settings:
    """Read and check a config file.

    Raises:
        ConfigError: it is missing, no TOML, or has mistakes: all of them.
    """
    try:
        raw = path.read_bytes()
    except FileNotFoundError as error:
        raise ConfigError([f"there is no config yet ({path}). Run: ringback init"]) from error
    except OSError as error:
        raise ConfigError([f"cannot be read ({error.strerror})"], str(path)) from error
    return decode(raw, str(path))


def decode(raw: bytes, source: str) -> Settings:
    """Check the text of a config file; see `load`."""
    try:
        table = msgspec.toml.decode(raw)
    except msgspec.DecodeError as error:
        raise ConfigError([f"is not valid TOML: {error}"], source) from error
    except UnicodeDecodeError as error:
        raise ConfigError(["is not UTF-8 text. Save it as UTF-8"], source) from error
    try:
        settings = msgspec.convert(table, Settings)
    except msgspec.ValidationError as error:
        raise ConfigError(_all_mistakes(table) or [str(error)], source) from error
    problems = list(_wrong_values(settings))
    if problems:
        raise ConfigError(problems, source)
    return settings


def schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of the config file."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **msgspec.json.schema(Settings)}


def _all_mistakes(table: object) -> list[str]:
    import jsonschema  # noqa: PLC0415  slow to import, needed for a broken config only

    validator = jsonschema.Draft202012Validator(schema(), format_checker=jsonschema.FormatChecker(("date",)))
    plain = msgspec.to_builtins(table)
    wrong = [line for error in validator.iter_errors(plain) for line in _lines(error)]
    read = _Readable(table if isinstance(table, dict) else {})
    for line in (*read.faults, *_wrong_values(read.settings)):
        if not any(told.startswith(line.partition(":")[0]) for told in wrong):
            wrong.append(line)
    return sorted(dict.fromkeys(wrong))


def _lines(error: jsonschema.ValidationError) -> Iterator[str]:
    """Yield what is wrong at one place and what to write instead."""
    where = _path(error.absolute_path)
    schema = error.schema if isinstance(error.schema, dict) else {}
    known = schema.get("properties", {})
    instance: Any = error.instance
    if error.validator == "additionalProperties" and known:
        for key in sorted(instance.keys() - known.keys()):
            near = difflib.get_close_matches(key, known, 1)
            meant = f"Did you mean {near[0]!r}?" if near else f"Known keys: {', '.join(sorted(known))}"
            yield f"{_path([*error.absolute_path, key])}: there is no such key. {meant}"
    elif error.validator == "required" and "account" not in instance and not error.absolute_path:
        yield "account: write at least one [[account]] table with a provider"
    elif error.validator == "pattern":
        yield f"{where}: {instance!r} is not right. Write {schema.get('description', schema['pattern'])}"
    else:
        yield f"{where}: {error.message}"


class _Readable:
    """What can be read of a wrong file, key by key with defaults for the rest: its values are checked too."""

    def __init__(self, table: Mapping[str, Any]) -> None:
        self.faults: list[str] = []
        found = self._fields(Settings, {"account": [{"provider": "unread"}], **table}, "")
        self.settings = Settings(**{"account": (), **found})

    def _fields(self, section: type[msgspec.Struct], table: Mapping[str, Any], above: str) -> dict[str, Any]:
        found = {}
        for field in msgspec.structs.fields(section):
            path, value = f"{above}{field.name}", table.get(field.name)
            if isinstance(value, dict) and isinstance(field.type, type) and issubclass(field.type, msgspec.Struct):
                found[field.name] = field.type(**self._fields(field.type, value, f"{path}."))
            elif field.name in table:
                try:
                    found[field.name] = msgspec.convert(value, field.type)
                except msgspec.ValidationError as error:
                    self.faults.append(f"{path}: {error}")
        return found


def _path(parts: Iterable[object]) -> str:
    return "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in parts).lstrip(".") or "the file"


def _wrong_values(settings: Settings) -> Iterator[str]:
    zones = available_timezones()
    if not zones:
        yield "user.zone: this machine has no time zone data. Run: pip install tzdata"
    elif settings.user.zone not in zones:
        yield f"user.zone: {settings.user.zone!r} is no IANA time zone. Write one such as Europe/Dublin"
    if not settings.hours.working:
        yield 'hours.working: name at least one day, such as mon = ["09:00", "17:00"]'
    for day, (start, end) in settings.hours.working.items():
        if time.fromisoformat(start) >= time.fromisoformat(end):
            yield f"hours.working.{day}: {start} is not before {end}"
    if time.fromisoformat(settings.hours.callee[0]) >= time.fromisoformat(settings.hours.callee[1]):
        yield f"hours.callee: {settings.hours.callee[0]} is not before {settings.hours.callee[1]}"
    first, last = CALLEE_LIMITS
    if settings.hours.callee[0] < first or settings.hours.callee[1] > last:
        yield f"hours.callee: nobody is called before {first} or after {last}, unless they ask for it"
    if not settings.slot.min_minutes <= settings.slot.minutes <= settings.slot.max_minutes:
        yield "slot: write min_minutes, minutes and max_minutes in rising order"
    yield from _wrong_accounts(settings)


def _wrong_accounts(settings: Settings) -> Iterator[str]:
    if not settings.account:
        yield "account: write at least one [[account]] table with a provider"
    names = set()
    for number, table in enumerate(settings.account):
        provider = table.get("provider")
        if not isinstance(provider, str) or not re.fullmatch("[a-z][a-z0-9]*", provider):
            yield f'account[{number}].provider: write the name of a provider, such as "local"'
            continue
        name = str(table.get("name") or provider)
        if name in names:
            yield f"account[{number}].name: {name!r} stands twice. Give each account its own name"
        names.add(name)
    if settings.calendar.account and settings.calendar.account not in names:
        yield f"calendar.account: there is no account named {settings.calendar.account!r}"

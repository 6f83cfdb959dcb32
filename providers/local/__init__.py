"""Mail, calendar and address book in files: Maildir++, vdir, vCard. What mutt, Dovecot, khal and vdirsyncer share.

Settings, each optional: `maildir` (the INBOX, other folders in it as .Name), `calendar` (the vdir that gets our
events), `busy` (a list of further vdirs or .ics files, only read), `contacts` (a folder of .vcf files, or one file).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from assistant.errors import ConfigError
from assistant.ports import Account
from providers.local.calendar import LocalCalendar
from providers.local.contacts import LocalContacts
from providers.local.drafts import LocalDraftBox
from providers.local.examining import examine
from providers.local.mailbox import LocalMailbox
from providers.local.maildir import Maildir

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from zoneinfo import ZoneInfo

    from assistant.ports import Clock, Secrets

__all__ = ["connect", "examine"]
_KEYS = ("maildir", "calendar", "busy", "contacts")


def connect(
    settings: Mapping[str, object],
    zone: ZoneInfo,
    secrets: Secrets,
    region: str,
    problems: Callable[[str], None],
    clock: Clock,
) -> Account:
    """Open the folders named in the settings. Needs no secrets; what is missing is said when it is first used.

    Raises:
        ConfigError: unknown keys, values of a wrong kind, paths of a wrong kind; all at once.
    """
    del secrets, clock
    faults = [f"{key}: unknown; use {', '.join(_KEYS)}" for key in settings if key not in {*_KEYS, "provider"}]
    maildir = _path(settings, "maildir", faults, folder=True)
    calendar = _path(settings, "calendar", faults, folder=True)
    contacts = _path(settings, "contacts", faults)
    busy = _paths(settings, faults)
    if busy and "calendar" not in settings:
        faults.append("calendar: missing, though busy is set; name the folder that gets the calls")
    if faults:
        raise ConfigError(faults)
    tree = Maildir(maildir) if maildir else None
    return Account(
        mailbox=LocalMailbox(tree) if tree else None,
        drafts=LocalDraftBox(tree) if tree else None,
        calendar=LocalCalendar(calendar, busy, zone, problems) if calendar else None,
        contacts=LocalContacts(contacts, region, problems) if contacts else None,
    )


def _paths(settings: Mapping[str, object], faults: list[str]) -> list[Path]:
    value = settings.get("busy", [])
    if not isinstance(value, list | tuple):
        faults.append(f'busy: must be a list of folders, such as ["{value}"]')
        return []
    found = (_path({"busy": each}, "busy", faults) for each in value)
    return [path for path in found if path is not None]


def _path(settings: Mapping[str, object], key: str, faults: list[str], *, folder: bool = False) -> Path | None:
    """Return an absolute path, None when the key is absent or wrong."""
    if key not in settings:
        return None
    value = settings[key]
    if not isinstance(value, str | Path) or not str(value).strip():
        faults.append(f'{key}: must be a path, such as {key} = "~/{key.title()}"')
        return None
    path = Path(value)
    try:
        path = path.expanduser()
    except RuntimeError:
        faults.append(f"{key}: {value} names an unknown home; write the whole path")
        return None
    if not path.is_absolute():
        faults.append(f"{key}: {value} must begin with / or ~")
    elif folder and path.exists() and not path.is_dir():
        faults.append(f"{key}: {value} is a file; name a folder")
    return path

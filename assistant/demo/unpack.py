"""Lay the sample out in a folder: a Maildir, calendars, contacts, a config."""

from __future__ import annotations

import shutil
from pathlib import Path

import tomlkit

from assistant import settings
from assistant.errors import UsageError

SAMPLE = Path(__file__).parent
MARK = ".ringback-demo"
MAILDIR, OURS, OWN, CONTACTS, KHAL = "Maildir", "calendar/ringback", "calendar/own", "contacts", "khal.conf"

_CONFIG = """\
# The config of the demo. Nora Whitcombe restores furniture in Boston; nobody in the sample exists.

[[account]]
name = "sample"
provider = "local"
maildir = ""    # the mail that came, and the drafts
calendar = ""   # the calendar that gets the calls
busy = []       # her own calendar, only read
contacts = ""

[user]
name = "Nora Whitcombe"
zone = "America/New_York"
region = "US"
addresses = ["nora@whitcombe.example"]
own_numbers = ["+16175550100"]
authserv_ids = ["mx.whitcombe.example"]   # her mail server, whose word on forged senders counts

[slot]
max_minutes = 90   # the daily call time grows to this when many are owed a call
"""
_KHAL = """\
[calendars]
[[calls]]
path = {ours}
color = light green
[[own]]
path = {own}
readonly = True
[locale]
local_timezone = America/New_York
default_timezone = America/New_York
timeformat = %H:%M
dateformat = %Y-%m-%d
longdateformat = %Y-%m-%d
datetimeformat = %Y-%m-%d %H:%M
longdatetimeformat = %Y-%m-%d %H:%M
[sqlite]
path = {cache}
"""


def unpack(folder: Path) -> None:
    """Lay the sample out unless it lies there; one that was cut off is laid out anew.

    Raises:
        UsageError: the folder holds something else, or cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if (folder / MARK).exists():
            if (folder / settings.FILE_NAME).exists():
                return
        elif any(folder.iterdir()):
            raise UsageError(f"{folder} is not empty, and the demo did not make it. Name another: --dir FOLDER")
        _write(folder)
    except OSError as error:
        raise UsageError(f"{folder}: {error.strerror}. Name a folder that you may write: --dir FOLDER") from error


def _write(folder: Path) -> None:
    """Write all of it, the config last: with that the sample is complete."""
    (folder / MARK).write_text("Made by `ringback demo`. Delete the whole folder when you like.\n", encoding="utf-8")
    for place in (*(f"{MAILDIR}/{part}" for part in ("cur", "new", "tmp")), OURS, OWN, CONTACTS):
        (folder / place).mkdir(parents=True, exist_ok=True)
    for file in sorted((SAMPLE / "mail").glob("*.eml")):
        shutil.copyfile(file, folder / MAILDIR / "new" / f"{file.stem}.sample")
    for sample, place in (("calendar", OWN), ("contacts", CONTACTS)):
        for file in sorted((SAMPLE / sample).iterdir()):
            shutil.copyfile(file, folder / place / file.name)
    khal = _KHAL.format(ours=folder / OURS, own=folder / OWN, cache=folder / "khal.db")
    (folder / KHAL).write_text(khal, encoding="utf-8")
    (folder / settings.FILE_NAME).write_text(_config(folder), encoding="utf-8")


def _config(folder: Path) -> str:
    config = tomlkit.parse(_CONFIG)
    account = config["account"][0]
    for key, place in (("maildir", MAILDIR), ("calendar", OURS), ("contacts", CONTACTS)):
        account[key] = str(folder / place)
    account["busy"] = [str(folder / OWN)]
    return tomlkit.dumps(config)

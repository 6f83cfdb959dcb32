"""A user's world in a folder: a Maildir, a calendar, contacts, and a clock that tests move."""

from __future__ import annotations

import mailbox
from datetime import date, datetime, timedelta
from email.message import EmailMessage
from typing import TYPE_CHECKING, Any, NamedTuple, Self
from zoneinfo import ZoneInfo

import icalendar

from assistant import bootstrap, settings
from assistant.ledger import heard
from assistant.model.callback import Status
from assistant.pipeline import run_pass
from providers.local.mailbox import LocalMailbox
from providers.local.maildir import Maildir

if TYPE_CHECKING:
    from pathlib import Path

    from assistant.ledger.journal import Ledger
    from assistant.model.callback import Callback, Placed
    from assistant.model.journal import Subject
    from assistant.model.mailbox import Label
    from assistant.pipeline import Parts, Report

NEW_YORK = ZoneInfo("America/New_York")
FILES = """
[[account]]
name = "home"
provider = "local"
maildir = "{root}/Maildir"
calendar = "{root}/calendar"
busy = ["{root}/work"]
contacts = "{root}/contacts"
"""
USER = """
[user]
name = "Dana Whitfield"
zone = "America/New_York"
region = "US"
addresses = ["dana@whitfieldlegal.example"]
"""
CARD = """BEGIN:VCARD
VERSION:3.0
FN:{name}
TEL;TYPE=CELL:{number}
EMAIL:{address}
END:VCARD
"""


def new_york(text: str) -> datetime:
    """Return a wall-clock time such as "2026-11-16 08:00" in New York."""
    return datetime.fromisoformat(text).replace(tzinfo=NEW_YORK)


def _local(moment: date) -> datetime:
    assert isinstance(moment, datetime), "our own events are never all-day"
    return moment.astimezone(NEW_YORK)


class Shown(NamedTuple):
    """An event of ours as a calendar program shows it, in New York."""

    start: datetime
    end: datetime
    title: str
    description: str


class World:
    """One user with a mailbox and calendars on disk. Everything a user does is done to the files, as programs do it."""

    def __init__(self, root: Path, start: str, extra: str = "") -> None:
        self.root = root
        self.clock = bootstrap.FixedClock(new_york(start))
        self._mails = 0
        account = self._open()
        (root / "config.toml").write_text(account + USER + extra, encoding="utf-8")
        self.places = settings.places({}, root / "config.toml")

    def _open(self) -> str:
        """Make what the user has, and return its [[account]] table."""
        for folder in ("calendar", "work", "contacts"):
            (self.root / folder).mkdir(parents=True)
        self.maildirs = {"home": mailbox.Maildir(self.root / "Maildir", create=True)}
        return FILES.format(root=self.root)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """End what was started: nothing here."""

    # --- time and passes

    def at(self, text: str) -> None:
        """Move the clock to a wall-clock time in New York."""
        self.clock.moment = new_york(text)

    def ledger(self) -> Ledger:
        """Open the ledger as a new process would."""
        return bootstrap.open_ledger(self.places, self.clock)

    def parts(self) -> Parts:
        """Put a pass together as a new process would."""
        loaded = bootstrap.load_settings(self.places)
        return bootstrap.parts(loaded, self.places, self.ledger(), self.clock, lambda *_: None)

    def sync(self) -> Report:
        """Run one pass that must not fail."""
        report = run_pass(self.parts())
        assert report.failed == []
        return report

    # --- what happens to the user

    def second_account(self, name: str) -> None:
        """Add a mailbox with its own [[account]] table."""
        folder = self.root / name
        self.maildirs[name] = mailbox.Maildir(folder, create=True)
        config = self.root / "config.toml"
        table = f'[[account]]\nname = "{name}"\nprovider = "local"\nmaildir = "{folder}"\n\n'
        text = config.read_text(encoding="utf-8").replace("[user]", f"{table}[user]")
        config.write_text(text, encoding="utf-8")

    def contact(self, name: str, number: str, address: str, other: str = "") -> None:
        """Put a person into the address book, with a second number if need be."""
        card = CARD.format(name=name, number=number, address=address)
        card = card.replace("END:VCARD", f"TEL;TYPE=WORK:{other}\nEND:VCARD") if other else card
        self._keep_card(name, card)

    def _keep_card(self, name: str, card: str) -> None:
        (self.root / "contacts" / f"{name}.vcf").write_text(card, encoding="utf-8")

    def missed_call(self, name: str, number: str, at: str, account: str = "home") -> str:
        """Let a missed-call notice of an office phone system arrive; returns its file key."""
        body = f"You missed a call.\n\nFrom: {name} <{number}>\nDate: {new_york(at):%A, %B %d, %Y at %I:%M:%S %p}\n"
        return self.deliver(f"Missed call from {name} <{number}>", body, at, account=account)

    def voicemail(self, name: str, number: str, at: str) -> str:
        """Let an Asterisk voicemail notice arrive; returns its file key."""
        self._mails += 1
        moment = new_york(at)
        body = (
            f"Dear Dana Whitfield:\n\n\tJust wanted to let you know you were just left a 0:38 long message (number "
            f"{self._mails})\nin mailbox 2004 from {name} <{number}>, on {moment:%A, %B %d, %Y at %I:%M:%S %p} so you "
            f"might\nwant to check it when you get a chance.  Thanks!\n\n\t\t\t\t--Asterisk\n"
        )
        headers = {"X-Asterisk-CallerID": number, "X-Asterisk-CallerIDName": name}
        return self.deliver(f"[PBX]: New message {self._mails} in mailbox 2004", body, at, headers)

    def deliver(
        self, subject: str, body: str, at: str, headers: dict[str, str] | None = None, account: str = "home"
    ) -> str:
        """Let a mail arrive."""
        self._mails += 1
        message = EmailMessage()
        message["From"] = "Asterisk PBX <asterisk@pbx.whitfieldlegal.example>"
        message["To"] = "Dana Whitfield <dana@whitfieldlegal.example>"
        message["Subject"] = subject
        message["Date"] = new_york(at)
        message["Message-ID"] = f"<mail-{self._mails}@pbx.whitfieldlegal.example>"
        for name, value in (headers or {}).items():
            message[name] = value
        message.set_content(body)
        return self._arrive(message, account)

    def _arrive(self, message: EmailMessage, account: str) -> str:
        return self.maildirs[account].add(message)

    def meeting(self, title: str, start: str, minutes: int, rule: str = "") -> None:
        """Let a meeting appear in a calendar of the user's, held again as an RRULE says if there is one."""
        event = icalendar.Event()
        event.add("uid", f"{title}@work.example")
        event.add("summary", title)
        event.add("dtstamp", self.clock.now())
        event.add("dtstart", new_york(start))
        event.add("dtend", new_york(start) + timedelta(minutes=minutes))
        if rule:
            event.add("rrule", icalendar.vRecur.from_ical(rule))
        calendar = icalendar.Calendar()
        calendar.add("version", "2.0")
        calendar.add("prodid", "-//office//EN")
        calendar.add_component(event)
        self._appoint(title, calendar.to_ical())

    def _appoint(self, title: str, ics: bytes) -> None:
        (self.root / "work" / f"{title}.ics").write_bytes(ics)

    # --- what the user does

    def drag(self, name: str, to: str) -> None:
        """Move a hold in a calendar program."""
        calendar, path = self._opened(name)
        event = calendar.events[0]
        length = event.end - event.start
        for field in ("dtstart", "dtend"):
            del event[field]
        event.add("dtstart", new_york(to))
        event.add("dtend", new_york(to) + length)
        path.write_bytes(calendar.to_ical())

    def retitle(self, name: str, title: str) -> None:
        """Change the title of a hold; "{}" stands for the old one."""
        calendar, path = self._opened(name)
        event = calendar.events[0]
        old = str(event["summary"])
        del event["summary"]
        event.add("summary", title.format(old))
        path.write_bytes(calendar.to_ical())

    def remove(self, name: str) -> None:
        """Delete a hold in a calendar program."""
        self.event_path(name).unlink()

    def edit_draft(self, old: str, new: str) -> None:
        """Change words in the one draft there is."""
        (path,) = self.drafts()
        path.write_bytes(path.read_bytes().replace(old.encode(), new.encode()))

    def send_draft(self, to: str = "") -> None:
        """Send the one draft there is (to an address), as a mail program does: it goes from Drafts to Sent."""
        (path,) = self._drafts_to(to)
        sent = mailbox.Maildir(self.root / "Maildir" / ".Sent", create=True)
        sent.add(path.read_bytes())
        path.unlink()

    def discard_draft(self, to: str) -> None:
        """Throw the one draft to an address away."""
        (path,) = self._drafts_to(to)
        path.unlink()

    def _drafts_to(self, to: str) -> list[Path]:
        return [path for path in self.drafts() if to.encode() in path.read_bytes()]

    def relabel(self, name: str, label: Label) -> None:
        """Put a label of ours on the oldest mail about a caller."""
        tree = Maildir(self.root / "Maildir")
        items = sorted(tree.listing("INBOX").values(), key=lambda item: item.unique)
        item = next(item for item in items if name.encode() in item.path.read_bytes())
        LocalMailbox(tree).set_state(item.ref, label)

    # --- what is there to see

    def callback(self, name: str) -> Callback:
        """Return the newest callback of a caller."""
        ledger = self.ledger()
        names = heard.names_with_status(ledger, *Status)
        ids = [subject for subject, (known, _) in names.items() if known == name]
        assert ids, f"no callback of {name}: {names}"
        return ledger.callback(max(ids, key=int))

    def id(self, name: str) -> Subject:
        """Return the id of a caller's newest callback."""
        return self.callback(name).id

    def hold(self, name: str) -> Placed:
        """Return a caller's hold as the ledger knows it."""
        hold = self.callback(name).hold
        assert hold is not None
        return hold

    def event_path(self, name: str) -> Path:
        """Return the file of a caller's hold."""
        return self._path(self.hold(name).uid)

    def is_on_calendar(self, name: str) -> bool:
        """Tell whether a caller's hold can be seen on the calendar."""
        return self.event_path(name).exists()

    def start(self, name: str) -> str:
        """Return when a caller's hold starts, as "Mon 16:00"."""
        return f"{self._shown(self.hold(name)).start:%a %H:%M}"

    def description(self, name: str) -> str:
        """Return the body of a caller's hold."""
        return self._shown(self.hold(name)).description

    def title(self, name: str) -> str:
        """Return the title of a caller's hold."""
        return self._shown(self.hold(name)).title

    def slot(self, day: str) -> str:
        """Return from when to when the slot of a date is, as "16:00-16:45"."""
        event = self._shown(self._slot(day))
        return f"{event.start:%H:%M}-{event.end:%H:%M}"

    def slot_title(self, day: str) -> str:
        """Return the title of the slot of a date."""
        return self._shown(self._slot(day)).title

    def _slot(self, day: str) -> Placed:
        slot = next(slot for slot in self.ledger().slots() if slot.id == f"slot-{day}")
        assert slot.event is not None
        return slot.event

    def everything_planned(self) -> list[Any]:
        """Return all that is on the calendar that gets our events, for comparing."""
        return [(path.name, path.read_bytes()) for path in sorted((self.root / "calendar").iterdir())]

    def drafts(self) -> list[Path]:
        """Return the files in the drafts folder."""
        return sorted((self.root / "Maildir" / ".Drafts").glob("[cn]*/*"))

    def draft_texts(self) -> list[bytes]:
        """Return the drafts that the user finds in the drafts folder."""
        return [path.read_bytes() for path in self.drafts()]

    def _shown(self, placed: Placed) -> Shown:
        event = self._parsed(self._path(placed.uid)).events[0]
        return Shown(_local(event.start), _local(event.end), str(event["summary"]), str(event["description"]))

    def _path(self, uid: str) -> Path:
        return self.root / "calendar" / f"{uid}.ics"

    def _opened(self, name: str) -> tuple[icalendar.Calendar, Path]:
        path = self.event_path(name)
        return self._parsed(path), path

    @staticmethod
    def _parsed(path: Path) -> icalendar.Calendar:
        calendar = icalendar.Calendar.from_ical(path.read_bytes())
        assert isinstance(calendar, icalendar.Calendar)
        return calendar

"""A user's desk in memory: accounts whose faults, mails and edits tests choose, under the real pipeline and ledger."""

from __future__ import annotations

import copy
import functools
from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from assistant import bootstrap, settings
from assistant.errors import TransientError
from assistant.ledger import heard
from assistant.ledger.database import Database
from assistant.ledger.journal import Ledger, slot_subject
from assistant.model.calendar import Entry, FbType
from assistant.model.callback import Status
from assistant.model.mailbox import Contact, Folder
from assistant.pipeline import Parts, checking, run_pass
from assistant.reconcile import Style
from assistant.standards import mail
from assistant.standards.digest import digest
from providers import memory
from tests.contract.memory import NoSecrets

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assistant.model.calendar import Event
    from assistant.model.call import E164
    from assistant.model.callback import Callback, Placed, Slot
    from assistant.model.journal import Subject
    from assistant.model.mailbox import Label, Ref
    from assistant.pipeline import Report
    from assistant.ports import Account
    from assistant.settings import Settings
    from assistant.words import Words

CONFIG = """
[[account]]
provider = "memory"

[user]
name = "Dana Whitfield"
zone = "{zone}"
region = "US"
addresses = ["dana@whitfieldlegal.example"]

[slot]
horizon_days = 4
"""
WRITES = ("calendar.put", "calendar.delete", "drafts.put", "drafts.delete", "mailbox.set_state")
ANN, BO, CY, DI = "2125550141", "2125550142", "2125550143", "2125550144"


class CutError(BaseException):
    """The process is killed: nothing catches this."""


@functools.cache
def recogniser() -> bootstrap.Recogniser:
    """Load the formats once for all tests."""
    return bootstrap.Recogniser()


@functools.cache
def words(zone: str) -> Words:
    """Load our own templates once for all tests."""
    loaded = configured(zone, "")
    return bootstrap.words(loaded, settings.places({}, Path("nowhere/config.toml")))


def configured(zone: str, extra: str) -> Settings:
    """Read settings as a user would write them."""
    return settings.decode((CONFIG.format(zone=zone) + extra).encode(), "config.toml")


class Desk:
    """One user. `states` are the accounts by name; the first has the calendar."""

    def __init__(
        self,
        root: Path,
        start: str,
        *,
        zone: str = "America/New_York",
        extra: str = "",
        accounts: Sequence[str] = ("home",),
    ) -> None:
        self.zone = ZoneInfo(zone)
        self.settings = configured(zone, extra)
        self.places = settings.places({}, root / "config.toml")
        self.clock = bootstrap.FixedClock(self.moment(start))
        self.states = {name: memory.State() for name in accounts}
        self.state = self.states[accounts[0]]
        self.words = words(zone)
        self.mails = 0
        self._open_ledger()

    def _open_ledger(self) -> None:
        self.ledger = Ledger(Database.open(self.places.ledger), self.clock.now)
        self.ledger.database.connection.execute("PRAGMA synchronous = OFF")  # no test pulls the plug of the machine

    def copy(self, root: Path) -> Desk:
        """Return another desk that is as this one is now."""
        other = copy.copy(self)
        other.places = settings.places({}, root / "config.toml")
        other.states = {name: copy.deepcopy(state) for name, state in self.states.items()}
        other.state = next(iter(other.states.values()))
        other.places.ledger.parent.mkdir()
        self.ledger.database.backup(other.places.ledger)
        other._open_ledger()
        return other

    # --- time and passes

    def moment(self, text: str) -> datetime:
        """Return a wall-clock time of the user's, such as "2026-11-16 08:00"."""
        return datetime.fromisoformat(text).replace(tzinfo=self.zone)

    def at(self, text: str) -> None:
        """Move the clock."""
        self.clock.moment = self.moment(text)

    def parts(self, ledger: Ledger | None = None) -> Parts:
        """Put a pass together as a new process would."""
        mark = bootstrap.tag(self.ledger)
        return Parts(
            ledger=ledger or self.ledger,
            clock=self.clock,
            accounts={name: self._account(state) for name, state in self.states.items()},
            calendar=self._account(self.state).calendar,
            calendar_name=next(iter(self.states)),
            recogniser=recogniser(),
            reader=bootstrap.reader(self.settings),
            rules=self.settings.rules,
            timetable=bootstrap.timetable(self.settings),
            zone=self.zone,
            words=self.words,
            signs=self.words.signs,
            style=Style(tag=mark, zone=str(self.zone)),
            user_name=self.settings.user.name,
            sender="dana@whitfieldlegal.example",
            drafts_enabled=True,
            look_back=timedelta(days=30),
            digest=functools.partial(digest, salt=mark),
            problems=[],
            away=set(),
            progress=lambda *_: None,
        )

    def _account(self, state: memory.State) -> Account:
        problems: list[str] = []
        return memory.connect({"state": state}, self.zone, NoSecrets(), "US", problems.append, self.clock)

    def sync(self, *, read_mail: bool = True) -> Report:
        """Run one pass that must not fail."""
        report = run_pass(self.parts(), read_mail=read_mail)
        assert report.failed == []
        if report.nothing_to_do and self.state.hook is None:
            self.decides_nothing(read_mail=read_mail)
        return report

    def decides_nothing(self, *, read_mail: bool = True) -> None:
        """Hold that a decision, which a pass may have spared itself, comes to nothing now."""
        copied = Ledger(self.ledger.database.copy_in_memory(), self.clock.now)
        before = copied.entry_count()
        full = run_pass(self.parts(copied), dry_run=True, read_mail=read_mail)
        assert (full.done, copied.entry_count()) == ([], before)
        copied.database.close()

    def faulty(self, hook: object) -> Report:
        """Run one pass in which the hook of the first account raises what it likes."""
        self.state.hook = hook  # type: ignore[assignment]  # tests pass functions of two texts
        try:
            return run_pass(self.parts())
        finally:
            self.state.hook = None

    def refused(self, operation: str) -> Report:
        """Run one pass in which every operation of that name is refused before it has any effect."""
        return self.faulty(_raising(operation, "before"))

    def lost(self, operation: str) -> Report:
        """Run one pass in which the answer to every operation of that name is lost after its effect."""
        return self.faulty(_raising(operation, "after"))

    def faults(self) -> list[str]:
        """Return what `ringback check` finds."""
        return checking.faults(self.parts())

    # --- what happens to the user

    def missed(self, name: str, number: str, at: str, *, account: str = "") -> Ref:
        """Let a missed-call notice arrive."""
        moment = self.moment(at)
        who = f"{name} <{number}>" if number else name
        body = f"You missed a call.\n\nFrom: {who}\nDate: {moment:%A, %B %d, %Y at %I:%M:%S %p}\n"
        return self.deliver(f"Missed call from {who}", body, at, account=account)

    def voicemail(self, name: str, number: str, at: str, *, said: str = "", account: str = "") -> Ref:
        """Let an Asterisk voicemail notice arrive."""
        moment = self.moment(at)
        body = (
            f"Dear Dana Whitfield:\n\n\tJust wanted to let you know you were just left a 0:38 long message (number "
            f"{self.mails})\nin mailbox 2004 from {name} <{number}>, on {moment:%A, %B %d, %Y at %I:%M:%S %p} so you "
            f"might\nwant to check it when you get a chance.  Thanks!\n\n\t\t\t\t--Asterisk\n"
        )
        body += f"\nTranscription:\n{said}\n" if said else ""
        subject = f"[PBX]: New message {self.mails} in mailbox 2004"
        return self.deliver(subject, body, at, {"X-Asterisk-CallerID": number}, account=account)

    def asked(self, name: str, address: str, number: str, at: str) -> Ref:
        """Let a person ask by mail to be called."""
        body = f"Hello Dana,\n\nplease call me back on {number}.\n\nThanks\n{name}\n"
        return self.deliver("Please call me back", body, at, {"From": f"{name} <{address}>"})

    def deliver(
        self, subject: str, body: str, at: str, headers: dict[str, str] | None = None, *, account: str = ""
    ) -> Ref:
        """Let a mail arrive."""
        self.mails += 1
        message = EmailMessage()
        fields = {
            "From": "Asterisk PBX <asterisk@pbx.whitfieldlegal.example>",
            "To": "Dana Whitfield <dana@whitfieldlegal.example>",
            "Subject": subject,
            "Message-ID": f"<mail-{self.mails}@pbx.whitfieldlegal.example>",
            **(headers or {}),
        }
        for name, value in fields.items():
            message[name] = value
        message["Date"] = self.moment(at)
        message.set_content(body)
        state = self.states[account] if account else self.state
        return state.deliver(message.as_bytes(), self.moment(at))

    def contact(self, name: str, *numbers: str, address: str = "") -> None:
        """Put a person into the address book."""
        known: tuple[E164, ...] = tuple(f"+1{number}" for number in numbers)  # type: ignore[misc]  # E164 is a NewType
        self.state.contacts.append(Contact(name=name, numbers=known, addresses=(address,) if address else ()))

    def busy(self, start: str, minutes: int, fbtype: FbType = FbType.BUSY, *, all_day: bool = False) -> None:
        """Let an appointment appear on the user's calendar."""
        begin = self.moment(start)
        self.state.agenda.append(
            Entry(start=begin, end=begin + timedelta(minutes=minutes), fbtype=fbtype, title="Busy", all_day=all_day)
        )

    # --- what the user does

    def drag(self, name: str, to: str) -> None:
        """Move a hold."""
        hold = self.hold(name)
        self.state.move_event(hold.ref.ref, self.moment(to), hold.end - hold.start)

    def retitle(self, name: str, title: str) -> None:
        """Change the title of a hold; "{}" stands for the old one."""
        ref = self.hold(name).ref.ref
        self.state.edit_event(ref, summary=title.format(self.state.events[ref].summary))

    def remove(self, *names: str) -> None:
        """Delete holds."""
        for name in names:
            self.state.delete_event(self.hold(name).ref.ref)

    def label(self, ref: Ref, label: Label) -> None:
        """Put a label of ours on a mail."""
        self.state.set_label(ref, label)

    def only_draft(self) -> Ref:
        """Return the one draft there is."""
        (ref,) = self.state.drafts
        return ref

    def edit_draft(self, old: str, new: str) -> None:
        """Change words in the one draft there is."""
        ref = self.only_draft()
        raw = self.state.drafts[ref].raw
        assert old.encode() in raw
        self.state.save_draft(raw.replace(old.encode(), new.encode()), ref)

    def resave_draft(self) -> Ref:
        """Save the one draft anew as Thunderbird or mutt do: another file, another id, our header gone."""
        ref = self.only_draft()
        kept = [line for line in self.state.drafts[ref].raw.splitlines() if not line.startswith(b"X-Ringback-Key")]
        self.state.delete_draft(ref)
        raw = b"\r\n".join(b"Message-ID: <another@client.example>" if _is_id(line) else line for line in kept)
        return self.state.save_draft(raw + b"\r\n")

    def send_draft(self) -> None:
        """Send the one draft there is, now."""
        ref = self.only_draft()
        raw = self.state.drafts[ref].raw
        self.state.delete_draft(ref)
        self.state.deliver(raw, self.clock.now(), Folder.SENT)

    def write(self, address: str, body: str) -> None:
        """Send a mail of the user's own."""
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = "dana@whitfieldlegal.example", address, "Hello"
        message.set_content(body)
        self.state.deliver(message.as_bytes(), self.clock.now(), Folder.SENT)

    # --- what is there to see

    def callbacks(self, name: str) -> list[Callback]:
        """Return the callbacks of a caller, oldest first."""
        names = heard.names_with_status(self.ledger, *Status)
        return [self.ledger.callback(one) for one in sorted(names, key=int) if names[one][0] == name]

    def callback(self, name: str) -> Callback:
        """Return the newest callback of a caller."""
        found = self.callbacks(name)
        assert found, f"no callback of {name}"
        return found[-1]

    def id(self, name: str) -> Subject:
        """Return the id of a caller's newest callback."""
        return self.callback(name).id

    def hold(self, name: str) -> Placed:
        """Return a caller's hold as the ledger knows it."""
        hold = self.callback(name).hold
        assert hold is not None
        return hold

    def events(self, name: str) -> list[Event]:
        """Return the events of a caller on the calendar."""
        return [event for event in self.state.events.values() if event.key.endswith(f"-{self.id(name)}")]

    def event(self, name: str) -> Event:
        """Return the one event of a caller on the calendar."""
        (event,) = self.events(name)
        return event

    def start(self, name: str) -> str:
        """Return when a caller's event starts, as "Mon 16 16:00"."""
        return f"{self.event(name).start.astimezone(self.zone):%a %d %H:%M}"

    def title(self, name: str) -> str:
        """Return the title of a caller's event."""
        return self.event(name).summary

    def slot(self, day: str, number: int = 0) -> Slot:
        """Return the slot of a date as the ledger knows it."""
        subject = slot_subject(self.moment(day).date(), number)
        return next(slot for slot in self.ledger.slots() if slot.id == subject)

    def slots(self, day: str) -> list[str]:
        """Return from when to when the slots of a date lie on the calendar."""
        found = [event for event in self.state.events.values() if f"slot-{day}" in event.key]
        times = [(one.start.astimezone(self.zone), one.end.astimezone(self.zone)) for one in found]
        return [f"{start:%H:%M}-{end:%H:%M}" for start, end in sorted(times)]

    def draft_text(self) -> str:
        """Return the words of the one draft there is."""
        return mail.parse(self.state.drafts[self.only_draft()].raw).plain

    def draft_states(self, name: str) -> list[tuple[str, str]]:
        """Return purpose and status of a caller's drafts."""
        return sorted((str(draft.purpose), str(draft.status)) for draft in self.callback(name).drafts)

    def label_of(self, ref: Ref, account: str = "") -> Label | None:
        """Return the label that a mail shows."""
        return (self.states[account] if account else self.state).mails[ref].label

    def facts(self, name: str, *kinds: type) -> list[object]:
        """Return the facts of these kinds about a caller's newest callback."""
        return [entry.fact for entry in self.ledger.entries(self.id(name)) if isinstance(entry.fact, kinds)]


def _is_id(line: bytes) -> bool:
    return line.lower().startswith(b"message-id:")


def _raising(operation: str, moment: str) -> object:
    def hook(name: str, when: str) -> None:
        if (name, when) == (operation, moment):
            raise TransientError("memory", name, "503 for a test" if moment == "before" else "the answer was lost")

    return hook

"""What a contract suite needs beside the ports: the user's side of an account, and faults on the way to it.

A provider joins the suites by a `Harness` of its own in this folder and a line in `conftest.py`.
"""

from __future__ import annotations

import abc
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar
from zoneinfo import ZoneInfo

from assistant.errors import TransientError
from assistant.model.calendar import Event

if TYPE_CHECKING:
    from assistant.model.mailbox import Folder, Label, Ref
    from assistant.ports import Account, Calendar, Contacts, DraftBox, Mailbox

ZONE = ZoneInfo("Europe/Berlin")
REGION = "DE"
MONDAY = datetime(2026, 3, 23, tzinfo=ZONE)

T = TypeVar("T")


class Harness(abc.ABC):
    """One empty account, with the hands of the user on it. Refs are those of the port."""

    @abc.abstractmethod
    def connect(self) -> Account:
        """Open the account as a new process would."""

    def close(self) -> None:  # noqa: B027  an account without a server has nothing to let go of
        """Let go of the account; fails where the provider broke the rules of its server."""

    @property
    def mailbox(self) -> Mailbox:
        """Return the mailbox of a new connection."""
        return present(self.connect().mailbox)

    @property
    def drafts(self) -> DraftBox:
        """Return the drafts of a new connection."""
        return present(self.connect().drafts)

    @property
    def calendar(self) -> Calendar:
        """Return the calendar of a new connection."""
        return present(self.connect().calendar)

    @property
    def contacts(self) -> Contacts:
        """Return the address book of a new connection."""
        return present(self.connect().contacts)

    @abc.abstractmethod
    def deliver_mail(self, raw: bytes, folder: Folder | None = None) -> Ref:
        """Let a message arrive, in the inbox unless a folder is named."""

    @abc.abstractmethod
    def user_labels(self, ref: Ref, label: Label | None) -> None:
        """Let the user change our label in a mail program."""

    @abc.abstractmethod
    def user_moves_mail(self, ref: Ref, folder: Folder) -> Ref:
        """Let the user move a message; return its ref afterwards."""

    @abc.abstractmethod
    def user_deletes_mail(self, ref: Ref) -> None:
        """Let the user delete a message for good."""

    @abc.abstractmethod
    def unread(self, ref: Ref) -> bool:
        """Tell whether the user's mail program shows the message as unread."""

    @abc.abstractmethod
    def user_writes_draft(self, raw: bytes) -> Ref:
        """Let the user save a draft of their own."""

    @abc.abstractmethod
    def user_edits_draft(self, ref: Ref, raw: bytes) -> None:
        """Let the user change a draft so that its ref stays."""

    @abc.abstractmethod
    def user_deletes_draft(self, ref: Ref) -> None:
        """Let the user discard a draft."""

    @abc.abstractmethod
    def user_sends_draft(self, ref: Ref) -> None:
        """Let the user send a draft from a mail program."""

    @abc.abstractmethod
    def user_adds_events(self, ics: bytes) -> None:
        """Let the user have these events on a calendar that counts as busy."""

    @abc.abstractmethod
    def user_moves_event(self, ref: Ref, start: datetime) -> None:
        """Let the user drag an event of ours to another start, its length kept."""

    @abc.abstractmethod
    def user_renames_event(self, ref: Ref, title: str) -> None:
        """Let the user change the title of an event of ours."""

    @abc.abstractmethod
    def user_deletes_event(self, ref: Ref) -> None:
        """Let the user delete an event of ours."""

    @abc.abstractmethod
    def user_cancels_event(self, ref: Ref) -> None:
        """Let a program mark an event of ours as cancelled."""

    @abc.abstractmethod
    def calendar_goes_missing(self) -> None:
        """Let the calendar be unmounted, renamed or no longer shared."""

    @abc.abstractmethod
    def user_adds_contacts(self, vcf: bytes) -> None:
        """Let the user have these cards in the address book."""

    @abc.abstractmethod
    def expire_cursors(self) -> None:
        """Let the account forget its history as services do after some weeks, if it has one that can be forgotten."""


class Lossy:
    """A port whose every call takes effect and whose every answer is lost on the way back."""

    def __init__(self, port: object) -> None:
        self._port = port

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - stands for any method of any port
        method = getattr(self._port, name)

        def call(*args: object, **kwargs: object) -> None:
            method(*args, **kwargs)
            raise TransientError("test", name, "the answer was lost")

        return call


def present(service: T | None) -> T:
    """Return a service that the account must have."""
    assert service is not None
    return service


def mail(subject: str = "Missed call", *, number: int = 1, body: str = "Please call.\n", **fields: str) -> bytes:
    """Return a small message; `fields` become header fields, an underscore in a name a hyphen."""
    head = {
        "From": "Phone <phone@pbx.example>",
        "To": "me@example.org",
        "Subject": subject,
        "Date": (datetime(2026, 3, 20, 9, tzinfo=UTC) + timedelta(minutes=number)).strftime(
            "%a, %d %b %Y %H:%M:%S +0000"
        ),
        "Message-ID": f"<m{number}@example.org>",
    } | {name.replace("_", "-"): value for name, value in fields.items()}
    lines = [f"{name}: {value}" for name, value in head.items()]
    return ("\n".join(lines) + "\n\n" + body).encode()


def event(uid: str = "cb1.0", start: datetime | None = None, **fields: Any) -> Event:  # noqa: ANN401 - any field
    """Return a hold of ours, ten minutes from Monday 10:00 unless said otherwise."""
    begin = start or MONDAY.replace(hour=10)
    values: dict[str, Any] = {
        "start": begin,
        "end": begin + timedelta(minutes=10),
        "zone": "Europe/Berlin",
        "summary": "Call Ann Byrne",
    }
    return Event(uid=uid, key=uid.rpartition(".")[0], **(values | fields))


def ics(*events: str) -> bytes:
    """Return a calendar file of VEVENTs, each given by its property lines."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//test//EN"]
    for number, each in enumerate(events):
        body = [line.strip() for line in each.strip().splitlines()]
        uid = [] if any(line.startswith("UID:") for line in body) else [f"UID:user-{number}@example.org"]
        lines += ["BEGIN:VEVENT", *uid, "DTSTAMP:20260101T000000Z", *body, "END:VEVENT"]
    return ("\r\n".join([*lines, "END:VCALENDAR"]) + "\r\n").encode()


def plain(raw: bytes) -> bytes:
    """Return a message with LF line ends and no white space at its end; some services change these."""
    return raw.replace(b"\r\n", b"\n").rstrip()


def instants(moments: tuple[datetime, ...]) -> list[str]:
    """Return times as UTC text, for comparing exactly across zones and in autumn nights."""
    return [moment.astimezone(UTC).strftime("%m-%d %H:%M") for moment in moments]

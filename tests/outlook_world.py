"""The same user's world in a mailbox of Microsoft's, whichever protocol it is served by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lxml import etree

from assistant.model.mailbox import Label
from tests.remote_world import RemoteWorld
from tests.servers.ews import times
from tests.world import NEW_YORK, Shown, new_york

if TYPE_CHECKING:
    from datetime import datetime

    from assistant.model.callback import Placed
    from tests.servers.ews.items import Item
    from tests.servers.ews.server import EwsServer
    from tests.servers.graph.server import GraphServer

_KEY = "ringbackKey"
_FLEETING = {"ringbackUid", "_Transaction", "UID", "DateTimeStamp", "LastModifiedTime", "DateTimeCreated"}
"""What tells of an event beside what we wrote; a UID, and what is made of one, may be of a later generation."""


class OutlookWorld(RemoteWorld):
    """One user with mail, calendar and contacts in one mailbox."""

    server: EwsServer | GraphServer
    _calls: str

    def _begin(self) -> None:
        """Start the server, and make the calendar of our events."""
        self.root.mkdir(parents=True, exist_ok=True)
        self.server.__enter__()
        self.server.clock.set(self.clock.now())
        self.server.state.calendar.zone = NEW_YORK.key
        self._calls = self.server.state.calendar.add_calendar("Calls")

    def _at(self, placed: Placed) -> str:
        """Return the id of an event of ours in the mailbox."""
        return placed.ref.ref

    # --- what happens to the user

    def _keep_card(self, name: str, card: str) -> None:
        del name
        self.server.state.contacts.add_contacts(card.encode())

    def arrive(self, raw: bytes, moment: datetime) -> str:
        return self.server.state.mail.deliver(raw, "inbox", moment)

    def _appoint(self, title: str, ics: bytes) -> None:
        del title
        self.server.state.calendar.add_events(ics)

    # --- what the user does

    def drag(self, name: str, to: str) -> None:
        self.server.state.calendar.move(self._at(self.hold(name)), new_york(to))

    def retitle(self, name: str, title: str) -> None:
        self.server.state.calendar.rename(self._at(self.hold(name)), title.format(self.title(name)))

    def remove(self, name: str) -> None:
        self.server.state.calendar.delete(self._at(self.hold(name)))

    def edit_draft(self, old: str, new: str) -> None:
        (draft,) = self._ids_of_drafts()
        raw = self.server.state.mail.raw(draft)
        assert old.encode() in raw
        self.server.state.mail.user_edits_draft(draft, raw.replace(old.encode(), new.encode()))

    def send_draft(self, to: str = "") -> None:
        (draft,) = self._ids_of_drafts(to)
        self.server.state.mail.user_sends_draft(draft)

    def discard_draft(self, to: str) -> None:
        (draft,) = self._ids_of_drafts(to)
        self.server.state.mail.user_deletes_draft(draft)

    def _ids_of_drafts(self, to: str = "") -> list[str]:
        mail = self.server.state.mail
        return [draft.id for draft in mail.inside("drafts") if to.encode() in mail.raw(draft.id)]

    def relabel(self, name: str, label: Label) -> None:
        mail = self.server.state.mail
        about = [each for each in mail.inside("inbox") if name.encode() in mail.raw(each.id)]
        oldest = min(about, key=lambda each: each.text("DateTimeReceived")).id
        ours = {f"Callbacks/{one}" for one in Label}
        others = [each for each in mail.categories(oldest) if each not in ours]
        mail.user_categorises(oldest, [*others, f"Callbacks/{label}"])

    # --- what is there to see

    def is_on_calendar(self, name: str) -> bool:
        hold = self._at(self.hold(name))
        return hold in {each.id for each in self.server.state.calendar.living(self._calls)}

    def everything_planned(self) -> list[Any]:
        return [(each.id, each.key, _told(each)) for each in self.server.state.calendar.living(self._calls)]

    def draft_texts(self) -> list[bytes]:
        return [self.server.state.mail.raw(draft) for draft in self._ids_of_drafts()]

    def _shown(self, placed: Placed) -> Shown:
        with self.server.lock:
            item = self.server.state.items.get(self._at(placed))
            start, end = (times.moment(item.text(name)).astimezone(NEW_YORK) for name in ("Start", "End"))
            return Shown(start, end, item.text("Subject"), item.text("Body").replace("\r\n", "\n"))

    # --- what the kill test compares

    def events(self) -> dict[str, list[dict[str, Any]]]:
        found: dict[str, list[dict[str, Any]]] = {}
        for each in self.server.state.calendar.living(self._calls):
            told = {name: text for name, text in _told(each).items() if name not in _FLEETING}
            found.setdefault(told[_KEY], []).append(told)
        return found

    def labels(self) -> list[tuple[str, ...]]:
        mail = self.server.state.mail
        with self.server.lock:
            return [
                (one.text("Subject"), self.server.state.folders.all[one.folder].name, *sorted(mail.categories(one.id)))
                for one in self.server.state.items.everything()
                if one.kind == "Message"
            ]


def _told(item: Item) -> dict[str, str]:
    """Return what stands in an item, as text."""
    plain = {
        name: value if isinstance(value, str) else etree.tostring(value, encoding="unicode")
        for name, value in item.values.items()
    }
    return plain | {key.name: str(value) for key, value in item.extended.items()}

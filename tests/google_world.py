"""The same user's world on Google: a server on this machine, signed in to as after `ringback connect google`."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

import providers.google.account
from assistant.model.mailbox import Label
from providers.google import token
from providers.google.scopes import SCOPES
from tests.remote_world import ADDRESS, Point, RemoteWorld
from tests.servers.google.calls import Request
from tests.servers.google.server import GoogleServer
from tests.world import NEW_YORK, Shown, new_york

if TYPE_CHECKING:
    from assistant.model.callback import Placed

TABLE = """
[[account]]
name = "home"
provider = "google"
endpoint = "{url}"
calendar = "Calls"
"""
_FLEETING = ("id", "etag", "sequence", "created", "updated", "htmlLink", "iCalUID")
"""What Google says of an event beside what we wrote."""


class GoogleWorld(RemoteWorld):
    """One user with Gmail, Google Calendar and contacts."""

    library = providers.google.account
    server: GoogleServer

    def _open(self) -> str:
        self.root.mkdir(parents=True, exist_ok=True)
        self.server = GoogleServer(ADDRESS)
        self.server.__enter__()
        self.server.clock.set(self.clock.now())
        self._calls = self.server.state.calendars.add_calendar("Calls")
        (self.root / "google-client.json").write_text(json.dumps(self.server.client()), encoding="utf-8")
        self._sign_in()
        return TABLE.format(url=self.server.url)

    def _sign_in(self) -> None:
        given = self.server.sign_in(scope.url for scope in SCOPES)
        signed_in = token.Token(
            refresh_token=given["refresh_token"],
            client_id=given["client_id"],
            scopes=tuple(given["scopes"]),
            signed_in=self.clock.now(),
            address=ADDRESS,
        )
        self._keep_secret(token.SECRET, msgspec.json.encode(signed_in).decode())

    # --- what happens to the user

    def _keep_card(self, name: str, card: str) -> None:
        del name
        with self.server.lock:
            self.server.state.people.add_contacts(card.encode())

    def arrive(self, raw: bytes, moment: datetime) -> str:
        return self.server.state.mail.deliver(raw, ("INBOX", "UNREAD"), moment)

    def _appoint(self, title: str, ics: bytes) -> None:
        del title
        with self.server.lock:
            self.server.state.calendars.add_events(ics)

    # --- what the user does

    def drag(self, name: str, to: str) -> None:
        with self.server.lock:
            self.server.state.calendars.move_event(self.hold(name).ref.ref, new_york(to), self._calls)

    def retitle(self, name: str, title: str) -> None:
        with self.server.lock:
            new = title.format(self.title(name))
            self.server.state.calendars.rename_event(self.hold(name).ref.ref, new, self._calls)

    def remove(self, name: str) -> None:
        with self.server.lock:
            self.server.state.calendars.delete_event(self.hold(name).ref.ref, self._calls)

    def edit_draft(self, old: str, new: str) -> None:
        mail = self.server.state.mail
        (draft,) = self._ids_of_drafts()
        raw = mail.draft(draft).raw
        assert old.encode() in raw
        mail.user_edits_draft(draft, raw.replace(old.encode(), new.encode()))

    def send_draft(self, to: str = "") -> None:
        (draft,) = self._ids_of_drafts(to)
        self.server.state.mail.user_sends_draft(draft)

    def discard_draft(self, to: str) -> None:
        (draft,) = self._ids_of_drafts(to)
        self.server.state.mail.user_deletes_draft(draft)

    def _ids_of_drafts(self, to: str = "") -> list[str]:
        mail = self.server.state.mail
        return [draft for draft in mail.drafts.ids() if to.encode() in mail.draft(draft).raw]

    def relabel(self, name: str, label: Label) -> None:
        mail = self.server.state.mail
        oldest = min((one for one in mail.messages() if name.encode() in one.raw), key=lambda one: one.internal)
        known = {one: mail.label_named(f"Callbacks/{one}") for one in Label}
        wanted = known[label] or mail.user_creates_label(f"Callbacks/{label}")
        mail.user_modifies(oldest.id, [wanted], [one for one in known.values() if one in oldest.labels])

    # --- what is there to see

    def is_on_calendar(self, name: str) -> bool:
        with self.server.lock:
            found = self.server.state.calendars.event(self.hold(name).ref.ref, self._calls)
        return bool(found["status"] != "cancelled")

    def everything_planned(self) -> list[Any]:
        with self.server.lock:
            return self.server.state.calendars.living(self._calls)

    def draft_texts(self) -> list[bytes]:
        return [self.server.state.mail.draft(draft).raw for draft in self._ids_of_drafts()]

    def _shown(self, placed: Placed) -> Shown:
        with self.server.lock:
            event = self.server.state.calendars.event(placed.ref.ref, self._calls)
        start, end = (datetime.fromisoformat(event[each]["dateTime"]).astimezone(NEW_YORK) for each in ("start", "end"))
        return Shown(start, end, event["summary"], event["description"])

    # --- what the kill test compares

    def point(self, request: object) -> Point:
        assert isinstance(request, Request)
        return Point(f"{request.http} {request.target.partition('?')[0]}", request.http != "GET")

    def events(self) -> dict[str, list[dict[str, Any]]]:
        found: dict[str, list[dict[str, Any]]] = {}
        for event in self.everything_planned():
            told = {name: value for name, value in event.items() if name not in _FLEETING}
            found.setdefault(event["extendedProperties"]["private"]["ringbackKey"], []).append(told)
        return found

    def labels(self) -> list[tuple[str, ...]]:
        mail = self.server.state.mail
        return [(one.subject, *sorted(map(mail.box.names.__getitem__, one.labels))) for one in mail.messages()]

"""The Exchange provider under the contract suites, on a live mailbox."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from assistant.model.mailbox import Folder, Label, Ref
from assistant.ports import Account
from providers.exchange.calendar import ExchangeCalendar
from providers.exchange.calendars import CalendarOptions
from providers.exchange.contacts import ExchangeContacts
from providers.exchange.drafts import ExchangeDraftBox
from providers.exchange.mailbox import ExchangeMailbox
from providers.exchange.service import Exchange
from tests.contract.exchange import QUICK
from tests.contract.exchange_mail import PARENT
from tests.contract.harness import REGION, ZONE, Harness
from tests.live.exchange import events
from tests.live.exchange.asking import extended, known
from tests.servers.ews import cards, properties
from tests.servers.ews.schema import order
from tests.servers.ews.soap import NAMES, e
from tests.servers.ews.times import moment, stamp

if TYPE_CHECKING:
    from tests.live.exchange.mailbox import LiveMailbox
    from tests.servers.ews.soap import Element

_PLACES = {
    Folder.INBOX: "inbox",
    Folder.ARCHIVE: "Archive",
    Folder.DRAFTS: "drafts",
    Folder.SENT: "sentitems",
    Folder.JUNK: "junkemail",
    Folder.TRASH: "deleteditems",
    Folder.OTHER: "Family",
}
_FLAGS, _DELIVERED = "0x0e07", "0x0e06"
"""PidTagMessageFlags and PidTagMessageDeliveryTime."""
_FIRST = datetime(2026, 3, 20, 9, tzinfo=UTC)


class LiveExchangeHarness(Harness):
    """A mailbox that was empty; the user's hands act by plain requests on a connection of their own.

    Nothing is sent: a draft that the user sends is filed under the sent mail.

    Args:
        mailbox: of the run.
    """

    def __init__(self, mailbox: LiveMailbox) -> None:
        self._mailbox, self._hands = mailbox, mailbox.hands
        self._open: list[Exchange] = []
        self._delivered = 0
        self.problems: list[str] = []

    def connect(self) -> Account:
        exchange = Exchange(self._mailbox.signed, patience=QUICK, zone=ZONE)
        self._open.append(exchange)
        self._mailbox.open_calendar()
        options = CalendarOptions(calendar=self._mailbox.calendar_name)
        return Account(
            mailbox=ExchangeMailbox(exchange),
            drafts=ExchangeDraftBox(exchange),
            calendar=ExchangeCalendar(exchange, options, ZONE, self.problems.append),
            contacts=ExchangeContacts(exchange, REGION, fresh=timedelta()),
        )

    def close(self) -> None:
        for exchange in self._open:
            exchange.close()
        self._mailbox.clean()

    # --- mail

    def deliver_mail(self, raw: bytes, folder: Folder | None = None) -> Ref:
        return self._save(raw, folder or Folder.INBOX)

    def _save(self, raw: bytes, folder: Folder, *more: Element) -> Ref:
        is_draft = folder is Folder.DRAFTS
        is_read = is_draft or folder is Folder.SENT
        self._delivered += 1
        arrival = stamp(_FIRST + timedelta(minutes=self._delivered))
        marks = [
            extended(_FLAGS, "1" if is_read else "0", PropertyType="Integer"),
            extended(_DELIVERED, arrival, PropertyType="SystemTime"),
        ]
        content = [_mime(raw), *([] if is_draft else marks), *more]
        message = e("t:Message", *content, e("t:IsRead", text="true" if is_read else "false"))
        return Ref(self._hands.create(self._mailbox.folder(_PLACES[folder]), message))

    def user_labels(self, ref: Ref, label: Label | None) -> None:
        (item,) = self._hands.get(ref, "item:Categories")
        held = [str(each.text) for each in item.iterfind("t:Categories/t:String", NAMES)]
        names = [name for name in held if not name.startswith(f"{PARENT}/")]
        names += [] if label is None else [f"{PARENT}/{label}"]
        value = e("t:Categories", *[e("t:String", text=name) for name in names])
        self._hands.update(ref, "Message", item_Categories=value)

    def user_moves_mail(self, ref: Ref, folder: Folder) -> Ref:
        return Ref(self._hands.move(ref, self._mailbox.folder(_PLACES[folder])))

    def user_deletes_mail(self, ref: Ref) -> None:
        self._hands.delete([ref])

    def unread(self, ref: Ref) -> bool:
        (item,) = self._hands.get(ref, "message:IsRead")
        return str(item.findtext("t:IsRead", "", NAMES)) != "true"

    def user_writes_draft(self, raw: bytes) -> Ref:
        return self._save(raw, Folder.DRAFTS)

    def user_edits_draft(self, ref: Ref, raw: bytes) -> None:
        self._hands.update(ref, "Message", item_MimeContent=_mime(raw))

    def user_deletes_draft(self, ref: Ref) -> None:
        self._hands.delete([ref], "MoveToDeletedItems")

    def user_sends_draft(self, ref: Ref) -> None:
        (item,) = self._hands.get(ref, "item:MimeContent")
        raw = base64.b64decode(item.findtext("t:MimeContent", "", NAMES))
        self._save(raw, Folder.SENT)
        self._hands.delete([ref])

    # --- time and people

    def user_adds_events(self, ics: bytes) -> None:
        events.add(self._hands, ics, self._mailbox.signed.address)

    def user_moves_event(self, ref: Ref, start: datetime) -> None:
        (item,) = self._hands.get(ref, "calendar:Start", "calendar:End")
        before, end = (moment(item.findtext(f"t:{name}", "", NAMES)) for name in ("Start", "End"))
        events.change(self._hands, ref, start, start + (end - before))

    def user_renames_event(self, ref: Ref, title: str) -> None:
        self._hands.update(ref, "CalendarItem", item_Subject=e("t:Subject", text=title))

    def user_deletes_event(self, ref: Ref) -> None:
        self._hands.delete([ref], "MoveToDeletedItems")

    def user_cancels_event(self, ref: Ref) -> None:
        raise NotImplementedError(f"no program can mark an event as cancelled ({ref}); see excluded.py")

    def calendar_goes_missing(self) -> None:
        self._mailbox.lose_calendar()

    def user_adds_contacts(self, vcf: bytes) -> None:
        places = order("ContactItemType")
        for values, more in cards.contacts(vcf):
            own = {name: e(f"t:{name}", text=one) if isinstance(one, str) else one for name, one in values.items()}
            children = [own[name] for name in sorted(own, key=places.__getitem__)]
            at = sum(places[name] < places["ExtendedProperty"] for name in own)
            children[at:at] = [properties.extended_element(key, value) for key, value in more.items()]
            self._hands.create(known("contacts"), e("t:Contact", *children))

    def expire_cursors(self) -> None:
        raise NotImplementedError("nobody but the server can forget a sync state; see excluded.py")


def _mime(raw: bytes) -> Element:
    return e("t:MimeContent", text=base64.b64encode(raw).decode(), CharacterSet="UTF-8")

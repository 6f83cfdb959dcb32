"""The mail in the hands of its user and of others: what happens without Exchange Web Services."""

from __future__ import annotations

from email.message import EmailMessage
from functools import wraps
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

from tests.servers.ews import conversations
from tests.servers.ews.mail import KINDS, Messages, kind_of
from tests.servers.ews.message import read
from tests.servers.ews.soap import Call, EwsError, Outcome, e
from tests.servers.ews.times import stamp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from tests.servers.ews.calls import Handler, Outcomes
    from tests.servers.ews.folders import Folder
    from tests.servers.ews.items import Item
    from tests.servers.ews.soap import Element
    from tests.servers.ews.state import State

P = ParamSpec("P")
R = TypeVar("R")


def locked(hand: Callable[Concatenate[Mail, P], R]) -> Callable[Concatenate[Mail, P], R]:
    """Let no request be answered while a hand is at work."""

    @wraps(hand)
    def moved(self: Mail, /, *args: P.args, **kwargs: P.kwargs) -> R:
        with self.state.lock:
            return hand(self, *args, **kwargs)

    return moved


class Mail:
    """The mail of the user. A `ref` is an ItemId; a folder is a distinguished name, a name or an id.

    Args:
        state: the mailbox.
    """

    def __init__(self, state: State) -> None:
        self.state = state
        self.rewrites = True
        """Whether MimeContent of drafts is written anew from properties, as Exchange does; off keeps every byte."""
        self._ids: dict[str, list[Item]] = {}
        for name, kind in KINDS.items():
            state.kinds[name] = Messages(state, name, kind, "IPM.Note")

    def handlers(self) -> dict[str, Handler]:
        """Return what answers each operation."""
        return {"SendItem": self._send_items}

    @locked
    def deliver(self, raw: bytes, folder: str = "inbox", received: datetime | None = None) -> str:
        """Let a mail arrive, now unless told otherwise; return its id."""
        place = self.folder(folder)
        made = read(raw)
        item = self.state.items.add(kind_of(str(made.values["ItemClass"])), place.id)
        self._kind(item).load(item, raw, made)
        sent = place.distinguished == "sentitems"
        draft = place.distinguished == "drafts"
        item.values |= {
            "IsRead": "true" if sent or draft else "false",
            "IsDraft": "true" if draft else "false",
            "DateTimeReceived": stamp(received or item.created),
        }
        item.values.setdefault("DateTimeSent", stamp(received or item.created))
        if not sent and not draft:
            item.values["_Transported"] = "true"
        conversations.delivered(item, made, self.named)
        self._fresh(item)
        return item.id

    def _fresh(self, item: Item) -> None:
        self.state.items.touch(item)
        item.entered = item.edited = item.change

    def note(self, item: Item) -> None:
        """Remember the Message-ID of a message, for answers to it."""
        self._ids.setdefault(item.text("InternetMessageId"), []).append(item)

    def named(self, message_id: str) -> list[Item]:
        """Return the messages with a Message-ID."""
        return [each for each in self._ids.get(message_id, []) if self.state.items.has(each)]

    @locked
    def folder(self, name: str) -> Folder:
        """Return a folder by its distinguished name, its name or its id."""
        folders = self.state.folders.all
        found = [each for each in folders.values() if name in {each.distinguished, each.name, each.id}]
        if not found:
            raise EwsError("ErrorFolderNotFound", name)
        return found[0]

    @locked
    def add_folder(self, name: str, parent: str = "msgfolderroot", kind: str = "IPF.Note") -> str:
        """Let the user make a folder; return its id."""
        return self.state.folders.add(name, self.folder(parent).id, kind).id

    @locked
    def delete_folder(self, name: str) -> None:
        """Let the user delete a folder with all that is in it."""
        self.state.folders.remove(self.folder(name))

    @locked
    def withdraw(self, name: str, *, denied: bool = True) -> None:
        """Let the user's right to a folder be withdrawn, or given back."""
        self.folder(name).denied = denied

    @locked
    def item(self, ref: str) -> Item:
        """Return a message."""
        return self.state.items.get(ref)

    @locked
    def inside(self, folder: str) -> list[Item]:
        """Return what is in a folder."""
        return list(self.state.items.inside(self.folder(folder).id))

    @locked
    def raw(self, ref: str) -> bytes:
        """Return a message as MIME."""
        item = self.item(ref)
        return self._kind(item).mime(item) or b""

    @locked
    def set_class(self, ref: str, item_class: str) -> None:
        """Give a message another class, as a server's own programs do: recalls, protected voice mails."""
        self.item(ref).values["ItemClass"] = item_class
        self.state.items.touch(self.item(ref))

    @locked
    def categories(self, ref: str) -> list[str]:
        """Return the categories of a message."""
        held = self.item(ref).values.get("Categories")
        return [] if held is None or isinstance(held, str) else [str(each.text) for each in held]

    @locked
    def user_categorises(self, ref: str, names: Iterable[str]) -> None:
        """Let the user set the categories of a message."""
        self.item(ref).values["Categories"] = e("t:Categories", *[e("t:String", text=each) for each in names])
        self.state.items.touch(self.item(ref))

    @locked
    def unread(self, ref: str) -> bool:
        """Return whether a message is shown as unread."""
        return self.item(ref).text("IsRead") != "true"

    @locked
    def user_reads(self, ref: str, *, unread: bool = False) -> None:
        """Let the user read a message, or mark it as unread."""
        self.item(ref).values["IsRead"] = "false" if unread else "true"
        self.state.items.touch(self.item(ref), read_flag_only=True)

    @locked
    def user_moves(self, ref: str, folder: str) -> str:
        """Let the user move a message; return its id there."""
        return self.state.items.move(self.item(ref), self.folder(folder).id).id

    @locked
    def user_deletes(self, ref: str) -> None:
        """Let the user delete a message for good."""
        self.state.items.remove(self.item(ref))

    @locked
    def touch(self, ref: str) -> None:
        """Let a program of the server touch a message: another change key, the same content."""
        self.state.items.touch(self.item(ref))

    @locked
    def user_writes_draft(self, raw: bytes) -> str:
        """Let the user save a draft; return its id."""
        return self.deliver(raw, "drafts")

    @locked
    def user_edits_draft(self, ref: str, raw: bytes) -> None:
        """Let the user save other content in Outlook: id and extended properties stay, the change key does not."""
        item = self.item(ref)
        held = dict(item.extended), item.values.get("ConversationIndex"), item.text("ConversationTopic")
        self._kind(item).load(item, raw)
        item.extended = held[0]
        item.values |= {"ConversationIndex": held[1] or "", "ConversationTopic": held[2]}
        conversations.renamed(item, self.state.clock.now(), self._kind(item).guid(item))
        self.state.items.touch(item)

    @locked
    def user_deletes_draft(self, ref: str) -> None:
        """Let the user discard a draft: it goes to the deleted items."""
        self.state.items.move(self.item(ref), self.state.folders.named("deleteditems").id)

    @locked
    def user_sends_draft(self, ref: str) -> str:
        """Let the user send a draft from Outlook; return the id of the sent mail. No program of ours has sent it."""
        item = self.item(ref)
        self._sent(item)
        return self.state.items.move(item, self.state.folders.named("sentitems").id).id

    def send(self, item: Item, operation: str, *, keep: bool) -> None:
        """Send a message for a request, which tests do not forgive."""
        self.state.sent.append(f"{operation}: {item.text('Subject')}")
        self._sent(item)
        if keep:
            self.state.items.move(item, self.state.folders.named("sentitems").id)
        else:
            self.state.items.remove(item)

    def _sent(self, item: Item) -> None:
        now = stamp(self.state.clock.now())
        item.values |= {"IsDraft": "false", "IsRead": "true", "DateTimeSent": now, "DateTimeReceived": now}

    def _send_items(self, call: Call) -> Outcomes:
        answers: Outcomes = []
        for each in call.find("m:ItemIds"):
            try:
                item = self.state.items.located(each)
                self.state.storing.current(item, each.get("ChangeKey"))
                self.send(item, call.operation, keep=call.body.get("SaveItemToFolder") == "true")
                answers.append(Outcome([]))
            except EwsError as error:
                answers.append(error)
        return answers

    def composed(self, item: Item) -> bytes:
        """Return MIME of a message that was written property by property."""
        made = EmailMessage()
        for name, field in (("From", "From"), ("To", "ToRecipients"), ("Cc", "CcRecipients")):
            held = item.values.get(field)
            if held is not None and not isinstance(held, str):
                made[name] = ", ".join(_addresses(held))
        made["Subject"] = item.text("Subject")
        fields = {"Message-ID": "InternetMessageId", "References": "References", "In-Reply-To": "InReplyTo"}
        for name, field in fields.items():
            if item.text(field):
                made[name] = item.text(field)
        body = item.values.get("Body", "")
        html = not isinstance(body, str) and body.get("BodyType") == "HTML"
        made.set_content((body if isinstance(body, str) else body.text) or "", subtype="html" if html else "plain")
        return made.as_bytes()

    def _kind(self, item: Item) -> Messages:
        kind = self.state.kinds[item.kind]
        assert isinstance(kind, Messages)
        return kind


def _addresses(recipients: Element) -> list[str]:
    spaces = {"t": recipients.nsmap["t"]}
    return [str(each.findtext("t:EmailAddress", "", spaces)) for each in recipients.iterfind("t:Mailbox", spaces)]

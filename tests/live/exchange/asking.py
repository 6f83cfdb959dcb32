"""Plain requests to Exchange Web Services, for the user's hands: over exchangelib's session, in XML of our own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exchangelib.services.common import EWSAccountService

from tests.servers.ews.soap import NAMES, Element, e, local

if TYPE_CHECKING:
    from collections.abc import Sequence

    import exchangelib

    from providers.exchange.service import Exchange

_PAGE = 500
_SHAPE = "t:BaseShape"
SILENTLY = {
    "CreateItem": {"MessageDisposition": "SaveOnly", "SendMeetingInvitations": "SendToNone"},
    "UpdateItem": {
        "ConflictResolution": "AlwaysOverwrite",
        "MessageDisposition": "SaveOnly",
        "SendMeetingInvitationsOrCancellations": "SendToNone",
    },
    "DeleteItem": {"SendMeetingCancellations": "SendToNone"},
}
"""Nothing that hands do is told to anybody."""


class _Plain(EWSAccountService):  # type: ignore[misc]  # the library has no types
    def ask(self, content: Element) -> list[Element]:
        return list(self._get_response_xml(payload=content))


class Hands:
    """Requests of the user's, each sent once.

    Args:
        exchange: the connection.
    """

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def ask(self, content: Element) -> list[Element]:
        """Send a request; return its response messages.

        Raises:
            ProviderError: one is an error.
        """
        operation = local(content)
        for name, value in SILENTLY.get(operation, {}).items():
            content.set(name, value)
        service = type(operation, (_Plain,), {"SERVICE_NAME": operation})

        def work(account: exchangelib.Account) -> list[Element]:
            messages: list[Element] = service(account=account).ask(content)
            for each in messages:
                if each.get("ResponseClass") == "Error":
                    words = (each.findtext(f"m:{name}", "", NAMES) for name in ("ResponseCode", "MessageText"))
                    raise _Plain._get_exception(*words, None)
            return messages

        return self._exchange.call(f"hands.{operation}", work, again=False)

    # --- items

    def create(self, folder: Element, item: Element) -> str:
        """Save an item into a folder; return its id."""
        (made,) = self.ask(e("m:CreateItem", e("m:SavedItemFolderId", folder), e("m:Items", item)))
        return _id(made)

    def update(self, ref: str, kind: str, **fields: Element) -> None:
        """Set fields of an item, by their URIs with "_" in the place of ":"."""
        sets = [
            e("t:SetItemField", e("t:FieldURI", FieldURI=name.replace("_", ":")), e(f"t:{kind}", value))
            for name, value in fields.items()
        ]
        change = e("t:ItemChange", self._versioned(ref), e("t:Updates", *sets))
        self.ask(e("m:UpdateItem", e("m:ItemChanges", change)))

    def _versioned(self, ref: str) -> Element:
        (found,) = self.get(ref)
        return e("t:ItemId", Id=ref, ChangeKey=found.find("t:ItemId", NAMES).get("ChangeKey"))

    def get(self, ref: str, *fields: str) -> list[Element]:
        """Return an item with some fields, nothing where it is gone."""
        content = e("m:GetItem", e("m:ItemShape", *_shape(fields)), e("m:ItemIds", e("t:ItemId", Id=ref)))
        (message,) = self.ask(content)
        return list(message.find("m:Items", NAMES))

    def move(self, ref: str, folder: Element) -> str:
        """Move an item; return its id there."""
        content = e("m:MoveItem", e("m:ToFolderId", folder), e("m:ItemIds", e("t:ItemId", Id=ref)))
        return _id(self.ask(content)[0])

    def delete(self, refs: Sequence[str], how: str = "HardDelete") -> None:
        """Delete items, if there are any."""
        if refs:
            self.ask(e("m:DeleteItem", e("m:ItemIds", *[e("t:ItemId", Id=ref) for ref in refs]), DeleteType=how))

    def listed(self, folder: Element) -> list[str]:
        """Return the ids of what is in a folder, the first few hundred."""
        view = e("m:IndexedPageItemView", MaxEntriesReturned=str(_PAGE), Offset="0", BasePoint="Beginning")
        content = e("m:FindItem", e("m:ItemShape", *_shape(())), view, e("m:ParentFolderIds", folder))
        (message,) = self.ask(_shallow(content))
        return [each.get("Id") for each in message.iterfind(".//t:ItemId", NAMES)]

    def viewed(self, folder: Element, start: str, end: str) -> dict[str, str]:
        """Return the events of a calendar within a time, by when they start."""
        view = e("m:CalendarView", StartDate=start, EndDate=end)
        shape = e("m:ItemShape", *_shape(("calendar:Start",)))
        (message,) = self.ask(_shallow(e("m:FindItem", shape, view, e("m:ParentFolderIds", folder))))
        items = message.find(".//t:Items", NAMES)
        return {each.findtext("t:Start", "", NAMES): each.find("t:ItemId", NAMES).get("Id") for each in items}

    # --- folders

    def folder(self, name: str, parent: str, element: str = "Folder", kind: str = "IPF.Note") -> str:
        """Make a folder in one that every mailbox has; return its id."""
        made = e(f"t:{element}", e("t:FolderClass", text=kind), e("t:DisplayName", text=name))
        (message,) = self.ask(e("m:CreateFolder", e("m:ParentFolderId", known(parent)), e("m:Folders", made)))
        return str(message.find(".//t:FolderId", NAMES).get("Id"))

    def delete_folder(self, ref: str) -> None:
        """Delete a folder with all that is in it."""
        self.ask(e("m:DeleteFolder", e("m:FolderIds", by_id(ref)), DeleteType="HardDelete"))

    def count(self, name: str) -> int:
        """Return how many items are in a folder that every mailbox has."""
        content = e("m:GetFolder", e("m:FolderShape", *_shape(("folder:TotalCount",))), e("m:FolderIds", known(name)))
        return int(self.ask(content)[0].findtext(".//t:TotalCount", "0", NAMES))


def known(name: str) -> Element:
    """Return what names a folder that every mailbox has."""
    return e("t:DistinguishedFolderId", Id=name)


def by_id(ref: str) -> Element:
    """Return what names a folder by its id."""
    return e("t:FolderId", Id=ref)


def extended(name: str, value: str, **which: str) -> Element:
    """Return t:ExtendedProperty; `which` are attributes of the URI, `name` its PropertyName or PropertyTag."""
    key = "PropertyTag" if name.startswith("0x") else "PropertyName"
    return e("t:ExtendedProperty", e("t:ExtendedFieldURI", **{key: name}, **which), e("t:Value", text=value))


def _shallow(content: Element) -> Element:
    content.set("Traversal", "Shallow")
    return content


def _shape(fields: Sequence[str]) -> list[Element]:
    more = [e("t:FieldURI", FieldURI=each) for each in fields]
    return [e(_SHAPE, text="IdOnly"), *([e("t:AdditionalProperties", *more)] if more else [])]


def _id(message: Element) -> str:
    return str(message.find(".//t:ItemId", NAMES).get("Id"))

"""What all kinds of items have in common; messages, calendar items and contacts build on it."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from tests.servers.ews import properties
from tests.servers.ews.ids import Ids
from tests.servers.ews.schema import order, plain
from tests.servers.ews.soap import Call, Element, EwsError, e, local
from tests.servers.ews.times import stamp

if TYPE_CHECKING:
    from tests.servers.ews.items import Item
    from tests.servers.ews.properties import Extended, Path, Value
    from tests.servers.ews.state import State

_READ_ONLY = {"ItemId", "ParentFolderId", "DateTimeCreated", "LastModifiedTime", "Size", "ConversationId"}

Names = set[str]


class Kind:
    """One kind of item. Subclasses override what is different.

    Args:
        state: the mailbox.
        name: of its element, such as Message.
        type_name: its type in the schema, such as MessageType.
        item_class: what a new one has as ItemClass.
    """

    home = "drafts"
    """Distinguished folder where a new one goes when the request names none."""
    default_shape: tuple[str, ...] = ("ItemId", "Subject", "HasAttachments")
    find_only: frozenset[str] = frozenset()
    """Properties that FindItem leaves out."""

    def __init__(self, state: State, name: str, type_name: str, item_class: str) -> None:
        self.state, self.name, self.type_name, self.item_class = state, name, type_name, item_class

    def create(self, item: Item, given: Element, call: Call) -> None:
        """Fill a new item from the element of a CreateItem request. Raise EwsError to refuse it: nothing is made."""
        del call
        for each in given:
            self.set(item, each)

    def set(self, item: Item, element: Element) -> None:
        """Set the property that an element holds."""
        name = local(element)
        if name in _READ_ONLY:
            raise EwsError("ErrorInvalidPropertySet", "Set action is invalid for property.")
        if name == "ExtendedProperty":
            key, value = properties.extended_value(element)
            item.extended[key] = value
        elif name == "MimeContent":
            item.raw = base64.b64decode(element.text or "")
        else:
            item.values[name] = properties.canonical(properties.read(element), self.type_of(name))

    def replace(self, item: Item, path: Path, holder: Element) -> None:
        """Set the property that a path names to what the element of the property holds."""
        if not path.index:
            self.set(item, holder)
            return
        old = item.values.get(path.name)
        whole = properties.write(path.name, "") if old is None or isinstance(old, str) else old
        for each in [one for one in whole if one.get("Key") == path.index]:
            whole.remove(each)
        whole.extend(properties.read(holder))
        item.values[path.name] = whole

    def append(self, item: Item, element: Element) -> None:
        """Append to the property that an element holds."""
        old = item.values.get(local(element))
        if old is None or isinstance(old, str):
            self.set(item, element)
            return
        old.extend(properties.read(element))

    def unset(self, item: Item, path: Path) -> None:
        """Delete a property."""
        if path.extended:
            item.extended.pop(path.extended, None)
        elif path.index:
            holder = item.values.get(path.name)
            if holder is None or isinstance(holder, str):
                return
            for each in [one for one in holder if one.get("Key") == path.index]:
                holder.remove(each)
        else:
            item.values.pop(path.name, None)

    def updated(self, item: Item, names: Names, call: Call) -> None:
        """Complete an item after UpdateItem has set and deleted properties."""

    def deleted(self, item: Item, call: Call) -> None:
        """Do what belongs to DeleteItem before the item goes."""

    def value(self, item: Item, name: str) -> Value | None:
        """Return a property; None when the item has none."""
        if name == "ItemId":
            return e("t:ItemId", Id=item.id, ChangeKey=item.key)
        if name == "ParentFolderId":
            folder = self.state.folders.all[item.folder]
            return e("t:ParentFolderId", Id=folder.id, ChangeKey=Ids.key(folder.change, "AQAAABYAAA"))
        if name == "MimeContent":
            raw = self.mime(item)
            text = base64.b64encode(raw or b"").decode("ascii")
            return None if raw is None else e("t:MimeContent", text=text, CharacterSet="UTF-8")
        computed = {
            "ItemClass": item.values.get("ItemClass", self.item_class),
            "DateTimeCreated": stamp(item.created),
            "LastModifiedTime": stamp(item.modified),
            "IsAssociated": "false",
            "HasAttachments": "false",
            "Sensitivity": "Normal",
            "Importance": "Normal",
            "Size": str(self.size(item)),
        }
        return item.values.get(name, computed.get(name))

    def mime(self, item: Item) -> bytes | None:
        """Return what MimeContent holds."""
        return item.raw

    def size(self, item: Item) -> int:
        """Return the size in bytes."""
        return len(item.raw or b"") + 600

    def extended(self, item: Item, key: Extended) -> str | list[str] | None:
        """Return an extended property."""
        return item.extended.get(key)

    def compared(self, item: Item, path: Path) -> Value | None:
        """Return what restrictions and sorting see of a property."""
        if path.extended:
            found = self.extended(item, path.extended)
            return found if found is None or isinstance(found, str) else "\n".join(found)
        value = self.value(item, path.name)
        if path.index and value is not None and not isinstance(value, str):
            return next((each.text or "" for each in value if path.index in each.attrib.values()), None)
        return value

    def type_of(self, name: str) -> str:
        """Return the type of a property in the schema, such as dateTime."""
        return plain(name, self.type_name)

    def element(self, item: Item, shape: Element | None, *, found: bool = False) -> Element:
        """Return an item as a response shows it.

        Args:
            item: what to show.
            shape: m:ItemShape; None shows the identity only.
            found: by FindItem, which answers less.
        """
        names, asked = self._asked(shape, found=found)
        made = e(f"t:{self.name}")
        places = order(self.type_name)
        names &= set(places)
        more = [each.extended for each in asked if each.extended]
        for name in sorted(names | {"ExtendedProperty"}, key=places.__getitem__):
            if name == "ExtendedProperty":
                made.extend(self._extended(item, more))
                continue
            value = self.value(item, name)
            if value is not None:
                made.append(self._shown(name, value, asked, found=found))
        return made

    def _extended(self, item: Item, more: list[Extended]) -> list[Element]:
        values = [(each, self.extended(item, each)) for each in more]
        return [properties.extended_element(each, value) for each, value in values if value is not None]

    def _asked(self, shape: Element | None, *, found: bool) -> tuple[Names, list[Path]]:
        if shape is None:
            return {"ItemId"}, []
        base = shape.findtext("t:BaseShape", "", shape.nsmap)
        names = {"ItemId"}
        if base == "Default":
            names |= set(self.default_shape)
        elif base == "AllProperties":
            names |= set(order(self.type_name)) - {"MimeContent", "ExtendedProperty", "UniqueBody", "NormalizedBody"}
        if shape.findtext("t:IncludeMimeContent", "", shape.nsmap) == "true":
            names.add("MimeContent")
        asked = properties.paths(shape.find("t:AdditionalProperties", shape.nsmap))
        names |= {each.name for each in asked if not each.extended}
        return names - (self.find_only if found else frozenset()), asked

    def _shown(self, name: str, value: Value, asked: list[Path], *, found: bool) -> Element:
        indexes = {each.index for each in asked if each.name == name}
        made = properties.write(name, value)
        if indexes and "" not in indexes:
            for each in list(made):
                if not indexes & set(each.attrib.values()):
                    made.remove(each)
        if found and isinstance(value, str):
            made.text = value[:255]
        if found and name in {"From", "Sender"}:
            for each in list(made[0])[1:]:
                made[0].remove(each)
        return made

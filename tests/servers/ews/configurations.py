"""User configurations: the list of categories, the options of Outlook on the web (MS-OXWSCFG, MS-OXOCFG)."""

from __future__ import annotations

import copy
from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lxml import etree

from tests.servers.ews.soap import Call, Element, EwsError, Outcome, SoapFault, e, local

if TYPE_CHECKING:
    from tests.servers.ews.calls import Handler, Outcomes
    from tests.servers.ews.state import State

CATEGORIES = "CategoryList"
OPTIONS = "OWA.UserOptions"
_LIST = "CategoryList.xsd"
_DEFAULT = {"Red category": 0, "Orange category": 1, "Yellow category": 3, "Green category": 4, "Blue category": 7}


@dataclass
class Configuration:
    """One configuration."""

    id: str
    xml: bytes | None = None
    binary: bytes | None = None
    dictionary: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Type and value by key."""


class Configurations:
    """All of them, by folder and name.

    Args:
        state: the mailbox.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self._all: dict[tuple[str, str], Configuration] = {}
        self.set_categories(_DEFAULT)
        self.set_zone("W. Europe Standard Time")

    def set_categories(self, colours: dict[str, int]) -> None:
        """Set the user's list of categories."""
        root = etree.Element(f"{{{_LIST}}}categories", {"default": "Red category"})
        for name, colour in colours.items():
            guid = "{" + self._state.ids.new()[-12:-4] + "}"
            etree.SubElement(root, f"{{{_LIST}}}category", {"name": name, "color": str(colour), "guid": guid})
        self._at("calendar", CATEGORIES).xml = etree.tostring(root, xml_declaration=True, encoding="utf-8")

    def categories(self) -> dict[str, int]:
        """Return the colours of the user's list of categories by name."""
        text = self._at("calendar", CATEGORIES).xml
        assert text is not None
        return {str(each.get("name")): int(each.get("color") or -1) for each in etree.fromstring(text)}

    def set_zone(self, name: str | None) -> None:
        """Set the user's zone in Outlook on the web, by its Windows name; None: never chosen."""
        held = self._at("root", OPTIONS).dictionary
        held.clear()
        if name is not None:
            held["timezone"] = ("String", name)

    def remove(self, folder: str, name: str) -> None:
        """Let a configuration not be there."""
        self._all.pop((self._state.folders.named(folder).id, name), None)

    def _at(self, folder: str, name: str) -> Configuration:
        place = self._state.folders.named(folder).id, name
        return self._all.setdefault(place, Configuration(self._state.ids.new()))

    def handlers(self) -> dict[str, Handler]:
        """Return what answers each operation."""
        return {
            "GetUserConfiguration": self._get,
            "CreateUserConfiguration": self._create,
            "UpdateUserConfiguration": self._update,
            "DeleteUserConfiguration": self._delete,
        }

    def _place(self, name: Element) -> tuple[str, str]:
        if self._state.quirks.no_configurations:
            raise SoapFault("", "User configurations are not implemented.")
        return self._state.folders.located(name[0]).id, str(name.get("Name"))

    def _found(self, name: Element) -> Configuration:
        found = self._all.get(self._place(name))
        if found is None:
            raise EwsError("ErrorItemNotFound", "The specified object was not found in the store.")
        return found

    def _get(self, call: Call) -> Outcomes:
        name = call.find("m:UserConfigurationName")
        found = self._found(name)
        asked = set(call.text("m:UserConfigurationProperties").split())
        shown = e("m:UserConfiguration", _named(name))
        whole = "All" in asked
        if whole or "Id" in asked:
            shown.append(e("t:ItemId", Id=found.id, ChangeKey="BwAAAA=="))
        if found.dictionary and (whole or "Dictionary" in asked):
            shown.append(_dictionary(found))
        if found.xml is not None and (whole or "XmlData" in asked):
            shown.append(e("t:XmlData", text=b64encode(found.xml).decode("ascii")))
        if found.binary is not None and (whole or "BinaryData" in asked):
            shown.append(e("t:BinaryData", text=b64encode(found.binary).decode("ascii")))
        return [Outcome([shown])]

    def _create(self, call: Call) -> Outcomes:
        given = call.find("m:UserConfiguration")
        place = self._place(given[0])
        if place in self._all:
            raise EwsError("ErrorItemSave", "The configuration object was not saved: it exists already.")
        self._all[place] = Configuration(self._state.ids.new())
        _write(self._all[place], given)
        return [Outcome([])]

    def _update(self, call: Call) -> Outcomes:
        given = call.find("m:UserConfiguration")
        _write(self._found(given[0]), given)
        return [Outcome([])]

    def _delete(self, call: Call) -> Outcomes:
        name = call.find("m:UserConfigurationName")
        self._found(name)
        del self._all[self._place(name)]
        return [Outcome([])]


def _named(name: Element) -> Element:
    return e("t:UserConfigurationName", *copy.deepcopy(list(name)), Name=name.get("Name"))


def _dictionary(found: Configuration) -> Element:
    return e(
        "t:Dictionary",
        *[
            e(
                "t:DictionaryEntry",
                e("t:DictionaryKey", e("t:Type", text="String"), e("t:Value", text=key)),
                e("t:DictionaryValue", e("t:Type", text=kind), e("t:Value", text=value)),
            )
            for key, (kind, value) in found.dictionary.items()
        ],
    )


def _write(into: Configuration, given: Element) -> None:
    """Set what a request brings; what it leaves out stays."""
    for each in given:
        if local(each) == "XmlData":
            into.xml = b64decode(each.text or "")
        elif local(each) == "BinaryData":
            into.binary = b64decode(each.text or "")
        elif local(each) == "Dictionary":
            pairs = [[(str(half[0].text), str(half[1].text)) for half in entry] for entry in each]
            into.dictionary = {key[1]: value for key, value in pairs}

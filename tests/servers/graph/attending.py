"""The people of a meeting, and what they have answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.servers.ews.appearance import computed, meeting
from tests.servers.ews.soap import e, tag

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tests.servers.ews.items import Item
    from tests.servers.ews.soap import Element
    from tests.servers.graph.state import State

_SORTS = {"required": "RequiredAttendees", "optional": "OptionalAttendees", "resource": "Resources"}
_ANSWERS = {
    "Unknown": "none",
    "Organizer": "organizer",
    "Tentative": "tentativelyAccepted",
    "Accept": "accepted",
    "Decline": "declined",
    "NoResponseReceived": "notResponded",
}
_NEVER = "0001-01-01T00:00:00Z"


def status(answer: str) -> dict[str, str]:
    """Return a responseStatus."""
    return {"response": _ANSWERS.get(answer, "none"), "time": _NEVER}


def own(state: State, item: Item) -> dict[str, str]:
    """Return the user's responseStatus; of an event without others the user is the organizer."""
    return status("Organizer" if mine(state, item) else str(computed(state, item, "MyResponseType")))


def mine(state: State, item: Item) -> bool:
    """Return whether the user organizes an event."""
    return computed(state, item, "IsOrganizer") == "true"


def invites(state: State, item: Item) -> bool:
    """Return whether changing an event tells other people."""
    return meeting(item) and mine(state, item) and bool(shown(item))


def organizer(state: State, item: Item) -> dict[str, Any]:
    """Return who organizes an event."""
    found = computed(state, item, "Organizer")
    assert found is not None
    return {"emailAddress": _address(found)}


def shown(item: Item) -> list[dict[str, Any]]:
    """Return the attendees."""
    return [
        {
            "type": sort,
            "status": status(each.findtext(tag("t:ResponseType"), "Unknown")),
            "emailAddress": _address(each),
        }
        for sort, name in _SORTS.items()
        for each in _inside(item, name)
    ]


def _inside(item: Item, name: str) -> Iterable[Element]:
    value = item.values.get(name)
    return () if value is None or isinstance(value, str) else value


def _address(holder: Element) -> dict[str, str]:
    mailbox = holder.find(tag("t:Mailbox"))
    return {
        "name": mailbox.findtext(tag("t:Name"), ""),
        "address": mailbox.findtext(tag("t:EmailAddress"), ""),
    }


def invite(item: Item, given: Iterable[Mapping[str, Any]]) -> None:
    """Set the attendees of an event."""
    people: dict[str, list[Element]] = {name: [] for name in _SORTS.values()}
    for each in given:
        address = each["emailAddress"]
        parts = [("Name", address.get("name") or address["address"]), ("EmailAddress", address["address"])]
        mailbox = e("t:Mailbox", *[e(f"t:{name}", text=text) for name, text in (*parts, ("RoutingType", "SMTP"))])
        held = e("t:Attendee", mailbox, e("t:ResponseType", text="Unknown"))
        people[_SORTS[each.get("type") or "required"]].append(held)
    for name, some in people.items():
        item.values.pop(name, None)
        if some:
            item.values[name] = e(f"t:{name}", *some)

"""The fake Graph's calendars of several people, and meetings with others, driven by plain requests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.contract.harness import ics
from tests.servers.graph import ids
from tests.servers.graph.booked import event, made, seen
from tests.servers.graph.client import client

if TYPE_CHECKING:
    from tests.servers.ews.calendar_hands import CalendarHands
    from tests.servers.graph.client import Client
    from tests.servers.graph.server import GraphServer


@pytest.fixture
def hands(graph_server: GraphServer) -> CalendarHands:
    return graph_server.state.calendar


# Calendars.


def test_calendars_tell_whose_they_are(graph: Client, graph_server: GraphServer, hands: CalendarHands) -> None:
    """The own calendar is the default one; those of others have their owner and may not be edited."""
    hands.add_calendar("Private")
    graph_server.state.calendar_parts.share("Team", ("Bo", "bo@example.org"))
    found = graph.get("me/calendars")["value"]
    shown = [(each["name"], each["isDefaultCalendar"], each["canEdit"], each["owner"]["address"]) for each in found]
    me, other = "me@example.org", "bo@example.org"
    assert shown == [("Calendar", True, True, me), ("Private", False, True, me), ("Team", False, False, other)]
    assert graph.get("me/calendar")["id"] == found[0]["id"]


def test_a_calendar_that_may_only_be_read(graph: Client, graph_server: GraphServer, hands: CalendarHands) -> None:
    """In somebody else's calendar events are seen, not made, changed or deleted."""
    ref = graph_server.state.calendar_parts.share("Team", ("Bo", "bo@example.org"))
    (item,) = hands.add_events(ics("DTSTART:20260323T090000Z\r\nDTEND:20260323T100000Z"), ref)
    path, denied = f"me/calendars/{ids.address(ref)}", (403, "ErrorAccessDenied")
    assert len(seen(graph, calendar=path)) == 1
    assert graph.refused("POST", f"{path}/events", json=event()) == denied
    assert graph.refused("PATCH", f"me/events/{ids.address(item)}", json={"subject": "x"}) == denied
    assert graph.refused("DELETE", f"me/events/{ids.address(item)}") == denied


def test_a_permission_is_withdrawn(graph: Client, graph_server: GraphServer, hands: CalendarHands) -> None:
    """A calendar that may no longer be read is refused with 403, one that is gone with 404."""
    ref = hands.add_calendar("Team")
    path = f"me/calendars/{ids.address(ref)}"
    item = graph.post(f"{path}/events", **event())
    folder = graph_server.state.folders.all[ref]
    folder.denied = True
    assert graph.refused("GET", f"{path}/events") == (403, "ErrorAccessDenied")
    assert graph.refused("GET", f"me/events/{item['id']}") == (403, "ErrorAccessDenied")
    folder.denied = False
    graph_server.state.folders.remove(folder)
    assert graph.refused("GET", f"{path}/events") == (404, "ErrorItemNotFound")
    assert graph.refused("POST", f"{path}/events", json=event()) == (404, "ErrorItemNotFound")


def test_a_mail_folder_is_no_calendar(graph: Client) -> None:
    """The id of a folder of mail is not found among the calendars, and what is no id at all is malformed."""
    inbox = graph.get("me/mailFolders/inbox")["id"]
    assert graph.refused("GET", f"me/calendars/{inbox}/events") == (404, "ErrorItemNotFound")
    assert graph.refused("GET", "me/calendars/nothing/events") == (400, "ErrorInvalidIdMalformed")
    assert graph.refused("GET", "me/events/nothing") == (400, "ErrorInvalidIdMalformed")


def test_calendars_are_made_renamed_and_deleted(graph: Client) -> None:
    """A calendar is made under a name of its own, renamed and deleted; the default one stays."""
    made_one = graph.post("me/calendars", name="Holds")
    path = f"me/calendars/{made_one['id']}"
    assert graph.refused("POST", "me/calendars", json={"name": "holds"}) == (409, "ErrorFolderExists")
    assert graph.patch(path, name="Calls")["name"] == "Calls"
    assert graph.ask("DELETE", path).status_code == 204
    assert graph.refused("GET", path) == (404, "ErrorItemNotFound")
    main = graph.get("me/calendar")["id"]
    assert graph.refused("DELETE", f"me/calendars/{main}") == (403, "ErrorDeleteDistinguishedFolder")


def test_calendars_need_their_permission(graph_server: GraphServer) -> None:
    """With the right to mail alone no calendar is shown, with that to read none is changed."""
    with client(graph_server, ["Mail.ReadWrite"]) as mail:
        assert mail.refused("GET", "me/calendars") == (403, "ErrorAccessDenied")
    with client(graph_server, ["Calendars.Read"]) as reader:
        assert reader.get("me/calendars")["value"]
        assert reader.refused("POST", "me/events", json=event()) == (403, "ErrorAccessDenied")


# Other people.


def test_an_invitation_that_was_received(graph: Client, hands: CalendarHands) -> None:
    """A meeting of somebody else tells who organizes it, who comes and what the user has answered."""
    lines = [
        "DTSTART:20260323T090000Z",
        "DTEND:20260323T100000Z",
        "ORGANIZER;CN=Bo:mailto:bo@example.org",
        "ATTENDEE;PARTSTAT=TENTATIVE:mailto:me@example.org",
        "ATTENDEE;ROLE=OPT-PARTICIPANT;PARTSTAT=DECLINED:mailto:cy@example.org",
    ]
    (ref,) = hands.add_events(ics("\r\n".join(lines)))
    item = graph.get(f"me/events/{ids.address(ref)}")
    assert (item["isOrganizer"], item["responseStatus"]["response"]) == (False, "tentativelyAccepted")
    assert item["organizer"]["emailAddress"] == {"name": "Bo", "address": "bo@example.org"}
    found = [(each["type"], each["status"]["response"], each["emailAddress"]["address"]) for each in item["attendees"]]
    assert found == [
        ("required", "tentativelyAccepted", "me@example.org"),
        ("optional", "declined", "cy@example.org"),
    ]
    hands.cancel(ref)
    again = graph.get(f"me/events/{ids.address(ref)}")
    assert (again["isCancelled"], again["showAs"]) == (True, "free")


def test_what_tells_other_people_is_noted(graph: Client, graph_server: GraphServer) -> None:
    """Events with attendees send invitations, updates and cancellations, and answers go to the organizer."""
    people = [{"type": "required", "emailAddress": {"address": "bo@example.org"}}]
    item = made(graph, attendees=people)
    graph.patch(f"me/events/{item['id']}", subject="Other")
    graph.ask("POST", f"me/events/{item['id']}/accept", json={"sendResponse": False})
    graph.ask("POST", f"me/events/{item['id']}/decline", json={"comment": "No"})
    graph.ask("DELETE", f"me/events/{item['id']}")
    assert graph_server.sends() == [
        "POST /me/events: Review",
        "PATCH /me/events/{event}: Other",
        "POST /me/events/{event}/decline: Other",
        "DELETE /me/events/{event}: Other",
    ]
    graph_server.state.sent.clear()


def test_an_event_without_others_tells_nobody(graph: Client, graph_server: GraphServer) -> None:
    """What is made, changed and deleted without attendees sends nothing."""
    item = made(graph)
    graph.patch(f"me/events/{item['id']}", subject="Other")
    graph.ask("DELETE", f"me/events/{item['id']}")
    assert graph_server.sends() == []

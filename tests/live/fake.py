"""The fake Google with what a live harness needs beyond the provider: deleting calendars, writing contacts.

It stands in for a live account: somebody else's mail, drafts, labels, events and contacts are in it already.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from tests.contract.harness import ics, mail
from tests.servers.google import cards
from tests.servers.google.calls import Answer
from tests.servers.google.server import GoogleServer

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.servers.google.calls import Call
    from tests.servers.google.people import People

OWNER = "owner@example.org"
_CARD = b"BEGIN:VCARD\nVERSION:3.0\nFN:Carl Old\nN:Old;Carl;;;\nTEL:+4930901820\nCATEGORIES:VIP\nEND:VCARD\n"


class Snapshot(NamedTuple):
    """What the account holds, the trash aside."""

    mails: dict[str, frozenset[str]]
    drafts: frozenset[str]
    labels: frozenset[str]
    events: dict[str, int]
    contacts: dict[str, Any]
    groups: frozenset[str]


class InhabitedGoogle(GoogleServer):
    """An account in use."""

    def __init__(self) -> None:
        super().__init__(OWNER)
        state = self.state
        self._desk.serve(state.handlers() | self._more(), state.oauth)
        done = state.mail.user_creates_label("Callbacks/Done")
        # The same Message-ID and words as in the suites: that a mail looks like theirs makes it no mail of theirs.
        for number in range(7):
            state.mail.deliver(mail("Call from +49 30 901820", number=number), ["INBOX", done])
        state.mail.user_writes_draft(mail("Your call", number=77, X_Ringback_Key="k"))
        state.calendars.add_events(ics("DTSTART:20260323T090000Z\nDTEND:20260323T100000Z"))
        state.people.add_contacts(_CARD)

    def snapshot(self) -> Snapshot:
        """Return what is there now."""
        with self.lock:
            mailbox, calendars, people = self.state.mail, self.state.calendars, self.state.people
            return Snapshot(
                mails={one.id: frozenset(one.labels) for one in mailbox.messages() if "TRASH" not in one.labels},
                drafts=frozenset(mailbox.drafts.ids()),
                labels=frozenset(mailbox.box.names.values()),
                events={id_: len(calendars.living(id_)) for id_ in calendars.books},
                contacts={id_: one.fields for id_, one in people._people.items() if not one.deleted},
                groups=frozenset(people._groups.values()),
            )

    def _more(self) -> dict[str, Callable[[Call], Answer]]:
        writing = Writing(self.state.people)
        return {
            "calendar.calendars.delete": self._delete_calendar,
            "people.people.createContact": writing.create,
            "people.people.deleteContact": writing.delete,
            "people.contactGroups.create": writing.create_group,
            "people.contactGroups.delete": writing.delete_group,
            "people.contactGroups.members.modify": writing.join,
        }

    def _delete_calendar(self, call: Call) -> Answer:
        self.state.calendars.withdraw(call.params["calendarId"])
        return Answer()


class Writing:
    """Writing contacts by the API.

    Args:
        people: the address book.
    """

    def __init__(self, people: People) -> None:
        self._people = people

    def create(self, call: Call) -> Answer:
        """Make a contact: Google adds the name that is shown, and reads the numbers."""
        fields = {name: list(values) for name, values in call.body.items()}
        fields["names"] = [_named(one) for one in fields.get("names", [])]
        numbers = fields.get("phoneNumbers", [])
        fields["phoneNumbers"] = [cards.number(one["value"], "DE", one.get("type", "")) for one in numbers]
        resource = self._people.add_contact(fields)
        return Answer({"resourceName": resource, "etag": "%1"})

    def delete(self, call: Call) -> Answer:
        """Remove a contact."""
        self._people.delete_contact(call.params["resourceName"])
        return Answer({})

    def create_group(self, call: Call) -> Answer:
        """Make a group."""
        name = call.body["contactGroup"]["name"]
        return Answer({"resourceName": f"contactGroups/{self._people._group_id(name)}", "name": name})

    def delete_group(self, call: Call) -> Answer:
        """Remove a group."""
        del self._people._groups[call.params["resourceName"].removeprefix("contactGroups/")]
        return Answer({})

    def join(self, call: Call) -> Answer:
        """Put contacts into a group."""
        group = call.params["resourceName"]
        membership = {"contactGroupId": group.removeprefix("contactGroups/"), "contactGroupResourceName": group}
        for resource in call.body["resourceNamesToAdd"]:
            known = self._people._people[resource.removeprefix("people/")].fields["memberships"]
            self._people.edit_contact(resource, {"memberships": [*known, {"contactGroupMembership": membership}]})
        return Answer({})


def _named(one: dict[str, str]) -> dict[str, Any]:
    parts = one.get("givenName", ""), one.get("familyName", "")
    return cards.name(one.get("unstructuredName") or " ".join(filter(None, parts)), *parts)

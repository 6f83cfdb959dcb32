"""/me: who the user is, and how the mailbox is set up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.servers.graph import entities
from tests.servers.graph.calls import Answer, Call, GraphError, Route

if TYPE_CHECKING:
    from tests.servers.graph.state import State

READ = ("User.Read", "User.ReadBasic.All", "User.ReadWrite")
SETTINGS = ("MailboxSettings.Read", "MailboxSettings.ReadWrite")
_DEFAULT = (
    *("id", "businessPhones", "displayName", "givenName", "jobTitle", "mail", "mobilePhone"),
    *("officeLocation", "preferredLanguage", "surname", "userPrincipalName"),
)


class User:
    """The user, and the zone that they chose.

    Args:
        state: the mailbox.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self.zone = "W. Europe Standard Time"
        """As the mailbox has it: a Windows name, or an IANA one where a program set that."""
        self._shape = entities.Shape("user", _DEFAULT, self._look, more=("userType", "accountEnabled"))

    def routes(self) -> list[Route]:
        """Return what is answered."""
        settings = ("$select",)
        return [
            Route("GET", "/me", self._me, READ, "User", options=("$select",)),
            Route("GET", "/me/mailboxSettings", self._settings, SETTINGS, "MailboxSettings", options=settings),
            Route("GET", "/me/mailboxSettings/timeZone", self._time_zone, SETTINGS, options=()),
        ]

    def _me(self, call: Call) -> Answer:
        self._shape.check(call.query)
        return entities.one(self._shape.entity(self._state.address, call), call, "users/$entity")

    def _look(self, address: str, name: str, call: Call) -> object:
        del call
        given, _, family = self._state.name.partition(" ")
        known: dict[str, Any] = {
            "id": "48d31887-5fad-4d73-a9f5-3c356e68a038",
            "displayName": self._state.name,
            "givenName": given,
            "surname": family,
            "mail": address,
            "userPrincipalName": address,
            "businessPhones": [],
            "preferredLanguage": "en-US",
            "userType": "Member",
            "accountEnabled": True,
        }
        return known.get(name)

    def _settings(self, call: Call) -> Answer:
        all_of_it: dict[str, Any] = {
            "archiveFolder": None,
            "timeZone": self.zone,
            "dateFormat": "yyyy-MM-dd",
            "timeFormat": "HH:mm",
            "delegateMeetingMessageDeliveryOptions": "sendToDelegateOnly",
            "language": {"locale": "en-US", "displayName": "English (United States)"},
            "workingHours": {
                "daysOfWeek": ["monday", "tuesday", "wednesday", "thursday", "friday"],
                "startTime": "08:00:00.0000000",
                "endTime": "17:00:00.0000000",
                "timeZone": {"name": self.zone},
            },
        }
        unknown = set(call.query.select) - set(all_of_it)
        if unknown:
            raise GraphError("RequestBroker--ParseUri", f"Could not find a property named '{unknown.pop()}'.")
        shown = {name: all_of_it[name] for name in call.query.select or all_of_it}
        return entities.one(shown, call, "users('me')/mailboxSettings")

    def _time_zone(self, call: Call) -> Answer:
        return entities.one({"value": self.zone}, call, "users('me')/mailboxSettings/timeZone")

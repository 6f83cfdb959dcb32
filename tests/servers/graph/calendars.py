"""/me/calendars and /me/calendar: the folders that hold events, the user's own and those of others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.servers.ews.ids import Ids
from tests.servers.ews.soap import EwsError
from tests.servers.graph import entities, extended, ids
from tests.servers.graph.calls import Answer, Call, GraphError, Route

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.servers.ews.folders import Folder
    from tests.servers.graph.state import State

READ = (
    "Calendars.ReadBasic",
    "Calendars.Read",
    "Calendars.ReadWrite",
    "Calendars.Read.Shared",
    "Calendars.ReadWrite.Shared",
)
WRITE = ("Calendars.ReadWrite", "Calendars.ReadWrite.Shared")
KIND = "IPF.Appointment"
_DEFAULT = (
    *(
        "id",
        "name",
        "color",
        "hexColor",
        "isDefaultCalendar",
        "changeKey",
        "canShare",
        "canViewPrivateItems",
        "canEdit",
    ),
    *("allowedOnlineMeetingProviders", "defaultOnlineMeetingProvider", "isTallyingResponses", "isRemovable", "owner"),
)
_CONTEXT = "users('me')/calendars"
_GONE = "The specified object was not found in the store."


class CalendarFolders:
    """The calendars.

    Args:
        state: the mailbox.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self.shape = entities.Shape("calendar", _DEFAULT, self._look, held=self._extended)
        self.read_only: set[str] = set()
        """Folders in which the user can only read."""
        self._owners: dict[str, tuple[str, str]] = {}

    def share(self, name: str, owner: tuple[str, str], *, can_edit: bool = False) -> str:
        """Open somebody else's calendar, their name and address given; return its folder id."""
        with self._state.lock:
            ref = self._state.calendar.add_calendar(name)
            self._owners[ref] = owner
            if not can_edit:
                self.read_only.add(ref)
            return ref

    def routes(self) -> list[Route]:
        """Return what is answered."""
        made = [
            Route("GET", "/me/calendars", self._list, READ, "Calendar", listed=True, options=entities.PAGING),
            Route("POST", "/me/calendars", self._create, WRITE, "Calendar", given="Calendar", options=()),
        ]
        for path in ("/me/calendar", "/me/calendars/{calendar}"):
            made += [
                Route("GET", path, self._get, READ, "Calendar"),
                Route("PATCH", path, self._change, WRITE, "Calendar", given="Calendar", options=()),
            ]
        return [*made, Route("DELETE", "/me/calendars/{calendar}", self._delete, WRITE, options=())]

    def of(self, call: Call, *, edit: bool = False) -> Folder:
        """Return the calendar that a request names, the user's own where it names none.

        Raises:
            GraphError: there is none, or the user may not read it, or not `edit` it.
        """
        name = call.names.get("calendar")
        try:
            found = self._state.folders.named("calendar") if name is None else self._state.folders.get(ids.stored(name))
        except EwsError as error:
            code = "ErrorItemNotFound" if error.code == "ErrorFolderNotFound" else error.code
            raise GraphError(code, _GONE) from error
        if not found.kind.startswith(KIND):
            raise GraphError("ErrorItemNotFound", _GONE)
        self.check(found, edit=edit)
        return found

    def check(self, folder: Folder, *, edit: bool = False) -> None:
        """Refuse what the user is not allowed to do in a folder."""
        if folder.denied or (edit and folder.id in self.read_only):
            raise GraphError("ErrorAccessDenied", "Access is denied. Check credentials and try again.")

    def _all(self) -> Iterator[Folder]:
        yield self._state.folders.named("calendar")
        top = self._state.folders.named("msgfolderroot")
        for each in self._state.folders.below(top, deep=True):
            if each.kind.startswith(KIND) and not each.distinguished:
                yield each

    def _look(self, folder: Folder, name: str, call: Call) -> object:
        del call
        own, main = folder.id not in self._owners, folder.distinguished == "calendar"
        owner = (self._state.name, self._state.address) if own else self._owners[folder.id]
        known = {
            "id": ids.address(folder.id),
            "name": folder.name,
            "color": "auto",
            "hexColor": "",
            "isDefaultCalendar": main,
            "changeKey": Ids.key(folder.change),
            "canShare": own,
            "canViewPrivateItems": own,
            "canEdit": folder.id not in self.read_only,
            "allowedOnlineMeetingProviders": ["teamsForBusiness"],
            "defaultOnlineMeetingProvider": "teamsForBusiness",
            "isTallyingResponses": main,
            "isRemovable": not main,
            "owner": dict(zip(("name", "address"), owner, strict=True)),
        }
        return known[name]

    def _extended(self, folder: Folder, text: str) -> str | list[str] | None:
        return self._state.folders.extended(folder, extended.key(text))

    def _list(self, call: Call) -> Answer:
        return entities.page(self.shape, self._all(), call, _CONTEXT)

    def _answer(self, folder: Folder, call: Call, status: int = 200) -> Answer:
        self.shape.check(call.query)
        return entities.one(self.shape.entity(folder, call), call, f"{_CONTEXT}/$entity", status)

    def _get(self, call: Call) -> Answer:
        return self._answer(self.of(call), call)

    def _named(self, call: Call) -> str:
        name = str(call.body.get("name") or "")
        if not name:
            raise GraphError("ErrorInvalidRequest", "The name of a calendar is required.")
        if any(each.name.casefold() == name.casefold() for each in self._all()):
            raise GraphError("ErrorFolderExists", "A folder with the specified name already exists.")
        return name

    def _create(self, call: Call) -> Answer:
        main = self._state.folders.named("calendar")
        made = self._state.folders.add(self._named(call), main.id, KIND)
        return self._answer(made, call, 201)

    def _change(self, call: Call) -> Answer:
        folder = self.of(call, edit=True)
        folder.name = self._named(call)
        self._state.folders.touch(folder.id)
        return self._answer(folder, call)

    def _delete(self, call: Call) -> Answer:
        folder = self.of(call, edit=True)
        if folder.distinguished:
            raise GraphError("ErrorDeleteDistinguishedFolder", "Distinguished folders cannot be deleted.")
        self._state.folders.remove(folder)
        return Answer(status=204)

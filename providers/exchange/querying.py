"""The requests about calendar items: those of exchangelib, asking for what is used and nothing else.

An error about one folder or item stands in the place of its answer; what is asked beside it is answered all the same.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from exchangelib import UTC as EWS_UTC
from exchangelib import EWSDateTime, services
from exchangelib.errors import (
    ErrorExceededFindCountLimit,
    ErrorInvalidOperation,
    ErrorInvalidRestriction,
    ErrorIrresolvableConflict,
    ErrorRestrictionTooComplex,
    ErrorUnsupportedPathForQuery,
    ErrorUnsupportedQueryFilter,
    ResponseMessageError,
)
from exchangelib.items.base import ALL_OCCURRENCES, MOVE_TO_DELETED_ITEMS, NEVER_OVERWRITE, SAVE_ONLY, SEND_TO_NONE
from exchangelib.properties import CalendarView, DistinguishedFolderId, FolderId, ItemId, Mailbox
from exchangelib.util import MNS, create_element

from assistant.errors import NotFoundError, TransientError
from providers.exchange.appointments import CALENDAR, LISTED, OURS, Element, Held, held, paths, tag
from providers.exchange.service import said

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import exchangelib
    from exchangelib.fields import FieldPath

    from providers.exchange.appointments import Appointment

T = TypeVar("T")
AT_ONCE = 50
"""Items that are written or searched for in one request."""
UNSEARCHABLE = (
    ErrorInvalidOperation,
    ErrorInvalidRestriction,
    ErrorRestrictionTooComplex,
    ErrorUnsupportedPathForQuery,
    ErrorUnsupportedQueryFilter,
)
"""What a server says that does not know a restriction."""
_MANY = 1000
_CHANGES = 512
"""The most that SyncFolderItems tells at once."""
_DISTINGUISHED = {CALENDAR, "contacts", "deleteditems", "msgfolderroot", "root"}
_ID_ONLY, _SHALLOW = "IdOnly", "Shallow"
_RECURRING = paths("calendar:IsRecurring")[0]


def folder_id(account: exchangelib.Account, name: str) -> FolderId:
    """Return what names a folder in a request: it is distinguished, or `name` is its id."""
    if name in _DISTINGUISHED:
        return DistinguishedFolderId(id=name, mailbox=Mailbox(email_address=account.primary_smtp_address))
    return FolderId(id=name)


def answered(answers: Iterable[T]) -> list[T]:
    """Return answers, of which some may be errors for good.

    Raises:
        exchangelib.errors.EWSError: one is an error for now; all shall be asked for again.
    """
    found = list(answers)
    for each in found:
        if isinstance(each, Exception) and isinstance(said("", each), TransientError):
            raise each
    return found


# --- finding


class Equals:
    """A restriction: a property has one of some values."""

    def __init__(self, path: FieldPath, *values: str) -> None:
        self._path = path
        self._values = values

    def to_xml(self, version: object) -> Element:
        """Return the element, as the library asks for it."""
        del version
        tests = [self._test(value) for value in self._values]
        return _with("m:Restriction", tests if len(tests) == 1 else [_with("t:Or", tests)])

    def _test(self, value: str) -> Element:
        constant = _with("t:FieldURIOrConstant", [create_element("t:Constant", attrs={"Value": value})])
        return _with("t:IsEqualTo", [self._path.to_xml(), constant])


def _with(name: str, children: Iterable[Element]) -> Element:
    element = create_element(name)
    element.extend(children)
    return element


def by_uid(*values: str) -> Equals:
    """Return the restriction to events with one of these values of `appointments.Uid`."""
    return Equals(OURS[0], *values)


def recurring() -> Equals:
    """Return the restriction to series, as servers know it that do not expand them; on Exchange no master meets it."""
    return Equals(_RECURRING, "true")


class _Page(NamedTuple):
    """What was found in one folder, and where the next page begins; None after the last."""

    items: list[Element]
    next: int | None


class _Find(services.FindItem):  # type: ignore[misc]  # the library has no types, here and below
    ERRORS_TO_CATCH_IN_RESPONSE = ResponseMessageError

    def pages(
        self, folders: Sequence[FolderId], fields: Sequence[FieldPath], **given: object
    ) -> list[_Page | Exception]:
        """Return a page of each folder; `given` are `restriction`, `calendar_view` and `offset`."""
        asked: dict[str, object] = {"folders": folders, "additional_fields": fields, "shape": _ID_ONLY}
        asked |= {
            "depth": _SHALLOW,
            "order_fields": None,
            "query_string": None,
            "page_size": self.page_size,
            "offset": 0,
        }
        asked |= {"restriction": None, "calendar_view": None, **given}
        return [self._page_of(*each) for each in self._get_pages(self.get_payload, asked, len(folders))]

    def _page_of(self, found: Element | Exception | None, following: int | None) -> _Page | Exception:
        if isinstance(found, Exception):
            return found
        return _Page([] if found is None else list(self._get_elems_from_page(found, None, 0)), following)


def find(
    account: exchangelib.Account, folder: str, fields: Sequence[FieldPath], restriction: Equals | None = None
) -> list[Element]:
    """Return the elements of all items in a folder that meet a restriction.

    Raises:
        exchangelib.errors.EWSError: the folder cannot be read, or the restriction is not known.
    """
    return find_in(account, [folder], fields, restriction)[folder]


def find_in(
    account: exchangelib.Account, folders: Sequence[str], fields: Sequence[FieldPath], restriction: Equals | None = None
) -> dict[str, list[Element]]:
    """Do `find` for several folders, in one request as long as one page does.

    Raises:
        exchangelib.errors.EWSError: one of them cannot be read, or the restriction is not known.
    """
    found: dict[str, list[Element]] = {folder: [] for folder in folders}
    service, left = _Find(account=account, page_size=_MANY), dict.fromkeys(folders, 0)
    while left:
        # Folders go on from one offset together: those that are as far as the first.
        offset = min(left.values())
        asked = [folder for folder, at in left.items() if at == offset]
        ids = [folder_id(account, folder) for folder in asked]
        for folder, page in zip(asked, service.pages(ids, fields, restriction=restriction, offset=offset), strict=True):
            if isinstance(page, Exception):
                raise page
            found[folder] += page.items
            del left[folder]
            if page.next is not None and page.next > offset and page.items:
                left[folder] = page.next
    return found


def view(
    account: exchangelib.Account, folders: Sequence[str], start: datetime, end: datetime
) -> list[list[Held] | Exception]:
    """Return what each calendar has between two times, series expanded by the server; all calendars in one request.

    A server that cuts an answer short is asked again for each half of the time.
    """
    asked = CalendarView(start=stamp(start), end=stamp(end))
    pages = _Find(account=account).pages([folder_id(account, each) for each in folders], LISTED, calendar_view=asked)
    cut = {folder for folder, page in zip(folders, pages, strict=True) if _is_cut(page)}
    answered(each for each in pages if not _is_cut(each))
    found: list[list[Held] | Exception] = []
    for folder, page in zip(folders, pages, strict=True):
        if folder in cut:
            found.append(_halves(account, folder, start, end))
        else:
            found.append(page if isinstance(page, Exception) else appointments(page.items))
    return found


def _is_cut(page: _Page | Exception) -> bool:
    """Tell whether there was more than the server answers at once: some answer a part, some nothing."""
    return isinstance(page, ErrorExceededFindCountLimit) or (isinstance(page, _Page) and page.next is not None)


def _halves(account: exchangelib.Account, folder: str, start: datetime, end: datetime) -> list[Held] | Exception:
    middle = (start + (end - start) / 2).replace(microsecond=0)
    if not start < middle < end:
        return ValueError("a list of events without an end")
    found: dict[str, Held] = {}
    for first, last in ((start, middle), (middle, end)):
        (half,) = view(account, [folder], first, last)
        if isinstance(half, Exception):
            return half
        found |= {each.id: each for each in half}
    return list(found.values())


def appointments(items: Iterable[Element]) -> list[Held]:
    """Read the calendar items among others, which the library's users may put into a calendar folder too."""
    return [held(each) for each in items if each.tag == tag("CalendarItem")]


def stamp(moment: datetime) -> EWSDateTime:
    """Return an instant as the library wants it: in UTC, or the second hour of two in autumn would be lost."""
    plain = moment.astimezone(UTC)
    return EWSDateTime(plain.year, plain.month, plain.day, plain.hour, plain.minute, plain.second, tzinfo=EWS_UTC)


# --- items by their ids


class _Get(services.GetItem):  # type: ignore[misc]  # as above
    ERRORS_TO_CATCH_IN_RESPONSE = ResponseMessageError

    def get_payload(self, items: object, additional_fields: object, shape: object) -> Element:
        payload = super().get_payload(items, additional_fields, shape)
        body = create_element("t:BodyType")
        body.text = "Text"
        payload.find(f"{{{MNS}}}ItemShape").insert(1, body)
        return payload

    def _elem_to_obj(self, elem: Element) -> Held:
        return held(elem)


def get(account: exchangelib.Account, ids: Sequence[str], fields: Sequence[FieldPath]) -> list[Held | Exception]:
    """Read items, a hundred in a request; an error stands in the place of an item that cannot be read."""
    found = answered(_Get(account=account).call([ItemId(id=each) for each in ids], fields, _ID_ONLY))
    if len(found) != len(ids):
        raise ValueError("the server answered another number of items than it was asked for")
    return found


def there(answers: Iterable[Held | Exception]) -> list[Held | None]:
    """Return the items that are still there, None for those that are gone.

    Raises:
        exchangelib.errors.EWSError: one is there and cannot be read.
    """
    found: list[Held | None] = []
    for each in answers:
        if isinstance(each, Exception) and not isinstance(said("", each), NotFoundError):
            raise each
        found.append(None if isinstance(each, Exception) else each)
    return found


class _Create(services.CreateItem):  # type: ignore[misc]  # as above
    ERRORS_TO_CATCH_IN_RESPONSE = ResponseMessageError

    def make(self, items: Sequence[Appointment], folder: FolderId) -> Iterator[Element | Exception]:
        """Return what became of each item, in order."""
        elements = self._chunked_get_elements(
            self.get_payload, items, folder=folder, message_disposition=SAVE_ONLY, send_meeting_invitations=SEND_TO_NONE
        )
        return iter(elements)


def create(account: exchangelib.Account, folder: str, items: Sequence[Appointment]) -> list[Held | Exception]:
    """Make items in one request, inviting nobody; return the identity of each, or what came in its way."""
    service = _Create(account=account, chunk_size=max(len(items), 1))
    made = list(service.make(items, folder_id(account, folder)))
    if len(made) != len(items):
        raise ValueError("the server answered another number of items than it was given")
    return [each if isinstance(each, Exception) else held(each) for each in made]


class _Update(services.UpdateItem):  # type: ignore[misc]  # as above
    def _elem_to_obj(self, elem: Element) -> Held:
        return held(elem)


def update(account: exchangelib.Account, item: Appointment, fields: Sequence[str]) -> Held:
    """Change fields of an item if it is still in its version, telling nobody; return its new identity.

    Raises:
        exchangelib.errors.EWSError: it changed, or is gone.
    """
    found: Held = _Update(account=account).get(
        items=[(item, fields)],
        conflict_resolution=NEVER_OVERWRITE,
        message_disposition=SAVE_ONLY,
        send_meeting_invitations_or_cancellations=SEND_TO_NONE,
        suppress_read_receipts=True,
    )
    return found


def delete(account: exchangelib.Account, ref: str, change: str) -> None:
    """Put an item among the deleted ones if it is still in its version, telling nobody.

    DeleteItem does not compare versions, so that the item is read first; between the two lies a moment.

    Raises:
        exchangelib.errors.EWSError: it changed, or is gone.
    """
    (found,) = get(account, [ref], ())
    if isinstance(found, Exception):
        raise found
    if found.change != change:
        raise ErrorIrresolvableConflict("the item is in another version")
    services.DeleteItem(account=account).get(
        items=[ItemId(id=ref, changekey=change)],
        delete_type=MOVE_TO_DELETED_ITEMS,
        send_meeting_cancellations=SEND_TO_NONE,
        affected_task_occurrences=ALL_OCCURRENCES,
        suppress_read_receipts=True,
    )


# --- changes


class Changes(NamedTuple):
    """What changed in a folder since a state: identities, and ids that are gone; `whole` since the beginning."""

    changed: list[Held]
    removed: list[str]
    state: str
    whole: bool


class _Sync(services.SyncFolderItems):  # type: ignore[misc]  # as above
    def _get_element_container(self, message: Element, name: str | None = None) -> Element:
        if message.get("ResponseClass") == "Success":
            return super()._get_element_container(message, name)
        return services.common.EWSService._get_element_container(self, message, name)  # noqa: SLF001  errors hold no state

    def _elem_to_obj(self, elem: Element) -> Element:
        return elem


def changes(account: exchangelib.Account, folder: str, state: str | None, fields: Sequence[FieldPath]) -> Changes:
    """Return what changed in a folder since a state, with None all there is.

    Raises:
        exchangelib.errors.EWSError: the state is too old, or the folder cannot be read.
    """
    changed: dict[str, Held] = {}
    removed: dict[str, None] = {}
    whole = not state
    service = _Sync(account=account)
    while not service.includes_last_item_in_range:
        before = state
        for each in service.call(folder_id(account, folder), _ID_ONLY, fields, state, None, _CHANGES, None):
            if isinstance(each, Exception):
                raise each
            _take(each, changed, removed)
        state = service.sync_state
        if not state or (state == before and not service.includes_last_item_in_range):
            raise ValueError("the server's changes do not end")
    return Changes(list(changed.values()), list(removed), state or "", whole)


def _take(change: Element, changed: dict[str, Held], removed: dict[str, None]) -> None:
    item = change[0]
    if item.tag == tag("ItemId"):
        changed.pop(item.get("Id"), None)
        removed[item.get("Id")] = None
    elif item.tag == tag("CalendarItem"):
        found = held(item)
        removed.pop(found.id, None)
        changed[found.id] = found

"""The mail half of the Exchange provider on bad days: nothing doubled, nothing lost, a message that says what to do."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

import pytest

from assistant.errors import (
    AuthError,
    CursorExpiredError,
    InvalidResponseError,
    NotFoundError,
    ProviderError,
    TransientError,
    UnsupportedError,
)
from assistant.model.mailbox import Folder, Label, Ref
from providers._net import Patience
from providers.exchange.drafts import ExchangeDraftBox
from providers.exchange.mailbox import ExchangeMailbox
from tests.contract.exchange import QUICK, ExchangeHarness, connected
from tests.contract.harness import mail, plain
from tests.servers.ews.faults import Broken, Busy, Error, Fault, Kind, Status
from tests.servers.ews.mail import Messages
from tests.servers.ews.soap import EwsError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from providers.exchange.service import Exchange
    from tests.servers.ews.items import Item
    from tests.servers.ews.properties import Value
    from tests.servers.ews.soap import Element

SHORT = Patience(request=timedelta(seconds=5), total=timedelta(seconds=0.3), throttled=timedelta(seconds=0.3))
ONE_TRY = Patience(request=timedelta(seconds=5), total=timedelta(), throttled=timedelta())
PASSING: dict[str, Kind] = {
    "busy": Busy(10),
    "busy item": Error("ErrorServerBusy"),
    "transient": Error("ErrorInternalServerTransientError"),
    "429": Status(429),
    "429 with Retry-After": Status(429, "0"),
    "503": Status(503),
    "502": Status(502),
    "dropped before": Broken.DROP_BEFORE,
    "dropped after": Broken.DROP_AFTER,
    "cut": Broken.CUT,
    "charset": Broken.WRONG_CHARSET,
}
UNREADABLE: dict[str, Kind] = {
    "garbage": Broken.GARBAGE,
    "bomb": Broken.BOMB,
    "outside": Broken.OUTSIDE,
}


class Account(NamedTuple):
    """An Exchange account with the user's hands on it, and our two services of one connection."""

    hands: ExchangeHarness
    exchange: Exchange
    mailbox: ExchangeMailbox
    drafts: ExchangeDraftBox

    def fault(self, operation: str, kind: Kind, times: int = 1, after: int = 0) -> None:
        """Order faults to come."""
        self.hands.server.faults.add(Fault(operation, kind, times, after))

    def texts(self, folder: str) -> list[bytes]:
        """Return the last line of everything in a folder, sorted."""
        inside = self.hands.mail.inside(folder)
        return sorted((each.raw or b"").strip().splitlines()[-1] for each in inside)


def opened(hands: ExchangeHarness, patience: Patience) -> Iterator[Account]:
    exchange = connected(hands.server, patience)
    yield Account(hands, exchange, ExchangeMailbox(exchange), ExchangeDraftBox(exchange))
    exchange.close()


@pytest.fixture
def hands() -> Iterator[ExchangeHarness]:
    """Return an empty account."""
    found = ExchangeHarness()
    yield found
    found.close()


@pytest.fixture
def account(hands: ExchangeHarness) -> Iterator[Account]:
    """Return it with a patience of two seconds."""
    yield from opened(hands, QUICK)


@pytest.fixture
def brief(hands: ExchangeHarness) -> Iterator[Account]:
    """Return it with hardly any patience."""
    yield from opened(hands, SHORT)


def draft(text: str = "Sorry.\n", **fields: str) -> bytes:
    return mail("Your call", body=text, number=77, From="me@example.org", To="ann@acme.example", **fields)


def puts(account: Account) -> None:
    account.drafts.put(draft(), "k")


def appends(account: Account) -> None:
    account.mailbox.append(mail("Today", body="Sorry.\n"), "k")


WRITES = [pytest.param("drafts", puts, id="put"), pytest.param("inbox", appends, id="append")]


# --- creating


@pytest.mark.parametrize(("folder", "write"), WRITES)
@pytest.mark.parametrize("kind", PASSING.values(), ids=PASSING)
def test_one_fault_is_got_over(account: Account, folder: str, write: Callable[[Account], None], kind: Kind) -> None:
    """Whatever happens to the first try, there is one object afterwards, and trying again is none more."""
    account.fault("CreateItem", kind)
    write(account)
    write(account)
    assert account.texts(folder) == [b"Sorry."]


@pytest.mark.parametrize(("folder", "write"), WRITES)
def test_a_lasting_loss_of_answers_doubles_nothing(
    account: Account, folder: str, write: Callable[[Account], None]
) -> None:
    """When no answer to the creation ever arrives, it is looked for and found."""
    account.fault("CreateItem", Broken.DROP_AFTER, times=50)
    write(account)
    assert account.texts(folder) == [b"Sorry."]
    assert account.hands.server.round_trips("CreateItem") == 1


@pytest.mark.parametrize(("folder", "write"), WRITES)
@pytest.mark.parametrize("operation", ["CreateItem", "Find*"])
def test_a_lasting_fault_is_told_and_repeating_later_is_once(
    hands: ExchangeHarness, folder: str, operation: str, write: Callable[[Account], None]
) -> None:
    """A service that stays away is told in time; the next pass, a new connection, makes one object."""
    (account,) = list(opened(hands, SHORT))
    account.fault(operation, Broken.DROP_AFTER, times=500)
    begun = time.monotonic()
    if operation == "CreateItem":
        write(account)
    else:
        with pytest.raises(TransientError):
            write(account)
    assert time.monotonic() - begun < 5
    hands.server.faults.clear()
    (again,) = list(opened(hands, QUICK))
    write(again)
    assert again.texts(folder) == [b"Sorry."]


@pytest.mark.parametrize(("folder", "write"), WRITES)
@pytest.mark.parametrize("kind", UNREADABLE.values(), ids=UNREADABLE)
def test_an_answer_that_cannot_be_read_is_told_and_repeating_later_is_once(
    account: Account, folder: str, kind: Kind, write: Callable[[Account], None]
) -> None:
    """An answer to the creation that nobody can read is an error in our words; the next try finds what it made."""
    account.fault("CreateItem", kind)
    with pytest.raises(InvalidResponseError):
        write(account)
    (again,) = list(opened(account.hands, QUICK))
    write(again)
    assert again.texts(folder) == [b"Sorry."]


@pytest.mark.parametrize("kind", PASSING.values(), ids=PASSING)
def test_a_change_of_a_draft_is_made_once(account: Account, kind: Kind) -> None:
    """Replacing and deleting get over one fault: a lost answer is not taken for somebody else's edit."""
    first = account.drafts.put(draft(), "k")
    account.fault("UpdateItem", kind)
    second = account.drafts.put(draft("At 11:00.\n"), "k", previous=first)
    assert account.texts("drafts") == [b"At 11:00."]
    account.fault("DeleteItem", kind)
    account.drafts.delete(second.ref, second.etag)
    assert account.texts("drafts") == []


def test_an_edit_under_a_lost_answer_is_the_users(hands: ExchangeHarness) -> None:
    """When the answer to a replacement is lost and the user edits the draft, their words stay."""
    (account,) = list(opened(hands, ONE_TRY))
    first = account.drafts.put(draft(), "k")
    account.fault("UpdateItem", Broken.DROP_AFTER)
    with pytest.raises(TransientError):
        account.drafts.put(draft("At 11:00.\n"), "k", previous=first)
    hands.user_edits_draft(first.ref, draft("My own words.\n"))
    with pytest.raises(ProviderError, match="edited"):
        account.drafts.put(draft("At 11:00.\n"), "k", previous=first)
    assert account.texts("drafts") == [b"My own words."]


@pytest.mark.parametrize("operation", ["GetItem", "UpdateItem", "GetUserConfiguration", "UpdateUserConfiguration"])
@pytest.mark.parametrize("kind", PASSING.values(), ids=PASSING)
def test_a_label_is_set_once(account: Account, operation: str, kind: Kind) -> None:
    """One fault on the way to a label leaves exactly that label."""
    ref = account.hands.deliver_mail(mail())
    account.fault(operation, kind)
    account.mailbox.set_state(ref, Label.TO_CALL)
    assert account.hands.mail.categories(ref) == ["Callbacks/To call"]


def test_a_list_of_categories_out_of_order_stops_no_label(brief: Account) -> None:
    """When the user's list cannot be read or written for now, the message gets its category all the same."""
    ref = brief.hands.deliver_mail(mail())
    brief.fault("*UserConfiguration", Status(503), times=500)
    brief.mailbox.set_state(ref, Label.TO_CALL)
    assert brief.hands.mail.categories(ref) == ["Callbacks/To call"]


# --- reading


READS = ["GetFolder", "FindFolder", "SyncFolderItems", "GetItem"]


@pytest.mark.parametrize("operation", READS)
@pytest.mark.parametrize("kind", PASSING.values(), ids=PASSING)
def test_reading_gets_over_one_fault(account: Account, operation: str, kind: Kind) -> None:
    """One fault anywhere in a look costs no mail and no pass."""
    refs = {account.hands.deliver_mail(mail(number=number)) for number in range(3)}
    account.fault(operation, kind)
    assert {head.ref for head in account.mailbox.changes(None).heads} == refs


@pytest.mark.parametrize("kind", [Broken.GARBAGE, Status(503), Broken.CUT], ids=["garbage", "503", "cut"])
@pytest.mark.parametrize("operation", ["FindFolder", "SyncFolderItems", "GetItem", "*Item"])
@pytest.mark.parametrize("number", [1, 3, 250])
def test_reading_that_fails_loses_nothing(brief: Account, operation: str, kind: Kind, number: int) -> None:
    """A look that fails is told, and the old cursor brings all again when the service is back."""
    old = brief.mailbox.changes(None).cursor
    refs = {brief.hands.deliver_mail(mail(number=n)) for n in range(number)}
    brief.fault(operation, kind, times=500)
    with pytest.raises(ProviderError):
        list(brief.mailbox.changes(old).heads)
    brief.hands.server.faults.clear()
    assert {head.ref for head in brief.mailbox.changes(old).heads} == refs


def test_a_sync_state_that_expired_in_one_folder_is_told(account: Account) -> None:
    """One folder whose state the server forgot is enough: nothing is concluded from the others."""
    account.hands.deliver_mail(mail(number=1))
    account.hands.deliver_mail(mail(number=2), Folder.ARCHIVE)
    cursor = account.mailbox.changes(None).cursor
    account.hands.deliver_mail(mail(number=3))
    account.fault("SyncFolderItems", Error("ErrorInvalidSyncStateData"), after=1)
    with pytest.raises(CursorExpiredError):
        account.mailbox.changes(cursor)
    assert account.mailbox.changes(None).total == 3


def test_a_folder_deleted_between_two_requests_is_told(account: Account) -> None:
    """A folder that goes after the folders were listed is no silent loss of what was in it."""
    account.hands.deliver_mail(mail(), Folder.ARCHIVE)
    cursor = account.mailbox.changes(None).cursor
    account.fault("SyncFolderItems", Error("ErrorFolderNotFound"))
    with pytest.raises(CursorExpiredError):
        account.mailbox.changes(cursor)
    account.fault("SyncFolderItems", Error("ErrorFolderNotFound"))
    assert account.mailbox.changes(None).total == 0


def test_a_folder_that_may_not_be_read_stops_no_other(account: Account) -> None:
    """Without the right to a folder the others are read; given back, nothing of it was missed or gone."""
    kept = account.hands.deliver_mail(mail(number=1), Folder.OTHER)
    first = account.mailbox.changes(None)
    account.hands.mail.withdraw("Family")
    new = account.hands.deliver_mail(mail(number=2))
    second = account.mailbox.changes(first.cursor)
    assert ([head.ref for head in second.heads], second.removed) == ([new], ())
    account.hands.mail.withdraw("Family", denied=False)
    late = account.hands.deliver_mail(mail(number=3), Folder.OTHER)
    third = account.mailbox.changes(second.cursor)
    assert ([head.ref for head in third.heads], third.removed) == ([late], ())
    account.hands.user_deletes_mail(kept)
    assert account.mailbox.changes(third.cursor).removed == (kept,)


@pytest.mark.parametrize("name", ["inbox", "msgfolderroot"])
def test_an_inbox_that_may_not_be_read_is_told(account: Account, name: str) -> None:
    """When the right to the inbox, or to all, is withdrawn, that is an error and no empty mailbox."""
    account.hands.deliver_mail(mail())
    cursor = account.mailbox.changes(None).cursor
    account.hands.mail.withdraw(name)
    for place in (cursor, None):
        with pytest.raises((UnsupportedError, AuthError)):
            account.mailbox.changes(place)


def test_the_wait_that_exchange_asks_for_is_kept(account: Account) -> None:
    """A busy server is asked again after the time that it names, and not before."""
    account.hands.deliver_mail(mail())
    account.fault("FindFolder", Busy(600))
    begun = time.monotonic()
    assert account.mailbox.changes(None).total == 1
    assert time.monotonic() - begun >= 0.6


def test_a_wait_beyond_our_patience_is_told(account: Account) -> None:
    """A server that wants minutes is not waited for; the error says how long."""
    account.fault("FindFolder", Busy(300_000))
    begun = time.monotonic()
    with pytest.raises(TransientError) as told:
        account.mailbox.changes(None)
    assert told.value.retry_after == timedelta(minutes=5)
    assert time.monotonic() - begun < 2


def test_a_wrong_password_is_told_at_once(account: Account) -> None:
    """A password that is not accepted is tried once: trying again locks accounts."""
    account.hands.server.password = "another"
    with pytest.raises(AuthError):
        account.mailbox.changes(None)
    assert account.hands.server.round_trips() == 1


# --- mails that cannot be read


class Spoiled(Messages):
    """Messages of which some cannot be read, whole or at all."""

    whole: frozenset[str] = frozenset()
    unconverted: frozenset[str] = frozenset()
    code = "ErrorMimeContentConversionFailed"

    def value(self, item: Item, name: str) -> Value | None:
        if item.id in self.unconverted and name == "MimeContent":
            raise EwsError(self.code, "It cannot be converted.")
        return super().value(item, name)

    def element(self, item: Item, shape: Element | None, *, found: bool = False) -> Element:
        if item.id in self.whole and not found:
            raise EwsError(self.code, "It is corrupt.")
        return super().element(item, shape, found=found)


def spoil(hands: ExchangeHarness, code: str, *, whole: Collection[Ref] = (), mime: Collection[Ref] = ()) -> None:
    """Let the server not give some messages, or not as MIME."""
    made = Spoiled(hands.server.state, "Message", "MessageType", "IPM.Note")
    made.whole, made.unconverted, made.code = frozenset(whole), frozenset(mime), code
    hands.server.state.kinds["Message"] = made


CODES = ["ErrorMimeContentConversionFailed", "ErrorCorruptData", "ErrorInternalServerError"]


@pytest.mark.parametrize("code", CODES)
def test_a_mail_without_mime_is_read_by_its_properties(brief: Account, code: str) -> None:
    """A mail that the server cannot convert has its head, and of its text what else there is."""
    refs = [brief.hands.deliver_mail(mail(number=number, body=f"text {number}\n")) for number in range(3)]
    spoil(brief.hands, code, mime={refs[1]})
    found = {head.ref: head for head in brief.mailbox.changes(None).heads}
    assert found[refs[1]].header("Subject") == "Missed call"
    read = dict(brief.mailbox.fetch(refs))
    assert list(read) == refs
    assert plain(read[refs[0]]) == plain(mail(number=0, body="text 0\n"))
    assert plain(read[refs[1]]).endswith(b"text 1")
    assert b"From: Phone <phone@pbx.example>" in read[refs[1]]


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("number", [3, 150])
def test_a_mail_that_cannot_be_read_stops_no_other(brief: Account, code: str, number: int) -> None:
    """One corrupt mail has a head with its time and nothing more, and no text; all others are read."""
    refs = [brief.hands.deliver_mail(mail(number=n, body=f"text {n}\n")) for n in range(number)]
    spoil(brief.hands, code, whole={refs[1]})
    found = {head.ref: head for head in brief.mailbox.changes(None).heads}
    assert set(found) == set(refs)
    assert (found[refs[1]].headers, found[refs[1]].received_at < found[refs[2]].received_at) == ((), True)
    assert [ref for ref, _ in brief.mailbox.fetch(refs[:3])] == [refs[0], refs[2]]


def test_a_store_that_is_away_is_no_damaged_mail(brief: Account) -> None:
    """Where no mail can be read for now, none is taken for damaged: the pass ends, and the next one reads all."""
    refs = {brief.hands.deliver_mail(mail(number=n)) for n in range(3)}
    found = brief.mailbox.changes(None)
    brief.fault("GetItem", Error("ErrorInternalServerError"), times=500)
    with pytest.raises(TransientError):
        list(found.heads)
    brief.hands.server.faults.clear()
    assert {head.ref for head in brief.mailbox.changes(None).heads if head.headers} == refs


def test_a_mail_that_spoils_the_whole_answer_is_found(brief: Account) -> None:
    """Where one mail makes the answer about all of them unreadable, the others are still read."""
    refs = [brief.hands.deliver_mail(mail(number=n)) for n in range(9)]
    brief.hands.server.watch = watch = _Poisons(brief, refs[4])
    found = {head.ref: head for head in brief.mailbox.changes(None).heads}
    assert watch.struck
    assert {ref for ref, head in found.items() if head.header("Subject") == "Missed call"} == set(refs) - {refs[4]}


class _Poisons:
    """Makes garbage of every answer about one mail."""

    def __init__(self, account: Account, ref: Ref) -> None:
        self._account, self._ref = account, ref.encode()
        self.struck = 0

    def __call__(self, when: str, body: bytes) -> None:
        if when == "before" and b"GetItem" in body and self._ref in body:
            self._account.fault("GetItem", Broken.GARBAGE)
            self.struck += 1


def test_a_draft_that_cannot_be_read_hides_no_other(account: Account) -> None:
    """A corrupt draft is left out of the list, and told where it is asked for."""
    own = account.hands.user_writes_draft(mail("Holiday"))
    kept = account.drafts.put(draft(), "k")
    spoil(account.hands, "ErrorCorruptData", whole={own})
    assert [each.ref for each in account.drafts.list()] == [kept]
    with pytest.raises(InvalidResponseError):
        account.drafts.get(own)


def test_hostile_refs_are_never_asked_for(account: Account) -> None:
    """What cannot be an id is asked for under no name."""
    account.hands.server.reset_traffic()
    for text in ("", "a b", "<ItemId/>", "x" * 600, "ä" * 40, "A" * 40 + "\n"):
        _is_unknown(account, Ref(text))
    assert account.hands.server.round_trips() == 0


@pytest.mark.parametrize("text", ["x", "../../../../etc/passwd", "{item:7|x}~", "x" * 512])
def test_a_ref_that_could_be_an_id_somewhere_is_unknown(account: Account, text: str) -> None:
    """Ids of another server's kind are asked for, and what this server does not know is gone."""
    _is_unknown(account, Ref(text))


def _is_unknown(account: Account, ref: Ref) -> None:
    assert list(account.mailbox.fetch([ref])) == []
    with pytest.raises(NotFoundError):
        account.mailbox.set_state(ref, Label.DONE)
    with pytest.raises(NotFoundError):
        account.drafts.get(ref)


# --- waiting


@pytest.mark.parametrize("kind", [Broken.DROP_BEFORE, Error("ErrorSubscriptionNotFound"), Broken.GARBAGE])
def test_a_wait_that_breaks_is_told_and_leaves_no_connection(account: Account, kind: Kind) -> None:
    """A stream that ends before its time is an error in our words, and the connection can be used again."""
    account.mailbox.changes(None)
    for _ in range(4):
        account.fault("GetStreamingEvents", kind)
        with pytest.raises(ProviderError):
            account.mailbox.wait(timedelta(seconds=20))
    assert account.mailbox.changes(None).total == 0

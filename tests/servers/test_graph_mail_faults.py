"""The mail half of the Microsoft 365 provider on bad days: nothing doubled, nothing lost, a word on what to do."""

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
from assistant.standards import compose
from providers._net import Patience
from providers.microsoft365.drafts import GraphDraftBox
from providers.microsoft365.mailbox import GraphMailbox
from tests.contract.harness import mail
from tests.contract.microsoft365 import QUICK, Microsoft365Harness
from tests.servers.ews.mail import Messages
from tests.servers.graph import ids
from tests.servers.graph.calls import GraphError
from tests.servers.graph.faults import Broken, Error, Fault, Kind, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.servers.ews.items import Item

SHORT = Patience(request=timedelta(seconds=5), total=timedelta(seconds=0.3), throttled=timedelta(seconds=0.3))
ONE_TRY = Patience(request=timedelta(seconds=5), total=timedelta(), throttled=timedelta())
BATCH = "POST /$batch"
DELTA = "GET /me/mailFolders/{folder}/messages/delta"
FOLDERS = "GET /me/mailFolders/delta"
NAMED = "GET /me/mailFolders/{folder}"
MIME = "GET /me/messages/{message}/$value"
READ = "GET /me/messages/{message}"
FIND = "GET /me/messages"
DRAFTS = "GET /me/mailFolders/{folder}/messages"
PATCH = "PATCH /me/messages/{message}"
DELETE = "DELETE /me/messages/{message}"
DRAFT = "POST /me/messages"
ANSWER = "POST /me/messages/{message}/createReply"
APPEND = "POST /me/mailFolders/{folder}/messages"
LISTED = "GET /me/outlook/masterCategories"
LISTS = "POST /me/outlook/masterCategories"
PASSING: dict[str, Kind] = {
    "429": Status(429),
    "429 with Retry-After": Status(429, "0"),
    "throttled": Error("ApplicationThrottled"),
    "502": Status(502),
    "503": Status(503),
    "504": Status(504),
    "transient": Error("ErrorInternalServerTransientError"),
    "dropped before": Broken.DROP_BEFORE,
    "dropped after": Broken.DROP_AFTER,
    "cut": Broken.CUT,
    "unauthorised": Broken.UNAUTHORIZED,
}
UNREADABLE: dict[str, Kind] = {"garbage": Broken.GARBAGE, "charset": Broken.WRONG_CHARSET}


class Account(NamedTuple):
    """A Microsoft 365 account with the user's hands on it, and our two services of one connection."""

    hands: Microsoft365Harness
    mailbox: GraphMailbox
    drafts: GraphDraftBox

    def fault(self, operation: str, kind: Kind, times: int = 1, after: int = 0) -> None:
        """Order faults to come."""
        self.hands.server.faults.add(Fault(operation, kind, times, after))

    def texts(self, folder: str) -> list[bytes]:
        """Return the last line of everything in a folder, sorted."""
        inside = self.hands.mail.inside(folder)
        return sorted((each.raw or b"").strip().splitlines()[-1] for each in inside)


def opened(hands: Microsoft365Harness, patience: Patience) -> Account:
    graph = hands.open(patience)
    return Account(hands, GraphMailbox(graph, hands.server.address), GraphDraftBox(graph))


@pytest.fixture
def hands() -> Iterator[Microsoft365Harness]:
    """Return an empty account."""
    found = Microsoft365Harness()
    yield found
    found.close()


@pytest.fixture
def account(hands: Microsoft365Harness) -> Account:
    """Return it with a patience of two seconds."""
    return opened(hands, QUICK)


@pytest.fixture
def brief(hands: Microsoft365Harness) -> Account:
    """Return it with hardly any patience."""
    return opened(hands, SHORT)


def draft(text: str = "Sorry.\n", **fields: str) -> bytes:
    return mail("Re: Missed call", body=text, number=77, From="me@example.org", To="ann@acme.example", **fields)


def puts(account: Account) -> None:
    account.drafts.put(draft(), "k")


def answers(account: Account) -> None:
    """Put a draft that answers the one mail there is, which the user has not read and we have labelled."""
    inside = account.hands.mail.inside("archive")
    asked = Ref(ids.address(inside[0].id)) if inside else account.hands.deliver_mail(mail(), Folder.ARCHIVE)
    if not account.hands.categories(asked):
        account.hands.mailbox.set_state(asked, Label.TO_CALL)
    account.drafts.put(draft(In_Reply_To="<m1@example.org>", References="<m1@example.org>"), "k", "any")
    assert account.hands.unread(asked)


def appends(account: Account) -> None:
    account.mailbox.append(mail("Today", body="Sorry.\n"), "k")


Write = tuple[str, str, "Callable[[Account], None]"]
WRITES = [
    pytest.param(("drafts", DRAFT, puts), id="put"),
    pytest.param(("drafts", ANSWER, answers), id="answer"),
    pytest.param(("inbox", APPEND, appends), id="append"),
]


# --- creating


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("kind", PASSING.values(), ids=PASSING)
def test_one_fault_is_got_over(account: Account, write: Write, kind: Kind) -> None:
    """Whatever happens to the first try, there is one object afterwards, and trying again is none more."""
    folder, operation, work = write
    account.fault(operation, kind)
    work(account)
    assert account.hands.server.faults.pending == 0
    work(account)
    assert account.texts(folder) == [b"Sorry."]


@pytest.mark.parametrize("write", WRITES)
def test_a_lasting_loss_of_answers_doubles_nothing(account: Account, write: Write) -> None:
    """When no answer to the creation ever arrives, it is looked for and found."""
    folder, operation, work = write
    account.fault(operation, Broken.DROP_AFTER, times=50)
    work(account)
    assert account.texts(folder) == [b"Sorry."]
    assert account.hands.server.round_trips(operation) == 1


@pytest.mark.parametrize("write", WRITES)
def test_a_lasting_fault_is_told_and_repeating_later_is_once(hands: Microsoft365Harness, write: Write) -> None:
    """A service that stays away is told in time; the next pass, a new connection, makes one object."""
    folder, operation, work = write
    account = opened(hands, SHORT)
    account.fault(operation, Status(503), times=500)
    begun = time.monotonic()
    with pytest.raises(TransientError):
        work(account)
    assert time.monotonic() - begun < 5
    hands.server.faults.clear()
    again = opened(hands, QUICK)
    work(again)
    assert again.texts(folder) == [b"Sorry."]


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("kind", UNREADABLE.values(), ids=UNREADABLE)
def test_an_answer_that_cannot_be_read_is_told_and_repeating_later_is_once(
    account: Account, kind: Kind, write: Write
) -> None:
    """An answer to the creation that nobody can read is an error in our words; the next try finds what it made."""
    folder, operation, work = write
    account.fault(operation, kind)
    with pytest.raises(InvalidResponseError):
        work(account)
    again = opened(account.hands, QUICK)
    work(again)
    assert again.texts(folder) == [b"Sorry."]


def test_what_cannot_be_answered_gets_a_draft_of_its_own(account: Account) -> None:
    """Microsoft refuses to answer some mails; what is to be said is written all the same."""
    account.fault(ANSWER, Error("ErrorInvalidRecipients"))
    answers(account)
    assert account.texts("drafts") == [b"Sorry."]
    assert account.hands.server.round_trips(DRAFT) == 1


def test_a_draft_is_not_answered(account: Account) -> None:
    """A draft of the user's with the id that is answered is not the mail that came."""
    account.hands.user_writes_draft(mail())
    account.drafts.put(draft(In_Reply_To="<m1@example.org>"), "k", "any")
    assert (account.hands.server.round_trips(ANSWER), account.hands.server.round_trips(DRAFT)) == (0, 1)


@pytest.mark.parametrize("kind", [Status(503), Error("ErrorIrresolvableConflict"), Status(429, "0")])
def test_the_unread_mark_comes_back_whatever_happens(account: Account, kind: Kind) -> None:
    """When the mark cannot be given back in the same request, it is tried again."""
    asked = account.hands.deliver_mail(mail())
    account.hands.mailbox.set_state(asked, Label.TO_CALL)
    account.fault(PATCH, kind)
    account.drafts.put(draft(In_Reply_To="<m1@example.org>"), "k", "any")
    assert account.hands.server.faults.pending == 0
    assert account.hands.unread(asked)


# --- changing


@pytest.mark.parametrize("kind", PASSING.values(), ids=PASSING)
def test_a_change_of_a_draft_is_made_once(account: Account, kind: Kind) -> None:
    """Replacing and deleting get over one fault: a lost answer is not taken for somebody else's edit."""
    first = account.drafts.put(draft(), "k")
    account.fault(PATCH, kind)
    second = account.drafts.put(draft("At 11:00.\n"), "k", previous=first)
    assert account.texts("drafts") == [b"At 11:00."]
    account.fault(DELETE, kind)
    account.drafts.delete(second.ref, second.etag)
    assert account.texts("drafts") == []
    assert account.texts("deleteditems") == [b"At 11:00."]
    assert account.hands.server.faults.pending == 0


@pytest.mark.parametrize("times", [1, 3])
def test_a_conflict_that_nobody_made_is_got_over(account: Account, times: int) -> None:
    """Exchange says 412 also when it touches a message itself: read again, nothing of the user's is there."""
    first = account.drafts.put(draft(), "k")
    account.fault(PATCH, Error("ErrorIrresolvableConflict"), times=times)
    second = account.drafts.put(draft("At 11:00.\n"), "k", previous=first)
    account.fault(DELETE, Error("ErrorIrresolvableConflict"), times=times)
    account.drafts.delete(second.ref, second.etag)
    assert account.texts("deleteditems") == [b"At 11:00."]


def test_a_conflict_without_end_is_told(account: Account) -> None:
    """A change that is never taken is an error that says so, and no edit of the user's."""
    first = account.drafts.put(draft(), "k")
    account.fault(PATCH, Error("ErrorIrresolvableConflict"), times=500)
    with pytest.raises(TransientError):
        account.drafts.put(draft("At 11:00.\n"), "k", previous=first)
    ref = account.hands.deliver_mail(mail())
    with pytest.raises(TransientError):
        account.mailbox.set_state(ref, Label.DONE)


def test_an_edit_under_a_lost_answer_is_the_users(hands: Microsoft365Harness) -> None:
    """When the answer to a replacement is lost and the user edits the draft, their words stay."""
    account = opened(hands, ONE_TRY)
    first = account.drafts.put(draft(), "k")
    account.fault(PATCH, Broken.DROP_AFTER)
    with pytest.raises(TransientError):
        account.drafts.put(draft("At 11:00.\n"), "k", previous=first)
    hands.user_edits_draft(first.ref, draft("My own words.\n"))
    with pytest.raises(ProviderError, match="edited"):
        account.drafts.put(draft("At 11:00.\n"), "k", previous=first)
    assert account.texts("drafts") == [b"My own words."]


@pytest.mark.parametrize("operation", [READ, PATCH, LISTED, LISTS, BATCH])
@pytest.mark.parametrize("kind", PASSING.values(), ids=PASSING)
def test_a_label_is_set_once(account: Account, operation: str, kind: Kind) -> None:
    """One fault on the way to a label leaves exactly that label, and six categories in the user's list."""
    ref = account.hands.deliver_mail(mail())
    account.fault(operation, kind)
    account.mailbox.set_state(ref, Label.TO_CALL)
    assert account.hands.categories(ref) == ["Callbacks/To call"]
    listed = account.hands.server.state.configurations.categories()
    assert sum(name.startswith("Callbacks/") for name in listed) == len(Label)


@pytest.mark.parametrize("kind", [Status(503), Error("ErrorAccessDenied"), Broken.UNAUTHORIZED, Status(403)])
def test_a_list_of_categories_out_of_order_stops_no_label(brief: Account, kind: Kind) -> None:
    """When the user's list cannot be read or written, the message gets its category all the same."""
    ref = brief.hands.deliver_mail(mail())
    brief.fault("* /me/outlook/masterCategories", kind, times=500)
    brief.mailbox.set_state(ref, Label.TO_CALL)
    assert brief.hands.categories(ref) == ["Callbacks/To call"]


@pytest.mark.parametrize("kind", [Status(429, "0"), Status(503), Error("ErrorIrresolvableConflict")])
def test_a_part_of_a_batch_that_fails_is_tried_alone(account: Account, kind: Kind) -> None:
    """Of thirty labels two are refused at first: all are set, and only those two are asked again."""
    refs = [account.hands.deliver_mail(mail(number=number)) for number in range(30)]
    assert len(list(account.mailbox.changes(None).heads)) == 30
    account.mailbox.set_state(refs[0], Label.CHECK)
    account.hands.server.reset_traffic()
    account.fault(PATCH, kind, times=2, after=5)
    assert account.mailbox.set_states(dict.fromkeys(refs, Label.DONE)) == {}
    assert [account.hands.categories(ref) for ref in refs] == [["Callbacks/Done"]] * 30
    assert len(account.hands.server.calls(PATCH)) == 32


def test_a_batch_that_is_too_much_at_once_comes_to_its_end(hands: Microsoft365Harness) -> None:
    """Where Outlook answers four parts of a batch and refuses the others, these are asked again until all are there."""
    refs = [hands.deliver_mail(mail(number=number)) for number in range(6)]
    hands.server.crowd_batches()
    account = opened(hands, Patience())
    first = account.mailbox.changes(None)
    assert [head.ref for head in first.heads] == refs
    account.mailbox.set_states(dict.fromkeys(refs, Label.DONE))
    assert [hands.categories(ref) for ref in refs] == [["Callbacks/Done"]] * 6


def test_a_part_that_stays_refused_is_told_of_alone(brief: Account) -> None:
    """One message that cannot be changed stops no other."""
    refs = [brief.hands.deliver_mail(mail(number=number)) for number in range(5)]
    assert len(list(brief.mailbox.changes(None).heads)) == 5
    brief.fault(PATCH, Error("ErrorAccessDenied"), after=2)
    failed = brief.mailbox.set_states(dict.fromkeys(refs, Label.DONE))
    assert {ref: type(error) for ref, error in failed.items()} == {refs[2]: UnsupportedError}
    assert [bool(brief.hands.categories(ref)) for ref in refs] == [True, True, False, True, True]


# --- reading


@pytest.mark.parametrize("operation", [BATCH, FOLDERS, NAMED, DELTA])
@pytest.mark.parametrize("kind", PASSING.values(), ids=PASSING)
def test_reading_gets_over_one_fault(account: Account, operation: str, kind: Kind) -> None:
    """One fault anywhere in a look costs no mail and no pass."""
    refs = {account.hands.deliver_mail(mail(number=number)) for number in range(3)}
    account.fault(operation, kind)
    assert {head.ref for head in account.mailbox.changes(None).heads} == refs
    assert account.hands.server.faults.pending == 0


@pytest.mark.parametrize("kind", PASSING.values(), ids=PASSING)
def test_fetching_gets_over_one_fault(account: Account, kind: Kind) -> None:
    """One fault costs no mail, nor its text."""
    refs = [account.hands.deliver_mail(mail(number=number, body=f"text {number}\n")) for number in range(3)]
    account.fault(MIME, kind)
    found = dict(account.mailbox.fetch(refs))
    assert [found[ref].split()[-1] for ref in refs] == [b"0", b"1", b"2"]


@pytest.mark.parametrize("kind", [Broken.GARBAGE, Status(503), Broken.CUT], ids=["garbage", "503", "cut"])
@pytest.mark.parametrize("operation", [BATCH, FOLDERS, DELTA])
@pytest.mark.parametrize("number", [1, 250])
def test_reading_that_fails_loses_nothing(brief: Account, operation: str, kind: Kind, number: int) -> None:
    """A look that fails is told, and the old cursor brings all again when the service is back."""
    old = brief.mailbox.changes(None).cursor
    refs = {brief.hands.deliver_mail(mail(number=n)) for n in range(number)}
    brief.fault(operation, kind, times=500)
    with pytest.raises(ProviderError):
        list(brief.mailbox.changes(old).heads)
    brief.hands.server.faults.clear()
    assert {head.ref for head in brief.mailbox.changes(old).heads} == refs


@pytest.mark.parametrize("kind", [Broken.GARBAGE, Status(503), Error("SyncStateNotFound")])
def test_a_page_that_fails_loses_nothing(brief: Account, kind: Kind) -> None:
    """A later page of a folder that fails is told too; nothing was concluded from the first."""
    refs = {brief.hands.deliver_mail(mail(number=n)) for n in range(250)}
    brief.fault(DELTA, kind, times=500, after=5)
    with pytest.raises((TransientError, InvalidResponseError)):
        brief.mailbox.changes(None)
    brief.hands.server.faults.clear()
    assert {head.ref for head in brief.mailbox.changes(None).heads} == refs


@pytest.mark.parametrize("code", ["SyncStateNotFound", "resyncRequired", "SyncStateInvalid"])
def test_a_token_that_expired_in_one_folder_is_told(account: Account, code: str) -> None:
    """One folder whose token Microsoft forgot is enough (410): nothing is concluded from the others."""
    account.hands.deliver_mail(mail(number=1))
    account.hands.deliver_mail(mail(number=2), Folder.ARCHIVE)
    cursor = account.mailbox.changes(None).cursor
    account.hands.deliver_mail(mail(number=3))
    account.fault(DELTA, Error(code), after=1)
    with pytest.raises(CursorExpiredError):
        account.mailbox.changes(cursor)
    assert account.mailbox.changes(None).total == 3


def test_a_mailbox_that_wants_all_read_again_is_read_again(account: Account) -> None:
    """After resyncRequired with its Location (410), reading from the beginning works."""
    ref = account.hands.deliver_mail(mail())
    cursor = account.mailbox.changes(None).cursor
    account.hands.expire_mail_cursors("resyncRequired")
    with pytest.raises(CursorExpiredError):
        account.mailbox.changes(cursor)
    assert [head.ref for head in account.mailbox.changes(None).heads] == [ref]


def test_a_folder_deleted_between_two_requests_is_told(account: Account) -> None:
    """A folder that goes while the folders are read is no silent loss of what was in it."""
    account.hands.deliver_mail(mail(), Folder.ARCHIVE)
    cursor = account.mailbox.changes(None).cursor
    account.fault(DELTA, Error("ErrorItemNotFound"))
    with pytest.raises(CursorExpiredError):
        account.mailbox.changes(cursor)
    account.fault(DELTA, Error("ErrorItemNotFound"), times=5)
    with pytest.raises(NotFoundError):  # the inbox goes nowhere
        account.mailbox.changes(None)


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


def test_an_inbox_that_may_not_be_read_is_told(account: Account) -> None:
    """When the right to the inbox is withdrawn, that is an error and no empty mailbox."""
    account.hands.deliver_mail(mail())
    cursor = account.mailbox.changes(None).cursor
    account.hands.mail.withdraw("inbox")
    for place in (cursor, None):
        with pytest.raises((UnsupportedError, AuthError)):
            account.mailbox.changes(place)


def test_the_wait_that_microsoft_asks_for_is_kept(account: Account) -> None:
    """A part that was throttled is asked again after the time that it names, and not before."""
    account.hands.deliver_mail(mail())
    account.fault(DELTA, Status(429, "1"))
    begun = time.monotonic()
    assert account.mailbox.changes(None).total == 1
    assert time.monotonic() - begun >= 1


def test_a_wait_beyond_our_patience_is_told(account: Account) -> None:
    """A service that wants minutes is not waited for; the error says how long."""
    account.fault(BATCH, Status(429, "300"))
    begun = time.monotonic()
    with pytest.raises(TransientError) as told:
        account.mailbox.changes(None)
    assert told.value.retry_after == timedelta(minutes=5)
    assert time.monotonic() - begun < 2


def test_marks_that_are_refused_are_not_asked_for_again(account: Account) -> None:
    """Where Microsoft takes no $expand of the list of folders, all folders are asked instead, then and later."""
    for number in range(25):
        account.hands.mail.add_folder(f"F{number}")
    cursor = account.mailbox.changes(None).cursor
    ref = account.hands.deliver_into(mail(), "F24")
    account.fault(FOLDERS, Error("ErrorInvalidProperty"))
    found = account.mailbox.changes(cursor)
    assert [head.ref for head in found.heads] == [ref]
    account.hands.server.reset_traffic()
    assert account.mailbox.changes(found.cursor).total == 0
    assert not any("0x670A" in each.target for each in account.hands.server.calls(FOLDERS))


# --- mails that cannot be read


class Spoiled(Messages):
    """Messages of which some cannot be read as MIME."""

    refs: frozenset[str] = frozenset()
    error = GraphError("ErrorMimeContentConversionFailed", "It cannot be converted.", 500)

    def mime(self, item: Item) -> bytes | None:
        if item.id in self.refs:
            raise self.error
        return super().mime(item)


CODES = {
    "conversion": GraphError("ErrorMimeContentConversionFailed", "It cannot be converted.", 500),
    "corrupt": GraphError("ErrorCorruptData", "It is corrupt.", 400),
    "internal": GraphError("ErrorInternalServerError", "Something went wrong.", 500),
}


def spoil(hands: Microsoft365Harness, error: GraphError, *refs: Ref) -> None:
    """Let the server not give some messages as MIME."""
    made = Spoiled(hands.server.state, "Message", "MessageType", "IPM.Note")
    made.refs, made.error = frozenset(ids.stored(ref) for ref in refs), error
    hands.server.state.kinds["Message"] = made


@pytest.mark.parametrize("error", CODES.values(), ids=CODES)
@pytest.mark.parametrize("asked", [[1], [0, 1, 2]])
def test_a_mail_that_cannot_be_read_stops_no_other(brief: Account, error: GraphError, asked: list[int]) -> None:
    """Of one corrupt mail there is what its properties tell, asked for alone or with others; these are whole."""
    refs = [brief.hands.deliver_mail(mail(number=n, body=f"text {n}\n")) for n in range(3)]
    spoil(brief.hands, error, refs[1])
    read = dict(brief.mailbox.fetch([refs[n] for n in asked]))
    assert [raw.split()[-1].decode() for raw in read.values()] == [str(n) for n in asked]
    assert read[refs[1]].startswith(b"From: Phone <phone@pbx.example>")


def test_a_store_that_is_away_is_no_damaged_mail(brief: Account) -> None:
    """Where no mail can be read for now, none is taken for damaged: the pass ends, and the next one reads all."""
    refs = [brief.hands.deliver_mail(mail(number=n, body=f"text {n}\n")) for n in range(3)]
    brief.fault(MIME, Status(500), times=500)
    with pytest.raises(TransientError):
        list(brief.mailbox.fetch(refs))
    brief.hands.server.faults.clear()
    assert [raw.split()[-1] for _, raw in brief.mailbox.fetch(refs)] == [b"0", b"1", b"2"]


def test_a_mail_that_is_throttled_is_no_damaged_mail(brief: Account) -> None:
    """Where Microsoft gives one mail and wants to be asked later for the others, these are not made up."""
    refs = [brief.hands.deliver_mail(mail(number=n)) for n in range(3)]
    brief.fault(MIME, Status(429), times=500, after=1)
    with pytest.raises(TransientError):
        list(brief.mailbox.fetch(refs))


def test_a_draft_that_cannot_be_read_hides_no_other(brief: Account) -> None:
    """A corrupt draft is left out of the list, and told where it is asked for."""
    own = brief.hands.user_writes_draft(mail("Holiday"))
    kept = brief.drafts.put(draft(), "k")
    spoil(brief.hands, CODES["corrupt"], own)
    assert [each.ref for each in brief.drafts.list()] == [kept]
    with pytest.raises(ProviderError):
        brief.drafts.get(own)


def test_hostile_refs_are_never_asked_for(account: Account) -> None:
    """What cannot be an id of Graph's is asked for under no name."""
    account.hands.server.reset_traffic()
    for text in ("", "x", "a b", "$value", "x" * 700, "ä" * 40, "A" * 40 + "\n", "../../../../etc/passwd", "a/" * 20):
        ref = Ref(text)
        assert list(account.mailbox.fetch([ref])) == []
        with pytest.raises(NotFoundError):
            account.mailbox.set_state(ref, Label.DONE)
        with pytest.raises(NotFoundError):
            account.drafts.get(ref)
    assert account.hands.server.round_trips() == 0


def test_a_revoked_sign_in_is_told(account: Account) -> None:
    """A token that is refused twice is an error that names what to run, and nothing is taken for empty."""
    account.hands.deliver_mail(mail())
    account.fault("*", Broken.UNAUTHORIZED, times=500)
    with pytest.raises(AuthError, match="ringback connect microsoft365"):
        account.mailbox.changes(None)
    account.hands.server.faults.clear()
    assert account.mailbox.changes(None).total == 1


def test_what_microsoft_tells_is_not_trusted(account: Account) -> None:
    """Names and subjects with line breaks add no field, and no category of ours is taken from a part of a name."""
    ref = account.hands.deliver_mail(mail("=?utf-8?q?Hi=0D=0AX-Evil:_1?="), Folder.SENT)
    account.hands.user_categorises(ref, ["Callbacks/To call today", "My Callbacks/Done"])
    (head,) = account.mailbox.changes(None).heads
    assert head.header("X-Evil") is None
    assert head.labels == frozenset()
    assert compose.KEY_HEADER not in dict(head.headers)

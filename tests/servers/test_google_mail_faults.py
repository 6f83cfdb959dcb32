"""The mail half of the Google provider on bad days: nothing doubled, nothing lost, one message that says what to do."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

import pytest

from assistant.errors import AuthError, CursorExpiredError, InvalidResponseError, TransientError
from assistant.model.mailbox import Cursor, Label, Ref
from providers._net import Patience
from providers.google.cursors import Place, pack
from providers.google.drafts import GoogleDraftBox
from providers.google.mailbox import GoogleMailbox
from tests.contract.google import QUICK, GoogleHarness, connected
from tests.contract.harness import mail
from tests.servers.google.faults import Broken, Delay, Fault, Kind, Status
from tests.servers.google.quota import Limit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from providers.google.service import Google

SHORT = Patience(request=timedelta(seconds=5), total=timedelta(seconds=0.3), throttled=timedelta(seconds=0.3))
ONE_TRY = Patience(request=timedelta(seconds=5), total=timedelta(), throttled=timedelta())
HASTY = Patience(request=timedelta(seconds=0.25), total=timedelta(seconds=2), throttled=timedelta(seconds=2))
PASSING = {
    "429": Status(429, "rateLimitExceeded"),
    "429 with Retry-After": Status(429, "userRateLimitExceeded", "0"),
    "403": Status(403, "rateLimitExceeded"),
    "500": Status(500, "backendError"),
    "503": Status(503, "backendError"),
    "dropped before": Broken.DROP_BEFORE,
    "dropped after": Broken.DROP_AFTER,
    "cut": Broken.CUT,
}


class Account(NamedTuple):
    """A Google account with the user's hands on it, and our two services of one connection."""

    hands: GoogleHarness
    google: Google
    mailbox: GoogleMailbox
    drafts: GoogleDraftBox

    def fault(self, method: str, kind: Kind, times: int = 1, after: int = 0) -> None:
        """Order faults to come."""
        self.hands.server.faults.add(Fault(method, kind, times, after))

    def texts(self) -> list[bytes]:
        """Return the last line of every mail and draft that lies in the account, sorted."""
        return sorted(each.raw.strip().splitlines()[-1] for each in self.hands.gmail.messages())


def opened(hands: GoogleHarness, patience: Patience) -> Iterator[Account]:
    google = connected(hands.server, patience)
    yield Account(hands, google, GoogleMailbox(google), GoogleDraftBox(google))
    google.close()


@pytest.fixture
def hands() -> Iterator[GoogleHarness]:
    """Return an empty account."""
    found = GoogleHarness()
    yield found
    found.close()


@pytest.fixture
def account(hands: GoogleHarness) -> Iterator[Account]:
    """Return an account over a connection with some patience."""
    yield from opened(hands, QUICK)


@pytest.fixture
def brief(hands: GoogleHarness) -> Iterator[Account]:
    """Return an account over a connection with hardly any patience."""
    yield from opened(hands, SHORT)


@pytest.fixture
def hasty(hands: GoogleHarness) -> Iterator[Account]:
    """Return an account over a connection that waits a quarter of a second for an answer."""
    yield from opened(hands, HASTY)


def draft(body: str = "Sorry.\n") -> bytes:
    return mail("Your call", body=body, number=77, To="ann@acme.example")


def creates_a_draft(account: Account) -> None:
    account.drafts.put(draft(), "k")


def replaces_a_draft(account: Account) -> None:
    found = account.drafts.find("k")
    previous = account.drafts.put(draft("Old.\n"), "k") if found is None else found.ref
    account.drafts.put(draft(), "k", previous=previous)


def appends(account: Account) -> None:
    account.mailbox.append(draft(), "k")


def deletes_a_draft(account: Account) -> None:
    account.hands.deliver_mail(draft())
    ref = account.drafts.put(draft("Old.\n"), "k")
    account.drafts.delete(ref.ref, ref.etag)


WRITES = [
    pytest.param("gmail.users.drafts.create", creates_a_draft, id="create"),
    pytest.param("gmail.users.drafts.update", replaces_a_draft, id="update"),
    pytest.param("gmail.users.messages.insert", appends, id="insert"),
    pytest.param("gmail.users.drafts.delete", deletes_a_draft, id="delete"),
]


@pytest.mark.parametrize(("method", "write"), WRITES)
@pytest.mark.parametrize("kind", PASSING.values(), ids=PASSING)
def test_one_fault_is_got_over(account: Account, method: str, write: Callable[[Account], None], kind: Kind) -> None:
    """After one refusal or one lost answer the draft or mail is there once, and the caller sees no error."""
    account.fault(method, kind)
    write(account)
    assert account.hands.server.faults.pending == 0
    assert account.texts() == [b"Sorry."]


@pytest.mark.parametrize(("method", "write"), WRITES[:3])
def test_an_answer_that_comes_too_late_doubles_nothing(
    hasty: Account, method: str, write: Callable[[Account], None]
) -> None:
    """What was done and answered after our patience is found instead of done again."""
    hasty.fault(method, Delay(0.4))
    write(hasty)
    assert hasty.texts() == [b"Sorry."]


@pytest.mark.parametrize(("method", "write"), WRITES[:3])
@pytest.mark.parametrize("kind", [PASSING["429"], PASSING["503"], Broken.DROP_BEFORE], ids=["429", "503", "dropped"])
def test_a_lasting_fault_is_told_and_repeating_later_is_once(
    brief: Account, method: str, write: Callable[[Account], None], kind: Kind
) -> None:
    """When the service stays away a TransientError says that the next pass tries again, and it does no harm then."""
    brief.fault(method, kind, times=99)
    with pytest.raises(TransientError, match="next pass tries again"):
        write(brief)
    brief.hands.server.faults.clear()
    write(brief)
    assert brief.texts() == [b"Sorry."]


@pytest.mark.parametrize(("method", "write"), [WRITES[0], WRITES[2]])
def test_a_lasting_loss_of_answers_doubles_nothing(
    hands: GoogleHarness, method: str, write: Callable[[Account], None]
) -> None:
    """When every answer is lost after the deed and nothing is tried again, the next process finds what was done."""
    hands.server.faults.add(Fault(method, Broken.DROP_AFTER, times=99))
    for account in opened(hands, ONE_TRY):
        with pytest.raises(TransientError, match="Check the connection"):
            write(account)
    for account in opened(hands, ONE_TRY):
        write(account)
        assert account.texts() == [b"Sorry."]
    assert len(hands.server.calls(method)) == 1


def test_a_lasting_loss_of_answers_to_changes_leaves_one_draft(hands: GoogleHarness) -> None:
    """A draft whose change is never answered is changed in its place, by this process and by the next."""
    hands.server.faults.add(Fault("gmail.users.drafts.update", Broken.DROP_AFTER, times=99))
    for _ in range(2):
        for account in opened(hands, ONE_TRY):
            with pytest.raises(TransientError, match="Check the connection"):
                replaces_a_draft(account)
            assert account.texts() == [b"Sorry."]


def test_garbage_is_told_and_repeating_later_is_once(account: Account) -> None:
    """A captive portal's page in place of the answer is told for what it is, and the draft is there once afterwards."""
    account.fault("gmail.users.drafts.create", Broken.GARBAGE)
    with pytest.raises(InvalidResponseError, match="no JSON"):
        account.drafts.put(draft(), "k")
    account.drafts.put(draft(), "k")
    assert account.texts() == [b"Sorry."]


@pytest.mark.parametrize("kind", PASSING.values(), ids=PASSING)
def test_a_label_is_set_once(account: Account, kind: Kind) -> None:
    """After one fault the label is on, and no other of ours."""
    ref = account.hands.deliver_mail(mail())
    account.mailbox.set_state(ref, Label.TO_CALL)
    account.fault("gmail.users.messages.modify", kind)
    account.mailbox.set_state(ref, Label.DONE)
    assert [head.labels for head in account.mailbox.changes(None).heads] == [{Label.DONE}]


@pytest.mark.parametrize("method", ["batch", "gmail.users.labels.create"])
@pytest.mark.parametrize("kind", [Broken.DROP_AFTER, Status(500, "backendError")], ids=["dropped", "500"])
def test_labels_are_made_once(account: Account, method: str, kind: Kind) -> None:
    """When the answer to making the labels is lost each is there once, and used."""
    ref = account.hands.deliver_mail(mail())
    account.fault(method, kind)
    account.mailbox.set_state(ref, Label.DONE)
    names = account.hands.gmail.box.names
    ours = sorted(name for name in names.values() if name.startswith("Callbacks"))
    assert ours == sorted(["Callbacks", *(f"Callbacks/{label}" for label in Label)])
    assert names[next(iter(account.hands.gmail.message(ref).labels - {"INBOX", "UNREAD"}))] == "Callbacks/Done"


@pytest.mark.parametrize("method", ["gmail.users.history.list", "batch", "gmail.users.messages.get"])
@pytest.mark.parametrize("kind", [*PASSING.values(), Delay(0.05)], ids=[*PASSING, "slow"])
def test_reading_gets_over_one_fault(account: Account, method: str, kind: Kind) -> None:
    """After one fault at the history, at a batch or at a part of one, every head comes once."""
    start = account.mailbox.changes(None).cursor
    refs = [account.hands.deliver_mail(mail(number=number)) for number in range(7)]
    account.fault(method, kind)
    assert [head.ref for head in account.mailbox.changes(start).heads] == refs


@pytest.mark.parametrize("method", ["gmail.users.history.list", "batch", "gmail.users.messages.get"])
def test_reading_that_fails_loses_nothing(brief: Account, method: str) -> None:
    """When reading is refused for long it ends in a TransientError, and the old cursor brings all of it later."""
    start = brief.mailbox.changes(None).cursor
    refs = [brief.hands.deliver_mail(mail(number=number)) for number in range(60)]
    brief.fault(method, Status(503, "backendError"), times=999)
    with pytest.raises(TransientError):
        list(brief.mailbox.changes(start).heads)
    brief.hands.server.faults.clear()
    assert [head.ref for head in brief.mailbox.changes(start).heads] == refs


def test_a_throttled_part_is_asked_for_again_alone(account: Account) -> None:
    """Of fifty heads of which one is throttled only that one is fetched again."""
    refs = [account.hands.deliver_mail(mail(number=number)) for number in range(50)]
    account.fault("gmail.users.messages.get", Status(429, "userRateLimitExceeded"), after=20)
    assert {head.ref for head in account.mailbox.changes(None).heads} == set(refs)
    assert len(account.hands.server.calls("gmail.users.messages.get")) == 51


def test_quota_is_waited_for(account: Account) -> None:
    """A mailbox that needs more units than a window allows is read whole, with waits."""
    refs = {account.hands.deliver_mail(mail(number=number)) for number in range(120)}
    account.hands.server.limit(Limit("gmail", 300, timedelta(seconds=0.3), 403, "userRateLimitExceeded"))
    assert {head.ref for head in account.mailbox.changes(None).heads} == refs


def test_the_wait_that_google_asks_for_is_kept(account: Account) -> None:
    """Retry-After of a second is waited for."""
    account.fault("gmail.users.history.list", Status(429, "rateLimitExceeded", "1"))
    start = account.mailbox.changes(None).cursor
    before = time.monotonic()
    account.mailbox.changes(start)
    assert time.monotonic() - before >= 1


def test_a_wait_beyond_our_patience_is_told(account: Account) -> None:
    """Retry-After of an hour ends the tries at once, and the error has the hour."""
    start = account.mailbox.changes(None).cursor
    account.fault("gmail.users.history.list", Status(429, "rateLimitExceeded", "3600"), times=9)
    with pytest.raises(TransientError) as caught:
        account.mailbox.changes(start)
    assert caught.value.retry_after == timedelta(hours=1)
    assert account.hands.server.faults.pending == 8


def test_the_parts_of_a_batch_come_in_any_order(account: Account) -> None:
    """Heads and mails are told apart by their ids, not by their order in an answer."""
    account.hands.server.shuffle_batches()
    refs = [account.hands.deliver_mail(mail(f"Call {number}", number=number)) for number in range(9)]
    assert {head.ref: head.header("Subject") for head in account.mailbox.changes(None).heads} == {
        ref: f"Call {number}" for number, ref in enumerate(refs)
    }
    assert [f"Call {number}".encode() in raw for number, (_, raw) in enumerate(account.mailbox.fetch(refs))] == [
        True
    ] * 9


def test_a_dead_sign_in_is_told(account: Account) -> None:
    """When the permission was taken back every reading and writing says to sign in again."""
    ref = account.hands.deliver_mail(mail())
    start = account.mailbox.changes(None).cursor
    account.hands.server.state.oauth.revoke_all()
    attempts: list[Callable[[], object]] = [
        lambda: account.mailbox.changes(start),
        lambda: account.mailbox.set_state(ref, Label.DONE),
        lambda: account.mailbox.append(draft(), "k"),
        lambda: account.drafts.put(draft(), "k"),
        lambda: list(account.mailbox.fetch([ref])),
    ]
    for attempt in attempts:
        with pytest.raises(AuthError, match="ringback connect google"):
            attempt()


def test_an_expired_token_is_refreshed_unseen(account: Account) -> None:
    """An access token that ended is replaced in the middle of the work."""
    account.hands.deliver_mail(mail())
    start = account.mailbox.changes(None).cursor
    account.hands.server.state.oauth.end_access()
    account.drafts.put(draft(), "k")
    assert len(list(account.mailbox.changes(start).heads)) == 1


@pytest.mark.parametrize("ahead", [timedelta(hours=5), timedelta(days=400), timedelta(hours=-5)])
def test_a_clock_that_is_wrong_does_no_harm(account: Account, ahead: timedelta) -> None:
    """When our clock and Google's differ, tokens are refreshed, news are news, and nothing is doubled."""
    start = account.mailbox.changes(None).cursor
    account.hands.server.clock.advance(ahead)
    ref = account.mailbox.append(draft(), "k")
    assert account.mailbox.append(draft(), "k") == ref
    assert [head.ref for head in account.mailbox.changes(start).heads] == [ref]


@pytest.mark.parametrize("history", ["1", "0", "9" * 40])
def test_a_place_of_another_mailbox_is_refused(account: Account, history: str) -> None:
    """A history id that this mailbox never had raises CursorExpiredError, whether lower or higher than its own."""
    with pytest.raises(CursorExpiredError):
        account.mailbox.changes(Cursor(pack(Place(history=history))))


@pytest.mark.parametrize(
    "raw",
    [
        b"\xff\xfe\x00 no header at all",
        b"Subject: =?utf-8?b?////?= \xfc\xff\nFrom: <<>>\nDate: never\nMessage-ID: <>\n\nx\n",
        b"\n\nbody\n",
        b"Content-Type: multipart/mixed; boundary=x\n\n--x\n--x\nContent-Type: a/b; c*=\xff\n\n",
        b"Subject: " + b"a" * 100_000 + b"\n\n",
    ],
)
def test_a_damaged_mail_stops_nobody(account: Account, raw: bytes) -> None:
    """Mails that no standard allows have heads and bytes, and those after them too."""
    refs = [account.hands.deliver_mail(raw), account.hands.deliver_mail(mail())]
    assert {head.ref for head in account.mailbox.changes(None).heads} == set(refs)
    assert [ref for ref, _ in account.mailbox.fetch(refs)] == refs


def test_hostile_refs_are_never_asked_for(account: Account) -> None:
    """Refs that are no ids of Gmail's cost no request."""
    account.hands.server.reset_traffic()
    hostile = [Ref(text) for text in ("", "../x", "a/b?c=d", "a\0b", "é" * 9)]
    assert list(account.mailbox.fetch(hostile)) == []
    assert account.hands.server.traffic == []

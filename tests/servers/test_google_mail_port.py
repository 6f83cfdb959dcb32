"""What the Mailbox and DraftBox ports make of Gmail's own ways, on the fake: labels, drafts in the web page, costs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from assistant.errors import NotFoundError, UnsupportedError, WrongETagError
from assistant.model.mailbox import Folder, Label, Ref
from assistant.standards import compose
from providers.google.cursors import Place, pack, unpack
from providers.google.mailbox import GoogleMailbox
from tests.contract.google import GoogleHarness
from tests.contract.harness import mail, plain, present

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistant.model.mailbox import Head
    from assistant.ports import DraftBox, Mailbox
    from tests.servers.google.server import GoogleServer

KEY = "ringback-a1b2-cb7-apology"
MARCH = datetime(2026, 3, 20, 9, tzinfo=UTC)


@pytest.fixture
def hands() -> Iterator[GoogleHarness]:
    """Return an empty account."""
    found = GoogleHarness()
    yield found
    found.close()


@pytest.fixture
def server(hands: GoogleHarness) -> GoogleServer:
    """Return the server of the account."""
    return hands.server


@pytest.fixture
def services(hands: GoogleHarness) -> tuple[Mailbox, DraftBox]:
    """Return mailbox and drafts of one connection."""
    account = hands.connect()
    return present(account.mailbox), present(account.drafts)


def ours(body: str = "Sorry for the delay.", subject: str = "Re: Missed call", answers: str | None = None) -> bytes:
    """Return a draft as the core writes it."""
    return compose.compose(
        sender=compose.Party("me@example.org"),
        to=[compose.Party("ann@acme.example")],
        subject=subject,
        body=body,
        key=KEY,
        message_id=f"<{KEY}@example.org>",
        date=MARCH,
        in_reply_to=answers,
    )


def heads(mailbox: Mailbox) -> dict[Ref, Head]:
    return {head.ref: head for head in mailbox.changes(None).heads}


def label_id(hands: GoogleHarness, label: Label) -> str:
    found = hands.gmail.label_named(f"Callbacks/{label}")
    assert found is not None
    return found


# --- labels


def test_the_labels_are_made_at_the_first_use(hands: GoogleHarness) -> None:
    """Reading makes no label; the first that is shown brings the parent and all six, for the user to command with."""
    ref = hands.deliver_mail(mail())
    hands.mailbox.changes(None)
    assert hands.gmail.label_named("Callbacks") is None
    hands.mailbox.set_state(ref, Label.TO_CALL)
    assert hands.gmail.label_named("Callbacks") is not None
    assert all(label_id(hands, label) for label in Label)


@pytest.mark.parametrize("name", ["Rückrufe/Erledigt", "Done", "Callbacks/Finished"])
def test_a_renamed_label_keeps_its_meaning(hands: GoogleHarness, name: str) -> None:
    """A label that the user renamed is read and shown as before by later connections, and not made anew."""
    first, second = (hands.deliver_mail(mail(number=number)) for number in (1, 2))
    hands.mailbox.set_state(first, Label.DONE)
    cursor = hands.mailbox.changes(None).cursor
    known = label_id(hands, Label.DONE)
    hands.gmail.user_renames_label(known, name)
    hands.gmail.user_modifies(second, [known])
    mailbox = hands.mailbox
    news = mailbox.changes(cursor)
    assert {head.ref: head.labels for head in news.heads} == {second: {Label.DONE}}
    mailbox.set_state(second, Label.TO_CALL)
    mailbox.set_state(first, Label.DONE)
    assert {ref: head.labels for ref, head in heads(mailbox).items()} == {first: {Label.DONE}, second: {Label.TO_CALL}}
    assert hands.gmail.label_named("Callbacks/Done") is None


def test_a_renamed_parent_changes_nothing(hands: GoogleHarness) -> None:
    """When the user renames the parent all labels below it keep their meaning."""
    ref = hands.deliver_mail(mail())
    hands.mailbox.set_state(ref, Label.DONE)
    cursor = hands.mailbox.changes(None).cursor
    parent = hands.gmail.label_named("Callbacks")
    assert parent is not None
    hands.gmail.user_renames_label(parent, "Rückrufe")
    mailbox = hands.mailbox
    mailbox.changes(cursor)
    mailbox.set_state(ref, Label.PROMISED)
    assert hands.gmail.message(ref).labels == {"INBOX", "UNREAD", hands.gmail.label_named("Rückrufe/Promised")}
    assert hands.gmail.label_named("Callbacks/Promised") is None


@pytest.mark.parametrize("listed", [False, True], ids=["remembered", "listed"])
def test_a_deleted_label_is_made_again_when_needed(hands: GoogleHarness, *, listed: bool) -> None:
    """A label that the user deleted, before we came or since, comes back with the next mail that needs it."""
    ref = hands.deliver_mail(mail())
    hands.mailbox.set_state(ref, Label.DONE)
    cursor = hands.mailbox.changes(None).cursor
    mailbox = hands.mailbox
    mailbox.changes(None if listed else cursor)
    hands.gmail.user_deletes_label(label_id(hands, Label.DONE))
    hands.gmail.user_deletes_label(label_id(hands, Label.CHECK))
    mailbox.set_state(ref, Label.DONE)
    assert heads(hands.mailbox)[ref].labels == {Label.DONE}
    assert hands.gmail.label_named("Callbacks/Check") is None


def test_a_label_in_another_case_or_made_meanwhile_is_used(hands: GoogleHarness) -> None:
    """Gmail's names differ in more than case; one that turns up while we make it is taken."""
    ref = hands.deliver_mail(mail())
    mailbox = hands.mailbox
    mailbox.changes(None)
    theirs = hands.gmail.user_creates_label("callbacks/TO CALL")
    mailbox.set_state(ref, Label.TO_CALL)
    assert theirs in hands.gmail.message(ref).labels


def test_a_gone_message_takes_no_label_after_a_look_at_the_labels(hands: GoogleHarness) -> None:
    """With labels known from a cursor alone, a message that is gone still raises NotFoundError."""
    ref, other = hands.deliver_mail(mail(number=1)), hands.deliver_mail(mail(number=2))
    hands.mailbox.set_state(ref, Label.DONE)
    cursor = hands.mailbox.changes(None).cursor
    hands.user_deletes_mail(other)
    mailbox = hands.mailbox
    mailbox.changes(cursor)
    for label in (Label.DONE, None):
        with pytest.raises(NotFoundError):
            mailbox.set_state(other, label)


def test_labels_of_the_user_stay(hands: GoogleHarness) -> None:
    """Showing and taking off our labels leaves the user's, stars and categories as they are."""
    family = hands.gmail.user_creates_label("Family")
    ref = hands.deliver_mail(mail())
    hands.gmail.user_modifies(ref, [family, "STARRED", "CATEGORY_UPDATES"])
    before = set(hands.gmail.message(ref).labels)
    for label in (Label.TO_CALL, Label.DONE, None):
        hands.mailbox.set_state(ref, label)
    assert hands.gmail.message(ref).labels == before


def test_labels_of_another_account_are_not_taken_for_ours(hands: GoogleHarness) -> None:
    """When somebody else signed in since, the ids in the cursor may be labels of theirs: those are left alone."""
    family = hands.gmail.user_creates_label("Family")
    ref = hands.deliver_mail(mail())
    place = unpack(hands.mailbox.changes(None).cursor)
    hands.gmail.user_modifies(ref, [family])
    mailbox = hands.mailbox
    mailbox.changes(pack(Place(history=place.history, labels={Label.DONE: family}, owner="0123456789abcdef")))
    mailbox.set_state(ref, Label.TO_CALL)
    assert family in hands.gmail.message(ref).labels


def test_many_labels_go_together(hands: GoogleHarness, server: GoogleServer) -> None:
    """A hundred labels are shown in two requests, stale ids and all, and the messages that are gone are named."""
    refs = [hands.deliver_mail(mail(number=number)) for number in range(100)]
    hands.mailbox.set_state(refs[0], Label.DONE)
    mailbox = GoogleMailbox(hands.open())
    mailbox.changes(mailbox.changes(None).cursor)
    hands.user_deletes_mail(refs[1])
    server.reset_traffic()
    wanted: dict[Ref, Label | None] = dict.fromkeys(refs, Label.TO_CALL)
    failed = mailbox.set_states(wanted | {refs[0]: None, Ref("../x"): Label.DONE})
    assert {ref: type(error) for ref, error in failed.items()} == {"../x": NotFoundError, refs[1]: NotFoundError}
    assert server.round_trips() == 3
    hands.gmail.user_deletes_label(label_id(hands, Label.CHECK))
    assert mailbox.set_states(dict.fromkeys(refs[2:5], Label.PROMISED)) == {}
    assert {head.labels for ref, head in heads(hands.mailbox).items() if ref in refs[2:5]} == {
        frozenset({Label.PROMISED})
    }


@pytest.mark.parametrize("labels", [["UNREAD"], ["STARRED"], ["IMPORTANT"], ["CATEGORY_UPDATES"]])
def test_reading_and_starring_are_no_news(hands: GoogleHarness, labels: list[str]) -> None:
    """That a mail was read, starred or sorted by Gmail brings no head again."""
    ref = hands.deliver_mail(mail())
    mailbox = hands.mailbox
    cursor = mailbox.changes(None).cursor
    change = hands.gmail.user_modifies
    change(ref, remove=labels) if labels == ["UNREAD"] else change(ref, labels)
    assert list(mailbox.changes(cursor).heads) == []


def test_chats_are_no_mail(hands: GoogleHarness) -> None:
    """What Gmail keeps of chats is in no list of heads, first or later."""
    cursor = hands.mailbox.changes(None).cursor
    hands.gmail.deliver(mail(), ["CHAT"])
    assert heads(hands.mailbox) == {}
    assert list(hands.mailbox.changes(cursor).heads) == []


# --- how far back, and the index of the search


def test_a_first_look_goes_back_so_far(hands: GoogleHarness, services: tuple[Mailbox, DraftBox]) -> None:
    """With `since` older mail is left out, beyond the newest fifty, which Gmail's index may not know yet."""
    refs = [hands.deliver_mail(mail(number=number)) for number in range(80)]
    news = services[0].changes(None, MARCH + timedelta(minutes=10))
    assert {head.ref for head in news.heads} == set(refs[10:])


def test_mail_that_cannot_be_searched_yet_is_not_lost(
    hands: GoogleHarness, server: GoogleServer, services: tuple[Mailbox, DraftBox]
) -> None:
    """A mail that arrived a moment before the first look is in it although no search finds it yet."""
    server.state.mail.lag_searches(timedelta(minutes=2))
    ref = hands.gmail.deliver(mail())
    since = server.clock.now() - timedelta(days=30)
    assert [head.ref for head in services[0].changes(None, since).heads] == [ref]


def test_appending_again_before_the_search_knows_is_once(hands: GoogleHarness, server: GoogleServer) -> None:
    """A key appended again by another process within the lag of Gmail's index is one mail, in the trash too."""
    server.state.mail.lag_searches(timedelta(minutes=2))
    first = hands.mailbox.append(mail("Digest"), "d1")
    assert hands.mailbox.append(mail("Digest"), "d1") == first
    server.state.mail.lag_searches(timedelta())
    hands.gmail.user_trashes(first)
    assert hands.mailbox.append(mail("Digest"), "d1") == first


# --- drafts in Gmail's own editor


def test_a_draft_edited_in_the_web_page_is_found_by_its_message_id(hands: GoogleHarness) -> None:
    """Gmail's editor drops our field; another process finds the draft by the Message-ID, which is made of the key."""
    ref = hands.drafts.put(ours(), KEY)
    hands.gmail.user_edits_draft(ref.ref, ours("My own words."))
    found = hands.drafts.find(KEY)
    assert found is not None
    assert (found.ref.ref, found.key) == (ref.ref, KEY)
    assert b"My own words." in found.raw
    assert [each.key for each in hands.drafts.list()] == [KEY]
    with pytest.raises(WrongETagError):
        hands.drafts.put(ours("At 11:00."), KEY, previous=ref)
    with pytest.raises(WrongETagError):
        hands.drafts.delete(ref.ref, ref.etag)


def test_the_connection_that_wrote_a_draft_knows_it_without_any_id(hands: GoogleHarness) -> None:
    """Where the editor gives another Message-ID too, the draft's own id tells whose it is."""
    hands.gmail.web_keeps_message_id = False
    drafts = hands.drafts
    ref = drafts.put(ours(), KEY)
    hands.gmail.user_edits_draft(ref.ref, ours("My own words."))
    found = drafts.find(KEY)
    assert found is not None
    assert found.ref.ref == ref.ref
    assert hands.drafts.find(KEY) is None


def test_a_draft_sent_from_the_web_page_is_told_by_its_message_id(hands: GoogleHarness) -> None:
    """The sent mail has a new id and no field of ours; its Message-ID and thread are those of the draft."""
    ref = hands.drafts.put(ours(), KEY)
    thread = hands.drafts.get(ref.ref).thread
    cursor = hands.mailbox.changes(None).cursor
    sent = hands.gmail.user_sends_draft(ref.ref)
    news = hands.mailbox.changes(cursor)
    assert [(head.ref, head.folder, head.thread) for head in news.heads] == [(sent, Folder.SENT, thread)]
    assert [head.header("Message-ID") for head in hands.mailbox.search("ann@acme.example")] == [f"<{KEY}@example.org>"]
    assert str(ref.etag) in map(str, news.removed)


def test_replacing_keeps_id_and_thread(hands: GoogleHarness) -> None:
    """A replaced draft keeps its id, and the thread that it answers in, also when no thread is given again."""
    hands.deliver_mail(mail())
    thread = next(iter(heads(hands.mailbox).values())).thread
    first = hands.drafts.put(ours(answers="<m1@example.org>"), KEY, thread)
    second = hands.drafts.put(ours("At 11:00.", answers="<m1@example.org>"), KEY, previous=first)
    found = hands.drafts.get(second.ref)
    assert (second.ref, found.thread) == (first.ref, thread)
    assert second.etag != first.etag
    assert len(hands.gmail.messages()) == 2


def test_a_thread_that_is_gone_costs_no_draft(hands: GoogleHarness) -> None:
    """When the mail that is answered was deleted meanwhile the words are written outside its thread."""
    asked = hands.deliver_mail(mail())
    thread = hands.gmail.message(asked).thread
    hands.user_deletes_mail(asked)
    ref = hands.drafts.put(ours(answers="<m1@example.org>"), KEY, thread)
    assert b"Sorry for the delay." in hands.drafts.get(ref.ref).raw


def test_a_draft_that_changed_in_form_alone_is_the_same(hands: GoogleHarness) -> None:
    """Gmail may store other line ends and fields than were sent; putting again finds the same words."""
    raw = ours("Größe, ☎\nund so weiter, und so weiter, und so weiter, und so weiter, und so weiter und so fort.")
    ref = hands.drafts.put(raw, KEY)
    hands.gmail.user_edits_draft(ref.ref, raw.replace(b"\r\n", b"\n"))
    again = hands.drafts.put(raw, KEY)
    assert (again.ref, again.etag == ref.etag) == (ref.ref, False)
    assert plain(hands.drafts.get(ref.ref).raw) != plain(raw)


def test_gmail_cannot_wait(hands: GoogleHarness) -> None:
    """Waiting for mail is refused at once with an UnsupportedError."""
    with pytest.raises(UnsupportedError):
        hands.mailbox.wait(timedelta(hours=1))


# --- what it costs


def test_an_idle_look_is_one_request(hands: GoogleHarness, server: GoogleServer) -> None:
    """A look that finds nothing new is one request of two units, in a new process too."""
    hands.deliver_mail(mail())
    cursor = hands.mailbox.changes(None).cursor
    server.reset_traffic()
    news = hands.mailbox.changes(cursor)
    assert (list(news.heads), news.removed) == ([], ())
    assert [each.method_id for each in server.traffic] == ["gmail.users.history.list"]
    assert server.units() == 2


def test_twenty_calls_cost_little(hands: GoogleHarness, server: GoogleServer) -> None:
    """Twenty new calls are read, drafted and labelled with two round trips each and eight for all together."""
    hands.mailbox.set_state(hands.deliver_mail(mail(number=99)), Label.DONE)
    cursor = hands.mailbox.changes(None).cursor
    refs = [hands.deliver_mail(mail(number=number)) for number in range(20)]
    account = hands.connect()
    mailbox, drafts = present(account.mailbox), present(account.drafts)
    server.reset_traffic()
    assert {head.ref for head in mailbox.changes(cursor).heads} == set(refs)
    assert len(list(mailbox.fetch(refs))) == 20
    for number, ref in enumerate(refs):
        drafts.put(mail("Your call", number=1000 + number), f"k{number}")
        mailbox.set_state(ref, Label.TO_CALL)
    assert server.round_trips() <= 2 * 20 + 8


def test_large_mails_are_fetched_in_small_portions(
    hands: GoogleHarness, server: GoogleServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Mails whose size is known share a batch only as far as they need little memory together."""
    monkeypatch.setattr("providers.google.mailbox._PORTION", 1_000_000)
    refs = [hands.deliver_mail(mail(number=number, body="QUJD" * 150_000)) for number in range(3)]
    refs += [hands.deliver_mail(mail(number=number)) for number in range(10, 14)]
    mailbox = hands.mailbox
    heads(mailbox)
    server.reset_traffic()
    assert [ref for ref, _ in mailbox.fetch(refs)] == refs
    assert server.round_trips() == 4

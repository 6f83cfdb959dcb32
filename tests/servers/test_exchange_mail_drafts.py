"""What the DraftBox port makes of Exchange's own ways, on the fake: conversations, change keys, other servers."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from assistant.errors import AlreadyExistsError, NotFoundError, UnsupportedError, WrongETagError
from assistant.model.mailbox import Folder
from assistant.standards import compose
from providers.exchange.drafts import ExchangeDraftBox
from tests.contract.exchange import ExchangeHarness
from tests.contract.exchange_mail import QUIRKS
from tests.contract.harness import mail
from tests.servers.ews.faults import Error, Fault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from assistant.model.mailbox import Head, Ref
    from assistant.ports import DraftBox, Mailbox

KEY = "ringback-a1b2-cb7-apology"
MARCH = datetime(2026, 3, 20, 9, tzinfo=UTC)


@pytest.fixture
def hands() -> Iterator[ExchangeHarness]:
    """Return an empty account."""
    found = ExchangeHarness()
    yield found
    found.close()


@pytest.fixture
def drafts(hands: ExchangeHarness) -> ExchangeDraftBox:
    """Return the drafts of one connection."""
    return ExchangeDraftBox(hands.open())


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
        references=[answers] if answers else [],
    )


def heads(mailbox: Mailbox) -> dict[Ref, Head]:
    return {head.ref: head for head in mailbox.changes(None).heads}


def test_a_draft_is_in_the_conversation_that_it_answers(hands: ExchangeHarness, drafts: ExchangeDraftBox) -> None:
    """A draft that answers a mail shows in its conversation, however often it is replaced; the mail stays unread."""
    asked = hands.deliver_mail(mail(number=1))
    other = hands.deliver_mail(mail(number=2))
    found = heads(hands.mailbox)
    ref = drafts.put(ours(answers="<m1@example.org>"), KEY, found[asked].thread)
    drafts.put(ours("At 11:00.", answers="<m1@example.org>"), KEY, found[asked].thread, ref)
    draft = drafts.get(ref.ref)
    assert draft.thread == found[asked].thread != found[other].thread
    assert hands.unread(asked)
    assert compose.text_of(draft.raw).count("subject: Re: Missed call") == 1


@pytest.mark.parametrize("folder", [Folder.ARCHIVE, Folder.OTHER, Folder.SENT])
def test_an_answer_to_filed_mail_joins_it_too(hands: ExchangeHarness, folder: Folder) -> None:
    """The mail that is answered is found in whichever folder it lies."""
    asked = hands.deliver_mail(mail(number=1), folder)
    thread = heads(hands.mailbox)[asked].thread
    ref = hands.drafts.put(ours(answers="<m1@example.org>"), KEY, thread)
    assert hands.drafts.get(ref.ref).thread == thread


def test_an_answer_to_nothing_is_written_all_the_same(hands: ExchangeHarness) -> None:
    """A mail that is gone, or never had an id, is no reason not to say what is to be said."""
    for number, answers in enumerate(("<gone@example.org>", None)):
        ref = hands.drafts.put(ours(answers=answers), f"{KEY}{number}", "AAMkAGone")
        assert b"Sorry for the delay." in hands.drafts.get(ref.ref).raw


def test_a_draft_of_ours_is_a_draft_and_read(hands: ExchangeHarness, drafts: ExchangeDraftBox) -> None:
    """Outlook shows it as one to be sent, and not as news."""
    item = hands.mail.item(drafts.put(ours(), KEY).ref)
    assert (item.text("IsDraft"), item.text("IsRead")) == ("true", "true")


def test_a_draft_that_a_program_touched_is_still_ours(hands: ExchangeHarness, drafts: ExchangeDraftBox) -> None:
    """Another change key under the same words is no edit: the draft is replaced, and deleted."""
    ref = drafts.put(ours(), KEY)
    hands.mail.touch(ref.ref)
    second = drafts.put(ours("At 11:00."), KEY, previous=ref)
    assert b"At 11:00." in drafts.get(ref.ref).raw
    hands.mail.touch(ref.ref)
    drafts.delete(ref.ref, second.etag)
    assert list(drafts.list()) == []


def test_a_touch_does_not_hide_an_edit(hands: ExchangeHarness, drafts: ExchangeDraftBox) -> None:
    """Words of the user's are theirs, whatever else happened to the draft."""
    ref = drafts.put(ours(), KEY)
    hands.user_edits_draft(ref.ref, ours("My own words."))
    hands.mail.touch(ref.ref)
    with pytest.raises(WrongETagError):
        drafts.put(ours("At 11:00."), KEY, previous=ref)
    with pytest.raises(WrongETagError):
        drafts.delete(ref.ref, ref.etag)
    assert b"My own words." in drafts.get(ref.ref).raw


def test_an_edit_just_before_the_deletion_is_seen(hands: ExchangeHarness, drafts: ExchangeDraftBox) -> None:
    """Between the look at the draft and its deletion a new process asks for nothing else."""
    ref = drafts.put(ours(), KEY)
    hands.server.reset_traffic()
    hands.drafts.delete(ref.ref, ref.etag)
    assert [each.operation for each in hands.server.traffic][-2:] == ["GetItem", "DeleteItem"]


@pytest.mark.parametrize("code", ["ErrorFolderNotFound", "ErrorItemNotFound", "ErrorAccessDenied"])
def test_a_drafts_folder_that_cannot_be_read_is_not_an_empty_one(
    hands: ExchangeHarness, drafts: ExchangeDraftBox, code: str
) -> None:
    """No draft counts as absent or gone then: none is written twice, none is taken for deleted."""
    ref = drafts.put(ours(), KEY)
    acts: tuple[Callable[[DraftBox], object], ...] = (
        lambda box: box.find(KEY),
        lambda box: box.put(ours(), KEY),
        lambda box: box.delete(ref.ref, ref.etag),
        lambda box: box.get(ref.ref),
        lambda box: list(box.list()),
    )
    for act in acts:
        hands.server.faults.add(Fault("FindItem", Error(code)))
        with pytest.raises(UnsupportedError):
            act(hands.drafts)
    assert [each.ref for each in hands.drafts.list()] == [ref]


def test_a_draft_discarded_meanwhile_is_written_anew(hands: ExchangeHarness, drafts: ExchangeDraftBox) -> None:
    """The list of this connection is no proof: a draft that the user threw away is created again when it is needed."""
    first = drafts.put(ours(), KEY)
    hands.user_deletes_draft(first.ref)
    second = drafts.put(ours(), KEY)
    assert second.ref != first.ref
    assert [each.ref for each in drafts.list()] == [second]


def test_a_deleted_draft_can_be_found_in_the_trash(hands: ExchangeHarness, drafts: ExchangeDraftBox) -> None:
    """Deleting is what Outlook does with a discarded draft: nothing is gone for good."""
    ref = drafts.put(ours(), KEY)
    drafts.delete(ref.ref, ref.etag)
    assert [item.text("Subject") for item in hands.mail.inside("deleteditems")] == ["Re: Missed call"]
    assert drafts.find(KEY) is None


def test_a_mail_is_no_draft_whatever_the_server_says(hands: ExchangeHarness, drafts: ExchangeDraftBox) -> None:
    """What lies in another folder is not read or deleted as a draft."""
    ref = hands.deliver_mail(mail())
    with pytest.raises(NotFoundError):
        drafts.get(ref)
    drafts.delete(ref, drafts.put(ours(), KEY).etag)
    assert [item.id for item in hands.mail.inside("inbox")] == [ref]


def test_a_sent_draft_is_known_by_our_property(hands: ExchangeHarness, drafts: ExchangeDraftBox) -> None:
    """A server that drops header fields of ours still tells by our property whose draft was sent."""
    hands.server.state.quirks.no_extended_headers = True
    ref = drafts.put(ours(), KEY).ref
    cursor = hands.mailbox.changes(None).cursor
    hands.user_sends_draft(ref)
    assert [head.header("X-Ringback-Key") for head in hands.mailbox.changes(cursor).heads] == [KEY]


@pytest.mark.parametrize("quirk", QUIRKS)
@pytest.mark.parametrize("rewrites", [False, True])
def test_drafts_work_on_other_servers(hands: ExchangeHarness, quirk: str, *, rewrites: bool) -> None:
    """One draft, found by its key, replaced and deleted, on a server with ways of its own, MIME written anew or not."""
    setattr(hands.server.state.quirks, quirk, True)
    hands.mail.rewrites = rewrites
    asked = hands.deliver_mail(mail(number=1))
    thread = heads(hands.mailbox)[asked].thread
    first = hands.drafts.put(ours("Schöne Grüße", answers="<m1@example.org>"), KEY, thread)
    assert hands.drafts.put(ours("Schöne Grüße", answers="<m1@example.org>"), KEY, thread) == first
    with pytest.raises(AlreadyExistsError):
        hands.drafts.put(ours("Something else"), KEY, thread)
    second = hands.drafts.put(ours("Um 11:00", answers="<m1@example.org>"), KEY, thread, first)
    found = hands.drafts.find(KEY)
    assert found is not None
    assert (found.ref, found.key) == (second, KEY)
    assert [(each.ref, each.key) for each in hands.drafts.list()] == [(second, KEY)]
    hands.drafts.delete(second.ref, second.etag)
    assert hands.drafts.find(KEY) is None

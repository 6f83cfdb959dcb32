"""The contract of the DraftBox port."""

from __future__ import annotations

import email
import email.policy
from typing import TYPE_CHECKING

import pytest

from assistant.errors import AlreadyExistsError, NotFoundError, TransientError, WrongETagError
from assistant.model.mailbox import Folder, Ref
from tests.contract.harness import Lossy, mail, plain

if TYPE_CHECKING:
    from assistant.model.mailbox import Draft
    from tests.contract.harness import Harness

ROOT = "<m1@example.org>"


def draft(body: str = "Sorry for the delay.\n", **fields: str) -> bytes:
    """Return a draft of ours."""
    return mail("Your call", body=body, number=77, From="me@example.org", To="ann@acme.example", **fields)


def listed(harness: Harness) -> dict[Ref, Draft]:
    """Return all drafts by ref."""
    return {found.ref.ref: found for found in harness.drafts.list()}


def test_a_draft_can_be_read_back(harness: Harness) -> None:
    """What was put is got, found by its key and listed, by a new connection too."""
    ref = harness.drafts.put(draft(), "cb1.apology")
    found = harness.drafts.get(ref.ref)
    assert (found.ref, found.key) == (ref, "cb1.apology")
    assert harness.drafts.find("cb1.apology") == found == listed(harness)[ref.ref]


def test_the_key_stands_in_the_header(harness: Harness) -> None:
    """The draft has X-Ringback-Key once, and keeps Message-ID, fields and text as they were."""
    ref = harness.drafts.put(draft(), "cb1.apology")
    message = email.message_from_bytes(harness.drafts.get(ref.ref).raw, policy=email.policy.default)
    assert message.get_all("X-Ringback-Key") == ["cb1.apology"]
    assert message["Message-ID"] == "<m77@example.org>"
    assert message["To"] == "ann@acme.example"
    assert message.get_content().strip() == "Sorry for the delay."


def test_a_key_in_the_message_is_not_doubled(harness: Harness) -> None:
    """A message that brings the key's field itself keeps that one."""
    ref = harness.drafts.put(draft(X_Ringback_Key="k.1"), "k.1")
    message = email.message_from_bytes(harness.drafts.get(ref.ref).raw)
    assert message.get_all("X-Ringback-Key") == ["k.1"]


def test_text_in_any_script_survives(harness: Harness) -> None:
    """Umlauts, emoji and CRLF line ends in a draft come back as they were, in whatever encoding."""
    raw = draft("Schöne Grüße, 再见 ☎\nEND\n", Content_Type="text/plain; charset=utf-8").replace(b"\n", b"\r\n")
    ref = harness.drafts.put(raw, "k")
    found = email.message_from_bytes(harness.drafts.get(ref.ref).raw, policy=email.policy.default)
    assert found.get_content().splitlines() == ["Schöne Grüße, 再见 ☎", "END"]


def test_an_answer_joins_its_thread(harness: Harness) -> None:
    """A draft that answers a message is in that message's thread, in the draft and in the mailbox."""
    asked = harness.deliver_mail(mail(number=1))
    thread = next(head.thread for head in harness.mailbox.changes(None).heads if head.ref == asked)
    answer = draft(References=ROOT, In_Reply_To=ROOT).replace(b"Subject: Your call", b"Subject: Re: Missed call")
    ref = harness.drafts.put(answer, "k", thread)
    assert harness.drafts.get(ref.ref).thread == thread


def test_putting_twice_is_one_draft(harness: Harness) -> None:
    """The same draft put again, also after a lost answer, is the same one."""
    with pytest.raises(TransientError):
        Lossy(harness.drafts).put(draft(), "k")
    first = harness.drafts.put(draft(), "k")
    assert harness.drafts.put(draft(), "k") == first
    assert len(listed(harness)) == 1


def test_a_key_has_one_draft(harness: Harness) -> None:
    """Creating another text under a key that has a draft raises AlreadyExistsError and changes nothing."""
    ref = harness.drafts.put(draft(), "k")
    with pytest.raises(AlreadyExistsError):
        harness.drafts.put(draft("Something else.\n"), "k")
    assert b"Sorry" in harness.drafts.get(ref.ref).raw


def test_keys_are_told_apart(harness: Harness) -> None:
    """Drafts of two keys lie beside each other, and an unknown key finds none."""
    refs = {harness.drafts.put(draft(), key).ref for key in ("cb1.apology", "cb1.apology2")}
    assert len(refs) == 2
    assert harness.drafts.find("cb1") is None


def test_replacing_leaves_one_draft(harness: Harness) -> None:
    """A replaced draft has the new text, a new etag, and no brother."""
    first = harness.drafts.put(draft(), "k")
    second = harness.drafts.put(draft("At 11:00.\n"), "k", previous=first)
    assert second.etag != first.etag
    assert [plain(each.raw).splitlines()[-1] for each in listed(harness).values()] == [b"At 11:00."]
    found = harness.drafts.find("k")
    assert found is not None
    assert found.ref == second


def test_replacing_again_after_a_lost_answer(harness: Harness) -> None:
    """A replacement whose answer was lost can be repeated with the old version, and is one draft."""
    first = harness.drafts.put(draft(), "k")
    with pytest.raises(TransientError):
        Lossy(harness.drafts).put(draft("At 11:00.\n"), "k", previous=first)
    again = harness.drafts.put(draft("At 11:00.\n"), "k", previous=first)
    assert list(listed(harness)) == [again.ref]


def test_replacing_back_and_forth(harness: Harness) -> None:
    """A text may return: three replacements leave the last text and one draft."""
    ref = harness.drafts.put(draft(), "k")
    for body in ("At 11:00.\n", "Sorry for the delay.\n", "At 11:00.\n"):
        ref = harness.drafts.put(draft(body), "k", previous=ref)
    assert [plain(each.raw).splitlines()[-1] for each in listed(harness).values()] == [b"At 11:00."]


def test_an_edited_draft_is_not_replaced(harness: Harness) -> None:
    """When the user edited the draft, replacing raises WrongETagError and the user's text stays."""
    ref = harness.drafts.put(draft(), "k")
    harness.user_edits_draft(ref.ref, draft("My own words.\n", X_Ringback_Key="k"))
    with pytest.raises(WrongETagError):
        harness.drafts.put(draft("At 11:00.\n"), "k", previous=ref)
    found = harness.drafts.find("k")
    assert found is not None
    assert b"My own words." in found.raw
    assert found.ref.etag != ref.etag


def test_a_gone_draft_is_not_replaced(harness: Harness) -> None:
    """When the user discarded or sent the draft, replacing raises NotFoundError and makes no new one."""
    ref = harness.drafts.put(draft(), "k")
    harness.user_deletes_draft(ref.ref)
    with pytest.raises(NotFoundError):
        harness.drafts.put(draft("At 11:00.\n"), "k", previous=ref)
    assert listed(harness) == {}


def test_a_gone_draft_is_not_found(harness: Harness) -> None:
    """A draft that is gone raises NotFoundError when read, and is None when looked up."""
    ref = harness.drafts.put(draft(), "k")
    harness.user_deletes_draft(ref.ref)
    with pytest.raises(NotFoundError):
        harness.drafts.get(ref.ref)
    assert harness.drafts.find("k") is None


def test_a_foreign_ref_is_no_draft(harness: Harness) -> None:
    """A ref that never was one raises NotFoundError, and deleting it deletes nothing."""
    ref = harness.drafts.put(draft(), "k")
    for text in ("", "nothing", "../x", "INBOX/x"):
        with pytest.raises(NotFoundError):
            harness.drafts.get(Ref(text))
        harness.drafts.delete(Ref(text), ref.etag)
    assert list(listed(harness)) == [ref.ref]


def test_a_sent_draft_is_in_sent(harness: Harness) -> None:
    """A draft that the user sent has left the drafts and is reported by the mailbox, with its key, in sent."""
    ref = harness.drafts.put(draft(), "k")
    before = harness.mailbox.changes(None)
    assert ref.ref not in before.removed
    harness.user_sends_draft(ref.ref)
    assert harness.drafts.find("k") is None
    news = harness.mailbox.changes(before.cursor).heads
    assert [(head.folder, head.header("X-Ringback-Key")) for head in news] == [(Folder.SENT, "k")]


def test_drafts_of_the_user_are_listed(harness: Harness) -> None:
    """The user's own drafts are listed without a key, and never found by one."""
    own = harness.user_writes_draft(mail("Holiday", number=5))
    ours = harness.drafts.put(draft(), "k")
    found = listed(harness)
    assert {ref: each.key for ref, each in found.items()} == {own: None, ours.ref: "k"}


def test_deleting_takes_the_version_into_account(harness: Harness) -> None:
    """Deleting an edited draft raises WrongETagError and deletes nothing."""
    ref = harness.drafts.put(draft(), "k")
    harness.user_edits_draft(ref.ref, draft("My own words.\n", X_Ringback_Key="k"))
    with pytest.raises(WrongETagError):
        harness.drafts.delete(ref.ref, ref.etag)
    assert list(listed(harness)) == [ref.ref]


def test_deleting_twice_is_once(harness: Harness) -> None:
    """Deleting a draft that is gone is success; nothing else goes with it."""
    keep = harness.user_writes_draft(mail("Holiday", number=5))
    ref = harness.drafts.put(draft(), "k")
    with pytest.raises(TransientError):
        Lossy(harness.drafts).delete(ref.ref, ref.etag)
    harness.drafts.delete(ref.ref, ref.etag)
    assert list(listed(harness)) == [keep]


def test_a_deleted_key_can_be_used_again(harness: Harness) -> None:
    """After deletion the same key takes a new draft."""
    ref = harness.drafts.put(draft(), "k")
    harness.drafts.delete(ref.ref, ref.etag)
    again = harness.drafts.put(draft("Another try.\n"), "k")
    assert list(listed(harness)) == [again.ref]

"""Our Exchange server's drafts and conversations as exchangelib sees them."""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from exchangelib import Message

from tests.servers.ews import conversations
from tests.servers.ews.client import ask, draft, known, raw
from tests.servers.ews.server import EwsServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exchangelib import Account

    from tests.servers.ews.hands import Mail

_SET = '<t:SetItemField><t:FieldURI FieldURI="item:{0}"/><t:Message><t:{0}>{1}</t:{0}></t:Message></t:SetItemField>'
_UPDATE = (
    '<m:UpdateItem ConflictResolution="NeverOverwrite" MessageDisposition="SaveOnly"><m:ItemChanges><t:ItemChange>'
    '<t:ItemId Id="{ref}" ChangeKey="{key}"/><t:Updates>'
    + _SET.format("MimeContent", "{mime}")
    + _SET.format("IsDraft", "false")
    + "</t:Updates></t:ItemChange></m:ItemChanges></m:UpdateItem>"
)
_DAY = datetime(2026, 3, 20, 9, tzinfo=UTC)


@pytest.fixture(autouse=True)
def properties() -> Iterator[None]:
    """Let exchangelib know some extended properties for as long as a test runs."""
    with known():
        yield


def test_a_draft_as_mime(ews_account: Account, ews_hands: Mail) -> None:
    """A message made from MIME is a draft with all its fields, found by an extended property, without header fields."""
    ews_hands.rewrites = False
    content = raw("Re: Missed call", number=2, In_Reply_To="<1@x>", X_Test_Key="k")
    made = draft(ews_account, content, test_key="k")
    found = ews_account.drafts.get(test_key="k")
    assert (found.id, found.is_draft, found.in_reply_to, found.mime_content) == (made.id, True, "<1@x>", content)
    assert (found.headers, found.test_header) == (None, "k")
    assert ews_hands.raw(made.id) == content


def test_a_draft_is_replaced_in_place(ews_account: Account) -> None:
    """UpdateItem of the MIME keeps the id and the extended properties."""
    made = draft(ews_account, raw(), test_key="k")
    made.mime_content = raw("Other words", body="At 11.")
    made.save(update_fields=["mime_content"], conflict_resolution="NeverOverwrite")
    found = ews_account.drafts.get(test_key="k")
    assert (found.id, found.subject, found.body.strip()) == (made.id, "Other words", "At 11.")


def test_an_update_is_done_whole_or_not_at_all() -> None:
    """Where one of its changes is refused, an UpdateItem has changed nothing."""
    with EwsServer() as server:
        ref = server.state.mail.user_writes_draft(raw())
        before, key = server.state.mail.raw(ref), server.state.mail.item(ref).key
        mime = b64encode(raw("Other words")).decode()
        answer = ask(server, _UPDATE.format(ref=ref, key=key, mime=mime))
        assert server.traffic[-1].codes == ("ErrorInvalidPropertySet",)
        assert (server.state.mail.raw(ref), server.state.mail.item(ref).key) == (before, key)
        assert (answer.status_code, server.violations) == (200, [])


def test_flags_at_creation_make_it_no_draft(ews_account: Account, ews_hands: Mail) -> None:
    """With PidTagMessageFlags a message is put somewhere as if it had arrived; later the flags are not to be set."""
    made = Message(
        account=ews_account, folder=ews_account.inbox, mime_content=raw(), test_flags=0, is_read=False
    ).save()
    found = ews_account.inbox.get(id=made.id)
    assert (found.is_draft, found.is_read, found.test_flags or 0) == (False, False, 0)
    found.test_flags = 8
    found.save(update_fields=["test_flags"])
    assert not ews_account.inbox.get(id=made.id).is_draft
    assert ews_hands.unread(made.id)


def test_another_server_does_not_know_drafts(ews_server: EwsServer, ews_account: Account) -> None:
    """A server may say of no message that it is a draft, and drop fields of ours."""
    ews_server.state.quirks.wrong_is_draft = ews_server.state.quirks.no_extended_headers = True
    made = draft(ews_account, raw(X_Test_Key="k"))
    assert (made.is_draft, made.test_header) == (False, None)
    assert b"X-Test-Key" not in made.mime_content


def test_a_draft_can_be_written_anew(ews_account: Account, ews_hands: Mail) -> None:
    """Exchange writes the MIME of a draft from its properties: other bytes, the same words and fields."""
    ews_hands.rewrites = True
    made = draft(ews_account, raw(body="Grüße", Content_Type="text/plain; charset=utf-8", X_Test_Key="k"))
    assert b"Gr=C3=BC=C3=9Fe" in made.mime_content
    assert b"X-Test-Key: k\r\n" in made.mime_content


def test_references_join_what_arrives(ews_account: Account, ews_hands: Mail) -> None:
    """A delivered answer with the same topic joins the conversation, one with another topic does not."""
    refs = [
        ews_hands.deliver(raw()),
        ews_hands.deliver(raw("AW: Missed call", number=2, References="<1@x>")),
        ews_hands.deliver(raw("Lunch?", number=3, References="<1@x>")),
        ews_hands.deliver(raw(number=4)),
    ]
    one, answer, other, alone = (each.conversation_id.id for each in ews_account.fetch([(ref, None) for ref in refs]))
    assert answer == one
    assert len({one, other, alone}) == 3


@pytest.mark.parametrize(
    ("with_index", "tracking", "subject", "joined"),
    [
        (True, True, "Re: Missed call", True),
        (True, None, "Re: Missed call", False),
        (False, True, "Re: Missed call", False),
    ],
)
def test_what_joins_a_draft(
    ews_account: Account, ews_hands: Mail, *, with_index: bool, tracking: bool | None, subject: str, joined: bool
) -> None:
    """A draft from MIME is in the conversation by Thread-Index and the tracking mark, not by References."""
    answered = ews_account.inbox.get(id=ews_hands.deliver(raw()))
    grown = conversations.child(bytes(answered.conversation_index), _DAY)
    fields = {"Thread_Topic": "Missed call", "Thread_Index": b64encode(grown).decode()} if with_index else {}
    content = raw(subject, number=2, References="<1@x>", In_Reply_To="<1@x>", **fields)
    made = draft(ews_account, content, **({} if tracking is None else {"test_tracking": tracking}))
    assert (made.conversation_id == answered.conversation_id) is joined


def test_an_answer_by_the_server(ews_account: Account, ews_hands: Mail) -> None:
    """ReplyToItem makes a draft in the conversation and leaves the message that it answers unread."""
    ref = ews_hands.deliver(raw())
    answered = ews_account.inbox.get(id=ref)
    made = answered.create_reply("Re: Missed call", "I will call.").save(ews_account.drafts)
    found = ews_account.drafts.get(id=made.id)
    assert (found.conversation_id, found.in_reply_to) == (answered.conversation_id, "<1@x>")
    assert [each.email_address for each in found.to_recipients] == ["ann@example.net"]
    assert (found.is_draft, ews_hands.unread(ref)) == (True, True)


def test_a_draft_that_the_user_sends(ews_server: EwsServer, ews_account: Account, ews_hands: Mail) -> None:
    """A sent draft is another item in the sent items, in the same conversation; nobody of ours has sent it."""
    made = draft(ews_account, raw(), test_key="k")
    sent = ews_hands.user_sends_draft(made.id)
    found = ews_account.sent.get(test_key="k")
    assert (found.id, found.is_draft, found.conversation_id) == (sent, False, made.conversation_id)
    assert sent != made.id
    assert (ews_hands.inside("drafts"), ews_server.sends()) == ([], [])


def test_sending_is_never_forgotten() -> None:
    """Whatever a program sends is told, also after the state was restored."""
    with EwsServer() as server:
        kept = server.keep()
        ref = server.state.mail.user_writes_draft(raw())
        item = server.state.mail.item(ref)
        body = (
            f'<m:SendItem SaveItemToFolder="true"><m:ItemIds><t:ItemId Id="{ref}" ChangeKey="{item.key}"/></m:ItemIds>'
        )
        answer = ask(server, f"{body}</m:SendItem>")
        server.restore(kept)
        assert (answer.status_code, server.sends()) == (200, ["SendItem: Missed call"])
        assert server.calls("SendItem")[0].codes == ("NoError",)


def test_an_edited_draft_keeps_its_id(ews_account: Account, ews_hands: Mail) -> None:
    """An edit in Outlook keeps id and extended property, and changes the change key."""
    made = draft(ews_account, raw(), test_key="k")
    ews_hands.user_edits_draft(made.id, raw(body="My own words."))
    found = ews_account.drafts.get(test_key="k")
    assert (found.id, found.body.strip(), found.changekey != made.changekey) == (made.id, "My own words.", True)


@pytest.mark.parametrize(
    ("key", "code", "violations"),
    [
        ("", "ErrorChangeKeyRequiredForWriteOperations", 1),
        ('ChangeKey="no key"', "ErrorInvalidChangeKey", 0),
        ('ChangeKey="CQAAABYAAAA="', "ErrorIrresolvableConflict", 0),
    ],
)
def test_change_keys_are_needed(key: str, code: str, violations: int) -> None:
    """A write without the version it means is refused; to leave it out is a mistake of the program."""
    with EwsServer() as server:
        ref = server.state.mail.user_writes_draft(raw())
        content = (
            f'<m:SendItem SaveItemToFolder="true"><m:ItemIds><t:ItemId Id="{ref}" {key}/></m:ItemIds></m:SendItem>'
        )
        ask(server, content)
        assert server.traffic[0].codes == (code,)
        assert (len(server.violations), server.sends()) == (violations, [])

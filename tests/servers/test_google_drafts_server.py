"""Threads, drafts and labels of our Google behave as Gmail's API does, seen through Google's own client."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from tests.servers.google.client import Made, changes, label, mail, now, raw, refused

if TYPE_CHECKING:
    from tests.servers.google.gmail import Mail
    from tests.servers.google.server import GoogleServer

NOON = datetime(2026, 3, 20, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def noon(server: GoogleServer) -> None:
    server.clock.set(NOON)


def test_mail_that_arrives_joins_by_references_and_subject(users: Made, hands: Mail) -> None:
    """An answer joins what it answers, also when it arrives first; with another subject it does not."""
    answer = hands.deliver(mail("Re: Hello", number=2, In_Reply_To="<m1@example.org>"))
    question = hands.deliver(mail("Hello", number=1))
    other = hands.deliver(mail("Another matter", number=3, References="<m1@example.org>"))
    thread = users.threads().get(userId="me", id=answer, format="minimal").execute()
    assert [each["id"] for each in thread["messages"]] == [answer, question]
    assert hands.message(other).thread == other
    listed = users.threads().list(userId="me").execute()["threads"]
    assert {each["id"] for each in listed} == {answer, other}


@pytest.mark.parametrize(
    ("asks", "fields", "joined"),
    [
        (True, {"subject": "Re: Hello", "In_Reply_To": "<m1@example.org>"}, True),
        (True, {"subject": "Re: Hello", "References": "<m1@example.org>"}, True),
        (False, {"subject": "Re: Hello", "In_Reply_To": "<m1@example.org>"}, False),
        (True, {"subject": "Re: Hello"}, False),
        (True, {"subject": "Call back", "In_Reply_To": "<m1@example.org>"}, False),
    ],
)
def test_a_draft_joins_a_thread_by_id_and_references_and_subject(
    users: Made,
    hands: Mail,
    asks: bool,  # noqa: FBT001  a case
    fields: dict[str, str],
    joined: bool,  # noqa: FBT001  a case
) -> None:
    """All three are needed, as the guide to threads says; without one the draft stands alone."""
    question = hands.deliver(mail())
    asked = {"threadId": question} if asks else {}
    body = {"message": raw(mail(number=2, **fields), **asked)}
    draft = users.drafts().create(userId="me", body=body).execute()
    assert (draft["message"]["threadId"] == question) is joined
    assert draft["message"]["labelIds"] == ["DRAFT"]


def test_a_thread_that_is_not_there_is_refused(users: Made) -> None:
    """Asking for an unknown thread is 404."""
    body = {"message": raw(mail(), threadId="abc")}
    assert refused(users.drafts().create(userId="me", body=body))[0] == 404
    assert refused(users.threads().get(userId="me", id="abc"))[0] == 404


def test_the_message_of_a_draft_changes_with_every_update(users: Made, hands: Mail) -> None:
    """The draft's id stays, the message's does not, and the history tells of both messages."""
    drafts = users.drafts()
    made = drafts.create(userId="me", body={"message": raw(mail())}).execute()
    start = now(users)
    changed = drafts.update(userId="me", id=made["id"], body={"message": raw(mail(body="More."))}).execute()
    assert changed["id"] == made["id"]
    assert changed["message"]["id"] != made["message"]["id"]
    assert changes(users, start) == [
        ("messagesAdded", changed["message"]["id"], []),
        ("messagesDeleted", made["message"]["id"], []),
    ]
    shown = drafts.get(userId="me", id=made["id"], format="raw").execute()
    assert base64.urlsafe_b64decode(shown["message"]["raw"]) == mail(body="More.")
    assert len(hands.messages()) == 1


def test_a_draft_has_no_other_label(users: Made, hands: Mail) -> None:
    """The guide to drafts says so: setting one is 400."""
    message = hands.draft(hands.user_writes_draft(mail())).id
    assert refused(users.messages().modify(userId="me", id=message, body={"addLabelIds": ["STARRED"]}))[0] == 400


def test_drafts_are_listed_and_searched(users: Made, hands: Mail) -> None:
    """drafts.list gives draft and message ids, of the user's own drafts too, and takes a search."""
    own = hands.user_writes_draft(mail("Own", number=1))
    made = users.drafts().create(userId="me", body={"message": raw(mail(number=2))}).execute()
    listed = users.drafts().list(userId="me").execute()["drafts"]
    assert {each["id"] for each in listed} == {own, made["id"]}
    searched = users.drafts().list(userId="me", q="rfc822msgid:m2@example.org").execute()["drafts"]
    assert [(each["id"], each["message"]["id"]) for each in searched] == [(made["id"], made["message"]["id"])]


def test_a_deleted_draft_is_gone(users: Made, hands: Mail) -> None:
    """drafts.delete is for good; a second time, and for a draft that the user discarded, it is 404."""
    made = users.drafts().create(userId="me", body={"message": raw(mail())}).execute()
    users.drafts().delete(userId="me", id=made["id"]).execute()
    discarded = hands.user_writes_draft(mail())
    hands.user_deletes_draft(discarded)
    for gone in (made["id"], discarded):
        assert refused(users.drafts().delete(userId="me", id=gone))[0] == 404
        assert refused(users.drafts().get(userId="me", id=gone))[0] == 404
    assert hands.messages() == []


@pytest.mark.parametrize("keeps", [True, False])
def test_a_draft_edited_in_the_web_page_loses_our_fields(users: Made, hands: Mail, keeps: bool) -> None:  # noqa: FBT001  a case
    """X- fields are lost, the draft id and the thread stay, and the Message-ID stays only where it is said to."""
    hands.web_keeps_message_id = keeps
    question = hands.deliver(mail(number=7))
    content = mail("Re: Hello", In_Reply_To="<m7@example.org>", X_Key="k")
    body = {"message": raw(content, threadId=question)}
    made = users.drafts().create(userId="me", body=body).execute()
    message = hands.user_edits_draft(made["id"], content.replace(b"Some text.", b"My own words."))
    shown = users.drafts().get(userId="me", id=made["id"]).execute()["message"]
    names = {each["name"] for each in shown["payload"]["headers"]}
    assert (shown["id"], shown["threadId"]) == (message, question)
    assert ("X-Key" in names, "In-Reply-To" in names) == (False, True)
    assert (hands.message(message).message_id == "<m1@example.org>") is keeps


def test_another_subject_takes_a_draft_out_of_its_thread(hands: Mail) -> None:
    """A draft keeps its thread while the user edits it, until the subject is another one."""
    draft = hands.user_writes_draft(mail())
    thread = hands.draft(draft).thread
    assert hands.message(hands.user_edits_draft(draft, mail(body="More."))).thread == thread
    assert hands.message(hands.user_edits_draft(draft, mail("Another matter"))).thread != thread


def test_a_sent_draft_is_another_message_in_the_same_thread(users: Made, hands: Mail) -> None:
    """Sending makes a new message with the label SENT; the draft and its message are gone."""
    draft = hands.user_writes_draft(mail())
    before, start = hands.draft(draft), now(users)
    sent = hands.message(hands.user_sends_draft(draft))
    assert (sent.labels, sent.thread, sent.id == before.id) == ({"SENT"}, before.thread, False)
    assert changes(users, start) == [("messagesAdded", sent.id, []), ("messagesDeleted", before.id, [])]
    assert refused(users.drafts().get(userId="me", id=draft))[0] == 404


def test_a_label_is_made_once(users: Made) -> None:
    """A second label of that name, in whatever case, is 409; names of the system's own are 400."""
    made = users.labels().create(userId="me", body=label("Callbacks/To call")).execute()
    assert made.items() >= {"name": "Callbacks/To call", "type": "user", "labelListVisibility": "labelShow"}.items()
    status, error = refused(users.labels().create(userId="me", body=label("callbacks/to call")))
    assert (status, error["message"]) == (409, "Label name exists or conflicts")
    for name in ("Inbox", "a//b"):
        assert refused(users.labels().create(userId="me", body=label(name)))[0] == 400


def test_a_renamed_label_keeps_its_id(users: Made, hands: Mail) -> None:
    """Renaming by the API and in the web page leaves the id; in the web page the nested ones follow."""
    parent, child = hands.user_creates_label("Callbacks"), hands.user_creates_label("Callbacks/Done")
    hands.user_renames_label(parent, "Rückrufe")
    users.labels().patch(userId="me", id=parent, body={"name": "Anrufe"}).execute()
    names = {each["id"]: each["name"] for each in users.labels().list(userId="me").execute()["labels"]}
    assert (names[parent], names[child]) == ("Anrufe", "Rückrufe/Done")
    assert hands.label_named("Anrufe") == parent


def test_a_deleted_label_is_taken_off_every_message(users: Made, hands: Mail) -> None:
    """After its deletion no message has the label, the history says so, and its id is unknown."""
    own = users.labels().create(userId="me", body=label("Callbacks")).execute()["id"]
    message, start = hands.deliver(mail(), labels=["INBOX", own]), now(users)
    counts = users.labels().get(userId="me", id=own).execute()
    assert (counts["messagesTotal"], counts["messagesUnread"], counts["threadsTotal"]) == (1, 0, 1)
    users.labels().delete(userId="me", id=own).execute()
    assert changes(users, start) == [("labelsRemoved", message, [own])]
    assert refused(users.labels().get(userId="me", id=own))[0] == 404
    assert refused(users.labels().delete(userId="me", id="INBOX"))[0] == 400
    hands.user_deletes_label(hands.user_creates_label("Callbacks"))


def test_a_thread_is_labelled_and_trashed_as_a_whole(users: Made, hands: Mail) -> None:
    """The methods of threads reach each of the messages."""
    first = hands.deliver(mail())
    hands.deliver(mail("Re: Hello", number=2, References="<m1@example.org>"))
    threads = users.threads()
    threads.modify(userId="me", id=first, body={"removeLabelIds": ["UNREAD"]}).execute()
    assert [sorted(each.labels) for each in hands.messages()] == [["INBOX"], ["INBOX"]]
    threads.trash(userId="me", id=first).execute()
    assert "messages" not in users.messages().list(userId="me").execute()
    answer = threads.untrash(userId="me", id=first).execute()
    assert ["labelIds" in each for each in answer["messages"]] == [False, False]

"""The mailbox of our Google behaves as Gmail's API does, seen through Google's own client."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.servers.google.client import Made, built, changes, forgiven, mail, now, raw, refused

if TYPE_CHECKING:
    from tests.servers.google.gmail import Mail
    from tests.servers.google.server import GoogleServer

ALL = "https://mail.google.com/"
NOON = datetime(2026, 3, 20, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def noon(server: GoogleServer) -> None:
    server.clock.set(NOON)


def found(users: Made, search: str, **params: Any) -> list[str]:  # noqa: ANN401  parameters of a method
    answer = users.messages().list(userId="me", q=search, **params).execute()
    return [each["id"] for each in answer.get("messages", [])]


def test_a_delivered_mail_is_shown_whole(users: Made, hands: Mail) -> None:
    """A mail in the full format has its parts numbered, its text in base64, its header decoded."""
    message = hands.deliver(mail("=?utf-8?q?Gr=C3=BC=C3=9Fe?=", References="<a@x>\r\n <b@x>"))
    shown = users.messages().get(userId="me", id=message).execute()
    payload = shown["payload"]
    fields = {each["name"]: each["value"] for each in payload["headers"]}
    assert (fields["Subject"], fields["References"]) == ("Grüße", "<a@x> <b@x>")
    assert base64.urlsafe_b64decode(payload["body"]["data"]) == b"Some text.\r\n"
    assert (shown["labelIds"], shown["snippet"]) == (["INBOX", "UNREAD"], "Some text.")
    assert shown["internalDate"] == str(int(NOON.timestamp() * 1000))
    assert len(shown["id"]) == 16


def test_formats_show_more_or_less(users: Made, hands: Mail) -> None:
    """The formats minimal, metadata and raw differ in what they show of the message itself."""
    message = hands.deliver(mail())
    minimal, metadata, whole = (
        users.messages().get(userId="me", id=message, format=form).execute() for form in ("minimal", "metadata", "raw")
    )
    assert {"payload", "raw"}.isdisjoint(minimal)
    assert [each["name"] for each in metadata["payload"]["headers"]] == ["From", "To", "Subject", "Message-ID"]
    assert base64.urlsafe_b64decode(whole["raw"]) == mail()


def test_an_attachment_is_fetched_by_an_id_that_changes(users: Made, hands: Mail) -> None:
    """The id of an attachment is another one in every answer, and each of them leads to it."""
    content = (
        b"Subject: Voicemail\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
        b"--b\r\nContent-Type: text/plain\r\n\r\nListen.\r\n"
        b"--b\r\nContent-Type: audio/wav\r\nContent-Transfer-Encoding: base64\r\n"
        b'Content-Disposition: attachment; filename="a.wav"\r\n\r\nUklGRg==\r\n--b--\r\n'
    )
    message = hands.deliver(content)
    parts = [users.messages().get(userId="me", id=message).execute()["payload"]["parts"] for _ in range(2)]
    ids = [each[1]["body"]["attachmentId"] for each in parts]
    audio = [
        users.messages().attachments().get(userId="me", messageId=message, id=each).execute()["data"] for each in ids
    ]
    assert ids[0] != ids[1]
    assert [base64.urlsafe_b64decode(each) for each in audio] == [b"RIFF", b"RIFF"]
    assert (parts[0][1]["partId"], parts[0][1]["filename"]) == ("1", "a.wav")


def test_an_inserted_mail_is_dated_as_asked(users: Made) -> None:
    """messages.insert dates by arrival, messages.import and internalDateSource=dateHeader by the Date."""
    content = mail(Date="Thu, 19 Mar 2026 10:00:00 +0100")
    messages = users.messages()
    made = [
        messages.insert(userId="me", body=raw(content, labelIds=["INBOX"])).execute(),
        messages.import_(userId="me", body=raw(content)).execute(),
        messages.insert(userId="me", body=raw(content), internalDateSource="dateHeader").execute(),
    ]
    dates = [messages.get(userId="me", id=each["id"], format="minimal").execute()["internalDate"] for each in made]
    header = str(int(datetime(2026, 3, 19, 9, tzinfo=UTC).timestamp() * 1000))
    assert dates == [str(int(NOON.timestamp() * 1000)), header, header]
    assert (made[0]["labelIds"], "labelIds" in made[1]) == (["INBOX"], False)


def test_lists_come_in_pages_newest_first(users: Made, hands: Mail) -> None:
    """A page says where the next one begins, and the last page says nothing."""
    ids = [hands.deliver(mail(number=number), received_at=NOON + timedelta(minutes=number)) for number in range(5)]
    pages, request = [], users.messages().list(userId="me", maxResults=2)
    while request is not None:
        answer = request.execute()
        pages.append([each["id"] for each in answer["messages"]])
        request = users.messages().list_next(request, answer)
    assert pages == [[ids[4], ids[3]], [ids[2], ids[1]], [ids[0]]]


def test_junk_and_trash_are_left_out_unless_asked_for(users: Made, hands: Mail) -> None:
    """Lists show junk and trash only by includeSpamTrash, by their label, or by in:."""
    kept, junk = hands.deliver(mail()), hands.deliver(mail(number=2), labels=["SPAM"])
    hands.user_trashes(thrown := hands.deliver(mail(number=3)))
    assert found(users, "") == [kept]
    assert set(found(users, "", includeSpamTrash=True)) == {kept, junk, thrown}
    assert found(users, "", labelIds=["SPAM"]) == [junk]
    assert found(users, "in:trash") == [thrown]
    assert set(found(users, "in:anywhere")) == {kept, junk, thrown}


SEARCHES = [
    ("rfc822msgid:m1@example.org", True),
    ("rfc822msgid:<m1@example.org>", True),
    ("rfc822msgid:m1@example", False),
    ("from:ann@example.org", True),
    ("from:ann", True),
    ("from:an", False),
    ("to:me@example.org -from:bob", True),
    ("from:bob OR from:ann", True),
    ("subject:missed", True),
    ('subject:"missed call"', True),
    ('subject:"call missed"', False),
    ('"030 1234567"', True),
    ("1234567", True),
    ("123456", False),
    ("is:unread in:inbox", True),
    ("is:read", False),
    ("label:callbacks-to-call", True),
    ("label:other", False),
    ("after:2026/03/20", True),
    ("after:2026/03/21", False),
    ("before:2026/03/21", True),
    (f"after:{int(NOON.timestamp())}", True),
    (f"after:{int(NOON.timestamp()) + 1}", False),
    ("newer_than:1d", True),
    ("older_than:1d", False),
]


@pytest.mark.parametrize(("search", "fits"), SEARCHES)
def test_a_search_finds_whole_words(users: Made, hands: Mail, search: str, fits: bool) -> None:  # noqa: FBT001  a case
    """Searches know the simple operators, and words as wholes only."""
    own = hands.user_creates_label("Callbacks/To call")
    message = hands.deliver(mail("Missed call", body="Number: +49 (030) 1234567."), labels=["INBOX", "UNREAD", own])
    assert found(users, search) == ([message] if fits else [])


@pytest.mark.parametrize("search", ["has:attachment", "from:(a b)", "is:muted", "in:snoozed", "after:yesterday"])
def test_a_search_that_is_not_known_is_told(server: GoogleServer, users: Made, hands: Mail, search: str) -> None:
    """What this server cannot search is 501 and a violation, never an empty list."""
    hands.deliver(mail())
    assert refused(users.messages().list(userId="me", q=search))[0] == 501
    assert forgiven(server)


def test_a_search_may_lag_behind(server: GoogleServer, users: Made, hands: Mail) -> None:
    """With a lag a new mail is listed at once and found by a search only later."""
    hands.lag_searches(timedelta(seconds=5))
    message = hands.deliver(mail())
    assert (found(users, ""), found(users, "rfc822msgid:m1@example.org")) == ([message], [])
    server.clock.advance(timedelta(seconds=5))
    assert found(users, "rfc822msgid:m1@example.org") == [message]


def test_labels_are_changed_and_what_was_so_already_is_no_change(users: Made, hands: Mail) -> None:
    """Modifying answers the labels afterwards; a second time the history has nothing new."""
    message = hands.deliver(mail())
    body = {"addLabelIds": ["STARRED"], "removeLabelIds": ["UNREAD"]}
    assert users.messages().modify(userId="me", id=message, body=body).execute()["labelIds"] == ["INBOX", "STARRED"]
    start = now(users)
    users.messages().modify(userId="me", id=message, body=body).execute()
    assert changes(users, start) == []


@pytest.mark.parametrize("name", ["Label_99", "SENT", "DRAFT", "Inbox"])
def test_a_label_that_nobody_may_set_is_refused(users: Made, hands: Mail, name: str) -> None:
    """An unknown label and those that only Gmail sets are 400."""
    message = hands.deliver(mail())
    status, error = refused(users.messages().modify(userId="me", id=message, body={"addLabelIds": [name]}))
    assert (status, error["message"]) == (400, f"Invalid label: {name}")


def test_many_messages_are_changed_at_once_and_the_gone_are_passed_over(users: Made, hands: Mail) -> None:
    """Changing in numbers takes a thousand ids, answers nothing, and does not mind a message that is gone."""
    ids = [hands.deliver(mail(number=number)) for number in range(3)]
    body = {"ids": [*ids, "abcdef"], "removeLabelIds": ["UNREAD"]}
    assert not users.messages().batchModify(userId="me", body=body).execute()
    assert found(users, "is:unread") == []
    body["ids"] = ["abcdef"] * 1001
    assert refused(users.messages().batchModify(userId="me", body=body))[0] == 400


def test_a_mail_goes_to_the_trash_and_back(users: Made, hands: Mail) -> None:
    """Trashing takes a mail out of the inbox, and taking it back does not put it there again."""
    message = hands.deliver(mail())
    assert users.messages().trash(userId="me", id=message).execute()["labelIds"] == ["TRASH", "UNREAD"]
    assert users.messages().untrash(userId="me", id=message).execute()["labelIds"] == ["UNREAD"]


def test_a_mail_deleted_for_good_is_gone(server: GoogleServer, hands: Mail) -> None:
    """With the scope of the whole account a mail can be deleted for good, alone, in numbers and as a thread."""
    one, two, three = (hands.deliver(mail(number=number, subject=str(number))) for number in range(3))
    with built(server, "gmail", [ALL]) as client:
        users = client.users()
        users.messages().delete(userId="me", id=one).execute()
        users.messages().batchDelete(userId="me", body={"ids": [two, "abc"]}).execute()
        users.threads().delete(userId="me", id=three).execute()
        status, error = refused(users.messages().get(userId="me", id=one))
    assert (status, error["message"]) == (404, "Requested entity was not found.")
    assert hands.messages() == []


def test_history_tells_each_change_in_order(users: Made, hands: Mail) -> None:
    """Arrival, labels and deletion are records of their kinds; ids grow beyond 64 bits, with gaps."""
    start = now(users)
    message = hands.deliver(mail())
    hands.user_modifies(message, add=["STARRED"], remove=["UNREAD"])
    hands.user_deletes(message)
    assert changes(users, start) == [
        ("messagesAdded", message, []),
        ("labelsAdded", message, ["STARRED"]),
        ("labelsRemoved", message, ["UNREAD"]),
        ("messagesDeleted", message, []),
    ]
    assert int(now(users)) > int(start) > 2**64
    assert changes(users, now(users)) == []


def test_history_comes_in_pages_and_by_kind_and_label(users: Made, hands: Mail) -> None:
    """historyTypes, labelId and maxResults choose among the records."""
    start = now(users)
    first, second = hands.deliver(mail()), hands.deliver(mail(number=2), labels=["SENT"])
    hands.user_modifies(first, remove=["UNREAD"])
    assert changes(users, start, historyTypes=["labelRemoved"]) == [("labelsRemoved", first, ["UNREAD"])]
    assert changes(users, start, labelId="SENT") == [("messagesAdded", second, [])]
    answer = users.history().list(userId="me", startHistoryId=start, maxResults=2).execute()
    token = answer["nextPageToken"]
    assert changes(users, start, maxResults=2, pageToken=token) == [("labelsRemoved", first, ["UNREAD"])]


def test_a_history_id_that_is_too_old_or_unknown_is_refused(users: Made, hands: Mail) -> None:
    """404 for one before the history that is kept and for one that was never given; a new one works."""
    start = now(users)
    hands.forget_history()
    for wrong in (start, "0", "9" * 40):
        assert refused(users.history().list(userId="me", startHistoryId=wrong))[0] == 404
    assert changes(users, now(users)) == []
    assert refused(users.history().list(userId="me"))[0] == 400


def test_another_users_mailbox_is_closed(users: Made) -> None:
    """The user is "me" or the address that signed in."""
    assert users.getProfile(userId="me@example.org").execute()["threadsTotal"] == 0
    assert refused(users.getProfile(userId="you@example.org"))[0] == 403


@pytest.mark.parametrize("body", [raw(b""), {"raw": "A"}])
def test_a_message_without_content_is_refused(users: Made, body: dict[str, Any]) -> None:
    """Inserting nothing, or what is no base64, is 400."""
    assert refused(users.messages().insert(userId="me", body=body))[0] == 400

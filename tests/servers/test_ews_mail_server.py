"""Our Exchange server's mail as exchangelib sees it: items, searches, changes, events."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from exchangelib import Mailbox, Message, Q
from exchangelib.errors import (
    ErrorInvalidRestriction,
    ErrorInvalidSyncStateData,
    ErrorIrresolvableConflict,
    ErrorItemNotFound,
    ErrorSubscriptionNotFound,
    SOAPError,
)
from exchangelib.items import MeetingRequest

from tests.servers.ews.client import ask, draft, known, raw

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exchangelib import Account

    from tests.servers.ews.hands import Mail
    from tests.servers.ews.server import EwsServer

_ASKED = (
    *("item:Subject", "item:Body", "item:InternetMessageHeaders"),
    *("message:From", "message:ToRecipients", "message:InternetMessageId"),
)
_FIND = (
    '<m:FindItem Traversal="Shallow"><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape><t:AdditionalProperties>{uris}'
    "</t:AdditionalProperties></m:ItemShape><m:ParentFolderIds>"
    '<t:DistinguishedFolderId Id="inbox"/></m:ParentFolderIds></m:FindItem>'
)
_DAY = datetime(2026, 3, 20, 9, tzinfo=UTC)


def _fields(fields: dict[str, str]) -> bytes:
    return "".join(f"{name}: {text}\r\n" for name, text in fields.items()).encode()


@pytest.fixture(autouse=True)
def properties() -> Iterator[None]:
    """Let exchangelib know some extended properties for as long as a test runs."""
    with known():
        yield


def test_a_mail_that_arrived(ews_account: Account, ews_hands: Mail) -> None:
    """Delivery sets what Exchange knows of a mail; the bytes are the ones that came."""
    content = raw(Date="Fri, 20 Mar 2026 10:00:00 +0100", Importance="high", X_Test_Key="one")
    found = ews_account.inbox.get(id=ews_hands.deliver(content, received=_DAY))
    assert (found.subject, found.item_class, found.is_read, found.is_draft) == ("Missed call", "IPM.Note", False, False)
    assert (found.datetime_received, found.datetime_sent, found.importance) == (_DAY, _DAY, "High")
    assert (found.author, found.message_id) == (Mailbox(name="Ann", email_address="ann@example.net"), "<1@x>")
    assert (found.mime_content, found.test_header) == (content, "one")
    assert ("X-Test-Key", "one") in [(each.name, each.value) for each in found.headers]


@pytest.mark.parametrize(
    ("fields", "item_class"),
    [
        ({"Content-Class": "missedcall"}, "IPM.Note.Microsoft.Missed.Voice"),
        ({"Content-Class": "Voice"}, "IPM.Note.Microsoft.Voicemail.UM"),
        ({"Content-Class": "voice-ca"}, "IPM.Note.Microsoft.Voicemail.UM.CA"),
        ({"Content-Class": "fax"}, "IPM.Note.Microsoft.Fax"),
        ({"Content-Class": "urn:content-class:custom.Acme"}, "IPM.Note.Custom.Acme"),
        ({"Content-Type": "multipart/signed; boundary=b"}, "IPM.Note.SMIME.MultipartSigned"),
        ({"Content-Type": "multipart/report; report-type=delivery-status; boundary=b"}, "REPORT.IPM.Note.NDR"),
    ],
)
def test_message_classes(ews_account: Account, ews_hands: Mail, fields: dict[str, str], item_class: str) -> None:
    """The class of a mail follows from its header fields, as Exchange converts them."""
    assert ews_account.inbox.get(id=ews_hands.deliver(_fields(fields) + raw())).item_class == item_class


def test_an_invitation_is_a_meeting_request(ews_account: Account, ews_hands: Mail) -> None:
    """What comes with an iTIP request is another kind of item."""
    ref = ews_hands.deliver(raw(Content_Type="text/calendar; method=REQUEST"))
    assert isinstance(ews_account.inbox.get(id=ref), MeetingRequest)


def test_a_search_shows_less_than_reading(ews_server: EwsServer, ews_hands: Mail) -> None:
    """FindItem has no body, no header fields and no recipients, of the sender only the name, and short texts."""
    ews_hands.deliver(raw("x" * 400))
    uris = "".join(f'<t:FieldURI FieldURI="{each}"/>' for each in _ASKED)
    answer = ask(ews_server, _FIND.format(uris=uris)).text
    assert f"<t:Subject>{'x' * 255}</t:Subject>" in answer
    assert "<t:From><t:Mailbox><t:Name>Ann</t:Name></t:Mailbox></t:From>" in answer
    assert "<t:InternetMessageId>&lt;1@x&gt;</t:InternetMessageId>" in answer
    assert not any(each in answer for each in ("t:Body", "t:ToRecipients", "t:InternetMessageHeaders"))


def test_restrictions(ews_account: Account, ews_hands: Mail) -> None:
    """FindItem filters by text, time, flags, categories and combinations of them."""
    refs = [
        ews_hands.deliver(raw(name, number=day), received=_DAY + timedelta(days=day))
        for day, name in enumerate(("Missed call", "Voice message", "Lunch?"))
    ]
    ews_hands.user_categorises(refs[1], ["Callbacks/To call", "Red category"])
    ews_hands.user_reads(refs[2])
    inbox = ews_account.inbox
    queries = {
        inbox.filter(subject__icontains="CALL"): {0},
        inbox.filter(subject__startswith="Voice"): {1},
        inbox.filter(datetime_received__gte=_DAY + timedelta(days=1)): {1, 2},
        inbox.filter(datetime_received__lt=_DAY + timedelta(days=1)): {0},
        inbox.filter(is_read=False): {0, 1},
        inbox.filter(categories__contains=["Red category"]): {1},
        inbox.filter(message_id="<2@x>"): {2},
        inbox.exclude(subject="Lunch?"): {0, 1},
        inbox.filter(Q(subject="Lunch?") | Q(is_read=False, subject="Missed call")): {0, 2},
        inbox.filter(test_key__exists=True): set(),
        inbox.filter("subject:voice"): {1},
        inbox.filter("call"): {0, 1, 2},
    }
    for query, expected in queries.items():
        assert {refs.index(each.id) for each in query.only("subject")} == expected


def test_order_and_pages(ews_server: EwsServer, ews_account: Account, ews_hands: Mail) -> None:
    """What is found comes in the order asked for, in pages."""
    for number in range(7):
        ews_hands.deliver(raw(f"{number}", number=number), received=_DAY + timedelta(minutes=number))
    found = ews_account.inbox.all().order_by("-datetime_received").only("subject")
    found.page_size = 3
    assert [each.subject for each in found] == list("6543210")
    assert ews_server.round_trips("FindItem") == 3
    assert [each.subject for each in ews_account.inbox.all().order_by("subject").only("subject")[2:4]] == ["2", "3"]


def test_texts_that_look_like_numbers_are_sorted_too(ews_account: Account, ews_hands: Mail) -> None:
    """Subjects of any looks have an order."""
    for number, name in enumerate(("b", "12", "", "a", "2026-03-20T09:00:00Z")):
        ews_hands.deliver(raw(name, number=number))
    found = ews_account.inbox.all().order_by("subject").only("subject")
    assert {each.subject or "" for each in found} == {"b", "12", "", "a", "2026-03-20T09:00:00Z"}


def test_another_server_knows_fewer_restrictions(ews_server: EwsServer, ews_account: Account) -> None:
    """A server without "or equal" says so."""
    ews_server.state.quirks.no_greater_or_equal = True
    with pytest.raises(ErrorInvalidRestriction):
        list(ews_account.inbox.filter(datetime_received__gte=_DAY))


def test_many_items_in_one_request(ews_server: EwsServer, ews_account: Account, ews_hands: Mail) -> None:
    """GetItem answers each id by itself; one that is gone does not stop the others."""
    refs = [ews_hands.deliver(raw(f"{number}", number=number)) for number in range(60)]
    ews_hands.user_deletes(refs[7])
    found = list(ews_account.fetch([(ref, None) for ref in refs], only_fields=["subject"]))
    assert isinstance(found[7], ErrorItemNotFound)
    assert [each.subject for each in found if isinstance(each, Message)] == [f"{n}" for n in range(60) if n != 7]
    assert (ews_server.round_trips("GetItem"), ews_server.calls("GetItem")[0].items) == (1, 60)


def test_a_stale_change_key_is_a_conflict(ews_account: Account, ews_hands: Mail) -> None:
    """An update of a version that is no longer there is refused, and every change makes another version."""
    ref = ews_hands.deliver(raw())
    mine = ews_account.inbox.get(id=ref)
    ews_hands.user_categorises(ref, ["Red category"])
    mine.categories = ["Callbacks/Done"]
    with pytest.raises(ErrorIrresolvableConflict):
        mine.save(update_fields=["categories"], conflict_resolution="NeverOverwrite")
    fresh = ews_account.inbox.get(id=ref)
    fresh.categories = [*fresh.categories, "Callbacks/Done"]
    fresh.save(update_fields=["categories"], conflict_resolution="NeverOverwrite")
    assert ews_hands.categories(ref) == ["Red category", "Callbacks/Done"]
    assert len({mine.changekey, fresh.changekey, ews_account.inbox.get(id=ref).changekey}) == 2
    assert ews_hands.unread(ref)


def test_deletion_asks_for_no_change_key(ews_account: Account, ews_hands: Mail) -> None:
    """DeleteItem moves to the deleted items whatever the version; the id is gone then."""
    ref = ews_hands.deliver(raw())
    mine = ews_account.inbox.get(id=ref)
    ews_hands.touch(ref)
    mine.move_to_trash()
    assert [each.text("Subject") for each in ews_hands.inside("deleteditems")] == ["Missed call"]
    assert isinstance(next(iter(ews_account.fetch([(ref, None)]))), ErrorItemNotFound)


def test_a_moved_item_has_another_id(ews_account: Account, ews_hands: Mail) -> None:
    """MoveItem answers the new id; extended properties go along."""
    first = draft(ews_account, raw(), test_key="k")
    moved = ews_account.drafts.get(id=first.id)
    moved.move(ews_account.inbox)
    assert moved.id != first.id
    assert ews_account.inbox.get(test_key="k").id == moved.id
    assert ews_hands.inside("drafts") == []


def test_synchronisation(ews_account: Account, ews_hands: Mail) -> None:
    """SyncFolderItems tells what came, changed, was read and went, once."""
    inbox = ews_account.inbox
    refs = [ews_hands.deliver(raw(number=number)) for number in range(3)]
    assert [(what, item.id) for what, item in inbox.sync_items(only_fields=["subject"])] == [
        ("create", r) for r in refs
    ]
    assert list(inbox.sync_items(sync_state=inbox.item_sync_state)) == []
    ews_hands.user_categorises(refs[0], ["Red category"])
    ews_hands.user_reads(refs[1])
    moved = ews_hands.user_moves(refs[2], "deleteditems")
    told = list(inbox.sync_items(sync_state=inbox.item_sync_state, only_fields=["subject"]))
    assert [(each[0], each[1][0].id if each[0] == "read_flag_change" else each[1].id) for each in told] == [
        ("update", refs[0]),
        ("read_flag_change", refs[1]),
        ("delete", refs[2]),
    ]
    assert moved != refs[2]


def test_synchronisation_comes_in_portions(ews_server: EwsServer, ews_account: Account, ews_hands: Mail) -> None:
    """A long list of changes comes in portions; what changes meanwhile comes later."""
    refs = [ews_hands.deliver(raw(number=number)) for number in range(5)]
    told = [item.id for _, item in ews_account.inbox.sync_items(only_fields=["subject"], max_changes_returned=2)]
    assert (told, ews_server.round_trips("SyncFolderItems")) == (refs, 3)


def test_a_sync_state_can_expire(ews_server: EwsServer, ews_account: Account) -> None:
    """A state that the server no longer knows is refused, and so is one that never was."""
    list(ews_account.inbox.sync_items())
    ews_server.state.sync.expire()
    for state in (ews_account.inbox.item_sync_state, "bm9uc2Vuc2U="):
        with pytest.raises(ErrorInvalidSyncStateData):
            list(ews_account.inbox.sync_items(sync_state=state))


def test_synchronisation_of_folders(ews_server: EwsServer, ews_account: Account, ews_hands: Mail) -> None:
    """SyncFolderHierarchy tells of folders that were made and deleted."""
    root = ews_account.root
    list(root.sync_hierarchy())
    made = ews_hands.add_folder("PBX")
    assert [(what, folder.name) for what, folder in root.sync_hierarchy(root.folder_sync_state)] == [("create", "PBX")]
    ews_hands.delete_folder("PBX")
    told = [(what, folder) for what, folder in root.sync_hierarchy(root.folder_sync_state) if what == "delete"]
    assert [folder.id for _, folder in told] == [made]
    assert ews_server.round_trips("SyncFolderHierarchy") == 3


def test_a_list_of_categories(ews_server: EwsServer, ews_account: Account) -> None:
    """The master list lies in a configuration of the calendar folder and can be written."""
    found = ews_account.calendar.get_user_configuration(name="CategoryList")
    changed = found.xml_data.replace(b"Red category", b"Callbacks/To call")
    ews_account.calendar.update_user_configuration(name="CategoryList", xml_data=changed)
    assert ews_server.state.configurations.categories()["Callbacks/To call"] == 0
    ews_server.state.configurations.remove("calendar", "CategoryList")
    with pytest.raises(ErrorItemNotFound):
        ews_account.calendar.get_user_configuration(name="CategoryList")
    ews_account.calendar.create_user_configuration(name="CategoryList", xml_data=changed)
    assert "Callbacks/To call" in ews_server.state.configurations.categories()


def test_the_zone_of_the_user(ews_server: EwsServer, ews_account: Account) -> None:
    """Outlook on the web keeps the zone in a dictionary of the root; another server has no configurations at all."""
    found = ews_account.root.get_user_configuration(name="OWA.UserOptions")
    assert found.dictionary == {"timezone": "W. Europe Standard Time"}
    ews_server.state.quirks.no_configurations = True
    with pytest.raises(SOAPError):
        ews_account.root.get_user_configuration(name="OWA.UserOptions")


def test_events_over_an_open_connection(ews_server: EwsServer, ews_account: Account, ews_hands: Mail) -> None:
    """A new mail is told at once on a streaming subscription, which ends with its time."""
    ews_server.state.streaming.minute = 0.6
    inbox = ews_account.inbox
    with inbox.streaming_subscription() as subscription:
        threading.Timer(0.1, ews_hands.deliver, [raw()]).start()
        told = list(inbox.get_streaming_events(subscription, connection_timeout=1))
    assert "NewMailEvent" in {type(each).__name__ for one in told for each in one.events}
    assert ews_server.state.streaming.subscriptions == 0


def test_subscriptions_can_be_forgotten(ews_server: EwsServer, ews_account: Account) -> None:
    """A server that was started anew knows no subscription of before."""
    subscription = ews_account.inbox.subscribe_to_streaming()
    ews_server.state.streaming.forget()
    with pytest.raises(ErrorSubscriptionNotFound):
        list(ews_account.inbox.get_streaming_events(subscription, connection_timeout=1))


def test_a_server_without_streaming(ews_server: EwsServer, ews_account: Account) -> None:
    """Another server may not know subscriptions."""
    ews_server.state.quirks.no_streaming = True
    with pytest.raises(SOAPError):
        ews_account.inbox.subscribe_to_streaming()


@pytest.mark.parametrize(
    "content",
    [b"\x00\xff", b"Subject: =?bad?q?\x01?=\r\nFrom: \x02 <>\r\nContent-Type: text/plain; charset=no\r\n\r\n\x00"],
    ids=["no mail", "nothing right"],
)
def test_mail_that_nobody_should_write(ews_account: Account, ews_hands: Mail, content: bytes) -> None:
    """Broken mail is delivered and answered in XML that can be read."""
    assert ews_account.inbox.get(id=ews_hands.deliver(content)).mime_content == content

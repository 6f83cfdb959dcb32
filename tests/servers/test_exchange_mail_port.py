"""What the Mailbox and DraftBox ports make of Exchange's own ways, on the fake: marks, categories, costs, quirks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from exchangelib.errors import ErrorAccessDenied

from assistant import recognise
from assistant.errors import (
    CursorExpiredError,
    NotFoundError,
    UnsupportedError,
)
from assistant.model.mailbox import Folder, Label, Ref
from assistant.standards import compose
from providers.exchange import categories
from providers.exchange.folders import Sync
from providers.exchange.mailbox import ExchangeMailbox
from tests.contract.exchange import ExchangeHarness
from tests.contract.exchange_mail import QUIRKS
from tests.contract.harness import mail, plain
from tests.servers.ews.faults import Error, Fault

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from assistant.model.mailbox import Cursor, Head
    from assistant.ports import Mailbox
    from tests.servers.ews.server import EwsServer

MARCH = datetime(2026, 3, 20, 9, tzinfo=UTC)
LATER = timedelta(minutes=5)


@pytest.fixture
def hands() -> Iterator[ExchangeHarness]:
    """Return an empty account."""
    found = ExchangeHarness()
    yield found
    found.close()


@pytest.fixture
def server(hands: ExchangeHarness) -> EwsServer:
    """Return the server of the account."""
    return hands.server


@pytest.fixture
def mailbox(hands: ExchangeHarness) -> ExchangeMailbox:
    """Return the mailbox of one connection, whose clock goes with the server's."""
    return ExchangeMailbox(hands.open(), now=hands.server.clock.now)


def heads(mailbox: Mailbox) -> dict[Ref, Head]:
    return {head.ref: head for head in mailbox.changes(None).heads}


def settled(server: EwsServer, mailbox: Mailbox) -> Cursor:
    """Return a cursor under which the marks of all folders count."""
    cursor = mailbox.changes(None).cursor
    server.clock.advance(LATER)
    return mailbox.changes(cursor).cursor


def operations(server: EwsServer) -> Sequence[str]:
    """Return what was asked of the server since the last time, in its order."""
    asked = [each.operation for each in server.calls()]
    server.reset_traffic()
    return asked


# --- what a look costs


def test_an_idle_look_is_one_request(hands: ExchangeHarness, server: EwsServer, mailbox: ExchangeMailbox) -> None:
    """Where nothing changed, the marks of all folders are asked for in one request, by a new connection too."""
    hands.deliver_mail(mail())
    cursor = settled(server, mailbox)
    operations(server)
    again = hands.mailbox.changes(cursor)
    assert (list(again.heads), again.removed) == ([], ())
    assert operations(server) == ["FindFolder"]


def test_a_new_mail_is_four_requests(hands: ExchangeHarness, server: EwsServer, mailbox: ExchangeMailbox) -> None:
    """Marks, the changes of one folder, head and mail together, and the category: more is not asked for a new call."""
    ref = hands.deliver_mail(mail(number=1))
    mailbox.set_state(ref, Label.TO_CALL)  # the list of categories is looked at once, not for each
    cursor = settled(server, mailbox)
    hands.deliver_mail(mail(number=2))
    operations(server)
    news = mailbox.changes(cursor)
    refs = [head.ref for head in news.heads]
    assert [plain(raw) for _, raw in mailbox.fetch(refs)] == [plain(mail(number=2))]
    mailbox.set_state(refs[0], Label.TO_CALL)
    assert operations(server) == ["FindFolder", "SyncFolderItems", "GetItem", "UpdateItem"]


def test_a_first_look_reads_a_hundred_heads_at_once(hands: ExchangeHarness, server: EwsServer) -> None:
    """A first look at 1,100 mails is 2 requests for the folders, 3 for what is there, 11 for the heads."""
    for number in range(1100):
        hands.deliver_mail(mail(number=number))
    operations(server)
    assert sum(1 for _ in hands.mailbox.changes(None).heads) == 1100
    asked = operations(server)
    assert {one: asked.count(one) for one in asked} == {
        "GetFolder": 1,
        "FindFolder": 1,
        "SyncFolderItems": 3,
        "GetItem": 11,
    }


def test_an_empty_folder_is_not_asked_for_changes(hands: ExchangeHarness, server: EwsServer) -> None:
    """Only folders with something in them cost a request, and what comes into one later is seen."""
    first = hands.mailbox.changes(None)
    assert "SyncFolderItems" not in operations(server)
    ref = hands.deliver_mail(mail(), Folder.OTHER)
    news = hands.mailbox.changes(first.cursor)
    assert [(head.ref, head.folder) for head in news.heads] == [(ref, Folder.OTHER)]


def test_a_look_back_reads_no_older_heads(hands: ExchangeHarness, server: EwsServer) -> None:
    """With a time, mail before it costs no head."""
    refs = [hands.deliver_mail(mail(number=number)) for number in range(3)]
    received = heads(hands.mailbox)[refs[1]].received_at
    operations(server)
    found = hands.mailbox.changes(None, received)
    assert found.total == 2
    assert {head.ref for head in found.heads} == set(refs[1:])
    assert server.calls("GetItem")[0].items == 2


def test_labels_of_many_are_two_requests(hands: ExchangeHarness, server: EwsServer) -> None:
    """A hundred messages get their state in one request, and one to learn their versions where these are not known."""
    refs = [hands.deliver_mail(mail(number=number)) for number in range(100)]
    mailbox = hands.mailbox
    mailbox.set_state(refs[0], Label.CHECK)
    operations(server)
    wanted = dict.fromkeys(refs[1:], Label.DONE)
    assert isinstance(mailbox, ExchangeMailbox)
    assert mailbox.set_states(wanted) == {}
    assert operations(server) == ["GetItem", "UpdateItem"]
    assert [hands.mail.categories(ref) for ref in refs[1:]] == [["Callbacks/Done"]] * 99


# --- marks


def test_a_change_in_the_second_of_the_mark_is_seen(hands: ExchangeHarness, server: EwsServer) -> None:
    """Marks have whole seconds: what changes in the same second as the look before is not missed."""
    server.clock.set(MARCH)
    ref = hands.deliver_mail(mail())
    mailbox = ExchangeMailbox(hands.open(), now=lambda: MARCH)
    cursor = mailbox.changes(None).cursor
    for label in (Label.TO_CALL, Label.DONE, Label.CHECK):
        hands.user_labels(ref, label)
        news = mailbox.changes(cursor)
        assert [head.labels for head in news.heads] == [{label}]
        cursor = news.cursor


def test_a_mark_that_stood_for_seconds_counts(hands: ExchangeHarness, server: EwsServer) -> None:
    """A folder is asked for its changes until its mark stood for two seconds, then no more until it is another one."""
    server.clock.set(MARCH)
    hands.deliver_mail(mail(number=1))
    moments = iter([0.0, 1.0, 2.5, 3.0, 4.0])
    mailbox = ExchangeMailbox(hands.open(), now=lambda: MARCH + timedelta(seconds=next(moments)))
    cursor, asked = None, []
    for _ in range(4):
        cursor = mailbox.changes(cursor).cursor
        asked.append(operations(server).count("SyncFolderItems"))
    assert asked == [1, 1, 1, 0]
    hands.deliver_mail(mail(number=2))
    assert mailbox.changes(cursor).total == 1


def test_a_mail_that_was_read_is_no_news(hands: ExchangeHarness, server: EwsServer, mailbox: ExchangeMailbox) -> None:
    """The read flag changes the mark and is no change of ours."""
    ref = hands.deliver_mail(mail())
    cursor = settled(server, mailbox)
    hands.mail.user_reads(ref)
    operations(server)
    news = mailbox.changes(cursor)
    assert (list(news.heads), news.removed) == ([], ())
    assert operations(server) == ["FindFolder", "SyncFolderItems"]


def test_a_server_without_marks_is_asked_for_changes(hands: ExchangeHarness, server: EwsServer) -> None:
    """Where folders have no marks, each is asked, and nothing is missed."""
    server.state.quirks.no_folder_marks = True
    mailbox = ExchangeMailbox(hands.open(), now=server.clock.now)
    cursor = settled(server, mailbox)
    ref = hands.deliver_mail(mail())
    news = mailbox.changes(cursor)
    assert [head.ref for head in news.heads] == [ref]
    hands.user_labels(ref, Label.DONE)
    assert [head.labels for head in mailbox.changes(news.cursor).heads] == [{Label.DONE}]


def test_an_error_without_a_sync_state_is_told(hands: ExchangeHarness) -> None:
    """Some servers leave out what the schema wants of an error; it is still that error, and nothing else."""
    answer = (
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Header/><s:Body>'
        '<m:SyncFolderItemsResponse xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages">'
        '<m:ResponseMessages><m:SyncFolderItemsResponseMessage ResponseClass="Error"><m:MessageText>No.</m:MessageText>'
        "<m:ResponseCode>ErrorAccessDenied</m:ResponseCode></m:SyncFolderItemsResponseMessage></m:ResponseMessages>"
        "</m:SyncFolderItemsResponse></s:Body></s:Envelope>"
    )
    with pytest.raises(ErrorAccessDenied):
        list(Sync(account=hands.open().account).parse(answer.encode()))


def test_an_item_of_an_unknown_kind_is_news(hands: ExchangeHarness) -> None:
    """What the library has no class for is an item with an id all the same."""
    types = "http://schemas.microsoft.com/exchange/services/2006/types"
    answer = (
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Header/><s:Body>'
        '<m:SyncFolderItemsResponse xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages" '
        f'xmlns:t="{types}">'
        '<m:ResponseMessages><m:SyncFolderItemsResponseMessage ResponseClass="Success">'
        "<m:ResponseCode>NoError</m:ResponseCode><m:SyncState>S</m:SyncState>"
        "<m:IncludesLastItemInRange>true</m:IncludesLastItemInRange><m:Changes><t:Create><t:Surprise>"
        '<t:ItemId Id="AAMk" ChangeKey="CQ=="/></t:Surprise></t:Create></m:Changes>'
        "</m:SyncFolderItemsResponseMessage></m:ResponseMessages></m:SyncFolderItemsResponse></s:Body></s:Envelope>"
    )
    told = list(Sync(account=hands.open().account).parse(answer.encode()))
    assert [(kind, item.id) for kind, item in told] == [("update", "AAMk")]


# --- folders


def test_folders_of_the_users_are_read(hands: ExchangeHarness) -> None:
    """Folders in folders show their mail; what lies below Sent is sent, and what lies below the trash is hidden."""
    places = {
        "Phone": ("inbox", Folder.OTHER),
        "2025": ("sentitems", Folder.SENT),
        "Old": ("deleteditems", None),
    }
    for name, (parent, _) in places.items():
        hands.mail.add_folder(name, parent)
    refs = {Ref(hands.mail.deliver(mail(number=n), name)): places[name][1] for n, name in enumerate(places)}
    found = heads(hands.mailbox)
    shown = {ref: found[ref].folder if ref in found else None for ref in refs}
    assert shown == refs


@pytest.mark.parametrize("kind", ["IPF.Appointment", "IPF.Contact", "IPF.Note.OutlookHomepage", "IPF.Configuration"])
def test_folders_of_other_things_are_not(hands: ExchangeHarness, kind: str) -> None:
    """Calendars, contacts, feeds and settings of programs hold no mail."""
    hands.mail.add_folder("Other things", "msgfolderroot", kind)
    hands.mail.deliver(mail(), "Other things")
    assert heads(hands.mailbox) == {}


def test_a_folder_in_the_trash_takes_its_mail_along(hands: ExchangeHarness, server: EwsServer) -> None:
    """When the user moves a folder to the trash its mail is gone; moved back, it is there again."""
    place = hands.mail.add_folder("Phone")
    ref = Ref(hands.mail.deliver(mail(), "Phone"))
    first = hands.mailbox.changes(None)
    with server.lock:
        server.state.folders.all[place].parent = server.state.folders.named("deleteditems").id
    second = hands.mailbox.changes(first.cursor)
    assert (list(second.heads), second.removed) == ([], (ref,))
    with server.lock:
        server.state.folders.all[place].parent = server.state.folders.named("msgfolderroot").id
    assert [head.ref for head in hands.mailbox.changes(second.cursor).heads] == [ref]


@pytest.mark.parametrize("rest", [0, 1])
def test_what_had_left_a_folder_before_it_went_is_gone_too(
    hands: ExchangeHarness, server: EwsServer, rest: int
) -> None:
    """Mail that was deleted and mail that was moved, then the folder put into the trash, all between two looks."""
    place = hands.mail.add_folder("Phone")
    deleted, moved, *stays = (Ref(hands.mail.deliver(mail(number=n), "Phone")) for n in range(2 + rest))
    first = hands.mailbox.changes(None)
    hands.user_deletes_mail(deleted)
    there = hands.user_moves_mail(moved, Folder.INBOX)
    with server.lock:
        server.state.folders.all[place].parent = server.state.folders.named("deleteditems").id
    second = hands.mailbox.changes(first.cursor)
    assert [head.ref for head in second.heads] == [there]
    assert set(second.removed) == {deleted, moved, *stays}


@pytest.mark.parametrize("code", ["ErrorInvalidSyncStateData", "ErrorAccessDenied", "ErrorFolderNotFound"])
def test_a_folder_in_the_trash_that_cannot_be_read_is_told(
    hands: ExchangeHarness, server: EwsServer, code: str
) -> None:
    """Where nobody can tell what went with it, all is read again."""
    place = hands.mail.add_folder("Phone")
    hands.mail.deliver(mail(), "Phone")
    cursor = hands.mailbox.changes(None).cursor
    with server.lock:
        server.state.folders.all[place].parent = server.state.folders.named("deleteditems").id
    server.faults.add(Fault("SyncFolderItems", Error(code)))
    with pytest.raises(CursorExpiredError):
        hands.mailbox.changes(cursor)


def test_a_deleted_folder_is_no_silent_loss(hands: ExchangeHarness) -> None:
    """Nobody can tell which mail went with a folder that was deleted for good: all is read again."""
    hands.mail.add_folder("Phone")
    hands.mail.deliver(mail(number=1), "Phone")
    kept = hands.deliver_mail(mail(number=2))
    cursor = hands.mailbox.changes(None).cursor
    hands.mail.delete_folder("Phone")
    with pytest.raises(CursorExpiredError):
        hands.mailbox.changes(cursor)
    assert set(heads(hands.mailbox)) == {kept}


def test_an_empty_folder_may_be_deleted(hands: ExchangeHarness) -> None:
    """A folder in which never was anything goes unnoticed."""
    hands.mail.add_folder("Phone")
    cursor = hands.mailbox.changes(None).cursor
    hands.mail.delete_folder("Phone")
    assert hands.mailbox.changes(cursor).total == 0


def test_a_cursor_of_another_account_is_refused(hands: ExchangeHarness) -> None:
    """The place where reading of one mailbox stopped is none in another."""
    cursor = hands.mailbox.changes(None).cursor
    other = ExchangeHarness()
    other.server.address = other.server.state.address = "else@example.org"
    other.server.user = "else@example.org"
    try:
        with pytest.raises(CursorExpiredError):
            other.mailbox.changes(cursor)
    finally:
        other.close()


# --- what a head says


@pytest.mark.parametrize(
    ("content_class", "item_class", "passes"),
    [
        ("missedcall", "IPM.Note.Microsoft.Missed.Voice", True),
        ("voice", "IPM.Note.Microsoft.Voicemail.UM", True),
        ("voice-ca", "IPM.Note.Microsoft.Voicemail.UM.CA", True),
        ("rpmsg.message", "IPM.Note.rpmsg.Microsoft.Voicemail.UM.CA", True),
        ("fax-ca", "IPM.Note.Microsoft.Fax.CA", False),
        (None, "IPM.Outlook.Recall", False),
        (None, "REPORT.IPM.Note.IPNRN", False),
        (None, "REPORT.IPM.Note.NDR", False),
    ],
)
def test_the_message_class_decides(
    hands: ExchangeHarness, content_class: str | None, item_class: str, *, passes: bool
) -> None:
    """Heads have Exchange's class: missed calls and voice mails pass, fax, recall and receipts do not."""
    fields: dict[str, Any] = {"Content_Class": content_class} if content_class else {}
    fields |= {"X_CallingTelephoneNumber": "+493090182000", "X_VoiceMessageDuration": "1"}
    ref = hands.deliver_mail(mail("Message", **fields))
    if content_class is None:
        hands.mail.set_class(ref, item_class)
    head = heads(hands.mailbox)[ref]
    assert head.item_class == item_class
    assert recognise.is_candidate(head.headers, head.item_class) is passes


@pytest.mark.parametrize("many", [0, 30])
def test_a_class_without_its_field_reaches_the_recogniser(hands: ExchangeHarness, many: int) -> None:
    """A class that a program of the server set stands in the mail as the field that Exchange makes it of."""
    refs = [hands.deliver_mail(mail(number=number)) for number in range(many)]
    ref = hands.deliver_mail(mail("Missed call", number=77))
    hands.mail.set_class(ref, "IPM.Note.Microsoft.Missed.Voice")
    mailbox = hands.mailbox
    assert ref in {head.ref for head in mailbox.changes(None).heads}
    read = dict(mailbox.fetch([*refs, ref]))
    assert b"Content-Class: missedcall\n" in read.pop(ref)
    assert not any(b"Content-Class" in raw for raw in read.values())


def test_a_mail_that_was_never_on_the_way_has_a_header(hands: ExchangeHarness, server: EwsServer) -> None:
    """Exchange tells no header fields of sent mail and drafts: heads have those that its properties tell."""
    raw = mail(To="Ann <ann@acme.example>, bob@acme.example", Cc="eve@acme.example", In_Reply_To="<m9@example.org>")
    ref = hands.deliver_mail(raw, Folder.SENT)
    for number in range(20):
        hands.deliver_mail(mail(number=number + 50))
    head = heads(hands.mailbox)[ref]  # so many that mails are not read with their heads
    names = ("From", "To", "Cc", "Subject", "Message-ID", "In-Reply-To")
    assert [head.header(name) for name in names] == [
        "Phone <phone@pbx.example>",
        "Ann <ann@acme.example>, bob@acme.example",
        "eve@acme.example",
        "Missed call",
        "<m1@example.org>",
        "<m9@example.org>",
    ]
    assert server.calls("GetItem")[0].items == 21


def test_fields_that_exchange_tells_are_those_of_the_mail(hands: ExchangeHarness, server: EwsServer) -> None:
    """Where heads come without their mails, fields keep order and case, are decoded, and hostile ones add no field."""
    hostile = "=?utf-8?q?R=C3=BCckruf=0D=0AX-Evil:_1=00?= =?x-none?b?////?="
    ref = hands.deliver_mail(mail(hostile, X_One="1", x_TWO="2"))
    for number in range(30):
        hands.deliver_mail(mail(number=number + 50))
    head = heads(hands.mailbox)[ref]
    names = [name for name, _ in head.headers]
    assert names == ["From", "To", "Subject", "Date", "Message-ID", "X-One", "x-TWO"]
    assert (head.header("Subject") or "").startswith("Rückruf")
    assert head.header("X-Evil") is None
    assert server.calls("GetItem")[0].items == 31


# --- categories


def test_categories_of_the_user_stay(hands: ExchangeHarness) -> None:
    """A state takes the place of another one, whatever its case, beside the user's categories and in their order."""
    ref = hands.deliver_mail(mail())
    hands.mail.user_categorises(ref, ["Family", "callbacks/to call", "Blue category"])
    assert heads(hands.mailbox)[ref].labels == {Label.TO_CALL}
    hands.mailbox.set_state(ref, Label.DONE)
    assert hands.mail.categories(ref) == ["Family", "Blue category", "Callbacks/Done"]
    hands.mailbox.set_state(ref, None)
    assert hands.mail.categories(ref) == ["Family", "Blue category"]


def test_a_category_set_meanwhile_is_kept(hands: ExchangeHarness, mailbox: ExchangeMailbox) -> None:
    """When the user changes the categories after we read them, they are read again and none is lost."""
    ref = hands.deliver_mail(mail())
    assert [head.ref for head in mailbox.changes(None).heads] == [ref]
    hands.mail.user_categorises(ref, ["Family"])
    mailbox.set_state(ref, Label.TO_CALL)
    assert hands.mail.categories(ref) == ["Family", "Callbacks/To call"]


def test_a_state_that_was_taken_off_meanwhile_is_set(hands: ExchangeHarness, mailbox: ExchangeMailbox) -> None:
    """What we remember of a message is no reason to leave it as it is."""
    ref = hands.deliver_mail(mail())
    mailbox.set_state(ref, Label.TO_CALL)
    hands.user_labels(ref, None)
    mailbox.set_state(ref, Label.TO_CALL)
    assert hands.mail.categories(ref) == ["Callbacks/To call"]


def test_one_message_that_is_gone_stops_no_other(hands: ExchangeHarness, mailbox: ExchangeMailbox) -> None:
    """Many states at once are set for all that are there; the others are told."""
    refs = [hands.deliver_mail(mail(number=number)) for number in range(3)]
    assert len(list(mailbox.changes(None).heads)) == 3
    hands.user_deletes_mail(refs[1])
    failed = mailbox.set_states({**dict.fromkeys(refs, Label.DONE), Ref("nothing"): Label.DONE})
    assert {ref: type(error) for ref, error in failed.items()} == {
        refs[1]: NotFoundError,
        Ref("nothing"): NotFoundError,
    }
    assert [hands.mail.categories(ref) for ref in (refs[0], refs[2])] == [["Callbacks/Done"]] * 2


def test_the_users_list_gets_our_categories_once(hands: ExchangeHarness, server: EwsServer) -> None:
    """The first state puts all ours into the list; the user's own stay, and what they remove later is left so."""
    ref = hands.deliver_mail(mail())
    before = server.state.configurations.categories()
    hands.mailbox.set_state(ref, Label.TO_CALL)
    listed = server.state.configurations.categories()
    assert listed.items() >= before.items()
    assert set(listed) - set(before) == {f"Callbacks/{label}" for label in Label}
    cursor = hands.mailbox.changes(None).cursor
    server.state.configurations.set_categories(before)
    mailbox = hands.mailbox
    mailbox.changes(cursor)
    mailbox.set_state(ref, Label.DONE)
    assert server.state.configurations.categories() == before


def test_without_a_list_categories_are_set_all_the_same(hands: ExchangeHarness, server: EwsServer) -> None:
    """A server that keeps no configurations, or a mailbox without a list, is no fault."""
    refs = [hands.deliver_mail(mail(number=number)) for number in (1, 2)]
    server.state.quirks.no_configurations = True
    hands.mailbox.set_state(refs[0], Label.DONE)
    server.state.quirks.no_configurations = False
    server.state.configurations.remove("calendar", "CategoryList")
    hands.mailbox.set_state(refs[1], Label.DONE)
    assert [hands.mail.categories(ref) for ref in refs] == [["Callbacks/Done"]] * 2
    assert set(server.state.configurations.categories()) == {f"Callbacks/{label}" for label in Label}


@pytest.mark.parametrize(
    "stored",
    [
        b"garbage",
        b'<other xmlns="CategoryList.xsd"/>',
        b'<!DOCTYPE x [<!ENTITY a "b">]><categories xmlns="CategoryList.xsd">&a;</categories>',
    ],
)
def test_a_list_that_cannot_be_read_is_left_alone(stored: bytes) -> None:
    """What is no list of categories is not written over, and no entity is read."""
    assert categories.completed(stored) is None


# --- append and search


def test_an_appended_mail_is_no_draft(hands: ExchangeHarness) -> None:
    """The digest arrives as mail from somebody does: unread, and not to be sent."""
    ref = hands.mailbox.append(mail("Today's calls"), "digest-1")
    item = hands.mail.item(ref)
    assert (item.text("IsDraft"), item.text("IsRead")) == ("false", "false")


@pytest.mark.parametrize("folder", [Folder.ARCHIVE, Folder.TRASH])
def test_a_key_is_found_wherever_the_mail_went(hands: ExchangeHarness, folder: Folder) -> None:
    """A mail that the user filed or threw away is not appended again."""
    ref = hands.mailbox.append(mail("Today's calls"), "digest-1")
    moved = hands.user_moves_mail(ref, folder)
    assert hands.mailbox.append(mail("Today's calls"), "digest-1") == moved


def test_search_looks_into_all_folders(hands: ExchangeHarness) -> None:
    """A number is found in any folder that is shown, however old the mail, and a name in what the index knows."""
    old = hands.deliver_mail(mail(number=1, body="Bitte (030) 9018-20 anrufen.\n"), Folder.OTHER)
    sent = hands.deliver_mail(mail(number=2, To="ann@acme.example"), Folder.SENT)
    hands.deliver_mail(mail(number=3, body="+4930901820\n"), Folder.TRASH)
    for number in range(60):
        hands.deliver_mail(mail(number=10 + number), Folder.SENT)
    assert [(head.ref, head.folder) for head in hands.mailbox.search("+4930901820")] == [(old, Folder.OTHER)]
    assert [head.ref for head in hands.mailbox.search("ann@acme.example")] == [sent]


def test_a_folder_that_may_not_be_read_hides_no_other(hands: ExchangeHarness) -> None:
    """Searching and appending go past a folder to which the right was withdrawn."""
    ref = hands.deliver_mail(mail("Call from 030 901820"))
    hands.mail.withdraw("Family")
    mailbox = hands.mailbox
    assert [head.ref for head in mailbox.search("+4930901820")] == [ref]
    assert mailbox.append(mail("Today's calls"), "digest-1") == mailbox.append(mail("Today's calls"), "digest-1")


# --- waiting


def test_wait_hears_of_a_new_mail(hands: ExchangeHarness, server: EwsServer, mailbox: ExchangeMailbox) -> None:
    """What happens while we listen ends the wait, and nothing is left behind on the server."""
    mailbox.changes(None)
    server.watch = _Delivers(hands)
    assert mailbox.wait(timedelta(seconds=30)) is True
    assert server.state.streaming.subscriptions == 0


class _Delivers:
    """Lets a mail arrive as soon as somebody listens."""

    def __init__(self, hands: ExchangeHarness) -> None:
        self._hands = hands
        self._done = False

    def __call__(self, when: str, body: bytes) -> None:
        if when == "after" and b"GetStreamingEvents" in body and not self._done:
            self._done = True
            self._hands.deliver_mail(mail())


def test_wait_ends_in_time_and_can_be_repeated(server: EwsServer, mailbox: ExchangeMailbox) -> None:
    """When nothing happens the wait ends after its time, also where the server ends the connection before."""
    mailbox.changes(None)
    server.state.streaming.minute = 0.05
    assert mailbox.wait(timedelta(seconds=0.4)) is False
    server.state.streaming.minute = 60.0
    assert mailbox.wait(timedelta(seconds=0.2)) is False
    assert server.state.streaming.subscriptions == 0


def test_without_streaming_waiting_is_refused(server: EwsServer, mailbox: ExchangeMailbox) -> None:
    """A server that cannot tell of news says so, and `serve` looks from time to time."""
    server.state.quirks.no_streaming = True
    with pytest.raises(UnsupportedError):
        mailbox.wait(timedelta(seconds=5))


# --- other servers


@pytest.mark.parametrize("quirk", QUIRKS)
def test_mail_works_on_other_servers(hands: ExchangeHarness, quirk: str) -> None:
    """News, mails, states, one digest and a search on a server with ways of its own."""
    setattr(hands.server.state.quirks, quirk, True)
    first = hands.mailbox.changes(None)
    ref = hands.deliver_mail(mail("Call from +49 30 9018-20"))
    news = hands.mailbox.changes(first.cursor)
    assert [(head.ref, head.folder) for head in news.heads] == [(ref, Folder.INBOX)]
    raws = dict(hands.mailbox.fetch([ref]))
    assert compose.same_words(raws[ref], mail("Call from +49 30 9018-20"))
    hands.mailbox.set_state(ref, Label.TO_CALL)
    assert heads(hands.mailbox)[ref].labels == {Label.TO_CALL}
    digest = hands.mailbox.append(mail("Today's calls", number=2), "digest-1")
    assert hands.mailbox.append(mail("Today's calls", number=2), "digest-1") == digest
    assert [head.ref for head in hands.mailbox.search("+4930901820")] == [ref]


def test_a_category_that_is_too_long_stops_no_label(hands: ExchangeHarness, mailbox: ExchangeMailbox) -> None:
    """Names that others wrote are written back as they are, and the messages beside get their labels too."""
    refs = [hands.deliver_mail(mail(number=number)) for number in range(2)]
    hands.mail.user_categorises(refs[0], ["x" * 300, "<&>"])
    assert mailbox.set_states(dict.fromkeys(refs, Label.TO_CALL)) == {}
    assert [hands.mail.categories(ref) for ref in refs] == [
        ["x" * 300, "<&>", "Callbacks/To call"],
        ["Callbacks/To call"],
    ]
    mailbox.set_state(refs[1], None)
    assert hands.mail.categories(refs[1]) == []

"""What the Mailbox and DraftBox ports make of Graph's own ways, on the fake: batches, links, categories, threads."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from assistant import recognise
from assistant.errors import (
    AlreadyExistsError,
    CursorExpiredError,
    NotFoundError,
    ProviderError,
    UnsupportedError,
    WrongETagError,
)
from assistant.model.mailbox import Cursor, Folder, Label, Ref
from assistant.standards import compose
from providers.microsoft365 import heads as made_of
from providers.microsoft365 import news, writing
from providers.microsoft365.drafts import GraphDraftBox
from providers.microsoft365.mailbox import GraphMailbox
from tests.contract.harness import mail, plain
from tests.contract.microsoft365 import Microsoft365Harness
from tests.servers.ews.mail import Messages
from tests.servers.graph import ids, tracking

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from assistant.model.mailbox import Head
    from assistant.ports import Mailbox
    from tests.servers.ews.items import Item
    from tests.servers.graph.calls import Call
    from tests.servers.graph.odata import Query
    from tests.servers.graph.server import GraphServer

KEY = "ringback-a1b2-cb7-apology"
MARCH = datetime(2026, 3, 20, 9, tzinfo=UTC)
LATER = timedelta(minutes=5)
DELTA = "GET /me/mailFolders/{folder}/messages/delta"
FOLDERS = "GET /me/mailFolders/delta"
READ = "GET /me/messages/{message}"
MIME = "GET /me/messages/{message}/$value"
PATCH = "PATCH /me/messages/{message}"


@pytest.fixture
def hands() -> Iterator[Microsoft365Harness]:
    """Return an empty account."""
    found = Microsoft365Harness()
    yield found
    found.close()


@pytest.fixture
def server(hands: Microsoft365Harness) -> GraphServer:
    """Return the server of the account."""
    return hands.server


@pytest.fixture
def mailbox(hands: Microsoft365Harness) -> GraphMailbox:
    """Return the mailbox of one connection, whose clock goes with the server's."""
    return GraphMailbox(hands.open(), hands.server.address, now=hands.server.clock.now)


@pytest.fixture
def drafts(hands: Microsoft365Harness) -> GraphDraftBox:
    """Return the drafts of one connection."""
    return GraphDraftBox(hands.open())


def heads(mailbox: Mailbox) -> dict[Ref, Head]:
    return {head.ref: head for head in mailbox.changes(None).heads}


def cost(server: GraphServer) -> tuple[int, Counter[str]]:
    """Return how many round trips there were since the last time, and how often each request was made."""
    found = server.round_trips(), Counter(each.operation for each in server.calls())
    server.reset_traffic()
    return found


def ours(body: str = "Sorry for the delay.", subject: str = "Re: Missed call", answers: str | None = None) -> bytes:
    """Return a draft as the core writes it."""
    return compose.compose(
        sender=compose.Party("owner@example.org"),
        to=[compose.Party("ann@acme.example")],
        subject=subject,
        body=body,
        key=KEY,
        message_id=f"<{KEY}@example.org>",
        date=MARCH,
        in_reply_to=answers,
        references=[answers] if answers else [],
    )


# --- what a look costs


def test_an_idle_look_is_one_round_trip(hands: Microsoft365Harness, server: GraphServer) -> None:
    """Where nothing changed, all folders are asked in one batch, by a new connection too."""
    hands.deliver_mail(mail())
    cursor = hands.mailbox.changes(None).cursor
    cost(server)
    again = hands.mailbox.changes(cursor)
    assert (list(again.heads), again.removed) == ([], ())
    trips, asked = cost(server)
    assert (trips, asked[FOLDERS], asked[DELTA]) == (1, 1, 5)


def test_a_new_call_is_three_round_trips(
    hands: Microsoft365Harness, server: GraphServer, mailbox: GraphMailbox
) -> None:
    """Head and folders together, the mail, and the category: more is not asked for a new call."""
    mailbox.set_state(hands.deliver_mail(mail(number=1)), Label.TO_CALL)  # the user's list is looked at once
    cursor = mailbox.changes(None).cursor
    hands.deliver_mail(mail(number=2))
    cost(server)
    refs = [head.ref for head in mailbox.changes(cursor).heads]
    assert [plain(raw) for _, raw in mailbox.fetch(refs)] == [plain(mail(number=2))]
    mailbox.set_state(refs[0], Label.TO_CALL)
    trips, asked = cost(server)
    assert trips == 3
    assert (asked[DELTA], asked[MIME], asked[PATCH], asked[READ]) == (5, 1, 1, 0)


def test_a_first_look_brings_the_heads_along(hands: Microsoft365Harness, server: GraphServer) -> None:
    """A first look at 1,100 mails is one batch for the folders, one for their first hundreds, and four pages."""
    for number in range(1100):
        hands.deliver_mail(mail(number=number))
    cost(server)
    assert sum(1 for head in hands.mailbox.changes(None).heads if head.header("Subject") == "Missed call") == 1100
    trips, asked = cost(server)
    assert (trips, asked[READ]) == (6, 0)


def test_a_look_back_is_asked_for_by_time(hands: Microsoft365Harness, server: GraphServer) -> None:
    """With a time, Microsoft tells nothing of older mail, but for drafts, which may be written for long."""
    refs = [hands.deliver_mail(mail(number=number)) for number in range(3)]
    old = hands.user_writes_draft(mail(number=9))
    with server.lock:
        server.state.items.get(ids.stored(old)).values["DateTimeReceived"] = "2020-01-01T00:00:00Z"
    received = heads(hands.mailbox)[refs[1]].received_at
    cost(server)
    found = hands.mailbox.changes(None, received)
    assert found.total == 3
    assert {head.ref for head in found.heads} == {*refs[1:], old}
    assert cost(server)[0] == 2
    late = hands.deliver_mail(mail(number=4))
    assert [head.ref for head in hands.mailbox.changes(found.cursor).heads] == [late]


def test_a_time_that_bounds_too_many_is_left_out(hands: Microsoft365Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    """Microsoft tells at most 5,000 mails by time: where there are so many, all are read and none is missed."""
    monkeypatch.setattr(tracking, "BY_FILTER", 40)
    monkeypatch.setattr("providers.microsoft365.news._MOST_BY_TIME", 40)
    refs = {hands.deliver_mail(mail(number=number)) for number in range(60)}
    found = hands.mailbox.changes(None, datetime(2020, 1, 1, tzinfo=UTC))
    assert {head.ref for head in found.heads} == refs


def test_labels_of_many_are_few_round_trips(hands: Microsoft365Harness, server: GraphServer) -> None:
    """A hundred messages get their state in five batches, and five to learn their versions if these are not known."""
    refs = [hands.deliver_mail(mail(number=number)) for number in range(101)]
    mailbox = GraphMailbox(hands.open(), server.address)
    mailbox.set_state(refs[0], Label.CHECK)
    cost(server)
    assert mailbox.set_states(dict.fromkeys(refs[1:], Label.DONE)) == {}
    assert cost(server)[0] == 10
    assert [hands.categories(ref) for ref in refs[1:]] == [["Callbacks/Done"]] * 100
    mailbox.set_states(dict.fromkeys(refs[1:], Label.CHECK))
    assert cost(server)[0] == 5


# --- mailboxes with more folders than go into one batch


def many_folders(hands: Microsoft365Harness) -> list[Ref]:
    """Let the user have thirty folders more with a mail in each."""
    for number in range(30):
        hands.mail.add_folder(f"F{number}")
    return [hands.deliver_into(mail(number=number), f"F{number}") for number in range(30)]


def settled(server: GraphServer, mailbox: GraphMailbox) -> Cursor:
    """Return a cursor under which the marks of all folders count."""
    cursor = mailbox.changes(None).cursor
    for _ in range(2):
        server.clock.advance(LATER)
        cursor = mailbox.changes(cursor).cursor
    return cursor


def test_idle_with_many_folders_is_one_round_trip(
    hands: Microsoft365Harness, server: GraphServer, mailbox: GraphMailbox
) -> None:
    """The marks of all folders come with the changes of some: what stands is not asked."""
    refs = many_folders(hands)
    assert {head.ref for head in mailbox.changes(None).heads} == set(refs)
    cursor = settled(server, mailbox)
    cost(server)
    assert mailbox.changes(cursor).total == 0
    trips, asked = cost(server)
    assert (trips, asked[DELTA]) == (1, 19)


def test_no_change_is_missed_in_many_folders(
    hands: Microsoft365Harness, server: GraphServer, mailbox: GraphMailbox
) -> None:
    """Mail, labels and deletions in any of them are told, at the price of one more batch."""
    refs = many_folders(hands)
    cursor = settled(server, mailbox)
    new = hands.deliver_into(mail(number=99), "F29")
    hands.user_labels(refs[15], Label.DONE)
    hands.user_deletes_mail(refs[7])
    found = mailbox.changes(cursor)
    assert {head.ref: head.labels for head in found.heads} == {new: frozenset(), refs[15]: frozenset({Label.DONE})}
    assert found.removed == (refs[7],)


def test_a_change_in_the_second_of_the_mark_is_seen(hands: Microsoft365Harness, server: GraphServer) -> None:
    """Marks have whole seconds: what changes in the same second as the look before is not missed."""
    refs = many_folders(hands)
    server.clock.set(MARCH)
    mailbox = GraphMailbox(hands.open(), server.address, now=lambda: MARCH)
    cursor = mailbox.changes(None).cursor
    for label in (Label.TO_CALL, Label.DONE, Label.CHECK):
        hands.user_labels(refs[29], label)
        found = mailbox.changes(cursor)
        assert [head.labels for head in found.heads] == [{label}]
        cursor = found.cursor


def test_without_marks_all_folders_are_asked(hands: Microsoft365Harness, server: GraphServer) -> None:
    """Where Microsoft tells no marks nothing is concluded from that."""
    refs = many_folders(hands)
    server.state.quirks.no_folder_marks = True
    mailbox = GraphMailbox(hands.open(), server.address, now=server.clock.now)
    cursor = settled(server, mailbox)
    hands.user_labels(refs[29], Label.DONE)
    assert [head.ref for head in mailbox.changes(cursor).heads] == [refs[29]]


# --- folders


def test_folders_of_the_users_are_read(hands: Microsoft365Harness) -> None:
    """Folders in folders show their mail; what lies below Sent is sent, and what lies below the trash is hidden."""
    places = {"Phone": ("inbox", Folder.OTHER), "2025": ("sentitems", Folder.SENT), "Old": ("deleteditems", None)}
    for name, (parent, _) in places.items():
        hands.mail.add_folder(name, parent)
    refs = {hands.deliver_into(mail(number=n), name): places[name][1] for n, name in enumerate(places)}
    found = heads(hands.mailbox)
    assert {ref: found[ref].folder if ref in found else None for ref in refs} == refs


def test_a_folder_that_comes_later_is_read(hands: Microsoft365Harness) -> None:
    """A folder made after the first look needs no other one."""
    cursor = hands.mailbox.changes(None).cursor
    hands.mail.add_folder("Phone")
    ref = hands.deliver_into(mail(), "Phone")
    found = hands.mailbox.changes(cursor)
    assert [(head.ref, head.folder) for head in found.heads] == [(ref, Folder.OTHER)]
    assert hands.mailbox.changes(found.cursor).total == 0


def test_a_folder_in_the_trash_takes_its_mail_along(hands: Microsoft365Harness, server: GraphServer) -> None:
    """When the user moves a folder to the trash its mail is gone; moved back, it is there again."""
    place = hands.mail.add_folder("Phone")
    ref = hands.deliver_into(mail(), "Phone")
    first = hands.mailbox.changes(None)
    with server.lock:
        server.state.folders.all[place].parent = server.state.folders.named("deleteditems").id
    cost(server)
    second = hands.mailbox.changes(first.cursor)
    assert (list(second.heads), second.removed) == ([], (ref,))
    assert cost(server)[0] == 2
    with server.lock:
        server.state.folders.all[place].parent = server.state.folders.named("msgfolderroot").id
    assert [head.ref for head in hands.mailbox.changes(second.cursor).heads] == [ref]


def test_a_deleted_folder_is_no_silent_loss(hands: Microsoft365Harness) -> None:
    """Nobody can tell which mail went with a folder that was deleted for good: all is read again."""
    hands.mail.add_folder("Phone")
    hands.deliver_into(mail(number=1), "Phone")
    kept = hands.deliver_mail(mail(number=2))
    cursor = hands.mailbox.changes(None).cursor
    hands.mail.delete_folder("Phone")
    with pytest.raises(CursorExpiredError):
        hands.mailbox.changes(cursor)
    assert set(heads(hands.mailbox)) == {kept}


def test_a_cursor_of_another_account_is_refused(hands: Microsoft365Harness, server: GraphServer) -> None:
    """The place where reading of one mailbox stopped is none in another."""
    cursor = hands.mailbox.changes(None).cursor
    with pytest.raises(CursorExpiredError):
        GraphMailbox(hands.open(), f"else.{server.address}").changes(cursor)


# --- what happens while we read


def test_a_mail_that_moved_while_we_read_is_not_gone(
    hands: Microsoft365Harness, server: GraphServer, mailbox: GraphMailbox
) -> None:
    """A mail that one folder no longer has, and the other did not have yet or was told before, is looked for."""
    ref = hands.deliver_mail(mail(number=1))
    first = mailbox.changes(None)
    hands.user_moves_mail(ref, Folder.ARCHIVE)
    cost(server)
    told = mailbox.changes(first.cursor)
    assert [head.folder for head in told.heads] == [Folder.ARCHIVE]
    assert cost(server)[0] == 1
    half = Cursor(told.cursor.replace(_link(told.cursor, "inbox"), _link(first.cursor, "inbox")))
    again = mailbox.changes(half)  # as if the inbox had been read before it moved, the archive after
    assert (again.removed, [head.folder for head in again.heads]) == ((), [Folder.ARCHIVE])
    assert cost(server)[0] == 2


def _link(cursor: Cursor, name: str) -> str:
    found = msgspec.json.decode(cursor)
    link = found["folders"][found["roles"][name]]["link"]
    assert isinstance(link, str)
    return link


@pytest.mark.parametrize("more", ["", ",isRead"])
def test_a_read_flag_is_no_news(
    hands: Microsoft365Harness, server: GraphServer, monkeypatch: pytest.MonkeyPatch, more: str
) -> None:
    """That the user read a mail is no change of ours, and costs no look at it, also where Microsoft tells of it."""
    monkeypatch.setattr(made_of, "SELECTED", made_of.SELECTED + more)
    ref = hands.deliver_mail(mail())
    cursor = hands.mailbox.changes(None).cursor
    hands.mail.user_reads(ids.stored(ref))
    cost(server)
    found = hands.mailbox.changes(cursor)
    assert (list(found.heads), found.removed) == ([], ())
    assert cost(server)[0] == 1


def test_the_last_word_on_a_mail_counts(hands: Microsoft365Harness) -> None:
    """A mail that is told of twice is as it is told last; what has no id is nothing."""
    there = {"receivedDateTime": "2026-03-20T09:00:00Z", "subject": "Hello", "categories": []}
    gone = {"@removed": {"reason": "deleted"}}
    told = [{"id": "a", **there}, {"id": "a", **gone}, {"id": "b", **gone}, {"id": "b", **there}, there]
    graph = hands.open()
    page = {"value": told, "@odata.deltaLink": f"{graph.root}me/mailFolders/x/messages/delta?$deltatoken=y"}
    found = news.read(graph, "mailbox.changes", "x", news.first("x", None), page)
    assert (set(found.changed), found.gone) == ({"b"}, {"a"})


@pytest.mark.parametrize(
    "page",
    [
        {"value": []},
        {"value": None, "@odata.deltaLink": "x"},
        {"value": [], "@odata.nextLink": "https://elsewhere.example/v1.0/me/messages"},
        {"value": [], "@odata.nextLink": "me/mailFolders/x/messages/delta/../../../../sendMail"},
    ],
)
def test_pages_that_lead_nowhere_are_told(hands: Microsoft365Harness, page: dict[str, Any]) -> None:
    """Changes without an end, or that go on at another server or resource, are an error and no end of the news."""
    with pytest.raises(ProviderError):
        news.read(hands.open(), "mailbox.changes", "x", news.first("x", None), page)


def _without(*names: str, only: str = "") -> Callable[..., dict[str, Any]]:
    """Return how a delta answer shows a message without some properties, or with one alone."""
    whole = tracking.Tracking._whole

    def shown(self: tracking.Tracking, item: Item, call: Call, query: Query) -> dict[str, Any]:
        told = whole(self, item, call, query)
        kept = {"id", only, *(name for name in told if name.startswith("@"))}
        return {name: value for name, value in told.items() if name not in names and (not only or name in kept)}

    return shown


@pytest.mark.parametrize(
    "told", [_without("internetMessageHeaders"), _without(only="categories")], ids=["no header", "a part"]
)
def test_what_does_not_come_along_is_looked_up(
    hands: Microsoft365Harness,
    server: GraphServer,
    monkeypatch: pytest.MonkeyPatch,
    told: Callable[..., dict[str, Any]],
) -> None:
    """Where Microsoft tells only part of a mail that changed, the mail itself is asked, twenty in a batch."""
    monkeypatch.setattr(tracking.Tracking, "_whole", told)
    refs = [hands.deliver_mail(mail(number=number, X_One="1")) for number in range(30)]
    cost(server)
    found = hands.mailbox.changes(None)
    hands.user_deletes_mail(refs[0])  # meanwhile
    shown = {head.ref: head for head in found.heads}
    assert set(shown) == set(refs[1:])
    assert {head.header("X-One") for head in shown.values()} == {"1"}
    assert cost(server)[0] == 4
    hands.user_labels(refs[3], Label.DONE)
    assert [head.labels for head in hands.mailbox.changes(found.cursor).heads] == [{Label.DONE}]


def _happens(hands: Microsoft365Harness, chance: random.Random, refs: list[Ref], number: int) -> None:
    """Let mail come, go, move and be labelled."""
    place = chance.choice(["inbox", "inbox", "Family", *(f"F{each}" for each in range(22))])
    what = chance.choice(["comes", "comes", "goes", "moves", "moves", "is labelled", "is read", "is filed"])
    if what == "comes" or not refs:
        refs.append(hands.deliver_into(mail(number=number), place))
        return
    ref = chance.choice(refs)
    if what == "goes":
        refs.remove(ref)
        hands.user_deletes_mail(ref)
    elif what == "moves":
        hands.mail.user_moves(ids.stored(ref), place)
    elif what == "is labelled":
        hands.user_labels(ref, chance.choice([None, *Label]))
    elif what == "is filed":
        hands.user_moves_mail(ref, chance.choice([Folder.TRASH, Folder.ARCHIVE, Folder.JUNK]))
    else:
        hands.mail.user_reads(ids.stored(ref), unread=chance.random() < 0.5)


@pytest.mark.parametrize("seed", range(6))
def test_changes_add_up_to_the_mailbox(
    hands: Microsoft365Harness, server: GraphServer, mailbox: GraphMailbox, seed: int
) -> None:
    """Whatever happens, in whichever second, what the changes add up to is what a new look finds."""
    chance = random.Random(seed)
    for number in range(22):
        hands.mail.add_folder(f"F{number}")
    refs: list[Ref] = []
    known: dict[Ref, Head] = {}
    cursor: Cursor | None = None
    for number in range(40):
        for _ in range(chance.randrange(4)):
            _happens(hands, chance, refs, number)
        found = mailbox.changes(cursor)
        cursor = found.cursor
        known |= {head.ref: head for head in found.heads}
        known = {ref: head for ref, head in known.items() if ref not in found.removed}
        server.clock.advance(timedelta(seconds=chance.choice([0, 0, 0.4, 1, 3])))
    assert known == heads(hands.mailbox)


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
    hands: Microsoft365Harness, content_class: str | None, item_class: str, *, passes: bool
) -> None:
    """Heads have Exchange's class: missed calls and voice mails pass, fax, recall and receipts do not."""
    fields: dict[str, Any] = {"Content_Class": content_class} if content_class else {}
    fields |= {"X_CallingTelephoneNumber": "+493090182000", "X_VoiceMessageDuration": "1"}
    ref = hands.deliver_mail(mail("Message", **fields))
    if content_class is None:
        hands.mail.set_class(ids.stored(ref), item_class)
    head = heads(hands.mailbox)[ref]
    assert head.item_class == item_class
    assert recognise.is_candidate(head.headers, head.item_class) is passes


def test_a_class_without_its_field_reaches_the_recogniser(hands: Microsoft365Harness) -> None:
    """A class that a program of Microsoft's set stands in the mail as the field that Exchange makes it of."""
    refs = [hands.deliver_mail(mail(number=number)) for number in (1, 2)]
    hands.mail.set_class(ids.stored(refs[1]), "IPM.Note.Microsoft.Missed.Voice")
    mailbox = hands.mailbox
    assert len(list(mailbox.changes(None).heads)) == 2
    read = dict(mailbox.fetch(refs))
    assert b"Content-Class: missedcall\n" in read[refs[1]]
    assert b"Content-Class" not in read[refs[0]]


def test_a_mail_that_was_never_on_the_way_has_a_header(hands: Microsoft365Harness, server: GraphServer) -> None:
    """Microsoft tells no header fields of sent mail and drafts: heads have those that its properties tell."""
    raw = mail(To="Ann <ann@acme.example>, bob@acme.example", Cc="eve@acme.example")
    ref = hands.deliver_mail(raw, Folder.SENT)
    cost(server)
    head = heads(hands.mailbox)[ref]
    assert [head.header(name) for name in ("From", "To", "Cc", "Subject", "Message-ID")] == [
        "Phone <phone@pbx.example>",
        "Ann <ann@acme.example>, bob@acme.example",
        "eve@acme.example",
        "Missed call",
        "<m1@example.org>",
    ]
    assert cost(server)[1][READ] == 0


# --- categories


def test_categories_of_the_user_stay(hands: Microsoft365Harness) -> None:
    """A state takes the place of another one, whatever its case, beside the user's categories and in their order."""
    ref = hands.deliver_mail(mail())
    hands.user_categorises(ref, ["Family", "callbacks/to call", "Blue category"])
    assert heads(hands.mailbox)[ref].labels == {Label.TO_CALL}
    hands.mailbox.set_state(ref, Label.DONE)
    assert hands.categories(ref) == ["Family", "Blue category", "Callbacks/Done"]
    hands.mailbox.set_state(ref, None)
    assert hands.categories(ref) == ["Family", "Blue category"]


def test_a_category_set_meanwhile_is_kept(hands: Microsoft365Harness, mailbox: GraphMailbox) -> None:
    """When the user changes the categories after we read them, they are read again and none is lost (412)."""
    ref = hands.deliver_mail(mail())
    assert [head.ref for head in mailbox.changes(None).heads] == [ref]
    hands.user_categorises(ref, ["Family"])
    mailbox.set_state(ref, Label.TO_CALL)
    assert hands.categories(ref) == ["Family", "Callbacks/To call"]


def test_a_state_that_was_taken_off_meanwhile_is_set(hands: Microsoft365Harness, mailbox: GraphMailbox) -> None:
    """What we remember of a message is no reason to leave it as it is."""
    ref = hands.deliver_mail(mail())
    mailbox.set_state(ref, Label.TO_CALL)
    hands.user_labels(ref, None)
    mailbox.set_state(ref, Label.TO_CALL)
    assert hands.categories(ref) == ["Callbacks/To call"]


def test_one_message_that_is_gone_stops_no_other(hands: Microsoft365Harness, mailbox: GraphMailbox) -> None:
    """Many states at once are set for all that are there; the others are told."""
    refs = [hands.deliver_mail(mail(number=number)) for number in range(3)]
    assert len(list(mailbox.changes(None).heads)) == 3
    hands.user_deletes_mail(refs[1])
    failed = mailbox.set_states({**dict.fromkeys(refs, Label.DONE), Ref("nothing"): Label.DONE})
    assert {ref: type(error) for ref, error in failed.items()} == {refs[1]: NotFoundError, "nothing": NotFoundError}
    assert [hands.categories(ref) for ref in (refs[0], refs[2])] == [["Callbacks/Done"]] * 2


def test_the_users_list_gets_our_categories_once(hands: Microsoft365Harness, server: GraphServer) -> None:
    """The first state puts all ours into the list; the user's own stay, and what they remove later is left so."""
    ref = hands.deliver_mail(mail())
    before = server.state.configurations.categories()
    hands.mailbox.set_state(ref, Label.TO_CALL)
    listed = server.state.configurations.categories()
    assert listed.items() >= before.items()
    colours = {name: colour for name, colour in listed.items() if name not in before}
    assert colours == dict(zip((f"Callbacks/{label}" for label in Label), (7, 1, 3, 4, 8, 0), strict=True))
    cursor = hands.mailbox.changes(None).cursor
    server.state.configurations.set_categories(before)
    mailbox = hands.mailbox
    mailbox.changes(cursor)
    mailbox.set_state(ref, Label.DONE)
    assert server.state.configurations.categories() == before


# --- append, search, wait


def test_an_appended_mail_is_no_draft(hands: Microsoft365Harness) -> None:
    """The digest arrives as mail from somebody does: unread, and not to be sent."""
    ref = hands.mailbox.append(mail("Today's calls"), "digest-1")
    item = hands.mail.item(ids.stored(ref))
    assert (item.text("IsDraft"), item.text("IsRead"), item.text("Subject")) == ("false", "false", "Today's calls")


@pytest.mark.parametrize("folder", [Folder.ARCHIVE, Folder.TRASH])
def test_a_key_is_found_wherever_the_mail_went(hands: Microsoft365Harness, folder: Folder) -> None:
    """A mail that the user filed or threw away is not appended again."""
    ref = hands.mailbox.append(mail("Today's calls"), "digest-'1'")
    hands.user_moves_mail(ref, folder)
    assert hands.mailbox.append(mail("Today's calls"), "digest-'1'") == ref


@pytest.mark.parametrize("key", ["", "a b", "a\nb", "ä", "k" * 201])
def test_a_key_that_is_none_is_refused(hands: Microsoft365Harness, key: str) -> None:
    """A key that cannot stand in a header field is said so before anything is written."""
    with pytest.raises(UnsupportedError):
        hands.mailbox.append(mail(), key)
    with pytest.raises(UnsupportedError):
        hands.drafts.put(ours(), key)
    assert hands.mail.inside("drafts") == []


def test_search_looks_into_all_folders(hands: Microsoft365Harness) -> None:
    """A number is found in any folder that is shown, however old the mail, and an address in what the index knows."""
    old = hands.deliver_mail(mail(number=1, body="Bitte (030) 9018-20 anrufen.\n"), Folder.OTHER)
    sent = hands.deliver_mail(mail(number=2, To="ann@acme.example"), Folder.SENT)
    hands.deliver_mail(mail(number=3, body="+4930901820\n"), Folder.TRASH)
    for number in range(60):
        hands.deliver_mail(mail(number=10 + number), Folder.SENT)
    assert [(head.ref, head.folder) for head in hands.mailbox.search("+4930901820")] == [(old, Folder.OTHER)]
    assert [head.ref for head in hands.mailbox.search("ann@acme.example")] == [sent]


@pytest.mark.parametrize("query", ['"', "\\", "a(b", "x:y OR", "'; drop", "  ", "(((@@@"])
def test_search_for_signs_of_the_index_is_text(hands: Microsoft365Harness, query: str) -> None:
    """What means something in the language of the index finds nothing and breaks nothing."""
    hands.deliver_mail(mail())
    assert list(hands.mailbox.search(query)) == []


def test_waiting_is_refused(hands: Microsoft365Harness) -> None:
    """Microsoft cannot push to a computer of one's own, so that `serve` looks from time to time."""
    with pytest.raises(UnsupportedError):
        hands.mailbox.wait(timedelta(seconds=5))


# --- drafts


def test_a_new_draft_is_three_round_trips_and_the_next_one_two(
    hands: Microsoft365Harness, server: GraphServer, drafts: GraphDraftBox
) -> None:
    """The list of drafts, once a connection, the mail that is answered, and the answer with its unread mark."""
    for number in (1, 2):
        hands.deliver_mail(mail(number=number))
    threads = {head.header("Message-ID"): head.thread for head in heads(hands.mailbox).values()}
    cost(server)
    for number, trips in ((1, 3), (2, 2)):
        name = f"<m{number}@example.org>"
        drafts.put(ours(answers=name), f"{KEY}{number}", threads[name])
        assert cost(server)[0] == trips


@pytest.mark.parametrize("unread", [True, False])
def test_a_draft_is_in_the_thread_that_it_answers(
    hands: Microsoft365Harness, drafts: GraphDraftBox, *, unread: bool
) -> None:
    """A draft that answers a mail is in its thread, however often it is replaced; the mail stays as read as it was."""
    asked = hands.deliver_mail(mail(number=1))
    other = hands.deliver_mail(mail(number=2))
    mailbox = hands.mailbox
    found = heads(mailbox)
    mailbox.set_state(asked, Label.TO_CALL)  # so does the core, and then Microsoft marks what is answered as read
    hands.mail.user_reads(ids.stored(asked), unread=unread)
    ref = drafts.put(ours(answers="<m1@example.org>"), KEY, found[asked].thread)
    drafts.put(ours("At 11:00.", answers="<m1@example.org>"), KEY, found[asked].thread, ref)
    draft = drafts.get(ref.ref)
    assert draft.thread == found[asked].thread != found[other].thread
    assert draft.key == KEY
    assert hands.unread(asked) is unread
    assert compose.same_words(draft.raw, ours("At 11:00."))


@pytest.mark.parametrize("name", ["body", "toRecipients", "subject"])
def test_an_answer_says_what_we_wrote_and_no_more(
    hands: Microsoft365Harness, drafts: GraphDraftBox, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Where Microsoft answers with the quoted mail, its sender or its subject, our words take their place."""
    answer = writing.answer
    monkeypatch.setattr(
        writing, "answer", lambda *given: {key: value for key, value in answer(*given).items() if key != name}
    )
    asked = hands.deliver_mail(mail(number=1))
    thread = heads(hands.mailbox)[asked].thread
    raw = ours(answers="<m1@example.org>")
    ref = drafts.put(raw, KEY, thread)
    found = drafts.get(ref.ref)
    assert compose.same_words(found.raw, raw)
    assert (found.ref, found.key, found.thread) == (ref, KEY, thread)


@pytest.mark.parametrize("folder", [Folder.ARCHIVE, Folder.OTHER, Folder.SENT])
def test_an_answer_to_filed_mail_joins_it_too(hands: Microsoft365Harness, folder: Folder) -> None:
    """The mail that is answered is found in whichever folder it lies."""
    asked = hands.deliver_mail(mail(number=1), folder)
    thread = heads(hands.mailbox)[asked].thread
    ref = hands.drafts.put(ours(answers="<m1@example.org>"), KEY, thread)
    assert hands.drafts.get(ref.ref).thread == thread


def test_an_answer_to_nothing_is_written_all_the_same(hands: Microsoft365Harness) -> None:
    """A mail that is gone, or never had an id, is no reason not to say what is to be said."""
    for number, answers in enumerate(("<gone@example.org>", "<o'brien@example.org>", None)):
        ref = hands.drafts.put(ours(answers=answers), f"{KEY}{number}", "AAQkGone")
        assert compose.same_words(hands.drafts.get(ref.ref).raw, ours())


def test_a_draft_of_ours_is_a_draft_and_read(hands: Microsoft365Harness, drafts: GraphDraftBox) -> None:
    """Outlook shows it as one to be sent, and not as news."""
    item = hands.mail.item(ids.stored(drafts.put(ours(), KEY).ref))
    assert (item.text("IsDraft"), item.text("IsRead")) == ("true", "true")


def test_a_draft_that_a_program_touched_is_still_ours(hands: Microsoft365Harness, drafts: GraphDraftBox) -> None:
    """Another change key under the same words is no edit: the draft is replaced, and deleted."""
    ref = drafts.put(ours(), KEY)
    hands.mail.touch(ids.stored(ref.ref))
    second = drafts.put(ours("At 11:00."), KEY, previous=ref)
    assert b"At 11:00." in drafts.get(ref.ref).raw
    hands.mail.touch(ids.stored(ref.ref))
    drafts.delete(ref.ref, second.etag)
    assert list(drafts.list()) == []


def test_a_touch_does_not_hide_an_edit(hands: Microsoft365Harness, drafts: GraphDraftBox) -> None:
    """Words of the user's are theirs, whatever else happened to the draft."""
    ref = drafts.put(ours(), KEY)
    hands.user_edits_draft(ref.ref, ours("My own words."))
    hands.mail.touch(ids.stored(ref.ref))
    with pytest.raises(WrongETagError):
        drafts.put(ours("At 11:00."), KEY, previous=ref)
    with pytest.raises(WrongETagError):
        drafts.delete(ref.ref, ref.etag)
    assert b"My own words." in drafts.get(ref.ref).raw


def test_a_draft_discarded_meanwhile_is_written_anew(hands: Microsoft365Harness, drafts: GraphDraftBox) -> None:
    """The list of this connection is no proof: a draft that the user threw away is created again when it is needed."""
    first = drafts.put(ours(), KEY)
    hands.user_deletes_draft(first.ref)
    second = drafts.put(ours(), KEY)
    assert second.ref != first.ref
    assert [each.ref for each in drafts.list()] == [second]


def test_a_deleted_draft_can_be_found_in_the_trash(hands: Microsoft365Harness, drafts: GraphDraftBox) -> None:
    """Deleting is what Outlook does with a discarded draft: nothing is gone for good, and twice is once."""
    ref = drafts.put(ours(), KEY)
    for _ in range(2):
        drafts.delete(ref.ref, ref.etag)
    assert [item.text("Subject") for item in hands.mail.inside("deleteditems")] == ["Re: Missed call"]
    assert drafts.find(KEY) is None


def test_a_mail_is_no_draft(hands: Microsoft365Harness, drafts: GraphDraftBox) -> None:
    """What lies in another folder is not read or deleted as a draft."""
    ref = hands.deliver_mail(mail())
    with pytest.raises(NotFoundError):
        drafts.get(ref)
    drafts.delete(ref, drafts.put(ours(), KEY).etag)
    assert [ids.address(item.id) for item in hands.mail.inside("inbox")] == [ref]


def test_many_drafts_are_listed(hands: Microsoft365Harness, server: GraphServer, drafts: GraphDraftBox) -> None:
    """Drafts are read ten in a batch, the user's own too."""
    refs = {hands.user_writes_draft(mail(number=number)) for number in range(25)}
    cost(server)
    assert {each.ref.ref for each in drafts.list()} == refs
    assert cost(server)[0] == 4


def test_a_draft_with_an_attachment_is_refused(hands: Microsoft365Harness) -> None:
    """What Graph does not take in one piece is said so, and nothing is written."""
    head = (
        b"From: me@example.org\nTo: ann@acme.example\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n\n"
    )
    parts = b"--x\n\nHello\n--x\nContent-Disposition: attachment; filename=a.txt\n\nabc\n--x--\n"
    with pytest.raises(UnsupportedError):
        hands.drafts.put(head + parts, KEY)
    assert hands.mail.inside("drafts") == []


def test_an_html_draft_of_ours_reads_back(hands: Microsoft365Harness) -> None:
    """A text that is HTML is written as such."""
    raw = mail("Hello", Content_Type="text/html; charset=utf-8", body="<p>At <b>11:00</b>.</p>\n")
    ref = hands.drafts.put(raw, KEY)
    assert compose.same_words(hands.drafts.get(ref.ref).raw, raw)
    with pytest.raises(AlreadyExistsError):
        hands.drafts.put(ours(), KEY)


class Spoiled(Messages):
    """Messages of which some cannot be made into MIME."""

    refs: frozenset[str] = frozenset()

    def mime(self, item: Item) -> bytes | None:
        return b"" if item.id in self.refs else super().mime(item)


def test_a_mail_without_mime_is_read_by_its_properties(hands: Microsoft365Harness, server: GraphServer) -> None:
    """Of a mail that Microsoft cannot convert there is what its properties tell."""
    refs = [hands.deliver_mail(mail(number=number, body=f"text {number}\n")) for number in range(3)]
    made = Spoiled(server.state, "Message", "MessageType", "IPM.Note")
    made.refs = frozenset({ids.stored(refs[1])})
    server.state.kinds["Message"] = made
    read = dict(hands.mailbox.fetch(refs))
    assert list(read) == refs
    assert plain(read[refs[0]]) == plain(mail(number=0, body="text 0\n"))
    assert plain(read[refs[1]]).endswith(b"text 1")
    assert b"From: Phone <phone@pbx.example>" in read[refs[1]]


def test_a_large_mail_is_fetched_alone(hands: Microsoft365Harness, server: GraphServer, mailbox: GraphMailbox) -> None:
    """A mail of many bytes comes as it is; the small ones beside it share a batch."""
    refs = [hands.deliver_mail(mail(number=number)) for number in range(3)]
    refs.insert(1, hands.deliver_mail(mail(body="QUJD" * 19 * 70_000 + "\n", number=9)))
    assert len(list(mailbox.changes(None).heads)) == 4
    cost(server)
    assert [(ref, len(raw) > 5_000_000) for ref, raw in mailbox.fetch(refs)] == [(ref, ref == refs[1]) for ref in refs]
    trips, asked = cost(server)
    assert (trips, asked[MIME], asked["POST /$batch"]) == (3, 4, 1)

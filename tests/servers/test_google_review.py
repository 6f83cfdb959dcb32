"""What a hostile reading of the Google provider found: each was a fault once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from assistant import bootstrap, opening, settings
from assistant.errors import AuthError, CursorExpiredError, InvalidResponseError, TransientError, UnsupportedError
from assistant.model.callback import Status
from providers._options import is_loopback
from providers.google.mailbox import GoogleMailbox
from tests.contract.google import GoogleHarness
from tests.contract.harness import present
from tests.google_world import GoogleWorld
from tests.servers.google.client import mail
from tests.servers.google.faults import Broken, Fault
from tests.servers.google.faults import Status as Answer
from tests.servers.google.server import GoogleServer
from tests.unit.providers.google_user import Person, User
from tests.world import new_york

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from assistant.ports import Account

CONFIG = """\
[user]
name = "Dana Whitfield"
zone = "America/New_York"
region = "US"
addresses = ["dana@example.org"]

[[account]]
provider = "google"
"""


@pytest.fixture
def hands() -> Iterator[GoogleHarness]:
    """Return an empty account."""
    found = GoogleHarness()
    yield found
    found.close()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[GoogleWorld]:
    """One user with two calls and, after two passes, with labels on them."""
    with GoogleWorld(tmp_path, "2026-11-16 08:00") as opened:
        opened.missed_call("Ann Byrne", "2125550141", "2026-11-13 15:10")
        opened.voicemail("Bo Tan", "2125550142", "2026-11-14 10:30")
        opened.sync()
        opened.at("2026-11-16 08:30")
        opened.sync()
        yield opened


def test_labels_renamed_between_passes_keep_their_meaning(world: GoogleWorld) -> None:
    """Passes are processes of their own: what one learned of the labels the next one knows, however they are called."""
    gmail = world.server.state.mail
    parent, done = gmail.label_named("Callbacks"), gmail.label_named("Callbacks/Done")
    assert parent is not None
    assert done is not None
    gmail.user_renames_label(parent, "Telefon")
    world.at("2026-11-16 09:00")
    world.voicemail("Cy Dunn", "2125550143", "2026-11-16 08:50")
    world.sync()
    assert gmail.label_named("Callbacks/To call") is None
    bo = next(one for one in gmail.messages() if b"Bo Tan" in one.raw)
    gmail.user_modifies(bo.id, [done], [gmail.label_named("Telefon/To call") or ""])
    world.at("2026-11-16 09:30")
    world.sync()
    assert world.callback("Bo Tan").status == Status.CLOSED


@pytest.mark.parametrize("ahead", [False, True])
def test_the_mailbox_of_another_account_is_read_from_its_beginning(hands: GoogleHarness, *, ahead: bool) -> None:
    """Whoever signs in to another account misses none of its mail, wherever its history stands."""
    cursor = GoogleMailbox(hands.open(), "dana@example.org").changes(None).cursor
    assert not list(GoogleMailbox(hands.open(), "dana@example.org").changes(cursor).heads)
    with_mail = GoogleHarness()
    try:
        ref = with_mail.deliver_mail(mail())
        with_mail.gmail.box.history_id += 10**9 if ahead else 0
        other = GoogleMailbox(with_mail.open(), "owner@example.org")
        with pytest.raises(CursorExpiredError):
            other.changes(cursor)
        assert [head.ref for head in other.changes(None).heads] == [ref]
    finally:
        with_mail.close()


def test_an_account_whose_address_google_writes_otherwise_is_not_read_anew(hands: GoogleHarness) -> None:
    """An address that was changed at Google since the sign-in does not make every pass a first one."""
    cursor = GoogleMailbox(hands.open(), "old.name@example.org").changes(None).cursor
    hands.deliver_mail(mail())
    for _ in range(2):
        news = GoogleMailbox(hands.open(), "old.name@example.org").changes(cursor)
        assert len(list(news.heads)) == 1
        cursor = news.cursor
        hands.deliver_mail(mail())


@pytest.mark.parametrize(
    "address",
    [
        "http://a.example\\@127.0.0.1/",
        "http://a.example\t@127.0.0.1/",
        "http://a.example%2f@127.0.0.1/",
        "http://user:word@127.0.0.1/",
        "http://127.0.0.1:8080/#@a.example/",
        "http://127.0.0.1/?",
        "http://127.0.0.1:99999999/",
    ],
)
def test_an_endpoint_that_two_may_read_differently_is_refused(address: str) -> None:
    """What the check takes for this machine and the client for another would get our tokens."""
    assert not is_loopback(address)


@pytest.mark.parametrize("address", ["http://127.0.0.1:8080/", "http://localhost/", "https://[::1]:1/x/"])
def test_an_endpoint_on_this_machine_is_taken(address: str) -> None:
    """Plain addresses of this machine pass."""
    assert is_loopback(address)


def test_the_link_that_enables_an_api_is_told_whole(hands: GoogleHarness) -> None:
    """Google's sentence on an API that is off is long, and the address in it is what the user needs."""
    link = "https://console.developers.google.com/apis/api/calendar-json.googleapis.com/overview?project=123456789012"
    said = f"Google Calendar API has not been used in project 1234 before or it is disabled. Visit {link} then retry."
    hands.server.faults.add(Fault("gmail.*", Answer(403, "SERVICE_DISABLED", message=said)))
    with pytest.raises(UnsupportedError, match="project=123456789012 then retry"):
        hands.mailbox.changes(None)


@pytest.mark.parametrize("method", ["batch", "gmail.users.getProfile", "gmail.users.labels.list"])
def test_a_page_of_somebody_between_is_not_said_to_be_a_refusal_of_google(hands: GoogleHarness, method: str) -> None:
    """An answer of 200 that is no JSON, whole or in a batch, is called what it is: unreadable."""
    hands.server.faults.add(Fault(method, Broken.GARBAGE))
    with pytest.raises(InvalidResponseError, match="Is there a proxy"):
        hands.mailbox.changes(None)


@pytest.mark.parametrize(
    ("services", "has"),
    [(None, (True, True, True)), (["mail"], (True, True, False)), (["calendar"], (False, False, True))],
)
def test_an_account_signed_out_of_has_the_services_it_had(
    tmp_path: Path, services: list[str] | None, has: tuple[bool, bool, bool]
) -> None:
    """Signed out of, an account takes no other account's place as calendar, and its drafts say what is wrong."""
    with GoogleServer("dana@example.org") as server:
        User(server, tmp_path)
        keys = {"endpoint": server.url} | ({} if services is None else {"services": services})
        (tmp_path / "config.toml").write_text(CONFIG + "".join(f"{key} = {keys[key]!r}\n" for key in keys))
        places = settings.places({}, tmp_path / "config.toml")
        clock = bootstrap.FixedClock(new_york("2026-11-16 08:00"))
        opened = opening.accounts(settings.load(places.config), places, [], clock)["google"]
    assert (opened.mailbox is not None, opened.drafts is not None, opened.calendar is not None) == has
    with pytest.raises(AuthError, match="nobody is signed in"):
        _any_of(opened)


def _any_of(account: Account) -> None:
    if account.drafts is not None:
        account.drafts.find("ringback-1")
    elif account.calendar is not None:
        account.calendar.find("ringback-1")


class Hiding(Person):
    """Pastes the right address as a browser shows it."""

    def paste(self, prompt: str, *, hidden: bool = False, default: str | None = None) -> str:
        return super().paste(prompt, hidden=hidden, default=default).removeprefix("http://")


def test_an_answer_pasted_without_its_scheme_signs_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Browsers that hide http:// may copy the address without it; it is the right answer all the same."""
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    with GoogleServer("dana@example.org") as server:
        assert User(server, tmp_path).sign_in(Hiding(), headless=True) == "dana@example.org"


def test_what_is_out_of_order_costs_its_patience_once(hands: GoogleHarness) -> None:
    """Where drafts cannot be created, the first is tried with all patience and each further one once."""
    drafts = present(hands.connect().drafts)
    creations = "gmail.users.drafts.create"
    hands.server.faults.add(Fault(method=creations, times=10**6, kind=Answer(503, "backendError")))
    tries = []
    for number in range(4):
        hands.server.reset_traffic()
        with pytest.raises(TransientError):
            drafts.put(mail(f"Hello {number}", number=number, X_Ringback_Key=f"k{number}"), f"k{number}")
        tries.append(len(hands.server.calls(creations)))
    assert tries[0] > 2
    assert tries[1:] == [1, 1, 1]
    hands.server.faults.clear()
    assert drafts.put(mail("Hello", number=9, X_Ringback_Key="k9"), "k9").ref
    hands.server.faults.add(Fault(method=creations, times=2, kind=Answer(503, "backendError")))
    assert drafts.put(mail("Hello", number=10, X_Ringback_Key="k10"), "k10").ref


def test_a_google_that_is_away_costs_its_patience_once(hands: GoogleHarness) -> None:
    """Where nothing answers, the first question is tried with all patience and each other one once until one works."""
    account = hands.connect()
    drafts, mailbox = present(account.drafts), present(account.mailbox)
    questions: dict[str, Callable[[], object]] = {
        "gmail.users.drafts.list": lambda: drafts.find("k"),
        "gmail.users.messages.list": lambda: list(mailbox.search("ann@acme.example")),
        "gmail.users.labels.list": lambda: mailbox.changes(None),
    }
    hands.server.faults.add(Fault("*", times=10**6, kind=Answer(503, "backendError")))
    tries = []
    for ask in questions.values():
        hands.server.reset_traffic()
        with pytest.raises(TransientError):
            ask()
        tries.append(len(hands.server.calls()))
    assert tries[0] > 2
    assert tries[1:] == [1, 1]
    hands.server.faults.clear()
    assert drafts.find("k") is None
    hands.server.faults.add(*(Fault(method, times=2, kind=Answer(503, "backendError")) for method in questions))
    assert list(mailbox.search("ann@acme.example")) == []

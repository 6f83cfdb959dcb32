"""The live harness itself: whom it refuses, what it sees and what it leaves behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import tests.conftest
from assistant.errors import CursorExpiredError
from assistant.model.mailbox import Label
from tests.contract.google import QUICK
from tests.contract.harness import mail
from tests.live import excluded, test_google_live
from tests.live import mail as own_mail
from tests.live.account import ADDRESS, FILE, LiveAccount, RefusedToRunError, from_environment
from tests.live.conftest import reaching_out
from tests.live.connection import Access, Plain
from tests.live.fake import OWNER, InhabitedGoogle
from tests.live.harness import LiveGoogleHarness

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

ROOT = Path(__file__).parents[2]
MODIFY = tuple(scope.replace("https://mail.google.com/", excluded._MODIFY) for scope in excluded.ALL_SCOPES)
USER = {"client_id": "id", "client_secret": "secret", "refresh_token": "1//x", "scopes": [*MODIFY]}


@pytest.fixture
def server() -> Iterator[InhabitedGoogle]:
    with InhabitedGoogle() as running:
        yield running
        assert running.violations == []
        assert running.sends() == []


def access(server: InhabitedGoogle, scopes: Collection[str] = excluded.ALL_SCOPES, address: str = OWNER) -> Access:
    """Return a sign-in at the fake."""
    return Access(server.credentials(scopes), address, server.url, QUICK)


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({}, f"set {FILE} and {ADDRESS}"),
        ({ADDRESS: OWNER}, f"set {FILE};"),
        ({FILE: "user.json"}, f"set {ADDRESS};"),
        ({FILE: "nowhere.json", ADDRESS: OWNER}, "names no file"),
        ({FILE: "client.json", ADDRESS: OWNER}, "names no file"),
        ({FILE: "list.json", ADDRESS: OWNER}, "names no file"),
    ],
)
def test_who_is_not_named_twice_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], words: str
) -> None:
    """Without the file of an authorised user and the address of the account nothing is opened."""
    monkeypatch.chdir(tmp_path)
    for name, content in {"user.json": USER, "client.json": {"installed": {}}, "list.json": [1]}.items():
        Path(name).write_text(json.dumps(content))
    with pytest.raises(RefusedToRunError, match=words):
        from_environment(environment)


def test_who_is_named_twice_is_taken(tmp_path: Path) -> None:
    """The file of an authorised user with an address is a sign-in at Google, with the scopes of the file."""
    file = tmp_path / "user.json"
    file.write_text(json.dumps(USER))
    found = from_environment({FILE: str(file), ADDRESS: OWNER})
    assert (found.address, found.root, found.credentials.refresh_token) == (OWNER, None, "1//x")
    assert found.credentials.scopes == [*MODIFY]


def test_the_account_of_another_is_refused(server: InhabitedGoogle) -> None:
    """A sign-in of another account than the one that was named does nothing but ask whose it is."""
    with pytest.raises(RefusedToRunError, match="not that of"):
        LiveAccount(access(server, address="somebody@example.org"))
    assert [each.method_id for each in server.calls("gmail.*")] == ["gmail.users.getProfile"]


def test_a_full_mailbox_is_refused(server: InhabitedGoogle, monkeypatch: pytest.MonkeyPatch) -> None:
    """An account with thousands of messages is somebody's own and is left alone."""
    monkeypatch.setattr("tests.live.account._MOST", 5)
    with pytest.raises(RefusedToRunError, match="make one for the tests"):
        LiveAccount(access(server))
    assert [each.method_id for each in server.calls("gmail.*")] == ["gmail.users.getProfile"]


def test_only_a_live_test_reaches_out() -> None:
    """Other hosts are refused as in every test, but for the time in which a live account is used."""
    seen = [tests.conftest._is_loopback("gmail.googleapis.com")]
    with reaching_out():
        seen.append(tests.conftest._is_loopback("gmail.googleapis.com"))
    seen.append(tests.conftest._is_loopback("gmail.googleapis.com"))
    assert seen == [False, True, False]


def test_the_hands_cannot_send(server: InhabitedGoogle) -> None:
    """The plain connection has no call that sends a mail or a draft, or that touches settings of Gmail."""
    plain = Plain(access(server))
    for resource in (plain.users, plain.users.messages(), plain.users.drafts()):
        assert not {"send", "settings"} & set(dir(resource))
    plain.close()


@pytest.fixture(params=[excluded.ALL_SCOPES, MODIFY], ids=["deletes", "trashes"])
def account(request: pytest.FixtureRequest, server: InhabitedGoogle) -> Iterator[LiveAccount]:
    found = LiveAccount(access(server, request.param))
    yield found
    found.leave()


def test_nothing_is_left_behind(server: InhabitedGoogle, account: LiveAccount) -> None:
    """After a test all that it made is gone or in the trash, and what the account held before is as it was."""
    before = server.snapshot()
    harness = LiveGoogleHarness(account)
    ref = harness.deliver_mail(mail())
    harness.mailbox.set_state(ref, Label.PROMISED)
    harness.mailbox.append(mail("Digest", number=2), "digest")
    harness.drafts.put(mail("Your call", number=77), "k")
    harness.user_sends_draft(harness.drafts.put(mail("Your call", number=78), "k2").ref)
    assert server.snapshot() != before
    harness.close()
    account.calendars.leave()
    assert server.snapshot() == before


def test_the_next_test_begins_anew(account: LiveAccount) -> None:
    """What a test left in the trash is neither seen by the next one nor taken for a message of its own."""
    found = []
    for _ in range(2):
        harness = LiveGoogleHarness(account)
        found.append(harness.mailbox.append(mail("Digest"), "digest"))
        assert [head.ref for head in harness.mailbox.changes(None).heads] == found[-1:]
        harness.close()
    assert found[0] != found[1]


def test_mail_of_others_is_neither_seen_nor_touched(server: InhabitedGoogle, account: LiveAccount) -> None:
    """A mail that somebody sends to the account during a test is not the test's, and stays."""
    harness = LiveGoogleHarness(account)
    cursor = harness.mailbox.changes(None).cursor
    ref = harness.deliver_mail(mail())
    strange = server.state.mail.deliver(mail("Lunch?", number=9, Message_ID="<lunch@friends.example>"))
    assert [head.ref for head in harness.mailbox.changes(cursor).heads] == [ref]
    assert [head.ref for head in harness.mailbox.changes(None).heads] == [ref]
    harness.close()
    assert strange in server.snapshot().mails
    assert ref not in server.snapshot().mails


def test_a_mail_that_is_there_twice_is_seen_twice(server: InhabitedGoogle, account: LiveAccount) -> None:
    """A second copy that no answer told of is among the heads, so that a doubled mail fails its test."""
    harness = LiveGoogleHarness(account)
    ref = harness.mailbox.append(mail("Digest"), "digest")
    copy = server.state.mail.deliver(server.state.mail.message(ref).raw)
    assert {head.ref for head in harness.mailbox.changes(None).heads} == {ref, copy}
    harness.close()
    assert not {ref, copy} & set(server.snapshot().mails)


def test_gmail_itself_refuses_the_old_cursor(server: InhabitedGoogle, account: LiveAccount) -> None:
    """An expired cursor is asked for with an old history id, which the server answers with 404."""
    harness = LiveGoogleHarness(account)
    cursor = harness.mailbox.changes(None).cursor
    harness.expire_cursors()
    server.reset_traffic()
    with pytest.raises(CursorExpiredError):
        harness.mailbox.changes(cursor)
    assert [each.status for each in server.calls("gmail.users.history.list")] == [404]
    harness.close()


def test_every_exclusion_names_a_test() -> None:
    """What is listed as not run exists, so that the list does not outlive a test's name."""
    for name in excluded.EVERYWHERE:
        suite, _, test = name.partition("::")
        assert callable(getattr(getattr(test_google_live, suite), test.partition("[")[0]))


@pytest.mark.parametrize(
    ("suite", "test", "scopes", "lacking"),
    [
        ("TestMailbox", "test_deleted_mail_is_removed", excluded.ALL_SCOPES, None),
        ("TestMailbox", "test_deleted_mail_is_removed", MODIFY, own_mail.DELETES),
        ("TestMailbox", "test_a_label_shows", MODIFY, None),
        ("TestContacts", "test_a_new_card_is_seen", MODIFY[:2], "auth/contacts"),
        ("TestCalendar", "test_uids_are_told_apart", MODIFY[:1], "auth/calendar"),
    ],
)
def test_a_missing_scope_names_the_tests_it_costs(
    suite: str, test: str, scopes: tuple[str, ...], lacking: str | None
) -> None:
    """A sign-in with fewer rights runs what it can, and each test that it cannot run has the right as its reason."""
    function = getattr(getattr(test_google_live, suite), test)
    assert (lacking or "") in (excluded.reason(suite, test, function, scopes) or "")
    assert (excluded.reason(suite, test, function, scopes) is None) == (lacking is None)


def collected(**named: str) -> str:
    """Return what pytest would run of the live tests, in an environment that names these."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-m", "live", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, "tests/live/test_google_live.py"],
        cwd=ROOT, env={**os.environ, **named}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.stdout + done.stderr


def test_nothing_runs_on_google_unasked() -> None:
    """Without the variable every live test is deselected; none is skipped."""
    assert "no tests collected" in collected()


def test_an_account_that_is_named_is_used(tmp_path: Path) -> None:
    """With the variables the live tests are chosen that the sign-in allows; the others are named with the reason."""
    file = tmp_path / "user.json"
    file.write_text(json.dumps(USER))
    assert f"set {ADDRESS}" in collected(**{FILE: str(file)})
    chosen = collected(**{FILE: str(file), ADDRESS: OWNER})
    runs, _, named = chosen.partition("not run on the live account: ")
    assert "TestMailbox::test_a_label_shows[google-" in runs
    assert "TestMailbox::test_deleted_mail_is_removed[google]" not in runs
    assert f"TestMailbox::test_deleted_mail_is_removed[google]: the sign-in lacks {own_mail.DELETES}" in named

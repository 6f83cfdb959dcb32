"""The contract of Mailbox and DraftBox, kept by the Google provider on the foreign server too."""

from __future__ import annotations

import base64
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from assistant.model.mailbox import Folder, Label, Ref
from assistant.ports import Account
from providers._net import Patience
from providers.google.drafts import GoogleDraftBox
from providers.google.mailbox import GoogleMailbox
from providers.google.service import Google
from tests.contract import test_drafts, test_mailbox
from tests.servers.google import emulator
from tests.servers.google.bridge import Bridge
from tests.servers.google.client import label as label_body
from tests.servers.google.client import turned

if TYPE_CHECKING:
    from collections.abc import Iterator

_PARENT = "Callbacks"
_PLACES = {
    Folder.INBOX: ("INBOX", "UNREAD"),
    Folder.ARCHIVE: (),
    Folder.DRAFTS: ("DRAFT",),
    Folder.SENT: ("SENT",),
    Folder.JUNK: ("SPAM", "UNREAD"),
    Folder.TRASH: ("TRASH",),
}
_SAME_ID = "it gives a replaced draft no message id of its own, so that nobody can tell an edited draft"
DIFFERS = {
    "test_nothing_happens_to_a_draft_unseen": "its history does not tell that a draft was replaced",
    "test_replacing_leaves_one_draft": _SAME_ID,
    "test_an_edited_draft_is_not_replaced": _SAME_ID,
    "test_deleting_takes_the_version_into_account": _SAME_ID,
    "test_search_finds_a_number_however_written": "it searches letters as they stand, not words",
}
"""Tests that cannot pass there, with what it does otherwise. One that passes all the same is a failure."""


class Hands:
    """What the mail half of a harness needs, by the API of the foreign server itself."""

    def __init__(self, stack: ExitStack, foreign: emulator.Emulator) -> None:
        self._stack = stack
        user = foreign.user()
        self._credentials = user.credentials()
        self.bridge = stack.enter_context(Bridge(foreign, user))
        self._users = stack.enter_context(turned(foreign.url, "gmail", user.credentials())).users()

    def connect(self) -> Account:
        google = Google(self._credentials, root=self.bridge.url, patience=Patience())
        self._stack.callback(google.close)
        return Account(mailbox=GoogleMailbox(google), drafts=GoogleDraftBox(google))

    @property
    def mailbox(self) -> Any:  # noqa: ANN401  as the harness of the suites
        return self.connect().mailbox

    @property
    def drafts(self) -> Any:  # noqa: ANN401  as above
        return self.connect().drafts

    def deliver_mail(self, raw: bytes, folder: Folder | None = None) -> Ref:
        body = _raw(raw, labelIds=self._labels(folder or Folder.INBOX))
        return Ref(self._users.messages().insert(userId="me", body=body).execute()["id"])

    def user_labels(self, ref: Ref, label: Label | None) -> None:
        on = self._labels_on(ref)
        ours = {each["id"] for each in self._all_labels() if each["name"].startswith(f"{_PARENT}/")}
        add = [] if label is None else [self._label(f"{_PARENT}/{label}")]
        self._change(ref, add, sorted((ours & on) - set(add)))

    def user_moves_mail(self, ref: Ref, folder: Folder) -> Ref:
        labels = self._labels(folder)
        self._change(ref, labels, sorted({"INBOX", "SPAM", "TRASH"} - set(labels)))
        return ref

    def user_deletes_mail(self, ref: Ref) -> None:
        self._users.messages().delete(userId="me", id=ref).execute()

    def unread(self, ref: Ref) -> bool:
        return "UNREAD" in self._labels_on(ref)

    def user_writes_draft(self, raw: bytes) -> Ref:
        return Ref(self._users.drafts().create(userId="me", body={"message": _raw(raw)}).execute()["id"])

    def user_edits_draft(self, ref: Ref, raw: bytes) -> None:
        self._users.drafts().update(userId="me", id=ref, body={"message": _raw(raw)}).execute()

    def user_deletes_draft(self, ref: Ref) -> None:
        self._users.drafts().delete(userId="me", id=ref).execute()

    def user_sends_draft(self, ref: Ref) -> None:
        self._users.drafts().send(userId="me", body={"id": ref}).execute()

    def expire_cursors(self) -> None:
        self.bridge.expire_history()

    def _labels(self, folder: Folder) -> list[str]:
        return [self._label("Family")] if folder is Folder.OTHER else list(_PLACES[folder])

    def _all_labels(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._users.labels().list(userId="me").execute()["labels"]
        return found

    def _label(self, name: str) -> str:
        for each in self._all_labels():
            if each["name"] == name:
                return str(each["id"])
        return str(self._users.labels().create(userId="me", body=label_body(name)).execute()["id"])

    def _labels_on(self, ref: Ref) -> set[str]:
        return set(self._users.messages().get(userId="me", id=ref, format="minimal").execute()["labelIds"])

    def _change(self, ref: Ref, add: list[str], remove: list[str]) -> None:
        body = {"addLabelIds": add, "removeLabelIds": remove}
        self._users.messages().modify(userId="me", id=ref, body=body).execute()


def _raw(raw: bytes, **fields: object) -> dict[str, Any]:
    return {"raw": base64.urlsafe_b64encode(raw).decode(), **fields}


@pytest.fixture(scope="module")
def foreign() -> Iterator[emulator.Emulator]:
    with emulator.running() as running:
        yield running


@pytest.fixture
def harness(request: pytest.FixtureRequest, foreign: emulator.Emulator) -> Iterator[Hands]:
    reason = DIFFERS.get(request.node.originalname)
    if reason is not None:
        request.applymarker(pytest.mark.xfail(reason=reason, strict=True))
    with ExitStack() as stack:
        hands = Hands(stack, foreign)
        yield hands
    assert hands.bridge.violations == []


for _suite in (test_mailbox, test_drafts):
    globals().update({name: test for name, test in vars(_suite).items() if name.startswith("test_")})

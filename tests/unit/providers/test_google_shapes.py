"""Answers that are JSON and not what they should be end in an error of the ports, never in another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from google.oauth2.credentials import Credentials

from assistant.errors import ProviderError
from assistant.model.mailbox import Cursor, DraftRef, ETag, Label, Ref
from providers.google.drafts import GoogleDraftBox
from providers.google.mailbox import GoogleMailbox
from providers.google.service import Google

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from googleapiclient.http import HttpRequest

NOWHERE = "http://127.0.0.1:1/"
_RAW = b"Subject: x\nMessage-ID: <a@b.example>\n\ntext\n"
_PLACE = Cursor('{"history":"5"}')


class Silly(Google):
    """Answers every request alike; a text counts as an id, so that questions after questions are reached."""

    def __init__(self, client: Google, answer: dict[str, Any]) -> None:
        super().__init__(Credentials(token="t"), root=NOWHERE)  # type: ignore[no-untyped-call]  # the library has no types here
        self.gmail = client.gmail
        self._answer = answer

    def call(self, operation: str, request: HttpRequest, *, again: bool = True) -> dict[str, Any]:
        del operation, request, again
        return self._answer

    def each(self, operation: str, wanted: Mapping[str, HttpRequest]) -> dict[str, dict[str, Any] | ProviderError]:
        return {key: self.call(operation, request) for key, request in wanted.items()}


@pytest.fixture
def client() -> Iterator[Google]:
    """Return what makes requests and never sends one."""
    found = Google(Credentials(token="t"), root=NOWHERE)  # type: ignore[no-untyped-call]  # the library has no types
    yield found
    found.close()


def answers() -> list[dict[str, Any]]:
    """Return objects that are wrong in one place each."""
    wrong: list[Any] = [None, 7, "x", [7], [{}], [None], {}, {"id": None}]
    names = ("messages", "history", "historyId", "labels", "drafts", "message", "payload", "labelIds", "sizeEstimate")
    base: dict[str, Any] = {"id": "18c", "raw": "eA", "historyId": "9", "labels": [], "messages": [{"id": "18c"}]}
    base |= {"drafts": [{"id": "r1", "message": {"id": "18c"}}], "message": {"id": "18c", "raw": "eA"}}
    base |= {"history": [{"messagesAdded": [{"message": {"id": "18c"}}]}], "payload": {"headers": []}}
    return [{}, *(base | {name: value} for name in names for value in wrong)]


JOBS: dict[str, Callable[[GoogleMailbox, GoogleDraftBox], object]] = {
    "all": lambda mailbox, _: list(mailbox.changes(None).heads),
    "since": lambda mailbox, _: list(mailbox.changes(_PLACE).heads),
    "fetch": lambda mailbox, _: list(mailbox.fetch([Ref("18c"), Ref("18d")])),
    "label": lambda mailbox, _: mailbox.set_state(Ref("18c"), Label.DONE),
    "append": lambda mailbox, _: mailbox.append(_RAW, "k"),
    "search": lambda mailbox, _: list(mailbox.search("ann@acme.example")),
    "create": lambda _, drafts: drafts.put(_RAW, "k"),
    "replace": lambda _, drafts: drafts.put(_RAW, "k", previous=DraftRef(ref=Ref("r1"), etag=ETag("18c"))),
    "get": lambda _, drafts: drafts.get(Ref("r1")),
    "find": lambda _, drafts: drafts.find("k"),
    "list": lambda _, drafts: list(drafts.list()),
    "delete": lambda _, drafts: drafts.delete(Ref("r1"), ETag("18c")),
}


@pytest.mark.parametrize("job", JOBS.values(), ids=JOBS)
def test_nothing_but_errors_of_the_ports_comes_out(
    client: Google, job: Callable[[GoogleMailbox, GoogleDraftBox], object]
) -> None:
    """Whatever is missing or of another type in an answer, a port does its work or raises a ProviderError."""
    done = 0
    for answer in answers():
        google = Silly(client, answer)
        try:
            job(GoogleMailbox(google), GoogleDraftBox(google))
        except ProviderError as error:
            assert error.provider == "google"  # noqa: PT017 - either outcome will do, another error will not
        else:
            done += 1
    assert done < len(answers())

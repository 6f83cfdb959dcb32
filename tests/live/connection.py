"""The connections of a live harness: a plain one for the user's hands, and the provider's, which sees no strange mail.

Both can do no more than the provider: the calls that send are taken out of the documents they are made from.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from googleapiclient.discovery import build_from_document

from providers._net import Patience
from providers.google.documents import document
from providers.google.service import Google
from providers.google.transport import Transport

if TYPE_CHECKING:
    from collections.abc import Mapping

    from google.oauth2.credentials import Credentials
    from googleapiclient.http import HttpRequest

    from assistant.errors import ProviderError
    from tests.live.contacts import OwnContacts
    from tests.live.mail import OwnMail

Made = Any
"""What the client makes of a document: its methods are known at run time only."""

_TRIES = 6
_LONG = Patience(request=timedelta(minutes=2))  # a mail of 30 MB goes up in one request
_START = re.compile(r"(?<=[?&]startHistoryId=)\d+")
_ANCIENT = "1"
_HISTORY = ("messagesAdded", "messagesDeleted", "labelsAdded", "labelsRemoved")


class Access(NamedTuple):
    """A sign-in, and whose it must be. `root` is the address of a server in Google's place, None for Google."""

    credentials: Credentials
    address: str
    root: str | None = None
    patience: Patience = Patience()


class Plain:
    """Google's own client, as any other program uses it.

    Its transport is that of the provider, because the client's own may send a POST twice.

    Args:
        access: the sign-in.
    """

    def __init__(self, access: Access) -> None:
        self._access = access
        self._http = Transport(access.credentials, _LONG)
        self.scopes = frozenset(access.credentials.scopes or ())
        self.users: Made = self._service("gmail").users()
        self.calendar: Made = self._service("calendar")
        self.people: Made = self._service("people")

    def _service(self, name: str) -> Made:
        return build_from_document(document(name, self._access.root), http=self._http)

    def do(self, request: HttpRequest) -> Any:  # noqa: ANN401  JSON of any shape
        """Execute a request and return its answer; what Google refuses for now is tried again."""
        return request.execute(num_retries=_TRIES)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()


class Restricted(Google):
    """The provider's connection to an account that looks empty: lists leave out what the test at hand did not make.

    Nothing else is changed; what a test made is asked for, written and told by Google as ever.

    Args:
        access: the sign-in.
        mail: what the test made in the mailbox, and noting what it makes.
        contacts: what it made in the address book.
    """

    def __init__(self, access: Access, mail: OwnMail, contacts: OwnContacts) -> None:
        super().__init__(access.credentials, root=access.root, patience=access.patience)
        self._mail = mail
        self._contacts = contacts

    def call(self, operation: str, request: HttpRequest, *, again: bool = True) -> dict[str, Any]:
        """Do what the provider's connection does."""
        return self._own(request, super().call(operation, self._aged(request), again=again))

    def each(self, operation: str, wanted: Mapping[str, HttpRequest]) -> dict[str, dict[str, Any] | ProviderError]:
        """Do what the provider's connection does; before a search wait for Gmail's index."""
        if operation == "mailbox.search":
            self._mail.await_index()
        answers = super().each(operation, {key: self._aged(request) for key, request in wanted.items()})
        return {key: self._own(wanted[key], one) if isinstance(one, dict) else one for key, one in answers.items()}

    def _aged(self, request: HttpRequest) -> HttpRequest:
        """Ask with a history id that Gmail forgot long ago in place of one that shall have expired."""
        start = _START.search(request.uri)
        if start is not None and int(start[0]) <= self._mail.expired:
            request.uri = _START.sub(_ANCIENT, request.uri)
        return request

    def _own(self, request: HttpRequest, answer: dict[str, Any]) -> dict[str, Any]:
        match request.methodId.removeprefix("gmail.users."):
            case "messages.insert":
                self._mail.note(answer["id"])
            case "drafts.create" | "drafts.update":
                self._mail.note(answer["message"]["id"])
            case "messages.list":
                return _kept(answer, "messages", lambda one: self._mail.is_ours(one["id"]))
            case "drafts.list":
                return _kept(answer, "drafts", lambda one: self._mail.is_ours(one["message"]["id"]))
            case "history.list":
                return answer | {"history": [self._own_record(one) for one in answer.get("history", ())]}
            case "people.people.connections.list":
                return _kept(answer, "connections", lambda one: one["resourceName"] in self._contacts.made)
            case _:
                pass
        return answer

    def _own_record(self, record: dict[str, Any]) -> dict[str, Any]:
        for kind in _HISTORY:
            record = _kept(record, kind, lambda one: self._mail.is_ours(one["message"]["id"]))
        return record


def _kept(answer: dict[str, Any], name: str, wanted: Any) -> dict[str, Any]:  # noqa: ANN401  a predicate on JSON
    return answer | {name: [one for one in answer[name] if wanted(one)]} if name in answer else answer

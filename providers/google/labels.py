"""Our labels in Gmail: `Callbacks/To call` and its sisters, known by their ids, made when first needed."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from assistant.errors import AlreadyExistsError, NotFoundError, ProviderError, TransientError
from assistant.model.mailbox import Label
from providers._labels import PARENT, name_of
from providers.google.heads import is_unknown, shape, sound
from providers.google.service import NAME

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from googleapiclient.http import HttpRequest

    from assistant.model.mailbox import Ref
    from providers.google.service import Google

_FOLDERS = frozenset({"INBOX", "SENT", "DRAFT", "SPAM", "TRASH"})
_OPERATION = "mailbox.set_state"


class Labels:
    """The labels of one connection.

    An id that was remembered stands for its label whatever the user calls it now; a name finds the rest. They are
    listed once, when an id turns up that is not known, or before the first is set: somebody else may have signed in
    since, and the same id be one of theirs.

    Args:
        google: the account.
    """

    def __init__(self, google: Google) -> None:
        self._google = google
        self._ids: dict[Label, str] = {}
        self._meaning: dict[str, Label] = {}
        self._others: set[str] | None = None
        self.owner: str | None = None
        """Whose labels these are, None while that is not known."""

    def remember(self, ids: Mapping[Label, str], owner: str) -> None:
        """Take over what an earlier connection knew."""
        self.owner = self.owner or owner
        for label, one in ids.items():
            self._ids.setdefault(label, one)
            self._meaning.setdefault(one, label)

    @property
    def ids(self) -> dict[Label, str]:
        """Return the ids known so far, for the next connection."""
        return dict(self._ids)

    def look(self, operation: str) -> dict[str, Any]:
        """List all labels: forget ours that are gone, find ours by name, note the user's. Return the user's profile."""
        users = self._google.gmail.users()
        requests = {
            "labels": users.labels().list(userId="me", fields="labels(id,name,type)"),
            "profile": users.getProfile(userId="me", fields="emailAddress,historyId"),
        }
        said = {name: sound(answer) for name, answer in self._google.each(operation, requests).items()}
        self._know(owner_of(str(said["profile"].get("emailAddress"))))
        self._take(said["labels"])
        return said["profile"]

    def _know(self, owner: str) -> None:
        if self.owner not in {None, owner}:
            self._ids.clear()
            self._meaning.clear()
        self.owner = owner

    def _take(self, answer: Mapping[str, Any]) -> None:
        with shape(_OPERATION):
            present = {str(one["id"]): str(one["name"]) for one in answer["labels"]}
        self._ids = {label: one for label, one in self._ids.items() if one in present}
        self._meaning = {one: label for one, label in self._meaning.items() if one in present}
        named = {name_of(label).casefold(): label for label in Label}
        for one, name in present.items():
            label = named.get(name.casefold())
            if label is not None and one not in self._meaning:
                self._meaning[one] = label
                self._ids.setdefault(label, one)
        self._others = {one for one in present if _is_users(one)} - set(self._meaning)

    def of(self, found: Collection[str], operation: str) -> tuple[frozenset[Label], bool]:
        """Return ours among the labels of a message, and whether one of the user's is there too."""
        users = {one for one in found if _is_users(one)}
        self.meet(users, operation)
        return frozenset(self._meaning[one] for one in users if one in self._meaning), bool(users - set(self._meaning))

    def meet(self, found: Collection[str], operation: str) -> None:
        """Look at the list once where a label of the user's, who may have made it for us, is not known."""
        if self._others is None and any(_is_users(one) and one not in self._meaning for one in found):
            self.look(operation)

    def matters(self, found: Collection[str]) -> bool:
        """Tell whether a change of these labels is one of folder or state; one of the user's may be ours, unlisted."""
        return any(one in _FOLDERS or (_is_users(one) and one not in (self._others or ())) for one in found)

    def show(self, ref: Ref, label: Label | None) -> None:
        """Put one of ours on a message and take the others off, in one request.

        An id that Gmail no longer knows costs a look at the list and a second try.

        Raises:
            NotFoundError: the message is gone.
        """
        try:
            self._modify(ref, label)
        except NotFoundError:
            raise
        except ProviderError as error:
            if not is_unknown(error):
                raise
            self.look(_OPERATION)
            self._modify_again(ref, label)

    def show_all(self, wanted: Mapping[Ref, Label | None]) -> dict[Ref, ProviderError]:
        """Do what `show` does for many messages, in batches; return what came in the way of which."""
        requests = {ref: self._request(ref, label) for ref, label in wanted.items()}
        answers = self._google.each(_OPERATION, {str(ref): request for ref, request in requests.items()})
        failed: dict[Ref, ProviderError] = {}
        for ref, label in wanted.items():
            answer = answers[ref]
            if isinstance(answer, ProviderError) and not isinstance(answer, TransientError):
                try:
                    self.show(ref, label)
                except ProviderError as error:
                    failed[ref] = error
            elif isinstance(answer, ProviderError):
                failed[ref] = answer
        return failed

    def _modify_again(self, ref: Ref, label: Label | None) -> None:
        try:
            self._modify(ref, label)
        except ProviderError as error:
            if is_unknown(error):
                raise NotFoundError(NAME, _OPERATION, f"the message {ref} is gone") from error
            raise

    def _modify(self, ref: Ref, label: Label | None) -> None:
        self._google.call(_OPERATION, self._request(ref, label))

    def _request(self, ref: Ref, label: Label | None) -> HttpRequest:
        """Return what puts a label on; where there is nothing to change, what tells whether the message is there."""
        if self._others is None:
            self.look(_OPERATION)
        wanted = [] if label is None else [self._id(label)]
        others = sorted(set(self._meaning) - set(wanted))
        messages = self._google.gmail.users().messages()
        if not wanted and not others:
            return messages.get(userId="me", id=ref, format="minimal", fields="id")
        body = {"addLabelIds": wanted, "removeLabelIds": others}
        return messages.modify(userId="me", id=ref, body=body, fields="id")

    def _id(self, label: Label) -> str:
        if label not in self._ids:
            self._create([label] if self._meaning else list(Label))
        if label not in self._ids:
            text = f"Gmail takes no label {name_of(label)!r}; rename or remove the label that is in its way"
            raise AlreadyExistsError(NAME, _OPERATION, text)
        return self._ids[label]

    def _create(self, labels: Iterable[Label]) -> None:
        """Create labels, all of them the first time: the user may give commands by any of them. Twice is once."""
        users_labels = self._google.gmail.users().labels()
        wanted = {PARENT: None} | {name_of(label): label for label in labels}
        requests = {name: users_labels.create(userId="me", body=_new(name), fields="id") for name in wanted}
        found = self._google.each(_OPERATION, requests)
        for name, answer in found.items():
            label = wanted[name]
            if isinstance(answer, ProviderError):
                if not isinstance(answer, AlreadyExistsError):
                    raise answer
            elif label is not None and "id" in answer:
                self._ids[label] = answer["id"]
                self._meaning[answer["id"]] = label
        if any(label is not None and label not in self._ids for label in wanted.values()):
            self.look(_OPERATION)


def owner_of(address: str) -> str:
    """Return what stands for an account in a cursor: a digest of its address."""
    return hashlib.sha256(address.casefold().encode()).hexdigest()[:16]


def _new(name: str) -> dict[str, str]:
    return {"name": name, "labelListVisibility": "labelShow", "messageListVisibility": "show"}


def _is_users(one: str) -> bool:
    """Tell a user's label from Gmail's own, whose ids are words in capitals."""
    return one != one.upper()

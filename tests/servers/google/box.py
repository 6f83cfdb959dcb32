"""The mails of one user with their labels, threads and history."""

from __future__ import annotations

import random
import re
from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.servers.google.calls import RefusedError
from tests.servers.google.message import Stored, lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from tests.servers.google.clock import Clock

SYSTEM = (
    *("INBOX", "SENT", "DRAFT", "SPAM", "TRASH", "UNREAD", "STARRED", "IMPORTANT", "CHAT"),
    *("CATEGORY_PERSONAL", "CATEGORY_SOCIAL", "CATEGORY_PROMOTIONS", "CATEGORY_UPDATES", "CATEGORY_FORUMS"),
)
OUT = frozenset({"SPAM", "TRASH"})
_FIRST_HISTORY = 10**20


def not_found() -> RefusedError:
    """Return what Gmail says of what is not there."""
    return RefusedError(404, "notFound", "Requested entity was not found.")


class Record(NamedTuple):
    """One change of one mail, as the history tells it."""

    id: int
    bare: dict[str, Any]
    labelled: dict[str, Any]
    labels: frozenset[str]
    kind: str
    """"messagesAdded", "messagesDeleted", "labelsAdded" or "labelsRemoved"."""
    changed: tuple[str, ...]


class Joins(NamedTuple):
    """The thread that a new mail shall be in, None for one of its own; and the version of it that it replaces."""

    thread: str | None
    after: Stored | None = None


class Box:
    """The mails.

    Args:
        clock: the server's.
    """

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.mails: dict[str, Stored] = {}
        self.names: dict[str, str] = {label: label for label in SYSTEM}
        """Names of labels by id."""
        self.search_lag = timedelta()
        """How long a new mail is not found by a search, as Gmail's index needs a moment."""
        self.history: list[Record] = []
        self.history_id = _FIRST_HISTORY
        self.oldest = _FIRST_HISTORY
        self._random = random.Random(20260320)
        self._arrivals = 0
        self._mentions: defaultdict[str, list[str]] = defaultdict(list)
        """Which mails have or name a Message-ID; those gone since among them."""

    def fresh_id(self) -> str:
        """Return a new id: 16 hexadecimal digits."""
        return f"{self._random.randrange(2**60, 2**61):016x}"

    def get(self, message_id: str) -> Stored:
        """Return a mail.

        Raises:
            RefusedError: there is none.
        """
        if not re.fullmatch(r"[0-9a-f]{1,16}", message_id):
            raise RefusedError(400, "invalidArgument", "Invalid id value")
        if message_id not in self.mails:
            raise not_found()
        return self.mails[message_id]

    def newest(self) -> list[Stored]:
        """Return all mails, newest first."""
        return sorted(self.mails.values(), key=lambda mail: (-mail.internal, -mail.number))

    def thread(self, thread_id: str) -> list[Stored]:
        """Return the mails of a thread, oldest first.

        Raises:
            RefusedError: there is none.
        """
        found = [mail for mail in self.mails.values() if mail.thread == thread_id]
        if not found:
            raise not_found()
        return sorted(found, key=lambda mail: (mail.internal, mail.number))

    def add(self, raw: bytes, labels: Iterable[str], internal: int | None = None, joins: Joins | None = None) -> Stored:
        """Keep a new mail in the thread it belongs to.

        Args:
            raw: the mail.
            labels: their ids.
            internal: `internalDate`, None for now.
            joins: which thread is asked for; None joins by references, as mail that arrives does.

        Raises:
            RefusedError: a label or the thread does not exist.
        """
        self.check_labels(labels)
        self._arrivals += 1
        now, new = self.clock.now(), self.fresh_id()
        moment = int(now.timestamp() * 1000) if internal is None else internal
        mail = Stored(new, new, lines(raw), set(labels), moment, self._arrivals, now + self.search_lag)
        mail.thread = self._thread_of(mail, joins) or new
        self.mails[new] = mail
        for each in mail.references | {mail.message_id}:
            self._mentions[each].append(new)
        self._note(mail, "messagesAdded")
        return mail

    def remove(self, mail: Stored) -> None:
        """Delete a mail for good."""
        del self.mails[mail.id]
        self._note(mail, "messagesDeleted")

    def relabel(self, mail: Stored, add: Iterable[str] = (), remove: Iterable[str] = ()) -> None:
        """Change labels; the history tells what really changed."""
        added, removed = set(add) - mail.labels, set(remove) & mail.labels
        mail.labels = (mail.labels | added) - removed
        if added:
            self._note(mail, "labelsAdded", sorted(added))
        if removed:
            self._note(mail, "labelsRemoved", sorted(removed))

    def trash(self, mail: Stored) -> None:
        """Move a mail to the trash."""
        self.relabel(mail, ["TRASH"], ["INBOX", "SPAM"])

    def check_labels(self, labels: Iterable[str]) -> None:
        """Refuse ids that are no labels.

        Raises:
            RefusedError: as Gmail words it.
        """
        for label in labels:
            if label not in self.names:
                raise RefusedError(400, "invalidArgument", f"Invalid label: {label}")

    def forget(self) -> None:
        """Forget the history, as Gmail does after a week or some hours."""
        self._next()
        self.history.clear()
        self.oldest = self.history_id

    def select(self, wanted: Callable[[Stored], bool], labels: Sequence[str], *, everywhere: bool) -> list[Stored]:
        """Return the mails that are wanted and have all the labels, newest first; junk and trash when asked for."""
        self.check_labels(labels)
        out = frozenset() if everywhere else OUT - set(labels)
        return [
            mail for mail in self.newest() if not mail.labels & out and mail.labels.issuperset(labels) and wanted(mail)
        ]

    def _thread_of(self, mail: Stored, joins: Joins | None) -> str | None:
        """Return the thread of a new mail: subject and references must fit, also where a thread is asked for."""
        known = mail.references | ({mail.message_id} - {""})
        near = [self.mails[each] for name in known for each in self._mentions[name] if each in self.mails]
        others = [other for other in near if other.subject == mail.subject and _related(mail, other)]
        if joins is None:
            return min(others, key=lambda other: other.number).thread if others else None
        if joins.thread is None:
            return None
        self.thread(joins.thread)
        others += [joins.after] if joins.after is not None and joins.after.subject == mail.subject else []
        return joins.thread if any(other.thread == joins.thread for other in others) else None

    def _next(self) -> int:
        self.history_id += self._random.randrange(1, 40)
        return self.history_id

    def _note(self, mail: Stored, kind: str, changed: Sequence[str] = ()) -> None:
        mail.history = self._next()
        record = Record(mail.history, mail.bare(), mail.labelled(), frozenset(mail.labels), kind, tuple(changed))
        self.history.append(record)


def _related(mail: Stored, other: Stored) -> bool:
    """Tell whether one refers to the other, or both to a third: also an answer that came before its question."""
    known = mail.references | ({mail.message_id} - {""})
    return other.message_id in mail.references or bool(other.references & known)

"""Our states as Outlook categories: `Callbacks/To call` and its sisters, with colours in the user's list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from assistant.errors import AlreadyExistsError, AuthError, NotFoundError, ProviderError, TransientError, WrongETagError
from assistant.model.mailbox import Label, Ref
from providers._labels import name_of, showing
from providers._net import ThrottledError
from providers.microsoft365 import heads
from providers.microsoft365.service import NAME, Part, at

if TYPE_CHECKING:
    from collections.abc import Mapping

    from providers.microsoft365.service import Graph

_OPERATION = "mailbox.set_state"
_TRIES = 4
_REMEMBERED = 20_000
_LIST = at("me", "outlook", "masterCategories")
_COLOURS = {
    Label.TO_CALL: "preset7",
    Label.PROMISED: "preset1",
    Label.LEFT_MESSAGE: "preset3",
    Label.DONE: "preset4",
    Label.CHECK: "preset8",
    Label.CHECK_SENDER: "preset0",
}
"""Learn.microsoft.com/graph/api/resources/outlookcategory: 0 is red, 1 orange, 3 yellow, 4 green, 7 blue, 8 purple."""


class _Version(NamedTuple):
    etag: str
    categories: tuple[str, ...]


class Labels:
    """The states of messages, as one connection sets and sees them.

    Args:
        graph: the account.
    """

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._known: dict[Ref, _Version] = {}
        self.listed = False
        """Whether our categories are in the user's list, as far as we know."""

    def remember(self, ref: Ref, item: Mapping[str, Any] | None) -> None:
        """Take note of the version of a message that was read."""
        etag = heads.version(item)
        if etag is not None:
            self._known[ref] = _Version(etag, heads.categories(item))
        if len(self._known) > _REMEMBERED:
            self._known.pop(next(iter(self._known)))

    def show(self, wanted: Mapping[Ref, Label | None]) -> dict[Ref, ProviderError]:
        """Put one state on each message and take the others off; return what came in the way of which.

        One that somebody else changes meanwhile is read again, so that their categories are kept.
        """
        failed: dict[Ref, ProviderError] = {}
        pending = {ref: label for ref, label in wanted.items() if heads.is_ref(ref)}
        failed |= {ref: _gone(ref) for ref in wanted if ref not in pending}
        if not self.listed and any(pending.values()):
            self.listed = list_ours(self._graph)
        for _ in range(_TRIES):
            pending = self._update(self._planned(pending, failed), pending, failed)
            if not pending:
                return failed
        text = "Microsoft does not take the change, or somebody else makes others; the next pass tries again"
        return failed | {ref: TransientError(NAME, _OPERATION, text) for ref in pending}

    def _planned(self, pending: Mapping[Ref, Label | None], failed: dict[Ref, ProviderError]) -> dict[Ref, _Version]:
        """Return for each message that is to change its version and what categories it gets.

        What an earlier look says is believed where it makes us write: then an old version is refused.
        """
        unsure = [ref for ref, label in pending.items() if not self._differs(ref, label)]
        params = {"$select": "categories"}
        found = heads.got(self._graph, _OPERATION, unsure, lambda ref: Part("GET", at("me", "messages", ref), params))
        for ref in unsure:
            self._known.pop(ref, None)
            item = found.get(ref)
            if isinstance(item, dict):
                self.remember(ref, item)
            else:
                failed[ref] = item or _gone(ref)
        wanted = {ref: label for ref, label in pending.items() if ref not in failed and self._differs(ref, label)}
        known = {ref: self._known[ref] for ref in wanted}
        return {ref: _Version(known[ref].etag, showing(known[ref].categories, label)) for ref, label in wanted.items()}

    def _differs(self, ref: Ref, label: Label | None) -> bool:
        known = self._known.get(ref)
        return known is not None and showing(known.categories, label) != known.categories

    def _update(
        self, plans: Mapping[Ref, _Version], pending: Mapping[Ref, Label | None], failed: dict[Ref, ProviderError]
    ) -> dict[Ref, Label | None]:
        """Carry plans out; return those that must be tried again because the message has changed."""
        again: dict[Ref, Label | None] = {}
        answers = self._graph.each(_OPERATION, {ref: _patch(ref, plan) for ref, plan in plans.items()})
        for ref, plan in plans.items():
            answer = answers[ref]
            if isinstance(answer, AuthError | ThrottledError):
                raise answer
            if isinstance(answer, WrongETagError | TransientError):
                again[ref] = pending[ref]
            elif isinstance(answer, ProviderError):
                failed[ref] = answer
            self._known.pop(ref, None)
            if isinstance(answer, dict):
                self.remember(ref, {"categories": list(plan.categories), **answer})
        return again


def _patch(ref: Ref, plan: _Version) -> Part:
    body = {"categories": list(plan.categories)}
    return Part("PATCH", at("me", "messages", ref), body=body, headers={"If-Match": plan.etag})


def _gone(ref: Ref) -> NotFoundError:
    return NotFoundError(NAME, _OPERATION, f"the message {ref!r} is gone")


def list_ours(graph: Graph) -> bool:
    """Put our categories into the user's list, with colours, where they are missing; tell whether that was settled.

    Without the right to the list, which is another one than that to mail, they show without colours: that is no reason
    to fail.
    """
    try:
        _complete(graph)
    except (AuthError, TransientError):
        return False
    except ProviderError:
        return True
    return True


def _complete(graph: Graph) -> None:
    present = {heads.text(each, "displayName").casefold() for each in graph.items(_OPERATION, _LIST)}
    missing = [label for label in Label if name_of(label).casefold() not in present]
    bodies = {label: {"displayName": name_of(label), "color": _COLOURS[label]} for label in missing}
    answers = graph.each(_OPERATION, {label: Part("POST", _LIST, body=body) for label, body in bodies.items()})
    failed = [each for each in answers.values() if isinstance(each, ProviderError)]
    for each in failed:
        if not isinstance(each, AlreadyExistsError):
            raise each

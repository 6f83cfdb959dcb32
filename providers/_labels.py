"""Our states as the names that people see in their mail: `Callbacks/To call` and its sisters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assistant.model.mailbox import Label

if TYPE_CHECKING:
    from collections.abc import Iterable

PARENT = "Callbacks"


def name_of(label: Label) -> str:
    """Return the name that stands for a state."""
    return f"{PARENT}/{label}"


_MEANING = {name_of(label).casefold(): label for label in Label}


def ours(categories: Iterable[str]) -> frozenset[Label]:
    """Return the states among categories; Exchange compares them without regard to case."""
    return frozenset(_MEANING[one.casefold()] for one in categories if one.casefold() in _MEANING)


def showing(categories: Iterable[str], label: Label | None) -> tuple[str, ...]:
    """Return categories with one of ours in place of any other of ours; the user's own stay as they are."""
    kept = tuple(one for one in categories if one.casefold() not in _MEANING)
    return kept if label is None else (*kept, name_of(label))

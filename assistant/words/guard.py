"""The phrase guard: no "too busy", no "I forgot", no invented excuse, in any template of anybody's (G1)."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class Group(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Phrases with one fault in common: `why` names it, `instead` is what to write."""

    why: str
    instead: str
    phrases: tuple[str, ...]


class GuardFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A `guard.toml`."""

    groups: tuple[Group, ...]


class Guard:
    """Finds forbidden phrases. Case, white space, punctuation, quotes and invisible characters make no difference."""

    def __init__(self, files: Iterable[GuardFile]) -> None:
        self._groups = {
            phrase: group
            for file in files
            for group in file.groups
            for phrase in map(normalised, group.phrases)
            if phrase
        }
        longest_first = sorted(self._groups, key=len, reverse=True)
        self._pattern = re.compile(rf"(?<!\S)(?={_either(longest_first)}(?!\S))") if self._groups else None

    def find(self, text: str) -> tuple[str, ...]:
        """Return the forbidden phrases in a text, normalised, in order, each once."""
        return self._found(normalised(text))

    def blame(self, output: str, without_data: str, data: Sequence[str]) -> tuple[str, ...]:
        """Return the forbidden phrases in `output` that the template wrote, not the caller.

        Args:
            output: what the template made of the facts.
            without_data: what it made of the same facts with every text blanked; a phrase in here is the template's.
            data: the texts of the facts. A phrase in one of these, or made of several of them, is quoted.
        """
        found = self.find(output)
        if not found:
            return ()
        own = set(self.find(without_data))
        said = [normalised(text) for text in data]
        rest = set(self._found(_minus(normalised(output), said)))
        quoted = {phrase for text in said for phrase in self._found(text)}
        return tuple(phrase for phrase in found if phrase in own or phrase in rest - quoted)

    def advice(self, phrase: str) -> str:
        """Say why a phrase is refused and what to write instead."""
        group = self._groups[phrase]
        return f'it says "{phrase}": {group.why}. Write instead: {group.instead}'

    def _found(self, normal: str) -> tuple[str, ...]:
        if self._pattern is None:
            return ()
        return tuple(dict.fromkeys(match[1] for match in self._pattern.finditer(normal)))


def normalised(text: str) -> str:
    """Return the words of a text in one spelling, a space between them."""
    spelt = unicodedata.normalize("NFKC", text).casefold()
    if not spelt.isascii():
        spelt = "".join(char for char in spelt if unicodedata.category(char) != "Cf")
    joined = re.sub(r"['’‘ʼ`´′]", "", spelt)  # noqa: RUF001  # these very characters are what people type for '
    return " ".join(re.sub(r"[\W_]+", " ", joined).split())


def _either(phrases: Iterable[str]) -> str:
    return "(" + "|".join(map(re.escape, phrases)) + ")"


def _minus(output: str, said: Iterable[str]) -> str:
    """Return normalised output with the data cut out; a bar stands for each piece and matches no phrase."""
    pieces = sorted({text for text in said if text}, key=len, reverse=True)
    if not pieces:
        return output
    return re.sub(rf"(?<!\S){_either(pieces)}(?!\S)", "|", output)

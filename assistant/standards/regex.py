"""Regular expressions that cost nothing until they are needed: most mails, and most runs, need few of them."""

from __future__ import annotations

import re
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_LONGEST_KEPT = 4000  # characters of a text whose small letters are remembered
# Letters of which patterns of any case take one for another where lower() keeps them apart: Turkish i, long s, Greek.
_ODD = re.compile(
    "[\u0131\u017f\u0307\u00b5\u0345\u0390\u03b0\u03c2\u03d0-\u03f5\u1c80-\u1c88\u1e9b\u1fbe\u1fd3\u1fe3\ufb05\ufb06]"
)


def lazy(pattern: str, flags: int = 0) -> re.Pattern[str]:
    """Return what does as `re.compile(pattern, flags)` and compiles at the first use; only then a mistake shows."""
    return cast("re.Pattern[str]", _Lazy(pattern, flags))


def guarded(pattern: str, flags: int, needs: frozenset[str]) -> re.Pattern[str]:
    """Return a lazy pattern that is only asked of texts with one of the words it needs.

    Args:
        pattern: a regular expression.
        flags: as for `re.compile`.
        needs: texts in small letters of which one stands wherever the pattern is found, none when that is not known.
    """
    return cast("re.Pattern[str]", _Guarded(pattern, flags, tuple(sorted(needs)))) if needs else lazy(pattern, flags)


def has_one(needs: tuple[str, ...], text: str) -> bool:
    """Tell whether a text may have, in letters of any case, one of some texts in small letters."""
    low = _remembered(text) if len(text) <= _LONGEST_KEPT else _small(text)
    if low is None:
        return True
    for word in needs:  # noqa: SIM110 - a plain loop: it runs hundreds of times for a mail
        if word in low:
            return True
    return False


class _Lazy:
    """A pattern that is not compiled yet; each method asked for is the compiled one's from then on."""

    def __init__(self, pattern: str, flags: int) -> None:
        self.pattern, self.flags = pattern, flags

    @cached_property
    def compiled(self) -> re.Pattern[str]:
        return re.compile(self.pattern, self.flags)

    def __getattr__(self, name: str) -> object:
        method = self.__dict__[name] = getattr(self.compiled, name)
        return method


class _Guarded(_Lazy):
    """A lazy pattern with the words of which a text must have one."""

    def __init__(self, pattern: str, flags: int, needs: tuple[str, ...]) -> None:
        super().__init__(pattern, flags)
        self._needs = needs

    def search(self, text: str, *span: int) -> re.Match[str] | None:
        return self.compiled.search(text, *span) if self._may(text) else None

    def match(self, text: str, *span: int) -> re.Match[str] | None:
        return self.compiled.match(text, *span) if self._may(text) else None

    def fullmatch(self, text: str, *span: int) -> re.Match[str] | None:
        return self.compiled.fullmatch(text, *span) if self._may(text) else None

    def finditer(self, text: str, *span: int) -> Iterator[re.Match[str]]:
        return self.compiled.finditer(text, *span) if self._may(text) else iter(())

    def findall(self, text: str, *span: int) -> list[str]:
        return self.compiled.findall(text, *span) if self._may(text) else []

    def sub(self, repl: str | Callable[[re.Match[str]], str], text: str, count: int = 0) -> str:
        return self.compiled.sub(repl, text, count) if self._may(text) else text

    def _may(self, text: str) -> bool:
        return has_one(self._needs, text)


def _small(text: str) -> str | None:
    """Return a text in small letters, None where these are not enough to compare by."""
    low = text.lower()
    return low if low.isascii() or not _ODD.search(low) else None


_remembered = lru_cache(maxsize=256)(_small)

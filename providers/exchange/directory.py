"""The directory of the organisation: who has a name, and who has a number where it can be searched by numbers.

Most directories cannot be: ResolveNames matches names, offices, aliases and addresses (Microsoft's reference of
UnresolvedEntry), and numbers only where administrators made them searchable, as they are written there. So the user's
own entry is looked for by its own number first, and what that shows is remembered.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from exchangelib import services
from exchangelib.errors import ErrorNameResolutionNoResults

from assistant.errors import AuthError, InvalidResponseError, NotFoundError, ProviderError, TransientError
from assistant.standards import phone
from providers.exchange.appointments import Element, tag

if TYPE_CHECKING:
    from collections.abc import Callable

    import exchangelib

    from assistant.model.call import E164
    from providers.exchange.service import Exchange

NOT_BY_NUMBER = ""
"""What is remembered of a directory that cannot be searched by numbers."""
_WAYS: dict[str, Callable[[E164], str]] = {"spaced": phone.international, "plain": str}
"""How numbers are written in a directory."""
_BARREN = 3
"""So many numbers that nobody has, in a directory that does not say how it writes any."""


class Directory:
    """The directory, each thing asked for once.

    Args:
        exchange: the account.
        region: what numbers without a country code mean (ISO 3166-1 alpha-2).
        way: what was remembered, None for nothing.
        learned: is given what to remember.
    """

    def __init__(
        self, exchange: Exchange, region: str, way: str | None = None, learned: Callable[[str], None] | None = None
    ) -> None:
        self._exchange = exchange
        self._region = region
        self._way = way if way in {*_WAYS, NOT_BY_NUMBER} else None
        self._learned = learned
        self._is_there = True
        self._in_vain = 0
        self._asked: dict[str, list[Element]] = {}

    def with_number(self, operation: str, number: E164) -> list[Element]:
        """Return the entries that may have a number: one request, none where that is in vain."""
        if self._way is None and not self._in_vain:
            self._try_own(operation)
        if self._way == NOT_BY_NUMBER:
            return []
        known = len(self._asked)
        found = self.named(operation, _WAYS[self._way or "spaced"](number))
        if self._way is None and len(self._asked) > known:
            self._in_vain = 0 if found else self._in_vain + 1
            if self._in_vain >= _BARREN:
                self._learn(NOT_BY_NUMBER)
        return found

    def _try_own(self, operation: str) -> None:
        """Look the user's own entry up by its number, if it has one."""
        entries = self.named(operation, self._exchange.signed.address)
        for text in (each for entry in entries for each in written(entry, "PhoneNumbers")):
            number = phone.parse(text, self._region)
            way = next((way for way, write in _WAYS.items() if number is not None and write(number) == text), None)
            if way is not None:
                self._learn(way if self.named(operation, text) else NOT_BY_NUMBER)
                return

    def _learn(self, way: str) -> None:
        if self._is_there:
            self._way = way
            if self._learned is not None:
                self._learned(way)

    def named(self, operation: str, text: str) -> list[Element]:
        """Return whom the directory finds; it is a convenience, and its failure no failure of the book."""
        if text in self._asked or not self._is_there:
            return self._asked.get(text, [])
        try:
            found = self._exchange.call(operation, lambda account: _resolve(account, text))
        except (AuthError, InvalidResponseError, TransientError):
            raise
        except NotFoundError:
            found = []
        except ProviderError:
            self._is_there = False
            return []
        self._asked[text] = found
        return found


class _Resolve(services.ResolveNames):  # type: ignore[misc]  # the library has no types
    def _elem_to_obj(self, elem: Element) -> Element | None:
        return elem.find(tag("Contact"))


def _resolve(account: exchangelib.Account, text: str) -> list[Element]:
    """Return the contacts that the directory has for a text."""
    asked: dict[str, Any] = {"return_full_contact_data": True, "search_scope": "ActiveDirectory"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the library warns where there are more than it was told of
        found = list(_Resolve(account.protocol).call([text], **asked))
    for each in found:
        if isinstance(each, Exception) and not isinstance(each, ErrorNameResolutionNoResults):
            raise each
    return [each for each in found if each is not None and not isinstance(each, Exception)]


def written(element: Element, name: str) -> list[str]:
    """Return the entries of a list of a contact, as they are written."""
    return [each.text for each in element.iterfind(f"{tag(name)}/{tag('Entry')}") if each.text]

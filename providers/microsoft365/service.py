"""One signed-in Microsoft 365 account: requests, batches, patience, and errors in the words of the ports."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeGuard, TypeVar

import msgspec

from assistant.errors import AuthError, InvalidResponseError, ProviderError, TransientError
from providers._net import Patience, ThrottledError, persevere
from providers.microsoft365 import allowed, batches, errors
from providers.microsoft365.batches import Part
from providers.microsoft365.errors import NAME, SIGN_IN, GraphError
from providers.microsoft365.requesting import PLAIN, at, headed, target
from providers.microsoft365.transport import Tokens, Wire, challenge, decoded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from providers.microsoft365.transport import Answer

__all__ = ["NAME", "ROOT", "SIGN_IN", "Graph", "Part", "Tokens", "at"]

ROOT = "https://graph.microsoft.com/v1.0/"
_NONE = Patience(total=timedelta(), throttled=timedelta())
_ANY = ""
_BATCH = "$batch"
_MOST_PAGES = 10_000
T = TypeVar("T")


class Graph:
    """One signed-in account.

    Args:
        tokens: sign the requests.
        root: address of the service with its version, ending in "/".
        patience: how long one request and all its tries may take.
    """

    def __init__(self, tokens: Tokens, *, root: str = ROOT, patience: Patience | None = None) -> None:
        self.root = root
        self.patience = patience or Patience()
        self.served: datetime | None = None
        """Microsoft's clock at its last answer, None where it did not say."""
        self._spent: set[str] = set()
        self._wire = Wire(tokens, self.patience)

    def call(
        self,
        operation: str,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        again: bool = True,
    ) -> dict[str, Any]:
        """Make one request and return its answer, {} for an empty one.

        Args:
            operation: of the port, for errors.
            method: such as "PATCH".
            path: after the version, with ids encoded (`at`), or a whole link that Microsoft gave.
            params: query options, such as `{"$select": "id"}`.
            body: sent as JSON.
            content: sent as it is in place of `body`: a message in MIME, base64.
            headers: further fields. `Prefer` is added to the one for immutable ids.
            again: True if doing it twice is once; False sends it once, and after a `TransientError` the caller looks
                whether it took effect before doing it again.

        Raises:
            ProviderError: each in its class; see `errors`.
            UnsupportedError: it is none of the requests that are allowed.
        """
        part = Part(method, path, params, body, content, headers)
        name = self._checked(operation, part)
        if not again:
            return self._object(operation, part)
        return self.persevere(name, lambda: self._object(operation, part))

    def raw(self, operation: str, path: str) -> bytes:
        """Return what a path has that is no JSON: the MIME of a message at `at("me", "messages", ref, "$value")`.

        Raises:
            ProviderError: as for `call`.
        """
        part = Part("GET", path)
        name = self._checked(operation, part)
        return self.persevere(name, lambda: self._answered(operation, part).content)

    def pages(
        self,
        operation: str,
        path: str,
        params: Mapping[str, str] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
    ) -> Iterator[dict[str, Any]]:
        """Yield the pages of a list as they come, each with its `value`; the last may have an `@odata.deltaLink`.

        Raises:
            ProviderError: as for `call`; `InvalidResponseError` also where pages run in a circle or leave the server.
        """
        seen: set[str] = set()
        while True:
            page = self.call(operation, "GET", path, params=params, headers=headers)
            values(operation, page)
            yield page
            path, params = str(page.get("@odata.nextLink") or ""), None
            if not path:
                return
            if path in seen or len(seen) >= _MOST_PAGES:
                raise errors.unreadable(operation, "pages in a circle, or without end")
            seen.add(path)

    def items(
        self,
        operation: str,
        path: str,
        params: Mapping[str, str] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
    ) -> Iterator[dict[str, Any]]:
        """Yield what is in a list, through all its pages.

        Raises:
            ProviderError: as for `pages`.
        """
        for page in self.pages(operation, path, params, headers=headers):
            yield from values(operation, page)

    def each(
        self, operation: str, wanted: Mapping[str, Part], *, again: bool = True
    ) -> dict[str, dict[str, Any] | ProviderError]:
        """Make requests in batches; return the answer or the error of each, in order.

        Parts that were throttled or failed on Microsoft's side are tried again alone, with all patience; where doing
        it twice is not once (`again` False), none is. An answer that is no JSON is `{"content": bytes}`.

        Raises:
            ProviderError: a whole batch got no answer, or none that can be read.
            UnsupportedError: one of them is none of the requests that are allowed.
        """
        names = {key: self._checked(operation, part) for key, part in wanted.items()}
        found: dict[str, dict[str, Any] | ProviderError] = {}
        for portion in batches.portions(wanted, self.root):
            hindered = {key: one for key, part in portion.items() if _failed(one := found.get(part.after or ""))}
            ready = {key: part for key, part in portion.items() if key not in hindered}
            found |= hindered
            if again and ready:
                found |= self._portion(operation, ready, names[next(iter(ready))])
            elif ready:
                found |= self._batch(operation, ready)
        return {key: found[key] for key in wanted}

    def persevere(self, name: str, attempt: Callable[[], T]) -> T:
        """Return what `attempt` returns, trying with patience.

        What is out of order costs a pass its patience once, not once for each thing to do: once it was all used up for
        one of the allowed requests, each of them gets one try until one works again, and where nobody answered so
        does every other request until any works.

        Args:
            name: which of the allowed requests, or an operation of several requests.
            attempt: makes the request.

        Raises:
            TransientError: the last one.
        """
        spent = bool({name, _ANY} & self._spent)
        try:
            found = persevere(_NONE if spent else self.patience, attempt)
        except TransientError as error:
            self._spent.add(name if isinstance(error.__cause__, GraphError) else _ANY)
            raise
        self._spent -= {name, _ANY}
        return found

    def once(self, operation: str, make: Callable[[], T], look: Callable[[], T | None]) -> T:
        """Return what was created, by this try or by one before whose answer was lost.

        Args:
            operation: of the port.
            make: creates it with `call(..., again=False)`; called once a try.
            look: finds it if an earlier try took effect.

        Raises:
            TransientError: whether it was created is not known; look before trying again.
        """
        tried = False

        def attempt() -> T:
            nonlocal tried
            found = look() if tried else None
            if found is not None:
                return found
            tried = True
            return make()

        return self.persevere(operation, attempt)

    def close(self) -> None:
        """Close the connections."""
        self._wire.close()

    def _checked(self, operation: str, part: Part) -> str:
        """Return which of the allowed requests this is."""
        path, _, _ = self._target(operation, part).partition("?")
        return allowed.template(operation, part.method, path, part.body)

    def _target(self, operation: str, part: Part) -> str:
        try:
            return target(part.path, part.params, self.root)
        except ValueError as error:
            raise InvalidResponseError(NAME, operation, f"Microsoft gave {error}. {errors.BETWEEN}") from error

    def _object(self, operation: str, part: Part) -> dict[str, Any]:
        answer = self._answered(operation, part)
        if not answer.content.strip():
            return {}
        found = _json(answer.content)
        if not isinstance(found, dict):
            raise errors.unreadable(operation, "no JSON object")
        return found

    def _answered(self, operation: str, part: Part) -> Answer:
        """Make a request, once more with another access token where that one was refused."""
        try:
            return self._once(operation, part)
        except ProviderError as error:
            claims = _claims(error)
            if claims is None:
                raise
            self._wire.renew(claims)
        return self._once(operation, part)

    def _once(self, operation: str, part: Part) -> Answer:
        headers = {**headed(part.headers), "Accept": "application/json"}
        content = part.content
        if part.body is not None:
            content = msgspec.json.encode(part.body)
            headers.setdefault("Content-Type", "application/json")
        elif content is not None:
            headers.setdefault("Content-Type", PLAIN)
        try:
            answer = self._wire.ask(part.method, f"{self.root}{self._target(operation, part)}", headers, content)
        except errors.RAISED as error:
            raise errors.of_raised(operation, error) from error
        self._note(answer)
        if not 200 <= answer.status < 300:  # noqa: PLR2004  what HTTP calls success
            raise errors.of_refusal(operation, errors.refusal(answer.status, answer.headers, _json(answer.content)))
        return answer

    def _note(self, answer: Answer) -> None:
        self.served = errors.moment(errors.field(answer.headers, "date"))

    def _portion(
        self, operation: str, wanted: Mapping[str, Part], name: str
    ) -> dict[str, dict[str, Any] | ProviderError]:
        found: dict[str, dict[str, Any] | ProviderError] = {}

        def attempt() -> None:
            left = {key: part for key, part in wanted.items() if isinstance(found.get(key), TransientError | None)}
            found.update(self._batch(operation, left))
            later = [error for error in found.values() if isinstance(error, TransientError)]
            if later:
                raise _longest(later)

        try:
            self.persevere(name, attempt)
        except TransientError:
            if set(found) != set(wanted):
                raise
        return found

    def _batch(self, operation: str, wanted: Mapping[str, Part]) -> dict[str, dict[str, Any] | ProviderError]:
        found = self._parts(operation, wanted)
        refused = {key: claims for key, one in found.items() if (claims := _claims(one)) is not None}
        if refused:
            # Microsoft answers 200 to the batch and 401 in it.
            self._wire.renew(max(refused.values(), key=len))
            found |= self._parts(operation, {key: wanted[key] for key in refused})
        return found

    def _parts(self, operation: str, wanted: Mapping[str, Part]) -> dict[str, dict[str, Any] | ProviderError]:
        content = batches.written(wanted, self.root)
        batch = Part("POST", _BATCH, content=content, headers={"Content-Type": "application/json"})
        return batches.read(operation, wanted, self._object(operation, batch))


def values(operation: str, page: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what is in one page of a list.

    Raises:
        InvalidResponseError: it is no list of objects.
    """
    found = page.get("value")
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise errors.unreadable(operation, "no list")
    return found


def _failed(found: object) -> TypeGuard[ProviderError]:
    return isinstance(found, ProviderError)


def _json(content: bytes) -> Any:  # noqa: ANN401  it is JSON, None where it is none
    try:
        return decoded(content)
    except ValueError:
        return None


def _claims(answer: object) -> str | None:
    """Return what a refused access token lacked ("" where nobody says), None where that is not what happened."""
    cause = answer.__cause__ if isinstance(answer, ProviderError) else None
    if not isinstance(cause, GraphError) or not cause.refusal.is_unsigned:
        return None
    claims = challenge(errors.field(cause.refusal.headers, "www-authenticate"))
    return claims if claims or isinstance(answer, AuthError) else None


def _longest(later: list[TransientError]) -> TransientError:
    """Return the error that asks for the longest wait: parts are tried again together."""
    throttled = [error for error in later if isinstance(error, ThrottledError)]
    return max(throttled or later, key=lambda error: error.retry_after or timedelta())

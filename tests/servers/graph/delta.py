"""Change tracking: tokens, pages, and the day on which a token is no longer worth anything."""

from __future__ import annotations

import base64
import binascii
import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.servers.graph import odata
from tests.servers.graph.calls import Answer, Call, GraphError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.servers.graph.odata import Query
    from tests.servers.graph.state import State

_USUAL, _MOST = 10, 1000
TOKENS = ("$deltatoken", "$skiptoken")


class Told(NamedTuple):
    """A change: the version in which it came, and what is told of it."""

    at: int
    entity: Callable[[], dict[str, Any]]


class Delta:
    """Answers delta requests of any resource.

    Args:
        state: the mailbox.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self._age = 0
        self._code = "SyncStateNotFound"

    def expire(self, code: str = "SyncStateNotFound") -> None:
        """Forget what the tokens meant that clients hold; `code` may be resyncRequired."""
        self._age, self._code = self._age + 1, code

    def query(self, call: Call, options: tuple[str, ...]) -> Query:
        """Return the options of the request that began the tracking, which its token keeps.

        Raises:
            GraphError: 410 for a token of old, 400 for what is none or is changed on the way.
        """
        held = self._held(call)
        if held is None:
            return call.query
        if set(call.query.rest) - set(TOKENS) or call.query.select or call.query.filter or call.query.expand:
            raise GraphError("BadRequest", "The token of a delta request holds its options; none can be added.")
        return odata.parse(held["query"], options)

    def answer(self, call: Call, told: Callable[[int], list[Told]], context: str) -> Answer:
        """Answer one page.

        Args:
            call: the request, whose path names what is tracked.
            told: gives the changes after a version in their order; all there is after version 0.
            context: of the answer, after $metadata#.
        """
        held = self._held(call) or {"at": 0, "query": call.query.text, "size": 0}
        since, until = int(held["at"]), int(held.get("until", self._state.ids.changes))
        after = int(held.get("after", since))
        left = [each for each in told(since) if after < each.at <= until]
        size = self._size(call, held)
        page = left[:size]
        token = {"of": self._of(call), "age": self._age, "query": held["query"], "size": call.query.top or held["size"]}
        if len(left) > size:
            link = self._link("@odata.nextLink", call, token | {"at": since, "after": page[-1].at, "until": until})
        else:
            link = self._link("@odata.deltaLink", call, token | {"at": until})
        body = {"@odata.context": f"{call.root}$metadata#{context}", **link, "value": [one.entity() for one in page]}
        asked = call.prefers("odata.maxpagesize")
        return Answer(body, headers={} if asked is None else {"Preference-Applied": f"odata.maxpagesize={size}"})

    def _link(self, name: str, call: Call, token: dict[str, Any]) -> dict[str, str]:
        option = "$skiptoken" if name == "@odata.nextLink" else "$deltatoken"
        return {name: f"{call.root}{_keyed(call)}?{option}={_written(token)}"}

    def _size(self, call: Call, held: dict[str, Any]) -> int:
        asked = call.prefers("odata.maxpagesize")
        if asked is not None and asked.isdigit():
            return min(max(int(asked), 1), _MOST)
        return call.query.top or int(held["size"]) or _USUAL

    def _of(self, call: Call) -> str:
        made = call.operation.partition(" ")[2]
        for name, value in call.names.items():
            made = made.replace("{" + name + "}", value)
        return made

    def _held(self, call: Call) -> dict[str, Any] | None:
        text = next((call.query.rest[each] for each in TOKENS if each in call.query.rest), None)
        if text is None:
            return None
        held = _read(text)
        if held.get("of") != self._of(call):
            raise GraphError("BadRequest", "Badly formed token.")
        if held["age"] != self._age:
            headers = {"Location": f"{call.root}{self._of(call).removeprefix('/')}"}
            text = "The sync state generation is not found; start again without a token."
            raise GraphError(self._code, text, 410, headers if self._code == "resyncRequired" else {})
        return held


def _keyed(call: Call) -> str:
    """Return the path in the other way of OData to write it, as Graph does in these links: mailfolders('id')."""
    path = call.operation.partition(" ")[2].removeprefix("/")
    return re.sub(r"(\w+)/\{(\w+)\}", lambda part: f"{part[1].lower()}('{call.names[part[2]]}')", path)


def _written(token: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(token).encode()).decode().rstrip("=")


def _read(text: str) -> dict[str, Any]:
    try:
        held = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (binascii.Error, ValueError):
        return {}
    return held if isinstance(held, dict) else {}

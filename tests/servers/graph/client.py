"""A plain client of our server for its tests."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import httpx

from tests.servers.graph.certificates import trusting
from tests.servers.graph.server import SCOPES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tests.servers.graph.server import GraphServer

IMMUTABLE = 'IdType="ImmutableId"'


class Client:
    """Requests as JSON.

    Args:
        http: turned to the server and signed in.
    """

    def __init__(self, http: httpx.Client) -> None:
        self.http = http

    def ask(self, method: str, path: str, **given: Any) -> httpx.Response:  # noqa: ANN401  what httpx takes
        """Send a request; `prefer` goes into its header beside the wish for immutable ids."""
        headers = dict(given.pop("headers", {}))
        if "prefer" in given:
            headers["Prefer"] = f"{IMMUTABLE}, {given.pop('prefer')}"
        return self.http.request(method, path, headers=headers, **given)

    def get(self, path: str, **given: Any) -> dict[str, Any]:  # noqa: ANN401  the same
        """Return what is there; keyword arguments are query options without their dollar sign."""
        prefer = {"prefer": given.pop("prefer")} if "prefer" in given else {}
        params = {f"${name}": value for name, value in given.items()}
        return self._said(self.ask("GET", path, **prefer, **({"params": params} if params else {})))

    def post(self, path: str, **body: object) -> dict[str, Any]:
        """Make something, or do something."""
        return self._said(self.ask("POST", path, json=body))

    def patch(self, path: str, etag: str = "*", **body: object) -> dict[str, Any]:
        """Change something."""
        return self._said(self.ask("PATCH", path, json=body, headers={"If-Match": etag}))

    def refused(self, method: str, path: str, **given: Any) -> tuple[int, str]:  # noqa: ANN401  the same
        """Return status and code of a refusal."""
        answer = self.ask(method, path, **given)
        assert answer.is_error, answer.text
        return answer.status_code, str(answer.json()["error"]["code"])

    def _said(self, answer: httpx.Response) -> dict[str, Any]:
        assert answer.is_success, answer.text
        made: dict[str, Any] = answer.json()
        return made


@contextlib.contextmanager
def client(server: GraphServer, scopes: Iterable[str] = SCOPES, prefer: str = IMMUTABLE) -> Iterator[Client]:
    """Yield a client that is signed in."""
    headers = {"Authorization": f"Bearer {server.sign_in(scopes)['access_token']}", "Prefer": prefer}
    with httpx.Client(base_url=server.url, headers=headers, verify=trusting(), timeout=10, trust_env=False) as http:
        yield Client(http)


def forgiven(server: GraphServer) -> list[str]:
    """Return the violations that a test wanted, and forget them."""
    found = list(server.violations)
    server.violations.clear()
    return found

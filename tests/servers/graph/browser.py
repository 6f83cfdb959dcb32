"""The user's browser, as far as a sign-in needs one."""

from __future__ import annotations

from typing import NamedTuple

import httpx
from lxml import html

from tests.servers.graph.certificates import trusting


class Form(NamedTuple):
    """A form that sends itself: where to, and what."""

    action: str
    fields: dict[str, str]


def _client() -> httpx.Client:
    return httpx.Client(verify=trusting(), follow_redirects=True, timeout=10, trust_env=False)


def form(page: httpx.Response) -> Form | None:
    """Return the form of a page; None when it has none."""
    found = next(html.document_fromstring(page.text or "<p/>").iter("form"), None)
    if found is None:
        return None
    return Form(found.get("action", ""), {each.get("name", ""): each.get("value", "") for each in found.iter("input")})


def opened(url: str) -> httpx.Response:
    """Open a page and follow it where it redirects to, as far as it is the answer of a server."""
    with _client() as client:
        return client.get(url)


def visit(url: str) -> httpx.Response:
    """Open a page, follow it where it leads, and send its form off if it is one that sends itself (form_post)."""
    with _client() as client:
        page = client.get(url)
        found = form(page)
        return page if found is None else client.post(found.action, data=found.fields)

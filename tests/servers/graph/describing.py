"""What an event says: its description as HTML and as text, and its place."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any

from inscriptis import get_text

from tests.servers.graph.mail import content

if TYPE_CHECKING:
    from tests.servers.ews.items import Item
    from tests.servers.graph.calls import Call

_PREVIEW = 255
_PAGE = (
    '<html>\r\n<head>\r\n<meta http-equiv="Content-Type" content="text/html; charset=utf-8">\r\n'
    '<meta name="Generator" content="Microsoft Exchange Server">\r\n<!-- converted from text --></head>\r\n'
    '<body>\r\n<font size="2"><span style="font-size:11pt;"><div class="PlainText">{}</div></span></font>\r\n'
    "</body>\r\n</html>\r\n"
)


def body(item: Item, call: Call) -> dict[str, str]:
    """Return the description: HTML, also of what was written as text, unless the request prefers text."""
    if (call.prefers("outlook.body-content-type") or "").lower() == "text":
        return {"contentType": "text", "content": plain(item)}
    kind, text = content(item)
    if kind == "html" or not text:
        return {"contentType": "html", "content": text}
    return {"contentType": "html", "content": _PAGE.format("<br>\r\n".join(html.escape(text).splitlines()))}


def plain(item: Item) -> str:
    """Return the text of a description, with line ends of the network."""
    kind, text = content(item)
    lines = (get_text(text).strip() if kind == "html" and text.strip() else text).splitlines()
    return "\r\n".join(each.rstrip() for each in lines)


def preview(item: Item) -> str:
    """Return how it begins."""
    return plain(item)[:_PREVIEW]


def location(item: Item) -> dict[str, Any]:
    """Return the place."""
    name = item.text("Location")
    if not name:
        shown: dict[str, Any] = {"displayName": "", "locationType": "default", "uniqueIdType": "unknown"}
        return shown | {"address": {}, "coordinates": {}}
    return _place(name)


def locations(item: Item) -> list[dict[str, Any]]:
    """Return the places one by one."""
    return [_place(each) for each in item.text("Location").split("; ") if each]


def _place(name: str) -> dict[str, Any]:
    return {"displayName": name, "locationType": "default", "uniqueId": name, "uniqueIdType": "private"}

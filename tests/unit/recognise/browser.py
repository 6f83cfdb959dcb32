"""HTML as text the way a mail program's "view as plain text" shows it; made without the product's own reader."""

from __future__ import annotations

import re
from html.parser import HTMLParser

_BLOCKS = {"p", "div", "br", "tr", "table", "h1", "h2", "h3", "h4", "li", "ul", "hr", "body", "blockquote", "center"}
_APART = {"p", "table", "h1", "h2", "h3", "blockquote"}
_HIDDEN = {"style", "script", "title", "head"}


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.out: list[str] = []
        self.hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        self.hidden += tag in _HIDDEN
        if tag in _BLOCKS:
            self.out.append("\n\n" if tag in _APART else "\n")
        elif tag in {"td", "th"}:
            self.out.append("  ")

    def handle_endtag(self, tag: str) -> None:
        self.hidden -= tag in _HIDDEN and self.hidden > 0
        if tag in _BLOCKS:
            self.out.append("\n\n" if tag in _APART else "\n")

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.out.append(re.sub(r"[ \t\r\n]+", " ", data))


def as_text(source: str) -> str:
    """Return the text of a page: a line for each block and each row of a table, cells two blanks apart."""
    page = _Page()
    page.feed(source)
    rows = (line.strip(" ") for line in "".join(page.out).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(rows)).strip() + "\n"

"""Plain text in a field that Google's clients show as HTML, and back: an event's description.

Only what a client would take for markup is escaped, so that other programs (CalDAV shows the field as it is) show the
same words: "Tom & Jerry", "a < b" and links of our own stay as they are.
"""

from __future__ import annotations

import html
import re

from assistant.standards.mail import html_to_text

LONGEST = 8192
"""Characters of a description that Google keeps."""

_ENTITY = re.compile(r"&(?:#[0-9]+;?|#[xX][0-9a-fA-F]+;?|[^\t\n\f <&#;]{1,32};?)")  # what html.unescape looks at
_TAG = re.compile(r"<(?=[A-Za-z/!?])")
_EDITED = re.compile(r"(?i)</?(?:html-blob|br|p|div|span|a|b|i|u|ul|ol|li|em|strong|font|h[1-6])(?:\s[^<>]*)?/?>")


def escaped(text: str) -> str:
    """Return a description that shows as `text`, cut where Google would not keep it all."""
    written = _escape(text)
    while len(written) > LONGEST:
        text = text[: min(LONGEST, len(text) * 7 // 8)]
        written = _escape(text)
    return written


def plain(written: str) -> str:
    """Return the text of a description; one that was edited in a Google client is HTML."""
    return html_to_text(written).strip() if _EDITED.search(written) else html.unescape(written)


def _escape(text: str) -> str:
    return _TAG.sub("&lt;", _ENTITY.sub(_as_text, text))


def _as_text(match: re.Match[str]) -> str:
    whole = match[0]
    return whole if html.unescape(whole) == whole else f"&amp;{whole[1:]}"

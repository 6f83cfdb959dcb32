"""Requests as a client without a library sends them: what exchangelib cannot or does not ask."""

from __future__ import annotations

from typing import TYPE_CHECKING

import requests
from lxml import etree

from tests.servers.ews.soap import NAMES, SOAP, M, T, local

if TYPE_CHECKING:
    from tests.servers.ews.server import EwsServer
    from tests.servers.ews.soap import Element

_WAIT = 10


def ask(server: EwsServer, operation: str, header: str = "") -> Element:
    """Send the content of a SOAP body, with prefixes m and t; return the content of the answer's body."""
    head = f'<s:Header><t:RequestServerVersion Version="Exchange2013"/>{header}</s:Header>'
    spaces = f'xmlns:s="{SOAP}" xmlns:m="{M}" xmlns:t="{T}"'
    body = f"<s:Envelope {spaces}>{head}<s:Body>{operation}</s:Body></s:Envelope>"
    kind = {"Content-Type": "text/xml; charset=utf-8"}
    answer = requests.post(server.url, body.encode(), headers=kind, auth=(server.user, server.password), timeout=_WAIT)
    whole: Element = etree.fromstring(answer.content)
    return whole.find("s:Body", NAMES)[0]


def codes(answer: Element) -> list[str]:
    """Return the response codes of an answer."""
    return [str(each.text) for each in answer.iter() if isinstance(each.tag, str) and local(each) == "ResponseCode"]


def texts(answer: Element, name: str) -> list[str]:
    """Return the texts of all elements of a name."""
    return [str(each.text) for each in answer.iter() if isinstance(each.tag, str) and local(each) == name]

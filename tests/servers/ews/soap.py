"""SOAP as Exchange Web Services speak it: names, elements, calls, and the two ways to say no."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from lxml import etree

M = "http://schemas.microsoft.com/exchange/services/2006/messages"
T = "http://schemas.microsoft.com/exchange/services/2006/types"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
_SERVES = "V2017_07_11"
"""What Exchange 2016 and later tell as the version of their schema: none of the names that requests use."""
ERRORS = "http://schemas.microsoft.com/exchange/services/2006/errors"
NAMES = {"m": M, "t": T, "s": SOAP, "e": ERRORS}

Element = Any
"""An lxml element; the library ships no types."""


class EwsError(Exception):
    """A response message of class Error.

    Args:
        code: of ResponseCodeType.
        text: for people; Exchange's own where it is known.
        values: names and texts of MessageXml.
    """

    def __init__(self, code: str, text: str = "", **values: str) -> None:
        super().__init__(code)
        self.code, self.text, self.values = code, text or code, values
        self.children: list[Element] = []


class SoapFault(Exception):  # noqa: N818  SOAP calls it a fault
    """A SOAP fault: nothing of the request was done. HTTP status 500.

    Args:
        code: of ResponseCodeType; "" for a server that tells none, as others do of what they do not implement.
        text: for people.
        values: names and texts of MessageXml.
    """

    def __init__(self, code: str, text: str = "", **values: str) -> None:
        super().__init__(code)
        self.code, self.text, self.values = code, text or code, values


@dataclass
class Call:
    """One request that has come.

    Args:
        operation: its name, such as GetItem.
        body: the element of that name.
        version: what the header asks for, such as Exchange2016.
        headers: further elements of the SOAP header by their local name.
    """

    operation: str
    body: Element
    version: str
    headers: dict[str, Element] = field(default_factory=dict)

    def find(self, path: str) -> Element:
        """Return the element at a path such as m:ItemShape/t:BaseShape, None where there is none."""
        return self.body.find(path, NAMES)

    def text(self, path: str, default: str = "") -> str:
        """Return the text at a path."""
        return str(self.body.findtext(path, default, NAMES) or default)


class Outcome(NamedTuple):
    """A response message of class Success (or Warning): what stands in it after the ResponseCode."""

    children: list[Element]
    warning: EwsError | None = None


def tag(name: str) -> str:
    """Spell a name such as t:Body as lxml does."""
    prefix, _, local = name.partition(":")
    return f"{{{NAMES[prefix]}}}{local}"


def local(element: Element) -> str:
    """Return the name of an element without its namespace."""
    return str(etree.QName(element).localname)


def e(name: str, *children: Element, text: str | None = None, **attributes: str) -> Element:
    """Make an element, such as t:ItemId with Id="x"."""
    made = etree.Element(tag(name), attributes, nsmap={"m": M, "t": T})
    made.text = text
    made.extend(children)
    return made


def envelope(content: Element, build: tuple[int, int, int, int]) -> bytes:
    """Return the answer as it goes over the wire, with the build of the server."""
    names = ("MajorVersion", "MinorVersion", "MajorBuildNumber", "MinorBuildNumber")
    told = {name: str(number) for name, number in zip(names, build, strict=True)}
    server = e("t:ServerVersionInfo", Version=_SERVES, **told)
    whole = etree.Element(tag("s:Envelope"), nsmap={"s": SOAP, "m": M, "t": T})
    etree.SubElement(whole, tag("s:Header")).append(server)
    etree.SubElement(whole, tag("s:Body")).append(content)
    return bytes(etree.tostring(whole, xml_declaration=True, encoding="utf-8"))


def message_xml(values: dict[str, str]) -> Element:
    """Return t:MessageXml with named values."""
    return e("t:MessageXml", *[e("t:Value", text=text, Name=name) for name, text in values.items()])


def fault(error: SoapFault) -> Element:
    """Return a SOAP fault as Exchange words it."""
    made = etree.Element(tag("s:Fault"), nsmap={"s": SOAP})
    code = etree.SubElement(made, "faultcode", nsmap={"a": T})
    code.text = f"a:{error.code}" if error.code else "s:Client"
    etree.SubElement(made, "faultstring").text = error.text
    if not error.code:
        return made
    detail = etree.SubElement(made, "detail")
    etree.SubElement(detail, tag("e:ResponseCode")).text = error.code
    etree.SubElement(detail, tag("e:Message")).text = error.text
    if error.values:
        detail.append(message_xml(error.values))
    return made


def response(operation: str, outcomes: list[Outcome | EwsError]) -> Element:
    """Return m:<operation>Response with one response message for each outcome."""
    messages = e("m:ResponseMessages", *[_message(operation, each) for each in outcomes])
    return e(f"m:{operation}Response", messages)


def _message(operation: str, outcome: Outcome | EwsError) -> Element:
    error = outcome if isinstance(outcome, EwsError) else outcome.warning
    made = e(f"m:{operation}ResponseMessage", ResponseClass="Success")
    if error is None:
        made.append(e("m:ResponseCode", text="NoError"))
    else:
        made.set("ResponseClass", "Error" if error is outcome else "Warning")
        made.append(e("m:MessageText", text=error.text))
        made.append(e("m:ResponseCode", text=error.code))
        made.append(e("m:DescriptiveLinkKey", text="0"))
        if error.values:
            made.append(e("m:MessageXml", *message_xml(error.values)))
    made.extend(copy.deepcopy(each) if each.getparent() is not None else each for each in outcome.children)
    return made

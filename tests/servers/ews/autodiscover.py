"""Autodiscover for the one user: SOAP (MS-OXWSADISC) and POX (MS-OXDSCLI)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from lxml import etree

if TYPE_CHECKING:
    from collections.abc import Mapping

SOAP_PATH = "/autodiscover/autodiscover.svc"
POX_PATH = "/autodiscover/autodiscover.xml"
_AUTO = "http://schemas.microsoft.com/exchange/2010/Autodiscover"
_POX = "http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006"
_GIVEN = "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a"
_SCHEMAS = "Exchange2007, Exchange2010, Exchange2010_SP2, Exchange2013, Exchange2013_SP1, Exchange2016"


@dataclass
class Discovery:
    """What discovery says.

    Args:
        address: the user's; others do not exist.
        endpoint: of Exchange Web Services; tests may name another server.
        redirect_address: not "": go on with this address.
        redirect_url: not "": ask there.
        soap: False on servers that only speak POX.
    """

    address: str
    endpoint: str = ""
    redirect_address: str = ""
    redirect_url: str = ""
    soap: bool = True

    def answer(self, path: str, body: bytes) -> tuple[int, bytes]:
        """Return status and body of the answer to a signed-in request."""
        if path.lower() == SOAP_PATH and self.soap:
            return 200, self._soap(body).encode()
        if path.lower() == POX_PATH:
            return 200, self._plain(body).encode()
        return 404, b""

    def _asked(self, body: bytes, name: str) -> str:
        root = etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True))
        return str(root.findtext(f".//{name}") or "").lower()

    def _soap(self, body: bytes) -> str:
        asked = self._asked(body, f"{{{_AUTO}}}Mailbox")
        if self.redirect_address:
            return _user("RedirectAddress", f"<RedirectTarget>{escape(self.redirect_address)}</RedirectTarget>")
        if self.redirect_url:
            return _user("RedirectUrl", f"<RedirectTarget>{escape(self.redirect_url)}</RedirectTarget>")
        if asked != self.address.lower():
            return _user("InvalidUser", "<RedirectTarget i:nil='true'/>")
        settings = {
            "AutoDiscoverSMTPAddress": self.address,
            "ExternalEwsUrl": self.endpoint,
            "InternalEwsUrl": self.endpoint,
            "EwsSupportedSchemas": _SCHEMAS,
            "UserDisplayName": "Alex Doe",
        }
        return _user("NoError", "<RedirectTarget i:nil='true'/>", settings)

    def _plain(self, body: bytes) -> str:
        asked = self._asked(body, f"{{{_POX}}}EMailAddress")
        if self.redirect_address:
            return _account(
                f"<Action>redirectAddr</Action><RedirectAddr>{escape(self.redirect_address)}</RedirectAddr>"
            )
        if self.redirect_url:
            return _account(f"<Action>redirectUrl</Action><RedirectUrl>{escape(self.redirect_url)}</RedirectUrl>")
        if asked != self.address.lower():
            return _UNKNOWN
        protocols = "".join(
            f"<Protocol><Type>{each}</Type><EwsUrl>{escape(self.endpoint)}</EwsUrl></Protocol>"
            for each in ("EXCH", "EXPR")
        )
        return _account(f"<AccountType>email</AccountType><Action>settings</Action>{protocols}", escape(self.address))


_UNKNOWN = (
    '<?xml version="1.0" encoding="utf-8"?>'
    '<Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006"><Response>'
    '<Error Time="10:00:00.0000000" Id="1"><ErrorCode>500</ErrorCode>'
    "<Message>The email address can't be found.</Message>"
    "<DebugData /></Error></Response></Autodiscover>"
)


def _account(content: str, address: str = "") -> str:
    user = (
        f"<User><DisplayName>Alex Doe</DisplayName><AutoDiscoverSMTPAddress>{address}</AutoDiscoverSMTPAddress></User>"
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        '<Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006">'
        f'<Response xmlns="{_GIVEN}">{user if address else ""}<Account>{content}</Account></Response></Autodiscover>'
    )


def _user(code: str, target: str, settings: Mapping[str, str] | None = None) -> str:
    shown = "".join(
        f'<UserSetting i:type="StringSetting"><Name>{name}</Name><Value>{escape(value)}</Value></UserSetting>'
        for name, value in (settings or {}).items()
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"'
        ' xmlns:i="http://www.w3.org/2001/XMLSchema-instance">'
        f'<s:Header><h:ServerVersionInfo xmlns:h="{_AUTO}">'
        "<h:MajorVersion>15</h:MajorVersion><h:MinorVersion>1</h:MinorVersion>"
        "<h:MajorBuildNumber>2507</h:MajorBuildNumber><h:MinorBuildNumber>61</h:MinorBuildNumber>"
        "<h:Version>Exchange2015</h:Version></h:ServerVersionInfo></s:Header><s:Body>"
        f'<GetUserSettingsResponseMessage xmlns="{_AUTO}"><Response><ErrorCode>NoError</ErrorCode><ErrorMessage/>'
        f"<UserResponses><UserResponse><ErrorCode>{code}</ErrorCode><ErrorMessage/>{target}"
        f"<UserSettingErrors/><UserSettings>{shown}</UserSettings></UserResponse></UserResponses>"
        "</Response></GetUserSettingsResponseMessage></s:Body></s:Envelope>"
    )

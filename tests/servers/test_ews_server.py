"""Our Exchange server itself: sockets, sign-in, schema, faults and folders, with plain HTTP and with exchangelib."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest
import requests
from exchangelib import BASIC, NTLM, Account, Configuration, Credentials, FailFast
from exchangelib.autodiscover.protocol import AutodiscoverProtocol
from exchangelib.errors import (
    ErrorAccessDenied,
    ErrorFolderExists,
    ErrorFolderNotFound,
    ErrorInvalidIdMalformed,
    ErrorItemNotFound,
    UnauthorizedError,
)
from exchangelib.folders import Folder
from lxml import etree

from tests.servers.ews import schema
from tests.servers.ews.client import GET, account, ask, soap
from tests.servers.ews.server import EwsServer, Exchange
from tests.servers.ews.soap import NAMES

if TYPE_CHECKING:
    from pathlib import Path


_MARKS = (
    '<t:AdditionalProperties><t:ExtendedFieldURI PropertyTag="0x670A" PropertyType="SystemTime"/>'
    '<t:ExtendedFieldURI PropertyTag="0x670B" PropertyType="Integer"/></t:AdditionalProperties>'
)
_BAD = "<m:GetFolder><m:FolderIds/></m:GetFolder>"


def inbox(server: EwsServer, more: str = "", shape: str = "Default") -> dict[str, str]:
    """Return what GetFolder says of the inbox, extended properties by their tag."""
    answer = etree.fromstring(ask(server, GET.format(more=more, shape=shape)).content)
    found = next(answer.iter(f"{{{NAMES['t']}}}Folder"))
    plain = {etree.QName(each).localname: str(each.text or "") for each in found if not len(each)}
    tags = {str(each[0].get("PropertyTag")): str(each[1].text) for each in found if len(each)}
    return plain | tags


def test_a_request_and_its_answer(ews_server: EwsServer) -> None:
    """GetFolder over plain HTTP answers the folder that was asked for."""
    answer = ask(ews_server, GET.format(more="", shape="AllProperties"))
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/xml; charset=utf-8")
    found = inbox(ews_server, shape="AllProperties")
    assert (found["DisplayName"], found["FolderClass"], found["TotalCount"]) == ("Inbox", "IPF.Note", "0")
    assert ews_server.calls("GetFolder")[0] == Exchange("GetFolder", 200, ("NoError",), 1)


def test_connections_are_kept(ews_server: EwsServer) -> None:
    """Many requests go over one connection."""
    with requests.Session() as session:
        session.auth = (ews_server.user, ews_server.password)
        for _ in range(5):
            session.post(ews_server.url, soap(GET.format(more="", shape="IdOnly")), timeout=10)
    assert (ews_server.connections, ews_server.round_trips()) == (1, 5)
    ews_server.reset_traffic()
    assert ews_server.traffic == []


def test_what_the_schema_does_not_allow_is_a_violation() -> None:
    """A request against the schema is refused with a SOAP fault and noted."""
    with EwsServer() as server:
        answer = ask(server, _BAD)
        assert answer.status_code == 500
        assert b"ErrorSchemaValidation" in answer.content
        assert "FolderShape" in server.violations[0]


def test_operations_that_it_lacks_are_violations() -> None:
    """A request for an operation that is not served is refused and noted."""
    with EwsServer() as server:
        answer = ask(server, "<m:GetPasswordExpirationDate/>")
        assert answer.status_code == 500
        assert server.violations == ["not served: GetPasswordExpirationDate"]


def test_versions_that_never_were_are_violations() -> None:
    """RequestServerVersion has to be one that Microsoft has published."""
    with EwsServer() as server:
        body = soap(GET.format(more="", shape="IdOnly"), "Exchange2030")
        answer = requests.post(server.url, body, auth=(server.user, server.password), timeout=10)
        assert b"ErrorInvalidServerVersion" in answer.content
        assert server.violations == ["RequestServerVersion Exchange2030"]


def test_an_older_server(ews_server: EwsServer) -> None:
    """Exchange 2013 does not know what came after it, and tells its build."""
    ews_server.state.quirks.newest, ews_server.state.quirks.build = "Exchange2013_SP1", (15, 0, 1497, 2)
    answer = ask(ews_server, GET.format(more="", shape="IdOnly"))
    assert (answer.status_code, ews_server.traffic[0].codes) == (500, ("ErrorInvalidServerVersion",))
    body = soap(GET.format(more="", shape="IdOnly"), "Exchange2013_SP1")
    answer = requests.post(ews_server.url, body, auth=(ews_server.user, ews_server.password), timeout=10)
    assert 'MinorVersion="0" MajorBuildNumber="1497"' in answer.text


def test_a_zone_that_the_schema_does_not_allow_is_a_violation() -> None:
    """The time zone in the header is held to the schema too."""
    with EwsServer() as server:
        zone = b"<t:TimeZoneContext><t:Zone/></t:TimeZoneContext></s:Header>"
        body = soap(GET.format(more="", shape="IdOnly")).replace(b"</s:Header>", zone)
        requests.post(server.url, body, auth=(server.user, server.password), timeout=10)
        assert server.violations[0].startswith("header TimeZoneContext")


def test_text_that_is_no_xml_is_a_violation() -> None:
    """A body that cannot be parsed is refused and noted."""
    with EwsServer() as server:
        answer = requests.post(server.url, b"hello", auth=(server.user, server.password), timeout=10)
        assert answer.status_code == 500
        assert server.violations[0].startswith("no XML")


def test_answers_are_held_to_the_schema() -> None:
    """The checker finds an element that is in the wrong place of an answer."""
    wrong = etree.fromstring(soap("<m:GetFolderResponse><m:Folders/></m:GetFolderResponse>"))
    assert "Folders" in schema.faults(wrong[1][0])[0]


def test_a_wrong_password(ews_server: EwsServer) -> None:
    """Who does not know the password gets 401 and the ways to sign in, and nothing is done."""
    answer = requests.post(ews_server.url, soap(GET), auth=(ews_server.user, "guess"), timeout=10)
    assert answer.status_code == 401
    assert "Basic" in answer.headers["WWW-Authenticate"]
    assert ews_server.calls("GetFolder") == []
    with pytest.raises(UnauthorizedError):
        account(ews_server, password="guess").inbox.refresh()


def test_ntlm(ews_server: EwsServer, tmp_path: Path) -> None:
    """A user signs in with NTLM once a connection, and a wrong password does not get in."""
    user = ews_server.takes_ntlm(tmp_path / "users")
    mine = account(ews_server, user, auth=NTLM)
    assert (mine.inbox.total_count, mine.drafts.total_count) == (0, 0)
    assert [each.status for each in ews_server.calls("?")] == [401, 401]
    with pytest.raises(UnauthorizedError):
        account(ews_server, user, "guess", NTLM).inbox.refresh()


def test_other_paths_are_not_found(ews_server: EwsServer) -> None:
    """Anything but the service and discovery is 404."""
    assert requests.get(ews_server.root + "/owa", timeout=10).status_code == 404


def test_autodiscover_by_soap(ews_server: EwsServer) -> None:
    """GetUserSettings tells the user's endpoint, and nothing of a stranger."""
    config = Configuration(
        service_endpoint=ews_server.root + "/autodiscover/autodiscover.svc",
        credentials=Credentials(ews_server.user, ews_server.password),
        auth_type=BASIC,
        retry_policy=FailFast(),
    )
    protocol = AutodiscoverProtocol(config=config)
    assert protocol.get_user_settings(ews_server.address, ["external_ews_url"]).ews_url == ews_server.url
    assert protocol.get_user_settings("who@example.org", ["external_ews_url"]).error_code == "InvalidUser"
    ews_server.discovery.redirect_address = "me@example.net"
    assert protocol.get_user_settings(ews_server.address, ["external_ews_url"]).redirect_address == "me@example.net"
    protocol.close()


def test_autodiscover_by_pox(ews_server: EwsServer) -> None:
    """The older discovery tells the endpoint too."""
    request = (
        '<Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006"><Request>'
        f"<EMailAddress>{ews_server.address}</EMailAddress></Request></Autodiscover>"
    )
    url = ews_server.root + "/autodiscover/autodiscover.xml"
    answer = requests.post(url, request, auth=(ews_server.user, ews_server.password), timeout=10)
    assert ews_server.url in answer.text
    assert ews_server.round_trips("Autodiscover") == 1


def test_folder_marks_tell_of_every_change(ews_server: EwsServer) -> None:
    """Commit time and count of deletions change with what is in the folder, in whole seconds."""
    ews_server.clock.set(ews_server.clock.now().replace(microsecond=250_000))
    ref = ews_server.state.mail.deliver(b"Subject: Hello\r\n\r\n")
    first = inbox(ews_server, _MARKS)
    assert first["0x670a"].endswith("Z")
    assert "." not in first["0x670a"]
    ews_server.clock.set(ews_server.clock.now().replace(year=2031))
    ews_server.state.mail.user_deletes(ref)
    second = inbox(ews_server, _MARKS)
    assert (second["0x670a"][:4], second["0x670b"], second["TotalCount"]) == ("2031", "1", "0")


def test_a_server_without_folder_marks(ews_server: EwsServer) -> None:
    """Another server may not answer the marks at all."""
    ews_server.state.quirks.no_folder_marks = True
    assert "0x670a" not in inbox(ews_server, _MARKS)


@pytest.mark.parametrize(("missing", "told"), [(False, "inbox"), (True, None)])
def test_distinguished_names(ews_server: EwsServer, *, missing: bool, told: str | None) -> None:
    """A folder tells its distinguished name when asked, but not on every server."""
    ews_server.state.quirks.no_distinguished_ids = missing
    assert inbox(ews_server, shape="AllProperties").get("DistinguishedFolderId") == told


def test_folders_of_a_mailbox(ews_account: Account) -> None:
    """FindFolder goes deep from the top of the store."""
    names = {each.name for each in ews_account.msg_folder_root.walk()}
    assert {"Inbox", "Drafts", "Sent Items", "Calendar", "Contacts", "Junk Email", "Deleted Items"} <= names


def test_folders_come_and_go(ews_server: EwsServer, ews_account: Account) -> None:
    """A folder can be made once under a name, and what is gone is not found."""
    made = Folder(parent=ews_account.inbox, name="PBX")
    made.save()
    assert [each.name for each in ews_account.inbox.children] == ["PBX"]
    with pytest.raises(ErrorFolderExists):
        Folder(parent=ews_account.inbox, name="pbx").save()
    ews_server.state.mail.delete_folder("PBX")
    with pytest.raises((ErrorFolderNotFound, ErrorItemNotFound)):
        made.refresh()


def test_a_folder_without_permission(ews_server: EwsServer, ews_account: Account) -> None:
    """A folder that was withdrawn from the user is denied."""
    assert ews_account.inbox.total_count == 0
    ews_server.state.mail.withdraw("inbox")
    with pytest.raises(ErrorAccessDenied):
        list(ews_account.inbox.all())


@pytest.mark.parametrize(("ref", "error"), [("nonsense!", ErrorInvalidIdMalformed), ("A" * 120, ErrorItemNotFound)])
def test_ids_that_never_were(ews_account: Account, ref: str, error: type[Exception]) -> None:
    """An id that no server made is malformed; one that might be is not found."""
    assert isinstance(next(iter(ews_account.fetch([(ref, None)]))), error)


@pytest.mark.parametrize(
    ("named", "code"),
    [
        ('<t:FolderId Id="{}"/>'.format("A" * 120), "ErrorFolderNotFound"),
        ('<t:FolderId Id="inbox"/>', "ErrorInvalidIdMalformed"),
        ('<t:DistinguishedFolderId Id="voicemail"/>', "ErrorFolderNotFound"),
        (
            (
                '<t:DistinguishedFolderId Id="inbox"><t:Mailbox><t:EmailAddress>who@example.org</t:EmailAddress>'
                "</t:Mailbox></t:DistinguishedFolderId>"
            ),
            "ErrorNonExistentMailbox",
        ),
    ],
)
def test_folders_that_are_not_there(ews_server: EwsServer, named: str, code: str) -> None:
    """A folder that cannot be found says why, and the others of the request are answered."""
    content = GET.format(more="", shape="IdOnly").replace("</m:FolderIds>", f"{named}</m:FolderIds>")
    ask(ews_server, content)
    assert ews_server.traffic[-1].codes == ("NoError", code)


def test_state_is_kept_and_restored(ews_server: EwsServer) -> None:
    """What happened after a copy was made is undone by going back to it, ids included."""
    first = ews_server.state.mail.deliver(b"Subject: One\r\n\r\n")
    kept = ews_server.keep()
    second = ews_server.state.mail.deliver(b"Subject: Two\r\n\r\n")
    ews_server.state.mail.user_reads(first)
    ews_server.restore(kept)
    assert [each.id for each in ews_server.state.mail.inside("inbox")] == [first]
    assert ews_server.state.mail.unread(first)
    assert inbox(ews_server)["UnreadCount"] == "1"
    assert ews_server.state.mail.deliver(b"Subject: Two\r\n\r\n") == second


def test_requests_can_be_watched(ews_server: EwsServer) -> None:
    """A test hears of each request before and after it takes effect."""
    heard: list[tuple[str, bool]] = []
    ews_server.watch = lambda when, body: heard.append((when, b"GetFolder" in body))
    inbox(ews_server)
    assert heard == [("before", True), ("after", True)]


def test_a_hand_waits_for_the_request_in_hand(ews_server: EwsServer) -> None:
    """While a request is being answered no hand changes anything."""
    entered, order = threading.Event(), []

    def watch(when: str, _: bytes) -> None:
        order.append(when)
        if when == "before":
            entered.set()
            time.sleep(0.1)

    ews_server.watch = watch
    asking = threading.Thread(target=inbox, args=(ews_server,))
    asking.start()
    entered.wait(5)
    ews_server.state.mail.deliver(b"Subject: Late\r\n\r\n")
    order.append("hand")
    asking.join()
    assert order == ["before", "after", "hand"]

"""The settings of a Microsoft 365 account, and what the package costs before it is used."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta

import pytest

from assistant.errors import ConfigError
from providers.microsoft365 import options

CLIENT = "6731de76-14a6-49ae-97bc-6eba6914391e"


def test_nothing_has_to_be_said() -> None:
    """Without keys all services of any account are meant, the user's own calendar, and Microsoft itself."""
    found = options.of({"provider": "microsoft365"})
    assert found == options.Options()
    assert (found.tenant, found.services, found.calendar, found.busy) == (
        "common",
        ("mail", "calendar", "contacts"),
        "",
        None,
    )


def test_everything_can_be_said() -> None:
    """Each key is read; ids and domains in small letters, services in our order, patience in seconds."""
    found = options.of(
        {
            "client_id": CLIENT.upper(),
            "tenant": "WhitfieldLegal.example",
            "services": ["contacts", "mail"],
            "calendar": "Calls",
            "own_calendar": True,
            "busy": ["Team", "Team"],
            "patience": 5,
            "endpoint": "http://127.0.0.1:8080",
        }
    )
    assert (found.client_id, found.tenant) == (CLIENT, "whitfieldlegal.example")
    assert (found.services, found.calendar, found.own, found.busy) == (("mail", "contacts"), "Calls", True, ("Team",))
    assert found.patience.total == timedelta(seconds=5)
    assert found.patience.throttled == timedelta(seconds=30)
    assert found.endpoint == "http://127.0.0.1:8080/"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("client_id", "ringback"),
        ("client_id", ""),
        ("client_id", 5),
        ("tenant", "a/b"),
        ("tenant", "../x"),
        ("tenant", "evil.example?x="),
        ("services", []),
        ("services", ["post"]),
        ("services", "mail"),
        ("calendar", " "),
        ("own_calendar", "yes"),
        ("own_calendar", True),
        ("busy", [5]),
        ("patience", 0),
        ("patience", True),
        ("patience", 601),
        ("patience", "5"),
        ("endpoint", "https://graph.microsoft.example/"),
        ("endpoint", "http://127.0.0.1@evil.example/"),
        ("endpoint", "http://a.example\\@127.0.0.1/"),
        ("endpoint", "ftp://127.0.0.1/"),
        ("endpoint", "http://999.1.1.1/"),
        ("colour", "blue"),
    ],
)
def test_wrong_values_are_named(key: str, value: object) -> None:
    """A wrong value is told with its key and what to write; the endpoint is on this machine or nowhere."""
    with pytest.raises(ConfigError) as caught:
        options.of({key: value})
    assert [problem.partition(":")[0] for problem in caught.value.problems] == [key]


def test_all_mistakes_are_told_at_once() -> None:
    """Three wrong keys make one error with three lines."""
    with pytest.raises(ConfigError) as caught:
        options.of({"client_id": "x", "patience": -1, "colour": 1})
    assert len(caught.value.problems) == 3


def test_the_package_loads_no_library() -> None:
    """A look at which functions the provider has loads neither msal nor httpx."""
    code = "import sys, providers.microsoft365; print({'msal', 'httpx', 'requests', 'stamina'} & set(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "set()"

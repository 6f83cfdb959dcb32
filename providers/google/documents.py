"""The services as their discovery documents describe them, without any way to send a mail.

The documents are those packaged with google-api-python-client. What sends is taken out before the service is built, so
that the calls do not exist in this program: Gmail has no scope for drafts alone.
"""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

_VERSIONS = {"gmail": "v1", "calendar": "v3", "people": "v1"}
_SENDING = "send"
_SETTINGS = "settings"
"""Gmail's settings can forward mail and grant delegates; they are not ours to touch. Calendar's are only read."""


def document(service: str, root: str | None = None) -> dict[str, Any]:
    """Return the discovery document of "gmail", "calendar" or "people".

    Args:
        service: which one.
        root: address of another server in Google's place, ending in "/"; None for Google.
    """
    name = f"{service}.{_VERSIONS[service]}.json"
    text = files("googleapiclient.discovery_cache.documents").joinpath(name).read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    found.pop("mtlsRootUrl", None)
    if root is not None:
        # Not `api_endpoint`: batches ignore it and would call the real host.
        found["rootUrl"] = root
    if service == "gmail":
        _take_out_sending(found)
    elif service == "calendar":
        _take_out_sharing(found)
    return found


def _take_out_sharing(found: dict[str, Any]) -> None:
    """Leave nothing that gives others access or makes an event of a sentence, which may invite people."""
    found["resources"].pop("acl", None)
    for method in ("quickAdd", "move", "import"):
        found["resources"]["events"]["methods"].pop(method, None)


def _take_out_sending(found: dict[str, Any]) -> None:
    for resource in found.get("resources", {}).values():
        resource.get("methods", {}).pop(_SENDING, None)
        resource.get("resources", {}).pop(_SETTINGS, None)
        _take_out_sending(resource)

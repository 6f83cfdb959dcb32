"""Why Microsoft's sign-in refuses, in our words: learn.microsoft.com/entra/identity-platform/reference-error-codes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, NamedTuple
from urllib.parse import urlencode

from providers.microsoft365.errors import SIGN_IN

if TYPE_CHECKING:
    from collections.abc import Mapping

Kind = Literal["user", "setup", "later"]
"""Who can mend it: the user by signing in, whoever made the app registration or the settings, or time."""

_LONGEST = 200
_CODE = re.compile(r"\bAADSTS(\d{4,7})\b")
_README = "See `Connect Microsoft 365` in the README"
_ADMIN = (
    "your organisation lets no app in without its administrator ({code}). Ask the administrator to open this address "
    "and agree for you or for everybody: {consent}"
)
_BLOCKED = (
    "a rule of your organisation blocks it ({code}): it may want a managed device, another network or no device codes. "
    "Try it without --headless on a machine that the organisation manages, or ask the administrator"
)
_ENDED = "the sign-in has ended ({code}): revoked, the password changed, or it was not used for 90 days"
_MORE = "Microsoft wants you to sign in again ({code}), with a second factor for instance"
_ACCOUNT = "this account cannot sign in now ({code}): disabled, locked, or its password has expired"

_SAYINGS: tuple[tuple[str, Kind, str], ...] = (
    ("65001 65004 90008", "user", "you did not agree to what Ringback needs, or took it back ({code})"),
    ("90094 90093 90095 90097 65005 650051 650052 650056 650057", "user", _ADMIN),
    (
        "50105",
        "user",
        (
            "your organisation lets in only users assigned to the app ({code}). Ask the administrator to assign you: "
            "Entra admin center > Enterprise applications > your app > Users and groups"
        ),
    ),
    ("53000 53001 53002 53003 53004 53009 53010 53011 530002 530003 530032 530036 530084 501314", "user", _BLOCKED),
    ("50072 50074 50076 50078 50079 50158 50125 16000 50058 70046 50097", "user", _MORE),
    ("50173 700082 700084 70008 70043 50132 50133 50089 54005 700003 700005 135011", "user", _ENDED),
    ("50057 50053 50055 50034 50144 50126 51004 90072", "user", _ACCOUNT),
    (
        "50020 500208 50128 51001",
        "user",
        "this account is not of the organisation that `tenant` names ({code}). Sign in with another or change it",
    ),
    (
        "700016 70001 7000112 900144 90013",
        "setup",
        "Microsoft does not know this client_id there, or it is switched off ({code}). {readme}",
    ),
    (
        "90002 900023 900021 90051",
        "setup",
        "Microsoft does not know this `tenant` ({code}). Leave it out, or write the domain of the organisation",
    ),
    (
        "50011 500113 500117 900971",
        "setup",
        (
            'the app registration lacks the redirect URI http://localhost of "Mobile and desktop applications" '
            "({code}). {readme}"
        ),
    ),
    (
        "7000218 7000215 7000216 70002",
        "setup",
        (
            'the app registration does not allow public client flows ({code}): set "Allow public client flows" to Yes. '
            "{readme}"
        ),
    ),
    (
        "50194 9002346",
        "setup",
        (
            "the app registration is of one organisation alone ({code}): set `tenant` to its domain, or let the "
            "registration have accounts of any. {readme}"
        ),
    ),
    (
        "9002331 9002332",
        "setup",
        'the app registration is for personal accounts alone ({code}): set tenant = "consumers". {readme}',
    ),
    ("70011 28002 28003", "setup", "the app registration lacks a permission ({code}). {readme}"),
    ("50196 90033 90024 90055 90068 50059 900432 9001032", "later", "Microsoft's sign-in is busy ({code})"),
)
_BY_CODE = {int(code): (kind, text) for codes, kind, text in _SAYINGS for code in codes.split()}
_BY_NAME: dict[str, tuple[Kind, str]] = {
    "access_denied": ("user", "you did not agree, or your organisation forbids it ({code})"),
    "authorization_declined": ("user", "you did not agree ({code})"),
    "expired_token": ("user", "nobody entered the code in time"),
    "code_expired": ("user", "nobody entered the code in time"),
    "bad_verification_code": ("user", "the code was not accepted ({code})"),
    "consent_required": ("user", "you did not agree to what Ringback needs, or took it back ({code})"),
    "interaction_required": ("user", _MORE),
    "login_required": ("user", _MORE),
    "invalid_grant": ("user", _ENDED),
    "unauthorized_client": (
        "setup",
        (
            "this app registration is not for this kind of account ({code}): under Authentication let it have personal "
            "accounts too, or set `tenant` to the organisation. {readme}"
        ),
    ),
    "invalid_client": ("setup", "Microsoft does not accept this app registration ({code}). {readme}"),
    "invalid_scope": ("setup", "the app registration lacks a permission ({code}). {readme}"),
    "temporarily_unavailable": ("later", "Microsoft's sign-in is busy ({code})"),
    "server_error": ("later", "Microsoft's sign-in is out of order ({code})"),
}


class Refusal(NamedTuple):
    """Why, in a sentence without a full stop, and who can mend it."""

    kind: Kind
    text: str


def of(answer: Mapping[str, object], client_id: str, tenant: str) -> Refusal:
    """Return why a sign-in or its renewal was refused.

    Args:
        answer: what msal returns, or Microsoft sent the browser back with.
        client_id: of the app registration.
        tenant: of the settings.
    """
    error = answer.get("error")
    if error is not None and not isinstance(error, str):
        return Refusal("later", "Microsoft's sign-in gives an answer that is none")  # of a gateway before it
    name = error or "no reason given"
    said = " ".join(str(answer.get("error_description") or "").split())
    codes = [int(code) for code in _CODE.findall(said)]
    listed = answer.get("error_codes")
    codes += [code for code in listed if isinstance(code, int)] if isinstance(listed, list) else []
    known = next((code for code in codes if code in _BY_CODE), None)
    if known is not None:
        kind, text = _BY_CODE[known]
    elif name in _BY_NAME:
        kind, text = _BY_NAME[name]
    else:
        kind, text = "user", "Microsoft refused it ({code}: {words})"
    shown = known or (codes[0] if codes else None)
    code = name if shown is None else f"AADSTS{shown}"
    words = said[:_LONGEST] or "no reason given"
    return Refusal(kind, text.format(code=code, words=words, consent=consent(client_id, tenant), readme=_README))


def consent(client_id: str, tenant: str) -> str:
    """Return the address at which an administrator agrees for the organisation.

    Source: learn.microsoft.com/entra/identity-platform/v2-admin-consent.
    """
    place = "organizations" if tenant in {"common", "consumers"} else tenant
    return f"https://login.microsoftonline.com/{place}/adminconsent?{urlencode({'client_id': client_id})}"


def hint() -> str:
    """Return what the pages mean that Microsoft shows without sending the browser back."""
    return (
        "Did Microsoft show an error? `Need admin approval` means that your organisation's administrator has to agree; "
        "AADSTS50011 that the redirect URI http://localhost is missing; AADSTS700016 that the client_id is wrong or of "
        f"another organisation. {_README}. {SIGN_IN}"
    )

"""Words in a sender's name or address by which it is no person."""

from __future__ import annotations

import re

from assistant.standards import regex

_SURE = (
    r"(?:no|do)[._-]?(?:not?[._-]?)?reply|ne[._-]?pas[._-]?repondre|no[._-]?respond|nicht[._-]?antworten|nao[._-]?responda"
    r"|pbx|asterisk|vmail|notif|alert|robot|mailer|(?<![a-z])bot(?![a-z])"
)
_LIKELY = (
    r"voice|(?<![a-z])vm(?![a-z])|phone|call|messag|mailbox|telefon|system|service|unity|notice|info|avis|report|portal"
    r"|monitor|daemon|server"
)
MACHINE = regex.lazy(_SURE, re.IGNORECASE)
"""No person calls itself so."""
LIKELY = regex.lazy(f"{_SURE}|{_LIKELY}", re.IGNORECASE)
"""A phone system may, and now and then a person: one sign among others, never enough alone."""

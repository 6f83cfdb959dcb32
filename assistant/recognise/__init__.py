"""Mail to calls: is it mine (identify), and what does it say (extract), kept apart.

`is_candidate` looks at a head, `recognise` reads a mail, `explain` also says why; `load` returns the built-in formats
and languages, which are data files in this folder, `with_own` lays a user's over them. README.md tells how to add one.
"""

from __future__ import annotations

from assistant.recognise.codec import evidence_to_json, to_json
from assistant.recognise.draft import Evidence, PassedOver
from assistant.recognise.formats import Formats, load
from assistant.recognise.look import is_candidate
from assistant.recognise.own import with_own
from assistant.recognise.reading import Explanation, explain, recognise

__all__ = [
    "Evidence",
    "Explanation",
    "Formats",
    "PassedOver",
    "evidence_to_json",
    "explain",
    "is_candidate",
    "load",
    "recognise",
    "to_json",
    "with_own",
]

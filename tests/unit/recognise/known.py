"""Changes that are known to be too much for some mails: by reason, file and the names of the changes."""

from __future__ import annotations

_HTML = ("HTML in *",)
_INLINE = ("forward: *",)

KNOWN: dict[str, dict[str, tuple[str, ...]]] = {
    "columns parted by blanks alone are one line of words in HTML, and a label without a colon is lost in it": {
        "c005.eml": _HTML,
        "c045.eml": _HTML,
        "f007.eml": _HTML,
        "f063.eml": _HTML,
        "j047.eml": ("HTML in tables", "doubled blanks"),
        "j059.eml": _HTML,
    },
    "the HTML has a table whose cells have two lines, and its plain text none": {
        "a007.eml": _INLINE,
        "f022.eml": (*_INLINE, "plain *"),
    },
    "what the caller said, or their name, stands in the HTML or an attachment only, and the plain text is passed on": {
        "a059.eml": _INLINE,
        "c038.eml": (*_INLINE, "forward in HTML: *"),
        "e063.eml": _INLINE,
        "j004.eml": (*_INLINE, "plain only"),
        "j034.eml": (*_INLINE, "doubled blanks"),
    },
    "a form, slip or list that is drawn with blanks": {
        "e003.eml": ("doubled blanks", "banner"),
        "e068.eml": ("doubled blanks", "wrapped at 72"),
        "f001.eml": ("doubled blanks",),
        "f016.eml": ("doubled blanks",),
        "j053.eml": ("banner",),
    },
    "a date in words, in the middle of a sentence, is read with single blanks only": {"h024.eml": ("doubled blanks",)},
    "two blanks inside a number part two cells": {"b008.eml": ("doubled blanks",)},
    "more words around a notice of a few lines that had none: which of them are its own is not plain": {
        "a055.eml": ("banner", "footer: german"),
        "e011.eml": ("footer: disclaimer",),
        "e034.eml": ("banner", "footer: german"),
        "j025.eml": ("banner", "footer: disclaimer"),
    },
    "the plain text has no time, or less of one than the HTML": {"a065.eml": ("plain *",)},
    "a rule or a sentence below the transcript becomes a row of its table": {
        "b002.eml": ("HTML in tables",),
        "c001.eml": ("HTML in tables",),
    },
    "the name of the system, in a cell of its own, is taken for the caller's": {
        "e058.eml": ("HTML in tables",),
        "e061.eml": ("HTML in tables",),
    },
    "the doubt rests on a link that stands in the HTML alone": {"i054.eml": ("plain only",)},
    "a sender written with the surname first loses the rest of the name in a line of the text": {"j036.eml": _INLINE},
    "in capitals, the words before a colon are not told from a name": {"j060.eml": ("labels in capitals",)},
    "a quotation that is broken in the middle is no longer one": {"b066.eml": ("wrapped at 72",)},
}

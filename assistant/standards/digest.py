"""Short digests that tell whether a text changed without keeping the text."""

from __future__ import annotations

import hashlib
import unicodedata


def digest(text: str, salt: str = "") -> str:
    """Return 24 hexadecimal digits of BLAKE2b over the text with Unicode form and white space normalised.

    Args:
        text: what a calendar or mail client may have re-saved with other line ends or spaces.
        salt: keeps a digest of a name from being looked up in a list of names.
    """
    plain = " ".join(unicodedata.normalize("NFC", text).split())
    return hashlib.blake2b(plain.encode("utf-8", "surrogatepass"), key=salt.encode()[:64], digest_size=12).hexdigest()

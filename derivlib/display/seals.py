"""Answers that stand in a cell's source and cannot be read by chance: Base64 with a checksum."""

from __future__ import annotations

import binascii
from base64 import b64decode, b64encode

__all__ = ["seal", "sealed"]


def seal(text: str) -> str:
    """The text, sealed: for an author, who puts it into a cell.

    Raises:
        TypeError: it is no string.

    >>> seal("p[i] - y[i]")
    'iMec2HBbaV0gLSB5W2ld'
    """
    if not isinstance(text, str):
        raise TypeError(f"text: a string is expected, given {type(text)}")
    data = text.encode()
    return b64encode(binascii.crc32(data).to_bytes(4, "big") + data).decode("ascii")


def sealed(text: str) -> str:
    """The text that was sealed.

    Raises:
        TypeError: it is no string.
        ValueError: it is no text that `seal` gave, or letters of it are missing or changed.

    >>> sealed(seal("p[i] - y[i]"))
    'p[i] - y[i]'
    """
    if not isinstance(text, str):
        raise TypeError(f"text: a string is expected, given {type(text)}")
    try:
        data = b64decode(text, validate=True)
    except ValueError:
        data = b""
    check, words = data[:4], data[4:]
    if len(check) < 4 or binascii.crc32(words) != int.from_bytes(check, "big"):
        raise ValueError(f"text: what seal(…) gives is expected, given {text!r}")
    return words.decode()

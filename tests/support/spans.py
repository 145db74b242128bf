"""Ranges from the texts that a reader writes, read without the language's own reader."""

from __future__ import annotations

import re

from derivlib.proof.language.ranges import End, Range

_END = re.compile(r"([^\W\d]\w*)?([+-]?\d+)?")


def end(text: str) -> End:
    """`T+1`, `T` or `-1`."""
    match = _END.fullmatch(text)
    assert match is not None and text, text
    return End(match[1] or "", int(match[2] or 0))


def span(text: str) -> Range:
    """`K`, which is 1..K, or both ends, as in `0..T`."""
    first, dots, final = text.partition("..")
    return Range(end(first), end(final)) if dots else Range(End("", 1), end(text))


def spans(**texts: str) -> dict[str, Range]:
    """Indices with their ranges, as in `spans(i="K", t="0..T")`."""
    return {name: span(text) for name, text in texts.items()}

"""Our LaTeX as MathML, which browsers typeset by themselves."""

from __future__ import annotations

from functools import lru_cache

from latex2mathml.converter import convert

__all__ = ["mathml"]

LONGEST = 2000  # characters; more is no help to a reader, and takes long


@lru_cache(maxsize=512)
def mathml(latex: str) -> str:
    r"""MathML for LaTeX that `derivlib.proof.views` wrote; "" for what is too long to be set.

    >>> mathml("p_j")[:12], mathml("p" * 5000)
    ('<math xmlns=', '')
    """
    if len(latex) > LONGEST:
        return ""
    try:
        text = str(convert(latex, display="block"))
    except RecursionError:
        return ""
    # Fractions and sums at their full size, in a line that starts at the left.
    return text.replace('display="block"', 'display="inline" displaystyle="true"', 1)

"""Words and formulas in Markdown, as a notebook shows them beside a verdict."""

from __future__ import annotations

import re

from derivlib.proof.language.signature import Condition, Hypothesis
from derivlib.proof.views.latex import latex_stated


def escaped(text: str) -> str:
    r"""Words that Markdown leaves as they are.

    >>> print(escaped("a*b*c_d"))
    a\*b\*c\_d
    """
    return re.sub(r"([*_<>\\`$])", r"\\\1", text)


def typeset(stated: Condition | Hypothesis) -> str:
    """A condition or a hypothesis between dollar signs."""
    return f"${latex_stated(stated)}$"

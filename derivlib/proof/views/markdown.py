"""Words and formulas in Markdown, as a notebook shows them beside a verdict."""

from __future__ import annotations

from derivlib.proof.language.signature import Condition, Hypothesis
from derivlib.proof.views.latex import latex_stated


def typeset(stated: Condition | Hypothesis) -> str:
    """A condition or a hypothesis between dollar signs."""
    return f"${latex_stated(stated)}$"

"""Words and formulas in Markdown, as a notebook shows them beside a verdict."""

from __future__ import annotations

from collections.abc import Iterable

from derivlib.proof.language.signature import Condition, Hypothesis
from derivlib.proof.views.latex import latex_stated


def typeset(stated: Condition | Hypothesis) -> str:
    """A condition or a hypothesis between dollar signs."""
    return f"${latex_stated(stated)}$"


def coloured(text: str, colour: str) -> str:
    """Text in a colour that Jupyter keeps in a notebook that is not trusted, too."""
    return f'<span style="color: {colour}">{text}</span>'


def table(rows: Iterable[tuple[str, str]]) -> str:
    """Rows of a name and what it is; the first stands as the header."""
    first, *rest = (f"| {name} | {value} |" for name, value in rows)
    return "\n".join([first, "| --- | --- |", *rest])

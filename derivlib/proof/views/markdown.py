"""Words and formulas in Markdown, as a notebook shows them beside a verdict."""

from __future__ import annotations

import re

from derivlib.proof.language.parser import parse
from derivlib.proof.views.latex import latex

_RELATION = re.compile(r" (!=|>=|>|=) ")
_SIGNS = {"!=": r"\ne", ">=": r"\ge"}


def escaped(text: str) -> str:
    r"""Words that Markdown leaves as they are.

    >>> print(escaped("a*b*c_d"))
    a\*b\*c\_d
    """
    return re.sub(r"([*_<>\\`$])", r"\\\1", text)


def typeset(text: str) -> str:
    r"""A condition or a hypothesis between dollar signs.

    >>> print(typeset("Σ(k != i, z[k]) != 0"))
    $\sum_{k \ne i} z_k \ne 0$
    """
    outermost = (m for m in _RELATION.finditer(text) if _closed(text[: m.start()]))
    relation = next(outermost)
    left, right = (
        latex(parse(side)) for side in (text[: relation.start()], text[relation.end() :])
    )
    return f"${left} {_SIGNS.get(relation[1], relation[1])} {right}$"


def _closed(text: str) -> bool:
    return text.count("(") == text.count(")")

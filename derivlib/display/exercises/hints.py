"""Hints on a line that is wrong: where it is right, what to look at, and then the answer."""

from __future__ import annotations

import re
from collections.abc import Callable

from derivlib.proof.language.errors import LanguageError
from derivlib.proof.language.parser import parse
from derivlib.proof.language.printer import to_text
from derivlib.proof.language.signature import Signature, Statement
from derivlib.proof.language.syntax import Derivative, Entry, Expr, Function, Size, children, walk
from derivlib.proof.refuter.agreement import where_they_agree
from derivlib.proof.slips import did_you_mean

__all__ = ["hints_on", "hints_without_a_line"]

AGREEMENT, SLIPS = 0.03, 0.05
"""Effort for the first hint and the second."""

KINDS = {
    r"[-+] turned|sign|turned around": "a sign",
    r"term dropped": "a term that does not belong there",
    r"factor dropped|/ turned|square": "a factor that does not belong there",
    r"factor": "a factor that is missing",
    r"denominator dropped": "a denominator that does not belong there",
    r"turned over": "which is above the fraction's line, and which below",
    r"power|exponent": "an exponent",
    r"number": "a number",
    r"δ dropped": "a δ that does not belong there",
    r"^δ": "a 1 that should be there only where two indices are equal",
    r"index|transposed": "an index",
    r"leaves out": "what a sum leaves out",
    r"dropped": "a function that does not belong there",
    r"∂": "a ∂",
}
"""A change that `mutations` makes, and what it says of the line without telling the change."""


def hints_on(theory: Signature, wrong: Statement, answer: str) -> list[Callable[[], str]]:
    """Three hints on a statement that is refuted, each worked out when it is asked for."""
    return [
        lambda: _where(theory, wrong),
        lambda: _which(theory, wrong, answer),
        *hints_without_a_line(answer)[1:],
    ]


def hints_without_a_line(answer: str) -> list[Callable[[], str]]:
    """Two hints where there is no line to speak of."""
    return [
        lambda: f"The answer is made of {', '.join(sorted(_names(parse(answer))))}.",
        lambda: f"The answer: {answer}",
    ]


def _where(theory: Signature, wrong: Statement) -> str:
    agree, differ = where_they_agree(theory, wrong, effort=AGREEMENT)
    # Where all entries are alike, "= 0" says it.
    agree = [case for case in agree if not case.endswith("1") or f"{case[:-1]}0" not in agree]
    if agree:
        where = ", and where ".join(agree)
        return f"At all points that were tried, the two sides agree where {where}."
    tried = f": they differ also where {', and where '.join(differ[:4])}" if differ else ""
    return f"No simple case was found in which the two sides agree{tried}."


def _which(theory: Signature, wrong: Statement, answer: str) -> str:
    there, wanted = _names(wrong.right), _names(parse(answer))
    if missing := sorted(wanted - there):
        return f"Something is missing that has to do with {', '.join(missing)}."
    if extra := sorted(there - wanted):
        return f"The answer does without {', '.join(extra)}."
    found = did_you_mean(theory, wrong, effort=SLIPS)
    if found is None:
        return "All letters are right. No single change of this line was found that mends it."
    mended, change = found
    kind = next((kind for key, kind in KINDS.items() if re.search(key, change)), change)
    return f"A single change mends it. Look at {kind}{_place(wrong.right, mended)}."


def _place(wrong: Expr, mended: str) -> str:
    """Where in a line the change is, if it is not the whole line."""
    try:
        before, after = parse(to_text(wrong)), parse(mended)
    except LanguageError:
        return ""
    whole = before
    while type(before) is type(after):
        one, two = [*children(before)], [*children(after)]
        other = [pair for pair in zip(one, two, strict=False) if pair[0] != pair[1]]
        if len(one) != len(two) or len(other) != 1:
            break
        before, after = other[0]
    return "" if before is whole else f" in `{to_text(before)}`"


def _names(expr: Expr) -> set[str]:
    """What an expression is made of: names of arrays, sizes and functions."""
    found = {node.name for node in walk(expr) if isinstance(node, Entry | Size | Function)}
    return found | {"∂" for node in walk(expr) if isinstance(node, Derivative)}

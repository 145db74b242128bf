"""Did you mean …? One change to a wrong line that makes it right."""

from __future__ import annotations

import time
from collections.abc import Mapping

from derivlib.proof.judge import judge
from derivlib.proof.language.signature import Statement
from derivlib.proof.language.syntax import Expr
from derivlib.proof.language.printer import to_text
from derivlib.proof.slips import mutations
from derivlib.proof.theory import Theory
from derivlib.proof.verdict import Status

ATTEMPT = 0.5
"""Seconds for each candidate: a near miss that is hard to prove is no help."""


def did_you_mean(
    theory: Theory, right: Expr, wrong: Expr, free: Mapping[str, str], *, budget: float
) -> tuple[str, str] | None:
    """The first single change to `wrong` that is proved equal to `right`, and what was changed.

    Args:
        theory: what the letters mean.
        right: what the line should equal.
        wrong: the line.
        free: their free indices, with the size that each runs over.
        budget: seconds for the whole search.

    Returns:
        The mended line as text and the change in words; None if no single change proves.
    """
    deadline = time.monotonic() + budget
    seen = {plain(wrong)}
    for mutation in mutations(theory, wrong, free):
        text = plain(mutation.expression)
        if text in seen:
            continue
        seen.add(text)
        remaining = deadline - time.monotonic()
        if remaining <= 0:
            return None
        statement = Statement(right, mutation.expression, free, plain(right), text)
        verdict = judge(theory, statement, budget=min(ATTEMPT, remaining))
        if verdict.status is Status.PROVED and not verdict.conditions:
            return text, mutation.change
    return None

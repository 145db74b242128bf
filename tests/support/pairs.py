"""Random pairs of expressions: scrambled ones, which are equal, and others, which are not."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from derivlib.proof.language.printer import to_text
from derivlib.proof.language.signature import Statement
from derivlib.proof.language.syntax import Expr
from tests.support.author import Author
from tests.support.letters import FREE, THEORY
from tests.support.points import compared, same
from tests.support.writing import well_typed

CONFIRMED_AT = 2


def statement(left: Expr, right: Expr) -> Statement:
    return Statement(left, right, FREE, to_text(left), to_text(right))


def identities(rng: Random) -> Iterator[Statement]:
    """Expressions and their scrambled selves, for ever; numeric.py finds them equal."""
    author = Author(rng)
    while True:
        expr = author.expression()
        pair = statement(expr, author.scrambled(expr))
        found = [*compared(THEORY, pair, rng, CONFIRMED_AT, tries=10)]
        if found:
            assert all(same(*both) for both in found), f"no rewriting: {pair}"
            yield pair


def non_identities(rng: Random) -> Iterator[Statement]:
    """Pairs that numeric.py finds different: one slip after a scramble, or unrelated ones."""
    author = Author(rng)
    while True:
        left = author.expression()
        if rng.randrange(5):
            right = author.scrambled(left) if rng.randrange(2) else left
            right = author.writer.mistaken(right)
        else:
            right = author.expression()
        pair = statement(left, right)
        if not well_typed(right) or left == right:
            continue
        if any(not same(*both) for both in compared(THEORY, pair, rng, CONFIRMED_AT, tries=6)):
            yield pair

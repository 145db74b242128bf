"""Random pairs of expressions: scrambled ones, which are equal, and others, which are not."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

from tqdm import tqdm

from derivlib.proof.language.declarations import Statement
from derivlib.proof.language.expressions import Expr
from derivlib.proof.language.plain import plain
from proof.letters import FREE, THEORY
from proof.referee.author import Author
from proof.referee.points import compared, same
from proof.referee.verdicts import Tally
from proof.writing import well_typed

CONFIRMED_AT = 2


def statement(left: Expr, right: Expr) -> Statement:
    return Statement(left, right, FREE, plain(left), plain(right))


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


def measure_identities(seed: int, count: int) -> dict[str, Any]:
    rng = Random(seed)
    tally = Tally(Random(seed))  # its own, so that the pairs do not depend on verdicts
    for pair, _ in zip(identities(rng), tqdm(range(count), desc="scrambles"), strict=False):
        if tally.add(THEORY, pair) == "REFUTED":
            tally.unconfirmed.append(f"a true statement REFUTED: {pair}")
    report = tally.report()
    report["PROVED in %"] = round(100 * tally.statuses["PROVED"] / count, 2)
    return report


def measure_non_identities(seed: int, count: int) -> dict[str, Any]:
    rng = Random(seed)
    tally = Tally(Random(seed))  # its own, so that the pairs do not depend on verdicts
    for pair, _ in zip(non_identities(rng), tqdm(range(count), desc="pairs"), strict=False):
        if tally.add(THEORY, pair) == "PROVED":
            tally.wrong_proved.append(str(pair))
    report = tally.report()
    report["REFUTED in %"] = round(100 * tally.statuses["REFUTED"] / count, 2)
    return report

"""The corpus put to the engine, and every single slip in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields, replace
from random import Random
from statistics import median
from time import perf_counter
from typing import Any

from tqdm import tqdm

from derivlib.proof import DisagreementError, Status
from derivlib.proof.judge import judge
from derivlib.proof.language.printer import to_text
from derivlib.proof.language.signature import Statement
from derivlib.proof.slips import mutations
from derivlib.proof.theory import Theory
from tests.support.corpus import Row, rows
from tests.support.numeric import Point, Real
from tests.support.points import compared, confirmed, random_point, same

EFFORT = 0.2
"""For each verdict on a statement that nobody has proved before."""
CHECKS = 4
"""Random points at which a PROVED of a made-up statement must hold."""


@dataclass
class Tally:
    """Verdicts on statements of any kind, each held against numeric.py.

    `draw` gives the points, and `checks` says at how many of them a PROVED must hold.
    """

    rng: Random
    draw: Callable[[Theory, Random], Point | None] = random_point
    checks: int = CHECKS
    statuses: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    milliseconds: list[float] = field(default_factory=list)
    wrong_proved: list[str] = field(default_factory=list)
    unconfirmed: list[str] = field(default_factory=list)
    disagreements: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    false_unknown: int = 0
    with_conditions: int = 0
    unchecked: int = 0

    def add(self, theory: Theory, statement: Statement, effort: float = EFFORT) -> str:
        """The status of a statement, counted and checked."""
        text = f"{to_text(statement.left)} = {to_text(statement.right)}"
        start = perf_counter()
        try:
            verdict = judge(theory, statement, effort=effort)
        except DisagreementError as error:
            self.disagreements.append(str(error))
            self.statuses["DisagreementError"] += 1
            return "DisagreementError"
        self.milliseconds.append(1000 * (perf_counter() - start))
        status = str(verdict.status)
        if verdict.status is Status.PROVED:
            self.with_conditions += bool(verdict.conditions)
            pairs = [*self.compared(theory, statement)]
            self.unchecked += not pairs
            if not all(same(*both) for both in pairs):
                self.wrong_proved.append(text)
        elif verdict.counterexample is not None:
            problem = confirmed(theory, statement, verdict.counterexample)
            if problem:
                self.unconfirmed.append(f"{text} {verdict.counterexample}: {problem}")
        else:
            pairs = [*self.compared(theory, statement)]
            self.false_unknown += not all(same(*both) for both in pairs)
            nowhere = not pairs and not any(compared(theory, statement, self.rng, 1, tries=40))
            status = "UNKNOWN, defined nowhere" if nowhere else status
            if not nowhere:
                self.reasons[verdict.reason] += 1
                self.unknown.append(f"{text}: {verdict.reason}")
        self.statuses[status] += 1
        return status

    def compared(self, theory: Theory, statement: Statement) -> Iterator[tuple[Real, Real]]:
        return compared(theory, statement, self.rng, self.checks, draw=self.draw)

    def __add__(self, other: Tally) -> Tally:
        """Both counts together."""
        counts = {
            each.name: getattr(self, each.name) + getattr(other, each.name)
            for each in fields(self)
            if each.name not in ("rng", "draw", "checks")
        }
        return replace(self, **counts)

    def report(self) -> dict[str, Any]:
        total = sum(self.statuses.values())
        return {
            "DisagreementErrors": self.disagreements,
            "PROVED with conditions": self.with_conditions,
            "PROVED, but no random point to check it at": self.unchecked,
            "REFUTED, unconfirmed": self.unconfirmed,
            "UNKNOWN though false": self.false_unknown,
            "UNKNOWN list": self.unknown[:100],
            "UNKNOWN rate in %": round(100 * self.statuses["UNKNOWN"] / max(total, 1), 2),
            "UNKNOWN reasons": dict(self.reasons),
            "median ms": round(median(self.milliseconds), 1),
            "slowest ms": round(max(self.milliseconds)),
            "statements": total,
            "total seconds": round(sum(self.milliseconds) / 1000, 1),
            "verdicts": dict(self.statuses),
            "wrong PROVED": self.wrong_proved,
        }


def measure_corpus(limit: int | None = None) -> dict[str, Any]:
    """All true statements of both files, as a reader would put them."""
    proved: Counter[str] = Counter()
    failures, milliseconds, wrong = [], [], []
    rng = Random(1)
    for row in tqdm(rows("true")[:limit], desc="corpus"):
        start = perf_counter()
        verdict = row.theory.prove(row.left, row.right)
        milliseconds.append(1000 * (perf_counter() - start))
        if verdict.status is Status.PROVED:
            proved["with conditions" if verdict.conditions else "without conditions"] += 1
            pairs = compared(row.theory, row.statement, rng, CHECKS)
            if not all(same(*both) for both in pairs):
                wrong.append(str(row))
        else:
            failures.append(f"{row}: {verdict}")
    return {
        "PROVED": dict(proved),
        "median ms": round(median(milliseconds), 1),
        "not PROVED": failures,
        "slowest ms": round(max(milliseconds)),
        "statements": len(milliseconds),
        "total seconds": round(sum(milliseconds) / 1000, 1),
        "wrong PROVED": wrong,
    }


def mutants(row: Row) -> Iterator[Statement]:
    """The statement with one slip, on the right, then on the left."""
    whole = row.statement
    for side in ("right", "left"):
        for mutation in mutations(row.theory, getattr(whole, side), whole.free):
            left, right = whole.left, whole.right
            if side == "right":
                right = mutation.expression
            else:
                left = mutation.expression
            yield Statement(left, right, whole.free, to_text(left), to_text(right))


def measure_mutants(seed: int, limit: int | None = None) -> dict[str, Any]:
    """Every single slip in the true statements, no statement twice."""
    tally = Tally(Random(seed))
    made: list[tuple[Row, Statement]] = []
    for row in rows("true"):
        seen = {(to_text(row.statement.left), to_text(row.statement.right))}
        for mutant in mutants(row):
            if (key := (mutant.left_text, mutant.right_text)) not in seen:
                seen.add(key)
                made.append((row, mutant))
    if limit is not None and limit < len(made):
        made = Random(seed).sample(made, limit)
    for row, mutant in tqdm(made, desc="mutants"):
        tally.add(row.theory, mutant)
    return tally.report()

"""The verdict on a statement: the prover's proof, cross-examined by the independent refuter."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from derivlib.proof.algebra.conditions import conditions
from derivlib.proof.algebra.hypotheses import Rule, Unusable, rule
from derivlib.proof.algebra.normal_form import Normalizer
from derivlib.proof.algebra.polynomial import (
    OutOfBudget,
    Poly,
    Undefined,
    budget,
    check_budget,
)
from derivlib.proof.algebra.prover import Prover
from derivlib.proof.language.errors import DisagreementError
from derivlib.proof.language.ranges import free
from derivlib.proof.refuter.examination import examine
from derivlib.proof.verdict import Status, Verdict

if TYPE_CHECKING:
    from derivlib.proof.language.declarations import Hypothesis, Statement
    from derivlib.proof.theory import Theory

CROSS_EXAMINATION_POINTS = 16
"""Points at which every PROVED must hold numerically before it is said."""

TIMES_STEPS, SPARE_STEPS = 4, 30
"""A proof from fewer hypotheses may take so many times the steps, and so many more."""


def judge(theory: Theory, statement: Statement, *, budget: float = 10.0) -> Verdict:
    """PROVED, REFUTED or UNKNOWN; see Theory.prove."""
    return _Judge(theory, statement, budget).verdict()


@dataclass(frozen=True, slots=True)
class _Proof:
    """left - right, the hypotheses from which it was shown to be 0, and in how many steps."""

    difference: Poly
    used: tuple[tuple[Hypothesis, Rule], ...]
    steps: int


class _Judge:
    def __init__(self, theory: Theory, statement: Statement, seconds: float) -> None:
        if not seconds > 0:
            raise ValueError(f"budget must be a positive number of seconds, not {seconds}")
        self.theory = theory
        self.statement = statement
        self.scope = {name: (free(name, range_), 0) for name, range_ in statement.free.items()}
        self.start = time.monotonic()
        self.seconds = seconds
        self.unusable: list[str] = []
        """Why hypotheses could not be put to use."""

    def verdict(self) -> Verdict:
        reason = undefined = ""
        proved: Verdict | None = None
        try:
            # Half of the time for the proof, so that the refuter has its turn.
            with budget(self.start + self.seconds / 2):
                proved = self.proof()
        except OutOfBudget as error:
            reason = f"beyond the prover: {error}"
        except Undefined as error:
            undefined = str(error)
        except RecursionError:
            reason = "beyond the prover: nested too deeply"
        deadline = max(self.start + self.seconds, time.monotonic() + self.seconds / 4)
        if proved is not None:
            return self.cross_examined(proved, deadline)
        found = examine(self.theory, self.statement, deadline=deadline)
        if found.counterexample is not None:
            return Verdict(
                Status.REFUTED,
                counterexample=found.counterexample,
                statement=self.statement,
            )
        if undefined:
            nowhere = "not defined for all sizes" if self.theory.sizes else "defined nowhere"
            reason = f"{'not defined everywhere' if found.agreements else nowhere}: {undefined}"
        reason = reason or found.reason or "no proof and no counterexample found"
        reason = "; ".join([reason, *self.unusable])
        return Verdict(Status.UNKNOWN, reason=reason, statement=self.statement)

    def proof(self) -> Verdict | None:
        closed = Normalizer(self.theory, open_functions=False)
        opened = Normalizer(self.theory)
        found = self.attempt(closed)
        if found is None and closed.kept_functions:
            found = self.attempt(opened)
        if found is None:
            return None
        sides = (self.statement.left, self.statement.right)
        asked = conditions(self.theory, sides, self.scope, opened)
        return Verdict(
            Status.PROVED,
            conditions=asked,
            hypotheses=tuple(str(hypothesis) for hypothesis in self.ledger(found)),
            statement=self.statement,
        )

    def attempt(self, normalizer: Normalizer) -> _Proof | None:
        """A proof from no hypothesis, or else from all of them."""
        left = normalizer.poly(self.statement.left, self.scope)
        right = normalizer.poly(self.statement.right, self.scope)
        difference = left - right
        if Prover().zero(difference):
            return _Proof(difference, (), 0)
        self.unusable.clear()
        usable = []
        for hypothesis in self.theory.hypotheses:
            try:
                usable.append((hypothesis, as_rule(hypothesis, normalizer)))
            except (Unusable, OutOfBudget, Undefined) as error:
                check_budget()
                self.unusable.append(f"the hypothesis {hypothesis} is of no use: {error}")
        prover = Prover([made for _, made in usable])
        if not usable or not prover.zero(difference):
            return None
        return _Proof(difference, tuple(usable), prover.taken)

    def ledger(self, proof: _Proof) -> list[Hypothesis]:
        """The hypotheses of a proof less those that it was seen to do without.

        An attempt without one of them gets a few times the steps that the proof took, and its
        share of half of the time that is left; if that does not do, the hypothesis stays. So the
        rest do prove the statement, though fewer might.
        """
        needed = list(proof.used)
        start = time.monotonic()
        share = (self.start + self.seconds / 2 - start) / 2 / max(len(needed), 1)
        for n, pair in enumerate(proof.used, start=1):
            fewer = [other for other in needed if other is not pair]
            prover = Prover([made for _, made in fewer], TIMES_STEPS * proof.steps + SPARE_STEPS)
            with suppress(OutOfBudget), budget(start + n * share):
                if prover.zero(proof.difference):
                    needed = fewer
        return [hypothesis for hypothesis, _ in needed]

    def cross_examined(self, proved: Verdict, deadline: float) -> Verdict:
        found = examine(
            self.theory,
            self.statement,
            deadline=deadline,
            points=CROSS_EXAMINATION_POINTS,
        )
        if found.counterexample is not None:
            raise DisagreementError(
                f"the prover proved {self.statement}, the refuter refutes it "
                f"{found.counterexample}: a bug in derivlib; please report it"
            )
        if found.agreements == 0:
            reason = f"proved, but no point was found to check it at: {found.reason}"
            return Verdict(Status.UNKNOWN, reason=reason, statement=self.statement)
        return proved


def as_rule(hypothesis: Hypothesis, normalizer: Normalizer) -> Rule:
    """The hypothesis as a rule; its indices stand for any place, so they get names of their own.

    Raises:
        Unusable: it says nothing that could be used.
    """
    scope = {name: (free(f"{name}::", range_), 0) for name, range_ in hypothesis.free.items()}
    left = normalizer.poly(hypothesis.left, scope)
    right = normalizer.poly(hypothesis.right, scope)
    return rule(left, right, [base for base, _ in scope.values()])

"""The verdict on a statement: the prover's proof, cross-examined by the independent refuter."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING

from derivlib.proof.algebra.conditions import conditions
from derivlib.proof.algebra.hypotheses import Rule, rule
from derivlib.proof.algebra.normal_form import Normalizer
from derivlib.proof.algebra.polynomial import OutOfBudget, Undefined, budget
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


def judge(theory: Theory, statement: Statement, *, budget: float = 10.0) -> Verdict:
    """PROVED, REFUTED or UNKNOWN; see Theory.prove."""
    return _Judge(theory, statement, budget).verdict()


class _Judge:
    def __init__(self, theory: Theory, statement: Statement, seconds: float) -> None:
        if not seconds > 0:
            raise ValueError(f"budget must be a positive number of seconds, not {seconds}")
        self.theory = theory
        self.statement = statement
        self.scope = {name: (free(name, range_), 0) for name, range_ in statement.free.items()}
        self.start = time.monotonic()
        self.seconds = seconds

    def verdict(self) -> Verdict:
        reason = ""
        proved: Verdict | None = None
        try:
            # Half of the time for the proof, so that the refuter has its turn.
            with budget(self.start + self.seconds / 2):
                proved = self.proof()
        except OutOfBudget as error:
            reason = f"beyond the prover: {error}"
        except Undefined as error:
            reason = f"not defined for all sizes: {error}"
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
        reason = reason or found.reason or "no proof and no counterexample found"
        return Verdict(Status.UNKNOWN, reason=reason, statement=self.statement)

    def proof(self) -> Verdict | None:
        closed = Normalizer(self.theory, open_functions=False)
        opened = Normalizer(self.theory)
        hypotheses = self.hypotheses_needed(closed)
        if hypotheses is None and closed.kept_functions:
            hypotheses = self.hypotheses_needed(opened)
        if hypotheses is None:
            return None
        sides = (self.statement.left, self.statement.right)
        found = [c for side in sides for c in conditions(self.theory, side, self.scope, opened)]
        return Verdict(
            Status.PROVED,
            conditions=tuple(dict.fromkeys(found)),
            hypotheses=tuple(map(str, hypotheses)),
            statement=self.statement,
        )

    def hypotheses_needed(self, normalizer: Normalizer) -> list[Hypothesis] | None:
        """Hypotheses none of which can be dropped; None if there is no proof with all of them."""
        left = normalizer.poly(self.statement.left, self.scope)
        right = normalizer.poly(self.statement.right, self.scope)
        difference = left - right
        if Prover().zero(difference):
            return []
        usable = [
            (h, r) for h in self.theory.hypotheses if (r := as_rule(h, normalizer)) is not None
        ]
        if not usable or not Prover([r for _, r in usable]).zero(difference):
            return None
        for pair in list(usable):
            fewer = [other for other in usable if other is not pair]
            with suppress(OutOfBudget):  # then it stays: the proof itself is done
                if Prover([r for _, r in fewer]).zero(difference):
                    usable = fewer
        return [h for h, _ in usable]

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


def as_rule(hypothesis: Hypothesis, normalizer: Normalizer) -> Rule | None:
    """The hypothesis as a rule; its indices stand for any place, so they get names of their own."""
    scope = {name: (free(f"{name}::", range_), 0) for name, range_ in hypothesis.free.items()}
    left = normalizer.poly(hypothesis.left, scope)
    right = normalizer.poly(hypothesis.right, scope)
    return rule(left, right, [base for base, _ in scope.values()])

"""The verdict on a statement: the prover's proof, cross-examined by the independent refuter."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from .conditions import conditions
from .errors import DisagreementError
from .hypotheses import Rule, rule
from .normal_form import Normalizer
from .polynomial import OutOfBudget, Poly, Undefined, budget
from .prover import Prover
from .refuter import examine
from .verdict import Status, Verdict

if TYPE_CHECKING:
    from .theory import Hypothesis, Statement, Theory

CROSS_EXAMINATION_POINTS = 8
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
        self.normalizer = Normalizer(theory)
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
                Status.REFUTED, counterexample=found.counterexample, statement=self.statement
            )
        reason = reason or found.reason or "no proof and no counterexample found"
        return Verdict(Status.UNKNOWN, reason=reason, statement=self.statement)

    def proof(self) -> Verdict | None:
        left, right = self.statement.left, self.statement.right
        difference = self.normalizer.poly(left, {}) - self.normalizer.poly(right, {})
        hypotheses = self.needed(difference)
        if hypotheses is None:
            return None
        found = [
            *conditions(self.theory, left, self.normalizer),
            *conditions(self.theory, right, self.normalizer),
        ]
        return Verdict(
            Status.PROVED,
            conditions=tuple(dict.fromkeys(found)),
            hypotheses=tuple(map(str, hypotheses)),
            statement=self.statement,
        )

    def needed(self, difference: Poly) -> list[Hypothesis] | None:
        """Hypotheses none of which can be dropped; None if there is no proof with all of them."""
        if Prover().zero(difference):
            return []
        usable = [(h, r) for h in self.theory.hypotheses if (r := self.rule(h)) is not None]
        if not usable or not Prover([r for _, r in usable]).zero(difference):
            return None
        for pair in list(usable):
            fewer = [other for other in usable if other is not pair]
            if Prover([r for _, r in fewer]).zero(difference):
                usable = fewer
        return [h for h, _ in usable]

    def rule(self, hypothesis: Hypothesis) -> Rule | None:
        # Its indices stand for any place, so they must not be those of the statement.
        scope = {index: (f"{index}::", 0) for index in hypothesis.free}
        left = self.normalizer.poly(hypothesis.left, scope)
        right = self.normalizer.poly(hypothesis.right, scope)
        return rule(left, right, [f"{index}::" for index in hypothesis.free])

    def cross_examined(self, proved: Verdict, deadline: float) -> Verdict:
        found = examine(
            self.theory, self.statement, deadline=deadline, points=CROSS_EXAMINATION_POINTS
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

"""The verdict on a statement: the prover's proof, cross-examined by the independent refuter."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from math import inf

from derivlib.proof.algebra.conditions import Needs, needs, needs_of
from derivlib.proof.algebra.hypotheses import Rule, Unusable, as_rule
from derivlib.proof.algebra.licences import Licence, Licences
from derivlib.proof.algebra.normal_form import Normalizer
from derivlib.proof.algebra.polynomial import (
    OutOfBudget,
    Poly,
    Undefined,
    budget,
    check_budget,
)
from derivlib.proof.algebra.prover import Prover
from derivlib.proof.audit import Mistake, Proof, audit
from derivlib.proof.language.errors import DisagreementError
from derivlib.proof.language.ranges import free
from derivlib.proof.language.signature import Hypothesis, Signature, Statement
from derivlib.proof.language.syntax import Sub
from derivlib.proof.refuter.counterexample import Counterexample
from derivlib.proof.refuter.examination import Examination, examine
from derivlib.proof.verdict import Status, Verdict

CROSS_EXAMINATION_POINTS = 16
"""Points at which every PROVED must hold numerically before it is said."""

FIRST_ATTEMPT = 0.5
"""Seconds for a proof before the refuter has a look: it finds most false lines in less."""

TIMES_STEPS, SPARE_STEPS = 4, 30
"""A proof from fewer hypotheses may take so many times the steps, and so many more."""


def judge(theory: Signature, statement: Statement, *, budget: float = 10.0) -> Verdict:
    """PROVED, REFUTED or UNKNOWN; see Theory.prove."""
    return _Judge(theory, statement, budget).verdict()


@dataclass(frozen=True, slots=True)
class _Proof:
    """left - right, the hypotheses from which it was shown to be 0, and by what."""

    difference: Poly
    used: tuple[_Usable, ...]
    prover: Prover
    normalizer: Normalizer

    def parts(self, asked: Needs) -> Proof:
        """What can be examined."""
        least_sizes, conditions = asked.said()
        return Proof(
            difference=self.difference,
            formed=self.normalizer.formed,
            sums=self.normalizer.sums,
            rules=[one.rule for one in self.used],
            steps=self.prover.proof,
            licences=list(self.prover.licences.used),
            least_sizes=least_sizes,
            conditions=conditions,
        )


@dataclass(frozen=True, slots=True)
class _Usable:
    """A hypothesis, the rule that it makes, and what it says by having a value."""

    hypothesis: Hypothesis
    rule: Rule
    licences: Callable[[], tuple[Licence, ...]]


class _Judge:
    def __init__(self, theory: Signature, statement: Statement, seconds: float) -> None:
        if not seconds > 0:
            raise ValueError(f"budget must be a positive number of seconds, not {seconds}")
        self.theory = theory
        self.statement = statement
        self.scope = {name: (free(name, range_), 0) for name, range_ in statement.free.items()}
        self.start = time.monotonic()
        self.seconds = seconds
        self.asked: Needs | None = None
        self.unusable: list[str] = []
        """Why hypotheses could not be put to use."""
        self.found: Proof | None = None
        """What a PROVED was found by."""
        self.look: Examination | None = None
        """What the refuter saw while the proof was not found."""

    def verdict(self) -> Verdict:
        reason = undefined = ""
        settled: Verdict | None = None
        end = self.start + self.seconds / 2  # of the proof's time, so that the refuter has its turn
        try:
            found = self.proof_or_look(end)
            if isinstance(found, _Proof):
                with budget(self.extended(end)):
                    settled = self.proved(found)
            else:
                settled = found
        except OutOfBudget as error:
            reason = f"beyond the prover: {error}"
        except Undefined as error:
            undefined = str(error)
        except RecursionError:
            reason = "beyond the prover: nested too deeply"
        if settled is not None:
            proved = settled.status is Status.PROVED
            return self.cross_examined(settled) if proved else settled
        seen = examine(self.theory, self.statement, deadline=self.deadline())
        if seen.counterexample is not None:
            return self.refuted(seen.counterexample)
        if undefined:
            nowhere = "not defined for all sizes" if self.theory.sizes else "defined nowhere"
            reason = f"{'not defined everywhere' if seen.agreements else nowhere}: {undefined}"
        reason = reason or seen.reason or "no proof and no counterexample found"
        reason = "; ".join([reason, *self.unusable])
        return Verdict(Status.UNKNOWN, reason=reason, statement=self.statement)

    def proof_or_look(self, end: float) -> _Proof | Verdict | None:
        """A proof; or REFUTED, if the proof takes long and the refuter is quicker; or None."""
        first = self.start + FIRST_ATTEMPT
        try:
            with budget(min(first, end)):
                return self.proof()
        except OutOfBudget:
            if time.monotonic() < first or end <= first:
                raise  # it is not a matter of time, or there is no more of it
        self.look = self.points()
        if self.look.counterexample is not None:
            return self.refuted(self.look.counterexample)
        with budget(self.extended(end)):
            return self.proof()

    def extended(self, end: float) -> float:
        """`end`, or a quarter of the time from now on, if that is later."""
        return max(end, time.monotonic() + self.seconds / 4)

    def deadline(self) -> float:
        """Until when the refuter may work."""
        return self.extended(self.start + self.seconds)

    def points(self) -> Examination:
        """What the refuter finds at as many points as every PROVED has to hold at."""
        return examine(
            self.theory,
            self.statement,
            deadline=self.deadline(),
            points=CROSS_EXAMINATION_POINTS,
        )

    def refuted(self, found: Counterexample) -> Verdict:
        return Verdict(Status.REFUTED, counterexample=found, statement=self.statement)

    def proof(self) -> _Proof | None:
        closed = Normalizer(self.theory, open_functions=False)
        found = self.attempt(closed)
        if found is None and closed.kept_functions:
            found = self.attempt(Normalizer(self.theory))
        return found

    def proved(self, proof: _Proof) -> Verdict:
        """PROVED, with what the proof rests on."""
        proof = self.shortened(proof)
        self.found = proof.parts(self.needs())
        return Verdict(
            Status.PROVED,
            conditions=self.needs().conditions(),
            hypotheses=tuple(one.hypothesis for one in proof.used),
            statement=self.statement,
        )

    def attempt(self, normalizer: Normalizer) -> _Proof | None:
        """A proof from no hypothesis, or else from all of them."""
        sides = Sub(self.statement.left, self.statement.right)
        difference = normalizer.poly(sides, self.scope)
        prover = self.prover(())
        if prover.zero(difference):
            return _Proof(difference, (), prover, normalizer)
        self.unusable.clear()
        usable = []
        for hypothesis in self.theory.hypotheses:
            try:
                usable.append(self.usable(hypothesis, normalizer))
            except (Unusable, OutOfBudget, Undefined) as error:
                check_budget()
                self.unusable.append(f"the hypothesis {hypothesis} is of no use: {error}")
        prover = self.prover(usable)
        if not usable or not prover.zero(difference):
            return None
        return _Proof(difference, tuple(usable), prover, normalizer)

    def needs(self) -> Needs:
        """What the statement asks for; found before anything is rewritten."""
        if self.asked is None:
            sides = (self.statement.left, self.statement.right)
            self.asked = needs(self.theory, sides, self.scope, Normalizer(self.theory))
        return self.asked

    def usable(self, hypothesis: Hypothesis, normalizer: Normalizer) -> _Usable:
        @cache
        def licences() -> tuple[Licence, ...]:
            asked = needs_of(hypothesis, self.theory).requirements
            return tuple(Licence(each, f"the hypothesis {hypothesis}") for each in asked)

        return _Usable(hypothesis, as_rule(hypothesis, normalizer), licences)

    def prover(self, usable: Sequence[_Usable], steps: float = inf) -> Prover:
        """A prover with these hypotheses, and with what they and the statement ask for."""

        def gathered() -> Iterator[Licence]:
            yield from (Licence(each, "the statement") for each in self.needs().requirements)
            for one in usable:
                yield from one.licences()

        return Prover([one.rule for one in usable], Licences(gathered), steps)

    def shortened(self, proof: _Proof) -> _Proof:
        """The proof from those of its hypotheses that it was not seen to do without.

        An attempt without one of them gets a few times the steps that the proof took; if that does
        not do, the hypothesis stays. So the rest do prove the statement, though fewer might.
        """
        steps = TIMES_STEPS * proof.prover.taken + SPARE_STEPS
        for one in proof.used:
            fewer = tuple(other for other in proof.used if other is not one)
            prover = self.prover(fewer, steps)
            with suppress(OutOfBudget):
                if prover.zero(proof.difference):
                    proof = replace(proof, used=fewer, prover=prover)
        return proof

    def cross_examined(self, proved: Verdict) -> Verdict:
        found = self.look or self.points()
        if found.counterexample is not None:
            raise DisagreementError(
                f"the prover proved {self.statement}, the refuter refutes it "
                f"{found.counterexample}: a bug in derivlib; please report it"
            )
        if found.agreements == 0:
            reason = f"proved, but no point was found to check it at: {found.reason}"
            return Verdict(Status.UNKNOWN, reason=reason, statement=self.statement)
        assert self.found is not None
        try:
            unseen = audit(self.theory, self.statement, self.found, found.spots, found.outside)
        except Mistake as mistake:
            raise DisagreementError(
                f"the prover proved {self.statement}, but {mistake}: a bug in derivlib; please "
                "report it"
            ) from None
        if unseen:
            reason = f"proved, but at no point could this be checked: {unseen}"
            return Verdict(Status.UNKNOWN, reason=reason, statement=self.statement)
        return proved

"""The verdict on a statement: the prover's proof, cross-examined by the independent refuter."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import Any

from derivlib.proof.algebra.conditions import Needs, needs, needs_of
from derivlib.proof.algebra.hypotheses import Rule, Unusable, as_rule
from derivlib.proof.algebra.licences import Licence, Licences
from derivlib.proof.algebra.normal_form import Normalizer
from derivlib.proof.algebra.polynomial import (
    OutOfBudget,
    Poly,
    Undefined,
)
from derivlib.proof.algebra.prover import Prover
from derivlib.proof.algebra.sums import copies_kept
from derivlib.proof.audit import Mistake, Proof, audit
from derivlib.proof.language.effort import STEPS, OutOfEffort, limit, steps_of
from derivlib.proof.language.errors import DisagreementError
from derivlib.proof.language.ranges import Place, free, sizes_at_least
from derivlib.proof.language.ranges_said import ranges_to_say
from derivlib.proof.language.signature import Hypothesis, Signature, Statement
from derivlib.proof.language.syntax import (
    Entry,
    Expr,
    Size,
    Sub,
    Sum,
    walk,
)
from derivlib.proof.language.ties import ambiguity, varied
from derivlib.proof.refuter.examination import Examination, examine
from derivlib.proof.verdict import Status, Verdict

CROSS_EXAMINATION_POINTS = 8
"""Ordinary points at which every PROVED must hold before it is said, beside the special ones."""

FIRST_ATTEMPT = STEPS // 25
"""Steps for a proof before the refuter has a look: it finds most false lines in less."""

TIMES, SPARE = 4, 1000
"""A proof from fewer hypotheses may take so many times the steps, and so many more."""


def judge(theory: Signature, statement: Statement, *, effort: float = 1) -> Verdict:
    """PROVED, REFUTED or UNKNOWN; see Theory.prove.

    Half of the steps are for the proof, half for the refuter, half for the examination of the
    proof, and a quarter for what it rests on.
    """
    steps = steps_of(effort)
    judge = _Judge(theory, statement, steps)
    unclear = ambiguity((statement.left, statement.right), theory)
    if unclear is not None:
        return judge.unknown(unclear)
    with sizes_at_least(theory.sizes), limit(steps / 4):
        least = _least_sizes(theory, statement)
    with sizes_at_least(least), copies_kept():
        verdict = judge.verdict()
    # What a proof rests on must be clear, too.
    used = [side for each in verdict.hypotheses for side in (each.left, each.right)]
    unclear = ambiguity(used, theory)
    return verdict if unclear is None else judge.unknown(unclear)


def _least_sizes(theory: Signature, statement: Statement) -> Mapping[str, int]:
    """The theory's bounds, and the statement's: where it names x[3], x has a third place."""
    sides = (statement.left, statement.right)
    if not any(_names_a_place(theory, side, set()) for side in sides):
        return theory.sizes
    with suppress(OutOfBudget, OutOfEffort, Undefined):
        asked = needs(theory, sides, _scope(statement), Normalizer(theory)).sizes
        return {name: max(n, asked.get(name, 1)) for name, n in theory.sizes.items()}
    return theory.sizes


def _names_a_place(theory: Signature, expr: Expr, entered: set[str]) -> bool:
    """Whether it has an index that is a number, also behind definitions."""
    for node in walk(expr):
        if isinstance(node, Entry):
            if any(index.name is None for index in node.indices):
                return True
            if node.name in theory.definitions and node.name not in entered:
                entered.add(node.name)
                if _names_a_place(theory, theory.definitions[node.name].body, entered):
                    return True
    return False


def _scope(statement: Statement) -> dict[str, Place]:
    """The places that the free indices stand for."""
    return {name: (free(name, range_), 0) for name, range_ in statement.free.items()}


@dataclass(frozen=True, slots=True)
class _Proof:
    """left - right, the hypotheses from which it was shown to be 0, by what, in how many steps."""

    difference: Poly
    used: tuple[_Usable, ...]
    prover: Prover
    normalizer: Normalizer
    steps: int

    def parts(self, asked: Needs, granted: Sequence[Needs]) -> Proof:
        """What can be examined."""
        least_sizes, conditions = asked.said(granted)
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
    def __init__(self, theory: Signature, statement: Statement, steps: float) -> None:
        self.theory = theory
        self.statement = statement
        self.scope = _scope(statement)
        self.steps = steps
        self.asked: Needs | None = None
        self.unusable: list[str] = []
        """Why hypotheses could not be put to use."""
        self.found: Proof | None = None
        """What a PROVED was found by."""

    def verdict(self) -> Verdict:
        reason = undefined = ""
        proved: Verdict | None = None
        try:
            found = self.search()
            if found is not None:
                with limit(self.steps / 4):
                    proved = self.proved(found)
        except (OutOfBudget, OutOfEffort) as error:
            reason = f"beyond the prover: {error}"
        except Undefined as error:
            undefined = str(error)
        except RecursionError:
            reason = "beyond the prover: nested too deeply"
        if proved is not None:
            return self.cross_examined(proved)
        seen = self.examination
        if seen.counterexample is not None:
            return self.settled(Status.REFUTED, counterexample=seen.counterexample)
        if undefined:
            nowhere = "not defined for all sizes" if self.depends_on_sizes() else "defined nowhere"
            reason = f"{'not defined everywhere' if seen.agreements else nowhere}: {undefined}"
        reason = reason or seen.reason or "no proof and no counterexample found"
        reason = "; ".join([reason, *self.unusable])
        return self.unknown(reason)

    def depends_on_sizes(self) -> bool:
        """Whether a side, or what it speaks of, may be defined at some sizes alone."""
        sides = self.statement.left, self.statement.right
        plain = not any(isinstance(n, Sum | Size | Entry) for side in sides for n in walk(side))
        return bool(self.theory.sizes) and not plain

    def search(self) -> _Proof | None:
        """A proof, unless it takes long and the refuter is quicker."""
        try:
            with limit(min(FIRST_ATTEMPT, self.steps / 2)):
                return self.proof()
        except OutOfEffort:
            if self.examination.counterexample is not None:
                return None
        with limit(self.steps / 2 - FIRST_ATTEMPT):
            return self.proof()

    @cached_property
    def examination(self) -> Examination:
        """What the refuter finds at as many points as every PROVED has to hold at."""
        with limit(self.steps / 2):
            return examine(self.theory, self.statement, points=CROSS_EXAMINATION_POINTS)

    def unknown(self, reason: str) -> Verdict:
        return self.settled(Status.UNKNOWN, reason=reason)

    def settled(self, status: Status, **grounds: Any) -> Verdict:
        """A verdict, with what has to be said of the statement whatever it is."""
        return Verdict(
            status,
            ranges=ranges_to_say(self.statement, self.theory),
            varied=() if status is Status.UNKNOWN else varied(self.statement, self.theory),
            statement=self.statement,
            sizes=self.theory.sizes,
            **grounds,
        )

    def proof(self) -> _Proof | None:
        closed = Normalizer(self.theory, open_functions=False)
        found = self.attempt(closed)
        if found is None and closed.kept_functions:
            found = self.attempt(Normalizer(self.theory))
        return found

    def proved(self, proof: _Proof) -> Verdict:
        """PROVED, with what the proof rests on."""
        proof = self.shortened(proof)
        used = tuple(one.hypothesis for one in proof.used)
        granted = [needs_of(hypothesis, self.theory) for hypothesis in used]
        self.found = proof.parts(self.needs(), granted)
        conditions = self.needs().conditions(granted)
        return self.settled(Status.PROVED, conditions=conditions, hypotheses=used)

    def attempt(self, normalizer: Normalizer) -> _Proof | None:
        """A proof from no hypothesis, or else from all of them."""
        sides = Sub(self.statement.left, self.statement.right)
        difference = normalizer.poly(sides, self.scope)
        prover = self.prover(())
        if prover.zero(difference):
            return _Proof(difference, (), prover, normalizer, 0)
        self.unusable.clear()
        usable = []
        for hypothesis in self.theory.hypotheses:
            try:
                usable.append(self.usable(hypothesis, normalizer))
            except (Unusable, OutOfBudget, Undefined) as error:
                self.unusable.append(f"the hypothesis {hypothesis} is of no use: {error}")
        prover = self.prover(usable)
        with limit() as meter:
            if not usable or not prover.zero(difference):
                return None
        return _Proof(difference, tuple(usable), prover, normalizer, meter.spent)

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

    def prover(self, usable: Sequence[_Usable]) -> Prover:
        """A prover with these hypotheses, and with what they and the statement ask for."""

        def gathered() -> Iterator[Licence]:
            yield from (Licence(each, "the statement") for each in self.needs().requirements)
            for one in usable:
                yield from one.licences()

        return Prover([one.rule for one in usable], Licences(gathered))

    def shortened(self, proof: _Proof) -> _Proof:
        """The proof from those of its hypotheses that it was not seen to do without.

        An attempt without one of them gets a few times the steps that the proof took; if that does
        not do, the hypothesis stays. So the rest do prove the statement, though fewer might.
        """
        for one in proof.used:
            fewer = tuple(other for other in proof.used if other is not one)
            prover = self.prover(fewer)
            with suppress(OutOfBudget, OutOfEffort), limit(TIMES * proof.steps + SPARE):
                if prover.zero(proof.difference):
                    proof = replace(proof, used=fewer, prover=prover)
        return proof

    def cross_examined(self, proved: Verdict) -> Verdict:
        found = self.examination
        if found.counterexample is not None:
            raise DisagreementError(
                f"the prover proved {self.statement}, the refuter refutes it "
                f"{found.counterexample}: a bug in derivlib; please report it"
            )
        if found.agreements == 0:
            reason = f"proved, but no point was found to check it at: {found.reason}"
            return self.unknown(reason)
        if found.doubt:
            return self.unknown(f"proved, but not checked well enough: {found.doubt}")
        assert self.found is not None
        try:
            with limit(self.steps / 2):
                unseen = audit(self.theory, self.statement, self.found, found.spots, found.outside)
        except OutOfEffort:
            reason = "proved, but the effort ran out before all of the proof was checked"
            return self.unknown(reason)
        except Mistake as mistake:
            raise DisagreementError(
                f"the prover proved {self.statement}, but {mistake}: a bug in derivlib; please "
                "report it"
            ) from None
        if unseen:
            reason = f"proved, but at no point could this be checked: {unseen}"
            return self.unknown(reason)
        return proved

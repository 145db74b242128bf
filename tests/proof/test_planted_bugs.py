"""Bugs planted in the prover, one at a time: none gets through, however a factor hides it.

Every PROVED is examined twice, the statement at points and the proof at the same points. So each
statement is shown plain, and in forms in which its two sides have the same value at all points: the
examination of the proof alone has to see what is wrong there.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction

import pytest

from derivlib.proof import DisagreementError, Theory
from derivlib.proof.algebra.polynomial import OutOfBudget, Undefined
from derivlib.proof.algebra.sums import copies_kept
from derivlib.proof.audit import Mistake, audit
from derivlib.proof.judge import CROSS_EXAMINATION_POINTS, _Judge, _Proof
from derivlib.proof.language.effort import STEPS, OutOfEffort, limit
from derivlib.proof.language.signature import Statement
from derivlib.proof.language.syntax import Add, Entry, Expr, Mul, Number, Size, Sub
from derivlib.proof.refuter.examination import Examination, examine
from derivlib.proof.verdict import Status, Verdict
from tests.support import planted_forms, planted_proofs, planted_sums
from tests.support.planted import BUGS, Bug, Shown

PLAIN = "{0}"
FORMS = {
    "plain": PLAIN,
    "far out": "Max(hide - 1000000000, 0)*({0})",
    "tiny": "1 + exp(-1000)*({0})",
    "0 at small sizes": "".join(f"({{1}} - {n})*" for n in range(1, 6)) + "({0})",
}
"""What a side is put into; the last where the theory has a size."""

LIMIT = STEPS // 100  # for a proof


def forms(shown: Shown) -> Iterator[tuple[str, Theory, Statement]]:
    theory = Theory(f"{shown.theory}\nhide: real")
    size = next(iter(theory.sizes), None)
    for form in FORMS.values():
        if "{1}" not in form or size:
            left, right = (form.format(side, size) for side in (shown.left, shown.right))
            yield form, theory, theory.statement(left, right)


def proof(theory: Theory, statement: Statement) -> tuple[_Judge, _Proof] | None:
    """What the prover finds by itself. What it does not prove, `judge` never says PROVED to."""
    try:
        with limit(LIMIT), copies_kept():
            judge = _Judge(theory, statement, STEPS)
            found = judge.proof()
            return None if found is None else (judge, found)
    except (AssertionError, OutOfBudget, OutOfEffort, RecursionError, Undefined):
        return None  # a bug may break an invariant


def points(theory: Theory, statement: Statement) -> Examination:
    return examine(theory, statement, points=CROSS_EXAMINATION_POINTS)


def blind(theory: Theory, statement: Statement) -> Statement:
    """The difference of the sides is itself: no point shows that the statement is false.

    Its points have all that the forms of the statement are made of.
    """
    difference: Expr = Sub(statement.left, statement.right)
    parts: list[Expr] = [Entry("hide"), *map(Size, theory.sizes)]
    for part in parts:
        difference = Add(difference, Mul(Number(Fraction(0)), part))
    return replace(statement, left=difference, right=difference)


def is_seen(theory: Theory, statement: Statement, found: _Judge, look: Examination) -> bool:
    """Whether the examination of the proof finds a mistake, or a part that no point shows."""
    assert found.found is not None
    try:
        return bool(audit(theory, statement, found.found, look.spots, look.outside))
    except Mistake:
        return True


def answer(judge: _Judge, proved: Verdict) -> Status | None:
    """The verdict after the examinations; None if the bug is seen."""
    try:
        return judge.cross_examined(proved).status
    except DisagreementError:
        return None


@contextmanager
def planted(bug: Bug) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        bug.plant(patch)
        yield


@pytest.mark.parametrize("name", BUGS)
def test_no_bug_gets_through(name: str) -> None:
    bug = BUGS[name]
    for shown in bug.shown:
        for form, theory, statement in forms(shown):
            sound = proof(theory, statement)
            if form == PLAIN:
                look, unseen = points(theory, statement), points(theory, blind(theory, statement))
            if shown.conditional:
                assert sound and sound[0].proved(sound[1]).conditions, f"{statement}"
            else:
                assert sound is None, f"without the bug, {statement} is proved"
                assert look.counterexample, f"{statement} is true"
            with planted(bug):
                found = proof(theory, statement)
                assert found or form != PLAIN, f"the bug does not prove {statement}"
                if found is not None:
                    judge, made = found
                    verdict = judge.proved(made)
                    assert is_seen(theory, statement, judge, unseen), f"not seen: {statement}"
                    judge.examination = look if form == PLAIN else unseen
                    assert answer(judge, verdict) in (None, Status.UNKNOWN), f"{statement}"


def test_there_are_enough() -> None:
    assert len(BUGS) >= 60
    modules = {bug.plant.__module__ for bug in BUGS.values()}
    assert modules == {each.__name__ for each in (planted_forms, planted_sums, planted_proofs)}

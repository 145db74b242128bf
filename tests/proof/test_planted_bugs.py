"""Bugs planted in the prover, one at a time: the cross-examination lets no wrong PROVED through."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from derivlib.proof import DisagreementError, Theory
from derivlib.proof import judge as judge_module
from derivlib.proof.algebra import (
    calculus,
    cases,
    conditions,
    elementary,
    functions,
    hypotheses,
    licences,
    normal_form,
    prover,
    sums,
)
from derivlib.proof.algebra.hypotheses import as_rule
from derivlib.proof.algebra.polynomial import (
    ONE,
    ZERO,
    Exp,
    OutOfBudget,
    Poly,
    SizeOf,
    Sum,
    Undefined,
    Var,
    atom_poly,
    mono_poly,
)
from derivlib.proof.judge import judge
from derivlib.proof.language.effort import STEPS, OutOfEffort, limit
from derivlib.proof.language.ranges import CONSTANT, FIRST, Base, End, range_of
from derivlib.proof.language.signature import Statement
from tests.support.corpus import rows

Patch = pytest.MonkeyPatch

THEORY = """
    x, z: K
    y: K, sum 1
    S: K×K
    c, b: real
    a: real, positive
"""
QUOTIENTS = "h: 0..T\ng: T\nd[t,s] := g[t]/(h[t-1] - h[s])"
TIMES = """
    f: 0..T
    g: 0..T
    x: T
    assume f[t] = g[t] + 0*x[t]
"""


# --- the bugs -------------------------------------------------------------------------------------


def product_rule_drops_a_term(patch: Patch) -> None:
    def poly(self: Any, poly: Poly) -> Poly:
        result = ZERO
        for mono, c in poly.terms.items():
            for n, (atom, exponent) in enumerate(mono):
                if inner := self.atom(atom):
                    rest = mono_poly((*mono[:n], *mono[n + 1 :])).scale(c)
                    result = result + rest * self.power_rule(atom, exponent) * inner
                    break
        return result

    patch.setattr(calculus._Differentiation, "poly", poly)


def power_rule_forgets_the_exponent(patch: Patch) -> None:
    def power_rule(self: Any, atom: Any, exponent: Any) -> Poly:
        rest = exponent if isinstance(atom, Exp) else exponent - 1
        return atom_poly(atom, rest)

    patch.setattr(calculus._Differentiation, "power_rule", power_rule)


def chain_rule_forgets_the_inner_derivative(patch: Patch) -> None:
    whole = calculus._Differentiation.chain

    def chain(self: Any, atom: Any) -> Poly:
        if atom.name == "log" and self.poly(atom.arguments[0]):
            return elementary.power_of(atom.arguments[0], -1)
        return whole(self, atom)

    patch.setattr(calculus._Differentiation, "chain", chain)


def cos_loses_the_sign_of_its_derivative(patch: Patch) -> None:
    cos = functions.FUNCTIONS["cos"]
    wrong = replace(cos, derivative=lambda x, _: functions.apply_function("sin", [x]))
    patch.setitem(functions.FUNCTIONS, "cos", wrong)


def cos_is_odd(patch: Patch) -> None:
    patch.setitem(functions.FUNCTIONS, "cos", replace(functions.FUNCTIONS["cos"], parity=-1))


def abs_is_its_argument(patch: Patch) -> None:
    patch.setitem(functions.FUNCTIONS, "abs", functions.Rules(normal=lambda x: x))


def sinh_is_opened_as_cosh(patch: Patch) -> None:
    sinh = functions.FUNCTIONS["sinh"]
    patch.setitem(functions.FUNCTIONS, "sinh", replace(sinh, opened=functions._cosh))


def delta_picks_another_index(patch: Patch) -> None:
    def contract(binders: list[Base], mono: Any, pair: Any) -> Poly:
        rest = mono_poly(f for f in mono if f[0] != pair)
        base = next(side[0] for side in (pair.left, pair.right) if side[0] in binders)
        return sums.summation(
            [b for b in binders if b != base], sums.rename(rest, {base: (CONSTANT, 1)})
        )

    patch.setattr(sums, "_contract", contract)


def sum_of_a_constant_is_the_constant(patch: Patch) -> None:
    def atom(atom: Any, exponent: Any = 1) -> Poly:
        return ONE if isinstance(atom, SizeOf) else atom_poly(atom, exponent)

    patch.setattr(sums, "atom_poly", atom)


def _with_all_signs_positive(function: Callable[..., Poly]) -> Callable[..., Poly]:
    def call(*arguments: Any) -> Poly:
        with pytest.MonkeyPatch.context() as inner:
            inner.setattr(elementary, "positive_atom", lambda atom: True)
            return function(*arguments)

    return call


def log_splits_factors_of_any_sign(patch: Patch) -> None:
    wrong = _with_all_signs_positive(elementary.log)
    patch.setitem(functions.FUNCTIONS, "log", replace(functions.FUNCTIONS["log"], normal=wrong))
    patch.setattr(normal_form, "log", wrong)


def root_of_a_square_is_its_base(patch: Patch) -> None:
    patch.setattr(
        elementary, "_fractional_power", _with_all_signs_positive(elementary._fractional_power)
    )


def exp_turns_the_sign_of_every_second_term(patch: Patch) -> None:
    exp = elementary.exp

    def wrong(poly: Poly) -> Poly:
        terms = sorted(poly.terms.items(), key=lambda term: repr(term[0]))
        return exp(Poly({m: -c if n % 2 else c for n, (m, c) in enumerate(terms)}))

    patch.setitem(functions.FUNCTIONS, "exp", functions.Rules(normal=wrong))


def hypotheses_are_used_before_differentiation(patch: Patch) -> None:
    whole = normal_form.Normalizer.derivative

    def derivative(self: Any, *arguments: Any) -> Poly:
        known = [as_rule(h, normal_form.Normalizer(self.theory)) for h in self.theory.hypotheses]
        with pytest.MonkeyPatch.context() as inner:
            inner.setattr(
                normal_form,
                "differentiate",
                lambda poly, *by: calculus.differentiate(hypotheses.rewrite(poly, known), *by),
            )
            return whole(self, *arguments)

    patch.setattr(normal_form.Normalizer, "derivative", derivative)


def hypotheses_are_used_beyond_their_range(patch: Patch) -> None:
    patch.setattr(hypotheses, "within", lambda place, range_: True)


def rename_captures(patch: Patch) -> None:
    def freshened(atom: Any) -> tuple[list[Base], Poly]:
        return list(atom.binders), mono_poly(atom.body)

    for module in (sums, calculus, prover, hypotheses):
        patch.setattr(module, "freshened", freshened)


def canonical_naming_ignores_a_factor(patch: Patch) -> None:
    canonical = sums.canonical

    def wrong(binders: Any, mono: Any) -> Poly:
        kept = mono[:-1]
        return canonical(binders, kept if set(binders) <= mono_poly(kept).bases else mono)

    patch.setattr(sums, "canonical", wrong)


def opening_takes_two_indices_for_one(patch: Patch) -> None:
    def openings(mono: Any, index: Base) -> Iterator[Poly]:
        for position, (atom, exponent) in enumerate(mono):
            if isinstance(atom, Sum) and exponent >= 1:
                binders, body = sums.freshened(atom)
                alike = [b for b in binders if range_of(b) == range_of(index)]
                if alike:
                    opened = sums.rename(body, {b: (index, 0) for b in alike})
                    others = [b for b in binders if b not in alike]
                    rest = [*mono[:position], (atom, exponent - 1), *mono[position + 1 :]]
                    yield mono_poly(rest) * sums.summation(others, opened)

    patch.setattr(prover, "openings", openings)


def conditions_are_always_empty(patch: Patch) -> None:
    patch.setattr(conditions.Needs, "conditions", lambda _, granted: ())


def cases_forgets_that_indices_may_differ(patch: Patch) -> None:
    equal_or_not = cases.equal_or_not
    patch.setattr(prover, "equal_or_not", lambda *given: list(equal_or_not(*given))[:1])


def cases_forgets_that_indices_may_agree(patch: Patch) -> None:
    equal_or_not = cases.equal_or_not
    patch.setattr(prover, "equal_or_not", lambda *given: list(equal_or_not(*given))[1:])


def a_max_is_its_first_argument(patch: Patch) -> None:
    either_sign = cases.either_sign
    patch.setattr(prover, "either_sign", lambda *given: list(either_sign(*given))[:1])


def every_entry_counts_as_one_in_a_log(patch: Patch) -> None:
    def entry(atom: Any) -> Any:
        return atom if isinstance(atom, Var) else None

    patch.setattr(prover, "_entry_in_log", entry)
    patch.setattr(licences.Licences, "positive", lambda *_: True)


def what_is_undefined_is_its_own_licence(patch: Patch) -> None:
    patch.setattr(licences.Licences, "impossible", lambda *_: True)
    patch.setattr(sums, "check_defined_beyond", lambda *_: None)


def ends_of_an_interval_are_dropped(patch: Patch) -> None:
    interval = sums.interval

    def wrong(poly: Poly, index: Base, first: End, final: End) -> Poly:
        if first.symbol == "" and final.symbol:
            return interval(poly, index, FIRST, End(final.symbol, 0))
        return interval(poly, index, first, final)

    patch.setattr(sums, "interval", wrong)
    patch.setattr(normal_form, "interval", wrong)


# Each bug with statements that should show it: (theory, left, right, whether it is true).
BUGS: list[tuple[Callable[[Patch], None], list[tuple[str, str, str, bool]]]] = [
    (
        product_rule_drops_a_term,
        [
            (THEORY, "∂(c^2*exp(c), c)", "2*c*exp(c)", False),
            (THEORY, "∂(c^2*exp(c), c)", "c^2*exp(c)", False),
            (THEORY, "∂(c*exp(c), c)", "exp(c) + c*exp(c)", True),
        ],
    ),
    (
        power_rule_forgets_the_exponent,
        [(THEORY, "∂(c^2, c)", "c", False), (THEORY, "∂(exp(3*c), c)", "exp(3*c)", False)],
    ),
    (
        chain_rule_forgets_the_inner_derivative,
        [(THEORY, "∂(log(1 + c^2), c)", "1/(1 + c^2)", False)],
    ),
    (
        cos_loses_the_sign_of_its_derivative,
        [(THEORY, "∂(cos(c), c)", "sin(c)", False), (THEORY, "∂(cos(c), c)", "-sin(c)", True)],
    ),
    (cos_is_odd, [(THEORY, "cos(-c)", "-cos(c)", False), (THEORY, "cos(-c)", "cos(c)", True)]),
    (abs_is_its_argument, [(THEORY, "abs(c)", "c", False), (THEORY, "∂(abs(c), c)", "1", False)]),
    (
        sinh_is_opened_as_cosh,
        [(THEORY, "2*sinh(c)", "exp(c) + exp(-c)", False)],
    ),
    (
        delta_picks_another_index,
        [
            (THEORY, "Σ(k, δ(k,i)*x[k])", "x[1]", False),
            (THEORY, "Σ(k, δ(k,i)*x[k])", "x[i]", True),
        ],
    ),
    (
        sum_of_a_constant_is_the_constant,
        [(THEORY, "Σ(k, x[k] + c)", "Σ(k, x[k]) + c", False)],
    ),
    (
        log_splits_factors_of_any_sign,
        [
            (THEORY, "exp(log(c^2)/2)", "c", False),
            (THEORY, "log(c^2*a)", "log(a) + log(c^2)", True),
        ],
    ),
    (
        root_of_a_square_is_its_base,
        [(THEORY, "sqrt(c^2)", "c", False), (THEORY, "(c^2*a)^(1/2)", "c*sqrt(a)", False)],
    ),
    (
        exp_turns_the_sign_of_every_second_term,
        [
            (THEORY, "exp(c + a)", "exp(c)*exp(-a)", False),
            (THEORY, "exp(c + a)", "exp(-c)*exp(a)", False),
        ],
    ),
    (
        hypotheses_are_used_before_differentiation,
        [(THEORY, "∂(Σ(k, y[k])^2, y[i])", "0", False)],
    ),
    (
        hypotheses_are_used_beyond_their_range,
        [(TIMES, "f[t]", "g[t]", False), (TIMES, "f[0]", "g[0]", False)],
    ),
    (
        rename_captures,
        [
            (THEORY, "Σ(i, Σ(j, S[i,j])^2)", "Σ(i, j, S[i,j]^2)", False),
            (THEORY, "Σ(i, Σ(j, S[i,j])^2)", "K*Σ(i, j, S[i,j]^2)", False),
            (THEORY, "Σ(i, Σ(j, S[i,j])^2)", "Σ(i, j, k, S[i,j]*S[i,k])", True),
            (THEORY, "Σ(i, x[i]*Σ(i, z[i]))", "Σ(i, x[i]*z[i])", False),
        ],
    ),
    (
        canonical_naming_ignores_a_factor,
        [(THEORY, "Σ(i, x[i]*z[i])", "Σ(i, x[i]*z[i]^2)", False)],
    ),
    (
        opening_takes_two_indices_for_one,
        [(THEORY, "Σ(i, j, S[i,j])", "Σ(i, S[i,i])", False)],
    ),
    (
        conditions_are_always_empty,
        [(THEORY, "c/c", "1", True), (THEORY, "δ(i,j)/(z[i] - z[j])", "0", True)],
    ),
    (
        cases_forgets_that_indices_may_differ,
        [(THEORY, "δ(i,j)*x[i]", "x[i]", False), (THEORY, "∂(S[i,j], S[j,i])", "1", False)],
    ),
    (
        cases_forgets_that_indices_may_agree,
        [(THEORY, "δ(i,j)*x[i]", "0", False), (THEORY, "∂(S[i,j], S[j,i])", "0", False)],
    ),
    (
        a_max_is_its_first_argument,
        [(THEORY, "Max(b, c)", "b", False), (THEORY, "Max(c, 0)", "Max(-c, 0)", False)],
    ),
    (
        every_entry_counts_as_one_in_a_log,
        [(THEORY, "sqrt(c^2)", "c", False)],
    ),
    (
        what_is_undefined_is_its_own_licence,
        [(QUOTIENTS, "δ(s,T)*Σ(t, d[t,s])", "0", False)],
    ),
    (
        ends_of_an_interval_are_dropped,
        [(TIMES, "Σ(t in 0..T, g[t])", "Σ(t in 1..T, g[t])", False)],
    ),
]


@cache
def false_statements() -> list[tuple[Theory, Statement]]:
    return [(row.theory, row.statement) for row in rows("false")]


@contextmanager
def planted(bug: Callable[[Patch], None]) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        bug(patch)
        yield


def is_proved(theory: Theory, statement: Statement) -> bool:
    """What the prover says by itself. What it does not prove, `judge` never says PROVED to."""
    try:
        with limit(20_000):
            return judge_module._Judge(theory, statement, STEPS).proof() is not None
    except (
        AssertionError,
        OutOfBudget,
        OutOfEffort,
        Undefined,
    ):  # a planted bug may break an invariant
        return False


def answer(theory: Theory, statement: Statement) -> str:
    """The verdict, or the error that is raised in place of it."""
    try:
        return str(judge(theory, statement, effort=0.2))
    except (AssertionError, DisagreementError) as error:
        return type(error).__name__


def parameters() -> Iterator[Any]:
    for bug, made in BUGS:
        yield pytest.param(bug, made, id=bug.__name__)


@pytest.mark.parametrize(("bug", "made"), [*parameters()])
def test_no_wrong_proof_gets_through(
    bug: Callable[[Patch], None], made: list[tuple[str, str, str, bool]]
) -> None:
    own = [
        (theory, theory.statement(left, right), true)
        for text, left, right, true in made
        for theory in [Theory(text)]
    ]
    sound = [answer(theory, statement) for theory, statement, _ in own]
    for (_, statement, true), verdict in zip(own, sound, strict=True):
        assert verdict.startswith("PROVED") == true, f"without the bug: {statement}: {verdict}"
    false = [(theory, statement) for theory, statement, true in own if not true]
    with planted(bug):
        unsound = [answer(theory, statement) for theory, statement, _ in own]
        assert unsound != sound, "the bug has no effect"
        assert not false or "DisagreementError" in unsound, "the bug proves nothing wrong"
        for theory, statement in (*false, *false_statements()):
            if is_proved(theory, statement):
                verdict = answer(theory, statement)
                assert not verdict.startswith("PROVED"), f"let through: {statement}"

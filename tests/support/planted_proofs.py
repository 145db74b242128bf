"""Bugs in the moves of the prover, in its licences, and in what a verdict asks for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from derivlib.proof.algebra import (
    calculus,
    cases,
    conditions,
    hypotheses,
    licences,
    normal_form,
    prover,
    requirements,
    sums,
)
from derivlib.proof.algebra.hypotheses import as_rule
from derivlib.proof.algebra.polynomial import ONE, ZERO, Poly, Sum, Var, atom_poly, mono_poly
from derivlib.proof.language.functions import FUNCTIONS
from derivlib.proof.language.ranges import Base, range_of
from tests.support.planted import TIMES, Patch, everywhere, false, unsaid

GIVEN = TIMES + "\nassume f[t] = g[t] + 0*x[t]"

# --- hypotheses.py --------------------------------------------------------------------------------


@false("∂(Σ(k, y[k])^2, y[i]) = 0*y[i]")
def hypotheses_are_used_before_differentiation(patch: Patch) -> None:
    whole = normal_form.Normalizer.derivative

    def derivative(self: Any, *arguments: Any) -> Poly:
        known = [as_rule(h, normal_form.Normalizer(self.theory)) for h in self.theory.hypotheses]
        with Patch.context() as inner:
            inner.setattr(
                normal_form,
                "differentiate",
                lambda poly, *by: calculus.differentiate(hypotheses.rewrite(poly, known), *by),
            )
            return whole(self, *arguments)

    patch.setattr(normal_form.Normalizer, "derivative", derivative)


@false("f[0] = g[0]", GIVEN)
@false("f[t] = g[t]", GIVEN)
def hypotheses_are_used_beyond_their_range(patch: Patch) -> None:
    patch.setattr(hypotheses, "within", lambda place, range_: True)


@false("f[t]*x[t] = -g[t]*x[t]", GIVEN)
def a_rule_turns_the_sign(patch: Patch) -> None:
    directed = hypotheses._directed
    patch.setattr(hypotheses, "_directed", lambda left, right, free: directed(left, -right, free))


@false("c = b", "c, b: real\nassume 2*c = b")
def a_rule_forgets_a_coefficient(patch: Patch) -> None:
    solved = hypotheses._solved

    def wrong(left: Poly, right: Poly, free: Any) -> Any:
        return solved(Poly(dict.fromkeys(left.terms, 1)), right, free)

    patch.setattr(hypotheses, "_solved", wrong)


@false("c = a", "c, b, a: real\nassume c/b = a")
def the_denominators_of_a_hypothesis_are_dropped(patch: Patch) -> None:
    def wrong(poly: Poly) -> Poly:
        plain = [(mono_poly((a, e) for a, e in m if e > 0), c) for m, c in poly.terms.items()]
        return sum((each.scale(c) for each, c in plain), ZERO)

    patch.setattr(hypotheses, "without_denominators", wrong)


@false("Σ(k, x[k]*y[k]) = 1")
def a_sum_is_replaced_together_with_a_factor(patch: Patch) -> None:
    inner_sums = sums.inner_sums

    def wrong(binders: Any, mono: Any, like: Sum) -> Iterator[Any]:
        names = {atom.name for atom, _ in like.body if isinstance(atom, Var)}
        kept = tuple(f for f in mono if getattr(f[0], "name", "") in names)
        yield from inner_sums(binders, kept or mono, like)

    patch.setattr(hypotheses, "inner_sums", wrong)


@false("c^2*b^2 = c + b", "c, b: real\nassume c*b = c + b")
def a_square_is_replaced_once(patch: Patch) -> None:
    split = hypotheses._split

    def wrong(rule: Any, mono: Any) -> Any:
        with Patch.context() as inner:
            inner.setattr(Poly, "power", lambda poly, n: poly)
            return split(rule, mono)

    patch.setattr(hypotheses, "_split", wrong)


@false("c^2*b = 0", "c, b: real\nassume c*b = c + 1")
def a_replaced_product_is_not_divided_out(patch: Patch) -> None:
    split = hypotheses._split

    def wrong(rule: Any, mono: Any) -> Any:
        rest, old, new = split(rule, mono)
        return (ZERO if old != ONE else rest), old, new

    patch.setattr(hypotheses, "_split", wrong)


# --- cases.py -------------------------------------------------------------------------------------


@false("∂(S[i,j], S[j,i]) = 1")
@false("δ(i,j)*x[i] = x[i]")
def cases_forgets_that_indices_may_differ(patch: Patch) -> None:
    equal_or_not = cases.equal_or_not
    patch.setattr(prover, "equal_or_not", lambda *given: list(equal_or_not(*given))[:1])


@false("∂(S[i,j], S[j,i]) = 0*S[i,j]")
@false("δ(i,j)*x[i] = 0*x[j]")
def cases_forgets_that_indices_may_agree(patch: Patch) -> None:
    equal_or_not = cases.equal_or_not
    patch.setattr(prover, "equal_or_not", lambda *given: list(equal_or_not(*given))[1:])


@false("δ(s,t-1)*f[s]*x[t] = δ(s,t-1)*f[t]*x[t]", TIMES)
@false("δ(s,t-1)*f[s]*x[t]*g[t+1] = δ(s,t-1)*f[t+1]*x[t]*g[t+1]", TIMES)
def an_index_is_put_for_another_with_the_offset_turned(patch: Patch) -> None:
    def turned(mapping: Any, replace: Any = None) -> Any:
        put = {base: (other, -offset) for base, (other, offset) in mapping.items()}
        return sums.Substitution(put, replace)

    patch.setattr(cases, "Substitution", turned)


@false("Max(b, c) = b")
def a_max_is_its_first_argument(patch: Patch) -> None:
    either_sign = cases.either_sign
    patch.setattr(prover, "either_sign", lambda *given: list(either_sign(*given))[:1])


@false("Max(b, c) = b")
def every_difference_counts_as_positive(patch: Patch) -> None:
    patch.setattr(cases, "non_negative", lambda poly: True)


@false("Max(c*b, c*a) = c*Max(b, a)")
def factors_of_any_sign_keep_an_order(patch: Patch) -> None:
    patch.setattr(cases, "positive_atom", lambda atom: True)


QUOTIENTS = "h: 0..T\ng: T\nd[t,s] := g[t]/(h[t-1] - h[s])"


@false("δ(s,T)*Σ(t, d[t,s]) = 0*h[s]", QUOTIENTS)
def what_is_undefined_is_its_own_licence(patch: Patch) -> None:
    patch.setattr(licences.Licences, "impossible", lambda *_: True)
    patch.setattr(sums, "check_defined_beyond", lambda *_: None)


# --- prover.py ------------------------------------------------------------------------------------


@false("Σ(i, j, S[i,j]) = Σ(i, S[i,i])")
def opening_takes_two_indices_for_one(patch: Patch) -> None:
    def openings(mono: Any, index: Base) -> Iterator[Any]:
        for position, (atom, exponent) in enumerate(mono):
            if isinstance(atom, Sum) and exponent >= 1:
                binders, body = sums.freshened(atom)
                alike = [b for b in binders if range_of(b) == range_of(index)]
                if alike:
                    opened = sums.rename(body, {b: (index, 0) for b in alike})
                    others = [b for b in binders if b not in alike]
                    rest = [*mono[:position], (atom, exponent - 1), *mono[position + 1 :]]
                    yield mono_poly(rest), atom_poly(atom), sums.summation(others, opened)

    patch.setattr(prover, "openings", openings)


@false("Σ(k, Max(z[k], 0)) = Σ(k, Max(-z[k], 0)) + Σ(k, z[k]) + c")
def an_opening_forgets_what_has_no_sum(patch: Patch) -> None:
    zero = prover.Prover.zero

    def wrong(self: Any, poly: Poly, depth: int = 0) -> bool:
        return (depth == 1 and poly.text.endswith("c[]")) or zero(self, poly, depth)

    patch.setattr(prover.Prover, "zero", wrong)


@false("Σ(k, c*abs(x[k])^2/x[k]^2) = c")
def what_has_no_sum_is_not_divided_by_the_size(patch: Patch) -> None:
    patch.setattr(prover, "atom_poly", lambda *_: ONE)


RECURRENCE = "q: 0..T\nx: T\nc: real\nassume q[t] = q[t-1]*x[t] + c"


@false("q[t]*x[t] = q[t-1]*x[t]^2", RECURRENCE)
def a_recurrence_loses_a_term(patch: Patch) -> None:
    once = hypotheses.rewrite_once

    def wrong(poly: Poly, rules: Any) -> Poly:
        found = once(poly, rules)
        terms = [(m, c) for m, c in found.terms.items() if "q" in repr(m)]
        return Poly(dict(terms)) if found != poly else poly

    patch.setattr(prover, "rewrite_once", wrong)


@false("c + b = b")
def a_single_term_counts_as_0(patch: Patch) -> None:
    moves = prover.Prover.zero_by_moves

    def wrong(self: Any, poly: Poly, depth: int) -> bool:
        return len(poly.terms) == 1 or moves(self, poly, depth)

    patch.setattr(prover.Prover, "zero_by_moves", wrong)


@false("sqrt(c^2) = c")
def every_entry_counts_as_one_in_a_log(patch: Patch) -> None:
    def entry(atom: Any) -> Any:
        return atom if isinstance(atom, Var) else None

    patch.setattr(prover, "_entry_in_log", entry)
    patch.setattr(licences.Licences, "positive", lambda *_: True)


# --- licences.py ----------------------------------------------------------------------------------

GIVEN_LOGS = "h: 0..T\ng: T\nassume g[t] = log(h[t-1])"


@false("Σ(t, g[t])*sqrt(h[T]^2) = Σ(t, g[t])*h[T]", GIVEN_LOGS)
def bound_indices_stand_for_places_out_of_their_range(patch: Patch) -> None:
    patch.setattr(licences, "within", lambda place, range_: True)
    patch.setattr(sums, "check_defined_beyond", lambda *_: None)


@false("Σ(t, g[t])*sqrt(h[T]^2) = Σ(t, g[t])*h[T]", GIVEN_LOGS)
def every_entry_is_given_to_be_positive(patch: Patch) -> None:
    patch.setattr(licences.Licences, "positive", lambda *_: True)
    patch.setattr(sums, "check_defined_beyond", lambda *_: None)


@false("δ(s,T)*Σ(t, d[t,s]) = 0*h[s]", QUOTIENTS)
def everything_contradicts_a_requirement(patch: Patch) -> None:
    patch.setattr(licences, "contradicts", lambda value, relation: True)
    patch.setattr(sums, "check_defined_beyond", lambda *_: None)


@false("h[T]*Σ(t in 1..T, 1/h[t-1]) = -1", "h: 0..T\nassume h[T] = 0")
def a_term_is_put_on_that_may_be_undefined(patch: Patch) -> None:
    patch.setattr(sums, "check_defined_beyond", lambda *_: None)


# --- conditions.py, requirements.py ---------------------------------------------------------------


@unsaid("δ(i,j)/(z[i] - z[j]) = 0")
def conditions_are_always_empty(patch: Patch) -> None:
    patch.setattr(conditions.Needs, "said", lambda *_: ({}, []))


class _Letters(set[Any]):
    """Keys of which all that follows the letters is forgotten."""

    def add(self, key: Any) -> None:
        super().add(key[:3])

    def __contains__(self, key: Any) -> bool:
        return super().__contains__(key[:3])


@unsaid(
    "Σ(t in 1..T-1, p[t]) + Σ(t, p[t]) = Σ(t, p[t]) + Σ(t in 1..T-1, x[t])",
    "x: T\na: real\np[t] := x[t]/(1 - δ(t,T)*a)",
)
def a_letter_stands_for_one_range(patch: Patch) -> None:
    begin = conditions._Collector.__init__

    def wrong(self: Any, *given: Any) -> None:
        begin(self, *given)
        self.entered = _Letters()

    patch.setattr(conditions._Collector, "__init__", wrong)


def _required(patch: Patch, relation: str, put: str) -> None:
    """Ask for another relation than this one."""
    require = conditions._Collector.require

    def wrong(self: Any, expr: Any, scope: Any, asked: str) -> Any:
        return require(self, expr, scope, put if asked == relation else asked)

    patch.setattr(conditions._Collector, "require", wrong)


def _unasked(patch: Patch, relation: str) -> None:
    """Do not ask for this relation."""
    condition = requirements.Requirement.condition

    def wrong(self: Any, theory: Any) -> Any:
        return None if self.relation == relation else condition(self, theory)

    patch.setattr(requirements.Requirement, "condition", wrong)


def _word(patch: Patch, name: str, **changes: Any) -> None:
    """Change what is known of a function's domain."""
    words = {**FUNCTIONS, name: replace(FUNCTIONS[name], **changes)}
    patch.setattr(conditions, "FUNCTIONS", words)


@unsaid("exp(log(c)) = c")
def a_log_asks_for_nothing(patch: Patch) -> None:
    _word(patch, "log", domain=None)


@unsaid("exp(log(c)) = c")
def a_log_asks_for_what_is_not_0(patch: Patch) -> None:
    _required(patch, ">", "!=")


@unsaid("(z[i] - z[j])/(z[i] - z[j]) = 1")
def a_quotient_asks_for_nothing(patch: Patch) -> None:
    _unasked(patch, "!=")


@unsaid("sqrt(c)^2 = c")
def a_root_asks_for_nothing(patch: Patch) -> None:
    _unasked(patch, ">=")


@unsaid("∂(sqrt(c^2*(z[i] - z[j])^2)^2, c) = 2*c*(z[i] - z[j])^2")
def the_derivative_of_a_root_asks_for_no_more_than_the_root(patch: Patch) -> None:
    _word(patch, "sqrt", smooth=None)


@unsaid("a^2*c^b/c^b = a^2")
def a_power_that_is_no_number_asks_for_nothing(patch: Patch) -> None:
    _unasked(patch, ">")


@unsaid("d[i,j]*(z[i] - z[j]) = 1", "z: K\nd[i,j] := 1/(z[i] - z[j])")
def a_definition_asks_for_nothing(patch: Patch) -> None:
    patch.setattr(conditions._Collector, "entry", lambda *_: iter(()))


@unsaid("δ(i,3)*x[3] = δ(i,3)*x[i]")
def a_place_asks_for_no_room(patch: Patch) -> None:
    patch.setattr(conditions._Collector, "at_least", lambda *_: None)


@unsaid("(K - 1)/(K - 1)*c = c", "x: K\nc: real")
def every_size_counts_as_at_least_2(patch: Patch) -> None:
    at_least = requirements.at_least
    patch.setattr(
        requirements, "at_least", lambda poly, bounds: at_least(poly, {n: 2 for n in bounds})
    )


@unsaid("(z[i] - z[j])^2/(z[i] - z[j])^2 = 1")
def a_square_as_it_is_written_is_positive(patch: Patch) -> None:
    everywhere(patch, requirements.sign_of, lambda expr, theory: ">")


@unsaid("(z[i] - z[j])/(z[i] - z[j])*b/b = 1")
def all_conditions_follow_from_one(patch: Patch) -> None:
    patch.setattr(requirements, "follows", lambda fact, others: bool(others))


@unsaid("(z[i] - z[j])/(z[i] - z[j]) = 1")
def every_difference_counts_as_one_left_out(patch: Patch) -> None:
    patch.setattr(requirements, "one_left_out", lambda poly: "K")


@unsaid(
    "Σ(t in 0..T, 1/x[t]) + Σ(t in 1..T, 1/x[t]) = Σ(t in 1..T, 1/x[t]) + Σ(t in 0..T, 1/x[t])",
    "x: 0..T",
)
def what_is_asked_of_some_places_is_said_for_fewer(patch: Patch) -> None:
    covers = requirements.Requirement.covers
    patch.setattr(requirements.Requirement, "covers", lambda self, other: covers(other, self))


@unsaid(
    "exp(log(x[i]))*Σ(k, l, log(x[k]*x[l])) = x[i]*Σ(k, l, log(x[k]*x[l]))",
)
def the_factors_of_what_is_positive_are_positive(patch: Patch) -> None:
    follows = requirements.follows

    def wrong(fact: Any, others: Any) -> bool:
        alone = [replace(o, product=(each,)) for o in others for each in o.product or ()]
        return follows(fact, [*others, *alone])

    patch.setattr(requirements, "follows", wrong)

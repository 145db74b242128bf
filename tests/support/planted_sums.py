"""Bugs in sums, in derivatives, and in what is made of an expression."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from derivlib.proof.algebra import (
    calculus,
    canonical,
    elementary,
    functions,
    normal_form,
    sums,
)
from derivlib.proof.algebra.polynomial import (
    ONE,
    ZERO,
    Atom,
    Exp,
    Group,
    Mono,
    Poly,
    SizeOf,
    Sum,
    Var,
    atom_poly,
    mono_poly,
)
from derivlib.proof.language.ranges import CONSTANT, FIRST, Base, End, fresh, range_of
from tests.support.planted import TIMES, Patch, everywhere, false, row

# --- sums.py --------------------------------------------------------------------------------------


@false("Σ(k, δ(k,i)*x[k]) = x[1]")
def delta_picks_another_index(patch: Patch) -> None:
    def contract(binders: list[Base], mono: Any, pair: Any) -> Poly:
        rest = mono_poly(f for f in mono if f[0] != pair)
        base = next(side[0] for side in (pair.left, pair.right) if side[0] in binders)
        others = [b for b in binders if b != base]
        return sums.summation(others, sums.rename(rest, {base: (CONSTANT, 1)}))

    patch.setattr(sums, "_contract", contract)


@false("Σ(s in 1..T, δ(s,t)*f[s]) = f[t]", TIMES)
def places_beyond_a_range_are_ignored(patch: Patch) -> None:
    patch.setattr(sums, "values_beyond", lambda place, range_: [])


@false("Σ(k, x[k] + c) = Σ(k, x[k]) + c")
def sum_of_a_constant_is_the_constant(patch: Patch) -> None:
    def atom(atom: Any, exponent: Any = 1) -> Poly:
        return ONE if isinstance(atom, SizeOf) else atom_poly(atom, exponent)

    patch.setattr(sums, "atom_poly", atom)


@false("Σ(i, Σ(j, S[i,j])^2) = K*Σ(i, j, S[i,j]^2)")
def rename_captures(patch: Patch) -> None:
    patch.setattr(sums, "copied", lambda atom: (atom.binders, mono_poly(atom.body)))


@false("Σ(i, Σ(j, S[i,j])^2) = K*Σ(i, j, S[i,j]^2)")
def the_factors_of_a_power_share_their_indices(patch: Patch) -> None:
    kept: dict[Any, Any] = {}
    copied = sums.copied
    patch.setattr(sums, "copied", lambda atom: kept.setdefault(atom, copied(atom)))


@false("Σ(k, x[k]*z[k]) = Σ(k, x[k])*Σ(k, z[k])")
def factors_that_share_an_index_are_summed_apart(patch: Patch) -> None:
    components = sums._components

    def wrong(binders: Any, factors: Any) -> Any:
        return [part for each in factors for part in components(binders, [each])]

    patch.setattr(sums, "_components", wrong)


PRODUCT = "x, z: K\nS: K×K\nassume S[i,j] = x[i]*z[j]"


@false("Σ(i, j, S[i,j]) = Σ(i, x[i])", PRODUCT)
def one_of_two_sums_is_lost(patch: Patch) -> None:
    components = sums._components
    patch.setattr(sums, "_components", lambda *given: components(*given)[:1])


@false("Σ(i, x[i]*Σ(j, S[i,j])^2) = Σ(i, x[i]*Σ(j, S[i,j]))")
def the_square_of_an_inner_sum_is_opened_once(patch: Patch) -> None:
    flatten = sums._flatten

    def wrong(binders: list[Base], mono: Mono) -> Poly | None:
        return flatten(
            binders, tuple((a, 1 if isinstance(a, Sum) and e == 2 else e) for a, e in mono)
        )

    patch.setattr(sums, "_flatten", wrong)


@false(
    "Σ(i, k, x[i]*S[i,k]*v[i]) = Σ(i, k, x[i]*S[i,k])",
    "x, v: K\nS: K×K\nassume v[i] = 1/Σ(l, S[i,l])",
)
def a_sum_that_cancels_counts_twice(patch: Patch) -> None:
    inner_sum = sums.inner_sum

    def wrong(binders: Any, mono: Any, wanted: Any) -> Any:
        found = inner_sum(binders, mono, wanted)
        return found and (found[0], [*found[1], (wanted, 1)])

    patch.setattr(sums, "inner_sum", wrong)


@false("Σ(s in 0..T, g[s]) = Σ(s in 1..T, g[s])", TIMES)
def ends_of_an_interval_are_dropped(patch: Patch) -> None:
    interval = sums.interval

    def wrong(poly: Poly, index: Base, first: End, final: End) -> Poly:
        if first.symbol == "" and final.symbol:
            return interval(poly, index, FIRST, End(final.symbol, 0))
        return interval(poly, index, first, final)

    everywhere(patch, interval, wrong)


@false("Σ(s in 0..T, f[s]) = Σ(s in 1..T, f[s]) - f[0]", TIMES)
def ends_are_peeled_with_the_wrong_sign(patch: Patch) -> None:
    written_out = sums._written_out

    def wrong(poly: Poly, index: Base, first: End, final: End) -> Poly:
        found = written_out(poly, index, first, final)
        return -found if final.offset < first.offset - 1 else found

    patch.setattr(sums, "_written_out", wrong)


@false("Σ(s in 1..T-1, x[s]) = Σ(s in 1..T, x[s])", TIMES)
def one_term_too_few_is_written_out(patch: Patch) -> None:
    terms = sums._terms
    patch.setattr(sums, "_terms", lambda poly, i, first, ns: terms(poly, i, first, list(ns)[1:]))


def _shift(patch: Patch, of_index: int, of_ends: int) -> None:
    """Shift an index by its least offset: 1 if its range and the ends go along, 0 if not."""

    def shift(binders: list[Base], mono: Mono) -> Poly | None:
        for base in binders:
            least = min((n for b, n in canonical.places(mono) if b == base), default=0)
            if least:
                new = fresh(range_of(base).shifted(least * of_index))
                moved = sums.rename(mono_poly(mono), {base: (new, -least)})
                inner = sums.interval(moved, new, *range_of(base).shifted(least * of_ends))
                return sums.summation([other for other in binders if other != base], inner)
        return None

    patch.setattr(sums, "_shift", shift)


@false("Σ(s in 1..T, δ(s,1)*f[s]*g[s-1]) = 0", TIMES)
def a_shifted_index_keeps_its_range(patch: Patch) -> None:
    _shift(patch, of_index=0, of_ends=1)


@false("Σ(s in 1..T, f[s-1]) = Σ(s in 1..T, f[s])", TIMES)
def the_ends_of_a_shifted_sum_stay(patch: Patch) -> None:
    _shift(patch, of_index=1, of_ends=0)


@false("P[t-1]*x[t] = P[t]*x[t]", TIMES + "\nP[t] := Σ(s in 1..t, f[s]) + 0*g[t]")
def the_end_of_a_sum_loses_its_offset(patch: Patch) -> None:
    patch.setattr(sums, "end_of", lambda place: End(place[0], 0))


SLOPE = "z[k]/(2*x[k] - 7*x[l] - x[m]/5)"


@false("Σ(i, x[i]*z[i]) = Σ(i, x[i]*z[i]^2)")
def canonical_naming_ignores_a_factor(patch: Patch) -> None:
    canonical = sums.canonical

    def wrong(binders: Any, mono: Any) -> Poly:
        kept = mono[:-1]
        return canonical(binders, kept if set(binders) <= mono_poly(kept).bases else mono)

    patch.setattr(sums, "canonical", wrong)


@false("Σ(i, j, S[i,j]) = 0")
def a_sum_of_two_indices_is_its_own_opposite(patch: Patch) -> None:
    canonical = sums.canonical

    def wrong(binders: Any, mono: Any) -> Poly:
        return ZERO if len(binders) > 1 else canonical(binders, mono)

    patch.setattr(sums, "canonical", wrong)


@false(f"Σ(k, l, m, {SLOPE}) = -Σ(l, k, m, {SLOPE})", "x, z: K")
def the_sign_that_renaming_leaves_is_lost(patch: Patch) -> None:
    canonical = sums.canonical

    def wrong(binders: Any, mono: Any) -> Poly:
        found = canonical(binders, mono)
        return Poly(dict.fromkeys(found.terms, 1))

    patch.setattr(sums, "canonical", wrong)


# --- calculus.py ----------------------------------------------------------------------------------


@false("∂(c^2*exp(c), c) = 2*c*exp(c)")
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


@false("∂(c^2, c) = c")
@false("∂(exp(3*c), c) = exp(3*c)")
def power_rule_forgets_the_exponent(patch: Patch) -> None:
    def power_rule(self: Any, atom: Any, exponent: Any) -> Poly:
        return atom_poly(atom, exponent if isinstance(atom, Exp) else exponent - 1)

    patch.setattr(calculus._Differentiation, "power_rule", power_rule)


@false("∂(log(1 + c^2), c) = 1/(1 + c^2)")
def chain_rule_forgets_the_inner_derivative(patch: Patch) -> None:
    whole = calculus._Differentiation.chain

    def chain(self: Any, atom: Any) -> Poly:
        if atom.name == "log" and self.poly(atom.arguments[0]):
            return elementary.power_of(atom.arguments[0], -1)
        return whole(self, atom)

    patch.setattr(calculus._Differentiation, "chain", chain)


def _rule(patch: Patch, kind: type[Atom], change: Callable[[Poly], Poly]) -> None:
    """Change the derivative of atoms of a kind."""
    rule = calculus._Differentiation.rule

    def wrong(self: Any, atom: Atom) -> Poly:
        found = rule(self, atom)
        return change(found) if isinstance(atom, kind) else found

    patch.setattr(calculus._Differentiation, "rule", wrong)


@false("∂(exp(c^2), c) = exp(c^2)")
def exp_forgets_the_inner_derivative(patch: Patch) -> None:
    _rule(patch, Exp, lambda found: ONE if found else ZERO)


@false("∂(1/(1 + c^2), c) = 0")
def a_denominator_is_held_fixed(patch: Patch) -> None:
    _rule(patch, Group, lambda found: ZERO)


@false("∂(Σ(k, x[k]^2), x[i]) = 0*x[i]")
def a_sum_is_held_fixed(patch: Patch) -> None:
    _rule(patch, Sum, lambda found: ZERO)


@false("∂(x[i], x[j]) = 1")
def an_entry_is_differentiated_by_every_entry(patch: Patch) -> None:
    _rule(patch, Var, lambda found: ONE if found else ZERO)


@false("∂(cos(c), c) = sin(c)")
def cos_loses_the_sign_of_its_derivative(patch: Patch) -> None:
    row(patch, "cos", derivative=lambda x, _: functions.apply_function("sin", [x]))


@false("∂(tanh(c), c) = 1 - tanh(c)")
def tanh_loses_a_square_in_its_derivative(patch: Patch) -> None:
    row(patch, "tanh", derivative=lambda _, t: ONE - t)


@false("∂(Max(c, b), c) = 0")
def a_max_has_the_slope_of_its_first_argument(patch: Patch) -> None:
    row(patch, "Max", derivative=lambda x, _: ONE)


# --- normal_form.py -------------------------------------------------------------------------------


@false("Σ(k != i, x[k]) = Σ(k, x[k]) + 0*x[i]")
def the_excluded_index_is_not_left_out(patch: Patch) -> None:
    patch.setattr(normal_form, "delta", lambda left, right: ZERO)


SQUARES = "x: K\np[j] := x[j]^2\nL := Σ(j, p[j]^2)\nd[i,j] := x[i]*p[j]"


@false("d[i,j] = d[j,i]", SQUARES)
def a_definition_is_put_in_with_its_places_swapped(patch: Patch) -> None:
    instance = normal_form.Normalizer.instance

    def wrong(self: Any, name: str, places: Any, held: Any) -> Poly:
        return instance(self, name, tuple(sorted(places)), held)

    patch.setattr(normal_form.Normalizer, "instance", wrong)


@false("∂(L, p[i]) = 0*x[i]", SQUARES)
def a_name_that_a_derivative_holds_is_opened(patch: Patch) -> None:
    entry = normal_form.Normalizer.entry
    wrong = lambda self, each, scope, held: entry(self, each, scope, frozenset())  # noqa: E731
    patch.setattr(normal_form.Normalizer, "entry", wrong)


@false("∂(∂(L, p[i]), x[j]) = 0*x[i]*x[j]", SQUARES)
def a_name_that_was_held_stays_opaque(patch: Patch) -> None:
    patch.setattr(normal_form.Normalizer, "reveal", lambda self, poly, *_: poly)


@false("∂(c^2*b^2, c, b) = 2*c*b^2")
def the_second_variable_of_a_derivative_is_forgotten(patch: Patch) -> None:
    derivative = normal_form.Normalizer.derivative

    def wrong(self: Any, expr: Any, *given: Any) -> Poly:
        return derivative(self, replace(expr, variables=expr.variables[:1]), *given)

    patch.setattr(normal_form.Normalizer, "derivative", wrong)


@false("a^c = a")
def an_exponent_that_is_no_number_is_dropped(patch: Patch) -> None:
    power = normal_form.power
    wrong = lambda base, e: base if e.constant() is None else power(base, e)  # noqa: E731
    patch.setattr(normal_form, "power", wrong)


@false("f[t-1]*x[t] = f[t]*x[t]", TIMES)
def an_index_loses_its_offset(patch: Patch) -> None:
    place = normal_form.Normalizer.place

    def wrong(self: Any, index: Any, scope: Any) -> Any:
        return place(self, replace(index, offset=0) if index.name in scope else index, scope)

    patch.setattr(normal_form.Normalizer, "place", wrong)

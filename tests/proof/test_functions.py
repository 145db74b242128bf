"""Every function of the language: its rows in the three tables agree, and with the libraries.

What is asked here is asked of every row, so that a new function needs no test of its own for it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from operator import ge, gt, ne
from typing import Any

import mpmath
import numpy as np
import pytest
import sympy
from flint import arb, ctx, fmpq

from derivlib.proof import LanguageError, Status, Theory
from derivlib.proof.algebra import functions as prover
from derivlib.proof.algebra.calculus import differentiate
from derivlib.proof.algebra.polynomial import ONE, OutOfBudget, Poly, Var, atom_poly, number
from derivlib.proof.bridge.to_sympy import to_sympy
from derivlib.proof.language.functions import FUNCTIONS, formula_of
from derivlib.proof.language.parser import check_name, parse
from derivlib.proof.language.syntax import Entry, Function
from derivlib.proof.refuter import functions as refuter
from derivlib.proof.refuter.duals import Dual, Number, Undecided, Undefined, slope
from derivlib.proof.views.latex import latex
from tests.support import numeric
from tests.support.latex_reader import Reader, check_structure

THEORY = Theory("x: real")
X = atom_poly(Var("x", ()))
POINTS = [Fraction(n, 12) for n in (-41, -31, -12, -7, -1, 0, 1, 5, 12, 29, 41)]
RELATION: dict[str | None, Callable[[Any, Any], bool]] = {
    None: lambda *_: True,
    "!=": ne,
    ">": gt,
    ">=": ge,
}
SECOND = Fraction(1, 4)
"""The second argument of a function that takes two or more."""

every_function = pytest.mark.parametrize("name", FUNCTIONS)
every_function_of_one = pytest.mark.parametrize(
    "name", [name for name, word in FUNCTIONS.items() if word.arity == 1]
)


def text(name: str) -> str:
    return f"{name}(x)" if FUNCTIONS[name].arity == 1 else f"{name}(x, {SECOND})"


def where(name: str, relation: str | None) -> list[Fraction]:
    """The points that stand so to 0, or to the second argument."""
    zero = 0 if FUNCTIONS[name].arity == 1 else SECOND
    found = [x for x in POINTS if RELATION[relation](x, zero)]
    assert found
    return found


def exact(x: Fraction) -> fmpq:
    return fmpq(x.numerator, x.denominator)


def refuted(name: str, x: Number) -> Number:
    """The refuter's value."""
    arguments = [x] if FUNCTIONS[name].arity == 1 else [x, exact(SECOND)]
    return refuter.FUNCTIONS[name](*arguments)


def proved(name: str, x: Poly) -> Poly:
    """The prover's normal form."""
    return prover.apply_function(name, [x] if FUNCTIONS[name].arity == 1 else [x, number(SECOND)])


def at(poly: Poly, x: Fraction) -> Any:
    return numeric.poly_value(poly, numeric.Point({}, {"x": {(): x}}), {})


def evaluated(symbolic: Any, x: Fraction) -> Any:
    """A number of SymPy's, as mpmath's."""
    value = sympy.Rational(x.numerator, x.denominator)
    at_x = symbolic.xreplace(dict.fromkeys(symbolic.free_symbols, value))
    return mpmath.mpf(str(at_x.evalf(30)))


def close(left: Any, right: Any) -> bool:
    left, right = (
        mpmath.mpf(arb(x).mid().str(30, radius=False)) if isinstance(x, arb | fmpq) else x
        for x in (left, right)
    )
    return bool(abs(left - right) < 1e-14 * (1 + abs(right)))


# --- the rows are complete ------------------------------------------------------------------------


def test_the_three_tables_have_the_same_rows() -> None:
    assert list(FUNCTIONS) == list(prover.FUNCTIONS) == list(refuter.FUNCTIONS)


@every_function
def test_the_parser_reads_it(name: str) -> None:
    word = FUNCTIONS[name]
    arguments = ["x"] * (word.arity or 2)
    for spelling in (name, *word.aliases):
        read = parse(f"{spelling}({', '.join(arguments)})")
        assert read == Function(name, tuple(map(Entry, arguments)))
        with pytest.raises(LanguageError, match="a word of the language"):
            check_name(spelling, spelling)
        with pytest.raises(LanguageError, match="takes"):
            parse(f"{spelling}({', '.join([*arguments, 'x'] if word.arity else 'x')})")


@every_function
def test_a_library_that_has_no_name_for_it_finds_a_formula(name: str) -> None:
    word = FUNCTIONS[name]
    assert None not in (word.numpy, word.sympy) or word.formula is not None
    assert word.numpy is None or hasattr(np, word.numpy)
    assert word.sympy is None or hasattr(sympy, word.sympy)
    assert word.mpmath is None or hasattr(mpmath, word.mpmath)


# --- values ---------------------------------------------------------------------------------------


@every_function
def test_all_know_its_value(name: str) -> None:
    side = THEORY.statement(text(name), "0").left
    of_arrays, symbolic = THEORY.numpy(text(name)), to_sympy(THEORY, side, {})
    for x in where(name, FUNCTIONS[name].domain):
        expected = refuted(name, exact(x))
        assert close(expected, at(proved(name, X), x))
        own = numeric.Evaluation(THEORY, numeric.Point({}, {"x": {(): x}}))
        assert close(expected, own.value(side, {}))
        assert close(expected, of_arrays(x=mpmath.mpf(x.numerator) / x.denominator))
        assert close(expected, float(of_arrays(x=float(x))))
        assert close(expected, of_arrays(x=complex(x)).real)
        assert close(expected, evaluated(symbolic, x))


@every_function_of_one
def test_what_is_said_of_its_sign_is_so(name: str) -> None:
    word = FUNCTIONS[name]
    for x in where(name, word.domain):
        value = arb(refuted(name, exact(x)))
        assert RELATION[word.sign](value, 0)
        if word.keeps_sign and x >= 0:
            assert RELATION[">" if x else ">="](value, 0)


@every_function_of_one
def test_the_prover_rules_are_identities(name: str) -> None:
    rules = prover.FUNCTIONS[name]
    for x in where(name, FUNCTIONS[name].domain):
        value = refuted(name, exact(x))
        if rules.opened is not None:
            assert close(value, at(rules.opened(X), x))
        if rules.parity is not None:
            assert close(value, rules.parity * arb(refuted(name, exact(-x))))
    if rules.at_0 is not None:
        assert refuted(name, fmpq(0)) == exact(Fraction(rules.at_0))
        assert proved(name, X - X) == number(rules.at_0)
    if rules.parity is not None:
        assert proved(name, -X) == proved(name, X).scale(rules.parity)


@every_function_of_one
def test_a_formula_is_the_function(name: str) -> None:
    if FUNCTIONS[name].formula is not None:
        body = formula_of(Function(name, (Entry("x"),)))
        for x in POINTS:
            own = numeric.Evaluation(THEORY, numeric.Point({}, {"x": {(): x}}))
            assert close(refuted(name, exact(x)), own.value(body, {}))


@every_function
def test_it_has_no_value_beyond_its_domain(name: str) -> None:
    domain = FUNCTIONS[name].domain
    for x in POINTS:
        if not RELATION[domain](x, 0):
            with pytest.raises(Undefined):
                refuted(name, exact(x))
            with np.errstate(all="ignore"):
                assert not np.isfinite(THEORY.numpy(text(name))(x=float(x)))
    verdict = THEORY.prove(f"0*{text(name)}", "0")
    assert verdict.status is Status.PROVED
    assert list(map(str, verdict.conditions)) == ([f"x {domain} 0"] if domain else [])


# --- a row says what it could ---------------------------------------------------------------------

# What a row may leave out and still be right; then less is proved.
OPTIONAL = ["sign", "keeps_sign", "parity", "at_0"]


def what_could_be_said(name: str, promise: str) -> Any:
    """What the values at the points suggest that the row should say."""
    values = {x: arb(refuted(name, exact(x))) for x in where(name, FUNCTIONS[name].domain)}
    if promise == "sign":
        signs = (r for r in (">", ">=") if all(RELATION[r](v, 0) for v in values.values()))
        return next(signs, None)
    if promise == "keeps_sign":
        right = {x: v for x, v in values.items() if x >= 0}
        return 0 in right and all(RELATION[">" if x else ">="](v, 0) for x, v in right.items())
    if promise == "at_0":
        near = Fraction(float(values[Fraction(0)])).limit_denominator(12) if 0 in values else None
        return near if near is not None and close(values[Fraction(0)], exact(near)) else None
    pairs = [(v, values[-x]) for x, v in values.items() if x > 0 and -x in values]
    return next((p for p in (1, -1) if pairs and all(close(a, p * b) for a, b in pairs)), None)


def check_promise(name: str, promise: str) -> None:
    word, rules = FUNCTIONS[name], prover.FUNCTIONS[name]
    said = getattr(word if hasattr(word, promise) else rules, promise)
    # A normal form has parity and value by itself, and positive values are so anywhere.
    implied = word.sign == ">" if promise == "keeps_sign" else rules.normal is not None
    if promise == "sign" or not implied:
        could = what_could_be_said(name, promise)
        assert said == could, f"the row of {name} may say {promise}={could}, if that is always so"


@every_function_of_one
@pytest.mark.parametrize("promise", OPTIONAL)
def test_a_row_says_what_it_could(name: str, promise: str) -> None:
    check_promise(name, promise)


@every_function_of_one
@pytest.mark.parametrize("promise", OPTIONAL)
def test_a_row_that_says_too_little_is_seen(
    name: str, promise: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables: tuple[Any, ...] = (FUNCTIONS, prover.FUNCTIONS)
    for table in tables:
        row = table[name]
        if getattr(row, promise, None) not in (None, False):
            monkeypatch.setitem(table, name, replace(row, **{promise: None}))
            with pytest.raises(AssertionError, match=promise):
                check_promise(name, promise)


# --- derivatives ----------------------------------------------------------------------------------


def check_derivative(name: str) -> None:
    """The prover's derivative, the refuter's slope, SymPy's derivative and a quotient of
    differences are the same."""
    word = FUNCTIONS[name]
    derivative = None
    try:
        derivative = differentiate(proved(name, X), "x", ())
    except OutOfBudget as refusal:
        assert str(refusal) == f"{name} has a kink: its ∂ is not carried out"
    assert (derivative is None) == (word.smooth == "!=")
    side = THEORY.statement(f"∂({text(name)}, x)", "0").left
    symbolic = to_sympy(THEORY, side, {}).doit()
    of_arrays = THEORY.numpy(text(name))
    for x in where(name, word.smooth or word.domain):
        with ctx.workprec(128):
            expected = arb(slope(refuted(name, Dual(0, exact(x), fmpq(1))), 0))
        point = mpmath.mpf(x.numerator) / x.denominator
        assert close(expected, evaluated(symbolic, x))
        with mpmath.workdps(30):
            assert close(expected, mpmath.diff(lambda t: of_arrays(x=t), point))
        assert close(expected, of_arrays(x=complex(float(x), 1e-200)).imag / 1e-200)
        if derivative is not None:
            assert close(expected, at(derivative, x))


@every_function
def test_all_know_its_derivative(name: str) -> None:
    check_derivative(name)


@every_function
def test_a_wrong_derivative_is_seen(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    right = prover.FUNCTIONS[name]
    if right.derivative is not None:
        derivative = right.derivative
        wrong = replace(
            right, derivative=lambda x, y: derivative(x, y) + ONE.scale(Fraction(1, 10**6))
        )
        with monkeypatch.context() as patch, pytest.raises(AssertionError):
            patch.setitem(prover.FUNCTIONS, name, wrong)
            check_derivative(name)
    known = refuter.FUNCTIONS[name]
    bent = refuter.smooth(lambda *x: known(*x), lambda x, y: 0 * x)
    if FUNCTIONS[name].arity == 1:
        with monkeypatch.context() as patch, pytest.raises(AssertionError):
            patch.setitem(refuter.FUNCTIONS, name, bent)
            check_derivative(name)


@every_function
def test_it_has_no_derivative_where_it_is_not_smooth(name: str) -> None:
    word = FUNCTIONS[name]
    relation, zero = word.smooth or word.domain, Fraction(0) if word.arity == 1 else SECOND
    if relation is not None:
        with pytest.raises(Undefined):
            refuted(name, Dual(0, exact(zero), fmpq(1)))
        with pytest.raises(Undecided):
            refuted(name, Dual(0, arb(exact(zero)) + arb(0, 1e-30), fmpq(1)))
    verdict = THEORY.prove(f"∂({text(name)} - {text(name)}, x)", "0")
    assert verdict.status is Status.PROVED
    kink = "x" if word.arity == 1 else f"x - {SECOND}"
    assert list(map(str, verdict.conditions)) == ([f"{kink} {relation} 0"] if relation else [])


# --- print ----------------------------------------------------------------------------------------


@every_function
@pytest.mark.parametrize("form", ["{}", "{}^2", "x*{}*x", "{}^x + 1/{}", "-{}^(-1)"])
def test_its_print_is_read_back(name: str, form: str) -> None:
    expr = parse(form.replace("{}", text(name).replace("1/4", "y")))
    printed = latex(expr)
    check_structure(printed)
    assert latex(Reader(printed).whole()) == printed

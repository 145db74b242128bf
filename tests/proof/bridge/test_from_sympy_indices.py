"""SymPy's indices, and what of SymPy is refused."""

import subprocess
import sys
from typing import Any

import pytest
import sympy
from sympy import (
    Derivative,
    Function,
    Idx,
    IndexedBase,
    KroneckerDelta,
    Rational,
    Sum,
    Symbol,
    exp,
    log,
    symbols,
)

from derivlib.proof import Theory
from derivlib.proof.bridge.from_sympy import from_sympy
from derivlib.proof.language.errors import LanguageError
from derivlib.proof.verdict import Status
from tests.support.spans import spans
from tests.support.sympy_words import (
    K,
    T,
    c,
    h,
    i,
    j,
    k,
    m,
    p,
    y,
    z,
)
from tests.support.theories import SOFTMAX

# --- indices that share a name --------------------------------------------------------------------


def test_a_bound_index_named_like_a_free_one() -> None:
    theory = Theory(SOFTMAX)
    total = Sum(exp(z[k]), (k, 1, K))
    assert theory.prove(Derivative(total, z[k]), exp(z[k])).status is Status.PROVED
    assert theory.prove(exp(z[k]) / total, p[k]).status is Status.PROVED
    assert theory.prove(Sum(z[k] * total, (k, 1, K)), "Σ(i, z[i])*Σ(j, exp(z[j]))").status is (
        Status.PROVED
    )
    captured = sympy.diff(total, z[k])  # SymPy takes the free k for the bound one
    assert captured == total
    assert theory.prove(captured, exp(z[k])).status is Status.REFUTED


def test_the_limit_of_a_sum_stands_outside_of_it() -> None:
    theory = Theory("z: K")
    statement = theory.statement(z[k] * Sum(z[k], (k, 1, k)), "z[k]*Σ(j in 1..k, z[j])")
    assert statement.free == spans(k="K")
    verdict = theory.prove(z[k] * Sum(z[k], (k, 1, k)), "z[k]*Σ(j in 1..k, z[j])")
    assert verdict.status is Status.PROVED


@pytest.mark.parametrize(
    "expr",
    [
        z[i] * z[Symbol("i", integer=True)],
        z[i] * z[Idx("i")],
        Sum(z[Symbol("k", integer=True)], (k, 1, K)),
        Sum(z[sympy.Dummy("k")], (k, 1, K)),
        c * Symbol("c", real=True),
        z[i] * IndexedBase("z", real=True)[i],
        K * Symbol("K", integer=True),
    ],
)
def test_two_symbols_of_one_name_are_refused(expr: Any) -> None:
    with pytest.raises(ValueError, match="two different symbols are called"):
        from_sympy(Theory(SOFTMAX), expr)


@pytest.mark.parametrize(
    "expr", [c * z[c], Sum(c * z[c], (c, 1, K)), Sum(z[c], (c, 1, K)) * c, Sum(c, (c, 1, K))]
)
def test_an_index_is_no_number(expr: Any) -> None:
    with pytest.raises(ValueError, match=r"'c' is used as an index and as a number"):
        from_sympy(Theory(SOFTMAX), expr)


# --- where an index runs --------------------------------------------------------------------------


def test_idx_says_where_a_free_index_runs() -> None:
    theory = Theory("z: K\nK >= 2")
    size = Symbol("K", integer=True)
    short, whole = Idx("i", (1, size - 1)), Idx("i", (1, size))
    assert theory.statement(z[whole], 0).free == spans(i="K")
    assert theory.statement(z[short], 0).free == spans(i="1..K-1")
    assert theory.statement(Sum(z[short], short), 0).free == {}
    assert theory.statement(Sum(z[short], short) * z[short], 0).free == spans(i="1..K-1")
    assert theory.statement(KroneckerDelta(short, Idx("j", (1, size))), 0).free == spans(
        i="1..K-1", j="K"
    )
    assert theory.prove(KroneckerDelta(short, size), 0).status is Status.PROVED
    assert theory.prove(KroneckerDelta(whole, size), 0).status is Status.REFUTED
    with pytest.raises(ValueError, match=r"Idx 'i' runs over K and over 1\.\.K-1"):
        theory.prove(z[whole], z[short])


@pytest.mark.parametrize(
    "expr",
    [
        Sum(z[k], (k, 0, K - 1)),
        z[Idx("k", Symbol("K", integer=True))],
        Sum(z[Idx("k", Symbol("K", integer=True))], Idx("k", Symbol("K", integer=True))),
    ],
)
def test_counting_from_0_is_told_what_to_write(expr: Any) -> None:
    with pytest.raises(ValueError) as caught:
        from_sympy(Theory("z: K"), expr)
    assert str(caught.value) == (
        "z[k]: k runs over 0..K-1, but that axis over K, counted from 1: write (k, 1, K) in Sum "
        "and Idx('k', (1, K)), or declare the axis as 0..K-1"
    )
    theory = Theory("z: 0..K-1")
    assert theory.prove(expr, expr).status is Status.PROVED
    assert theory.statement(Sum(z[k], (k, 0, K - 1)), "0").free == {}


@pytest.mark.parametrize(
    ("expr", "message"),
    [
        (Sum(z[k], (k, 1, m)), r"z\[k\]: k runs over m, but that axis over K"),
        (Sum(z[k + 1], (k, 1, K)), r"z\[k \+ 1\]: k runs over K, .* write \(k, 0, K-1\)"),
        (Sum(z[k], (k, 2, K + 1)), r"runs over 2\.\.K\+1, .* write \(k, 1, K\)"),
        (Sum(h[k], (k, 1, T + 1)), r"counted from 0: write \(k, 0, T\)"),
        (Sum(z[k], (k, 1, 3)), r"k runs over 1\.\.3, but that axis over K"),
    ],
)
def test_an_index_stays_on_its_axis(expr: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        from_sympy(Theory("z: K\nX: m×K\nh: 0..T"), expr)


# --- what is refused ------------------------------------------------------------------------------

BODY = z[i] ** 2


@pytest.mark.parametrize(
    ("expr", "message"),
    [
        (Function("f")(i), r"f\(i\): .*write Symbol\('f'\) for a scalar, IndexedBase\('f'\)\[i\]"),
        (Symbol("w"), r"'w' is not declared: expected a scalar or a size"),
        (IndexedBase("w")[i], r"w\[i\]: 'w' is not declared"),
        (Symbol("z"), r"'z' is an array over K: write .* IndexedBase\('z'\)\[i\]"),
        (z[i, j], r"z\[i, j\]: expected as many indices as 'z' has axes, 1, for K"),
        (IndexedBase("c")[i], r"c\[i\]: .* none: it is a scalar"),
        (z[i * j], r"z\[i\*j\]: i\*j is not a place"),
        (z[i + j], r"z\[i \+ j\]: i \+ j is not a place"),
        (z[2 * i], "2*i is not a place"),
        (z[Rational(1, 2)], r"1/2 is not a place"),
        (z[y[i]], r"y\[i\] is not a place"),
        (i * z[j], r"'i' is not declared"),
        (Idx("i") * z[j], "i: the language has no index as a number"),
        (0.5 * z[i], r"expected an exact number, such as Rational\(1, 10\)"),
        (sympy.pi * c, "pi: Pi is not in the language; expected Sum, Indexed"),
        (sympy.I * c, "I: ImaginaryUnit is not in the language"),
        (sympy.oo, "oo: "),
        (sympy.nan, "nan: "),
        (sympy.zoo, "zoo: "),
        (sympy.tan(c), r"tan\(c\): tan is not in the language"),
        (sympy.sign(c), "sign is not in the language"),
        (sympy.Piecewise((c, c > 0), (0, True)), "Piecewise is not in the language"),
        (sympy.Integral(c, c), "Integral is not in the language"),
        (sympy.Product(z[k], (k, 1, K)), "Product is not in the language"),
        (sympy.Eq(c, 1), "Equality is not in the language"),
        (sympy.Subs(Derivative(c**2, c), c, 1), "Subs is not in the language"),
        (sympy.MatrixSymbol("z", 3, 3)[0, 1], r"write IndexedBase\('z'\)\[i, j\]"),
        (sympy.ImmutableMatrix([1]), "is not in the language"),
        (Sum(z[k], (k, 1, sympy.oo)), r"oo is not a place"),
        (Sum(z[k], (k, 1, K / 2)), r"K/2 is not a place"),
        (Sum(z[k], (k, c, K)), None),
        (z[Idx("i", (1, j))], "j is not a bound"),
        (Derivative(BODY, (z[i], k)), "k is no number of times to differentiate"),
        (Derivative(Function("f")(c), Function("f")(c)), r"expected a variable such as z\[i\]"),
        (KroneckerDelta(i, j, (1, 3)), r"expected KroneckerDelta\(i, j\), without a range"),
        (KroneckerDelta(i, c / 2), "c/2 is not a place"),
        (log(c, 2, evaluate=False), "log takes one argument"),
        (z[Symbol("a b")], "'a b' is not a name"),
        (z[Symbol("exp")], "'exp' is a word of the language"),
        (Symbol("__import__('os').system('exit 1')"), "is not a name"),
        (Derivative(c * K, K), "is a size: nothing is differentiated by it"),
        (Sum(z[K], (K, 1, K)), "'K' is a size and cannot be an index"),
    ],
)
def test_what_is_outside_of_the_language_is_named(expr: Any, message: str | None) -> None:
    with pytest.raises(ValueError, match=message):
        Theory(SOFTMAX).prove(expr, expr)


def test_what_is_no_expression_of_sympy() -> None:
    theory = Theory(SOFTMAX)
    for wrong in (True, 0.5, None, "z[i]", [z[i]], sympy.Matrix([1])):
        with pytest.raises(TypeError, match=f"not {type(wrong).__name__}"):
            from_sympy(theory, wrong)
    with pytest.raises(TypeError, match="not float"):
        theory.prove(z[i], 0.5)


def test_a_tower_of_operations_is_refused() -> None:
    tower: Any = c
    for _ in range(600):
        tower = exp(-tower, evaluate=False)
    with pytest.raises(ValueError, match="nested"):
        Theory(SOFTMAX).prove(tower, 0)


@pytest.mark.parametrize("count", [4000, 800])
def test_a_long_expression_is_refused(count: int) -> None:
    long = sympy.Add(*(c**n for n in range(1, count)))
    with pytest.raises(ValueError, match=r"nested too deeply|characters; 5000 at most"):
        Theory(SOFTMAX).prove(long, 0)


@pytest.mark.parametrize(
    ("expr", "column", "problem"),
    [
        (c + 10**50, 0, "a number of more than 40 digits"),
        (c + z[10**8], 6, "'100000000' is not a place"),
        (c + z[K + 1], 6, r"'z' has no place K\+1"),
        (Derivative(z[i] ** 2, K), 10, "'K' is a size: nothing is differentiated by it"),
    ],
)
def test_the_limits_of_the_language_hold_and_an_error_points(
    expr: Any, column: int, problem: str
) -> None:
    with pytest.raises(LanguageError, match=problem) as caught:
        Theory(SOFTMAX).statement(expr, 0)
    assert caught.value.line == from_sympy(Theory(SOFTMAX), expr)
    assert caught.value.column == column


def test_a_long_expression_is_cut_short_in_errors() -> None:
    with pytest.raises(ValueError) as caught:
        from_sympy(Theory(SOFTMAX), z[sum(symbols("a1:200"))])
    assert "…: a1 + a10 + " in str(caught.value)


def test_sympy_is_not_imported_to_find_out() -> None:
    code = (
        "import sys; from derivlib.proof import Theory; "
        "print(Theory('z: K').prove('z[i]', 'z[i]').status, 'sympy' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["PROVED", "False"]

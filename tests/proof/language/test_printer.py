"""Text of an expression: read back it is the same tree, and it looks as an author writes it."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from derivlib.proof.language.functions import FUNCTIONS
from derivlib.proof.language.parser import parse
from derivlib.proof.language.printer import to_text
from derivlib.proof.language.syntax import (
    Add,
    Binder,
    Delta,
    Derivative,
    Div,
    Entry,
    Expr,
    Function,
    Index,
    Mul,
    Neg,
    Number,
    Pow,
    Sub,
    Sum,
)
from derivlib.proof.theory import Theory

names = st.sampled_from(["x", "w2", "loss", "sigma_2", "λ", "a_"])
indices = st.one_of(
    st.sampled_from(["i", "j", "row", "α"]).map(Index),
    st.builds(Index, st.sampled_from(["t", "row", "T"]), st.integers(-12, 12)),
    st.integers(-3, 12).map(lambda place: Index(None, place)),
)
entries = st.builds(Entry, names, st.lists(indices, max_size=3).map(tuple))
numbers = st.builds(
    lambda digits, places: Number(Fraction(digits, 10**places)),
    st.integers(0, 10**6),
    st.integers(0, 8),
)
summed = st.sampled_from(["i", "j", "k"])
binders = st.lists(
    st.one_of(
        st.builds(Binder, summed, st.lists(indices, max_size=2).map(tuple)),
        st.builds(Binder, summed, first=indices, final=indices),
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda binder: binder.index,
).map(tuple)


def larger(parts: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    binary = [st.builds(node, parts, parts) for node in (Add, Sub, Mul, Div, Pow)]
    unary = st.builds(
        lambda name, argument: Function(name, (argument,)),
        st.sampled_from([name for name, word in FUNCTIONS.items() if word.arity == 1]),
        parts,
    )
    greatest = st.lists(parts, min_size=2, max_size=3).map(lambda a: Function("Max", tuple(a)))
    variables = st.lists(entries, min_size=1, max_size=3).map(tuple)
    return st.one_of(
        *binary,
        st.builds(Neg, parts),
        unary,
        greatest,
        st.builds(Sum, binders, parts),
        st.builds(Derivative, parts, variables),
    )


expressions = st.recursive(
    st.one_of(numbers, entries, st.builds(Delta, indices, indices)), larger, max_leaves=12
)


@given(expressions)
@settings(max_examples=400, deadline=None)
def test_the_parser_reads_the_text_back(expr: Expr) -> None:
    text = to_text(expr)
    assert parse(text) == expr
    assert "--" not in text.replace(" ", "")  # `--` starts a reason


@pytest.mark.parametrize(
    "text",
    [
        "p[j]*(δ(i,j) - p[i])",
        "Σ(j, y[j]*log(p[j]))",
        "1/m * Σ(n, X[n,r]*(a[n] - t[n]))",
        "-y[j]/p[j] * (p[j]*(δ(i,j) - p[i]))",
        "-Σ(j, y[j]*δ(i,j)) + p[i]*Σ(j, y[j])",
        "Σ(i, k != i != 2, (x[i] - x[k])^2)/2",
        "∂(L, z[i], z[j])",
        "a - (b - c)",
        "a*(b*c)",
        "a/(b*c)",
        "a/b/c",
        "(a^b)^c",
        "a^b^c",
        "(-a)^2",
        "-a^2",
        "-(a*b)",
        "-a*b",
        "a*(-b)",
        "a + (-b*c)",
        "x^(-1)",
        "-(-a)",
        "0.125*x + 10",
        "Max(0, 1 - x)",
        "h[t-1,a] + lam[T+1,a] - x[K]*x[0]*x[-1]",
        "Σ(t in 1..T, a, g[t,a])",
        "Σ(s in -1..t-1, r in t+1..T-2, x[s]*x[r])",
        "Σ(t in 1..T, δ(t-1,s)*x[t])",
    ],
)
def test_what_an_author_writes_is_printed_so(text: str) -> None:
    assert to_text(parse(text)) == text


@pytest.mark.parametrize("value", [Fraction(1, 3), Fraction(-2), Fraction(-1, 7), Fraction(-1, 4)])
def test_a_number_without_a_literal_keeps_its_value(value: Fraction) -> None:
    def worth(expr: Expr) -> Fraction:
        match expr:
            case Number(number):
                return number
            case Neg(argument):
                return -worth(argument)
            case Div(left, right):
                return worth(left) / worth(right)
            case Mul(left, right):
                return worth(left) * worth(right)
            case Pow(base, exponent):
                return worth(base) ** int(worth(exponent))
        raise AssertionError(expr)

    for whole, expected in (
        (Number(value), value),
        (Mul(Number(Fraction(5)), Number(value)), 5 * value),
        (Div(Number(Fraction(5)), Number(value)), 5 / value),
        (Pow(Number(value), Number(Fraction(2))), value**2),
    ):
        assert worth(parse(to_text(whole))) == expected


@pytest.mark.parametrize(
    "text", ["Σ(s in 1 .. t - 1, h[ s+1 ])", "Sum(s ∈ 1…t−1, h[s + 1])", "Σ(s in 1..t-1,h[s+1])"]
)
def test_intervals_and_offsets_are_written_without_blanks(text: str) -> None:
    assert to_text(parse(text)) == "Σ(s in 1..t-1, h[s+1])"


@pytest.mark.parametrize(
    ("declarations", "left", "right"),
    [
        (
            "X: m×d\nw: d\na[n] := sigmoid(Σ(q, X[n,q]*w[q]))",
            "1/m * Σ(n, k != n, a[n]*a[k])",
            "∂(a[n], w[q])*d^2",
        ),
        (
            "h: 0..T × H\nlam: 1..T+1 × H\nx: T",
            "Σ(t in 1..T, a, h[t-1,a]*lam[t+1,a]) - x[T]*lam[T+1,b]",
            "Σ(s in 1..t-1, x[s]*h[0,b]) + x[t]*Σ(r, h[r,b])",
        ),
    ],
)
def test_a_resolved_expression_resolves_again_to_itself(
    declarations: str, left: str, right: str
) -> None:
    theory = Theory(declarations)
    statement = theory.statement(left, right)
    again = theory.statement(to_text(statement.left), to_text(statement.right))
    assert (again.left, again.right) == (statement.left, statement.right)
    assert again.free == statement.free

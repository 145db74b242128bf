"""Mutants: one slip at a time, each a line that the language accepts."""

from collections.abc import Iterator

import pytest
from hypothesis import given

from derivlib.proof.language.errors import LanguageError
from derivlib.proof.language.names import resolve
from derivlib.proof.language.parser import parse
from derivlib.proof.language.printer import to_text
from derivlib.proof.language.ranges import Range
from derivlib.proof.language.syntax import Expr, children
from derivlib.proof.slips import mutations
from derivlib.proof.theory import Theory
from tests.support import theories
from tests.support.letters import FREE, THEORY
from tests.support.strategies import expressions, few
from tests.support.timely import TIME, TIMES, chronicles

SOFTMAX = Theory(theories.SOFTMAX + "X: m×d\nW: d×d")


def mutants(theory: Theory, text: str) -> dict[str, str]:
    """Each mutant of a text, with what was changed."""
    statement = theory.statement(text, "0")
    found = mutations(theory, statement.left, statement.free)
    return {to_text(m.expression): m.change for m in found}


def check_mutants(theory: Theory, expr: Expr, free: dict[str, Range]) -> None:
    for mutation in mutations(theory, expr, free):
        mutant = mutation.expression
        assert mutant != expr
        assert mutation.change
        text = to_text(mutant)
        resolved = resolve([(parse(text), text)], theory, known=free)
        assert to_text(resolved.expressions[0]) == text
        assert dict(resolved.free) == free, "it exists wherever the line does"
        assert len(list(differences(expr, mutant))) <= 1


def test_the_first_slips_that_are_refuted_are_each_of_another_kind() -> None:
    derivation = SOFTMAX.derive("∂(L, z[i])\n = p[i] - y[i]\n = -(y[i] - p[i])")
    found = derivation.slips(2, most=4)
    assert [slip.change for slip in found] == [
        "a sign",
        "- turned into +",
        "a difference turned around",
        "a term dropped",
    ]
    assert {(slip.line, slip.verdict.status) for slip in found} == {(2, "REFUTED")}
    product = SOFTMAX.derive("y[i]*p[i]\n = p[i]*y[i]").slips(1, most=2)
    assert [slip.change for slip in product] == ["a factor dropped", "the sign of an entry"]
    assert [slip.text for slip in derivation.slips(2, most=1)] == ["y[i] - p[i]"]
    assert derivation.slips(2, most=0) == derivation.slips(2, effort=1e-6) == []


@pytest.mark.parametrize("line", [-1, 0, 2])
def test_only_a_line_with_one_before_it_has_slips(line: int) -> None:
    with pytest.raises(ValueError, match="line: 1 to 1 is expected"):
        SOFTMAX.derive("p[i]\n = p[i]*1").slips(line)


def differences(left: Expr, right: Expr) -> Iterator[tuple[Expr, Expr]]:
    """The smallest parts in which two trees differ."""
    if left == right:
        return
    pairs = list(zip(children(left), children(right), strict=False))
    same_shape = type(left) is type(right) and len(pairs) == len(list(children(left)))
    below = [pair for a, b in pairs for pair in differences(a, b)]
    yield from below if same_shape and len(below) == 1 else [(left, right)]


@few
@given(expressions(depth=3))
def test_a_mutant_is_well_typed_and_differs_at_one_site(expr: Expr) -> None:
    text = to_text(expr)
    try:
        resolved = resolve([(parse(text), text)], THEORY, known=FREE)
    except LanguageError:  # the index of a sum occurs nowhere in it
        return
    check_mutants(THEORY, resolved.expressions[0], dict(FREE))


@few
@given(chronicles(depth=2))
def test_so_is_one_over_time(expr: Expr) -> None:
    check_mutants(TIME, expr, dict(TIMES))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("p[i] - y[i]", "p[i] + y[i]"),
        ("p[i] - y[i]", "y[i] - p[i]"),
        ("p[i] - y[i]", "p[i]"),
        ("p[i] - y[i]", "-(p[i] - y[i])"),
        ("p[i] - y[i]", "2*(p[i] - y[i])"),
        ("p[i] - y[i]", "1/K * (p[i] - y[i])"),
        ("p[j]*(δ(i,j) - p[i])", "p[j]*(1 - p[i])"),
        ("p[j]*(δ(i,j) - p[i])", "p[i]*(δ(i,j) - p[i])"),
        ("p[j]*(1 - p[i])", "p[j]*(δ(i,j) - p[i])"),
        ("p[j]*(δ(i,j) - p[i])", "δ(i,j) - p[i]"),
        ("Σ(a, X[n,a]*W[a,b])", "Σ(a, X[n,a]*W[b,a])"),
        ("Σ(a, X[n,a]*W[a,b])", "Σ(a, X[n,b]*W[a,b])"),
        ("Σ(k != i, y[k])", "Σ(k, y[k])"),
        ("∂(L, p[i])", "∂(L, z[i])"),
        ("∂(p[i], z[j])", "∂(p[i], z[i])"),
        ("log(z[i])", "z[i]"),
        ("z[i]^2", "z[i]"),
        ("z[i]/2", "2/z[i]"),
    ],
)
def test_slips_that_people_make(text: str, expected: str) -> None:
    assert expected in mutants(SOFTMAX, text)


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("Σ(k, z[k]*y[k])", "Σ(k, 1)"),
        ("Σ(n, X[n,a])", "Σ(n, X[a,n])"),  # m is not d
        ("∂(L, p[i])", "∂(L, L)"),
    ],
)
def test_what_is_no_line_is_no_mutant(text: str, refused: str) -> None:
    assert refused not in mutants(SOFTMAX, text)


def test_a_place_stays_on_its_axis() -> None:
    theory = Theory("h: 0..T\nx: T\ny: 0..T")
    found = mutants(theory, "Σ(s in 1..T, h[s-1]*x[s])*y[t]")
    assert "Σ(s in 1..T, h[s - 1]*x[t])*y[t]" not in found  # there is no x[0]
    assert not [text for text in found if "t-1" in text or "t - 1" in text]  # nor h[-1]


def test_a_mutant_of_a_size_factor() -> None:
    assert mutants(SOFTMAX, "z[i]")["K*z[i]"] == "a factor K"
    assert mutants(SOFTMAX, "z[i]")["-z[i]"] in ("the sign", "the sign of an entry")

"""Where is it defined? No condition is missing, none that always holds is named."""

import contextlib

import pytest
from hypothesis import assume, given

from derivlib.proof.algebra.conditions import needs
from derivlib.proof.algebra.normal_form import Normalizer
from derivlib.proof.algebra.polynomial import OutOfBudget, Undefined
from derivlib.proof.algebra.requirements import Requirement
from derivlib.proof.language.syntax import Expr
from derivlib.proof.theory import Theory
from tests.support.answers import At, decide_text, meaning, scope_of
from tests.support.letters import FREE, THEORY
from tests.support.numeric import TINY, Evaluation, Unclear
from tests.support.strategies import expressions, few, where

WORDS = Theory("""
    x: K
    u: K, positive
    S: K×K
    c: real
    a: real, positive
    p[j] := exp(x[j]) / Σ(k, exp(x[k]))
    r[j] := 1/x[j]
    w := Σ(k, log(x[k]))
    t[j] := r[j] + S[j,2]
""")


LETTERS = Theory("""
    x: K
    S: K×K
    r[j] := 1/x[j]
    w := Σ(k, log(x[k]))
    t[j] := r[j] + S[j,2]
    v[j] := 1/Σ(k, S[j,k])
    n[i,j] := 1/(x[i] - x[j])
""")


def needed(text: str, theory: Theory = WORDS) -> tuple[str, ...]:
    statement = theory.statement(text, "0")
    scope = scope_of(statement.free)
    asked = needs(theory, [statement.left], scope, Normalizer(theory))
    return tuple(map(str, asked.conditions()))


@few
@given(expressions(depth=4), where())
def test_without_conditions_it_is_defined_everywhere(expr: Expr, at: At) -> None:
    try:
        found = needs(THEORY, [expr], scope_of(FREE), Normalizer(THEORY)).conditions()
    except (Undefined, OutOfBudget):
        assume(False)
    if not found:
        with contextlib.suppress(Unclear):
            Evaluation(THEORY, at[0]).value(expr, at[1])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1/c", ["c != 0"]),
        ("c^-2", ["c != 0"]),
        ("log(c)", ["c > 0"]),
        ("sqrt(c)", ["c >= 0"]),
        ("c^(1/2)", ["c >= 0"]),
        ("c^0.25", ["c >= 0"]),
        ("c^(-1/2)", ["c > 0"]),
        ("c^K", ["c > 0"]),
        ("c^a", ["c > 0"]),
        ("∂(sqrt(c), c)", ["c > 0"]),
        ("∂(c^1.5, c)", ["c > 0"]),
        ("∂(log(c), c)", ["c > 0"]),
        ("∂(1/c, c)", ["c != 0"]),
        ("∂(sqrt(c)*x[i], x[j])", ["c >= 0"]),
        ("∂(c^1.5*x[i], x[j])", ["c >= 0"]),
        ("∂(abs(c), c)", ["c != 0"]),
        ("∂(abs(c)*x[i], x[j])", []),
        ("sqrt(abs(c)) + log(1 + abs(c)) + log(abs(a)) + log(sinh(a))", []),
        ("1/sin(a)", ["sin(a) != 0"]),
        ("log(abs(c))", ["abs(c) > 0"]),
        ("∂(Max(c, x[i]), c)", ["c - x[i] != 0"]),
        ("∂(Max(c, 0) + Max(0, S[i,i]), c)", ["c != 0"]),
        ("∂(Max(c, x[i]), S[i,j])", []),
        ("∂(Max(c^2, -1), c)", []),
        ("Max(c, x[i])", []),
        ("c/c", ["c != 0"]),
        ("0*log(c)", ["c > 0"]),
        ("log(c) - log(c)", ["c > 0"]),
        ("1/(1/c)", ["c != 0"]),
        ("Σ(k, 1/x[k])", ["x[k] != 0 for all k"]),
        ("Σ(k, c/x[k])*0", ["x[k] != 0 for all k"]),
        ("r[i]", ["x[i] != 0"]),
        ("r[i] + r[j]", ["x[i] != 0", "x[j] != 0"]),
        ("w", ["x[k] > 0 for all k"]),
        ("1/(x[i] - x[j])", ["x[i] - x[j] != 0"]),
        ("1/(1 - p[i])", ["K >= 2"]),
        ("1/(K - 1)", ["K - 1 != 0"]),
        ("1/Σ(k, x[k]^2)", ["Σ(k, x[k]^2) != 0"]),
        ("1/Σ(k != i, u[k])", ["K >= 2"]),
        ("1/δ(i,j)*x[i]", ["δ(i,j) != 0"]),
        ("1/(c^2 - 1)", ["c^2 - 1 != 0"]),
        ("x[1]", []),
        ("x[2]", ["K >= 2"]),
        ("∂(w, x[2])", ["K >= 2", "x[k] > 0 for all k"]),
        ("r[3]", ["K >= 3", "x[3] != 0"]),
        ("t[j]", ["K >= 2", "x[j] != 0"]),
        ("S[1,4]", ["K >= 4"]),
    ],
)
def test_conditions(text: str, expected: list[str]) -> None:
    assert sorted(needed(text)) == sorted(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("r[k]", ["x[k] != 0"]),
        ("r[i] + Σ(j, r[j])", ["x[j] != 0 for all j"]),
        ("x[j] + Σ(j, r[j])", ["x[i] != 0 for all i"]),
        ("x[k] + w", ["x[i] > 0 for all i"]),
        ("t[k] + x[j]", ["K >= 2", "x[k] != 0"]),
        ("v[i]", ["Σ(k, S[i,k]) != 0"]),
        ("v[k]", ["Σ(i, S[k,i]) != 0"]),
        ("v[2]", ["K >= 2", "Σ(k, S[2,k]) != 0"]),
        ("Σ(k, v[k]*x[i])", ["Σ(j, S[k,j]) != 0 for all k"]),
        ("n[i,j]", ["x[i] - x[j] != 0"]),
        ("n[j,i]", ["x[j] - x[i] != 0"]),
    ],
)
def test_a_definitions_condition_is_in_the_statements_letters(
    text: str, expected: list[str]
) -> None:
    assert sorted(needed(text, LETTERS)) == sorted(expected)


def test_a_definition_at_a_place_where_it_has_no_value() -> None:
    with pytest.raises(Undefined):
        needed("n[i,i]", LETTERS)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1/c + 1/c^2", ["c != 0"]),
        ("1/(1/c)", ["c != 0"]),
        ("log(c^2) + log(c)", ["c > 0"]),
        ("log(c^2) + 1/c", ["c != 0"]),
        ("log(c^3)", ["c^3 > 0"]),
        ("log(c^3) + log(c)", ["c > 0"]),
        ("sqrt(c) + 1/c", ["c >= 0", "c != 0"]),
        ("sqrt(c) + log(c)", ["c > 0"]),
        ("log(c) + log(-c)", ["c > 0", "-c > 0"]),
        ("log(a*c) + log(c)", ["c > 0"]),
        ("log(c*x[1]) + log(c) + log(x[1])", ["c > 0", "x[1] > 0"]),
        ("log(c*x[1]) + log(x[1])", ["c*x[1] > 0", "x[1] > 0"]),
        ("1/(c*x[1]) + log(x[1]) + log(c)", ["c > 0", "x[1] > 0"]),
        ("sqrt(c^2*x[1]) + sqrt(x[1])", ["x[1] >= 0", "c^2*x[1] >= 0"]),
        ("sqrt(c^2*x[1]) + log(x[1])", ["x[1] > 0", "c^2*x[1] >= 0"]),
        ("1/(c - x[1]) + 1/(2*x[1] - 2*c)", ["c - x[1] != 0"]),
        ("log(c - x[1]) + log(2*x[1] - 2*c)", ["c - x[1] > 0", "2*x[1] - 2*c > 0"]),
        ("1/x[i] + Σ(k, 1/x[k])", ["x[k] != 0 for all k"]),
        ("1/x[i] + Σ(i, 1/x[i])", ["x[j] != 0 for all j"]),
        ("1/x[i] + 1/x[j]", ["x[i] != 0", "x[j] != 0"]),
        ("1/x[1] + 1/x[i]", ["x[1] != 0", "x[i] != 0"]),
        (
            "Σ(k, 1/S[k,k]) + Σ(j, k, 1/S[j,k])",
            ["S[k,k] != 0 for all k", "S[j,k] != 0 for all j, k"],
        ),
        ("Σ(k, 1/x[k]) + Σ(j, c/x[j])", ["x[k] != 0 for all k"]),
        ("x[3] + x[4] + S[2,2]", ["K >= 4"]),
    ],
)
def test_what_follows_from_other_conditions_is_not_said(text: str, expected: list[str]) -> None:
    assert sorted(needed(text)) == sorted(expected)


@pytest.mark.parametrize("text", ["Σ(k != i, 1/x[k])", "Σ(k != i, 1/(x[k] - x[i]))"])
def test_a_term_that_is_left_out_and_may_be_undefined_is_given_up(text: str) -> None:
    with pytest.raises(OutOfBudget, match="may be undefined"):
        needed(text)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "1/K",
            "1/a",
            "1/u[i]",
            "log(a)",
            "log(K)",
            "sqrt(a*u[i])",
            "1/(c^2 + 1)",
            "log(1 + exp(c))",
        ),
        *(
            "1/Σ(k, exp(x[k]))",
            "log(Σ(k, exp(x[k])))",
            "log(p[i])",
            "1/p[i]",
            "sqrt(c^2)",
            "p[i]^-2",
        ),
        *("log(Σ(k, x[k]^2) + a)", "1/(1 + Σ(i, j, S[i,j]^2))", "∂(log(p[i]), x[j])", "sigmoid(c)"),
        *(
            "∂(sqrt(1 + c^2), c)",
            "a^c",
            "K^c",
            "exp(c)^K",
            "c^0",
            "c^3",
            "0^0",
            "tanh(c)",
            "Max(c, a)",
        ),
        *("1/(1 + δ(i,j)*x[i]^2)", "1/(-1 - c^2)", "log(2)", "sqrt(Σ(k, x[k]^2))", "1/2^(1/2)"),
    ],
)
def test_what_always_holds_is_not_named(text: str) -> None:
    assert needed(text) == ()


@pytest.mark.parametrize("text", ["1/(1 + (x[i] - x[j])^2)", "log(a + (c - 1)^2)"])
def test_a_square_of_a_difference_is_a_square(text: str) -> None:
    assert needed(text) == ()


def test_a_lower_bound_makes_room_for_places() -> None:
    roomy = Theory("x: K\nK >= 3")
    assert needed("x[3] + x[2]", roomy) == ()
    assert needed("x[4]", roomy) == ("K >= 4",)


def test_a_lower_bound_keeps_a_denominator_from_0() -> None:
    assert needed("x[1]/(K - 1)", Theory("x: K\nK >= 2")) == ()


@pytest.mark.parametrize("text", ["1/(c - c)", "log(0*c)", "1/Σ(k, x[k] - x[k])", "0^-1*c"])
def test_what_is_defined_nowhere(text: str) -> None:
    with pytest.raises(Undefined):
        needed(text)


@pytest.mark.parametrize(
    ("text", "relation", "holds"),
    [
        ("1", "!=", True),
        ("1", ">", True),
        ("-1", "!=", True),
        ("-1", ">", False),
        ("-1", ">=", False),
        ("c - c", "!=", False),
        ("c - c", ">", False),
        ("c - c", ">=", True),
        ("a/(1 + c^2)", ">", True),
        ("-a/(1 + c^2)", "!=", True),
        ("-a/(1 + c^2)", ">", False),
        ("c^2/(1 + c^2)", ">=", True),
        ("c^2/(1 + c^2)", ">", False),
        ("c", "!=", False),
        ("exp(2*c) - 2*exp(c) + 1", ">", False),
    ],
)
def test_requirements(text: str, relation: str, holds: bool) -> None:
    asked = {"!=": f"1/({text})", ">": f"log({text})", ">=": f"sqrt({text})"}[relation]
    try:
        assert (needed(asked) == ()) == holds
    except Undefined:
        assert not holds


@few
@given(expressions(depth=2), where())
def test_a_requirement_that_holds_always_holds_here(expr: Expr, at: At) -> None:
    try:
        poly = Normalizer(THEORY).poly(expr, scope_of(FREE))
        assume(poly)  # 1/0 and log(0) are defined nowhere: that is for `conditions` to say
        holds = {r: Requirement(expr, poly, r).condition(THEORY) is None for r in ("!=", ">", ">=")}
    except (Undefined, OutOfBudget):
        assume(False)
    here = meaning(expr, at)
    assume(here is not None)
    assert not holds["!="] or abs(here) > 0
    assert not holds[">"] or here > 0
    assert not holds[">="] or here >= -TINY


@pytest.mark.parametrize(
    ("left", "right", "named"),
    [
        ("c/c", "1", "c != 0"),
        ("exp(log(c))", "c", "c > 0"),
        ("x[2] - x[2]", "0", "K >= 2"),
        ("δ(i,j)/(x[i] - x[j])", "0", "x[i] - x[j] != 0"),
        ("r[i]*x[i]", "1", "x[i] != 0"),
        ("(1 - p[i])/(1 - p[i])", "1", "K >= 2"),
    ],
)
def test_what_a_proof_rests_on(left: str, right: str, named: str) -> None:
    answer = decide_text(WORDS, left, right)
    assert answer.proved
    assert named in answer.conditions

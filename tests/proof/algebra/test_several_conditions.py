"""What is said of expressions that ask for several things: none of it twice."""

from __future__ import annotations

from typing import Any

import pytest

from derivlib.proof.algebra.conditions import needs
from derivlib.proof.algebra.normal_form import Normalizer
from derivlib.proof.language.signature import Condition
from derivlib.proof.theory import Theory
from tests.support.answers import scope_of
from tests.support.timely import TIME

THEORY = Theory("x, y: K\nS: K×K\nc: real\na: real, positive")


def needed(text: str, theory: Theory = THEORY) -> list[str]:
    statement = theory.statement(text, "0")
    asked = needs(theory, [statement.left], scope_of(statement.free), Normalizer(theory))
    found = asked.conditions()
    assert all(isinstance(each, Condition) for each in found)
    return [*map(str, found)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Σ(k, log(x[k]*y[k])) + Σ(k, l, log(x[k]*y[l]))",
            ["x[k]*y[k] > 0 for all k", "x[k]*y[l] > 0 for all k, l"],
        ),
        (
            "Σ(k, sqrt(x[k]*y[k])) + Σ(k, l, sqrt(x[k]*y[l]))",
            ["x[k]*y[k] >= 0 for all k", "x[k]*y[l] >= 0 for all k, l"],
        ),
        ("Σ(k, 1/(x[k]*y[k])) + Σ(k, l, 1/(x[k]*y[l]))", ["x[k]*y[k] != 0 for all k"]),
        ("Σ(k, log(x[k]*y[k])) + Σ(j, log(x[j]*y[j]))", ["x[k]*y[k] > 0 for all k"]),
        ("Σ(k, l, log(x[k]*y[l])) + Σ(i, j, log(x[j]*y[i]))", ["x[k]*y[l] > 0 for all k, l"]),
        (
            "Σ(k, l, 1/(x[k] + 2*y[l])) + Σ(i, j, 1/(2*y[i] + x[j]))",
            ["x[k] + 2*y[l] != 0 for all k, l"],
        ),
        ("Σ(k, l, log(S[k,l]*x[l])) + Σ(i, j, log(x[i]*S[j,i]))", ["S[k,l]*x[l] > 0 for all k, l"]),
        (
            "Σ(k, l, log(S[k,l]*x[l])) + Σ(i, j, log(x[i]*S[i,j]))",
            ["S[k,l]*x[l] > 0 for all k, l", "x[i]*S[i,j] > 0 for all i, j"],
        ),
        ("sqrt(c^2*x[1]) + sqrt(2*c^2*x[1]) + sqrt(a*c^2*x[1])", ["c^2*x[1] >= 0"]),
    ],
)
def test_which_of_several_are_named(text: str, expected: list[str]) -> None:
    assert needed(text) == expected


def test_a_sum_up_to_a_free_index_is_named_like_any_other() -> None:
    text = "c/Σ(s in 1..t, f[s])"
    assert needed(f"{text} + 0*f[t]", TIME) == ["Σ(s in 1..t, f[s]) != 0"]
    assert needed(f"{text} + 1/f[t]", TIME) == ["Σ(s in 1..t, f[s]) != 0", "f[t] != 0"]
    verdict = TIME.prove(f"{text}*Σ(s in 1..t, f[s]) + 0*f[t]", "c + 0*f[t]")
    assert str(verdict) == "PROVED where Σ(s in 1..t, f[s]) != 0"


def test_many_conditions_are_sorted_out_in_little_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """The work grows with their number, not with its square."""
    from derivlib.proof.algebra import requirements

    calls = []
    plain = requirements.numbered

    def counted(polys: Any) -> Any:
        calls.append(polys)
        return plain(polys)

    monkeypatch.setattr(requirements, "numbered", counted)
    theory = Theory("\n".join(f"x{n}: K×K" for n in range(12)))
    text = "+".join(f"Σ(k, l, 1/(x{n}[k,l] + x{n}[l,k]^2))" for n in range(12))
    assert len(needed(text, theory)) == 12
    assert len(calls) <= 24

"""A ∂ that would hold a name fixed which a hypothesis ties to its variable is not answered."""

import pytest

from derivlib.proof import Status
from derivlib.proof.language.ties import ambiguity
from derivlib.proof.theory import Theory
from tests.support.effort import at_most

RECURRENT = "h: 0..T\nx: T\nw: real\nassume h[t] = tanh(w*h[t-1] + x[t])\nL := Σ(t, h[t]^2)"
LINEAR = "z: real\nw, x: K\nassume z = Σ(k, w[k]*x[k])\nL := z^2"
SQUARE = "v, s: real\nassume v = s^2"
INVERSE = "M, A: n×n\nassume Σ(j, M[i,j]*A[j,k]) = δ(i,k)"
CHAIN = "a, b, c: real\nassume a = b + 1\nassume b = c^2"
STACK = "w: T\nh: 0..T\nassume h[t] = sigmoid(w[t]*h[t-1])"
LIKELY = "y: K, sum 1\nz: K\np[j] := exp(z[j])/Σ(k, exp(z[k]))\nL := -Σ(j, y[j]*log(p[j]))"
TWICE = "a, b, c: real\nassume a = b^2\nassume a = c"
HELD = "q, z: K\np[j] := exp(z[j])\nassume q[k] = p[k]"
INITIAL = "h: 0..T\nb, w: real\nassume h[0] = b\nassume h[t] = w*h[t-1]"
NESTED = "v, s, r: real\nassume v = s^2\ng := ∂(v*r, r)"


def refusal(text: str, side: str) -> str | None:
    theory = Theory(text)
    return ambiguity([theory.statement(side, "0").left], theory)


@pytest.mark.parametrize(
    ("text", "side", "said"),
    [
        (RECURRENT, "∂(h[T], w)", "h is tied to w by the hypothesis h[t] = tanh(w*h[t-1] + x[t])"),
        (RECURRENT, "∂(h[T], w)", "∂ follows no recurrence; declare the derivative dh"),
        (RECURRENT, "∂(L, x[t])", "h is tied to x"),
        (RECURRENT, "∂(h[t], h[t-1])", "the entries of h follow from one another"),
        (RECURRENT, "∂(L, h[t])", "the entries of h follow from one another"),
        (LINEAR, "∂(z, w[k])", "write `z := Σ(k, w[k]*x[k])` instead"),
        (LINEAR, "∂(L, w[k])", "z is tied to w"),
        (LINEAR, "w[i]*∂(L, z, w[k])", "z is tied to w"),
        (LINEAR.replace("z = Σ(k, w[k]*x[k])", "Σ(k, w[k]*x[k]) = z"), "∂(z, w[k])", "write `z :="),
        (LINEAR.replace("z =", "z + 0 ="), "∂(z, w[k])", "solve that for z"),
        (SQUARE, "∂(log(v), s)", "write `v := s^2` instead"),
        (INVERSE, "∂(M[i,j], A[p,q])", "solve that for M, and write it as a definition, `M := …`"),
        (INVERSE, "∂(A[i,j], M[p,q])", "solve that for A"),
        (CHAIN, "∂(a, c)", "a is tied to c by the hypothesis a = b + 1"),
        ("x, a: K\nassume x[i] = a[i]", "∂(a[i], x[j])", "a is tied to x"),
        ("x: K\na: real\nassume x[1] = a", "∂(x[i], a)", "∂ sees through definitions only"),
        ("x: K\nassume x[1] = x[2]", "∂(x[i], x[1])", "the entries of x follow from one another"),
        (TWICE, "∂(b, c)", "b is tied to c"),
        (HELD, "∂(q[i], p[j])", "q is tied to p"),
        (HELD, "∂(q[i], z[j])", "q is tied to z"),
        (INITIAL, "∂(h[T], b)", "h is tied to b"),
        (NESTED, "∂(g, s)", "v is tied to s"),
    ],
)
def test_what_is_tied_is_not_held_fixed(text: str, side: str, said: str) -> None:
    assert said in (refusal(text, side) or "")


@pytest.mark.parametrize(
    ("text", "side"),
    [
        (RECURRENT, "∂(tanh(w*h[t-1] + x[t]), h[t-1])"),
        (RECURRENT, "∂(tanh(w*h[t-1] + x[t]), h[t-1], h[t-1])"),
        (RECURRENT, "h[t]*w"),
        (STACK, "∂(sigmoid(w[t]*h[t-1]), h[t-1])"),
        (STACK, "∂(h[t]^2, h[t])"),
        (LINEAR, "∂(L, z)"),
        (LINEAR, "∂(Σ(k, w[k]*x[k]), w[i])"),
        (LINEAR, "∂(w[k], z)"),  # as with z := …
        (LINEAR, "z*∂(x[k]^2, x[i])"),
        (INVERSE, "∂(A[i,j], A[p,q])"),
        (LIKELY, "∂(L, z[i])"),
        (LIKELY, "∂(L, y[i])"),
        (LIKELY, "∂(L, p[i])"),
        (CHAIN, "∂(c, a)"),
        (HELD, "∂(p[i], z[j])"),
        ("A: n×n\nx: n\nassume A[i,j] = A[j,i]", "∂(Σ(i, j, x[i]*A[i,j]*x[j]), A[k,l])"),
        ("V: H×K\nW: H\nassume V[h,k] = 0", "∂(Σ(k, V[h,k]*W[h]), W[i])"),
        ("c, s: real\nh: T\nassume c^2 - s^2 = 1\nL := s*Σ(t, h[t]^2)", "∂(L, h[t])"),
        (INITIAL, "∂(w*b, w)"),
        (SQUARE + "\np := v*s", "∂(p*s, p)"),
    ],
)
def test_all_else_is(text: str, side: str) -> None:
    assert refusal(text, side) is None


@pytest.mark.parametrize(
    ("text", "left", "right", "varied"),
    [
        (LIKELY, "∂(L, y[i])", "-log(p[i])", ("each entry of y",)),
        (LIKELY, "∂(L, z[i])", "p[i] - y[i]", ()),
        (LIKELY, "y[i]", "y[i]", ()),
        (LINEAR, "∂(L, z)", "2*z", ("z",)),
        (STACK, "∂(sigmoid(w[t]*h[t-1]), h[t-1])", "h[t]*(1 - h[t])*w[t]", ("each entry of h",)),
        (STACK, "∂(w[t]*w[s], w[t])", "w[s] + δ(s,t)*w[t]", ()),
    ],
)
def test_a_verdict_says_what_is_varied_by_itself(
    text: str, left: str, right: str, varied: tuple[str, ...]
) -> None:
    verdict = Theory(text).prove(left, right)
    assert verdict.status is Status.PROVED
    assert verdict.varied == varied
    assert all(f"{what} varied by itself" in str(verdict) for what in varied)
    derivation = Theory(text).derive(f"{left}\n = {right}")
    assert all(f"{what} varied by itself" in derivation.summary() for what in varied)


@pytest.mark.parametrize("right", ["0", "x[k]"])
def test_such_a_statement_is_neither_proved_nor_refuted(right: str) -> None:
    verdict = Theory(LINEAR).prove("∂(z, w[k])", right)
    assert verdict.status is Status.UNKNOWN
    assert "z is tied to w" in verdict.reason


def test_a_proof_from_a_hypothesis_that_says_so_is_none() -> None:
    theory = Theory(SQUARE + "\nu: real\nassume u = ∂(v*s, s)")
    assert theory.prove("u", "v").status is Status.UNKNOWN


def test_many_definitions_are_each_walked_once() -> None:
    doubled = [f"d{n} := d{n - 1} + d{n - 1}" for n in range(1, 60)]
    theory = Theory("\n".join([SQUARE, "r: real", "d0 := v^2", *doubled]))
    side = theory.statement("∂(d59, r)", "0").left
    with at_most(lines=20_000):
        assert ambiguity([side], theory) is None


def test_what_is_written_instead_is_proved() -> None:
    theory = Theory("w, x: K\nz := Σ(k, w[k]*x[k])")
    assert theory.prove("∂(z, w[k])", "x[k]").status is Status.PROVED
    assert theory.prove("∂(z, w[k])", "0").status is Status.REFUTED

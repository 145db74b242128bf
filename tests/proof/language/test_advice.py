"""What is written otherwise elsewhere is refused with what to write here."""

import sys

import pytest

from derivlib.proof import LanguageError, Theory

THEORY = "z, p, y, w: K\nX: m×d\nW: d×K\nL := Σ(k, z[k])\nx, beta, lam: real\nτ: real\n"


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("L[i]", "'L' is a scalar: it takes no index"),
        ("Xᵀ", "'Xᵀ': a transpose is written with its indices exchanged, as in X[j,i]"),
        ("zᵢ", "'zᵢ': an index is written in brackets, z[i]"),
        ("w[q]²", "'w[q]²': a power is written ^2"),
        ("lambda*w[q]", "'lambda' is a word of Python's grammar, not a name: lam is printed as λ"),
        ("log det(X)", "'det' is not a function of the language"),
        ("log p[i]", "log needs parentheses: log(p[i])"),
        ("log exp(x)", "log needs parentheses: log(exp(x))"),
        ("e^z[i]", "'e' is not declared: the exponential function is exp(z[i])"),
        ("2*e**-x", "the exponential function is exp(-x)"),
        ("e^(x + 1)", "the exponential function is exp(…)"),
        ("β*x", "'β' is not declared: did you mean beta?"),
        ("λ*x", "did you mean lam?"),
        ("x/tau", "did you mean τ?"),
        ("dL/dz", "a derivative is ∂(L, x[i])"),
        ("1 - tanh^2(x)", "tanh^2(…) is written tanh(…)^2"),
        ("sigma(x)", "write sigmoid(…) or σ(…)"),
        ("x(1 - x)", "'x' is not a function of the language: a product needs its *"),
        ("softmax(z)[i]", "'softmax' is not a function of the language: define it"),
        ("x x", "a product needs its *"),
        ("x beta (1 - x)", "a product needs its *"),
        ("1 - 6x", "a product needs its *"),
        ("p[i] y[i]", "a product needs its *"),
        ("Σ_j p_j y_j", "a sum is written with brackets, Σ(j, …)"),
        ("sum_k p[k]", "a sum is written with brackets, Σ(k, …)"),
        ("∑ p[k]", "a sum is written with brackets, Σ(k, …)"),
        ("p[i] = y[i]", "an = between two sides"),
        ("|x|", "write abs(…)"),
        ("√x", "write sqrt(…)"),
        ("p[i] - 1{i=j}", "an indicator is δ(i,j)"),
        ("e^{z[i]}", "{ } are LaTeX's brackets: write ( ), and exp(…)"),
        ("sum(k, y[k])", "a sum is Σ(k, …) or Sum(k, …)"),
        ("relu(x)", "write Max(x, 0)"),
        ("p[i](1 - p[i])", "a product needs its *, as in p[i]*(1 - p[i])"),
        ("X.T", "as in X[j,i]"),
        ("X @ W", "a product of matrices is a sum, as in Σ(k, X[i,k]*W[k,j])"),
        ("p[i] == y[i]", "there is no ==: δ(i,j) is 1 where i = j"),
        ("x > 0", "there are no comparisons"),
        ("np.exp(z[i])", "write exp(…), without what stands before the dot"),
        ("z[i][j]", "all indices stand in one bracket, as in z[i,j]"),
        ("1 if i == j else 0", "there are no cases: δ(i,j)*a + (1 - δ(i,j))*b"),
        ("[x]", "no lists"),
        ("δ_ij", "Kronecker's δ is δ(i,j)"),
        ("delta_ij", "Kronecker's δ is δ(i,j)"),
        ("δ[i,j]", "Kronecker's δ is δ(i,j)"),
        ("z[0]", "'z' has no place 0: its axis runs over K, and counts from 1"),
        ("+".join(["x"] * 150), "more than 100 terms in a row"),
        ("p_i", "did you mean p[i]?"),
    ],
)
def test_expressions(text: str, advice: str) -> None:
    with pytest.raises(LanguageError) as caught:
        Theory(THEORY).statement(text, "x")
    assert advice in caught.value.problem


@pytest.mark.parametrize(
    ("line", "advice"),
    [
        ("assume x > 0", "of signs there is `positive` only, as in `x: K, positive`"),
        ("h[0] := 0", "for one place write `assume h[0] = 0`"),
        ("q_j := exp(z[j])", "'q_j' is one name: did you mean `q[j] := …`?"),
        ("q_j[i] := X[j,i]", "did you mean `q[j,i] := …`?"),
        ("zᵢ: K", "an index is written in brackets, z[i]"),
        ("lambda: real", "lam is printed as λ"),
        ("2*x := x", "a definition starts with a name such as L or p[j]"),
    ],
)
def test_declarations(line: str, advice: str) -> None:
    with pytest.raises(LanguageError) as caught:
        Theory(THEORY + line)
    assert advice in caught.value.problem


@pytest.mark.parametrize("line", ["q_in := x", "q_j := Σ(j, z[j])", "q_j[j] := z[j]"])
def test_names_with_a_line_below_are_names(line: str) -> None:
    assert Theory(THEORY + line).definitions


@pytest.mark.parametrize(
    ("text", "left", "reason"),
    [
        ("x: K", "(-8)^(1/3)", "defined nowhere"),
        ("x: K", "Σ(k, 1/(x[k] - x[k]))", "not defined for all sizes"),
        ("c: real", "1/(c - c)", "defined nowhere"),
    ],
)
def test_where_it_is_not_defined(text: str, left: str, reason: str) -> None:
    assert Theory(text).prove(left, "1").reason.startswith(reason)


def test_little_stack_is_said_in_words() -> None:
    theory = Theory(THEORY)
    bare: list[int] = []
    worded: list[int] = []

    def ask(left: int) -> None:
        if left:
            return ask(left - 1)
        try:
            theory.statement("((((((((((x + 1)*2 + 3)*4 + 5)*6 + 7)*8 + 9)*2)))))", "x")
        except LanguageError as error:
            assert "too little of Python's stack" in error.problem
            worded.append(left)
        return None

    depth = next(n for n in range(10_000) if sys._getframe(n).f_back is None)
    for room in range(30, 200, 10):
        try:
            ask(sys.getrecursionlimit() - depth - room)
        except RecursionError:
            bare.append(room)
    assert worded
    assert not bare

"""LaTeX of an expression: as a book prints it, well-formed, and read back it means the same."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from derivlib.proof.language.functions import FUNCTIONS
from derivlib.proof.language.parser import parse
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
from derivlib.proof.views.latex import latex, latex_theory
from tests.support.latex_reader import Reader, check_structure, normal
from tests.support.spans import span
from tests.support.theories import LAYER, SIGMOID

SOFTMAX = """
z, v: K              # logits and a direction
y: K, sum 1          # target distribution
c: real, positive
K >= 2
p[j] := exp(z[j]) / Σ(k, exp(z[k]))   # probabilities
L := -Σ(j, y[j]*log(p[j]))
"""
RECURRENT = """
x: T
h, hdot: 0..T × H      # states
lam: 1..T+1 × H
g: T×H
eps: real
"""
GOLDEN = [
    (SOFTMAX, "∂(p[j], z[i])", r"\frac{\partial p_j}{\partial z_i}"),
    (SOFTMAX, "p[j]*(δ(i,j) - p[i])", r"p_j (\delta_{ij} - p_i)"),
    (SOFTMAX, "exp(z[j])/Σ(k, exp(z[k]))", r"\frac{e^{z_j}}{\sum_{k=1}^{K} e^{z_k}}"),
    (SOFTMAX, "-Σ(j, y[j]*log(p[j]))", r"-\sum_{j=1}^{K} y_j \log p_j"),
    (SOFTMAX, "Σ(k, p[k]*Σ(j, v[j]))", r"\sum_{k=1}^{K} p_k \sum_{j=1}^{K} v_j"),
    (
        SOFTMAX,
        "log(Σ(k, exp(z[k]))) - Σ(j, y[j]*z[j])",
        r"\log\left(\sum_{k=1}^{K} e^{z_k}\right) - \sum_{j=1}^{K} y_j z_j",
    ),
    (SOFTMAX, "∂(L, z[i], z[j])", r"\frac{\partial^2 L}{\partial z_i\,\partial z_j}"),
    (SOFTMAX, "∂(L, z[i], z[i])", r"\frac{\partial^2 L}{\partial z_i^2}"),
    (SOFTMAX, "∂(L, z[i], z[i], c)", r"\frac{\partial^3 L}{\partial z_i^2\,\partial c}"),
    (
        SOFTMAX,
        "∂(log(Σ(k, exp(z[k]))), z[i])",
        r"\frac{\partial}{\partial z_i}\left(\log\left(\sum_{k=1}^{K} e^{z_k}\right)\right)",
    ),
    (SOFTMAX, "∂(z[i]*c, z[j])", r"\frac{\partial}{\partial z_j}(z_i c)"),
    (SOFTMAX, "∂(exp(z[i]), z[j])", r"\frac{\partial e^{z_i}}{\partial z_j}"),
    (
        SOFTMAX,
        "Σ(j, ∂(L, p[j]) * ∂(p[j], z[i]))",
        r"\sum_{j=1}^{K} \frac{\partial L}{\partial p_j} \frac{\partial p_j}{\partial z_i}",
    ),
    (
        SOFTMAX,
        "Σ(j, -y[j]/p[j] * (p[j]*(δ(i,j) - p[i])))",
        r"\sum_{j=1}^{K} \left(-\frac{y_j}{p_j} (p_j (\delta_{ij} - p_i))\right)",
    ),
    (
        SOFTMAX,
        "-Σ(j, y[j]*δ(i,j)) + p[i]*Σ(j, y[j])",
        r"-\sum_{j=1}^{K} y_j \delta_{ij} + p_i \sum_{j=1}^{K} y_j",
    ),
    (
        SOFTMAX,
        "Σ(i, j, v[i]*(δ(i,j)*p[i] - p[i]*p[j])*v[j])",
        r"\sum_{i,j=1}^{K} v_i (\delta_{ij} p_i - p_i p_j)\,v_j",
    ),
    (
        SOFTMAX,
        "Σ(i, j, p[i]*p[j]*(v[i] - v[j])^2)/2",
        r"\frac{\sum_{i,j=1}^{K} p_i p_j (v_i - v_j)^2}{2}",
    ),
    (
        SOFTMAX,
        "p[j]*(z[j] - Σ(k, p[k]*z[k]))",
        r"p_j \left(z_j - \sum_{k=1}^{K} p_k z_k\right)",
    ),
    (SOFTMAX, "Σ(k != i, p[k])", r"\sum_{k \ne i} p_k"),
    (SOFTMAX, "Σ(k != i != 2, p[k])", r"\sum_{k \ne i,2} p_k"),
    (SOFTMAX, "Σ(i, k != i, p[k])", r"\sum_{i=1}^{K} \sum_{k \ne i} p_k"),
    (SOFTMAX, "Σ(j, y[j])*p[i]", r"\left(\sum_{j=1}^{K} y_j\right) p_i"),
    (SOFTMAX, "Σ(j, y[j] - p[j])", r"\sum_{j=1}^{K} (y_j - p_j)"),
    (SOFTMAX, "Σ(j, -y[j])", r"\sum_{j=1}^{K} (-y_j)"),
    (SOFTMAX, "Σ(j, y[j]) + y[i]", r"\sum_{j=1}^{K} y_j + y_i"),
    (SOFTMAX, "Σ(j, y[j]) + y[j]", r"\left(\sum_{j=1}^{K} y_j\right) + y_j"),
    (SOFTMAX, "exp(z[i] - c)", r"e^{z_i - c}"),
    (SOFTMAX, "exp(z[i]/c)", r"\exp\left(\frac{z_i}{c}\right)"),
    (SOFTMAX, "exp(log(z[i]))", r"\exp(\log z_i)"),
    (SOFTMAX, "log(p[i])*y[i]", r"\log(p_i)\,y_i"),
    (SOFTMAX, "z[1]*z[12]", r"z_1 z_{12}"),
    (SOFTMAX, "2*3*0.5*z[i]*4", r"2 \cdot 3 \cdot 0.5 z_i \cdot 4"),
    (SOFTMAX, "1/2*3 - 2*(1/3)", r"\frac{1}{2} \cdot 3 - 2 \cdot \frac{1}{3}"),
    (SOFTMAX, "z[i]*(-c) - (-c)", r"z_i (-c) - (-c)"),
    (SOFTMAX, "-(-c)", "-(-c)"),
    (SOFTMAX, "c - (c - c)", "c - (c - c)"),
    (SOFTMAX, "c*(c*c)", r"c \cdot (c c)"),
    # An author's brackets around the first group stay.
    (SOFTMAX, "(c*c)*z[i]", r"(c c)\,z_i"),
    (SOFTMAX, "((c - z[1])) - c - (c)", "(c - z_1) - c - c"),
    (
        SOFTMAX,
        "(z[j] - z[i]) - log(Σ(k, exp(z[k])))",
        r"(z_j - z_i) - \log\left(\sum_{k=1}^{K} e^{z_k}\right)",
    ),
    (
        SIGMOID,
        "(x*(1 - x)*t)*(s*(1 - s)*t)*(t*(1 - t)*x)",
        r"(x (1 - x)\,t) \cdot (s (1 - s)\,t) \cdot (t (1 - t)\,x)",
    ),
    (SIGMOID, "x*t*(s*(1 - s))", r"x t \cdot (s (1 - s))"),
    # Fractions in a fraction are as large as it is.
    (SIGMOID, "(x/t)/(s*(1/2))", r"\frac{\dfrac{x}{t}}{s \dfrac{1}{2}}"),
    (SIGMOID, "∂(s, x)/t", r"\frac{\dfrac{\partial s}{\partial x}}{t}"),
    (
        SIGMOID,
        "(x^(-1/2) + (x/t)^(1/2))/2",
        r"\frac{x^{-\frac{1}{2}} + \left(\dfrac{x}{t}\right)^{\frac{1}{2}}}{2}",
    ),
    (SIGMOID, "1 - tanh(x)^2", r"1 - \tanh^2 x"),
    (SIGMOID, "tanh(x)^2*t*tanh(2*x)^10", r"\tanh^2(x)\,t \tanh^{10}(2 x)"),
    (SIGMOID, "tanh(x)^(-1)*tanh(x)^t", r"(\tanh x)^{-1} (\tanh x)^t"),
    (SOFTMAX, "(c^2)^K", "(c^2)^K"),
    (SOFTMAX, "c^(-1)", "c^{-1}"),
    (SIGMOID, "-(t*log(s) + (1 - t)*log(1 - s))", r"-(t \log s + (1 - t) \log(1 - s))"),
    (SIGMOID, "2*sigmoid(2*x) - 1", r"2 \sigma(2 x) - 1"),
    (SIGMOID, "1/(1 + exp(-x))", r"\frac{1}{1 + e^{-x}}"),
    (SIGMOID, "tanh(x)*x*tanh(x)", r"\tanh(x)\,x \tanh x"),
    (SIGMOID, "Max(0, 1 - x)", r"\max(0, 1 - x)"),
    (SIGMOID, "abs(-x)^2", r"\left\lvert -x\right\rvert^2"),
    (SIGMOID, "(x + t)*abs(x/t)", r"(x + t)\,\left\lvert \frac{x}{t}\right\rvert"),
    (SIGMOID, "sin(x)^2*cos(x - t)^2*sinh(t)", r"\sin^2(x) \cos^2(x - t) \sinh t"),
    (SIGMOID, "sqrt(x)*t", r"\sqrt{x}\,t"),
    (SIGMOID, "log(x)^2*sigmoid(x)^2", r"(\log x)^2 \sigma(x)^2"),
    (LAYER, "-1/m * (p[n,c] - Y[n,c])", r"-\frac{1}{m} (p_{nc} - Y_{nc})"),
    (LAYER, "1/m^2 * b[c]", r"\frac{1}{m^2} b_c"),
    (LAYER, "b[c]*(-1/m)", r"b_c \left(-\frac{1}{m}\right)"),
    (
        LAYER,
        "-1/m * Σ(n, j, Y[n,j]*log(p[n,j]))",
        r"-\frac{1}{m} \sum_{n=1}^{m} \sum_{j=1}^{K} Y_{nj} \log p_{nj}",
    ),
    (
        LAYER,
        "Σ(a, X[n,a]*W[a,c]) + b[c]",
        r"\sum_{a=1}^{d} X_{na} W_{ac} + b_c",
    ),
    (RECURRENT, "Σ(t in 1..T, x[t])", r"\sum_{t=1}^{T} x_t"),
    (RECURRENT, "Σ(t, x[t])", r"\sum_{t=1}^{T} x_t"),
    (RECURRENT, "Σ(t, h[t,1])", r"\sum_{t=0}^{T} h_{t,1}"),
    (RECURRENT, "Σ(t, lam[t,1])", r"\sum_{t=1}^{T+1} \lambda_{t,1}"),
    (RECURRENT, "Σ(s in 1..t-1, x[s])*x[t]", r"\left(\sum_{s=1}^{t-1} x_s\right) x_t"),
    (RECURRENT, "Σ(s in t+1..T, x[s]) + x[t]", r"\sum_{s=t+1}^{T} x_s + x_t"),
    (
        RECURRENT,
        "Σ(t in 1..T, a, g[t,a]*hdot[t-1,a])",
        r"\sum_{t=1}^{T} \sum_{a=1}^{H} g_{ta} \dot h_{t-1,a}",
    ),
    (RECURRENT, "lam[t+1,a]*hdot[t,a]^2", r"\lambda_{t+1,a} \dot h_{ta}^2"),
    (RECURRENT, "h[0,a] - h[T,a] + lam[T+1,1]", r"h_{0,a} - h_{Ta} + \lambda_{T+1,1}"),
    (RECURRENT, "x[T]/eps", r"\frac{x_T}{\varepsilon}"),
    # One Σ for both, unless an end is itself one of the indices.
    (RECURRENT, "Σ(s in 1..T, t in 1..T, x[s])", r"\sum_{s,t=1}^{T} x_s"),
    (RECURRENT, "Σ(s in 1..t, r in 1..t, x[r]) + x[t]", r"\sum_{s,r=1}^{t} x_r + x_t"),
    (
        RECURRENT,
        "Σ(s in 1..T, r in 1..s, t in 1..s, x[t])",
        r"\sum_{s=1}^{T} \sum_{r=1}^{s} \sum_{t=1}^{s} x_t",
    ),
    # What follows must not seem to be bound: here the t above the Σ is the t after it.
    (RECURRENT, "Σ(s in 1..t, x[s]) + x[t]", r"\sum_{s=1}^{t} x_s + x_t"),
    (RECURRENT, "Σ(t in 1..T, x[t]) + x[t]", r"\left(\sum_{t=1}^{T} x_t\right) + x_t"),
]


@pytest.mark.parametrize(("declarations", "text", "expected"), GOLDEN)
def test_a_book_prints_it_so(declarations: str, text: str, expected: str) -> None:
    text = latex(Theory(declarations).statement(text, "0").left)
    assert text == expected
    check_structure(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("alpha*sigma_2*λ", r"\alpha \sigma_2 \lambda"),
        ("lam[t]*lam_2*eps", r"\lambda_t \lambda_2 \varepsilon"),
        ("hdot[t]*zdot^2*Wdot", r"\dot h_t \dot z^2 \dot W"),
        ("lamdot*θdot*xdot_in", r"\dot \lambda \dot \theta \dot x_{\mathrm{in}}"),
        ("dot*hdot2*netdot", r"\mathrm{dot}\,\dot h_2\,\mathrm{netdot}"),
        ("w2*w2[i]*h10", r"w_2 w_{2,i} h_{10}"),
        ("loss*x", r"\mathrm{loss}\,x"),
        ("x_out[i]", r"x_{\mathrm{out},i}"),
        ("X[row,i]*X[1,2]*X[i,1]", r"X_{\mathrm{row},i} X_{1,2} X_{i,1}"),
        ("X[alpha,j]*X[i,beta]", r"X_{\alpha j} X_{i\beta}"),
        ("a_*conv1d", r"\mathrm{a\_}\,\mathrm{conv1d}"),
        ("sigma*(a + b)", r"\sigma \cdot (a + b)"),
        ("e^2*exp(2)", "(e)^2 e^{2}"),
        ("Σ(i1, i2, x[i1]*x[i2])", r"\sum_{i_1,i_2} x_{i_1} x_{i_2}"),
        ("Σ(t, x[t]) + Σ(s in 1..t, x[s])", r"\left(\sum_{t} x_t\right) + \sum_{s=1}^{t} x_s"),
    ],
)
def test_names(text: str, expected: str) -> None:
    assert latex(parse(text)) == expected


def test_an_offset_takes_a_comma() -> None:
    assert latex(Entry("h", (Index("t", -1), Index("a")))) == "h_{t-1,a}"
    assert latex(Entry("h", (Index("t", 1),))) == "h_{t+1}"


def test_a_number_that_no_author_can_write() -> None:
    third = Number(Fraction(-1, 3))
    assert latex(third) == r"-\frac{1}{3}"
    assert latex(Mul(Entry("x"), third)) == r"x \left(-\frac{1}{3}\right)"
    assert latex(Pow(Number(Fraction(1, 3)), Entry("x"))) == r"\left(\frac{1}{3}\right)^x"


def test_a_theory_as_a_list() -> None:
    assert latex_theory(Theory(SOFTMAX)).splitlines() == [
        r"- $z, v \in \mathbb{R}^{K}$ — logits and a direction",
        r"- $y \in \mathbb{R}^{K}$ — target distribution",
        r"- $c \in \mathbb{R}_{>0}$",
        r"- $K \ge 2$",
        r"- $\displaystyle p_j := \frac{e^{z_j}}{\sum_{k=1}^{K} e^{z_k}}$ — probabilities",
        r"- $\displaystyle L := -\sum_{j=1}^{K} y_j \log p_j$",
        r"- $\displaystyle \sum_{k=1}^{K} y_k = 1$",
    ]


def test_a_hypothesis_says_for_which_rows_it_holds() -> None:
    theory = Theory("Y: m×K\nassume Σ(k, Y[n,k]) = 2")
    assert latex_theory(theory).splitlines() == [
        r"- $Y \in \mathbb{R}^{m \times K}$",
        r"- $\displaystyle \sum_{k=1}^{K} Y_{nk} = 2\quad (n = 1, \dots, m)$",
    ]


def test_the_axes_of_time() -> None:
    theory = Theory("""
        h: 0..T × H
        lam: 1..T+1 × H, positive
        e: -1..T-1
        assume h[t,a] = lam[t+1,a]
        assume Σ(s in 1..t, h[s,1]) = e[t-1]
    """)
    assert latex_theory(theory).splitlines() == [
        r"- $h \in \mathbb{R}^{\{0,\dots,T\} \times H}$",
        r"- $\lambda \in \mathbb{R}_{>0}^{\{1,\dots,T+1\} \times H}$",
        r"- $e \in \mathbb{R}^{\{-1,\dots,T-1\}}$",
        r"- $\displaystyle h_{ta} = \lambda_{t+1,a}"
        r"\quad (t = 0, \dots, T)\quad (a = 1, \dots, H)$",
        r"- $\displaystyle \sum_{s=1}^{t} h_{s,1} = e_{t-1}\quad (t = 0, \dots, T)$",
    ]


# --- any expression: well-formed, and read back as a mathematician reads it ---------------------

names = st.sampled_from([*"axzKL", "hdot", "lam"])
indices = st.one_of(
    st.sampled_from("ijk").map(Index),
    st.builds(Index, st.sampled_from("ijT"), st.integers(-2, 2)),
    st.integers(-1, 12).map(lambda place: Index(None, place)),
)
entries = st.builds(Entry, names, st.lists(indices, max_size=2).map(tuple))
numbers = st.sampled_from(["0", "1", "2", "10", "0.25"]).map(lambda n: Number(Fraction(n)))
summed = st.sampled_from("ijk")
ranges = st.sampled_from([None, *map(span, ("K", "m", "0..T", "1..T+1"))])
binders = st.lists(
    st.one_of(
        st.builds(Binder, summed, st.lists(indices, max_size=2).map(tuple), range=ranges),
        st.builds(Binder, summed, first=indices, final=indices, range=ranges),
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda binder: binder.index,
).map(tuple)


def larger(parts: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    functions = st.sampled_from([name for name, word in FUNCTIONS.items() if word.arity == 1])
    return st.one_of(
        *(st.builds(node, parts, parts) for node in (Add, Sub, Mul, Mul, Div, Pow)),
        st.builds(Neg, parts),
        st.builds(lambda name, argument: Function(name, (argument,)), functions, parts),
        st.builds(lambda *a: Function("Max", a), parts, parts),
        st.builds(Sum, binders, parts),
        st.builds(Derivative, parts, st.lists(entries, min_size=1, max_size=3).map(tuple)),
    )


expressions = st.recursive(
    st.one_of(numbers, entries, st.builds(Delta, indices, indices)), larger, max_leaves=12
)


@given(expressions)
@settings(max_examples=400, deadline=None)
def test_read_back_it_is_the_same_expression(expr: Expr) -> None:
    text = latex(expr)
    check_structure(text)
    assert normal(Reader(text).whole()) == normal(expr)

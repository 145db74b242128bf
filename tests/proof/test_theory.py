"""Declarations, definitions, hypotheses: what is taken, and what is refused."""

from fractions import Fraction

import pytest

from derivlib.proof.language.errors import LanguageError
from derivlib.proof.language.lines import logical_lines
from derivlib.proof.language.reader import MAX_THEORY
from derivlib.proof.language.signature import Variable
from derivlib.proof.language.syntax import Number
from derivlib.proof.theory import Theory
from tests.support.effort import at_most
from tests.support.spans import span, spans


def variable(text: str, name: str) -> Variable:
    return Theory(text).variables[name]


@pytest.mark.parametrize(
    ("text", "axes"),
    [
        ("z: K", ("K",)),
        ("z : K", ("K",)),
        ("z:K", ("K",)),
        ("z: m×d", ("m", "d")),
        ("z: m x d", ("m", "d")),
        ("z: m × d x K", ("m", "d", "K")),
        ("z: K×K", ("K", "K")),
        ("z: mxd", ("mxd",)),
        ("z: real", ()),
        ("z: K, positive", ("K",)),
        ("z: K , sum  1, positive", ("K",)),
        ("    z: K   # logits", ("K",)),
        ("# z: d\n\nz: K", ("K",)),
        ("y, z: K", ("K",)),
        ("y,z,x : K, positive", ("K",)),
    ],
)
def test_declarations(text: str, axes: tuple[str, ...]) -> None:
    theory = Theory(text)
    assert theory.axes("z") == tuple(map(span, axes))
    assert theory.variables["z"].positive == ("positive" in text)
    assert theory.sizes == dict.fromkeys(axes, 1)


def test_several_names_share_shape_properties_and_comment() -> None:
    theory = Theory("u, v: m×K, positive, sum 1  # weights")
    axes = span("m"), span("K")
    assert theory.variables["u"] == Variable("u", axes, True, "weights")
    assert theory.variables["v"] == Variable("v", axes, True, "weights")
    assert [str(h) for h in theory.hypotheses] == ["Σ(k, u[j,k]) = 1", "Σ(k, v[j,k]) = 1"]


@pytest.mark.parametrize(
    ("text", "free"),
    [
        ("y: K, sum 1", []),
        ("y: m×K, sum 1", ["m"]),
        ("y: t×m×K, sum 1", ["t", "m"]),
        ("y: t×m×d×K, sum 1", ["t", "m", "d"]),
        ("y: a×t×m×d×K, sum 1", ["a", "t", "m", "d"]),
        ("y: i1×i2×i×j×k, sum 1", ["i1", "i2", "i", "j"]),
        ("y: i×j×k, sum 1", ["i", "j"]),
        ("y: m×0..K, sum 1", ["m"]),
    ],
)
def test_sum_1_is_along_the_last_axis_for_all_places_of_the_others(
    text: str, free: list[str]
) -> None:
    (hypothesis,) = Theory(text).hypotheses
    assert list(hypothesis.free.values()) == [*map(span, free)]
    assert hypothesis.right == Number(Fraction(1))
    again = Theory(f"{text.partition(',')[0]}\nassume {hypothesis}").hypotheses[0]
    assert (again.left, dict(again.free)) == (hypothesis.left, dict(hypothesis.free))


@pytest.mark.parametrize(
    ("text", "spelled"),
    [
        ("y: 1..T × K", "Σ(k, y[t,k])"),
        ("y: 0..n × K", "Σ(k, y[t,k])"),
        ("y: K × 0..T", "Σ(t, y[j,t])"),
        ("t: T", "Σ(k, t[k])"),
        ("y, t: T×K", "Σ(k, y[j,k])"),
        ("y: T×t", "Σ(k, y[j,k])"),
        ("y: T×T", "Σ(k, y[j,k])"),
    ],
)
def test_an_axis_of_time_has_the_index_t(text: str, spelled: str) -> None:
    assert str(Theory(f"{text}, sum 1").hypotheses[0]) == f"{spelled} = 1"


@pytest.mark.parametrize(
    ("text", "bound"),
    [("K >= 2", 2), ("K ≥ 3", 3), ("K>=2", 2), ("K >= 1", 1), ("K >= 5\nK >= 2", 5)],
)
def test_lower_bounds(text: str, bound: int) -> None:
    assert Theory(f"z: K\nX: m×d\n{text}").sizes == {"K": bound, "m": 1, "d": 1}


def test_a_bound_that_lowers_is_refused() -> None:
    with pytest.raises(LanguageError, match="every size is at least 1: K >= 0 says less"):
        Theory("z: K\nK >= 0")


def test_definitions() -> None:
    theory = Theory("""
        z: K
        X: m×K
        p[j] := exp(z[j]) / Σ(k,
            exp(z[k]))             # softmax
        G[j,n] := X[n,j]*p[j]
        L := Σ(n, j, G[j,n])
    """)
    assert theory.axes("p") == (span("K"),)
    assert theory.axes("G") == (span("K"), span("m"))
    assert theory.axes("L") == ()
    assert theory.definitions["p"].comment == "softmax"
    assert theory.dependencies("L") == {"L", "G", "X", "p", "z"}
    assert theory.dependencies("z") == {"z"}
    assert theory.axes("q") is None


def test_a_bound_index_shadows_a_parameter() -> None:
    theory = Theory("z: K\nw: d\np[j] := z[j]*Σ(j, w[j])")
    assert theory.axes("p") == (span("K"),)


def test_hypotheses() -> None:
    theory = Theory("x: K\nc: real\nassume c = 2\nassume   Σ(k != i, x[k])  = x[i]")
    assert [str(h) for h in theory.hypotheses] == ["c = 2", "Σ(k != i, x[k]) = x[i]"]
    assert [dict(h.free) for h in theory.hypotheses] == [{}, spans(i="K")]


@pytest.mark.parametrize(
    ("text", "column", "problem"),
    [
        ("y: K\ny: d", 0, "'y' is declared twice"),
        ("y: K\nz, y: K", 3, "'y' is declared twice"),
        ("y: K\ny := 1", 0, "'y' is declared twice"),
        ("L := 1\nL: real", 0, "'L' is declared twice"),
        ("y: K\nK: d", 0, "'K' is a size already"),
        ("y: K\nK := 1", 0, "'K' is a size already"),
        ("K: K", 0, "'K' cannot be both a size and a variable"),
        ("K: d\ny: K", 3, "'K' is declared already, not as a size"),
        ("K := 1\ny: m×K", 5, "'K' is declared already, not as a size"),
        ("y: K, sum1", 6, "'sum1' is not a property"),
        ("y: K, positive, odd", 16, "'odd' is not a property"),
        ("c: real, sum 1", 0, "'c' is a scalar"),
        ("y: ", 2, "a shape is"),
        ("y: K×", 4, "a shape is"),
        ("y: K×real", 5, "a shape is"),
        ("y: 3", 3, "a shape is"),
        ("y: m d", 3, "a shape is"),
        ("y: Km×K-1", 6, "a shape is"),
        ("y: exp", 3, "'exp' is a word"),
        ("exp: K", 0, "'exp' is a word"),
        ("a b: K", 0, "'a b' is not a name"),
        ("x[i]: K", 0, "is not a name"),
        (": K", 0, "'' is not a name"),
        ("K >= 2", 0, "'K' is not a size"),
        ("z: K\nz >= 2", 0, "'z' is not a size"),
        ("z: K\nK > 2", 0, "a lower bound is written with >=: `K >= 3`"),
        ("z: K\nK>2", 0, "`K >= 3`"),
        ("z: K\nK > 2.5", 0, "a declaration is one of"),
        ("X: d×K\nW: dxK", 3, "'dxK' is one word: did you mean `d x K`"),
        ("X: d×K×m\nW: m×dxKxm", 5, "'dxKxm' is one word: did you mean `d x K x m`"),
        ("y: K, nonnegative", 6, "there are `positive` and `sum 1` only"),
        ("p: K\nq := p_i", 5, r"'p_i' is not declared: did you mean p\[i\]"),
        ("p: K×d\nq := p_ij", 5, r"did you mean p\[i,j\]"),
        ("p: K×d\nq := p_i_j", 5, r"did you mean p\[i,j\]"),
        ("p: K×d\nq := p_i", 5, "'p_i' is not declared\n"),
        ("p: real\nq := p_i", 5, "'p_i' is not declared\n"),
        ("W: dxK\nq := W[1,2]", 5, r"takes 1 index, not 2: did you mean the shape `d x K`\?"),
        ("W: m×dxK\nq := W[1,2,3]", 5, "did you mean the shape `m x d x K`"),
        ("W: max\nq := W[1,2]", 3, "'max' is a word"),
        ("z: K\nK >= 1e3", 0, "a declaration is one of"),
        ("z: K\nz[i] = 0", 0, "a declaration is one of"),
        ("hello", 0, "a declaration is one of"),
        ("__import__('os')", 0, "a declaration is one of"),
        ("x: real\np[j] := x", 2, "range of index 'j' is unknown"),
        ("z: K\np[j,j] := z[j]", 0, "repeats an index"),
        ("z: K\np[1] := z[1]", 0, "a definition starts with a name"),
        ("z: K\n2*p := z[1]", 0, "a definition starts with a name"),
        ("z: K\np(j) := z[j]", 0, "'p' is not a function"),
        ("z: K\np[j] := z[i]", 10, "'i' is neither summed over nor on the left"),
        ("z: K\np[j] := p[j]", 8, "'p' is not declared"),
        ("z: K\np[j] := Σ(k, z[k])·t[j]", 19, "'t' is not declared"),
        ("z: K\np[j] := z[j] + relu(z[j])", 15, "'relu' is not a function"),
        ("z: K\np[j] := (z[j]", 8, "a bracket is never closed"),
        ("z: K\np[j] := open(z[j])", 8, "'open' is not a function"),
        ("z: K\np[K] := z[K]", 2, "'K' is a size and cannot be an index"),
        ("z: K\nassume z[i]", 0, "a hypothesis is written"),
        ("z: K\nassume z[i] == 0", 0, "a hypothesis is written"),
        ("z: K\nassume z[i] = 0 = 1", 0, "a hypothesis is written"),
        ("z: K\nassume t = 0", 0, "'t' is not declared"),
        ("y: K\nzy, y: K", 4, "'y' is declared twice"),
        ("odd: K, odd", 8, "'odd' is not a property"),
        ("z: K\nK >= ٣", 0, "a declaration is one of"),
        ("lambda: K", 0, "'lambda' is a word of Python's grammar"),
        ("z: K\np[j] := z[j]\nW: K×j", 5, "'j' is an index already, not a size"),
        ("z: K\nL := Σ(k, z[k])\nW: k×K", 3, "'k' is an index already, not a size"),
        ("z: K\nassume z[i] = 0\nW: i", 3, "'i' is an index already, not a size"),
        ("y: m×K, sum 1\nW: k", 3, "'k' is an index already, not a size"),
    ],
)
def test_an_error_names_the_culprit_and_points_at_it(text: str, column: int, problem: str) -> None:
    with pytest.raises(LanguageError, match=problem) as caught:
        Theory(text)
    assert caught.value.column == column


def test_lines() -> None:
    text = "a: K  # one\n# none\n\n b[i] := (a[i] +  # two\n  a[i])\r\nc := [\n1"
    assert list(logical_lines(text)) == [
        ("a: K", "one"),
        ("b[i] := (a[i] + a[i])", "two"),
        ("c := [ 1", ""),
    ]


def test_hostile_theories_are_refused_at_once() -> None:
    with at_most(lines=10_000):
        for text in (
            "x" * 10**6,
            "x: K\n" * 3000,
            "(" * 20_000,
            "p[j] := " + "(" * 4000 + ")" * 4000,
        ):
            with pytest.raises(LanguageError):
                Theory(text)
    assert len("x" * 10**6) > MAX_THEORY


def test_a_theory_is_text() -> None:
    with pytest.raises(TypeError, match="text, not bytes"):
        Theory(b"z: K")  # type: ignore[arg-type]


def test_dependencies_take_no_longer_than_the_text(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = ["x: real", "a0 := x", *(f"a{n + 1} := a{n}*a{n}" for n in range(12))]
    theory = Theory("\n".join(lines))
    calls = []
    plain = Theory.dependencies

    def counted(self: Theory, name: str) -> frozenset[str]:
        calls.append(name)
        return plain(self, name)

    monkeypatch.setattr(Theory, "dependencies", counted)
    assert theory.dependencies("a12") == {"x", *(f"a{n}" for n in range(13))}
    assert len(calls) < 200


def test_statement_and_its_text() -> None:
    theory = Theory("z: K\np[j] := exp(z[j])")
    statement = theory.statement("∂(p[j],\n   z[i])", " δ(i,j)*p[j] ")
    assert str(statement) == "∂(p[j], z[i]) = δ(i,j)*p[j]"
    assert dict(statement.free) == spans(j="K", i="K")

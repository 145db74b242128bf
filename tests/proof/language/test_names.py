"""Names looked up, ranges inferred: one size an index, and errors that name it."""

import pytest

from derivlib.proof.language.errors import LanguageError
from derivlib.proof.language.names import Resolved, resolve
from derivlib.proof.language.parser import parse
from derivlib.proof.language.ranges import Range
from derivlib.proof.language.syntax import Expr, Size, Sum, walk
from derivlib.proof.theory import Theory
from tests.support.spans import span, spans

THEORY = Theory("""
    z: K
    w: d
    X: m×d
    S: K×K
    c: real
    p[j] := exp(z[j]) / Σ(k, exp(z[k]))
    a[n] := Σ(q, X[n,q]*w[q])
    L := -Σ(j, log(p[j]))
""")


def resolved(*texts: str, parameters: tuple[str, ...] | None = None) -> Resolved:
    return resolve([(parse(text), text) for text in texts], THEORY, parameters)


def ranges(expr: Expr) -> list[tuple[str, Range | None]]:
    sums = [node for node in walk(expr) if isinstance(node, Sum)]
    return [(binder.index, binder.range) for node in sums for binder in node.binders]


@pytest.mark.parametrize(
    ("text", "free"),
    [
        ("z[i]", {"i": "K"}),
        ("X[n,q]", {"n": "m", "q": "d"}),
        ("z[i]*w[j] + z[k]", {"i": "K", "j": "d", "k": "K"}),
        ("δ(i,j)*z[j]", {"i": "K", "j": "K"}),
        ("δ(i,j)*δ(j,k)*δ(k,l)*z[l]", dict.fromkeys("ijkl", "K")),
        ("z[k]*δ(i,j)*δ(k,l)*δ(j,k)", dict.fromkeys("kijl", "K")),
        ("∂(L, z[i])", {"i": "K"}),
        ("p[i]", {"i": "K"}),
        ("a[n]", {"n": "m"}),
        ("Σ(i, z[i])", {}),
        ("Σ(k != i, z[k])", {"i": "K"}),
        ("Σ(i, z[i]) + w[i]", {"i": "d"}),
        ("z[2] + c", {}),
        ("z[K] + δ(i,d)*w[i]", {"i": "d"}),
        ("1 + c*K", {}),
    ],
)
def test_ranges_of_free_indices(text: str, free: dict[str, str]) -> None:
    found = resolved(text).free
    assert dict(found) == spans(**free)
    assert set(found) == set(free)


def test_free_indices_come_in_order_of_appearance() -> None:
    assert list(resolved("z[k]*w[a]", "z[b]*w[a]").free) == ["k", "a", "b"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Σ(i, z[i])", [("i", "K")]),
        ("Σ(i, j, X[i,j])", [("i", "m"), ("j", "d")]),
        ("Σ(i, Σ(i, z[i])*w[i])", [("i", "d"), ("i", "K")]),  # the inner one shadows
        ("Σ(i, w[i]*Σ(i, z[i]))", [("i", "d"), ("i", "K")]),
        ("Σ(k, δ(k,i)*w[i])", [("k", "d")]),
        ("Σ(j, i != j, z[j])", [("j", "K"), ("i", "K")]),
        ("Σ(i != i, w[i])*w[i]", [("i", "d")]),  # leaves out the outer i
        ("Σ(z, z[z])", [("z", "K")]),  # indices and arrays are told apart by their place
        ("∂(Σ(i, z[i]), z[i])", [("i", "K")]),
    ],
)
def test_ranges_of_bound_indices(text: str, expected: list[tuple[str, str]]) -> None:
    assert ranges(resolved(text).expressions[0]) == [(name, span(size)) for name, size in expected]


def test_the_index_that_a_sum_leaves_out_is_the_outer_one() -> None:
    # In Σ(i, j != i, …) the i left out is the binder beside it, not a free one.
    assert dict(resolved("Σ(i, j != i, z[i]*z[j])").free) == {}
    assert dict(resolved("Σ(j != i, i, z[i]*z[j])").free) == spans(i="K")


def test_expressions_share_their_free_indices() -> None:
    assert dict(resolved("z[i]", "δ(i,j)*z[i]").free) == spans(i="K", j="K")
    with pytest.raises(LanguageError, match=r"'i' runs over K in z\[i\] and over d in w"):
        resolved("z[i]", "c + w[i]")


def test_sizes_are_told_from_variables() -> None:
    found = resolved("c/m + K").expressions[0]
    assert {node.name for node in walk(found) if isinstance(node, Size)} == {"m", "K"}


def test_ranges_known_beforehand() -> None:
    found = resolve([(parse("δ(i,j)"), "")], THEORY, known=spans(i="K"))
    assert dict(found.free) == spans(i="K", j="K")
    with pytest.raises(LanguageError, match="'i' runs over K in an earlier line and over d"):
        resolve([(parse("w[i]"), "w[i]")], THEORY, known=spans(i="K"))


@pytest.mark.parametrize(
    ("text", "column", "problem"),
    [
        ("p[i] - t[i]", 7, "'t' is not declared"),
        ("Σ(i, z[i]·t[i])", 10, "'t' is not declared"),
        ("z[i] + foo", 7, "'foo' is not declared"),
        ("c + p[i,j]", 4, r"'p' \(K\) takes 1 index, not 2"),
        ("c + X[i]", 4, r"'X' \(m×d\) takes 2 indices, not 1"),
        ("z + z[i]", 0, r"'z' \(K\) takes 1 index, not 0"),
        ("c*c[i]", 2, r"'c' is a scalar: it takes no index"),
        ("c*L[i]", 2, r"'L' is a scalar: it takes no index"),
        ("z[i] + K[i]", 7, "'K' is a size, not an array"),
        ("z[i]*w[i]", 7, r"'i' runs over K in z\[i\] and over d in w\[i\]"),
        ("X[n,n]", 4, r"'n' runs over m in X\[n,n\] and over d in X\[n,n\]"),
        ("Σ(i, z[i]·X[i,i])", 12, r"'i' runs over K in z\[i\] and over m"),
        ("z[i]*w[j]*δ(i,j)", 14, "'i' runs over K and 'j' over d: they cannot be compared"),
        ("z[i]*Σ(k != i, w[k])", 12, "'i' runs over K and 'k' over d: they cannot be compared"),
        ("Σ(i, a[i]·z[i])", 12, r"'i' runs over m in a\[i\] and over K"),
        ("c*δ(i,j)", 4, "range of index 'i' is unknown"),
        ("Σ(k, c)", 2, "range of index 'k' is unknown"),
        ("z[1] + Σ(k, l, z[k])", 12, "range of index 'l' is unknown"),
        ("Σ(K, z[K])", 2, "'K' is a size and cannot be an index"),
        ("z[1] + z[m]", 9, "'z' may have no place m: its axis runs over K"),
        ("z[1] + z[K+1]", 9, r"'z' has no place K\+1: its axis runs over K"),
        ("∂(c^2, K)", 7, "'K' is a size"),
        ("∂(c^2, t)", 7, "'t' is not declared"),
        ("∂(c^2, z)", 7, r"'z' \(K\) takes 1 index, not 0"),
        ("∂(L, z[i], p[j])", 5, "holds 'p' fixed, yet 'p' depends on 'z'"),
        ("∂(L, p[j], z[i])", 11, "holds 'p' fixed, yet 'p' depends on 'z'"),
        ("∂(c*∂(L, z[i]), p[j])", 9, "holds 'p' fixed, yet 'p' depends on 'z'"),
        ("∂(p[1], L, p[j])", 11, "holds 'L' fixed, yet 'L' depends on 'p'"),
    ],
)
def test_an_error_names_the_culprit_and_points_at_it(text: str, column: int, problem: str) -> None:
    with pytest.raises(LanguageError, match=problem) as caught:
        resolved(text)
    assert (caught.value.line, caught.value.column) == (text, column)


def test_the_second_of_two_texts_is_the_one_quoted() -> None:
    with pytest.raises(LanguageError) as caught:
        resolved("p[i]", "z[i] − t[i]")
    assert (caught.value.line, caught.value.column) == ("z[i] − t[i]", 7)


def test_a_definition_has_no_free_index_but_its_parameters() -> None:
    assert dict(resolved("z[i]*w[j]", parameters=("i", "j")).free) == spans(i="K", j="d")
    with pytest.raises(LanguageError, match="'j' is neither summed over nor on the left"):
        resolved("z[i]*w[j]", parameters=("i",))


@pytest.mark.parametrize(
    "text", ["∂(∂(L, p[j]), z[i])", "∂(∂(L, p[j]), p[i])", "∂(L, L)", "∂(p[i], p[j])", "∂(c, p[1])"]
)
def test_what_may_be_held(text: str) -> None:
    resolved(text)


@pytest.mark.parametrize("text", ["∂(g[i], p[j])", "∂(c*G, p[j])", "∂(∂(G, g[i]), p[j])"])
def test_no_definition_differentiates_by_a_part_of_what_is_held(text: str) -> None:
    theory = Theory(THEORY.text + "\ng[i] := ∂(L, z[i])\nG := Σ(i, g[i]^2)")
    with pytest.raises(LanguageError, match="holds 'p' fixed, yet 'p' depends on 'z'"):
        theory.statement(text, "0")
    theory.statement("∂(G, g[i])", "2*g[i]")  # g is not entered, nor the ∂ in it

"""The ranges of indices: inferred from uses or stated by sums, and checked at explicit sizes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from derivlib.proof.language.errors import LanguageError
from derivlib.proof.language.printer import to_text
from derivlib.proof.language.ranges import Range
from derivlib.proof.language.syntax import Entry, Expr, Index, Mul, Sum, children, walk
from derivlib.proof.theory import Theory
from tests.support.effort import at_most
from tests.support.letters import Choose
from tests.support.spans import span, spans
from tests.support.strategies import written
from tests.support.tables import run

TIME = Theory("""
    x, y: T
    h: 0..T × H
    lam: 1..T+1 × H
    e: -1..T-1
    z: K
    c: real
    d[t,a] := h[t,a] - h[t-1,a]
    q[t] := x[t]*x[t-2]
    w[t] := lam[t+1,1]
""")


def free(*texts: str) -> Mapping[str, Range]:
    return TIME.statement(*(texts if len(texts) == 2 else (*texts, "0"))).free


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("h[t,a]", {"t": "0..T", "a": "H"}),
        ("h[t-1,a]", {"t": "1..T+1", "a": "H"}),
        ("lam[t+1,1] - x[t]", {"t": "T"}),
        ("x[t]*h[t-1,1]*lam[t+1,1]", {"t": "T"}),
        ("h[t,1]*lam[t,1]", {"t": "T"}),
        ("h[t-1,1]*lam[t+1,1]*e[t]", {"t": "1..T-1"}),
        ("x[t]*x[t-1]", {"t": "2..T"}),
        ("x[t-1]*x[t+1]", {"t": "2..T-1"}),
        ("x[t]*e[t]", {"t": "1..T-1"}),
        ("e[t]*h[t,1]", {"t": "0..T-1"}),
        ("x[t-1]*x[s+1]*h[s,1]", {"t": "2..T+1", "s": "0..T-1"}),
        ("x[T]*h[0,1] - lam[T+1,1]", {}),
        ("d[t,a]*q[t]", {"t": "3..T", "a": "H"}),
        ("d[t,1]", {"t": "T"}),
        ("w[t]", {"t": "0..T"}),
        ("δ(s,t)*h[t,1]", {"s": "0..T", "t": "0..T"}),
        ("δ(s,t-1)*x[t]*h[s,1]", {"s": "0..T", "t": "T"}),
        ("Σ(s in 1..t, x[s])*x[t]", {"t": "T"}),
        ("Σ(s in 1..t-1, x[s])*lam[t,1]", {"t": "1..T+1"}),
        ("Σ(k != t-1, x[k])*x[t]", {"t": "T"}),
    ],
)
def test_a_free_index_runs_over_what_all_its_uses_allow(
    text: str, expected: dict[str, str]
) -> None:
    assert dict(free(text)) == spans(**expected)


def test_both_sides_and_all_lines_share_a_range() -> None:
    assert dict(free("h[t,a]", "x[t]*h[t-1,a]")) == spans(t="T", a="H")


@pytest.mark.parametrize(("name", "axes"), [("d", ("T", "H")), ("q", ("3..T",)), ("w", ("0..T",))])
def test_a_definition_has_the_axes_that_its_body_allows(name: str, axes: tuple[str, ...]) -> None:
    assert TIME.axes(name) == tuple(map(span, axes))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Σ(t, h[t,1])", ["0..T"]),
        ("Σ(t, h[t-1,1])", ["1..T+1"]),
        ("Σ(t, x[t]*y[t])", ["T"]),
        ("Σ(t, h[t,1]*w[t])", ["0..T"]),
        ("Σ(t in 1..T, h[t-1,1]*x[t])", ["T"]),
        ("Σ(t in 2..T, x[t])", ["2..T"]),
        ("Σ(t in 1..T-1, x[t+1])", ["1..T-1"]),
        ("Σ(t in T..T, x[t])", ["T..T"]),
        ("Σ(t in T+1..T, c)", ["T+1..T"]),
        ("Σ(t in 1..3, c)", ["1..3"]),
        ("Σ(t in 1..0, x[t])", ["1..0"]),
        ("Σ(s in 1..t, x[s])*x[t]", ["T"]),
        ("Σ(s in t+1..T, x[s])*x[t]", ["2..T"]),
        ("Σ(t in 1..T, s in 1..t-1, x[s])", ["T", "1..T-1"]),
        ("Σ(t in 1..T, Σ(t in 0..t, h[t,1]))", ["T", "0..T"]),
        ("Σ(s in t..T, r in t+1..s, x[r])*x[t]", ["T", "2..T"]),
        ("Σ(s in t..T, r in t..s-1, x[r])*x[t]", ["T", "1..T-1"]),
        ("Σ(s in t+2..T, r in t+1..s-2, x[r])*q[t+2]", ["3..T", "2..T-2"]),
        ("Σ(s in 1..T, r in 1..s, k in r..s, x[k])", ["T", "T", "T"]),
        ("Σ(s, δ(s,t)*c)*h[t,1]", ["0..T"]),
        ("Σ(s in 1..T, δ(t,s)*c)*h[t,1]", ["T"]),
    ],
)
def test_a_bound_index_carries_the_widest_range_that_its_ends_allow(
    text: str, expected: list[str]
) -> None:
    left = TIME.statement(text, "0").left
    sums = [node for node in walk(left) if isinstance(node, Sum)]
    assert [binder.range for node in sums for binder in node.binders] == [*map(span, expected)]


def test_the_ends_of_a_sum_belong_to_the_scope_around_it() -> None:
    left = TIME.statement("Σ(t in 1..T, Σ(t in 1..t, x[t]))", "0").left
    again = TIME.statement("Σ(r in 1..T, Σ(s in 1..r, x[s]))", "0").left
    assert dict(free("Σ(t in 1..T, Σ(t in 1..t, x[t]))")) == {}
    assert to_text(left) == "Σ(t in 1..T, Σ(t in 1..t, x[t]))"
    assert isinstance(left, Sum)
    assert isinstance(again, Sum)
    assert left.binders[0].range == again.binders[0].range == span("T")
    # An end is not bound by its own sum, but it is by an earlier binder beside it.
    assert dict(free("Σ(t in 1..t, s in 1..t, x[s])*x[t]")) == spans(t="T")


@pytest.mark.parametrize(
    ("text", "column", "problem"),
    [
        # places outside of an axis
        ("c + x[0]", 6, "'x' has no place 0: its axis runs over T"),
        ("c + h[-1,1]", 6, r"'h' has no place -1: its axis runs over 0\.\.T"),
        ("c + e[-2]", 6, r"'e' has no place -2: its axis runs over -1\.\.T-1"),
        ("c + x[T+1]", 6, r"'x' has no place T\+1: its axis runs over T"),
        ("c + e[T]", 6, r"'e' has no place T: its axis runs over -1\.\.T-1"),
        ("c + x[T-1]", 6, "'x' may have no place T-1"),
        ("c + x[K]", 6, "'x' may have no place K"),
        ("c + lam[0,1]", 8, r"'lam' has no place 0: its axis runs over 1\.\.T\+1"),
        ("∂(c, x[0])", 7, "'x' has no place 0"),
        # sums that reach beyond an axis
        ("Σ(t in 0..T, x[t])", 15, r"'t' runs over 0\.\.T, but x\[t\] allows T only"),
        ("Σ(t in 1..T, x[t-1])", 15, r"'t' runs over T, but x\[t-1\] allows 2\.\.T\+1 only"),
        ("Σ(t in 1..T+1, lam[t+1,1])", 19, r"lam\[t\+1,1\] allows 0\.\.T only"),
        ("Σ(t in 1..3, x[t])", 15, r"'t' runs over 1\.\.3, but x\[t\] allows T only"),
        ("Σ(s in 1..t, x[s])*h[t-1,1]", 15, r"'s' runs over 1\.\.T\+1, but x\[s\] allows T only"),
        ("Σ(k in 1..T, z[k])", 15, r"'k' runs over T, but z\[k\] allows K only"),
        # sums that could run backwards
        ("Σ(t in 3..T, x[t])", 2, r"Σ over 3\.\.T could run backwards: say that T >= 2"),
        ("Σ(t in 2..T-2, x[t])", 2, r"Σ over 2\.\.T-2 could run backwards: say that T >= 3"),
        ("Σ(t in T..1, x[t])", 2, r"Σ over T\.\.1 could run backwards$"),
        ("Σ(t in T..K, c)", 2, r"Σ over T\.\.K could run backwards$"),
        ("Σ(t in 1..-1, c)", 2, r"Σ over 1\.\.-1 could run backwards$"),
        ("Σ(s in t..r, x[s])*x[t]*x[r]", 2, r"Σ over t\.\.r could run backwards$"),
        ("Σ(s in 2..t-1, x[s])*x[t]", 2, r"Σ over 2\.\.t-1 could run backwards$"),
        ("Σ(s in t+1..T, x[s])*h[t-1,1]", 2, r"Σ over t\+1\.\.T could run backwards$"),
        ("Σ(s in 1..T, r in s+2..T, x[r])", 13, r"Σ over s\+2\.\.T could run backwards$"),
        ("Σ(s in 1..t, r in s+2..t, x[r])*x[t]", 13, r"Σ over s\+2\.\.t could run backwards$"),
        ("Σ(s in t..T, r in t+1..s-1, x[r])*x[t]", 13, r"Σ over t\+1\.\.s-1 could run"),
        ("Σ(s in 1..t, r in t..s, x[r])*x[t]", 13, r"Σ over t\.\.s could run backwards$"),
        ("Σ(s in t..T, r in s..t, x[r])*x[t]", 13, r"Σ over s\.\.t could run backwards$"),
        ("Σ(t, q[t])", 2, r"Σ over 3\.\.T could run backwards: say that T >= 2"),
        # sums that do not say over what they run
        ("Σ(t, x[t]*x[t-1])", 2, r"say over what 't' runs, as in Σ\(t in 2\.\.T, …\)"),
        ("Σ(t, x[t]*h[t-1,1])", 2, r"say over what 't' runs, as in Σ\(t in 2\.\.T, …\)|1\.\.T"),
        ("c + Σ(t, h[t,1]*lam[t,1])", 6, r"say over what 't' runs, as in Σ\(t in 1\.\.T, …\)"),
        ("Σ(t, d[t,1]*h[t,1])", 2, "its uses allow different ranges"),
        # sizes that cannot be compared
        ("x[t]*z[t]", 7, r"'t' runs over T in x\[t\] and over K in z\[t\]"),
        ("h[t-1,1]*z[t]", 11, r"'t' runs over 0\.\.T in h\[t-1,1\] and over K in z\[t\]"),
        ("Σ(t in 1..T, h[t,t])", 17, r"runs over 0\.\.T in h\[t,t\] and over H in h\[t,t\]"),
        ("x[t]*z[k]*δ(t,k)", 14, "'t' runs over T and 'k' over K: they cannot be compared"),
        ("Σ(s in 1..T, δ(s,k)*z[k])", 17, "'s' runs over T and 'k' over K"),
        ("Σ(k != t, z[k])*x[t]", 7, "'t' runs over T and 'k' over K: they cannot be compared"),
        # ranges that nothing tells
        ("c*δ(s,t-1)", 4, "range of index 's' is unknown"),
        ("Σ(s in 1..t, x[s])", 10, "range of index 't' is unknown: it is no size"),
        ("Σ(s in t..r, x[s])", 7, "range of index 't' is unknown: it is no size"),
        ("Σ(T in 1..T, c)", 2, "'T' is a size and cannot be an index"),
    ],
)
def test_an_error_names_the_culprit_and_points_at_it(text: str, column: int, problem: str) -> None:
    with pytest.raises(LanguageError) as caught:
        TIME.statement(text, "0")
    assert caught.value.column == column
    with pytest.raises(LanguageError, match=problem):
        raise LanguageError(caught.value.problem)


def test_a_raised_bound_keeps_a_sum_from_running_backwards() -> None:
    theory = Theory(TIME.text + "\nT >= 3")
    for text in ("Σ(t in 3..T, x[t])", "Σ(t in 2..T-2, x[t])", "Σ(t, q[t])", "Σ(t in 1..3, x[t])"):
        theory.statement(text, "0")
    assert dict(theory.statement("x[T-1]*e[T-3]", "0").free) == {}


def test_an_error_quotes_the_line_of_the_comparison() -> None:
    with pytest.raises(LanguageError, match="cannot be compared") as caught:
        TIME.statement("x[t]*z[k]", "c + δ(t,k)")
    assert (caught.value.line, caught.value.column) == ("c + δ(t,k)", 8)


# --- any expression: what is resolved has a meaning at every size ---------------------------------


def text(choose: Choose, scope: tuple[str, ...] = ("t", "r"), depth: int = 3) -> str:
    def one(*options: str) -> str:
        return str(choose(options))

    def index(places: tuple[str, ...] = ("0", "1", "2", "T", "T-1", "T+1")) -> str:
        name = one(*scope)
        return one(name, name, f"{name}-1", f"{name}+1", *places[: choose(range(7))])

    match "sum" if depth == 3 else one("leaf", "product", "sum", "sum") if depth else "leaf":
        case "leaf":
            return one(
                *(f"x[{index()}]", f"h[{index()},1]", f"lam[{index()},H]", f"e[{index()}]"),
                *(f"w[{index()}]", f"δ({index()},{index()})"),
            )
        case "product":
            return f"{text(choose, scope, depth - 1)}*{text(choose, scope, depth - 1)}"
    name, i, j = one("s", "k", "t"), one(*scope), one(*scope)
    ends = one(
        *(
            "1..T",
            "0..T",
            f"1..{i}",
            f"0..{i}-1",
            f"{i}..T",
            f"{i}+1..T",
            f"{i}..{j}",
            f"{i}+2..{j}",
        ),
        *[f"{index()}..{index()}"] * 4,
    )
    binder = one(name, f"{name} != {index()}", *[f"{name} in {ends}"] * 6)
    return f"Σ({binder}, {text(choose, (*scope, name), depth - 1)})"


Places = Mapping[str, int]


def visit(expr: Expr, at: Places, sizes: Mapping[str, int]) -> None:
    """Go through all terms: each index stays on its axis, and no sum runs backwards."""

    def where(index: Index) -> int:
        return index.offset + (0 if index.name is None else {**sizes, **at}[index.name])

    match expr:
        case Entry(name, indices):
            for index, axis in zip(indices, TIME.axes(name) or (), strict=True):
                # x[2] asks for T >= 2, which is said elsewhere.
                assert index.name is None or where(index) in run(axis, sizes)
        case Sum(binders, body):
            first, *rest = binders
            assert first.range is not None
            values = run(first.range, sizes)
            if first.first is not None and first.final is not None:
                own = range(where(first.first), where(first.final) + 1)
                assert where(first.final) >= where(first.first) - 1
                assert not own or (own[0] in values and own[-1] in values)
                if not {first.first.name, first.final.name} & at.keys():
                    assert own == values
                values = own
            for value in values:
                inner = {**at, first.index: value}
                visit(Sum(tuple(rest), body) if rest else body, inner, sizes)
        case _:
            for child in children(expr):
                visit(child, at, sizes)


@given(written(text))
@settings(max_examples=300, deadline=None)
def test_what_is_resolved_has_a_meaning_at_every_size(line: str) -> None:
    try:
        statement = TIME.statement(line, "x[t]*h[r,1]")
    except LanguageError:
        return
    for T, H in ((1, 1), (2, 1), (3, 2), (4, 1)):
        sizes = {"T": T, "H": H, "K": 2}
        spans = [run(range_, sizes) for range_ in statement.free.values()]
        for values in product(*spans):
            visit(statement.left, dict(zip(statement.free, values, strict=True)), sizes)


def factors(expr: Expr) -> Iterator[Expr]:
    if isinstance(expr, Mul):
        yield from factors(expr.left)
        yield from factors(expr.right)
    else:
        yield expr


uses = st.builds(
    lambda name, offset: f"{name[0]}[t{offset:+d}{name[1]}]",
    st.sampled_from([("x", ""), ("h", ",1"), ("lam", ",H"), ("e", ""), ("w", "")]),
    st.integers(-2, 2),
)


@given(st.lists(uses, min_size=1, max_size=4), st.integers(1, 5))
@settings(max_examples=100, deadline=None)
def test_a_free_index_takes_every_value_that_all_its_uses_allow(used: list[str], T: int) -> None:
    statement = TIME.statement("*".join(used), "0")
    sizes = {"T": T, "H": 1, "K": 1}
    allowed = set(range(-9, T + 9))
    for factor in factors(statement.left):
        assert isinstance(factor, Entry)
        axis = (TIME.axes(factor.name) or ())[0]
        allowed &= {value - factor.indices[0].offset for value in run(axis, sizes)}
    assert set(run(statement.free["t"], sizes)) == allowed


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Max(" + ",".join(["δ(t,r)"] * 690) + ", x[t]*x[r])", id="comparisons"),
        pytest.param("Max(" + ",".join(["x[t]*h[t,1]"] * 400) + ")", id="uses"),
        pytest.param("Max(" + ",".join(["Σ(s in 1..t,x[s])"] * 250) + ", x[t])", id="sums"),
        pytest.param("Max(" + ",".join("1" * 2400) + ")", id="numbers"),
        pytest.param(
            "".join(f"Σ(i{n + 1} in i{n}..i{n}," for n in range(90))
            + "x[i90]"
            + ")" * 90
            + "*x[i0]",
            id="ends of ends",
        ),
    ],
)
def test_ranges_are_found_in_no_time(text: str) -> None:
    with at_most(lines=500_000):
        TIME.statement(text, "0")

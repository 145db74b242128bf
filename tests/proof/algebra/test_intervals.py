"""Sums over intervals: the value stays, whatever the arrays hold beyond their axes."""

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from derivlib.proof.algebra.hypotheses import rewrite
from derivlib.proof.algebra.polynomial import (
    ONE,
    ZERO,
    OutOfBudget,
    Poly,
    Sum,
    Undefined,
    Var,
    atom_poly,
)
from derivlib.proof.algebra.sums import interval, rename, summation
from derivlib.proof.language.ranges import (
    CONSTANT,
    Base,
    End,
    bound,
    free,
    fresh,
    last,
    place_of_end,
)
from derivlib.proof.language.syntax import Expr
from derivlib.proof.theory import Theory
from tests.support.numeric import equal
from tests.support.spans import span
from tests.support.strategies import At, few, meaning, normal_form, rules, sides, value
from tests.support.timely import (
    TIME,
    TIMES,
    chronicles,
    read_time,
    time_form,
    time_points,
    when,
)

GIVEN = rules(TIME)


def at_minus_one() -> At:
    """Where a sum over 0..m is empty."""
    point = time_points(lambda options: options[1], {"T": 2, "K": 1})
    return point, {"t": 0, "o": 1, "m": -1, "i": 1}


@few
@given(chronicles(), when(), st.booleans())
@example(read_time("Σ(s in 0..m, δ(s,0)*e[s])"), at_minus_one(), True)
@example(read_time("Σ(s in 0..m, r[s])"), at_minus_one(), True)
def test_the_normal_form_has_the_value_of_the_expression(
    expr: Expr, at: At, open_functions: bool
) -> None:
    expected = meaning(expr, at, TIME)
    try:
        poly = normal_form(expr, TIME, TIMES, open_functions=open_functions)
        after = rewrite(poly, GIVEN)
    except (OutOfBudget, Undefined):
        assume(False)
    assume(expected is not None)
    for form in (poly, after):
        found = value(form, at)
        assert found is None or equal(found, expected)


# --- Karr's convention ----------------------------------------------------------------------------

T_ENDS = [End(symbol, offset) for symbol in ("", "T") for offset in range(-2, 4)]
ENDS = [*T_ENDS, *[End(free("t", span("0..T")), offset) for offset in (-1, 0, 1)]]
offsets = st.integers(-2, 2)


def entry(name: str, index: Base, offset: int) -> Poly:
    return atom_poly(Var(name, ((index, offset),)))


@few
@given(
    st.lists(st.tuples(st.sampled_from("fve"), offsets), min_size=1, max_size=3),
    st.sampled_from(ENDS),
    st.sampled_from(ENDS),
    when(),
)
def test_every_interval_by_karrs_convention(
    factors: list[tuple[str, int]], first: End, final: End, at: At
) -> None:
    """Forwards, empty or backwards: Σ over a..b is -Σ over b+1..a-1 for b < a - 1."""
    index = free("s", span("-9..T+9"))
    body = ONE
    for name, offset in factors:
        body = body * (entry(name, index, offset) + ONE)
    point, places = at
    low, high = (
        point.sizes[symbol] + n if symbol == "T" else (places["t"] if symbol else 0) + n
        for symbol, n in (first, final)
    )
    try:
        found = value(interval(body, index, first, final), at)
    except OutOfBudget as error:
        assert "number" in str(error)  # 1 summed up to an index
        assume(False)
    sign = 1
    if high < low - 1:
        sign, low, high = -1, high + 1, low - 1
    terms = [value(body, (point, {**places, "s": n})) for n in range(low, high + 1)]
    assert found is not None and None not in terms
    assert equal(found, sign * sum(terms))


@pytest.mark.parametrize(
    ("first", "final", "expected"),
    [
        (3, 2, {}),
        (3, 1, {2: -1}),
        (3, 0, {1: -1, 2: -1}),
        (-1, 0, {-1: 1, 0: 1}),
        (0, 0, {0: 1}),
    ],
)
def test_counts_written_out(first: int, final: int, expected: dict[int, int]) -> None:
    index = fresh(span("-9..9"))
    found = interval(entry("f", index, 0), index, End("", first), End("", final))
    wanted = ZERO
    for n, sign in expected.items():
        wanted = wanted + entry("f", CONSTANT, n).scale(sign)
    assert found == wanted


def test_a_long_interval_is_given_up() -> None:
    index = fresh(span("0..99"))
    with pytest.raises(OutOfBudget, match="100 terms"):
        interval(entry("f", index, 0), index, *span("0..99"))


@pytest.mark.parametrize("least", [-3, -1, 0, 1, 3])
def test_an_index_is_shifted_to_the_least_offset_0(least: int) -> None:
    index = fresh(span("T"))
    found = summation([index], entry("f", index, least) * entry("e", index, least + 2))
    whole = bound(0, span("T"))
    for mono in found.terms:
        for atom, _ in mono:
            assert not atom.bases - {last("T")}, "no index is left free"
    ((body, _),) = [
        (atom.body, c)
        for mono, c in found.terms.items()
        for atom, _ in mono
        if isinstance(atom, Sum)
    ]
    places = sorted(place for atom, _ in body if isinstance(atom, Var) for place in atom.places)
    assert places == [(whole, 0), (whole, 2)]
    assert len(found.terms) == 1 + 2 * abs(least)


def test_place_of_end() -> None:
    t = free("t", span("0..T"))
    ends = [End("", 3), End("T", 1), End(t, -1)]
    assert [place_of_end(e) for e in ends] == [(CONSTANT, 3), (last("T"), 1), (t, -1)]


# --- equal to the letter --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("left", "right"),
    [
        # shifted
        ("Σ(s in 1..T, f[s-1])", "Σ(s in 0..T-1, f[s])"),
        ("Σ(s in 0..T, f[s]*v[s+1])", "Σ(s in 1..T+1, f[s-1]*v[s])"),
        ("Σ(s in 1..T, f[s]*f[s-1])", "Σ(s in 0..T-1, f[s+1]*f[s])"),
        ("Σ(s in t..T, v[s+1])", "Σ(s in t+1..T+1, v[s])"),
        # peeled
        ("Σ(s in 0..T, f[s])", "f[0] + Σ(s in 1..T, f[s])"),
        ("Σ(s in 1..T, f[s])", "f[T] + Σ(s in 1..T-1, f[s])"),
        ("Σ(s in 1..T+1, v[s])", "v[T+1] + v[T] + Σ(s in 1..T-1, v[s])"),
        ("Σ(s in 2..T, f[s])", "Σ(s in 0..T, f[s]) - f[0] - f[1]"),
        ("Σ(s in -1..T+1, e[s])", "e[-1] + e[0] + e[T+1] + Σ(s in 1..T, e[s])"),
        # telescoping
        ("Σ(s in 1..T, f[s] - f[s-1])", "f[T] - f[0]"),
        ("Σ(s in 1..T, D[s]) + Σ(s in 1..T, e[s-1] - f[s-1])", "f[T] - f[0]"),
        # empty
        ("Σ(s in 1..0, f[s])", "0"),
        ("Σ(s in T+1..T, f[s])", "0"),
        ("Σ(s in t+1..t, f[s]) + 0*f[t]", "0"),
        ("Σ(s in 2..1, 1/f[s])", "0"),
        ("Σ(s in t..t, f[s])", "f[t]"),
        ("Σ(s in T..T+1, e[s])", "e[T] + e[T+1]"),
        # up to an index
        ("Σ(s in 1..t, f[s]) + Σ(s in t+1..T, f[s])", "Σ(s in 1..T, f[s])"),
        ("Σ(s in 1..o, f[s])", "Σ(s in 1..o-1, f[s]) + f[o]"),
        ("Σ(s in 0..t, f[s])", "f[0] + Σ(s in 1..t, f[s])"),
        ("P[o] - P[o-1]", "f[o]*x[o]"),
        ("P[0]", "0"),
        ("P[T]", "Σ(s in 1..T, f[s]*x[s])"),
        ("Σ(s in 1..t, k, f[s]*w[k])", "Σ(k, w[k])*Σ(s in 1..t, f[s])"),
        # the size of a range
        ("Σ(s in 0..T, c + 0*f[s])", "(T + 1)*c"),
        ("Σ(s in 1..T+1, c*v[s]/v[s])", "T*c + c"),
        ("Σ(s in 2..T, c*f[s]/f[s])", "(T - 1)*c"),
        # δ
        ("Σ(s in 1..T, δ(s,o)*f[s])", "f[o]"),
        ("Σ(s in 0..T, δ(s,t)*f[s])", "f[t]"),
        ("Σ(s in 1..T, δ(s,t)*f[s])", "f[t] - δ(t,0)*f[0]"),
        ("Σ(s in 1..T, δ(s,m)*e[s])", "e[m] - δ(m,-1)*e[-1] - δ(m,0)*e[0] - δ(m,T+1)*e[T+1]"),
        ("Σ(s in 1..T, δ(s-1,t)*f[s])", "δ(t,t)*Σ(s in 1..T, δ(s,t+1)*f[s])"),
        ("Σ(s in 0..T, δ(s,0)*f[s])", "f[0]"),
        ("Σ(s in 1..T, δ(s,0)*f[s])", "0"),
        ("Σ(s in 0..T, δ(s,T)*f[s])", "f[T]"),
        ("Σ(s in 1..T, δ(s,T+1)*f[s])", "0"),
        ("Σ(s in 0..T, k in 0..T, δ(s,k)*f[s]*e[k])", "Σ(s in 0..T, f[s]*e[s])"),
        ("Σ(s in 1..T, k in 1..T, δ(s,k-1)*f[s]*e[k])", "Σ(s in 1..T-1, f[s]*e[s+1])"),
        ("Σ(s in 1..T, k in 0..T, δ(s,k+1)*f[s]*e[k])", "Σ(s in 1..T, f[s]*e[s-1])"),
        ("∂(Σ(s in 1..T, f[s]*f[s-1]), f[t])", "∂(Σ(s in 0..T-1, f[s+1]*f[s]), f[t])"),
        ("∂(Σ(s in 1..T, f[s]^2), f[0])", "0"),
        ("∂(Σ(s in 1..T, f[s-1]^2), f[T])", "0"),
        ("∂(Σ(s in 1..T, f[s-1]^2), f[0])", "2*f[0]"),
        ("∂(Σ(s in 1..T, x[s]^2), x[o])", "2*x[o]"),
    ],
)
def test_equal_sums(left: str, right: str) -> None:
    assert time_form(left) == time_form(right)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Σ(s in 1..T, f[s-1])", "Σ(s in 1..T, f[s])"),
        ("Σ(s in 0..T, f[s])", "Σ(s in 1..T, f[s])"),
        ("Σ(s in 1..t, f[s])", "Σ(s in 1..o, f[s])"),
        ("Σ(s in 1..t, f[s])", "Σ(s in 1..T, f[s])"),
        ("Σ(s in 1..t, x[s])", "x[o]"),
        ("Σ(s in 1..T, δ(s,t)*f[s])", "f[t]"),
        ("Σ(s in 1..T, δ(s,t+1)*f[s])", "f[o]"),
        ("Σ(s in 0..T, c + 0*f[s])", "T*c"),
        ("f[T]", "f[1]"),
        ("f[T]", "f[t]"),
        ("e[T]", "e[T+1]"),
        ("δ(t,T)", "δ(t,0)"),
        ("δ(t,T)", "0"),
        ("δ(t,o-1)", "δ(t,o)"),
    ],
)
def test_different_sums(left: str, right: str) -> None:
    assert time_form(left) != time_form(right)


def test_what_may_or_may_not_be_equal_is_given_up() -> None:
    """T = 1 is a size like any other."""
    for text in ("Σ(s in 1..T, δ(s,2)*f[s])", "Σ(s in 1..T, δ(s,1)*δ(s,T)*f[s])"):
        with pytest.raises(OutOfBudget):
            time_form(text)


@pytest.mark.parametrize("text", ["Σ(s in 0..m, e[s])", "Σ(s in 1..o, Σ(k in 1..s, f[k]))"])
def test_sums_whose_count_the_normal_form_cannot_follow(text: str) -> None:
    with pytest.raises(OutOfBudget, match="a sum up to a"):
        time_form(text)


def test_a_definition_over_an_interval_takes_shifted_places() -> None:
    theory = Theory("f: 0..T\nd[t] := f[t] - f[t-1]\ng[t] := d[t]^2 + f[T]*f[0]")
    one, other = sides(
        theory.statement("Σ(t in 1..T, d[t]) + g[T]", "f[T]*f[0] + f[T] - f[0] + d[T]^2"), theory
    )
    assert one == other


def test_substituting_a_bound_moves_the_end_of_a_sum() -> None:
    t, o = (free(name, TIMES[name]) for name in "to")
    p = time_form("Σ(s in 1..t, f[s])")
    assert rename(p, {t: (o, -1)}) == time_form("Σ(s in 1..o, f[s]) - f[o]")
    assert rename(p, {t: (CONSTANT, 2)}) == time_form("f[1]") + entry("f", CONSTANT, 2)
    assert rename(p, {t: (CONSTANT, 0)}) == ZERO
    assert rename(p, {t: (last("T"), 0)}) == time_form("Σ(s in 1..T, f[s])")
    assert rename(p, {t: (CONSTANT, -2)}) == -(entry("f", CONSTANT, -1) + entry("f", CONSTANT, 0))


def test_points_satisfy_the_theory() -> None:
    """Points that break a hypothesis would let a wrong rule pass."""
    for sizes in ({"T": 1, "K": 1}, {"T": 3, "K": 2}):
        point = time_points(lambda options: options[len(options) // 3], sizes)
        for hypothesis in TIME.hypotheses:
            ends = [point.ends(range_) for range_ in hypothesis.free.values()]
            for t in range(ends[0][0], ends[0][1] + 1) if ends else [0]:
                at = point, dict.fromkeys(hypothesis.free, t)
                left, right = (meaning(s, at, TIME) for s in (hypothesis.left, hypothesis.right))
                assert left is not None and left == right

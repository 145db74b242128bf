"""Did you mean …? Only what is proved, and only a single change."""

import pytest

from derivlib.proof import Status, Theory
from derivlib.proof.language.effort import limit
from derivlib.proof.slips import did_you_mean
from tests.support import theories

SOFTMAX = Theory(theories.SOFTMAX)
LAYER = Theory("X: m×d\nW: d×d\nS[n,b] := Σ(a, X[n,a]*W[a,b])")
TIME = Theory("h: 0..T\nx: T")


def suggestion(
    theory: Theory, right: str, wrong: str, effort: float = 0.5
) -> tuple[str, str] | None:
    return did_you_mean(theory, theory.statement(right, wrong), effort=effort)


@pytest.mark.parametrize(
    ("theory", "right", "wrong", "mended"),
    [
        (SOFTMAX, "∂(L, z[i])", "p[i] + y[i]", "p[i] - y[i]"),
        (SOFTMAX, "∂(L, z[i])", "y[i] - p[i]", "p[i] - y[i]"),
        (SOFTMAX, "∂(p[j], z[i])", "p[j]*(1 - p[i])", "p[j]*(δ(i,j) - p[i])"),
        (SOFTMAX, "∂(p[j], z[i])", "p[i]*(δ(i,j) - p[i])", "p[j]*(δ(i,j) - p[i])"),
        (SOFTMAX, "p[i] - y[i]", "∂(L, p[i])", "∂(L, z[i])"),
        (LAYER, "S[n,b]", "Σ(a, X[n,a]*W[b,a])", "Σ(a, X[n,a]*W[a,b])"),
        (TIME, "Σ(t in 1..T, x[t] - h[t-1])", "Σ(t in 1..T, x[t] + h[t-1])", None),
    ],
)
def test_one_change_that_mends_the_line(
    theory: Theory, right: str, wrong: str, mended: str | None
) -> None:
    found = suggestion(theory, right, wrong)
    assert found is not None
    text, change = found
    assert change
    if mended is not None:
        assert theory.statement(text, "0").left == theory.statement(mended, "0").left
    verdict = theory.prove(right, text)
    assert verdict.status is Status.PROVED
    assert not verdict.conditions


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("∂(L, z[i])", "2*p[i] + 3*y[i]"),
        ("Σ(k, p[k])", "z[1]"),
        ("1/(z[i] - z[j])", "1/(z[i] + z[j])"),  # proved on a condition alone
    ],
)
def test_no_single_change_mends_it(right: str, wrong: str) -> None:
    assert suggestion(SOFTMAX, right, wrong, effort=0.2) is None


def test_the_search_keeps_to_its_effort() -> None:
    with limit() as meter:
        assert suggestion(SOFTMAX, "∂(L, z[i])", "p[i] + y[i]", effort=1e-9) is None
    assert meter.spent < 100


SHIFTED = Theory("h, g: 0..T")


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("δ(t,0)*g[t]", "0*g[t] + h[t-1]"),  # 0*g[t] has a t = 0, which h[t-1] has not
        ("δ(t,0)*h[t]", "h[t-1] + 0*h[t]"),
    ],
)
def test_what_holds_for_the_ranges_of_the_wrong_line_alone_is_not_suggested(
    right: str, wrong: str
) -> None:
    assert suggestion(SHIFTED, right, wrong) is None


def test_lines_above_are_judged_anew_where_a_change_widens_their_ranges() -> None:
    wrong = "δ(t,0)*g[t]\n = 0*g[t]\n = 0*g[t] + h[t-1]"
    with pytest.raises(ValueError, match=r"line 2 is false for t in 1\.\.T:") as caught:
        SHIFTED.derive(wrong)
    assert "did you mean" not in str(caught.value)
    with pytest.raises(ValueError, match=r"did you mean: .*\n  = h\[t\] \+ 0\*g\[t-1\]"):
        SHIFTED.derive("h[t] + 0*g[t-1]\n = -h[t] + 0*g[t-1]")

"""What is printed can be told apart."""

import pytest

from derivlib.proof import LanguageError, Theory


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x1, x_1: real", "'x1' and 'x_1' are both printed as x_1"),
        ("x: K\nx1: real", "'x1' and 'x[1]' are both printed as x_1"),
        ("x_1: real\nx: K", "'x_1' and 'x[1]' are both printed as x_1"),
        ("x: K\nx_i: real", "'x_i' and 'x[i]' are both printed as x_i"),
        ("x: K\nx_alpha: real", "'x_alpha' and 'x[alpha]' are both printed"),
        ("alpha, α: real", "'alpha' and 'α' are both printed"),
        ("xi: K\nξ: K", "'xi' and 'ξ' are both printed"),
        ("X: m×d\nX_1: d", "'X_1[…]' and 'X[1,…]' are both printed as X_{1,…}"),
        ("h: 0..T × H\nh0: H", "'h0[…]' and 'h[0,…]' are both printed"),
        ("x: K\ny1 := x[1]\ny[k] := x[k]", "'y1' and 'y[1]' are both printed"),
        ("x: lam\nλ: real", "'lam' and 'λ' are both printed"),
    ],
)
def test_refused(text: str, said: str) -> None:
    with pytest.raises(LanguageError) as caught:
        Theory(text)
    assert said in caught.value.problem


@pytest.mark.parametrize(
    "text",
    [
        "x: K\nx_mean: real",
        "h: T × H\nh0: H",  # there is no place 0
        "W: d×H\nW1, b_1: real",
        "x: K×K\nx12: real",
        "eps, epsilon: real",
        "W1: m×d\nW2: d×K",
        "a, A: real",
    ],
)
def test_read(text: str) -> None:
    assert Theory(text).variables

"""Numbers and errors in words: right, short, and not swayed by rounding."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from derivlib.display import line_plot, matrix_plot, ulp_plot
from derivlib.display._wording import number


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0, "0"),
        (-0.0, "0"),
        (2 / 3, "0.667"),
        (-0.25, "−0.25"),
        (99.96, "100"),
        (1024, "1024"),
        (1023.9999999, "1024"),
        (-740.31, "−740"),
        (1e-4, "0.0001"),
        (9.999e-5, "0.0001"),
        (9.99e-5, "9.99×10^−5"),
        (1.5e-7, "1.5×10^−7"),
        (-1e-17, "−10^−17"),
        (999_999.9, "10^6"),
        (-2.346e10, "−2.35×10^10"),
        (5e-324, "4.94×10^−324"),
        (np.inf, "∞"),
    ],
)
def test_numbers_in_words(value: float, words: str) -> None:
    assert number(value) == words


@given(value=st.floats(-1e308, 1e308))
def test_a_number_in_words_is_right_to_three_digits(value: float) -> None:
    words = number(value).replace("−", "-")
    if "^" in words:
        factor, _, power = words.partition("10^")
        assert factor in ("", "-") or factor.endswith("×")
        words = f"{factor.rstrip('×') + '1' if factor in ('', '-') else factor[:-1]}e{power}"
    assert float(words) == pytest.approx(value, rel=5.01e-3, abs=1e-323)


def test_rounding_noise_is_called_0() -> None:
    assert (number(1e-13, scale=1.0), number(1e-11, scale=1.0)) == ("0", "10^−11")
    assert line_plot(
        [0, 1, 2], {"a": [1.5, 1e-17, -1e-16]}, xlabel="z", ylabel="value"
    ).alt.endswith("a: 1.5, 0, 0.")


def test_peaks_between_the_sampled_points_are_told_and_noise_does_not_choose_among_them() -> None:
    x = np.arange(11.0)
    y = np.where((x == 1) | (x == 9), 5.0, 0.0)
    for noise in (1e-14, -1e-14):
        y[9] = 5 + noise
        words = line_plot(x, {"a": y, "b": -y}, xlabel="z", ylabel="value").alt
        assert "at z = 0, 2, 5, 8, 10:" in words
        assert "a: 0, 0, 0, 0, 0, highest 5 at 1;" in words
        assert "b: 0, 0, 0, 0, 0, lowest −5 at 1." in words


def test_the_words_of_a_large_matrix() -> None:
    matrix = np.zeros((7, 6))
    matrix[2, 3], matrix[4, 5] = 3, -4
    words = matrix_plot(matrix, row_names=list("abcdefg")).alt
    assert (
        words
        == """\
Matrix, 7×6:
lowest −4 in row e, column 5;
highest 3 in row c, column 3;
Frobenius norm 5."""
    )


@pytest.mark.parametrize(
    ("worst", "dtype", "words"),
    [
        (0, "float64", "exact"),
        (0.5, "float64", "at most 0.5 ULP: correctly rounded"),
        (0.51, "float64", "at most 4 ULP"),
        (4, "float64", "at most 4 ULP"),
        (4.1, "float64", "at most 8 ULP"),
        (1025, "float64", "at most 10^4 ULP: at least 11 digits correct"),
        (9e14, "float64", "at most 10^15 ULP: hardly a digit correct"),
        (1.1e15, "float64", "over 10^15 ULP: no digit correct"),
        (np.inf, "float64", "over 10^15 ULP: no digit correct"),
        (9e4, "float32", "at most 10^5 ULP: at least 1 digit correct"),
        (2e6, "float32", "over 10^6 ULP: no digit correct"),
    ],
)
def test_errors_in_words(worst: float, dtype: str, words: str) -> None:
    figure = ulp_plot([0, 1], {"a": [0, worst]}, xlabel="z", dtype=dtype)
    assert figure.alt == f"Errors at 2 points, z from 0 to 1:\na: {words}."

"""What SciPy's own tests ask of softmax, log_softmax, logsumexp, expit and log_expit.

Their inputs, with the values that high precision gives; the axis is given, as SciPy's default is
all axes. What the kernels leave out or do otherwise is at the end: complex numbers, the name of
`b`, int8, an empty axis.
"""

from typing import Any

import numpy as np
import pytest
import scipy.special
from mpmath import mp

import derivlib
from derivlib.evidence import references

RTOL = 1e-13  # SciPy's own
INF, NAN = np.inf, np.nan

WIDE = np.array([[-25.0, 0, 25, 50], [1, 325, 749, 750]])
LOGITS = {
    "one leads by 1000": [1000.0, 0, 0, 0],
    "equal": [1.0, 1],
    "small": [0.0, 1],
    "a range": np.arange(4.0),
    "a range, shifted": np.arange(4.0) + 100,
    "integers": [1000, 0, 0, 0],
    "two": [1000.0, 1],
    "forty apart": [0.0, -40],
    "two hundred": np.arange(200.0),
    "far out": np.full(1000, 10_000),
    "a single one": [3.5],
}


def exactly(reference: Any, rows: Any) -> Any:
    with mp.workdps(50):
        return np.array([reference(row) for row in np.atleast_2d(rows).tolist()], dtype=float)


@pytest.mark.parametrize("name", LOGITS)
@pytest.mark.parametrize("function", ["softmax", "log_softmax", "logsumexp"])
def test_one_row(function: str, name: str) -> None:
    z = LOGITS[name]
    ours, theirs = getattr(derivlib, function)(z), getattr(scipy.special, function)(z)
    exact = exactly(getattr(references, function), z)[0]
    np.testing.assert_allclose(ours, exact, rtol=RTOL)
    np.testing.assert_allclose(ours, theirs, rtol=RTOL, atol=1e-16)  # SciPy's log_softmax rounds
    assert np.shape(ours) == np.shape(theirs)


@pytest.mark.parametrize("function", ["softmax", "log_softmax", "logsumexp"])
def test_axes(function: str) -> None:
    kernel, reference = getattr(derivlib, function), getattr(references, function)
    exact = exactly(reference, WIDE)
    np.testing.assert_allclose(kernel(WIDE, axis=1), exact, rtol=RTOL)
    np.testing.assert_allclose(kernel(WIDE.T, axis=0), exact.T, rtol=RTOL)
    cube = WIDE.reshape(2, 2, 2)
    np.testing.assert_allclose(kernel(cube, axis=(1, 2)).ravel(), exact.ravel(), rtol=RTOL)
    whole = exactly(reference, WIDE.reshape(1, 8))[0]
    np.testing.assert_allclose(np.ravel(kernel(WIDE, axis=None)), np.ravel(whole), rtol=RTOL)


@pytest.mark.parametrize("function", ["softmax", "log_softmax", "logsumexp"])
def test_a_number_alone(function: str) -> None:
    """As with NumPy's own reductions, a 0-d array has the axes 0 and −1."""
    kernel = getattr(derivlib, function)
    for axis in (None, -1, 0, ()):
        assert kernel(1000, axis=axis) == getattr(scipy.special, function)(1000)
    with pytest.raises(ValueError, match="axis 1 is out of range"):
        kernel(1000, axis=1)


# --- logsumexp ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("z", "expected"),
    [([], -INF), ([INF], INF), ([-INF], -INF), ([-INF, -INF], -INF), ([NAN], NAN),
     ([INF, -INF], INF), ([INF, INF], INF)],
)  # fmt: skip
def test_special_values(z: list[float], expected: float) -> None:
    np.testing.assert_equal(derivlib.logsumexp(z), expected)
    np.testing.assert_equal(scipy.special.logsumexp(z), expected)


def test_magnitudes_that_differ_between_axes() -> None:
    z = np.array([[1e10, 1e-10], [-1e10, -INF]])
    np.testing.assert_allclose(derivlib.logsumexp(z), [1e10, -1e10], rtol=1e-16)
    assert derivlib.logsumexp(z, keepdims=True).shape == (2, 1)
    assert derivlib.logsumexp(z, axis=(-1, -2)) == 1e10
    shapes: list[tuple[Any, tuple[int, ...]]] = [(2, (1, 2, 4)), ((1, 3), (1, 3))]
    for axis, shape in shapes:
        assert derivlib.logsumexp(np.ones((1, 2, 3, 4)), axis=axis).shape == shape


@pytest.mark.parametrize("axis", [None, 0, 1])
def test_a_million_tiny_terms(axis: int | None) -> None:
    logs = np.log(np.full((2, 1_000_000), 1e-40))
    got = np.exp(derivlib.logsumexp(logs, axis=axis))
    np.testing.assert_allclose(got, {None: 2e-34, 0: 2e-40, 1: 1e-34}[axis], rtol=1e-13)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int32, np.int64])
@pytest.mark.parametrize("function", ["softmax", "log_softmax", "logsumexp"])
def test_dtypes(function: str, dtype: type) -> None:
    z: Any = np.array([1000, 1000], dtype)
    ours, theirs = getattr(derivlib, function)(z), getattr(scipy.special, function)(z)
    assert ours.dtype == theirs.dtype
    np.testing.assert_allclose(ours, theirs, rtol=1e-6)


# --- expit and log_expit --------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.longdouble])
def test_expit_of_large_numbers(dtype: type) -> None:
    info = np.finfo(dtype)
    for n in (88, 89, 709, 710, 11356, 11357):
        z: Any
        for z in (np.array(n, dtype), np.array([n], dtype)):
            assert derivlib.sigmoid(z).dtype == derivlib.sigmoid(-z).dtype == dtype
            assert np.all(derivlib.sigmoid(z) == 1)
            tail = np.exp(-z.astype(np.longdouble))  # σ(−z) but for a relative e⁻⁸⁸
            error = np.abs(derivlib.sigmoid(-z).astype(np.longdouble) - tail)
            assert np.all(error <= 4 * info.eps * tail + info.smallest_subnormal)


@pytest.mark.parametrize(("dtype", "rtol"), [(np.float32, 5e-7), (np.float64, 1e-15)])
def test_expit_and_log_expit_over_the_line(dtype: type, rtol: float) -> None:
    ends = [-32, -20, -10, -3, -1, -0.1, -1e-9, 0, 1e-9, 0.1, 1, 10, 100]
    ends += [500, 710, 725, 735] if dtype is np.float64 else []
    z: Any = np.append(np.linspace(-4, 4, 10), ends).astype(dtype)
    with mp.workdps(50):
        exact = np.array([references.log_sigmoid(x) for x in z.tolist()], dtype=float)
        sigmoid = np.array([references.sigmoid(x) for x in z.tolist()], dtype=float)
    np.testing.assert_allclose(derivlib.log_sigmoid(z), exact, rtol=rtol, atol=1e-44)
    np.testing.assert_allclose(derivlib.sigmoid(z), sigmoid, rtol=rtol)
    np.testing.assert_allclose(derivlib.log_sigmoid(z), scipy.special.log_expit(z), rtol=5 * rtol)


def test_log_expit_far_out() -> None:
    left, right = np.array([-10_000.0, -750, -500, -35]), np.array([750.0, 1000, 10_000])
    assert np.array_equal(derivlib.log_sigmoid(left), left)
    assert np.array_equal(derivlib.log_sigmoid(right), [0, 0, 0])


# --- what is done otherwise -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "function", ["softmax", "log_softmax", "logsumexp", "sigmoid", "log_sigmoid"]
)
def test_complex_numbers_are_refused(function: str) -> None:
    with pytest.raises(TypeError, match="array of real numbers, got dtype complex128"):
        getattr(derivlib, function)(np.array([1 + 1j]))


def test_what_scipy_calls_b_is_called_weights() -> None:
    arguments: Any = {"b": [1.0]}
    with pytest.raises(TypeError, match="unexpected keyword argument 'b'"):
        derivlib.logsumexp([1.0], **arguments)
    z, b = np.array([1.0, 2.0, 3.0]), np.array([1.0, -2.0, 0.5])
    ours = derivlib.logsumexp(z, weights=b, return_sign=True)
    np.testing.assert_allclose(ours, scipy.special.logsumexp(z, b=b, return_sign=True), rtol=1e-14)


def test_integers_do_not_wrap_around() -> None:
    """SciPy subtracts the maximum in int8: its softmax of these is 0 and NaN."""
    z = np.array([100, -100], np.int8)
    np.testing.assert_allclose(derivlib.softmax(z), [1, np.exp(-200.0)], rtol=1e-13)


def test_an_empty_axis_has_an_empty_softmax() -> None:
    """SciPy raises."""
    assert derivlib.softmax(np.empty((3, 0))).shape == (3, 0)

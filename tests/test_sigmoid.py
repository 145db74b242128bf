"""The sigmoid against 50 digits, on every layout, and at the edges."""

from collections.abc import Iterator
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from derivlib import sigmoid, softmax
from test_softmax import DTYPES, INF, NAN, OLD, Array, layouts, mp, no_warning, ulps, unhurried

# Those of the docstring.
BOUNDS = {"float16": 1, "float32": 4, "float64": 2 + OLD, "longdouble": 2}


@pytest.fixture(autouse=True, scope="module")
def fifty_digits() -> Iterator[None]:
    with mpmath.workdps(50):
        yield


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("scale", ["normal", "wide", "near zero", "near powers of two"])
def test_error_bound(scale: str, dtype: str) -> None:
    rng = np.random.default_rng(0)
    lowest = float(np.log(np.finfo(dtype).smallest_subnormal.astype(np.longdouble)))
    z = {
        "normal": rng.normal(0, 3, 1500),
        "wide": rng.uniform(lowest, -lowest, 1500),
        "near zero": rng.normal(0, 1, 1500) * 10.0 ** -rng.integers(1, 8, 1500),
        "near powers of two": -np.log(2) * rng.integers(1, 30, 1500) + rng.normal(0, 1e-2, 1500),
    }[scale].astype(dtype)
    with no_warning():
        computed = sigmoid(z)
    assert computed.dtype == z.dtype
    assert ulps(computed, [1 / (1 + mpmath.exp(-mp(x))) for x in z]) <= BOUNDS[dtype]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(1,), (5,), (4, 3), (2, 3, 4)])
def test_every_layout(shape: tuple[int, ...], dtype: str) -> None:
    z = np.random.default_rng(0).normal(0, 2, shape).astype(dtype)
    expected = (1 / (1 + np.exp(-z.astype(np.longdouble)))).astype(dtype)
    rtol = 4 * float(np.finfo(dtype).eps)
    for name, same in layouts(z).items():
        computed = sigmoid(same)
        assert computed.dtype == z.dtype
        assert computed.shape == shape
        np.testing.assert_allclose(computed, expected, rtol=rtol, err_msg=name)


@pytest.mark.parametrize("z", [True, 1, np.int8(1), np.uint64(1), 1.0])
def test_a_scalar_is_float64(z: Any) -> None:
    assert isinstance(sigmoid(z), np.float64)
    assert sigmoid(z) == pytest.approx(1 / (1 + np.exp(-1.0)), rel=1e-15)


@pytest.mark.parametrize("dtype", DTYPES)
def test_edges(dtype: str) -> None:
    largest = np.finfo(dtype).max
    z = np.array([-INF, -largest, -0.0, 0, largest, INF, NAN], dtype)
    with no_warning():
        np.testing.assert_array_equal(sigmoid(z), [0, 0, 0.5, 0.5, 1, 1, NAN])
        for shape in [(0,), (0, 3), (3, 0)]:
            assert sigmoid(np.zeros(shape, dtype)).shape == shape


@unhurried
@given(st.floats(allow_nan=False))
def test_symmetry_and_the_softmax_of_two(z: float) -> None:
    with no_warning():
        p = sigmoid(z)
        assert p + sigmoid(-z) == pytest.approx(1, rel=1e-15)
        if np.isfinite(z):
            assert p == pytest.approx(softmax([z, 0.0])[0], rel=1e-15, abs=5e-324)


@pytest.mark.parametrize("dtype", DTYPES)
def test_out(dtype: str) -> None:
    z = np.random.default_rng(0).normal(0, 5, (6, 5)).astype(dtype)
    before, expected = z.copy(), sigmoid(z)
    for out in (np.empty_like(z), np.empty_like(z, order="F"), np.empty((12, 5), dtype)[::2]):
        assert sigmoid(z, out=out) is out
        np.testing.assert_array_equal(out, expected)
    np.testing.assert_array_equal(z, before)
    overlapping = np.zeros((7, 5), dtype)
    overlapping[:6] = z
    sigmoid(overlapping[:6], out=overlapping[1:])
    np.testing.assert_array_equal(overlapping[1:], expected)
    assert sigmoid(z, out=z) is z
    np.testing.assert_array_equal(z, expected)
    scalar = np.empty((), dtype)
    assert sigmoid(scalar.dtype.type(0), out=scalar) is scalar
    assert scalar == 0.5


@pytest.mark.parametrize(
    ("z", "out", "error", "message"),
    [
        (1j, None, TypeError, r"z must be .* got dtype complex128 with shape \(\)"),
        ("1", None, TypeError, "z must be .* got dtype <U1"),
        ([[1], [2, 3]], None, ValueError, "z must be an array of real numbers: "),
        (0.0, 0.0, TypeError, "out must be an array, got float"),
        ([0.0], np.empty(2), ValueError, r"out has shape \(2,\), the result has \(1,\)"),
        ([0.0], np.empty(1, int), TypeError, "out has dtype int64, the result has float64"),
    ],
)
def test_bad_input(z: Any, out: Array | None, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        sigmoid(z, out=out)

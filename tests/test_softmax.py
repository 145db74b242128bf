"""Softmax, log-softmax and log-sum-exp against 60 digits, on every layout, and at the edges."""

from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import given

from derivlib import log_softmax, logsumexp, softmax
from tests.support.arrays import DTYPES, INF, NAN, Array, layouts, no_warning, unhurried
from tests.support.digits import exactly, ulps
from tests.support.matrices import eighths, matrices
from tests.support.softmax_cases import FAMILIES, exact, logits, textbook

BOUNDS = {  # those of the docstrings: softmax, log-softmax, log-sum-exp of a largest entry >= 0
    "float16": (1, 1, 1),
    "float32": (6, 5, 3),
    "float64": (6, 4, 3),
    "longdouble": (6, 4, 3),
}
ANYWHERE = {"float16": 1, "float32": 7, "float64": 5, "longdouble": 5}  # of any log-sum-exp


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("family", FAMILIES)
def test_error_bounds(family: str, dtype: str) -> None:
    z = logits(family, dtype)
    p, log_p, total = exact(family, dtype)
    bounds = BOUNDS[dtype]
    with no_warning():
        got = softmax(z), log_softmax(z), logsumexp(z)
    assert {x.dtype for x in got} == {z.dtype}
    assert ulps(got[0], p) <= bounds[0]
    assert ulps(got[1], log_p) <= bounds[1]
    tops = np.maximum(abs(exactly(z.max(axis=-1))), abs(total))
    assert ulps(got[2], total, tops) <= ANYWHERE[dtype]
    right = z.max(axis=-1) >= 0
    assert ulps(got[2][right], total[right]) <= bounds[2]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    ("shape", "axis"),
    [
        ((5,), -1),
        ((5,), None),
        ((4, 3), 0),
        ((4, 3), -1),
        ((4, 3), ()),
        ((2, 3, 4), 1),
        ((2, 3, 4), (0, 2)),
        ((2, 3, 4), (2, 0)),
        ((2, 3, 4), (-1, 1)),
        ((2, 3, 4), None),
        ((3, 1, 2), 1),
        ((20, 130), 0),
    ],
)
def test_every_layout(shape: tuple[int, ...], axis: Any, dtype: str) -> None:
    z = np.random.default_rng(0).normal(0, 2, shape).astype(dtype)
    p, log_p, total = textbook(z, axis)
    close = 8 * float(np.finfo(dtype).eps)
    for name, same in layouts(z).items():
        for computed, expected in [
            (softmax(same, axis), p),
            (log_softmax(same, axis), log_p),
            (logsumexp(same, axis, keepdims=True), total),
            (logsumexp(same, axis), total.reshape(logsumexp(z, axis).shape)),
        ]:
            assert computed.dtype == z.dtype
            assert computed.shape == expected.shape
            np.testing.assert_allclose(computed, expected.astype(dtype), close, close, err_msg=name)


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint8", "int64", "uint64"])
def test_integers_and_bools_are_float64(dtype: str) -> None:
    z = np.array([[100, 0, 27], [1, 1, 0]]).astype(dtype)
    for kernel in (softmax, log_softmax, logsumexp):
        assert kernel(z).dtype == np.float64
        np.testing.assert_array_equal(kernel(z), kernel(z.astype(np.float64)))
    np.testing.assert_array_equal(softmax([[0, 0]]), [[0.5, 0.5]])


def test_a_scalar_needs_no_axis() -> None:
    assert softmax(3.0) == softmax(3.0, None) == 1
    assert log_softmax(3.0, None) == 0
    assert logsumexp(3.0, None) == 3
    assert isinstance(logsumexp(np.ones(2, "f4")), np.float32)
    assert isinstance(softmax(3.0, None), np.float64)


@unhurried
@given(matrices, eighths)
def test_a_shift_changes_nothing(z: Array, shift: float) -> None:
    rtol, atol = 2e-15, 5e-324  # 8 ULP, which is twice the bound, and the smallest subnormal
    np.testing.assert_allclose(softmax(z + shift), softmax(z), rtol, atol)
    np.testing.assert_allclose(log_softmax(z + shift), log_softmax(z), rtol, atol)
    np.testing.assert_allclose(logsumexp(z + shift), logsumexp(z) + shift, rtol=0, atol=1e-12)


@unhurried
@given(matrices)
def test_rows_sum_to_one(z: Array) -> None:
    p = softmax(z)
    assert (p >= 0).all()
    np.testing.assert_allclose(p.sum(axis=-1), 1, rtol=1e-15)
    np.testing.assert_allclose(np.exp(log_softmax(z)), p, rtol=1e-12)


@unhurried
@given(matrices)
def test_a_row_does_not_see_the_others(z: Array) -> None:
    np.testing.assert_array_equal(softmax(z), [softmax(row) for row in z])
    np.testing.assert_array_equal(log_softmax(z), [log_softmax(row) for row in z])
    np.testing.assert_array_equal(logsumexp(z), [logsumexp(row) for row in z])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    ("row", "p", "log_p", "total"),
    [
        ([0, -INF], [1, 0], [0, -INF], 0),
        ([-INF, -INF], [NAN, NAN], [NAN, NAN], -INF),
        ([INF, 0], [NAN, NAN], [NAN, NAN], INF),
        ([INF, INF], [NAN, NAN], [NAN, NAN], INF),
        ([INF, -INF], [NAN, NAN], [NAN, NAN], INF),
        ([NAN, 0], [NAN, NAN], [NAN, NAN], NAN),
        ([INF, NAN], [NAN, NAN], [NAN, NAN], NAN),
        ([-INF, NAN], [NAN, NAN], [NAN, NAN], NAN),
        ([6e4, -6e4], [1, 0], [0, -1.2e5], 6e4),
        ([-6e4, -6e4], [0.5, 0.5], [-np.log(2), -np.log(2)], np.log(2) - 6e4),
    ],
)
def test_edges(
    row: list[float], p: list[float], log_p: list[float], total: float, dtype: str
) -> None:
    """Each in the company of ordinary rows, which it must leave alone."""
    z = np.array([[1, 1], row, [1, 1]], dtype)
    half = np.array([0.5, 0.5])
    with no_warning():
        got = softmax(z), log_softmax(z), logsumexp(z)
    with np.errstate(over="ignore"):  # −1.2e5 is beyond float16
        expected = (
            np.array([half, p, half]).astype(dtype),
            np.array([np.log(half), log_p, np.log(half)]).astype(dtype),
            np.array([1 + np.log(2), total, 1 + np.log(2)]).astype(dtype),
        )
    rtol = 4 * max(float(np.finfo(dtype).eps), 2.3e-16)  # `expected` went through float64
    for computed, wanted in zip(got, expected, strict=True):
        np.testing.assert_allclose(computed, wanted, rtol=rtol)


@pytest.mark.parametrize("kernel", [softmax, log_softmax])
@pytest.mark.parametrize("shape", [(0,), (0, 3), (3, 0), (2, 0, 3)])
def test_empty(kernel: Callable[..., Array], shape: tuple[int, ...]) -> None:
    with no_warning():
        for axis in (*range(len(shape)), None):
            assert kernel(np.zeros(shape, np.float32), axis).shape == shape


def test_the_sum_of_nothing() -> None:
    with no_warning():
        np.testing.assert_array_equal(logsumexp(np.zeros((3, 0))), [-INF] * 3)
        assert logsumexp(np.zeros((0, 3))).shape == (0,)
        assert logsumexp([]) == -INF
        assert logsumexp(np.zeros((0, 3)), axis=0, keepdims=True).tolist() == [[-INF] * 3]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("classes", [10, 1000])
@pytest.mark.parametrize("offset", [0, 600, -1000, 1e4])
def test_many_that_are_hardly_there(offset: float, classes: int, dtype: str) -> None:
    """Exponentials that are subnormal, or less, but not their sum."""
    info = np.finfo(dtype)
    offset = offset / 10 if dtype == "float32" else offset
    z = np.full(classes, np.floor(np.log(info.smallest_subnormal)) + 1, dtype)
    z[classes // 2] = 0
    z += np.array(offset, dtype)
    total = float((classes - 1) * mpmath.exp(z.min() - z.max()))
    with no_warning():
        found = -log_softmax(z)[classes // 2]
    assert abs(found - total) <= 4 * info.smallest_subnormal


def test_extremes_of_the_range() -> None:
    """Sums at the edge of overflow, and logits whose difference overflows."""
    info = np.finfo(np.float64)
    edge = np.full((1, 1000), np.log(info.max))
    with no_warning():
        for shift in np.linspace(-12, 2, 29):
            np.testing.assert_allclose(softmax(edge + shift), 1e-3, rtol=1e-15)
        assert softmax([info.max, -info.max]).tolist() == [1, 0]
        assert log_softmax([info.max, -info.max]).tolist() == [0, -INF]
        assert softmax([5e-324, 0]).tolist() == [0.5, 0.5]


@pytest.mark.parametrize("kernel", [softmax, log_softmax])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("axis", [0, -1, (0, 1), None])
def test_out(kernel: Callable[..., Array], axis: Any, dtype: str) -> None:
    z = np.random.default_rng(0).normal(-4, 9, (6, 5)).astype(dtype)
    before, expected = z.copy(), kernel(z, axis)
    spare = np.empty((12, 5), dtype)
    for out in (np.empty_like(z), np.empty_like(z, order="F"), spare[::2], spare[-1:5:-1]):
        assert kernel(z, axis, out=out) is out
        np.testing.assert_array_equal(out, expected)
    np.testing.assert_array_equal(z, before)
    overlapping = np.zeros((7, 5), dtype)
    overlapping[:6] = z
    kernel(overlapping[:6], axis, out=overlapping[1:])
    np.testing.assert_array_equal(overlapping[1:], expected)
    assert kernel(z, axis, out=z) is z
    np.testing.assert_array_equal(z, expected)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("axis", [0, 1, (0, 1), None])
@pytest.mark.parametrize("keepdims", [False, True])
def test_out_of_logsumexp(keepdims: bool, axis: Any, dtype: str) -> None:
    z = np.random.default_rng(0).normal(-4, 9, (6, 5)).astype(dtype)
    expected = logsumexp(z, axis, keepdims=keepdims)
    assert expected.shape == z.sum(axis=axis, keepdims=keepdims).shape
    out = np.empty(np.shape(expected), dtype)
    assert logsumexp(z, axis, keepdims=keepdims, out=out) is out
    np.testing.assert_array_equal(out, expected)
    with pytest.raises(ValueError, match="out has shape"):
        logsumexp(z, axis, keepdims=keepdims, out=np.empty((7, 7), dtype))


def test_logsumexp_onto_its_own_input() -> None:
    z = np.random.default_rng(0).normal(size=(5, 5))
    expected = logsumexp(z)
    assert logsumexp(z, out=z[0]) is not None
    np.testing.assert_array_equal(z[0], expected)


@pytest.mark.parametrize("kernel", [softmax, log_softmax, logsumexp])
@pytest.mark.parametrize("family", FAMILIES)
def test_inputs_are_not_written_to(kernel: Callable[..., Array], family: str) -> None:
    z = logits(family, "float64").copy()
    z.flags.writeable = False
    result = kernel(z)
    assert result.flags.writeable
    assert not np.may_share_memory(result, z)


@pytest.mark.parametrize("kernel", [softmax, log_softmax, logsumexp])
@pytest.mark.parametrize(
    ("z", "axis", "error", "message"),
    [
        ([1j], -1, TypeError, r"z must be .* real numbers, got dtype complex128 with shape \(1,\)"),
        (["1"], -1, TypeError, "z must be .* got dtype <U1"),
        ([None], -1, TypeError, "z must be .* got dtype object"),
        ([[1, 2], [3]], -1, ValueError, "z must be an array of real numbers: "),
        (1.0, 1, IndexError, "axis 1 is out of range for an array of 0 dimensions"),
        ([[1.0]], 2, IndexError, "axis 2 is out of range"),
        ([[1.0]], 2, ValueError, "axis 2 is out of range for an array of 2 dimensions"),
        ([[1.0]], (0, -2), ValueError, r"axis must not repeat a dimension, got \(0, -2\)"),
        ([1.0], 0.5, TypeError, "axis must be an integer, got 0.5"),
        ([[1.0]], True, TypeError, "axis must be an integer, got True"),
        ([[1.0]], (0, np.True_), TypeError, "axis must be an integer, got np.True_"),
    ],
)
def test_bad_input(
    kernel: Callable[..., Array], z: Any, axis: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        kernel(z, axis)


@pytest.mark.parametrize("kernel", [softmax, log_softmax])
@pytest.mark.parametrize(
    ("out", "error", "message"),
    [
        ([0.0, 0.0], TypeError, "out must be an array, got list"),
        (np.empty((1, 2)), ValueError, r"out has shape \(1, 2\), the result has \(2,\)"),
        (np.empty(2, "f4"), TypeError, "out has dtype float32, the result has float64"),
        (np.broadcast_to(0.0, 2), ValueError, "out is read-only"),
    ],
)
def test_bad_out(
    kernel: Callable[..., Array], out: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        kernel(np.zeros(2), out=out)


def test_of_two_the_rounding_of_their_difference_counts() -> None:
    """Where the larger and the logarithm cancel; by the exact value."""
    z = np.array([-1.4064539e-03, -5.7371259e00], np.float32)
    exact = np.log(np.exp(z.astype(np.longdouble)).sum())
    assert abs(logsumexp(z) - exact) <= 4 * np.spacing(np.float32(exact))

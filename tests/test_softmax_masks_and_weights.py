"""Softmax, log-softmax and log-sum-exp: entries left out, and sums with weights of both signs."""

from __future__ import annotations

from typing import Any

import gmpy2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from derivlib import log_softmax, logsumexp, softmax
from tests.support.arrays import DTYPES, INF, NAN, Array, layouts, no_warning, unhurried
from tests.support.digits import exactly

FILL = {softmax: 0, log_softmax: -INF}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    ("shape", "axis", "mask_shape"),
    [
        ((6,), 0, (6,)),
        ((6,), None, ()),
        ((4, 5), 1, (4, 5)),
        ((4, 5), 0, (4, 1)),
        ((4, 5), (), (4, 5)),
        ((2, 7, 3), (0, 2), (7, 1)),
        ((2, 7, 3), None, (2, 7, 3)),
        ((900, 20), 1, (20,)),
        ((40, 500), 0, (40, 500)),
        ((3, 9000), 1, (3, 9000)),
    ],
)
def test_what_is_left_out_is_removed(
    shape: tuple[int, ...], axis: Any, mask_shape: tuple[int, ...], dtype: str
) -> None:
    rng = np.random.default_rng(0)
    z = rng.normal(0, 3, shape).astype(dtype)
    mask = np.asarray(rng.uniform(size=mask_shape) < 0.6)
    there = np.broadcast_to(mask, shape)
    wide = np.where(there, np.exp(z.astype(np.longdouble)), 0)
    total = wide.sum(axis=axis, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        p, log_total = np.where(there, wide / total, 0), np.log(total)
        log_p = np.where(there, z - log_total, -INF)
    z[~there] = NAN
    close = 8 * float(np.finfo(dtype).eps)
    for name, same in layouts(z).items() if z.ndim > 1 else [("C", z)]:
        with no_warning():
            got = softmax(same, axis, where=mask), log_softmax(same, axis, where=mask)
            sums = logsumexp(same, axis, where=mask, keepdims=True)
        for computed, expected in [*zip(got, (p, log_p), strict=True), (sums, log_total)]:
            assert computed.dtype == z.dtype
            assert computed.shape == expected.shape
            np.testing.assert_allclose(computed, expected.astype(dtype), close, close, err_msg=name)
    out = z.copy()
    assert softmax(out, axis, where=mask, out=out) is out
    np.testing.assert_array_equal(out, softmax(z, axis, where=mask))


@pytest.mark.parametrize("rows", [1, 4000])
@pytest.mark.parametrize(
    ("row", "p", "log_p", "total"),
    [
        ([NAN, INF, 5.0], [0, 0, 1], [-INF, -INF, 0], 5),
        ([NAN, INF, -INF], [0, 0, NAN], [-INF, -INF, NAN], -INF),
        ([NAN, INF, NAN], [0, 0, NAN], [-INF, -INF, NAN], NAN),
        ([NAN, INF, INF], [0, 0, NAN], [-INF, -INF, NAN], INF),
    ],
)
def test_edges_of_masks(rows: int, row: Any, p: Any, log_p: Any, total: float) -> None:
    z, mask = np.tile(row, (rows, 1)), [False, False, True]
    with no_warning():
        np.testing.assert_array_equal(softmax(z, where=mask), np.tile(p, (rows, 1)))
        np.testing.assert_array_equal(log_softmax(z, where=mask), np.tile(log_p, (rows, 1)))
        np.testing.assert_array_equal(logsumexp(z, where=mask), np.full(rows, total))
        for kernel, fill in FILL.items():
            assert (kernel(z, where=False) == fill).all()
        assert (logsumexp(z, where=False) == -INF).all()


@pytest.mark.parametrize("kernel", [softmax, log_softmax, logsumexp])
@pytest.mark.parametrize(
    ("where", "error", "message"),
    [
        ([1, 0, 1], TypeError, "where must be an array of bools, got dtype int64"),
        ([0.0, 0.0, 1.0], TypeError, "where must be an array of bools, got dtype float64"),
        ([True] * 4, ValueError, r"where of shape \(4,\) does not broadcast to \(2, 3\)"),
        (np.ones((5, 2, 3), bool), ValueError, r"where of shape \(5, 2, 3\) does not broadcast"),
    ],
)
def test_bad_masks(kernel: Any, where: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        kernel(np.zeros((2, 3)), where=where)


# --- weights of the log-sum-exp -------------------------------------------------------------------


@st.composite
def weighted_sums(draw: st.DrawFn) -> tuple[Array, Array]:
    """Entries and weights of all magnitudes, of both signs, that cancel at times."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    shape = draw(st.integers(1, 4)), draw(st.sampled_from([1, 2, 3, 8, 40]))
    dtype = np.dtype(draw(st.sampled_from(["float32", "float64", "longdouble"])))
    most = 80.0 if dtype == np.float32 else 700.0
    z, b = rng.normal(0, 3, shape), rng.normal(size=shape)
    kind = draw(st.sampled_from(["near", "opposite", "cancel", "wide", "huge"]))
    if kind == "opposite":  # huge weights of small exponentials, and the other way round
        log_b = rng.uniform(-1.05 * most - 19, 1.01 * most, shape)  # from the smallest subnormal
        z, b = z - log_b, np.exp(log_b) * np.sign(b)
    if kind == "cancel":
        z[:] = z[:, :1]
        b -= b.mean(axis=1, keepdims=True) * (1 - 1e-3)
    if kind == "wide":
        z *= most
    if kind == "huge":
        z = rng.choice([1, -1], shape) * 10 ** rng.uniform(-37, 37, shape)
    b *= rng.choice([0, 1, 1, 1], shape)
    return z.astype(dtype), b.astype(dtype)


@unhurried
@given(weighted_sums())
def test_error_bound_of_weighted_sums(problem: tuple[Array, Array]) -> None:
    """By 400 bits."""
    z, b = problem
    with no_warning():
        values, signs = logsumexp(z, weights=b, return_sign=True)
        again = logsumexp(z, weights=b)
    np.testing.assert_array_equal(again, np.where(signs < 0, NAN, values))
    half = float(np.finfo(z.dtype).eps) / 2
    with gmpy2.context(precision=400):
        for value, sign, row, weights in zip(values, signs, z, b, strict=True):
            pairs = [(x, w) for x, w in zip(exactly(row), exactly(weights), strict=True) if w != 0]
            if not pairs:
                assert (value, sign) == (-INF, 0)
                continue
            logs = [x + gmpy2.log(abs(w)) for x, w in pairs]
            top = max(logs)
            terms = [
                gmpy2.exp(t - top) * gmpy2.sign(w) for t, (_, w) in zip(logs, pairs, strict=True)
            ]
            total = sum(terms)
            shares = [abs(term / total) for term in terms]
            result = top + gmpy2.log(abs(total))
            sizes = [1 + abs(x) + abs(gmpy2.log(abs(w))) for x, w in pairs]
            bound = (
                3
                * half
                * (abs(result) + sum(q * size for q, size in zip(shares, sizes, strict=True)))
            )
            if bound < 0.1:
                assert sign == gmpy2.sign(total)
            if np.isfinite(value):
                assert abs(exactly(value) - result) <= bound
            else:
                assert bound > 0.1


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    ("shape", "axis", "weights_shape"),
    [
        ((6,), 0, (6,)),
        ((6,), None, ()),
        ((4, 5), 0, (4, 1)),
        ((4, 5), (), (5,)),
        ((2, 7, 3), (0, 2), (7, 1)),
        ((900, 20), 1, (20,)),
        ((40, 500), 0, (40, 500)),
        ((3, 9000), 1, (3, 9000)),
    ],
)
def test_every_layout_of_weighted_sums(
    shape: tuple[int, ...], axis: Any, weights_shape: tuple[int, ...], dtype: str
) -> None:
    rng = np.random.default_rng(0)
    z, mask = rng.normal(0, 3, shape).astype(dtype), rng.uniform(size=shape) < 0.8
    b = np.asarray(rng.normal(size=weights_shape)).astype(dtype)
    wide = np.where(mask, np.exp(z.astype(np.longdouble)) * b, 0)
    total = wide.sum(axis=axis, keepdims=True)
    size = abs(wide).sum(axis=axis, keepdims=True)
    z[~mask] = INF
    for keepdims in (False, True):
        values, signs = logsumexp(
            z, axis, weights=b, where=mask, return_sign=True, keepdims=keepdims
        )
        assert values.dtype == signs.dtype == z.dtype
        assert values.shape == signs.shape == np.sum(z, axis, keepdims=keepdims).shape
    np.testing.assert_array_equal(signs, np.sign(total))
    errors = abs(values - np.log(np.where(total == 0, 1, abs(total))))
    close = 8 * float(np.finfo(dtype).eps) * (8 + size / np.where(total == 0, 1, abs(total)))
    assert (errors[total != 0] <= close[total != 0]).all()
    assert (values[total == 0] == -INF).all()
    out = np.empty_like(values)
    assert logsumexp(z, axis, weights=b, where=mask, out=out, keepdims=True) is out
    np.testing.assert_array_equal(out, np.where(signs < 0, NAN, values))


@pytest.mark.parametrize("rows", [1, 4000])
@pytest.mark.parametrize(
    ("z", "b", "value", "sign"),
    [
        ([1.0, 1.0], [1, -1], -INF, 0),
        ([1.0, NAN], [1, 0], 1, 1),
        ([1.0, INF], [-1, 0], 1, -1),
        ([INF, 2000.0], [1, -1], INF, 1),
        ([INF, 2000.0], [-1, 1], INF, -1),
        ([INF, INF], [1, -1], NAN, NAN),
        ([INF, INF], [-1, -2], INF, -1),
        ([-INF, -INF], [1, -1], -INF, 0),
        ([-INF, 3.0], [-5, 1], 3, 1),
        ([NAN, 3.0], [1, 1], NAN, NAN),
        ([0.0, 0.0], [1, 1e-20], 1e-20, 1),
        ([0.0, 1.0], [0, 0], -INF, 0),
        ([740.0, 740.0], [5e-324, -5e-324], -INF, 0),
        ([1.7e308, -1.7e308], [-1e308, 5e-324], 1.7e308, -1),
        ([-1e17, -1e17], [3, -2], -1e17, 1),
        ([0.0, 0.0, 0.0], [3, -2, -2], 0, -1),
    ],
)
def test_edges_of_weighted_sums(rows: int, z: Any, b: Any, value: float, sign: float) -> None:
    with no_warning():
        values, signs = logsumexp(np.tile(z, (rows, 1)), weights=b, return_sign=True)
        plain = logsumexp(np.tile(z, (rows, 1)), weights=b)
    rounding = 1e-15 if value == 0 else 0  # where the terms cancel
    np.testing.assert_allclose(values, np.full(rows, value), rtol=1e-15, atol=rounding)
    np.testing.assert_array_equal(signs, np.full(rows, sign))
    np.testing.assert_array_equal(plain, np.where(signs < 0, NAN, values))


def test_signs_without_weights_and_of_nothing() -> None:
    for z, value, sign in [([0.0, 0.0], np.log(2), 1), ([-INF], -INF, 0), ([], -INF, 0)]:
        found = logsumexp(np.array(z, "f4"), return_sign=True)
        assert [x.dtype for x in found] == ["f4", "f4"]
        np.testing.assert_allclose(found, (value, sign), rtol=1e-7)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("weights", [2, [1, 2], np.array([1.0, 2.0], "f4"), np.ones(2, "g")])
def test_weights_take_part_in_the_dtype(weights: Any, dtype: str) -> None:
    found = logsumexp(np.zeros((3, 2), dtype), weights=weights)
    b = np.asarray(weights)
    assert found.dtype == np.result_type(np.dtype(dtype), b if b.dtype.kind == "f" else np.float64)


@pytest.mark.parametrize(
    ("weights", "error", "message"),
    [
        ([1.0, NAN], ValueError, r"weights\[1\] is nan, expected a finite number"),
        ([[INF], [1]], ValueError, r"weights\[0, 0\] is inf, expected a finite number"),
        ([1.0] * 3, ValueError, r"weights of shape \(3,\) does not broadcast to \(2, 2\)"),
        ([1j, 1], TypeError, "weights must be an array of real numbers"),
    ],
)
def test_bad_weights(weights: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        logsumexp(np.zeros((2, 2)), weights=weights)

"""Jacobian and products with it: against 60 digits, by properties, at the edges."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from derivlib import (
    log_softmax_vjp,
    softmax,
    softmax_cross_entropy_hvp,
    softmax_jacobian,
    softmax_jvp,
    softmax_vjp,
)
from tests.support.arrays import DTYPES, INF, NAN, Array, no_warning, pairs_of_layouts
from tests.support.digits import Digits, exactly, exp, ulps
from tests.support.matrices import seeded, shape
from tests.support.softmax_cases import FAMILIES, logits

JACOBIAN = {"float16": 1, "float32": 12, "float64": 12, "longdouble": 12}  # ULP
PRODUCT = 8  # ‖error‖ / ε ‖result‖
LOG_PRODUCT = 4  # error / u (|g| + p Σ|g|)

products = pytest.mark.parametrize("product", [softmax_jvp, softmax_vjp, log_softmax_vjp])


def exact_softmax(z: Array) -> tuple[Digits, Digits]:
    """The softmax of each row, and 1 minus it."""
    e = exp(exactly(z) - exactly(z.max(axis=-1, keepdims=True)))
    total = e.sum(axis=-1, keepdims=True)
    before, after = np.zeros_like(e), np.zeros_like(e)
    before[:, 1:] = e[:, :-1].cumsum(axis=-1)
    after[:, :-1] = e[:, :0:-1].cumsum(axis=-1)[:, ::-1]
    return e / total, (before + after) / total


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("family", FAMILIES)
def test_jacobian(family: str, dtype: str) -> None:
    z = logits(family, dtype)[:8, :40]
    p, rest = exact_softmax(z)
    expected = -p[:, :, None] * p[:, None, :]
    diagonal = range(z.shape[1])
    expected[:, diagonal, diagonal] = p * rest
    with no_warning():
        jacobian = softmax_jacobian(z)
    assert jacobian.dtype == z.dtype
    assert ulps(jacobian, expected) <= JACOBIAN[dtype]
    np.testing.assert_array_equal(jacobian, np.swapaxes(jacobian, -1, -2))


@pytest.mark.parametrize("dtype", ["float32", "float64", "longdouble"])
@pytest.mark.parametrize("family", FAMILIES)
def test_products(family: str, dtype: str) -> None:
    z = logits(family, dtype)[:30]
    v = np.random.default_rng(0).normal(size=z.shape).astype(dtype)
    with no_warning():
        p = softmax(z)
        found = softmax_jvp(p, v), softmax_cross_entropy_hvp(z, np.zeros(len(z), int), v)
        backward = log_softmax_vjp(p, v)
    eps, tiny = exactly(np.finfo(dtype).eps), exactly(np.finfo(dtype).tiny)
    exact_p, _ = exact_softmax(z)
    direction = exactly(v)
    centred = direction - direction[range(len(z)), z.argmax(axis=-1)][:, None]  # Σ p = 1
    exact = exact_p * (centred - (exact_p * centred).sum(axis=-1, keepdims=True))
    bound = PRODUCT**2 * eps**2 * (exact**2).sum(axis=-1) + (8 * eps * tiny) ** 2
    for product in found:
        assert (((exactly(product) - exact) ** 2).sum(axis=-1) <= bound).all()
    total = direction.sum(axis=-1, keepdims=True)
    size = abs(direction).sum(axis=-1, keepdims=True)
    errors = abs(exactly(backward) - (direction - exactly(p) * total))
    sizes = abs(direction) + exactly(p) * size
    assert (errors <= LOG_PRODUCT / 2 * eps * sizes + tiny * eps).all()


small = st.floats(-8, 8)


def pair(rng: np.random.Generator) -> tuple[Array, Array]:
    """Logits from −8 to 8 and a direction of the same kind."""
    z, v = rng.uniform(-8, 8, (2, *shape(rng)))
    return (z.round(), v.round()) if rng.integers(2) else (z, v)


pairs = seeded(pair)


@given(pairs)
def test_the_products_are_those_with_the_jacobian(pair: tuple[Array, Array]) -> None:
    z, v = pair
    p, jacobian = softmax(z), softmax_jacobian(z)
    scale = 1e-14 * (1 + abs(v).max())
    np.testing.assert_allclose(softmax_jvp(p, v), np.matvec(jacobian, v), 1e-12, scale)
    np.testing.assert_array_equal(softmax_vjp(p, v), softmax_jvp(p, v))
    log_jacobian = np.eye(z.shape[1]) - p[:, None, :]
    expected = np.vecmat(v, log_jacobian)
    np.testing.assert_allclose(log_softmax_vjp(p, v), expected, 1e-12, len(v) * scale)


@given(pairs, small)
def test_a_constant_direction_changes_nothing(pair: tuple[Array, Array], shift: float) -> None:
    z, v = pair
    p = softmax(z)
    np.testing.assert_array_equal(softmax_jvp(p, np.full_like(p, shift)), 0)
    got = softmax_jvp(p, v + shift)
    np.testing.assert_allclose(got, softmax_jvp(p, v), atol=1e-14 * (8 + abs(shift)))
    assert (abs(log_softmax_vjp(p, v).sum(axis=1)) <= 1e-13 * (1 + abs(v).sum(axis=1))).all()


def test_digits_are_kept_where_one_class_is_certain() -> None:
    p = softmax([0.0, 60.0])
    np.testing.assert_allclose(softmax_jvp(p, [0.0, 1.0]), [-p[0], p[0]], rtol=1e-15)
    np.testing.assert_allclose(softmax_jvp(p, [1e9, 1e9 + 1]), [-p[0], p[0]], rtol=1e-15)
    np.testing.assert_allclose(softmax_jacobian([0.0, 60.0])[1], [-p[0], p[0]], rtol=1e-15)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    ("shape", "axis"),
    [((5,), -1), ((4, 3), 0), ((2, 3, 4), 1), ((2, 3, 4), (0, 2)), ((2, 3), None), ((20, 130), 0)],
)
@products
def test_every_layout(
    product: Callable[..., Array], shape: tuple[int, ...], axis: Any, dtype: str
) -> None:
    rng = np.random.default_rng(0)
    p = softmax(rng.normal(size=shape).astype(dtype), axis)
    v = rng.normal(size=shape).astype(dtype)
    wide = v.astype(np.longdouble)
    if product is log_softmax_vjp:
        expected = wide - p * wide.sum(axis=axis, keepdims=True)
    else:
        expected = p * (wide - (p * wide).sum(axis=axis, keepdims=True))
    close = 20 * float(np.finfo(dtype).eps)
    for _, _, same_p, same_v in pairs_of_layouts(p, v):
        got = product(same_p, same_v, axis)
        assert got.dtype == p.dtype
        np.testing.assert_allclose(got, expected.astype(dtype), close, close)


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_the_jacobian_along_an_axis(axis: int) -> None:
    z = np.random.default_rng(0).normal(size=(3, 4, 5))
    moved = np.moveaxis(z, axis, -1)
    jacobian = softmax_jacobian(z, axis)
    assert jacobian.shape == (*moved.shape, moved.shape[-1])
    for index in np.ndindex(moved.shape[:-1]):
        np.testing.assert_array_equal(jacobian[index], softmax_jacobian(moved[index]))
    out = np.empty(jacobian.shape)
    assert softmax_jacobian(z, axis, out=out) is out
    np.testing.assert_array_equal(out, jacobian)
    with pytest.raises(ValueError, match="out has shape"):
        softmax_jacobian(z, axis, out=np.empty_like(z))


@products
def test_dtypes_meet(product: Callable[..., Array]) -> None:
    p = np.array([0.25, 0.75])
    for a in DTYPES:
        for b in [*DTYPES, "int8", "bool"]:
            floats = "float64" if b in ("int8", "bool") else b
            got = product(p.astype(a), np.array([1, 0], b))
            assert got.dtype == np.promote_types(a, floats)


@products
def test_edges(product: Callable[..., Array]) -> None:
    """Each in the company of ordinary rows, which it must leave alone."""
    half = [0.5, 0.5]
    cases = [([NAN, 1], [1, 0]), (half, [NAN, 0]), (half, [INF, 0]), ([INF, 0], half)]
    for row, direction in cases:
        with no_warning():
            got = product([half, row, half], [[1.0, 0.0], direction, [1.0, 0.0]])
        np.testing.assert_array_equal(got[[0, 2]], product(half, [1.0, 0.0])[None].repeat(2, 0))
        assert not np.isfinite(got[1]).all()
    with no_warning():
        assert np.isnan(softmax_jacobian([INF, 0.0])).all()
        for shape in [(0,), (0, 3), (3, 0)]:
            assert product(np.zeros(shape), np.zeros(shape)).shape == shape
            assert softmax_jacobian(np.zeros(shape)).shape == (*shape, shape[-1])


@products
def test_out(product: Callable[..., Array]) -> None:
    rng = np.random.default_rng(0)
    p, v = softmax(rng.normal(size=(6, 5))), rng.normal(size=(6, 5))
    before, expected = (p.copy(), v.copy()), product(p, v)
    for out in (np.empty_like(p), np.empty_like(p, order="F"), np.empty((12, 5))[::2]):
        assert product(p, v, out=out) is out
        np.testing.assert_array_equal(out, expected)
    np.testing.assert_array_equal((p, v), before)
    for own in (0, 1):
        arguments = p.copy(), v.copy()
        product(*arguments, out=arguments[own])
        np.testing.assert_array_equal(arguments[own], expected)
    with pytest.raises(TypeError, match="out has dtype float32, the result has float64"):
        product(p, v, out=np.empty((6, 5), "f4"))


@products
@pytest.mark.parametrize(
    ("p", "v", "axis", "error", "message"),
    [
        ([1j], [1], -1, TypeError, "p must be an array of real numbers, got dtype complex128"),
        ([1], ["a"], -1, TypeError, "must be an array of real numbers, got dtype <U1"),
        ([1, 2], [1], -1, ValueError, r"must have the shape of p, \(2,\), got \(1,\)"),
        ([1.0], [1.0], 1, ValueError, "axis 1 is out of range for an array of 1 dimensions"),
        (1.0, 1.0, 1, ValueError, "axis 1 is out of range for an array of 0 dimensions"),
    ],
)
def test_bad_input(
    product: Callable[..., Array],
    p: Any,
    v: Any,
    axis: Any,
    error: type[Exception],
    message: str,
) -> None:
    with pytest.raises(error, match=message):
        product(p, v, axis)


@pytest.mark.parametrize("beside", [[0.0, 0.0], [np.nan, np.inf]])
@pytest.mark.parametrize(
    ("product", "p", "v", "expected"),
    [
        (softmax_jvp, [0.5, 0.5], [1e308, -1e308], [5e307, -5e307]),
        (softmax_vjp, [0.25, 0.75], [-1e308, 1.5e308], [-4.6875e307, 4.6875e307]),
        (log_softmax_vjp, [0.5, 0.5], [1.5e308, 1.5e308], [0.0, 0.0]),
        (log_softmax_vjp, [0.25, 0.75], [1.5e308, 1e308], [8.75e307, -8.75e307]),
    ],
)
def test_what_is_finite_stays_so(
    product: Callable[..., Array],
    p: list[float],
    v: list[float],
    expected: list[float],
    beside: list[float],
) -> None:
    """Differences and sums on the way may be too large for a number."""
    found = product([p, [0.5, 0.5]], [v, beside])[0]
    np.testing.assert_allclose(found, expected, rtol=1e-14)


def test_bad_input_of_the_jacobian() -> None:
    with pytest.raises(TypeError, match="axis must be an integer, got None"):
        softmax_jacobian([1.0], None)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="z must be an array of real numbers"):
        softmax_jacobian([1j])

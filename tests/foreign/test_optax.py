"""What optax's own tests ask of its classification losses: its results, over a product of cases."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import derivlib
from tests.foreign.shims import LeftOut, call

jax: Any = pytest.importorskip("jax")
optax: Any = pytest.importorskip("optax")

LEFT_OUT = [
    LeftOut(r"(hard|soft).*(\(|None)", TypeError, "axis= of several axes"),
]

RTOL = {"float32": 3e-6, "float64": 1e-14}
THEIRS = {
    "hard": optax.softmax_cross_entropy_with_integer_labels,
    "soft": optax.softmax_cross_entropy,
}
dtypes = pytest.mark.parametrize("dtype", RTOL)
kinds = pytest.mark.parametrize("kind", THEIRS)
cases = pytest.mark.parametrize(
    ("kind", "axis"),
    [("hard", axis) for axis in (0, 1, -1, (0, 2), (1, 2))]
    + [("soft", axis) for axis in (0, 1, -1, (0, 2), (1, 2), None)],
    ids=str,
)


@pytest.fixture(autouse=True)
def in_double_precision() -> Any:
    with jax.enable_x64(True):
        yield


def problem(dtype: str, kind: str, axis: Any) -> tuple[Any, Any, Any]:
    """Logits, labels, and which classes take part: the true ones, and most others."""
    rng = np.random.default_rng(0)
    z = rng.normal(scale=3, size=(3, 4, 5)).astype(dtype)
    axes = range(3) if axis is None else np.atleast_1d(axis) % 3
    shape = tuple(size for i, size in enumerate(z.shape) if i not in axes)
    mask = rng.uniform(size=z.shape) < 0.7
    if kind == "soft":
        y = rng.dirichlet(np.ones(z.size)).reshape(z.shape).astype(dtype)
        return z, y, mask
    classes = z.size // np.prod(shape, dtype=int)
    y = rng.integers(classes, size=shape)
    at_labels = np.moveaxis(mask.view(), list(axes), range(-len(axes), 0))
    rows = at_labels.reshape(*shape, -1)
    np.put_along_axis(rows, y[..., None], True, -1)
    mask = np.moveaxis(rows.reshape(at_labels.shape), range(-len(axes), 0), list(axes))
    return z, y, mask


def assert_same(actual: Any, expected: Any, dtype: str) -> None:
    assert np.shape(actual) == expected.shape
    assert np.asarray(actual).dtype == expected.dtype
    np.testing.assert_allclose(actual, np.asarray(expected), RTOL[dtype], 4 * RTOL[dtype])


@dtypes
@cases
def test_cross_entropy(kind: str, axis: Any, dtype: str) -> None:
    z, y, _ = problem(dtype, kind, axis)
    actual = derivlib.softmax_cross_entropy(z, y, axis=axis)
    assert_same(actual, THEIRS[kind](z, y, axis=axis), dtype)


@dtypes
@cases
def test_gradient(kind: str, axis: Any, dtype: str) -> None:
    z, y, _ = problem(dtype, kind, axis)
    expected = jax.grad(lambda x: THEIRS[kind](x, y, axis=axis).sum())(z)
    assert_same(derivlib.softmax_cross_entropy_grad(z, y, axis=axis), expected, dtype)


@dtypes
@cases
def test_where(kind: str, axis: Any, dtype: str) -> None:
    z, y, mask = problem(dtype, kind, axis)
    expected = THEIRS[kind](z, y, axis=axis, where=mask)
    z[~mask] = np.nan
    actual = call(derivlib.softmax_cross_entropy, z, y, axis=axis, where=mask)
    assert_same(actual, expected, dtype)


@dtypes
@pytest.mark.parametrize("labels", ["zeros and ones", "between"])
def test_binary_cross_entropy(labels: str, dtype: str) -> None:
    z, y, mask = problem(dtype, "soft", -1)
    y = mask.astype(dtype) if labels == "zeros and ones" else y
    expected = optax.sigmoid_binary_cross_entropy(z, y)
    assert_same(derivlib.sigmoid_binary_cross_entropy(z, y), expected, dtype)
    slope = jax.grad(lambda x: optax.sigmoid_binary_cross_entropy(x, y).sum())(z)
    assert_same(derivlib.sigmoid_binary_cross_entropy_grad(z, y), slope, dtype)


@dtypes
@pytest.mark.parametrize("smoothing", [0.0, 0.1, 1.0])
def test_smoothed_labels(smoothing: float, dtype: str) -> None:
    z, y, _ = problem(dtype, "hard", -1)
    smooth = optax.smooth_labels(np.eye(5, dtype=dtype)[y], smoothing)
    expected = optax.softmax_cross_entropy(z, smooth)
    actual = derivlib.softmax_cross_entropy(z, y, label_smoothing=smoothing)
    assert_same(actual, expected, dtype)

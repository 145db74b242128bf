"""What JAX's own tests ask of softmax and its like: its results, over a product of cases."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import derivlib
from tests.foreign.shims import call

jax: Any = pytest.importorskip("jax")

RTOL = {"float32": 3e-6, "float64": 1e-14}
AXES = [(), 0, 1, -1, (0, 2), (1, 2), None]
dtypes = pytest.mark.parametrize("dtype", RTOL)
axes = pytest.mark.parametrize("axis", AXES[1:], ids=str)
functions = pytest.mark.parametrize("name", ["softmax", "log_softmax", "logsumexp"])
kinds = pytest.mark.parametrize("kind", ["near", "far apart", "some -inf"])


@pytest.fixture(autouse=True)
def in_double_precision() -> Any:
    with jax.enable_x64(True):
        yield


def logits(dtype: str, kind: str = "near") -> Any:
    z = np.random.default_rng(0).normal(scale=3, size=(3, 4, 5))
    if kind == "far apart":
        z *= 100
    if kind == "some -inf":
        z.flat[::7] = -np.inf
    return z.astype(dtype)


def assert_same(actual: Any, expected: Any, z: Any) -> None:
    rtol = RTOL[str(z.dtype)]
    assert np.shape(actual) == expected.shape
    # JAX's log-softmax rounds what it subtracts.
    atol = 2 * rtol * float(np.abs(z[np.isfinite(z)]).max())
    np.testing.assert_allclose(actual, np.asarray(expected), rtol, atol)
    assert np.asarray(actual).dtype == expected.dtype


@dtypes
@axes
@functions
@kinds
def test_along_axes(name: str, axis: Any, dtype: str, kind: str) -> None:
    z = logits(dtype, kind)
    assert_same(getattr(derivlib, name)(z, axis), getattr(jax.nn, name)(z, axis), z)


@dtypes
@axes
@functions
def test_where(name: str, axis: Any, dtype: str) -> None:
    """What is left out may be anything."""
    z = logits(dtype)
    mask = np.random.default_rng(1).uniform(size=z.shape) < 0.7
    mask[0] = mask[:, 0] = mask[:, :, 0] = True
    expected = getattr(jax.nn, name)(z, axis, where=mask)
    z[~mask] = np.nan
    kernel = getattr(derivlib, name)
    actual = call(kernel, z, axis=axis, where=mask)
    assert_same(actual, expected, logits(dtype))


@dtypes
@axes
@pytest.mark.parametrize("signed", [False, True])
def test_weights(axis: Any, dtype: str, signed: bool) -> None:
    z = logits(dtype)
    b = np.random.default_rng(2).uniform(-1 if signed else 0, 1, z.shape).astype(dtype)
    expected = jax.nn.logsumexp(z, axis, b)  # NaN where the sum is negative
    assert_same(call(derivlib.logsumexp, z, axis=axis, weights=b), expected, z)


@dtypes
@axes
def test_signs_of_sums(axis: Any, dtype: str) -> None:
    z = logits(dtype)
    b = np.random.default_rng(2).uniform(-1, 1, z.shape).astype(dtype)
    expected = jax.nn.logsumexp(z, axis, b, return_sign=True)
    actual = call(derivlib.logsumexp, z, axis=axis, return_sign=True, weights=b)
    for ours, theirs in zip(actual, expected, strict=True):
        assert_same(ours, theirs, z)


@dtypes
@axes
def test_kept_dimensions(axis: Any, dtype: str) -> None:
    z = logits(dtype)
    expected = jax.nn.logsumexp(z, axis, keepdims=True)
    assert_same(derivlib.logsumexp(z, axis, keepdims=True), expected, z)


@dtypes
@kinds
@pytest.mark.parametrize("name", ["sigmoid", "log_sigmoid", "softplus"])
def test_of_each_entry(name: str, dtype: str, kind: str) -> None:
    z = logits(dtype, kind)
    assert_same(getattr(derivlib, name)(z), getattr(jax.nn, name)(z), z)


@dtypes
@axes
@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_derivatives(name: str, axis: Any, dtype: str) -> None:
    z, g = logits(dtype), logits(dtype)[::-1]
    _, pull = jax.vjp(lambda x: getattr(jax.nn, name)(x, axis), z)
    p = derivlib.softmax(z, axis)
    assert_same(getattr(derivlib, f"{name}_vjp")(p, g, axis), pull(g)[0], z)

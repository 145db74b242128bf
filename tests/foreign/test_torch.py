"""What PyTorch's own tests ask of the functions that both have: its results, over a product of
cases. On logits of moderate size, since PyTorch loses digits elsewhere."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import derivlib
from tests.foreign.shims import (
    Awaited,
    LeftOut,
    binary_cross_entropy_with_logits,
    call,
    cross_entropy,
)

torch: Any = pytest.importorskip("torch")

LEFT_OUT = [
    LeftOut("pos_weight", Awaited, "pos_weight="),
    LeftOut("beta", Awaited, "beta="),
]

SHAPES = [(5,), (4, 7), (3, 5, 6), (2, 4, 3, 5)]
RTOL = {"float32": 3e-6, "float64": 1e-14}
dtypes = pytest.mark.parametrize("dtype", RTOL)
shapes = pytest.mark.parametrize("shape", SHAPES, ids=str)
kinds = pytest.mark.parametrize("kind", ["hard", "soft"])
smoothings = pytest.mark.parametrize("smoothing", [0.0, 0.1, 1.0])
reductions = pytest.mark.parametrize("reduction", ["none", "sum", "mean"])
functional: Any = torch.nn.functional


def problem(shape: tuple[int, ...], dtype: str, kind: str) -> tuple[Any, Any]:
    """Logits with the classes on axis 1, of a single example on axis 0, and labels."""
    rng = np.random.default_rng(0)
    z = rng.normal(scale=3, size=shape).astype(dtype)
    axis = 1 if len(shape) > 1 else 0
    classes, rest = shape[axis], shape[:axis] + shape[axis + 1 :]
    if kind == "hard":
        return z, np.array(rng.integers(classes, size=rest))
    return z, np.moveaxis(rng.dirichlet(np.ones(classes), rest), -1, axis).astype(dtype)


def assert_same(actual: Any, expected: Any, dtype: str, atol: float = 0.0) -> None:
    numbers = expected.detach().numpy()
    assert np.shape(actual) == numbers.shape
    assert np.asarray(actual).dtype == numbers.dtype
    np.testing.assert_allclose(actual, numbers, RTOL[dtype], atol + RTOL[dtype])


def gradient(loss: Any, z: Any, *arguments: Any, **options: Any) -> Any:
    """That of the sum, by automatic differentiation."""
    logits = torch.from_numpy(z).requires_grad_()
    loss(logits, *arguments, reduction="sum", **options).backward()
    return logits.grad


# --- many classes ---------------------------------------------------------------------------------


@dtypes
@shapes
@kinds
@smoothings
@reductions
def test_cross_entropy(
    shape: tuple[int, ...], dtype: str, kind: str, smoothing: float, reduction: str
) -> None:
    z, y = problem(shape, dtype, kind)
    options: Any = {"label_smoothing": smoothing, "reduction": reduction}
    expected = functional.cross_entropy(torch.from_numpy(z), torch.from_numpy(y), **options)
    assert_same(cross_entropy(z, y, **options), expected, dtype)


@dtypes
@shapes
@kinds
@smoothings
def test_its_gradient(shape: tuple[int, ...], dtype: str, kind: str, smoothing: float) -> None:
    z, y = problem(shape, dtype, kind)
    expected = gradient(functional.cross_entropy, z, torch.from_numpy(y), label_smoothing=smoothing)
    axis = 1 if len(shape) > 1 else 0
    grad = derivlib.softmax_cross_entropy_grad(z, y, axis=axis, label_smoothing=smoothing)
    assert_same(grad, expected, dtype)


@dtypes
@pytest.mark.parametrize("shape", SHAPES[1:3], ids=str)
@kinds
@reductions
def test_class_weights(shape: tuple[int, ...], dtype: str, kind: str, reduction: str) -> None:
    z, y = problem(shape, dtype, kind)
    weight = np.linspace(0.5, 2, shape[1]).astype(dtype)
    expected = functional.cross_entropy(
        torch.from_numpy(z), torch.from_numpy(y), torch.from_numpy(weight), reduction=reduction
    )
    assert_same(cross_entropy(z, y, weight=weight, reduction=reduction), expected, dtype)


@dtypes
@pytest.mark.parametrize("shape", SHAPES[1:3], ids=str)
@smoothings
@reductions
def test_ignored_examples(
    shape: tuple[int, ...], dtype: str, smoothing: float, reduction: str
) -> None:
    z, y = problem(shape, dtype, "hard")
    y.flat[::3] = -100
    options: Any = {"label_smoothing": smoothing, "reduction": reduction, "ignore_index": -100}
    expected = functional.cross_entropy(torch.from_numpy(z), torch.from_numpy(y), **options)
    assert_same(cross_entropy(z, y, **options), expected, dtype)


# --- two classes ----------------------------------------------------------------------------------


def flags(z: Any, kind: str) -> Any:
    rng = np.random.default_rng(1)
    labels = rng.integers(2, size=z.shape) if kind == "hard" else rng.uniform(size=z.shape)
    return labels.astype(z.dtype)


@dtypes
@shapes
@kinds
@reductions
@pytest.mark.parametrize("weighted", [False, True])
def test_binary_cross_entropy(
    shape: tuple[int, ...], dtype: str, kind: str, reduction: str, weighted: bool
) -> None:
    z, _ = problem(shape, dtype, "hard")
    y, weight = flags(z, kind), np.linspace(0.5, 2, z.size).reshape(shape).astype(dtype)
    expected = functional.binary_cross_entropy_with_logits(
        torch.from_numpy(z),
        torch.from_numpy(y),
        torch.from_numpy(weight) if weighted else None,
        reduction=reduction,
    )
    actual = binary_cross_entropy_with_logits(
        z, y, weight=weight if weighted else None, reduction=reduction
    )
    assert_same(actual, expected, dtype)


@dtypes
@shapes
@kinds
def test_its_binary_gradient(shape: tuple[int, ...], dtype: str, kind: str) -> None:
    z, _ = problem(shape, dtype, "hard")
    y = flags(z, kind)
    expected = gradient(functional.binary_cross_entropy_with_logits, z, torch.from_numpy(y))
    assert_same(derivlib.sigmoid_binary_cross_entropy_grad(z, y), expected, dtype)


@dtypes
@kinds
@reductions
def test_pos_weight(dtype: str, kind: str, reduction: str) -> None:
    z, _ = problem((4, 7), dtype, "hard")
    y, weight = flags(z, kind), np.linspace(0.5, 2, 7).astype(dtype)
    expected = functional.binary_cross_entropy_with_logits(
        torch.from_numpy(z),
        torch.from_numpy(y),
        pos_weight=torch.from_numpy(weight),
        reduction=reduction,
    )
    actual = binary_cross_entropy_with_logits(z, y, pos_weight=weight, reduction=reduction)
    assert_same(actual, expected, dtype)


# --- softmax and its like -------------------------------------------------------------------------

AXES = [(shape, axis) for shape in SHAPES for axis in range(-len(shape), len(shape))]
axes = pytest.mark.parametrize(("shape", "axis"), AXES, ids=str)
functions = pytest.mark.parametrize("name", ["softmax", "log_softmax", "logsumexp"])


def logits(shape: tuple[int, ...], dtype: str, kind: str) -> Any:
    z = np.random.default_rng(2).normal(scale=3, size=shape)
    if kind == "far apart":
        z *= 100
    if kind == "some -inf":
        z.flat[::7] = -np.inf
    return z.astype(dtype)


@dtypes
@axes
@functions
@pytest.mark.parametrize("kind", ["near", "far apart", "some -inf"])
def test_along_an_axis(name: str, shape: tuple[int, ...], axis: int, dtype: str, kind: str) -> None:
    z = logits(shape, dtype, kind)
    expected = getattr(torch, name)(torch.from_numpy(z), axis)
    # PyTorch's log-softmax rounds what it subtracts.
    atol = 2 * RTOL[dtype] * float(np.abs(z[np.isfinite(z)]).max())
    assert_same(getattr(derivlib, name)(z, axis), expected, dtype, atol)


@dtypes
@axes
@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_vector_products(name: str, shape: tuple[int, ...], axis: int, dtype: str) -> None:
    z, g = logits(shape, dtype, "near"), logits(shape, dtype, "near")[::-1].copy()
    tensor = torch.from_numpy(z).requires_grad_()
    getattr(torch, name)(tensor, axis).backward(torch.from_numpy(g))
    product = getattr(derivlib, f"{name}_vjp")(derivlib.softmax(z, axis), g, axis)
    assert_same(product, tensor.grad, dtype, atol=20 * RTOL[dtype])


ELEMENTWISE = {
    "sigmoid": torch.sigmoid,
    "log_sigmoid": functional.logsigmoid,
    "softplus": functional.softplus,
}


@dtypes
@shapes
@pytest.mark.parametrize("name", ELEMENTWISE)
@pytest.mark.parametrize("kind", ["near", "far apart", "some -inf"])
def test_of_each_entry(name: str, shape: tuple[int, ...], dtype: str, kind: str) -> None:
    z = logits(shape, dtype, kind)
    # PyTorch's softplus is its argument from 20 on.
    atol = np.exp(-20.0) if name == "softplus" else 0.0
    assert_same(getattr(derivlib, name)(z), ELEMENTWISE[name](torch.from_numpy(z)), dtype, atol)


@dtypes
@pytest.mark.parametrize("beta", [0.5, 2.0])
def test_beta_of_softplus(dtype: str, beta: float) -> None:
    z = logits((4, 7), dtype, "near")
    expected = functional.softplus(torch.from_numpy(z), beta)
    assert_same(call(derivlib.softplus, z, beta=beta), expected, dtype, np.exp(-20.0))

"""The kernels under other libraries' names and conventions, so that their tests can be asked.

A keyword that no kernel has yet is `Awaited`. It is passed as soon as the kernel has it, and then
the entries of the `LEFT_OUT` that wait for it are stale, which turns their tests red.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

import derivlib


class Awaited(NotImplementedError):
    """No kernel offers this yet."""


class LeftOut(NamedTuple):
    """Tests that fail, each of them, and why; `pattern` is searched for in their names."""

    pattern: str
    error: type[Exception] | tuple[type[Exception], ...]
    why: str


def call(kernel: Callable[..., Any], *arrays: Any, **options: Any) -> Any:
    """The kernel's result. Options that are None are not passed, but for an axis."""
    given = {n: value for n, value in options.items() if value is not None or n == "axis"}
    for name in given.keys() - inspect.signature(kernel).parameters.keys():
        raise Awaited(f"{kernel.__name__} has no {name}=")
    return kernel(*arrays, **given)


# --- SciPy: of all axes, if none is named ---------------------------------------------------------


def softmax(x: Any, axis: Any = None) -> Any:
    return derivlib.softmax(x, axis)


def log_softmax(x: Any, axis: Any = None) -> Any:
    return derivlib.log_softmax(x, axis)


def logsumexp(
    a: Any, axis: Any = None, b: Any = None, keepdims: bool = False, return_sign: bool = False
) -> Any:
    if b is not None:
        a, b = np.broadcast_arrays(a, b)
    return call(
        derivlib.logsumexp,
        a,
        axis=axis,
        keepdims=keepdims,
        weights=b,
        return_sign=return_sign or None,
    )


# --- scikit-learn: labels as floats, weights of examples, results written to arrays ---------------


class Pointwise:
    """What a loss of scikit-learn asks of its compiled part."""

    def value(self, z: Any, y: Any) -> Any:
        raise NotImplementedError

    def grad(self, z: Any, y: Any) -> Any:
        raise NotImplementedError

    def both(self, z: Any, y: Any) -> tuple[Any, Any]:
        raise NotImplementedError

    def curvature(self, z: Any, y: Any) -> Any:
        """The diagonal of the Hessian."""
        raise NotImplementedError

    def loss(
        self,
        y_true: Any,
        raw_prediction: Any,
        sample_weight: Any,
        loss_out: Any,
        n_threads: int = 1,
    ) -> None:
        _write((loss_out,), (self.value(raw_prediction, y_true),), sample_weight)

    def gradient(
        self,
        y_true: Any,
        raw_prediction: Any,
        sample_weight: Any,
        gradient_out: Any,
        n_threads: int = 1,
    ) -> None:
        _write((gradient_out,), (self.grad(raw_prediction, y_true),), sample_weight)

    def loss_gradient(
        self,
        y_true: Any,
        raw_prediction: Any,
        sample_weight: Any,
        loss_out: Any,
        gradient_out: Any,
        n_threads: int = 1,
    ) -> None:
        _write((loss_out, gradient_out), self.both(raw_prediction, y_true), sample_weight)

    def gradient_hessian(
        self,
        y_true: Any,
        raw_prediction: Any,
        sample_weight: Any,
        gradient_out: Any,
        hessian_out: Any,
        n_threads: int = 1,
    ) -> None:
        results = self.grad(raw_prediction, y_true), self.curvature(raw_prediction, y_true)
        _write((gradient_out, hessian_out), results, sample_weight)


class Binomial(Pointwise):
    """Of HalfBinomialLoss: labels are what lies from 0 to 1."""

    def value(self, z: Any, y: Any) -> Any:
        return derivlib.sigmoid_binary_cross_entropy(z, y)

    def grad(self, z: Any, y: Any) -> Any:
        return derivlib.sigmoid_binary_cross_entropy_grad(z, y)

    def both(self, z: Any, y: Any) -> tuple[Any, Any]:
        return derivlib.sigmoid_binary_cross_entropy_value_and_grad(z, y)

    def curvature(self, z: Any, y: Any) -> Any:
        return derivlib.sigmoid_binary_cross_entropy_hvp(z, y, np.ones_like(z))


class Multinomial(Pointwise):
    """Of HalfMultinomialLoss: labels are classes, as floats."""

    def value(self, z: Any, y: Any) -> Any:
        return derivlib.softmax_cross_entropy(z, y.astype(int))

    def grad(self, z: Any, y: Any) -> Any:
        return derivlib.softmax_cross_entropy_grad(z, y.astype(int))

    def both(self, z: Any, y: Any) -> tuple[Any, Any]:
        return derivlib.softmax_cross_entropy_value_and_grad(z, y.astype(int))

    def curvature(self, z: Any, y: Any) -> Any:
        return np.diagonal(derivlib.softmax_jacobian(z), axis1=-2, axis2=-1)

    def gradient_proba(
        self,
        y_true: Any,
        raw_prediction: Any,
        sample_weight: Any,
        gradient_out: Any,
        proba_out: Any,
        n_threads: int = 1,
    ) -> None:
        self.gradient(y_true, raw_prediction, sample_weight, gradient_out)
        proba_out[...] = derivlib.softmax(raw_prediction)


def _write(outs: tuple[Any, ...], results: tuple[Any, ...], weights: Any) -> None:
    for out, result in zip(outs, results, strict=True):
        out[...] = result if weights is None else (result.T * weights).T


# --- PyTorch: classes on axis 1, ignored examples, means ------------------------------------------


def cross_entropy(
    z: Any,
    y: Any,
    *,
    weight: Any = None,
    ignore_index: int | None = None,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Any:
    """As `torch.nn.functional.cross_entropy`, of arrays of NumPy."""
    losses = call(
        derivlib.softmax_cross_entropy,
        z,
        y,
        axis=1 if z.ndim > 1 else 0,
        label_smoothing=label_smoothing,
        class_weights=weight,
        ignore_index=ignore_index,
    )
    # The mean is over the examples that count; that of soft labels is over all.
    counts = np.size(losses) if ignore_index is None else int((y != ignore_index).sum())
    if weight is not None and y.dtype.kind == "i":
        counts = weight[y if ignore_index is None else y[y != ignore_index]].sum()
    return {"none": losses, "sum": np.sum(losses), "mean": np.sum(losses) / counts}[reduction]


def binary_cross_entropy_with_logits(
    z: Any, y: Any, *, weight: Any = None, pos_weight: Any = None, reduction: str = "mean"
) -> Any:
    """As PyTorch's. `weight` multiplies the losses; the mean is over all entries."""
    losses = call(derivlib.sigmoid_binary_cross_entropy, z, y, pos_weight=pos_weight)
    losses = losses if weight is None else losses * weight
    return {"none": losses, "sum": np.sum(losses), "mean": np.mean(losses)}[reduction]

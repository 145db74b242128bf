"""The same functions in the libraries that people use, each in its cheapest form that is right.

A peer is a function from a case to a call without arguments; whatever only converts (an array to a
tensor, labels to floats) is done before that call. `reusing` holds the forms that write into memory
that is there already, beside `fresh`.

- numpy: the textbook's stable formula, as a careful user types it, in some four lines.
- scipy: scipy.special; losses and gradients built from it with as few exponentials as will do.
- sklearn: the losses of sklearn._loss, which linear models and boosting run on.
- torch: the functional form, gradients analytic; `torch autograd`: the same by autograd.
- jax: jitted, gradients analytic; `jax autograd`: the same by jax.vjp.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from typing import Any, TypeAlias

import numpy as np

from .kernels import Array, Axis, Case, Thunk

Forms: TypeAlias = Mapping[str, Callable[[Case], Thunk | None]]

PACKAGES = {"scipy": "scipy", "sklearn": "scikit-learn", "torch": "torch", "jax": "jax"}
"""What a library is installed as; all of them come with the extra `benchmark`."""


@dataclass(frozen=True)
class Peer:
    """A library's forms of the kernels, by the kernels' names."""

    fresh: Forms
    reusing: Forms = field(default_factory=dict)


def peers(threads: int = 1) -> dict[str, Peer]:
    """Every library that is installed."""
    from . import jax_peer, torch_peer

    makers: dict[str, Callable[[], Peer]] = {
        "numpy": numpy,
        "scipy": scipy,
        "sklearn": partial(sklearn, threads),
        "torch": torch_peer.tensors,
        "torch autograd": torch_peer.autograd,
        "jax": jax_peer.jitted,
        "jax autograd": jax_peer.autograd,
    }
    found = {}
    for name, make in makers.items():
        try:
            found[name] = make()
        except ImportError:
            continue
    return found


def missing(found: Mapping[str, Peer]) -> list[str]:
    """The packages that are not installed."""
    return [package for name, package in PACKAGES.items() if name not in found]


def at_labels(z: Array, labels: Array, axis: Axis) -> Any:
    """The index of every example's own class."""
    if z.ndim == 1:
        return labels[()]
    if z.ndim != 2:
        raise ValueError(f"z: one or two dimensions are expected, given shape {z.shape}")
    numbers = np.arange(len(labels))
    return (numbers, labels) if axis in (-1, 1) else (labels, numbers)


def numpy() -> Peer:
    def exponentials(z: Array, axis: Axis) -> tuple[Array, Array, Array]:
        top = z.max(axis=axis, keepdims=True)
        e = np.exp(z - top)
        return top, e, e.sum(axis=axis, keepdims=True)

    def softmax(z: Array, axis: Axis) -> Array:
        _, e, total = exponentials(z, axis)
        return np.asarray(e / total)

    def log_softmax(z: Array, axis: Axis) -> Array:
        shifted = z - z.max(axis=axis, keepdims=True)
        return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True)))

    def logsumexp(z: Array, axis: Axis) -> Array:
        top, _, total = exponentials(z, axis)
        return np.squeeze(top + np.log(total), axis)

    def value(z: Array, y: Array, axis: Axis) -> Array:
        return np.asarray(logsumexp(z, axis) - z[at_labels(z, y, axis)])

    def grad(z: Array, y: Array, axis: Axis) -> Array:
        p = softmax(z, axis)
        p[at_labels(z, y, axis)] -= 1
        return p

    def both(z: Array, y: Array, axis: Axis) -> tuple[Array, Array]:
        top, e, total = exponentials(z, axis)
        slots = at_labels(z, y, axis)
        loss = np.squeeze(top + np.log(total), axis) - z[slots]
        e /= total
        e[slots] -= 1
        return loss, e

    def product(p: Array, v: Array, axis: Axis) -> Array:
        return np.asarray(p * (v - (p * v).sum(axis=axis, keepdims=True)))

    def entropy(z: Array, axis: Axis) -> Array:
        top, e, total = exponentials(z, axis)
        mean = (e * (z - top)).sum(axis=axis, keepdims=True) / total
        return np.asarray(np.squeeze(np.log(total) - mean, axis))

    def entropy_grad(z: Array, axis: Axis) -> Array:
        return -product(softmax(z, axis), z, axis)

    def divergence(z: Array, w: Array, axis: Axis) -> Array:
        log_p = log_softmax(z, axis)
        return np.asarray((np.exp(log_p) * (log_p - log_softmax(w, axis))).sum(axis=axis))

    def divergence_grad_z(z: Array, w: Array, axis: Axis) -> Array:
        return product(softmax(z, axis), z - w, axis)

    def divergence_grad_w(z: Array, w: Array, axis: Axis) -> Array:
        return np.asarray(softmax(w, axis) - softmax(z, axis))

    def jacobian(z: Array) -> Array:
        p = softmax(z, -1)
        return np.asarray(p[..., None] * (np.eye(p.shape[-1], dtype=p.dtype) - p[..., None, :]))

    def sigmoid(z: Array) -> Array:
        return np.asarray(1 / (1 + np.exp(-z)))

    def slope(z: Array) -> Array:
        s = sigmoid(z)
        return np.asarray(s * (1 - s))

    def softplus(z: Array) -> Array:
        return np.asarray(np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z))))

    def log_sigmoid(z: Array) -> Array:
        return np.asarray(np.minimum(z, 0) - np.log1p(np.exp(-np.abs(z))))

    def binary(z: Array, y: Array) -> Array:
        return np.asarray(softplus(z) - y * z)

    def binary_grad(z: Array, y: Array) -> Array:
        return np.asarray(sigmoid(z) - y)

    def binary_both(z: Array, y: Array) -> tuple[Array, Array]:
        e = np.exp(-np.abs(z))
        loss = np.maximum(z, 0) + np.log1p(e) - y * z
        return loss, np.where(z < 0, e, 1) / (1 + e) - y

    def with_flags(function: Callable[..., Any]) -> Callable[[Case], Thunk]:
        return lambda c: partial(function, c.logits, c.flags.astype(c.logits.dtype))

    return Peer(
        {
            "sigmoid": lambda c: partial(sigmoid, c.logits),
            "sigmoid_grad": lambda c: partial(slope, c.logits),
            "log_sigmoid": lambda c: partial(log_sigmoid, c.logits),
            "softplus": lambda c: partial(softplus, c.logits),
            "sigmoid_binary_cross_entropy": with_flags(binary),
            "sigmoid_binary_cross_entropy_grad": with_flags(binary_grad),
            "sigmoid_binary_cross_entropy_value_and_grad": with_flags(binary_both),
            "sigmoid_binary_cross_entropy_hvp": lambda c: lambda: slope(c.logits) * c.v,
            "logsumexp": lambda c: partial(logsumexp, c.logits, c.axis),
            "softmax": lambda c: partial(softmax, c.logits, c.axis),
            "log_softmax": lambda c: partial(log_softmax, c.logits, c.axis),
            "softmax_jacobian": lambda c: partial(jacobian, c.logits),
            "softmax_jvp": lambda c: partial(product, c.p, c.v, c.axis),
            "softmax_vjp": lambda c: partial(product, c.p, c.v, c.axis),
            "log_softmax_vjp": lambda c: lambda: c.v - c.p * c.v.sum(axis=c.axis, keepdims=True),
            "softmax_entropy": lambda c: partial(entropy, c.logits, c.axis),
            "softmax_entropy_grad": lambda c: partial(entropy_grad, c.logits, c.axis),
            "softmax_kl": lambda c: partial(divergence, c.logits, c.v, c.axis),
            "softmax_kl_grad_z": lambda c: partial(divergence_grad_z, c.logits, c.v, c.axis),
            "softmax_kl_grad_w": lambda c: partial(divergence_grad_w, c.logits, c.v, c.axis),
            "softmax_cross_entropy": lambda c: partial(value, c.logits, c.labels, c.axis),
            "softmax_cross_entropy_grad": lambda c: partial(grad, c.logits, c.labels, c.axis),
            "softmax_cross_entropy_value_and_grad": lambda c: partial(
                both, c.logits, c.labels, c.axis
            ),
            "softmax_cross_entropy_hvp": lambda c: (
                lambda: product(softmax(c.logits, c.axis), c.v, c.axis)
            ),
        }
    )


def scipy() -> Peer:
    special = import_module("scipy.special")

    def value(z: Array, y: Array, axis: Axis) -> Array:
        # log_softmax, of which a number an example is used, takes less time than logsumexp
        return np.asarray(-special.log_softmax(z, axis=axis)[at_labels(z, y, axis)])

    def grad(z: Array, y: Array, axis: Axis) -> Array:
        p: Array = special.softmax(z, axis=axis)
        p[at_labels(z, y, axis)] -= 1
        return p

    def both(z: Array, y: Array, axis: Axis) -> tuple[Array, Array]:
        log_p, slots = special.log_softmax(z, axis=axis), at_labels(z, y, axis)
        loss = -log_p[slots]
        p = np.exp(log_p, out=log_p)
        p[slots] -= 1
        return loss, p

    def binary(z: Array, y: Array) -> Array:
        return np.asarray(-special.log_expit((2 * y - 1) * z))

    def binary_grad(z: Array, y: Array) -> Array:
        return np.asarray(special.expit(z) - y)

    def with_flags(function: Callable[..., Any]) -> Callable[[Case], Thunk]:
        return lambda c: partial(function, c.logits, c.flags.astype(c.logits.dtype))

    def slope(z: Array) -> Array:
        return np.asarray(special.expit(z) * special.expit(-z))

    def hvp(z: Array, v: Array, axis: Axis) -> Array:
        p = special.softmax(z, axis=axis)
        return np.asarray(p * (v - (p * v).sum(axis=axis, keepdims=True)))

    def entropy(z: Array, axis: Axis) -> Array:
        return np.asarray(special.entr(special.softmax(z, axis=axis)).sum(axis=axis))

    def divergence(z: Array, w: Array, axis: Axis) -> Array:
        p, q = (special.softmax(x, axis=axis) for x in (z, w))
        return np.asarray(special.rel_entr(p, q).sum(axis=axis))

    def divergence_grad_w(z: Array, w: Array, axis: Axis) -> Array:
        return np.asarray(special.softmax(w, axis=axis) - special.softmax(z, axis=axis))

    fresh: Forms = {
        "sigmoid": lambda c: partial(special.expit, c.logits),
        "sigmoid_grad": lambda c: partial(slope, c.logits),
        "log_sigmoid": lambda c: partial(special.log_expit, c.logits),
        "softplus": lambda c: lambda: -special.log_expit(-c.logits),
        "sigmoid_binary_cross_entropy": with_flags(binary),
        "sigmoid_binary_cross_entropy_grad": with_flags(binary_grad),
        "sigmoid_binary_cross_entropy_value_and_grad": with_flags(
            lambda z, y: (binary(z, y), binary_grad(z, y))
        ),
        "sigmoid_binary_cross_entropy_hvp": lambda c: lambda: slope(c.logits) * c.v,
        "logsumexp": lambda c: partial(special.logsumexp, c.logits, axis=c.axis),
        "softmax": lambda c: partial(special.softmax, c.logits, axis=c.axis),
        "log_softmax": lambda c: partial(special.log_softmax, c.logits, axis=c.axis),
        "softmax_entropy": lambda c: partial(entropy, c.logits, c.axis),
        "softmax_kl": lambda c: partial(divergence, c.logits, c.v, c.axis),
        "softmax_kl_grad_w": lambda c: partial(divergence_grad_w, c.logits, c.v, c.axis),
        "softmax_cross_entropy": lambda c: partial(value, c.logits, c.labels, c.axis),
        "softmax_cross_entropy_grad": lambda c: partial(grad, c.logits, c.labels, c.axis),
        "softmax_cross_entropy_value_and_grad": lambda c: partial(both, c.logits, c.labels, c.axis),
        "softmax_cross_entropy_hvp": lambda c: partial(hvp, c.logits, c.v, c.axis),
    }
    reusing: Forms = {
        "sigmoid": lambda c: partial(special.expit, c.logits, out=np.empty_like(c.logits)),
        "log_sigmoid": lambda c: partial(special.log_expit, c.logits, out=np.empty_like(c.logits)),
    }
    return Peer(fresh, reusing)


def sklearn(threads: int) -> Peer:
    losses = import_module("sklearn._loss")

    def many(method: str, reuse: tuple[str, ...] = ()) -> Callable[[Case], Thunk | None]:
        def make(c: Case) -> Thunk | None:
            if c.logits.ndim > 2:
                return None
            # of any layout; classes along axis 0 are a transposed view
            z = np.moveaxis(np.atleast_2d(c.logits), c.axis, -1)
            y = np.ascontiguousarray(c.labels, z.dtype).reshape(-1)
            room = {"loss_out": np.empty_like(y), "gradient_out": np.empty_like(z)}
            loss = losses.HalfMultinomialLoss(n_classes=c.classes)
            into = {name: room[name] for name in reuse}
            call = partial(getattr(loss, method), y, z, n_threads=threads, **into)
            return call if c.axis == -1 else partial(_turned, call, c.axis)

        return make

    def two(method: str, reuse: tuple[str, ...] = ()) -> Callable[[Case], Thunk | None]:
        def make(c: Case) -> Thunk:
            z = np.ascontiguousarray(c.logits).reshape(-1)
            y = c.flags.astype(z.dtype).reshape(-1)
            into = {name: np.empty_like(z) for name in reuse}
            return partial(
                getattr(losses.HalfBinomialLoss(), method), y, z, n_threads=threads, **into
            )

        return make

    each = {"": "loss", "_grad": "gradient", "_value_and_grad": "loss_gradient"}
    into = {
        "": ("loss_out",),
        "_grad": ("gradient_out",),
        "_value_and_grad": ("loss_out", "gradient_out"),
    }
    families = {"softmax_cross_entropy": many, "sigmoid_binary_cross_entropy": two}
    return Peer(
        {name + end: make(each[end]) for name, make in families.items() for end in each},
        {name + end: make(each[end], into[end]) for name, make in families.items() for end in each},
    )


def _turned(call: Thunk, axis: Axis) -> Any:
    """Gradients with the classes where they were; losses have no such axis."""
    result = call()
    parts = result if isinstance(result, tuple) else (result,)
    turned = tuple(part if part.ndim == 1 else np.moveaxis(part, -1, axis) for part in parts)
    return turned if isinstance(result, tuple) else turned[0]

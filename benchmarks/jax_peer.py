"""JAX on the CPU, jitted: analytic gradients, and those of jax.vjp.

It is in double precision where JAX_ENABLE_X64=1 stands in the environment. An array in F order is
left out: JAX has no such layout.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from .kernels import Case, Thunk, kernels
from .peers import Forms, Peer


def jitted() -> Peer:
    jax = import_module("jax")
    return Peer(_forms(jax, _functions(jax)))


def autograd() -> Peer:
    jax = import_module("jax")
    functions = _functions(jax)

    def both(loss: Callable[..., Any], axis: Any, z: Any, y: Any) -> Any:
        value, back = jax.vjp(lambda z: loss(axis, z, y), z)
        return value, back(jax.numpy.ones_like(value))[0]

    return Peer(
        _forms(
            jax,
            {
                f"{name}_value_and_grad": partial(both, functions[name])
                for name in ("softmax_cross_entropy", "sigmoid_binary_cross_entropy")
            },
        )
    )


def _forms(jax: Any, functions: dict[str, Callable[..., Any]]) -> Forms:
    def form(name: str, function: Callable[..., Any]) -> Callable[[Case], Thunk | None]:
        def make(c: Case) -> Thunk | None:
            if np.isfortran(c.logits):
                return None
            (kernel,) = kernels([name])
            kinds: dict[str, DTypeLike] = {"labels": np.int32, "flags": c.logits.dtype}
            arrays = [
                jax.numpy.asarray(np.asarray(getattr(c, field), kinds.get(field)))
                for field in kernel.arguments
            ]
            compiled = jax.jit(partial(function, c.axis))
            return lambda: jax.block_until_ready(compiled(*arrays))

        return make

    return {name: form(name, function) for name, function in functions.items()}


def _functions(jax: Any) -> dict[str, Callable[..., Any]]:
    """Each kernel of the axis and of its arguments."""
    nn, jnp = jax.nn, jax.numpy
    logsumexp = import_module("jax.scipy.special").logsumexp

    def at_labels(z: Any, y: Any, axis: int) -> Any:
        return jnp.take_along_axis(z, jnp.expand_dims(y, axis), axis).squeeze(axis)

    def less_one(p: Any, y: Any, axis: int) -> Any:
        return p - nn.one_hot(y, p.shape[axis], dtype=p.dtype, axis=axis)

    def both(axis: int, z: Any, y: Any) -> Any:
        log_p = nn.log_softmax(z, axis)
        return -at_labels(log_p, y, axis), less_one(jnp.exp(log_p), y, axis)

    def product(axis: Any, p: Any, v: Any) -> Any:
        return p * (v - (p * v).sum(axis, keepdims=True))

    def jacobian(_: int, z: Any) -> Any:
        p = nn.softmax(z)
        return p[..., None] * (jnp.eye(p.shape[-1], dtype=p.dtype) - p[..., None, :])

    def slope(_: int, z: Any) -> Any:
        s = nn.sigmoid(z)
        return s * (1 - s)

    def binary(_: int, z: Any, y: Any) -> Any:
        return nn.softplus(z) - y * z

    def entropy(axis: Any, z: Any) -> Any:
        log_p = nn.log_softmax(z, axis)
        return -(jnp.exp(log_p) * log_p).sum(axis)

    def divergence(axis: Any, z: Any, w: Any) -> Any:
        log_p = nn.log_softmax(z, axis)
        return (jnp.exp(log_p) * (log_p - nn.log_softmax(w, axis))).sum(axis)

    return {
        "sigmoid": lambda _, z: nn.sigmoid(z),
        "sigmoid_grad": slope,
        "log_sigmoid": lambda _, z: nn.log_sigmoid(z),
        "softplus": lambda _, z: nn.softplus(z),
        "sigmoid_binary_cross_entropy": binary,
        "sigmoid_binary_cross_entropy_grad": lambda _, z, y: nn.sigmoid(z) - y,
        "sigmoid_binary_cross_entropy_value_and_grad": lambda _, z, y: (
            binary(_, z, y),
            nn.sigmoid(z) - y,
        ),
        "sigmoid_binary_cross_entropy_hvp": lambda _, z, y, v: slope(_, z) * v,
        "logsumexp": lambda axis, z: logsumexp(z, axis),
        "softmax": lambda axis, z: nn.softmax(z, axis),
        "log_softmax": lambda axis, z: nn.log_softmax(z, axis),
        "softmax_jacobian": jacobian,
        "softmax_jvp": product,
        "softmax_vjp": product,
        "log_softmax_vjp": lambda axis, p, v: v - p * v.sum(axis, keepdims=True),
        "softmax_entropy": entropy,
        "softmax_kl": divergence,
        "softmax_cross_entropy": lambda axis, z, y: logsumexp(z, axis) - at_labels(z, y, axis),
        "softmax_cross_entropy_grad": lambda axis, z, y: less_one(nn.softmax(z, axis), y, axis),
        "softmax_cross_entropy_value_and_grad": both,
        "softmax_cross_entropy_hvp": lambda axis, z, y, v: product(axis, nn.softmax(z, axis), v),
    }

"""PyTorch on the CPU: the functional form with analytic gradients, and autograd."""

from __future__ import annotations

from functools import partial
from importlib import import_module
from typing import Any

import numpy as np

from .kernels import Axis, Case, Thunk, kernels
from .peers import Forms, Peer


def tensors() -> Peer:
    torch = import_module("torch")
    functional = torch.nn.functional
    tensor = torch.from_numpy

    def exponentials(z: Any, axis: Axis) -> tuple[Any, Any]:
        shifted = z - z.amax(axis, keepdim=True)
        return shifted, shifted.exp()

    def softmax_over_pair(z: Any, axis: Axis) -> Any:
        _, e = exponentials(z, axis)
        return e.div_(e.sum(axis, keepdim=True))

    def log_softmax_over_pair(z: Any, axis: Axis) -> Any:
        shifted, e = exponentials(z, axis)
        return shifted.sub_(e.sum(axis, keepdim=True).log_())

    def value(c: Case) -> Thunk:
        z, y = _examples_first(torch, c)
        return partial(functional.cross_entropy, z, y, reduction="none")

    def grad(c: Case) -> Thunk:
        z, y = _examples_first(torch, c)

        def call() -> Any:
            p = torch.softmax(z, -1)
            return _less_one(torch, p, y).movedim(-1, c.axis)

        return call

    def both(c: Case) -> Thunk:
        z, y = _examples_first(torch, c)

        def call() -> Any:
            log_p = torch.log_softmax(z, -1)
            loss = -log_p.gather(-1, y.unsqueeze(-1)).squeeze(-1)
            return loss, _less_one(torch, log_p.exp_(), y).movedim(-1, c.axis)

        return call

    def product(p: Any, v: Any, axis: Axis) -> Any:
        return p * (v - (p * v).sum(axis, keepdim=True))

    def log_softmax(z: Any, axis: Axis) -> Any:
        over_pair = isinstance(axis, tuple)
        return (log_softmax_over_pair if over_pair else torch.log_softmax)(z, axis)

    def entropy(z: Any, axis: Axis) -> Any:
        log_p = log_softmax(z, axis)
        return -(log_p.exp() * log_p).sum(axis)

    def divergence(z: Any, w: Any, axis: Axis) -> Any:
        log_p, log_q = log_softmax(z, axis), log_softmax(w, axis)
        return functional.kl_div(log_q, log_p, reduction="none", log_target=True).sum(axis)

    def jacobian(z: Any) -> Any:
        p = torch.softmax(z, -1)
        return torch.diag_embed(p) - p.unsqueeze(-1) * p.unsqueeze(-2)

    def slope(z: Any) -> Any:
        s = torch.sigmoid(z)
        return s * (1 - s)

    def binary(z: Any, y: Any) -> Any:
        return functional.binary_cross_entropy_with_logits(z, y, reduction="none")

    def backward(c: Case) -> Thunk:
        """The kernel that autograd calls for softmax."""
        p, v = tensor(c.p), tensor(c.v)
        if isinstance(c.axis, tuple):
            return lambda: product(p, v, c.axis)
        return lambda: torch._softmax_backward_data(v, p, c.axis, p.dtype)

    def flags(c: Case) -> Any:
        return tensor(c.flags.astype(c.logits.dtype))

    def elementwise(function: Any) -> Any:
        return lambda c: partial(function, tensor(c.logits))

    def with_flags(function: Any) -> Any:
        return lambda c: partial(function, tensor(c.logits), flags(c))

    def along(function: Any, over_pair: Any) -> Any:
        """A function of one axis, and what stands for it where there are more."""
        return lambda c: partial(
            over_pair if isinstance(c.axis, tuple) else function, tensor(c.logits), c.axis
        )

    fresh: Forms = {
        "sigmoid": elementwise(torch.sigmoid),
        "sigmoid_grad": elementwise(slope),
        "log_sigmoid": elementwise(functional.logsigmoid),
        "softplus": elementwise(functional.softplus),
        "sigmoid_binary_cross_entropy": with_flags(binary),
        "sigmoid_binary_cross_entropy_grad": with_flags(lambda z, y: torch.sigmoid(z) - y),
        "sigmoid_binary_cross_entropy_value_and_grad": with_flags(
            lambda z, y: (binary(z, y), torch.sigmoid(z) - y)
        ),
        "sigmoid_binary_cross_entropy_hvp": lambda c: (lambda z, v: lambda: slope(z) * v)(
            tensor(c.logits), tensor(c.v)
        ),
        "logsumexp": along(torch.logsumexp, torch.logsumexp),
        "softmax": along(torch.softmax, softmax_over_pair),
        "log_softmax": along(torch.log_softmax, log_softmax_over_pair),
        "softmax_jacobian": elementwise(jacobian),
        "softmax_jvp": lambda c: partial(product, tensor(c.p), tensor(c.v), c.axis),
        "softmax_vjp": backward,
        "log_softmax_vjp": lambda c: (lambda p, v: lambda: v - p * v.sum(c.axis, keepdim=True))(
            tensor(c.p), tensor(c.v)
        ),
        "softmax_entropy": along(entropy, entropy),
        "softmax_kl": lambda c: partial(divergence, tensor(c.logits), tensor(c.v), c.axis),
        "softmax_cross_entropy": value,
        "softmax_cross_entropy_grad": grad,
        "softmax_cross_entropy_value_and_grad": both,
        "softmax_cross_entropy_hvp": lambda c: (
            lambda z, v: lambda: product(torch.softmax(z, c.axis), v, c.axis)
        )(tensor(c.logits), tensor(c.v)),
    }

    def into(function: Any, kernel: str) -> Any:
        def make(c: Case) -> Thunk | None:
            if isinstance(c.axis, tuple) and function is not torch.logsumexp:
                return None
            (about,) = kernels([kernel])
            return partial(function, tensor(c.logits), c.axis, out=tensor(c.out(about)))

        return make

    reusing: Forms = {
        "softmax": into(torch.softmax, "softmax"),
        "log_softmax": into(torch.log_softmax, "log_softmax"),
        "logsumexp": into(torch.logsumexp, "logsumexp"),
        "sigmoid": lambda c: partial(
            torch.sigmoid, tensor(c.logits), out=tensor(np.empty_like(c.logits))
        ),
    }
    return Peer(fresh, reusing)


def autograd() -> Peer:
    torch = import_module("torch")
    functional = torch.nn.functional

    def many(c: Case, value: bool) -> Thunk:
        z, y = _examples_first(torch, c)
        z = z.clone().requires_grad_()
        ones = torch.ones(c.reduced(), dtype=z.dtype)

        def call() -> Any:
            loss = functional.cross_entropy(z, y, reduction="none")
            grad = torch.autograd.grad(loss, z, ones)[0].movedim(-1, c.axis)
            return (loss.detach(), grad) if value else grad

        return call

    def two(c: Case, value: bool) -> Thunk:
        z = torch.from_numpy(c.logits).clone().requires_grad_()
        y = torch.from_numpy(c.flags.astype(c.logits.dtype))
        ones = torch.ones_like(z)

        def call() -> Any:
            loss = functional.binary_cross_entropy_with_logits(z, y, reduction="none")
            (grad,) = torch.autograd.grad(loss, z, ones)
            return (loss.detach(), grad) if value else grad

        return call

    return Peer(
        {
            "softmax_cross_entropy_grad": partial(many, value=False),
            "softmax_cross_entropy_value_and_grad": partial(many, value=True),
            "sigmoid_binary_cross_entropy_grad": partial(two, value=False),
            "sigmoid_binary_cross_entropy_value_and_grad": partial(two, value=True),
        }
    )


def _examples_first(torch: Any, c: Case) -> tuple[Any, Any]:
    """Logits with the classes last, which is a view along axis 0, and the labels."""
    z = torch.from_numpy(c.logits)
    return (z if c.axis == -1 else z.movedim(c.axis, -1)), torch.from_numpy(c.labels)


def _less_one(torch: Any, p: Any, y: Any) -> Any:
    """p − onehot(y), in place."""
    at_label = y.unsqueeze(-1)
    return p.scatter_add_(-1, at_label, torch.full_like(at_label, -1, dtype=p.dtype))

"""PyTorch on the CPU: the functional form with analytic gradients, and autograd."""

from __future__ import annotations

from functools import partial
from importlib import import_module
from typing import Any

import numpy as np

from .kernels import Case, Thunk
from .peers import Forms, Peer


def tensors() -> Peer:
    torch = import_module("torch")
    functional = torch.nn.functional
    tensor = torch.from_numpy

    def softmax(c: Case) -> Thunk:
        return partial(torch.softmax, tensor(c.logits), c.axis)

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

    def product(p: Any, v: Any, axis: int) -> Any:
        return p * (v - (p * v).sum(axis, keepdim=True))

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
        return lambda: torch._softmax_backward_data(v, p, c.axis, p.dtype)

    def flags(c: Case) -> Any:
        return tensor(c.flags.astype(c.logits.dtype))

    def elementwise(function: Any) -> Any:
        return lambda c: partial(function, tensor(c.logits))

    def with_flags(function: Any) -> Any:
        return lambda c: partial(function, tensor(c.logits), flags(c))

    def along(function: Any) -> Any:
        return lambda c: partial(function, tensor(c.logits), c.axis)

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
        "logsumexp": along(torch.logsumexp),
        "softmax": softmax,
        "log_softmax": along(torch.log_softmax),
        "softmax_jacobian": elementwise(jacobian),
        "softmax_jvp": lambda c: partial(product, tensor(c.p), tensor(c.v), c.axis),
        "softmax_vjp": backward,
        "log_softmax_vjp": lambda c: (lambda p, v: lambda: v - p * v.sum(c.axis, keepdim=True))(
            tensor(c.p), tensor(c.v)
        ),
        "softmax_cross_entropy": value,
        "softmax_cross_entropy_grad": grad,
        "softmax_cross_entropy_value_and_grad": both,
        "softmax_cross_entropy_hvp": lambda c: (
            lambda z, v: lambda: product(torch.softmax(z, c.axis), v, c.axis)
        )(tensor(c.logits), tensor(c.v)),
    }

    def into(function: Any) -> Any:
        def make(c: Case) -> Thunk:
            shape = c.reduced() if function is torch.logsumexp else c.logits.shape
            return partial(along(function)(c), out=tensor(np.empty(shape, c.logits.dtype)))

        return make

    reusing: Forms = {
        "softmax": into(torch.softmax),
        "log_softmax": into(torch.log_softmax),
        "logsumexp": into(torch.logsumexp),
        "sigmoid": lambda c: partial(
            torch.sigmoid, tensor(c.logits), out=tensor(np.empty_like(c.logits))
        ),
    }
    return Peer(fresh, reusing, threaded=True)


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
        },
        threaded=True,
    )


def _examples_first(torch: Any, c: Case) -> tuple[Any, Any]:
    """Logits with the classes last, which is a view along axis 0, and the labels."""
    z = torch.from_numpy(c.logits)
    return (z if c.axis == -1 else z.movedim(c.axis, -1)), torch.from_numpy(c.labels)


def _less_one(torch: Any, p: Any, y: Any) -> Any:
    """p − onehot(y), in place."""
    at_label = y.unsqueeze(-1)
    return p.scatter_add_(-1, at_label, torch.full_like(at_label, -1, dtype=p.dtype))

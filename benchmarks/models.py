"""The models' `value_and_grad`, and what others have for the same, for `benchmarks.speed`.

scikit-learn's is `LinearModelLoss.loss_gradient`, what `LogisticRegression` minimises with;
PyTorch's is a forward and a backward pass, JAX's a jitted `value_and_grad`. Each call gives the
loss and the gradients by the parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from importlib import import_module
from typing import Any

import numpy as np

from derivlib.models import logistic_regression, recurrent, softmax_regression, two_layer

from .kernels import Array, Thunk

EXAMPLES, FEATURES, CLASSES = 100_000, 50, 10
NETWORK = (10_000, 100, 128, 10)  # examples, features, hidden units, classes
SEQUENCES = (64, 50, 32, 64, 10)  # sequences, steps, features, hidden units, classes
L2 = 0.1


def competitors(name: str, dtype: str) -> dict[str, Thunk]:
    """The calls by library, derivlib's first; of libraries those that are installed."""
    return {
        "logistic_regression.value_and_grad": _logistic_regression,
        "softmax_regression.value_and_grad": _softmax_regression,
        "two_layer.value_and_grad": _two_layer,
        "recurrent.value_and_grad": _recurrent,
    }[name](np.random.default_rng(0), dtype)


def _logistic_regression(rng: np.random.Generator, dtype: str) -> dict[str, Thunk]:
    X = rng.normal(size=(EXAMPLES, FEATURES)).astype(dtype)
    y = rng.integers(2, size=EXAMPLES)
    w, b = (rng.normal(size=FEATURES) / 10).astype(dtype), np.zeros((), dtype)
    ours = logistic_regression.Parameters(w, b)
    targets = y.astype(dtype)

    def torchs(functional: Any, w: Any, b: Any, X: Any, y: Any) -> Any:
        loss = functional.binary_cross_entropy_with_logits(X @ w + b, y)
        return loss + L2 / 2 * (w * w).sum()

    def jaxs(jax: Any, w: Any, b: Any, X: Any, y: Any) -> Any:
        z = X @ w + b
        return (jax.nn.softplus(z) - y * z).mean() + L2 / 2 * (w * w).sum()

    return {
        "derivlib": lambda: logistic_regression.value_and_grad(ours, X, y, l2=L2),
        **_sklearn(w[:, None], X, targets),
        **_torch(torchs, (w, b), (X, targets)),
        **_jax(jaxs, (w, b), (X, targets)),
    }


def _softmax_regression(rng: np.random.Generator, dtype: str) -> dict[str, Thunk]:
    X = rng.normal(size=(EXAMPLES, FEATURES)).astype(dtype)
    y = rng.integers(CLASSES, size=EXAMPLES)
    W, b = (rng.normal(size=(FEATURES, CLASSES)) / 10).astype(dtype), np.zeros(CLASSES, dtype)
    ours = softmax_regression.Parameters(W, b)

    def torchs(functional: Any, W: Any, b: Any, X: Any, y: Any) -> Any:
        return functional.cross_entropy(X @ W + b, y) + L2 / 2 * (W * W).sum()

    def jaxs(jax: Any, W: Any, b: Any, X: Any, y: Any) -> Any:
        return _entropy(jax, X @ W + b, y).mean() + L2 / 2 * (W * W).sum()

    return {
        "derivlib": lambda: softmax_regression.value_and_grad(ours, X, y, l2=L2),
        **_sklearn(W, X, y.astype(dtype)),
        **_torch(torchs, (W, b), (X, y)),
        **_jax(jaxs, (W, b), (X, y.astype(np.int32))),
    }


def _two_layer(rng: np.random.Generator, dtype: str) -> dict[str, Thunk]:
    m, d, h, k = NETWORK
    X, y = rng.normal(size=(m, d)).astype(dtype), rng.integers(k, size=m)
    start = two_layer.Parameters(*(a.astype(dtype) for a in two_layer.init(d, h, k, rng)))

    def torchs(functional: Any, w: Any, b: Any, v: Any, c: Any, X: Any, y: Any) -> Any:
        loss = functional.cross_entropy((X @ w + b).tanh() @ v + c, y)
        return loss + L2 / 2 * ((w * w).sum() + (v * v).sum())

    def jaxs(jax: Any, w: Any, b: Any, v: Any, c: Any, X: Any, y: Any) -> Any:
        loss = _entropy(jax, jax.numpy.tanh(X @ w + b) @ v + c, y).mean()
        return loss + L2 / 2 * ((w * w).sum() + (v * v).sum())

    return {
        "derivlib": lambda: two_layer.value_and_grad(start, X, y, l2=L2),
        **_torch(torchs, start, (X, y)),
        **_jax(jaxs, start, (X, y.astype(np.int32))),
    }


def _recurrent(rng: np.random.Generator, dtype: str) -> dict[str, Thunk]:
    m, steps, d, h, k = SEQUENCES
    X, y = rng.normal(size=(m, steps, d)).astype(dtype), rng.integers(k, size=(m, steps))
    start = recurrent.Parameters(*(a.astype(dtype) for a in recurrent.init(d, h, k, rng)))

    def torchs(functional: Any, u: Any, w: Any, b: Any, v: Any, c: Any, X: Any, y: Any) -> Any:
        state, states = X.new_zeros((m, h)), []
        for step in (X @ u + b).unbind(1):
            state = (step + state @ w).tanh()
            states.append(state)
        logits = import_module("torch").stack(states, 1) @ v + c
        entropy = functional.cross_entropy(logits.reshape(-1, k), y.reshape(-1), reduction="sum")
        return entropy / m

    def jaxs(jax: Any, u: Any, w: Any, b: Any, v: Any, c: Any, X: Any, y: Any) -> Any:
        def step(state: Any, x: Any) -> Any:
            state = jax.numpy.tanh(x + state @ w)
            return state, state

        first = jax.numpy.zeros((m, h), X.dtype)
        _, states = jax.lax.scan(step, first, (X @ u + b).swapaxes(0, 1))
        return _entropy(jax, states.swapaxes(0, 1) @ v + c, y).sum() / m

    return {
        "derivlib": lambda: recurrent.value_and_grad(start, X, y),
        **_torch(torchs, start, (X, y)),
        **_jax(jaxs, start, (X, y.astype(np.int32))),
    }


def _entropy(jax: Any, z: Any, y: Any) -> Any:
    at_label = jax.numpy.take_along_axis(z, y[..., None], -1)[..., 0]
    return jax.nn.logsumexp(z, axis=-1) - at_label


def _sklearn(W: Array, X: Array, y: Array) -> Mapping[str, Thunk]:
    """W: a column for each class, one where there are two; y: the classes, as floats."""
    with suppress(ImportError):
        losses = import_module("sklearn._loss")
        model = import_module("sklearn.linear_model._linear_loss").LinearModelLoss
        classes = W.shape[1]
        base = (
            losses.HalfBinomialLoss()
            if classes == 1
            else losses.HalfMultinomialLoss(n_classes=classes)
        )
        loss = model(base_loss=base, fit_intercept=True)
        start = np.vstack([W, np.zeros(classes, W.dtype)]).T.ravel(order="F")

        def call() -> Any:
            value, flat = loss.loss_gradient(start, X, y, l2_reg_strength=L2, n_threads=1)
            gradient = flat.reshape((classes, -1), order="F").T
            return value, (gradient[:-1], gradient[-1])

        return {"sklearn": call}
    return {}


def _torch(
    loss: Callable[..., Any], parameters: tuple[Array, ...], data: tuple[Array, ...]
) -> Mapping[str, Thunk]:
    with suppress(ImportError):
        torch = import_module("torch")
        leaves = [torch.tensor(p).requires_grad_() for p in parameters]
        given = [torch.from_numpy(array) for array in data]

        def call() -> Any:
            value = loss(torch.nn.functional, *leaves, *given)
            return value, torch.autograd.grad(value, leaves)

        return {"torch autograd": call}
    return {}


def _jax(
    loss: Callable[..., Any], parameters: tuple[Array, ...], data: tuple[Array, ...]
) -> Mapping[str, Thunk]:
    with suppress(ImportError):
        jax = import_module("jax")
        start = [jax.numpy.asarray(p) for p in parameters]
        given = [jax.numpy.asarray(array) for array in data]
        by_all = tuple(range(len(start)))
        function = jax.jit(jax.value_and_grad(partial(loss, jax), by_all))
        return {"jax autograd": lambda: jax.block_until_ready(function(*start, *given))}
    return {}

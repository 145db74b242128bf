"""Times of the models' `value_and_grad` against scikit-learn's and PyTorch's autograd.

    python -m benchmarks.models [--threads N] [--markdown]

scikit-learn's is `LinearModelLoss.loss_gradient`, what `LogisticRegression` minimises with; the
network's is PyTorch's forward and backward. Each figure is the other's time divided by ours.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from derivlib.models import logistic_regression, recurrent, softmax_regression, two_layer

from .machine import described, machine
from .tables import LEADS, duration, figure, table
from .timing import cores, interleaved

Call = Callable[[], Any]

EXAMPLES, FEATURES = 100_000, 50
NETWORK = (10_000, 100, 128, 10)  # examples, features, hidden units, classes
SEQUENCES = (64, 50, 32, 64, 10)  # sequences, steps, features, hidden units, classes


def regression(classes: int, dtype: str) -> dict[str, Call]:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(EXAMPLES, FEATURES)).astype(dtype)
    y = rng.integers(classes, size=EXAMPLES)
    calls: dict[str, Call] = {}
    if classes == 2:
        w = (rng.normal(size=FEATURES) / 10).astype(dtype)
        ours = logistic_regression.Parameters(w, np.zeros((), dtype))
        calls["derivlib"] = lambda: logistic_regression.value_and_grad(ours, X, y, l2=0.1)
        flat = np.append(w, w.dtype.type(0))
    else:
        W = (rng.normal(size=(FEATURES, classes)) / 10).astype(dtype)
        theirs = softmax_regression.Parameters(W, np.zeros(classes, dtype))
        calls["derivlib"] = lambda: softmax_regression.value_and_grad(theirs, X, y, l2=0.1)
        flat = np.vstack([W, np.zeros(classes, dtype)]).T.ravel(order="F")
    with suppress(ImportError):
        calls["scikit-learn"] = _scikit_learn(classes, flat, X, y.astype(dtype))
    with suppress(ImportError):
        calls["PyTorch"] = _linear_torch(classes, flat, X, y)
    return calls


def _scikit_learn(classes: int, flat: NDArray[Any], X: NDArray[Any], y: NDArray[Any]) -> Call:
    losses = import_module("sklearn._loss")
    model = import_module("sklearn.linear_model._linear_loss").LinearModelLoss
    base = (
        losses.HalfBinomialLoss() if classes == 2 else losses.HalfMultinomialLoss(n_classes=classes)
    )
    loss = model(base_loss=base, fit_intercept=True)
    return lambda: loss.loss_gradient(flat, X, y, l2_reg_strength=0.1, n_threads=1)


def _linear_torch(classes: int, flat: NDArray[Any], X: NDArray[Any], y: NDArray[Any]) -> Call:
    torch = import_module("torch")
    functional = torch.nn.functional
    features, labels = torch.from_numpy(X), torch.from_numpy(y)
    if classes == 2:
        w = torch.from_numpy(flat[:-1].copy()).requires_grad_()
        b = torch.zeros((), dtype=features.dtype, requires_grad=True)
        labels = labels.to(features.dtype)
        entropy = functional.binary_cross_entropy_with_logits
    else:
        w = torch.from_numpy(flat.reshape((classes, -1), order="F")[:, :-1].T.copy())
        w = w.requires_grad_()
        b = torch.zeros(classes, dtype=features.dtype, requires_grad=True)
        entropy = functional.cross_entropy

    def call() -> Any:
        loss = entropy(features @ w + b, labels) + 0.05 * (w * w).sum()
        return loss, torch.autograd.grad(loss, (w, b))

    return call


def network(dtype: str) -> dict[str, Call]:
    rng = np.random.default_rng(0)
    m, d, h, k = NETWORK
    X, y = rng.normal(size=(m, d)).astype(dtype), rng.integers(k, size=m)
    start = two_layer.Parameters(*(a.astype(dtype) for a in two_layer.init(d, h, k, rng)))
    calls: dict[str, Call] = {"derivlib": lambda: two_layer.value_and_grad(start, X, y, l2=0.1)}
    with suppress(ImportError):
        torch = import_module("torch")
        features, labels = torch.from_numpy(X), torch.from_numpy(y)
        leaves = [torch.from_numpy(a).requires_grad_() for a in start]
        w1, b1, w2, b2 = leaves

        def call() -> Any:
            logits = torch.tanh(features @ w1 + b1) @ w2 + b2
            loss = torch.nn.functional.cross_entropy(logits, labels)
            loss = loss + 0.05 * ((w1 * w1).sum() + (w2 * w2).sum())
            return loss, torch.autograd.grad(loss, leaves)

        calls["PyTorch"] = call
    return calls


def through_time(dtype: str) -> dict[str, Call]:
    rng = np.random.default_rng(0)
    m, steps, d, h, k = SEQUENCES
    X, y = rng.normal(size=(m, steps, d)).astype(dtype), rng.integers(k, size=(m, steps))
    start = recurrent.Parameters(*(a.astype(dtype) for a in recurrent.init(d, h, k, rng)))
    calls: dict[str, Call] = {"derivlib": lambda: recurrent.value_and_grad(start, X, y)}
    with suppress(ImportError):
        torch = import_module("torch")
        features, labels = torch.from_numpy(X), torch.from_numpy(y)
        leaves = [torch.from_numpy(np.ascontiguousarray(a)).requires_grad_() for a in start]
        u, w, b, v, c = leaves

        def call() -> Any:
            state, states = torch.zeros((m, h), dtype=features.dtype), []
            for step in (features @ u + b).unbind(1):
                state = torch.tanh(step + state @ w)
                states.append(state)
            logits = torch.stack(states, 1) @ v + c
            loss = torch.nn.functional.cross_entropy(
                logits.reshape(-1, k), labels.reshape(-1), reduction="sum"
            )
            return torch.autograd.grad(loss / m, leaves)

        calls["PyTorch"] = call
    return calls


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=4.0, help="for each line")
    parser.add_argument("--markdown", action="store_true")
    options = parser.parse_args(arguments)
    print(described(machine()))
    problems: dict[str, Callable[[str], dict[str, Call]]] = {
        "logistic_regression, (1e5, 50)": lambda dtype: regression(2, dtype),
        "softmax_regression, (1e5, 50), 10 classes": lambda dtype: regression(10, dtype),
        "two_layer, (1e4, 100) × 128 × 10": network,
        "recurrent, (64, 50, 32) × 64 × 10": through_time,
    }
    rows = []
    with cores(options.threads):
        for name, problem in problems.items():
            for dtype in ("float64", "float32"):
                times = interleaved(problem(dtype), options.seconds)
                ours = times["derivlib"]
                peers = [_ratio(times, peer, ours) for peer in ("scikit-learn", "PyTorch")]
                rows.append([f"{name}, {dtype}", duration(ours), *peers])
    print(table(["value_and_grad", "derivlib", "scikit-learn", "PyTorch"], rows, options.markdown))


def _ratio(times: dict[str, float], peer: str, ours: float) -> str:
    if peer not in times:
        return "–"
    ratio = times[peer] / ours
    return figure(ratio) + (LEADS if ratio < 1 else "")


if __name__ == "__main__":
    main()

"""Losses with right gradients, and with gradients that are wrong in the usual ways."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Loss = Callable[[Any], Any]

SEEDS = range(4)
sizes = pytest.mark.parametrize(
    ("m", "K"), [(m, K) for m in (1, 2, 7, 50) for K in (2, 3, 7, 20)] + [(1, 1000), (5, 200)]
)
# Up to 3, so that no loss is saturated.
scales = pytest.mark.parametrize("scale", [0.1, 1.0, 3.0])


def problem(m: int, K: int, scale: float, seed: int) -> tuple[Loss, Floats, Floats, Floats]:
    """The mean cross-entropy of m examples: the loss, its gradient, the logits, the targets."""
    rng = np.random.default_rng([m, K, seed])
    logits = scale * rng.standard_normal((m, K))
    # By turns labels and distributions.
    y = np.eye(K)[rng.integers(K, size=m)] if seed % 2 else rng.dirichlet(np.ones(K), size=m)

    def loss(z: Any) -> Any:
        return np.sum(y * (np.log(np.sum(np.exp(z), axis=-1, keepdims=True)) - z)) / m

    p = np.exp(logits) / np.sum(np.exp(logits), axis=-1, keepdims=True)
    return loss, (p - y) / m, logits, y


def bugs(g: Floats, y: Floats, by: float = 1e-3) -> Iterator[tuple[str, Floats]]:
    m, K = g.shape
    yield "sign", -g
    yield "p for p - 1", g + y / m
    yield "p - 1 for every class", g + (y - 1) / m
    yield "two classes swapped", g[:, [1, 0, *range(2, K)]]
    yield "classes reversed", g[:, ::-1]
    yield "true class forgotten", np.where(y > 0, 0, g)
    yield "factor 2", 2 * g
    yield "one entry", spoiled(g, by)
    if m > 1:
        yield "1/m dropped", m * g
        yield "two examples swapped", g[[1, 0, *range(2, m)]]
    if m == K:
        yield "transposed", g.T


def spoiled(g: Floats, by: float) -> Floats:
    """g with one entry off, by so much of a typical one."""
    result = g.copy()
    result.flat[g.size // 2] += by * np.linalg.norm(g) / np.sqrt(g.size)
    return result

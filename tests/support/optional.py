"""What the options of the losses mean, to 60 digits: one example after another, the classes that
take no part removed from it. Nothing of this is shared with the kernels."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from tests.support.arrays import Array
from tests.support.digits import Digits, exactly, exp, log1p


class Options(NamedTuple):
    """Of logits with a row for each example; None for what is not given."""

    label_smoothing: float = 0.0
    where: Any = None
    weights: Any = None
    class_weights: Any = None
    ignore_index: int | None = None

    def given(self) -> dict[str, Any]:
        """As the kernels take them."""
        return {name: value for name, value in self._asdict().items() if value is not None}


class Exact(NamedTuple):
    value: Digits
    grad: Digits
    hvp: Digits
    value_scale: Digits
    grad_scale: Digits
    hvp_scale: Digits
    """What an error counts beside: the terms' sizes."""


def exact(z: Array, y: Array, v: Array, options: Options) -> Exact:
    """The loss of each row, its gradient, and its Hessian times v."""
    rows, classes = z.shape
    mask = np.broadcast_to(True if options.where is None else options.where, z.shape)
    weights = np.broadcast_to(1.0 if options.weights is None else options.weights, rows)
    by_class = np.ones(classes) if options.class_weights is None else options.class_weights
    results = [np.full(shape, exactly(0.0)) for shape in [rows, z.shape, z.shape] * 2]
    for i in range(rows):
        label = None if y.ndim == 2 else int(y[i])
        if weights[i] == 0 or (label is not None and label == options.ignore_index):
            continue
        there = np.flatnonzero(mask[i])
        alpha, c = exactly(options.label_smoothing), exactly(by_class)
        w = exactly(y[i]) if label is None else exactly(np.eye(classes)[label])
        w = c * (w * (1 - alpha) + (alpha / len(there) if len(there) else 0))
        lost = label is not None and not mask[i, label] and c[label] * (1 - alpha) != 0
        s, w_there = exactly(weights[i]), w[there]
        own_cost = c[label] * (1 - alpha) if lost else 0  # of a true class that takes no part
        total = sum(w_there) + own_cost
        if len(there):
            log_p = log_softmax(exactly(z[i, there]))
            p, direction = exp(log_p), exactly(v[i, there])
            mean = sum(p * direction)
            slope = p * total - w_there
            results[0][i] = s * sum(-w_there * log_p)
            if label is not None and not options.label_smoothing and mask[i, label]:
                own = there.tolist().index(label)
                slope[own] = -w_there[own] * sum(np.delete(p, own))
            results[1][i, there] = s * slope
            results[2][i, there] = s * p * (direction - mean) * total
            results[3][i] = abs(s) * sum(abs(w_there * log_p))
            results[4][i, there] = abs(s) * (sum(abs(w_there)) + abs(own_cost))
            results[5][i, there] = (
                results[4][i, there] * p * (abs(direction) + sum(p * abs(direction)))
            )
        if lost:
            results[0][i] = results[3][i] = s * own_cost * exactly(np.inf)
    return Exact(*results)


def log_softmax(z: Digits) -> Digits:
    """log p, the largest apart."""
    largest = max(range(len(z)), key=lambda j: z[j])
    others = sum(np.delete(exp(z - z[largest]), largest), exactly(0.0))
    return z - z[largest] - log1p(others)

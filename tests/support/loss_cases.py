"""Problems for the cross-entropy, and its gradients written into a given array."""

from typing import Any

import numpy as np

from derivlib import softmax_cross_entropy_grad as grad
from derivlib import softmax_cross_entropy_value_and_grad as value_and_grad
from tests.support.arrays import Array
from tests.support.matrices import fractions, seeded, shape


def problem(rng: np.random.Generator) -> tuple[Array, Array]:
    """Logits with class labels, or with weights of either sign."""
    z = fractions(rng, shape(rng))
    if rng.integers(2):
        return z, rng.integers(z.shape[1], size=len(z))
    return z, fractions(rng, z.shape)


problems = seeded(problem)


def value_and_grad_out(z: Any, y: Any, out: Any, axis: int = -1) -> Array:
    return value_and_grad(z, y, axis=axis, out=out)[1]


def grad_out(z: Any, y: Any, out: Any, axis: int = -1) -> Array:
    return grad(z, y, axis=axis, out=out)

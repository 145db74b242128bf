"""A linear layer, z = x W + b: its value, and the gradients in its parameters."""

from __future__ import annotations

import numpy as np

from derivlib._engine.arguments import FloatArray


def forward(X: FloatArray, weights: FloatArray, bias: FloatArray) -> FloatArray:
    """X W + b, in a new array."""
    z: FloatArray = X @ weights
    z += bias
    return z


def backward(X: FloatArray, output_grads: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The gradients in W and in b, from that in each entry of z: sums over the rows of X."""
    return X.T @ output_grads, np.asarray(np.ones(len(X), X.dtype) @ output_grads)

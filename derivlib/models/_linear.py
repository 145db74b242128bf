"""A linear layer, z = x W + b: its value, and the gradients in its parameters.

A sum of products may overflow on the way to a number that does not. So what is not finite is
computed again from factors that are scaled by powers of 2, which changes no digit.
"""

from __future__ import annotations

from math import isfinite
from typing import Any

import numpy as np

from derivlib._engine.arguments import FloatArray


def product(A: FloatArray, B: FloatArray) -> FloatArray:
    """A B in a new array, for a matrix or vector B."""
    return _completed(A @ B, A, B)


def forward(X: FloatArray, weights: FloatArray, bias: FloatArray) -> FloatArray:
    """X W + b, in a new array."""
    z: FloatArray = X @ weights
    z += bias
    return _completed(z, X, weights, bias)


def backward(X: FloatArray, output_grads: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The gradients in W and in b, from that in each entry of z: sums over the rows of X."""
    return product(X.T, output_grads), np.asarray(np.ones(len(X), X.dtype) @ output_grads)


def _completed(z: FloatArray, A: FloatArray, B: FloatArray, bias: Any = None) -> FloatArray:
    """z, with its entries that are not finite as A B + bias is, if that is."""
    if isfinite(np.add.reduce(z, axis=None)) or np.isfinite(z).all():  # the sum is the faster test
        return z
    if bias is not None:  # one more column, of ones, and one more row
        A = np.concatenate([A, np.ones((*A.shape[:-1], 1), A.dtype)], axis=-1)
        B = np.concatenate([B, bias[None]])
    columns = B.reshape(len(B), -1)
    by_row, by_column = _exponents(A, -1), _exponents(columns, 0)
    scaled = np.ldexp(A, -by_row) @ np.ldexp(columns, -by_column)
    again = np.ldexp(scaled, by_row + by_column).reshape(z.shape)
    return np.where(np.isfinite(z) | np.isnan(again), z, again)


def _exponents(array: FloatArray, axis: int) -> Any:
    """For each row or column, the power of 2 above its entries."""
    return np.frexp(np.max(np.abs(array), axis=axis, keepdims=True, initial=0.0))[1]

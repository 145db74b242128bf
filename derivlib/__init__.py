"""Stable NumPy kernels for the gradients of machine learning, each with its proof in a notebook."""

from derivlib.losses import (
    softmax_cross_entropy,
    softmax_cross_entropy_grad,
    softmax_cross_entropy_value_and_grad,
)
from derivlib.sigmoid import sigmoid
from derivlib.softmax import log_softmax, logsumexp, softmax

__all__ = [
    "log_softmax",
    "logsumexp",
    "sigmoid",
    "softmax",
    "softmax_cross_entropy",
    "softmax_cross_entropy_grad",
    "softmax_cross_entropy_value_and_grad",
]
__version__ = "0.1.0"

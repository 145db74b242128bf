"""Stable NumPy kernels for the gradients of machine learning, each with its proof in a notebook."""

from derivlib._threads import get_num_threads as get_num_threads
from derivlib._threads import set_num_threads as set_num_threads
from derivlib.binary_cross_entropy import (
    sigmoid_binary_cross_entropy,
    sigmoid_binary_cross_entropy_grad,
    sigmoid_binary_cross_entropy_hvp,
    sigmoid_binary_cross_entropy_value_and_grad,
)
from derivlib.losses import (
    softmax_cross_entropy,
    softmax_cross_entropy_grad,
    softmax_cross_entropy_hvp,
    softmax_cross_entropy_value_and_grad,
)
from derivlib.sigmoid import log_sigmoid, sigmoid, sigmoid_grad, softplus
from derivlib.softmax import log_softmax, logsumexp, softmax
from derivlib.softmax_derivatives import (
    log_softmax_vjp,
    softmax_jacobian,
    softmax_jvp,
    softmax_vjp,
)

__all__ = [
    "log_sigmoid",
    "log_softmax",
    "log_softmax_vjp",
    "logsumexp",
    "sigmoid",
    "sigmoid_binary_cross_entropy",
    "sigmoid_binary_cross_entropy_grad",
    "sigmoid_binary_cross_entropy_hvp",
    "sigmoid_binary_cross_entropy_value_and_grad",
    "sigmoid_grad",
    "softmax",
    "softmax_cross_entropy",
    "softmax_cross_entropy_grad",
    "softmax_cross_entropy_hvp",
    "softmax_cross_entropy_value_and_grad",
    "softmax_jacobian",
    "softmax_jvp",
    "softmax_vjp",
    "softplus",
]
__version__ = "0.1.0"

"""Models with proved gradients: plain functions on NumPy arrays, the same verbs in each module.

`init` makes a NamedTuple of `Parameters`; `predict`, `loss`, `grad`, `value_and_grad` and, for the
two convex ones, `hvp` take it first. Losses are means over the examples, plus half of `l2` times
the sum of the squared weights (not of the biases). For optimisers, `pack` and `unpack` turn
parameters into a vector and back.

Infinities, NaN and overflow go where NumPy's arithmetic takes them, and no warning accompanies
them. Labels that are floats take part in the dtype of the result.
"""

from derivlib.models import (
    datasets,
    logistic_regression,
    recurrent,
    softmax_regression,
    two_layer,
)
from derivlib.models._vectors import pack, unpack

__all__ = [
    "datasets",
    "logistic_regression",
    "pack",
    "recurrent",
    "softmax_regression",
    "two_layer",
    "unpack",
]

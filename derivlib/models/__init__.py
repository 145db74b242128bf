"""Models with proved gradients: plain functions on NumPy arrays, the same verbs in each module.

`init` returns a NamedTuple, `Parameters`, which is the first argument of `predict`, `loss`, `grad`,
`value_and_grad` and, in the two convex models, `hvp`. Losses are means over the examples, plus half
of `l2` times the sum of the squared weights (not of the biases). For optimisers, `pack` and
`unpack` turn parameters into a vector and back.

Infinities, NaN and overflow spread as in NumPy's arithmetic, without a warning; but means,
penalties and sums of products are finite where their value is, whatever overflows on the way. The
result has the dtype of all floating arguments together, labels among them.
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

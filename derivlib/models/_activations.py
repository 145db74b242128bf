"""The activations of hidden units, each with its derivative, both from the preactivation a.

The derivative is not computed from h: 1 − h² and h(1 − h) lose their digits where h rounds to 1.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple, TypeAlias

import numpy as np

from derivlib._engine.arguments import FloatArray
from derivlib.sigmoid import sigmoid, sigmoid_grad

Hidden: TypeAlias = Literal["tanh", "sigmoid", "identity"]


class Activation(NamedTuple):
    """An activation h and its part of the chain rule."""

    value: Callable[[FloatArray], FloatArray]
    """h(a), in a new array or `a` itself."""
    chain: Callable[[FloatArray, FloatArray], None]
    """chain(a, grads) multiplies the gradients in h by h′(a), in place."""


def _tanh_chain(a: FloatArray, grads: FloatArray) -> None:
    """Multiply by tanh′(a) = 4 σ′(2a)."""
    derivative = sigmoid_grad(2 * a)
    derivative *= 4
    grads *= derivative


def _sigmoid_chain(a: FloatArray, grads: FloatArray) -> None:
    grads *= sigmoid_grad(a)


ACTIVATIONS = {
    "tanh": Activation(np.tanh, _tanh_chain),
    "sigmoid": Activation(sigmoid, _sigmoid_chain),
    "identity": Activation(lambda a: a, lambda a, grads: None),
}


def activation(hidden: str) -> Activation:
    """The activation of that name; ValueError if there is none."""
    if not isinstance(hidden, str) or hidden not in ACTIVATIONS:
        raise ValueError(f"hidden must be one of {', '.join(ACTIVATIONS)}, got {hidden!r}")
    return ACTIVATIONS[hidden]

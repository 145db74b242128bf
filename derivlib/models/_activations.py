"""The hidden units: each activation with its derivative, both from the preactivation a.

The derivative is not taken from h: 1 − h² and h(1 − h) lose their digits where h rounds to 1.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple, TypeAlias

import numpy as np

from derivlib._arrays import FloatArray
from derivlib.sigmoid import sigmoid, sigmoid_grad

Hidden: TypeAlias = Literal["tanh", "sigmoid", "identity"]


class Activation(NamedTuple):
    """h(a), and a function that multiplies slopes by h′(a) in place."""

    value: Callable[[FloatArray], FloatArray]
    chain: Callable[[FloatArray, FloatArray], None]


def _tanh_chain(a: FloatArray, slopes: FloatArray) -> None:
    """tanh′(a) = 4 σ′(2a)."""
    derivative = sigmoid_grad(2 * a)
    derivative *= 4
    slopes *= derivative


def _sigmoid_chain(a: FloatArray, slopes: FloatArray) -> None:
    slopes *= sigmoid_grad(a)


ACTIVATIONS = {
    "tanh": Activation(np.tanh, _tanh_chain),
    "sigmoid": Activation(sigmoid, _sigmoid_chain),
    "identity": Activation(lambda a: a, lambda a, slopes: None),
}


def activation(hidden: str) -> Activation:
    """The activation of that name."""
    if not isinstance(hidden, str) or hidden not in ACTIVATIONS:
        raise ValueError(f"hidden must be one of {', '.join(ACTIVATIONS)}, got {hidden!r}")
    return ACTIVATIONS[hidden]

"""A network of two layers: x → h(x W₁ + b₁) → outputs from h W₂ + b₂.

Shapes: m examples, d features, H hidden units, K outputs.
Theorem: notebooks/06-two-layer-network.ipynb

The Hessian-vector product is left out: the loss is not convex, and no notebook proves one.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from derivlib._engine.arguments import Array, FloatArray
from derivlib.binary_cross_entropy import (
    sigmoid_binary_cross_entropy,
    sigmoid_binary_cross_entropy_value_and_grad,
)
from derivlib.cross_entropy import softmax_cross_entropy, softmax_cross_entropy_value_and_grad
from derivlib.models._activations import Hidden, activation
from derivlib.models._checks import (
    as_float_arrays,
    as_l2,
    as_size,
    require_dims,
    require_same_size,
    with_labels,
)
from derivlib.models._linear import backward, forward, product
from derivlib.models._objective import add_penalty, mean, penalty
from derivlib.models._start import Seed, generator, glorot
from derivlib.sigmoid import sigmoid
from derivlib.softmax import softmax

__all__ = ["Parameters", "grad", "init", "loss", "predict", "value_and_grad"]

Output: TypeAlias = Literal["softmax", "sigmoid"]


class Parameters(NamedTuple):
    """The parameters that training changes; a gradient has the same fields."""

    weights_1: FloatArray
    """(d, H)"""
    bias_1: FloatArray
    """(H,)"""
    weights_2: FloatArray
    """(H, K)"""
    bias_2: FloatArray
    """(K,)"""


def init(features: int, hidden: int, outputs: int, rng: Seed) -> Parameters:
    """Random weights as by X. Glorot and Y. Bengio (AISTATS 2010), biases 0.

    Parameters
    ----------
    features, hidden, outputs : int
        At least 1 each.
    rng : numpy.random.Generator, or a seed

    >>> [array.shape for array in init(4, 3, 2, rng=0)]
    [(4, 3), (3,), (3, 2), (2,)]
    """
    d, h, k = as_size("features", features), as_size("hidden", hidden), as_size("outputs", outputs)
    rng = generator(rng)
    return Parameters(glorot(d, h, rng), np.zeros(h), glorot(h, k, rng), np.zeros(k))


@np.errstate(all="ignore")
def predict(
    parameters: Parameters,
    X: ArrayLike,
    *,
    hidden: Hidden = "tanh",
    output: Output = "softmax",
) -> FloatArray:
    """The probability of each class (softmax), or of each label (sigmoid), for each example.

    Parameters
    ----------
    parameters : Parameters
        weights_1 (d, H), bias_1 (H,), weights_2 (H, K) and bias_2 (K,).
    X : (m, d) array of real numbers
        Computed in the floating dtype of all arrays together, float32 at least; integers and bools
        count as float64.
    hidden : "tanh", "sigmoid" or "identity"
        The hidden units' activation h.
    output : "softmax" or "sigmoid"
        One class out of K, or K labels that are independent of each other. `hidden` and `output`
        are not stored in the parameters: pass the same ones here as in training.

    Returns
    -------
    (m, K) array

    Raises
    ------
    TypeError
        An argument is no array of real numbers.
    ValueError
        Shapes do not agree; the message names both arrays and the axis. `hidden` or `output` is
        unknown.

    Examples
    --------
    >>> parameters = Parameters(np.zeros((2, 3)), np.zeros(3), np.ones((3, 2)), np.log([1.0, 3.0]))
    >>> predict(parameters, [[5, 7]])
    array([[0.25, 0.75]])
    """
    parameters, X = _checked(parameters, X)
    _, _, z = _forward(parameters, X, hidden)
    return softmax(z, out=z) if _is_softmax(output) else sigmoid(z, out=z)


@np.errstate(all="ignore")
def loss(
    parameters: Parameters,
    X: ArrayLike,
    labels: ArrayLike,
    *,
    hidden: Hidden = "tanh",
    output: Output = "softmax",
    l2: float = 0.0,
) -> float:
    """The mean cross-entropy over the examples, plus l2/2 Σ (w₁² + w₂²).

    Parameters
    ----------
    parameters, X, hidden, output
        As in `predict`.
    labels : array
        For softmax (m,) integers from 0 to K − 1 or (m, K) floats, see `softmax_cross_entropy`.
        For sigmoid (m, K) of 0 and 1, or probabilities in between as floats, see
        `sigmoid_binary_cross_entropy`; an example's losses are summed over its K labels.
    l2 : float
        The weight of the penalty, 0 or more.

    Returns
    -------
    float

    Raises
    ------
    TypeError, ValueError
        As in `predict`; a label is out of range; there are no examples; l2 is no number, or
        negative, infinite or NaN.

    Examples
    --------
    >>> parameters = init(2, 3, 4, np.random.default_rng(0))
    >>> round(loss(parameters, np.zeros((1, 2)), [0]), 6)  # log 4
    1.386294
    """
    parameters, X, y, l2 = _checked_problem(parameters, X, labels, output, l2)
    _, _, z = _forward(parameters, X, hidden)
    entropy = softmax_cross_entropy if _is_softmax(output) else sigmoid_binary_cross_entropy
    value = mean(entropy(z, y), len(X))
    return value + penalty(l2, parameters.weights_1, parameters.weights_2)


@np.errstate(all="ignore")
def grad(
    parameters: Parameters,
    X: ArrayLike,
    labels: ArrayLike,
    *,
    hidden: Hidden = "tanh",
    output: Output = "softmax",
    l2: float = 0.0,
) -> Parameters:
    """The gradient of `loss`.

    With D = (P − Y)/m: ∂L/∂W₂ = hᵀD + l2 W₂, ∂L/∂W₁ = Xᵀ(D W₂ᵀ ⊙ h′) + l2 W₁, and the sums of D
    and D W₂ᵀ ⊙ h′ over the batch for the biases. Arguments and errors are those of `loss`.

    Examples
    --------
    >>> parameters = init(2, 3, 2, np.random.default_rng(0))
    >>> grad(parameters, np.zeros((1, 2)), [0]).bias_2
    array([-0.5,  0.5])
    """
    return value_and_grad(parameters, X, labels, hidden=hidden, output=output, l2=l2)[1]


@np.errstate(all="ignore")
def value_and_grad(
    parameters: Parameters,
    X: ArrayLike,
    labels: ArrayLike,
    *,
    hidden: Hidden = "tanh",
    output: Output = "softmax",
    l2: float = 0.0,
) -> tuple[float, Parameters]:
    """The pair of `loss` and `grad`, from one pass forwards and one backwards.

    Arguments and errors are those of `loss`.

    Examples
    --------
    >>> parameters = init(2, 3, 2, np.random.default_rng(0))
    >>> value, gradient = value_and_grad(parameters, np.zeros((1, 2)), [0])
    >>> round(value, 6), gradient.bias_2
    (0.693147, array([-0.5,  0.5]))
    """
    parameters, X, y, l2 = _checked_problem(parameters, X, labels, output, l2)
    a, h, z = _forward(parameters, X, hidden)
    if _is_softmax(output):
        values, logit_grads = softmax_cross_entropy_value_and_grad(z, y, out=z)
    else:
        values, logit_grads = sigmoid_binary_cross_entropy_value_and_grad(z, y, out=z)
    logit_grads /= len(X)
    weights_2, bias_2 = backward(h, logit_grads)
    hidden_grads = product(logit_grads, parameters.weights_2.T)
    activation(hidden).chain(a, hidden_grads)
    weights_1, bias_1 = backward(X, hidden_grads)
    add_penalty(weights_1, l2, parameters.weights_1)
    add_penalty(weights_2, l2, parameters.weights_2)
    value = mean(values, len(X))
    value += penalty(l2, parameters.weights_1, parameters.weights_2)
    return value, Parameters(weights_1, bias_1, weights_2, bias_2)


def _checked(parameters: Parameters, X: ArrayLike) -> tuple[Parameters, FloatArray]:
    """The arguments of `predict`, checked, as arrays of one dtype."""
    parameters, features = as_float_arrays(Parameters, parameters, X, ("m", "d"))
    weights_1, bias_1, weights_2, bias_2 = parameters
    require_dims("parameters.weights_1", weights_1, ("d", "H"))
    require_dims("parameters.bias_1", bias_1, ("H",))
    require_dims("parameters.weights_2", weights_2, ("H", "K"))
    require_dims("parameters.bias_2", bias_2, ("K",))
    require_same_size("features", ("X", features, 1), ("parameters.weights_1", weights_1, 0))
    require_same_size(
        "hidden units",
        ("parameters.weights_1", weights_1, 1),
        ("parameters.bias_1", bias_1, 0),
        ("parameters.weights_2", weights_2, 0),
    )
    require_same_size(
        "outputs", ("parameters.weights_2", weights_2, 1), ("parameters.bias_2", bias_2, 0)
    )
    return parameters, features


def _checked_problem(
    parameters: Parameters, X: ArrayLike, labels: ArrayLike, output: str, l2: float
) -> tuple[Parameters, FloatArray, Array, float]:
    """The arguments of `loss`, checked."""
    parameters, features = _checked(parameters, X)
    features, y = with_labels(features, labels)
    if not _is_softmax(output):
        require_dims("labels", y, ("m", "K"))
        require_same_size(
            "outputs", ("labels", y, 1), ("parameters.weights_2", parameters.weights_2, 1)
        )
    return parameters, features, y, as_l2(l2)


def _is_softmax(output: str) -> bool:
    """Whether `output` is "softmax", not "sigmoid"; ValueError if it is neither."""
    if output not in ("softmax", "sigmoid"):
        raise ValueError(f"output must be softmax or sigmoid, got {output!r}")
    return output == "softmax"


def _forward(
    parameters: Parameters, X: FloatArray, hidden: str
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The hidden units before and after their activation, and the logits."""
    a = forward(X, parameters.weights_1, parameters.bias_1)
    h = activation(hidden).value(a)
    return a, h, forward(h, parameters.weights_2, parameters.bias_2)

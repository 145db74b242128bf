"""Logistic regression: P(y = 1 | x) = σ(x·w + b).

Shapes: m examples, d features.

Theorem: notebooks/05-logistic-regression.ipynb
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from derivlib._arrays import Array, FloatArray
from derivlib.binary_cross_entropy import (
    sigmoid_binary_cross_entropy,
    sigmoid_binary_cross_entropy_grad,
    sigmoid_binary_cross_entropy_value_and_grad,
)
from derivlib.models._checks import agree, dims, examples, floats, penalty, penalty_weight, size
from derivlib.models._linear import backward, forward
from derivlib.sigmoid import sigmoid, sigmoid_grad

__all__ = ["Parameters", "grad", "hvp", "init", "loss", "predict", "value_and_grad"]


class Parameters(NamedTuple):
    """What is learnt."""

    weights: FloatArray
    """(d,)"""
    bias: FloatArray
    """()"""


def init(features: int) -> Parameters:
    """Zeros: the loss is convex, so any start will do.

    >>> init(2)
    Parameters(weights=array([0., 0.]), bias=array(0.))
    """
    return Parameters(np.zeros(size("features", features)), np.zeros(()))


@np.errstate(all="ignore")
def predict(parameters: Parameters, X: ArrayLike) -> FloatArray:
    """The probability of label 1 for each example: σ(X w + b).

    Parameters
    ----------
    parameters : Parameters
        weights (d,) and bias ().
    X : (m, d) array of real numbers
        Computed in the floating dtype of all arrays together, float32 at least; integers and bools
        count as float64.

    Returns
    -------
    (m,) array

    Raises
    ------
    TypeError
        An argument is no array of real numbers.
    ValueError
        Shapes do not agree; the message names both arrays and the axis.

    Examples
    --------
    >>> p = predict(Parameters(np.log([2.0, 3.0]), 0.0), [[1, 0], [1, -1], [0, 1]])
    >>> p.round(3)
    array([0.667, 0.4  , 0.75 ])
    >>> (p > 0.5).astype(int)  # the likelier label
    array([1, 0, 1])
    """
    parameters, X = _checked(parameters, X)
    return sigmoid(forward(X, *parameters))


@np.errstate(all="ignore")
def loss(parameters: Parameters, X: ArrayLike, labels: ArrayLike, *, l2: float = 0.0) -> float:
    """The mean binary cross-entropy, plus l2/2 Σ w².

    Parameters
    ----------
    parameters, X
        As in `predict`.
    labels : (m,) array
        0 and 1, or probabilities in between as floats; see `sigmoid_binary_cross_entropy`.
    l2 : float
        The weight of the penalty, 0 or more. Classes that a plane separates have no finite optimum
        without one. scikit-learn's C is 1/(l2 m).

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
    >>> loss(init(1), [[1.0], [2.0]], [0, 1])  # log 2
    0.6931471805599453
    """
    parameters, X, y, l2 = _problem(parameters, X, labels, l2)
    values = sigmoid_binary_cross_entropy(forward(X, *parameters), y)
    return float(values.mean()) + penalty(l2, parameters.weights)


@np.errstate(all="ignore")
def grad(parameters: Parameters, X: ArrayLike, labels: ArrayLike, *, l2: float = 0.0) -> Parameters:
    """The gradient of `loss`: Xᵀ(p − y)/m + l2 w, and Σ(p − y)/m for the bias.

    p − y keeps its digits where p rounds to the label. Arguments and errors are those of `loss`.

    Examples
    --------
    A step of gradient descent is `Parameters(*(w - rate * g for w, g in zip(parameters, grad)))`.

    >>> grad(init(1), [[1.0], [2.0]], [0, 1])
    Parameters(weights=array([-0.25]), bias=array(0.))
    """
    parameters, X, y, l2 = _problem(parameters, X, labels, l2)
    slopes = sigmoid_binary_cross_entropy_grad(forward(X, *parameters), y)
    return _gradient(parameters, X, slopes, l2)


@np.errstate(all="ignore")
def value_and_grad(
    parameters: Parameters, X: ArrayLike, labels: ArrayLike, *, l2: float = 0.0
) -> tuple[float, Parameters]:
    """`loss` and `grad` from one pass over the data.

    Examples
    --------
    >>> value, gradient = value_and_grad(init(1), [[1.0], [2.0]], [0, 1])
    >>> value, gradient.weights
    (0.6931471805599453, array([-0.25]))
    """
    parameters, X, y, l2 = _problem(parameters, X, labels, l2)
    values, slopes = sigmoid_binary_cross_entropy_value_and_grad(forward(X, *parameters), y)
    value = float(values.mean()) + penalty(l2, parameters.weights)
    return value, _gradient(parameters, X, slopes, l2)


@np.errstate(all="ignore")
def hvp(
    parameters: Parameters,
    direction: Parameters,
    X: ArrayLike,
    labels: ArrayLike,
    *,
    l2: float = 0.0,
) -> Parameters:
    """The Hessian of `loss` times a direction: Xᵀ(σ′ ⊙ (X v + c))/m + l2 v for v and c.

    σ′ = p(1 − p) is never negative, so neither is ⟨direction, hvp⟩: the loss is convex. The labels
    are checked and play no part.

    Parameters
    ----------
    direction : Parameters
        In the shapes of `parameters`.
    parameters, X, labels, l2
        As in `loss`.

    Examples
    --------
    >>> hvp(init(1), Parameters(np.ones(1), np.zeros(())), [[1.0], [2.0]], [0, 1])
    Parameters(weights=array([0.625]), bias=array(0.375))
    """
    direction, X = _checked(direction, X, "direction")
    parameters, X, _, l2 = _problem(parameters, X, labels, l2)
    slopes = sigmoid_grad(forward(X, *parameters))
    slopes *= forward(X, *direction)
    return _gradient(direction, X, slopes, l2)


def _checked(
    parameters: Parameters, X: ArrayLike, name: str = "parameters"
) -> tuple[Parameters, FloatArray]:
    parameters, features = floats(Parameters, parameters, X, ("m", "d"), name)
    dims(f"{name}.weights", parameters.weights, ("d",))
    dims(f"{name}.bias", parameters.bias, ())
    agree("features", ("X", features, 1), (f"{name}.weights", parameters.weights, 0))
    return parameters, features


def _problem(
    parameters: Parameters, X: ArrayLike, labels: ArrayLike, l2: float
) -> tuple[Parameters, FloatArray, Array, float]:
    parameters, features = _checked(parameters, X)
    features, y = examples(features, labels)
    dims("labels", y, ("m",))
    return parameters, features, y, penalty_weight(l2)


def _gradient(of: Parameters, X: FloatArray, slopes: FloatArray, l2: float) -> Parameters:
    """From a slope for each logit to one for each parameter, and the penalty's share."""
    slopes /= len(X)
    weights, bias = backward(X, slopes)
    if l2:
        weights += l2 * of.weights
    return Parameters(weights, bias)

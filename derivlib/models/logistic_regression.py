"""Logistic regression: P(y = 1 | x) = σ(x·w + b).

Shapes: m examples, d features.

Theorem: notebooks/05-logistic-regression.ipynb
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from derivlib._engine.arguments import Array, FloatArray
from derivlib.binary_cross_entropy import (
    sigmoid_binary_cross_entropy,
    sigmoid_binary_cross_entropy_grad,
    sigmoid_binary_cross_entropy_value_and_grad,
)
from derivlib.models._checks import (
    as_float_arrays,
    as_l2,
    as_size,
    require_dims,
    require_same_size,
    with_labels,
)
from derivlib.models._linear import backward, forward
from derivlib.models._objective import add_penalty, mean, penalty
from derivlib.sigmoid import sigmoid, sigmoid_grad

__all__ = ["Parameters", "grad", "hvp", "init", "loss", "predict", "value_and_grad"]


class Parameters(NamedTuple):
    """The parameters that training changes; a gradient has the same fields."""

    weights: FloatArray
    """(d,)"""
    bias: FloatArray
    """()"""


def init(features: int) -> Parameters:
    """Zeros: any start will do, since the loss is convex.

    Parameters
    ----------
    features : int
        At least 1.

    >>> init(2)
    Parameters(weights=array([0., 0.]), bias=array(0.))
    """
    return Parameters(np.zeros(as_size("features", features)), np.zeros(()))


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
    parameters, X, y, l2 = _checked_problem(parameters, X, labels, l2)
    values = sigmoid_binary_cross_entropy(forward(X, *parameters), y)
    return mean(values, len(X)) + penalty(l2, parameters.weights)


@np.errstate(all="ignore")
def grad(parameters: Parameters, X: ArrayLike, labels: ArrayLike, *, l2: float = 0.0) -> Parameters:
    """The gradient of `loss`: Xᵀ(p − y)/m + l2 w, and Σ(p − y)/m for the bias.

    p − y keeps its digits where p rounds to the label. Arguments and errors are those of `loss`.

    Examples
    --------
    A step of gradient descent along a gradient g, a field at a time:
    `Parameters(*(w - rate * d for w, d in zip(parameters, g)))`.

    >>> grad(init(1), [[1.0], [2.0]], [0, 1])
    Parameters(weights=array([-0.25]), bias=array(0.))
    """
    parameters, X, y, l2 = _checked_problem(parameters, X, labels, l2)
    logit_grads = sigmoid_binary_cross_entropy_grad(forward(X, *parameters), y)
    return _gradient(parameters, X, logit_grads, l2)


@np.errstate(all="ignore")
def value_and_grad(
    parameters: Parameters, X: ArrayLike, labels: ArrayLike, *, l2: float = 0.0
) -> tuple[float, Parameters]:
    """The pair of `loss` and `grad`, from one pass over the data.

    Arguments and errors are those of `loss`.

    Examples
    --------
    >>> value, gradient = value_and_grad(init(1), [[1.0], [2.0]], [0, 1])
    >>> value, gradient.weights
    (0.6931471805599453, array([-0.25]))
    """
    parameters, X, y, l2 = _checked_problem(parameters, X, labels, l2)
    values, logit_grads = sigmoid_binary_cross_entropy_value_and_grad(forward(X, *parameters), y)
    value = mean(values, len(X)) + penalty(l2, parameters.weights)
    return value, _gradient(parameters, X, logit_grads, l2)


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
    are checked, but the result does not depend on them. Errors are those of `loss`.

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
    parameters, X, _, l2 = _checked_problem(parameters, X, labels, l2)
    logit_products = sigmoid_grad(forward(X, *parameters))
    logit_products *= forward(X, *direction)
    return _gradient(direction, X, logit_products, l2)


def _checked(
    parameters: Parameters, X: ArrayLike, name: str = "parameters"
) -> tuple[Parameters, FloatArray]:
    """The arguments of `predict`, checked, as arrays of one dtype."""
    parameters, features = as_float_arrays(Parameters, parameters, X, ("m", "d"), name)
    require_dims(f"{name}.weights", parameters.weights, ("d",))
    require_dims(f"{name}.bias", parameters.bias, ())
    require_same_size("features", ("X", features, 1), (f"{name}.weights", parameters.weights, 0))
    return parameters, features


def _checked_problem(
    parameters: Parameters, X: ArrayLike, labels: ArrayLike, l2: float
) -> tuple[Parameters, FloatArray, Array, float]:
    """The arguments of `loss`, checked."""
    parameters, features = _checked(parameters, X)
    features, y = with_labels(features, labels)
    require_dims("labels", y, ("m",))
    return parameters, features, y, as_l2(l2)


def _gradient(of: Parameters, X: FloatArray, logit_grads: FloatArray, l2: float) -> Parameters:
    """The gradient in the parameters `of`, penalty included, from that in each logit.

    `logit_grads` is overwritten.
    """
    logit_grads /= len(X)
    weights, bias = backward(X, logit_grads)
    add_penalty(weights, l2, of.weights)
    return Parameters(weights, bias)

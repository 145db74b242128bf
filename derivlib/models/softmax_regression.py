"""Softmax regression: P(y = k | x) = softmax(xᵀW + b)_k.

Shapes: m examples, d features, K classes.

Theorem: notebooks/07-softmax-layer.ipynb
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from derivlib._engine.arguments import Array, FloatArray
from derivlib.cross_entropy import (
    softmax_cross_entropy,
    softmax_cross_entropy_grad,
    softmax_cross_entropy_hvp,
    softmax_cross_entropy_value_and_grad,
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
from derivlib.softmax import softmax

__all__ = ["Parameters", "grad", "hvp", "init", "loss", "predict", "value_and_grad"]


class Parameters(NamedTuple):
    """The parameters that training changes; a gradient has the same fields."""

    weights: FloatArray
    """(d, K)"""
    bias: FloatArray
    """(K,)"""


def init(features: int, classes: int) -> Parameters:
    """Zeros: any start will do, since the loss is convex.

    Parameters
    ----------
    features, classes : int
        At least 1 each.

    >>> init(1, 2)
    Parameters(weights=array([[0., 0.]]), bias=array([0., 0.]))
    """
    shape = as_size("features", features), as_size("classes", classes)
    return Parameters(np.zeros(shape), np.zeros(classes))


@np.errstate(all="ignore")
def predict(parameters: Parameters, X: ArrayLike) -> FloatArray:
    """The probability of each class for each example: softmax(X W + b).

    Parameters
    ----------
    parameters : Parameters
        weights (d, K) and bias (K,).
    X : (m, d) array of real numbers
        Computed in the floating dtype of all arrays together, float32 at least; integers and bools
        count as float64.

    Returns
    -------
    (m, K) array
        Each row sums to 1.

    Raises
    ------
    TypeError
        An argument is no array of real numbers.
    ValueError
        Shapes do not agree; the message names both arrays and the axis.

    Examples
    --------
    >>> p = predict(Parameters(np.log([[1.0, 3.0]]), np.zeros(2)), [[1], [-1]])
    >>> p
    array([[0.25, 0.75],
           [0.75, 0.25]])
    >>> p.argmax(axis=-1)  # the likeliest class
    array([1, 0])
    """
    parameters, X = _checked(parameters, X)
    z = forward(X, *parameters)
    return softmax(z, out=z)


@np.errstate(all="ignore")
def loss(parameters: Parameters, X: ArrayLike, labels: ArrayLike, *, l2: float = 0.0) -> float:
    """The mean cross-entropy, plus l2/2 Σ w².

    Parameters
    ----------
    parameters, X
        As in `predict`.
    labels : (m,) array of integers, or (m, K) array of floats
        True classes from 0 to K − 1, or distributions; see `softmax_cross_entropy`.
    l2 : float
        The weight of the penalty, 0 or more. Without one, adding a number to all of a row of W
        changes nothing, and separable classes have no finite optimum. scikit-learn's C is
        1/(l2 m).

    Returns
    -------
    float

    Raises
    ------
    TypeError, ValueError
        As in `predict`; a label is no class; there are no examples; l2 is no number, or negative,
        infinite or NaN.

    Examples
    --------
    >>> loss(init(1, 4), [[1.0], [2.0]], [0, 3])  # log 4
    1.3862943611198906
    """
    parameters, X, y, l2 = _checked_problem(parameters, X, labels, l2)
    values = softmax_cross_entropy(forward(X, *parameters), y)
    return mean(values, len(X)) + penalty(l2, parameters.weights)


@np.errstate(all="ignore")
def grad(parameters: Parameters, X: ArrayLike, labels: ArrayLike, *, l2: float = 0.0) -> Parameters:
    """The gradient of `loss`: Xᵀ(P − Y)/m + l2 W, and the mean of P − Y for the bias.

    P − Y keeps its digits where P rounds to Y. Weights that do not sum to 1 make it P ΣY − Y.
    Arguments and errors are those of `loss`.

    Examples
    --------
    >>> grad(init(1, 2), [[1.0], [2.0]], [0, 1])
    Parameters(weights=array([[ 0.25, -0.25]]), bias=array([0., 0.]))
    """
    parameters, X, y, l2 = _checked_problem(parameters, X, labels, l2)
    z = forward(X, *parameters)
    return _gradient(parameters, X, softmax_cross_entropy_grad(z, y, out=z), l2)


@np.errstate(all="ignore")
def value_and_grad(
    parameters: Parameters, X: ArrayLike, labels: ArrayLike, *, l2: float = 0.0
) -> tuple[float, Parameters]:
    """The pair of `loss` and `grad`, from one pass over the data.

    Arguments and errors are those of `loss`.

    Examples
    --------
    >>> value, gradient = value_and_grad(init(1, 4), [[1.0], [2.0]], [0, 3])
    >>> value, gradient.bias
    (1.3862943611198906, array([-0.25,  0.25,  0.25, -0.25]))
    """
    parameters, X, y, l2 = _checked_problem(parameters, X, labels, l2)
    z = forward(X, *parameters)
    values, logit_grads = softmax_cross_entropy_value_and_grad(z, y, out=z)
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
    """The Hessian of `loss` times a direction (V, c): Xᵀ R/m + l2 V, and the mean of R.

    A row of R is the softmax Jacobian times that row of X V + c, times the sum of the row's labels,
    which is 1 for a distribution. ⟨direction, hvp⟩ is not negative if no such sum is: the loss is
    convex. Errors are those of `loss`.

    Parameters
    ----------
    direction : Parameters
        In the shapes of `parameters`.
    parameters, X, labels, l2
        As in `loss`.

    Examples
    --------
    >>> hvp(init(1, 2), Parameters([[1.0, 0.0]], [0.0, 0.0]), [[1.0], [2.0]], [0, 1])
    Parameters(weights=array([[ 0.625, -0.625]]), bias=array([ 0.375, -0.375]))
    """
    direction, X = _checked(direction, X, "direction")
    parameters, X, y, l2 = _checked_problem(parameters, X, labels, l2)
    require_same_size(
        "classes",
        ("parameters.weights", parameters.weights, 1),
        ("direction.weights", direction.weights, 1),
    )
    z = forward(X, *parameters)
    logit_products = softmax_cross_entropy_hvp(z, y, forward(X, *direction), out=z)
    return _gradient(direction, X, logit_products, l2)


def _checked(
    parameters: Parameters, X: ArrayLike, name: str = "parameters"
) -> tuple[Parameters, FloatArray]:
    """The arguments of `predict`, checked, as arrays of one dtype."""
    parameters, features = as_float_arrays(Parameters, parameters, X, ("m", "d"), name)
    weights, bias = parameters
    require_dims(f"{name}.weights", weights, ("d", "K"))
    require_dims(f"{name}.bias", bias, ("K",))
    require_same_size("features", ("X", features, 1), (f"{name}.weights", weights, 0))
    require_same_size("classes", (f"{name}.weights", weights, 1), (f"{name}.bias", bias, 0))
    return parameters, features


def _checked_problem(
    parameters: Parameters, X: ArrayLike, labels: ArrayLike, l2: float
) -> tuple[Parameters, FloatArray, Array, float]:
    """The arguments of `loss`, checked."""
    parameters, features = _checked(parameters, X)
    features, y = with_labels(features, labels)
    return parameters, features, y, as_l2(l2)


def _gradient(of: Parameters, X: FloatArray, logit_grads: FloatArray, l2: float) -> Parameters:
    """The gradient in the parameters `of`, penalty included, from that in each logit.

    `logit_grads` is overwritten.
    """
    logit_grads /= len(X)
    weights, bias = backward(X, logit_grads)
    add_penalty(weights, l2, of.weights)
    return Parameters(weights, bias)

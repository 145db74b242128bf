"""An Elman network: h_t = tanh(x_t U + h_{t−1} W + b), with softmax outputs from h_t V + c.

Shapes: m sequences, T steps, d features, H hidden units, K classes; h_0 = 0.
Theorem: notebooks/08-recurrent-network.ipynb

The Hessian-vector product is left out: the loss is not convex, and no notebook proves one.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from derivlib._engine.arguments import Array, FloatArray
from derivlib.cross_entropy import softmax_cross_entropy, softmax_cross_entropy_value_and_grad
from derivlib.models._activations import activation
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
from derivlib.models._start import Seed, generator, glorot, orthogonal
from derivlib.softmax import softmax

__all__ = ["Parameters", "grad", "init", "loss", "predict", "value_and_grad"]


class Parameters(NamedTuple):
    """The parameters that training changes; a gradient has the same fields."""

    input_weights: FloatArray
    """U, (d, H)"""
    recurrent_weights: FloatArray
    """W, (H, H): from h_{t−1} to h_t"""
    hidden_bias: FloatArray
    """b, (H,)"""
    output_weights: FloatArray
    """V, (H, K)"""
    output_bias: FloatArray
    """c, (K,)"""


def init(features: int, hidden: int, classes: int, rng: Seed) -> Parameters:
    """Random U and V as by X. Glorot and Y. Bengio (AISTATS 2010), W orthogonal, biases 0.

    Parameters
    ----------
    features, hidden, classes : int
        At least 1 each.
    rng : numpy.random.Generator, or a seed

    >>> [array.shape for array in init(4, 3, 2, rng=0)]
    [(4, 3), (3, 3), (3,), (3, 2), (2,)]
    """
    d, h, k = as_size("features", features), as_size("hidden", hidden), as_size("classes", classes)
    rng = generator(rng)
    u, w, v = glorot(d, h, rng), orthogonal(h, rng), glorot(h, k, rng)
    return Parameters(u, w, np.zeros(h), v, np.zeros(k))


@np.errstate(all="ignore")
def predict(parameters: Parameters, X: ArrayLike) -> FloatArray:
    """The probability of each class at each step: softmax(h_t V + c).

    Parameters
    ----------
    parameters : Parameters
        input_weights (d, H), recurrent_weights (H, H), hidden_bias (H,), output_weights (H, K) and
        output_bias (K,).
    X : (m, T, d) array of real numbers
        Computed in the floating dtype of all arrays together, float32 at least; integers and bools
        count as float64.

    Returns
    -------
    (m, T, K) array

    Raises
    ------
    TypeError
        An argument is no array of real numbers.
    ValueError
        Shapes do not agree; the message names both arrays and the axis.

    Examples
    --------
    >>> parameters = init(2, 3, 4, np.random.default_rng(0))
    >>> predict(parameters, np.zeros((1, 5, 2))).shape
    (1, 5, 4)
    """
    parameters, X = _checked(parameters, X)
    z = _logits(parameters, _states(parameters, X)[1])
    return softmax(z, out=z)


@np.errstate(all="ignore")
def loss(parameters: Parameters, X: ArrayLike, labels: ArrayLike, *, l2: float = 0.0) -> float:
    """The cross-entropy summed over the steps, its mean over the sequences, plus l2/2 Σ w².

    Parameters
    ----------
    parameters, X
        As in `predict`.
    labels : (m, T) array of integers, or (m, T, K) array of floats
        A true class, or a distribution, for each step; see `softmax_cross_entropy`. To leave a step
        out, such as those after the end of a sequence, give it a row of zeros, which costs nothing.
    l2 : float
        The weight of the penalty on U, W and V, 0 or more.

    Returns
    -------
    float

    Raises
    ------
    TypeError, ValueError
        As in `predict`; a label is no class; there are no sequences; l2 is no number, or negative,
        infinite or NaN.

    Examples
    --------
    >>> parameters = init(2, 3, 4, np.random.default_rng(0))
    >>> round(loss(parameters, np.zeros((1, 2, 2)), [[0, 3]]), 6)  # twice log 4
    2.772589
    """
    parameters, X, y, l2 = _checked_problem(parameters, X, labels, l2)
    values = softmax_cross_entropy(_logits(parameters, _states(parameters, X)[1]), y)
    return mean(values, len(X)) + _penalty(parameters, l2)


@np.errstate(all="ignore")
def grad(parameters: Parameters, X: ArrayLike, labels: ArrayLike, *, l2: float = 0.0) -> Parameters:
    """The gradient of `loss`, by back-propagation through time.

    With D_t = (P_t − Y_t)/m the adjoint λ_t = D_t Vᵀ + A_{t+1} Wᵀ runs backwards from λ_{T+1} = 0,
    where A_t = λ_t ⊙ tanh′. Then ∂L/∂V = Σ_t h_tᵀ D_t, ∂L/∂W = Σ_t h_{t−1}ᵀ A_t and
    ∂L/∂U = Σ_t x_tᵀ A_t, each plus l2 times itself; the biases' are the sums of D_t and A_t.
    Arguments and errors are those of `loss`.

    Examples
    --------
    >>> parameters = init(2, 3, 2, np.random.default_rng(0))
    >>> grad(parameters, np.zeros((1, 4, 2)), [[0, 0, 0, 1]]).output_bias
    array([-1.,  1.])
    """
    return value_and_grad(parameters, X, labels, l2=l2)[1]


@np.errstate(all="ignore")
def value_and_grad(
    parameters: Parameters, X: ArrayLike, labels: ArrayLike, *, l2: float = 0.0
) -> tuple[float, Parameters]:
    """The pair of `loss` and `grad`, from one pass forwards and one backwards through the steps.

    Arguments and errors are those of `loss`.

    Examples
    --------
    >>> parameters = init(2, 3, 2, np.random.default_rng(0))
    >>> value, gradient = value_and_grad(parameters, np.zeros((1, 4, 2)), [[0, 0, 0, 1]])
    >>> round(value, 6), gradient.output_bias
    (2.772589, array([-1.,  1.]))
    """
    parameters, X, y, l2 = _checked_problem(parameters, X, labels, l2)
    a, h = _states(parameters, X)
    z = _logits(parameters, h)
    values, logit_grads = softmax_cross_entropy_value_and_grad(z, y, out=z)
    logit_grads /= len(X)
    adjoint = product(logit_grads, parameters.output_weights.T)  # λ_t from the step's own loss …
    chain = activation("tanh").chain
    for t in reversed(range(X.shape[1])):
        if t + 1 < X.shape[1]:  # … and from the step after it
            adjoint[:, t] += product(adjoint[:, t + 1], parameters.recurrent_weights.T)
        chain(a[:, t], adjoint[:, t])  # λ_t becomes A_t
    output_weights, output_bias = backward(_flat(h[:, 1:]), _flat(logit_grads))
    input_weights, hidden_bias = backward(_flat(X), _flat(adjoint))
    recurrent_weights = product(_flat(h[:, :-1]).T, _flat(adjoint))
    add_penalty(input_weights, l2, parameters.input_weights)
    add_penalty(recurrent_weights, l2, parameters.recurrent_weights)
    add_penalty(output_weights, l2, parameters.output_weights)
    value = mean(values, len(X)) + _penalty(parameters, l2)
    return value, Parameters(
        input_weights, recurrent_weights, hidden_bias, output_weights, output_bias
    )


def _checked(parameters: Parameters, X: ArrayLike) -> tuple[Parameters, FloatArray]:
    """The arguments of `predict`, checked, as arrays of one dtype."""
    parameters, features = as_float_arrays(Parameters, parameters, X, ("m", "T", "d"))
    u, w, b, v, c = parameters
    require_dims("parameters.input_weights", u, ("d", "H"))
    require_dims("parameters.recurrent_weights", w, ("H", "H"))
    require_dims("parameters.hidden_bias", b, ("H",))
    require_dims("parameters.output_weights", v, ("H", "K"))
    require_dims("parameters.output_bias", c, ("K",))
    require_same_size("features", ("X", features, 2), ("parameters.input_weights", u, 0))
    require_same_size(
        "hidden units",
        ("parameters.input_weights", u, 1),
        ("parameters.recurrent_weights", w, 0),
        ("parameters.recurrent_weights", w, 1),
        ("parameters.hidden_bias", b, 0),
        ("parameters.output_weights", v, 0),
    )
    require_same_size(
        "classes", ("parameters.output_weights", v, 1), ("parameters.output_bias", c, 0)
    )
    return parameters, features


def _checked_problem(
    parameters: Parameters, X: ArrayLike, labels: ArrayLike, l2: float
) -> tuple[Parameters, FloatArray, Array, float]:
    """The arguments of `loss`, checked."""
    parameters, features = _checked(parameters, X)
    features, y = with_labels(features, labels)
    return parameters, features, y, as_l2(l2)


def _states(parameters: Parameters, X: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The preactivations a_1 … a_T, (m, T, H), and the states h_0 … h_T, (m, T + 1, H)."""
    m, steps, _ = X.shape
    a = forward(X, parameters.input_weights, parameters.hidden_bias)
    h = np.zeros((m, steps + 1, a.shape[2]), a.dtype)
    for t in range(steps):
        a[:, t] += product(h[:, t], parameters.recurrent_weights)
        np.tanh(a[:, t], out=h[:, t + 1])
    return a, h


def _logits(parameters: Parameters, h: FloatArray) -> FloatArray:
    """h_t V + c at each step, (m, T, K)."""
    return forward(h[:, 1:], parameters.output_weights, parameters.output_bias)


def _flat(array: FloatArray) -> FloatArray:
    """`array` as a matrix with a row for each step of each sequence."""
    m, steps, width = array.shape
    return array.reshape(m * steps, width)


def _penalty(parameters: Parameters, l2: float) -> float:
    weights = parameters.input_weights, parameters.recurrent_weights, parameters.output_weights
    return penalty(l2, *weights)

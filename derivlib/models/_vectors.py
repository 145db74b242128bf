"""Parameters to one vector, as optimisers need them, and back."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from derivlib._engine import foreign
from derivlib._engine.arguments import Array, as_array

Parameters = TypeVar("Parameters", bound="tuple[Any, ...]")


def pack(parameters: tuple[ArrayLike, ...]) -> Array:
    """All entries of a model's parameters, or of their gradient, one after the other.

    Parameters
    ----------
    parameters : Parameters of any of the models

    Returns
    -------
    vector

    Raises
    ------
    TypeError
        `parameters` are no Parameters.

    Examples
    --------
    >>> from derivlib.models import logistic_regression
    >>> pack(logistic_regression.Parameters([1.0, 2.0], 3.0))
    array([1., 2., 3.])
    """
    foreign.refuse("parameters", parameters)
    if not isinstance(parameters, tuple) or not parameters:
        raise TypeError(
            "parameters must be the Parameters of a model, or its gradient, "
            f"got {type(parameters).__name__}"
        )
    return np.concatenate([np.ravel(array) for array in parameters])


def unpack(vector: ArrayLike, like: Parameters) -> Parameters:
    """The inverse of `pack`: parameters in the shapes of `like`, from a vector.

    Parameters
    ----------
    vector : array of as many entries as `like` has
    like : Parameters of any of the models
        Only the class and the shapes matter.

    Returns
    -------
    Parameters, of the class of `like`

    Raises
    ------
    TypeError
        `vector` is no array of real numbers.
    ValueError
        `vector` is no vector of as many entries.

    Examples
    --------
    With an optimiser of SciPy:

    >>> from scipy.optimize import minimize
    >>> from derivlib.models import datasets, softmax_regression
    >>> iris = datasets.load_iris()
    >>> start = softmax_regression.init(4, 3)
    >>> def objective(vector):
    ...     value, grad = softmax_regression.value_and_grad(
    ...         unpack(vector, start), iris.X, iris.labels, l2=0.01
    ...     )
    ...     return value, pack(grad)
    >>> found = minimize(objective, pack(start), jac=True)
    >>> p = softmax_regression.predict(unpack(found.x, start), iris.X)
    >>> int((p.argmax(axis=-1) == iris.labels).sum())  # of 150
    146
    """
    flat = as_array("vector", vector)
    shapes = [np.shape(array) for array in like]
    ends = np.cumsum([int(np.prod(shape)) for shape in shapes])
    if flat.shape != (ends[-1],):
        raise ValueError(f"vector must have the shape ({ends[-1]},), got {flat.shape}")
    parts = zip(np.split(flat, ends[:-1]), shapes, strict=True)
    return type(like)(*(part.reshape(shape) for part, shape in parts))

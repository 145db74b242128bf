"""Initial weights of a network."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

from derivlib._engine.arguments import FloatArray

Seed: TypeAlias = np.random.Generator | int | None


def generator(rng: Seed) -> np.random.Generator:
    """`rng`, or a generator with `rng` as its seed."""
    try:
        return np.random.default_rng(rng)
    except (TypeError, ValueError):
        raise TypeError(f"rng must be a numpy.random.Generator or a seed, got {rng!r}") from None


def glorot(inputs: int, outputs: int, rng: np.random.Generator) -> FloatArray:
    """Weights uniform within ±√(6/(inputs + outputs)), in the shape (inputs, outputs).

    Activations and gradients then keep their size through the layer: X. Glorot and Y. Bengio,
    "Understanding the difficulty of training deep feedforward neural networks", AISTATS 2010.
    """
    bound = np.sqrt(6 / (inputs + outputs))
    weights: FloatArray = rng.uniform(-bound, bound, (inputs, outputs))
    return weights


def orthogonal(units: int, rng: np.random.Generator) -> FloatArray:
    """A random orthogonal matrix of the uniform (Haar) distribution, in the shape (units, units).

    It keeps the length of the vector that it multiplies at each step: A. M. Saxe, J. L. McClelland
    and S. Ganguli, "Exact solutions to the nonlinear dynamics of learning in deep linear neural
    networks", ICLR 2014.
    """
    q, r = np.linalg.qr(rng.standard_normal((units, units)))
    signs: Any = np.where(np.diag(r) < 0, -1.0, 1.0)  # without, q alone is not uniform
    matrix: FloatArray = q * signs
    return matrix

"""What is asked of each kernel: with which arguments, against which exact value, in which unit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np

import derivlib

from .errors import beside, in_smallest, normwise, of_size, ulps
from .exact import Exact
from .kernels import Array, Case

SMOOTHING = 0.1


@dataclass(frozen=True)
class Sample:
    """Rows of logits, or a vector of them; the kernels' arguments and exact results by name."""

    case: Case
    given: Mapping[str, Array]
    exact: Mapping[str, Exact]


Measure: TypeAlias = Callable[[Array, Exact, Sample], Array]
"""Gives the error of each value or row; inf for a NaN, and NaN for what is not judged."""


def in_ulps(actual: Array, exact: Exact, _: Sample) -> Array:
    return ulps(actual, exact)


def in_ulps_of_weights(actual: Array, exact: Exact, sample: Sample) -> Array:
    """The same; but the smallest number, which a log p may be off by, counts times Σ|y|."""
    size = np.abs(sample.given["weights"].astype(np.longdouble)).sum(-1)
    return np.minimum(ulps(actual, exact), in_smallest(actual, exact, np.maximum(size, 1)))


def by_norm(actual: Array, exact: Exact, _: Sample) -> Array:
    """‖error‖₂ of each row, in eps ‖exact‖₂."""
    return normwise(actual, exact)


def by_norm_of_weights(actual: Array, exact: Exact, sample: Sample) -> Array:
    """As `by_norm`; but the smallest number, which p and p v may be off by, counts times Σ|y|."""
    v, weights = (sample.given[name].astype(np.longdouble) for name in ("v", "weights"))
    largest = np.maximum(1, (1 + np.abs(v).max(-1)) * np.abs(weights).sum(-1))
    return normwise(actual, exact, least=largest)


def by_terms(actual: Array, exact: Exact, sample: Sample) -> Array:
    """‖error‖₂ of each row of g − p Σg, in eps (‖g‖₂ + ‖p‖₂ Σ|g|): its two terms may cancel."""
    v, p = (sample.given[name].astype(np.longdouble) for name in ("v", "p"))
    size = np.sqrt((v * v).sum(-1)) + np.sqrt((p * p).sum(-1)) * np.abs(v).sum(-1)
    return normwise(actual, exact, size)


def absolute(actual: Array, exact: Exact, sample: Sample) -> Array:
    """The error of each entry in u Σ|y|, where u is half of eps."""
    weights = sample.given["weights"].astype(np.longdouble)
    size = np.abs(weights).sum(-1)[:, None] if weights.ndim > 1 else np.longdouble(1)
    return beside(actual, exact, np.asarray(size))


def absolute_to_one(actual: Array, exact: Exact, _: Sample) -> Array:
    """The same for weights that sum to 1."""
    return beside(actual, exact, np.ones(1, np.longdouble))


def where_slope_is_normal(actual: Array, exact: Exact, sample: Sample) -> Array:
    """ULP of σ′ v where σ′ is a normal number; a subnormal's rounding is multiplied by v."""
    slope = sample.exact["σ′"].rounded(np.dtype(np.longdouble))
    return np.where(slope >= np.finfo(actual.dtype).tiny, ulps(actual, exact), np.nan)


def well_conditioned(actual: Array, exact: Exact, sample: Sample) -> Array:
    """ULP of log Σ exp(z) where it is well conditioned."""
    well, _ = _conditioning(exact, sample)
    return np.where(well, ulps(actual, exact), np.nan)


def ill_conditioned(actual: Array, exact: Exact, sample: Sample) -> Array:
    """Elsewhere, in ULP of the larger of |max z| and the result."""
    well, size = _conditioning(exact, sample)
    return np.where(well, np.nan, of_size(actual, exact, size))


def _conditioning(exact: Exact, sample: Sample) -> tuple[Array, Array]:
    """Which rows' L = log Σ exp(z) is well conditioned, and the larger of |max z| and |L|.

    Relative errors δ in the logits change L by Σ p |z| δ at the most. So where Σ p |z| <= 1.1 |L|,
    rounding the logits costs L hardly more than rounding L itself. And its two parts, max z and
    what the others bring, must not cancel: the sum of their sizes is to be <= 1.1 |L|, too.
    """
    z = sample.case.logits.astype(np.longdouble)
    top, value = z.max(axis=-1), exact.rounded(np.dtype(np.longdouble))
    p = np.exp(z - value[:, None])
    needed = np.maximum((p * np.abs(z)).sum(axis=-1), np.abs(top) + (value - top))
    size = np.maximum(np.abs(top), np.abs(value))
    return np.asarray(needed <= 1.1 * np.abs(value)), size


@dataclass(frozen=True)
class Question:
    """A kernel and a kind of arguments; `part` picks from a pair of results."""

    kernel: str
    arguments: str
    exact: str
    kind: str = ""
    measure: Measure = in_ulps
    unit: str = "ULP"
    part: int | None = None
    options: Mapping[str, float] = field(default_factory=dict)
    peers: bool = False

    def answer(self, sample: Sample) -> Array:
        """What derivlib says."""
        kernel = getattr(derivlib, self.kernel)
        result = kernel(*(sample.given[name] for name in self.arguments.split()), **self.options)
        return np.asarray(result if self.part is None else result[self.part])


_CROSS, _BINARY = "softmax_cross_entropy", "sigmoid_binary_cross_entropy"
_NORM: dict[str, Any] = {"measure": by_norm, "unit": "eps ‖exact‖"}
_ABSOLUTE: dict[str, Any] = {"measure": absolute, "unit": "u Σ|y|"}
_TO_ONE: dict[str, Any] = {"measure": absolute_to_one, "unit": "u"}
_SMOOTH: dict[str, Any] = {"kind": "smoothed", "options": {"label_smoothing": SMOOTHING}}

SOFTMAX_QUESTIONS = [
    Question("softmax", "z", "p", peers=True),
    Question("log_softmax", "z", "log p", peers=True),
    Question("logsumexp", "z", "log Σ", measure=well_conditioned, peers=True),
    Question(
        "logsumexp", "z", "log Σ", "ill-conditioned", ill_conditioned, "ULP of |max z|", peers=True
    ),
    Question("softmax_jacobian", "head", "J"),
    Question("softmax_jvp", "p v", "J v", **_NORM, peers=True),
    Question("softmax_vjp", "p v", "J v", **_NORM, peers=True),
    Question(
        "log_softmax_vjp", "p v", "v − p Σv", "", by_terms, "eps (‖g‖ + ‖p‖ Σ|g|)", peers=True
    ),
    Question(_CROSS, "z labels", "loss", peers=True),
    Question(_CROSS, "z one-hot", "loss", "one-hot floats"),
    Question(_CROSS, "z weights", "soft loss", "soft", in_ulps_of_weights),
    Question(_CROSS, "z labels", "smoothed loss", **_SMOOTH),
    Question(_CROSS + "_grad", "z labels", "gradient", peers=True),
    Question(_CROSS + "_grad", "z one-hot", "gradient", "one-hot floats"),
    Question(_CROSS + "_grad", "z weights", "soft gradient", "soft", **_ABSOLUTE),
    Question(_CROSS + "_grad", "z labels", "smoothed gradient", **_SMOOTH, **_TO_ONE),
    Question(_CROSS + "_value_and_grad", "z labels", "loss", "value", part=0),
    Question(_CROSS + "_value_and_grad", "z labels", "gradient", "gradient", part=1),
    Question(_CROSS + "_hvp", "z labels v", "J v", **_NORM, peers=True),
    Question(_CROSS + "_hvp", "z weights v", "J v Σ", "soft", by_norm_of_weights, "eps ‖exact‖"),
]

SIGMOID_QUESTIONS = [
    Question("sigmoid", "z", "σ", peers=True),
    Question("sigmoid_grad", "z", "σ′", peers=True),
    Question("log_sigmoid", "z", "log σ", peers=True),
    Question("softplus", "z", "softplus", peers=True),
    Question(_BINARY, "z flags", "loss", peers=True),
    Question(_BINARY, "z 0/1", "loss", "0/1 floats"),
    Question(_BINARY, "z weights", "soft loss", "soft"),
    Question(_BINARY, "z flags", "smoothed loss", **_SMOOTH),
    Question(_BINARY + "_grad", "z flags", "slope", peers=True),
    Question(_BINARY + "_grad", "z 0/1", "slope", "0/1 floats"),
    Question(_BINARY + "_grad", "z weights", "soft slope", "soft", **_TO_ONE),
    Question(_BINARY + "_grad", "z flags", "smoothed slope", **_SMOOTH, **_TO_ONE),
    Question(_BINARY + "_value_and_grad", "z flags", "loss", "value", part=0),
    Question(_BINARY + "_value_and_grad", "z flags", "slope", "gradient", part=1),
    Question(_BINARY + "_hvp", "z flags v", "σ′ v", "", where_slope_is_normal, peers=True),
]

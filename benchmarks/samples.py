"""The arguments of a piece of the campaign, and what the kernels should make of them."""

from __future__ import annotations

import numpy as np

from .exact import Exact, jacobians, sigmoid_family, softmax_family
from .kernels import Array, Case
from .questions import SMOOTHING, Sample

DENSE = 4_000
"""Entries of dense Jacobians in a piece."""


def rows_sample(z: Array, rng: np.random.Generator) -> Sample:
    """Half of the labels are the largest class; half of the directions have a large mean."""
    rows, classes = z.shape
    labels: Array = np.asarray(rng.integers(classes, size=rows))
    labels[::2] = np.argmax(z[::2], axis=-1)
    drawn = rng.exponential(size=z.shape) * (rng.uniform(size=z.shape) < 0.9)
    drawn[:, 0] += drawn.sum(axis=-1) == 0
    weights = (drawn / drawn.sum(axis=-1, keepdims=True)).astype(z.dtype)
    v = rng.normal(0, 1, z.shape)
    v[1::2] += 100
    v = v.astype(z.dtype)
    gap = 10 ** rng.uniform(np.log10(float(np.finfo(z.dtype).eps)) - 1, 0, (rows, 1))
    near = (z + gap * rng.normal(0, 1, z.shape)).astype(z.dtype)
    exact = softmax_family(z, labels, weights, v, near, SMOOTHING)
    exact["gradient"] = _with(exact["p"], labels, exact.pop("label's slope"))
    first = z[: max(1, DENSE // classes**2)]
    if classes <= 10:
        exact["J"] = jacobians(first)
    p = exact["p"].rounded(z.dtype)
    given = {
        "z": z,
        "head": first,
        "labels": labels,
        "one-hot": (np.arange(classes) == labels[:, None]).astype(z.dtype),
        "weights": weights,
        "p": p,
        "v": v,
        "near": near,
    }
    return Sample(Case(z, labels, np.zeros(0), p, v), given, exact)


def points_sample(z: Array, rng: np.random.Generator) -> Sample:
    flags: Array = np.asarray(rng.integers(2, size=z.shape))
    weights = rng.uniform(0, 1, z.shape).astype(z.dtype)
    v = rng.normal(0, 1, z.shape).astype(z.dtype)
    exact = sigmoid_family(z, flags, weights, v, SMOOTHING)
    given = {"z": z, "flags": flags, "0/1": flags.astype(z.dtype), "weights": weights, "v": v}
    nothing = np.zeros(0, z.dtype)
    return Sample(Case(z, nothing, flags, nothing, v), given, exact)


def _with(p: Exact, labels: Array, slopes: Exact) -> Exact:
    """The softmax, with the label's own slope in its place: the gradient of the loss."""
    at_label = (np.arange(len(labels)), labels)
    gradient = Exact(p.high.copy(), p.low.copy(), p.scale.copy())
    gradient.high[at_label] = slopes.high
    gradient.low[at_label] = slopes.low
    gradient.scale[at_label] = slopes.scale
    return gradient

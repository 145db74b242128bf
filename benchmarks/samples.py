"""The arguments of a piece of the campaign, and what the kernels should make of them."""

from __future__ import annotations

import numpy as np

from .exact import Exact, jacobians, sigmoid_family, softmax_family
from .kernels import Array, Case
from .magnitudes import sizes
from .questions import SMOOTHING, Sample

DENSE = 4_000
"""Entries of dense Jacobians in a piece."""


def rows_sample(z: Array, rng: np.random.Generator, all_sizes: bool = False) -> Sample:
    """Half of the labels are the largest class; half of the directions have a large mean.

    The soft labels of a row sum to 1; or they are of any size, together or one by one.
    """
    floats = np.result_type(z.dtype, np.float16)
    rows, classes = z.shape
    labels: Array = np.asarray(rng.integers(classes, size=rows))
    labels[::2] = np.argmax(z[::2], axis=-1)
    drawn = rng.exponential(size=z.shape) * (rng.uniform(size=z.shape) < 0.9)
    drawn[:, 0] += drawn.sum(axis=-1) == 0
    weights = (drawn / drawn.sum(axis=-1, keepdims=True)).astype(floats)
    if all_sizes:
        _resize(weights, rng)
    v = rng.normal(0, 1, z.shape)
    v[1::2] += 100
    v = v.astype(floats)
    gap = 10 ** rng.uniform(np.log10(float(np.finfo(floats).eps)) - 1, 0, (rows, 1))
    near = (z + gap * rng.normal(0, 1, z.shape)).astype(floats)
    exact = softmax_family(z, labels, weights, v, near, SMOOTHING)
    exact["gradient"] = _with(exact["p"], labels, exact.pop("label's slope"))
    first = z[: max(1, DENSE // classes**2)]
    if classes <= 10:
        exact["J"] = jacobians(first)
    p = exact["p"].rounded(floats)
    given = {
        "z": z,
        "head": first,
        "labels": labels,
        "one-hot": (np.arange(classes) == labels[:, None]).astype(floats),
        "weights": weights,
        "p": p,
        "v": v,
        "near": near,
    }
    return Sample(Case(z, labels, np.zeros(0), p, v), given, exact)


def points_sample(z: Array, rng: np.random.Generator, all_sizes: bool = False) -> Sample:
    floats = np.result_type(z.dtype, np.float16)
    flags: Array = np.asarray(rng.integers(2, size=z.shape))
    weights = rng.uniform(0, 1, z.shape).astype(floats)
    v = rng.normal(0, 1, z.shape).astype(floats)
    if all_sizes:
        v[::2] = np.sign(v[::2]) * sizes(rng, v[::2].shape, floats)
        weights[::3] = np.minimum(sizes(rng, weights[::3].shape, floats), 1)
    exact = sigmoid_family(z, flags, weights, v, SMOOTHING)
    given = {"z": z, "flags": flags, "0/1": flags.astype(floats), "weights": weights, "v": v}
    nothing = np.zeros(0, floats)
    return Sample(Case(z, nothing, flags, nothing, v), given, exact)


def _resize(weights: Array, rng: np.random.Generator) -> None:
    """A quarter of the rows each: of any size, with entries of any size, with a sum that overflows.

    None is so small that its products are subnormal: of ten of these, none has a digit too many.
    """
    info = np.finfo(weights.dtype)
    some, each, most = weights[::4], weights[1::4], weights[2::4]
    some *= sizes(rng, (len(some), 1), weights.dtype)
    each[each > 0] = sizes(rng, (int((each > 0).sum()),), weights.dtype)
    most[most > 0] = rng.uniform(0.5, 1, int((most > 0).sum())).astype(weights.dtype) * info.max
    weights[weights > 0] = np.maximum(weights[weights > 0], info.tiny / info.eps)


def _with(p: Exact, labels: Array, slopes: Exact) -> Exact:
    """The softmax, with the label's own slope in its place: the gradient of the loss."""
    at_label = (np.arange(len(labels)), labels)
    gradient = Exact(p.high.copy(), p.low.copy(), p.scale.copy())
    gradient.high[at_label] = slopes.high
    gradient.low[at_label] = slopes.low
    gradient.scale[at_label] = slopes.scale
    return gradient

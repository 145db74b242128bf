"""The cross-entropy of a softmax on tiles: kernels in the sense of `derivlib._tiles.run_tiles`.

`derivlib.losses` says what the functions compute, and how accurately.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import numpy as np

from derivlib._arrays import Array, FloatArray
from derivlib._classwise import (
    classwise,
    compensated_total,
    entries,
    extremes,
    largest,
    locate,
    total,
)
from derivlib._exponentials import (
    SplitSums,
    difference,
    exp_of_difference,
    exp_range,
    exponentials,
    log1p_of_ratio,
    shifted_exp,
    split_sums,
    spread,
    sums_of_exponentials,
)
from derivlib._softmax_kernels import probabilities
from derivlib._sums import chunks, sum_dtype
from derivlib._tiles import Block, Tile
from derivlib._workspace import Workspace

LINEAR = 700.0  # from here on log(1 + exp(t)) is t, so that exp(t) may be cut off

Weights: TypeAlias = Callable[[Block], FloatArray]


def cross_entropy(tile: Tile, smoothing: float, *, value: bool, grad: bool) -> FloatArray | None:
    """Return the losses if `value`, else None; write their gradients to the tile if `grad`."""
    weights = weights_of(tile, smoothing)
    if weights is None:
        return _from_classes(tile, value=value, grad=grad)
    return _from_weights(tile, smoothing, weights, value=value, grad=grad)


def _from_classes(tile: Tile, *, value: bool, grad: bool) -> FloatArray | None:
    """As `cross_entropy`, for true classes that are not smoothed.

    The label is left out of the sum, s = s₋ + e_y. So the value is log1p(s₋/e_y), and its gradient
    at the label, p_y − 1, is −s₋/s: neither loses its digits where p_y rounds to 1. The error
    bounds: those of two exponentials, a sum, a quotient and, of the value, log1p.
    """
    labels = tile.labels
    assert labels is not None
    if tile.classes == 2:
        return _from_two_classes(tile, labels, value=value, grad=grad)
    split = split_sums(tile, labels, compensated=value)
    losses = _class_losses(tile, labels, split) if value else None
    if grad:
        label_grads = 0 - split.rest  # not −rest, which is −0 for a single class

        def fill(block: Block) -> None:
            e = exponentials(block, split.shift)
            examples, memory, index = locate(block, e, labels)
            memory[index] = label_grads[examples]
            classwise(np.divide, e, split.sums, e)

        tile.write(fill)
    return losses


def _from_two_classes(tile: Tile, labels: Array, *, value: bool, grad: bool) -> FloatArray | None:
    """As `_from_classes`, for two classes; see `two_class_losses`."""
    losses: FloatArray | None = np.empty(tile.examples, sum_dtype(tile.dtype)) if value else None
    if grad:
        tile.write(lambda block: two_class_losses(block.inputs[0], labels, losses, block.out))
    else:
        tile.each(lambda block: two_class_losses(block.inputs[0], labels, losses, None))
    return losses


def two_class_losses(
    z: FloatArray, labels: Array, losses: FloatArray | None, grads: FloatArray | None
) -> None:
    """Fill `losses` with log1p(exp(t)), `grads` with ∓exp(t)/(1 + exp(t)); None is not filled.

    t is the other logit less the label's: two classes are a yes or no.
    """
    dtype, reach = sum_dtype(z.dtype), spread(z)
    finite = reach < np.inf
    for chunk in chunks(len(labels), 4 * dtype.itemsize):
        a, b = (row[chunk].astype(dtype, copy=False) for row in z)
        sign = np.multiply(labels[chunk], -2, dtype=dtype)
        sign += 1
        t, error = (part * sign for part in difference(b, a))
        if not finite:
            t[np.maximum(a, b) == np.inf] = np.nan  # there is no softmax
        bounded = t.copy() if reach <= LINEAR else np.minimum(t, LINEAR)
        e = exp_of_difference(bounded, error, finite=finite)
        if losses is not None:
            np.maximum(np.log1p(e), t, out=losses[chunk])
        if grads is not None:
            np.divide(e, e + 1, out=e)
            e *= sign
            grads[0, chunk] = np.negative(e)
            grads[1, chunk] = e


def _class_losses(tile: Tile, labels: Array, split: SplitSums) -> FloatArray:
    """log1p(rest/term), or where the label's term underflows, the loss from the largest logit."""
    bounds = exp_range(tile.dtype)
    losses = log1p_of_ratio(split)
    least, most = np.minimum.reduce(split.term), np.maximum.reduce(losses)
    if not (least >= bounds.tiny and most <= bounds.max):
        # (m − z_y) + log(Σe/e_m): the first term is so large that the second's errors do not count.
        top = extremes(tile, np.maximum)
        from_top = np.subtract(top, entries(tile, 0, labels), dtype=losses.dtype)
        from_top += np.log(split.sums / _exp_of_vector(top, split.shift))
        accurate = (split.term >= bounds.tiny) & (losses <= bounds.max)
        np.copyto(losses, from_top, where=~accurate)
    return losses


def _exp_of_vector(z: FloatArray, shift: FloatArray | None) -> FloatArray:
    """exp(z − shift) of one logit for each example; a shift of None is 0."""
    if shift is None:
        return np.exp(z)
    e: FloatArray = np.empty((1, len(z)), z.dtype)
    shifted_exp(z[None], shift, e, np.empty_like(e))
    row: FloatArray = e[0]
    return row


def _from_weights(
    tile: Tile, smoothing: float, weights: Weights, *, value: bool, grad: bool
) -> FloatArray | None:
    """As `cross_entropy`, for distributions, or true classes that are smoothed.

    The value is (Σy) log1p(rest/e_m) − Σ_j y_j (z_j − m), with m the largest logit. The error
    bounds: for y ≥ 0 no term of the value is negative, so that nothing cancels. In the gradient
    p Σy − y the terms may cancel, so its bound is absolute.
    """
    top, class_index = largest(tile)
    split = split_sums(tile, class_index, compensated=value)
    if tile.labels is None:
        weight_sums = total(tile, weights)
    else:
        weight_sums = np.ones(tile.examples, split.sums.dtype)
    losses = None
    if value:
        losses = log1p_of_ratio(split)
        losses *= weight_sums
        for part in _weighted_gap_sums(tile, smoothing, weights, top):
            losses -= part
    if grad:
        top_p = split.term / split.sums
        other_p = split.rest / split.sums

        def fill(block: Block) -> None:
            y, grads = weights(block), exponentials(block, split.shift)
            classwise(np.divide, grads, split.sums, grads)
            classwise(np.multiply, grads, weight_sums, grads)
            np.subtract(grads, y, out=grads)
            # Where p is largest, without p − 1, which would lose a one-hot row's digits.
            examples, memory, index = locate(block, y, class_index)
            top_y = memory.take(index)
            _, memory, index = locate(block, grads, class_index)
            other_y = weight_sums[examples] - top_y
            memory[index] = top_p[examples] * other_y - top_y * other_p[examples]

        tile.write(fill)
    return losses


def _weighted_gap_sums(
    tile: Tile, smoothing: float, weights: Weights, top: FloatArray
) -> Iterator[FloatArray]:
    """Parts that add up to Σ_j y_j (z_j − top), in the order in which to subtract them.

    Of smoothed true classes, the last part is that of the labels.
    """
    label_weight, class_weight = _smoothed(tile, smoothing)
    # A class of weight 0 costs nothing; but smoothed, every class has some weight.
    skip_zero_weights = smoothing == 0

    def gaps(block: Block) -> FloatArray:
        weight = weights(block) if tile.labels is None else class_weight
        return weighted_gaps(
            block.inputs[0], top, weight, block.work, skip_zero_weights=skip_zero_weights
        )

    gap_sums, correction = compensated_total(tile, gaps, positive=False)
    if correction is not None:
        yield correction
    yield gap_sums
    if tile.labels is not None and label_weight:
        label_logits = entries(tile, 0, tile.labels).astype(gap_sums.dtype, copy=False)
        weight = gap_sums.dtype.type(1 - np.longdouble(smoothing))
        yield weighted_gaps(label_logits[None], top, weight)[0]


def weighted_gaps(
    z: FloatArray,
    top: FloatArray,
    weight: Any,
    work: Workspace | None = None,
    *,
    skip_zero_weights: bool = True,
) -> FloatArray:
    """(z − top) · weight; where z = −inf has weight 0, 0 if `skip_zero_weights`, else −inf."""
    gaps: FloatArray = np.empty_like(z) if work is None else work.like("gaps", z)
    classwise(np.subtract, z, top, gaps)
    infinite = np.isneginf(gaps) if np.fmin.reduce(gaps, axis=None) == -np.inf else None
    np.multiply(gaps, weight, out=gaps)
    if infinite is None:
        return gaps
    impossible = np.isneginf(z)
    np.copyto(gaps, 0 if skip_zero_weights else -np.inf, where=impossible & (weight == 0))
    if np.count_nonzero(infinite) > np.count_nonzero(impossible):  # a finite z − top overflows
        halves = z / 2 - (top / 2).astype(z.dtype, copy=False)
        np.copyto(gaps, halves * weight * 2, where=infinite & ~impossible)
    return gaps


def weights_of(tile: Tile, smoothing: float) -> Weights | None:
    """A function that gives the weights y (1 − smoothing) + smoothing/K of a block.

    None for true classes that are not smoothed. Distributions must be the last of the inputs.
    """
    labels = tile.labels
    if smoothing == 0:
        return None if labels is not None else lambda block: block.inputs[-1]
    label_weight, class_weight = _smoothed(tile, smoothing)

    def weights(block: Block) -> FloatArray:
        y = block.work.like("weights", block.out)
        if labels is None:
            np.multiply(block.inputs[-1], label_weight, out=y)
            np.add(y, class_weight, out=y)
        else:
            y.fill(class_weight)
            _, memory, index = locate(block, y, labels)
            memory[index] += label_weight
        return y

    return weights


def _smoothed(tile: Tile, smoothing: float) -> tuple[Any, Any]:
    """1 − smoothing, the factor of a label, and smoothing/K, which every class gets."""
    # longdouble, lest 1 − smoothing be rounded to double where the result has more digits.
    dtype, alpha = tile.dtype.type, np.longdouble(smoothing)
    return dtype(1 - alpha), dtype(alpha / tile.classes)


def hessian_product(tile: Tile, smoothing: float, *, soft: bool) -> None:
    """Write p ⊙ (v − ⟨p, v⟩) Σ y, of the inputs z, v and, if `soft`, y; else Σ y is 1.

    The error bound: as that of `_softmax_kernels.softmax_product`.
    """
    weights = weights_of(tile, smoothing) if soft else None
    shift, sums = sums_of_exponentials(tile)
    _, class_index = largest(tile)
    centre = entries(tile, 1, class_index)

    def terms(block: Block) -> FloatArray:
        v = block.inputs[1]
        centred = classwise(np.subtract, v, centre, block.work.like("gaps", v))
        return np.multiply(centred, probabilities(block, shift, sums), out=centred)

    mean = total(tile, terms)
    weight_sums = None if weights is None else total(tile, weights)

    def fill(block: Block) -> None:
        v = block.inputs[1]
        centred = classwise(np.subtract, v, centre, block.work.like("gaps", v))
        classwise(np.subtract, centred, mean, centred)
        product = np.multiply(centred, probabilities(block, shift, sums), out=block.out)
        if weight_sums is not None:
            classwise(np.multiply, product, weight_sums, product)

    tile.write(fill)

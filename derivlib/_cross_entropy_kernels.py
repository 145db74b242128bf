"""The cross-entropy of a softmax on tiles; `derivlib.losses` says what the functions do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import numpy as np

from derivlib._arrays import Array, FloatArray
from derivlib._classwise import accurate_total, classwise, entries, extremes, largest, places, total
from derivlib._exponentials import (
    Apart,
    difference,
    exp_of_difference,
    exponentials,
    limits,
    log1p_of_ratio,
    set_apart,
    shifted_exp,
    spread,
    sums_of_exponentials,
)
from derivlib._softmax_kernels import probabilities
from derivlib._sums import pieces, sum_dtype
from derivlib._tiles import Block, Tile
from derivlib._workspace import Workspace

BEYOND = 700.0  # from here on log(1 + exp(t)) is t, and exp(t) need not be right

Weights: TypeAlias = Callable[[Block], FloatArray]


def cross_entropy(tile: Tile, smoothing: float, *, value: bool, grad: bool) -> FloatArray | None:
    """The value, and the gradient to write."""
    weights = weights_of(tile, smoothing)
    if weights is None:
        return _from_classes(tile, value=value, grad=grad)
    return _from_weights(tile, smoothing, weights, value=value, grad=grad)


def _from_classes(tile: Tile, *, value: bool, grad: bool) -> FloatArray | None:
    """For true classes.

    The label is left out of the sum, s = s₋ + e_y. So the value is log1p(s₋/e_y), and its gradient
    at the label, p_y − 1, is −s₋/s: neither loses its digits where p_y rounds to 1.
    """
    labels = tile.labels
    assert labels is not None
    if tile.classes == 2:
        return _from_two_classes(tile, labels, value=value, grad=grad)
    apart = set_apart(tile, labels, compensated=value)
    losses = _class_losses(tile, labels, apart) if value else None
    if grad:
        slope = 0 - apart.rest  # not −rest, which is −0 for a single class

        def fill(block: Block) -> None:
            e = exponentials(block, apart.shift)
            which, memory, index = places(block, e, labels)
            memory[index] = slope[which]
            classwise(np.divide, e, apart.sums, e)

        tile.write(fill)
    return losses


def _from_two_classes(tile: Tile, labels: Array, *, value: bool, grad: bool) -> FloatArray | None:
    losses: FloatArray | None = np.empty(tile.examples, sum_dtype(tile.dtype)) if value else None
    if grad:
        tile.write(lambda block: of_two(block.inputs[0], labels, losses, block.out))
    else:
        tile.each(lambda block: of_two(block.inputs[0], labels, losses, None))
    return losses


def of_two(
    z: FloatArray, labels: Array, losses: FloatArray | None, slopes: FloatArray | None
) -> None:
    """Fill the losses log1p(exp(t)) and the slopes ∓exp(t)/(1 + exp(t)), as far as they are given.

    t is the other logit less the label's: two classes are a yes or no.
    """
    dtype, reach = sum_dtype(z.dtype), spread(z)
    tame = reach < np.inf
    for few in pieces(len(labels), 4 * dtype.itemsize):
        a, b = (row[few].astype(dtype, copy=False) for row in z)
        sign = np.multiply(labels[few], -2, dtype=dtype)
        sign += 1
        t, error = (part * sign for part in difference(b, a))
        if not tame:
            t[np.maximum(a, b) == np.inf] = np.nan  # there is no softmax
        e = exp_of_difference(
            t.copy() if reach <= BEYOND else np.minimum(t, BEYOND), error, tame=tame
        )
        if losses is not None:
            np.maximum(np.log1p(e), t, out=losses[few])
        if slopes is not None:
            np.divide(e, e + 1, out=e)
            e *= sign
            slopes[0, few] = np.negative(e)
            slopes[1, few] = e


def _class_losses(tile: Tile, labels: Array, apart: Apart) -> FloatArray:
    bounds = limits(tile.dtype)
    losses = log1p_of_ratio(apart)
    least, most = np.minimum.reduce(apart.term), np.maximum.reduce(losses)
    if not (least >= bounds.tiny and most <= bounds.max):
        # The label's exponential underflows, or all but does: count from the largest logit.
        top = extremes(tile, np.maximum)
        gap = np.subtract(top, entries(tile, 0, labels), dtype=losses.dtype)
        gap += np.log(apart.sums / _exp(top, apart.shift))
        near = (apart.term >= bounds.tiny) & (losses <= bounds.max)
        np.copyto(losses, gap, where=~near)
    return losses


def _exp(z: FloatArray, shift: FloatArray | None) -> FloatArray:
    """exp(z − shift) of a vector."""
    if shift is None:
        return np.exp(z)
    e: FloatArray = np.empty((1, len(z)), z.dtype)
    shifted_exp(z[None], shift, e, np.empty_like(e))
    row: FloatArray = e[0]
    return row


def _from_weights(
    tile: Tile, smoothing: float, weights: Weights, *, value: bool, grad: bool
) -> FloatArray | None:
    """For distributions, or true classes that are smoothed."""
    top, column = largest(tile)
    apart = set_apart(tile, column, compensated=value)
    if tile.labels is None:
        weight = total(tile, weights)
    else:
        weight = np.ones(tile.examples, apart.sums.dtype)
    losses = None
    if value:
        losses = log1p_of_ratio(apart)
        losses *= weight
        for cost in _costs(tile, smoothing, weights, top):
            losses -= cost
    if grad:
        at_top = apart.term / apart.sums
        others = apart.rest / apart.sums

        def fill(block: Block) -> None:
            y, slope = weights(block), exponentials(block, apart.shift)
            classwise(np.divide, slope, apart.sums, slope)
            classwise(np.multiply, slope, weight, slope)
            np.subtract(slope, y, out=slope)
            # Where p is largest, without p − 1, which would lose a one-hot row's digits.
            which, memory, index = places(block, y, column)
            own = memory.take(index)
            _, memory, index = places(block, slope, column)
            memory[index] = at_top[which] * (weight[which] - own) - own * others[which]

        tile.write(fill)
    return losses


def _costs(tile: Tile, smoothing: float, weights: Weights, top: FloatArray) -> Iterator[FloatArray]:
    """Σ_j y_j (z_j − top), in parts; of smoothed true classes the label's own part is the last."""
    kept, everywhere = _smoothed(tile, smoothing)
    forgiven = smoothing == 0  # a class of no weight; smoothed, every class has some

    def costs(block: Block) -> FloatArray:
        weight = weights(block) if tile.labels is None else everywhere
        return weighted_gaps(block.inputs[0], top, weight, block.work, forgiven=forgiven)

    total, lost = accurate_total(tile, costs, positive=False)
    if lost is not None:
        yield lost
    yield total
    if tile.labels is not None and kept:
        own = entries(tile, 0, tile.labels).astype(total.dtype, copy=False)
        yield weighted_gaps(own[None], top, total.dtype.type(1 - np.longdouble(smoothing)))[0]


def weighted_gaps(
    z: FloatArray,
    top: FloatArray,
    weight: Any,
    work: Workspace | None = None,
    *,
    forgiven: bool = True,
) -> FloatArray:
    """(z − top) · weight; for z = −inf of no weight 0 if that is `forgiven`, and −inf if not."""
    gaps: FloatArray = np.empty_like(z) if work is None else work.like("gaps", z)
    classwise(np.subtract, z, top, gaps)
    far = np.isneginf(gaps) if np.fmin.reduce(gaps, axis=None) == -np.inf else None
    np.multiply(gaps, weight, out=gaps)
    if far is None:
        return gaps
    impossible = np.isneginf(z)
    np.copyto(gaps, 0 if forgiven else -np.inf, where=impossible & (weight == 0))
    if np.count_nonzero(far) > np.count_nonzero(impossible):  # the difference alone overflows
        halves = z / 2 - (top / 2).astype(z.dtype, copy=False)
        np.copyto(gaps, halves * weight * 2, where=far & ~impossible)
    return gaps


def weights_of(tile: Tile, smoothing: float) -> Weights | None:
    """The weights y (1 − smoothing) + smoothing / K; None for true classes that are not smoothed.

    Distributions are the last of the inputs.
    """
    labels = tile.labels
    if smoothing == 0:
        return None if labels is not None else lambda block: block.inputs[-1]
    kept, everywhere = _smoothed(tile, smoothing)

    def weights(block: Block) -> FloatArray:
        y = block.work.like("weights", block.out)
        if labels is None:
            np.multiply(block.inputs[-1], kept, out=y)
            np.add(y, everywhere, out=y)
        else:
            y.fill(everywhere)
            _, memory, index = places(block, y, labels)
            memory[index] += kept
        return y

    return weights


def _smoothed(tile: Tile, smoothing: float) -> tuple[Any, Any]:
    """What a label keeps, and what every class gets of it, in the tile's dtype."""
    # longdouble, lest 1 − smoothing be rounded to double where the result is finer.
    dtype, alpha = tile.dtype.type, np.longdouble(smoothing)
    return dtype(1 - alpha), dtype(alpha / tile.classes)


def hessian_product(tile: Tile, smoothing: float, *, soft: bool) -> None:
    """p ⊙ (v − ⟨p, v⟩) Σ y, of the inputs z and v."""
    weights = weights_of(tile, smoothing) if soft else None
    shift, sums = sums_of_exponentials(tile)
    _, column = largest(tile)
    centre = entries(tile, 1, column)

    def terms(block: Block) -> FloatArray:
        v = block.inputs[1]
        moved = classwise(np.subtract, v, centre, block.work.like("gaps", v))
        return np.multiply(moved, probabilities(block, shift, sums), out=moved)

    mean = total(tile, terms)
    weight = None if weights is None else total(tile, weights)

    def fill(block: Block) -> None:
        v = block.inputs[1]
        moved = classwise(np.subtract, v, centre, block.work.like("gaps", v))
        classwise(np.subtract, moved, mean, moved)
        product = np.multiply(moved, probabilities(block, shift, sums), out=block.out)
        if weight is not None:
            classwise(np.multiply, product, weight, product)

    tile.write(fill)

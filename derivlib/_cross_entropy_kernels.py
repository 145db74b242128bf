"""The cross-entropy of a softmax on tiles; `derivlib.losses` says what the functions do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import numpy as np

from derivlib._arrays import Array, FloatArray
from derivlib._classwise import (
    Apart,
    accurate_total,
    classwise,
    entries,
    exponentials,
    extremes,
    largest,
    limits,
    log1p_of_ratio,
    places,
    set_apart,
    shifted_exp,
    sums_of_exponentials,
    total,
)
from derivlib._softmax_kernels import probabilities
from derivlib._tiles import Block, Tile

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
        if tile.labels is None:
            losses *= weight
            for cost in _costs(tile, weights, top):
                losses -= cost
        else:
            _add_smoothed_costs(tile, smoothing, top, losses)
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


def _gaps(block: Block, top: FloatArray) -> FloatArray:
    z = block.inputs[0]
    return classwise(np.subtract, z, top, block.work.like("gaps", z))


def _costs(tile: Tile, weights: Weights, top: FloatArray) -> Iterator[FloatArray]:
    """Σ_j y_j (z_j − top), in parts."""

    def costs(block: Block) -> FloatArray:
        gaps, y = _gaps(block, top), weights(block)
        if np.fmin.reduce(gaps, axis=None) == -np.inf:
            gaps[np.isneginf(gaps) & (y == 0)] = 0  # no weight, no cost
        return np.multiply(gaps, y, out=gaps)

    return accurate_total(tile, costs, positive=False)


def _add_smoothed_costs(tile: Tile, smoothing: float, top: FloatArray, losses: FloatArray) -> None:
    """Take Σ_j y_j (z_j − top) off the losses; of true classes g − α g + α/K Σ_j (z_j − top).

    The label's own part g, which is the largest, comes last, for the sake of the fewest roundings.
    """
    alpha = np.longdouble(smoothing)
    gaps, *lost = accurate_total(tile, lambda block: _gaps(block, top), positive=False)
    labels = tile.labels
    assert labels is not None
    own = np.subtract(entries(tile, 0, labels), top, dtype=losses.dtype)
    losses += losses.dtype.type(alpha) * own
    for part in (*lost, gaps):
        losses -= losses.dtype.type(alpha / tile.classes) * part
    losses -= own
    np.copyto(losses, np.inf, where=np.isneginf(gaps))  # every class has some weight


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
    return dtype(1 - alpha), dtype(alpha / max(tile.classes, 1))


def hessian_product(tile: Tile, smoothing: float) -> None:
    """p ⊙ (v − ⟨p, v⟩) Σ y, of the inputs z and v."""
    weights = weights_of(tile, smoothing) if tile.labels is None else None
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

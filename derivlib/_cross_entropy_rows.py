"""The cross-entropy of a softmax on rows; `derivlib.losses` says what the functions do."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from derivlib._arrays import Array, FloatArray
from derivlib._rows import (
    Apart,
    entries,
    exponentials,
    extremes,
    largest,
    limits,
    places,
    rowwise,
    set_apart,
    shifted_exp,
    sums_of_exponentials,
    total,
)
from derivlib._softmax_rows import probabilities
from derivlib._tiles import Block, Rows

Weights: TypeAlias = Callable[[Block], FloatArray]


def cross_entropy(rows: Rows, smoothing: float, *, value: bool, grad: bool) -> FloatArray | None:
    """The value, and the gradient to write."""
    weights = weights_of(rows, smoothing)
    if weights is None:
        return _from_classes(rows, value=value, grad=grad)
    return _from_weights(rows, weights, value=value, grad=grad)


def _from_classes(rows: Rows, *, value: bool, grad: bool) -> FloatArray | None:
    """For true classes.

    The label is left out of the sum, s = s₋ + e_y. So the value is log1p(s₋/e_y), and its gradient
    at the label, p_y − 1, is −s₋/s: neither loses its digits where p_y rounds to 1.
    """
    labels = rows.labels
    assert labels is not None
    apart = set_apart(rows, labels)
    losses = _class_losses(rows, labels, apart) if value else None
    if grad:
        slope = 0 - apart.rest  # not −rest, which is −0 for a single class

        def fill(block: Block) -> None:
            e = exponentials(block, apart.shift)
            which, row, column = places(block, labels)
            e[row, column] = slope[which]
            rowwise(np.divide, e, apart.sums, e)

        rows.write(fill)
    return losses


def _class_losses(rows: Rows, labels: Array, apart: Apart) -> FloatArray:
    bounds = limits(rows.dtype)
    ratio = apart.rest / apart.term
    near = (apart.term >= bounds.tiny) & (ratio <= bounds.max)
    losses: FloatArray = np.log1p(ratio, out=ratio)
    if np.count_nonzero(near) < len(near):
        # The label's exponential underflows, or all but does: count from the largest logit.
        top = extremes(rows, np.maximum)
        gap = np.subtract(top, entries(rows, 0, labels), dtype=ratio.dtype)
        gap += np.log(apart.sums / _exp(top, apart.shift))
        np.copyto(losses, gap, where=~near)
    return losses


def _exp(z: FloatArray, shift: FloatArray | None) -> FloatArray:
    """exp(z − shift) of a vector."""
    if shift is None:
        return np.exp(z)
    e = np.empty((len(z), 1), z.dtype)
    shifted_exp(z[:, None], shift, e, np.empty_like(e))
    return e[:, 0]


def _from_weights(rows: Rows, weights: Weights, *, value: bool, grad: bool) -> FloatArray | None:
    """For distributions, or true classes that are smoothed."""
    top, column = largest(rows)
    apart = set_apart(rows, column)
    if rows.labels is None:
        weight = total(rows, weights, lent=False)
    else:
        weight = np.ones(rows.count, apart.sums.dtype)
    losses = None
    if value:

        def costs(block: Block) -> FloatArray:
            z, y = block.inputs[0], weights(block)
            gaps = rowwise(np.subtract, z, top, block.work.like("gaps", z))
            if np.fmin.reduce(gaps, axis=None) == -np.inf:
                gaps[np.isneginf(gaps) & (y == 0)] = 0  # no weight, no cost
            return np.multiply(gaps, y, out=gaps)

        losses = np.log1p(apart.rest / apart.term)
        losses *= weight
        losses -= total(rows, costs, exact=True)
    if grad:
        at_top = apart.term / apart.sums
        others = apart.rest / apart.sums

        def fill(block: Block) -> None:
            y, slope = weights(block), exponentials(block, apart.shift)
            rowwise(np.divide, slope, apart.sums, slope)
            rowwise(np.multiply, slope, weight, slope)
            np.subtract(slope, y, out=slope)
            # Where p is largest, without p − 1, which would lose a one-hot row's digits.
            which, row, here = places(block, column)
            own = y[row, here]
            slope[row, here] = at_top[which] * (weight[which] - own) - own * others[which]

        rows.write(fill)
    return losses


def weights_of(rows: Rows, smoothing: float) -> Weights | None:
    """The weights y (1 − smoothing) + smoothing / K; None for true classes that are not smoothed.

    Distributions are the last of the inputs.
    """
    labels = rows.labels
    if smoothing == 0:
        return None if labels is not None else lambda block: block.inputs[-1]
    # longdouble, lest 1 − smoothing be rounded to double where the result is finer.
    kept = rows.dtype.type(1 - np.longdouble(smoothing))
    everywhere = rows.dtype.type(np.longdouble(smoothing) / max(rows.classes, 1))

    def weights(block: Block) -> FloatArray:
        y = block.work.like("weights", block.out)
        if labels is None:
            np.multiply(block.inputs[-1], kept, out=y)
            np.add(y, everywhere, out=y)
        else:
            y.fill(everywhere)
            _, row, column = places(block, labels)
            y[row, column] += kept
        return y

    return weights


def hessian_product(rows: Rows, smoothing: float) -> None:
    """p ⊙ (v − ⟨p, v⟩) Σ y, of the inputs z and v."""
    weights = weights_of(rows, smoothing) if rows.labels is None else None
    shift, sums = sums_of_exponentials(rows)
    _, column = largest(rows)
    centre = entries(rows, 1, column)

    def terms(block: Block) -> FloatArray:
        v = block.inputs[1]
        moved = rowwise(np.subtract, v, centre, block.work.like("gaps", v))
        return np.multiply(moved, probabilities(block, shift, sums), out=moved)

    mean = total(rows, terms)
    weight = None if weights is None else total(rows, weights, lent=False)

    def fill(block: Block) -> None:
        v = block.inputs[1]
        moved = rowwise(np.subtract, v, centre, block.work.like("gaps", v))
        rowwise(np.subtract, moved, mean, moved)
        product = np.multiply(moved, probabilities(block, shift, sums), out=block.out)
        if weight is not None:
            rowwise(np.multiply, product, weight, product)

    rows.write(fill)

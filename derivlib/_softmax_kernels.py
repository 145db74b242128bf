"""The softmax family on tiles; `derivlib.softmax` says what the functions do."""

from __future__ import annotations

import numpy as np

from derivlib._arrays import FloatArray
from derivlib._classwise import classwise, entries, largest, total
from derivlib._exponentials import (
    difference,
    exp_of_difference,
    exponentials,
    log1p_of_ratio,
    set_apart,
    spread,
    sums_of_exponentials,
)
from derivlib._sums import pieces, sum_dtype
from derivlib._tiles import Block, Tile


def softmax(tile: Tile) -> None:
    shift, sums = sums_of_exponentials(tile)
    tile.write(lambda block: probabilities(block, shift, sums))


def probabilities(block: Block, shift: FloatArray | None, sums: FloatArray) -> FloatArray:
    """The softmax in the block's `out`, unless it is there already."""
    if block.holds is not sums:
        classwise(np.divide, exponentials(block, shift), sums, block.out)
        block.holds = sums
    return block.out


def log_softmax(tile: Tile) -> None:
    top, column = largest(tile)
    log_rest = log1p_of_ratio(set_apart(tile, column, compensated=True))

    def fill(block: Block) -> None:
        classwise(np.subtract, block.inputs[0], top, block.out)
        classwise(np.subtract, block.out, log_rest, block.out)

    tile.write(fill)


def logsumexp(tile: Tile) -> FloatArray:
    if tile.classes == 2:
        (result,) = tile.each(lambda block: logsumexp_of_two(block.inputs[0]))
        return result
    top, column = largest(tile)
    result = log1p_of_ratio(set_apart(tile, column, compensated=False))
    result += top
    np.copyto(result, top, where=np.isinf(top))
    return result


def logsumexp_of_two(z: FloatArray) -> FloatArray:
    """m + log1p(exp(−|a − b|)), with the rounding of the difference put right."""
    result: FloatArray = np.empty(z.shape[1], sum_dtype(z.dtype))
    tame = spread(z) < np.inf
    for few in pieces(len(result), 3 * result.itemsize):
        pair = [row[few].astype(result.dtype, copy=False) for row in z]
        top, low = np.maximum(*pair), np.minimum(*pair)
        e = exp_of_difference(*difference(low, top), tame=tame)
        total = np.log1p(e, out=result[few])
        total += top
        if not tame:
            np.copyto(total, top, where=np.isinf(top))
    return result


def softmax_product(tile: Tile) -> None:
    """p ⊙ (v − ⟨p, v⟩), of the inputs p and v.

    Counted from v's entry where p is largest, nothing cancels where p is close to 1.
    """
    _, column = largest(tile)
    centre = entries(tile, 1, column)

    def terms(block: Block) -> FloatArray:
        p, v = block.inputs
        classwise(np.subtract, v, centre, block.out)
        return np.multiply(block.out, p, out=block.out)

    mean = total(tile, terms)

    def fill(block: Block) -> None:
        p, v = block.inputs
        classwise(np.subtract, v, centre, block.out)
        classwise(np.subtract, block.out, mean, block.out)
        np.multiply(block.out, p, out=block.out)

    tile.write(fill)


def log_softmax_product(tile: Tile) -> None:
    """g − p Σ g, of the inputs p and g."""
    weight = total(tile, lambda block: block.inputs[1])

    def fill(block: Block) -> None:
        p, g = block.inputs
        classwise(np.multiply, p, weight, block.out)
        np.subtract(g, block.out, out=block.out)

    tile.write(fill)

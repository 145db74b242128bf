"""The softmax family on tiles; `derivlib.softmax` says what the functions do."""

from __future__ import annotations

import numpy as np

from derivlib._arrays import FloatArray
from derivlib._classwise import (
    classwise,
    entries,
    exponentials,
    largest,
    log1p_of_ratio,
    set_apart,
    sums_of_exponentials,
    total,
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
        (result,) = tile.each(lambda block: logsumexp_of_two(*block.inputs[0]))
        return result
    top, column = largest(tile)
    result = log1p_of_ratio(set_apart(tile, column, compensated=False))
    result += top
    np.copyto(result, top, where=np.isinf(top))
    return result


def logsumexp_of_two(a: FloatArray, b: FloatArray) -> FloatArray:
    """m + log1p(exp(−|a − b|)), with the rounding of the difference put right."""
    result: FloatArray = np.empty(len(a), sum_dtype(a.dtype))
    for few in pieces(len(a), 3 * result.itemsize):
        pair = [z[few].astype(result.dtype, copy=False) for z in (a, b)]
        top, low = np.maximum(*pair), np.minimum(*pair)
        gap = low - top
        again = gap - low  # D. E. Knuth's two-sum, of low and −top
        error = (low - (gap - again)) - (top + again)
        e = np.exp(gap, out=gap)
        e += e * np.fmin(error, 1)  # 1 for NaN, too: where an infinity has e = 0
        total = np.log1p(e, out=result[few])
        total += top
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

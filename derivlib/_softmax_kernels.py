"""The softmax family on tiles: kernels in the sense of `derivlib._tiles.run_tiles`.

`derivlib.softmax` and `derivlib.softmax_derivatives` say what the functions compute, and how
accurately.
"""

from __future__ import annotations

import numpy as np

from derivlib._arrays import FloatArray
from derivlib._classwise import classwise, entries, largest, total
from derivlib._exponentials import (
    difference,
    exp_of_difference,
    exponentials,
    log1p_of_ratio,
    split_sums,
    spread,
    sums_of_exponentials,
)
from derivlib._sums import chunks, sum_dtype
from derivlib._tiles import Block, Tile


def softmax(tile: Tile) -> None:
    """Write p_j = e_j/Σe.

    The error bound: that of the exponentials, that of the sum, half a ULP for the quotient.
    """
    shift, sums = sums_of_exponentials(tile)
    tile.write(lambda block: probabilities(block, shift, sums))


def probabilities(block: Block, shift: FloatArray | None, sums: FloatArray) -> FloatArray:
    """The softmax in the block's `out`, computed unless it is there."""
    if block.out_key is not sums:
        classwise(np.divide, exponentials(block, shift), sums, block.out)
        block.out_key = sums
    return block.out


def log_softmax(tile: Tile) -> None:
    """Write (z_j − m) − log1p(rest/e_m), where m is the largest logit and the rest leaves it out.

    The error bound: neither term is positive, so that nothing cancels. The two subtractions bring
    half a ULP each, the rest comes from log1p and its argument.
    """
    top, class_index = largest(tile)
    log_rest = log1p_of_ratio(split_sums(tile, class_index, compensated=True))

    def fill(block: Block) -> None:
        classwise(np.subtract, block.inputs[0], top, block.out)
        classwise(np.subtract, block.out, log_rest, block.out)

    tile.write(fill)


def logsumexp(tile: Tile) -> FloatArray:
    """Return m + log1p(rest/e_m), where m is the largest logit and the rest leaves it out.

    The error bound: m and the logarithm may cancel, so that it is one of the larger of |m| and
    |result|. Where they do not, it is one of the result.
    """
    if tile.classes == 2:
        (result,) = tile.each(lambda block: two_class_logsumexp(block.inputs[0]))
        return result
    top, class_index = largest(tile)
    result = log1p_of_ratio(split_sums(tile, class_index, compensated=False))
    result += top
    np.copyto(result, top, where=np.isinf(top))
    return result


def two_class_logsumexp(z: FloatArray) -> FloatArray:
    """m + log1p(exp(−|a − b|)) for logits a, b and the larger m: no sum rounds.

    The rounding of the difference is put right.
    """
    result: FloatArray = np.empty(z.shape[1], sum_dtype(z.dtype))
    finite = spread(z) < np.inf
    for chunk in chunks(len(result), 3 * result.itemsize):
        pair = [row[chunk].astype(result.dtype, copy=False) for row in z]
        top, low = np.maximum(*pair), np.minimum(*pair)
        e = exp_of_difference(*difference(low, top), finite=finite)
        part = np.log1p(e, out=result[chunk])
        part += top
        if not finite:
            np.copyto(part, top, where=np.isinf(top))
    return result


def softmax_product(tile: Tile) -> None:
    """Write p ⊙ (v − ⟨p, v⟩), of the inputs p and v.

    The error bound: v is first taken relative to its entry where p is largest, which changes
    nothing, as Σ p = 1; so nothing cancels where p is close to 1.
    """
    _, class_index = largest(tile)
    centre = entries(tile, 1, class_index)

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
    """Write g − p Σ g, of the inputs p and g.

    The error bound: the two terms may cancel, so it is one of the sum of their sizes, in which the
    errors of Σ g count by Σ |g|.
    """
    sums = total(tile, lambda block: block.inputs[1])

    def fill(block: Block) -> None:
        p, g = block.inputs
        classwise(np.multiply, p, sums, block.out)
        np.subtract(g, block.out, out=block.out)

    tile.write(fill)

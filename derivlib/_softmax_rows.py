"""The softmax family on rows; `derivlib.softmax` says what the functions do."""

from __future__ import annotations

import numpy as np

from derivlib._arrays import FloatArray
from derivlib._rows import (
    entries,
    exponentials,
    largest,
    rowwise,
    set_top_apart,
    sums_of_exponentials,
    total,
)
from derivlib._tiles import Block, Rows


def softmax(rows: Rows) -> None:
    shift, sums = sums_of_exponentials(rows)
    rows.write(lambda block: probabilities(block, shift, sums))


def probabilities(block: Block, shift: FloatArray | None, sums: FloatArray) -> FloatArray:
    """The softmax in the block's `out`, unless it is there already."""
    if block.holds is not sums:
        rowwise(np.divide, exponentials(block, shift), sums, block.out)
        block.holds = sums
    return block.out


def log_softmax(rows: Rows) -> None:
    top, log_rest = _log_sum(rows, exact=True)

    def fill(block: Block) -> None:
        rowwise(np.subtract, block.inputs[0], top, block.out)
        rowwise(np.subtract, block.out, log_rest, block.out)

    rows.write(fill)


def logsumexp(rows: Rows) -> FloatArray:
    top, log_rest = _log_sum(rows, exact=False)
    log_rest += top
    np.copyto(log_rest, top, where=np.isinf(top))
    return log_rest


def _log_sum(rows: Rows, *, exact: bool) -> tuple[FloatArray, FloatArray]:
    """The log-sum-exp as two parts to add: the largest logit, and what the others bring."""
    top, apart = set_top_apart(rows, exact=exact)
    ratio = np.divide(apart.rest, apart.term, out=apart.rest)
    return top, np.log1p(ratio, out=ratio)


def softmax_product(rows: Rows) -> None:
    """p ⊙ (v − ⟨p, v⟩), of the inputs p and v.

    Counted from v's entry where p is largest, nothing cancels where p is close to 1.
    """
    _, column = largest(rows)
    centre = entries(rows, 1, column)

    def terms(block: Block) -> FloatArray:
        p, v = block.inputs
        rowwise(np.subtract, v, centre, block.out)
        return np.multiply(block.out, p, out=block.out)

    mean = total(rows, terms)

    def fill(block: Block) -> None:
        p, v = block.inputs
        rowwise(np.subtract, v, centre, block.out)
        rowwise(np.subtract, block.out, mean, block.out)
        np.multiply(block.out, p, out=block.out)

    rows.write(fill)


def log_softmax_product(rows: Rows) -> None:
    """g − p Σ g, of the inputs p and g."""
    weight = total(rows, lambda block: block.inputs[1], lent=False)

    def fill(block: Block) -> None:
        p, g = block.inputs
        rowwise(np.multiply, p, weight, block.out)
        np.subtract(g, block.out, out=block.out)

    rows.write(fill)

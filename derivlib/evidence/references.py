"""The textbook formulas in mpmath: a second opinion on the kernels, to any precision.

Each function takes mpmath numbers (or ints and floats, whose values are taken exactly) and returns
its result to the precision in force, as mpmath's own functions do:

>>> from mpmath import mp
>>> with mp.workdps(30):
...     print(log_softmax([100, 0])[0])
-3.72007597602083596295969580386e-44

A row of logits is a sequence of numbers, finite or −inf, at least one of them finite. The kernels'
ways of avoiding cancellation are not used: where a textbook formula cancels, it is evaluated again
with twice the digits, until enough of them are left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from operator import index
from typing import Any, SupportsIndex, TypeAlias

from mpmath import mp

__all__ = [
    "log_sigmoid",
    "log_softmax",
    "logsumexp",
    "sigmoid",
    "sigmoid_binary_cross_entropy",
    "sigmoid_binary_cross_entropy_grad",
    "sigmoid_grad",
    "softmax",
    "softmax_cross_entropy",
    "softmax_cross_entropy_grad",
    "softplus",
]

Real: TypeAlias = Any  # an mpmath number; mpmath has no types
Target: TypeAlias = SupportsIndex | Iterable[Real]  # a class, or a weight for each

# Extra digits against the rounding errors of a formula's steps: enough for sums of some 10⁸ terms.
GUARD = 10
# A value below 10^-5000 is 0 in every dtype (longdouble ends at 4e-4951): its digits do not matter.
UNDERFLOW = 5000


def sigmoid(z: Real) -> Real:
    """σ(z) = 1/(1 + exp(−z)).

    >>> sigmoid(0)
    mpf('0.5')
    """
    with mp.extradps(GUARD):
        p = _sigmoid(mp.convert(z))
    return +p


def sigmoid_grad(z: Real) -> Real:
    """σ′(z) = σ(z) σ(−z).

    >>> sigmoid_grad(0)
    mpf('0.25')
    """
    z = mp.convert(z)
    with mp.extradps(GUARD):
        derivative = _sigmoid(z) * _sigmoid(-z)
    return +derivative


def log_sigmoid(z: Real) -> Real:
    """log σ(z).

    >>> log_sigmoid(100)
    mpf('-3.7200759760208361e-44')
    """
    z = mp.convert(z)
    return _despite_cancellation(lambda: [(mp.log(_sigmoid(z)), 1)])[0]


def softplus(z: Real) -> Real:
    """log(1 + exp(z)).

    >>> softplus(-100)
    mpf('3.7200759760208361e-44')
    """
    z = mp.convert(z)
    return _despite_cancellation(lambda: [(mp.log(1 + mp.exp(z)), 1)])[0]


def sigmoid_binary_cross_entropy(z: Real, y: Real) -> Real:
    """−y log σ(z) − (1 − y) log σ(−z), for 0 ≤ y ≤ 1.

    >>> sigmoid_binary_cross_entropy(100, 1)
    mpf('3.7200759760208361e-44')
    """
    z, y = mp.convert(z), mp.convert(y)

    def value() -> list[tuple[Real, Real]]:
        terms = [(y, mp.log(_sigmoid(z))), (1 - y, mp.log(_sigmoid(-z)))]
        return [(-mp.fsum(weight * log_p for weight, log_p in terms if weight), 1)]

    return _despite_cancellation(value)[0]


def sigmoid_binary_cross_entropy_grad(z: Real, y: Real) -> Real:
    """σ(z) − y.

    >>> sigmoid_binary_cross_entropy_grad(100, 1)
    mpf('-3.7200759760208361e-44')
    """
    z, y = mp.convert(z), mp.convert(y)
    return _despite_cancellation(lambda: [_difference(_sigmoid(z), y)])[0]


def logsumexp(logits: Iterable[Real]) -> Real:
    """log Σ_k exp(z_k), of a row.

    >>> logsumexp([0, 0, 0, 0]) == mp.log(4)
    True
    """
    largest, shifted = _shifted(logits)

    def value() -> list[tuple[Real, Real]]:
        log_sum = mp.log(mp.fsum(map(mp.exp, shifted)))
        return [(largest + log_sum, 1)]

    return _despite_cancellation(value)[0]


def softmax(logits: Iterable[Real]) -> list[Real]:
    """p_j = exp(z_j)/Σ_k exp(z_k), of a row.

    >>> softmax([0, 0])
    [mpf('0.5'), mpf('0.5')]
    """
    _, shifted = _shifted(logits)
    with mp.extradps(GUARD):
        p = _softmax(shifted)
    return [+p_j for p_j in p]


def log_softmax(logits: Iterable[Real]) -> list[Real]:
    """log p_j, of a row.

    >>> log_softmax([100, 0])
    [mpf('-3.7200759760208361e-44'), mpf('-100.0')]
    """
    _, shifted = _shifted(logits)
    return _despite_cancellation(lambda: [(mp.log(p_j), 1) for p_j in _softmax(shifted)])


def softmax_cross_entropy(logits: Iterable[Real], target: Target) -> Real:
    """−log p_y for a class y, −Σ_j y_j log p_j for weights y; a weight of 0 counts for nothing.

    >>> softmax_cross_entropy([100, 0], 0)
    mpf('3.7200759760208361e-44')
    >>> softmax_cross_entropy([0, 0], [0.5, 0.5]) == mp.log(2)
    True
    """
    _, shifted = _shifted(logits)
    y = _weights(target, len(shifted))

    def value() -> list[tuple[Real, Real]]:
        p = _softmax(shifted)
        terms = [(y_j, mp.log(p_j)) for y_j, p_j in zip(y, p, strict=True) if y_j]
        size = mp.fsum(abs(y_j) * max(abs(log_p), 1) for y_j, log_p in terms)
        return [(-mp.fsum(y_j * log_p for y_j, log_p in terms), size)]

    return _despite_cancellation(value)[0]


def softmax_cross_entropy_grad(logits: Iterable[Real], target: Target) -> list[Real]:
    """p_i − δ(i, y) for a class y, p_i Σ_j y_j − y_i for weights y (p − y where they sum to 1).

    >>> softmax_cross_entropy_grad([100, 0], 0)
    [mpf('-3.7200759760208361e-44'), mpf('3.7200759760208361e-44')]
    """
    _, shifted = _shifted(logits)
    y = _weights(target, len(shifted))

    def value() -> list[tuple[Real, Real]]:
        p, total = _softmax(shifted), mp.fsum(y)
        return [_difference(p_i * total, y_i) for p_i, y_i in zip(p, y, strict=True)]

    return _despite_cancellation(value)


def _despite_cancellation(formula: Callable[[], list[tuple[Real, Real]]]) -> list[Real]:
    """The formula's values to mp.dps digits, however much cancels in it.

    The formula must return pairs (value, size) such that at d digits the error of the value is
    below 10^(GUARD − d) times the size. It is evaluated with twice the digits, again and again,
    until no value is so small beside its size that digits are missing.
    """
    wanted, digits = mp.dps, mp.dps + 2 * GUARD
    while True:
        with mp.workdps(digits):
            pairs = formula()
            resolution = mp.mpf(10) ** (wanted + GUARD - digits)
            enough = all(abs(value) >= resolution * size for value, size in pairs)
        if enough or digits >= wanted + UNDERFLOW:
            return [+value for value, _ in pairs]
        digits = min(2 * digits, wanted + UNDERFLOW)


def _difference(a: Real, b: Real) -> tuple[Real, Real]:
    """a − b as a pair (value, size) for `_despite_cancellation`."""
    return a - b, max(abs(a), abs(b))


def _sigmoid(z: Real) -> Real:
    return 1 / (1 + mp.exp(-z))


def _softmax(shifted: list[Real]) -> list[Real]:
    e = [mp.exp(z) for z in shifted]
    total = mp.fsum(e)
    return [e_j / total for e_j in e]


def _shifted(logits: Iterable[Real]) -> tuple[Real, list[Real]]:
    """The largest logit, and all logits less the largest, exactly.

    mpmath needs no shift against overflow. But with it, the exponentials of equal logits are
    exactly 1, so that p − y is exactly 0 where it should be.
    """
    row = [mp.convert(z) for z in logits]
    if any(mp.isnan(z) or z == mp.inf for z in row) or all(mp.isinf(z) for z in row):
        raise ValueError(
            "logits: a row of finite numbers or -inf, one of them finite, is expected; "
            f"given {[mp.nstr(z, 6) for z in row]}"
        )
    largest = max(row)
    return largest, [mp.fsub(z, largest, exact=True) for z in row]


def _weights(target: Target, classes: int) -> list[Real]:
    """The target as one weight for each class."""
    try:
        label = index(target)  # type: ignore[arg-type]
    except TypeError:
        weights = [mp.convert(y) for y in target]  # type: ignore[union-attr]
        if len(weights) != classes:
            raise ValueError(
                f"target: {len(weights)} weights are given for {classes} classes"
            ) from None
        return weights
    if not 0 <= label < classes:
        raise ValueError(f"target: a class from 0 to {classes - 1} is expected, given {label}")
    return [mp.mpf(j == label) for j in range(classes)]

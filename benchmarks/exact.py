"""The exact values that the kernels are judged by: python-flint's enclosures, at 400 bits or more.

An `arb` is a midpoint and a radius that the true value is within. A row whose enclosures turn out
wider than 2^-ENOUGH of the value is computed again at twice the precision. What is left of a value
is its first 106 bits, as two floats and a power of two, so that NumPy can compare with it at once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import NamedTuple, TypeAlias

import numpy as np
from flint import arb, ctx
from numpy.typing import NDArray

from .kernels import Array

BITS = 400
ENOUGH = 120
NOTHING = -17_000
"""A value below 2^NOTHING is 0 in every dtype; longdouble ends at 2^-16445."""

Numbers: TypeAlias = list[arb]
Parts: TypeAlias = dict[str, Numbers]


class LooseError(ArithmeticError):
    """An enclosure is too wide."""


class Exact(NamedTuple):
    """Real numbers, (high + low) · 2^scale, to 106 bits."""

    high: NDArray[np.float64]
    low: NDArray[np.float64]
    scale: NDArray[np.intp]

    def shaped(self, *shape: int) -> Exact:
        high, low, scale = self
        return Exact(high.reshape(shape), low.reshape(shape), scale.reshape(shape))

    def rounded(self, dtype: np.dtype[np.floating]) -> Array:
        """The nearest numbers of a dtype."""
        wide = self.high.astype(np.longdouble) + self.low
        with np.errstate(all="ignore"):
            return np.asarray(np.ldexp(wide, self.scale).astype(dtype))

    def text(self, index: tuple[int, ...]) -> str:
        """One of them, to 20 digits."""
        high, low, scale = (part[index].item() for part in self)
        exact = (Fraction(high) + Fraction(low)) * Fraction(2) ** max(scale, NOTHING)
        with localcontext() as context:
            context.prec = 20
            return str(Decimal(exact.numerator) / Decimal(exact.denominator))


def softmax_family(
    logits: Array, labels: Array, weights: Array, v: Array, near: Array, smoothing: float
) -> dict[str, Exact]:
    """What the kernels of the softmax give for rows of logits, by name.

    v and `near` are other logits, too.
    """
    rows, classes = logits.shape
    names = [_numbers(array) for array in (logits, weights, v, near)]
    parts: dict[str, Numbers] = defaultdict(list)
    alpha = arb(smoothing)
    for i in range(rows):
        z, w, u, other = (numbers[i * classes : (i + 1) * classes] for numbers in names)
        k, y = int(np.argmax(logits[i])), int(labels[i])

        def row(
            z: Numbers = z,
            k: int = k,
            y: int = y,
            w: Numbers = w,
            u: Numbers = u,
            other: Numbers = other,
        ) -> Parts:
            near = {f"near {name}": x for name, x in _divergence(z, other, k).items()}
            return _row(z, k, y, w, u, alpha) | _divergence(z, u, k) | near

        for name, values in _resolved(row).items():
            parts[name] += values
    for name, values in parts.items():
        if len(values) != rows * (classes if name in FULL else 1):
            raise ValueError(f"FULL names what has a value for each class, and that alone: {name}")
    return {
        name: _split(values).shaped(rows, classes) if name in FULL else _split(values)
        for name, values in parts.items()
    }


# What has a value for each class.
FULL = (
    *("p", "log p", "soft gradient", "smoothed gradient", "J v", "J v Σ", "v − p Σv", "∂H"),
    *("∂D/∂z", "∂D/∂w", "near ∂D/∂z", "near ∂D/∂w"),
)


def _row(z: Numbers, k: int, y: int, w: Numbers, v: Numbers, alpha: arb) -> Parts:
    """One row: z_k is the largest logit, y the true class, w other weights, v a direction.

    Sums leave the largest term out wherever 1 would be taken off again; that spares digits, not
    rigour, which the enclosures have in any case.
    """
    shifted = [x - z[k] for x in z]
    e = [x.exp() for x in shifted]
    others = sum(e[:k] + e[k + 1 :], arb(0))
    total = others + 1
    log_total = others.log1p()
    p = [x / total for x in e]
    log_p = [x - log_total for x in shifted]
    rest = others if y == k else total - e[y]
    moved = [x - v[k] for x in v]
    product = _centred(p, moved)
    below = [-x for x in shifted]
    weight = sum(w, arb(0))
    one, each = 1 - alpha, alpha / len(z)
    smoothed = [a - each for a in p]
    smoothed[y] -= one
    v_sum = sum(v, arb(0))
    relative = {
        "p": p,
        "log p": log_p,
        "log Σ": [z[k] + log_total],
        "loss": [-log_p[y]],
        "label's slope": [-rest / total],
        "soft loss": [-sum((a * b for a, b in zip(w, log_p, strict=True)), arb(0))],
        "smoothed loss": [-one * log_p[y] - each * sum(log_p, arb(0))],
        "H": [log_total + sum((a * b for a, b in zip(p, below, strict=True)), arb(0))],
    }
    for values in relative.values():
        _tight(values)
    # These are judged against the size of a whole row, and need to be tight beside it only.
    return relative | {
        "soft gradient": [a * weight - b for a, b in zip(p, w, strict=True)],
        "smoothed gradient": smoothed,
        "J v": product,
        "J v Σ": [x * weight for x in product],
        "∂H": _centred(p, below),
        "v − p Σv": [b - a * v_sum for a, b in zip(p, v, strict=True)],
    }


def _divergence(z: Numbers, w: Numbers, k: int) -> Parts:
    """The divergence of softmax(z) from softmax(w), with its gradients; z_k is the largest.

    Every x_j − x_k is found without a logarithm, so that no digit is lost where p and q are close.
    """
    p, log_p = _softmax(z, k)
    q, log_q = _softmax(w, k)
    moved = [(b - a) - (w[k] - z[k]) for a, b in zip(z, w, strict=True)]
    own = log_q - log_p if any(x != 0 for x in moved) else arb(0)
    x = [a + own for a in moved]
    change = [a * c.expm1() if c < 1 else b - a for a, b, c in zip(p, q, x, strict=True)]
    terms = [b - a * c for a, b, c in zip(p, change, x, strict=True)]
    value = sum(terms, arb(0))
    _tight([value])
    change[k] = -sum(change[:k] + change[k + 1 :], arb(0))
    slope = _centred(p, [-a for a in moved])
    return {"D": [value], "∂D/∂z": slope, "∂D/∂w": change}


def _softmax(z: Numbers, k: int) -> tuple[Numbers, arb]:
    """The softmax, and the logarithm of its k-th number."""
    e = [(x - z[k]).exp() for x in z]
    others = sum(e[:k] + e[k + 1 :], arb(0))
    return [x / (others + 1) for x in e], -others.log1p()


def _centred(p: Numbers, v: Numbers) -> Numbers:
    """p_i (v_i − Σ_k p_k v_k)."""
    mean = sum((a * b for a, b in zip(p, v, strict=True)), arb(0))
    return [a * (b - mean) for a, b in zip(p, v, strict=True)]


def sigmoid_family(
    z: Array, labels: Array, weights: Array, v: Array, smoothing: float
) -> dict[str, Exact]:
    """What the kernels of the sigmoid give for a vector z, by name.

    `labels` are zeros and ones, `weights` between 0 and 1, v is a direction.
    """
    parts: dict[str, Numbers] = defaultdict(list)
    alpha = arb(smoothing)
    columns = zip(*map(_numbers, (z, labels, weights, v)), strict=True)
    for x, y, w, u in columns:

        def point(x: arb = x, y: arb = y, w: arb = w, u: arb = u) -> Parts:
            return _point(x, y, w, u, alpha)

        for name, values in _resolved(point).items():
            parts[name] += values
    return {name: _split(values) for name, values in parts.items()}


def _point(z: arb, y: arb, w: arb, v: arb, alpha: arb) -> Parts:
    t = (-abs(z)).exp()
    q = 1 / (1 + t)
    log = t.log1p()
    p, complement = (q, t * q) if z >= 0 else (t * q, q)
    up, down = (z + log, log) if z >= 0 else (log, log - z)  # softplus of z, and of −z
    smoothed = y * (1 - alpha) + alpha / 2
    relative = {
        "σ": [p],
        "σ′": [t * q * q],
        "log σ": [-down],
        "softplus": [up],
        "loss": [down if y == 1 else up],
        "slope": [-complement if y == 1 else p],
        "soft loss": [w * down + (1 - w) * up],
        "smoothed loss": [smoothed * down + (1 - smoothed) * up],
        "σ′ v": [t * q * q * v],
    }
    for values in relative.values():
        _tight(values)
    return relative | {"soft slope": [p - w], "smoothed slope": [p - smoothed]}


def jacobians(logits: Array) -> Exact:
    """p_i (δ_ij − p_j) of each row."""
    rows, classes = logits.shape
    numbers = _numbers(logits)
    entries: Numbers = []
    for i in range(rows):
        z = numbers[i * classes : (i + 1) * classes]

        def row(z: Numbers = z, top: int = int(np.argmax(logits[i]))) -> Parts:
            e = [(x - z[top]).exp() for x in z]
            total = sum(e, arb(0))
            p = [x / total for x in e]
            values = [
                p[i] * sum(e[:i] + e[i + 1 :], arb(0)) / total if i == j else -p[i] * p[j]
                for i in range(classes)
                for j in range(classes)
            ]
            _tight(values)
            return {"": values}

        entries += _resolved(row)[""]
    return _split(entries).shaped(rows, classes, classes)


def _resolved(formula: Callable[[], Parts]) -> Parts:
    bits = BITS
    while True:
        try:
            with ctx.workprec(bits):
                return formula()
        except LooseError:
            bits *= 2


def _tight(values: Iterable[arb]) -> None:
    for x in values:
        if x.rel_accuracy_bits() < ENOUGH and not abs(x) < arb(2) ** NOTHING:
            raise LooseError


def _split(values: Sequence[arb]) -> Exact:
    with ctx.workprec(4 * BITS):
        high = [float(x) for x in values]
        low = [float(x - h) for x, h in zip(values, high, strict=True)]
        scale = [0] * len(values)
        for i, h in enumerate(high):
            if not 1e-270 < abs(h) < 1e300:  # there, `low` would lose bits, or `high` all
                mantissa, exponent = map(int, values[i].mid().man_exp())
                if mantissa and exponent + mantissa.bit_length() > NOTHING:
                    scale[i] = exponent + mantissa.bit_length()
                    x = values[i] * arb(2) ** -scale[i]
                    high[i] = float(x)
                    low[i] = float(x - high[i])
    return Exact(np.array(high), np.array(low), np.array(scale, np.intp))


def _numbers(array: Array) -> Numbers:
    """Exactly the entries of an array; integers are rounded to float64, as the kernels do."""
    if array.dtype.kind != "f" or array.dtype.itemsize <= 8:
        return [arb(x) for x in array.astype(np.float64).ravel().tolist()]
    mantissas, exponents = np.frexp(array.ravel())
    high = mantissas.astype(np.float64)
    low = (mantissas - high).astype(np.float64)
    parts = zip(high.tolist(), low.tolist(), exponents.tolist(), strict=True)
    with ctx.workprec(BITS):
        return [(arb(a) + arb(b)) * arb(2) ** e for a, b, e in parts]

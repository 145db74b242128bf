"""The exact values and the errors against them, by a second opinion: mpmath's, in evidence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from flint import arb
from mpmath import mp

from benchmarks.errors import normwise, ulps
from benchmarks.exact import Exact, _split, jacobians
from benchmarks.families import SIGMOID, SOFTMAX, Family
from benchmarks.kernels import Array
from benchmarks.questions import SMOOTHING, Sample
from benchmarks.samples import points_sample, rows_sample
from derivlib.evidence import references, ulp_error

DTYPES = ("float16", "float32", "float64", "longdouble")


def real(exact: Exact, index: tuple[int, ...]) -> Any:
    """An exact value as an mpmath number."""
    high, low, scale = (part[index].item() for part in exact)
    return mp.ldexp(mp.mpf(high) + low, scale)


def numbers(row: Array) -> list[Any]:
    """The entries of a row as mpmath numbers."""
    high = row.astype(np.float64)
    return [mp.mpf(h) + float(low) for h, low in zip(high.tolist(), row - high, strict=True)]


def agree(exact: Exact, index: tuple[int, ...], expected: Any) -> None:
    ours = real(exact, index)
    assert abs(ours - expected) <= mp.mpf(10) ** -28 * abs(expected) + mp.mpf(10) ** -5000


def drawn(family: Family, dtype: str) -> Sample:
    """A few rows, or points."""
    kind: np.dtype[Any] = np.dtype(dtype)
    z = family.rows(4 * family.classes, kind, seed=3)
    make: Callable[..., Sample] = points_sample if family in SIGMOID else rows_sample
    return make(z[:, 0] if family in SIGMOID else z, np.random.default_rng(0))


@pytest.mark.parametrize("family", SOFTMAX[:8], ids=lambda family: family.name)
def test_rows_are_those_of_mpmath(family: Family) -> None:
    # 10^±300 takes mpmath long
    sample = drawn(family, "float32" if family.name == "any size" else "float64")
    with mp.workdps(60):
        for i, row in enumerate(sample.given["z"]):
            z, label = numbers(row), int(sample.given["labels"][i])
            w, v = numbers(sample.given["weights"][i]), numbers(sample.given["v"][i])
            smooth = [SMOOTHING / mp.mpf(len(z)) for _ in z]
            smooth[label] += 1 - mp.mpf(SMOOTHING)
            p = references.softmax(z)
            # Σ_j p_j (v_i − v_j), where v_i − ⟨p, v⟩ would cancel
            product = [a * mp.fdot(p, [b - c for c in v]) for a, b in zip(p, v, strict=True)]
            agree(sample.exact["log Σ"], (i,), references.logsumexp(z))
            agree(sample.exact["loss"], (i,), references.softmax_cross_entropy(z, label))
            agree(sample.exact["soft loss"], (i,), references.softmax_cross_entropy(z, w))
            agree(sample.exact["smoothed loss"], (i,), references.softmax_cross_entropy(z, smooth))
            for name, values in (
                ("p", p),
                ("log p", references.log_softmax(z)),
                ("gradient", references.softmax_cross_entropy_grad(z, label)),
                ("soft gradient", references.softmax_cross_entropy_grad(z, w)),
                ("smoothed gradient", references.softmax_cross_entropy_grad(z, smooth)),
                ("J v", product),
                ("v − p Σv", [b - a * mp.fsum(v) for a, b in zip(p, v, strict=True)]),
            ):
                for j, value in enumerate(values):
                    agree(sample.exact[name], (i, j), value)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("family", SIGMOID, ids=lambda family: family.name)
def test_points_are_those_of_mpmath(family: Family, dtype: str) -> None:
    sample = drawn(family, dtype)
    with mp.workdps(60):
        columns = (sample.given[name] for name in ("z", "flags", "weights", "v"))
        for i, (z, flag, w, v) in enumerate(zip(*map(numbers, columns), strict=True)):
            smooth = flag * (1 - mp.mpf(SMOOTHING)) + mp.mpf(SMOOTHING) / 2
            loss, slope = (
                references.sigmoid_binary_cross_entropy,
                references.sigmoid_binary_cross_entropy_grad,
            )
            for name, value in (
                ("σ", references.sigmoid(z)),
                ("σ′", references.sigmoid_grad(z)),
                ("log σ", references.log_sigmoid(z)),
                ("softplus", references.softplus(z)),
                ("loss", loss(z, flag)),
                ("slope", slope(z, flag)),
                ("soft loss", loss(z, w)),
                ("soft slope", slope(z, w)),
                ("smoothed loss", loss(z, smooth)),
                ("smoothed slope", slope(z, smooth)),
                ("σ′ v", references.sigmoid_grad(z) * v),
            ):
                agree(sample.exact[name], (i,), value)


def test_jacobian_is_that_of_mpmath() -> None:
    z = np.array([[0.0, 40.0, -3.0], [1.0, 1.0, 2.0]])
    exact = jacobians(z)
    with mp.workdps(80):
        for n, row in enumerate(z):
            p = references.softmax(numbers(row))
            for i in range(3):
                for j in range(3):
                    agree(exact, (n, i, j), p[i] * ((i == j) - p[j]))


@pytest.mark.parametrize("dtype", DTYPES)
def test_ulps_are_those_of_evidence(dtype: str) -> None:
    """About powers of two, at the ends of the range, for wrong answers and no answers."""
    kind: np.dtype[Any] = np.dtype(dtype)
    info = np.finfo(kind)
    tiny = int(info.minexp - info.nmant)
    exact = [
        sign * (arb(1) + arb(2) ** -60 * nudge) * arb(2) ** power
        for sign in (1, -1)
        for nudge in (-1, 0, 1)
        for power in (0, 1, -3, int(info.maxexp) - 1, int(info.minexp), tiny, tiny - 1, tiny - 40)
    ]
    split = _split(exact)
    rounded = split.rounded(kind)
    with np.errstate(all="ignore"):
        answers = [rounded, np.nextafter(rounded, kind.type(0)), rounded * kind.type(1.5)]
    answers += [np.full_like(rounded, wrong) for wrong in (0.0, np.nan)]
    with mp.workdps(60):
        reals = [real(split, (i,)) for i in range(len(exact))]
        for answer in answers:
            np.testing.assert_allclose(ulps(answer, split), ulp_error(answer, reals), rtol=1e-9)


def test_a_norm_is_of_a_whole_row() -> None:
    exact = _split([arb(3), arb(4), arb(0), arb(0)]).shaped(2, 2)
    eps = np.finfo(np.float64).eps
    actual = np.array([[3 + 8 * eps, 4.0], [0.0, 5e-324]])
    np.testing.assert_allclose(normwise(actual, exact), [8 / 5, 1 / np.sqrt(2)])

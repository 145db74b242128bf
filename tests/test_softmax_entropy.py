"""Entropy and divergence of softmaxes: against 1200 bits, by properties, at the edges."""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple, TypeAlias

import gmpy2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from derivlib import (
    softmax,
    softmax_entropy,
    softmax_entropy_grad,
    softmax_kl,
    softmax_kl_grad_w,
    softmax_kl_grad_z,
)
from derivlib.evidence.error_bounds import ERROR_BOUNDS
from tests.support.arrays import DTYPES, INF, NAN, Array, no_warning, unhurried
from tests.support.digits import Digits, exactly, exp, log1p, ulps
from tests.support.softmax_cases import FAMILIES, logits

Kernel: TypeAlias = Any
BITS = 1200  # so that expm1(x) − x has 200, down to x = 1e-300
_expm1 = np.frompyfunc(gmpy2.expm1, 1, 1)

of_one: list[Kernel] = [softmax_entropy, softmax_entropy_grad]
of_two: list[Kernel] = [softmax_kl, softmax_kl_grad_z, softmax_kl_grad_w]
values: list[Kernel] = [softmax_entropy, softmax_kl]


def call(kernel: Kernel, z: Any, w: Any, *arguments: Any, **options: Any) -> Array:
    """The kernel of z alone, or of z and w."""
    given = (z,) if kernel in of_one else (z, w)
    result: Array = kernel(*given, *arguments, **options)
    return result


every = pytest.mark.parametrize("kernel", [*of_one, *of_two], ids=lambda kernel: kernel.__name__)


class Exact(NamedTuple):
    """The softmax of z and its entropy, its divergence from that of w, and the gradients."""

    p: Digits
    entropy: Digits
    entropy_grad: Digits
    kl: Digits
    kl_grad_z: Digits
    kl_grad_w: Digits


def exact(z: Array, w: Array) -> Exact:
    """Of rows of finite logits; with i the largest z, all is found from z − z_i and w − w_i."""
    with gmpy2.context(gmpy2.get_context(), precision=BITS):
        rows, top = np.arange(len(z)), z.argmax(axis=-1)
        below, other = (x - x[rows, top][:, None] for x in (exactly(z), exactly(w)))
        p, log_p = _softmax(below, rows, top)
        q, log_q = _softmax(other, rows, top)
        moved = other - below
        near = -log1p((p * _expm1(np.minimum(moved, 1))).sum(axis=-1))  # no digit cancels
        own = np.where((moved < 1).all(axis=-1), near, log_q - log_p)
        x = moved + own[:, None]
        change = np.where(x < 1, p * _expm1(np.minimum(x, 1)), q - p)
        terms = change - p * x
        change[rows, top] = 0
        change[rows, top] = -change.sum(axis=-1)
        return Exact(
            p,
            (-p * below).sum(axis=-1) - log_p,
            _centred(p, -below),
            terms.sum(axis=-1),
            _centred(p, -moved),
            change,
        )


def _softmax(below: Digits, rows: Array, top: Array) -> tuple[Digits, Digits]:
    """The softmax, and its logarithm at `top`, where `below` is 0."""
    largest = below.argmax(axis=-1)
    peak = below[rows, largest]
    e = exp(below - peak[:, None])
    e[rows, largest] = 0
    others = e.sum(axis=-1)
    e[rows, largest] = 1
    return e / (others + 1)[:, None], -peak - log1p(others)


def _centred(p: Digits, v: Digits) -> Digits:
    return p * (v - (p * v).sum(axis=-1, keepdims=True))


def bound(kernel: Kernel, dtype: str) -> float:
    return ERROR_BOUNDS[kernel.__name__].bounds[0].numbers[dtype]


def check(z: Array, w: Array) -> None:
    """All five keep their promises."""
    right, dtype = exact(z, w), "longdouble" if z.dtype == np.longdouble else z.dtype.name
    with no_warning():
        for kernel in values:
            expected = right.entropy if kernel is softmax_entropy else right.kl
            assert ulps(call(kernel, z, w), expected) <= bound(kernel, dtype), kernel.__name__
        for kernel in (softmax_entropy_grad, softmax_kl_grad_z, softmax_kl_grad_w):
            expected = getattr(right, kernel.__name__.removeprefix("softmax_"))
            got = call(kernel, z, w)
            assert np.isfinite(got).all()
            info, size = np.finfo(dtype), abs(expected)
            allowed = exactly(info.eps) / 2 * (size + right.p * size.sum(axis=-1, keepdims=True))
            # Of terms that are subnormal, each may add the smallest number.
            allowed = bound(kernel, dtype) * allowed + z.shape[1] * exactly(info.smallest_subnormal)
            fine = abs(exactly(got) - expected) <= allowed
            if kernel is softmax_entropy_grad:
                fine |= right.p < exactly(info.tiny)
            assert fine.all(), kernel.__name__


@cache
def pairs(family: str, dtype: str) -> tuple[Array, Array]:
    """Two rows of logits for each example."""
    info, rng = np.finfo(dtype), np.random.default_rng(sorted(PAIRS).index(family))
    shape = (20, 2) if family == "two near" else (1, 1100) if "many" in family else (20, 6)
    rows = shape[0]
    span = {"float16": 10.0, "float32": 85.0}.get(dtype, 690.0)
    z, noise, other = rng.normal(0, 3, (3, *shape))
    gap = 10.0 ** rng.uniform(np.log10(float(info.eps)) - 1, 0, (rows, 1))
    offsets = rng.uniform(-1, 1, (rows, 1)) * (100 if dtype == "float16" else 1e4)
    dominant = np.zeros(shape)
    dominant[:, 1] = rng.uniform(0, 1.1, rows) * span
    one = np.arange(shape[1]) == 2
    ends = np.log10([max(float(info.tiny), 1e-300), min(float(info.max), 1e308)])
    exponents = ends[0] + (ends[1] - ends[0]) * rng.uniform(size=(2, *shape))
    sizes = rng.choice([-1, 1], (2, *shape)) * 10.0**exponents
    masked = np.where(np.arange(shape[1]) % 3, -min(float(info.max), 1e308), z)
    least = -1.5 * span * rng.uniform(size=shape) * (np.arange(shape[1]) > 0)
    made = {
        "normal": (z, other),
        "near": (z, z + gap * noise),
        "two near": (z, z + gap * noise),
        "many near": (z, z + gap * noise),
        "near, offset": (z + offsets, z + gap * noise - offsets),
        "the same, offset": (z, z + offsets),
        "one class": (z, z + gap * one),
        "one class by far": (z - span * one / 2, z + gap * noise + span * one / 2),
        "dominant": (z + dominant, other + dominant[::-1]),
        "dominant near, offset": (z + dominant, z + dominant + gap * noise + offsets),
        "dominant near": (z + dominant, z + dominant + gap * noise),
        "another dominates": (z + dominant, other + dominant[:, ::-1]),
        "ties": (1 + gap * noise, gap * other),
        "many, one apart": (1e-4 * gap * noise + one / 64, 1e-4 * gap * other),
        "one apart": (gap * noise + one, gap * other),
        "any size": (sizes[0], sizes[1]),
        "any size, near": (sizes[0], sizes[0] * (1 + gap * noise)),
        "masked": (least, masked),
        "far": (10 * z, 10 * other) if dtype != "float16" else (z, other),
    }[family]
    first, second = (x.clip(info.min, info.max).astype(dtype) for x in made)
    return first, second


PAIRS = [
    *("normal", "near", "two near", "many near", "near, offset", "the same, offset", "one class"),
    *("one class by far", "dominant", "dominant near", "another dominates", "ties", "one apart"),
    *("any size", "any size, near", "masked", "far", "many, one apart", "dominant near, offset"),
]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("family", PAIRS)
def test_error_bounds(family: str, dtype: str) -> None:
    check(*pairs(family, dtype))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("family", FAMILIES)
def test_error_bounds_on_the_softmax_own_cases(family: str, dtype: str) -> None:
    z = logits(family, dtype)[:10, :60]
    check(z, z[::-1])


finite = st.floats(-1e308, 1e308, allow_subnormal=False) | st.floats(-9, 9) | st.just(-1e308)
shapes = hnp.array_shapes(min_dims=2, max_dims=2, max_side=5)
rows = shapes.flatmap(
    lambda shape: st.tuples(*[hnp.arrays(np.float64, shape, elements=finite)] * 2)
)


@settings(unhurried, max_examples=40)
@given(rows)
def test_any_finite_logits(pair: tuple[Array, Array]) -> None:
    z, w = pair
    check(z, w)
    check(z, np.where(z > 1, z, w))


@settings(unhurried, max_examples=40)
@given(rows, st.integers(-9, 9))
def test_bounds_and_sums(pair: tuple[Array, Array], shift: int) -> None:
    z, w = pair
    entropy, kl = softmax_entropy(z), softmax_kl(z, w)
    assert (entropy >= 0).all() and (entropy <= np.log(z.shape[1]) * (1 + 1e-15)).all()
    assert (kl >= 0).all()
    np.testing.assert_array_equal(softmax_kl(z, z), 0)
    small = np.rint(z.clip(-9, 9))
    np.testing.assert_array_equal(softmax_kl(small, small + shift), 0)
    for kernel in (softmax_entropy_grad, softmax_kl_grad_w, softmax_kl_grad_z):
        grad = call(kernel, z, w)
        size = abs(grad).sum(axis=1)
        assert (abs(grad.sum(axis=1)) <= 1e-14 * size + 1e-323).all()


def test_what_is_known() -> None:
    for classes in (1, 2, 7, 50):
        alike = np.full(classes, 3.25)
        np.testing.assert_allclose(softmax_entropy(alike), np.log(classes), 1e-15)
        np.testing.assert_array_equal(softmax_entropy_grad(alike), 0)
    third = np.log([1.0, 2.0])
    np.testing.assert_allclose(softmax_kl(third, [0.0, 0.0]), np.log(2) - softmax_entropy(third))
    np.testing.assert_allclose(softmax_kl_grad_w(third, [0, 0]), [1 / 6, -1 / 6], 1e-15)
    for kernel in [*of_one, *of_two]:
        one = call(kernel, [[2.5]], [[-1e300]])
        np.testing.assert_array_equal(np.copysign(1, one[one == 0]), 1)
        assert (one == 0).all()


@pytest.mark.parametrize(
    ("z", "w", "entropy", "kl"),
    [
        ([0, -INF, 0], [0, 5, 0], np.log(2), np.log1p(np.exp(5) / 2)),  # 0 · log 0 = 0
        ([0, -INF, 0], [0, -INF, 0], np.log(2), 0),
        ([0, 0, -2000], [0, 0, -INF], np.log(2), INF),  # p > 0, though it is rounded to 0
        ([-INF, 3, -INF], [-INF, 0, -INF], 0, 0),
        ([0, -INF], [-INF, 0], 0, INF),
        ([0, 0], [0, -1e308], np.log(2), 5e307),
        ([1.5e308, -1.5e308], [-1.5e308, 1.5e308], 0, INF),  # it is 3e308
        ([1e308, 1e308, 0], [1e308, -1e308, 0], np.log(2), 1e308),
        ([INF, 0], [0, 0], NAN, NAN),
        ([NAN, 0], [0, 0], NAN, NAN),
        ([-INF, -INF], [0, 0], NAN, NAN),
        ([0, -INF], [0, NAN], 0, NAN),
        ([0, 0], [INF, 0], np.log(2), NAN),
        ([0, -INF], [-INF, -INF], 0, NAN),
    ],
)
def test_edges(z: list[float], w: list[float], entropy: float, kl: float) -> None:
    """Each in the company of ordinary rows, which it must leave alone."""
    plain = [1.0, 2.0, 4.0][: len(z)]
    zs, ws = np.array([plain, z, plain]), np.array([plain[::-1], w, plain[::-1]])
    for kernel in [*of_one, *of_two]:
        with no_warning():
            got = call(kernel, zs, ws)
        np.testing.assert_array_equal(got[::2], [call(kernel, plain, plain[::-1])] * 2)
    np.testing.assert_allclose(softmax_entropy(zs)[1], entropy, 1e-15)
    np.testing.assert_allclose(softmax_kl(zs, ws)[1], kl, 1e-15)
    for kernel, value in ((softmax_entropy_grad, entropy), (softmax_kl_grad_z, kl)):
        grad = call(kernel, zs, ws)[1]
        overflows = value == INF and not np.isinf([z, w]).any()
        if np.isfinite(value) or overflows:
            assert np.isfinite(grad).all() and (grad[np.isneginf(z)] == 0).all()
        else:
            assert np.isnan(grad).all()
    change = softmax_kl_grad_w(zs, ws)[1]
    np.testing.assert_allclose(change, softmax(w) - softmax(z), 1e-15, 1e-16)


@every
def test_axes_and_options(kernel: Kernel) -> None:
    z, w = np.random.default_rng(0).normal(0, 3, (2, 4, 3, 5))
    cases: list[Any] = [(0, (1, 2, 0)), (1, (0, 2, 1)), (-1, (0, 1, 2)), ((0, 2), (1, 0, 2))]
    for axis, order in cases:
        several = 2 if isinstance(axis, tuple) else 1
        flat = [
            x.transpose(order).reshape(*x.transpose(order).shape[:-several], -1) for x in (z, w)
        ]
        expected, got = call(kernel, *flat), call(kernel, z, w, axis)
        if kernel in values:
            kept = call(kernel, z, w, axis, keepdims=True)
            np.testing.assert_array_equal(kept.squeeze(axis), got)
            assert kept.ndim == 3
        else:
            got = got.transpose(order).reshape(flat[0].shape)
        np.testing.assert_allclose(got, expected, 1e-13, 1e-15)
        out = np.empty_like(call(kernel, z, w, axis))
        assert call(kernel, z, w, axis, out=out) is out
        np.testing.assert_array_equal(out, call(kernel, z, w, axis))
    whole = call(kernel, z, w, None)
    np.testing.assert_allclose(whole.ravel(), call(kernel, z.ravel(), w.ravel()).ravel(), 1e-13)


@every
def test_nothing(kernel: Kernel) -> None:
    for shape in [(0,), (0, 3), (3, 0)]:
        got = call(kernel, np.zeros(shape), np.zeros(shape))
        assert got.shape == (shape[:-1] if kernel in values else shape)
        np.testing.assert_array_equal(got, 0)


@pytest.mark.parametrize("kernel", [softmax_entropy_grad, softmax_kl_grad_z, softmax_kl_grad_w])
def test_a_result_onto_an_argument(kernel: Kernel) -> None:
    for shape in [(6, 5), (3000, 2), (3, 20000)]:
        given = np.random.default_rng(0).normal(0, 3, (2, *shape))
        expected = call(kernel, *given)
        for own in (0,) if kernel in of_one else (0, 1):
            arrays = given.copy()
            call(kernel, *arrays, out=arrays[own])
            np.testing.assert_array_equal(arrays[own], expected)


@pytest.mark.parametrize("kernel", of_two, ids=lambda kernel: kernel.__name__)
def test_dtypes_meet(kernel: Kernel) -> None:
    for a in DTYPES:
        for b in [*DTYPES, "int8", "bool"]:
            floats = "float64" if b in ("int8", "bool") else b
            got = kernel(np.array([0.5, 2], a), np.array([1, 0], b))
            assert got.dtype == np.promote_types(a, floats)


@pytest.mark.parametrize(
    ("z", "w", "options", "error", "message"),
    [
        ([1j], [1], {}, TypeError, "z must be an array of real numbers, got dtype complex128"),
        ([1], ["a"], {}, TypeError, "w must be an array of real numbers, got dtype <U1"),
        ([1, 2], [1], {}, ValueError, r"w must have the shape of z, \(2,\), got \(1,\)"),
        ([1.0], [1.0], {"axis": 1}, ValueError, "axis 1 is out of range for an array of 1 dim"),
        ([1.0], [1.0], {"axis": (0, 0)}, ValueError, "axis must not repeat a dimension"),
        ([1.0], [1.0], {"out": np.empty(3)}, ValueError, r"out has shape \(3,\), the result"),
    ],
)
@every
def test_bad_input(
    kernel: Kernel,
    z: Any,
    w: Any,
    options: dict[str, Any],
    error: type[Exception],
    message: str,
) -> None:
    if kernel in of_one and message.startswith("w"):
        assert kernel(z).shape == (() if kernel in values else (len(z),))
        return
    with pytest.raises(error, match=message):
        call(kernel, z, w, **options)


def test_differences_that_cancel_far_from_0() -> None:
    """The logits of w lie 1e16 above those of z; the value is exact to 20 digits."""
    z = np.full(2, -float.fromhex("0x1.7ffffffffffffp+53"))
    w = np.array([float.fromhex("0x1.8c1b41c11f9d1p+6"), float.fromhex("0x1.8bf6d77f82a03p+6")])
    exact = np.longdouble("0.00015806996762699971519")
    assert abs(softmax_kl(z, w) - exact) <= 10 * np.spacing(float(exact))

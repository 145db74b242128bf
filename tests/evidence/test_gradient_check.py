"""Planted bugs are found, each of them; right gradients raise no alarm, not one."""

import warnings
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from mpmath import mp

import derivlib
from derivlib.evidence import (
    GradientReport,
    check_gradient,
    check_gradient_mp,
    references,
    taylor_order,
)
from tests.support.gradient_cases import SEEDS, Loss, bugs, problem, scales, sizes, spoiled

# The complex step.


@sizes
@scales
def test_right_gradients_pass(m: int, K: int, scale: float) -> None:
    for seed in SEEDS:
        loss, gradient, z, _ = problem(m, K, scale, seed)
        report = check_gradient(loss, gradient, z, seed=seed)
        assert report.ok, str(report)
        report.raise_if_wrong()


@sizes
@scales
def test_planted_bugs_are_found(m: int, K: int, scale: float) -> None:
    for seed in SEEDS:
        loss, gradient, z, y = problem(m, K, scale, seed)
        for name, wrong in [*bugs(gradient, y), ("tiny", spoiled(gradient, 1e-7))]:
            if not np.allclose(wrong, gradient, rtol=1e-9, atol=0):
                assert not check_gradient(loss, wrong, z, seed=seed).ok, name


def test_a_swap_is_found_with_every_seed() -> None:
    """Along directions of ±1 it would go unseen in one of 8."""
    loss, gradient, z, _ = problem(1, 2, 1.0, 0)
    for seed in range(100):
        assert not check_gradient(loss, gradient[:, ::-1], z, seed=seed).ok


def test_kernels_have_the_gradients_they_claim() -> None:
    loss, _, z, y = problem(4, 6, 2.0, 1)
    check_gradient(loss, derivlib.softmax_cross_entropy_grad(z, y) / 4, z).raise_if_wrong()


def test_gradient_as_a_function_and_integers() -> None:
    def cube(x: Any) -> Any:
        return np.sum(x**3)

    report = check_gradient(cube, lambda x: 3 * x**2, [1, -2, 3])
    assert report.ok and len(report.errors) == 3
    assert check_gradient(cube, 12, 2).ok, "0-d"
    assert len(check_gradient(cube, [3], [True], directions=5).errors) == 5
    assert check_gradient(lambda x: cube(x).reshape(1, 1), [3], [1]).ok


def test_neither_f_nor_gradient_can_change_x() -> None:
    x = np.array([1.0, 2.0])

    def loss(x: Any) -> Any:
        x += 1
        return np.sum(x**2)

    def gradient(x: Any) -> Any:
        x += 1
        return 2 * x

    assert check_gradient(loss, gradient, x).ok
    assert taylor_order(loss, gradient, x) == pytest.approx(2, abs=0.1)
    assert x.tolist() == [1, 2]


def test_rtol_is_that_of_a_typical_entry() -> None:
    x = np.ones(1000)
    for factor, ok in [(1e-6, False), (1e-9, True)]:
        wrong = 2 * x
        wrong[7] *= 1 + factor
        assert check_gradient(lambda x: np.sum(x**2), wrong, x, rtol=1e-7).ok is ok
    huge, tiny = 1e200 * x, 1e-200 * x  # their squares overflow and underflow
    assert check_gradient(lambda x: np.sum(1e200 * x), huge, x).ok
    assert not check_gradient(lambda x: np.sum(1e200 * x), huge * (1 + 1e-8), x).ok
    assert check_gradient(lambda x: np.sum(1e-200 * x), tiny, x).ok
    assert not check_gradient(lambda x: np.sum(1e-200 * x), tiny * (1 + 1e-8), x).ok


def filled(x: Any) -> Any:
    buffer = np.empty(x.shape)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", np.exceptions.ComplexWarning)
        buffer[...] = x
    return np.sum(buffer**2)


NOT_ANALYTIC: dict[str, Loss] = {
    "abs": lambda x: np.sum(np.abs(x) ** 2),
    "real": lambda x: np.sum(x.real**2),
    "float array": filled,
    "conjugate": lambda x: np.sum(x * np.conj(x)),
    "softplus by abs": lambda x: np.sum(np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))),
    "one entry of 1000": lambda x: np.sum(np.exp(x[1:])) + np.exp(x[0].real),
    "vdot": lambda x: np.vdot(x, x),
    "kernel": lambda x: np.sum(derivlib.softmax_cross_entropy(x, 0)),
}


@pytest.mark.parametrize("f", NOT_ANALYTIC.values(), ids=NOT_ANALYTIC)
def test_f_that_is_not_analytic(f: Loss) -> None:
    x = np.random.default_rng(0).standard_normal(1000)
    with pytest.raises(ValueError, match=r"f: (not complex-analytic|it does not take complex)"):
        check_gradient(f, x, x)


def test_f_that_is_not_analytic_at_zero() -> None:
    for x in (np.zeros(1000), np.eye(1000)[0], np.eye(1000)[1]):
        with pytest.raises(ValueError, match="f: not complex-analytic: its derivative"):
            check_gradient(NOT_ANALYTIC["one entry of 1000"], np.exp(x), x)


@pytest.mark.parametrize("name", ["abs", "real", "float array"])
def test_f_that_is_real_is_told_even_where_it_is_flat(name: str) -> None:
    with pytest.raises(ValueError, match="f: not complex-analytic: it gives a real number"):
        check_gradient(NOT_ANALYTIC[name], [0.0], [0.0])


def test_analytic_f_raise_no_alarm() -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal(20)

    def shifted(x: Any) -> Any:  # NumPy's maximum of complex numbers keeps the imaginary part
        return np.max(x) + np.log(np.sum(np.exp(x - np.max(x))))

    def steep(x: Any) -> Any:
        return np.sum(np.exp(300 * x))

    p = rng.dirichlet(np.ones(20))
    p[3] = 1e-9  # close to the logarithm's singularity
    x[5] = 0

    assert check_gradient(shifted, derivlib.softmax(x), x).ok
    assert check_gradient(shifted, derivlib.softmax(500 * x), 500 * x).ok
    assert check_gradient(steep, lambda x: 300 * np.exp(300 * x), x).ok
    assert check_gradient(lambda p: -np.sum(np.log(p)), -1 / p, p).ok
    assert check_gradient(lambda p: np.sum(p * np.log(p)), 1 + np.log(p), p).ok


ARGUMENTS: dict[str, Any] = {"f": lambda x: np.sum(x**2), "gradient": [2.0, 4.0], "x": [1.0, 2.0]}

BAD: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"x": [1, np.nan]}, ValueError, "x: finite numbers"),
    ({"x": [1, -np.inf]}, ValueError, "x: finite numbers"),
    ({"x": [1, 2j]}, TypeError, "x: real numbers are expected, given dtype complex128"),
    ({"x": ["a", "b"]}, TypeError, "x: real numbers"),
    ({"x": []}, ValueError, r"x: empty, of shape \(0,\)"),
    ({"gradient": [1.0]}, ValueError, r"gradient: its shape \(1,\) is not that of x, \(2,\)"),
    ({"gradient": [[2.0, 4.0]]}, ValueError, r"gradient: its shape \(1, 2\)"),
    ({"gradient": lambda x: x[:1]}, ValueError, r"gradient: its shape \(1,\)"),
    ({"gradient": [2.0, np.nan]}, ValueError, "gradient: finite numbers"),
    ({"gradient": [2.0, 4j]}, TypeError, "gradient: real numbers"),
    ({"f": lambda x: x**2}, ValueError, r"f: a single number is expected, given shape \(2,\)"),
]
BAD_OPTIONS: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"directions": 0}, ValueError, "directions: at least 1"),
    ({"rtol": 0.0}, ValueError, "rtol: a number between 0 and 1"),
    ({"rtol": np.nan}, ValueError, "rtol: "),
]


@pytest.mark.parametrize("check", [check_gradient, check_gradient_mp, taylor_order])
@pytest.mark.parametrize(("change", "error", "message"), BAD)
def test_bad_arguments(
    check: Callable[..., Any], change: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        check(**(ARGUMENTS | change))


@pytest.mark.parametrize("check", [check_gradient, check_gradient_mp])
@pytest.mark.parametrize(("change", "error", "message"), BAD_OPTIONS)
def test_bad_options(
    check: Callable[..., Any], change: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        check(**(ARGUMENTS | change))


@pytest.mark.parametrize("check", [check_gradient, taylor_order])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_f_that_overflows(check: Callable[..., Any]) -> None:
    with pytest.raises(ValueError, match="f: a finite number is expected"):
        check(lambda x: np.log(np.sum(np.exp(x))), [1.0, 0.0], [800.0, 0.0])


# What a report says.


def test_report_of_a_wrong_gradient_says_where_and_by_how_much() -> None:
    report = check_gradient(lambda x: np.sum(x**2), [2.0, 4.5], [1.0, 2.0], seed=3)
    off = [abs(a - b) for a, b in zip(report.claimed, report.measured, strict=True)]
    assert report.errors == tuple(off) and not report.ok
    worst = int(np.argmax(off))
    with pytest.raises(AssertionError) as raised:
        report.raise_if_wrong()
    message = str(raised.value)
    assert message == str(report) and message.startswith("wrong: ")
    assert f"direction {worst + 1} of 3" in message
    for number in (report.claimed[worst], report.measured[worst]):
        assert f"{number:.17g}" in message
    assert f"off by {off[worst]:.2g}, {report.tolerance:.2g} is allowed" in message


def test_report_of_a_right_gradient() -> None:
    report = check_gradient(lambda x: np.sum(x**2), [2.0, 4.0], [1.0, 2.0])
    assert str(report).startswith("right along 3 random directions: at most off by ")
    assert report == check_gradient(lambda x: np.sum(x**2), [2.0, 4.0], [1.0, 2.0])
    assert report != check_gradient(lambda x: np.sum(x**2), [2.0, 4.0], [1.0, 2.0], seed=1)


def test_one_wrong_direction_is_enough() -> None:
    assert GradientReport((1.0, 2.0), (1.0, 2.0), (0.0, 1e-9), 1e-9).ok
    assert not GradientReport((1.0, 2.0), (1.0, 2.1), (0.0, 0.1), 1e-9).ok
    assert not GradientReport((1.0, 2.0), (1.0, np.nan), (0.0, np.nan), 1e-9).ok


# High precision.


@pytest.mark.parametrize("gap", [0.5, 20.0, 40.0, 300.0, 690.0])
def test_a_saturated_gradient_is_judged_in_high_precision(gap: float) -> None:
    z = [gap, 0.0, -1.5]

    def loss(z: Any) -> Any:
        return references.softmax_cross_entropy(z, 0)

    right = derivlib.softmax_cross_entropy_grad(z, 0)
    check_gradient_mp(loss, right, z).raise_if_wrong()
    assert not check_gradient_mp(loss, right * [1, 1 + 1e-8, 1], z).ok
    if gap >= 40:
        assert not check_gradient_mp(loss, derivlib.softmax(z) - [1, 0, 0], z).ok, "p - 1 is 0"
        assert not check_gradient_mp(loss, [0, 0, 0], z).ok


def test_float64_cannot_judge_a_saturated_gradient() -> None:
    """It says so, of right ones and wrong ones, and does not call the loss other than analytic."""

    def loss(z: Any) -> Any:
        return np.log(np.sum(np.exp(z))) - z[0]

    z = [40.0, 0.0]
    right = derivlib.softmax_cross_entropy_grad(z, 0)
    assert check_gradient_mp(lambda z: references.softmax_cross_entropy(z, 0), right, z).ok
    for gap in (10, 15, 20, 25, *range(30, 42), 60, 119):
        right = derivlib.softmax_cross_entropy_grad([gap, 0.0], 0)
        for factor, allowed in ((1.0, True), (0.0, False), (1.5, False)):
            if gap < 38:
                with suppress(ValueError):
                    assert check_gradient(loss, factor * right, [gap, 0.0]).ok is allowed
            else:
                with pytest.raises(ValueError, match="f: its rounding errors may hide"):
                    check_gradient(loss, factor * right, [gap, 0.0])


def test_zero_is_right_where_the_gradient_underflows_or_vanishes() -> None:
    assert check_gradient_mp(lambda z: references.softmax_cross_entropy(z, 0), [0, 0], [800, 0]).ok
    assert check_gradient_mp(lambda x: mp.cos(x), 0, 0).ok
    assert not check_gradient_mp(lambda x: mp.cos(x), 0, 1e-200).ok


def test_high_precision_agrees_on_planted_bugs() -> None:
    _, gradient, z, y = problem(3, 3, 1.0, 1)
    gradient = derivlib.softmax_cross_entropy_grad(z, y) / 3

    def loss(z: Any) -> Any:
        return mp.fsum(map(references.softmax_cross_entropy, z, y)) / 3

    assert check_gradient_mp(loss, gradient, z).ok
    for name, wrong in bugs(gradient, y):
        assert not check_gradient_mp(loss, wrong, z).ok, name


def test_high_precision_needs_no_analytic_f() -> None:
    x = [0.5, -2.0]
    report = check_gradient_mp(lambda x: abs(x[0]) + abs(x[1]), [1, -1], x, seed=1)
    assert report.ok and len(report.errors) == 3
    assert not check_gradient_mp(lambda x: abs(x[0]) + abs(x[1]), [1, 1], x).ok

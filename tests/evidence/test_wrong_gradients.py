"""A wrong gradient is seen, or the check says that it cannot tell; a right one is never refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import pytest
from mpmath import mp
from numpy.typing import NDArray
from scipy.optimize import minimize

import derivlib
from derivlib.evidence import check_gradient, check_gradient_mp, references, taylor_order
from derivlib.models import datasets, logistic_regression, pack, unpack

Floats = NDArray[np.float64]
SEEN, RIGHT, SAYS = "seen", "right", "says that it cannot tell"


class Case(NamedTuple):
    """A function, its gradient and a point."""

    f: Callable[[Any], Any]
    gradient: Callable[[Floats], Any]
    x: Floats
    resolved: bool = True
    """Whether f's values tell a gradient from others."""


def entropy(z: Any) -> Any:
    return np.log(np.sum(np.exp(z))) - z[0]


def slopes(z: Floats) -> Floats:
    return np.asarray(derivlib.softmax_cross_entropy_grad(z, 0))


def times(factor: float, case: Case) -> Case:
    f, gradient, x, resolved = case
    return Case(lambda z: factor * f(z), lambda z: factor * gradient(z), x, resolved)


Z = np.array([0.3, -1.2, 2.0, 0.5])
SATURATED = np.array([40.0, 0.0, 1.0, -2.0])
SQUARES = Case(lambda x: np.sum(x * x), lambda x: 2 * x, Z)
ENTROPY = Case(entropy, slopes, Z)
CHALLENGER = datasets.load_challenger()
START = logistic_regression.init(1)
STANDARDISED = (CHALLENGER.X - CHALLENGER.X.mean()) / CHALLENGER.X.std()


def regression(vector: Floats) -> tuple[float, Floats]:
    """Logistic regression on the Challenger's data: its loss, and its gradient."""
    value, gradient = logistic_regression.value_and_grad(
        unpack(vector, START), STANDARDISED, CHALLENGER.labels, l2=0.01
    )
    return value, pack(gradient)


OPTIMUM = minimize(regression, pack(START), jac=True, method="BFGS", options={"gtol": 1e-12}).x


def saturated(z: Any) -> Any:
    return derivlib.softmax_cross_entropy(z, 0)


CASES = {
    "ordinary": ENTROPY,
    "of scale 1e-17": times(1e-17, ENTROPY),
    "of scale 1e-200": times(1e-200, ENTROPY),
    "of scale 1e200": times(1e200, ENTROPY),
    "of scale 1e300": times(1e300, ENTROPY),
    "squares near their optimum": SQUARES._replace(x=1e-8 * Z),
    "squares at 1e-100": SQUARES._replace(x=1e-100 * Z, resolved=False),
    "squares at 1e100": SQUARES._replace(x=1e100 * Z),
    "squares and 1, near their optimum": Case(
        lambda x: 1 + np.sum(x * x), lambda x: 2 * x, 1e-10 * Z, resolved=False
    ),
    "saturated": ENTROPY._replace(x=SATURATED, resolved=False),
    "far saturated": ENTROPY._replace(x=2.5 * SATURATED, resolved=False),
    "linear": Case(lambda x: x @ np.arange(1.0, 5), lambda x: np.arange(1.0, 5), Z),
    "linear at 0": Case(lambda x: x @ np.arange(1.0, 5), lambda x: np.arange(1.0, 5), 0 * Z),
    "small beside a constant": Case(
        lambda x: 1e10 + 1e-8 * entropy(x), lambda x: 1e-8 * slopes(x), Z, resolved=False
    ),
}
WRONG: dict[str, Callable[[Floats], Floats]] = {
    "times 1.5": lambda g: 1.5 * g,
    "negated": lambda g: -g,
    "zero": lambda g: 0 * g,
    "one entry off": lambda g: g * [1, 1, 1.5, 1],
    "two entries swapped": lambda g: g[[0, 2, 1, 3]],
}


def by_taylor(f: Any, gradient: Any, x: Floats) -> bool:
    return taylor_order(f, gradient, x) > 1.5


def by_step(f: Any, gradient: Any, x: Floats) -> bool:
    return check_gradient(f, gradient, x).ok


def answer(check: Any, f: Any, gradient: Any, x: Floats) -> str:
    try:
        return RIGHT if check(f, gradient, x) else SEEN
    except ValueError as error:
        assert any(words in str(error) for words in ("too coarse", "hide", "too small")), error
        return SAYS


checks = pytest.mark.parametrize("check", [by_taylor, by_step])
cases = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


@checks
@cases
@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_a_wrong_gradient_never_looks_right(
    check: Any, case: Case, wrong: Callable[[Floats], Floats]
) -> None:
    found = answer(check, case.f, wrong(case.gradient(case.x)), case.x)
    assert found in ((SEEN,) if case.resolved else (SEEN, SAYS))


KERNELS = {
    **{
        f"regression, {far:g} from its optimum": Case(
            lambda w: regression(w)[0], lambda w: regression(w)[1], OPTIMUM + far, resolved
        )
        for far, resolved in [(0.0, False), (1e-8, False), (1e-6, False), (1e-2, True)]
    },
    "saturated kernel": Case(saturated, slopes, SATURATED),
    "far saturated kernel": Case(saturated, slopes, 2.5 * SATURATED),
    "kernel in float32": Case(lambda z: saturated(z.astype("f4")), slopes, Z, resolved=False),
    "saturated kernel in float32": Case(
        lambda z: saturated(z.astype("f4")), slopes, SATURATED, resolved=False
    ),
    "zero": Case(lambda x: 0.0, lambda x: 0 * x, Z),
    "squares at 0": SQUARES._replace(x=0 * Z),
    "cubes at 0": Case(lambda x: np.sum(x**3), lambda x: 3 * x**2, 0 * Z),
    "flat": Case(lambda x: 5.0, lambda x: 0 * x, Z, resolved=False),
    "cosine at 0": Case(lambda x: np.sum(np.cos(x)), lambda x: -np.sin(x), 0 * Z, resolved=False),
    "cosines over whole periods": Case(
        lambda x: np.sum(np.cos(2 * np.pi * x)),
        lambda x: -2 * np.pi * np.sin(2 * np.pi * x),
        0.1 + 0 * Z,
    ),
    "entries of different sizes": Case(
        lambda x: 1e-16 * x[0] + x[1] ** 2 + x[2] ** 2 + x[3] ** 2,
        lambda x: np.array([1e-16, *2 * x[1:]]),
        Z * [1e16, 1, 1, 1],
        resolved=False,
    ),
}
"""Not for complex numbers."""
REAL_WRONG = WRONG | {"off by 1": lambda g: g + 1}


def spoiled(case: Case) -> Iterator[tuple[str, Floats]]:
    """The wrong gradients that differ from the right one."""
    right = np.asarray(case.gradient(case.x))
    for name, wrong in REAL_WRONG.items():
        given = wrong(np.resize(right, 4))[: right.size]  # the regression has two parameters
        if not np.array_equal(given, right):
            yield name, given


SPOILED = {
    f"{kind}, {name}": (case, given)
    for kind, case in KERNELS.items()
    for name, given in spoiled(case)
}


@pytest.mark.parametrize(("case", "given"), SPOILED.values(), ids=SPOILED)
def test_nor_does_one_of_a_real_function(case: Case, given: Floats) -> None:
    found = answer(by_taylor, case.f, given, case.x)
    assert found in ((SEEN,) if case.resolved else (SEEN, SAYS))


@pytest.mark.parametrize("case", KERNELS.values(), ids=KERNELS)
def test_nor_is_a_right_one_of_a_real_function_refused(case: Case) -> None:
    found = answer(by_taylor, case.f, case.gradient(case.x), case.x)
    assert found in ((RIGHT,) if case.resolved else (RIGHT, SAYS))


@checks
@cases
def test_a_right_gradient_never_looks_wrong(check: Any, case: Case) -> None:
    found = answer(check, case.f, case.gradient(case.x), case.x)
    assert found in ((RIGHT,) if case.resolved else (RIGHT, SAYS))


# What cannot be judged is refused.


@pytest.mark.parametrize(
    ("direction", "message"),
    [
        ([0.0] * 4, "direction: all its entries are 0"),
        ([0, 0, 0, -0.0], "direction: all its entries are 0"),
        ([1.0, np.nan, 0.0, 0.0], "direction: finite numbers are expected"),
        ([np.inf, 1.0, 0.0, 0.0], "direction: finite numbers are expected"),
        ([1.0, 2.0], r"direction: its shape \(2,\) is not that of x, \(4,\)"),
        ([[1.0, 2.0, 3.0, 4.0]], r"direction: its shape \(1, 4\)"),
        ([], "direction: empty"),
    ],
)
def test_directions_that_are_none(direction: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        taylor_order(entropy, slopes(Z), Z, direction)


def test_steps_that_are_periods_hide_nothing() -> None:
    def waves(x: Any) -> Any:
        return np.sum(np.cos(8 * np.pi * x))

    assert taylor_order(waves, 0 * Z, 0.1 + 0 * Z, np.ones(4)) == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize("length", [1e-320, 1e-200, 1.0, 1e200, 1e308])
def test_the_length_of_a_direction_does_not_matter(length: float) -> None:
    v = length * np.array([1.0, -0.5, 0.25, 0.0])
    assert taylor_order(entropy, slopes(Z), Z, v) == pytest.approx(2, abs=0.01)
    assert taylor_order(entropy, 1.5 * slopes(Z), Z, v) == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("factor", [1e-200, 1e-17, 1.0, 1e17, 1e200])
def test_a_part_that_is_not_analytic_is_seen_at_every_scale(factor: float) -> None:
    def f(x: Any) -> Any:
        return factor * (np.sum(np.exp(x[1:])) + np.exp(x[0].real))

    with pytest.raises(ValueError, match="f: not complex-analytic: its derivative"):
        check_gradient(f, factor * np.exp(Z) * [0, 1, 1, 1], Z)


def test_values_below_the_complex_step_are_refused() -> None:
    with pytest.raises(ValueError, match=r"f: its values, of the size 2\.\de-300, are too small"):
        check_gradient(lambda z: 1e-300 * entropy(z), 0 * Z, Z)


# In high precision.


def exact(z: Any) -> Any:
    return references.softmax_cross_entropy(z, 0)


EXACT = {
    "ordinary": Case(exact, slopes, Z),
    "saturated": Case(exact, slopes, SATURATED),
    "far saturated": Case(exact, slopes, 17 * SATURATED),
    "of scale 1e-200": times(1e-200, Case(exact, slopes, Z)),
    "of scale 1e200": times(1e200, Case(exact, slopes, Z)),
    "near an optimum": Case(lambda x: 1 + mp.fsum(x * x), lambda x: 2 * x, 1e-10 * Z),
}


@pytest.mark.parametrize("case", EXACT.values(), ids=EXACT)
def test_high_precision_sees_each(case: Case) -> None:
    right = case.gradient(case.x)
    assert check_gradient_mp(case.f, right, case.x).ok
    for name, wrong in WRONG.items():
        assert not check_gradient_mp(case.f, wrong(right), case.x).ok, name


@pytest.mark.parametrize(
    "f",
    [
        lambda z: float(exact(z)),
        lambda z: np.float64(float(z[0]) ** 2),
        lambda z: mp.mpf(float(mp.fsum(z * z))),
        lambda z: derivlib.logsumexp(z.astype(float)),
    ],
)
def test_float64_is_no_high_precision(f: Any) -> None:
    with pytest.raises(ValueError, match="f: not in high precision"):
        check_gradient_mp(f, 0 * Z, Z)

"""The references against the same formulas with far more digits than they could need."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mp

from derivlib.evidence import references
from derivlib.evidence.references import Real

DIGITS = 50
# exp(−1400) needs 608 digits beside 1, and its square, or a difference near it, twice as many.
PLENTY = 1400

ROWS: dict[str, list[float]] = {
    "ordinary": [0.3, -1.7, 2.2, 0.9],
    "wide": [670.0, 0.1, -690.0, 12.5],
    "dominant": [-3.0, 40.0, 1.0],
    "equal": [0.3, 0.3, 0.3, 0.3],
    "all but equal": [1e-150, 0.0, -1e-150, 0.0],
    "two in front": [5.0, 5.0, -300.0],
    "one class": [-7.5],
    "sum of nearly 1": [-0.6931471805599453, -0.6931471805599453],
    "large": [1e8, -1e8, 99999999.5],
}


def log_sum(row: Sequence[Real]) -> Real:
    return mp.log(mp.fsum(mp.exp(z) for z in row))


def naive_softmax(row: Sequence[Real]) -> list[Real]:
    return [mp.exp(z) / mp.fsum(mp.exp(x) for x in row) for z in row]


NAIVE: dict[str, Callable[..., Any]] = {
    "logsumexp": log_sum,
    "softmax": naive_softmax,
    "log_softmax": lambda row: [z - log_sum(row) for z in row],
    "softmax_cross_entropy": lambda row, y: log_sum(row) - row[y],
    "softmax_cross_entropy_grad": lambda row, y: [
        p - (j == y) for j, p in enumerate(naive_softmax(row))
    ],
    "sigmoid": lambda z: 1 / (1 + mp.exp(-z)),
    "sigmoid_grad": lambda z: mp.exp(-z) / (1 + mp.exp(-z)) ** 2,
    "log_sigmoid": lambda z: -mp.log(1 + mp.exp(-z)),
    "softplus": lambda z: mp.log(1 + mp.exp(z)),
    "sigmoid_binary_cross_entropy": lambda z, y: mp.log(1 + mp.exp(z)) - y * z,
    "sigmoid_binary_cross_entropy_grad": lambda z, y: mp.exp(z) / (1 + mp.exp(z)) - y,
}
OF_ROWS = ["logsumexp", "softmax", "log_softmax"]
OF_ROW_AND_TARGET = ["softmax_cross_entropy", "softmax_cross_entropy_grad"]
OF_NUMBERS = ["sigmoid", "sigmoid_grad", "log_sigmoid", "softplus"]
OF_NUMBER_AND_TARGET = ["sigmoid_binary_cross_entropy", "sigmoid_binary_cross_entropy_grad"]


def as_list(value: Any) -> list[Real]:
    return value if isinstance(value, list) else [value]


def agree(value: Any, truth: Any, tolerance: Real = 1e-49) -> bool:
    with mp.workdps(2 * PLENTY):
        return len(as_list(value)) == len(as_list(truth)) and all(
            abs(a - b) <= tolerance * abs(b)
            for a, b in zip(as_list(value), as_list(truth), strict=True)
        )


def check(name: str, *arguments: Any) -> None:
    """Whatever the precision in force, the reference is the exact value, rounded to it."""
    with mp.workdps(PLENTY):
        truth = NAIVE[name](*arguments)
        noise = mp.mpf(10) ** (100 - PLENTY)
        truth = [mp.mpf(0) if abs(x) < noise else x for x in as_list(truth)]
    for digits in (15, DIGITS, 2 * DIGITS):
        with mp.workdps(digits):
            value, half_a_unit = getattr(references, name)(*arguments), mp.eps / 2
            assert all(x == +x for x in as_list(value))
        assert agree(value, truth, 1.000001 * half_a_unit)


def exactly(row: Sequence[float]) -> list[Real]:
    return [mp.convert(z) for z in row]


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
@pytest.mark.parametrize("name", OF_ROWS)
def test_functions_of_a_row(name: str, row: list[float]) -> None:
    if row != ROWS["large"]:
        check(name, exactly(row))
    else:  # exp(−2e8) is out of the naive formulas' reach, but the quotients are plain
        with mp.workdps(DIGITS):
            largest = references.logsumexp(row)
            assert agree(largest, 10**8 + mp.log1p(mp.exp(-0.5)))
            assert agree(references.log_softmax(row), [z - largest for z in exactly(row)], 1e-40)


@pytest.mark.parametrize("row", [ROWS[key] for key in ROWS if key != "large"])
@pytest.mark.parametrize("name", OF_ROW_AND_TARGET)
def test_cross_entropy_of_each_class(name: str, row: list[float]) -> None:
    for label in range(len(row)):
        check(name, exactly(row), label)


@given(st.lists(st.floats(-690, 690), min_size=1, max_size=3), st.data())
@settings(max_examples=15, deadline=None)
def test_any_row(row: list[float], data: st.DataObject) -> None:
    check("log_softmax", exactly(row))
    label = data.draw(st.integers(0, len(row) - 1))
    for name in OF_ROW_AND_TARGET:
        check(name, exactly(row), label)


@pytest.mark.parametrize("z", [0.0, 0.7, -0.7, 40.0, -40.0, 745.0, -745.0, 5e-324])
def test_functions_of_a_number(z: float) -> None:
    for name in OF_NUMBERS:
        check(name, mp.convert(z))
    for name in OF_NUMBER_AND_TARGET:
        for y in (0, 1, 0.5, 0.25, 1 - 2**-53):
            check(name, mp.convert(z), mp.convert(y))


def test_sum_of_weights_is_free() -> None:
    row, weights = exactly(ROWS["ordinary"]), exactly([0.5, 0.0, 3.0, -1.25])
    with mp.workdps(DIGITS):
        log_p, p = NAIVE["log_softmax"](row), naive_softmax(row)
        value = -mp.fsum(y * x for y, x in zip(weights, log_p, strict=True))
        grad = [2.25 * p_i - y for p_i, y in zip(p, weights, strict=True)]
        assert agree(references.softmax_cross_entropy(row, weights), value)
        assert agree(references.softmax_cross_entropy_grad(row, weights), grad)


DERIVATIVES: dict[str, tuple[Callable[[Real], Real], Callable[[Real], Real]]] = {
    "sigmoid": (references.sigmoid, references.sigmoid_grad),
    "softplus": (references.softplus, references.sigmoid),
    "log_sigmoid": (references.log_sigmoid, lambda z: references.sigmoid(-z)),
    "binary": (
        lambda z: references.sigmoid_binary_cross_entropy(z, 0.3),
        lambda z: references.sigmoid_binary_cross_entropy_grad(z, 0.3),
    ),
    "logsumexp": (
        lambda z: references.logsumexp([1, z, -2]),
        lambda z: references.softmax([1, z, -2])[1],
    ),
    "label": (
        lambda z: references.softmax_cross_entropy([1, z, -2], 1),
        lambda z: references.softmax_cross_entropy_grad([1, z, -2], 1)[1],
    ),
    "weights": (
        lambda z: references.softmax_cross_entropy([1, z, -2], [0.25, 3, -0.5]),
        lambda z: references.softmax_cross_entropy_grad([1, z, -2], [0.25, 3, -0.5])[1],
    ),
}


@pytest.mark.parametrize("name", DERIVATIVES)
@pytest.mark.parametrize("z", [-300, -2.5, 0, 0.75, 300])
def test_gradients_are_the_derivatives(name: str, z: float) -> None:
    f, derivative = DERIVATIVES[name]
    with mp.workdps(400):  # as exp(−300) stands beside 1
        measured = mp.diff(f, mp.convert(z))
    with mp.workdps(DIGITS):
        assert agree(derivative(z), measured)


def test_zero_is_exactly_zero() -> None:
    equal = [0.3] * 4
    assert references.softmax_cross_entropy_grad(equal, [0.25] * 4) == [0, 0, 0, 0]
    assert references.softmax_cross_entropy([-7.5], 0) == 0
    assert references.log_softmax([-7.5]) == [0]


def test_what_underflows_in_every_dtype_is_not_resolved() -> None:
    (log_p, _), grad = (
        references.log_softmax([1e6, 0]),
        references.softmax_cross_entropy_grad([1e6, 0], 0),
    )
    assert abs(log_p) < mp.mpf(10) ** -5000 and abs(grad[0]) < mp.mpf(10) ** -5000
    assert agree(grad[1], mp.exp(-(10**6)), 1e-15)


def test_what_does_not_underflow_in_longdouble_is_resolved() -> None:
    assert agree(references.log_softmax([11000, 0])[0], -mp.exp(-11000), 1e-15)  # -1.6e-4778


def test_weights_that_cancel_at_large_size() -> None:
    """1·log p_2 − 3·log p_3 is 2·log Σ exp(z_k), after two numbers of 60 digits have cancelled."""
    row, weights = [0, 1, -3 * 2.0**200, -(2.0**200)], [1, 0, 1, -3]
    with mp.workdps(DIGITS):
        assert agree(references.softmax_cross_entropy(row, weights), -references.logsumexp([0, 1]))


def test_infinite_numbers() -> None:
    assert (references.sigmoid(mp.inf), references.sigmoid(-mp.inf)) == (1, 0)
    assert (references.softplus(mp.inf), references.softplus(-mp.inf)) == (mp.inf, 0)
    assert references.sigmoid_binary_cross_entropy(mp.inf, 1) == 0
    assert references.sigmoid_binary_cross_entropy(mp.inf, 0) == mp.inf


def test_a_logit_of_minus_infinity_is_a_class_that_is_not_there() -> None:
    row, masked = [1.0, 2.5], [1.0, -mp.inf, 2.5]
    p, q = references.softmax(row), references.softmax(masked)
    assert q == [p[0], 0, p[1]]
    assert references.logsumexp(masked) == references.logsumexp(row)
    assert references.log_softmax(masked)[1] == -mp.inf
    assert references.softmax_cross_entropy(masked, 1) == mp.inf
    assert references.softmax_cross_entropy(masked, 2) == references.softmax_cross_entropy(row, 1)
    assert references.softmax_cross_entropy(masked, [0.5, 0, 0.5]) == (
        references.softmax_cross_entropy(row, [0.5, 0.5])
    )


@pytest.mark.parametrize("row", [[], [mp.nan, 1], [mp.inf, 1], [-mp.inf, -mp.inf]])
@pytest.mark.parametrize("name", OF_ROWS)
def test_rows_outside_the_domain(name: str, row: list[Real]) -> None:
    with pytest.raises(ValueError, match="logits: "):
        getattr(references, name)(row)


@pytest.mark.parametrize("target", [-1, 3, [1, 0], [1, 0, 0, 0]])
@pytest.mark.parametrize("name", OF_ROW_AND_TARGET)
def test_targets_outside_the_domain(name: str, target: Any) -> None:
    with pytest.raises(ValueError, match=r"target: .* (3 classes|from 0 to 2)"):
        getattr(references, name)([1, 2, 3], target)


def test_the_precision_in_force_is_left_alone() -> None:
    with mp.workdps(31):
        for name in OF_ROWS:
            getattr(references, name)([100, 0])
        assert mp.dps == 31

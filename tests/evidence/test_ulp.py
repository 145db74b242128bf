"""ULP errors that are known beforehand: spacings, spoiled kernels, and NumPy's and SciPy's own."""

import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from mpmath import mp
from numpy.typing import NDArray
from scipy.special import log_softmax as scipy_log_softmax

import derivlib
from derivlib.evidence import ULPReport, measure_ulp, references, ulp, ulp_error

Array = NDArray[Any]

DTYPES = [np.float16, np.float32, np.float64, np.longdouble]
finite = st.floats(-1e308, 1e308)
every_dtype = pytest.mark.parametrize("dtype", DTYPES, ids=lambda dtype: dtype.__name__)


def exactly(x: Any) -> Any:
    """The number x, by another way than the module's: its significand, scaled."""
    significand, exponent = np.frexp(np.longdouble(x))
    return mp.ldexp(mp.convert(int(np.ldexp(significand, 64))), int(exponent) - 64)


def identity(x: Any) -> Any:
    return x


def rng() -> np.random.Generator:
    return np.random.default_rng(7)


# The unit.


@every_dtype
def test_ulp_is_the_spacing_of_every_magnitude(dtype: Any) -> None:
    info = np.finfo(dtype)
    exponents = np.arange(info.minexp - info.nmant, info.maxexp)
    powers = np.ldexp(dtype(1), exponents[:: max(1, len(exponents) // 300)])
    between = powers * dtype(1.7)
    ends = [dtype(0), info.smallest_subnormal, info.smallest_normal, info.max]
    for x in [*powers, *between[np.isfinite(between)], *ends]:
        # NumPy's spacing of the largest number reaches to infinity.
        expected = np.spacing(np.nextafter(x, dtype(0)) if x == info.max else x)
        assert ulp(exactly(x), dtype) == exactly(expected)
        assert ulp(exactly(-x), dtype) == exactly(expected)


@given(finite)
@settings(deadline=None)
def test_ulp_is_the_spacing_of_any_float64(x: float) -> None:
    assert ulp(x, np.float64) == abs(np.spacing(x))


def test_ulp_of_reals_beside_a_power_of_two() -> None:
    with mp.workdps(50):
        assert ulp(1, np.float64) == 2.0**-52
        assert ulp(1 - mp.mpf(10) ** -40, np.float64) == 2.0**-53
        assert ulp(1 + mp.mpf(10) ** -40, np.float64) == 2.0**-52


@pytest.mark.parametrize("x", [mp.inf, -mp.inf, mp.nan])
def test_ulp_is_of_finite_numbers(x: Any) -> None:
    with pytest.raises(ValueError, match="x: a finite number"):
        ulp(x, np.float64)


# The error.


@every_dtype
@pytest.mark.parametrize("quarters", [0, 1, 2, 3, 5, 4000])
def test_error_counts_units_and_their_parts(dtype: Any, quarters: int) -> None:
    actual = dtype(1) + np.arange(6, dtype=dtype) * np.finfo(dtype).eps
    with mp.workdps(60):
        unit = ulp(1, dtype)
        exact = [exactly(a) + mp.mpf(quarters) / 4 * unit for a in actual]
    assert ulp_error(actual, exact).tolist() == [quarters / 4] * 6  # all in [1, 2)


def test_unit_is_that_of_the_exact_value() -> None:
    with mp.workdps(50):
        below_one = 1 - mp.ldexp(1, -55)
        assert ulp_error([1.0, 1 - 2**-53], [below_one, below_one]).tolist() == [0.25, 0.75]


@every_dtype
def test_error_of_subnormals_and_of_zero(dtype: Any) -> None:
    least = np.finfo(dtype).smallest_subnormal
    actual = np.array([0, least, -least, 3 * least], dtype=dtype)
    with mp.workdps(60):
        unit = exactly(least)
        assert ulp_error(actual, [mp.mpf(0)] * 4).tolist() == [0, 1, 1, 3]
        assert ulp_error(actual, [unit / 4] * 4).tolist() == [0.25, 0.75, 1.25, 2.75]


@every_dtype
def test_error_at_infinity(dtype: Any) -> None:
    largest, inf, nan = np.finfo(dtype).max, dtype(np.inf), dtype(np.nan)
    with mp.workdps(60):
        unit = ulp(exactly(largest), dtype)
        rounds_to_inf = exactly(largest) + unit / 2
        rounds_to_largest = exactly(largest) + unit * mp.mpf("0.49999")
    table = [
        (inf, mp.inf, 0.0),
        (-inf, -mp.inf, 0.0),
        (inf, -mp.inf, np.inf),
        (inf, rounds_to_inf, 0.0),
        (-inf, -rounds_to_inf, 0.0),
        (-inf, rounds_to_inf, np.inf),
        (inf, rounds_to_largest, np.inf),
        (largest, rounds_to_largest, 0.49999),
        (largest, mp.inf, np.inf),
        (inf, mp.mpf(0), np.inf),
        (nan, mp.mpf(1), np.inf),
        (nan, mp.inf, np.inf),
        (nan, mp.nan, 0.0),
        (dtype(1), mp.nan, np.inf),
    ]
    actual, exact, expected = zip(*table, strict=True)
    assert ulp_error(np.array(actual), exact) == pytest.approx(expected, rel=1e-12)


@given(npst.arrays(np.float64, npst.array_shapes(min_dims=0, min_side=0), elements=finite))
@settings(deadline=None)
def test_a_float_is_its_own_exact_value(actual: Array) -> None:
    exact = np.array([mp.mpf(x) for x in actual.ravel().tolist()], dtype=object)
    errors = ulp_error(actual, exact.reshape(actual.shape))
    assert errors.dtype == np.float64 and errors.shape == actual.shape
    assert not errors.any()


@every_dtype
def test_correct_rounding_is_half_a_unit_at_most(dtype: Any) -> None:
    with mp.workdps(60):
        exact = [mp.mpf(1) / k for k in range(1, 200)]
    errors = ulp_error(dtype(1) / np.arange(1, 200).astype(dtype), exact)
    assert 0.45 < errors.max() <= 0.5


def test_a_low_precision_in_force_does_no_harm() -> None:
    with mp.workdps(50):
        exact = mp.mpf(1) / 3
    with mp.workdps(3):
        assert ulp_error(1 / 3, exact) == pytest.approx(1 / 3, rel=1e-15)
        assert ulp_error(1.0, mp.mpf(1)) == 0


def test_bad_arguments_of_ulp_error() -> None:
    with pytest.raises(TypeError, match=r"actual: an array of floats .* int64"):
        ulp_error(np.array([1, 2]), [mp.mpf(1), mp.mpf(2)])
    with pytest.raises(TypeError, match=r"actual: .* complex128"):
        ulp_error(np.array([1j]), [mp.mpf(1)])
    with pytest.raises(ValueError, match=r"exact: its shape \(3,\) is not that of actual, \(2,\)"):
        ulp_error([1.0, 2.0], [mp.mpf(1)] * 3)


# Whole kernels.


@every_dtype
@pytest.mark.parametrize("k", [1, 3, 200])
def test_a_spoiled_kernel_is_off_by_what_it_was_spoiled(dtype: Any, k: int) -> None:
    x = (1 + rng().uniform(0, 0.5, size=(4, 5))).astype(dtype)

    def spoiled(x: Array) -> Array:
        result = x.copy()
        result[2, 3] += k * np.finfo(dtype).eps
        return result

    for elementwise in (False, True):
        report = measure_ulp(spoiled, identity, x, elementwise=elementwise)
        assert (report.max, report.mean, report.median) == (k, k / 20, 0)
        assert (report.count, report.dtype, report.worst_index) == (20, dtype, (2, 3))
        assert report.errors.shape == (4, 5) and report.errors[2, 3] == report.errors.sum() == k
        (row,) = report.worst_input
        assert np.array_equal(row, x[2, 3] if elementwise else x[2])
        assert report.worst_actual == spoiled(x)[2, 3]
        assert report.worst_exact == exactly(x[2, 3])


def test_numpys_exp_is_within_one_ulp() -> None:
    x = np.linspace(-740, 709, 3000)
    report = measure_ulp(np.exp, mp.exp, x, elementwise=True)
    assert 0.5 <= report.max < 1  # no library's exp is correctly rounded everywhere
    assert measure_ulp(np.sqrt, mp.sqrt, abs(x), elementwise=True).max <= 0.5  # but sqrt must be


def test_scipys_log_softmax_loses_every_digit_of_a_dominant_class() -> None:
    logits = rng().normal(size=(40, 5))
    logits[:, 2] += 40
    theirs = measure_ulp(lambda z: scipy_log_softmax(z, axis=-1), references.log_softmax, logits)
    ours = measure_ulp(derivlib.log_softmax, references.log_softmax, logits)
    assert theirs.max > 1e15 and theirs.worst_index[1] == 2
    assert ours.max < 4


def test_kernels_with_labels_weights_and_any_batch() -> None:
    logits = rng().normal(size=(2, 3, 4))
    labels = rng().integers(4, size=(2, 3))
    for kernel, reference in [
        (derivlib.softmax_cross_entropy, references.softmax_cross_entropy),
        (derivlib.softmax_cross_entropy_grad, references.softmax_cross_entropy_grad),
    ]:
        by_label = measure_ulp(kernel, reference, logits, labels)
        by_weights = measure_ulp(kernel, reference, logits, np.eye(4)[labels])
        one_row = measure_ulp(kernel, reference, logits[1, 2], labels[1, 2])
        assert by_label.max < 6 and by_weights.max < 6 and one_row.max < 6
        assert by_label.count == by_weights.count == 6 * one_row.count
        wrong = measure_ulp(kernel, reference, logits, labels[::-1])
        assert wrong.max < 6, "labels go along with their rows"
        mixed = measure_ulp(lambda z, y, f=kernel: f(z, y[::-1]), reference, logits, labels)
        assert mixed.max > 1e10


def test_a_scalar_is_an_elementwise_input() -> None:
    report = measure_ulp(np.exp, mp.exp, 0.3, elementwise=True)
    assert report.count == 1 and report.worst_index == () and report.max < 1


def test_reference_gets_exact_numbers_and_the_digits_asked_for() -> None:
    seen = []

    def reference(row: Any, label: Any, weights: Any) -> Any:
        seen.append((mp.dps, row, label, weights))
        return row[label]

    third = np.longdouble(1) / 3
    x, y = np.array([[0.1, 0.2]], dtype=np.float32), np.array([1])
    weights = np.array([[third, 1]])
    before = mp.dps
    report = measure_ulp(lambda x, y, w: x[:, 1], reference, x, y, weights, digits=37)
    assert report.max == 0 and mp.dps == before
    ((digits, row, label, given),) = seen
    assert digits == 37 and type(label) is int and label == 1
    assert row == [exactly(np.float32(0.1)), exactly(np.float32(0.2))]
    assert given == [exactly(third), 1]


def test_a_kernel_cannot_deceive_by_overwriting_its_input() -> None:
    def in_place(x: Array) -> Array:
        x *= 1 + 2**-40
        return x

    assert measure_ulp(in_place, identity, np.ones((2, 2))).max == 2**12


def test_nan_is_the_worst_of_all() -> None:
    report = measure_ulp(lambda x: np.where(x == 2, np.nan, x), identity, np.arange(4.0))
    assert report.max == np.inf and report.worst_index == (2,)


@pytest.mark.parametrize(
    ("inputs", "elementwise", "message"),
    [
        ((), False, "inputs: none"),
        ((1.0,), False, "no class axis"),
        ((np.ones((3, 2)), np.ones(2)), False, r"\(3, 2\) or \(3,\) is expected, given \(2,\)"),
        ((np.ones((3, 2)), np.ones(3)), True, r"shape \(3, 2\) is expected, given \(3,\)"),
        ((np.ones((0, 2)),), True, "nothing to compare"),
        ((np.ones((0, 2)),), False, r"kernel gives shape \(0, 2\), the reference \(0,\)"),
    ],
)
def test_inputs_that_do_not_fit(inputs: tuple[Any, ...], elementwise: bool, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        measure_ulp(lambda *x: x[0], lambda *x: x[0], *inputs, elementwise=elementwise)


def test_results_that_do_not_fit() -> None:
    with pytest.raises(ValueError, match=r"kernel gives shape \(2,\), the reference \(2, 3\)"):
        measure_ulp(derivlib.logsumexp, references.softmax, np.ones((2, 3)))
    with pytest.raises(TypeError, match=r"actual: .* int64"):
        measure_ulp(lambda x: x.astype(int), identity, np.ones((2, 3)))


def test_report_on_one_line() -> None:
    report = measure_ulp(
        lambda z, y: derivlib.softmax_cross_entropy(z, y).astype(np.float32),
        references.softmax_cross_entropy,
        np.linspace(0, 1, 2000).reshape(2, 1000),
        np.array([3, 5]),
    )
    text = str(report)
    assert "\n" not in text and len(text) < 300
    assert text.startswith("max ") and " over 2 float32 values; worst at [" in text
    assert ", ..., " in text and f"], {(3, 5)[report.worst_index[0]]}: " in text
    assert f": {report.worst_actual!s}, exactly {mp.nstr(report.worst_exact, 20)}" in text
    thousand = measure_ulp(identity, identity, np.ones((1000, 1)))
    assert "over 1,000 float64 values; worst at [1.0]: 1.0, exactly 1.0" in str(thousand)


def test_progress_needs_tqdm_and_nothing_else_does(monkeypatch: pytest.MonkeyPatch) -> None:
    def measure(progress: bool) -> ULPReport:
        return measure_ulp(np.exp, mp.exp, np.ones(3), elementwise=True, progress=progress)

    pytest.importorskip("tqdm")
    assert measure(progress=True).max == measure(progress=False).max
    monkeypatch.setitem(sys.modules, "tqdm", None)
    assert measure(progress=False).count == 3
    with pytest.raises(ImportError):
        measure(progress=True)

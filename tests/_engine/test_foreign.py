"""What other libraries hand over is read as NumPy reads it, or refused by the argument's name.

The libraries themselves are not needed: what stands in for them offers what they offer. They are
asked in `tests/foreign/test_arrays.py`.
"""

from __future__ import annotations

import array
import inspect
import re
from collections import deque
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import scipy.sparse

import derivlib
from derivlib import softmax, softmax_cross_entropy
from derivlib._engine import foreign
from derivlib.evidence import gradient_check
from derivlib.models import logistic_regression, pack, softmax_regression, unpack
from tests.support.kernels import CALLS, Call

NUMBERS = np.array([1.0, 2.0])


def offering(**members: Any) -> Any:
    """An object of a type with these members, which NumPy reads as [1, 2]."""
    return type("Foreign", (), {"__array__": lambda *_, **__: NUMBERS, **members})()


def masked(*mask: bool) -> Any:
    return np.ma.array(np.arange(1.0, 1.0 + len(mask)), mask=mask)


def never(*_: Any, **__: Any) -> Any:
    raise AssertionError("computed")


def of_units(**members: Any) -> Any:
    """Numbers of a subclass of NumPy's array that has a unit."""
    return NUMBERS.view(type("Quantity", (np.ndarray,), members))


Tracer = type("Tracer", (), {"__module__": "jax._src.core", "__array__": never})
Category = type("Category", (), {"__str__": lambda self: "category"})
Own = type("Own", (), {"__str__": lambda self: "Int64"})  # a dtype that is not NumPy's
GONE = [False, True]

REFUSED: dict[str, tuple[Any, type[Exception], str]] = {
    # by what it is
    "lazy": (offering(__dask_graph__=dict, __array__=never), TypeError, r"pass z.compute\(\)"),
    "masked": (masked(False, True), ValueError, "masked entries: fill them"),
    "masked alone": (np.ma.masked, ValueError, "masked entries"),
    "masked tensor": (offering(get_mask=lambda self: GONE), ValueError, "masked entries"),
    "astropy's unit": (of_units(unit="m", to_value=None), TypeError, "unit"),
    "pint's unit": (offering(units="m", magnitude=NUMBERS), TypeError, "unit"),
    "unyt's unit": (of_units(in_units=None), TypeError, "unit"),
    "traced": (type("DynamicTracer", (Tracer,), {})(), TypeError, "outside of jit"),
    "series with gaps": (offering(isna=lambda self: GONE, dtype=Own()), ValueError, "missing"),
    "table with gaps": (
        offering(isna=lambda self: [GONE], columns=[], dtypes=[np.dtype(float), Own()]),
        ValueError,
        "missing",
    ),
    "arrow with gaps": (offering(null_count=1), ValueError, "missing entries"),
    "polars with gaps": (offering(null_count=lambda self: 1), ValueError, "missing entries"),
    "arrow table with gaps": (
        offering(itercolumns=lambda self: [SimpleNamespace(null_count=n) for n in (0, 1)]),
        ValueError,
        "missing entries",
    ),
    "categories": (offering(isna=never, dtype=Category()), TypeError, "categorical"),
    "table of categories": (
        offering(isna=never, columns=[], dtypes=[np.dtype(float), Category()]),
        TypeError,
        "categorical",
    ),
    "with a gradient": (offering(requires_grad=True, detach=None), TypeError, r"z.detach\(\)"),
    "sparse": (scipy.sparse.eye_array(2), TypeError, r"sparse: pass z.todense\(\)"),
    "sparse matrix": (scipy.sparse.eye(2, format="csr"), TypeError, "sparse"),
    # by what its own library says
    "on a GPU": (
        offering(__array__=lambda *_, **__: (_ for _ in ()).throw(TypeError("use .get()"))),
        TypeError,
        r"Foreign says use .get\(\); pass an array of NumPy",
    ),
    # by what NumPy makes of it
    "None": (None, TypeError, "got None: pass an array or a list"),
    "generator": ((x for x in NUMBERS), TypeError, "got a generator: pass an array or a list"),
    "map": (map(float, [1]), TypeError, "got a map"),
    "dict": ({0: 1.0}, TypeError, "got a dict"),
    "set": ({1.0}, TypeError, "got a set"),
    "string": ("1.0", TypeError, "dtype <U3"),
    "bytes": (b"1.0", TypeError, r"dtype \|S3"),
    "strings": (["1", "2"], TypeError, r"np.asarray\(z, float\)"),
    "strings of any length": (np.array(["1"], np.dtypes.StringDType()), TypeError, "asarray"),
    "a gap in a list": ([1.0, None], TypeError, "an entry of which is None: fill what is missing"),
    "decimals": ([1, Decimal("0.1")], TypeError, r"Decimal\('0.1'\): pass numbers"),
    "a fraction": (Fraction(1, 3), TypeError, "got a fractions.Fraction"),
    "fractions": ([Fraction(1, 3)], TypeError, r"Fraction\(1, 3\)"),
    "integers too long": ([2**70], TypeError, "1180591620717411303424"),
    "ragged": ([[1.0], [1.0, 2.0]], ValueError, "inhomogeneous"),
    "complex": ([1j], TypeError, "real or its imaginary"),
    "dates": (np.array(["2020"], "M8[Y]"), TypeError, "days since"),
    "durations": (np.array([1], "m8[s]"), TypeError, r"z / np.timedelta64"),
    "structured": (np.zeros(2, [("a", float)]), TypeError, "one of its fields"),
    "records": (np.rec.array(np.zeros(2, [("a", float)])), TypeError, "one of its fields"),
    # in a list
    "a masked row": ([masked(False, False), masked(True, False)], ValueError, r"z\[1\] has masked"),
    "a masked entry": ([[1.0, np.ma.masked]], ValueError, r"z\[0\]\[1\] has masked"),
    "lazy rows": ([offering(__dask_graph__=dict)], TypeError, r"z\[0\]\.compute"),
    "a tuple with a gradient": (
        (offering(requires_grad=True, detach=None),),
        TypeError,
        r"z\[0\]\.detach",
    ),
}


@pytest.mark.parametrize(("value", "error", "said"), REFUSED.values(), ids=REFUSED)
def test_refused(value: Any, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=rf"^(?=z\b).*{said}"):
        softmax(value, axis=None)


READ: dict[str, tuple[Any, Any]] = {
    "all of it there": (masked(False, False), NUMBERS),
    "matrix": (np.matrix([[1.0, 2.0]]), [[1.0, 2.0]]),
    "sequence": (range(1, 3), NUMBERS),
    "queue": (deque([1.0, 2.0]), NUMBERS),
    "buffer": (array.array("d", [1.0, 2.0]), NUMBERS),
    "a number": (1.0, 1.0),
    "rows": ([NUMBERS, NUMBERS], [NUMBERS, NUMBERS]),
    "rows of others": ([offering(), (1.0, np.float64(2.0))], [NUMBERS, NUMBERS]),
    "array": (offering(), NUMBERS),
    "not lazy": (offering(__dask_graph__=lambda self: None), NUMBERS),
    "tensor": (offering(requires_grad=False, detach=None), NUMBERS),
    "series": (offering(isna=lambda self: [False, False], dtype=Own()), NUMBERS),
    # In a series of NumPy's floats, NaN is a number as any other: no one looks for it.
    "series of floats": (offering(isna=never, dtype=np.dtype(float)), NUMBERS),
    "table": (offering(isna=never, columns=[], dtypes=[np.dtype(float)]), NUMBERS),
    "arrow": (offering(null_count=0), NUMBERS),
    "polars": (offering(null_count=lambda self: 0), NUMBERS),
    "units of no numbers": (offering(units="m"), NUMBERS),
}


@pytest.mark.parametrize(("value", "numbers"), READ.values(), ids=READ)
def test_read(value: Any, numbers: Any) -> None:
    result = softmax(value, axis=None)
    expected = softmax(np.array(numbers), axis=None)
    np.testing.assert_array_equal(result, expected, strict=True)
    assert type(result) is type(expected)


def test_columns_of_a_table_may_have_any_name() -> None:
    """As attributes of the instance, which are not asked."""
    table = offering()
    for name in ("mask", "unit", "to_value", "isna", "requires_grad", "detach", "todense"):
        setattr(table, name, True)
    np.testing.assert_array_equal(softmax(table), softmax(NUMBERS))


def test_a_file_is_read(tmp_path: Path) -> None:
    file = np.memmap(tmp_path / "z", float, "w+", shape=2)
    file[:] = NUMBERS
    assert type(softmax(file)) is np.ndarray
    np.testing.assert_array_equal(softmax(file), softmax(NUMBERS))


def test_a_list_that_holds_itself_is_refused() -> None:
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises((TypeError, ValueError), match="z must be an array of real numbers"):
        softmax(endless)


def test_memory_that_runs_out_is_no_wrong_input() -> None:
    def full(*_: Any, **__: Any) -> Any:
        raise MemoryError

    with pytest.raises(MemoryError):
        softmax(offering(__array__=full))


# --- every argument -------------------------------------------------------------------------------

ARRAYS: dict[str, Any] = {
    "logits": np.zeros((2, 3)),
    "labels": np.array([0, 2]),
    "soft labels": np.full((2, 3), 1 / 3),
    "flags": np.ones((2, 3), int),
    "soft flags": np.full((2, 3), 0.5),
    "p": np.full((2, 3), 1 / 3),
    "v": np.ones((2, 3)),
}


def with_a_mask(values: Any) -> Any:
    mask = np.zeros(np.shape(values), bool)
    mask.flat[0] = True
    return np.ma.array(values, mask=mask)


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_no_mask_is_ignored(call: Call) -> None:
    names = list(inspect.signature(call.kernel.function).parameters)
    for name, argument in zip(names, call.arguments, strict=False):
        arrays = ARRAYS | {argument: with_a_mask(ARRAYS[argument])}
        with pytest.raises(ValueError, match=rf"^{name} has masked entries"):
            call(arrays)
    if call.kernel.takes_out:
        results = call(ARRAYS)
        result = results[-1] if isinstance(results, tuple) else results
        with pytest.raises(ValueError, match=r"^out has masked entries"):
            call(ARRAYS, out=with_a_mask(result))
        plain = np.ma.array(np.empty_like(result))
        call(ARRAYS, out=plain)
        np.testing.assert_array_equal(plain.data, result)


X, LABELS, MASKED = np.ones((2, 1)), np.array([0, 1]), masked(True)
MODELS: dict[str, tuple[Callable[[], Any], str]] = {
    "parameters": (
        lambda: logistic_regression.loss(
            logistic_regression.Parameters(MASKED, np.array(0.0)), X, LABELS
        ),
        "parameters.weights",
    ),
    "X": (
        lambda: softmax_regression.loss(softmax_regression.init(1, 2), with_a_mask(X), LABELS),
        "X",
    ),
    "labels": (
        lambda: softmax_regression.loss(softmax_regression.init(1, 2), X, with_a_mask(LABELS)),
        "labels",
    ),
    "packed": (
        lambda: pack(logistic_regression.Parameters(MASKED, np.array(0.0))),
        r"parameters\[0\]",
    ),
    "unpacked": (lambda: unpack(masked(True, False), logistic_regression.init(1)), "vector"),
    "gradient": (
        lambda: gradient_check.check_gradient(
            lambda x: (x**2).sum(), masked(True), np.array([0.5])
        ),
        "gradient",
    ),
}


@pytest.mark.parametrize(("call", "name"), MODELS.values(), ids=MODELS)
def test_nor_by_models_and_evidence(call: Callable[[], Any], name: str) -> None:
    with pytest.raises(ValueError, match=rf"^{name} has masked entries"):
        call()


# --- labels ---------------------------------------------------------------------------------------

LABELS_REFUSED: dict[str, tuple[Any, str]] = {
    "too few": ([0], r"they must have shape (2,), got (1,)"),
    "none": ([], r"labels are empty: for logits of shape (2, 3) and axis 1 they must have shape "
                 "(2,), got (0,)"),
    "one missing": ([0, np.nan], "labels[1] is missing (NaN): leave its example out"),
    "floats": ([0.0, 1.0], "true classes are integers, of shape (2,)"),
    "integers of all classes": (np.eye(2, 3, dtype=int), "labels are integers, which are true"),
    "a distribution too few": (np.full((1, 3), np.nan), "must have shape (2, 3), got (1, 3)"),
}  # fmt: skip


@pytest.mark.parametrize(("labels", "said"), LABELS_REFUSED.values(), ids=LABELS_REFUSED)
def test_labels(labels: Any, said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        softmax_cross_entropy(np.zeros((2, 3)), labels)


def test_a_single_label_that_is_missing() -> None:
    with pytest.raises(ValueError, match=r"^labels is missing \(NaN\)"):
        softmax_cross_entropy([0.0, 0.0], np.nan)


@pytest.mark.parametrize("shape", [(0, 3), (2, 0)])
def test_where_there_are_none_labels_may_be_empty(shape: tuple[int, int]) -> None:
    labels: Any = [] if not shape[0] else np.empty(shape)
    assert derivlib.softmax_cross_entropy(np.zeros(shape), labels).shape == shape[:1]


def test_a_label_of_the_classes_shape_counts_as_a_distribution() -> None:
    """A single example of as many classes as a vector of labels would have entries."""
    assert foreign.labels_error(np.array([np.nan, 1.0]), (2,), 0) is None

"""Arrays of any layout, cut into tiles: the textbook's numbers, the same bits on any number of
threads, and little memory."""

import tracemalloc
from collections.abc import Callable, Iterator
from functools import cache, partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import derivlib
from derivlib._engine import columns, tiles
from derivlib._engine.tiles import cuts
from tests.support.arrays import Array, assert_equal, unhurried
from tests.support.kernels import ALONG_AN_AXIS, CALLS
from tests.support.textbook import results

MIB = 2**20

# Calls whose tiles hold what those of another call hold.
ALIKE = {
    "softmax_vjp",
    "softmax_cross_entropy_hvp soft",
    "softmax_cross_entropy_hvp hard smoothed",
    *(name for name in CALLS if name.endswith("soft smoothed")),
}
OTHERS = {name: call for name, call in ALONG_AN_AXIS.items() if name not in ALIKE}


@pytest.fixture(autouse=True)
def two_threads() -> Iterator[None]:
    before = derivlib.get_num_threads()
    derivlib.set_num_threads(2)
    yield
    derivlib.set_num_threads(before)


@pytest.fixture(params=["tiles", "small tiles"])
def sizes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Tiles as they are, and such that even small arrays have many, cut along the classes, too."""
    if request.param == "small tiles":
        monkeypatch.setattr(tiles, "TILE", 2**11)
        monkeypatch.setattr(tiles, "SMALL", 0)
        monkeypatch.setattr(columns, "PART", 2**10)
    return str(request.param)


@cache
def problem(rows: int, classes: int, dtype: str) -> dict[str, Array]:
    """Logits (some rows of which need a shift), labels of both kinds, and a direction.

    Do not write to them: they are the same for all tests.
    """
    rng = np.random.default_rng(classes)
    z = rng.normal(0, 3, (rows, classes))
    z[::3] += 100 if dtype in ("float16", "float32") else 3000
    if classes > 1:
        z[:: max(rows // 2, 1), 0] = -np.inf
    y = rng.integers(1, classes, rows) if classes > 1 else np.zeros(rows, int)
    soft = rng.uniform(size=z.shape).astype(np.longdouble)
    soft[:, 0] *= classes == 1
    soft = (soft / soft.sum(axis=1, keepdims=True)).astype(dtype)
    return {
        "logits": z.astype(dtype),
        "labels": y,
        "soft labels": soft,
        "p": soft,
        "v": rng.normal(size=z.shape).astype(dtype),
    }


def sparse(array: Array) -> Array:
    """The same, every other entry of an array of twice the width."""
    wide = np.repeat(array, 2, axis=-1)
    return wide[..., ::2]


def classes_between(array: Array) -> Array:
    """Rows in two groups, the classes on the axis between them."""
    groups = array.reshape(2, -1, *array.shape[1:])
    return np.ascontiguousarray(np.moveaxis(groups, -1, 1)) if array.ndim > 1 else groups


def classes_first_of_three(array: Array) -> Array:
    """Many short runs of examples behind the classes, in the order of Fortran."""
    groups = array.reshape(2, -1, *array.shape[1:])
    return np.asfortranarray(np.moveaxis(groups, -1, 1)) if array.ndim > 1 else groups


LAYOUTS: dict[str, tuple[Callable[[Array], Array], int]] = {
    "C": (lambda array: array, -1),
    "classes first": (lambda array: np.ascontiguousarray(array.T), 0),
    "sparse": (sparse, -1),
    "backwards": (lambda array: array[..., ::-1].copy()[..., ::-1], -1),
    "byte-swapped": (lambda array: array.astype(array.dtype.newbyteorder()), -1),
    "classes between": (classes_between, 1),
    "Fortran": (classes_first_of_three, 1),
}


def as_rows(result: Any, axis: int, rows: int) -> list[Array]:
    """Values and matrices, the classes last."""
    found = result if isinstance(result, tuple) else (result,)
    return [
        x.reshape(rows) if x.size == rows else np.moveaxis(x, axis, -1).reshape(rows, -1)
        for x in found
    ]


@pytest.mark.parametrize(
    ("rows", "classes", "dtype"),
    [
        (600, 1, "float64"),
        (600, 2, "float32"),
        (400, 3, "float16"),
        (400, 11, "float64"),
        (80, 40, "longdouble"),
        (80, 100, "float32"),
        (20, 1030, "float64"),
    ],
)
@pytest.mark.parametrize("kernel", OTHERS)
def test_every_layout(kernel: str, rows: int, classes: int, dtype: str, sizes: str) -> None:
    call = OTHERS[kernel]
    arrays = {k: problem(rows, classes, dtype)[k] for k in call.arguments}
    with np.errstate(all="ignore"):
        expected = results(call, arrays, -1)
    eps, tiny = np.finfo(dtype).eps, np.finfo(dtype).smallest_subnormal
    loose = 100 if dtype == "longdouble" else 10  # the textbook's own rounding, in longdouble
    for name, (layout, axis) in LAYOUTS.items():
        same = {k: layout(a) for k, a in arrays.items()}
        before = {k: a.copy() for k, a in same.items()}
        found = []
        for threads in (1, 3):
            derivlib.set_num_threads(threads)
            with np.errstate(all="raise"):
                found.append(as_rows(call(same, axis=axis), axis, rows))
        for got, bits, (wanted, size) in zip(*found, expected, strict=True):
            assert_equal(got, bits, name)
            assert got.dtype == np.result_type(dtype, np.float16)
            same_infinity = got == wanted
            with np.errstate(invalid="ignore"):
                fine = abs(got - wanted) <= loose * eps * size.reshape(wanted.shape) + tiny
            assert (fine | same_infinity).all(), name
        for k in same:
            assert_equal(same[k], before[k])


@pytest.mark.parametrize(("rows", "classes"), [(2, 700_000), (70_000, 3), (600, 900), (1, 600_000)])
@pytest.mark.parametrize("kernel", ["softmax", "softmax_cross_entropy_value_and_grad hard"])
def test_the_same_bits_on_any_number_of_threads(kernel: str, rows: int, classes: int) -> None:
    """Tiles and parts as large as they are."""
    call = OTHERS[kernel]
    arrays = {k: problem(rows, classes, "float64")[k] for k in call.arguments}
    derivlib.set_num_threads(1)
    expected = as_rows(call(arrays), -1, rows)
    np.testing.assert_allclose(expected[0].sum(), rows, 1e-12) if kernel == "softmax" else None
    for threads in (2, 5):
        derivlib.set_num_threads(threads)
        for got, wanted in zip(as_rows(call(arrays), -1, rows), expected, strict=True):
            assert_equal(got, wanted)


@pytest.mark.parametrize("classes", [2, 3, 10, 40, 200])
@pytest.mark.parametrize("axis", [0, -1])
@pytest.mark.parametrize("kernel", OTHERS)
def test_a_neighbour_never_matters(kernel: str, axis: int, classes: int, sizes: str) -> None:
    """Not for a bit, whatever it is: whether an example is done again depends on it alone."""
    call = OTHERS[kernel]
    arrays = {k: problem(90, classes, "float64")[k].copy() for k in call.arguments}
    if "logits" in arrays:
        arrays["logits"][::3] -= 3000  # of these none needs a shift, but some of the neighbours
    changed = {k: a.copy() for k, a in arrays.items()}
    others = np.arange(90) % 4 == 1
    first = changed[call.arguments[0]]
    first[others] = np.resize([np.nan, np.inf, -np.inf, 1e300, -1e9, 0, 400], first[others].shape)
    if axis == 0:
        arrays, changed = ({k: a.T.copy() for k, a in given.items()} for given in (arrays, changed))
    pairs = (as_rows(call(given, axis=axis), axis, 90) for given in (arrays, changed))
    for x, y in zip(*pairs, strict=True):
        np.testing.assert_array_equal(x[~others], y[~others])


@pytest.mark.parametrize("axis", [(0, 2), (2, 0), (1, 2), (0, 1), 1, None])
@pytest.mark.parametrize("order", ["C", "F", "every other"])
def test_several_axes(order: str, axis: Any, sizes: str) -> None:
    z = np.random.default_rng(0).normal(0, 3, (20, 30, 24))
    same = sparse(z) if order == "every other" else np.asarray(z, order=order)  # type: ignore[call-overload]
    out = np.empty(z.shape)
    e = np.exp(z)
    expected = e / e.sum(axis=axis, keepdims=True)
    for options in ({}, {"out": out}, {"out": np.empty(z.shape, order="F")}):
        np.testing.assert_allclose(derivlib.softmax(same, axis, **options), expected, 4e-15)
    sums = derivlib.logsumexp(same, axis, keepdims=True)
    np.testing.assert_allclose(sums, np.log(e.sum(axis=axis, keepdims=True)), 1e-14)


@unhurried
@given(st.data())
def test_cuts_cover_every_entry_once(data: st.DataObject) -> None:
    shape = data.draw(hnp.array_shapes(max_dims=4, max_side=9))
    limit = data.draw(st.integers(1, 50))
    seen = np.zeros(shape, int)
    pieces = []
    for index in cuts(shape, limit):
        seen[index] += 1
        pieces.append(seen[index].size)
    assert (seen == 1).all()
    assert max(pieces) <= limit


@pytest.mark.parametrize("shape", [(20, 30), (1000, 5), (30, 70), (2, 2000)])
@pytest.mark.parametrize("axis", [-1, 0, None])
def test_results_onto_inputs(shape: tuple[int, int], axis: int | None, sizes: str) -> None:
    arrays = problem(*shape, "float64")
    z, y, v = arrays["logits"], arrays["labels"], arrays["v"]
    for kernel in (derivlib.softmax, derivlib.log_softmax):
        expected = kernel(z, axis)
        both = np.zeros((shape[0] + 1, shape[1]))
        for source, target in [
            (both[:-1], both[:-1]),
            (both[:-1], both[1:]),
            (both[1:], both[:-1]),
        ]:
            source[...] = z
            assert kernel(source, axis, out=target) is target
            np.testing.assert_array_equal(target, expected)
    if axis == -1:
        out = z.copy()
        derivlib.softmax_cross_entropy_grad(out, y, out=out)
        np.testing.assert_array_equal(out, derivlib.softmax_cross_entropy_grad(z, y))
        out = v.copy()
        derivlib.softmax_jvp(arrays["p"], out, out=out)
        np.testing.assert_array_equal(out, derivlib.softmax_jvp(arrays["p"], v))
        losses = z.copy()
        if shape[0] <= shape[1]:
            expected = derivlib.softmax_cross_entropy(z, y)
            derivlib.softmax_cross_entropy(losses, y, out=losses[0, : shape[0]])
            np.testing.assert_array_equal(losses[0, : shape[0]], expected)


@pytest.mark.parametrize("layout", ["C", "classes first", "sparse"])
@pytest.mark.parametrize(
    ("rows", "classes", "dtype"),
    [
        (150000, 2, "float64"),
        (40000, 10, "float32"),
        (30000, 10, "int64"),
        (600, 600, "float64"),
        (40, 20000, "float64"),
        (1, 500000, "float16"),
        (1, 500000, "float64"),
    ],
)
def test_memory(rows: int, classes: int, dtype: str, layout: str) -> None:
    """Beside inputs and outputs at most 6 MiB a thread, of which there are two; where an example is
    as large as that, some examples."""
    arrays = problem(rows, classes, "float64")
    arrays = arrays | {"logits": np.where(np.isinf(arrays["logits"]), 0, arrays["logits"])}
    floats = dtype if dtype.startswith("float") else "float64"
    turn, axis = LAYOUTS[layout]
    types = {"logits": dtype, "labels": "int64"}
    arrays = {k: turn(a.astype(types.get(k, floats))) for k, a in arrays.items()}
    out, losses = np.empty(arrays["logits"].shape, floats), np.empty(rows, floats)
    calls = {
        name: partial(call, arrays, axis=axis, out=losses if call.kernel.reduces else out)
        for name, call in OTHERS.items()
        if "value_and_grad" not in name  # it has no room for the losses
    }
    calls["in place"] = partial(derivlib.softmax, out, axis, out=out)
    for name, call in calls.items():
        tracemalloc.start()
        try:
            before = tracemalloc.get_traced_memory()[0]
            call()
            peak = tracemalloc.get_traced_memory()[1] - before
        finally:
            tracemalloc.stop()
        example = classes * max(out.itemsize, 4)
        together = 1 if axis else tiles.LINE // out.itemsize  # so many are read together
        assert peak <= max(12 * MIB, 12 * together * example), f"{name}: {peak / MIB:.2f} MiB"

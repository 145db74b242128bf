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


PROBLEMS = [
    (600, 1, "float64"),
    (600, 2, "float32"),
    (400, 3, "float16"),
    (400, 11, "float64"),
    (80, 40, "longdouble"),
    (80, 100, "float32"),
    (8, 1030, "float64"),
]
"""Rows, classes and dtype: of each dtype, and of each way through a sum."""


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


@cache
def expected(kernel: str, number: int) -> list[tuple[Array, Array]]:
    """What the textbook gives for a problem, and the sizes of what is added up."""
    call, arrays = OTHERS[kernel], problem(*PROBLEMS[number])
    with np.errstate(all="ignore"):
        return results(call, {k: arrays[k] for k in call.arguments}, -1)


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


@pytest.mark.parametrize("number", range(len(PROBLEMS)))
@pytest.mark.parametrize("kernel", OTHERS)
def test_every_layout(kernel: str, number: int, sizes: str) -> None:
    """Each kernel has every problem and every layout, and each problem has every layout."""
    call, (rows, classes, dtype) = OTHERS[kernel], PROBLEMS[number]
    arrays = {k: problem(rows, classes, dtype)[k] for k in call.arguments}
    eps, tiny = np.finfo(dtype).eps, np.finfo(dtype).smallest_subnormal
    loose = 100 if dtype == "longdouble" else 10  # the textbook's own rounding, in longdouble
    turn = list(OTHERS).index(kernel) + number + (sizes == "small tiles")
    name = list(LAYOUTS)[turn % len(LAYOUTS)]
    layout, axis = LAYOUTS[name]
    same = {k: layout(a) for k, a in arrays.items()}
    before = {k: a.copy() for k, a in same.items()}
    found = []
    for threads in (3, 1) if sizes == "small tiles" else (1,):
        derivlib.set_num_threads(threads)
        with np.errstate(all="raise"):
            found.append(as_rows(call(same, axis=axis), axis, rows))
    for bits in found[1:]:
        for got, again in zip(found[0], bits, strict=True):
            assert_equal(got, again, name)
    for got, (wanted, size) in zip(found[0], expected(kernel, number), strict=True):
        assert got.dtype == np.result_type(dtype, np.float16)
        same_infinity = got == wanted
        with np.errstate(invalid="ignore"):
            fine = abs(got - wanted) <= loose * eps * size.reshape(wanted.shape) + tiny
        assert (fine | same_infinity).all(), name
    for k in same:
        assert_equal(same[k], before[k])


@pytest.mark.parametrize(("rows", "classes"), [(2, 100_000), (40_000, 3), (200, 900), (1, 200_000)])
@pytest.mark.parametrize("kernel", ["softmax", "softmax_cross_entropy_value_and_grad hard"])
def test_the_same_bits_on_any_number_of_threads(kernel: str, rows: int, classes: int) -> None:
    """Tiles and parts as large as they are."""
    call = OTHERS[kernel]
    arrays = {k: problem(rows, classes, "float64")[k] for k in call.arguments}
    derivlib.set_num_threads(1)
    alone = as_rows(call(arrays), -1, rows)
    np.testing.assert_allclose(alone[0].sum(), rows, 1e-12) if kernel == "softmax" else None
    for threads in (2, 5):
        derivlib.set_num_threads(threads)
        for got, wanted in zip(as_rows(call(arrays), -1, rows), alone, strict=True):
            assert_equal(got, wanted)


@pytest.mark.parametrize("classes", [2, 3, 10, 40, 200])
@pytest.mark.parametrize("kernel", OTHERS)
def test_a_neighbour_never_matters(kernel: str, classes: int, sizes: str) -> None:
    """Not for a bit, whatever it is: whether an example is done again depends on it alone."""
    call = OTHERS[kernel]
    axis = -((list(OTHERS).index(kernel) + classes // 3 + (sizes == "tiles")) % 2)
    arrays = {k: problem(90, classes, "float64")[k].copy() for k in call.arguments}
    if "logits" in arrays:
        z = arrays["logits"]
        z[::3] -= 3000  # of these none needs a shift, but some of the neighbours
        z[1::3] -= 8  # sums below 1/4, of which each term still counts
        z[np.isneginf(z)] = 0
        z[2] += 3000  # the only one that needs a shift, if the neighbours do not
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


BIG = [
    (37500, 2, "float64"),
    (10000, 10, "float32"),
    (7500, 10, "int64"),
    (150, 600, "float64"),
    (10, 20000, "float64"),
    (1, 125000, "float16"),
    (1, 125000, "float64"),
]


def peak(call: Callable[[], Any]) -> int:
    """The most bytes that a call has in use at a time."""
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        call()
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("layout", ["C", "classes first", "sparse"])
@pytest.mark.parametrize(("rows", "classes", "dtype"), BIG)
def test_memory(
    rows: int, classes: int, dtype: str, layout: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beside inputs and outputs a thread needs some tiles, here of a quarter of their size; where
    an example is as large as that, some examples. Each kernel has every size and every layout."""
    for kernel in OTHERS.values():
        kernel(problem(6, 2, "float64"))  # what NumPy imports when it is needed is no kernel's
    derivlib.set_num_threads(1)  # what two need depends on when they need it
    for module, name in ((tiles, "TILE"), (tiles, "SMALL"), (columns, "PART")):
        monkeypatch.setattr(module, name, getattr(module, name) // 4)
    first = (BIG.index((rows, classes, dtype)) + list(LAYOUTS).index(layout)) % 3
    arrays = problem(rows, classes, "float64")
    arrays = arrays | {"logits": np.where(np.isinf(arrays["logits"]), 0, arrays["logits"])}
    floats = dtype if dtype.startswith("float") else "float64"
    turn, axis = LAYOUTS[layout]
    types = {"logits": dtype, "labels": "int64"}
    arrays = {k: turn(a.astype(types.get(k, floats))) for k, a in arrays.items()}
    out, losses = np.empty(arrays["logits"].shape, floats), np.empty(rows, floats)
    calls = {
        name: partial(call, arrays, axis=axis, out=losses if call.kernel.reduces else out)
        for name, call in list(OTHERS.items())[first::3]
        if "value_and_grad" not in name  # it has no room for the losses
    }
    if first == 0:
        calls["in place"] = partial(derivlib.softmax, out, axis, out=out)
    for name, call in calls.items():
        needed = peak(call)
        example = classes * max(out.itemsize, 4)
        together = 1 if axis else tiles.LINE // out.itemsize  # so many are read together
        assert needed <= max(16 * tiles.TILE, 15 * together * example), f"{name}: {needed} bytes"


@pytest.mark.parametrize("kernel", [name for name in OTHERS if "hard" in name])
def test_memory_of_tiles_as_they_are(kernel: str) -> None:
    derivlib.set_num_threads(1)
    arrays = problem(60_000, 10, "float64")
    call = OTHERS[kernel]
    results = (call.kernel.reduces or "value" in kernel) * 60_000 * 8
    results += (not call.kernel.reduces) * arrays["logits"].nbytes
    assert peak(partial(call, arrays)) <= results + 5 * MIB

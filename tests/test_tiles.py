"""Large arrays: the same bits in any layout, tiling and number of threads, and little memory."""

import threading
import tracemalloc
from collections.abc import Callable, Iterator
from functools import cache, partial
from typing import Any

import numpy as np
import pytest

import derivlib
from derivlib import _plan, _workspace
from derivlib._tiles import Tile
from derivlib.softmax import run_same_shape
from tests.support.arrays import Array, assert_equal
from tests.support.kernels import ALONG_AN_AXIS, CALLS

MIB = 2**20

# Calls whose tiles hold what those of another call hold.
ALIKE = {
    "softmax_vjp",
    "softmax_cross_entropy hard smoothed",
    "softmax_cross_entropy_hvp soft",
    "softmax_cross_entropy_hvp hard smoothed",
    *(name for name in CALLS if name.endswith("soft smoothed")),
}
OTHERS = {name: call for name, call in ALONG_AN_AXIS.items() if name not in ALIKE}
BOTH, VALUE, GRAD = (f"softmax_cross_entropy{end}" for end in ("_value_and_grad", " ", "_grad "))
KERNELS = {
    name: call
    for name, call in OTHERS.items()
    if not name.startswith(GRAD) and name != f"{VALUE}soft"  # in BOTH
}


@pytest.fixture(params=[1, 2])
def threads(request: pytest.FixtureRequest) -> Iterator[int]:
    before = derivlib.get_num_threads()
    derivlib.set_num_threads(request.param)
    yield request.param
    derivlib.set_num_threads(before)


@pytest.fixture
def two_threads() -> Iterator[None]:
    before = derivlib.get_num_threads()
    derivlib.set_num_threads(2)
    yield
    derivlib.set_num_threads(before)


@cache
def problem(rows: int, classes: int, dtype: str) -> dict[str, Array]:
    """Logits (some rows of which need a shift), labels of both kinds, and a direction.

    Do not write to them: they are the same for all tests.
    """
    rng = np.random.default_rng(classes)
    z = rng.normal(0, 3, (rows, classes))
    z[::3] += 100 if dtype in ("float16", "float32") else 3000
    z[:: max(rows // 2, 1), 0] = -np.inf
    y = rng.integers(0, classes, rows)
    soft = rng.uniform(size=z.shape)
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


LAYOUTS: dict[str, tuple[Callable[[Array], Array], int]] = {
    "C": (lambda array: array, -1),
    "classes first": (lambda array: np.ascontiguousarray(array.T), 0),
    "sparse": (sparse, -1),
    "backwards": (lambda array: array[..., ::-1].copy()[..., ::-1], -1),
    "classes between": (classes_between, 1),
}


def as_rows(result: Any, axis: int, rows: int) -> list[Array]:
    """Values and matrices, the classes last."""
    results = result if isinstance(result, tuple) else (result,)
    return [
        x.reshape(rows) if x.size == rows else np.moveaxis(x, axis, -1).reshape(rows, -1)
        for x in results
    ]


@pytest.mark.parametrize(
    ("rows", "classes", "dtype"),
    [
        (20000, 2, "float64"),
        (12000, 3, "float16"),
        (6000, 11, "float32"),
        (6000, 12, "float64"),
        (2000, 40, "float64"),
        (1000, 40, "longdouble"),
        (200, 1030, "float32"),
        (200, 1030, "float64"),
        (6, 30000, "float64"),
    ],
)
@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.usefixtures("two_threads")
def test_the_same_bits(kernel: str, rows: int, classes: int, dtype: str) -> None:
    call = KERNELS[kernel]
    arrays = {k: problem(rows, classes, dtype)[k] for k in call.arguments}
    derivlib.set_num_threads(1)
    expected = as_rows(call(arrays), -1, rows)
    for i in (0, 1, rows // 2):  # row by row, small enough not to be cut, where they can be
        alone = call({k: a[i : i + 1] for k, a in arrays.items()})
        for x, (wanted,) in zip(expected, as_rows(alone, -1, 1), strict=True):
            assert_equal(x[i], wanted)
    for name, (layout, axis) in LAYOUTS.items():
        same = {k: layout(a) for k, a in arrays.items()}
        before = {k: a.copy() for k, a in same.items()}
        for threads in (1, 2):
            derivlib.set_num_threads(threads)
            with np.errstate(all="raise"):
                got = as_rows(call(same, axis=axis), axis, rows)
            for x, wanted in zip(got, expected, strict=True):
                assert_equal(x, wanted, name)
        for k in same:
            assert_equal(same[k], before[k])


@pytest.mark.parametrize("tile", [2**13, 2**16])
@pytest.mark.parametrize("kernel", KERNELS)
def test_tiles_of_any_size(kernel: str, tile: int, monkeypatch: pytest.MonkeyPatch) -> None:
    call = KERNELS[kernel]
    for rows, classes in [(2000, 5), (100, 300), (3, 20000)]:
        arrays = {k: problem(rows, classes, "float64")[k] for k in call.arguments}
        expected = as_rows(call(arrays), -1, rows)
        with monkeypatch.context() as patch:
            patch.setattr(_plan, "TILE", tile)
            patch.setattr(_plan, "SCRATCH", tile)
            patch.setattr(_plan, "LONG", 0)
            for layout, axis in LAYOUTS.values():
                same = {k: layout(a) for k, a in arrays.items()} if rows % 2 == 0 else arrays
                where = axis if rows % 2 == 0 else -1
                got = as_rows(call(same, axis=where), where, rows)
                for x, wanted in zip(got, expected, strict=True):
                    assert_equal(x, wanted)


@pytest.mark.parametrize("shape", [(40000, 5), (300, 700), (2, 100000)])
@pytest.mark.parametrize("axis", [-1, None])
def test_results_onto_inputs(shape: tuple[int, int], axis: int | None) -> None:
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
    if axis is not None:
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
        (300000, 2, "float64"),
        (60000, 10, "float32"),
        (60000, 10, "int64"),
        (1000, 600, "float64"),
        (40, 20000, "float64"),
        (1, 500000, "float16"),
        (1, 500000, "float64"),
    ],
)
def test_memory(rows: int, classes: int, dtype: str, layout: str, two_threads: None) -> None:
    """Beside inputs and outputs no more than 2 MiB, on two threads, which need more than one."""
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
        if not name.startswith(BOTH)  # it has no room for the losses
    }
    calls["in place"] = partial(derivlib.softmax, out, axis, out=out)
    for name, call in calls.items():
        _workspace._idle.clear()
        tracemalloc.start()
        try:
            before = tracemalloc.get_traced_memory()[0]
            call()
            peak = tracemalloc.get_traced_memory()[1] - before
        finally:
            tracemalloc.stop()
        assert peak <= 2 * MIB, f"{name}: {peak / MIB:.2f} MiB"


def test_scratch_matrices_are_counted() -> None:
    """For each that a kernel asks for, tiles are smaller, so that all fit into the cache."""

    def largest(count: int) -> int:
        sizes: list[int] = []

        def kernel(tile: Tile) -> None:
            sizes.append(tile.examples)

        z = np.zeros((60_000, 10))
        run_same_shape(kernel, [z], -1, None, scratch_matrices=count, scratch_vectors=0)
        return max(sizes)

    assert largest(0) > largest(2) > largest(8)


def test_what_stays_between_calls_is_bounded(threads: int) -> None:
    _workspace._idle.clear()
    for shape in [(1, 400000), (1000, 300), (40000, 3), (3, 200000)]:
        derivlib.softmax(np.zeros(shape, np.float16))
        derivlib.softmax_cross_entropy_grad(np.zeros(shape, np.float16), np.zeros(shape))
    assert len(_workspace._idle) <= threads
    assert all(0 <= work.size <= _workspace.KEPT for work in _workspace._idle.values())


def test_room_is_not_multiplied_by_threads_that_take_turns() -> None:
    _workspace._idle.clear()
    z = np.zeros((4, 100_000))
    for _ in range(4):
        caller = threading.Thread(target=derivlib.softmax, args=(z,), kwargs={"out": z})
        caller.start()
        caller.join()
    assert len(_workspace._idle) <= derivlib.get_num_threads()

"""The elementwise kernels see every entry, once, and give it the same bits wherever it lies."""

import tracemalloc
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, assert_type

import numpy as np
import pytest

import derivlib
from derivlib._engine import tiles
from derivlib._engine.arguments import FloatArray
from tests.support.arrays import DTYPES, Array, assert_equal, layouts, no_warning
from tests.support.kernels import ELEMENTWISE, Call

Kernel = Callable[..., Array]


def of_logits(call: Call) -> Kernel:
    """The call with its labels and its direction made from the logits, entry by entry."""
    if call.arguments == ("logits",):
        return call.kernel.function

    def kernel(z: Any, **options: Any) -> Array:
        z = np.asarray(z)
        arrays = {"logits": z, "flags": z > 0, "v": z}
        if "soft flags" in call.arguments:
            parts = abs(z.astype(float)) * 8 % 1
            parts = np.where(parts < 0.3, 0, parts)  # tiles of hard labels, and of both
            arrays["soft flags"] = parts.astype(z.dtype if z.dtype.kind == "f" else float)
        result = call(arrays, **options)
        gradients: Array = result[1] if isinstance(result, tuple) else result
        return gradients

    return kernel


PLAIN = {name: call for name, call in ELEMENTWISE.items() if not call.options}
KERNELS = {name: of_logits(call) for name, call in PLAIN.items()}
every_kernel = pytest.mark.parametrize("kernel", KERNELS.values(), ids=KERNELS)


@pytest.fixture
def small_tiles(monkeypatch: pytest.MonkeyPatch) -> None:
    """Even a few entries are several tiles."""
    monkeypatch.setattr(tiles, "TILE", 128)
    monkeypatch.setattr(tiles, "SMALL", 0)


@pytest.fixture
def small_and_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some hundred entries are one matrix, as ever, and some thousand are several tiles."""
    monkeypatch.setattr(tiles, "TILE", 2**12)
    monkeypatch.setattr(tiles, "SMALL", 2**11)


@pytest.fixture(autouse=True)
def threads() -> Iterator[None]:
    before = derivlib.get_num_threads()
    yield
    derivlib.set_num_threads(before)


def logits(shape: Any, dtype: str = "float64", spread: float = 20) -> Array:
    z: Array = np.random.default_rng(0).normal(0, spread, shape).astype(dtype)
    return z


def assert_same(actual: Array, expected: Array, message: str = "") -> None:
    """The same bits, but for the padding of a longdouble and the payload of a NaN."""
    assert actual.dtype == expected.dtype, message
    assert_equal(actual, expected, message)
    assert_equal(np.signbit(actual), np.signbit(expected), message)


SHAPES: list[tuple[int, ...]] = [(1,), (37,), (3, 40), (2, 3, 7)]


@pytest.mark.parametrize("name", KERNELS)
@pytest.mark.parametrize("dtype", [*DTYPES, "int64", "bool"])
@pytest.mark.usefixtures("small_tiles")
def test_every_layout(dtype: str, name: str) -> None:
    """Whole, tiled, on several threads or one entry at a time, all layouts give the same bits.

    Each kernel and each dtype has every shape, every layout and every kind of result.
    """
    kernel = KERNELS[name]
    turn = list(KERNELS).index(name) + [*DTYPES, "int64", "bool"].index(dtype)
    shape = SHAPES[turn % len(SHAPES)]
    z = logits(shape).astype(dtype)
    expected = np.array([kernel(x) for x in z.ravel()]).reshape(shape)
    assert expected.dtype == (dtype if z.dtype.kind == "f" else "float64")
    outs = [
        np.empty(shape, expected.dtype),
        np.empty(shape, expected.dtype, order="F"),
        np.empty((*shape[:-1], 2 * shape[-1]), expected.dtype)[..., ::-2],
    ]
    for layout, same in {**layouts(z), "turned": z.T.copy().T}.items():
        before = same.copy()
        for threads in (1, 3):
            derivlib.set_num_threads(threads)
            assert_same(kernel(same), expected, layout)
        out = outs[turn % 3]
        turn += 1
        out.fill(7)
        assert kernel(same, out=out) is out
        assert_same(out, expected, layout)
        assert_equal(same, before)


@every_kernel
@pytest.mark.parametrize("dtype", DTYPES)
def test_large_arrays_on_several_threads(dtype: str, kernel: Kernel) -> None:
    """The tiles as they are, with a remainder."""
    z = logits(3 + 5 * tiles.TILE // (4 * max(4, np.dtype(dtype).itemsize)), dtype)
    expected = np.concatenate([kernel(part) for part in np.array_split(z, 60)])
    twice = np.repeat(z, 2)[::-2]
    for threads in (1, 2):
        derivlib.set_num_threads(threads)
        with no_warning():
            assert_same(kernel(z), expected)
            assert_same(kernel(twice), expected[::-1])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("strided", [False, True])
@pytest.mark.usefixtures("small_and_large")
def test_both_results_of_large_arrays(strided: bool, dtype: str) -> None:
    """Losses that are rounded at the end do not lie in memory that other threads use meanwhile."""
    derivlib.set_num_threads(4)
    z = logits(20_003, dtype)[:: 2 if strided else 1]
    y = (z > 1).astype(np.int64)
    expected = (
        derivlib.sigmoid_binary_cross_entropy(z, y),
        derivlib.sigmoid_binary_cross_entropy_grad(z, y),
    )
    for _ in range(10):
        both = derivlib.sigmoid_binary_cross_entropy_value_and_grad(z, y)
        for result, wanted in zip(both, expected, strict=True):
            assert_same(result, wanted)


@every_kernel
@pytest.mark.parametrize("dtype", DTYPES)
def test_scalars_and_empty_arrays(dtype: str, kernel: Kernel) -> None:
    one = np.array(0.75, dtype)
    result = kernel(one)
    assert type(result) is one.dtype.type
    out = np.empty((), dtype)
    assert kernel(one, out=out) is out
    assert out == result
    with no_warning():
        for shape in [(0,), (0, 3), (3, 0)]:
            assert kernel(np.zeros(shape, dtype)).shape == shape


def test_a_scalar_is_typed_as_what_it_is() -> None:
    """mypy reads the first argument of assert_type, and isinstance asks the value."""
    for function in (derivlib.sigmoid, derivlib.sigmoid_grad, derivlib.softplus):
        assert isinstance(assert_type(function(0.5), np.float64), np.float64)
        assert isinstance(assert_type(function(np.float32(0.5)), np.float32), np.float32)
        assert isinstance(assert_type(function([0.5]), FloatArray), np.ndarray)
    assert isinstance(assert_type(derivlib.log_sigmoid(1), np.float64), np.float64)
    loss = derivlib.sigmoid_binary_cross_entropy
    assert isinstance(assert_type(loss(0.5, 1), np.float64), np.float64)
    assert isinstance(assert_type(loss([0.5], [1]), FloatArray), np.ndarray)


@every_kernel
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("size", [30, 3000])
@pytest.mark.usefixtures("small_and_large")
def test_out_may_be_the_input(size: int, dtype: str, kernel: Kernel) -> None:
    z = logits((size, 2), dtype)
    expected = kernel(z)
    for view in ("C", "F", "strided"):
        same = {"C": z.copy(), "F": z.copy(order="F"), "strided": np.repeat(z, 2, axis=1)[:, ::2]}
        given = same[view]
        assert kernel(given, out=given) is given
        assert_same(given, expected, view)


@every_kernel
@pytest.mark.parametrize("size", [30, 4000])
@pytest.mark.usefixtures("small_and_large")
def test_out_may_overlap_the_input(size: int, kernel: Kernel) -> None:
    z = logits(size)
    expected = kernel(z)
    for at, back in [(0, 7), (7, 0), (0, 1), (1, 0)]:
        memory = np.zeros(size + 7)
        given, out = memory[at : at + size], memory[back : back + size]
        given[...] = z
        kernel(given, out=out)
        assert_same(out, expected)
    given = z.copy()
    kernel(given, out=given[::-1])
    assert_same(given[::-1], expected)
    side = int(size**0.5)
    square = z[: side**2].reshape(side, side).copy()
    expected = kernel(square)
    kernel(square, out=square.T)
    assert_same(square.T, expected)


OF_DTYPES = ["int64", "float16", "float32", "float64"]
OF_LAYOUTS = ["C", "Fortran", "every other", "byte-swapped"]


@pytest.mark.parametrize("dtype", OF_DTYPES)
@pytest.mark.parametrize("layout", OF_LAYOUTS)
def test_memory(layout: str, dtype: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond inputs and results a thread needs no more than some tiles, here small ones.

    Each kernel has every dtype and every layout.
    """
    monkeypatch.setattr(tiles, "TILE", 2**15)
    first = (OF_DTYPES.index(dtype) + OF_LAYOUTS.index(layout)) % 4
    derivlib.set_num_threads(1)  # what two need depends on when they need it
    z = layouts(logits((300, 600), dtype))[layout]
    out = np.empty(z.shape, dtype if z.dtype.kind == "f" else "float64")
    soft = logits(z.shape, out.dtype.name, 1) % 1
    arrays = {"logits": z, "flags": soft > 0.5, "soft flags": soft, "v": soft}
    for name, kernel in list(PLAIN.items())[first::4]:
        call = partial(kernel, arrays, out=out)
        results = out.nbytes if "value_and_grad" in name else 0
        tracemalloc.start()
        try:
            call()
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert peak - results <= 12 * tiles.TILE, name

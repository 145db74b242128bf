"""What callers may do: use the kernels on several threads of their own, give integers for floats,
have results of any kind of memory."""

from __future__ import annotations

import sys
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import derivlib
from derivlib._engine import threads as _threads
from tests.support.kernels import CALLS

SEVERAL = [
    *("softmax", "log_softmax", "logsumexp", "sigmoid"),
    *("softmax_cross_entropy hard", "softmax_cross_entropy_grad hard smoothed"),
]


@pytest.fixture(autouse=True)
def often_switched() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


@pytest.mark.parametrize(
    ("shape", "dtype"),
    [
        ((64, 250), "?"),
        ((4000, 10), "i1"),
        ((64, 250), "f2"),
        ((4000, 10), "f4"),
        ((64, 250), "f8"),
        ((4000, 10), "f8"),
    ],
)
def test_callers_do_not_disturb_each_other(shape: tuple[int, int], dtype: str) -> None:
    problems = []
    for seed in range(2):
        rng = np.random.default_rng(seed)
        z = (50 * rng.normal(size=shape)).clip(-100, 100).astype(dtype)
        problems.append({"logits": z, "labels": rng.integers(shape[1], size=shape[0])})
    expected = [{name: CALLS[name](arrays) for name in SEVERAL} for arrays in problems]
    wrong: list[str] = []

    def work(number: int) -> None:
        for _ in range(10):
            for name in SEVERAL:
                if not np.array_equal(CALLS[name](problems[number]), expected[number][name]):
                    wrong.append(name)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


WHOLE = ["?", "i1", "u1", "i8", "u8"]


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("dtype", WHOLE)
def test_integers_and_bools_count_as_float64(dtype: str, name: str) -> None:
    """Each kernel and each dtype with a small array, and with one that makes a tile."""
    turn = list(CALLS).index(name) + WHOLE.index(dtype)
    call, shape = CALLS[name], [(6, 5), (500, 10)][turn % 2]
    rng = np.random.default_rng(0)
    arrays: dict[str, Any] = {
        "labels": rng.integers(shape[1], size=shape[0]),
        "soft labels": rng.dirichlet(np.ones(shape[1]), shape[0]),
        "flags": rng.integers(2, size=shape),
        "soft flags": rng.uniform(size=shape),
    }
    least = -100 if dtype.startswith("i") else 0
    whole = {n: rng.integers(least, 100, shape).astype(dtype) for n in ("logits", "p", "v")}
    got = call(arrays | whole)
    expected = call(arrays | {name: array.astype(np.float64) for name, array in whole.items()})
    pairs = zip(got, expected, strict=True) if isinstance(got, tuple) else [(got, expected)]
    for result, wanted in pairs:
        np.testing.assert_array_equal(result, wanted, strict=True)


def test_the_order_of_a_tuple_of_axes_does_not_matter() -> None:
    z = np.random.default_rng(0).normal(size=(7, 40, 9))
    for kernel in (derivlib.softmax, derivlib.log_softmax, derivlib.logsumexp):
        expected = kernel(z, (0, 1))
        others: list[Any] = [(1, 0), [0, 1], np.array([1, 0]), (np.int8(0), -2)]
        for same in others:
            assert np.array_equal(kernel(z, same), expected)
        assert np.array_equal(kernel(z, np.array(1)), kernel(z, 1))


def test_the_result_may_lie_where_the_labels_are() -> None:
    logits = np.random.default_rng(0).normal(size=(30, 20))
    room = np.zeros((30, 20), np.int64)
    expected = derivlib.softmax_cross_entropy_grad(logits, room.ravel()[:30].copy())
    got = derivlib.softmax_cross_entropy_grad(logits, room.ravel()[:30], out=room.view(np.float64))
    assert np.array_equal(got, expected)


def test_an_empty_list_of_labels_will_do() -> None:
    assert derivlib.softmax_cross_entropy(np.zeros((0, 3)), []).shape == (0,)


class Odd(np.ndarray):
    """An array that refuses what an array can do, as np.matrix refuses one dimension."""

    def reshape(self, *shape: Any, **options: Any) -> Any:
        raise AssertionError("reshaped")

    def transpose(self, *axes: Any) -> Any:
        raise AssertionError("turned")


@pytest.mark.parametrize("rows", [3, 20_000])
@pytest.mark.parametrize("axis", [0, 1])
def test_the_result_may_be_of_a_subclass(rows: int, axis: int) -> None:
    z = np.random.default_rng(0).normal(size=(rows, 10))
    y = np.zeros(z.shape[1 - axis], int)
    out = np.empty(z.shape).view(Odd)
    calls: list[Callable[..., Any]] = [
        lambda **o: derivlib.softmax(z, axis, **o),
        lambda **o: derivlib.softmax_cross_entropy_grad(z, y, axis=axis, **o),
        lambda **o: derivlib.sigmoid(z, **o),
        lambda **o: derivlib.sigmoid_binary_cross_entropy_grad(z, z > 0, **o),
    ]
    for call in calls:
        assert call(out=out) is out
        np.testing.assert_array_equal(out.view(np.ndarray), call())
    sums = np.empty(y.shape).view(Odd)
    assert derivlib.logsumexp(z, axis, out=sums) is sums
    np.testing.assert_array_equal(sums.view(np.ndarray), derivlib.logsumexp(z, axis))


def unaligned(shape: tuple[int, int], stride: int) -> np.ndarray[Any, Any]:
    """Rows `stride` numbers apart that begin in the middle of a number."""
    memory = np.zeros(shape[0] * stride + 1)
    return np.ndarray(shape, memory.dtype, memory, 4, (8 * stride, 8))


@pytest.mark.parametrize("classes", [2, 5, 40])
def test_the_result_may_be_unaligned(classes: int) -> None:
    rng = np.random.default_rng(0)
    z, y = rng.normal(size=(9000, classes)), rng.integers(classes, size=9000)
    calls: list[Callable[..., Any]] = [
        lambda **o: derivlib.softmax_cross_entropy_grad(z, y, **o),
        lambda **o: derivlib.log_softmax(z, **o),
    ]
    for call in calls:
        out = unaligned(z.shape, 2 * classes)
        gaps = np.ndarray(z.shape, z.dtype, out.base, 4 + 8 * classes, out.strides)
        gaps[:-1] = 7
        assert call(out=out) is out
        np.testing.assert_array_equal(out, call())
        assert (gaps[:-1] == 7).all()


def test_the_result_may_be_all_that_can_be_written_to() -> None:
    z, y = np.random.default_rng(0).normal(size=(2000, 40)), np.zeros(2000, int)
    whole = np.zeros((2000, 80))
    out = whole[:, :40]
    whole.flags.writeable = False
    derivlib.softmax_cross_entropy_grad(z, y, out=out)
    np.testing.assert_array_equal(out, derivlib.softmax_cross_entropy_grad(z, y))


@pytest.mark.parametrize("classes", [2, 5])
def test_the_losses_may_overlap_the_labels(classes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_threads, "_chosen", 1)  # one tile after the other
    z = np.random.default_rng(0).normal(size=(20_000, classes))
    memory = np.ones(len(z) + 1, np.int64)
    expected = derivlib.softmax_cross_entropy(z, memory[:-1].copy())
    losses = derivlib.softmax_cross_entropy(z, memory[:-1], out=memory[1:].view(np.float64))
    np.testing.assert_array_equal(losses, expected)


def test_a_result_between_the_rows_of_an_input_costs_no_copy() -> None:
    memory = np.random.default_rng(0).normal(size=(5000, 200))
    z, out = memory[:, :100], memory[:, 100:]
    expected = derivlib.softmax(z.copy())
    tracemalloc.start()
    try:
        derivlib.softmax(z, out=out)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak <= 2 * 2**20
    np.testing.assert_array_equal(out, expected)


def test_the_jacobian_may_be_of_a_subclass() -> None:
    class Closed(np.ndarray):
        __array_ufunc__ = None  # type: ignore[assignment]

    z = np.random.default_rng(0).normal(size=(3, 5))
    out = np.empty((3, 5, 5)).view(Closed)
    assert derivlib.softmax_jacobian(z, out=out) is out
    np.testing.assert_array_equal(out.view(np.ndarray), derivlib.softmax_jacobian(z))

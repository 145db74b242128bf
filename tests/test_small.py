"""The lean path of small arrays: taken where it should be, and of the same bits as the other."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import derivlib
from derivlib import _small, _workspace
from tests.support.kernels import ALONG_AN_AXIS, Call

LEAN = {
    name: call
    for name, call in ALONG_AN_AXIS.items()
    if {"logits", "labels"}.issuperset(call.arguments) and not call.options
}


def assert_same(actual: Any, expected: Any) -> None:
    if isinstance(expected, tuple):
        for x, y in zip(actual, expected, strict=True):
            assert_same(x, y)
        return
    assert type(actual) is type(expected)
    np.testing.assert_array_equal(actual, expected, strict=True)
    np.testing.assert_array_equal(np.signbit(actual), np.signbit(expected))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@settings(max_examples=150)
@given(data=st.data())
def test_the_same_bits_as_from_tiles(dtype: Any, data: st.DataObject) -> None:
    dtype = np.dtype(dtype)
    shape = data.draw(hnp.array_shapes(min_dims=1, max_dims=3, max_side=24))
    spread = data.draw(st.sampled_from([0, 1, 3, 30, 300, 3000]))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    z = np.asarray((spread * rng.normal(size=shape)).astype(dtype))
    edges = [np.inf, -np.inf, np.nan, 0, 0, 0, 0, 0]
    if rng.integers(2):
        z += rng.choice(edges, size=shape).astype(dtype)
    y = np.asarray(rng.integers(shape[-1], size=shape[:-1]))
    # Where exponentials are subnormal: all of them, or the label's.
    vanishing = float(np.log(np.finfo(dtype).tiny)) + rng.uniform(-2, 1)
    where = data.draw(st.sampled_from(["nowhere", "everywhere", "at the label"]))
    if where == "everywhere":
        z += dtype.type(vanishing)
    elif where == "at the label":
        np.put_along_axis(z, y[..., None], dtype.type(vanishing), axis=-1)
    for call in LEAN.values():
        with np.errstate(all="raise"), pytest.MonkeyPatch.context() as patch:
            given = call({"logits": z, "labels": y})
            patch.setattr(_small, "MOST", 0)
            assert_same(given, call({"logits": z, "labels": y}))


@pytest.mark.parametrize("call", LEAN.values(), ids=LEAN)
def test_it_is_taken(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object, **options: object) -> None:
        raise AssertionError("the general way")

    for module in (derivlib.softmax, derivlib.softmax_cross_entropy):
        monkeypatch.setitem(module.__globals__, "run_tiles", refuse)
    for shape in [(10,), (32, 10), (2, 3, 5)]:
        z = np.random.default_rng(0).normal(size=shape)
        labels = np.zeros(shape[:-1], int)
        call({"logits": z, "labels": labels})
    with pytest.raises(AssertionError, match="the general way"):
        call({"logits": z.astype(np.float16), "labels": labels})


def test_larger_arrays_are_not_small() -> None:
    z = np.zeros((_small.MOST, 2))
    assert _small.rows_of(z, -1, None) is None
    assert _small.rows_of(z[: _small.MOST // 2], -1, None) is not None
    assert _small.MOST * 8 <= _workspace.SMALL

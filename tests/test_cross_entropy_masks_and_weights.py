"""Cross-entropy: classes left out, weights of examples and of classes, labels that are ignored."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from derivlib import softmax_cross_entropy as value
from derivlib import softmax_cross_entropy_grad as grad
from derivlib import softmax_cross_entropy_hvp as hvp
from derivlib import softmax_cross_entropy_value_and_grad as value_and_grad
from tests.support.arrays import DTYPES, INF, NAN, Array, no_warning, unhurried
from tests.support.digits import exactly, ulps
from tests.support.optional import Options, exact


@st.composite
def problems(draw: st.DrawFn) -> tuple[Array, Array, Array, Options]:
    """Logits, labels, a direction and options, all of a row for each example."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    rows, classes = draw(st.integers(1, 5)), draw(st.integers(1, 6))
    dtype = draw(st.sampled_from(["float32", "float64", "longdouble"]))
    span = draw(st.sampled_from([1.0, 30.0, 1e3, 1e17]))
    z = (rng.normal(size=(rows, classes)) * span).astype(dtype)
    v = rng.normal(size=z.shape).astype(dtype)
    y: Array = rng.integers(0, classes, rows)
    if soft := draw(st.booleans()):
        y = (rng.dirichlet(np.ones(classes), rows) * rng.uniform(0, 3, (rows, 1))).astype(dtype)
    chosen: dict[str, Any] = {"label_smoothing": draw(st.sampled_from([0.0, 0.25, 0.9, 1.0]))}
    if draw(st.booleans()):
        shape = draw(st.sampled_from([z.shape, (classes,), (rows, 1)]))
        chosen["where"] = rng.uniform(size=shape) < draw(st.sampled_from([0.2, 0.7]))
        z = np.where(
            np.broadcast_to(chosen["where"], z.shape), z, rng.choice([NAN, INF, 1e4, 0])
        ).astype(dtype)
    if draw(st.booleans()):
        shape = draw(st.sampled_from([(rows,), (1,), ()]))
        sizes = rng.choice([0, 1, -2, 0.3, 1e-6], shape)
        chosen["weights"] = np.asarray(sizes, dtype)
    if draw(st.booleans()):
        chosen["class_weights"] = rng.choice([0, 1, 0.7, -0.4, 30], classes).astype(dtype)
    if draw(st.booleans()) and not soft:
        chosen["ignore_index"] = draw(st.sampled_from([-100, 0, 255]))
        y = np.where(rng.uniform(size=rows) < 0.3, chosen["ignore_index"], y)
    return z, y, v, Options(**chosen)


@unhurried
@given(problems())
def test_what_the_options_mean(problem: tuple[Array, Array, Array, Options]) -> None:
    z, y, v, options = problem
    true = exact(z, y, v, options)
    with no_warning():
        losses, slopes = value_and_grad(z, y, **options.given())
        products = hvp(z, y, v, **options.given())
    assert {losses.dtype, slopes.dtype, products.dtype} == {z.dtype}
    np.testing.assert_array_equal(losses, value(z, y, **options.given()))
    np.testing.assert_array_equal(slopes, grad(z, y, **options.given()))
    assert ulps(losses, true.value, true.value_scale) <= 2 * 5 + 1
    for got, expected, scale in [
        (slopes, true.grad, true.grad_scale),
        (products, true.hvp, true.hvp_scale),
    ]:
        errors = abs(exactly(got) - expected)
        least = exactly(np.finfo(z.dtype).smallest_subnormal)
        assert (
            errors <= 12 * float(np.finfo(z.dtype).eps) * scale + least * (4 + 4 * true.grad_scale)
        ).all()
        assert (got[scale == 0] == 0).all()


def rows_of(shape: tuple[int, ...], axis: int) -> list[tuple[Any, ...]]:
    """Indices of the slices along an axis."""
    batch = [
        range(size) if i != axis % len(shape) else [slice(None)] for i, size in enumerate(shape)
    ]
    return list(product(*batch))


KINDS = ["hard", "soft", "hard smoothed", "soft smoothed"]


def cases(kind: str, shape: tuple[int, ...], axis: int, dtype: str) -> tuple[Array, Array, Any]:
    """Logits, labels and options of a kind."""
    rng = np.random.default_rng(len(kind))
    z = rng.normal(size=shape).astype(dtype)
    y: Array = rng.integers(0, shape[axis], np.delete(shape, axis))
    if "soft" in kind:
        y = rng.uniform(size=shape).astype(dtype)
    return z, y, {"label_smoothing": 0.3} if "smoothed" in kind else {}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    ("shape", "axis", "mask_shape"),
    [
        ((6,), 0, (6,)),
        ((4, 5), 1, (4, 5)),
        ((4, 5), 0, (4, 1)),
        ((2, 7, 3), 1, (7, 1)),
        ((2, 7, 3), -1, (2, 7, 3)),
        ((900, 20), 1, (20,)),
        ((40, 500), 0, (40, 500)),
        ((3, 9000), 1, (3, 9000)),
    ],
)
def test_the_classes_left_out_are_removed(
    shape: tuple[int, ...], axis: int, mask_shape: tuple[int, ...], dtype: str, kind: str
) -> None:
    """Also in many tiles, and into given arrays; what they hold is of no matter."""
    z, y, options = cases(kind, shape, axis, dtype)
    mask = np.random.default_rng(1).uniform(size=mask_shape) < 0.6
    everywhere = np.broadcast_to(mask, shape)
    plain, v = z.copy(), z[..., ::-1].copy()
    z[~everywhere] = v[~everywhere] = NAN
    out = np.empty_like(z)
    with no_warning():
        losses, slopes = value_and_grad(z, y, axis=axis, where=mask, out=out, **options)
        products = hvp(z, y, v, axis=axis, where=mask, **options)
    assert slopes is out
    assert (slopes[~everywhere] == 0).all()
    assert (products[~everywhere] == 0).all()
    close = 40 * float(np.finfo(dtype).eps)
    for row in rows_of(shape, axis)[:: max(z.size // z.shape[axis] // 12, 1)]:
        there = np.flatnonzero(everywhere[row])
        label = y[row] if y.ndim == z.ndim else y[tuple(np.delete(np.array(row, object), axis))]
        if y.ndim < z.ndim and label not in there:
            assert losses[tuple(np.delete(np.array(row, object), axis))] == INF
            continue
        kept = label[there] if y.ndim == z.ndim else list(there).index(label)
        expected = value_and_grad(plain[row][there], kept, **options)
        got = losses[tuple(np.delete(np.array(row, object), axis))], slopes[row][there]
        for a, b in zip(got, expected, strict=True):
            np.testing.assert_allclose(a, b, close, close * (1 + abs(label).sum()))
        b = hvp(plain[row][there], kept, v[row][there], **options)
        np.testing.assert_allclose(products[row][there], b, close, close * (1 + abs(label).sum()))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("function", [value, grad, hvp])
def test_an_example_counts_as_what_it_weighs(function: Any, axis: int, kind: str) -> None:
    z, y, options = cases(kind, (300, 300), axis, "float64")
    given = (z, y, z[::-1].copy()) if function is hvp else (z, y)
    plain = function(*given, axis=axis, **options)
    weights = np.random.default_rng(0).choice([0.5, -2, 1, 0], 300)
    turned = weights if function is value else np.expand_dims(weights, axis)
    got = function(*given, axis=axis, weights=weights, **options)
    np.testing.assert_allclose(got, plain * turned, rtol=1e-14, atol=1e-15)
    # Of powers of 2 no digit is lost, so neither the neighbours nor their weights matter.
    np.testing.assert_array_equal(function(*given, axis=axis, weights=2, **options), 2 * plain)
    z.swapaxes(0, 1 - axis)[weights == 0] = NAN
    again = function(z, *given[1:], axis=axis, weights=weights, **options)
    np.testing.assert_array_equal(again, got)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("function", [value, grad, hvp])
def test_a_class_counts_as_what_it_weighs(function: Any, kind: str) -> None:
    z, y, options = cases(kind, (500, 30), 1, "float64")
    by_class = np.random.default_rng(0).choice([0.5, -2, 1, 0], 30)
    soft = y if y.ndim == 2 else np.eye(30)[y]
    alpha = options.get("label_smoothing", 0)
    same = by_class * (soft * (1 - alpha) + alpha / 30)
    given = (z[::-1].copy(),) if function is hvp else ()
    got = function(z, y, *given, class_weights=by_class, **options)
    np.testing.assert_allclose(got, function(z, same, *given), rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("smoothing", [0.0, 0.3])
@pytest.mark.parametrize("function", [value, grad, hvp])
@pytest.mark.parametrize("ignored", [-100, 255, 1])
def test_an_ignored_label_costs_nothing(ignored: int, function: Any, smoothing: float) -> None:
    z, y, _ = cases("hard", (4000, 10), 1, "float64")
    given = (z[::-1].copy(),) if function is hvp else ()
    plain = function(z, y, *given, label_smoothing=smoothing)
    gone = np.arange(len(y)) % 3 == 0
    gone |= y == ignored
    z[gone] = NAN
    y = np.where(gone, ignored, y).astype("u1" if ignored == 255 else "i8")
    with no_warning():
        got = function(z, y, *given, ignore_index=ignored, label_smoothing=smoothing)
    assert (got[gone] == 0).all()
    np.testing.assert_array_equal(got[~gone], plain[~gone])


@pytest.mark.parametrize(
    ("labels", "mask", "options", "loss"),
    [
        (0, [True, False, True], {}, np.log1p(np.exp(2))),
        (1, [True, False, True], {}, INF),
        (1, [True, False, True], {"weights": -1}, -INF),
        (1, [True, False, True], {"weights": 0}, 0),
        (1, [True, False, True], {"class_weights": [1, 0, 1]}, 0),
        (1, [True, False, True], {"ignore_index": 1}, 0),
        (1, [True, False, True], {"label_smoothing": 1}, np.log1p(np.exp(2)) - 1),
        (1, [False, False, False], {}, INF),
        (1, [False, False, False], {"label_smoothing": 0.5}, INF),
        (1, [False, False, False], {"label_smoothing": 1}, 0),
        ([0.5, 9.0, 0.5], [True, False, True], {}, np.log1p(np.exp(2)) - 1),
        ([0.0, 1.0, 0.0], [True, False, True], {}, 0),
        ([0.5, 0.5, 0.0], [False, False, False], {"label_smoothing": 0.5}, 0),
        (2, [True, True, True], {}, NAN),
        (1, True, {"label_smoothing": 1e-320}, NAN),
    ],
)
@pytest.mark.parametrize("rows", [1, 5000])
def test_edges(rows: int, labels: Any, mask: Any, options: Any, loss: float) -> None:
    z = np.tile([0.0, NAN, 2.0], (rows, 1))
    y = np.tile(np.array(labels), (rows, *[1] * np.ndim(labels)))
    y = y if np.ndim(labels) else y.ravel()
    with no_warning():
        losses, slopes = value_and_grad(z, y, where=mask, **options)
    np.testing.assert_allclose(losses, np.full(rows, loss), rtol=1e-15)
    assert (slopes[:, ~np.broadcast_to(mask, 3)] == 0).all()


@pytest.mark.parametrize(
    ("row", "first", "second", "loss"),
    [
        ([0.0, 0.0], 1e200, 1e200, np.inf),
        ([-np.inf, 0.0], 1e-200, 1e-200, np.inf),
        ([700.0, 0.0], 1e200, 1e200, np.exp(-700.0) * 1e200 * 1e200),
        ([0.0, 0.0], 1e-200, 1e-200, 0.0),
    ],
)
def test_two_weights_whose_product_is_no_number(
    row: list[float], first: float, second: float, loss: float
) -> None:
    with np.errstate(all="raise"):
        found = value(row, 0, weights=first, class_weights=[second, 1])
    np.testing.assert_allclose(found, loss, rtol=1e-13)


def test_a_weight_next_to_nothing_is_one() -> None:
    """Of classes whose logit is −inf, whatever the others weigh."""
    z = np.array([0, -INF], "f4")
    assert value(z, np.array([1e30, 1e-45], "f4")) == INF
    assert value(z, np.array([1e30, -1e-45], "f4")) == -INF
    assert value(z, 0, label_smoothing=1e-60, where=[True, True]) == INF
    assert value(z, 0, label_smoothing=1e-60, where=[True, False]) == 0


def test_dtypes() -> None:
    z = np.zeros((2, 3), "f4")
    for options, expected in [
        ({"weights": [1, 2]}, "f4"),
        ({"weights": np.ones(2, "f2")}, "f4"),
        ({"weights": 0.5}, "f8"),
        ({"class_weights": [1, 2, 3]}, "f4"),
        ({"class_weights": np.ones(3)}, "f8"),
        ({"where": [True, False, True], "ignore_index": 1}, "f4"),
    ]:
        given: Any = options
        for x in (*value_and_grad(z, [0, 2], **given), hvp(z, [0, 2], z, **given)):
            assert x.dtype == expected
    assert value(z.astype("f2"), [0, 2], weights=np.float16(0.1)).dtype == "f2"


def test_halves_are_rounded_once() -> None:
    """The loss itself would overflow."""
    z = np.array([0, 6e4, -6e4], "f2")
    assert value(z, 2, weights=np.float16(0.5)) == np.float16(6e4)
    assert value(z, 2, class_weights=np.full(3, 0.5, "f2")) == np.float16(6e4)
    weights: Any = {"weights": np.float16(300), "class_weights": np.full(3, 300, "f2")}
    loss = value(np.array([10, 0, 0], "f2"), 0, **weights)  # the factor would overflow, too
    assert loss == np.float16(9e4 * np.log1p(2 * np.exp(-10)))


@pytest.mark.parametrize("function", [value, grad, value_and_grad, hvp])
@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"where": [1.0, 0.0, 1.0]}, TypeError, "where must be an array of bools, got dtype float"),
        ({"where": None}, TypeError, "where must be an array of bools, got dtype object"),
        (
            {"where": [True] * 2},
            ValueError,
            r"where of shape \(2,\) does not broadcast to \(2, 3\)",
        ),
        (
            {"weights": [1.0] * 3},
            ValueError,
            r"weights of shape \(3,\) does not broadcast to \(2,\)",
        ),
        ({"weights": [1, NAN]}, ValueError, r"weights\[1\] is nan, expected a finite number"),
        ({"weights": INF}, ValueError, "weights is inf, expected a finite number"),
        ({"weights": "a"}, TypeError, "weights must be an array of real numbers"),
        ({"class_weights": [1.0] * 2}, ValueError, r"class_weights must have shape \(3,\)"),
        ({"class_weights": 1.0}, ValueError, r"class_weights must have shape \(3,\)"),
        ({"class_weights": [1, 1, INF]}, ValueError, r"class_weights\[2\] is inf"),
        ({"ignore_index": 1.0}, TypeError, "ignore_index must be an integer, got 1.0"),
        ({"ignore_index": True}, TypeError, "ignore_index must be an integer, got True"),
        ({"ignore_index": -1}, ValueError, r"labels\[1\] is -100, expected 0 <= label < 3"),
    ],
)
def test_bad_options(function: Any, options: Any, error: type[Exception], message: str) -> None:
    z = np.zeros((2, 3))
    labels = [-1, -100] if options.get("ignore_index") == -1 else [0, 1]
    with pytest.raises(error, match=message):
        function(z, labels, *[z] * (function is hvp), **options)
    if "ignore_index" not in options:
        with pytest.raises(error, match=message):
            function(z, z, *[z] * (function is hvp), **options)


def test_distributions_have_no_label_to_ignore() -> None:
    with pytest.raises(TypeError, match="ignore_index is a label, and labels of floats are distri"):
        value(np.zeros((2, 3)), np.zeros((2, 3)), ignore_index=0)

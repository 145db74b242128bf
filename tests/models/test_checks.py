"""Bad input: the message names both arrays and the axis. Good input of any dtype."""

import re
from typing import Any

import numpy as np
import pytest

from derivlib.models import (
    logistic_regression,
    pack,
    recurrent,
    softmax_regression,
    two_layer,
    unpack,
)

rng = np.random.default_rng(0)
LINEAR = logistic_regression.init(3)
CLASSES = softmax_regression.init(3, 4)
NETWORK = two_layer.init(3, 5, 4, rng)
MEMORY = recurrent.init(3, 5, 4, rng)
X, LABELS = np.ones((6, 3)), np.zeros(6, int)
SEQUENCE = np.ones((6, 2, 3))


DISAGREEMENTS = [
    (
        (logistic_regression, LINEAR, np.ones((6, 2)), LABELS),
        "X has 2 features (axis 1 of shape (6, 2)), parameters.weights has 3 (axis 0 of shape",
    ),
    (
        (logistic_regression, LINEAR, X, LABELS[:5]),
        "X has 6 examples (axis 0 of shape (6, 3)), labels has 5 (axis 0 of shape (5,))",
    ),
    ((logistic_regression, LINEAR, X[0], LABELS), "X must have the shape (m, d), got (3,)"),
    ((logistic_regression, LINEAR, X, X), "labels must have the shape (m,), got (6, 3)"),
    ((logistic_regression, LINEAR, X[:0], LABELS[:0]), "X has no examples: its shape is (0, 3)"),
    (
        (softmax_regression, CLASSES._replace(bias=np.zeros(3)), X, LABELS),
        "parameters.weights has 4 classes (axis 1 of shape (3, 4)), parameters.bias has 3 (axis 0",
    ),
    ((softmax_regression, CLASSES, X, LABELS + 4), "labels[0] is 4, expected 0 <= label < 4"),
    (
        (two_layer, NETWORK._replace(weights_2=np.ones((4, 4))), X, LABELS),
        "weights_1 has 5 hidden units (axis 1 of shape (3, 5)), parameters.weights_2 has 4 (axis 0",
    ),
    (
        (two_layer, NETWORK, X, np.int64(3)),
        "labels must have one entry for each of the 6 rows of X, got 3",
    ),
    (
        (recurrent, MEMORY._replace(recurrent_weights=np.ones((5, 4))), SEQUENCE, LABELS),
        "has 5 hidden units (axis 1 of shape (3, 5)), parameters.recurrent_weights has 4 (axis",
    ),
    ((recurrent, MEMORY, X, LABELS), "X must have the shape (m, T, d), got (6, 3)"),
    ((recurrent, MEMORY, SEQUENCE, np.zeros((6, 3), int)), "must have shape (6, 2), got (6, 3)"),
]


@pytest.mark.parametrize(("problem", "message"), DISAGREEMENTS)
def test_shapes_that_do_not_agree(problem: Any, message: str) -> None:
    model, parameters, x, y = problem
    with pytest.raises(ValueError, match=re.escape(message)):
        model.value_and_grad(parameters, x, y)


def test_sigmoid_outputs_take_a_label_each() -> None:
    with pytest.raises(ValueError, match=r"labels must have the shape \(m, K\), got \(6,\)"):
        two_layer.loss(NETWORK, X, LABELS, output="sigmoid")


@pytest.mark.parametrize("l2", [-1.0, np.inf, np.nan])
def test_penalties_are_finite_and_not_negative(l2: float) -> None:
    with pytest.raises(ValueError, match="l2 must be finite and not negative, got"):
        logistic_regression.loss(LINEAR, X, LABELS, l2=l2)


@pytest.mark.parametrize("l2", ["1", None, [0.1], True, 1j])
def test_penalties_are_numbers(l2: Any) -> None:
    with pytest.raises(TypeError, match="l2 must be a number, got"):
        logistic_regression.loss(LINEAR, X, LABELS, l2=l2)


MODELS_AND_DATA: list[tuple[Any, Any, Any, Any]] = [
    (logistic_regression, LINEAR, X, LABELS),
    (softmax_regression, CLASSES, X, LABELS),
    (two_layer, NETWORK, X, LABELS),
    (recurrent, MEMORY, SEQUENCE, np.zeros((6, 2), int)),
]
WRONG_AXES = [
    (problem, field, axis)
    for problem in MODELS_AND_DATA
    for field in problem[1]._fields
    for axis in range(np.ndim(getattr(problem[1], field)) + 1)
]


@pytest.mark.parametrize(("problem", "field", "axis"), WRONG_AXES)
def test_every_axis_of_every_parameter_is_checked(problem: Any, field: str, axis: int) -> None:
    """One entry too many along the axis; behind the last axis, a dimension too many."""
    model, parameters, x, y = problem
    array = np.asarray(getattr(parameters, field))
    if axis < array.ndim:
        longer = np.concatenate([array, array.take([0], axis)], axis)
        if model is two_layer and field == "weights_1" and axis == 1:
            longer = np.ones((3, 9))  # else the message may blame the next
    else:
        longer = array[..., None]
    with pytest.raises(ValueError, match=f"parameters.{field}"):
        model.value_and_grad(parameters._replace(**{field: longer}), x, y)


def test_a_mistaken_direction_is_called_by_its_name() -> None:
    with pytest.raises(TypeError, match="direction must be"):
        logistic_regression.hvp(LINEAR, (np.zeros(3), 0.0), X, LABELS)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"direction\.weights must have the shape \(d, K\)"):
        softmax_regression.hvp(CLASSES, CLASSES._replace(weights=np.ones(3)), X, LABELS)


@pytest.mark.parametrize("wrong", [0, -1, 2.0, "3", None])
def test_sizes_are_positive_integers(wrong: Any) -> None:
    calls: list[tuple[Any, tuple[Any, ...]]] = [
        (logistic_regression.init, (wrong,)),
        (softmax_regression.init, (3, wrong)),
        (two_layer.init, (3, wrong, 2, 0)),
        (recurrent.init, (3, 2, wrong, 0)),
    ]
    for init, sizes in calls:
        with pytest.raises((TypeError, ValueError), match=r"must be (at least 1|an integer), got"):
            init(*sizes)


def test_a_seed_will_do_for_a_generator() -> None:
    seeded = two_layer.init(2, 3, 2, 7)
    drawn = two_layer.init(2, 3, 2, np.random.default_rng(7))
    assert all(map(np.array_equal, seeded, drawn))
    with pytest.raises(TypeError, match=r"rng must be a numpy\.random\.Generator or a seed"):
        two_layer.init(2, 3, 2, "seed")  # type: ignore[arg-type]


@pytest.mark.parametrize("size", [0, 1])
def test_the_smallest_sizes(size: int) -> None:
    """No features, no hidden units, no steps, or one of each, as far as the shapes allow."""
    m = 1
    x, y = np.ones((m, size)), np.zeros(m, int)
    logistic_regression.value_and_grad(
        logistic_regression.Parameters(np.ones(size), np.zeros(())), x, y
    )
    softmax_regression.value_and_grad(
        softmax_regression.Parameters(np.ones((size, 1)), np.zeros(1)), x, y
    )
    empty = np.ones((size, size)), np.zeros(size)
    ends = np.ones((size, 1)), np.zeros(1)
    two_layer.value_and_grad(two_layer.Parameters(*empty, *ends), x, y)
    for steps in (0, 1, 2):
        parameters = recurrent.Parameters(empty[0], *empty, *ends)
        grad = recurrent.grad(parameters, np.ones((m, steps, size)), np.zeros((m, steps), int))
        assert [g.shape for g in grad] == [np.shape(p) for p in parameters]


def test_saturation_raises_no_warning_even_if_asked_to() -> None:
    with np.errstate(all="raise"):
        for model, parameters, x, y in MODELS_AND_DATA:
            large = type(parameters)(*(1e3 * np.ones_like(a) for a in parameters))
            model.value_and_grad(large, x, y, l2=0.1)


def test_a_wider_direction_widens_the_product() -> None:
    for model, parameters in ((logistic_regression, LINEAR), (softmax_regression, CLASSES)):
        narrow = type(parameters)(*(a.astype("f4") for a in parameters))
        product = model.hvp(narrow, parameters, X.astype("f4"), LABELS)
        assert {a.dtype for a in product} == {np.dtype("f8")}
        product = model.hvp(narrow, narrow, X.astype("f4"), LABELS)
        assert {a.dtype for a in product} == {np.dtype("f4")}


def test_a_python_number_does_not_widen() -> None:
    parameters = logistic_regression.Parameters(np.ones(3, "f4"), 0.5)  # type: ignore[arg-type]
    assert logistic_regression.predict(parameters, X.astype("f4")).dtype == np.float32


def test_packing_and_unpacking() -> None:
    assert all(map(np.array_equal, unpack(pack(NETWORK), NETWORK), NETWORK))
    for wrong in (None, (), np.ones(3)):
        with pytest.raises(TypeError, match="parameters must be the Parameters of a model"):
            pack(wrong)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"vector must have the shape \(44,\), got \(43,\)"):
        unpack(pack(NETWORK)[1:], NETWORK)


def test_parameters_are_this_modules() -> None:
    with pytest.raises(TypeError, match=r"logistic_regression\.Parameters, got builtins\.tuple"):
        logistic_regression.loss((np.zeros(3), 0.0), X, LABELS)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"got derivlib\.models\.two_layer\.Parameters"):
        logistic_regression.loss(NETWORK, X, LABELS)  # type: ignore[arg-type]


def test_a_direction_has_the_shapes_of_the_parameters() -> None:
    with pytest.raises(ValueError, match=r"X has 3 features .* direction\.weights has 2"):
        logistic_regression.hvp(LINEAR, logistic_regression.init(2), X, LABELS)
    with pytest.raises(ValueError, match=r"classes .* direction\.weights has 5"):
        softmax_regression.hvp(CLASSES, softmax_regression.init(3, 5), X, LABELS)


@pytest.mark.parametrize(
    ("given", "expected"),
    [("f2", "f4"), ("f4", "f4"), ("f8", "f8"), ("i8", "f8")],
)
def test_dtypes(given: str, expected: str) -> None:
    for model, parameters, x, y in [
        (logistic_regression, LINEAR, X, LABELS),
        (softmax_regression, CLASSES, X, LABELS),
        (two_layer, NETWORK, X, LABELS),
        (recurrent, MEMORY, SEQUENCE, np.zeros((6, 2), int)),
    ]:
        cast = type(parameters)(*(a.astype(given) for a in parameters))
        _, grad = model.value_and_grad(cast, x.astype(given), y)
        assert {array.dtype for array in grad} == {np.dtype(expected)}


def test_arguments_are_not_written_to() -> None:
    for model, parameters, x, y in [
        (logistic_regression, LINEAR, X, LABELS),
        (softmax_regression, CLASSES, X, LABELS),
        (two_layer, NETWORK, X, LABELS),
        (recurrent, MEMORY, SEQUENCE, np.zeros((6, 2), int)),
    ]:
        before = [a.copy() for a in (*parameters, x, y)]
        for array in (*parameters, x, y):
            array.flags.writeable = False
        model.value_and_grad(parameters, x, y, l2=0.1)
        assert all(map(np.array_equal, before, (*parameters, x, y)))

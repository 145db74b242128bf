"""scikit-learn's tests of its HalfBinomialLoss and HalfMultinomialLoss."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from unittest import mock

import pytest

from tests.foreign.shims import Binomial, Multinomial

loss: Any = pytest.importorskip("sklearn._loss.loss")


def ours() -> Any:
    """The losses, with the kernels for their compiled parts."""
    return mock.patch.multiple(loss, CyHalfBinomialLoss=Binomial, CyHalfMultinomialLoss=Multinomial)


with ours():
    theirs: Any = pytest.importorskip("sklearn._loss.tests.test_loss")
globals().update({name: test for name, test in vars(theirs).items() if name.startswith("test_")})

NAMES = ("HalfBinomialLoss", "HalfMultinomialLoss", "binomial_loss")
OF_BOTH = ("test_binomial_and_multinomial_loss", "test_binomial_vs_alternative_formulation")
WITHOUT_KERNELS = (
    *("test_loss_boundary_y_true", "test_loss_boundary_y_pred", "test_specific_fit_intercept_only"),
    *("test_init_gradient_and_hessians", "test_init_gradient_and_hessian_raises"),
)


@pytest.fixture(autouse=True)
def with_kernels() -> Iterator[None]:
    with ours():
        yield


def asks(item: Any) -> bool:
    """Whether a test is about one of the two losses, and evaluates it."""
    if item.originalname in WITHOUT_KERNELS:
        return False
    given = getattr(item, "callspec", None) and item.callspec.params.get("loss")
    name = given if isinstance(given, str) else getattr(given, "__name__", type(given).__name__)
    return name in NAMES or item.originalname in OF_BOTH

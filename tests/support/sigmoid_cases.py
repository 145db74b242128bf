"""Logits of many kinds for the sigmoid and its relatives, and what these are to 60 digits."""

from functools import cache

import numpy as np

from tests.support.arrays import Array
from tests.support.digits import Digits, exactly, exp, log1p

FAMILIES = ["normal", "wide", "near zero", "near powers of two", "bounded"]


def logits(family: str, dtype: str, count: int) -> Array:
    """Entries of one kind, to the end of the range in which the exponential is not 0."""
    rng = np.random.default_rng(FAMILIES.index(family))
    lowest = float(np.log(np.finfo(dtype).smallest_subnormal.astype(np.longdouble)))
    powers = np.ldexp(1 + rng.uniform(0, 0.01, count), -rng.integers(1, 12, count))
    families = {
        "normal": rng.normal(0, 3, count),
        "wide": rng.uniform(lowest, -lowest, count),
        "near zero": rng.normal(0, 1, count) * 10.0 ** -rng.integers(1, 8, count),
        "near powers of two": np.log(powers) * rng.choice([-1, 1], count),
        "bounded": rng.uniform(0.94, 1.01, count) * lowest * rng.choice([-1, 1], count),
    }
    z: Array = families[family].astype(dtype)
    return z


COUNT = 800
"""Entries of the families whose exact values are kept for the tests that follow."""


@cache
def exact_logits(family: str, dtype: str) -> Digits:
    return exactly(logits(family, dtype, COUNT))


@cache
def exact_sigmoid(family: str, dtype: str) -> Digits:
    return 1 / (1 + exp(-exact_logits(family, dtype)))


@cache
def exact_sigmoid_grad(family: str, dtype: str) -> Digits:
    p = exact_sigmoid(family, dtype)
    return p**2 * exp(-exact_logits(family, dtype))


@cache
def exact_softplus(family: str, dtype: str) -> Digits:
    return log1p(exp(exact_logits(family, dtype)))


@cache
def exact_log_sigmoid(family: str, dtype: str) -> Digits:
    return -log1p(exp(-exact_logits(family, dtype)))

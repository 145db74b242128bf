"""Logits of many kinds for the sigmoid and its relatives, and what these are to 60 digits."""

import numpy as np

from tests.support.arrays import Array
from tests.support.digits import Digits, exp, log1p

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


def exact_sigmoid(z: Digits) -> Digits:
    return 1 / (1 + exp(-z))


def exact_sigmoid_grad(z: Digits) -> Digits:
    return exact_sigmoid(z) * exact_sigmoid(-z)


def exact_softplus(z: Digits) -> Digits:
    return log1p(exp(z))


def exact_log_sigmoid(z: Digits) -> Digits:
    return -exact_softplus(-z)

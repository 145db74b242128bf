"""What each call of a kernel along an axis gives, by the textbook's formulas in longdouble.

They subtract the largest logit, and otherwise share nothing with the kernels.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from tests.support.arrays import Array
from tests.support.kernels import Call


def _weights(call: Call, arrays: Mapping[str, Array], axis: int) -> Array:
    """The labels as weights of all classes."""
    classes = arrays["logits"].shape[axis]
    if "soft labels" in call.arguments:
        weights = arrays["soft labels"].astype(np.longdouble)
    else:
        one_hot = np.expand_dims(arrays["labels"], axis)
        turned = np.arange(classes).reshape([-1 if i == axis else 1 for i in range(one_hot.ndim)])
        weights = (one_hot == turned).astype(np.longdouble)
    alpha = np.longdouble(call.options.get("label_smoothing", 0))
    mixed: Array = weights * (1 - alpha) + alpha / classes
    return mixed


def results(call: Call, arrays: Mapping[str, Array], axis: int) -> list[tuple[Array, Array]]:
    """Each result, with the size of the terms that it is made of: an error counts beside those."""
    name = call.kernel.name
    wide = {k: a.astype(np.longdouble) for k, a in arrays.items() if a.dtype.kind == "f"}
    axis %= arrays[call.arguments[0]].ndim

    def total(terms: Array) -> Array:
        return np.asarray(terms.sum(axis=axis, keepdims=True))

    if "p" in call.arguments:
        p, v = wide["p"], wide["v"]
        if name == "log_softmax_vjp":
            return [(v - p * total(v), abs(v) + p * total(abs(v)))]
        return [(p * (v - total(p * v)), p * (abs(v) + total(p * abs(v))))]
    z = wide["logits"]
    top = z.max(axis=axis, keepdims=True)
    e = np.exp(z - top)
    log_sum = np.log(total(e))
    p, log_p = e / total(e), z - top - log_sum
    if name == "softmax":
        return [(p, p)]
    if name == "log_softmax":
        return [(log_p, abs(z - top) + log_sum)]
    if name == "logsumexp":
        return [((top + log_sum).squeeze(axis), (abs(top) + log_sum).squeeze(axis))]
    y = _weights(call, arrays, axis)
    if name == "softmax_cross_entropy_hvp":
        v = wide["v"]
        return [(p * (v - total(p * v)) * total(y), p * (abs(v) + total(p * abs(v))) * total(y))]
    costs = np.where(y == 0, 0, -y * np.where(y == 0, 0, log_p))
    sizes = y * np.where(y == 0, 0, abs(z - top) + log_sum)
    value = total(costs).squeeze(axis), total(sizes).squeeze(axis)
    grad = p * total(y) - y, p * total(y) + y
    found: dict[str, Any] = {"": [value], "_grad": [grad], "_value_and_grad": [value, grad]}
    return list(found[name.removeprefix("softmax_cross_entropy")])

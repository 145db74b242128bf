"""Problems for the cross-entropy, and its gradients written into a given array."""

from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from derivlib import softmax_cross_entropy_grad as grad
from derivlib import softmax_cross_entropy_value_and_grad as value_and_grad
from tests.support.arrays import Array

eighths = st.integers(-4000, 4000).map(lambda n: n / 8)
shapes = hnp.array_shapes(min_dims=2, max_dims=2)


@st.composite
def problems(draw: st.DrawFn) -> tuple[Array, Array]:
    """Logits with class labels, or with weights of either sign."""
    z = draw(hnp.arrays(np.float64, shapes, elements=eighths))
    classes = hnp.arrays(np.int64, len(z), elements=st.integers(0, z.shape[1] - 1))
    weights = hnp.arrays(np.float64, z.shape, elements=eighths)
    return z, draw(classes | weights)


def value_and_grad_out(z: Any, y: Any, out: Any, axis: int = -1) -> Array:
    return value_and_grad(z, y, axis=axis, out=out)[1]


def grad_out(z: Any, y: Any, out: Any, axis: int = -1) -> Array:
    return grad(z, y, axis=axis, out=out)

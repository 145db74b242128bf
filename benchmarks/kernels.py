"""What is measured: the public kernels, and the arrays that they are called with."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from math import prod
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import DTypeLike, NDArray

import derivlib

Array: TypeAlias = NDArray[Any]
Thunk: TypeAlias = Callable[[], Any]
Axis: TypeAlias = int | tuple[int, ...]


@dataclass(frozen=True)
class Kernel:
    """A public function: which fields of a `Case` it takes, and whether it works along an axis."""

    name: str
    arguments: tuple[str, ...]
    axis: bool
    reduces: bool = False

    @property
    def function(self) -> Callable[..., Any]:
        function: Callable[..., Any] = getattr(derivlib, self.name)
        return function

    @property
    def elementwise(self) -> bool:
        return not self.axis and self.name != "softmax_jacobian"

    @property
    def takes_out(self) -> bool:
        return "out" in inspect.signature(self.function).parameters

    def fits(self, shape: tuple[int, ...], axis: Axis) -> bool:
        """Whether it is worth a run: the dense Jacobian only while it is small, labels only where
        the classes lie along one axis."""
        if self.name == "softmax_jacobian":
            return axis == -1 and prod(shape) * shape[-1] <= 20_000_000
        if isinstance(axis, tuple):
            return self.axis and "labels" not in self.arguments
        return self.axis or axis == -1


_LOSS, _BINARY = ("logits", "labels"), ("logits", "flags")
_ALL = [
    Kernel("sigmoid", ("logits",), False),
    Kernel("sigmoid_grad", ("logits",), False),
    Kernel("log_sigmoid", ("logits",), False),
    Kernel("softplus", ("logits",), False),
    Kernel("sigmoid_binary_cross_entropy", _BINARY, False),
    Kernel("sigmoid_binary_cross_entropy_grad", _BINARY, False),
    Kernel("sigmoid_binary_cross_entropy_value_and_grad", _BINARY, False),
    Kernel("sigmoid_binary_cross_entropy_hvp", (*_BINARY, "v"), False),
    Kernel("logsumexp", ("logits",), True, reduces=True),
    Kernel("softmax", ("logits",), True),
    Kernel("log_softmax", ("logits",), True),
    Kernel("softmax_jacobian", ("logits",), False),
    Kernel("softmax_jvp", ("p", "v"), True),
    Kernel("softmax_vjp", ("p", "v"), True),
    Kernel("log_softmax_vjp", ("p", "v"), True),
    Kernel("softmax_entropy", ("logits",), True, reduces=True),
    Kernel("softmax_entropy_grad", ("logits",), True),
    Kernel("softmax_kl", ("logits", "v"), True, reduces=True),
    Kernel("softmax_kl_grad_z", ("logits", "v"), True),
    Kernel("softmax_kl_grad_w", ("logits", "v"), True),
    Kernel("softmax_cross_entropy", _LOSS, True, reduces=True),
    Kernel("softmax_cross_entropy_grad", _LOSS, True),
    Kernel("softmax_cross_entropy_value_and_grad", _LOSS, True),
    Kernel("softmax_cross_entropy_hvp", (*_LOSS, "v"), True),
]


def kernels(names: list[str] | None = None) -> list[Kernel]:
    """The kernels that derivlib has, or those of them that are named."""
    present = [kernel for kernel in _ALL if hasattr(derivlib, kernel.name)]
    unknown = set(names or ()) - {kernel.name for kernel in present}
    if unknown:
        known = ", ".join(kernel.name for kernel in present)
        raise ValueError(f"kernels {', '.join(sorted(unknown))}: expected some of {known}")
    return [kernel for kernel in present if not names or kernel.name in names]


@dataclass(frozen=True)
class Case:
    """Arguments for every kernel: logits, classes, zeros and ones, probabilities, a direction."""

    logits: Array
    labels: Array
    flags: Array
    p: Array
    v: Array
    axis: Axis = -1

    @property
    def classes(self) -> int:
        return int(np.prod(np.take(self.logits.shape, self.axis)))

    def reduced(self) -> tuple[int, ...]:
        """The logits' shape without the classes' axis."""
        return _without(self.logits.shape, self.axis)

    def out(self, kernel: Kernel) -> Array:
        """Room for a kernel's result."""
        if kernel.name == "softmax_jacobian":
            shape = (*self.logits.shape, self.classes)
        else:
            shape = self.reduced() if kernel.reduces else self.logits.shape
        dtype = np.result_type(self.logits.dtype, np.float16)
        return np.empty(shape, dtype, "F" if np.isfortran(self.logits) else "C")


def random_case(
    shape: tuple[int, ...], dtype: DTypeLike, axis: Axis = -1, seed: int = 0, order: str = "C"
) -> Case:
    """Logits from N(0, 3), the classes along `axis`; `order` is that of the memory, C or F."""
    rng = np.random.default_rng(seed)
    floats = np.float64 if np.dtype(dtype).kind != "f" else np.dtype(dtype)
    logits = (3 * rng.standard_normal(shape, np.float32)).astype(dtype)
    e = np.exp(logits.astype(floats))
    e /= e.sum(axis=axis, keepdims=True, dtype=np.float64).astype(floats)
    classes = int(np.prod(np.take(shape, axis)))
    case = Case(
        logits=logits,
        labels=np.asarray(rng.integers(classes, size=_without(shape, axis))),
        flags=rng.integers(2, size=shape, dtype=np.int64),
        p=e,
        v=rng.standard_normal(shape, np.float32).astype(floats),
        axis=axis,
    )
    if order == "C":
        return case
    laid = np.asfortranarray
    return replace(
        case, logits=laid(case.logits), flags=laid(case.flags), p=laid(case.p), v=laid(case.v)
    )


def _without(shape: tuple[int, ...], axis: Axis) -> tuple[int, ...]:
    return tuple(np.delete(shape, axis).tolist())


def ours(kernel: Kernel, case: Case, out: Array | None = None) -> Thunk:
    """A call of derivlib's kernel."""
    options: dict[str, Any] = {"axis": case.axis} if kernel.axis else {}
    if out is not None:
        options["out"] = out
    return partial(kernel.function, *(getattr(case, name) for name in kernel.arguments), **options)

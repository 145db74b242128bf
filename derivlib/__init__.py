"""Stable NumPy kernels for the gradients of machine learning, each with its proof in a notebook.

NumPy is imported when a kernel is first asked for, so that `derivlib.proof` can be used without it.
"""

from importlib import import_module as _import_module
from sys import modules as _modules
from types import ModuleType as _ModuleType
from typing import TYPE_CHECKING as _TYPE_CHECKING
from typing import Any as _Any

from derivlib._engine.threads import get_num_threads as get_num_threads
from derivlib._engine.threads import set_num_threads as set_num_threads

if _TYPE_CHECKING:
    from derivlib.binary_cross_entropy import (
        sigmoid_binary_cross_entropy,
        sigmoid_binary_cross_entropy_grad,
        sigmoid_binary_cross_entropy_hvp,
        sigmoid_binary_cross_entropy_value_and_grad,
    )
    from derivlib.cross_entropy import (
        softmax_cross_entropy,
        softmax_cross_entropy_grad,
        softmax_cross_entropy_hvp,
        softmax_cross_entropy_value_and_grad,
    )
    from derivlib.sigmoid import log_sigmoid, sigmoid, sigmoid_grad, softplus
    from derivlib.softmax import log_softmax, logsumexp, softmax
    from derivlib.softmax_derivatives import (
        log_softmax_vjp,
        softmax_jacobian,
        softmax_jvp,
        softmax_vjp,
    )

__all__ = [
    "log_sigmoid",
    "log_softmax",
    "log_softmax_vjp",
    "logsumexp",
    "sigmoid",
    "sigmoid_binary_cross_entropy",
    "sigmoid_binary_cross_entropy_grad",
    "sigmoid_binary_cross_entropy_hvp",
    "sigmoid_binary_cross_entropy_value_and_grad",
    "sigmoid_grad",
    "softmax",
    "softmax_cross_entropy",
    "softmax_cross_entropy_grad",
    "softmax_cross_entropy_hvp",
    "softmax_cross_entropy_value_and_grad",
    "softmax_jacobian",
    "softmax_jvp",
    "softmax_vjp",
    "softplus",
]
__version__ = "0.1.0"

_MODULES = ("sigmoid", "softmax", "softmax_derivatives", "cross_entropy", "binary_cross_entropy")


def __getattr__(name: str) -> _Any:
    """A kernel, when it is first asked for: then all are here."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    for module in _MODULES:
        home = _import_module(f"{__name__}.{module}")
        globals().update((kernel, getattr(home, kernel)) for kernel in home.__all__)
    return globals()[name]


def __dir__() -> list[str]:
    return sorted({*__all__, *(name for name in globals() if not name.startswith("_"))})


class _Package(_ModuleType):
    """Python binds a submodule's name when it is imported: here, `softmax` stays the function."""

    def __setattr__(self, name: str, value: _Any) -> None:
        if name in __all__ and isinstance(value, _ModuleType):
            value = getattr(value, name)
        super().__setattr__(name, value)


_modules[__name__].__class__ = _Package

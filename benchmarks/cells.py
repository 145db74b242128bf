"""What is timed: a cell is a function, a shape, a dtype and a number of threads.

The competitors of a cell take turns: derivlib and every library, with fresh results and with
`out=`. So the table of all figures is the product of `CELLS` with these.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from math import prod

from .kernels import Axis, kernels

DTYPES = ("float32", "float64")
FEW = 1000
"""Up to so many numbers, a cell is about the cost of a call."""
THREADED = 100_000
"""From so many numbers on, a cell is timed on two threads, too."""

SHAPES = [
    *("10", "32x10", "1000", "1000000x2", "100000x10", "10000x1000", "128x50257", "1x1000000"),
    *("10x100000@0", "2x1000000@0", "200x100x250@0,2", "100000x10 F"),
]
"""The classes lie along the last axis, or along those behind the @; F: in F order."""
ALONG_AN_AXIS = [
    *("softmax", "log_softmax", "logsumexp"),
    *("softmax_cross_entropy", "softmax_cross_entropy_grad"),
    *("softmax_cross_entropy_value_and_grad", "softmax_cross_entropy_hvp"),
    *("softmax_jvp", "softmax_vjp", "log_softmax_vjp"),
]
ELEMENTWISE = [
    *("sigmoid", "log_sigmoid", "softplus"),
    "sigmoid_binary_cross_entropy_value_and_grad",
]
ON_TWO_THREADS = [
    *("softmax", "log_softmax", "logsumexp", "softmax_cross_entropy_value_and_grad"),
    *("sigmoid", "sigmoid_binary_cross_entropy_value_and_grad"),
]
SHAPES_OF_NUMBERS = ["10", "32x10", "1000", "100000x10", "1000000x2"]
"""An elementwise function does not see the shape: one of each order of magnitude will do. Ten
million numbers would take a tenth of the whole run."""
MODELS = {
    "logistic_regression.value_and_grad": "100000x50, 2 classes",
    "softmax_regression.value_and_grad": "100000x50, 10 classes",
    "two_layer.value_and_grad": "10000x100, 128 hidden, 10 classes",
    "recurrent.value_and_grad": "64x50x32, 64 hidden, 10 classes",
}
QUICK = (
    ["10", "1000", "100000x10"],
    ["softmax", "logsumexp", "softmax_cross_entropy_value_and_grad", "sigmoid"],
)


@dataclass(frozen=True)
class Cell:
    kernel: str
    shape: str
    dtype: str
    threads: int

    @property
    def is_model(self) -> bool:
        return self.kernel in MODELS

    @property
    def size(self) -> int:
        """Numbers in the logits; in a model's data."""
        return prod(parsed(self.shape.partition(",")[0] if self.is_model else self.shape).shape)

    @property
    def large(self) -> bool:
        return self.size > FEW

    def __str__(self) -> str:
        return f"{self.kernel} {self.shape} {self.dtype} {self.threads}"


@dataclass(frozen=True)
class Layout:
    shape: tuple[int, ...]
    axis: Axis = -1
    order: str = "C"


def parsed(text: str) -> Layout:
    """A shape as it is written in a cell: "100000x10", "10x100000@0", "2x3x4@0,2", "32x10 F"."""
    plain, _, order = text.partition(" ")
    sizes, _, axes = plain.partition("@")
    try:
        axis = tuple(int(axis) for axis in axes.split(",")) if axes else (-1,)
        layout = Layout(
            tuple(int(size) for size in sizes.split("x")),
            axis if len(axis) > 1 else axis[0],
            order or "C",
        )
    except ValueError:
        layout = None
    if layout is None or layout.order not in ("C", "F"):
        raise ValueError(
            f"shape {text!r}: something like 100000x10, 2x500@0 or 32x10 F is expected"
        )
    return layout


def cells(quick: bool = False, patterns: list[str] | None = None) -> list[Cell]:
    """All cells, or those of a quick look; with patterns such as "softmax 10*64", those whose
    text, as `str` gives it, begins so."""
    every = [*_kernels(*QUICK, (1,))] if quick else [*_kernels(), *_models()]
    wanted = [
        cell
        for cell in every
        if not patterns or any(fnmatchcase(str(cell), f"{pattern}*") for pattern in patterns)
    ]
    if not wanted:
        raise ValueError(f"{' '.join(patterns or ())}: no cell has such a name; one is {every[0]}")
    order = {name: number for number, name in enumerate([*SHAPES, *MODELS.values()])}
    return sorted(
        wanted, key=lambda cell: (cell.threads, cell.dtype, order[cell.shape])
    )  # a worker serves the threads and the dtype, and keeps the arrays of a shape


def _kernels(
    shapes: list[str] = SHAPES,
    names: list[str] = ALONG_AN_AXIS + ELEMENTWISE,
    threads: tuple[int, ...] = (1, 2),
) -> Iterator[Cell]:
    for kernel in kernels(names):
        for shape in shapes:
            layout = parsed(shape)
            seen = kernel.elementwise and shape not in SHAPES_OF_NUMBERS
            if seen or not kernel.fits(layout.shape, layout.axis):
                continue
            for dtype in DTYPES:
                for number in threads:
                    worth = kernel.name in ON_TWO_THREADS and prod(layout.shape) >= THREADED
                    if number == 1 or worth:
                        yield Cell(kernel.name, shape, dtype, number)


def _models() -> Iterator[Cell]:
    for name, shape in MODELS.items():
        for dtype in DTYPES:
            yield Cell(name, shape, dtype, 1)

"""How fast the kernels are meant to be: another's time divided by ours, on one core of a processor
with AVX-512, with fresh results, in float32 and float64."""

from __future__ import annotations

from dataclasses import dataclass

from .cells import Cell, cells
from .runs import FRESH, Run, geometric_mean

AXIS_0 = ("10x100000@0", "2x1000000@0")
SMALL = ("10", "32x10")


@dataclass(frozen=True)
class Goal:
    """`least` times as fast as a library: in every cell, or in the geometric mean of all cells of
    kernels that are large."""

    library: str
    least: float
    kernel: str = ""
    shapes: tuple[str, ...] = ()
    """Of any if there are none: every large one but for those along axis 0."""
    axis_0_too: bool = True
    dtypes: tuple[str, ...] = ("float32", "float64")

    def __str__(self) -> str:
        if not self.kernel:
            return "geometric mean of the cells above 1,000 numbers"
        every = (
            "above 1,000 numbers" if self.axis_0_too else "above 1,000 numbers, not along axis 0"
        )
        where = " and ".join(self.shapes) or every
        dtypes = f", {self.dtypes[0]}" if len(self.dtypes) == 1 else ""
        return f"`{self.kernel}`, {where}{dtypes}"

    def concerns(self, cell: Cell) -> bool:
        if cell.threads != FRESH.threads or cell.dtype not in self.dtypes:
            return False
        if not self.kernel:
            return cell.large and not cell.is_model
        if cell.kernel != self.kernel:
            return False
        return (
            cell.shape in self.shapes
            if self.shapes
            else cell.large and (self.axis_0_too or cell.shape not in AXIS_0)
        )


@dataclass(frozen=True)
class Outcome:
    """The mean, or the worst cell's ratio and which cell that is."""

    ratio: float
    cell: Cell | None


def judged(goal: Goal, run: Run) -> Outcome | None:
    """None unless all of it was timed."""
    wanted = [cell for cell in cells() if goal.concerns(cell)]
    ratios = run.ratios(filter(run.times.__contains__, wanted), FRESH, goal.library)
    if not goal.kernel:
        whole = ratios and run.times.keys() >= set(wanted)
        return Outcome(geometric_mean(ratios.values()), None) if whole else None
    if len(ratios) < len(wanted):
        return None
    worst = min(ratios, key=ratios.__getitem__)
    return Outcome(ratios[worst], worst)


_BOTH = "softmax_cross_entropy_value_and_grad"

GOALS = [
    Goal("scipy", 4, _BOTH, ("1000000x2",)),
    Goal("scipy", 2.5, _BOTH, ("100000x10",)),
    Goal("scipy", 1.8, _BOTH, ("10000x1000",)),
    Goal("scipy", 1.5, _BOTH, ("128x50257",)),
    Goal("scipy", 1.3, _BOTH, AXIS_0),
    Goal("numpy", 1, _BOTH),
    Goal("scipy", 5.5, "softmax", ("1000000x2",)),
    Goal("scipy", 2.5, "softmax", ("100000x10",)),
    Goal("scipy", 1.5, "softmax", ("10000x1000",)),
    Goal("scipy", 1.25, "softmax", ("128x50257",)),
    Goal("scipy", 1, "softmax", AXIS_0),
    Goal("scipy", 1, "softmax", ("200x100x250@0,2",)),
    Goal("scipy", 2.5, "logsumexp"),
    Goal("scipy", 1.3, "log_softmax", axis_0_too=False),
    Goal("scipy", 0.75, "log_softmax", AXIS_0),
    Goal("scipy", 2, "sigmoid"),
    Goal("scipy", 7, "sigmoid_binary_cross_entropy_value_and_grad"),
    Goal("scipy", 1 / 1.3, "softmax", SMALL),
    Goal("scipy", 1, "logsumexp", SMALL),
    Goal("scipy", 1, _BOTH, SMALL),
    Goal("sklearn", 1, "softmax_regression.value_and_grad", dtypes=("float64",)),
    Goal("scipy", 3.4),
    Goal("torch", 2),
]

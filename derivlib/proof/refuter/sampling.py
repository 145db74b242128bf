"""Points at which to compare two expressions: small sizes, rational entries.

Every hypothesis holds exactly at a point that is handed out, or the point is not handed out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import count, product
from math import prod
from random import Random

from flint import fmpq

from derivlib.proof.language.signature import Hypothesis, Signature, Variable
from derivlib.proof.language.syntax import Binder, Entry, Index, Sum
from derivlib.proof.language.syntax import Number as Literal
from derivlib.proof.refuter.constraints import Constraints
from derivlib.proof.refuter.duals import ONE, ZERO
from derivlib.proof.refuter.environment import Point, Table, TooMuch, span
from derivlib.proof.refuter.evaluation import Evaluator
from derivlib.proof.refuter.lines import Lines

MAX_ENTRIES = 1000

MOODS = ("signed", "negative", "positive", "unit", "integers", "wide")
RESCUE = (*MOODS, "zero", "one", "one-hot")  # where the hypotheses are hard to meet
PLAIN = ("zero", "one", "one-hot", "signs")
MAX_RESCUES = 24
MAX_WORK = 50_000  # evaluations of a hypothesis at one place of its indices

_FRACTIONS = sorted({fmpq(n, d) for d in range(1, 5) for n in range(1, 3 * d + 1)})
_UNIT = sorted({fmpq(n, d) for d in range(2, 12) for n in range(1, d)})


class Sampler:
    """Draws points for what is made of `names`."""

    def __init__(self, evaluator: Evaluator, names: frozenset[str], rng: Random) -> None:
        self.evaluator = evaluator
        self.theory = evaluator.theory
        self.rng = rng
        self.constraints = Constraints(evaluator)
        self.lines = Lines(self.constraints)
        relevant = names | self.constraints.names  # all of these get values
        self.variables = [v for v in self.theory.variables.values() if v.name in relevant]
        self.sizes = [name for name in self.theory.sizes if name in relevant]
        self.rows = {row for h in self.theory.hypotheses if (row := _row_variable(self.theory, h))}
        """The variables whose last axis sums to 1."""

    # --- sizes ----------------------------------------------------------------------------------

    def plan(self, reach: Mapping[str, int]) -> Iterator[dict[str, int]]:
        """Sizes without end, distinct ones above all: equal ones would let a transpose pass.

        `reach` gives the largest constant place on each axis, for which there should be room.
        """
        n, bounds = len(self.sizes), self.theory.sizes
        least = {name: max(bounds[name], reach.get(name, 1)) for name in self.sizes}
        openings = [range(2, n + 2), range(3, n + 3), range(0), range(1, n + 1)]
        for k in count():
            if k == 2:
                yield {name: bounds[name] for name in self.sizes}
            elif k > 4 and k % 4 == 2:  # some hypotheses can be met at equal sizes alone
                value = self.rng.randint(2, 4)
                yield {name: max(value, least[name]) for name in self.sizes}
            else:
                values = self.rng.sample(openings[k] if k < 4 else range(1, n + 5), n)
                sizes: dict[str, int] = {}
                for name, value in zip(self.sizes, values, strict=True):
                    value += least[name] - 1
                    while value in sizes.values():
                        value += 1
                    sizes[name] = value
                yield sizes

    # --- entries --------------------------------------------------------------------------------

    def draw(self, sizes: Mapping[str, int], mood: str | None = None) -> Point | None:
        """A point with these sizes; None if no entries were found that meet the hypotheses.

        `mood` says what entries look like: one of MOODS, or any of them for each variable. Raises
        TooMuch.
        """
        shapes = [[len(span(axis, sizes)) for axis in v.axes] for v in self.variables]
        if sum(map(prod, shapes)) > MAX_ENTRIES:
            raise TooMuch
        for attempt in range(6 if self.theory.hypotheses else 1):
            if self.exhausted():
                break
            moods = MOODS if attempt < 2 else RESCUE
            entries = {}
            for variable in self.variables:
                chosen = mood if mood and attempt == 0 else self.rng.choice(moods)
                entries[variable.name] = self._table(variable, sizes, chosen)
            point = self.constraints.settle(Point(dict(sizes), entries))
            if point is not None:
                return point
        return None

    def exhausted(self) -> bool:
        """Have the hypotheses been tried so often that there is no more point in it?"""
        return self.constraints.work > MAX_WORK

    def rescue(self, sizes: Mapping[str, int]) -> Iterator[Point]:
        """Plain points, for hypotheses that no random one meets: all entries 0, 1, ±1, or a few 1.

        Raises TooMuch.
        """
        for _ in range(MAX_RESCUES):
            if self.exhausted():
                break
            entries = {
                variable.name: self._table(variable, sizes, self.rng.choice(PLAIN))
                for variable in self.variables
            }
            point = self.constraints.settle(Point(dict(sizes), entries))
            if point is not None:
                yield point

    def moved(self, point: Point) -> Point | None:
        """Another point that meets the same hypotheses of second degree, if there are any."""
        with suppress(TooMuch):
            return self.lines.another(point)
        return None

    def _table(self, variable: Variable, sizes: Mapping[str, int], mood: str) -> Table:
        spans = [span(axis, sizes) for axis in variable.axes]
        places, shape = list(product(*spans)), list(map(len, spans))
        if not places:
            return {}
        if variable.name in self.rows:
            width = shape[-1]
            rows = [self._row(width, variable.positive) for _ in range(len(places) // width)]
            return dict(zip(places, [x for row in rows for x in row], strict=True))
        if mood == "one-hot" and shape and not variable.positive:
            return dict(zip(places, one_hot_rows(self.rng, shape), strict=True))
        if mood == "signs" and not variable.positive:
            return {place: ONE if sum(place) % 2 else -ONE for place in places}
        table: Table = {}
        used: list[fmpq] = []
        for place in places:
            for _ in range(8):  # distinct where that is easy
                value = self._value(mood, variable.positive)
                if value not in used or mood == "integers":
                    break
            used.append(value)
            table[place] = value
        return table

    def _value(self, mood: str, positive: bool) -> fmpq:
        rng = self.rng
        match mood:
            case "unit":
                return rng.choice(_UNIT)
            case "integers":
                return fmpq(rng.randint(1, 3) if positive else rng.randint(-2, 3))
            case "zero":
                return ONE if positive else ZERO
            case "one" | "one-hot" | "signs":
                return ONE
        value = rng.choice(_FRACTIONS) * (6 if mood == "wide" else 1)
        if positive or mood == "positive":
            return value
        # √x² is x wherever x is not negative: some point must have all entries below 0.
        return -value if mood == "negative" or rng.random() < 0.5 else value

    def _row(self, width: int, positive: bool) -> list[fmpq]:
        """Numbers that sum to 1."""
        rng = self.rng
        match rng.choice(("fractions", "uniform", "one-hot", "signed", "signed")):
            case "uniform":
                return [fmpq(1, width)] * width
            case "one-hot" if not positive:
                return one_hot(width, rng.randrange(width))
            case "signed" if not positive:
                row = [rng.choice(_FRACTIONS) * rng.choice((1, -1)) for _ in range(width - 1)]
                return [*row, 1 - sum(row, ZERO)]
        weights = rng.sample(range(1, width + 4), width)
        return [fmpq(weight, sum(weights)) for weight in weights]


def _row_variable(theory: Signature, hypothesis: Hypothesis) -> str:
    """The variable whose last axis a hypothesis says sums to 1, or ""."""
    match hypothesis.left, hypothesis.right:
        case (
            Sum((Binder(bound, (), None, None),), Entry(name, (*rest, Index(last, 0)))),
            Literal(value),
        ):
            free = {index.name for index in rest if not index.offset} & hypothesis.free.keys()
            if (
                value == 1
                and last == bound
                and name in theory.variables
                and len(free - {bound}) == len(rest)
            ):
                return name
    return ""


def one_hot(width: int, place: int) -> list[fmpq]:
    return [ONE if k == place else ZERO for k in range(width)]


def one_hot_rows(rng: Random, shape: Sequence[int]) -> list[fmpq]:
    *rest, width = shape
    return [x for _ in range(prod(rest)) for x in one_hot(width, rng.randrange(width))]

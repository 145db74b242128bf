"""Points at which to compare two expressions: small sizes, rational entries, patterns of indices.

Every hypothesis holds exactly at a point that is handed out, or the point is not handed out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count, islice, product
from math import prod
from random import Random
from typing import TypeAlias

from flint import fmpq, fmpq_mat

from .duals import ONE, ZERO, Number, Undecided, Undefined, slope
from .environment import Environment, Place, TooMuch
from .evaluation import Evaluator
from .expressions import Binder, Entry, Index, Sum
from .expressions import Number as Literal
from .theory import Hypothesis, Theory, Variable

Table: TypeAlias = dict[Place, fmpq]

MAX_ENTRIES = 1000
MAX_INSTANCES = 2000  # of one hypothesis, one for each value of its free indices
MAX_JACOBIAN = 4000  # equations × unknowns when hypotheses are solved
MAX_CHOICES = 12  # sets of variables to try solving the hypotheses for
NEWTON_STEPS = 4  # one for each hypothesis that feeds the next
MAX_SOLUTION_BITS = 200
MAX_PATTERNS = 32

MOODS = ("signed", "positive", "unit", "integers", "wide")
RESCUE = (*MOODS, "zero", "one", "one-hot")  # where the hypotheses are hard to meet

_FRACTIONS = sorted({fmpq(n, d) for d in range(1, 5) for n in range(1, 3 * d + 1)})
_UNIT = sorted({fmpq(n, d) for d in range(2, 12) for n in range(1, d)})


@dataclass(frozen=True, slots=True)
class Point:
    """Sizes, and the entries of every variable that matters. Not to be changed in place."""

    sizes: Mapping[str, int]
    entries: Mapping[str, Table]

    def environment(self) -> Environment:
        return Environment(self.sizes, {name: dict(t) for name, t in self.entries.items()})

    def shape(self, variable: Variable) -> list[int]:
        return [self.sizes[axis] for axis in variable.axes]


class Sampler:
    """Draws points for what is made of `names`."""

    def __init__(self, evaluator: Evaluator, names: frozenset[str], rng: Random) -> None:
        self.evaluator = evaluator
        self.theory = evaluator.theory
        self.rng = rng
        self.hypotheses = [_Equation(evaluator, h) for h in self.theory.hypotheses]
        self.relevant = names.union(*[h.names for h in self.hypotheses])
        """Names of the statement and of the hypotheses; all of these get values."""
        self.variables = [v for v in self.theory.variables.values() if v.name in self.relevant]
        self.sizes = [name for name in self.theory.sizes if name in self.relevant]
        self.rows = {h.row for h in self.hypotheses if h.row}
        self.unmet: Hypothesis | None = None
        """A hypothesis that could not be met at the last attempt."""
        self._choices = list(islice(self._solvable(), MAX_CHOICES))

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
        if sum(prod(sizes[a] for a in v.axes) for v in self.variables) > MAX_ENTRIES:
            raise TooMuch
        for attempt in range(6 if self.hypotheses else 1):
            moods = MOODS if attempt < 2 else RESCUE
            entries = {}
            for variable in self.variables:
                chosen = mood if mood and attempt == 0 else self.rng.choice(moods)
                entries[variable.name] = self._table(variable, sizes, chosen)
            point = self.settle(Point(dict(sizes), entries))
            if point is not None:
                return point
        return None

    def _table(self, variable: Variable, sizes: Mapping[str, int], mood: str) -> Table:
        shape = [sizes[axis] for axis in variable.axes]
        places = list(product(*[range(1, n + 1) for n in shape]))
        if variable.name in self.rows:
            width = shape[-1]
            rows = [self._row(width, variable.positive) for _ in range(len(places) // width)]
            return dict(zip(places, [x for row in rows for x in row], strict=True))
        if mood == "one-hot" and shape and not variable.positive:
            return dict(zip(places, one_hot_rows(self.rng, shape), strict=True))
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
            case "one" | "one-hot":
                return ONE
        value = rng.choice(_FRACTIONS) * (6 if mood == "wide" else 1)
        return value if positive or mood == "positive" or rng.random() < 0.5 else -value

    def _row(self, width: int, positive: bool) -> list[fmpq]:
        """Numbers that sum to 1."""
        rng = self.rng
        match rng.choice(("fractions", "fractions", "uniform", "one-hot", "signed")):
            case "uniform":
                return [fmpq(1, width)] * width
            case "one-hot" if not positive:
                return one_hot(width, rng.randrange(width))
            case "signed" if not positive:
                row = [rng.choice(_FRACTIONS) * rng.choice((1, -1)) for _ in range(width - 1)]
                return [*row, 1 - sum(row, ZERO)]
        weights = rng.sample(range(1, width + 4), width)
        return [fmpq(weight, sum(weights)) for weight in weights]

    # --- hypotheses -----------------------------------------------------------------------------

    def settle(self, point: Point, keep: str = "") -> Point | None:
        """The point, some entries changed so that every hypothesis holds exactly; else None.

        Those of the variable `keep` change only if there is no other way.
        """
        for choice in sorted(self._choices, key=lambda choice: keep in choice):
            found = self._solve(point, choice)
            if found is not None:
                # What worked will work again.
                self._choices.remove(choice)
                self._choices.insert(0, choice)
                return found
        return None

    def _solvable(self) -> Iterator[tuple[str, ...]]:
        """Sets of variables, one for each hypothesis, to solve the hypotheses for."""
        seen = set()
        options = [[v.name for v in self.variables if v.name in h.names] for h in self.hypotheses]
        for choice in product(*[names or [""] for names in options]):
            names = tuple(dict.fromkeys(name for name in choice if name))
            if names not in seen:
                seen.add(names)
                yield names

    def _solve(self, point: Point, unknowns: Sequence[str]) -> Point | None:
        """Newton's method in exact rationals: one step does where the hypotheses are linear."""
        entries = {name: dict(table) for name, table in point.entries.items()}
        columns = [(name, place) for name in unknowns for place in entries[name]]
        for step in range(NEWTON_STEPS + 1):
            current = Point(point.sizes, entries)
            env = current.environment()
            residuals = self._residuals(env)
            if residuals is None:
                return None
            if all(r == 0 for r in residuals):  # of an interval: surely 0
                return current if self._respects_signs(current) else None
            size = len(columns) * len(residuals)
            if step == NEWTON_STEPS or not 0 < size <= MAX_JACOBIAN:
                return None
            jacobian = [self._residuals(env.hold((column,))) for column in columns]
            rows = [
                [*[slope(column[k], 0) if column else None for column in jacobian], -residual]
                for k, residual in enumerate(residuals)
            ]
            changes = _solution(rows)
            if changes is None:
                return None
            for (name, place), change in zip(columns, changes, strict=True):
                entries[name][place] += change
        return None

    def _residuals(self, env: Environment) -> list[Number] | None:
        """left - right of each instance of each hypothesis; None if one is not defined."""
        found = []
        for hypothesis in self.hypotheses:
            self.evaluator.allow()
            try:
                values = hypothesis.residuals(env)
            except (Undefined, Undecided):
                self.unmet = hypothesis.source
                return None
            if env.level == 0 and not all(value == 0 for value in values):
                self.unmet = hypothesis.source
            found += values
        return found

    def _respects_signs(self, point: Point) -> bool:
        positive = [v.name for v in self.variables if v.positive]
        return all(x > 0 for name in positive for x in point.entries[name].values())


class _Equation:
    """A hypothesis, compiled."""

    def __init__(self, evaluator: Evaluator, source: Hypothesis) -> None:
        self.source = source
        self.left = evaluator.compile(source.left, source.free)
        self.right = evaluator.compile(source.right, source.free)
        self.names = self.left.code.names | self.right.code.names | set(source.free.values())
        self.row = _row_variable(evaluator.theory, source)
        """The variable whose last axis this says sums to 1, or ""."""

    def residuals(self, env: Environment) -> list[Number]:
        """left - right for all values of the free indices."""
        free = self.source.free
        ranges = [range(1, env.sizes[size] + 1) for size in free.values()]
        if prod(map(len, ranges)) > MAX_INSTANCES:
            raise TooMuch
        choices = [dict(zip(free, places, strict=True)) for places in product(*ranges)]
        return [self.left(env, indices) - self.right(env, indices) for indices in choices]


def _row_variable(theory: Theory, hypothesis: Hypothesis) -> str:
    match hypothesis.left, hypothesis.right:
        case Sum((Binder(bound, ()),), Entry(name, (*rest, Index(last, 0)))), Literal(value):
            free = [index.name for index in rest if not index.offset]
            if (
                value == 1
                and last == bound
                and name in theory.variables
                and len({*free, bound} - {None}) == len(rest) + 1
            ):
                return name
    return ""


def _solution(rows: list[list[Number]]) -> list[fmpq] | None:
    """Changes x with A·x = b for the rows (A | b), most of them 0; None if there are none."""
    flat = [x for row in rows for x in row]
    if not all(type(x) is fmpq and x.height_bits() <= MAX_SOLUTION_BITS for x in flat):
        return None
    width = len(rows[0])
    reduced, rank = fmpq_mat(len(rows), width, flat).rref()
    changes = [ZERO] * (width - 1)
    for k in range(int(rank)):
        pivot = next(j for j in range(width) if reduced[k, j] != 0)
        if pivot == width - 1:
            return None
        changes[pivot] = reduced[k, width - 1]
    return changes


def one_hot(width: int, place: int) -> list[fmpq]:
    return [ONE if k == place else ZERO for k in range(width)]


def one_hot_rows(rng: Random, shape: Sequence[int]) -> list[fmpq]:
    *rest, width = shape
    return [x for _ in range(prod(rest)) for x in one_hot(width, rng.randrange(width))]


# --- indices ------------------------------------------------------------------------------------


def assignments(
    free: Mapping[str, str], sizes: Mapping[str, int], constants: Iterable[int], rng: Random
) -> list[dict[str, int]]:
    """Values for the free indices: one for each pattern of equal and unequal ones.

    Indices are compared with those of the same range and with the constant places in use.
    """
    groups: dict[str, list[str]] = {}
    for name, size in free.items():
        groups.setdefault(size, []).append(name)
    choices = []
    for size, names in groups.items():
        fixed = [c for c in sorted(constants) if c <= sizes[size]][:3]
        patterns = list(islice(_patterns(len(names), len(fixed), sizes[size]), 500))
        if len(patterns) > MAX_PATTERNS:
            patterns = rng.sample(patterns, MAX_PATTERNS)
        others = [n for n in range(1, sizes[size] + 1) if n not in fixed]
        choices.append(
            [
                dict(zip(names, [values[label] for label in pattern], strict=True))
                for pattern in patterns
                for values in [fixed + rng.sample(others, len(others))]
            ]
        )
    found = list(islice(product(*choices), 10 * MAX_PATTERNS))
    if len(found) > MAX_PATTERNS:
        found = rng.sample(found, MAX_PATTERNS)
    return [{name: n for part in parts for name, n in part.items()} for parts in found]


def _patterns(count: int, used: int, size: int) -> Iterator[tuple[int, ...]]:
    """Labels 0, 1, … for so many indices, a new label only after all smaller ones."""
    if count == 0:
        yield ()
        return
    for label in range(min(used + 1, size)):
        for rest in _patterns(count - 1, max(used, label + 1), size):
            yield (label, *rest)

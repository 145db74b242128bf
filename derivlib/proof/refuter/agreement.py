"""Where two sides that differ agree: simple cases of sizes, places and entries to look at first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import combinations, islice, product
from random import Random

from flint import fmpq

from derivlib.proof.language.effort import OutOfEffort, limit, steps_of
from derivlib.proof.language.ranges import size_of
from derivlib.proof.language.signature import Signature, Statement
from derivlib.proof.refuter.comparison import Agreement, Comparison
from derivlib.proof.refuter.duals import ONE, ZERO
from derivlib.proof.refuter.environment import Point, Table, TooMuch, at, limits, span, symbols
from derivlib.proof.refuter.evaluation import Evaluator
from derivlib.proof.refuter.landmarks import Landmarks
from derivlib.proof.refuter.minimise import Difference
from derivlib.proof.refuter.sampling import Sampler, one_hot

MOODS_TRIED = ("signed", "signed", "positive", "integers", "wide", "signed")  # in each case
CHOICES = 24  # of the free indices, at each point
CASES = 16
TELLING = (Agreement.SUBSTANTIAL, Agreement.BUT_FOR_DELTAS)  # not 0 = 0 as all terms are 0


@dataclass(frozen=True, slots=True)
class Case:
    """A case in words, and what it fixes.

    Attributes:
        words: as in "i = j".
        sizes: values of sizes.
        alike: two free indices that are equal (True) or not (False).
        place: a free index at the first or last place (0 or -1) of its range.
        entries: a variable, and what all of its entries are; None if the last axis is one-hot.
    """

    words: str
    sizes: Mapping[str, int] = field(default_factory=dict)
    alike: tuple[str, str, bool] | None = None
    place: tuple[str, int] | None = None
    entries: tuple[str, fmpq | None] | None = None


def where_they_agree(
    theory: Signature, statement: Statement, *, effort: float
) -> tuple[list[str], list[str]]:
    """The cases in which two sides agreed at all points that were drawn, and those in which not.

    Nothing is proved: a few points are drawn in each case. Cases of which no point was found, or
    that the effort did not suffice for, are in neither list.

    Args:
        theory: what the letters mean.
        statement: from `theory.statement`.
        effort: for all cases together.

    >>> from derivlib.proof import Theory
    >>> theory = Theory("z: K\\nx: real, positive")
    >>> wrong = theory.statement("∂(z[i]/x, z[j])", "δ(i,j)")
    >>> where_they_agree(theory, wrong, effort=0.1)
    (['i ≠ j', 'x = 1'], ['K = 1', 'i = j', 'all z = 0', 'all z = 1'])
    """
    agree: list[str] = []
    differ: list[str] = []
    cases = _Cases(theory, statement)
    with suppress(OutOfEffort), limit(steps_of(effort)):
        for case in islice(cases, CASES):
            found = cases.agrees(case)
            if found is not None:
                (agree if found else differ).append(case.words)
    return agree, differ


class _Cases:
    def __init__(self, theory: Signature, statement: Statement) -> None:
        self.theory = theory
        self.free = statement.free
        evaluator = Evaluator(theory)
        self.comparison = Comparison(theory, statement, evaluator)
        names = frozenset[str]().union(
            *[side.code.names for side in self.comparison.sides],
            *map(symbols, statement.free.values()),
        )
        self.sampler = Sampler(evaluator, names, Random(0))
        self.reach = Landmarks(theory, statement, names).reach
        self.named = names

    def __iter__(self) -> Iterator[Case]:
        for size in self.sampler.sizes:
            least = max(self.theory.sizes[size], self.reach.get(size, 1))
            yield Case(f"{size} = {least}", sizes={size: least})
        for (i, one), (j, other) in combinations(self.free.items(), 2):
            if one == other:
                yield Case(f"{i} = {j}", alike=(i, j, True))
                yield Case(f"{i} ≠ {j}", alike=(i, j, False))
        for i, range_ in self.free.items():
            if size_of(range_) is None:
                for end, index in zip((0, -1), limits(range_), strict=True):
                    yield Case(f"{i} = {index}", place=(i, end))
        for variable in self.sampler.variables:
            name, all_of = variable.name, "all " if variable.axes else ""
            if name in self.sampler.rows:
                yield Case(f"{name} is one-hot", entries=(name, None))
            elif name in self.named:
                if not variable.positive:
                    yield Case(f"{all_of}{name} = 0", entries=(name, ZERO))
                yield Case(f"{all_of}{name} = 1", entries=(name, ONE))

    def agrees(self, case: Case) -> bool | None:
        """None if nothing could be compared."""
        compared = False
        for sizes, mood in zip(self.sampler.plan(self.reach), MOODS_TRIED, strict=False):
            with suppress(TooMuch):
                point = self.sampler.draw({**sizes, **case.sizes}, mood)
                if point is not None and case.entries is not None:
                    point = self.put(point, *case.entries)
                if point is None:
                    continue
                choices = islice(self.choices(point, case), CHOICES)
                for _, outcome in self.comparison.at(point, choices):
                    if isinstance(outcome, Difference):
                        return False
                    compared |= outcome in TELLING
        return True if compared else None

    def choices(self, point: Point, case: Case) -> Iterator[dict[str, int]]:
        """Places of the free indices that are in the case."""
        spans = {i: list(span(range_, point.sizes)) for i, range_ in self.free.items()}
        if case.place is not None:
            i, end = case.place
            place = at(limits(self.free[i])[end], point.sizes)
            spans[i] = [n for n in spans[i] if n == place]
        pairs: list[tuple[int, ...]] = [()]
        names: tuple[str, ...] = ()
        if case.alike is not None:  # first, so that the places of the others are few in between
            i, j, alike = case.alike
            names = (i, j)
            pairs = [(m, n) for m in spans[i] for n in spans[j] if (m == n) == alike]
        others = [i for i in self.free if i not in names]
        for rest in product(*(spans[i] for i in others)):
            for pair in pairs:
                choice = dict(zip((*names, *others), (*pair, *rest), strict=True))
                yield {i: choice[i] for i in self.free}

    def put(self, point: Point, name: str, value: fmpq | None) -> Point | None:
        """The point with these entries, if it meets the hypotheses."""
        places = [*point.entries[name]]
        if value is not None:
            table: Table = dict.fromkeys(places, value)
        else:
            width = len(point.spans(self.theory.variables[name])[-1])
            rows = [x for n in range(len(places) // width) for x in one_hot(width, n % width)]
            table = dict(zip(places, rows, strict=True))
        entries = {**point.entries, name: table}
        return self.sampler.constraints.settle(Point(point.sizes, entries), name)

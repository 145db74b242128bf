"""What numeric.py finds at points: random ones of any theory, and those of counterexamples."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import product
from random import Random
from typing import Any, TypeAlias

from derivlib.proof.language.ranges import Range
from derivlib.proof.language.signature import Hypothesis, Statement
from derivlib.proof.language.syntax import Binder, Entry, Index, Number, Sum
from derivlib.proof.refuter.counterexample import Counterexample
from derivlib.proof.theory import Theory
from tests.support.numeric import Evaluation, NoValue, Point, Real, Unclear, mp

Table: TypeAlias = dict[tuple[int, ...], Fraction]

DIGITS = 30
"""Both sides are compared to so many; numeric.py computes with 10 more."""
LARGEST = 3  # size at a random point
UNCLEAR = "numeric.py's 40 digits do not suffice there"


def values(
    theory: Theory, statement: Statement, point: Point, places: Mapping[str, int]
) -> tuple[Real, Real] | None:
    """Both sides at a point; None if one is not defined there."""
    evaluation = Evaluation(theory, point)
    try:
        left = evaluation.value(statement.left, places)
        return left, evaluation.value(statement.right, places)
    except NoValue:
        return None


def gap(left: Real, right: Real) -> Real:
    """How far apart two values are, relative to the larger."""
    return abs(left - right) / max(1, abs(left), abs(right))


def same(left: Real, right: Real) -> bool:
    """Equal up to what cancellation may have left of 40 digits."""
    return bool(gap(left, right) < mp.mpf(10) ** -20)


# --- counterexamples ------------------------------------------------------------------------------


def table(value: Any, starts: Sequence[int]) -> Table:
    """Nested tuples by place; position 0 of an axis is its first place."""
    if not starts:
        return {(): Fraction(value)}
    start, *rest = starts
    return {
        (start + n, *place): entry
        for n, part in enumerate(value)
        for place, entry in table(part, rest).items()
    }


def point_of(theory: Theory, found: Counterexample) -> Point:
    """The counterexample's point; what it leaves out makes no difference: entries are 1, sizes
    the least."""
    sizes = {**theory.sizes, **found.sizes}
    bare = Point(sizes, {})
    tables: dict[str, Table] = {}
    for name, variable in theory.variables.items():
        axes = spans(bare, variable.axes)
        if name in found.entries:
            tables[name] = table(found.entries[name], [axis.start for axis in axes])
        else:
            tables[name] = dict.fromkeys(product(*axes), Fraction(1))
    return Point(sizes, tables)


def confirmed(theory: Theory, statement: Statement, found: Counterexample) -> str:
    """ "" if numeric.py, too, finds that both sides are defined there and differ; else why not."""
    told = point_of(theory, found)
    # Entries that hypotheses give are told in a few digits: they are computed anew.
    point = settled(theory, told.sizes, {name: dict(t) for name, t in told.entries.items()}) or told
    for hypothesis in theory.hypotheses:
        known = set(names(hypothesis)) <= found.entries.keys()
        if known and not holds(theory, hypothesis, point):
            return f"the point does not meet {hypothesis}"
    evaluation = Evaluation(theory, point)
    try:
        both = [evaluation.value(s, found.indices) for s in (statement.left, statement.right)]
    except Unclear:
        return UNCLEAR
    except NoValue:
        return "a side has no value there"
    return "" if gap(*both) > mp.mpf(10) ** -DIGITS else f"both sides are {mp.nstr(both[0], 12)}"


# --- random points --------------------------------------------------------------------------------


def names(hypothesis: Hypothesis) -> Iterator[str]:
    from derivlib.proof.language.syntax import walk

    for side in (hypothesis.left, hypothesis.right):
        yield from (node.name for node in walk(side) if isinstance(node, Entry))


def spans(point: Point, axes: Sequence[Range]) -> list[range]:
    return [range(first, final + 1) for first, final in map(point.ends, axes)]


def all_places(free: Mapping[str, Range], point: Point) -> Iterator[dict[str, int]]:
    for places in product(*spans(point, [*free.values()])):
        yield dict(zip(free, places, strict=True))


def holds(theory: Theory, hypothesis: Hypothesis, point: Point) -> bool:
    evaluation = Evaluation(theory, point)
    try:
        return all(
            gap(evaluation.value(hypothesis.left, at), evaluation.value(hypothesis.right, at))
            < mp.mpf(10) ** -15  # a counterexample may give rounded floats
            for at in all_places(hypothesis.free, point)
        )
    except NoValue:
        return False


def random_point(theory: Theory, rng: Random) -> Point | None:
    """Sizes up to 3, small fractions, the hypotheses met; None if numeric.py says they are not."""
    sizes = {name: rng.randint(least, max(least, LARGEST)) for name, least in theory.sizes.items()}
    bare = Point(sizes, {})
    entries: dict[str, Table] = {
        name: {place: entry(rng, v.positive) for place in product(*spans(bare, v.axes))}
        for name, v in theory.variables.items()
    }
    return settled(theory, sizes, entries)


def aimed_point(theory: Theory, rng: Random) -> Point | None:
    """All entries positive but one, which is negative or 0: one that no logarithm binds shows
    there what holds for positive entries only."""
    sizes = {name: rng.randint(least, least + LARGEST) for name, least in theory.sizes.items()}
    bare = Point(sizes, {})
    entries: dict[str, Table] = {
        name: {place: entry(rng, True) for place in product(*spans(bare, v.axes))}
        for name, v in theory.variables.items()
    }
    arrays = [name for name, v in theory.variables.items() if v.axes and not v.positive]
    table = entries[rng.choice(arrays)]
    table[rng.choice(list(table))] = Fraction(rng.choice((0, -1, -3)))
    return settled(theory, sizes, entries)


def settled(theory: Theory, sizes: Mapping[str, int], entries: dict[str, Table]) -> Point | None:
    """The point with the hypotheses met, if they can be."""
    point = Point(sizes, entries)
    try:
        for hypothesis in theory.hypotheses:
            satisfy(theory, hypothesis, point, entries)
    except NoValue:
        return None
    met = all(holds(theory, hypothesis, point) for hypothesis in theory.hypotheses)
    return point if met else None


def entry(rng: Random, positive: bool) -> Fraction:
    return Fraction(rng.randint(1 if positive else -9, 9), rng.randint(1, 5))


def satisfy(
    theory: Theory, hypothesis: Hypothesis, point: Point, entries: dict[str, Table]
) -> None:
    """Change entries so that `entry = …`, or a sum of entries that is 1, holds."""
    match hypothesis:
        case Hypothesis(left=Entry(name, indices)) if name in entries:
            evaluation = Evaluation(theory, point)
            for at in all_places(hypothesis.free, point):
                place = tuple(evaluation.place(index, at) for index in indices)
                entries[name][place] = fraction(evaluation.value(hypothesis.right, at))
        case Hypothesis(
            left=Sum((Binder(bound),), Entry(name, (*_, Index(summed)))), right=Number(total)
        ) if bound == summed and name in entries:
            rows: dict[tuple[int, ...], list[tuple[int, ...]]] = {}
            for place in entries[name]:
                rows.setdefault(place[:-1], []).append(place)
            for row in rows.values():
                *others, last = row
                entries[name][last] = total - sum((entries[name][p] for p in others), Fraction(0))


def fraction(x: Real) -> Fraction:
    mantissa, exponent = abs(x).man_exp
    return Fraction(int(mantissa)) * Fraction(2) ** int(exponent) * (-1 if x < 0 else 1)


def compared(
    theory: Theory,
    statement: Statement,
    rng: Random,
    points: int,
    tries: int | None = None,
    draw: Callable[[Theory, Random], Point | None] = random_point,
) -> Iterator[tuple[Real, Real]]:
    """Both sides at up to so many points that are drawn where both are defined."""
    found = 0
    for _ in range(tries or 4 * points):
        point = draw(theory, rng)
        if point is None:
            continue
        at = rng.choice([*all_places(statement.free, point)] or [{}])
        both = values(theory, statement, point, at)
        if both is not None:
            yield both
            found += 1
            if found >= points:
                return

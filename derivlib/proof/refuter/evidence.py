"""What the agreement of two sides at points is worth."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from derivlib.proof.refuter.comparison import Agreement
from derivlib.proof.refuter.environment import Point
from derivlib.proof.refuter.patterns import MAX_PATTERNS

LEAST_POINTS = 3
"""That differ in an entry which the statement names, if it names any."""

LEAST_VALUES = 2
"""Of each size, if there are any."""

EMPTY = "at every point that was tried, a factor of both sides is 0: they could not have differed"


@dataclass(frozen=True, slots=True)
class Compared:
    """A point, and the places of the free indices at which both sides agreed there."""

    point: Point
    choices: tuple[Mapping[str, int], ...]


class Evidence:
    """The agreements of two sides that are made of these sizes and variables.

    Attributes:
        agreements: how many, of points with patterns of indices.
        compared: where.
        telling: the points at which the sides could have differed.
    """

    def __init__(self, sizes: Collection[str], variables: Collection[str]) -> None:
        self.sizes = sizes
        self.variables = variables
        self.agreements = 0
        self.compared: list[Compared] = []
        self.telling: list[Point] = []
        self.entries: set[tuple[str, ...]] = set()
        """Those of the telling points."""

    def add(self, point: Point, found: Sequence[tuple[Mapping[str, int], Agreement]]) -> None:
        if not found:
            return
        self.agreements += len(found)
        self.compared.append(Compared(point, tuple(indices for indices, _ in found)))
        kinds = {kind for _, kind in found}
        # If all patterns were looked at, a δ that is 0 in each of them is always 0.
        always = len(found) < MAX_PATTERNS and Agreement.BUT_FOR_DELTAS in kinds
        if Agreement.SUBSTANTIAL in kinds or always:
            self.telling.append(point)
            tables = [point.entries[name] for name in sorted(self.variables)]
            self.entries.add(tuple(str(x) for table in tables for x in table.values()))

    def varied(self) -> list[Point]:
        """The points that were compared, those of the most different entries first."""

        def entries(point: Point) -> int:
            return len({str(x) for table in point.entries.values() for x in table.values()})

        return sorted((compared.point for compared in self.compared), key=entries, reverse=True)

    def different(self) -> int:
        """How many of the telling points differ in an entry."""
        return len(self.entries)

    def doubt(self, *, isolated: bool) -> str:
        """Why this is not enough for a proof to be said, or "".

        Of points that the hypotheses leave `isolated`, one is enough.
        """
        if self.agreements and not self.telling:
            return EMPTY
        if self.variables and not isolated and self.different() < LEAST_POINTS:
            return (
                f"it could be checked at no more than {self.different()} points that differ in an "
                f"entry, and {LEAST_POINTS} are asked for"
            )
        for name in self.sizes:
            values = {point.sizes[name] for point in self.telling}
            if len(values) < LEAST_VALUES:
                return f"it could be checked at {name} = {min(values)} alone"
        return ""

"""Points that a statement asks for: where it could be false though it holds at ordinary ones.

Each is made of an ordinary point, and meets every hypothesis as that does:

- both sides of each sign change of what is under Max, abs, logarithms, roots and quotients, and the
  zero itself; far out, where an argument is not affine;
- all entries positive but one, which is negative or 0, those at the ends of an axis first;
- on a line of rational points through one, where a hypothesis is of second degree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import chain, product, zip_longest
from random import Random

from flint import fmpq

from derivlib.proof.refuter.duals import ZERO
from derivlib.proof.refuter.environment import Key, Place, Point, TooMuch
from derivlib.proof.refuter.sampling import Sampler
from derivlib.proof.refuter.turning import Turn, Turning, regions

FAR = tuple(fmpq(sign * (10**6 + n)) for n in (0, 1, -1) for sign in (1, -1))
MAX_KEYS = 6  # entries that are varied
MAX_ODD = 6  # entries that are odd ones out
MAX_TRIES = 3  # zeros for a sign that was not seen yet
MAX_MIXED = 6  # points with several entries beyond zeros
MAX_LOOKS = 4  # patterns of indices at which the watched sides are run

Choices = Callable[[Point], Sequence[Mapping[str, int]]]


class Prober:
    """Draws the points for a statement, of which the sampler draws ordinary ones."""

    def __init__(self, sampler: Sampler, turning: Turning, choices: Choices) -> None:
        self.sampler = sampler
        self.turning = turning
        self.choices = choices
        self.rng = Random(0)
        self.signs: dict[int, set[int]] = {}
        """The signs that were seen at each place of the statement."""
        self.tries: dict[int, int] = {}

    def points(self, sizes: Mapping[str, int], other: Point | None) -> Iterator[Point]:
        """Points made of one with these sizes, or, if there is none, of the other one.

        Raises TooMuch.
        """
        base = self.sampler.draw(sizes, "positive") or other
        if base is None or not self.turning.watched:
            return
        self.see(base)
        alive = self.alive(base)
        if alive is not base:
            yield alive
            moved = self.sampler.moved(alive)
            if moved is not None:
                yield moved
        yield from self.odd(alive)
        yield from self.turns(alive)
        yield from self.mixed(alive)

    # --- what is seen -----------------------------------------------------------------------------

    def look(self, point: Point, key: Key | None = None) -> list[Turn]:
        return self.turning.look(point, self.choices(point)[:MAX_LOOKS], key)

    def see(self, point: Point) -> None:
        for turn in self.look(point):
            if turn.sign is not None:
                self.signs.setdefault(turn.where, set()).add(turn.sign)

    def dead(self, point: Point) -> int:
        self.look(point)
        return self.turning.dead

    def unseen(self, where: int) -> bool:
        """Is a sign, or the 0 between, still to be seen, and worth another try?"""
        all_seen = {1, 0, -1} <= self.signs.get(where, set())
        return not all_seen and self.tries.get(where, 0) < MAX_TRIES

    # --- kinds of points --------------------------------------------------------------------------

    def alive(self, point: Point) -> Point:
        """The point, entries changed so that as few Max as possible are 0."""
        least = self.dead(point)
        for key in self.keys(point) * 2:
            if not least:
                break
            zeros = [turn.zero for turn in self.look(point, key) if turn.zero is not None]
            for x in (*regions(zeros), *(FAR if zeros else ())):
                changed = self.changed(point, key, x)
                if changed is not None and (found := self.dead(changed)) < least:
                    point, least = changed, found
        return point

    def turns(self, point: Point) -> Iterator[Point]:
        """Both sides of each zero, along one entry after another."""
        for key in self.keys(point):
            seen = [t for t in self.look(point, key) if t.zero is not None]
            wanted = [turn for turn in seen if self.unseen(turn.where)]
            for where in {turn.where for turn in wanted}:
                self.tries[where] = self.tries.get(where, 0) + 1
            zeros = [turn.zero for turn in wanted if turn.zero is not None]
            for x in regions(zeros):
                yield from self.seen_at(point, key, x)
            # Where an argument is affine, both its signs were seen by now.
            first = {turn.where for turn in wanted if self.tries[turn.where] == 1}
            for x in FAR:
                if any(map(self.unseen, first)):
                    yield from self.seen_at(point, key, x)

    def mixed(self, point: Point) -> Iterator[Point]:
        """Several entries at once, each in any of its regions."""
        if not any({1, -1} <= signs for signs in self.signs.values()):
            return
        for _ in range(MAX_MIXED):
            mixed = point
            for key in self.rng.sample(keys := self.keys(point), len(keys)):
                zeros = [turn.zero for turn in self.look(mixed, key) if turn.zero is not None]
                if zeros and self.rng.random() < 0.5:
                    mixed = self.changed(mixed, key, self.rng.choice(regions(zeros))) or mixed
            if mixed is not point:
                yield mixed

    def odd(self, point: Point) -> Iterator[Point]:
        """One entry negative, or 0."""
        for key in self.keys(point, MAX_ODD):
            x = point.entries[key[0]][key[1]]
            for odd in (-abs(x) if x else fmpq(-1), ZERO):
                changed = self.changed(point, key, odd)
                if changed is not None:
                    yield changed

    # --- entries ----------------------------------------------------------------------------------

    def seen_at(self, point: Point, key: Key, x: fmpq) -> Iterator[Point]:
        changed = self.changed(point, key, x)
        if changed is not None:
            self.see(changed)
            yield changed

    def changed(self, point: Point, key: Key, x: fmpq) -> Point | None:
        """The point with another entry, and others changed so that the hypotheses hold."""
        name, place = key
        if x <= 0 and self.sampler.theory.variables[name].positive:
            return None
        entries = {**point.entries, name: {**point.entries[name], place: x}}
        with suppress(TooMuch):
            return self.sampler.constraints.settle(Point(point.sizes, entries), name)
        return None

    def keys(self, point: Point, most: int = MAX_KEYS) -> list[Key]:
        """Entries that are free to be changed: of each variable some, its corners first."""
        tables = [
            [
                (name, place)
                for place in _corners_first(table)
                if (name, place) not in point.defined and type(table[place]) is fmpq
            ]
            for name, table in sorted(point.entries.items(), key=lambda item: len(item[1]))
        ]
        found = chain.from_iterable(zip_longest(*tables))
        return [key for key in found if key is not None][:most]


def _corners_first(table: Iterable[Place]) -> list[Place]:
    """The places of a table, the first and last of each axis before all others."""
    places = [*table]
    corners = product(
        *[dict.fromkeys((min(axis), max(axis))) for axis in zip(*places, strict=True)]
    )
    return [*dict.fromkeys([*(c for c in corners if c in places), *places])] if places else []

"""Names that hypotheses tie to others, and the ∂s that such a tie would make ambiguous.

A ∂ holds all names fixed but those it is by. Where `assume z = Σ(k, w[k]*x[k])` ties z to w, few
readers expect ∂(z, w[k]) to be 0. The line that is drawn here:

* `assume NAME[…] = RIGHT`, the name a declared one, says what `NAME := RIGHT` would: NAME is tied
  to all names on the right, and those are not tied to it. Of two declared names, as in
  `assume a[i] = b[i]`, each is tied to the other.
* Any other equation ties each of its names to each other; so do two that define the same place.
* Ties go on: what is tied to b is tied to all that b is tied to.
* No name is tied to itself by an equation such as `sum 1`, or A[i,j] = A[j,i]: its entries are
  varied one by one, and the verdict says so. A recurrence, h[t] = tanh(w*h[t-1]), ties h to itself.

Refused is a ∂ by v of what has an entry of a name that is tied to v; if v is tied to itself, of
what has an entry of v other than those that the ∂ is by.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product

from derivlib.proof.language.ranges import End, Range, before
from derivlib.proof.language.signature import Hypothesis, Signature, Statement
from derivlib.proof.language.syntax import Entry, Expr, Index, walk
from derivlib.proof.language.unfolding import Seen, entries


@dataclass(frozen=True, slots=True)
class Tie:
    """`name` follows from `to` by the hypothesis, or, if that defines neither, with it."""

    name: str
    to: str
    hypothesis: Hypothesis
    defines: bool


def ambiguity(exprs: Iterable[Expr], theory: Signature) -> str | None:
    """Why a ∂ in one of the expressions has no plain meaning; None if all have."""
    ties = _Ties(theory)
    for expr in exprs if ties.of else ():
        for seen in entries(expr, theory):
            by = [variable for variables in seen.within for variable in variables]
            for variable in by:
                found = ties.between(seen, variable, by)
                if found is not None:
                    return _refusal(seen.name, variable, found, theory)
    return None


def varied(statement: Statement, theory: Signature) -> tuple[str, ...]:
    """What a ∂ of the statement varies by itself, though a hypothesis restricts it."""
    heads = _Ties(theory).heads
    restricted = {
        name
        for hypothesis, head in heads.items()
        for name in _names((hypothesis.left, hypothesis.right), theory)
        if head in (None, name)
    }
    by = {
        variable.name: bool(variable.places)
        for side in (statement.left, statement.right)
        for seen in entries(side, theory)
        for variables in seen.within
        for variable in variables
        if variable.name in restricted
    }
    return tuple(f"each entry of {name}" if array else name for name, array in by.items())


class _Ties:
    def __init__(self, theory: Signature) -> None:
        self.theory = theory
        self.heads = {hypothesis: self.head(hypothesis) for hypothesis in theory.hypotheses}
        self.of: dict[str, list[Tie]] = {}
        for hypothesis, head in self.heads.items():
            for tie in self.made_by(hypothesis, head):
                self.of.setdefault(tie.name, []).append(tie)

    def between(self, seen: Seen, variable: Seen, by: list[Seen]) -> Tie | None:
        """The last tie by which an entry follows from a variable; None if there is none."""
        if seen.name != variable.name:
            return self.path(seen.name, variable.name, self.of)
        if any((seen.name, seen.places) == (one.name, one.places) for one in by):
            return None
        defining = {name: [tie for tie in ties if tie.defines] for name, ties in self.of.items()}
        return self.path(seen.name, seen.name, defining)

    def path(self, start: str, end: str, ties: Mapping[str, list[Tie]]) -> Tie | None:
        """The first of the ties that lead from a name to another."""
        reached: dict[str, Tie] = {}
        waiting = [start]
        while waiting:
            name = waiting.pop(0)
            for tie in ties.get(name, ()):
                if tie.to not in reached:
                    reached[tie.to] = tie if name == start else reached[name]
                    waiting.append(tie.to)
        return reached.get(end)

    def head(self, hypothesis: Hypothesis) -> str | None:
        """The name that a hypothesis defines, if no other defines it at the same place."""
        entry = self.alone(hypothesis)
        if entry is None:
            return None
        mine = _spans(entry, hypothesis)
        for other in self.theory.hypotheses:
            rival = self.alone(other)
            if other != hypothesis and rival is not None and rival.name == entry.name:
                apart = zip(mine, _spans(rival, other), strict=True)
                if not any(before(a.final, b.first) or before(b.final, a.first) for a, b in apart):
                    return None
        return entry.name

    def alone(self, hypothesis: Hypothesis) -> Entry | None:
        """The declared entry that is one side of a hypothesis, the left if both are."""
        for side in (hypothesis.left, hypothesis.right):
            if isinstance(side, Entry) and side.name in self.theory.variables:
                return side
        return None

    def made_by(self, hypothesis: Hypothesis, head: str | None) -> Iterator[Tie]:
        left, right = hypothesis.left, hypothesis.right
        entry = self.alone(hypothesis)
        if head is None or entry is None:
            for a, b in product(sorted(_names((left, right), self.theory)), repeat=2):
                # What a name is defined by is another matter: there ∂ says what it holds.
                made_of = self.theory.dependencies
                if a != b and a not in made_of(b) and b not in made_of(a):
                    yield Tie(a, b, hypothesis, False)
            return
        other = right if entry is left else left
        for name in sorted(_names((other,), self.theory)):
            if name != head or self.recurs(entry, other):
                yield Tie(head, name, hypothesis, True)
        whole = all(index.name in hypothesis.free for index in entry.indices)
        if whole and isinstance(other, Entry) and other.name in self.theory.variables:
            yield Tie(other.name, head, hypothesis, False)

    def recurs(self, entry: Entry, other: Expr) -> bool:
        """Whether an entry is said to follow from others of its array, not just to equal them in
        another order of its indices."""
        own = sorted(str(index) for index in entry.indices)
        places = (seen.places for seen in entries(other, self.theory) if seen.name == entry.name)
        return any(sorted(map(str, place)) != own for place in places)


def _names(exprs: Iterable[Expr], theory: Signature) -> set[str]:
    """The declared and defined names that expressions are made of."""
    used = (node.name for expr in exprs for node in walk(expr) if isinstance(node, Entry))
    return {name for each in used for name in theory.dependencies(each)}


def _spans(entry: Entry, hypothesis: Hypothesis) -> list[Range]:
    """Over what the places of an entry run."""
    return [_span(index, hypothesis.free) for index in entry.indices]


def _span(index: Index, free: Mapping[str, Range]) -> Range:
    if index.name is not None and index.name in free:
        return free[index.name].shifted(index.offset)
    place = End(index.name or "", index.offset)
    return Range(place, place)


def _refusal(name: str, variable: Seen, tie: Tie, theory: Signature) -> str:
    if name == variable.name:
        said, held = f"the entries of {name} follow from one another", "the others"
    else:
        said, held = f"{name} is tied to {variable.name}", "it"
    return (
        f"{said} by the hypothesis {tie.hypothesis}, and ∂ would hold {held} fixed: "
        f"{_advice(tie, theory)}"
    )


def _advice(tie: Tie, theory: Signature) -> str:
    """What to write instead of a hypothesis."""
    hypothesis = tie.hypothesis
    if not tie.defines:
        return f"solve that for {tie.name}, and write it as a definition, `{tie.name} := …`"
    left, right = hypothesis.text.split("=", 1)
    entry, other = hypothesis.left, hypothesis.right
    if not (isinstance(entry, Entry) and entry.name == tie.name):
        left, right, entry, other = right, left, other, entry
    assert isinstance(entry, Entry)
    if tie.name in _names((other,), theory):
        return f"∂ follows no recurrence; declare the derivative d{tie.name}, and assume its own"
    letters = {index.name for index in entry.indices if index.name and not index.offset}
    if len(letters - theory.sizes.keys()) == len(entry.indices):
        return f"write `{left.strip()} := {right.strip()}` instead"
    return "∂ sees through definitions only, `:=`"

"""Statements that couple what has a value with what could be decided by it.

Wherever a logarithm, a root or a quotient of an entry stands, at any depth and behind any offset,
the statement also asks for that entry's sign at an end of the sum or just beyond it, or for a case
in which there would be no value. A prover that takes more for defined than the statement does
proves something false here; random text hardly ever asks for it. Other statements peel a sum or
pick a term of it. Some of all these are true.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random
from typing import NamedTuple, TypeVar

from derivlib.proof import LanguageError, Theory
from derivlib.proof.language.signature import Statement

T = TypeVar("T")

PARTIAL = (
    *("log({h})", "1/{h}", "sqrt({h})", "log({h}^2)", "{h}/{h}", "exp(log({h}))", "{h}^(-1/2)"),
    *("log({h} + {g})", "tanh(log({h}))", "∂(log({h}^2), {h})", "{h}^b", "log(1/{h})"),
)
"""Terms with an entry that asks for something."""

BESIDE = (
    *("{g}/({h} - {h2})", "1/({h} - {h2})", "log({h}*{h2})", "1/({h2} - {h})"),
    *("{g}/(Max({h}, b) - b)", "{g}/(abs({h}) - {h})", "{g}/({h} - b)"),
)
"""Terms that have no value in a case: h2 is the same array's entry at a free index."""

ASKED = (
    *(("sqrt({h}^2)", "{h}"), ("{h}/{h}", "1"), ("exp(log({h}^2)/2)", "{h}"), ("abs({h})", "{h}")),
    *(("Max({h}, 0)", "{h}"), ("log({h}^2)", "2*log({h})"), ("{h}^2/{h}", "{h}")),
    *(("sqrt({h}*b^2)", "sqrt({h})*abs(b)"), ("abs({h})/{h}", "1"), ("{h}*0", "0*b")),
)
"""What holds where the entry has a sign, or is not 0."""

TOTAL = ("{g}*{h}", "{h}^2", "exp({h})*{g}", "tanh({h})", "{h}*{g}^2")
"""Terms that always have a value."""


class End(NamedTuple):
    """An end of a sum: a number, or a size with an offset."""

    size: str
    offset: int

    def moved(self, by: int) -> str:
        n = self.offset + by
        return f"{self.size}{n:+d}" if self.size and n else self.size or str(n)


class World(NamedTuple):
    """An axis to write statements on: how it is declared, where sums begin and end, its letters."""

    axis: str
    bounds: tuple[str, ...]
    firsts: tuple[End, ...]
    finals: tuple[End, ...]
    offsets: tuple[int, ...]
    letter: str
    other: str


TIME = World(
    "0..T+1",
    ("T >= 2", "T >= 2", "T >= 3"),
    (End("", 1), End("", 1), End("", 0), End("", 2)),
    (End("T", 0), End("T", 0), End("T", -1), End("T", 1)),
    (-1, 0, 1),
    "t",
    "s",
)
CLASSES = World(
    "K",
    ("K >= 2", "K >= 4"),
    (End("", 1), End("", 2), End("", 2)),
    (End("K", 0), End("K", 0), End("K", -1)),
    (0,),
    "k",
    "i",
)


class Author:
    """Writes one statement after another."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.begin()

    def begin(self) -> None:
        self.world = world = self.choose((TIME, TIME, CLASSES))
        self.lines = [f"h, g, f: {world.axis}", "a, b, q: real", self.choose(world.bounds)]
        self.first, self.final = self.choose(world.firsts), self.choose(world.finals)
        self.offset = 0

    def choose(self, options: Sequence[T]) -> T:
        return self.rng.choice(options)

    def at(self, offset: int) -> str:
        """The index, moved."""
        return End(self.world.letter, offset).moved(0)

    def term(self, forms: Sequence[str]) -> str:
        """A term of the sum, its entry behind up to three definitions with offsets of their own."""
        index, other = self.world.letter, self.world.other
        self.offset = self.choose(self.world.offsets)
        entry = f"h[{self.at(self.offset)}]"
        body = self.choose(forms).format(h=entry, h2=f"h[{other}]", g=f"g[{index}]")
        for depth in range(self.choose((0, 0, 1, 2, 3))):
            tail = f",{other}" if f"{other}]" in body else ""
            self.lines.append(f"d{depth}[{index}{tail}] := {body}")
            more = self.choose(self.world.offsets)
            self.offset += more
            body = f"d{depth}[{self.at(more)}{tail}]"
        return body

    def summed(self, body: str) -> str:
        return f"Σ({self.world.letter} in {self.first.moved(0)}..{self.final.moved(0)}, {body})"

    def asked(self) -> str:
        """A place at an end of what the sum reaches, or just beyond, or any."""
        n, final = self.offset, self.final.moved(self.offset)
        ends = self.first.moved(n), self.first.moved(n - 1), final, self.final.moved(n + 1)
        return self.choose((*ends, self.world.other))

    def coupled(self) -> tuple[str, str]:
        """A sum of terms, times what holds where an entry has a sign."""
        index, other = self.world.letter, self.world.other
        body = self.term(PARTIAL)
        factor = self.choose(("", "", f"*g[{index}]", f"*δ({index},{other})", f"*δ({index},1)"))
        match self.choose(["sums", "hypothesis of a sum", "hypothesis"]):
            case "hypothesis of a sum" if not factor.endswith(f"{other})"):
                self.lines.append(f"assume q = {self.summed(body + factor)}")
                whole = "q"
            case "hypothesis":
                self.lines.append(f"assume f[{index}] = {body}")
                whole = self.summed(f"f[{index}]{factor}")
            case _:
                whole = self.summed(body + factor)
        entry = f"h[{self.asked()}]"
        left, right = (side.format(h=entry) for side in self.choose(ASKED))
        return self.choose(
            [
                (f"{whole}*({left})", f"({right})*{whole}"),
                (f"{whole} + {left}", f"{right} + {whole}"),
                (f"exp({whole})*({left} - ({right}))", "0"),
                (f"Max(a, 3)*{whole}*({left})", f"({right})*{whole}*(Max(a - 3, 0) + 3)"),
            ]
        )

    def impossible(self) -> tuple[str, str]:
        """A sum in a case in which one of its terms, or one beyond it, has no value."""
        index, other = self.world.letter, self.world.other
        body = self.term(BESIDE)
        if any("b" in line.partition(":=")[2] for line in (*self.lines, f":= {body}")):
            entry = f"h[{self.asked()}]"
            factor = self.choose((f"(Max({entry}, b) - {entry})", f"(abs({entry}) + {entry})"))
            return f"{self.summed(body)}*{factor}", "0"
        factor = self.choose(("", f"*g[{index}]", f"*δ({index},1)"))
        case = self.choose((f"δ({other},{self.asked()})", f"(1 - δ({other},{self.asked()}))"))
        return f"{case}*{self.summed(body + factor)}", "0"

    def twice(self) -> tuple[str, str]:
        """Two sums of the same terms over ranges of their own, and what holds at a sign."""
        body = self.term(PARTIAL)
        one = self.summed(body)
        self.first, self.final = self.choose(self.world.firsts), self.choose(self.world.finals)
        other = self.summed(body)
        entry = f"h[{self.asked()}]"
        left, right = (side.format(h=entry) for side in self.choose(ASKED))
        return self.choose(
            [
                (f"{one}*{other}*({left})", f"({right})*{other}*{one}"),
                (f"{one} + ({left})*{other}", f"{other}*({right}) + {one}"),
                (f"{one} - {other} + {left}", f"{right} - {other} + {one}"),
            ]
        )

    def peeled(self) -> tuple[str, str]:
        """A sum, and its terms less or more at the ends."""
        index = self.world.letter
        body = self.term(TOTAL)
        self.lines.append(f"e[{index}] := {body}")
        first, final = self.first.moved(self.choose((0, 1))), self.final.moved(self.choose((0, -1)))
        rest = f"Σ({index} in {first}..{final}, e[{index}])"
        ends = [f"e[{self.first.moved(0)}]", f"e[{self.final.moved(0)}]"]
        more = self.choose(("", f" + {ends[0]}", f" + {ends[1]}", f" + {ends[0]} + {ends[1]}"))
        return self.summed(body), rest + more

    def picked(self) -> tuple[str, str]:
        """A sum with a δ at an end, and a term of it."""
        index = self.world.letter
        body = self.term(TOTAL)
        self.lines.append(f"e[{index}] := {body}")
        place = self.choose((self.first.moved(0), self.final.moved(0), self.world.other, "1"))
        return self.summed(f"δ({self.at(0)},{place})*{body}"), self.choose((f"e[{place}]", "0*a"))

    def statement(self) -> tuple[str, str, str]:
        """The text of a theory, and two sides."""
        self.begin()
        shapes = (self.coupled, self.coupled, self.coupled, self.impossible, self.impossible)
        left, right = self.choose((*shapes, self.twice, self.peeled, self.picked))()
        return "\n".join(self.lines), left, right


def coupled(rng: Random) -> Iterator[tuple[Theory, Statement]]:
    """Such statements without end; texts that the language refuses are left out."""
    author = Author(rng)
    while True:
        text, left, right = author.statement()
        try:
            theory = Theory(text)
            yield theory, theory.statement(left, right)
        except LanguageError:
            continue

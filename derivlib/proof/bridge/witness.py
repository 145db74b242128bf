"""The second witness: SymPy's own opinion on the steps of a derivation, at explicit sizes.

SymPy gets the lines as they are written, differentiates, puts in what the hypotheses say, and
simplifies the difference of two lines by itself. No rule of the prover has a part in that.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from itertools import count
from types import FrameType
from typing import Any

import sympy
from sympy.functions.elementary.hyperbolic import HyperbolicFunction

from derivlib.proof.bridge.concrete import Place, chosen_sizes, everywhere, selected, solved
from derivlib.proof.bridge.to_sympy import to_sympy
from derivlib.proof.chain import Chain
from derivlib.proof.language.effort import Meter, OutOfEffort, limit, spend, steps_of
from derivlib.proof.language.frozen import Frozen
from derivlib.proof.language.signature import Hypothesis
from derivlib.proof.verdict import MARKS
from derivlib.proof.views.latex import latex

POINTS = 3
"""Points at which two lines are compared in numbers."""
ATTEMPTS = 30
"""Points that are tried to find as many: a log may ask for what is positive."""
DIGITS = 30
EQUAL = 60
"""Digits to which a difference must vanish. SymPy works with more of them where terms cancel."""


CALLS = 4
"""Calls of functions that SymPy may make in a step of effort."""


class Opinion(StrEnum):
    """What SymPy says to a step, the best first."""

    AGREES = "agrees"
    AGREES_NUMERICALLY = "agrees numerically"
    UNDECIDED = "undecided"
    DISAGREES = "disagrees"


_RANK = list(Opinion)
_MARKS = {
    Opinion.AGREES: "✓",
    Opinion.AGREES_NUMERICALLY: "≈",
    Opinion.UNDECIDED: "?",
    Opinion.DISAGREES: "✗",
}
_LATEX = {"✓": r"\checkmark", "≈": r"\approx", "?": "?", "✗": r"\times"}


@dataclass(frozen=True, slots=True)
class Finding:
    """What SymPy says to one step; `detail` gives the values, or why it is not certain."""

    opinion: Opinion
    detail: str = ""


@dataclass(frozen=True, repr=False)
class Witness(Frozen):
    """SymPy's testimony on a derivation, beside the prover's verdicts.

    Attributes:
        derivation: what was examined.
        sizes: at which sizes.
        steps: one Finding for each line after the first.
    """

    derivation: Chain
    sizes: Mapping[str, int]
    steps: tuple[Finding, ...]

    @property
    def opinion(self) -> Opinion:
        """The worst of its opinions on the steps."""
        return _worst(self.steps).opinion

    def summary(self) -> str:
        """One sentence."""
        where = ", ".join(f"{name} = {value}" for name, value in self.sizes.items())
        where = f" at {where}" if where else ""
        if self.opinion is Opinion.AGREES:
            return f"SymPy agrees with every step{where}"
        said = {
            Opinion.AGREES_NUMERICALLY: "agrees in numbers only",
            Opinion.UNDECIDED: "is undecided",
            Opinion.DISAGREES: "disagrees",
        }
        lines = [str(n) for n, step in enumerate(self.steps, 1) if step.opinion is self.opinion]
        plural = "s" if len(lines) > 1 else ""
        return f"SymPy {said[self.opinion]} on line{plural} {', '.join(lines)}{where}"

    def __str__(self) -> str:
        first, *rest = self.derivation.lines
        rows = [first.text]
        for line, step in zip(rest, self.steps, strict=True):
            prover = "?" if line.verdict is None else MARKS[line.verdict.status]
            rows.append(f"prover {prover} sympy {_MARKS[step.opinion]}  = {line.text}")
            if step.detail:
                rows.append(f"    {step.detail}")
        return "\n".join([*rows, self.summary()])

    __repr__ = __str__

    def latex(self) -> str:
        r"""The lines as an `aligned` environment, the marks of both witnesses beside each."""
        first, *rest = self.derivation.lines
        rows = [f"&{latex(first.expression)} && \\text{{prover}} && \\text{{SymPy}}"]
        for line, step in zip(rest, self.steps, strict=True):
            prover = "?" if line.verdict is None else MARKS[line.verdict.status]
            marks = _LATEX[prover], _LATEX[_MARKS[step.opinion]]
            rows.append(f"={{}} &{latex(line.expression)} && {marks[0]} && {marks[1]}")
        body = " \\\\[4pt]\n".join(rows)
        return f"\\begin{{aligned}}\n{body}\n\\end{{aligned}}"

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        details = [
            f"* line {n}: `{step.detail}`" for n, step in enumerate(self.steps, 1) if step.detail
        ]
        markdown = [f"$$\n{self.latex()}\n$$", "\n".join(details), f"**{self.summary()}**"]
        return {"text/plain": str(self), "text/markdown": "\n\n".join(filter(None, markdown))}


def witness(derivation: Chain, sizes: Mapping[str, int], *, effort: float = 1) -> Witness:
    """What SymPy says to each step; see Derivation.witness."""
    chosen = chosen_sizes(derivation, sizes)
    with limit(steps_of(effort)) as meter:
        return Witness(derivation, chosen, tuple(_Examiner(derivation, chosen, meter).steps()))


class _Stop(BaseException):
    """Not an Exception: SymPy catches those."""


@contextmanager
def _until(steps: float, meter: Meter) -> Iterator[None]:
    """Raise OutOfEffort in the block once `meter` has counted so many steps.

    SymPy does not call `spend`: what counts is how many functions of Python it calls, which a
    profiler is told. Where another one runs already, nothing is stopped.
    """

    calls = count(1)

    def called(frame: FrameType, event: str, argument: Any) -> None:
        if event == "call" and not next(calls) % CALLS:
            try:
                spend()
            except (OutOfEffort, TimeoutError) as error:
                raise _Stop from error

    with limit(steps - meter.spent):
        if sys.getprofile() is not None:
            yield
            return
        sys.setprofile(called)
        try:
            yield
        except _Stop as stop:
            assert stop.__cause__ is not None
            raise stop.__cause__ from None
        finally:
            sys.setprofile(None)


class _Examiner:
    def __init__(self, derivation: Chain, sizes: Mapping[str, int], meter: Meter) -> None:
        self.derivation = derivation
        self.sizes = sizes
        self.meter = meter
        self.random = random.Random(0)
        self.written: dict[tuple[int, ...], tuple[Any, ...]] = {}
        self.done: dict[tuple[int, ...], Any] = {}
        self.solution: dict[Any, Any] = {}
        self.unsolved: tuple[Hypothesis, ...] = tuple(derivation.theory.hypotheses)
        try:
            with _until(meter.given, meter):
                self.solution, self.unsolved = solved(derivation.theory, sizes)
        except TimeoutError:
            raise
        except Exception:
            pass  # all are unsolved, and the steps that need them will say so

    def steps(self) -> Iterator[Finding]:
        combinations = selected(everywhere(self.derivation.free, self.sizes))
        last = len(self.derivation.lines) - 1
        for n in range(1, last + 1):
            now = self.meter.spent
            slot = now + (self.meter.given - now) / (last - n + 1)
            yield self.step(n, combinations, slot)

    def step(self, n: int, combinations: list[Place], until: float) -> Finding:
        found, pending = [], []
        for place in combinations:
            outcome = self.evidence(n, place, until)
            if isinstance(outcome, int):
                pending.append((place, outcome))
            elif outcome is not None:
                found.append(_at(place, outcome))
                if outcome.opinion is Opinion.DISAGREES:
                    return found[-1]
        for k, (place, agreements) in enumerate(pending):
            now = self.meter.spent
            slot = now + (until - now) / (len(pending) - k)
            found.append(_at(place, self.simplified(n, place, agreements, slot)))
        return _worst(found) if found else Finding(Opinion.UNDECIDED, "undefined at these sizes")

    def evidence(self, n: int, place: Place, until: float) -> Finding | int | None:
        """SymPy's opinion, if a glance or numbers settle it, else at how many points the lines are
        equal; None if one is undefined there. No slip of simplify can hide what numbers show."""
        try:
            with _until(until, self.meter):
                left, right = self.line(n - 1, place), self.line(n, place)
                if any(side.has(*_UNDEFINED) for side in (left, right)):
                    return None
                if left == right:
                    return Finding(Opinion.AGREES)
                agreements, difference = self.in_numbers(n, place)
        except TimeoutError:
            raise
        except OutOfEffort:
            return Finding(Opinion.UNDECIDED, "no effort left")
        except Exception as error:
            return Finding(Opinion.UNDECIDED, f"SymPy raised {type(error).__name__}")
        if not difference:
            return agreements
        if self.unsolved:
            texts = ", ".join(map(str, self.unsolved))
            return Finding(Opinion.UNDECIDED, f"SymPy was not told that {texts}")
        return Finding(Opinion.DISAGREES, difference)

    def simplified(self, n: int, place: Place, agreements: int, until: float) -> Finding:
        """SymPy's opinion after it has simplified the difference."""
        shortfall = _vanishes(self.line(n - 1, place) - self.line(n, place), until, self.meter)
        if not shortfall:
            return Finding(Opinion.AGREES)
        if not agreements:
            return Finding(Opinion.UNDECIDED, shortfall)
        points = "1 point" if agreements == 1 else f"{agreements} points"
        return Finding(
            Opinion.AGREES_NUMERICALLY, f"{shortfall}; equal to {EQUAL} digits at {points}"
        )

    def line(self, n: int, place: Place) -> Any:
        """A line with its derivatives carried out, and then the hypotheses put in."""
        key = (n, *place.values())
        if key not in self.done:
            self.done[key] = self.as_written(place)[n].doit().xreplace(self.solution)
        return self.done[key]

    def as_written(self, place: Place) -> tuple[Any, ...]:
        key = tuple(place.values())
        if key not in self.written:
            theory, free = self.derivation.theory, self.derivation.free
            self.written[key] = tuple(
                to_sympy(theory, line.expression, self.sizes, place, free=free)
                for line in self.derivation.lines
            )
        return self.written[key]

    # --- numbers --------------------------------------------------------------------------------

    def in_numbers(self, n: int, place: Place) -> tuple[int, str]:
        """At how many points the lines are equal; or one at which they differ, with the values."""
        left, right = self.line(n - 1, place), self.line(n, place)
        difference = left - right
        written = [line.xreplace(self.solution) for line in self.as_written(place)[n - 1 : n + 1]]
        positive = [v for s, v in self.solution.items() if s.is_positive]
        shown = left.free_symbols | right.free_symbols
        symbols = shown.union(*(side.free_symbols for side in (*positive, *written)))
        agreements = 0
        for attempt in range(ATTEMPTS):
            point = self.point(symbols, attempt)
            apart = _value(difference, point)
            if apart is None or not all(_is_positive(v, point) for v in positive):
                continue
            if abs(apart) < sympy.Rational(1, 10**EQUAL):
                agreements += 1
                if agreements == POINTS:
                    break
            elif all(_is_real(side, point) for side in (left, right, *written)):
                names = sorted(shown, key=lambda s: s.name)
                where = ", ".join(f"{s} = {point[s]}" for s in names)
                a, b = (str(side.xreplace(point).evalf(12)) for side in (left, right))
                spelled = f"{a} ≠ {b}" if a != b else f"both are {a}, but apart by {apart:.3g}"
                return 0, f"{where}: {spelled}" if where else spelled
        return agreements, ""

    def point(self, symbols: Iterable[Any], attempt: int) -> dict[Any, Any]:
        """Rational entries: of any sign, all negative or all positive, and smaller and smaller."""
        bottom = 10 * (1 + attempt // 6)
        signs = ((-1, 1), (-1,), (1,))[attempt % 3]
        return {
            symbol: sympy.Rational(self.random.randint(1, 9), bottom)
            * (1 if symbol.is_positive else self.random.choice(signs))
            for symbol in sorted(symbols, key=lambda s: s.name)
        }


_UNDEFINED = (sympy.nan, sympy.zoo, sympy.oo, -sympy.oo)


def _vanishes(difference: Any, until: float, meter: Meter) -> str:
    """Nothing if SymPy finds that the difference is 0, else what it came to."""
    try:
        with _until(until, meter):
            flat = sympy.expand_log(difference.rewrite(HyperbolicFunction, sympy.exp))
            if sympy.expand(sympy.fraction(sympy.together(flat))[0]) == 0:
                return ""
            return "" if sympy.simplify(flat) == 0 else "simplify does not reach 0"
    except TimeoutError:
        raise
    except OutOfEffort:
        return "simplify takes too long"
    except Exception as error:
        return f"simplify raised {type(error).__name__}"


def _value(expr: Any, point: Mapping[Any, Any]) -> Any:
    """The real number that an expression is at a point; None if it is none."""
    try:
        number = expr.xreplace(point).evalf(DIGITS)
    except Exception:  # evalf raises many kinds; at another point it may not
        return None
    return number if number.is_Number and number.is_real and number.is_finite else None


def _is_positive(expr: Any, point: Mapping[Any, Any]) -> bool:
    number = _value(expr, point)
    return number is not None and bool(number > 0)


def _is_real(expr: Any, point: Mapping[Any, Any]) -> bool:
    """Whether no log and no root on the way leaves the real numbers, as the language demands."""
    for part in expr.atoms(sympy.log, sympy.Pow):
        root = part.is_Pow and not part.exp.is_integer
        if part.free_symbols <= point.keys() and (root or not part.is_Pow):
            base = _value(part.args[0], point)
            if base is None or base < 0:
                return False
    return True


def _at(place: Place, finding: Finding) -> Finding:
    """With the place before the detail."""
    where = ", ".join(f"{name} = {value}" for name, value in place.items())
    if not finding.detail or not where:
        return finding
    return Finding(finding.opinion, f"at {where}: {finding.detail}")


def _worst(steps: Iterable[Finding]) -> Finding:
    return max(steps, key=lambda step: _RANK.index(step.opinion))

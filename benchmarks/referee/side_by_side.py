"""What SymPy makes of the same statements, as people would put them to it.

At K = 3: every size is 3, every entry a symbol, and the two sides are compared at every place of
the free indices. At symbolic sizes: Sum, Indexed and KroneckerDelta. In both, `simplify` decides
if it turns the difference into 0, and `.equals` if it answers True or False. Each question has a
process of its own, which is killed when its seconds are over.
"""

from __future__ import annotations

import multiprocessing
from collections import Counter
from collections.abc import Callable, Iterable
from fractions import Fraction
from multiprocessing.connection import Connection
from typing import Any

import sympy
from tqdm import tqdm

from benchmarks.referee.symbolic import NotExpressible, SymbolicWriter
from derivlib.proof.bridge.to_sympy import substitutions, to_sympy
from derivlib.proof.language.syntax import Number, Sum
from tests.support.corpus import Row, rows

SIZE = 3
SECONDS = 5.0


def explicit(row: Row) -> list[Any]:
    """left - right at each place of the free indices, hypotheses put in after the ∂s."""
    statement = row.statement
    sizes = {name: max(SIZE, least) for name, least in row.theory.sizes.items()}
    known = substitutions(row.theory, sizes)
    left, right = (
        to_sympy(row.theory, side, sizes, free=statement.free)
        for side in (statement.left, statement.right)
    )
    if not statement.free:
        return [(left.doit() - right.doit()).subs(known)]
    pairs = zip(sympy.flatten(left), sympy.flatten(right), strict=True)
    return [(a.doit() - b.doit()).subs(known) for a, b in pairs]


def at_symbolic_size(row: Row) -> list[Any]:
    statement = row.statement
    writer = SymbolicWriter(row.theory)
    return [writer.write(statement.left, {}).doit() - writer.write(statement.right, {}).doit()]


def by_simplify(differences: Iterable[Any]) -> str:
    """ "equal" or "undecided": what simplify leaves standing may still be 0."""
    return "equal" if all(sympy.simplify(d) == 0 for d in differences) else "undecided"


def by_equals(differences: Iterable[Any]) -> str:
    found = "equal"
    for difference in differences:
        answer = sympy.sympify(difference).equals(0)
        if answer is False:
            return "different"
        if answer is None:
            found = "undecided"
    return found


WAYS: dict[str, Callable[[Row], list[Any]]] = {"K = 3": explicit, "symbolic K": at_symbolic_size}
JUDGES: dict[str, Callable[[Iterable[Any]], str]] = {".equals": by_equals, "simplify": by_simplify}


def _ask(sender: Connection, way: str, judge: str, row: Row) -> None:
    try:
        answer = JUDGES[judge](WAYS[way](row))
    except NotExpressible:
        answer = "not expressible"
    except Exception as error:
        answer = f"error: {type(error).__name__}"
    sender.send(answer)


def ask(way: str, judge: str, row: Row) -> str:
    """SymPy's answer, or "timed out"."""
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_ask, args=(sender, way, judge, row))
    process.start()
    sender.close()
    try:
        return str(receiver.recv()) if receiver.poll(SECONDS) else "timed out"
    except EOFError:
        return "error: the process died"
    finally:
        process.kill()
        process.join()


def graded(answer: str, kind: str, row: Row, way: str) -> str:
    """The answer as proved, refuted, wrong, undecided, …: what it is worth for this statement."""
    match answer, kind:
        case ("equal", "true"):
            return "proved"
        case ("different", "false"):
            return "refuted"
        case ("different", "true") if way == "symbolic K" and row.statement.free:
            return "undecided"  # SymPy cannot be told that i <= K, and tries others
        case ("equal" | "different", _):
            return "wrong"
    return "raises an error" if answer.startswith("error") else answer


def can_be_asked(row: Row, way: str) -> bool:
    """Whether SymPy can be told all hypotheses that a true statement needs: at explicit sizes
    those that set a sum to 1, at symbolic ones none."""
    needed = row.theory.prove(row.left, row.right).hypotheses
    sums = all(isinstance(h.left, Sum) and h.right == Number(Fraction(1)) for h in needed)
    return not needed or (way == "K = 3" and sums)


def measure(every: int = 1) -> dict[str, Any]:
    """Counts for each way of writing, each judge and each kind of statement; of every n-th one."""
    rows("true")  # read before forking
    report: dict[str, Any] = {"seconds allowed": SECONDS, "size": SIZE, "of every": every}
    wrong: list[str] = []
    questions = [(kind, row) for kind in ("true", "false") for row in rows(kind)[::every]]
    for way in WAYS:
        for judge in JUDGES:
            counts: dict[str, Counter[str]] = {"true": Counter(), "false": Counter()}
            for kind, row in tqdm(questions, desc=f"SymPy, {way}, {judge}"):
                if kind == "true" and not can_be_asked(row, way):
                    grade = "not expressible"
                else:
                    grade = graded(ask(way, judge, row), kind, row, way)
                counts[kind][grade] += 1
                if grade == "wrong":
                    wrong.append(f"{way}, {judge}, {kind}: {row}")
            report[f"{way}, {judge}"] = {kind: dict(c) for kind, c in counts.items()}
    report["wrong"] = wrong
    return report

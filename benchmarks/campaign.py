"""One piece of the accuracy campaign: draw logits, ask kernels and peers, keep the worst."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from math import inf
from typing import Any

import numpy as np

import derivlib

from .exact import Exact
from .families import FLOATS, SIGMOID, SOFTMAX, Family
from .findings import Breach, Finding
from .kernels import Array
from .magnitudes import EVERY_SIGMOID, EVERY_SOFTMAX, WHOLE
from .peers import Peer, peers
from .promises import limits
from .questions import SIGMOID_QUESTIONS, SOFTMAX_QUESTIONS, Question, Sample
from .samples import points_sample, rows_sample

OF_POINTS = [*SIGMOID, *EVERY_SIGMOID]
FAMILIES = {family.name: family for family in [*OF_POINTS, *SOFTMAX, *EVERY_SOFTMAX]}
DTYPES = (*FLOATS, *WHOLE)
PIECE = 40_000
"""Logits in a piece of work, unless a row has more."""
OURS = "derivlib"


@dataclass(frozen=True)
class Task:
    family: str
    dtype: str
    logits: int
    seed: int
    alone: bool = False
    kernels: tuple[str, ...] = ()
    """Those that are asked; if none is named, all."""
    listed: bool = False
    """Whether each sample that breaks a bound is kept."""


def tasks(
    families: Iterable[str],
    dtypes: Iterable[str],
    logits: int,
    seed: int = 0,
    alone: bool = False,
    kernels: Iterable[str] = (),
    listed: bool = False,
) -> list[Task]:
    """Other dtypes than float64 and float32 get a twentieth of the logits. `alone` is without the
    peers.

    Of a family that no named kernel is asked about, nothing is drawn.
    """
    found: list[Task] = []
    named = tuple(kernels)
    for dtype in dtypes:
        for family in map(FAMILIES.__getitem__, families):
            if dtype not in family.dtypes or not _asked(family, named):
                continue
            if dtype == "float16" and family.classes > float(np.finfo(dtype).max):
                continue
            wanted = logits if dtype in ("float32", "float64") else max(1, logits // 20)
            piece = max(PIECE, family.classes)
            sizes = [min(piece, wanted - start) for start in range(0, wanted, piece)]
            found += [
                Task(family.name, dtype, n, seed + i, alone, named, listed)
                for i, n in enumerate(sizes)
            ]
    return found


def _asked(family: Family, kernels: tuple[str, ...]) -> list[Question]:
    """What is asked on a family of the kernels, or of all if none is named."""
    questions = SIGMOID_QUESTIONS if family in OF_POINTS else SOFTMAX_QUESTIONS
    return [question for question in questions if not kernels or question.kernel in kernels]


def merged(findings: Iterable[Finding]) -> list[Finding]:
    """The worst of each key, with the number of all values."""
    worst: dict[tuple[str, ...], Finding] = {}
    for finding in findings:
        if seen := worst.get(finding.key):
            values = seen.values + finding.values
            finding = replace(max(seen, finding, key=lambda f: f.error), values=values, breaches=())
        worst[finding.key] = finding
    return list(worst.values())


def carried_out(task: Task) -> list[Finding]:
    """The findings of one piece."""
    with np.errstate(all="ignore"):
        return list(_findings(task, FAMILIES[task.family], np.dtype(task.dtype)))


def _findings(task: Task, family: Family, dtype: np.dtype[Any]) -> Iterator[Finding]:
    z = family.rows(task.logits, dtype, task.seed)
    rng = np.random.default_rng([task.seed, 1])
    if family in OF_POINTS:
        sample = points_sample(z[:, 0], rng, family.all_sizes)
    else:
        sample = rows_sample(z, rng, family.all_sizes)
    compared = task.dtype in ("float32", "float64") and not task.alone
    libraries = {n: p for n, p in peers().items() if n in ("scipy", "torch")} if compared else {}
    for question in _asked(family, task.kernels):
        if question.exact not in sample.exact or not hasattr(derivlib, question.kernel):
            continue
        try:
            answer = question.answer(sample)
        except Exception as error:  # a campaign outlives it, and reports it as infinitely wrong
            yield _raised(task, question, sample, error)
            continue
        yield from _finding(task, question, sample, OURS, answer)
        for library, peer in libraries.items() if question.peers else ():
            theirs = _answer(peer, question.kernel, sample)
            if theirs is not None:
                yield from _finding(task, question, sample, library, theirs)


def _answer(peer: Peer, kernel: str, sample: Sample) -> Array | None:
    form = peer.fresh.get(kernel)
    call = form(sample.case) if form else None
    return None if call is None else np.asarray(call())


def _finding(
    task: Task, question: Question, sample: Sample, who: str, answer: Array
) -> Iterator[Finding]:
    exact = sample.exact[question.exact]
    errors = question.measure(answer, exact, sample)
    judged = int((~np.isnan(errors)).sum())
    if not judged:
        return
    index = tuple(int(i) for i in np.unravel_index(np.nanargmax(errors), errors.shape))
    normwise = errors.ndim < answer.ndim
    row = index[0]
    label = next((x for x in question.arguments.split() if x in ("labels", "flags")), None)
    finding = Finding(
        kernel=question.kernel,
        kind=question.kind,
        unit=question.unit,
        family=task.family,
        dtype=task.dtype,
        who=who,
        error=float(errors[index]),
        values=judged * (answer.size // errors.size),
        logits=_spelt(sample.case.logits[row]),
        label=_spelt(sample.given[label][row]) if label else "",
        index=index,
        expected=_row_text(exact, row) if normwise else exact.text(index),
        got=_spelt(answer[index]),
    )
    allowed = min(limits(finding).values(), default=inf)
    if task.listed and who == OURS and finding.error > allowed:
        broken = tuple(_breaches(finding, allowed, question, sample, answer, errors))
        finding = replace(finding, breaches=broken)
    yield finding


def _breaches(
    finding: Finding,
    allowed: float,
    question: Question,
    sample: Sample,
    answer: Array,
    errors: Array,
) -> Iterator[Breach]:
    """Each row, or number, with an error above the bound."""
    exact = sample.exact[question.exact]
    by_row = errors.reshape(len(errors), -1)
    for row in np.flatnonzero((by_row > allowed).any(axis=1)).tolist():
        worst = int(np.nanargmax(by_row[row]))
        index = (row, *(int(i) for i in np.unravel_index(worst, errors.shape[1:])))
        yield Breach(
            kernel=finding.kernel,
            kind=finding.kind,
            unit=finding.unit,
            family=finding.family,
            dtype=finding.dtype,
            error=float(errors[index]),
            allowed=allowed,
            inputs={name: _hex(sample.given[name][row]) for name in question.arguments.split()},
            index=index[1:],
            expected=exact.text(index) if errors.ndim == answer.ndim else _row_text(exact, row),
            got=_spelt(answer[index]),
        )


def _hex(values: Any) -> list[str]:
    """Every bit of each number; a longdouble in as many decimal digits as it takes."""
    array = np.atleast_1d(np.asarray(values)).ravel()
    if array.dtype.kind != "f":
        return [str(x) for x in array.tolist()]
    if array.dtype.itemsize > 8:
        return [np.format_float_scientific(x) for x in array]
    return [float(x).hex() for x in array]


def _raised(task: Task, question: Question, sample: Sample, error: Exception) -> Finding:
    return Finding(
        kernel=question.kernel,
        kind=question.kind,
        unit=question.unit,
        family=task.family,
        dtype=task.dtype,
        who=OURS,
        error=inf,
        values=0,
        logits=_spelt(sample.case.logits[0]),
        label="",
        index=(0,),
        expected="a result",
        got=f"{type(error).__name__}: {error}",
    )


def _row_text(exact: Exact, row: int) -> str:
    return _spelt(exact.rounded(np.dtype(np.float64))[row])


def _spelt(values: Any) -> str:
    """Every digit; the ends of a long row."""
    return np.array2string(
        np.asarray(values),
        max_line_width=10**6,
        threshold=12,
        edgeitems=5,
        separator=", ",
        floatmode="unique",
    )

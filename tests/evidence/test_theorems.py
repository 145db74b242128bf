"""Every public kernel has its theorem, every theorem its kernel, and both give the same numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias

import nbformat
import numpy as np
import pytest

import derivlib
from derivlib import models
from derivlib.evidence.model_theorems import MODELS, model_of
from derivlib.evidence.theorems import OPTIONS, THEOREMS, Theorem
from derivlib.proof import Derivation, RefutedError, Status
from derivlib.proof.language.printer import to_text
from tests.support.kernels import CALLS, SMOOTHING
from tests.support.latex_reader import Reader

Arrays: TypeAlias = dict[str, Any]

THEOREMS_AND_MODELS = THEOREMS | MODELS
LABEL = 2  # of a softmax_cross_entropy; in a theory, c = 3

rng = np.random.default_rng(0)
VECTORS: Arrays = {name: rng.normal(size=5) for name in "zvy"} | {"c": 0.25, "b": -2.0}
VECTORS["g"] = VECTORS["w"] = VECTORS["v"]
SCALARS: Arrays = {"y": 0.3, "v": -1.7}
POINTS: list[Arrays] = [
    *(SCALARS | {"z": z, "eps": SMOOTHING} for z in (-3.1, -0.2, 0.8, 5.0)),
    VECTORS | {"eps": SMOOTHING},
]
CHAINS = {
    "softmax_cross_entropy": ["hard", "soft", "hard smoothed"],
    "softmax_cross_entropy_grad": ["hard", "soft", "soft smoothed"],
    "softmax_cross_entropy_value_and_grad": ["hard", "soft"],
    "softmax_cross_entropy_hvp": ["hard", "soft"],
    "sigmoid_binary_cross_entropy": ["soft"],
    "sigmoid_binary_cross_entropy_grad": ["soft", "soft smoothed"],
    "sigmoid_binary_cross_entropy_value_and_grad": ["soft"],
    "sigmoid_binary_cross_entropy_hvp": ["soft"],
}
"""The labels that each chain is about; of two results, first all chains of the one."""


PRINTED = sorted(
    THEOREMS.keys()
    - {
        "sigmoid_grad",  # with letters of its own
        "softmax_cross_entropy_value_and_grad",  # "both at once"
        "sigmoid_binary_cross_entropy_value_and_grad",
    }
)
"""Those whose formula the language can say."""


def results(name: str, arrays: Arrays) -> list[Any]:
    """What the kernel computes, chain by chain."""
    given = {"logits": arrays["z"], "labels": LABEL, "v": arrays["v"]}
    given |= {"soft labels": arrays["y"], "soft flags": arrays["y"]}
    if np.ndim(arrays["z"]):
        given["p"] = derivlib.softmax(arrays["z"])
    labels = CHAINS.get(name)
    found = [CALLS[f"{name} {kind}" if labels else name](given) for kind in labels or [""]]
    if isinstance(found[0], tuple):
        return [result for results in zip(*found, strict=True) for result in results]
    return found


def test_every_kernel_has_its_theorem_and_every_theorem_its_kernel() -> None:
    assert set(THEOREMS) == set(derivlib.__all__)


def test_every_model_has_its_theorem_and_every_theorem_its_model() -> None:
    modules = {name for name in models.__all__ if hasattr(getattr(models, name), "grad")}
    assert set(map(model_of, MODELS)) == modules


@pytest.mark.parametrize("name", THEOREMS_AND_MODELS)
def test_every_line_is_proved_without_conditions(name: str) -> None:
    for chain in THEOREMS_AND_MODELS[name].derive():
        assert chain.status is Status.PROVED, chain
        assert not chain.conditions, chain


@pytest.mark.parametrize("name", PRINTED)
def test_the_printed_formula_is_what_is_proved(name: str) -> None:
    """Read back as a mathematician reads it, it is the definition that some chain starts at."""
    assert any(right(THEOREMS[name], THEOREMS[name].formula)), THEOREMS[name].formula


@pytest.mark.parametrize("name", PRINTED)
def test_a_wrong_formula_is_seen(name: str) -> None:
    formula = THEOREMS[name].formula
    for wrong in (f"-({formula})", f"{formula} + 1", formula.replace("-", "", 1)):
        assert wrong == formula or not any(right(THEOREMS[name], wrong)), wrong


def right(theorem: Theorem, formula: str) -> Iterator[bool]:
    """Whether a formula in LaTeX is each chain's definition."""
    plain = re.sub(r"\\Big[lr]", "", formula).replace("^z", "^{z}")
    plain = re.sub(r"\\log (\\sum.*)$", r"\\log(\1)", plain)
    text = to_text(Reader(plain).whole())
    for chain in theorem.derive():
        yield chain.theory.prove(chain.lines[0].text, text).status is Status.PROVED


def test_a_wrong_theorem_does_not_pass() -> None:
    right = THEOREMS["log_softmax_vjp"]
    wrong = type(right)(
        right.formula, right.theory, (right.chains[0].replace("g[i] -", "g[i] +"),), "", ""
    )
    with pytest.raises(RefutedError):
        wrong.derive()


@pytest.mark.parametrize("name", THEOREMS)
def test_the_kernel_computes_its_theorem(name: str) -> None:
    theorem = THEOREMS[name]
    scalar = "z: real" in theorem.theory
    for arrays in POINTS[:-1] if scalar else POINTS[-1:]:
        for chain, result in zip(theorem.derive(), results(name, arrays), strict=True):
            # At all places of an index that the left side does not have: it may be anywhere.
            expected = value(chain, arrays)
            got = np.broadcast_to(result, expected.shape)
            np.testing.assert_allclose(got, expected, rtol=1e-12)


SOME: Arrays = {"m": np.array([1.0, 0.0, 1.0, 1.0, 0.0]), "b": np.array([0.5, -2.0, 3.0, 0.0, 1.0])}
SOME |= {name: VECTORS[name] for name in "zvy"} | {"eps": SMOOTHING, "s": -1.5}
TAKES_PART = ["Σ(k, m[k]*exp(z[k])) > 0"]
TRUE_CLASS = ["m[c]*exp(z[c])/Σ(k, m[k]*exp(z[k])) > 0"]
SMOOTHED = ["n != 0", *TAKES_PART]
PRODUCT = ["n != 0", "Σ(k, m[k]*exp(z[k])) != 0", *TAKES_PART]
CONDITIONS = {
    "where": [[], TAKES_PART, TRUE_CLASS, SMOOTHED, PRODUCT, TRUE_CLASS],
    "weights of logsumexp": [
        ["abs(Σ(k, b[k]*exp(z[k] - z[i]))) > 0", "abs(Σ(k, b[k]*exp(z[k]))) > 0"],
        ["b[i]*exp(z[i]) != 0"],
    ],
    "weights of examples": [[]],
    "class_weights": [[], [], []],
}
"""Of each chain: that some class takes part, the true one among them, and that a sum is not 0."""


@pytest.mark.parametrize("option", OPTIONS)
def test_every_option_is_proved(option: str) -> None:
    chains = OPTIONS[option].derive()
    assert {chain.status for chain in chains} == {Status.PROVED}
    assert [sorted(map(str, chain.conditions)) for chain in chains] == CONDITIONS[option]


def of_options(option: str) -> list[Any]:
    """What the kernels compute with an option, chain by chain."""
    z, y, v, b, s = (SOME[name] for name in "zyvbs")
    smoothed: Any = {"label_smoothing": SMOOTHING}
    if option == "where":
        there: Any = {"where": SOME["m"] == 1}
        total = derivlib.logsumexp(z, **there)
        hard = derivlib.softmax_cross_entropy_grad(z, LABEL, **there)
        soft = derivlib.softmax_cross_entropy_grad(z, y, **smoothed, **there)
        product = derivlib.softmax_cross_entropy_hvp(z, y, v, **smoothed, **there)
        last = derivlib.softmax_cross_entropy_hvp(z, LABEL, v, **there)
        return [np.exp(total), total, hard, soft, product, last]
    if option == "weights of logsumexp":
        size, sign = derivlib.logsumexp(z, weights=b, return_sign=True)
        return [size, sign * np.exp(size)]
    given: Any = {**smoothed, "class_weights": b}
    if option == "weights of examples":
        return [derivlib.softmax_cross_entropy_grad(z, y, weights=s, **given)]
    hard = derivlib.softmax_cross_entropy(z, LABEL, class_weights=b)
    return [*derivlib.softmax_cross_entropy_value_and_grad(z, y, **given), hard]


@pytest.mark.parametrize("option", OPTIONS)
def test_the_kernels_compute_their_options(option: str) -> None:
    there = np.flatnonzero(SOME["b"])  # the largest term is not 0
    for chain, result in zip(OPTIONS[option].derive(), of_options(option), strict=True):
        with np.errstate(all="ignore"):
            expected = value(chain, SOME)
        if "b[i]" in chain.lines[-1].text and chain.lines[0].text.startswith("Σ"):
            expected = expected[there]
        np.testing.assert_allclose(np.broadcast_to(result, expected.shape), expected, rtol=1e-12)


def value(chain: Derivation, arrays: Arrays) -> Any:
    """The last line, over the indices of the left side in their order; the label is chosen."""
    given = {k: v for k, v in arrays.items() if k in chain.theory.variables}
    table = np.asarray(chain.numpy()(**given))
    start = chain.lines[0].text
    shown = list(chain.theory.statement(start, start).free)
    others = [index for index in chain.free if index not in shown]
    table = table.transpose([list(chain.free).index(index) for index in (*others, *shown)])
    if "c" in shown:
        table = np.take(table, LABEL, axis=len(others) + shown.index("c"))
    return table


@pytest.mark.parametrize("name", THEOREMS_AND_MODELS)
def test_the_theorem_is_told_where_it_says(name: str, root: Path) -> None:
    theorem = THEOREMS_AND_MODELS[name]
    path = root / "notebooks" / f"{theorem.notebook}.ipynb"
    notebook = nbformat.reads(path.read_text(encoding="utf-8"), 4)
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    headings = re.findall(r"^#+ +(.*)$", text, flags=re.MULTILINE)
    assert theorem.section in headings


@pytest.mark.parametrize("name", THEOREMS_AND_MODELS)
def test_the_docstring_names_the_notebook(name: str) -> None:
    home = derivlib if name in THEOREMS else models
    documentation = getattr(home, model_of(name)).__doc__ or ""
    told = re.findall(r"^\s*Theorem: (\S+)$", documentation, flags=re.MULTILINE)
    assert told == [f"notebooks/{THEOREMS_AND_MODELS[name].notebook}.ipynb"]

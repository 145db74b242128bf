"""The error bounds that the kernels promise, and the paragraphs of their docstrings made from them.

    python -m derivlib.evidence.error_bounds

To change a bound, change the table and run this: it rewrites the paragraph "Error bound" in each
kernel's docstring. A test says whether the docstrings agree with the table.

>>> print(ERROR_BOUNDS["sigmoid_grad"].paragraph)
Error bound, for every finite z and measured with NumPy 2 against 40 digits: 2 ULP in float64
and longdouble, 3 in float32, 1 in float16.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from textwrap import fill, indent

import derivlib

__all__ = ["ERROR_BOUNDS", "SAME_BOUNDS", "Bound", "ErrorBounds"]

DTYPES = ("float64", "longdouble", "float32", "float16")
WIDTH = 100
INDENT = "    "
KEEP = "\N{NO-BREAK SPACE}"  # between a number and its unit, until the lines are broken


@dataclass(frozen=True)
class Bound:
    """The largest error in one unit, for each dtype that it is promised for.

    Attributes:
        unit: "ULP", "eps" or "u", which is eps/2; then, if it is not the result, what it is of.
        numbers: by dtype.
        where: the words for the arguments that it holds for, if these are not all of the domain.
    """

    unit: str
    numbers: Mapping[str, float]
    where: str = ""

    @property
    def words(self) -> str:
        """The numbers with their dtypes: "2 ULP in float64 and longdouble, 3 in float32"."""
        parts = [
            f"{number:g}{KEEP}{'' if i else self.unit + ' '}in {_listed(dtypes)}"
            for i, (number, dtypes) in enumerate(_by_number(self.numbers))
        ]
        unit = ", where u is half of the dtype's eps" if self.unit.split()[0] == "u" else ""
        return f"{self.where} {', '.join(parts)}{unit}".strip()


@dataclass(frozen=True)
class ErrorBounds:
    """What a kernel promises.

    Attributes:
        domain: the words for the arguments that the bounds hold for, and how they were measured.
        bounds: one or more; where several hold, each does.
        remark: a sentence on what lies outside of them.
    """

    domain: str
    bounds: tuple[Bound, ...]
    remark: str = ""

    @property
    def paragraph(self) -> str:
        """The paragraph of the docstring, without its indentation."""
        sentences = [f"{bound.words}." for bound in self.bounds]
        sentences += [self.remark] * bool(self.remark)
        text = f"Error bound, {self.domain}: {' '.join(sentences)}"
        lines = fill(text, WIDTH - len(INDENT), break_long_words=False, break_on_hyphens=False)
        return lines.replace(KEEP, " ")


def _numbers(
    float64: float,
    longdouble: float | None = None,
    float32: float | None = None,
    float16: float | None = None,
) -> dict[str, float]:
    """The numbers of a `Bound`; None is not promised."""
    given = zip(DTYPES, (float64, longdouble, float32, float16), strict=True)
    return {dtype: number for dtype, number in given if number is not None}


_FINITE_Z = "for every finite z and measured with NumPy 2 against 40 digits"
_FINITE_LOGITS = "on finite logits of any size and measured with NumPy 2"
_CLASSES = "for up to 100000 classes"

_SUBNORMAL = "Of terms that are subnormal, each may add the smallest number."

ERROR_BOUNDS = {
    "sigmoid": ErrorBounds(
        _FINITE_Z,
        (Bound("ULP", _numbers(2, 2, 3, 1)),),
        "In float32 it is larger, here and for other kernels, since NumPy's exp is less accurate.",
    ),
    "sigmoid_grad": ErrorBounds(_FINITE_Z, (Bound("ULP", _numbers(2, 2, 3, 1)),)),
    "softplus": ErrorBounds(_FINITE_Z, (Bound("ULP", _numbers(2, 3, 4, 1)),)),
    "log_sigmoid": ErrorBounds(_FINITE_Z, (Bound("ULP", _numbers(2, 3, 4, 1)),)),
    "softmax": ErrorBounds(
        f"{_FINITE_LOGITS} {_CLASSES}",
        (Bound("ULP", _numbers(6, 6, 6, 1)),),
    ),
    "log_softmax": ErrorBounds(
        f"{_FINITE_LOGITS} {_CLASSES}",
        (Bound("ULP", _numbers(3.5, 4, 5, 1)),),
        "Rarely more in float64: of 150000 logits with one above the others, one was 4.3 ULP off.",
    ),
    "logsumexp": ErrorBounds(
        "on finite entries of any size and measured with NumPy 2 for up to 100000 of them",
        (
            Bound("ULP of max(|m|, |result|)", _numbers(5, 5, 7, 1)),
            Bound(
                "ULP of the result",
                _numbers(2, float32=3),
                "Where neither m and the logarithm cancel nor the entries' rounding counts, "
                "|m| + log1p(…) and Σ_j p_j |z_j| being at most 1.1 |result|,",
            ),
        ),
        "Near 0, where m and the logarithm cancel, only the first bound holds, which is absolute: "
        "rounding the entries themselves already costs as much.",
    ),
    "softmax_jacobian": ErrorBounds(
        f"of every entry, {_FINITE_LOGITS}", (Bound("ULP", _numbers(12, 12, 12, 1)),)
    ),
    "softmax_jvp": ErrorBounds(
        "of ‖error‖₂ / ‖result‖₂ in each slice, measured with NumPy 2 for `p` from `softmax` and "
        "Gaussian directions, against the product with the exact softmax",
        (Bound("eps", _numbers(8, 8, 8)),),
    ),
    "log_softmax_vjp": ErrorBounds(
        "for finite `p` and `g` and measured with NumPy 2",
        (Bound("u (|g_j| + |p_j| Σ_i |g_i|)", _numbers(4, 4, 4, 4)),),
    ),
    "softmax_entropy": ErrorBounds(
        f"{_FINITE_LOGITS} {_CLASSES}",
        (Bound("ULP", _numbers(6, 6, 7, 1)),),
    ),
    "softmax_entropy_grad": ErrorBounds(
        f"of each entry of the gradient g, where p_i is a normal number, {_FINITE_LOGITS} "
        f"{_CLASSES}",
        (Bound("u (|g_i| + p_i Σ_k |g_k|)", _numbers(8, 8, 8, 2)),),
    ),
    "softmax_kl": ErrorBounds(
        f"{_FINITE_LOGITS} {_CLASSES}",
        (Bound("ULP", _numbers(10, 10, 12, 1)),),
        _SUBNORMAL,
    ),
    "softmax_kl_grad_z": ErrorBounds(
        f"of each entry of the gradient g, {_FINITE_LOGITS} {_CLASSES}",
        (Bound("u (|g_i| + p_i Σ_k |g_k|)", _numbers(12, 12, 12, 2)),),
        _SUBNORMAL,
    ),
    "softmax_kl_grad_w": ErrorBounds(
        f"of each entry of the gradient g, {_FINITE_LOGITS} {_CLASSES}",
        (Bound("u (|g_i| + p_i Σ_k |g_k|)", _numbers(12, 12, 12, 2)),),
        _SUBNORMAL,
    ),
    "softmax_cross_entropy": ErrorBounds(
        f"on finite logits of any size and weights y ≥ 0, measured with NumPy 2 {_CLASSES}",
        (Bound("ULP", _numbers(3.5, 4, 5, 1)),),
        "Weights of both signs may cancel: for them the bound is in ULP of Σ_j |y_j log p_j|.",
    ),
    "softmax_cross_entropy_grad": ErrorBounds(
        f"{_FINITE_LOGITS} {_CLASSES}",
        (
            Bound(
                "ULP",
                _numbers(6, 6, 6, 1),
                "for true classes, also as rows of one-hot floats,",
            ),
            Bound(
                "u Σ_j |y_j|",
                _numbers(4, 4, 4, 4),
                "For other distributions, where p_i and y_i may cancel, an absolute",
            ),
        ),
        "Where that is less than the smallest subnormal number, the error may be as large as this.",
    ),
    "softmax_cross_entropy_hvp": ErrorBounds(
        f"of ‖error‖₂ / ‖result‖₂ for each example, {_FINITE_LOGITS} on Gaussian directions",
        (Bound("eps", _numbers(8, 8, 8)),),
    ),
    "sigmoid_binary_cross_entropy": ErrorBounds(
        "for finite logits of any size, any labels, measured with NumPy 2 against 40 digits",
        (Bound("ULP", _numbers(3, 4, 4, 1)),),
    ),
    "sigmoid_binary_cross_entropy_grad": ErrorBounds(
        "for finite logits of any size, measured with NumPy 2 against 40 digits",
        (
            Bound("ULP", _numbers(3, 3, 4, 1), "for labels 0 and 1, without smoothing,"),
            Bound(
                "u", _numbers(3, 3, 3, 3), "For other labels, where p and y may cancel, an absolute"
            ),
        ),
    ),
    "sigmoid_binary_cross_entropy_hvp": ErrorBounds(
        "for every finite z and v with a normal number σ′(z), measured with NumPy 2 against 40 "
        "digits",
        (Bound("ULP", _numbers(3, 3, 4, 1)),),
        "A subnormal σ′(z) has a rounding error that is multiplied by v.",
    ),
}

# Kernels whose docstrings refer to others: whose bounds hold for them, one for each result.
SAME_BOUNDS = {
    "softmax_vjp": ("softmax_jvp",),
    "softmax_cross_entropy_value_and_grad": (
        "softmax_cross_entropy",
        "softmax_cross_entropy_grad",
    ),
    "sigmoid_binary_cross_entropy_value_and_grad": (
        "sigmoid_binary_cross_entropy",
        "sigmoid_binary_cross_entropy_grad",
    ),
}


def _by_number(numbers: Mapping[str, float]) -> Iterator[tuple[float, list[str]]]:
    """Each number with its dtypes, in the order of the dtypes where it comes first."""
    first = list(dict.fromkeys(numbers.values()))
    ordered = sorted(numbers, key=lambda dtype: first.index(numbers[dtype]))
    for number, dtypes in groupby(ordered, key=numbers.__getitem__):
        yield number, list(dtypes)


def _listed(dtypes: list[str]) -> str:
    """The dtypes in words."""
    if set(dtypes) == set(DTYPES):
        return "every dtype"
    *others, last = dtypes
    return f"{', '.join(others)} and {last}" if others else last


def with_paragraphs(source: str, names: Iterable[str]) -> str:
    """The source text of a module with the paragraphs of the kernels `names` from the table.

    Raises:
        ValueError: a kernel's docstring does not have just one paragraph "Error bound".
    """
    for name in names:
        lines = source.splitlines(keepends=True)
        first, last = _docstring_lines(source, name)
        docstring = "".join(lines[first:last])
        pattern = rf"^{INDENT}Error bound.*?(?=\n\n)"
        paragraphs = re.findall(pattern, docstring, flags=re.DOTALL | re.MULTILINE)
        if len(paragraphs) != 1:
            raise ValueError(
                f"{name}: one paragraph “Error bound” is expected, found {len(paragraphs)}"
            )
        paragraph = indent(ERROR_BOUNDS[name].paragraph, INDENT)
        docstring = docstring.replace(paragraphs[0], paragraph)
        source = "".join([*lines[:first], docstring, *lines[last:]])
    return source


def _docstring_lines(source: str, name: str) -> tuple[int, int]:
    """Where the docstring of the function `name` stands, as a range of line numbers from 0."""
    for node in ast.parse(source).body:
        if not isinstance(node, ast.FunctionDef) or node.name != name:
            continue
        if ast.get_docstring(node):  # an overload has none
            docstring = node.body[0]
            return docstring.lineno - 1, docstring.end_lineno or docstring.lineno
    raise ValueError(f"there is no function {name}")


def pages() -> Iterator[tuple[Path, str]]:
    """Each source file of kernels with error bounds, and the text that it should have."""
    names: dict[str, list[str]] = {}
    for name in ERROR_BOUNDS:
        names.setdefault(getattr(derivlib, name).__module__, []).append(name)
    for module, kernels in names.items():
        path = Path(str(sys.modules[module].__file__))
        yield path, with_paragraphs(path.read_text(encoding="utf-8"), kernels)


if __name__ == "__main__":
    for path, text in pages():
        if path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            print(f"wrote the error bounds into {path.name}")

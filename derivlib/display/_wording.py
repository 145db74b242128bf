"""Alt texts of figures: the same words on every processor."""

import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from derivlib.display._inputs import Floats

__all__ = ["bar_words", "line_words", "matrix_words", "number", "superscripts", "ulp_words"]

SAMPLES = 5  # points of a long line that are given
MOST_LISTED = 8  # points up to which all of a line are given
MOST_ENTRIES = 36  # entries up to which all of a matrix are given

_RAISED = str.maketrans("0123456789−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


def number(value: float, scale: float = 0.0) -> str:
    """A number to three significant digits, or an integer to all; 0 if it is noise beside `scale`.

    >>> number(2 / 3), number(1024), number(-1.5e-7), number(1e-17, scale=1)
    ('0.667', '1024', '−1.5×10^−7', '0')
    """
    if math.isnan(value):
        text = "NaN"
    elif math.isinf(value):
        text = "∞" if value > 0 else "-∞"
    elif abs(value) <= 1e-12 * scale or value == 0:
        text = "0"
    elif 1e-4 <= abs(rounded := float(f"{value:.2e}")) < 1e6:
        text = f"{value:.0f}" if abs(rounded) >= 100 else f"{rounded:g}"
    else:
        digits, power = f"{value:.2e}".split("e")
        factor = {"1.00": "", "-1.00": "-"}.get(digits, f"{float(digits):g}×")
        text = f"{factor}10^{int(power)}"
    return text.replace("-", "−")


def _numbers(values: Iterable[float], scale: float = 0.0) -> str:
    return ", ".join(number(float(value), scale) for value in values)


def superscripts(text: str) -> str:
    """A number's power of ten in superscripts, as a picture shows it.

    >>> superscripts("−1.5×10^−7")
    '−1.5×10⁻⁷'
    """
    head, _, power = text.partition("^")
    return head + power.translate(_RAISED)


def _ulp_phrase(worst: float, bits: int) -> str:
    """The order of magnitude of an error in ULP, for a significand of `bits` bits after the point.

    >>> _ulp_phrase(0.0, 52), _ulp_phrase(3.1, 52)
    ('exact', 'at most 4 ULP')
    >>> _ulp_phrase(2e7, 52)
    'at most 10^8 ULP: at least 7 digits correct'
    >>> _ulp_phrase(1e16, 52)
    'over 10^15 ULP: no digit correct'
    """
    digits = bits * math.log10(2)  # an error of 2^bits ULP is as large as the value itself
    if worst == 0:
        return "exact"
    if worst <= 0.5:
        return "at most 0.5 ULP: correctly rounded"
    if worst > 10 ** int(digits):
        return f"over 10^{int(digits)} ULP: no digit correct"
    if worst <= 1024:  # at least 4, since a good kernel's 1 or 2 ULP depend on the processor
        return f"at most {max(4, 2 ** math.ceil(math.log2(worst)))} ULP"
    power = math.ceil(math.log10(worst))
    match int(digits - power):
        case 0:
            left = "hardly a digit"
        case 1:
            left = "at least 1 digit"
        case several:
            left = f"at least {several} digits"
    return f"at most 10^{power} ULP: {left} correct"


def line_words(
    x: Floats, lines: Mapping[str, Floats], title: str, xlabel: str, ylabel: str, yscale: str
) -> str:
    """Each line at some points, and its highest and lowest value where these are not among them."""
    sample = np.arange(x.size)
    if x.size > MOST_LISTED:
        sample = np.linspace(0, x.size - 1, SAMPLES).round().astype(int)
    width = float(np.abs(x).max())
    # On a linear scale, a value far below the largest cannot be told from 0.
    scale = max(float(np.abs(y).max()) for y in lines.values()) if yscale == "linear" else 0.0
    parts = []
    for label, y in lines.items():
        words = [_numbers(y[sample], scale)]
        for name, extreme in (("highest", y.max()), ("lowest", y.min())):
            # Of peaks that are equal but for rounding errors, take the first.
            slack = 1e-9 * float(np.ptp(y) if yscale == "linear" else abs(extreme))
            reached = np.abs(y - extreme) <= slack
            if not reached[sample].any():
                where = number(x[np.argmax(reached)], width)
                words.append(f"{name} {number(extreme, scale)} at {where}")
        if yscale == "log" and (zeros := int(np.count_nonzero(y == 0))):
            words.append(f"exactly 0 at {zeros} of {_count(y.size, 'point')}")
        parts.append(f"{label}: {', '.join(words)}")
    kind = "Lines" if yscale == "linear" else f"Lines on a {yscale} scale"
    at = f"{xlabel} = {_numbers(x[sample], width)}"
    return _text(title, f"{kind}: {ylabel} at {at}", parts)


def bar_words(
    names: Sequence[str], bars: Mapping[str, Floats], title: str, xlabel: str, ylabel: str
) -> str:
    """Every bar's value."""
    scale = max(float(np.abs(heights).max()) for heights in bars.values())
    parts = [f"{label}: {_numbers(heights, scale)}" for label, heights in bars.items()]
    return _text(title, f"Bars: {ylabel} for {xlabel} {', '.join(names)}", parts)


def matrix_words(matrix: Floats, rows: Sequence[str], columns: Sequence[str], title: str) -> str:
    """All rows of a small matrix; of a large one the extremes and the Frobenius norm."""
    shape = f"Matrix, {len(rows)}×{len(columns)}"
    scale = float(np.abs(matrix).max())
    if matrix.size <= MOST_ENTRIES:
        parts = [f"{row}: {_numbers(v, scale)}" for row, v in zip(rows, matrix, strict=True)]
        return _text(title, f"{shape}, columns {', '.join(columns)}", parts)
    places = []
    for name, extreme in (("lowest", matrix.min()), ("highest", matrix.max())):
        i, j = np.argwhere(np.abs(matrix - extreme) <= 1e-9 * scale)[0]
        places.append(f"{name} {number(extreme, scale)} in row {rows[i]}, column {columns[j]}")
    size = number(float(np.linalg.norm(matrix / scale)) * scale if scale else 0.0)
    return _text(title, shape, [*places, f"Frobenius norm {size}"])


def ulp_words(x: Floats, errors: Mapping[str, Floats], title: str, xlabel: str, bits: int) -> str:
    """The largest error of each label, to an order of magnitude: digits depend on the processor."""
    parts = [f"{label}: {_ulp_phrase(float(y.max()), bits)}" for label, y in errors.items()]
    scale = float(np.abs(x).max())
    ends = f"from {number(x.min(), scale)} to {number(x.max(), scale)}"
    return _text(title, f"Errors at {_count(x.size, 'point')}, {xlabel} {ends}", parts)


def _count(size: int, noun: str) -> str:
    return f"{size} {noun}" if size == 1 else f"{size} {noun}s"


def _text(title: str, head: str, parts: Sequence[str]) -> str:
    """The alt text: title, head and parts on lines of their own, each with punctuation at its end.

    Screen readers pause at the punctuation.
    """
    mark = "" if title.endswith((".", "!", "?", ":")) else "."
    heads = [f"{title}{mark}"] if title else []
    return "\n".join([*heads, f"{head}:", ";\n".join(parts) + "."])

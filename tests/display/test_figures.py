"""Figures show all of their data, say so in words, and are the same each time."""

import configparser
import html
import io
import itertools
import os
import re
import subprocess
import sys
import warnings
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from IPython.core.formatters import DisplayFormatter
from matplotlib.figure import Figure as MatplotlibFigure
from matplotlib.text import Text
from numpy.typing import NDArray
from PIL import Image

from derivlib.display import Figure, bar_plot, line_plot, matrix_plot, ulp_plot
from derivlib.display._wording import number

Z = np.linspace(-6, 6, 201)
SIGMOID = 1 / (1 + np.exp(-Z))
RANDOM = np.random.default_rng(0).normal(size=(40, 12))
JACOBIAN = np.array([[0.25, -0.25, 0], [-0.25, 0.25, 0], [0, 0, 0]])
LABELS: dict[str, Any] = {"xlabel": "z", "ylabel": "value"}
LOGS = LABELS | {"xscale": "log", "yscale": "log"}

# Each plot, at its ordinary and at its edges.
GALLERY: dict[str, Callable[[], Figure]] = {
    "lines": lambda: line_plot(Z, {"σ(z)": SIGMOID, "σ′(z)": SIGMOID * (1 - SIGMOID)}, **LABELS),
    "lines that meet": lambda: line_plot(
        Z, {"σ(z)": SIGMOID, "the same, by its formula": SIGMOID}, title="So " * 40, **LABELS
    ),
    "log with zeros": lambda: line_plot(
        [1, 2, 3, 4], {"error": [0, 1e-16, 1e-3, 0]}, yscale="log", **LABELS
    ),
    "log-log": lambda: line_plot(
        10.0 ** -np.arange(9), {"h²": 10.0 ** -np.arange(0, 18, 2)}, **LOGS
    ),
    "short log": lambda: line_plot([1, 2, 3], {"a": [0.2, 0.5, 0.9]}, **LOGS),
    "only zeros": lambda: line_plot([1, 2], {"error": [0, 0]}, yscale="log", **LABELS),
    "to the last subnormal": lambda: line_plot(
        np.arange(0, 800, 5), {"exp(−z)": np.exp(-np.arange(0, 800, 5.0))}, yscale="log", **LABELS
    ),
    "symlog": lambda: line_plot(Z, {"sinh 3z": np.sinh(3 * Z)}, yscale="symlog", **LABELS),
    "huge": lambda: line_plot(Z, {"a": 1e9 * Z, "b": -1e9 * Z, "c": 1.01e9 * Z}, **LABELS),
    "one point": lambda: line_plot([1], {"a": [2]}, xlabel="z " * 60, ylabel="value " * 15),
    "bars": lambda: bar_plot(["cat", "dog", "bird"], {"p": [0.7, 0.2, 0.1]}, **LABELS),
    "groups": lambda: bar_plot(
        range(3), {"p": [0.659, 0.2, 0.1], "y": [1, 0, 0], "p − y": [-0.341, 0.2, 0.1]}, **LABELS
    ),
    "32 bars": lambda: bar_plot(range(16), {"a": RANDOM[:16, 0], "b": RANDOM[:16, 1]}, **LABELS),
    "long names": lambda: bar_plot(["softmax_cross_entropy"] * 5, {"a": range(5)}, **LABELS),
    "no bars to see": lambda: bar_plot(["a"], {"a": [0]}, **LABELS),
    "matrix": lambda: matrix_plot(JACOBIAN, title="The Jacobian of softmax at p = (½, ½, 0)"),
    "12×12": lambda: matrix_plot(RANDOM[:12], row_names=[f"row {i}" for i in range(12)], **LABELS),
    "tiny": lambda: matrix_plot(
        -1e-9 * RANDOM[:2, :5] ** 2, column_names=["a very long name", *"bcde"], title="Tiny"
    ),
    "long row names": lambda: matrix_plot(RANDOM[:12], row_names=["W" * 20 + "i" * 20] * 12),
    "large": lambda: matrix_plot(RANDOM, column_names=[f"class {j}" for j in range(12)], **LABELS),
    "ulp": lambda: ulp_plot(Z, {"stable": np.abs(np.sin(99 * Z))}, xlabel="z", title="Stable"),
    "ulp lost": lambda: ulp_plot(
        [1, 10, 100], {"stable": [0, 0.5, 0.9], "naive": [1, 1e9, np.inf]}, xlabel="z", xscale="log"
    ),
}

DENSE = ("12×12", "long row names")


@pytest.fixture(scope="module")
def gallery() -> dict[str, Figure]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return {name: draw() for name, draw in GALLERY.items()}


in_gallery = pytest.mark.parametrize("name", GALLERY)


def axes_of(figure: Figure) -> Any:
    return figure.figure.axes[0]


def texts_of(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.figure.findobj(Text) if text.get_text()]


# As a notebook gets it ----------------------------------------------------------------------------


class Tags(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        raise AssertionError(f"text beside the image: {data!r}")


NASTY = "<b>\"1\" & '2'</b>\n> 0 → σ(½)"


def test_jupyter_gets_an_image_and_words_and_a_png_for_what_strips_html() -> None:
    """nbval compares no PNG; an untrusted notebook shows no SVG."""
    figure = Figure(MatplotlibFigure((4, 3)), NASTY)
    data, _ = DisplayFormatter().format(figure)  # type: ignore[no-untyped-call]
    assert set(data) == {"text/plain", "text/html", "image/png"}
    assert data["text/plain"] == NASTY


def test_the_html_is_one_image_with_its_alt_text_escaped() -> None:
    text = Figure(MatplotlibFigure((4, 3)), NASTY).bundle()["text/html"]
    [(tag, attributes)] = Tags(text).found
    assert tag == "img"
    assert attributes["alt"] == NASTY
    assert set(attributes) == {"alt", "width", "src"}
    assert html.escape(NASTY) in text


def test_the_pixels_and_nothing_else_are_blanked_for_nbval(root: Path) -> None:
    rules = configparser.ConfigParser(interpolation=None)
    rules.read(root / "tests" / "nbval_sanitize.cfg", encoding="utf-8")
    [rule] = [rules[section] for section in rules.sections()]
    blanked = {
        re.sub(rule["regex"], rule["replace"], Figure(figure, "1 < 2").bundle()["text/html"])
        for figure in (MatplotlibFigure((4, 3), facecolor=c) for c in ("red", "green"))
    }
    assert blanked == {
        f'<img alt="1 &lt; 2" width="384" src="data:image/png;base64,{rule["replace"]}">'
    }


@pytest.mark.parametrize("name", ["lines", "symlog", "groups", "tiny", "large", "ulp", *DENSE])
def test_two_pixels_for_each_of_the_page_on_white_and_not_too_many_bytes(
    gallery: dict[str, Figure], name: str
) -> None:
    figure = gallery[name]
    [(_, attributes)] = Tags(figure.bundle()["text/html"]).found
    picture = figure.png
    with Image.open(io.BytesIO(picture)) as image:
        assert image.format == "PNG"
        assert image.width == pytest.approx(2 * int(attributes["width"] or 0), abs=2)
        assert 300 <= image.width / 2 <= (900 if name == "long row names" else 640)
        assert {image.convert("RGBA").getpixel(corner) for corner in ((0, 0), (1, 300))} == {
            (255, 255, 255, 255)
        }
        assert not image.info.keys() & {"Software", "date", "Creation Time"}
    assert len(picture) < (100_000 if name in DENSE else 60_000)


@pytest.mark.parametrize("name", ["lines", "groups", "tiny", "ulp"])
def test_the_same_bytes_and_words_each_time(gallery: dict[str, Figure], name: str) -> None:
    figure, again = gallery[name], GALLERY[name]()
    assert figure.png == again.png
    assert repr(figure) == repr(again)


def test_a_readers_own_settings_change_nothing_and_are_left_alone() -> None:
    plain = GALLERY["bars"]().png
    own: dict[Any, Any] = {
        "font.size": 30,
        "axes.facecolor": "black",
        "lines.linewidth": 9,
        "savefig.dpi": 20,
    }
    with matplotlib.rc_context(own):
        assert GALLERY["bars"]().png == plain
        assert {key: matplotlib.rcParams[key] for key in own} == own


def test_matplotlib_is_quiet_and_comes_with_display_only(tmp_path: Path) -> None:
    """Without a folder for its caches, as on a read-only disk, matplotlib would say so."""
    code = """
import sys, derivlib, derivlib.proof, derivlib.evidence
assert "matplotlib" not in sys.modules
from derivlib.display import line_plot
line_plot([1, 2], {"a": [1, 2]}, xlabel="x", ylabel="y").png
assert "matplotlib.pyplot" not in sys.modules
"""
    nowhere = tmp_path / "file"
    nowhere.write_text("")
    run = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ
        | {"MPLCONFIGDIR": str(nowhere), "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        text=True,
    )
    assert (run.returncode, run.stdout + run.stderr) == (0, "")


# What it looks like -------------------------------------------------------------------------------


def drawn_texts(figure: MatplotlibFigure, monkeypatch: pytest.MonkeyPatch) -> list[Text]:
    drawn: list[Text] = []
    draw = Text.draw

    def note(text: Text, renderer: Any) -> None:
        drawn.append(text)
        draw(text, renderer)

    monkeypatch.setattr(Text, "draw", note)
    figure.draw_without_rendering()
    return [text for text in drawn if text.get_text().strip() and text.get_visible()]


@in_gallery
def test_every_text_is_readable_within_the_picture_and_apart_from_others(
    gallery: dict[str, Figure], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    figure = gallery[name].figure
    texts = drawn_texts(figure, monkeypatch)
    boxes = [(text, text.get_window_extent().padded(-1)) for text in texts]
    for text, box in boxes:
        assert float(text.get_fontsize()) / 0.75 >= 11, text
        assert figure.bbox.x0 <= box.x0 and box.x1 <= figure.bbox.x1, text
        assert figure.bbox.y0 <= box.y0 and box.y1 <= figure.bbox.y1, text
    for (one, a), (other, b) in itertools.combinations(boxes, 2):
        if one.get_rotation() % 90 == 0:  # of slanted ones, the boxes say nothing
            assert not a.overlaps(b), (one, other)


def test_labels_stand_at_the_ends_of_lines_that_end_apart_and_else_in_a_legend(
    gallery: dict[str, Figure],
) -> None:
    axes = axes_of(gallery["lines"])
    assert axes.get_legend() is None
    assert [(text.get_text(), *text.xy) for text in axes.texts] == [
        ("σ(z)", 6, SIGMOID[-1]),
        ("σ′(z)", 6, SIGMOID[-1] * (1 - SIGMOID[-1])),
    ]
    axes = axes_of(gallery["lines that meet"])
    assert not axes.texts
    words = [text.get_text() for text in axes.get_legend().get_texts()]
    assert words == ["σ(z)", "the same, by its formula"]


def test_colour_is_never_the_only_sign(gallery: dict[str, Figure]) -> None:
    first, second = axes_of(gallery["lines"]).lines
    assert first.get_linestyle() != second.get_linestyle()
    first, second = (
        line for line in axes_of(gallery["ulp lost"]).lines if line.get_label()[0] != "_"
    )
    assert first.get_marker() != second.get_marker()
    assert len({bar[0].get_hatch() for bar in axes_of(gallery["groups"]).containers}) == 3


# The data are drawn -------------------------------------------------------------------------------

some = st.integers(1, 30)
finite = st.floats(-1e6, 1e6, allow_subnormal=False)


@settings(max_examples=8, deadline=None)
@given(data=st.data(), n=some, scale=st.sampled_from(["linear", "symlog"]))
def test_lines_hold_their_data_from_left_to_right(data: st.DataObject, n: int, scale: str) -> None:
    x = data.draw(arrays(float, n, elements=finite, unique=True))
    lines = {label: data.draw(arrays(float, n, elements=finite)) for label in "ab"}
    drawn = axes_of(line_plot(x, lines, yscale=scale, **LABELS)).lines
    assert [line.get_label() for line in drawn] == ["a", "b"]
    for line in drawn:
        expected = sorted(zip(x, lines[line.get_label()], strict=True))
        assert line.get_xydata().tolist() == [list(point) for point in expected]


def test_zeros_of_a_log_plot_lie_on_a_floor_that_says_0() -> None:
    axes = axes_of(GALLERY["log with zeros"]())
    floor_line, line = axes.lines
    [floor] = set(floor_line.get_ydata())
    assert line.get_ydata().tolist() == [floor, 1e-16, 1e-3, floor]
    assert 0 < floor < 1e-17
    ticks = dict(
        zip(axes.get_yticks(), [t.get_text() for t in axes.get_yticklabels()], strict=True)
    )
    assert ticks[floor] == "0"
    assert axes.get_ylim()[0] < floor


@settings(max_examples=5, deadline=None)
@given(
    heights=arrays(float, st.tuples(st.integers(1, 3), st.integers(1, 8)), elements=finite),
)
def test_bars_have_their_heights_and_say_them(heights: NDArray[np.float64]) -> None:
    bars = dict(zip("abc", heights, strict=False))
    axes = axes_of(bar_plot(range(heights.shape[1]), bars, **LABELS))
    scale = np.abs(heights).max()
    for container, row in zip(axes.containers, heights, strict=True):
        assert [bar.get_height() for bar in container] == row.tolist()
        centres = [bar.get_x() + bar.get_width() / 2 for bar in container]
        assert np.all(np.abs(centres - np.arange(row.size)) < 0.5)
    words = [text.get_text() for text in axes.texts]
    assert [word for word in words if "10" not in word] == [
        word for value in heights.ravel() if "10" not in (word := number(value, scale))
    ]


def test_a_group_of_bars_is_centred_on_its_name() -> None:
    containers = axes_of(GALLERY["groups"]()).containers
    for place, group in enumerate(zip(*containers, strict=True)):
        ends = [group[0].get_x(), group[-1].get_x() + group[-1].get_width()]
        assert np.mean(ends) == pytest.approx(place)


def test_errors_in_ulp_are_drawn_up_to_the_edge_with_the_lines_of_reference() -> None:
    axes = axes_of(GALLERY["ulp lost"]())
    lines = {line.get_label(): line.get_ydata() for line in axes.lines}
    assert lines["stable"].tolist() == [0, 0.5, 0.9]
    assert lines["naive"].tolist() == [1, 1e9, 1e16]
    assert axes.get_ylim()[1] > 1e16
    marks = {line.get_ydata()[0] for line in axes.lines if line.get_label().startswith("_")}
    assert marks == {0.5, 2.0**52}
    assert {"≤ 0.5: correctly\nrounded", "≥ 2⁵²: no digit\nis correct"} <= set(
        texts_of(GALLERY["ulp lost"]())
    )


@pytest.mark.parametrize(("worst", "near"), [(4, False), (1e9, False), (1e13, True)])
def test_the_line_of_no_digit_is_there_if_an_error_comes_near(worst: float, near: bool) -> None:
    axes = axes_of(ulp_plot([1, 2], {"a": [0, worst]}, xlabel="z"))
    assert (2.0**52 in [line.get_ydata()[0] for line in axes.lines]) == near
    assert axes.get_ylim()[1] >= worst


# What they say -----------------------------------------------------------------------------------


WORDS: dict[str, str] = {
    "lines": """\
Lines: value at z = −6, −3, 0, 3, 6:
σ(z): 0.00247, 0.0474, 0.5, 0.953, 0.998;
σ′(z): 0.00247, 0.0452, 0.25, 0.0452, 0.00247.""",
    "log with zeros": """\
Lines on a log scale: value at z = 1, 2, 3, 4:
error: 0, 10^−16, 0.001, 0, exactly 0 at 2 of 4 points.""",
    "groups": """\
Bars: value for z 0, 1, 2:
p: 0.659, 0.2, 0.1;
y: 1, 0, 0;
p − y: −0.341, 0.2, 0.1.""",
    "matrix": """\
The Jacobian of softmax at p = (½, ½, 0).
Matrix, 3×3, columns 0, 1, 2:
0: 0.25, −0.25, 0;
1: −0.25, 0.25, 0;
2: 0, 0, 0.""",
    "ulp lost": """\
Errors at 3 points, z from 1 to 100:
stable: at most 4 ULP;
naive: over 10^15 ULP: no digit correct.""",
}


@pytest.mark.parametrize("name", WORDS)
def test_the_alt_text(gallery: dict[str, Figure], name: str) -> None:
    assert gallery[name].alt == WORDS[name]


@in_gallery
def test_every_alt_text_has_numbers(gallery: dict[str, Figure], name: str) -> None:
    assert re.search(r"\d", gallery[name].alt)


@pytest.mark.parametrize("alt", ["1 line", NASTY])
def test_a_callers_alt_text_takes_the_place_of_ours(alt: str) -> None:
    for figure in (
        line_plot([1], {"a": [1]}, alt=alt, **LABELS),
        bar_plot([1], {"a": [1]}, alt=alt, **LABELS),
        matrix_plot([[1]], alt=alt),
        ulp_plot([1], {"a": [1]}, xlabel="z", alt=alt),
    ):
        assert figure.alt == alt


def test_the_callers_arrays_are_left_alone() -> None:
    x, y = np.array([3.0, 1.0, 2.0]), np.array([0.0, 1.0, 2.0])
    line_plot(x, {"a": y}, yscale="log", **LABELS)
    ulp_plot(x, {"a": y}, xlabel="z")
    assert (x.tolist(), y.tolist()) == ([3, 1, 2], [0, 1, 2])

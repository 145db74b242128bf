"""Every notebook keeps the rules of notebook_rules.py, and every rule catches what breaks it."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from tests.support import notebook_rules as rules

# The collection -----------------------------------------------------------------------------------


def test_there_are_notebooks(notebooks: list[Path]) -> None:
    """Without this, every test over all notebooks would pass on none."""
    assert "00-start-here" in {path.stem for path in notebooks}


def test_notebook_is_clean(notebook_path: Path) -> None:
    notebook = nbformat.from_dict(nbformat.reader.reads(notebook_path.read_text(encoding="utf-8")))
    assert rules.complaints(notebook) == []


def test_a_lesson_has_six_parts(notebook_path: Path) -> None:
    if notebook_path.stem not in ("00-start-here", "10-how-the-referee-works", "12-referee"):
        notebook = nbformat.reads(notebook_path.read_text(encoding="utf-8"), 4)
        assert rules.missing_parts(notebook) == []


def test_only_the_template_speaks_to_the_author(notebook_path: Path) -> None:
    notebook = nbformat.reads(notebook_path.read_text(encoding="utf-8"), 4)
    assert bool(rules.notes_to_the_author(notebook)) == (notebook_path.stem == "template")


def test_names_give_the_reading_order(notebooks: list[Path]) -> None:
    names = [path.stem for path in notebooks]
    assert [name for name in names if not re.fullmatch(r"\d\d(-[a-z0-9]+)+", name)] == []


# The rules, each on a notebook that breaks it -----------------------------------------------------

FIGURE = '<img alt="σ(2) = 0.8808" src="data:image/png;base64,iVBORw0KGgo/var/tmp+A==">'


def clean_notebook() -> Any:
    """A notebook that keeps every rule."""

    def run(count: int, name: str, source: str, *results: Any) -> Any:
        return new_code_cell(source, id=name, execution_count=count, outputs=list(results))

    shown = new_output("execute_result", data={"text/plain": "3"}, execution_count=2)
    figure = new_output("display_data", data={"text/html": FIGURE, "text/plain": "Figure"})
    return new_notebook(
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
        cells=[
            new_markdown_cell("# Title\n\n```\n### no heading\n```", id="title"),
            new_code_cell("n = 3", id="n-is-3", execution_count=1),
            new_markdown_cell("## A section\n\n### A part\n\n## Another", id="section-2"),
            run(2, "result", "for _ in range(3):\n    n\n'a; b'  # a note;", shown),
            run(3, "figure", "draw(n)", figure),
        ],
    )


def edit(index: int, **values: object) -> Callable[[Any], object]:
    return lambda notebook: notebook.cells[index].update(values)


def source(text: str) -> Callable[[Any], object]:
    return edit(1, source=text)


def output(kind: str, **values: object) -> Callable[[Any], object]:
    return lambda notebook: notebook.cells[4].update(outputs=[new_output(kind, **values)])


def html(text: str) -> Callable[[Any], object]:
    return output("display_data", data={"text/html": text})


def text(text: str) -> Callable[[Any], object]:
    return output("stream", name="stdout", text=text)


def metadata(**values: object) -> Callable[[Any], object]:
    return lambda notebook: notebook.metadata.update(values)


BROKEN: list[tuple[rules.Rule, Callable[[Any], object]]] = [
    (rules.valid, lambda notebook: notebook.update(nbformat_minor=4)),
    (rules.valid, lambda notebook: notebook.cells[1].pop("outputs")),
    (rules.valid, edit(0, id="section-2")),
    (rules.valid, lambda notebook: notebook.cells[0].pop("id")),
    (rules.python3_kernel, metadata(kernelspec={"name": "derivlib", "display_name": "derivlib"})),
    (rules.no_widget_state, metadata(widgets={})),
    *[
        (rules.readable_ids, edit(1, id=name))
        for name in (
            "a3f09c1e",
            "0d6c2b5e-93f1-4a5e-8f0c-5f3f1e1d9a77",
            "Chain-Rule",
            "chain_rule",
            "12",
            "chain--rule",
        )
    ],
    (rules.headings_in_order, edit(0, source="no heading")),
    (rules.headings_in_order, edit(2, source="# A second title")),
    (rules.headings_in_order, edit(2, source="### Too deep")),
    (rules.headings_in_order, edit(0, source="## Not the title\n\n# Title")),
    (rules.no_macros, edit(0, source="# Title\n\n" r"$\newcommand{\R}{\mathbb{R}} x \in \R$")),
    (rules.no_macros, edit(0, source="# Title\n\n" r"$\def\R{\mathbb{R}} x \in \R$")),
    (rules.no_macros, output("display_data", data={"text/latex": r"$\let\R\Re \R x$"})),
    (rules.plain_python, source("%timeit n")),
    (rules.plain_python, source("n = ")),
    (rules.plain_python, source(" ")),
    (rules.short_cells, source("n = 3\n" * 11)),
    (
        rules.short_cells,
        lambda notebook: [c.update(source="n = 3\n" * 4) for c in rules.code_cells(notebook)],
    ),
    *[
        (rules.no_helpers, source(text))
        for text in (
            "def f(x): return x",
            "async def f(x): return x",
            "class A: pass",
            "f = lambda x: x",
            "if n:\n    f: object = lambda x: x",
            "(f := lambda x: x)(3)",
        )
    ],
    *[
        (rules.nothing_nbval_trips_over, source(text))
        for text in (
            "n = Out[2]",
            "n = _ + 1",
            "n = 3;",
            "n = 3;  # quiet",
            "from ipywidgets import interact",
            "widgets.interact(draw)",
        )
    ],
    (rules.no_nbval_markers, source("# NBVAL_IGNORE_OUTPUT\nn = 3")),
    (rules.no_nbval_markers, source("# PYTEST_VALIDATE_IGNORE_OUTPUT\nn = 3")),
    (rules.no_nbval_markers, edit(1, metadata={"tags": ["nbval-skip"]})),
    (rules.no_nbval_markers, edit(1, metadata={"tags": ["raises-exception"]})),
    (rules.run_in_order, edit(1, execution_count=None)),
    (rules.run_in_order, edit(1, execution_count=7)),
    (rules.run_in_order, lambda notebook: notebook.update(cells=notebook.cells[:1])),
    (rules.no_errors_or_warnings, output("error", ename="KeyError", evalue="k", traceback=[])),
    (rules.no_errors_or_warnings, output("stream", name="stderr", text="careful")),
    *[
        (rules.kinds_that_are_compared_and_shown, output("display_data", data={mime: "…"}))
        for mime in (
            "image/png",
            "image/svg+xml",
            "application/javascript",
            "application/vnd.jupyter.widget-view+json",
        )
    ],
    (rules.kinds_that_are_compared_and_shown, html("<p><svg></svg></p>")),
    (rules.kinds_that_are_compared_and_shown, html("<script>draw()</script>")),
    (rules.figures_say_their_numbers, html(FIGURE.replace("σ(2) = 0.8808", "a curve"))),
    (rules.figures_say_their_numbers, html(FIGURE.replace("alt=", "title="))),
    (rules.figures_say_their_numbers, html('<img alt="σ(2) = 0.8808" src="images/sigmoid.png">')),
    *[
        (rules.nothing_of_this_machine, text(trace))
        for trace in (
            "saved in /home/ada/plots",
            "'/Users/ada/plots'",
            r"C:\plots",
            "lib/site-packages/numpy",
            "run on 2024-05-06",
            "at 12:34:56",
            "<Figure at 0x7f00deadbeef>",
        )
    ],
    (rules.nothing_of_this_machine, html("<pre>/tmp/x.png</pre>")),
]


def test_a_clean_notebook_has_no_complaints() -> None:
    assert rules.complaints(clean_notebook()) == []


@pytest.mark.parametrize(
    ("broken", "spoil"),
    BROKEN,
    ids=[f"{check.__name__}-{number}" for number, (check, _) in enumerate(BROKEN)],
)
def test_a_broken_notebook_is_flagged_by_its_rule_alone(
    broken: rules.Rule, spoil: Callable[[Any], object]
) -> None:
    notebook = clean_notebook()
    spoil(notebook)
    flagged = {text.split(":")[0] for text in rules.complaints(notebook)}
    assert flagged == {broken.__name__}


def test_a_missing_part_and_a_note_to_the_author_are_seen() -> None:
    notebook = clean_notebook()
    notebook.cells[2].source = "## 1. A question\n\n> a note\n\n## 2. In numbers\n\n## 6. Try it"
    assert rules.missing_parts(notebook) == [
        "## 2. By hand, with SymPy",
        "## 3. For every (size|length)",
        "## 4. In numbers",
        "## 5. Where people go wrong",
    ]
    assert rules.notes_to_the_author(notebook) == ["> a note"]


def test_every_rule_is_tested() -> None:
    assert {check for check, _ in BROKEN} == set(rules.RULES)

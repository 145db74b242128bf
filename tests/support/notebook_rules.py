"""What a notebook must look like before nbval's comparison means anything, and a reader is served.

A rule takes a notebook and yields its complaints; `complaints` asks them all.
"""

import ast
import itertools
import re
import statistics
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from typing import Any

import nbformat

Rule = Callable[[Any], Iterator[str]]
RULES: list[Rule] = []


def rule(check: Rule) -> Rule:
    RULES.append(check)
    return check


def complaints(notebook: Any) -> list[str]:
    """Everything that is wrong with a notebook, each with the rule that says so.

    An invalid file gets no further than `valid`: the other rules rely on its form.
    """
    rules = [valid] if any(valid(notebook)) else RULES
    return [f"{check.__name__}: {text}" for check in rules for text in check(notebook)]


def code_cells(notebook: Any) -> list[Any]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def syntax(cell: Any) -> ast.Module:
    """A cell's syntax tree; an empty one where `plain_python` complains already."""
    try:
        tree: ast.Module = ast.parse(cell.source)
    except SyntaxError:
        tree = ast.parse("")
    return tree


def outputs(notebook: Any, *mimes: str) -> Iterator[tuple[str, str]]:
    """The cell id and the text of every output of these kinds (of every kind, if none is named)."""
    for cell in code_cells(notebook):
        for output in cell.outputs:
            kinds = dict(output.get("data", {}), stream=output.get("text", ""))
            for mime, text in kinds.items():
                if not mimes or mime in mimes:
                    yield cell.id, text if isinstance(text, str) else str(text)


# The file -----------------------------------------------------------------------------------------


@rule
def valid(notebook: Any) -> Iterator[str]:
    if (notebook.nbformat, notebook.nbformat_minor) < (4, 5):
        yield "cell ids need nbformat 4.5 or later"
    ids = [cell.get("id") for cell in notebook.cells]
    if None in ids or len(set(ids)) < len(ids):  # nbformat would repair these in silence
        yield f"cell ids are missing or repeated: {ids}"
        return
    try:
        nbformat.validate(nbformat.from_dict(notebook))
    except nbformat.ValidationError as error:
        yield str(error).splitlines()[0]


@rule
def python3_kernel(notebook: Any) -> Iterator[str]:
    name = notebook.metadata.get("kernelspec", {}).get("name")
    if name != "python3":
        yield f"the kernel is {name!r}, and only 'python3' is on every machine"


@rule
def no_widget_state(notebook: Any) -> Iterator[str]:
    if "widgets" in notebook.metadata:
        yield "widget state is stored; it has random ids"


@rule
def readable_ids(notebook: Any) -> Iterator[str]:
    """Words and small numbers, such as "chain-rule-2": what nbval and a reviewer's diff show."""
    for cell in notebook.cells:
        parts = cell.get("id", "").split("-")
        words = all(re.fullmatch(r"[a-z]+[0-9]{0,2}|[0-9]{1,3}", part) for part in parts)
        if not words or not any(re.match(r"[a-z]{2}", part) for part in parts):
            yield f"cell id {cell.get('id')!r} is not words joined by hyphens"


# The prose ----------------------------------------------------------------------------------------


def prose(notebook: Any) -> Iterator[tuple[str, str]]:
    """The id and the Markdown of each text cell, without its code blocks."""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            yield cell.id, re.sub(r"^```.*?^```", "", cell.source, flags=re.DOTALL | re.MULTILINE)


@rule
def headings_in_order(notebook: Any) -> Iterator[str]:
    found = [
        (len(marks), title)
        for _, text in prose(notebook)
        for marks, title in re.findall(r"^(#{1,6}) +(.*)$", text, flags=re.MULTILINE)
    ]
    if [level for level, _ in found].count(1) != 1 or found[0][0] != 1:
        yield "the first heading, and no other, is of level 1"
    for (above, _), (level, title) in itertools.pairwise(found):
        if level > above + 1:
            yield f"{title!r} is of level {level} below one of level {above}"


PARTS = [
    "A question",
    "By hand, with SymPy",
    "For every (size|length)",
    "In numbers",
    "Where people go wrong",
    "Try it",
]


def missing_parts(notebook: Any) -> list[str]:
    """The parts of a lesson that have no heading "## 1. …", numbered so."""
    text = "\n".join(text for _, text in prose(notebook))
    headings = [f"## {number}. {part}" for number, part in enumerate(PARTS, start=1)]
    return [h for h in headings if not re.search(rf"^{h}$", text, flags=re.MULTILINE)]


def notes_to_the_author(notebook: Any) -> list[str]:
    """Lines with a bar at the left, as the template has them."""
    return [
        line for _, text in prose(notebook) for line in text.splitlines() if line.startswith(">")
    ]


@rule
def no_macros(notebook: Any) -> Iterator[str]:
    """JupyterLab keeps them for every notebook that is open: another would be read by chance."""
    shown = [(c.id, c.source) for c in notebook.cells if c.cell_type == "markdown"]
    for name, text in [*shown, *outputs(notebook)]:
        for macro in re.findall(r"\\(?:(?:re)?newcommand|newenvironment|[gx]?def|let)\b", text):
            yield f"cell {name!r} defines a macro with {macro}"


# The code -----------------------------------------------------------------------------------------


@rule
def plain_python(notebook: Any) -> Iterator[str]:
    for cell in code_cells(notebook):
        try:
            ast.parse(cell.source)
        except SyntaxError as error:
            yield f"cell {cell.id!r} is not plain Python: {error}"
        if not cell.source.strip():
            yield f"cell {cell.id!r} is empty"


@rule
def short_cells(notebook: Any) -> Iterator[str]:
    lengths = {cell.id: len(cell.source.splitlines()) for cell in code_cells(notebook)}
    for name, lines in lengths.items():
        if lines > 10:
            yield f"cell {name!r} has {lines} lines of code, more than 10"
    if lengths and statistics.median(lengths.values()) > 3:
        yield f"half of the code cells have {statistics.median(lengths.values())} lines or more"


@rule
def no_helpers(notebook: Any) -> Iterator[str]:
    helper = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    named = (ast.Assign, ast.AnnAssign, ast.NamedExpr)
    for cell in code_cells(notebook):
        for node in ast.walk(syntax(cell)):
            value = getattr(node, "value", None) if isinstance(node, named) else None
            if isinstance(node, helper) or isinstance(value, ast.Lambda):
                yield f"cell {cell.id!r} defines a helper; helpers live in derivlib"


@rule
def nothing_nbval_trips_over(notebook: Any) -> Iterator[str]:
    """`Out`, `_` and `interact` differ between a browser and nbval; `;` only hides an output."""
    banned = {"Out", "_", "interact", "interactive", "interact_manual"}
    for cell in code_cells(notebook):
        for node in ast.walk(syntax(cell)):
            match node:
                case ast.Name(id=name, ctx=ast.Load()) | ast.Attribute(attr=name):
                    names = {name}
                case ast.ImportFrom(names=aliases):
                    names = {alias.name for alias in aliases}
                case _:
                    continue
            for name in sorted(names & banned):
                yield f"cell {cell.id!r} uses {name!r}"
        if any(line.split("#")[0].rstrip().endswith(";") for line in cell.source.splitlines()):
            yield f"cell {cell.id!r} has a line that ends in ';'"


@rule
def no_nbval_markers(notebook: Any) -> Iterator[str]:
    for cell in notebook.cells:
        marked = f"{cell.source} {' '.join(cell.metadata.get('tags', []))}"
        for marker in re.findall(
            r"(?i)\bnbval[-_]\w+|\bPYTEST_VALIDATE_IGNORE_OUTPUT|\braises-exception", marked
        ):
            yield f"cell {cell.id!r} carries {marker!r}"


# The stored outputs -------------------------------------------------------------------------------


@rule
def run_in_order(notebook: Any) -> Iterator[str]:
    """A cell without a count has not been run, and nbval then compares nothing."""
    counts = [cell.execution_count for cell in code_cells(notebook)]
    if not counts or counts != list(range(1, len(counts) + 1)):
        yield f"execution counts are {counts}, not 1 to {len(counts)}"


@rule
def no_errors_or_warnings(notebook: Any) -> Iterator[str]:
    for cell in code_cells(notebook):
        for output in cell.outputs:
            if output.output_type == "error" or output.get("name") == "stderr":
                yield f"cell {cell.id!r} stores {output.get('ename', output.get('name'))}"


@rule
def kinds_that_are_compared_and_shown(notebook: Any) -> Iterator[str]:
    """JupyterLab refuses SVG and scripts in a fresh clone, and widget ids are random.

    A figure is `text/html`: `<img alt="… 0.25 …" src="data:image/png;base64,…">`, which nbval
    compares. The same PNG may stand beside it, for viewers that strip HTML.
    """
    allowed = {"text/plain", "text/html", "text/latex", "text/markdown", "image/png"}
    for cell in code_cells(notebook):
        for output in cell.outputs:
            kinds = set(output.get("data", {}))
            for mime in sorted(kinds - allowed):
                yield f"cell {cell.id!r} has an output of kind {mime}"
            if "image/png" in kinds and "text/html" not in kinds:
                yield f"cell {cell.id!r} has a PNG that nbval does not compare"
    for name, text in outputs(notebook, "text/html"):
        for tag in re.findall(r"(?i)<(svg|script|iframe|object|embed)\b", text):
            yield f"cell {name!r} has <{tag}> in its output, which an untrusted notebook drops"


class Images(HTMLParser):
    """Collects the attributes of the `<img>` tags of a text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[dict[str, str | None]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "img":
            self.found.append(dict(attrs))


@rule
def figures_say_their_numbers(notebook: Any) -> Iterator[str]:
    """The alt text is what nbval compares, and what a reader who can't see the figure gets."""
    for name, text in outputs(notebook, "text/html"):
        for image in Images(text).found:
            if not re.search(r"\d", image.get("alt") or ""):
                yield f"cell {name!r} has a figure whose alt text has no number"
            if not re.fullmatch(r"data:image/png;base64,[\w+/=]+", image.get("src") or ""):
                yield f"cell {name!r} has a figure that is not an embedded PNG"


@rule
def nothing_of_this_machine(notebook: Any) -> Iterator[str]:
    traces = {
        "a path": r"(?<![\w/.:<])/(home|Users|root|tmp|var|usr|opt|etc|mnt|private)/"
        r"|[A-Z]:\\\w|site-packages|ipykernel_\d",
        "a time": r"\b\d{4}-\d\d-\d\d\b|\b\d\d:\d\d:\d\d\b",
        "an address in memory": r"\bat 0x[0-9a-f]{6,}",
    }
    for name, text in outputs(notebook):
        clean = re.sub(r"base64,[A-Za-z0-9+/=]+", "", text)
        for trace, pattern in traces.items():
            for found in re.finditer(pattern, clean):
                yield f"cell {name!r} shows {trace}: {found[0]!r}"

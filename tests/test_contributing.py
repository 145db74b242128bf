"""The recipes of CONTRIBUTING.md and the table of ARCHITECTURE.md are true: every file and every
test that they name is there, and no file that a recipe needs is left out."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.support import planted_forms, planted_proofs, planted_sums  # noqa: F401, the bugs
from tests.support.planted import BUGS

ROOT = Path(__file__).parents[1]
PAGES = ["ARCHITECTURE.md", "CONTRIBUTING.md"]
FOLDERS = ["benchmarks", "derivlib", "notebooks", "tests"]

# Where names and tests may be told from, beside the project's folder.
ALGEBRA, PROOF_TESTS = "derivlib/proof/algebra", "tests/proof"

WRITTEN = {".json", ".ipynb", ".md", ".py", ".toml"}
WRITTEN_BY_PROGRAMS = ("benchmarks/records/", "benchmarks/results.md", "notebooks/data/")


def page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def section(text: str, title: str) -> str:
    """What stands below a heading of level 2."""
    (found,) = re.findall(rf"^## {title}\n(.*?)(?=^## |\Z)", text, flags=re.DOTALL | re.MULTILINE)
    return str(found)


def paths(text: str) -> set[str]:
    """The files and folders that are named between backticks, as they are written."""
    tokens = re.findall(r"`([\w.\-*\[\]/]+)`", text)
    named = re.compile(r".*/.*|.*\.(py|md|cff|toml|ya?ml|ipynb)")
    return {t for t in tokens if named.fullmatch(t) and not t.startswith(".venv") and "NN" not in t}


def named_tests(text: str) -> set[str]:
    """The tests that are named between backticks, as file::function."""
    return set(re.findall(r"`([\w/]+\.py::\w+)`", text))


def is_there(path: str) -> bool:
    return any(True for home in ("", ALGEBRA, PROOF_TESTS) for _ in (ROOT / home).glob(path))


def is_defined(test: str) -> bool:
    name, _, function = test.partition("::")
    files = [ROOT / home / name for home in ("", PROOF_TESTS)]
    return any(
        isinstance(node, ast.FunctionDef) and node.name == function
        for file in files
        if file.exists()
        for node in ast.parse(file.read_text(encoding="utf-8")).body
    )


def missing(text: str) -> set[str]:
    named = {path for path in paths(text) if not is_there(path)}
    return named | {test for test in named_tests(text) if not is_defined(test)}


@pytest.mark.parametrize("name", PAGES)
def test_every_file_and_every_test_that_is_named_is_there(name: str) -> None:
    assert missing(page(name)) == set()


def test_what_is_not_there_is_seen() -> None:
    gone = {"derivlib/gone.py", "tests/gone/", "gone_[0-9]*.md", "tests/test_map.py::test_gone"}
    there = ["derivlib/softmax.py", "tests/", "notebooks/[0-9]*.ipynb", "polynomial.py"]
    there += ["tests/test_map.py::test_the_map_is_fresh", "test_time.py::test_near_misses"]
    text = " ".join(f"`{name}`" for name in (*gone, *there))
    assert missing(text) == gone | {"test_time.py::test_near_misses"}


# --- the recipes: nothing is left out -------------------------------------------------------------


def files() -> Iterator[Path]:
    """What people write of the project's folders, and its first page."""
    yield ROOT / "README.md"
    for path in sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.*")):
        name = path.relative_to(ROOT).as_posix()
        written = path.suffix in WRITTEN and not name.startswith(WRITTEN_BY_PROGRAMS)
        if written and "/." not in name and path != Path(__file__):
            yield path


def code(path: Path) -> str:
    """The text of a file; of a module without docstrings and comments."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        return text
    told: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            told.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    lines = enumerate(text.splitlines(), start=1)
    return "\n".join(re.sub(r"(^|\s)#.*", "", line) for n, line in lines if n not in told)


def left_out(recipe: str, name: str, folders: tuple[str, ...] = ("",)) -> set[str]:
    """The files in these folders in which a name stands, and which the recipe does not name."""
    named = {path for pattern in paths(recipe) for path in ROOT.glob(pattern)}
    word = re.compile(rf"(?<![\w-]){name}(?![\w-])")
    return {
        path.relative_to(ROOT).as_posix()
        for path in files()
        if path not in named
        and path.relative_to(ROOT).as_posix().startswith(folders)
        and name in path.read_text(encoding="utf-8")
        and word.search(code(path))
    }


def test_the_recipe_of_a_kernel_names_every_file() -> None:
    recipe = section(page("CONTRIBUTING.md"), "Add a kernel")
    assert left_out(recipe, "log_softmax_vjp") == set()


def test_the_recipe_of_a_function_names_every_file() -> None:
    """Other tests than the helpers take functions as examples only."""
    recipe = section(page("CONTRIBUTING.md"), "Add a function of the language")
    folders = ("derivlib/proof/", "notebooks/", "tests/support/")
    assert left_out(recipe, "sinh", folders) == set()


def test_the_recipe_of_an_exhibit_names_every_file() -> None:
    recipe = section(page("CONTRIBUTING.md"), "Add an exhibit")
    assert left_out(recipe, "DeepLayers") == set()


def test_the_recipe_of_a_notebook_names_every_file() -> None:
    recipe = section(page("CONTRIBUTING.md"), "Add a notebook")
    assert left_out(recipe, "04-sigmoid-binary-cross-entropy") == set()


@pytest.mark.parametrize(
    ("title", "name", "step"),
    [
        ("Add a kernel", "log_softmax_vjp", "derivlib/evidence/theorems.py"),
        ("Add a kernel", "log_softmax_vjp", "benchmarks/peers.py"),
        ("Add a function of the language", "sinh", "notebooks/10-how-the-referee-works.ipynb"),
        ("Add an exhibit", "DeepLayers", "derivlib/display/exhibits/__init__.py"),
        ("Add an exhibit", "DeepLayers", "notebooks/01-sigmoid.ipynb"),
        ("Add a notebook", "04-sigmoid-binary-cross-entropy", "README.md"),
    ],
)
def test_a_step_that_is_missing_is_seen(title: str, name: str, step: str) -> None:
    recipe = section(page("CONTRIBUTING.md"), title)
    assert step in left_out(recipe.replace(f"`{step}`", ""), name)


# --- the rewrites of the prover -------------------------------------------------------------------


def test_every_module_of_the_prover_is_in_the_table() -> None:
    table = section(
        page("ARCHITECTURE.md"), "The rewrites, what each assumes, and what catches its breach"
    )
    modules = {path.name for path in (ROOT / ALGEBRA).glob("*.py")} - {"__init__.py"}
    first = {
        path for row in re.findall(r"^\|([^|]*)\|", table, re.MULTILINE) for path in paths(row)
    }
    assert first == modules


def test_every_planted_bug_is_in_the_table() -> None:
    """A name without a file is that of a bug."""
    table = section(
        page("ARCHITECTURE.md"), "The rewrites, what each assumes, and what catches its breach"
    )
    rows = [row for row in table.splitlines() if row.startswith("| ")]
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row.rpartition(" | ")[2])}
    assert named == set(BUGS)


# --- what GitHub reads ----------------------------------------------------------------------------

FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*-*.yml"))
TYPES = {"markdown", "textarea", "input", "dropdown", "checkboxes"}


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_an_issue_form_is_one(path: Path) -> None:
    form = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert (
        {"name", "description", "body"}
        <= form.keys()
        <= {"name", "description", "body", "title", "labels"}
    )
    fields = [field for field in form["body"] if field["type"] != "markdown"]
    assert {field["type"] for field in form["body"]} <= TYPES
    assert len({field["id"] for field in fields}) == len(fields)
    for field in fields:
        assert field.keys() <= {"type", "id", "attributes", "validations"}
        assert field["attributes"]["label"]
        assert field["type"] != "dropdown" or field["attributes"]["options"]
    assert any(field.get("validations", {}).get("required") for field in fields)


def test_there_are_three_issue_forms() -> None:
    assert [path.stem for path in FORMS] == ["lost-digit", "notebook-mistake", "wrong-proved"]


def test_the_citation_names_what_the_format_asks_for() -> None:
    cited = yaml.safe_load(page("CITATION.cff"))
    assert {"cff-version", "message", "title", "authors"} <= cited.keys()
    assert (cited["cff-version"], cited["license"]) == ("1.2.0", "BSD-3-Clause")
    assert cited["authors"] == [{"name": "The derivlib authors"}]

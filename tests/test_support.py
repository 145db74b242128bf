"""What tests/support/README.md says of the helpers is so: all are listed, and who shares what."""

import ast
from pathlib import Path

import pytest


def imported(file: Path) -> set[str]:
    """The modules that a file imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def test_every_helper_is_listed(root: Path) -> None:
    folder = root / "tests" / "support"
    text = (folder / "README.md").read_text(encoding="utf-8")
    table = text.partition("## Who is independent")[0]
    assert [f.stem for f in folder.glob("*.py") if f"`{f.stem}`" not in table] == []


@pytest.mark.parametrize(
    ("who", "others"),
    [
        ("derivlib/proof/algebra", ["refuter", "views", "bridge"]),
        ("derivlib/proof/refuter", ["algebra", "views", "bridge"]),
        ("derivlib/proof/views", ["algebra", "refuter", "bridge"]),
        ("derivlib/proof/bridge/from_sympy.py", ["algebra", "refuter"]),
        ("derivlib/proof/bridge/to_sympy.py", ["algebra", "refuter", "views"]),
        ("tests/support/numeric.py", ["refuter", "views", "bridge"]),
        ("tests/support/latex_reader.py", ["algebra", "refuter", "views", "bridge"]),
        ("tests/support/sympy_words.py", ["algebra", "refuter", "views", "bridge"]),
    ],
)
def test_who_shares_no_code(root: Path, who: str, others: list[str]) -> None:
    files = [root / who] if who.endswith(".py") else [*(root / who).rglob("*.py")]
    names = {name for file in files for name in imported(file)}
    assert files and names
    for other in others:
        assert not [name for name in names if name.startswith(f"derivlib.proof.{other}")]


@pytest.mark.parametrize("who", ["derivlib/evidence/references.py", "benchmarks/exact.py"])
def test_the_exact_values_are_not_the_kernels_own(root: Path, who: str) -> None:
    """Of derivlib they import nothing; benchmarks.kernels lends the name of a type alone."""
    assert not [name for name in imported(root / who) if name.startswith("derivlib")]

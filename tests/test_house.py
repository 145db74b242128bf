"""Which file may import which: the rules of ARCHITECTURE.md, imports inside functions included."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import TypeAlias

import pytest

ROOT = Path(__file__).parents[1]
PROOF, LANGUAGE = "derivlib.proof", "derivlib.proof.language"
ENGINES = ("derivlib.proof.algebra", "derivlib.proof.refuter")
NOUNS = {"derivlib.proof.chain", "derivlib.proof.verdict"}
ALOFT = {"derivlib.evidence", "derivlib.display", "derivlib.models"}
"""They stand on kernels or proofs, and neither stands on them."""

Graph: TypeAlias = Mapping[str, frozenset[str]]
"""Each module with those of the package that it imports."""


def sources() -> dict[str, str]:
    """The text of each module of the package."""
    found = {}
    for path in sorted((ROOT / "derivlib").rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found[name] = path.read_text(encoding="utf-8")
    return found


def graph(texts: Mapping[str, str]) -> Graph:
    """What imports what, among these modules."""
    found = {}
    for name, text in texts.items():
        wanted = (full if full in texts else module for module, full in imported(text))
        found[name] = frozenset(wanted) & texts.keys() - {name}
    return found


@cache
def imported(text: str) -> list[tuple[str, str]]:
    """What a text imports anywhere, in functions and under TYPE_CHECKING, too: the module, and the
    module with the name taken from it, which may be a module itself."""
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom):
            assert node.module is not None and not node.level, "imports are absolute"
            found += [(node.module, f"{node.module}.{alias.name}") for alias in node.names]
        elif isinstance(node, ast.Import):
            found += [(alias.name, alias.name) for alias in node.names]
    return found


def inside(module: str, *packages: str) -> bool:
    return any(module == package or module.startswith(f"{package}.") for package in packages)


def is_kernel(module: str) -> bool:
    return inside(module, "derivlib") and not inside(module, PROOF, *ALOFT) and module != "derivlib"


# --- the rules: each gives the arrows that break it -----------------------------------------------


def circles(arrows: Graph) -> list[str]:
    # A package's __init__ offers its modules: they may not ask it for anything.
    try:
        TopologicalSorter(arrows).prepare()
    except CycleError as error:
        return [" → ".join(error.args[1])]
    return []


def crossing(arrows: Graph, bad: Callable[[str, str], bool]) -> list[str]:
    return [f"{a} → {b}" for a, found in arrows.items() for b in sorted(found) if bad(a, b)]


def between_the_engines(arrows: Graph) -> list[str]:
    algebra, refuter = ENGINES
    return crossing(
        arrows,
        lambda a, b: (
            (inside(a, algebra) and inside(b, refuter))
            or (inside(a, refuter) and inside(b, algebra))
        ),
    )


def from_proofs_to_kernels(arrows: Graph) -> list[str]:
    return crossing(arrows, lambda a, b: inside(a, PROOF) and not inside(b, PROOF))


def from_kernels_to_proofs(arrows: Graph) -> list[str]:
    return crossing(arrows, lambda a, b: is_kernel(a) and inside(b, PROOF, *ALOFT))


def from_the_language_upward(arrows: Graph) -> list[str]:
    return crossing(
        arrows, lambda a, b: inside(a, LANGUAGE) and inside(b, PROOF) and not inside(b, LANGUAGE)
    )


def from_nouns_to_engines(arrows: Graph) -> list[str]:
    allowed = "derivlib.proof.refuter.counterexample"
    return crossing(
        arrows,
        lambda a, b: a in NOUNS and inside(b, *ENGINES, "derivlib.proof.judge") and b != allowed,
    )


RULES = {
    rule.__name__.replace("_", " "): rule
    for rule in (
        circles,
        between_the_engines,
        from_proofs_to_kernels,
        from_kernels_to_proofs,
        from_the_language_upward,
        from_nouns_to_engines,
    )
}


@pytest.mark.parametrize("rule", RULES)
def test_no_import_breaks_a_rule(rule: str) -> None:
    assert RULES[rule](graph(sources())) == []


PLANTED = [
    ("circles", "derivlib.proof.language.ranges", "from derivlib.proof.theory import Theory"),
    ("circles", "derivlib.softmax", "from derivlib import __version__"),
    (
        "between the engines",
        "derivlib.proof.refuter.duals",
        "from derivlib.proof.algebra.polynomial import Poly",
    ),
    (
        "between the engines",
        "derivlib.proof.algebra.signs",
        "from derivlib.proof.refuter import duals",
    ),
    ("from proofs to kernels", "derivlib.proof.views.to_numpy", "import derivlib.softmax"),
    ("from kernels to proofs", "derivlib.sigmoid", "from derivlib.proof import Theory"),
    ("from kernels to proofs", "derivlib._engine.tiles", "from derivlib.evidence import theorems"),
    (
        "from the language upward",
        "derivlib.proof.language.printer",
        "from derivlib.proof.views.latex import latex",
    ),
    ("from nouns to engines", "derivlib.proof.chain", "from derivlib.proof.judge import judge"),
]


@pytest.mark.parametrize("place", ["{}", "def f():\n    {}", "if TYPE_CHECKING:\n    {}"])
@pytest.mark.parametrize(("rule", "module", "line"), PLANTED)
def test_a_planted_import_breaks_its_rule(rule: str, module: str, line: str, place: str) -> None:
    texts = sources()
    texts[module] += "\n" + place.format(line) + "\n"
    assert RULES[rule](graph(texts))

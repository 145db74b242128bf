"""Other libraries' tests, asked of the kernels: `pytest -n0 -m foreign tests/foreign`.

Without that marker nothing here is even imported. A library that is not installed is skipped. At
the end a table says how many tests of each suite passed, and why others are left out.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

HERE = Path(__file__).parent


def pytest_ignore_collect(config: pytest.Config) -> bool | None:
    return None if config.option.markexpr == "foreign" else True


def pytest_configure(config: pytest.Config) -> None:
    for name in ("skip_xp_backends", "xfail_xp_backends", "array_api_backends"):
        config.addinivalue_line("markers", f"{name}: SciPy's, of other arrays than NumPy's")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A module's `LEFT_OUT` says which of its tests fail, and `asks` which are about a kernel."""
    used: dict[Any, set[Any]] = defaultdict(set)
    others = []
    for item in items:
        if HERE not in item.path.parents:
            continue
        item.add_marker(pytest.mark.foreign)
        module = item.getparent(pytest.Module).obj  # type: ignore[union-attr]
        if not getattr(module, "asks", lambda _: True)(item):
            others.append(item)
            continue
        used[module] |= set()
        for row in getattr(module, "LEFT_OUT", ()):
            if re.search(row.pattern, item.name):
                used[module].add(row)
                mark = pytest.mark.xfail(raises=row.error, reason=row.why, strict=True)
                item.add_marker(mark)
                break
    items[:] = [item for item in items if item not in others]
    config.hook.pytest_deselected(items=others)
    whole = not config.option.keyword and not any("::" in argument for argument in config.args)
    for module, rows in used.items():
        stale = [row for row in getattr(module, "LEFT_OUT", ()) if row not in rows]
        if whole and stale:
            raise pytest.UsageError(f"{module.__name__} leaves out what is not there: {stale}")


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    if config.option.markexpr != "foreign":
        return
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    reasons: dict[str, Counter[str]] = defaultdict(Counter)
    for outcome, column in (("passed", "passed"), ("failed", "failed"), ("xfailed", "left out")):
        for report in terminalreporter.stats.get(outcome, ()):
            suite = Path(report.nodeid.partition("::")[0]).stem.removeprefix("test_")
            counts[suite][column] += 1
            if outcome == "xfailed":
                reasons[suite][report.wasxfail] += 1
    terminalreporter.section("other libraries' tests")
    terminalreporter.line(f"{'suite':14} {'run':>6} {'passed':>7} {'failed':>7} {'left out':>9}")
    for suite, count in counts.items():
        why = ", ".join(f"{n} {reason}" for reason, n in sorted(reasons[suite].items()))
        numbers = count.total(), count["passed"], count["failed"], count["left out"]
        row = f"{numbers[0]:6} {numbers[1]:7} {numbers[2]:7} {numbers[3]:9}"
        terminalreporter.line(f"{suite:14} {row}" + (f"  {why}" if why else ""))


# --- the fixtures that SciPy and scikit-learn give their tests ------------------------------------


@pytest.fixture
def xp() -> Any:
    """The arrays to test with."""
    compat: Any = pytest.importorskip("scipy._lib._array_api")
    return compat.array_namespace(np.empty(0))


@pytest.fixture
def devices(xp: Any) -> list[str]:
    return ["cpu"]


@pytest.fixture
def global_random_seed() -> int:
    return 42


@pytest.fixture(params=[np.float32, np.float64])
def global_dtype(request: pytest.FixtureRequest) -> Any:
    return request.param

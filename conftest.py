"""What all tests share, those in docstrings and notebooks too."""

import gc
import os
from pathlib import Path

import mpmath  # noqa: F401
import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))
TEMPLATE = ROOT / "notebooks" / "template.ipynb"

# Imported above, mpmath has taken gmpy2 for the references of many digits in these tests. SymPy and
# the notebooks' kernels do without it, as a reader's do.
os.environ |= {"MPMATH_NOGMPY": "1", "SYMPY_GROUND_TYPES": "python"}

# How long an example takes says more about the machine's load than about the code. In CI the
# examples are the same each time, so that a change is judged by what it changed.
settings.register_profile(
    "derivlib",
    parent=settings(),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=os.environ.get("CI") == "true",
)
settings.load_profile("derivlib")


# Thousands of tests are collected and stay: the collector of garbage need not look at them, neither
# while they become more, nor ever after.
gc.disable()


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session")
def root() -> Path:
    """The project's folder."""
    return ROOT


@pytest.fixture(scope="session")
def notebooks() -> list[Path]:
    """Every notebook of the collection, in reading order."""
    return NOTEBOOKS


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that takes `notebook_path` runs once for each notebook, and for the template.

    The tests of a module take the notebooks one after another, so that they may share what they
    made of one.
    """
    if "notebook_path" in metafunc.fixturenames:
        paths = [*NOTEBOOKS, TEMPLATE]
        metafunc.parametrize("notebook_path", paths, ids=lambda path: path.stem, scope="module")

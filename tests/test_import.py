"""What `import derivlib` gives, and what it costs."""

import subprocess
import sys
from pathlib import Path

import derivlib
from tests.support.kernels import CALLS

ROOT = Path(derivlib.__file__).parents[1]


def fresh(program: str) -> set[str]:
    """The words that a fresh interpreter prints."""
    run = [sys.executable, "-c", program]
    done = subprocess.run(run, cwd=ROOT, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_importing_loads_numpy_and_nothing_heavier() -> None:
    loaded = "print(*{name.split('.')[0] for name in sys.modules} - sys.stdlib_module_names)"
    derivlib_and_numpy = fresh(f"import sys, derivlib; {loaded}")
    assert derivlib_and_numpy - fresh(f"import sys, numpy; {loaded}") == {"derivlib"}


def test_a_name_is_the_kernel_and_not_the_module_it_lives_in() -> None:
    named = "print(*(n for n in derivlib.__all__ if callable(getattr(derivlib, n))))"
    assert fresh(f"import derivlib, derivlib.sigmoid, derivlib.softmax; {named}") == set(
        derivlib.__all__
    )


def test_every_kernel_is_exported_and_explained() -> None:
    for name in derivlib.__all__:
        kernel = getattr(derivlib, name)
        assert kernel.__name__ == name
        assert ">>>" in kernel.__doc__
        assert "notebooks/" in kernel.__doc__


def test_every_kernel_is_in_the_table_that_the_tests_draw_from() -> None:
    assert {call.kernel.name for call in CALLS.values()} == set(derivlib.__all__)


def test_version() -> None:
    major, minor, patch = derivlib.__version__.split(".")
    assert all(part.isdigit() for part in (major, minor, patch))


def test_the_package_is_typed() -> None:
    assert (Path(derivlib.__file__).parent / "py.typed").exists()

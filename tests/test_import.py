"""What `import derivlib` gives, and what it costs."""

import subprocess
import sys
from pathlib import Path

import pytest

import derivlib
from tests.support.kernels import CALLS

ROOT = Path(derivlib.__file__).parents[1]


def fresh(program: str) -> set[str]:
    """The words that a fresh interpreter prints."""
    run = [sys.executable, "-c", program]
    done = subprocess.run(run, cwd=ROOT, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_a_kernel_loads_numpy_and_nothing_heavier() -> None:
    program = """
import sys
def loaded():
    return {name.split(".")[0] for name in sys.modules} - sys.stdlib_module_names
nothing = loaded()
import derivlib
print(*("derivlib" if name == "derivlib" else "early:" + name for name in loaded() - nothing))
import numpy
numpy_too = loaded()
derivlib.softmax
print(*("late:" + name for name in loaded() - numpy_too))
"""
    assert fresh(program) == {"derivlib"}


def test_proofs_need_no_numpy() -> None:
    program = """
import sys
sys.modules["numpy"] = None
from derivlib.proof import Theory
print(Theory("z: K").prove("Σ(i, 2*z[i])", "2*Σ(i, z[i])"))
"""
    assert fresh(program) == {"PROVED"}


IMPORTS = [
    "import derivlib, derivlib.sigmoid, derivlib.softmax",
    "import derivlib.softmax",
    "from derivlib.softmax import log_softmax; import derivlib",
    "from derivlib import sigmoid, softmax; import derivlib.sigmoid",
    "import derivlib; derivlib.softplus; import derivlib.softmax",
]


def test_a_name_is_the_kernel_and_not_the_module_it_lives_in() -> None:
    program = f"""
import sys
for number, imports in enumerate({IMPORTS}):
    for name in [name for name in sys.modules if name.split(".")[0] == "derivlib"]:
        del sys.modules[name]
    exec(imports, names := {{}})
    derivlib = names["derivlib"]
    print(*(f"{{number}}:{{n}}" for n in derivlib.__all__ if callable(getattr(derivlib, n))))
"""
    expected = {f"{n}:{name}" for n in range(len(IMPORTS)) for name in derivlib.__all__}
    assert fresh(program) == expected


def test_its_names_are_listed_before_they_are_asked_for() -> None:
    listed = fresh("import derivlib; print(*dir(derivlib))")
    assert listed >= {*derivlib.__all__, "get_num_threads", "set_num_threads"}
    with pytest.raises(AttributeError, match="module 'derivlib' has no attribute 'sofmax'"):
        derivlib.sofmax  # noqa: B018


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

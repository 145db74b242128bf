"""The modules that are shipped: few bytes, each standing alone; and what becomes of an object."""

import re
from pathlib import Path

import pytest

from derivlib.display import exhibits
from derivlib.display.touchable import WIDGET, Touchable, module

MODULES = Path(exhibits.__file__).parents[1] / "modules"
NAMES = sorted(path.stem for path in MODULES.glob("*.js") if path.stem != "kit")


def kinds(of: type[Touchable] = Touchable) -> list[type[Touchable]]:
    return [of, *(kind for below in of.__subclasses__() for kind in kinds(below))]


def test_all_modules_together_are_small() -> None:
    assert sum(path.stat().st_size for path in MODULES.iterdir()) <= 60 * 1024


def test_each_module_has_its_class() -> None:
    assert sorted({kind.module_name for kind in kinds() if kind.module_name}) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_module_stands_alone(name: str) -> None:
    """Nothing is imported from elsewhere, and no name of the kit is taken a second time."""
    text = module(name)
    assert not re.search(r"^import\b|\bimport\(|https?://(?!www\.w3\.org/)", text, re.MULTILINE)
    declared = re.findall(r"^(?:export )?(?:async )?(?:const|let|function|class) (\w+)", text, re.M)
    assert len(declared) == len(set(declared))
    assert "export default { render }" in text


def test_a_text_that_ends_the_script_does_not_end_it() -> None:
    shown = exhibits.SigmoidTangent()
    shown.set_trait("spec", {**shown.spec, "title": "</script><script>alert(1)</script>"})
    assert shown.fragment().count("</script>") == 1


def test_what_is_stored_has_a_fixed_text_beside_the_widget() -> None:
    data, _ = exhibits.SigmoidTangent()._repr_mimebundle_()
    again, _ = exhibits.SigmoidTangent()._repr_mimebundle_()
    assert data.pop(WIDGET) != again.pop(WIDGET)
    assert data == again
    assert data["text/plain"] == repr(exhibits.SigmoidTangent())

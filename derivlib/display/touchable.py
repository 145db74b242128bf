"""What a reader touches: one ES module, alive in Jupyter and on a page, and a picture elsewhere."""

from __future__ import annotations

import html
import json
import re
from functools import cache
from importlib.resources import files
from typing import Any, ClassVar

import anywidget

__all__ = ["Touchable", "module"]

MODULES = files("derivlib.display") / "modules"
KIT = re.compile(r'^import \{[^}]*\} from "\./kit\.js";\n', flags=re.MULTILINE)
WIDGET = "application/vnd.jupyter.widget-view+json"


@cache
def module(name: str) -> str:
    """The text of a module, with the kit that it imports in front: it stands alone."""
    text = (MODULES / f"{name}.js").read_text(encoding="utf-8")
    kit = (MODULES / "kit.js").read_text(encoding="utf-8")
    alone, imports = KIT.subn("", text)
    assert imports == 1, f"{name}.js imports the kit once, and nothing else"
    return f"{kit}\n{alone}"


class Touchable(anywidget.AnyWidget):
    """An object that Jupyter shows alive, and everything else as it stands at the start.

    A subclass names its module, gives its values, and what is seen where no script runs.
    """

    module_name: ClassVar[str] = ""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        if "module_name" in cls.__dict__:
            cls._esm = module(cls.module_name)
        super().__init_subclass__(**kwargs)

    def values(self) -> dict[str, Any]:
        """What the module is given."""
        raise NotImplementedError

    def twin(self) -> dict[str, str]:
        """What is stored: outputs by their kind, `text/plain` and `text/html` among them."""
        raise NotImplementedError

    def still(self) -> str:
        """HTML that stands on a page until the script runs, and where none does."""
        return self.twin()["text/html"]

    def fragment(self) -> str:
        """HTML that is alive by itself, without a kernel or a network: a part of a page."""
        values = json.dumps(self.values(), ensure_ascii=False).replace("<", "\\u003c")
        code = module(self.module_name).replace("</", "<\\/")
        # Scripts run in the page's order: each takes the first that none has taken.
        start = (
            f"{{ const place = document.querySelector('[data-touch={self.module_name}]');\n"
            "place.removeAttribute('data-touch');\n"
            f"render({{ model: still({values}), el: place }}); }}"
        )
        return (
            f'<div data-touch="{self.module_name}">{self.still()}</div>\n'
            f'<script type="module">\n{code}\n{start}\n</script>'
        )

    def page(self, title: str = "") -> str:
        """A page of its own, which works from a file as well: write it, and open it.

        Args:
            title: of the page.
        """
        return (
            '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            f"<title>{html.escape(title or str(self).splitlines()[0])}</title>\n"
            f"<main>{self.fragment()}</main>\n</html>\n"
        )

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        alive = super()._repr_mimebundle_(**kwargs)
        data, metadata = alive if isinstance(alive, tuple) else (alive or {}, {})
        view = {kind: value for kind, value in data.items() if kind == WIDGET}
        return {**self.twin(), **view}, metadata

    def __repr__(self) -> str:
        return self.twin()["text/plain"]

    __str__ = __repr__

"""What a reader of a notebook sees: figures whose alt text carries their numbers, and tables."""

import logging

# matplotlib's remarks on its font cache go to stderr, and so into the first cell that draws.
logging.getLogger("matplotlib").setLevel(logging.ERROR)

from derivlib.display.figures import (  # noqa: E402
    Figure,
    bar_plot,
    line_plot,
    matrix_plot,
    ulp_plot,
)
from derivlib.display.tables import Table  # noqa: E402

__all__ = ["Figure", "Table", "bar_plot", "line_plot", "matrix_plot", "ulp_plot"]

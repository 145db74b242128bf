"""What a reader of a notebook sees and touches: figures whose alt text carries their numbers."""

import logging

# Its remarks on caches of fonts go to stderr, and so into the first cell that draws.
logging.getLogger("matplotlib").setLevel(logging.ERROR)

from derivlib.display.figures import (  # noqa: E402
    Figure,
    bar_plot,
    line_plot,
    matrix_plot,
    ulp_plot,
)

__all__ = ["Figure", "bar_plot", "line_plot", "matrix_plot", "ulp_plot"]

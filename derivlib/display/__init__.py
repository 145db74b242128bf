"""What a reader of a notebook sees and touches: figures whose alt text carries their numbers,
tables, exhibits, derivations to step through, questions whose answers are folded, exercises, and
the referee."""

import logging

# matplotlib's remarks on its font cache go to stderr, and so into the first cell that draws.
logging.getLogger("matplotlib").setLevel(logging.ERROR)

from derivlib.display import exhibits  # noqa: E402
from derivlib.display.exercises import Exercise, FillLines, GiveNumber, WriteNumPy  # noqa: E402
from derivlib.display.figures import (  # noqa: E402
    Figure,
    bar_plot,
    line_plot,
    matrix_plot,
    ulp_plot,
)
from derivlib.display.predict import Predict  # noqa: E402
from derivlib.display.referee import Referee  # noqa: E402
from derivlib.display.seals import seal, sealed  # noqa: E402
from derivlib.display.stepper import Stepper  # noqa: E402
from derivlib.display.tables import Table  # noqa: E402

__all__ = [
    "Exercise",
    "Figure",
    "FillLines",
    "GiveNumber",
    "Predict",
    "Referee",
    "Stepper",
    "Table",
    "WriteNumPy",
    "bar_plot",
    "exhibits",
    "line_plot",
    "matrix_plot",
    "seal",
    "sealed",
    "ulp_plot",
]

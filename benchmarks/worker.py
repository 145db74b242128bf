"""A process that times the cells of one dtype on so many threads, for `benchmarks.speed`.

Every library reads its number of threads when it is imported, so that this is told to a process of
its own by the environment, and no library is imported before. Requests arrive as lines of JSON,
answers leave likewise.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .cells import Cell

VARIABLES = [
    *("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"),
    *("NPROC", "DERIVLIB_NUM_THREADS"),
]


def environment(threads: int, dtype: str) -> dict[str, str]:
    """What the libraries read: NPROC and the flags are JAX's."""
    eigen = "true" if threads > 1 else "false"
    return {
        **dict.fromkeys(VARIABLES, str(threads)),
        "XLA_FLAGS": f"--xla_cpu_multi_thread_eigen={eigen}",
        "JAX_ENABLE_X64": "1" if dtype == "float64" else "0",
        "JAX_PLATFORMS": "cpu",
    }


@dataclass
class Worker:
    """The process, seen from outside."""

    process: subprocess.Popen[str]

    def asked(self, request: dict[str, Any]) -> dict[str, Any]:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"the worker has ended while it had {request}: see above")
        answer: dict[str, Any] = json.loads(line)
        return answer


@contextmanager
def worker(threads: int, dtype: str) -> Iterator[Worker]:
    process = subprocess.Popen(
        [sys.executable, "-m", __name__, str(threads)],
        env={**os.environ, **environment(threads, dtype)},
        cwd=Path(__file__).parents[1],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,  # an interrupt is the parent's to deal with
    )
    with process:  # which waits for the end
        try:
            yield Worker(process)
        finally:
            process.kill()


def pin(threads: int) -> None:
    """To the last so many cores; where the system does not know of it, to none."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-threads:])


def main() -> None:
    threads = int(sys.argv[1])
    pin(threads)
    from .cells import Cell
    from .competitors import Competitors

    # whatever a library prints must not come between the answers
    answers, sys.stdout = sys.stdout, sys.stderr
    competitors = Competitors(threads)
    for line in sys.stdin:
        request = json.loads(line)
        if "cell" in request:
            answer = measured(competitors, Cell(**request["cell"]), request["seconds"])
        else:
            answer = {"missing": competitors.missing}
        print(json.dumps(answer), file=answers, flush=True)


def measured(competitors: Any, cell: Cell, seconds: float) -> dict[str, Any]:
    """The times by competitor, and who was not timed, since its numbers are others."""
    import numpy as np

    from .timing import interleaved

    with np.errstate(all="ignore"):
        calls, others = competitors.of(cell)
        pause = 0.0 if cell.threads == 1 else 0.003
        times = interleaved(calls, seconds, str(cell), pause=pause)
    return {"times": {who: asdict(found) for who, found in times.items()}, "differ": others}


if __name__ == "__main__":
    main()

"""Peak memory of the kernels beyond their inputs and their result.

    python -m benchmarks.memory [--shapes 100000x10 …] [--kernels …] [--dtypes …]
                                      [--threads N] [--markdown]

Counted by tracemalloc, which NumPy reports to; PyTorch does not, and is left out. Memory that a
library keeps for its next call counts. Ends with status 1 if a kernel needs more than 8 MiB a
thread where it is given `out=`. It takes os.fork, which Windows lacks.
"""

from __future__ import annotations

import argparse
import sys
import tracemalloc
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import product
from math import prod
from multiprocessing import get_context
from multiprocessing.connection import Connection

import numpy as np
from tqdm import tqdm

import derivlib

from .cells import FEW, SHAPES, parsed
from .kernels import Array, Case, Kernel, Thunk, kernels, ours, random_case
from .machine import described, machine
from .peers import Peer, numpy, scipy
from .tables import LEADS, figure, table

MIB = 2**20
GOAL = 8 * MIB  # a thread
LARGE = [text for text in SHAPES if prod(parsed(text).shape) > FEW]


def strided(case: Case) -> Case:
    """The same arrays as non-contiguous views."""

    def spaced(array: Array) -> Array:
        room = np.empty((*array.shape, 2), array.dtype)[..., 0]
        room[...] = array
        return room

    return replace(
        case,
        logits=spaced(case.logits),
        labels=spaced(case.labels),
        flags=spaced(case.flags),
        p=spaced(case.p),
        v=spaced(case.v),
    )


def integers(case: Case) -> Case:
    return replace(case, logits=case.logits.astype(np.int64))


def soft(case: Case) -> Case:
    """Distributions in place of labels."""
    return replace(case, labels=case.p, flags=case.p)


LAYOUTS: dict[str, Callable[[Case], Case]] = {
    "": lambda case: case,
    " strided": strided,
    " integers": integers,
    " soft": soft,
}


def peak(call: Thunk, result_is_new: bool) -> int:
    """Bytes beyond the result, in a fork of this process, so that none are left by other calls."""
    context = get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=_report, args=(call, result_is_new, sender))
    child.start()
    sender.close()
    try:
        return int(receiver.recv())
    except EOFError:
        raise RuntimeError("the call that was measured failed, see above") from None
    finally:
        child.join()


def _report(call: Thunk, result_is_new: bool, sender: Connection) -> None:
    tracemalloc.start()
    result = call()
    _, most = tracemalloc.get_traced_memory()
    parts = result if isinstance(result, tuple) else (result,)
    own = sum(np.asarray(part).nbytes for part in parts) if result_is_new else 0
    sender.send(max(0, most - own))


def measured(kernel: Kernel, case: Case, peers: Mapping[str, Peer]) -> Iterator[tuple[str, int]]:
    """(who, bytes) for each of derivlib's forms and each peer."""
    yield "derivlib", peak(ours(kernel, case), True)
    if kernel.takes_out:
        call = ours(kernel, case, case.out(kernel))
        yield "derivlib out=", max(0, peak(call, False) - _beside(kernel, case))
    for name, peer in peers.items():
        form = peer.fresh.get(kernel.name)
        call_theirs = form(case) if form else None
        if call_theirs:
            yield name, peak(call_theirs, True)


def _beside(kernel: Kernel, case: Case) -> int:
    """Bytes of the losses, which a kernel that joins two results makes beside `out`."""
    if not kernel.name.endswith("value_and_grad"):
        return 0
    losses = case.reduced() if kernel.axis else case.logits.shape
    return int(np.prod(losses)) * case.out(kernel).itemsize


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--shapes", nargs="+", default=LARGE, metavar="SHAPE")
    parser.add_argument("--kernels", nargs="+", metavar="NAME")
    parser.add_argument("--dtypes", nargs="+", default=["float64"])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--markdown", action="store_true")
    options = parser.parse_args(arguments)
    print(described(machine()))
    derivlib.set_num_threads(options.threads)
    try:
        asked = kernels(options.kernels)
    except ValueError as error:
        parser.error(str(error))
    cells = list(product(options.dtypes, options.shapes, LAYOUTS))
    found: dict[tuple[str, str, str], str] = {}
    too_much = 0
    case, made_for = None, None
    for dtype, shape, layout in tqdm(cells, unit="layout"):
        parts = parsed(shape)
        if case is None or made_for != (dtype, shape):
            case = None  # first let go of the last one
            case = random_case(parts.shape, dtype, parts.axis, order=parts.order)
            made_for = dtype, shape
        laid_out = LAYOUTS[layout](case)
        heading = f"{shape.replace('x', '×')} {dtype}{layout}"
        for kernel in asked:
            if not kernel.fits(parts.shape, parts.axis):
                continue
            with np.errstate(all="ignore"):
                for who, size in measured(kernel, laid_out, {} if layout else _peers()):
                    over = who == "derivlib out=" and size > GOAL * options.threads
                    too_much += over
                    found[kernel.name, who, heading] = figure(size / MIB) + LEADS * over
    print("\nMiB beyond inputs and result\n")
    print(_table(found, options.markdown))
    print(f"\n{too_much} cells with out= need more than {GOAL // MIB} MiB a thread")
    return 1 if too_much else 0


def _peers() -> dict[str, Peer]:
    try:
        return {"numpy": numpy(), "scipy": scipy()}
    except ImportError:
        return {"numpy": numpy()}


def _table(found: dict[tuple[str, str, str], str], markdown: bool) -> str:
    headings = list(dict.fromkeys(heading for _, _, heading in found))
    rows = []
    for name, who in dict.fromkeys((name, who) for name, who, _ in found):
        first = f"`{name}`" if markdown else name
        label = first if who == "derivlib" else who if markdown else f"    {who}"
        rows.append([label, *(found.get((name, who, h), "–") for h in headings)])
    return table(["kernel", *headings], rows, markdown)


if __name__ == "__main__":
    sys.exit(main())

"""Threads that share the pieces of one large array.

NumPy's loops release the interpreter's lock, so that pieces of an array are computed at the same
time: by the calling thread and by helpers, which live as long as the call. To start one takes less
time than a piece, and no helper is left over that a fork, another caller or the end of the program
would have to know of.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from contextvars import copy_context
from operator import index
from typing import SupportsIndex, TypeVar

__all__ = ["get_num_threads", "run", "set_num_threads"]

T = TypeVar("T")

VARIABLE = "DERIVLIB_NUM_THREADS"


class _ThisThread(threading.local):
    at_work = False


_this_thread = _ThisThread()
_chosen: int | None = None


def set_num_threads(n: SupportsIndex) -> None:
    """Let each call of a kernel use up to `n` threads, its own among them.

    Threads share the pieces of large arrays. Results have the same bits for every `n`. The setting
    holds for all threads of the process, and a forked child inherits it. Without it,
    DERIVLIB_NUM_THREADS or the number of cores decides; see `get_num_threads`.

    Parameters
    ----------
    n : int
        At least 1, which means the calling thread alone.

    Raises
    ------
    TypeError
        `n` is no integer.
    ValueError
        `n` is below 1.

    Examples
    --------
    >>> import derivlib
    >>> before = derivlib.get_num_threads()
    >>> derivlib.set_num_threads(1)
    >>> derivlib.get_num_threads()
    1
    >>> derivlib.set_num_threads(before)
    """
    global _chosen
    try:
        if isinstance(n, bool):
            raise TypeError
        count = index(n)
    except TypeError:
        raise TypeError(f"n must be an integer, got {n!r}") from None
    if count < 1:
        raise ValueError(f"n must be at least 1, got {count}")
    _chosen = count


def get_num_threads() -> int:
    """How many threads a call of a kernel may use, its own among them.

    In this order: what `set_num_threads` was given, the environment variable DERIVLIB_NUM_THREADS,
    the number of cores that this process may use. The last two are looked up once, when first
    needed.

    Returns
    -------
    int
        At least 1.

    Raises
    ------
    ValueError
        DERIVLIB_NUM_THREADS is no integer of at least 1.

    Examples
    --------
    >>> import derivlib
    >>> derivlib.get_num_threads() >= 1
    True
    """
    global _chosen
    if _chosen is None:
        _chosen = _initial()
    return _chosen


def _initial() -> int:
    """The number of threads from the environment variable, or from the number of cores."""
    given = os.environ.get(VARIABLE, "").strip()
    if not given:
        return _usable_cores()
    if not given.isdecimal() or int(given) < 1:
        raise ValueError(f"{VARIABLE} must be an integer of at least 1, got {given!r}")
    return int(given)


def _usable_cores() -> int:
    """The number of cores that this process may use."""
    if hasattr(os, "process_cpu_count"):  # from Python 3.13 on
        return os.process_cpu_count() or 1
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def run(work: Callable[[T], None], pieces: Sequence[T]) -> None:
    """Call `work` on every piece, on up to `get_num_threads()` threads.

    The calls see the caller's context variables (NumPy's errstate is one). A `run` from within
    `work` stays on the thread it is called from. After an error no further piece is begun, and the
    error is raised when all pieces that were begun have ended: `work` is never still running when
    `run` returns. No piece is None.
    """
    helpers = 0 if _this_thread.at_work else min(get_num_threads(), len(pieces)) - 1
    if helpers < 1:
        for piece in pieces:
            work(piece)
        return

    ends = [None] * (helpers + 1)  # one of them tells a thread to stop
    waiting = deque([*pieces, *ends])
    errors: list[BaseException] = []

    def work_on_pieces() -> None:
        _this_thread.at_work = True
        try:
            for piece in iter(waiting.popleft, None):
                work(piece)
        finally:
            waiting.extendleft(ends)  # after an error, the other threads begin no further piece
            _this_thread.at_work = False

    def help_out(at_work: threading.Lock) -> None:
        with at_work:
            try:
                work_on_pieces()
            except BaseException as error:
                errors.append(error)

    locks = [threading.Lock() for _ in range(helpers)]
    try:
        with suppress(RuntimeError):  # no more threads: the interpreter ends, or there are none
            for lock in locks:
                threading.Thread(target=copy_context().run, args=(help_out, lock)).start()
        work_on_pieces()
    finally:
        waiting.extendleft(ends)  # a helper that begins only now finds nothing to do
        for lock in locks:
            _wait(lock, errors)
    if errors:
        raise errors.pop()


def _wait(at_work: threading.Lock, errors: list[BaseException]) -> None:
    """Wait until a helper has ended, even if an interrupt (Ctrl-C) comes, which becomes an error:
    the helper may be writing to a piece. After an interrupt, `Thread.join` would not wait."""
    while True:
        try:
            with at_work:
                return
        except BaseException as interrupt:
            errors.append(interrupt)

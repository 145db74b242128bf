"""A pool of threads that share the pieces of one large array.

NumPy's loops release the interpreter's lock, so that pieces of an array are computed at the same
time: by the calling thread and by helper threads, which are started when first needed. A caller
never waits for a helper that has not begun a piece, but computes that piece itself. So no call can
deadlock, whatever threads call, and however many at once.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextvars import copy_context
from functools import partial
from operator import index
from queue import SimpleQueue
from typing import SupportsIndex, TypeVar

__all__ = ["get_num_threads", "run", "set_num_threads"]

T = TypeVar("T")

VARIABLE = "DERIVLIB_NUM_THREADS"


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
    `run` returns.
    """
    helpers = 0 if _this_thread.at_work else min(get_num_threads(), len(pieces)) - 1
    if helpers > 0:
        helpers = min(helpers, _start(helpers))
    if helpers < 1:
        for piece in pieces:
            work(piece)
        return

    waiting = deque(pieces)
    errors: list[BaseException] = []

    def work_on_pieces() -> None:
        _this_thread.at_work = True
        try:
            for piece in _popped(waiting):
                work(piece)
        finally:
            waiting.clear()  # after an error, the other threads begin no further piece
            _this_thread.at_work = False

    def help_out(ticket: threading.Lock) -> None:
        if not ticket.acquire(blocking=False):
            return  # too late: `run` has returned
        try:
            work_on_pieces()
        except BaseException as error:
            errors.append(error)
        finally:
            ticket.release()

    # A helper holds its ticket while it works. By acquiring all tickets in the end, the caller
    # waits for the helpers that are at work, and shuts out those that have not begun.
    tickets = [threading.Lock() for _ in range(helpers)]
    for ticket in tickets:
        _tasks.put(partial(copy_context().run, help_out, ticket))
    try:
        work_on_pieces()
    finally:
        interrupted = _acquire_all(tickets)
    if interrupted is not None:
        raise interrupted
    if errors:
        raise errors.pop()


def _acquire_all(tickets: Sequence[threading.Lock]) -> BaseException | None:
    """Acquire every ticket; return the interrupt (Ctrl-C) that came meanwhile, for `run` to raise.

    An interrupt must not end the wait: helpers may still be writing to the pieces.
    """
    interrupted = None
    for ticket in tickets:
        while True:
            try:
                ticket.acquire()
            except BaseException as error:
                interrupted = error
            else:
                break
    return interrupted


def _popped(waiting: deque[T]) -> Iterator[T]:
    """Pieces from the front of `waiting` until it is empty; other threads pop from it, too."""
    while True:
        try:
            piece = waiting.popleft()
        except IndexError:
            return
        yield piece


class _ThisThread(threading.local):
    at_work = False


_this_thread = _ThisThread()
_chosen: int | None = None
_tasks: SimpleQueue[Callable[[], None]]
_helpers: int
_starting: threading.Lock


def _without_helpers() -> None:
    """Reset to no helpers: at the start, and in a forked child, where no helper has survived."""
    global _tasks, _helpers, _starting
    _tasks, _helpers, _starting = SimpleQueue(), 0, threading.Lock()


def _start(wanted: int) -> int:
    """Start helpers until there are `wanted` of them, if possible; return how many there are."""
    global _helpers
    with _starting:
        while _helpers < wanted:
            # A daemon thread does not keep the interpreter from ending.
            helper = threading.Thread(target=_serve, args=(_tasks,), name="derivlib", daemon=True)
            try:
                helper.start()
            except RuntimeError:  # no more threads: the interpreter ends, or the system has none
                break
            _helpers += 1
    return _helpers


def _serve(tasks: SimpleQueue[Callable[[], None]]) -> None:
    """What a helper does: run the tasks of the queue, one after the other, for ever."""
    while True:
        tasks.get()()


_without_helpers()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_without_helpers)

"""A few threads that share the pieces of one large array.

NumPy's loops release the interpreter's lock, so that pieces of an array are computed at the same
time. The calling thread does its share; helpers, started when first needed, do theirs. A caller
never waits for a helper that has not begun: it does the work itself. So nothing can deadlock,
whoever calls, and however many at once.
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

    Only large arrays of many classes are shared out, and elementwise kernels of large arrays that
    need little room: elsewhere threads would wait for the interpreter's lock more than they work.
    Results do not depend on `n`, not by a bit. The choice is the process's, for all of its threads;
    a forked child inherits it. Before it is made, DERIVLIB_NUM_THREADS or the number of cores
    counts; see `get_num_threads`.

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

    That is what `set_num_threads` was given; before that, what the environment variable
    DERIVLIB_NUM_THREADS says; without it, the number of cores that this process may use. The
    latter two are looked up once, when a large array first asks.

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
    given = os.environ.get(VARIABLE, "").strip()
    if not given:
        return _usable_cores()
    if not given.isdecimal() or int(given) < 1:
        raise ValueError(f"{VARIABLE} must be an integer of at least 1, got {given!r}")
    return int(given)


def _usable_cores() -> int:
    if hasattr(os, "process_cpu_count"):  # from Python 3.13 on
        return os.process_cpu_count() or 1
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def run(work: Callable[[T], None], pieces: Sequence[T]) -> None:
    """Call `work` on every piece, on several threads if that is set and there are several pieces.

    The calls see the caller's context variables (NumPy's errstate is one). A call from within
    `work` runs on its own thread alone. The first error stops what has not begun and is raised
    when all else has ended: nobody touches the pieces after `run` has returned.
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

    def take_part() -> None:
        _this_thread.at_work = True
        try:
            for piece in _taken(waiting):
                work(piece)
        finally:
            waiting.clear()  # after an error nobody goes on
            _this_thread.at_work = False

    def help_out(ticket: threading.Lock) -> None:
        if not ticket.acquire(blocking=False):
            return  # too late: the caller has gone
        try:
            take_part()
        except BaseException as error:
            errors.append(error)
        finally:
            ticket.release()

    # A helper holds its ticket while at work. When the caller takes them all back, it waits for
    # those who are, and turns away those who have not begun.
    tickets = [threading.Lock() for _ in range(helpers)]
    for ticket in tickets:
        _tasks.put(partial(copy_context().run, help_out, ticket))
    try:
        take_part()
    finally:
        interrupted = _all_back(tickets)
    if interrupted is not None:
        raise interrupted
    if errors:
        raise errors.pop()


def _all_back(tickets: Sequence[threading.Lock]) -> BaseException | None:
    """Take the tickets back, even if Ctrl-C comes meanwhile: helpers still write to the pieces."""
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


def _taken(waiting: deque[T]) -> Iterator[T]:
    """The pieces that this thread gets hold of."""
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
    """The state at the start, and in a forked child, which has none of its parent's threads."""
    global _tasks, _helpers, _starting
    _tasks, _helpers, _starting = SimpleQueue(), 0, threading.Lock()


def _start(wanted: int) -> int:
    """See to it that there are `wanted` helpers, and return how many there are."""
    global _helpers
    with _starting:
        while _helpers < wanted:
            # A daemon keeps no interpreter from ending.
            helper = threading.Thread(target=_serve, args=(_tasks,), name="derivlib", daemon=True)
            try:
                helper.start()
            except RuntimeError:  # no more threads: the interpreter ends, or the system has none
                break
            _helpers += 1
    return _helpers


def _serve(tasks: SimpleQueue[Callable[[], None]]) -> None:
    while True:
        tasks.get()()


_without_helpers()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_without_helpers)

"""The pieces of an array shared out among threads: all of them, once, whoever calls and how."""

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import derivlib
from derivlib._engine import threads as _threads
from derivlib._engine.threads import VARIABLE, run

ROOT = Path(derivlib.__file__).parents[1]
LONG = 600  # seconds, which only what hangs takes
MANY = 1_000_000  # pieces, which nobody finishes

forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")


@pytest.fixture(autouse=True)
def two_threads() -> Iterator[None]:
    before = derivlib.get_num_threads()
    derivlib.set_num_threads(2)
    yield
    derivlib.set_num_threads(before)


def total(n: int) -> int:
    """0 + 1 + … + (n − 1), by way of `run`."""
    seen: list[int] = []
    run(seen.append, range(n))
    return sum(seen)


def fresh(program: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run a program in an interpreter of its own."""
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=LONG,
    )


@pytest.mark.parametrize("threads", [1, 2, 5])
@pytest.mark.parametrize("pieces", [0, 1, 2, 3, 100])
def test_every_piece_once(pieces: int, threads: int) -> None:
    derivlib.set_num_threads(threads)
    seen: list[int] = []
    run(seen.append, range(pieces))
    assert Counter(seen) == Counter(range(pieces))


@pytest.mark.parametrize("threads", [2, 3])
def test_the_threads_work_at_the_same_time_and_the_caller_is_one_of_them(threads: int) -> None:
    derivlib.set_num_threads(threads)
    all_here = threading.Barrier(threads, timeout=LONG)
    workers: set[int] = set()

    def work(piece: int) -> None:
        all_here.wait()
        workers.add(threading.get_ident())

    run(work, range(threads))
    assert len(workers) == threads
    assert threading.get_ident() in workers


def test_one_thread_is_the_caller() -> None:
    derivlib.set_num_threads(1)
    workers: list[int] = []
    run(lambda piece: workers.append(threading.get_ident()), range(9))
    assert set(workers) == {threading.get_ident()}


def test_a_call_from_within_runs_on_its_own_thread() -> None:
    derivlib.set_num_threads(3)  # of which the outer call takes two
    same: list[bool] = []

    def outer(piece: int) -> None:
        here = threading.get_ident()

        def inner(piece: int) -> None:
            same.append(threading.get_ident() == here)
            time.sleep(0.001)  # lets others take a piece

        run(inner, range(10))

    run(outer, range(2))
    assert same == [True] * 20


def test_many_callers_at_once() -> None:
    with ThreadPoolExecutor(8) as callers:
        assert list(callers.map(total, [100] * 200, timeout=LONG)) == [4950] * 200


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("where", ["caller", "helper", "everywhere"])
def test_an_error_reaches_the_caller(where: str, threads: int) -> None:
    derivlib.set_num_threads(threads)
    caller = threading.get_ident()
    begun: list[int] = []
    both = threading.Barrier(threads, timeout=LONG)

    def work(piece: int) -> None:
        begun.append(piece)
        if len(begun) <= threads:
            both.wait()
        mine = threading.get_ident() == caller
        if where == "everywhere" or mine == (where == "caller"):
            raise KeyError(piece)
        time.sleep(0.001)  # lets the other thread go on

    if threads == 1 and where == "helper":
        run(work, range(10))
        return
    with pytest.raises(KeyError):
        run(work, range(MANY))
    assert len(begun) < MANY
    assert total(100) == 4950


def test_nobody_is_at_work_when_an_error_arrives() -> None:
    active = 0
    both = threading.Barrier(2, timeout=LONG)

    def work(piece: int) -> None:
        nonlocal active
        both.wait()
        if threading.current_thread() is threading.main_thread():
            raise KeyError(piece)
        active += 1
        time.sleep(0.05)
        active -= 1

    with pytest.raises(KeyError):
        run(work, range(2))
    assert active == 0


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="no signal to a thread here")
@pytest.mark.parametrize("when", ["at work", "waiting"])
def test_an_interrupt_waits_for_the_helpers(when: str) -> None:
    """A signal, which the main thread takes at its own piece or while it waits for the helper."""
    main, active, ended = threading.main_thread(), threading.Event(), []

    def work(piece: int) -> None:
        if threading.current_thread() is main:
            active.wait(LONG)
            if when == "at work":
                signal.raise_signal(signal.SIGINT)
            return
        active.set()
        if when == "waiting":
            time.sleep(0.05)  # until the main thread waits
            signal.pthread_kill(main.ident or 0, signal.SIGINT)
        time.sleep(0.05)
        ended.append(piece)

    # a process in the background starts with the signal ignored
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            run(work, range(2))
    finally:
        signal.signal(signal.SIGINT, before)
    assert len(ended) == 1
    assert total(100) == 4950


def test_the_callers_error_state_holds_on_every_thread() -> None:
    both = threading.Barrier(2, timeout=LONG)
    states: list[str] = []

    def work(piece: int) -> None:
        both.wait()
        states.append(np.geterr()["over"])

    with np.errstate(over="call"):
        run(work, range(2))
    assert states == ["call", "call"]


def test_where_no_thread_can_be_started_the_caller_does_it_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    assert total(100) == 4950


@forks
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_child_has_helpers_of_its_own() -> None:
    assert total(100) == 4950
    child = os.fork()
    if child == 0:
        both = threading.Barrier(2, timeout=LONG)

        def meet(piece: int) -> None:
            both.wait()

        try:
            run(meet, range(2))  # takes two threads
            os._exit(0 if total(100) == 4950 else 1)
        finally:
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@forks
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_workers_of_a_process_pool_forked_while_others_call() -> None:
    with ThreadPoolExecutor(2) as others:
        calls = [others.submit(total, 1000) for _ in range(100)]
        with multiprocessing.get_context("fork").Pool(2) as pool:
            assert pool.map_async(total, [100] * 20).get(LONG) == [4950] * 20
        assert {call.result(LONG) for call in calls} == {499500}


def test_helpers_do_not_keep_the_interpreter_and_its_last_calls_work() -> None:
    done = fresh(
        """
import atexit, derivlib
from derivlib._engine.threads import run
derivlib.set_num_threads(4)
run(id, range(100))
last = []
atexit.register(lambda: (run(last.append, range(100)), print(sum(last))))
"""
    )
    assert (done.stdout, done.stderr, done.returncode) == ("4950\n", "", 0)


def test_importing_starts_no_thread_and_no_small_array_does() -> None:
    done = fresh(
        """
import threading
start, started = threading.Thread.start, []
threading.Thread.start = lambda thread: (started.append(thread), start(thread))
import derivlib, numpy as np
derivlib.set_num_threads(2)
derivlib.sigmoid(np.zeros(100))
print(len(started))
derivlib.sigmoid(np.zeros(1_000_000))
print(len(started))
"""
    )
    assert (done.stdout, done.stderr) == ("0\n1\n", "")


def test_the_default_is_the_cores_that_may_be_used() -> None:
    program = """
import derivlib, os
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
print(derivlib.get_num_threads())
"""
    if hasattr(os, "sched_setaffinity"):
        assert fresh(program, **{VARIABLE: ""}).stdout == "1\n"


@pytest.mark.parametrize("given", ["1", "7", " 3 "])
def test_the_environment_sets_the_number(given: str) -> None:
    program = "import derivlib; print(derivlib.get_num_threads())"
    assert int(fresh(program, **{VARIABLE: given}).stdout) == int(given)


@pytest.mark.parametrize("given", ["0", "-1", "two", "1.5", "²"])
def test_a_bad_number_in_the_environment(given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Importing works; what asks for the number says what is wrong, until it is set."""
    monkeypatch.setattr(_threads, "_chosen", None)
    monkeypatch.setenv(VARIABLE, given)
    message = f"{VARIABLE} must be an integer of at least 1, got '{given}'"
    with pytest.raises(ValueError, match=message):
        derivlib.get_num_threads()
    with pytest.raises(ValueError, match=message):
        derivlib.sigmoid(np.zeros(1_000_000))
    derivlib.sigmoid(np.zeros(10))
    derivlib.set_num_threads(2)
    assert derivlib.get_num_threads() == 2


def test_set_num_threads() -> None:
    derivlib.set_num_threads(np.int64(3))
    assert derivlib.get_num_threads() == 3
    for bad in (0, -2):
        with pytest.raises(ValueError, match=f"n must be at least 1, got {bad}"):
            derivlib.set_num_threads(bad)
    for wrong in (1.0, "2", None, True):
        with pytest.raises(TypeError, match="n must be an integer, got"):
            derivlib.set_num_threads(wrong)  # type: ignore[arg-type]
    assert derivlib.get_num_threads() == 3

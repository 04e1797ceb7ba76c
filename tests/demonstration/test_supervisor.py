"""The supervisor, with real processes: nothing is left behind, and what failed is named."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

pytestmark = pytest.mark.servers
BASE_DIR = Path(__file__).resolve().parents[2]
SCRIPT = """
import sys, pathlib
from ncconnect.demonstration.supervisor import Program, ProgramFailed, Supervisor
programs = [Program(f"p{i}", [sys.executable, "-c", code]) for i, code in enumerate(sys.argv[2:])]
try:
    Supervisor(pathlib.Path(sys.argv[1])).run(programs, lambda: print("ready", flush=True))
except ProgramFailed as failure:
    sys.exit(str(failure))
print("stopped")
"""
SLEEPS = "import time; time.sleep(600)"
IGNORES_SIGTERM = f"import signal; signal.signal(15, signal.SIG_IGN); {SLEEPS}"
HAS_A_CHILD = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {SLEEPS!r}])"


@pytest.fixture
def supervise(tmp_path):
    """Starts a supervisor of Python programs; whatever it left behind is killed at the end."""
    started: list[psutil.Process] = []

    def start(*programs: str) -> psutil.Popen:
        process = psutil.Popen(
            [sys.executable, "-c", SCRIPT, str(tmp_path), *programs],
            cwd=BASE_DIR,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.is_running():
            process.kill()
        process.communicate()


def descendants(process: psutil.Popen, count: int) -> list[psutil.Process]:
    """All its descendants, once there are ``count`` of them."""
    for _ in range(200):
        found = process.children(recursive=True)
        if len(found) >= count:
            return found
        time.sleep(0.05)
    raise AssertionError(f"{len(found)} processes, {count} expected")


def all_gone(processes: list[psutil.Process], seconds: float = 5) -> bool:
    return not psutil.wait_procs(processes, timeout=seconds)[1]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_every_program_and_its_children(supervise, number):
    supervisor = supervise(SLEEPS, HAS_A_CHILD)
    assert supervisor.stdout.readline() == "ready\n"
    running = descendants(supervisor, 3)
    supervisor.send_signal(number)
    assert supervisor.wait(10) == 0
    assert all_gone(running)


def test_when_a_program_ends_it_is_named_with_its_last_words_and_the_others_are_stopped(supervise):
    supervisor = supervise(SLEEPS, "import time; time.sleep(1); print('no more paper'); exit(3)")
    running = descendants(supervisor, 2)
    words = supervisor.communicate(timeout=15)[1]
    assert supervisor.returncode == 1
    assert "p1 ended by itself (exit status 3)" in words
    assert "no more paper" in words
    assert all_gone(running)


def test_a_program_that_does_not_end_is_killed_after_a_while(supervise):
    supervisor = supervise(IGNORES_SIGTERM)
    assert supervisor.stdout.readline() == "ready\n"
    running = descendants(supervisor, 1)
    time.sleep(0.5)  # let it ignore the signal before it comes
    supervisor.terminate()
    words = supervisor.communicate(timeout=30)[1]
    assert "p0 did not end in time and is killed" in words
    assert all_gone(running)


@pytest.mark.skipif(sys.platform != "linux", reason="prctl is Linux's")
def test_killing_the_supervisor_leaves_no_orphan(supervise):
    supervisor = supervise(SLEEPS, SLEEPS)
    assert supervisor.stdout.readline() == "ready\n"
    running = descendants(supervisor, 2)
    os.kill(supervisor.pid, signal.SIGKILL)
    assert all_gone(running)

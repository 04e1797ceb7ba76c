"""Starts programs side by side, watches them, and stops them all together.

Nothing is restarted in silence: when one program ends, the others are stopped and its last words
are shown. Each program is the head of its own process group, so that Ctrl-C reaches this process
alone, which then stops the others in order and leaves no orphan.
"""

import ctypes
import http.client
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

START_SECONDS = 60
STOP_SECONDS = 12
LAST_WORDS = 15
_SET_PARENT_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of <sys/prctl.h>


class ProgramFailed(Exception):
    """A program ended, or never answered; the text says which and what it said last."""


@dataclass(frozen=True)
class Program:
    """A program to run. ``environment`` None means ours; ``probe`` is a (host, port, path)."""

    name: str
    command: list[str]
    environment: Mapping[str, str] | None = None
    probe: tuple[str, int, str] | None = None


@dataclass(frozen=True)
class Running:
    program: Program
    process: subprocess.Popen
    log: Path

    def last_words(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines()[-LAST_WORDS:]
        return "\n".join(f"  {line}" for line in lines) or "  (it said nothing)"


class Supervisor:
    """Runs programs until a signal asks to stop, or until one of them ends."""

    def __init__(self, log_dir: Path, *, with_parent: bool = False):
        self._log_dir = log_dir
        self._parent = os.getppid() if with_parent else None
        self._running: list[Running] = []
        self._stop = threading.Event()

    def run(self, programs: Iterable[Program], on_ready: Callable[[], None]) -> None:
        """Start the programs, call ``on_ready`` once all answer, and return after a clean stop.

        Raises ProgramFailed when one of them ends by itself; the others are stopped by then.
        """
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)
        try:
            for program in programs:
                self._start(program)
            self._wait_for_answers()
            if not self._stop.is_set():
                on_ready()
            while not self._wait(0.3):
                pass
        finally:
            self._stop_all()

    def _on_signal(self, number, frame) -> None:
        if self._stop.is_set():  # asked twice: no more patience
            self._kill_all()
        self._stop.set()

    def _start(self, program: Program) -> None:
        self._log_dir.mkdir(parents=True, exist_ok=True)
        log = self._log_dir / f"{program.name}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                program.command,
                env=program.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_end_with_parent,  # noqa: PLW1509 (this process has one thread)
            )
        self._running.append(Running(program, process, log))

    def _wait_for_answers(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        for running in self._running:
            while running.program.probe and not _answers(*running.program.probe):
                if self._wait(0.1):
                    return
                if time.monotonic() > deadline:
                    raise ProgramFailed(
                        f"{running.program.name} has not answered for {START_SECONDS} seconds. "
                        f"It said last:\n{running.last_words()}"
                    )

    def _wait(self, seconds: float) -> bool:
        """Wait a moment; True if it is time to stop. Raises ProgramFailed if a program ended."""
        if self._stop.wait(seconds):
            return True
        for running in self._running:
            status = running.process.poll()
            if status is not None:
                raise ProgramFailed(
                    f"{running.program.name} ended by itself ({_in_words(status)}), so everything "
                    f"is stopped. It said last, in {running.log}:\n{running.last_words()}"
                )
        return self._parent is not None and os.getppid() != self._parent

    def _stop_all(self) -> None:
        """Ask every program to end, wait, and kill what remains of their process groups."""
        for running in self._running:
            if running.process.poll() is None:
                running.process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for running in self._running:
            try:
                running.process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                print(f"{running.program.name} did not end in time and is killed.", file=sys.stderr)
        self._kill_all()

    def _kill_all(self) -> None:
        for running in self._running:
            try:
                os.killpg(running.process.pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
            running.process.wait()


def _in_words(status: int) -> str:
    return f"killed by {signal.Signals(-status).name}" if status < 0 else f"exit status {status}"


def _answers(host: str, port: int, path: str) -> bool:
    """Whether an HTTP server answers there, with anything but an error of its own."""
    connection = http.client.HTTPConnection(host, port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def _end_with_parent() -> None:
    """In the child: be told to end if the supervisor is killed without a chance to say so."""
    if _LIBC:
        _LIBC.prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGTERM)

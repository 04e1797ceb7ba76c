"""Sites of partners, each a program with pages of its own, started for a test and stopped after."""

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.clients.front import wait_for

NOTICE_SECONDS = 60


@dataclass
class Site:
    """A running site: where its home is, what it has said, and which partner it is."""

    home: str
    log: Path
    client_id: str = ""

    @property
    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def said_within(self, words: str) -> bool:
        """Whether it says these words; what programs log may come a moment later."""
        return eventually(lambda: words in self.said, seconds=5)


@contextmanager
def running(
    command: list[str],
    place: Path,
    port: int,
    environment: dict[str, str],
    *,
    host: str = "127.0.0.1",
) -> Iterator[Site]:
    """Start ``command`` in ``place``; it listens on ``port`` of this machine."""
    place.mkdir(parents=True, exist_ok=True)
    log = place / f"{port}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=place,
            env={"PATH": os.environ["PATH"], "HOME": str(place)} | environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_for(port, process, log)
        yield Site(f"http://{host}:{port}/", log)
    finally:
        process.kill()
        process.wait()


def eventually(holds: Callable[[], bool], seconds: int = NOTICE_SECONDS) -> bool:
    """Ask until it holds; what another program does takes its own time."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True

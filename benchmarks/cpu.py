"""CPU time of whole process trees, read from the outside."""

import hashlib
import time
from contextlib import suppress

import psutil

Groups = dict[str, int]  # a name, and the process id that its tree starts at


def seconds(root: int) -> float:
    """User and system time of a process and all below it, ended and awaited children included."""
    total = 0.0
    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(root)
        for member in (process, *process.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                total += sum(member.cpu_times()[:4])  # user, system, and both of ended children
    return total


def snapshot(groups: Groups) -> dict[str, float]:
    return {name: seconds(root) for name, root in groups.items()}


class Bystanders:
    """What the rest of the machine uses meanwhile: a noisy neighbour makes every figure dearer."""

    def __init__(self):
        self._started = time.monotonic()
        self._busy = self._all()
        self._own = time.process_time()

    def cores(self, measured: float) -> float:
        """Cores used since the start by neither us nor ``measured`` (seconds of CPU time)."""
        others = self._all() - self._busy - (time.process_time() - self._own) - measured
        return max(0.0, others / (time.monotonic() - self._started))

    def _all(self) -> float:
        times = psutil.cpu_times()
        return times.user + times.nice + times.system + times.irq + times.softirq


def listener(port: int) -> int | None:
    """The process that listens on a port here, the oldest of its tree; None if unseen."""
    with suppress(psutil.AccessDenied):
        found = {
            connection.pid
            for connection in psutil.net_connections("tcp")
            if connection.status == psutil.CONN_LISTEN and connection.laddr.port == port
        }
        return min((pid for pid in found if pid), default=None)
    return None


def probe() -> float:
    """CPU milliseconds of one fixed piece of work (scrypt, 16 MiB): how fast the machine is now."""
    times = []
    for _ in range(3):
        started = time.process_time()
        hashlib.scrypt(b"probe", salt=b"probe", n=2**14, r=8, p=1, maxmem=2**26)
        times.append(time.process_time() - started)
    return sorted(times)[1] * 1000

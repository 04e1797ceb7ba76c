"""Closed loops of a bounded number of operations, and what the processes used meanwhile."""

import itertools
import statistics
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

from benchmarks import cpu
from benchmarks.http import Wire
from benchmarks.operations import Operation
from benchmarks.service import ISSUER, Service
from benchmarks.visitor import Partner, Visitor

# Operations of each connection before a round is measured: threads that were idle have ended and
# open database connections anew, keys are read again. A site in use does that once in a while.
WARM_UP = 6
COUNTED = 5  # operations whose statements are counted


@dataclass(frozen=True)
class Load:
    """How hard and how long one round is."""

    seconds: float
    connections: int


@dataclass
class Round:
    """One operation, repeated: CPU milliseconds an operation, by group, and latencies.

    ``others``: cores that the rest of the machine used meanwhile.
    """

    operations: int
    cpu_ms: dict[str, float]
    others: float
    latencies_ms: list[float] = field(repr=False)

    @property
    def total_ms(self) -> float:
        return sum(self.cpu_ms.values())


@contextmanager
def visitors(operation: Operation, service: Service, count: int) -> Iterator[list[Visitor]]:
    """``count`` visitors, each on a connection of its own; they never are the same person."""
    seed = service.seed
    partner = Partner(**seed["refreshing" if operation.refreshing else "partner"])
    wires = [Wire(service.port, ISSUER) for _ in range(count)]
    try:
        yield [
            Visitor(wire, partner, itertools.cycle(seed["people"][place::count]))
            for place, wire in enumerate(wires)
        ]
    finally:
        for wire in wires:
            wire.close()


def one_round(operation: Operation, service: Service, load: Load, groups: cpu.Groups) -> Round:
    """Prepare, then operate until the time or the number is reached. Raises what a check raises."""
    groups = {"web": service.pid, **groups}
    with (
        visitors(operation, service, load.connections) as crowd,
        ThreadPoolExecutor(load.connections) as pool,
    ):
        most = max(1, operation.most // load.connections)
        list(pool.map(lambda visitor: _warm(operation, visitor, WARM_UP, most), crowd))
        before, end = cpu.snapshot(groups), time.monotonic() + load.seconds
        bystanders = cpu.Bystanders()
        runs = list(pool.map(lambda visitor: _drive(operation, visitor, most, end), crowd))
        after = cpu.snapshot(groups)
        used = {name: after[name] - before[name] for name in groups}
        others = bystanders.cores(sum(used.values()))
    latencies = [latency for run in runs for latency in run]
    each = {name: seconds * 1000 / len(latencies) for name, seconds in used.items()}
    return Round(len(latencies), each, others, latencies)


def _prepare(operation: Operation, visitor: Visitor, times: int) -> None:
    operation.prepare(visitor)
    for _ in range(times if operation.stock else 0):
        operation.stock(visitor)


def _drive(operation: Operation, visitor: Visitor, most: int, end: float) -> list[float]:
    """Milliseconds of each operation; at least one."""
    latencies = []
    while len(latencies) < most and (not latencies or time.monotonic() < end):
        started = time.perf_counter()
        operation.operate(visitor)
        latencies.append((time.perf_counter() - started) * 1000)
    return latencies


def _warm(operation: Operation, visitor: Visitor, times: int, more: int = 0) -> None:
    """Prepare for ``times`` and ``more`` operations, and run the first ones."""
    _prepare(operation, visitor, times + more)
    for _ in range(times):
        operation.operate(visitor)


def statements(operation: Operation, service: Service) -> dict[str, float]:
    """The median number of SQL statements of each request of the operation, in their order."""
    runs: list[list[tuple[str, int]]] = []
    with visitors(operation, service, 1) as (visitor,):
        _warm(operation, visitor, 2)
        for _ in range(COUNTED):
            if operation.stock:
                operation.stock(visitor)
            visitor.wire.steps.clear()
            operation.operate(visitor)
            runs.append(list(visitor.wire.steps))
    totals = [_by_step(run) for run in runs]
    return {name: statistics.median(total.get(name, 0) for total in totals) for name in totals[-1]}


def _by_step(run: list[tuple[str, int]]) -> dict[str, int]:
    total: dict[str, int] = {}
    for name, count in run:
        total[name] = total.get(name, 0) + count
    return total

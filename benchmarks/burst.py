"""Many people at the same moment: how many are refused, and what the others wait for.

Two shapes of a crowd: so many who press « Se connecter » at once, and people who come one by one,
at random (a Poisson process), each for a whole sign-in. While they are there, somebody who holds
a token reads userinfo again and again, and a probe asks whether the process lives: neither waits
behind passwords.
"""

import queue
import random
import statistics
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

from benchmarks.http import CheckFailed
from benchmarks.measure import visitors
from benchmarks.operations import OPERATIONS
from benchmarks.service import Service
from benchmarks.visitor import Visitor

CROWDS = (12, 24)  # at once
TIMES = 4
RATE = 30.0  # arrivals a second
SECONDS = 8.0
MOST = 40  # connections, one for each person whom the service knows: who finds none free waits
SEED = 7


@dataclass
class Crowd:
    """``outcomes``: how many met which status; milliseconds of those who were served."""

    name: str
    outcomes: Counter = field(default_factory=Counter)
    served_ms: list[float] = field(default_factory=list)
    meanwhile_ms: dict[str, list[float]] = field(default_factory=dict)

    @property
    def refused(self) -> int:
        return sum(self.outcomes.values()) - len(self.served_ms)

    def facts(self) -> dict[str, float]:
        """What the report shows."""
        facts = {"people": sum(self.outcomes.values()), "refused": self.refused}
        facts |= {"served_p50_ms": statistics.median(self.served_ms or [0])}
        facts |= {"served_most_ms": max(self.served_ms, default=0)}
        for name, values in self.meanwhile_ms.items():
            facts[f"{name}_p50_ms"] = statistics.median(values or [0])
            facts[f"{name}_most_ms"] = max(values, default=0)
        return facts


def at_once(service: Service, number: int, times: int = TIMES) -> Crowd:
    """``number`` people fill in the form, then all press the button at the same moment."""
    crowd, start = Crowd(f"{number} at once"), threading.Barrier(number)

    def press(visitor: Visitor) -> None:
        start.wait()
        _note(crowd, visitor.presses_sign_in)

    with (
        visitors(OPERATIONS["sign_in"], service, number) as people,
        ThreadPoolExecutor(number) as pool,
        _meanwhile(crowd, service),
    ):
        for _ in range(times):
            for visitor in people:
                visitor.opens_sign_in()
            list(pool.map(press, people))
    return crowd


def arrivals(service: Service, rate: float = RATE, seconds: float = SECONDS) -> Crowd:
    """People come at random, ``rate`` a second, whether or not the others are served."""
    crowd, free = Crowd(f"{rate:g} arrivals a second"), queue.SimpleQueue()
    chance = random.Random(SEED)

    def arrive(due: float) -> None:
        visitor = free.get()
        try:
            _note(crowd, visitor.signs_in, since=due)
        finally:
            free.put(visitor)

    with (
        visitors(OPERATIONS["sign_in"], service, MOST) as people,
        ThreadPoolExecutor(MOST) as pool,
        _meanwhile(crowd, service),
    ):
        for visitor in people:
            free.put(visitor)
        coming, due = [], time.perf_counter()
        end = due + seconds
        while (due := due + chance.expovariate(rate)) < end:
            time.sleep(max(0.0, due - time.perf_counter()))
            coming.append(pool.submit(arrive, due))
        for each in coming:
            each.result()
    return crowd


def _note(crowd: Crowd, act: Callable[[], object], since: float | None = None) -> None:
    """Whether it was served, and how long that took since it should have begun."""
    started = since or time.perf_counter()
    try:
        act()
    except CheckFailed as refusal:
        crowd.outcomes[str(refusal)] += 1
        return
    crowd.outcomes["served"] += 1
    crowd.served_ms.append((time.perf_counter() - started) * 1000)


@contextmanager
def _meanwhile(crowd: Crowd, service: Service) -> Iterator[None]:
    """Read userinfo and ask the probe as long as the block lasts."""
    over = threading.Event()
    acts = {"userinfo": Visitor.reads_userinfo, "probe": Visitor.asks_health}

    def repeat(name: str, visitor: Visitor) -> None:
        while not over.wait(0.05):
            started = time.perf_counter()
            acts[name](visitor)
            crowd.meanwhile_ms[name].append((time.perf_counter() - started) * 1000)

    with visitors(OPERATIONS["userinfo"], service, len(acts)) as bystanders:
        for visitor in bystanders:
            visitor.signs_in()
        with ThreadPoolExecutor(len(acts)) as pool:
            running = []
            for name, visitor in zip(acts, bystanders, strict=True):
                crowd.meanwhile_ms[name] = []
                running.append(pool.submit(repeat, name, visitor))
            try:
                yield
            finally:
                over.set()
            for each in running:
                each.result()  # a check that failed ends the run


def measured(service: Service, say: Callable[[str], None]) -> dict[str, dict[str, float]]:
    """All crowds, one after the other."""
    found = {}
    for number in CROWDS:
        say(f"{number} at once")
        crowd = at_once(service, number)
        found[crowd.name] = crowd.facts()
    say(f"{RATE:g} arrivals a second")
    crowd = arrivals(service)
    found[crowd.name] = crowd.facts()
    return found

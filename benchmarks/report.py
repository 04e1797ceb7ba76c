"""The results as a table for people and as JSON for comparisons."""

import json
import statistics
from dataclasses import asdict, dataclass, field
from pathlib import Path

from benchmarks import targets
from benchmarks.measure import Round
from benchmarks.operations import OPERATIONS, REFERENCE


@dataclass
class Results:
    """All that a run found."""

    date: str
    machine: dict[str, str]
    installation: dict[str, str]
    load: dict[str, float]
    rounds: dict[str, list[Round]] = field(default_factory=dict)
    statements: dict[str, dict[str, float]] = field(default_factory=dict)
    storage: dict[str, float] = field(default_factory=dict)
    crowds: dict[str, dict[str, float]] = field(default_factory=dict)
    dearest: dict[str, dict] = field(default_factory=dict)
    same_for_all: dict[str, tuple[float, float]] = field(default_factory=dict)
    probes_ms: list[float] = field(default_factory=list)

    def cpu_ms(self, name: str) -> float:
        return statistics.median(turn.total_ms for turn in self.rounds[name])

    def group_ms(self, name: str, group: str) -> float | None:
        values = [turn.cpu_ms[group] for turn in self.rounds[name] if group in turn.cpu_ms]
        return statistics.median(values) if values else None

    def latency_ms(self, name: str) -> float:
        return statistics.median(value for turn in self.rounds[name] for value in turn.latencies_ms)

    def others(self) -> float:
        """Cores that the rest of the machine used: a run with much of it is a noisy one."""
        return statistics.median(turn.others for turns in self.rounds.values() for turn in turns)

    def save(self, path: Path) -> None:
        content = asdict(self)
        for turns in content["rounds"].values():
            for turn in turns:
                turn["latency_ms"] = statistics.median(turn.pop("latencies_ms"))
        content["medians"] = {name: self._medians(name) for name in self.rounds}
        path.write_text(json.dumps(_rounded(content), indent=1) + "\n")

    def _medians(self, name: str) -> dict:
        return {
            "cpu_ms": self.cpu_ms(name),
            "ratio": self.ratio(name),
            "statements": self.statement_count(name),
            "latency_ms": self.latency_ms(name),
        }

    def ratio(self, name: str) -> float | None:
        """In units of the reference operation, in the same run."""
        return self.cpu_ms(name) / self.cpu_ms(REFERENCE) if REFERENCE in self.rounds else None

    def statement_count(self, name: str) -> float | None:
        return sum(self.statements[name].values()) if name in self.statements else None


def _rounded(value):
    if isinstance(value, float):
        return round(value, 3)
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    return [_rounded(item) for item in value] if isinstance(value, list) else value


def markdown(results: Results) -> str:
    """Everything, as the README shows it."""
    parts = [
        _facts(results),
        _cpu(results),
        _requests(results),
        _crowds(results),
        _same_for_all(results),
        _dearest(results),
        _storage(results),
    ]
    return "\n\n".join(part for part in parts if part)


def _facts(results: Results) -> str:
    machine = ", ".join(f"{name} {value}" for name, value in results.machine.items())
    probe = statistics.median(results.probes_ms or [0])
    return (
        f"{results.date}. {machine}.\n"
        f"Probe: {probe:.1f} ms. Load: {results.load['connections']} connections, "
        f"{results.load['rounds']} rounds of {results.load['seconds']} s. "
        f"The rest of the machine used {results.others():.1f} cores meanwhile."
    )


def _cpu(results: Results) -> str:
    head = ("operation", "CPU ms", "web", "database", "redis", "must", "excellent", "verdict")
    head += (f"× {REFERENCE}", "SQL", "SQL at most", "latency ms")
    return table(head, [_row(results, name) for name in results.rounds])


def _row(results: Results, name: str) -> tuple[str, ...]:
    target, cpu_ms = targets.CPU_MS.get(name), results.cpu_ms(name)
    groups = [number(results.group_ms(name, group)) for group in ("web", "database", "redis")]
    aims = (number(target.must), number(target.excellent)) if target else ("", "")
    return (
        name,
        number(cpu_ms),
        *groups,
        *aims,
        verdict(target, cpu_ms) if target else "",
        number(results.ratio(name)),
        number(results.statement_count(name)),
        number(targets.STATEMENTS.get(name)),
        number(results.latency_ms(name)),
    )


def verdict(target: targets.Target, value: float) -> str:
    """Where a measured value stands."""
    if value <= target.excellent:
        return "excellent"
    return "met" if value <= target.must else f"{value / target.must:.1f} × must"


def _requests(results: Results) -> str:
    """The statements of each request, of the operations that are more than one."""
    head = ("operation", "request", "SQL", "at most")
    rows = [
        (name, f"`{step}`", number(count), number(_budget(name, step)))
        for name, steps in results.statements.items()
        for step, count in steps.items()
        if len(steps) > 1 and name != "sign_in"
    ]
    return table(head, rows) if rows else ""


def _budget(name: str, step: str) -> float | None:
    return 0 if name == "login_page" else targets.REQUEST_STATEMENTS.get(step)


def _dearest(results: Results) -> str:
    """The dearest anonymous request of each address, the dearest first (benchmarks.dearest)."""
    if not results.dearest:
        return ""
    head = ("address", "dearest request", "CPU ms", "rows written", "held at most, ms")
    costs = sorted(results.dearest.items(), key=lambda item: -item[1]["cpu_ms"])
    rows = [
        (
            f"`{address}`",
            cost["request"],
            *map(number, (cost["cpu_ms"], cost["rows"], cost["held_ms"])),
        )
        for address, cost in costs
    ]
    return table(head, rows)


def _crowds(results: Results) -> str:
    """Many people at the same moment (benchmarks.burst)."""
    if not results.crowds:
        return ""
    names = list(next(iter(results.crowds.values())))
    head = ("crowd", *(name.replace("_", " ") for name in names))
    rows = [
        (crowd, *(number(facts[name]) for name in names)) for crowd, facts in results.crowds.items()
    ]
    return table(head, rows)


def _same_for_all(results: Results) -> str:
    """What a known and an unknown address take at each form (benchmarks.same_for_all)."""
    if not results.same_for_all:
        return ""
    head = ("form", "known, ms", "unknown, ms", "difference")
    rows = [
        (form, number(known), number(other), f"{abs(known - other) / max(known, other):.0%}")
        for form, (known, other) in results.same_for_all.items()
    ]
    return table(head, rows)


def _storage(results: Results) -> str:
    if not results.storage:
        return ""
    kept = sum(size for table, size in results.storage.items() if table not in targets.BESIDE)
    total = sum(results.storage.values())
    head = ("table", "bytes a sign-in")
    rows = [(table, f"{size:.0f}") for table, size in results.storage.items()]
    aim = f"must {targets.STORAGE.must:.0f}, excellent {targets.STORAGE.excellent:.0f}"
    rows += [("session, grant and tokens", f"{kept:.0f}"), ("all", f"{total:.0f}")]
    return f"{table(head, rows)}\n\nSession, grant and tokens of a sign-in: {aim}."


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def number(value: float | None) -> str:
    if value is None:
        return ""
    if value == int(value):
        return str(int(value))
    return f"{value:.3g}" if value < 100 else f"{value:.0f}"


def meanings() -> str:
    """What each operation is, for `--help`."""
    return "\n".join(f"  {name:22} {o.meaning}" for name, o in OPERATIONS.items())

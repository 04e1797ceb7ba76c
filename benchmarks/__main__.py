"""`python -m benchmarks`: start the service, measure it from outside, keep the figures."""

import argparse
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import burst, cpu, dearest, machine, measure, report, same_for_all, storage
from benchmarks.http import CheckFailed
from benchmarks.operations import OPERATIONS, Operation
from benchmarks.service import VARIANTS, DidNotStart, Installation, Service, installed

RESULTS = Path(__file__).with_name("results")


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=__doc__,
        epilog=f"operations:\n{report.meanings()}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--seconds", type=float, default=2.5, help="length of a round (2.5)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of each operation (3)")
    parser.add_argument("--connections", type=int, default=4, help="keep-alive connections (4)")
    parser.add_argument(
        "--only", type=_names, default=list(OPERATIONS), help="operations, by commas"
    )
    parser.add_argument(
        "--sign-ins",
        type=int,
        default=storage.SIGN_INS,
        help="sign-ins for bytes; 0: none (%(default)s)",
    )
    parser.add_argument(
        "--dearest",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="the dearest anonymous request of each address",
    )
    parser.add_argument(
        "--crowds",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="many people at the same moment",
    )
    parser.add_argument(
        "--same-for-all",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="known and unknown addresses in turn, at every form that takes one",
    )
    parser.add_argument("--output", type=Path, help="JSON file (benchmarks/results/DATE.json)")
    return parser.parse_args(given)


def _names(text: str) -> list[str]:
    names = text.split(",")
    unknown = [name for name in names if name not in OPERATIONS]
    if unknown:
        raise argparse.ArgumentTypeError(f"no such operation: {', '.join(unknown)}")
    return names


def run(options: argparse.Namespace) -> report.Results:
    """The whole run. Raises CheckFailed, DidNotStart."""
    with installed() as installation:
        results = report.Results(
            date=datetime.now(UTC).strftime("%Y-%m-%d"),
            machine=machine.facts(installation.environment),
            installation=installation.kind,
            load={
                "seconds": options.seconds,
                "rounds": options.rounds,
                "connections": options.connections,
            },
        )
        chosen = [OPERATIONS[name] for name in options.only]
        _count_statements(results, installation, chosen)
        if options.dearest:
            with installation.serving(dearest.VARIANT) as service:
                results.dearest = dearest.measured(installation, service, say)
        if options.same_for_all:
            with installation.serving(same_for_all.VARIANT) as service:
                results.same_for_all = same_for_all.measured(service, say)
        with _serving(installation, chosen) as running:
            _measure(results, installation, options, chosen, running)
            if options.crowds and "production" in running:
                results.crowds = burst.measured(running["production"], say)
            if options.sign_ins and "cheap" in running:
                say(f"bytes of {options.sign_ins} sign-ins")
                results.storage = storage.a_sign_in(
                    running["cheap"], installation.database_url, options.sign_ins
                )
    return results


def _count_statements(
    results: report.Results, installation: Installation, chosen: list[Operation]
) -> None:
    say("statements")
    with installation.serving(VARIANTS["counted"]) as service:
        for operation in chosen:
            results.statements[operation.name] = measure.statements(operation, service)


@contextmanager
def _serving(installation: Installation, chosen: list[Operation]) -> Iterator[dict[str, Service]]:
    """The variants that the operations need, all at once, so that rounds can take turns."""
    with ExitStack() as stack:
        names = dict.fromkeys(operation.variant for operation in chosen)
        yield {name: stack.enter_context(installation.serving(VARIANTS[name])) for name in names}


def _measure(
    results: report.Results,
    installation: Installation,
    options: argparse.Namespace,
    chosen: list[Operation],
    running: dict[str, Service],
) -> None:
    """Rounds take turns: whatever disturbs the machine for a while disturbs every operation."""
    load = measure.Load(options.seconds, options.connections)
    for number in range(1, options.rounds + 1):
        results.probes_ms.append(cpu.probe())
        for operation in chosen:
            say(f"round {number}: {operation.name}")
            turn = measure.one_round(
                operation, running[operation.variant], load, installation.groups
            )
            results.rounds.setdefault(operation.name, []).append(turn)


def say(what: str) -> None:
    print(f"  {what}", file=sys.stderr, flush=True)


def main(given: list[str] | None = None) -> int:
    options = arguments(given)
    try:
        results = run(options)
    except (CheckFailed, DidNotStart) as error:
        print(f"The run is worth nothing: {error}", file=sys.stderr)
        return 1
    path = options.output or RESULTS / f"{results.date}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    results.save(path)
    print(report.markdown(results))
    return 0


if __name__ == "__main__":
    sys.exit(main())

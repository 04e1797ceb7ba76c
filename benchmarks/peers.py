"""`python -m benchmarks.peers`: ours beside other providers, in rounds that take turns.

A load harness for OpenID Connect providers drives all of them the same way (its program
`idpbench`, its profiles: one file a provider). Each provider runs already. A peer is named

    NAME=PROFILE,GROUP=PID[,GROUP=PID…]

GROUP: server, postgres, redis…, whose process trees are counted. The first one is ours. Ratios are
those of each round, which the speed of the machine moves little; their median counts.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks import report, targets

SCENARIOS = tuple(targets.BESIDE_PEERS)
# Without the hash, a sign-in is another setup of each provider (the least cost of argon2id), run
# under its own name.
WITHOUT_HASH = "sign_in_without_hash"

Rounds = dict[str, dict[str, list[float]]]
"""CPU milliseconds of an operation: by scenario, by peer, one for each round."""


@dataclass(frozen=True)
class Peer:
    name: str
    profile: Path
    watch: tuple[str, ...]

    @classmethod
    def read(cls, text: str) -> "Peer":
        name, _, rest = text.partition("=")
        profile, *watch = rest.split(",")
        if not (name and profile and watch and all("=" in group for group in watch)):
            raise argparse.ArgumentTypeError(f"{text}: expected NAME=PROFILE,GROUP=PID…")
        return cls(name, Path(profile).resolve(), tuple(watch))


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.peers",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("harness", type=Path, help="the folder that holds idpbench")
    parser.add_argument("peers", type=Peer.read, nargs="+", metavar="PEER")
    parser.add_argument("--python", default=sys.executable, help="that the harness runs on")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--connections", type=int, default=4)
    parser.add_argument("--only", type=lambda text: text.split(","), default=SCENARIOS)
    parser.add_argument("--output", type=Path, help="JSON file")
    return parser.parse_args(given)


def measured(options: argparse.Namespace) -> Rounds:
    """One operation at one peer after the other, then the next round."""
    rounds: Rounds = {name: {peer.name: [] for peer in options.peers} for name in options.only}
    for _turn in range(options.rounds):
        for scenario, by_peer in rounds.items():
            for peer in options.peers:
                by_peer[peer.name].append(_one(options, peer, scenario))
            print(scenario, {name: values[-1] for name, values in by_peer.items()}, file=sys.stderr)
    return rounds


def _one(options: argparse.Namespace, peer: Peer, scenario: str) -> float:
    """Raises CalledProcessError when an operation failed a check."""
    with tempfile.TemporaryDirectory() as folder:
        command = [options.python, "-m", "idpbench", "run", str(peer.profile)]
        command += [word for group in peer.watch for word in ("--watch", group)]
        command += ["--scenarios", "sign_in" if scenario == WITHOUT_HASH else scenario]
        command += ["--seconds", str(options.seconds), "--repeats", "1"]
        command += ["--connections", str(options.connections), "--label", "one", "--out", folder]
        environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
        subprocess.run(command, cwd=options.harness, env=environment, check=True, stdout=sys.stderr)
        (result,) = json.loads((Path(folder) / "one.json").read_text())["scenarios"].values()
    return result["summary"]["cpu_ms_per_op"]["total"]["median"]


def table(rounds: Rounds) -> str:
    """Milliseconds with least and most; our ratio to each peer; how far each target is."""
    ours, *others = next(iter(rounds.values()))
    head = ["operation", ours, *others, *(f"{ours} / {name}" for name in others)]
    head += ["must", "excellent"]
    return report.table(tuple(head), [tuple(_row(*item, others)) for item in rounds.items()])


def _row(scenario: str, by_peer: dict[str, list[float]], others: list[str]) -> Iterator[str]:
    yield scenario
    for values in by_peer.values():
        least, most = report.number(min(values)), report.number(max(values))
        yield f"{report.number(statistics.median(values))} [{least}–{most}]"
    ratios = {name: ratio(by_peer, name) for name in others}
    yield from (f"{times:.2f}" for times in ratios.values())
    for aim in targets.BESIDE_PEERS[scenario]:
        yield verdict(aim, ratios)


def ratio(by_peer: dict[str, list[float]], name: str) -> float:
    ours = next(iter(by_peer.values()))
    pairs = zip(ours, by_peer[name], strict=True)
    return statistics.median(own / other for own, other in pairs)


def verdict(aim: targets.Beside, ratios: dict[str, float]) -> str:
    said = f"{aim.peer} × {aim.times:g}"
    if aim.peer not in ratios:
        return said
    distance = ratios[aim.peer] / aim.times
    return f"{said}: met" if distance <= 1 else f"{said}: {distance:.2f} times it"


def main(given: list[str] | None = None) -> None:
    options = arguments(given)
    rounds = measured(options)
    if options.output:
        options.output.write_text(json.dumps(rounds, indent=1) + "\n")
    print(table(rounds))


if __name__ == "__main__":
    main()

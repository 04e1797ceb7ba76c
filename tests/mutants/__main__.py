"""`python -m tests.mutants [--all] [--told] [--breakages] [MODULE …]`: see docs/testing.md."""

import argparse
from contextlib import closing, contextmanager

from tests.mutants import breakages, tree
from tests.mutants.modules import MODULES
from tests.mutants.sessions import Session
from tests.mutants.trial import Trial


def main() -> int:
    asked = _asked()
    tree.PLACE.mkdir(parents=True, exist_ok=True)
    tree.renew()
    with _trial() as trial:
        if asked.breakages:
            return breakages.run(trial)
        for module in asked.modules or MODULES:
            session = Session(module, trial)
            with closing(session.database):
                if not asked.told:
                    session.goes_on(again=asked.all)
                print(session.tells(), flush=True)
    return 0


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Break what guards, and tell what no test sees.")
    parser.add_argument("--all", action="store_true", help="also what is done")
    parser.add_argument("--told", action="store_true", help="only what former runs have found")
    parser.add_argument("--breakages", action="store_true", help="those of breakages.py instead")
    parser.add_argument("modules", nargs="*", metavar="MODULE")
    return parser.parse_args()


@contextmanager
def _trial():
    trial = Trial()
    try:
        yield trial
    finally:
        trial.ends()


if __name__ == "__main__":
    raise SystemExit(main())

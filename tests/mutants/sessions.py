"""cosmic-ray's mutants of a module, and what became of each, in a file of var/mutants/.

Who was killed stays killed as long as the module is the same; who survived is tried again when the
tests have changed.
"""

import hashlib
import json
import sqlite3
from collections import Counter
from contextlib import closing
from functools import cached_property
from pathlib import Path

from cosmic_ray.commands.init import init
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator
from cosmic_ray.work_db import WorkDB
from cosmic_ray.work_item import TestOutcome, WorkerOutcome, WorkItem, WorkResult

from tests.mutants.tree import PLACE, TREE, digest
from tests.mutants.trial import Trial
from tests.mutants.worth import meaningless_places, means_something


class Session:
    def __init__(self, module: str, trial: Trial) -> None:
        self.module, self.trial = module, trial
        name = module.removesuffix(".py").replace("/", ".")
        self.path = PLACE / f"{name}.{digest(module)}.sqlite"
        is_new = not self.path.exists()
        if is_new:
            for former in PLACE.glob(f"{name}.*.sqlite"):
                former.unlink()
        self.database = WorkDB(self.path, WorkDB.Mode.create)
        if is_new:
            self._begin()

    @cached_property
    def source(self) -> str:
        return (TREE / self.module).read_text()

    def _begin(self) -> None:
        init([Path(TREE / self.module)], self.database, {})
        places = meaningless_places(self.source)
        for item in self.database.work_items:
            spec = item.mutations[0]
            if not means_something(spec, self.source, places) or not self._is_a_program(item):
                self.database.set_result(item.job_id, WorkResult(WorkerOutcome.SKIPPED))

    def _is_a_program(self, item: WorkItem) -> bool:
        try:
            compile(self._mutant(item), self.module, "exec")
        except (SyntaxError, SyntaxWarning):
            return False
        return True

    def _mutant(self, item: WorkItem) -> str:
        spec = item.mutations[0]
        operator = get_operator(spec.operator_name)(**spec.operator_args)
        return mutate_code(self.source, operator, spec.occurrence)

    def goes_on(self, *, again: bool) -> None:
        """Try whoever was not tried yet, or survived other tests; again: everybody."""
        if again:
            self._begin()
        self._forget_survivors_of_other_tests()
        for item in self.database.pending_work_items:
            line = item.mutations[0].start_pos[0]
            answer = self.trial.of(self.module, self._mutant(item), line)
            self.database.set_result(item.job_id, self._result(answer))

    def _result(self, answer: dict) -> WorkResult:
        outcome = TestOutcome(answer["outcome"])
        said = json.dumps({**answer, "of": self._tests})
        return WorkResult(WorkerOutcome.NORMAL, said, outcome)

    @cached_property
    def _tests(self) -> str:
        """All tests that reach this module, as one digest."""
        files = self.trial.reached.files
        near = {
            test.partition("::")[0]
            for test, (_, seen) in self.trial.reached.kept["tests"].items()
            if self.module in seen
        }
        return hashlib.sha256("".join(files[name] for name in sorted(near)).encode()).hexdigest()

    def _forget_survivors_of_other_tests(self) -> None:
        with closing(sqlite3.connect(self.path)) as database, database:
            database.execute(
                "DELETE FROM work_results WHERE upper(test_outcome) = 'SURVIVED'"
                " AND json_extract(output, '$.of') != ?",
                [self._tests],
            )

    def tells(self) -> str:
        """The line of the table, then each survivor."""
        outcomes, alive = Counter(), []
        for item, result in self.database.completed_work_items:
            if result.worker_outcome == WorkerOutcome.NORMAL:
                outcomes[result.test_outcome] += 1
                if result.test_outcome == TestOutcome.SURVIVED:
                    alive.append((item.mutations[0].start_pos, item, result))
        tried = sum(outcomes.values())
        killed = 100 * outcomes[TestOutcome.KILLED] / tried if tried else 100
        pending = len(self.database.pending_work_items)
        lines = [
            f"| `{self.module}` | {tried} | {killed:.1f} % |" + f" {pending} left" * bool(pending)
        ]
        for _, item, result in sorted(alive, key=lambda each: each[0]):
            lines.append(self._tell(item, json.loads(result.output)))
        return "\n".join(lines)

    def _tell(self, item: WorkItem, said: dict) -> str:
        spec = item.mutations[0]
        row = spec.start_pos[0] - 1
        changed = self._mutant(item).split("\n")
        was = self.source.split("\n")
        new = next((new for old, new in zip(was, changed, strict=False) if old != new), "(gone)")
        operator = spec.operator_name.removeprefix("core/")
        head = f"  {row + 1} {operator} ({said['tests']} tests)"
        return "\n".join([head, f"    - {was[row].strip()}", f"    + {new.strip()}"])

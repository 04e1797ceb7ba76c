"""One breakage, shown to the tests that reach its line: who sees it?"""

import ast
import json
import subprocess
import sys
from collections import Counter
from functools import cached_property
from itertools import zip_longest

from tests.mutants.modules import MODULES
from tests.mutants.reached import Reached
from tests.mutants.tree import PLACE, TREE
from tests.mutants.worth import statement

MOST = 200  # tests a mutant: what none of them sees is alive
MOST_AT_IMPORT = 300  # a fresh process takes longer to begin than they to run
FILES = 5  # it reads the tests too


class Process:
    """tests/mutants/warm.py, started when it is first asked."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.process: subprocess.Popen | None = None

    def asks(self, module: str, source: str | None, tests: list[str]) -> dict:
        if self.process is None:
            self.starts()
        self.process.stdin.write(
            json.dumps({"module": module, "source": source, "tests": tests}) + "\n"
        )
        self.process.stdin.flush()
        return self._answer()

    def starts(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.mutants.warm", self.kind], cwd=TREE, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=(PLACE / f"{self.kind}.log").open("w"),
        )  # fmt: skip
        self._answer()

    def _answer(self) -> dict:
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"the process ended: see {PLACE / self.kind}.log")
        return json.loads(line)

    def ends(self) -> None:
        if self.process:
            self.process.stdin.close()
            self.process.wait(60)


class Trial:
    """The two processes, what the tests reach, and which tests have killed before."""

    def __init__(self) -> None:
        self.loaded, self.fresh = Process("loaded"), Process("fresh")
        self.killers: Counter[tuple[str, str]] = Counter()
        self.sound: dict[str, bool] = {}

    @cached_property
    def reached(self) -> Reached:
        return Reached()

    def ends(self) -> None:
        self.loaded.ends()
        self.fresh.ends()

    def of(self, module: str, source: str, line: int) -> dict:
        """The answer: survived, or killed, and by which test, which passes without the change."""
        former = (TREE / module).read_text()
        lines = statement(former, line)
        at_import = lines & self.reached.imported(module)
        tests = self._tests(module, former, lines, bool(at_import))
        while True:
            answer = self.shown(module, source, tests, at_import=bool(at_import))
            killer = answer.get("by")
            if killer not in tests or self._is_sound(module, killer):
                self.killers[module, killer] += 1
                return answer
            tests.remove(killer)

    def shown(self, module: str, source: str, tests: list[str], *, at_import: bool) -> dict:
        """The first of these tests that fails, in the process that serves."""
        if not tests:
            return {"outcome": "survived", "tests": 0}
        if not at_import:
            answer = self.loaded.asks(module, source, tests)
            if answer["outcome"] != "unable":
                return answer
        self._prepare_the_fresh_one(module, tests)
        return self.fresh.asks(module, source, self._of_few_files(tests))

    def _prepare_the_fresh_one(self, module: str, tests: list[str]) -> None:
        """The other one makes its database. Without any change it must be content."""
        if self.fresh.process:
            return
        self.loaded.process or self.loaded.starts()
        answer = self.fresh.asks(module, None, tests[:1])
        if answer["outcome"] != "survived":
            raise SystemExit(f"the fresh process fails by itself: {answer}")

    def _is_sound(self, module: str, test: str) -> bool:
        """A test that fails by itself, or alone, kills nobody."""
        if test not in self.sound:
            self.sound[test] = self.loaded.asks(module, None, [test])["outcome"] == "survived"
        return self.sound[test]

    def _tests(self, module: str, former: str, lines: set[int], at_import: bool) -> list[str]:
        imported = self.reached.imported(module)
        if at_import:
            users = _users(former, lines) - imported
            every = set(range(1, former.count("\n") + 2)) - imported
            found = self.reached.tests(module, users) or self.reached.tests(module, every)
            # What a decorator turns away reaches no line.
            found |= self.reached.of_place(MODULES[module][0])
        else:
            found = self.reached.tests(module, lines)
        return self._in_order(module, found)[: MOST_AT_IMPORT if at_import else MOST]

    def _in_order(self, module: str, found: dict[str, float]) -> list[str]:
        """Who has killed here before; then place after place, of each file the quickest in turn."""
        killers = [test for (of, test), _ in self.killers.most_common() if of == module]
        places = MODULES.get(module, ())
        groups: list[dict[str, list[str]]] = [{} for _ in (*places, "elsewhere")]
        for test in sorted(found, key=found.get):
            file = test.partition("::")[0]
            groups[_place(test, places)].setdefault(file, []).append(test)
        turns = [each for group in groups for turn in zip_longest(*group.values()) for each in turn]
        ordered = [test for test in killers[:10] if test in found] + [
            test for test in turns if test
        ]
        return list(dict.fromkeys(ordered))

    @staticmethod
    def _of_few_files(tests: list[str]) -> list[str]:
        files = list(dict.fromkeys(test.partition("::")[0] for test in tests))[:FILES]
        return [test for test in tests if test.partition("::")[0] in files]


def _place(test: str, places: tuple[str, ...]) -> int:
    """The place of this test among those where the module's own are."""
    here = [number for number, place in enumerate(places) if test.startswith(place)]
    return min(here, default=len(places))


def _users(source: str, lines: set[int]) -> set[int]:
    """The lines that use a name which these lines define."""
    tree = ast.parse(source)
    names = set()
    for node in ast.walk(tree):
        if getattr(node, "lineno", 0) in lines:
            names.update(_defined(node))
    return {
        node.lineno
        for node in ast.walk(tree)
        if (isinstance(node, ast.Name) and node.id in names)
        or (isinstance(node, ast.Attribute) and node.attr in names)
    } - lines


def _defined(node: ast.AST) -> set[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        return {node.id}
    return set()

"""Which test runs which line of the modules: coverage.py, one context a test.

As a plugin of pytest (`-p tests.mutants.reached`) it watches; imported, it keeps what was seen in
var/mutants/reached.json, by test file, and watches again only what has changed.
"""

import json
import os
import subprocess
import sys
import time
from functools import cached_property
from importlib import import_module
from pathlib import Path

import pytest

from tests.mutants.modules import FAST, MODULES, TESTS
from tests.mutants.tree import PLACE, ROOT, TREE, digest, dotted

KEPT = PLACE / "reached.json"
SEEN = "MUTANTS_SEEN"  # where the plugin writes


class Watch:
    """Started before our modules are read: what a line does at import is no test's doing."""

    def __init__(self) -> None:
        from coverage import Coverage

        include = [str(ROOT / module) for module in MODULES]  # it runs in the copy
        self.coverage = Coverage(data_file=None, include=include, messages=False)
        self.coverage.start()
        self.seconds: dict[str, float] = {}
        self.failed: set[str] = set()

    def pytest_collection_finish(self) -> None:
        for module in MODULES:
            import_module(dotted(module))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item):
        self.coverage.switch_context(item.nodeid)
        begun = time.process_time()
        try:
            return (yield)
        finally:
            self.seconds[item.nodeid] = time.process_time() - begun
            self.coverage.switch_context("")

    def pytest_runtest_logreport(self, report) -> None:
        if report.outcome != "passed":
            self.failed.add(report.nodeid)

    def pytest_sessionfinish(self) -> None:
        self.coverage.stop()
        tests = {test: [time, {}] for test, time in self.seconds.items() if test not in self.failed}
        imported = {}
        for module in MODULES:
            imported[module] = self._tell(module, tests)
        told = {"tests": tests, "imported": imported}
        Path(os.environ[SEEN]).write_text(json.dumps(told))

    def _tell(self, module: str, tests: dict) -> list[int]:
        lines = self.coverage.get_data().contexts_by_lineno(str(ROOT / module))
        for line, contexts in lines.items():
            for test in contexts:
                if test in tests:
                    tests[test][1].setdefault(module, []).append(line)
        return [line for line, contexts in lines.items() if "" in contexts]


if SEEN in os.environ:
    _watch = Watch()


def pytest_configure(config) -> None:
    config.pluginmanager.register(_watch, "mutants-watch")


class Reached:
    """What was seen, brought up to date."""

    def __init__(self) -> None:
        empty = {"files": {}, "tests": {}, "imported": {}, "modules": {}}
        self.kept = json.loads(KEPT.read_text()) if KEPT.exists() else empty
        self._renew()

    def tests(self, module: str, lines: set[int]) -> dict[str, float]:
        """Those that run one of these lines, with their seconds."""
        return {
            test: seconds
            for test, (seconds, seen) in self.kept["tests"].items()
            if lines.intersection(seen.get(module, ()))
        }

    def of_place(self, place: str) -> dict[str, float]:
        """Those of a file or a folder."""
        tests = self.kept["tests"].items()
        return {test: seconds for test, (seconds, _) in tests if test.startswith(place)}

    def imported(self, module: str) -> set[int]:
        return set(self.kept["imported"][module])

    @cached_property
    def files(self) -> dict[str, str]:
        found = [path for place in TESTS for path in _files(TREE / place)]
        names = [str(path.relative_to(TREE)) for path in found]
        return {name: digest(name) for name in sorted(names)}

    def _renew(self) -> None:
        modules = {module: digest(module) for module in MODULES}
        changed = {module for module in MODULES if modules[module] != self._module(module)}
        again = {name for name in self.files if self.files[name] != self.kept["files"].get(name)}
        tests = self.kept["tests"].items()
        self.kept["tests"] = {test: what for test, what in tests if _file(test) in self.files}
        for test, (_, seen) in self.kept["tests"].items():
            if changed.intersection(seen):
                again.add(_file(test))
        again.intersection_update(self.files)
        if again or changed:
            self._watch(sorted(again) or ["tests/spec/core"])
        self.kept.update(files=self.files, modules=modules)
        KEPT.write_text(json.dumps(self.kept))

    def _module(self, module: str) -> str | None:
        return self.kept["modules"].get(module)

    def _watch(self, files: list[str]) -> None:
        print(f"which lines {len(files)} files of tests reach …", flush=True)
        seen = PLACE / "seen.json"
        command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.mutants.reached"]
        command += ["-p", "no:cacheprovider", "-m", FAST, *files]
        subprocess.run(
            command, cwd=TREE, check=False, env={**os.environ, SEEN: str(seen)},
            stdout=(PLACE / "seen.log").open("w"), stderr=subprocess.STDOUT,
        )  # fmt: skip
        told = json.loads(seen.read_text())
        former = self.kept["tests"]
        self.kept["tests"] = {
            test: what for test, what in former.items() if _file(test) not in files
        } | told["tests"]
        self.kept["imported"] = told["imported"]


def _file(test: str) -> str:
    return test.partition("::")[0]


def _files(place: Path) -> list[Path]:
    return [place] if place.is_file() else list(place.rglob("test_*.py"))

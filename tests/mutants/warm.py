"""The process that has everything loaded: `python -m tests.mutants.warm loaded|fresh`.

Each line on its input is a breakage: {"module", "source", "tests", "whole"}; each line of its
answers says what became of it. For each it forks, so that nothing of one is left for the next.

*loaded* has read our modules and all tests, and has made the database: the changed code is put into
the functions that exist. *fresh* has only read what is not ours: for what happens when a module is
read. It takes the database that *loaded* made.
"""

import contextlib
import functools
import gc
import importlib
import json
import os
import resource
import signal
import sqlite3
import sys
import types
from importlib.machinery import SourceFileLoader
from pathlib import Path

import pytest

from tests.mutants.modules import FAST, TESTS
from tests.mutants.tree import ROOT

SECONDS = 60  # of CPU: a mutant that takes more is an endless loop
DATABASE = ROOT / "database.sqlite"
QUIET = ["-q", "-p", "no:cacheprovider", "--no-header", "--tb=line", "-m", FAST]
EARLY = {
    *("django", "oauthlib", "jwcrypto", "cryptography", "argon2", "celery", "kombu", "PIL", "idna"),
    *(
        "zxcvbn",
        "prometheus_client",
        "csp",
        "whitenoise",
        "redis",
        "requests",
        "joserfc",
        "asyncio",
    ),
}
OURS = ("ncconnect", "accounts", "oidc_provider", "tests", "__main__")


class Unable(Exception):
    """The change does not fit into the functions that are there."""


class Failures:
    """The first test that fails, and in which words."""

    def __init__(self) -> None:
        self.first: dict = {}

    def pytest_runtest_logreport(self, report) -> None:
        if report.failed and not self.first:
            self.first = {"by": report.nodeid, "why": report.longreprtext[-300:]}

    def pytest_collectreport(self, report) -> None:
        self.pytest_runtest_logreport(report)


def answered_by_a_child(work, asked: dict) -> dict:
    """Fork, work, and read what the child says; a child that says nothing was killed."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        _alone()
        with contextlib.suppress(BaseException):
            answer = _safely(work, asked)
            os.write(writing, json.dumps(answer).encode()[:60000])
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        told = pipe.read()
    os.waitpid(child, 0)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    return json.loads(told) if told else {"outcome": "killed", "by": "an endless loop"}


def _alone() -> None:
    os.setpgid(0, 0)
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    signal.alarm(6 * SECONDS)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)


def _safely(work, asked: dict) -> dict:
    try:
        return work(asked)
    except Unable as unable:
        return {"outcome": "unable", "why": str(unable)}
    except BaseException as error:  # noqa: BLE001  (a mutant may end in any way)
        return {"outcome": "killed", "by": "the import", "why": repr(error)[-300:]}


class Loaded:
    """A plugin: once the tests are collected, it serves instead of running them."""

    def __init__(self, asked, answers) -> None:
        self.asked, self.answers = asked, answers
        self.failures = Failures()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session) -> bool:
        self.items = {item.nodeid: item for item in session.items}
        session.config.pluginmanager.register(self.failures)
        _make_the_database(session)
        _read_every_module()
        gc.unfreeze()  # what the collector passes over is told of by nobody (tests/environment.py)
        # By its type: a lazy object that is asked for its class computes what stands behind it.
        self.functions = [each for each in gc.get_objects() if type(each) is types.FunctionType]
        self.remembered = [each for each in gc.get_objects() if _remembers(each)]
        _write_what_is_not_ours()
        gc.freeze()
        serve(self.asked, self.answers, self._work)
        return True

    def _work(self, asked: dict) -> dict:
        if asked["source"] is not None:
            self._put(str(ROOT / asked["module"]), asked["source"])
        for each in self.remembered:
            each.cache_clear()
        chosen = [item for name in asked["tests"] for item in self._named(name)]
        for item, following in zip(chosen, [*chosen[1:], None], strict=True):
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if self.failures.first:
                return {"outcome": "killed", **self.failures.first}
        return {"outcome": "survived", "tests": len(chosen)}

    def _named(self, name: str) -> list:
        """A test, or those of a file or a folder."""
        if "::" in name:
            return [self.items[name]] if name in self.items else []
        return [item for test, item in self.items.items() if test.startswith(name)]

    def _put(self, path: str, source: str) -> None:
        changed = dict(_changes(path, Path(path).read_text(), source))
        found = [each for each in self.functions if each.__code__.co_filename == path]
        if not found:
            raise Unable("none of its functions is known here")
        for function in found:
            new = changed.get(_key(function.__code__))
            if new is None:
                continue
            if new.co_freevars != function.__code__.co_freevars:
                raise Unable("other variables from outside")
            function.__code__ = new


def _remembers(thing: object) -> bool:
    """A cache of ours, which may hold what the unchanged code said."""
    return type(thing) is functools._lru_cache_wrapper and thing.__module__.startswith(OURS)


def _key(code: types.CodeType) -> tuple:
    return code.co_qualname, code.co_firstlineno


def _changes(path: str, former: str, source: str):
    """Each code object of the former source, by name and line, with the one in its place."""
    pairs = [(compile(former, path, "exec"), compile(source, path, "exec"))]
    while pairs:
        old, new = pairs.pop()
        if (old.co_name, len(_inner(old))) != (new.co_name, len(_inner(new))):
            raise Unable(f"another shape of {old.co_qualname}")
        yield _key(old), new
        pairs += zip(_inner(old), _inner(new), strict=True)


def _inner(code: types.CodeType) -> list[types.CodeType]:
    return [each for each in code.co_consts if isinstance(each, types.CodeType)]


def _make_the_database(session) -> None:
    """By the suite's own fixture: a test that needs it is run, and the session goes on."""
    from django.db import connection

    first = next(each for each in session.items if "db" in each.fixturenames)
    following = types.SimpleNamespace(listchain=lambda: [session])  # of which nothing else is kept
    first.config.hook.pytest_runtest_protocol(item=first, nextitem=following)
    DATABASE.unlink(missing_ok=True)
    blocker = session.config.stash[_blocker_key()]
    with blocker.unblock(), contextlib.closing(sqlite3.connect(DATABASE)) as copy:
        connection.ensure_connection()
        connection.connection.backup(copy)


def _blocker_key():
    from pytest_django.plugin import blocking_manager_key

    return blocking_manager_key


def _read_every_module() -> None:
    from tests.mutants.modules import MODULES
    from tests.mutants.tree import dotted

    for module in MODULES:
        importlib.import_module(dotted(module))


def fresh(asked: dict) -> dict:
    """Read everything, the changed module among it, and run the tests."""
    _read_instead(str(ROOT / asked["module"]), asked["source"])
    _take_the_database()
    failures = Failures()
    status = pytest.main([*QUIET, "-x", *asked["tests"]], plugins=[failures])
    if status == pytest.ExitCode.OK:
        return {"outcome": "survived", "tests": len(asked["tests"])}
    return {"outcome": "killed", "by": "the import", **failures.first}


def _read_instead(path: str, source: str | None) -> None:
    read = SourceFileLoader.get_code

    def get_code(self, name):
        is_it = source is not None and self.path == path
        return compile(source, path, "exec") if is_it else read(self, name)

    SourceFileLoader.get_code = get_code


def _take_the_database() -> None:
    from django.db.backends.sqlite3.creation import DatabaseCreation

    def create_test_db(self, *_, **__):
        settings = self.connection.settings_dict
        settings["NAME"] = name = self._get_test_db_name()
        self.connection.close()
        self.connection.ensure_connection()
        with contextlib.closing(sqlite3.connect(DATABASE)) as copy:
            copy.backup(self.connection.connection)
        return name

    DatabaseCreation.create_test_db = create_test_db


def serve(asked, answers, work) -> None:
    answers.write(json.dumps({"ready": True}) + "\n")
    answers.flush()
    for line in asked:
        answers.write(json.dumps(answered_by_a_child(work, json.loads(line))) + "\n")
        answers.flush()


def _read_what_is_not_ours() -> None:
    """As the other process wrote it down; its texts and pictures are taken too, not its files."""
    data, names = json.loads((ROOT / "others.json").read_text())
    os.environ.update(TEST_DATA_DIR=data, PYTEST_XDIST_WORKER="gw0")
    for name in names:
        with contextlib.suppress(Exception):
            importlib.import_module(name)


def _write_what_is_not_ours() -> None:
    """But what pytest wants to read itself, and what needs the settings."""
    names = [name for name in sys.modules if name.partition(".")[0] in EARLY]
    names = [name for name in names if not name.startswith("django.contrib")]
    (ROOT / "others.json").write_text(json.dumps([os.environ["TEST_DATA_DIR"], names]))


def main(kind: str) -> None:
    asked, answers = os.fdopen(os.dup(0)), os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    if kind == "loaded":
        pytest.main([*QUIET, *TESTS], plugins=[Loaded(asked, answers)])
        return
    _read_what_is_not_ours()
    serve(asked, answers, fresh)


if __name__ == "__main__":
    main(sys.argv[1])

"""Which argon2 a process takes: the one that its processor can run."""

import subprocess
import sys
from pathlib import Path

import pytest

from ncconnect import processors

WITH, WITHOUT = "flags\t\t: fpu sse2 avx avx2 bmi2\n", "flags\t\t: fpu sse2 avx avx2x bmi2\n"
# Hashes, and says whether the module is the one of the directory that is named.
HASH = """
import sys
from pathlib import Path
if sys.argv[1]:
    sys.path.insert(0, sys.argv[1])
import _argon2_cffi_bindings
from argon2.low_level import Type, hash_secret
print(_argon2_cffi_bindings.__file__.startswith(sys.argv[1] or "-"))
print(hash_secret(b"motdepasse", b"0123456789abcdef", time_cost=2, memory_cost=1024,
    parallelism=1, hash_len=32, type=Type.ID).decode())
"""


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "argon2").mkdir()
    return tmp_path / "argon2"


def _processor(tmp_path, flags):
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text(f"processor\t: 0\n{flags}")
    return cpuinfo


def test_a_build_that_the_processor_can_run_comes_first(tmp_path, place):
    (place / "built").touch()
    assert processors.prefer_argon2_for(_processor(tmp_path, WITH), place)
    assert sys.path[0] == str(place)


def test_nobody_is_kept_from_signing_in_by_an_older_processor(tmp_path, place):
    (place / "built").touch()
    assert not processors.prefer_argon2_for(_processor(tmp_path, WITHOUT), place)
    assert str(place) not in sys.path


def test_a_build_that_was_not_finished_is_not_taken(tmp_path, place):
    assert not processors.prefer_argon2_for(_processor(tmp_path, WITH), place)
    assert str(place) not in sys.path


def test_a_machine_that_does_not_tell_its_processor_takes_the_wheel(tmp_path, place):
    (place / "built").touch()
    assert not processors.prefer_argon2_for(tmp_path / "none", place)


@pytest.mark.skipif(
    not (processors.ARGON2_AVX2 / "built").exists()
    or not processors._has_avx2(Path("/proc/cpuinfo")),
    reason="argon2 is not built for this processor here",
)
def test_both_make_the_same_hash():
    answers = [
        subprocess.run(
            [sys.executable, "-c", HASH, where], capture_output=True, text=True, check=True
        ).stdout.split()
        for where in ("", str(processors.ARGON2_AVX2))
    ]
    assert [taken for taken, _ in answers] == ["False", "True"]
    assert answers[0][1] == answers[1][1]

"""The benchmarks run: every operation once on the embedded default, and no time is judged."""

import json
import os
import subprocess
import sys

import pytest

from benchmarks import cpu, report, targets
from benchmarks.http import CheckFailed, need, step
from benchmarks.measure import Round
from benchmarks.operations import OPERATIONS
from ncconnect.config import BASE_DIR


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """One short run: what it printed and what it kept."""
    output = tmp_path_factory.mktemp("benchmarks") / "results.json"
    options = [
        "--seconds=0.1",
        "--rounds=1",
        "--connections=1",
        "--sign-ins=3",
        "--no-crowds",
        "--no-same-for-all",
        "--no-dearest",
    ]
    embedded = {"DATABASE_URL": "", "REDIS_URL": "", "SERVICES": "none"}
    process = subprocess.run(
        [sys.executable, "-m", "benchmarks", *options, f"--output={output}"],
        cwd=BASE_DIR,
        env=os.environ | embedded,
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )
    assert process.returncode == 0, process.stderr[-3000:]
    return process.stdout, json.loads(output.read_text())


@pytest.mark.slow
@pytest.mark.slow
def test_every_operation_is_measured(run):
    _printed, kept = run
    assert list(kept["rounds"]) == list(OPERATIONS)
    assert all(turn["operations"] for turns in kept["rounds"].values() for turn in turns)
    assert all(medians["cpu_ms"] >= 0 for medians in kept["medians"].values())


@pytest.mark.slow
def test_statements_are_counted_by_request(run):
    _printed, kept = run
    requests = kept["statements"]["sign_in_without_hash"]
    assert requests["POST /oidc/token"] > 0
    assert requests["GET /oidc/userinfo"] > 0
    assert sum(kept["statements"]["discovery"].values()) == 0


@pytest.mark.slow
def test_the_table_has_a_line_for_each_operation_and_names_no_host(run):
    printed, kept = run
    assert all(f"| {name} |" in printed for name in OPERATIONS)
    assert os.uname().nodename not in printed + json.dumps(kept)


@pytest.mark.slow
def test_storage_is_counted(run):
    _printed, kept = run
    assert all(size > 0 for size in kept["storage"].values())


def test_an_unknown_operation_is_refused():
    command = [sys.executable, "-m", "benchmarks", "--only=nothing"]
    process = subprocess.run(command, cwd=BASE_DIR, capture_output=True, text=True, check=False)
    assert process.returncode == 2
    assert "no such operation: nothing" in process.stderr


def test_every_target_is_about_an_operation_that_exists():
    assert targets.CPU_MS.keys() | targets.STATEMENTS.keys() <= OPERATIONS.keys()


@pytest.mark.parametrize(
    ("value", "expected"), [(1, "excellent"), (2, "met"), (3, "met"), (6, "2.0 × must")]
)
def test_a_value_is_judged_against_its_target(value, expected):
    assert report.verdict(targets.Target(must=3, excellent=1), value) == expected


def test_a_request_is_named_without_opaque_values():
    assert step("GET", "/oidc/authorize/suite/" + "a1:b-" * 12 + "/") == (
        "GET /oidc/authorize/suite/…/"
    )
    assert step("GET", "/captcha/" + "0f" * 16 + "/images.jpg") == "GET /captcha/…/images.jpg"
    assert step("GET", "/.well-known/openid-configuration") == (
        "GET /.well-known/openid-configuration"
    )


def test_an_answer_that_is_wrong_ends_the_run():
    with pytest.raises(CheckFailed, match="state"):
        need(None, "state: not the one sent")


def test_the_cpu_time_of_ended_children_is_counted():
    burn = "sum(i * i for i in range(3_000_000))"
    script = f"import subprocess, sys; subprocess.run([sys.executable, '-c', '{burn}']); input()"
    parent = subprocess.Popen(
        [sys.executable, "-c", f"print(flush=True); {script}"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        parent.stdout.readline()
        before, deadline = cpu.seconds(parent.pid), 200
        while cpu.seconds(parent.pid) - before < 0.05 and deadline:
            deadline -= 1
            subprocess.run(["sleep", "0.05"], check=True)
        assert deadline
    finally:
        parent.communicate(b"\n", timeout=10)


def test_the_median_of_the_rounds_counts():
    turns = [Round(1, {"web": ms}, 0.0, [ms]) for ms in (1.0, 9.0, 2.0)]
    results = report.Results("2026-01-01", {}, {}, {}, rounds={"discovery": turns})
    assert results.cpu_ms("discovery") == 2.0
    assert results.ratio("discovery") == 1.0

"""The containers, as far as they can be tried without a container engine.

The compose file is read as its own program reads it; test_container_commands.py runs the commands.
"""

import os
import shutil
import subprocess

import pytest
import yaml

from ncconnect import config as configuration
from ncconnect.processes import PROCESSES
from tests.architecture import compose
from tests.architecture.compose import BASE_DIR, GIVEN

OURS = ("web", "worker", "beat", "migrate")


def needs_compose(test):
    """A program that may be missing, and takes a second: with those that start servers."""
    missing = not shutil.which("docker-compose")
    return pytest.mark.servers(
        pytest.mark.skipif(missing, reason="docker-compose is not installed")(test)
    )


@pytest.fixture(scope="module")
def services() -> dict:
    return compose.services()


def compose_config(**environment: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        ["docker-compose", "config"],
        cwd=BASE_DIR,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@needs_compose
def test_compose_reads_the_file_and_understands_it_as_we_do(services):
    result = compose_config(**GIVEN)
    assert result.returncode == 0, result.stderr
    read = yaml.safe_load(result.stdout)["services"]
    assert set(read) == set(services)
    for name in OURS:
        assert read[name]["environment"] == services[name]["environment"]
        assert read[name]["networks"].keys() == set(services[name]["networks"])


@needs_compose
@pytest.mark.parametrize("name", GIVEN)
def test_no_secret_has_a_default(name):
    result = compose_config(**{key: value for key, value in GIVEN.items() if key != name})
    assert result.returncode != 0


@pytest.mark.parametrize("name", PROCESSES)
def test_a_service_runs_the_command_of_the_demonstration(services, name):
    assert services[name]["command"] == ["python", "-m", "ncconnect.processes", name]


def test_every_service_is_watched_restarted_and_without_privileges(services):
    for name, service in services.items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["restart"] in ("unless-stopped", "on-failure"), name
        assert service["healthcheck"], name


def test_the_proxy_alone_is_reached_from_outside(services):
    assert [name for name, service in services.items() if "ports" in service] == ["proxy"]


def test_the_proxy_is_the_one_that_is_believed(services):
    proxy = services["proxy"]["networks"]["front"]["ipv4_address"]
    assert services["web"]["environment"]["TRUSTED_PROXIES"] == f"{proxy}/32"


@pytest.mark.parametrize("name", OURS)
def test_the_environment_of_a_service_is_a_configuration_without_a_fault(services, name, tmp_path):
    environment = {**services[name]["environment"], "DATA_DIR": str(tmp_path)}
    known = {variable.name for variable in configuration.VARIABLES}
    assert set(environment) <= known
    config = configuration.load({key: str(value) for key, value in environment.items()})
    assert config.issuer == "https://connect.example"
    assert not config.demo_mode


def test_the_image_copies_only_what_exists_and_ends_unprivileged():
    lines = (BASE_DIR / "Dockerfile").read_text().splitlines()
    users = [line.split()[1] for line in lines if line.startswith("USER ")]
    assert users == ["ncconnect"]
    allowed = [
        line[1:]
        for line in (BASE_DIR / ".dockerignore").read_text().splitlines()
        if line.startswith("!")
    ]
    assert all((BASE_DIR / name).exists() for name in allowed)
    assert not any("SECRET" in line or "PASSWORD" in line for line in lines)

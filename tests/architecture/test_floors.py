"""Who may know whom, and what has one reader only (the contracts are in pyproject.toml)."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

BASE_DIR = Path(__file__).resolve().parents[2]
APPS = ("ncconnect", "accounts", "oidc_provider")
# Beside Django's own names (ncconnect.celery, manage.py), that set one default and read nothing.
WRITES_ENVIRON_ONLY = "setdefault"


def sources(*roots: str) -> list[Path]:
    return [file for root in roots for file in sorted((BASE_DIR / root).rglob("*.py"))]


def imported(file: Path) -> set[str]:
    """The top-level packages that a file imports, inside functions too."""
    names = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.split(".")[0])
    return names


def reads_environ(file: Path) -> bool:
    tree = ast.parse(file.read_text())
    written = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr == WRITES_ENVIRON_ONLY
    }
    return any(
        isinstance(node, ast.Attribute)
        and node.attr in ("environ", "getenv")
        and id(node) not in written
        for node in ast.walk(tree)
    )


def test_the_contracts_hold():
    lint_imports = Path(sys.executable).with_name("lint-imports")
    result = subprocess.run(
        [lint_imports, "--no-cache"], cwd=BASE_DIR, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("file", sources("examples"), ids=lambda file: file.name)
def test_the_demonstration_partner_has_none_of_our_code(file):
    assert not imported(file) & {*APPS, "django"}


@pytest.mark.parametrize("app", APPS)
def test_nobody_imports_examples_benchmarks_or_tests(app):
    outsiders = {"examples", "benchmarks", "tests"}
    guilty = [str(file) for file in sources(app) if imported(file) & outsiders]
    assert not guilty


def test_only_the_configuration_reads_the_environment():
    readers = {str(file.relative_to(BASE_DIR)) for file in sources(*APPS) if reads_environ(file)}
    assert readers == {"ncconnect/config.py"}


def test_the_engine_s_own_urls_are_never_included():
    """They let any signed-in person register a client."""
    for file in sources(*APPS):
        text = file.read_text()
        assert "oauth2_provider.urls" not in text, file

"""What build.sh has made of the clients in other languages."""

import os
from pathlib import Path

import pytest

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ncconnect-clients"
NODE = Path(__file__).with_name("node")


def built(name: str) -> Path:
    """The program of this name; the test is skipped where its language's tool is not here."""
    program = CACHE / name
    if not program.exists():
        pytest.skip(f"{name} is not built here: tests/clients/build.sh")
    return program

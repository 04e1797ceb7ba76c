"""Where the figures come from: processor, versions, code. No name of a host or a person."""

import platform
import subprocess
from contextlib import closing
from importlib.metadata import version
from pathlib import Path

import psutil
import psycopg2
import redis

from ncconnect.config import BASE_DIR
from ncconnect.processors import ARGON2_AVX2

PACKAGES = ("Django", "granian", "django-oauth-toolkit", "argon2-cffi-bindings", "cryptography")


def facts(environment: dict[str, str]) -> dict[str, str]:
    return {
        "processor": _processor(),
        "cores": str(psutil.cpu_count()),
        "python": platform.python_version(),
        **{name: version(name) for name in PACKAGES},
        "argon2 for AVX2": "yes" if _argon2_is_wide() else "no",
        "database": _database(environment["DATABASE_URL"]),
        "redis": _redis(environment["REDIS_URL"]),
        "commit": _commit(),
    }


def _processor() -> str:
    fields = {"vendor_id": "", "model name": "", "cpu MHz": ""}
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        name, _, value = line.partition(":")
        if fields.get(name.strip()) == "":
            fields[name.strip()] = value.strip()
    return f"{fields['model name'] or platform.machine()}, {fields['cpu MHz'] or '?'} MHz"


def _argon2_is_wide() -> bool:
    import _argon2_cffi_bindings

    return ARGON2_AVX2 in Path(_argon2_cffi_bindings.__file__).parents


def _database(url: str) -> str:
    if not url.startswith("postgres"):
        from sqlite3 import sqlite_version

        return f"SQLite {sqlite_version}"
    with closing(psycopg2.connect(url)) as connection:
        number = connection.server_version
    return f"PostgreSQL {number // 10000}.{number % 10000}"


def _redis(url: str) -> str:
    if not url:
        return "none"
    with closing(redis.Redis.from_url(url)) as server:
        return server.info("server")["redis_version"]


def _commit() -> str:
    """The commit, and « + changes » when the files are not exactly that commit's."""
    try:
        commit = _git("rev-parse", "--short", "HEAD")
        return commit + (" + changes" if _git("status", "--porcelain", "-uno") else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def _git(*arguments: str) -> str:
    command = ["git", "-C", str(BASE_DIR), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

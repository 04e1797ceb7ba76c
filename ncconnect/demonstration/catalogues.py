"""Translations compiled without gettext, so that no other program has to be installed."""

import os
from collections.abc import Iterator
from pathlib import Path

import polib

from ncconnect.config import BASE_DIR


def sources(base_dir: Path = BASE_DIR) -> Iterator[Path]:
    """Every catalogue of the project."""
    return base_dir.glob("locale/*/LC_MESSAGES/django.po")


def compile_all(base_dir: Path = BASE_DIR) -> int:
    """Write the .mo beside each .po that is newer than it; returns how many were written."""
    stale = [source for source in sources(base_dir) if not _is_current(source)]
    for source in stale:
        _write(source)
    return len(stale)


def _is_current(source: Path) -> bool:
    compiled = source.with_suffix(".mo")
    return compiled.exists() and compiled.stat().st_mtime >= source.stat().st_mtime


def _write(source: Path) -> None:
    """The compiled catalogue appears complete or not at all: a running site may be reading it."""
    draft = source.with_suffix(f".{os.getpid()}.mo")
    polib.pofile(str(source)).save_as_mofile(str(draft))
    draft.replace(source.with_suffix(".mo"))


if __name__ == "__main__":
    compile_all()

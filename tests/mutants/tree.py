"""A copy of what is written down in the working tree: work goes on there meanwhile."""

import hashlib
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PLACE = ROOT / "var" / "mutants"
TREE = PLACE / "tree"


def renew() -> None:
    """Copy what differs only: Python keeps what it has compiled of the rest."""
    names = set(_listed())
    for path in TREE.rglob("*.py"):
        if str(path.relative_to(TREE)) not in names:
            path.unlink()
    for name in names:
        _copy(ROOT / name, TREE / name)


def _listed() -> list[str]:
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def _copy(origin: Path, copy: Path) -> None:
    content = origin.read_bytes()
    if not copy.exists() or copy.read_bytes() != content:
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(content)


def digest(name: str) -> str:
    return hashlib.sha256((TREE / name).read_bytes()).hexdigest()[:16]


def dotted(module: str) -> str:
    return module.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

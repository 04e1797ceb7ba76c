"""Mutation testing of the modules that guard: `python -m tests.mutants [--all] [MODULE …]`.

cosmic-ray changes one operator, number or branch at a time in a copy of the tree, and runs the
tests nearest to the module. A session is a file in var/mutants/: a run that was stopped goes on
where it was. Without arguments, what changed since its last whole run is done again.
"""

import argparse
import hashlib
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PLACE = ROOT / "var" / "mutants"
SECONDS = 120  # a mutant that takes longer is an endless loop: killed

JOURNEYS = "tests/journeys"
PEOPLE = "tests/accounts tests/journeys/test_sign_in.py tests/journeys/test_passwords.py"
TOKENS = "tests/spec/test_each_condition_alone.py tests/spec/rfc6749 tests/spec/rfc7009"
CHECKS = "tests/spec/core"
# The module, and the tests nearest to it.
MODULES = {
    "accounts/flows/activation.py": f"tests/journeys/test_activation.py {PEOPLE}",
    "accounts/flows/sign_up.py": f"tests/journeys/test_sign_up.py {PEOPLE}",
    "accounts/flows/sign_in.py": PEOPLE,
    "accounts/flows/password_reset.py": PEOPLE,
    "accounts/flows/reset_request.py": PEOPLE,
    "accounts/flows/password_change.py": PEOPLE,
    "accounts/flows/credentials.py": PEOPLE,
    "accounts/flows/suspension.py": PEOPLE,
    "accounts/links.py": f"tests/journeys/test_activation.py {PEOPLE}",
    "accounts/browser.py": f"tests/journeys/test_two_tabs.py {PEOPLE}",
    "accounts/authentication.py": PEOPLE,
    "accounts/sessions.py": PEOPLE,
    "accounts/passwords.py": PEOPLE,
    "ncconnect/ratelimit/__init__.py": "tests/ncconnect/test_ratelimit.py "
    "tests/ncconnect/test_every_limit.py",
    "ncconnect/mail/delivery.py": "tests/ncconnect/test_mail_delivery.py "
    "tests/ncconnect/test_mail_outbox.py",
    "oidc_provider/authorize/checks.py": CHECKS,
    "oidc_provider/authorize/interaction.py": f"tests/oidc_provider/test_interaction.py {CHECKS}",
    "oidc_provider/authorize/pending.py": f"tests/oidc_provider/test_pending.py {CHECKS}",
    "oidc_provider/grants/lifecycle.py": TOKENS,
    "oidc_provider/grants/redemption.py": TOKENS,
    "oidc_provider/grants/bearer.py": f"tests/oidc_provider/test_bearer.py {TOKENS}",
    "oidc_provider/token/endpoint.py": TOKENS,
    "oidc_provider/token/dot.py": TOKENS,
    "oidc_provider/grants/exchange.py": TOKENS,
    "oidc_provider/grants/refusal.py": TOKENS,
    "oidc_provider/partners/client_authentication.py": f"tests/spec/rfc7523 {TOKENS}",
    "oidc_provider/partners/client_assertions.py": "tests/spec/rfc7523",
    "oidc_provider/resources/userinfo.py": f"tests/spec/core/test_5_3_userinfo.py {TOKENS}",
    "oidc_provider/resources/introspection.py": f"tests/spec/rfc7662 {TOKENS}",
    "oidc_provider/keys/keyring.py": "tests/oidc_provider/test_keys.py "
    "tests/oidc_provider/test_rotation.py",
    "oidc_provider/logout/request.py": "tests/spec/rp_initiated_logout",
    "oidc_provider/logout/views.py": "tests/spec/rp_initiated_logout",
    "oidc_provider/logout/notices.py": "tests/spec/backchannel_logout "
    "tests/oidc_provider/test_backchannel_delivery.py",
}
FAST = "not servers and not browser and not clients and not slow"


def copy_of_the_tree() -> Path:
    """What is written down in the working tree, beside it: nothing is broken in the original."""
    tree = PLACE / "tree"
    shutil.rmtree(tree, ignore_errors=True)
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, tree / name)
    return tree


def digest(tree: Path, module: str) -> str:
    """Of the module and of its tests: the session of other ones is another session."""
    found = [tree / module]
    for name in MODULES[module].split():
        path = tree / name
        found += sorted(path.rglob("*.py")) if path.is_dir() else [path]
    content = b"".join(path.read_bytes() for path in found)
    return hashlib.sha256(content).hexdigest()[:16]


def configuration(tree: Path, module: str) -> Path:
    command = (
        f"{sys.executable} -m pytest -q -x -p no:cacheprovider --no-header --tb=no"
        f" -m '{FAST}' {MODULES[module]}"
    )
    file = tree / "mutants.toml"
    file.write_text(
        f'[cosmic-ray]\nmodule-path = "{module}"\ntimeout = {SECONDS}.0\n'
        f'excluded-modules = []\ntest-command = "{command}"\n'
        '[cosmic-ray.distributor]\nname = "local"\n'
    )
    return file


def ray(tree: Path, *arguments: object) -> None:
    command = [sys.executable, "-m", "cosmic_ray.cli", *map(str, arguments)]
    subprocess.run(command, cwd=tree, check=True)


def run(tree: Path, module: str) -> None:
    """Kill what is alive of this module, from where the last run stopped."""
    name = module.removesuffix(".py").replace("/", ".")
    session = PLACE / f"{name}.{digest(tree, module)}.sqlite"
    config = configuration(tree, module)
    if not session.exists():
        for former in PLACE.glob(f"{name}.*.sqlite"):
            former.unlink()
        ray(tree, "init", config, session)
    if "--all" in sys.argv or left(session):
        ray(tree, "exec", config, session)
    tell(module, session)


def left(session: Path) -> int:
    return _ask(session, "SELECT count(*) FROM work_items") - _ask(
        session, "SELECT count(*) FROM work_results"
    )


def _ask(session: Path, question: str) -> int:
    with closing(sqlite3.connect(session)) as database:
        return database.execute(question).fetchone()[0]


SURVIVORS = """SELECT specs.operator_name, specs.start_pos_row FROM work_results
JOIN mutation_specs AS specs USING (job_id) WHERE test_outcome = 'SURVIVED' ORDER BY 2"""


def tell(module: str, session: Path) -> None:
    with closing(sqlite3.connect(session)) as database:
        alive = database.execute(SURVIVORS).fetchall()
    done = _ask(session, "SELECT count(*) FROM work_results")
    killed = 100 * (done - len(alive)) / done if done else 100
    print(f"{module}: {killed:.1f} % of {done} killed", flush=True)
    for operator, line in alive:
        print(f"  {module}:{line} {operator.removeprefix('core/')}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--all", action="store_true", help="also those that are done")
    parser.add_argument("modules", nargs="*", metavar="MODULE")
    asked = parser.parse_args()
    PLACE.mkdir(parents=True, exist_ok=True)
    tree = copy_of_the_tree()
    for module in asked.modules or MODULES:
        run(tree, module)


if __name__ == "__main__":
    main()

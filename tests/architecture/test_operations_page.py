"""docs/operations.md says what the code does: every variable, every limit, every figure."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import get_commands

from ncconnect.config import VARIABLES, Variable

ROOT = Path(__file__).parent.parent.parent
FLOORS = ("ncconnect", "accounts", "oidc_provider")
UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"))


@pytest.fixture(scope="module")
def page() -> list[str]:
    return (ROOT / "docs/operations.md").read_text("utf-8").splitlines()


@pytest.mark.parametrize("variable", VARIABLES, ids=lambda variable: variable.name)
def test_every_variable_is_there_with_its_default(page, variable: Variable):
    default = f"`{variable.default}`" if variable.default else "none"
    assert f"| `{variable.name}` | {default} | {variable.meaning} |" in page


def test_every_limit_is_there_with_its_numbers(page):
    from ncconnect.ratelimit import LIMITS

    rows = [
        f"| `{name}` | {limit.number} in {_in_words(limit.window)} | {limit.counted_by}"
        f" | {limit.meaning} |"
        for name, limit in LIMITS.items()
    ]
    assert [row for row in rows if row not in page] == []


def _in_words(seconds: int) -> str:
    size, unit = next((size, unit) for size, unit in UNITS if seconds % size == 0)
    return f"{seconds // size} {unit}"


def test_every_figure_is_there(page):
    from ncconnect import metrics
    from ncconnect.mail import delivery

    counters = (metrics.HTTP_REQUESTS, metrics.EVENTS, metrics.MAILS, metrics.LIMITED)
    names = [f"{counter._name}_total" for counter in counters] + [metrics.HTTP_SECONDS._name]
    names += ["ncconnect_outbox_oldest_seconds", "ncconnect_outbox_mails"]
    assert delivery.gauges
    text = "\n".join(page)
    assert [name for name in names if f"`{name}`" not in text] == []


# --- Names that are checked when the code runs are checked here before it does


def _first_words(module: str, functions: tuple[str, ...]) -> Iterator[str]:
    """The first argument, where it is written out, of calls such as audit.record("…")."""
    for floor in FLOORS:
        for file in (ROOT / floor).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                if _calls(node, module, functions) and isinstance(node.args[0], ast.Constant):
                    yield node.args[0].value


def _calls(node: ast.AST, module: str, functions: tuple[str, ...]) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and (node.func.value.id, node.func.attr in functions) == (module, True)
        and bool(node.args)
    )


def test_every_event_that_is_recorded_is_in_the_catalogue():
    from ncconnect.audit.events import EVENTS

    assert (
        set(
            _first_words(
                "audit",
                (
                    "record",
                    "record_after",
                ),
            )
        )
        - set(EVENTS)
        == set()
    )


def test_every_limit_that_is_counted_is_in_the_table():
    from ncconnect.ratelimit import LIMITS

    assert set(_first_words("ratelimit", ("hit", "peek", "reset"))) - set(LIMITS) == set()


def test_every_limit_is_counted_somewhere():
    from ncconnect.ratelimit import LIMITS

    code = "".join(
        file.read_text("utf-8")
        for floor in FLOORS
        for file in (ROOT / floor).rglob("*.py")
        if file.name != "limits.py"
    )
    assert [name for name in LIMITS if f'"{name}"' not in code] == []


def test_commands_that_the_pages_name_are_there():
    known = get_commands()
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    named = {name for page in pages for name in re.findall(r"manage\.py (\w+)", page.read_text())}
    assert named - known.keys() == set()


def test_interface_names_every_command_of_ours():
    ours = {name for name, app in get_commands().items() if app in FLOORS}
    told = (ROOT / "docs" / "interface.md").read_text()
    assert [name for name in ours if f"manage.py {name}" not in told] == ["run_demonstration"]


def test_no_command_in_a_container_opens_the_standard_input_by_name():
    """The pipe is root's: whom the image runs as may read it, and not open it anew."""
    assert "/dev/stdin" not in (ROOT / "docs" / "deployment.md").read_text()

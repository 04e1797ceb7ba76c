"""What the dearest anonymous request of each address costs: CPU, rows written, time held.

The addresses come from the site's own map, so that a new page is here without being named. Each is
asked plainly, and then as somebody would who wants it to be dear: long rows of accents in every
field and parameter, and, where there is a form, the whole of it right but for a password that is
all signs which stand for letters. The dearest of them is the line of the table. The hash is
production's: nothing anonymous may cost more than a sign-in, which has one.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import asdict, dataclass
from urllib.parse import quote

import django
import psycopg2

from benchmarks import cpu
from benchmarks.http import Answer, Browser, parsed
from benchmarks.measure import visitors
from benchmarks.operations import OPERATIONS
from benchmarks.service import Installation, Service, Variant, printed
from benchmarks.visitor import Visitor

# A form is judged to its end when no picture has to be told from another; pictures are measured
# by the operation `captcha`.
VARIANT = Variant("dearest", {"CAPTCHA_BACKEND": "none", "WEB_WORKERS": "1"}, people=2)
REPEATED = 12  # CPU time is told in hundredths of a second
ACCENTS = "a" + "\u0301" * 700 + "\u0323" * 700
SIGNS = "Aa4@b8c({[<e3g69&#i!1/|o0s$5t+7x%z2"
NAMES = (
    *("email", "email2", "password1", "password2", "password", "current", "username", "next"),
    *("state", "nonce", "login_hint", "client_id", "redirect_uri", "token", "code", "claims"),
)
LONG = dict.fromkeys(NAMES[:7], ACCENTS)  # 64 kB at most, as everything is written %CC%81
RIGHT = {
    "password1": SIGNS,
    "password2": SIGNS,
    "password": SIGNS,
    "cgu": "on",
}


@dataclass(frozen=True)
class Cost:
    """Of one request: on average, but for ``held_ms``, the longest."""

    request: str
    cpu_ms: float
    rows: float
    held_ms: float


def addresses(patterns=None, before: str = "/") -> Iterator[str]:
    """Every address without a part to be filled in, as `python -m benchmarks.dearest` prints them.

    The administration's are one: the sign-in page stands before all of them.
    """
    from django.urls import URLPattern, get_resolver

    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        route = before + str(pattern.pattern)
        if not isinstance(pattern, URLPattern):
            yield from addresses(pattern.url_patterns, route)
        elif not set(route) & set("<^\\(") and (route == "/admin/" or "/admin/" not in route):
            yield route


def _plainly(browser: Browser, url: str, page: Answer | None) -> Answer:
    return browser.opens(url)


def _long_parameters(browser: Browser, url: str, page: Answer | None) -> Answer:
    return browser.opens(f"{url}?next={quote(ACCENTS)}&state={quote(ACCENTS[:300])}")


def _long_form(browser: Browser, url: str, page: Answer | None) -> Answer:
    return browser.submits(page, parsed(page).hidden | LONG)


def _right_form(browser: Browser, url: str, page: Answer | None) -> Answer:
    email = f"p{time.monotonic_ns()}@exemple.nc"
    whole = {"email": email, "email2": email, "username": email} | RIGHT
    return browser.submits(page, parsed(page).hidden | whole)


REQUESTS = {
    "GET": _plainly,
    "GET, long parameters": _long_parameters,
    "POST, long fields": _long_form,
    "POST, a right form": _right_form,
}


def measured(
    installation: Installation, service: Service, say: Callable[[str], None]
) -> dict[str, dict]:
    """The dearest request of each address."""
    known = json.loads(printed(["benchmarks.dearest"], installation.of(VARIANT, service.port)))
    found = {}
    with visitors(OPERATIONS["login_page"], service, 1) as (visitor,):
        for address in known:
            say(f"dearest request: {address}")
            costs = [
                _cost(installation, service, visitor, address, request) for request in REQUESTS
            ]
            found[address] = asdict(max(costs, key=lambda cost: cost.cpu_ms))
    return found


def _cost(
    installation: Installation, service: Service, visitor: Visitor, address: str, request: str
) -> Cost:
    act, url = REQUESTS[request], visitor.wire.issuer + address
    ready = []
    for _ in range(REPEATED + 1):
        browser = visitor.new_browser()  # at an address of its own: no limit stops it
        ready.append((browser, browser.opens(url) if "POST" in request else None))
    with suppress(OSError):
        act(browser, url, ready.pop()[1])  # what a process does once is no request's
    visitor.wire.close()
    groups = {"web": service.pid, **installation.groups}
    rows, before, longest = _rows(installation), cpu.snapshot(groups), 0.0
    for browser, page in ready:
        started = time.perf_counter()
        with suppress(OSError):  # it answered without waiting for the rest, and hung up
            act(browser, url, page)
        if page:
            visitor.wire.close()  # the next one connects anew, whatever was left unread
        longest = max(longest, time.perf_counter() - started)
    after = cpu.snapshot(groups)
    used = sum(after[name] - before[name] for name in groups) * 1000 / REPEATED
    return Cost(request, used, (_rows(installation) - rows) / REPEATED, longest * 1000)


def _rows(installation: Installation) -> int:
    """All rows of all tables."""
    if not installation.database_url.startswith("postgres"):
        return 0
    with closing(psycopg2.connect(installation.database_url)) as connection:
        cursor = connection.cursor()
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        counts = [f'(SELECT count(*) FROM "{name}")' for (name,) in cursor.fetchall()]
        cursor.execute(f"SELECT {' + '.join(counts)}")
        return cursor.fetchone()[0]


if __name__ == "__main__":
    django.setup()
    json.dump(sorted(set(addresses())), sys.stdout)

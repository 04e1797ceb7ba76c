"""Debian's chromium, driven by Playwright, in front of the running demonstration.

The browser and the service live as long as the tests of this folder: Playwright keeps an event
loop in this thread, and Django refuses its database to whoever runs one.
"""

import os
import shutil
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.inspection import Inspector
from tests.browser.visitor import Visitor
from tests.running import Service, service  # noqa: F401  (a fixture)

LOCALES = {"fr": "fr-FR", "en": "en-GB"}
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    # Nothing but this machine has a name.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1, EXCLUDE ::1",
]


def pytest_collection_modifyitems(items) -> None:
    """In one group, so that several workers do not start several services."""
    for item in items:
        if "/tests/browser/" in str(item.path):
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.xdist_group("browser"))


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        missing = "chromium is not installed (apt install chromium)"
        pytest.fail(missing) if os.environ.get("CI") == "true" else pytest.skip(missing)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def visitor(service: Service, chromium: Browser) -> Iterator[Callable[..., Visitor]]:  # noqa: F811
    """Makes people in front of browsers. None of them may have seen a violation of our policy, a
    request that leaves the machine, or a failure of a server."""
    people: list[Visitor] = []

    def make(**options) -> Visitor:
        people.append(Visitor(service, chromium, **options))
        return people[-1]

    yield make
    for person in people:
        person.leave()
    complaints = [complaint for person in people for complaint in person.complaints]
    assert not complaints, "\n".join(["the browsers complain:", *complaints])


@pytest.fixture(params=sorted(LOCALES))
def language(request) -> str:
    return request.param


@pytest.fixture
def inspector(visitor, language):
    """Looks at pages; what it found is told at the end, all pages together."""
    eye = Inspector(visitor(locale=LOCALES[language]), language)
    yield eye
    assert eye.seen
    assert not eye.faults, "\n".join(["what was found:", *eye.faults])

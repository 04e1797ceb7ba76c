"""The look, in a real browser: nothing overflows, axe finds nothing, targets are large enough."""

import os
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import path, reverse
from playwright.sync_api import Page, sync_playwright

from ncconnect import errors
from ncconnect.urls import *  # noqa: F403  (this module is the URLconf of its own tests)
from ncconnect.urls import urlpatterns as of_the_site
from oidc_provider.documentation.views import PAGES
from tests.architecture.pages_sample.views import sample

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--no-first-run"),
)
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# Links inside a sentence may be smaller (WCAG 2.5.8).
SMALL_TARGETS = """
[...document.querySelectorAll("a, button, summary, input:not([type=hidden])")]
  .filter(e => !e.closest("p, label, .vh, .evite, main li:not(.carte)") && e.offsetParent)
  .map(e => [e.getBoundingClientRect(), e.outerHTML])
  .filter(([box]) => box.width && Math.min(box.width, box.height) < 23.5)
  .map(([box, html]) => html.slice(0, 120))
"""
urlpatterns = [
    *of_the_site,
    path("composants/", sample),
    path("trop/", lambda request: errors.too_many(request, 600)),
    path("ferme/", lambda request: errors.unavailable(request, 30)),
]
DOCUMENTATION = [page.name for page in PAGES]
NAMES = (
    "home",
    "help",
    "terms",
    "legal",
    "privacy",
    "accessibility",
    "contact",
    "learn_more",
    "easy_read",
    *DOCUMENTATION,
)
OTHERS = ("/composants/", "/composants/?errors", "/trop/", "/ferme/", "/absente/")

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="chromium is not installed"),
    pytest.mark.urls(__name__),
    pytest.mark.browser,
]


@pytest.fixture
def plain_static_names(settings):
    """The live server answers for the source files, which have no digest in their names."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": plain}


@pytest.fixture
def visit(plain_static_names, live_server, monkeypatch):
    """Open pages as somebody with this screen; gives the browser's page."""
    # Playwright keeps an event loop in this thread; Django takes it for asynchronous code.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)

        def open_pages(width: int, scheme: str, language: str = "fr-FR"):
            context = browser.new_context(
                viewport={"width": width, "height": 800},
                color_scheme=scheme,
                locale=language,
                bypass_csp=True,  # axe is a script
            )
            page = context.new_page()
            for address in [*map(reverse, NAMES), *OTHERS]:
                page.goto(live_server.url + address)
                yield address, page

        yield open_pages
        browser.close()


def keep_picture(page: Page, name: str) -> None:
    """A picture to look at, where the run says to keep them."""
    if folder := os.environ.get("SCREENSHOTS_DIR"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


@pytest.mark.parametrize(
    ("language", "width", "scheme"),
    [
        ("fr-FR", 320, "light"),
        ("fr-FR", 1280, "light"),
        ("fr-FR", 320, "dark"),
        ("fr-FR", 1280, "dark"),
        ("en-GB", 320, "light"),
        ("en-GB", 1280, "dark"),
    ],
)
def test_every_page_is_usable(visit, width, scheme, language):
    faults = []
    for address, page in visit(width, scheme, language):
        name = address.strip("/").replace("/", "-").replace("?", "-") or "accueil"
        keep_picture(page, f"{name}-{width}-{scheme}-{language[:2]}")
        overflow = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        violations = Axe().run(page, options={"runOnly": RULES}).response["violations"]
        small = page.evaluate(SMALL_TARGETS)
        if overflow > 0 or violations or small:
            faults.append((address, overflow, [v["id"] for v in violations], small))
    assert not faults


def test_error_summary_has_the_focus_when_the_page_opens(visit):
    for address, page in visit(1280, "light"):
        if address == "/composants/?errors":
            assert page.evaluate("document.activeElement.id") == "erreurs"


def test_keyboard_meets_the_skip_link_first_and_it_works(visit):
    _, page = next(visit(1280, "light"))
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "evite"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "contenu"

"""Everything that is checked of a page by machine, in light and dark, narrow and wide."""

import re
from itertools import pairwise
from urllib.parse import urlsplit

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

from tests.browser import french
from tests.browser.notice_texts import norm
from tests.browser.visitor import Visitor

WCAG = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
TAGS = (*WCAG, "best-practice")
NARROW, WIDE = {"width": 320, "height": 640}, {"width": 1280, "height": 900}
TITLE = re.compile(r"^(?:(Erreur : |Error: ).+|.+) – NC Connect$|^NC Connect – .+$")

AXE = """async tags => {
  const runOnly = {type: "tag", values: tags};
  const {violations} = await axe.run(document, {runOnly, preload: false, iframes: false});
  return violations.map(v => `${v.id}: ${v.nodes.map(n => n.target.join(" ")).join(", ")}`);
}"""
# How much wider than the window the page is, and the innermost elements that make it so.
OVERFLOW = """() => {
  const over = document.documentElement.scrollWidth - innerWidth;
  if (over <= 0) return "";
  const wide = [...document.querySelectorAll("body *")].filter(element =>
    element.getBoundingClientRect().right > innerWidth && !element.closest(".vh, .evite"));
  const inner = wide.filter(element => !wide.some(other => other !== element
    && element.contains(other)));
  return `${over} px too wide: ${inner.map(element => element.outerHTML.slice(0, 80)).join(" ")}`;
}"""
# WCAG 2.2, success criterion 1.4.12. A sheet made by script is not stopped by our policy.
TEXT_SPACING = """on => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`* { line-height: 1.5 !important; letter-spacing: .12em !important;
    word-spacing: .16em !important } p { margin-bottom: 2em !important }`);
  document.adoptedStyleSheets = on ? [sheet] : [];
}"""
# WCAG 2.2, success criterion 2.5.8: 24 by 24, except links inside a sentence.
SMALL_TARGETS = """() => [...document.querySelectorAll(
    "a, button, summary, input:not([type=hidden]), select, textarea")].filter(element => {
  if (element.closest("[aria-hidden], .vh, .evite") || !element.checkVisibility()) return false;
  const box = element.getBoundingClientRect();
  if (Math.round(box.width) >= 24 && Math.round(box.height) >= 24) return false;
  if (getComputedStyle(element, "::after").position === "absolute") return false;
  const around = element.parentElement.textContent.trim(), own = element.textContent.trim();
  return getComputedStyle(element).display !== "inline" || around.length <= own.length;
}).map(element => element.outerHTML.slice(0, 120))"""
HEADINGS = (
    "() => [...document.querySelectorAll('h1,h2,h3,h4,h5,h6')].map(h => Number(h.tagName[1]))"
)
AUTOFOCUSED = """() => {
  const element = document.querySelector("[autofocus]");
  return element.id || element.className;
}"""
FOCUSED = """() => {
  const focused = document.activeElement;
  return focused === document.body ? "" : focused.id || focused.className || focused.tagName;
}"""


# Words of a usual length that a heading does not hold: they break where no syllable ends.
# Code may break anywhere.
BROKEN_WORDS = """() => [...document.querySelectorAll("h1, h2, h3")].flatMap(heading => {
  const walker = document.createTreeWalker(heading, NodeFilter.SHOW_TEXT), range = new Range();
  const broken = [];
  while (walker.nextNode()) {
    if (walker.currentNode.parentElement.closest("code")) continue;
    const words = walker.currentNode.nodeValue.matchAll(/(?<!\\p{L})\\p{L}{2,15}(?!\\p{L})/gu);
    for (const {0: word, index} of words) {
      range.setStart(walker.currentNode, index);
      range.setEnd(walker.currentNode, index + word.length);
      if (range.getClientRects().length > 1) broken.push(word);
    }
  }
  return broken;
})"""


class Inspector:
    """Looks at the page in front of a person; the faults of all pages are listed together."""

    def __init__(self, person: Visitor, language: str):
        self.person = person
        self.language = language
        self.faults: list[str] = []
        self.seen: list[str] = []

    @property
    def page(self) -> Page:
        return self.person.page

    def looks(self, name: str, *, error: bool = False) -> None:
        """Inspect the page; ``error``: it shows a form with errors, and must say so first."""
        self.seen.append(name)
        found = [
            *self._focus(error),
            *self._words(error),
            *self._structure(),
            *self._combinations(),
        ]
        self.faults += [f"{name} ({urlsplit(self.page.url).path}): {fault}" for fault in found]

    def looks_at_document(self, name: str, html: str, tags: tuple[str, ...] = WCAG) -> None:
        """What brings its own styles and is no page of the site: a mail, the proxy's page."""
        self.seen.append(name)
        self.page.goto("about:blank")
        self.page.set_content(html)
        self.page.evaluate(AXE_SCRIPT)
        for size in (NARROW, WIDE):
            self.page.set_viewport_size(size)
            for scheme in ("light", "dark"):
                self.page.emulate_media(color_scheme=scheme)
                found = self._axe(tags)
                self.faults += [f"{name}: {fault} [{scheme}, {size['width']}]" for fault in found]
            if over := self.page.evaluate(OVERFLOW):
                self.faults.append(f"{name}: {over}")

    def _focus(self, error: bool) -> list[str]:
        """The summary of the errors has the focus; on any other page Tab finds the way to skip."""
        page = self.page
        if page.locator("[autofocus]").count():
            focused = page.evaluate(FOCUSED)
            wanted = "erreurs" if error else page.evaluate(AUTOFOCUSED)
            return [] if focused == wanted else [f"the focus is on {focused!r}, not on {wanted!r}"]
        page.keyboard.press("Tab")
        focused = page.evaluate(FOCUSED)
        page.evaluate("() => document.activeElement.blur()")
        return [] if focused == "evite" else [f"the first stop of Tab is {focused!r}"]

    def _words(self, error: bool) -> list[str]:
        faults = []
        title = TITLE.match(norm(self.page.title()))
        if not title or bool(title[1]) != error:
            faults.append(f"title {self.page.title()!r}")
        language = self.page.locator("html").get_attribute("lang")
        if language != self.language:
            faults.append(f"lang={language}")
        if self.language == "en" and (left := french.sentences(self.page)):
            faults.append(f"left in French: {left}")
        return faults

    def _structure(self) -> list[str]:
        levels = self.page.evaluate(HEADINGS)
        faults = [] if levels.count(1) == 1 else [f"{levels.count(1)} h1"]
        body = levels[levels.index(1) :] if 1 in levels else levels
        jumps = [(a, b) for a, b in pairwise(body) if b > a + 1]
        return faults + ([f"headings skip a level: {jumps}"] if jumps else [])

    def _combinations(self) -> list[str]:
        page, faults = self.page, []
        page.evaluate(AXE_SCRIPT)
        for size in (NARROW, WIDE):
            page.set_viewport_size(size)
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme)
                faults += [f"{fault} [{scheme}, {size['width']}]" for fault in self._axe(TAGS)]
            if size is NARROW:
                faults += self._reflow()
        page.emulate_media(color_scheme="light")
        return faults

    def _axe(self, tags: tuple[str, ...]) -> list[str]:
        return self.page.evaluate(AXE, list(tags))

    def _reflow(self) -> list[str]:
        page, faults = self.page, []
        if over := page.evaluate(OVERFLOW):
            faults.append(over)
        if broken := page.evaluate(BROKEN_WORDS):
            faults.append(f"words broken in headings: {broken}")
        if small := page.evaluate(SMALL_TARGETS):
            faults.append(f"targets under 24 px: {small}")
        page.evaluate(TEXT_SPACING, True)
        if over := page.evaluate(OVERFLOW):
            faults.append(f"with spaced text, {over}")
        page.evaluate(TEXT_SPACING, False)
        return faults

"""Two ways to use a page: the mouse, and the keyboard alone."""

from playwright.sync_api import Locator, Page

MOST_STOPS = 150  # of the Tab key, before a target counts as out of reach

HAS_FOCUS = """element => {
  const root = element.getRootNode();
  return root.activeElement === element && element.ownerDocument.hasFocus();
}"""
LIES_BEFORE_FOCUS = """element => {
  const focused = document.activeElement;
  const relation = element.compareDocumentPosition(focused);
  return focused !== document.body && Boolean(relation & Node.DOCUMENT_POSITION_FOLLOWING);
}"""
# What has the focus, when one cannot see that it has: out of the window, or without a ring.
HIDDEN_FOCUS = """() => {
  const focused = document.activeElement;
  if (!focused || focused === document.body || focused.tagName === "IFRAME") return "";
  const box = focused.getBoundingClientRect(), style = getComputedStyle(focused);
  const seen = box.width > 2 && box.height > 2 && box.bottom > 0 && box.right > 0
    && box.top < innerHeight && box.left < innerWidth;
  const ring = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  return seen && ring ? "" : focused.outerHTML.slice(0, 160);
}"""


class Mouse:
    """Clicks, and fills in what it clicked."""

    def __init__(self, page: Page):
        self.page = page

    def press(self, target: Locator) -> None:
        target.click()

    def tick(self, target: Locator) -> None:
        target.check()

    def type(self, target: Locator, text: str) -> None:
        target.fill(text)


class Keyboard:
    """Tab and Shift-Tab to get there, Space, Enter and letters once there; nothing else.

    ``lost_focus`` collects the places where a person could not see where they were.
    """

    def __init__(self, page: Page):
        self.page = page
        self.lost_focus: list[str] = []

    def press(self, target: Locator) -> None:
        self._reach(target)
        self.page.keyboard.press("Enter")

    def tick(self, target: Locator) -> None:
        self._reach(target)
        self.page.keyboard.press("Space")

    def type(self, target: Locator, text: str) -> None:
        self._reach(target)
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(text)

    def _reach(self, target: Locator) -> None:
        target.wait_for()
        if target.evaluate(HAS_FOCUS):
            return
        key = "Shift+Tab" if target.evaluate(LIES_BEFORE_FOCUS) else "Tab"
        for _ in range(MOST_STOPS):
            self.page.keyboard.press(key)
            if hidden := self.page.evaluate(HIDDEN_FOCUS):
                self.lost_focus.append(f"{self.page.url.split('?')[0]} {hidden}")
            if target.evaluate(HAS_FOCUS):
                return
        raise AssertionError(f"{key} does not reach {target}")

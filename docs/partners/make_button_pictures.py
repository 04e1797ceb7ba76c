"""Draw the PNG of the button's marks from their SVG, at one and two pixels a point.

    .venv/bin/python docs/partners/make_button_pictures.py

Needs Debian's chromium. Run it when an SVG of static/bouton/ changes.
"""

from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

FOLDER = Path(__file__).resolve().parents[2] / "static" / "bouton"
SIZE = 36  # pixels at @1x, as the SVG says of itself
SUFFIXES = {1: "", 2: "@2x"}


def draw(browser: Browser, svg: Path, scale: int) -> bytes:
    """The picture as PNG, on a transparent ground."""
    page = browser.new_page(viewport={"width": SIZE, "height": SIZE}, device_scale_factor=scale)
    page.set_content(f"<style>body{{margin:0}}svg{{display:block}}</style>{svg.read_text()}")
    picture = page.screenshot(omit_background=True)
    page.close()
    return picture


def main() -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
        )
        for svg in sorted(FOLDER.glob("*.svg")):
            for scale, suffix in SUFFIXES.items():
                svg.with_name(f"{svg.stem}{suffix}.png").write_bytes(draw(browser, svg, scale))
        browser.close()


if __name__ == "__main__":
    main()

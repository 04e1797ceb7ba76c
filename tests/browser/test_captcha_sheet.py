"""Nine pictures cut out of one sheet by the stylesheet: each its own, large enough for a finger."""

import pytest

WIDTHS = (320, 390, 1280)

PLACES = """() => [...document.querySelectorAll('.grille li')].map(li => {
  const frame = li.querySelector('.image').getBoundingClientRect();
  const sheet = li.querySelector('img').getBoundingClientRect();
  return {side: frame.width, height: frame.height, sheet: sheet.width / 3,
          x: frame.x - sheet.x, y: frame.y - sheet.y};
})"""


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("presses", [0, 1])
def test_each_picture_is_its_part_of_the_sheet(visitor, width, presses):
    person = visitor()
    page = person.page
    page.set_viewport_size({"width": width, "height": 800})
    person.opens("/inscription/")
    for _press in range(presses):
        with page.expect_navigation():
            page.locator("[name=captcha_autre]").click()
    least = 132 if presses else 88
    places = page.evaluate(PLACES)
    assert len(places) == 9
    for number, place in enumerate(places):
        row, column = divmod(number, 3)
        assert place["side"] >= least - 0.5
        assert abs(place["side"] - place["height"]) < 1
        assert abs(place["sheet"] - place["side"]) < 1
        assert abs(place["x"] - column * place["side"]) < 1
        assert abs(place["y"] - row * place["side"]) < 1
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_nine_pictures_are_one_request(visitor):
    person = visitor()
    sheets: list[str] = []
    person.page.on("request", lambda sent: sheets.append(sent.url))
    person.opens("/inscription/")
    person.page.wait_for_load_state("networkidle")
    assert sum("/captcha/" in url for url in sheets) == 1

"""What the Enter key does, field by field: the form's own action, never a button beside it."""

from urllib.parse import parse_qs

import pytest
from playwright.sync_api import Page, Route

from tests.browser.test_accessibility import ask_for_reset
from tests.browser.visitor import Visitor

CAPTCHA_BUTTONS = {"captcha_autre", "captcha_audio", "captcha_images", "captcha_google"}
FIELDS = "main form :is(input:not([type=hidden], [tabindex='-1']), select)"


def pressed_enter_in_each_field(page: Page) -> dict[str, dict[str, list[str]]]:
    """What the page would send, by the field that had the focus; nothing leaves the browser."""
    sent: list[str] = []

    def keep(route: Route) -> None:
        if route.request.method != "POST":
            return route.fallback()
        sent.append(route.request.post_data or "")
        return route.fulfill(status=204)  # the page stays as it is

    page.route("**/*", keep)
    found = {}
    for field in page.locator(FIELDS).all():
        with page.expect_request(lambda request: request.method == "POST"):
            field.press("Enter")
        name = f"{field.get_attribute('name')} {field.get_attribute('value') or ''}".strip()
        found[name] = parse_qs(sent[-1], keep_blank_values=True)
    page.unroute("**/*")
    return found


def check_own_action(page: Page, fields: int) -> None:
    posted = pressed_enter_in_each_field(page)
    assert len(posted) == fields
    for name, data in posted.items():
        assert not CAPTCHA_BUTTONS & set(data), f"Enter in {name} presses a button of the captcha"
        assert "deny" not in data, f"Enter in {name} refuses"


def test_enter_creates_the_account(visitor):
    """Not « Autres images », the first button that one sees."""
    person = visitor()
    person.opens("/inscription/")
    check_own_action(person.page, fields=4 + 9 + 1)
    person.page.locator("[name=captcha_audio]").click()
    person.page.locator("audio").wait_for()
    check_own_action(person.page, fields=4 + 1 + 1)


def test_enter_signs_in(visitor):
    person = visitor()
    person.comes_from_partner()
    check_own_action(person.page, fields=2 + 1)


def test_enter_signs_in_beyond_the_threshold_of_failures(visitor):
    person = visitor()
    person.has_an_account()
    person.opens("/connexion/")
    until_throttled(person)
    assert person.page.locator(".captcha").count() == 1
    check_own_action(person.page, fields=2 + 1 + 9)


def until_throttled(person: Visitor) -> None:
    """Give wrong passwords until the page asks for the captcha."""
    page = person.page
    for _ in range(12):
        page.locator("[name=username]").fill(person.email)
        page.locator("[name=password]").fill("Pas Le Bon Mot 1")
        with page.expect_navigation():
            page.locator("#login .btn:not(.sec)").click()
        if page.locator(".captcha").count():
            return


def test_enter_changes_the_password(visitor):
    person = visitor()
    person.has_an_account()
    person.opens("/mot-de-passe-oublie/")
    check_own_action(person.page, fields=1)
    person.opens(ask_for_reset(person, "/mot-de-passe-oublie/"))
    check_own_action(person.page, fields=2)
    person.opens("/connexion/")
    person.signs_in()
    person.arrives("/mon-compte/")
    person.opens("/mon-compte/mot-de-passe/")
    check_own_action(person.page, fields=3)


@pytest.mark.parametrize("key", ["Enter", "Space"])
def test_both_keys_press_a_button(visitor, key):
    person = visitor()
    person.opens("/inscription/")
    word = person.page.locator(".captcha legend").inner_text()
    before = person.page.locator("[name=captcha_jeton]").input_value()
    with person.page.expect_navigation():
        person.page.locator("[name=captcha_autre]").press(key)
    assert person.page.locator("[name=captcha_jeton]").input_value() != before
    assert person.page.locator(".captcha legend").inner_text().startswith(word[:12])
    assert person.page.evaluate("() => document.activeElement.name") == "captcha_choix"

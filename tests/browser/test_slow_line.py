"""A person who presses the button again, one second later, because nothing seems to happen."""

import threading

from playwright.sync_api import Route

from tests.running import Service

SECOND = 1000  # milliseconds


def answers_late(page) -> threading.Event:
    """The first form that is sent is answered at once, and what is in the answer comes late: the
    cookies of its head are in the browser while its person still waits."""
    first = threading.Event()

    def hold(route: Route) -> None:
        if route.request.method != "POST" or first.is_set():
            route.continue_()
            return
        first.set()
        route.fetch(max_redirects=0)  # its cookies go into the browser; nothing else of it does

    page.route("**/connexion/**", hold)
    return first


def presses_twice(person) -> None:
    button = person.page.locator("#login .barre .btn")
    button.scroll_into_view_if_needed()
    box = button.bounding_box()
    place = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    first = answers_late(person.page)
    person.page.mouse.click(*place)
    person.page.wait_for_timeout(SECOND)
    assert first.is_set()
    person.page.mouse.click(*place)


def test_a_second_press_after_a_second_reaches_the_partner(visitor, service: Service):
    person = visitor()
    person.has_an_account()
    person.comes_from_partner()
    person.fills_in_sign_in()
    presses_twice(person)
    person.page.locator(
        ".who"
    ).wait_for()  # waiting for the address would see the first one given up
    assert person.page.url.startswith(f"{service.partner_url}/espace/")
    assert person.email in person.page.content()


def test_a_second_press_without_a_partner_reaches_the_space(visitor):
    person = visitor()
    person.has_an_account()
    person.opens("/connexion/")
    person.fills_in_sign_in()
    presses_twice(person)
    person.page.locator(".serie").wait_for()
    person.arrives("/mon-compte/")

"""`python -m benchmarks.same_for_all`: does a form tell by its time who has an account?

For each form that takes an address, known and unknown addresses take turns, one request at a time,
so that whatever slows the machine slows both. A guesser has the same means, on a busier line.
Medians within TOLERANCE over TRIES tries of each are what we aim at.
"""

import statistics
import sys
import time
from collections.abc import Callable
from itertools import count

from benchmarks.http import Answer, Browser, need, parsed
from benchmarks.measure import visitors
from benchmarks.operations import OPERATIONS
from benchmarks.service import CHEAP_HASH, Service, Variant, installed
from benchmarks.visitor import Visitor

TRIES = 50
WARM_UP = 6
TOLERANCE = 0.10
# The hash is the same for all: at its least cost, whatever else differs shows most.
VARIANT = Variant("same", CHEAP_HASH | {"CAPTCHA_BACKEND": "none", "WEB_WORKERS": "1"}, people=80)
PASSWORD = "Roussette 2048"
_strangers = count()


def unknown() -> str:
    """An address that nobody ever gave."""
    return f"inconnue{next(_strangers)}@exemple.nc"


def asks_for_a_password(browser: Browser, origin: str, email: str) -> Callable[[], Answer]:
    return _ready(browser, f"{origin}/mot-de-passe-oublie/", {"email": email})


def signs_up(browser: Browser, origin: str, email: str) -> Callable[[], Answer]:
    fields = {"email": email, "email2": email, "password1": PASSWORD, "password2": PASSWORD}
    return _ready(browser, f"{origin}/inscription/", fields | {"cgu": "on"})


def has_the_mail_sent_again(browser: Browser, origin: str, email: str) -> Callable[[], Answer]:
    page = signs_up(browser, origin, email)()
    return lambda: browser.submits(page, parsed(page).hidden)


def signs_in(browser: Browser, origin: str, email: str) -> Callable[[], Answer]:
    return _ready(browser, f"{origin}/connexion/", {"username": email, "password": PASSWORD})


FORMS = {
    "forgotten password": asks_for_a_password,
    "sign-up": signs_up,
    "mail again": has_the_mail_sent_again,
    "sign-in, wrong password": signs_in,
}


def _ready(browser: Browser, url: str, fields: dict) -> Callable[[], Answer]:
    """The form is filled in; what is returned sends it."""
    page = browser.opens(url)
    form = parsed(page).hidden | fields
    return lambda: browser.submits(page, form)


def compare(service: Service, form: Callable, tries: int) -> tuple[float, float]:
    """The medians of a known and an unknown address, in milliseconds."""
    times: dict[str, list[float]] = {"known": [], "unknown": []}
    with visitors(OPERATIONS["login_page"], service, 1) as (visitor,):
        for number in range(WARM_UP + tries):
            known = service.seed["people"][number % len(service.seed["people"])]["email"]
            pairs = [("known", known), ("unknown", unknown())]
            for kind, email in pairs if number % 2 else reversed(pairs):
                took = _milliseconds(visitor, form, email)
                if number >= WARM_UP:
                    times[kind].append(took)
    return statistics.median(times["known"]), statistics.median(times["unknown"])


def _milliseconds(visitor: Visitor, form: Callable, email: str) -> float:
    send = form(visitor.new_browser(), visitor.wire.issuer, email)
    started = time.perf_counter()
    answer = send()
    took = (time.perf_counter() - started) * 1000
    need(answer.status == 200, f"{form.__name__}: {answer.status}")
    return took


def measured(service: Service, say: Callable[[str], None]) -> dict[str, tuple[float, float]]:
    """Every form, one after the other."""
    found = {}
    for name, form in FORMS.items():
        say(f"the same for all: {name}")
        found[name] = compare(service, form, TRIES)
    return found


def main() -> int:
    with installed() as installation, installation.serving(VARIANT) as service:
        found = measured(service, print)
    for name, (known, other) in found.items():
        print(f"{name}: {known:.1f} and {other:.1f} ms")
    far = [pair for pair in found.values() if abs(pair[0] - pair[1]) > TOLERANCE * max(pair)]
    return 1 if far else 0


if __name__ == "__main__":
    sys.exit(main())

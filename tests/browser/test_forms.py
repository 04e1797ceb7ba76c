"""Forms on pages that hide their address: the browser must still say whose they are.

A page under "Referrer-Policy: no-referrer" sends its forms with "Origin: null", which is refused,
unless it says otherwise of itself (components/referrer.html). No test without a browser sees it.
"""

import pytest

from tests.browser.test_accessibility import ask_for_reset, expire, links_table
from tests.browser.visitor import Visitor
from tests.running import Service


def signs_out_from(person: Visitor, address: str) -> None:
    """Through the button that every page has in its header."""
    person.opens(address)
    person.hands.press(person.page.locator(".entete form button"))
    person.arrives("/deconnexion/terminee/")


def test_a_new_mail_is_sent_from_the_page_of_an_expired_link(visitor, service: Service):
    person = visitor()
    person.opens("/connexion/")
    person.signs_up()
    expire(service, links_table(), person.email)
    person.opens(service.link(person.email))
    person.hands.press(person.page.locator(".etat form .btn"))
    person.arrives("/activation/envoye/")
    assert len(service.mails(person.email)) == 2


def test_a_mail_is_deleted_from_its_page(visitor, service: Service):
    person = visitor()
    person.has_an_account()
    ask_for_reset(person, "/mot-de-passe-oublie/")
    person.opens("/demo/boite-mail/")
    person.hands.press(person.page.locator("ol.courrier li", has_text=person.email).locator("a"))
    person.hands.press(person.page.locator("main form .btn"))
    person.arrives("/demo/boite-mail/")
    assert not service.mails(person.email)


@pytest.mark.parametrize(
    "address", ["/activation/inconnu/", "/demo/boite-mail/", "/oidc/authorize?client_id=inconnu"]
)
def test_the_header_signs_out(visitor, address):
    person = visitor()
    person.has_an_account()
    person.opens("/connexion/")
    person.signs_in()
    person.arrives("/mon-compte/")
    signs_out_from(person, address)


def english_of(person: Visitor):
    return person.page.locator(".outils [lang=en]")


def test_the_other_language_keeps_what_was_typed_and_what_is_typed_since(visitor):
    person = visitor()
    person.opens("/inscription/")
    person.hands.type(person.page.locator("#id_email"), "moana@exemple.nc")
    person.hands.press(person.page.locator("#formulaire .btn").last)
    person.page.wait_for_selector("#erreurs")
    person.hands.type(person.page.locator("#id_email2"), "moana@exemple.nc")
    person.hands.press(english_of(person))
    person.page.wait_for_selector("html[lang=en]")
    for field in ("#id_email", "#id_email2"):
        assert person.page.locator(field).input_value() == "moana@exemple.nc"
    person.page.reload()
    assert person.page.locator("html[lang=en]").count() == 1
    assert person.page.locator("#id_email2").input_value() == "moana@exemple.nc"


def test_the_enter_key_sends_the_form_and_chooses_no_language(visitor):
    person = visitor()
    person.has_an_account()
    person.opens("/connexion/")
    person.hands.type(person.page.locator("#id_username"), person.email)
    person.hands.press(person.page.locator("#login .btn"))
    person.page.wait_for_selector("#erreurs")
    person.hands.type(person.page.locator("#id_password"), person.password)
    person.page.keyboard.press("Enter")
    person.arrives("/mon-compte/")
    assert person.page.locator("html[lang=fr]").count() == 1


def test_back_and_forward_find_the_erroneous_form_in_both_languages(visitor):
    """And not the browser's own page, which asks whether to send it once more."""
    person = visitor()
    person.has_an_account()
    person.opens("/connexion/")
    person.hands.type(person.page.locator("#id_username"), person.email)
    person.hands.press(person.page.locator("#login .btn"))
    person.page.wait_for_selector("#erreurs")
    person.hands.press(english_of(person))
    person.page.wait_for_selector("html[lang=en]")
    for move, language in ((person.page.go_back, "fr"), (person.page.go_forward, "en")):
        move()
        assert person.page.locator(f"html[lang={language}] #erreurs").count() == 1
        assert person.page.locator("#id_username").input_value() == person.email
    person.page.go_back()
    person.hands.type(person.page.locator("#id_password"), person.password)
    person.hands.press(person.page.locator("#login .btn"))
    person.arrives("/mon-compte/")

"""The notice « Créer mon compte personnel », walked page by page with the paper in hand."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.browser import french, notice_texts
from tests.browser.hands import Keyboard
from tests.browser.visitor import Visitor
from tests.running import ARTEFACTS, Service


@dataclass
class Walk:
    """One walk through the notice: who walks, and what is checked on each page."""

    name: str
    visitor: Visitor
    check: Callable[[Visitor, notice_texts.Page, object], None]
    shots: int = 0

    def __post_init__(self):
        self.folder: Path = ARTEFACTS / "notice" / self.name
        shutil.rmtree(self.folder, ignore_errors=True)

    def page(self, name: str, texts: notice_texts.Page | None = None, place=None) -> None:
        """This page is reached: keep a picture of it, and check its words."""
        self.shots += 1
        file = self.folder / f"{self.shots:02}-{name}.png"
        self.visitor.page.screenshot(path=file, full_page=True)
        self.check(self.visitor, texts or {}, place)

    # The notice, chapter by chapter

    def creates_the_account(self) -> None:
        """1. Créer un compte."""
        visitor, page, hands = self.visitor, self.visitor.page, self.visitor.hands
        visitor.opens_partner()
        hands.press(page.locator("details.sign-in > summary"))
        self.page("impots-nc", notice_texts.PARTNER_HOME)
        hands.press(page.locator("details.sign-in a.ncc-btn"))
        visitor.is_asked_to_sign_in()
        self.page("se-connecter", notice_texts.SIGN_IN)
        hands.press(page.locator("section a.btn.sec"))
        visitor.arrives("/inscription/")
        self.page("creer-un-compte", notice_texts.SIGN_UP)
        visitor.fills_in_sign_up()
        self.page("creer-un-compte-rempli")
        visitor.submits()
        visitor.arrives("/inscription/verification/")
        self.page("veuillez-activer", notice_texts.CHECK_MAIL)
        assert visitor.email in page.locator("main").inner_text()

    def activates_it(self) -> None:
        """2. Cliquer sur le lien d’activation: in the mailbox, in the mail itself."""
        visitor, page, hands = self.visitor, self.visitor.page, self.visitor.hands
        hands.press(page.locator("main a[href='/demo/boite-mail/']"))
        visitor.arrives("/demo/boite-mail/")
        self.page("boite-mail")
        hands.press(page.locator("ol.courrier li", has_text=visitor.email).locator("a"))
        visitor.arrives("/demo/boite-mail/[0-9a-f-]+/")
        letter = page.frame_locator("iframe")
        letter.locator("h1").wait_for()
        self.page("confirmation-d-inscription", notice_texts.MAIL, page.frames[-1])
        hands.press(letter.locator("a").first)
        visitor.arrives("/activation/terminee/")
        self.page("compte-active", notice_texts.ACTIVATED)

    def signs_in(self) -> None:
        """3. Se connecter, to the three secrets."""
        visitor, page, hands = self.visitor, self.visitor.page, self.visitor.hands
        hands.press(page.locator("main a.btn"))
        visitor.is_asked_to_sign_in()
        visitor.fills_in_sign_in()
        self.page("se-connecter-rempli", notice_texts.SIGN_IN)
        visitor.submits()
        visitor.arrives("/espace/creation/")
        self.page("etape-1", notice_texts.FIRST_STEP)

    def opens_the_space(self) -> str:
        """The three secrets, Étape 2/2, the space; the household that it belongs to."""
        visitor, page, hands = self.visitor, self.visitor.page, self.visitor.hands
        for name in ("identifiant", "cle", "foyer"):
            secret = page.locator(f"#essai-{name}").text_content()
            hands.type(page.locator(f"[name={name}]"), secret)
        visitor.submits()
        visitor.arrives("/espace/creation/confirmation/")
        self.page("etape-2", notice_texts.SECOND_STEP)
        visitor.submits()
        visitor.arrives("/espace/")
        self.page("espace", notice_texts.SPACE)
        return page.locator("#foyer-nom").inner_text()

    def signs_out(self) -> None:
        self.visitor.hands.press(self.visitor.page.locator("header form button"))
        self.visitor.arrives("/deconnecte")
        self.page("deconnecte")

    def finds_the_space_again(self) -> str:
        """Signing in again asks for the password, and leads to the space itself."""
        visitor, page, hands = self.visitor, self.visitor.page, self.visitor.hands
        visitor.comes_from_partner()
        visitor.signs_in()
        visitor.arrives("/espace/")
        self.page("espace-retrouve")
        household = page.locator("#foyer-nom").inner_text()
        # The sample tax file is free again for the next walk.
        hands.press(page.locator("details.close-space > summary"))
        hands.press(page.locator("details.close-space button"))
        visitor.arrives("/espace/creation/")
        return household


def every_word_of_the_notice(visitor: Visitor, texts: notice_texts.Page, place) -> None:
    visitor.sees(texts, place)


def no_word_of_french(visitor: Visitor, texts: notice_texts.Page, place) -> None:
    """On NC Connect's own pages and mails. The partner's language is its own affair."""
    if not visitor.page.url.startswith(visitor.service.base_url):
        return
    assert visitor.page.locator("html").get_attribute("lang") == "en"
    assert french.sentences(visitor.page) == []
    if place:
        assert french.sentences(place) == []


def walk(name: str, visitor: Visitor, check=every_word_of_the_notice) -> None:
    """From the partner's button to the tax space, out, and back to the same space."""
    steps = Walk(name, visitor, check)
    steps.creates_the_account()
    steps.activates_it()
    steps.signs_in()
    household = steps.opens_the_space()
    steps.signs_out()
    assert steps.finds_the_space_again() == household


@pytest.mark.parametrize("javascript", [False, True], ids=["without-javascript", "with-javascript"])
def test_the_notice_can_be_walked(visitor, javascript):
    name = "with-javascript" if javascript else "without-javascript"
    walk(name, visitor(javascript=javascript))


def test_the_notice_can_be_walked_by_keyboard_alone(visitor):
    person = visitor()
    person.hands = Keyboard(person.page)
    walk("keyboard", person)
    assert person.hands.lost_focus == []


def test_the_notice_can_be_walked_in_english(visitor):
    walk("english", visitor(locale="en-GB"), no_word_of_french)


def test_a_link_opened_in_another_browser_asks_for_the_password(visitor, service: Service):
    """The owner of the address reads their mail on a phone: it activates there, and goes on."""
    person = visitor()
    person.comes_from_partner()
    person.signs_up()
    phone = visitor(email=person.email)
    phone.opens(service.link(person.email))
    phone.arrives("/activation/")
    assert phone.heading == "Activer votre compte"
    phone.hands.type(phone.page.locator("[name=password]"), person.password)
    phone.submits()
    phone.arrives("/activation/terminee/")
    phone.sees(notice_texts.ACTIVATED)
    phone.hands.press(phone.page.locator("main a.btn"))
    phone.is_asked_to_sign_in()
    phone.signs_in()
    phone.arrives("/espace/creation/")


def test_a_forgotten_password_leads_on_to_the_partner(visitor, service: Service):
    person = visitor()
    person.has_an_account()
    person.comes_from_partner()
    person.hands.press(person.page.locator("form a[href^='/mot-de-passe-oublie/']"))
    person.arrives("/mot-de-passe-oublie/")
    person.hands.type(person.page.locator("[name=email]"), person.email)
    person.submits()
    person.page.locator(".etat").wait_for()
    assert person.heading == "Consultez votre messagerie"
    person.opens(service.link(person.email))
    person.arrives("/mot-de-passe-oublie/nouveau/")
    person.password = "Cagou huppé 1988"
    service.secrets.add(person.password)
    person.hands.type(person.page.locator("[name=password1]"), person.password)
    person.hands.type(person.page.locator("[name=password2]"), person.password)
    person.submits()
    person.arrives("/mot-de-passe-oublie/termine/")
    assert person.heading == "Votre mot de passe est modifié"
    person.hands.press(person.page.locator("main a.btn"))
    person.is_asked_to_sign_in()
    person.signs_in()
    person.arrives("/espace/creation/")


def test_who_turns_back_is_told_so_by_the_partner(visitor, service: Service):
    person = visitor()
    person.comes_from_partner()
    person.hands.press(person.page.locator(".retour a"))
    person.page.wait_for_url(service.partner_url + "/**")
    assert person.heading == "Connexion annulée"
    person.sees(
        {"text": ("Vous avez quitté NC Connect sans continuer. Vous n'êtes pas connecté.",)}
    )


def test_the_back_button_shows_nothing_personal_after_sign_out(visitor):
    person = visitor()
    person.has_an_account()
    person.opens("/connexion/")
    person.signs_in()
    person.arrives("/mon-compte/")
    assert person.email in person.page.content()
    person.opens("/mon-compte/mot-de-passe/")
    person.hands.press(person.page.locator("header form button"))
    person.arrives("/deconnexion/terminee/")
    for _ in range(2):
        person.page.go_back()
        assert person.email not in person.page.content()
        person.arrives("/connexion/")


def test_two_tabs_do_not_disturb_each_other(visitor, service: Service):
    """Both were opened before the person signed in: the form of the second leads on, and each ends
    where it was going."""
    person = visitor()
    person.has_an_account()
    person.comes_from_partner()
    second = person.context.new_page()
    second.goto(service.base_url + "/mon-compte/")
    second.locator("[name=username]").fill(person.email)
    second.locator("[name=password]").fill(person.password)
    second.locator("#login .btn").click()
    second.wait_for_url("**/mon-compte/")
    person.signs_in()
    person.arrives("/espace/creation/")
    second.reload()
    assert second.url.endswith("/mon-compte/")
    assert person.email in second.locator("main").inner_text()

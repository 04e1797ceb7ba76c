"""Every page and every state of it, in French and in English, under axe and a few rules more."""

from datetime import UTC, datetime, timedelta

from tests.browser.inspection import TAGS, Inspector
from tests.browser.visitor import Visitor, new_email
from tests.running import BASE_DIR, Service

WRONG = "Pas Le Bon Mot 1"
LONG_AGO = datetime.now(UTC) - timedelta(days=3)
FAULTY = """<!doctype html><html lang="en"><title>Une page</title>
<h1>Un</h1><h1>Deux</h1><h3>Trois</h3><img src="data:,">
<p style="color: #bbb; width: 400px">Pâle</p><p><a href="#">x</a></p>"""
PAGES = {
    "home": "/",
    "help": "/aide/",
    "terms": "/cgu/",
    "legal": "/mentions-legales/",
    "privacy": "/donnees-personnelles/",
    "accessibility": "/accessibilite/",
    "partners": "/partenaires/",
    "contact": "/contact/",
    "learn more": "/en-savoir-plus/",
}


def elsewhere(inspector: Inspector, visitor) -> Visitor:
    """The same person at another device, which the inspector looks at from now on."""
    here = inspector.person
    inspector.person = visitor(locale=here.locale, email=here.email, password=here.password)
    return inspector.person


def expire(service: Service, table: str, email: str, *, back: bool = False) -> None:
    """Let the links of this address be too old, or young again."""
    moment = datetime.now(UTC) + timedelta(hours=1) if back else LONG_AGO
    stamp = moment.strftime("%Y-%m-%d %H:%M:%S")
    assert service.execute(f"UPDATE {table} SET expires_at = %s WHERE email = %s", stamp, email)


def links_table() -> str:
    from accounts.models import OneTimeLink

    return OneTimeLink._meta.db_table


def test_pages_to_read(inspector):
    for name, path in PAGES.items():
        inspector.person.opens(path)
        inspector.looks(name)


def test_signing_up(inspector):
    person, page = inspector.person, inspector.page
    person.opens("/inscription/")
    inspector.looks("sign-up")
    person.submits()
    page.locator("#erreurs").wait_for()
    inspector.looks("sign-up, nothing filled in", error=True)
    page.locator("[name=captcha_autre]").click()
    page.locator("#erreurs").wait_for(state="detached")
    inspector.looks("sign-up, other images")
    page.locator("[name=captcha_audio]").click()
    page.locator("audio").wait_for()
    inspector.looks("sign-up, the captcha one hears")
    page.locator("[name=captcha_code]").fill("1")
    person.submits()
    page.locator("#erreurs").wait_for()
    inspector.looks("sign-up, a wrong code", error=True)
    token = page.locator("[name=captcha_jeton]").input_value()
    page.locator("[name=captcha_code]").fill(inspector.person.service.captcha_code(token))
    person.submits()
    page.locator(".msg.ok").wait_for()
    inspector.looks("sign-up, captcha passed", error=True)


def test_a_near_miss_of_a_usual_domain(inspector):
    person = inspector.person
    person.email = new_email().replace("exemple.nc", "lagon.nc")
    person.opens("/inscription/")
    person.fills_in_sign_up()
    person.submits()
    person.page.locator("#erreurs").wait_for()
    inspector.looks("sign-up, an address to confirm", error=True)


def test_activating(inspector, visitor, service: Service):
    person = inspector.person
    person.comes_from_partner()
    person.signs_up()
    inspector.looks("check mail")
    first = service.link(person.email)
    person.hands.press(person.page.locator(".etat form .btn"))
    person.page.locator(".etat .aide").wait_for()
    inspector.looks("check mail, sent again")
    second = service.link(person.email)
    phone = elsewhere(inspector, visitor)
    phone.opens(first)
    inspector.looks("activation, superseded link")
    phone.opens(first[:-9] + "/")
    inspector.looks("activation, broken link")
    expire(service, links_table(), person.email)
    phone.opens(second)
    inspector.looks("activation, expired link")
    phone.page.locator(".etat form .btn").click()
    phone.arrives("/activation/envoye/")  # the mail has just left: twice is as good as once
    inspector.looks("mail sent again")
    expire(service, links_table(), person.email, back=True)
    phone.opens(second)
    inspector.looks("activation in another browser")
    phone.page.locator("[name=password]").fill(WRONG)
    phone.submits()
    phone.page.locator("#erreurs").wait_for()
    inspector.looks("activation in another browser, wrong password", error=True)
    phone.page.locator("[name=password]").fill(phone.password)
    phone.submits()
    phone.arrives("/activation/terminee/")
    inspector.looks("activated")
    phone.opens(second)
    inspector.looks("activation, done already")


def test_a_forgotten_password(inspector, visitor, service: Service):
    person = inspector.person
    person.has_an_account()
    person.comes_from_partner()
    person.hands.press(person.page.locator("form a[href^='/mot-de-passe-oublie/']"))
    person.arrives("/mot-de-passe-oublie/")
    forgotten = person.page.url
    inspector.looks("password forgotten")
    person.submits()
    person.page.locator("#erreurs").wait_for()
    inspector.looks("password forgotten, no address", error=True)
    first = ask_for_reset(person, forgotten)
    inspector.looks("password forgotten, mail sent")
    second = ask_for_reset(person, forgotten)
    person.opens(first)
    inspector.looks("password, superseded link")
    person.opens(second[:-9] + "/")
    inspector.looks("password, broken link")
    person.opens(second)
    inspector.looks("password, a new one")
    person.submits()
    person.page.locator("#erreurs").wait_for()
    inspector.looks("password, none given", error=True)
    for name in ("password1", "password2"):
        person.page.locator(f"[name={name}]").fill("Notou des forêts 3")
    person.submits()
    person.page.locator(".etat").wait_for()
    inspector.looks("password changed")
    person.opens(second)
    inspector.looks("password, used link")
    third = ask_for_reset(person, forgotten)
    expire(service, links_table(), person.email)
    person.opens(third)
    inspector.looks("password, expired link")


def test_a_forgotten_password_before_the_activation(inspector):
    person = inspector.person
    person.comes_from_partner()
    person.signs_up()
    person.opens(ask_for_reset(person, "/mot-de-passe-oublie/"))
    person.page.locator("[name=cgu]").wait_for()
    inspector.looks("password, a new one and the terms")
    person.submits()
    person.page.locator("#erreurs").wait_for()
    inspector.looks("password, no terms accepted", error=True)


def ask_for_reset(person: Visitor, address: str) -> str:
    """Ask for the mail; the link in it."""
    person.opens(address)
    person.page.locator("[name=email]").fill(person.email)
    person.submits()
    person.page.locator(".etat").wait_for()
    return person.service.link(person.email)


def test_signing_in(inspector, service: Service):
    person, page = inspector.person, inspector.page
    person.opens("/connexion/")
    inspector.looks("sign-in")
    person.comes_from_partner()
    inspector.looks("sign-in for a partner")
    person.has_an_account()
    service.execute("UPDATE accounts_user SET is_active = %s WHERE email = %s", False, person.email)
    person.signs_in()
    page.locator(".msg.al[role=alert]").wait_for()
    inspector.looks("sign-in, suspended account")
    for _ in range(11):
        page.locator("[name=username]").fill(person.email)
        page.locator("[name=password]").fill(WRONG)
        with page.expect_navigation():
            page.locator("#login .btn").click()
        if page.locator(".captcha").count():
            break
    inspector.looks("sign-in, throttled, with a captcha")
    person.opens("/connexion/")
    page.locator("[name=username]").fill(new_email("inconnue"))
    page.locator("[name=password]").fill(WRONG)
    person.submits()
    page.locator("#erreurs").wait_for()
    inspector.looks("sign-in, wrong password", error=True)


def test_one_s_devices(inspector, visitor, service):
    person, page = inspector.person, inspector.page
    person.has_an_account()
    for leaves in (True, False):
        other = visitor(locale=person.locale, email=person.email, password=person.password)
        other.opens("/connexion/")
        other.signs_in()
        other.arrives("/mon-compte/")
        if leaves:  # a device that is known, without a session
            other.opens("/deconnexion/")
            other.page.locator("main form button").click()
            other.arrives("/deconnexion/terminee/")
    person.opens("/connexion/")
    person.signs_in()
    person.arrives("/mon-compte/")
    person.opens("/mon-compte/appareils/")
    inspector.looks("devices")
    assert service.execute("UPDATE accounts_session SET confirmed_at = NULL")
    page.locator("[name=fin]").click()
    page.wait_for_url("**/confirmer/**")
    inspector.looks("confirmation")
    page.locator("main [name=password]").fill(WRONG)
    page.locator("main form .btn").click()
    page.locator("#erreurs").wait_for()
    inspector.looks("confirmation, errors", error=True)
    page.locator("main [name=password]").fill(person.password)
    page.locator("main form .btn").click()
    page.locator("#question").wait_for()
    inspector.looks("devices, a question")
    page.locator("main .btn.danger[name=fin]").click()
    person.arrives("/mon-compte/appareils/")
    inspector.looks("devices, one ended")


def test_one_s_own_account(inspector):
    person, page = inspector.person, inspector.page
    person.has_an_account()
    person.opens("/connexion/")
    person.signs_in()
    person.arrives("/mon-compte/")
    inspector.looks("account")
    for page_of_theirs in ("informations", "appareils", "services", "historique"):
        person.opens(f"/mon-compte/{page_of_theirs}/")
        inspector.looks(f"account, {page_of_theirs}")
    person.opens("/mon-compte/mot-de-passe/")
    inspector.looks("password change")
    page.locator("main form [name=current]").fill(WRONG)
    page.locator("main form .barre .btn").click()
    page.locator("#erreurs").wait_for()
    inspector.looks("password change, errors", error=True)
    page.locator("[name=current]").fill(person.password)
    for name in ("password1", "password2"):
        page.locator(f"[name={name}]").fill("Notou des forêts 3")
    page.locator("main form .barre .btn").click()
    person.arrives("/mon-compte/")
    inspector.looks("account, password changed")
    person.opens("/deconnexion/")
    inspector.looks("sign-out asked")
    person.opens("/oidc/end-session?client_id=impots-nc")
    inspector.looks("sign-out asked by a partner")
    page.locator("[name=allow]").click()
    person.arrives("/oidc/deconnecte/")
    inspector.looks("signed out, for a partner")
    person.opens("/deconnexion/terminee/")
    inspector.looks("signed out")


def test_one_s_services_and_history(inspector, service):
    person, page = inspector.person, inspector.page
    person.has_an_account()
    person.comes_from_partner()
    person.signs_in()
    page.wait_for_url(f"{service.partner_url}/**")
    person.opens("/mon-compte/services/")
    inspector.looks("services")
    page.locator("main .rangs a").click()
    page.wait_for_url("**/services/*/")
    page.evaluate("() => { document.querySelector('main section details').open = true; }")
    inspector.looks("a service")
    page.locator("main .btn.danger").click()
    page.wait_for_url("**/retirer/")
    inspector.looks("withdrawing an access")
    page.locator("main .btn.danger").click()
    person.arrives("/mon-compte/services/")
    inspector.looks("services, an access withdrawn")
    person.opens("/mon-compte/historique/")
    inspector.looks("history")
    page.locator("main .rangs a").first.click()
    page.wait_for_url("**/signaler/?*")
    inspector.looks("it was not me")
    page.locator("main .btn.danger").click()
    page.wait_for_url("**/signale/?*")
    inspector.looks("it was not me, said")


def test_errors(inspector):
    person, page = inspector.person, inspector.page
    person.opens("/cette-page-n-existe-pas/")
    inspector.looks("404")
    person.opens("/connexion/")
    person.context.clear_cookies()
    person.signs_in()
    page.locator(".ref").wait_for()
    inspector.looks("403, cookies refused")
    person.opens("/connexion/")
    page.evaluate("""() => {
      const field = document.createElement("input");
      field.name = "de-trop";
      for (let n = 0; n < 120; n++) document.querySelector("#login").append(field.cloneNode());
    }""")
    person.submits()
    page.locator(".ref").wait_for()
    inspector.looks("400")
    person.opens("/connexion/")
    page.evaluate("() => { document.querySelector('[name=csrfmiddlewaretoken]').value = '' }")
    person.submits()
    page.locator(".ref").wait_for()
    inspector.looks("403, page too old")


def test_the_page_of_the_proxy(inspector):
    html = (BASE_DIR / "static" / "503.html").read_text()
    inspector.looks_at_document("maintenance", html, TAGS)


def test_a_faulty_page_is_found_out(visitor):
    """The inspection itself: each of its rules sees the fault that it is about."""
    eye = Inspector(visitor(), "fr")
    eye.page.goto("about:blank")
    eye.page.set_content(FAULTY)
    eye.looks("faulty")
    found = "\n".join(eye.faults)
    for fault in ("image-alt", "color-contrast", "landmark", "lang=en", "title", "2 h1"):
        assert fault in found
    for fault in ("headings skip", "too wide", "targets under 24 px", "the first stop of Tab"):
        assert fault in found


def test_the_demonstration_mailbox(inspector, service: Service):
    person, page = inspector.person, inspector.page
    person.comes_from_partner()
    person.signs_up()
    person.opens("/demo/boite-mail/")
    inspector.looks("mailbox")
    page.locator("ol.courrier li", has_text=person.email).locator("a").click()
    page.frame_locator("iframe").locator("h1").wait_for()
    inspector.looks("mailbox, one mail")
    inspector.looks_at_document("mail", service.mails(person.email)[0]["html"])

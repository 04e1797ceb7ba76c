"""The pages between a person and a partner, and those for partners, inspected like the others."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest
from django.test import override_settings

from tests.browser.inspection import Inspector
from tests.running import SECRET_KEY, Service

# How many horizontal rules stand between two texts of the error page, where there are any.
RULES = """() => {
  const rules = [...document.querySelectorAll("#oidc-error :is(details, dl > div, .ref)")]
    .flatMap(element => {
      const style = getComputedStyle(element), box = element.getBoundingClientRect();
      return [[style.borderTopWidth, box.top], [style.borderBottomWidth, box.bottom]];
    }).filter(([width]) => parseFloat(width)).map(([, height]) => height);
  const texts = [...document.querySelectorAll("#oidc-error :is(dt, dd, .ref strong)")]
    .map(element => element.getBoundingClientRect().top);
  const between = rules.map(height => texts.filter(top => top < height).length);
  return Object.values(Object.groupBy(between, number => number)).map(same => same.length);
}"""
LONG_AGO = datetime.now(UTC) - timedelta(days=3)


def register(service: Service, tmp_path: Path, client_id: str, **changes) -> dict[str, str]:
    """A partner beside the demonstration's; the parameters of its authorization request."""
    metadata = {
        "client_id": client_id,
        "client_name": "Mairie de Nouméa",
        "redirect_uris": [service.partner_url + "/retour"],
        "scope": "openid profile email birth",
        "token_endpoint_auth_method": "none",
        **changes,
    }
    file = tmp_path / "partner.json"
    file.write_text(json.dumps(metadata))
    service.manage("register_relying_party", str(file))
    return {
        "client_id": client_id,
        "redirect_uri": metadata["redirect_uris"][0],
        "response_type": "code",
        "scope": metadata["scope"],
        "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        "code_challenge_method": "S256",
    }


def authorize(parameters: dict[str, str], **changes: str) -> str:
    return "/oidc/authorize?" + urlencode(parameters | changes)


def shows(inspector: Inspector, hook: str, name: str) -> None:
    """Inspect the page that carries this hook, and no other."""
    inspector.page.locator(hook).wait_for()
    inspector.looks(name)


def test_the_way_to_a_partner(inspector, service: Service, tmp_path):
    person, page = inspector.person, inspector.page
    unbroken = register(service, tmp_path, "long", client_name="Établissementpublic" * 5)
    person.opens(authorize(unbroken))
    shows(inspector, ".demandeur", "sign-in, a name without a space")
    request = register(service, tmp_path, "mairie", nc_consent="always")
    person.has_an_account()
    person.opens(authorize(request))
    person.is_asked_to_sign_in()
    person.signs_in()
    shows(inspector, "#consent-title", "consent")
    accept, refuse = (button.bounding_box() for button in page.locator(".egale .btn").all())
    assert (accept["width"], accept["height"]) == (refuse["width"], refuse["height"])
    person.opens(service.partner_url + "/connexion/initier?" + urlencode({"iss": service.base_url}))
    shows(inspector, "#continue-title", "continue to a partner, signed in already")
    page.locator("[name=allow]").click()
    page.wait_for_url(service.partner_url + "/**")
    page.route("**/form_post*.js", lambda route: route.abort())  # the form does not send itself
    person.opens(authorize(request, response_mode="form_post", scope="openid"))
    page.locator("[name=allow]").click()
    shows(inspector, "#answer", "answer to a partner, by a form")
    person.opens("/oidc/end-session?client_id=mairie")
    shows(inspector, "[name=deny]", "sign-out asked by a partner, others visited")


def test_the_way_to_an_application_of_the_device(inspector, service: Service, tmp_path):
    """It is asked for by its own words, and reached by a page where no form can arrive."""
    person, page = inspector.person, inspector.page
    back = "http://[::1]:51004/retour"
    native = {"application_type": "native", "redirect_uris": ["http://[::1]/retour"]}
    request = register(service, tmp_path, "bureau", nc_consent="once", **native)
    person.opens(authorize(request, redirect_uri=back))
    shows(inspector, ".demandeur", "sign-in for an application")
    person.has_an_account()
    person.signs_in()
    shows(inspector, "#consent-title", "consent, an application")
    page.route("http://[::1]:51004/**", lambda route: route.fulfill(status=204))  # no other page
    page.locator("[name=allow]").click()
    shows(inspector, f"main a[href^='{back}?code=']", "on to an application")


def test_errors_of_partners(inspector, service: Service, tmp_path):
    person, page = inspector.person, inspector.page
    known = {"client_id": "impots-nc", "response_type": "code", "scope": "openid"}
    person.opens("/oidc/authorize?client_id=inconnu")
    shows(inspector, "#oidc-error", "unknown partner")
    person.opens(authorize(known, redirect_uri="https://autre.nc/"))
    shows(inspector, "#oidc-error", "unknown address of a partner")
    assert page.evaluate(RULES) == [1, 1]  # between the facts, then above the reference
    assert "redirect_uri" in page.locator("#oidc-error").inner_text()  # seen, without a click
    person.opens("/oidc/end-session?client_id=inconnu")
    shows(inspector, "#oidc-error", "sign-out refused")
    page.locator("main a.btn").click()
    person.arrives("/deconnexion/")
    closed = register(service, tmp_path, f"ferme-{inspector.language}")
    close = "UPDATE oidc_provider_relyingparty SET is_active = %s WHERE client_id = %s"
    service.execute(close, False, closed["client_id"])
    person.opens(authorize(closed))
    shows(inspector, "#oidc-error", "closed partner")
    person.comes_from_partner()
    waiting = page.locator("#login [name=next]").get_attribute("value")
    person.opens(made_long_ago(waiting))
    shows(inspector, "#oidc-error", "request too old")
    page.locator("main a.btn").click()
    person.is_asked_to_sign_in()  # from the partner, with a new request
    person.opens(waiting[:-9] + "/")
    shows(inspector, "#oidc-error", "request cut")


def made_long_ago(path: str) -> str:
    """The path of a pending request, as if it had been made three days ago."""
    from oidc_provider.authorize import pending

    word = path.removeprefix(pending.PATH_PREFIX).strip("/")
    with override_settings(SECRET_KEY=SECRET_KEY):
        _moment, *rest = pending._REQUEST.open(word)
        old = pending._REQUEST.close([LONG_AGO.timestamp(), *rest])
    return f"{pending.PATH_PREFIX}{old}/"


@pytest.fixture
def _no_partner(service: Service) -> Iterator[None]:
    """Every partner closed, for this test."""
    close = "UPDATE oidc_provider_relyingparty SET is_active = %s WHERE client_id = %s"
    partners = service.select("SELECT client_id FROM oidc_provider_relyingparty WHERE is_active")
    for (client_id,) in partners:
        service.execute(close, False, client_id)
    yield
    for (client_id,) in partners:
        service.execute(close, True, client_id)


@pytest.mark.usefixtures("_no_partner")
def test_before_the_first_partner(inspector):
    inspector.person.opens("/partenaires/")
    inspector.page.locator("main .etat").wait_for()
    inspector.looks("partners, none yet")


def test_the_documentation(inspector):
    from django.urls import reverse

    from oidc_provider.documentation import examples, views

    for page in views.PAGES:
        inspector.person.opens(reverse(page.name))
        inspector.looks(page.name)
    for folder in examples.BY_FOLDER:
        inspector.person.opens(reverse("documentation_example", args=[folder]))
        inspector.looks(f"example {folder}")

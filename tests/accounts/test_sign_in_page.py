"""The sign-in page that is prepared is the template's own, byte for byte."""

import re
from dataclasses import replace
from itertools import chain, product

import pytest
from django.template.loader import render_to_string
from django.utils import translation

from accounts import return_to
from accounts.views import sign_in_page
from accounts.views.sign_in_page import Look
from oidc_provider.claims import table
from oidc_provider.models import RelyingParty as Partner
from tests.relying_party import RelyingParty
from tests.strict_client import StrictClient

SCOPE = "openid profile email"
TEMPLATE = "accounts/sign_in.html"
HOSTILE = (
    "moana@exemple.nc",
    '"><script>alert(1)</script>',
    "' autofocus onfocus='x",
    "</textarea>&lt;&amp;&",
    "{{ csrf_token }}{% now %}",
    "\u2028é’« »\x7f\\1\\g<0>",
    "%22%3E+%00",
)
LOOKS = (
    Look("impots.nc", "", False, (), False, False),
    Look("Mairie <de> l’« Île » & Cie", "/oidc/logo/a\"'b.svg", True, (), True, True),
    Look(
        "{{ next }}",
        "/oidc/logo/x",
        False,
        tuple(chain.from_iterable(table.groups_for(["profile", "email"]).values())),
        True,
        False,
    ),
)


def own(value: str, look: Look) -> dict[str, str]:
    """Every hole filled with this; no address where this look has none."""
    names = dict.fromkeys(sign_in_page.PAGE.holes, value)
    return names if look.is_named else names | {"username": ""}


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("look", LOOKS)
def test_it_is_what_the_template_renders(look, language):
    with translation.override(language):
        for value in HOSTILE:
            values = own(value, look)
            expected = render_to_string(TEMPLATE, sign_in_page.context(look, values))
            assert sign_in_page.PAGE.filled(look, **values) == expected
            assert expected.count("<script") == expected.count("onfocus='") == 0


def test_each_hole_is_in_its_own_place():
    """With another value in each, none is taken for another."""
    for look, shift in product(LOOKS, range(len(HOSTILE))):
        several = [*HOSTILE[shift:], *HOSTILE[:shift]]
        values = dict(zip(sign_in_page.PAGE.holes, several, strict=False))
        values["username"] *= look.is_named
        expected = render_to_string(TEMPLATE, sign_in_page.context(look, values))
        assert sign_in_page.PAGE.filled(look, **values) == expected


@pytest.mark.parametrize("look", LOOKS)
def test_whatever_differs_is_another_look(look):
    others = [
        replace(look, partner_name="autre"),
        replace(look, partner_logo="/autre"),
        replace(look, receives=(*look.receives, "autre")),
        replace(look, is_named=not look.is_named),
        replace(look, is_demonstration=not look.is_demonstration),
    ]
    assert all(other != look for other in others)


@pytest.mark.django_db
class TestBesideTheSignInPage:
    """What is at the partner's address is the page of /connexion/, but for where it leads."""

    SHOWN = re.compile(r'name="csrfmiddlewaretoken" value="\w{64}"')

    def alike(self, page) -> str:
        text = self.SHOWN.sub("", page.content.decode())
        text = re.sub(r'id="login" action="[^"]*"', 'id="login"', text)
        return re.sub(r'href="(?:/connexion/)?(\?next=[^"]*&amp;lang=\w\w)"', r'href="\1"', text)

    @pytest.mark.parametrize("language", ["fr", "en"])
    @pytest.mark.parametrize("hint", [None, "moana@exemple.nc"])
    @pytest.mark.parametrize("consent", ["information", "once"])
    def test_it_is_the_same(self, language, hint, consent):
        partner = RelyingParty.registered(nc_consent=consent, client_name="L’« Île » & Cie")
        browser = StrictClient(headers={"Accept-Language": language})
        here = browser.get(partner.address(login_hint=hint, scope=SCOPE))
        there = browser.get(return_to.carry("/connexion/", here.context["next"]))
        assert f'<html lang="{language}">' in here.content.decode()
        assert self.alike(here) == self.alike(there)
        same = ("Content-Security-Policy", "Cache-Control", "Vary", "Content-Language")
        assert {name: here[name] for name in same} == {name: there[name] for name in same}
        assert here["X-Frame-Options"] == there["X-Frame-Options"]

    def test_a_partner_that_changes_is_shown_as_it_is(self):
        partner = RelyingParty.registered()
        browser = StrictClient()
        assert "impots.nc" in browser.get(partner.address()).content.decode()
        changed = Partner.objects.get()
        changed.name = "Autre nom"
        changed.save()
        page = browser.get(partner.address()).content.decode()
        assert "Autre nom" in page
        assert "Site demandeur" in page
        assert "impots.nc</strong>" not in page

    def test_what_another_partner_receives_is_not_told(self):
        told = RelyingParty.registered()
        asks = RelyingParty.registered(client_id="mairie", nc_consent="once")
        browser = StrictClient()
        summary = "recevra de nous"
        assert summary in browser.get(told.address(scope=SCOPE)).content.decode()
        assert summary not in browser.get(asks.address(scope=SCOPE)).content.decode()

    def test_the_test_of_the_same_request_in_two_browsers(self):
        partner = RelyingParty.registered()
        tokens = {StrictClient().get(partner.address()).cookies["csrf"].value for _ in range(3)}
        assert len(tokens) == 3

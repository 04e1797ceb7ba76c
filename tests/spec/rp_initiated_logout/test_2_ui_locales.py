"""RP-Initiated Logout 1.0, section 2: ui_locales, the languages preferred for these pages."""

import pytest
from django.conf import settings

from accounts.models import Session
from tests.relying_party import SIGNED_OUT
from tests.strict_client import StrictClient

FRENCH, ENGLISH = "Se déconnecter\u00a0?", "Sign out?"
HERE, THERE = "Vous êtes déconnecté", "You are signed out"


def asked(page) -> str:
    assert page.status_code == 200
    return page.content.decode()


@pytest.mark.parametrize("ui_locales", ["en", "en-NZ fr", "tahitian en", "x" * 9 + " en"])
def test_the_page_that_asks_is_in_the_first_that_we_have(partner, signed_in, ui_locales):
    assert ENGLISH in asked(signed_in.opens(partner.logout_address(ui_locales=ui_locales)))


@pytest.mark.parametrize("ui_locales", [None, "fr", "fr-NC en", "de", "", "\x01", "../en"])
def test_else_in_the_visitors_own(partner, signed_in, ui_locales):
    page = signed_in.client.get(partner.logout_address(ui_locales=ui_locales))
    assert FRENCH in asked(page)  # at once: nobody is sent round for their own language


def test_by_post_the_same(partner, signed_in):
    """The form comes from the partner's site, and without the visitor's cookies."""
    signed_in.client.cookies[settings.LANGUAGE_COOKIE_NAME] = "fr"
    sent = StrictClient().post("/oidc/end-session", {"client_id": "impots", "ui_locales": "en"})
    assert sent.status_code == 303
    assert ENGLISH in asked(signed_in.opens(sent["Location"]))


def test_the_whole_way_stays_in_it(partner, signed_in):
    page = signed_in.opens(partner.logout_address(ui_locales="en"))
    page = signed_in.submits(page.context["action"], {"allow": "1"})
    assert THERE in asked(page)
    assert not Session.objects.exists()


def test_with_a_hint_too(partner, signed_in):
    hint = partner.tokens(signed_in)["id_token"]
    page = signed_in.opens(partner.logout_address(id_token_hint=hint, ui_locales="en"))
    assert THERE in asked(page)
    assert not Session.objects.exists()


def test_the_partner_gets_its_person_back_all_the_same(partner, signed_in):
    hint = partner.tokens(signed_in)["id_token"]
    address = partner.logout_address(
        id_token_hint=hint, post_logout_redirect_uri=SIGNED_OUT, state="un-etat", ui_locales="en"
    )
    assert signed_in.opens(address)["Location"] == f"{SIGNED_OUT}?state=un-etat"


def test_what_the_person_chooses_on_the_page_is_not_taken_back(partner, signed_in):
    page = signed_in.opens(partner.logout_address(ui_locales="en"))
    page = signed_in.opens(page.context["action"] + "?lang=fr")
    assert FRENCH in asked(page)
    page = signed_in.submits(page.context["action"], {"allow": "1"})
    assert HERE in asked(page)


def test_a_refusal_is_read_in_it(partner, signed_in):
    address = partner.logout_address(post_logout_redirect_uri="https://x.nc/", ui_locales="en")
    page = signed_in.opens(address)
    assert page.status_code == 400
    assert page["Content-Language"] == "en"
    assert "Signing out from this site is not possible" in page.content.decode()
    assert FRENCH in asked(signed_in.opens(partner.logout_address()))  # theirs, as before
    page = signed_in.opens(f"{address}&lang=fr")  # by the link of that page
    assert (page.status_code, page["Content-Language"]) == (400, "fr")

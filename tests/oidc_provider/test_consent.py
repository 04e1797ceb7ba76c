"""What a person agrees to, and what is remembered of it."""

import pytest

from oidc_provider import consents
from oidc_provider.models import Consent
from oidc_provider.models import RelyingParty as Model
from tests.relying_party import RelyingParty, answer


def asks(page) -> bool:
    text = page.content.decode()
    return 'name="allow"' in text and 'name="deny"' in text


def presses(end_user, page, button):
    return end_user.submits(page.context["action"], {button: "1"})


@pytest.fixture
def partner():
    return RelyingParty.registered(nc_consent="once")


def test_the_page_says_what_goes_to_whom_under_which_account(partner, signed_in):
    page = signed_in.opens(partner.address(scope="openid email birth"))
    assert asks(page)
    text = page.content.decode()
    assert "votre adresse e-mail" in text
    assert "votre lieu de naissance" in text
    assert "votre identité" not in text
    assert signed_in.email in text
    assert "Utiliser un autre compte" in text
    assert "form-action 'self' https://impots.example.nc" in page["Content-Security-Policy"]


def test_accepting_is_remembered_for_what_was_shown(partner, signed_in):
    page = signed_in.opens(partner.address(scope="openid email"))
    assert "code" in answer(presses(signed_in, page, "allow"))
    assert "code" in answer(signed_in.opens(partner.address(scope="openid email")))
    assert "code" in answer(signed_in.opens(partner.address(scope="openid")))
    assert asks(signed_in.opens(partner.address(scope="openid email birth")))


def test_refusing_goes_back_to_the_partner(partner, signed_in):
    page = signed_in.opens(partner.address())
    received = answer(presses(signed_in, page, "deny"))
    assert received["error"] == "access_denied"
    assert received["state"] == "un-etat"
    assert not Consent.objects.exists()


def test_always_asks_each_time(signed_in):
    partner = RelyingParty.registered(nc_consent="always")
    for _ in range(2):
        page = signed_in.opens(partner.address())
        assert asks(page)
        assert "code" in answer(presses(signed_in, page, "allow"))


def test_information_goes_straight_on_unless_asked(signed_in):
    partner = RelyingParty.registered(nc_consent="information")
    assert "code" in answer(signed_in.opens(partner.address()))
    page = signed_in.opens(partner.address(prompt="consent"))
    assert asks(page)
    assert "code" in answer(presses(signed_in, page, "allow"))


def test_the_page_of_one_person_does_not_speak_for_another(partner, signed_in, stranger):
    page = signed_in.opens(partner.address())
    stranger.has_an_account()
    stranger.signs_in()
    again = presses(stranger, page, "allow")
    assert asks(again)
    assert stranger.email in again.content.decode()
    assert not Consent.objects.exists()


def test_the_page_without_a_session_leads_to_the_sign_in(partner, signed_in):
    page = signed_in.opens(partner.address())
    signed_in.signs_out()
    assert 'id="login-title"' in presses(signed_in, page, "allow").content.decode()


def test_the_answer_needs_a_csrf_token(partner, signed_in):
    from django.test import Client

    page = signed_in.opens(partner.address())
    browser = Client(enforce_csrf_checks=True)
    browser.cookies = signed_in.client.cookies
    assert browser.post(page.context["action"], {"allow": "1"}).status_code == 403


def test_hidden_fields_change_nothing(partner, signed_in):
    page = signed_in.opens(partner.address(scope="openid"))
    data = {"allow": "1", "scope": "openid email", "redirect_uri": "https://mechant.example/"}
    page = signed_in.submits(page.context["action"], data)
    assert page["Location"].startswith(partner.redirect_uri)
    assert partner.exchanges(answer(page)["code"]).json()["scope"] == "openid"


def test_withdrawing_ends_the_tokens(partner, signed_in):
    page = signed_in.opens(partner.address(scope="openid email"))
    code = answer(presses(signed_in, page, "allow"))["code"]
    token = partner.exchanges(code).json()["access_token"]
    consents.withdraw(signed_in.account, Model.objects.get())
    assert partner.userinfo(token).status_code == 401
    assert asks(signed_in.opens(partner.address(scope="openid email")))

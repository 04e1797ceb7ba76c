"""RP-Initiated Logout 1.0, section 3: where a partner that staff have closed leads: nowhere."""

import pytest

from accounts.models import Session
from oidc_provider.models import RelyingParty as Model
from oidc_provider.partners import registration
from tests.relying_party import SIGNED_OUT

CLOSED = "impots.nc n’utilise pas NC Connect en ce moment"


@pytest.fixture
def hint(partner, signed_in):
    return partner.tokens(signed_in)["id_token"]


@pytest.fixture
def closed(partner, hint):
    registration.suspend(Model.objects.get())


def follows(page) -> bool:
    """Does it lead to the partner, by a redirect, a link or a form?"""
    site = "https://impots.example.nc"
    return (
        site in page.get("Location", "")
        or site in page.content.decode()
        or site in page.get("Content-Security-Policy", "")
    )


@pytest.mark.usefixtures("closed")
class TestClosed:
    def test_who_signs_out_there_stays_with_us_and_reads_why(self, partner, signed_in, hint):
        page = signed_in.opens(
            partner.logout_address(id_token_hint=hint, post_logout_redirect_uri=SIGNED_OUT)
        )
        assert not follows(page)
        text = page.content.decode()
        assert 'id="logged-out"' in text
        assert CLOSED in text
        assert not Session.objects.exists()

    def test_who_is_asked_too(self, partner, signed_in):
        page = signed_in.opens(
            partner.logout_address(client_id="impots", post_logout_redirect_uri=SIGNED_OUT)
        )
        assert not follows(page)
        page = signed_in.submits(page.context["action"], {"allow": "1"})
        assert not follows(page)
        assert CLOSED in page.content.decode()

    def test_who_is_not_signed_in_any_more(self, partner, stranger):
        page = stranger.opens(
            partner.logout_address(client_id="impots", post_logout_redirect_uri=SIGNED_OUT)
        )
        assert not follows(page)
        assert CLOSED in page.content.decode()

    def test_open_again_it_is_followed(self, partner, signed_in, hint):
        registration.reopen(Model.objects.get())
        page = signed_in.opens(
            partner.logout_address(id_token_hint=hint, post_logout_redirect_uri=SIGNED_OUT)
        )
        assert page["Location"] == SIGNED_OUT


def test_an_open_one_is_led_to(partner, signed_in, hint):
    text = signed_in.opens(partner.logout_address(id_token_hint=hint)).content.decode()
    assert "Retourner sur impots.nc" in text
    assert CLOSED not in text

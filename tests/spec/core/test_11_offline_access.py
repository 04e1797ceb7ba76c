"""OpenID Connect Core, section 11: access while the person is away."""

import pytest

from oidc_provider.models import Consent, Grant
from tests.relying_party import RelyingParty, answer

ASKED = {"scope": "openid offline_access"}


@pytest.fixture
def partner():
    """A public service, of which people are informed rather than asked."""
    return RelyingParty.registered(
        nc_consent="information",
        scope="openid email offline_access",
        grant_types=["authorization_code", "refresh_token"],
    )


def is_asked(page) -> bool:
    return b'name="allow"' in page.content and b'name="deny"' in page.content


def test_nobody_gives_it_without_having_agreed(partner, signed_in):
    """The OP MUST always obtain consent to returning a Refresh Token for access while away."""
    page = signed_in.opens(partner.address(**ASKED))
    assert is_asked(page)
    assert not Grant.objects.filter(offline=True).exists()
    page = signed_in.submits(page.context["action"], {"deny": "1"})
    assert answer(page)["error"] == "access_denied"
    assert not Grant.objects.filter(offline=True).exists()


def test_who_agreed_is_not_asked_again(partner, signed_in):
    page = signed_in.opens(partner.address(**ASKED))
    assert "code" in answer(signed_in.submits(page.context["action"], {"allow": "1"}))
    assert Grant.objects.filter(offline=True).count() == 1
    assert "code" in answer(signed_in.opens(partner.address(**ASKED)))
    assert Consent.objects.get().user == signed_in.account


def test_nor_is_it_given_in_silence(partner, signed_in):
    page = signed_in.opens(partner.address(prompt="none", **ASKED))
    assert answer(page)["error"] == "consent_required"


def test_another_persons_agreement_is_theirs_alone(partner, signed_in, stranger):
    page = signed_in.opens(partner.address(**ASKED))
    signed_in.submits(page.context["action"], {"allow": "1"})
    stranger.has_an_account()
    stranger.signs_in()
    assert is_asked(stranger.opens(partner.address(**ASKED)))


def test_without_it_people_are_informed_as_before(partner, signed_in):
    assert "code" in answer(partner.sends(signed_in, scope="openid email"))
    assert not Consent.objects.exists()

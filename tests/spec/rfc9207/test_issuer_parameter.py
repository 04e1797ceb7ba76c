"""RFC 9207: OAuth 2.0 Authorization Server Issuer Identification."""

from django.conf import settings

from tests.relying_party import answer


def test_success_has_iss(partner, signed_in):
    """Section 2: the authorization server MUST include the iss parameter in its responses."""
    assert answer(signed_in.opens(partner.address()))["iss"] == settings.ISSUER


def test_error_has_iss(partner, signed_in):
    """Section 2: including error responses."""
    assert answer(signed_in.opens(partner.address(scope="email")))["iss"] == settings.ISSUER


def test_refusal_by_the_person_has_iss(partner, end_user):
    page = end_user.opens(partner.address())
    page = end_user.opens(page.context["destination"].leave_url)
    received = answer(page)
    assert (received["error"], received["iss"]) == ("access_denied", settings.ISSUER)
    assert received["state"] == "un-etat"

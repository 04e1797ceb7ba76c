"""A page shows its own visitor's things, whoever saw the same page just before."""

import re

import pytest

from tests.relying_party import RelyingParty
from tests.strict_client import StrictClient

TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')


@pytest.fixture
def other():
    return RelyingParty.registered(
        client_id="cadastre",
        client_name="Le cadastre",
        client_uri="https://cadastre.example.nc/",
        initiate_login_uri="https://cadastre.example.nc/connexion",
        redirect_uris=["https://cadastre.example.nc/retour"],
        post_logout_redirect_uris=[],
    )


def sign_in_page(partner: RelyingParty, language: str) -> str:
    """As somebody sees it who was never here."""
    visitor = StrictClient(headers={"Accept-Language": language})
    return visitor.get(partner.address(), follow=True).content.decode()


def test_each_partner_in_each_language(partner, other):
    """One after the other, in one process that keeps what does not change."""
    for _ in range(2):
        for language, word in [("fr", "Site demandeur"), ("en", "Requesting site")]:
            first, second = (sign_in_page(asked, language) for asked in (partner, other))
            assert "impots.nc" in first
            assert "cadastre" not in first
            assert "Le cadastre" in second
            assert "impots" not in second
            assert word in first
            assert word in second
            assert f'<html lang="{language}">' in first


def test_each_visitor_has_a_token_of_their_own(partner):
    tokens = [token for _ in range(3) for token in TOKEN.findall(sign_in_page(partner, "fr"))]
    assert len(tokens) == len(set(tokens)) == 3


def test_the_links_to_the_other_language_are_those_of_the_page(client):
    first, second = (
        client.get("/connexion/", {"next": f"/mon-compte/?de={name}"}).content.decode()
        for name in ("moana", "lea")
    )
    assert "lang=en" in first
    assert "moana" in first
    assert "moana" not in second


def test_who_is_signed_in_is_known_to_their_own_page_alone(signed_in):
    for _ in range(2):
        assert "Se déconnecter" in signed_in.client.get("/accessibilite/").content.decode()
        assert "Se déconnecter" not in StrictClient().get("/accessibilite/").content.decode()


def test_the_page_that_one_is_on_is_marked_there_alone():
    current = re.compile(r'<a href="([^"]*)" aria-current="page"')
    for _ in range(2):
        assert current.findall(StrictClient().get("/aide/").content.decode()) == ["/aide/"]
        assert current.findall(StrictClient().get("/connexion/").content.decode()) == []

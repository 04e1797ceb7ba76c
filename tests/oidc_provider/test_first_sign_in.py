"""A person comes from a partner, signs in, and the partner learns who it is."""

from tests.relying_party import RelyingParty, answer, destination


def test_a_person_signs_in_at_a_partner(end_user):
    end_user.has_an_account()
    partner = RelyingParty.registered()

    page = end_user.opens(partner.address(scope="openid email"))
    assert page.status_code == 200
    assert "impots.nc" in page.content.decode()
    page = end_user.signs_in(way=page.context["next"])

    assert destination(page) == partner.redirect_uri
    received = answer(page)
    assert received["state"] == "un-etat"
    assert received["iss"] == "http://127.0.0.1:8000"

    tokens = partner.exchanges(received["code"])
    assert tokens.status_code == 200, tokens.content
    claims = partner.claims(tokens.json()["id_token"])
    assert claims["iss"] == "http://127.0.0.1:8000"
    assert claims["aud"] == "impots"
    assert claims["nonce"] == "un-nombre"
    assert claims["acr"] == "eidas1"
    assert claims["amr"] == ["pwd"]

    info = partner.userinfo(tokens.json()["access_token"])
    assert info.json() == {"sub": claims["sub"], "email": end_user.email, "email_verified": True}


def test_a_signed_in_person_goes_straight_on(end_user):
    end_user.has_an_account()
    end_user.signs_in()
    partner = RelyingParty.registered()
    tokens = partner.tokens(end_user)
    assert tokens["token_type"] == "Bearer"
    assert tokens["expires_in"] == 1800
    assert "refresh_token" not in tokens

"""The published PHP clients of NC Connect v2 and v3 go on working, request by request."""

import pytest

from tests.actors import hidden_fields
from tests.relying_party import CALLBACK, SECRET, SIGNED_OUT, RelyingParty, answer, payload
from tests.spec.legacy_v2_v3.published import VERSIONS, Published, Sent

pytestmark = pytest.mark.parametrize("version", VERSIONS)


@pytest.fixture
def published(version):
    return Published(version, "impots", SECRET, CALLBACK, SIGNED_OUT)


@pytest.fixture
def partner(published):
    return RelyingParty.registered(**published.registration())


def call(partner: RelyingParty, sent: Sent):
    """On the back channel, byte for byte."""
    kind = sent.headers.get("Content-Type", "")
    headers = {name: value for name, value in sent.headers.items() if name != "Content-Type"}
    return partner.back_channel.generic(
        sent.method, sent.path, sent.body, content_type=kind, headers=headers
    )


def sign_in(end_user, published: Published) -> dict:
    """A person signs in from the partner's button; what comes back to the partner."""
    end_user.has_an_account()
    page = end_user.opens(published.sends("sign_in").path)
    page = end_user.signs_in(way=hidden_fields(page)["next"])
    if b'name="allow"' in page.content:
        page = end_user.submits(page.context["action"], {"allow": "1"})
    return answer(page)


def redeem(partner, published: Published, code: str) -> dict:
    response = call(partner, published.sends("token", code=code))
    assert response.status_code == 200, response.content
    return response.json()


def test_a_person_signs_in_and_the_client_reads_what_it_insists_on(end_user, partner, published):
    received = sign_in(end_user, published)
    assert received["state"] == published.state
    tokens = redeem(partner, published, received["code"])
    assert tokens["expires_in"] == 1800
    if published.record["compares_nonce"]:
        assert payload(tokens["id_token"])["nonce"] == published.nonce
    claims = call(partner, published.sends("userinfo", access_token=tokens["access_token"])).json()
    assert [name for name in published.record["reads"] if name not in claims] == []
    assert claims["email"] == end_user.email


def test_the_client_refreshes_and_each_answer_carries_the_next_token(end_user, partner, published):
    tokens = redeem(partner, published, sign_in(end_user, published)["code"])
    sent = published.sends("refresh", refresh_token=tokens["refresh_token"])
    renewed = call(partner, sent).json()
    assert renewed.keys() >= {"access_token", "refresh_token", "expires_in", "scope"}
    info = call(partner, published.sends("userinfo", access_token=renewed["access_token"]))
    assert info.json()["email"] == end_user.email


def test_the_person_signs_out_and_comes_back_to_the_partner(end_user, partner, published):
    tokens = redeem(partner, published, sign_in(end_user, published)["code"])
    page = end_user.opens(published.sends("sign_out", id_token=tokens["id_token"]).path)
    assert page["Location"] == SIGNED_OUT
    end_user.opens(published.sends("sign_in").path)
    assert b"login-title" in end_user.page.content


def test_a_wrong_secret_is_told_as_a_wrong_secret(end_user, partner, published):
    code = sign_in(end_user, published)["code"]
    published.secret = "un-autre-secret"
    response = call(partner, published.sends("token", code=code))
    assert (response.status_code, response.json()["error"]) == (401, "invalid_client")
    assert response.json()["error_description"] == "client_secret: wrong"


def test_a_scope_that_is_not_registered_is_named_to_the_partner(end_user, partner, published):
    """The four scopes that the client asks for must all be registered."""
    from oidc_provider.partners.registration import register

    register(published.registration() | {"client_name": "impots.nc", "scope": "openid email"})
    received = answer(end_user.opens(published.sends("sign_in").path))
    assert (received["error"], received["state"]) == ("invalid_scope", published.state)
    assert "identite_pivot" in received["error_description"]

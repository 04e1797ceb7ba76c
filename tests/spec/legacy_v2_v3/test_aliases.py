"""What partners that integrated NC Connect v2 or v3 rely on: their addresses still answer."""

import base64
from urllib.parse import urlencode

import pytest
from django.core.cache import cache
from django.urls import reverse
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from oidc_provider import legacy
from oidc_provider.models import AliasUse
from tests.actors import hidden_fields
from tests.relying_party import CALLBACK, SECRET, SIGNED_OUT, RelyingParty, answer
from tests.samples import examples

V3 = "/v3/realms/nc-connect/protocol/openid-connect"
AUTHORIZE = ["/v2/authorize", "/v2/oauth/authorize", "/v2//authorize", f"{V3}/auth"]
BACK_CHANNEL = [
    ("/v2/token", "/v2/userinfo"),
    ("/v2//token", "/v2//userinfo"),
    (f"{V3}/token", f"{V3}/userinfo"),
]
LOGOUT = ["/v2/logout", "/v2//logout", f"{V3}/logout"]
SCOPES = "openid profile email birth identite_pivot"


@pytest.fixture
def partner():
    """As it is registered when it comes from v2 or v3: no PKCE, refresh without offline_access."""
    return RelyingParty.registered(
        nc_require_pkce=False, grant_types=["authorization_code", "refresh_token"]
    )


@pytest.fixture
def signed_in(end_user, partner):
    """A person who signed in from this partner: the next times are silent."""
    end_user.has_an_account()
    way = hidden_fields(end_user.opens(partner.address()))["next"]
    end_user.signs_in(way=way)
    return end_user


def request(address: str, **changes) -> str:
    """The documentation's own example: no state, no nonce, no PKCE."""
    parameters = {
        "scope": SCOPES,
        "response_type": "code",
        "client_id": "impots",
        "redirect_uri": CALLBACK,
    }
    return f"{address}?{urlencode(parameters | changes)}"


def bare_basic() -> dict:
    """As PHP clients send it: not form-encoded."""
    pair = base64.b64encode(f"impots:{SECRET}".encode()).decode()
    return {"Authorization": f"Basic {pair}"}


def redeem(partner: RelyingParty, address: str, code: str):
    data = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}
    return partner.calls(address, data, bare_basic())


@pytest.mark.parametrize("address", AUTHORIZE)
def test_a_request_without_state_nonce_and_pkce_gets_its_code(partner, signed_in, address):
    """For legacy clients: requests without state, nonce or PKCE."""
    received = answer(signed_in.opens(request(address)))
    assert received.keys() == {"code", "iss"}


@pytest.mark.parametrize("address", AUTHORIZE)
def test_a_request_by_post_is_taken_up_again_by_get(partner, signed_in, address):
    """All of them, GET and POST. The partner's site has no token against forgery for us."""
    signed_in.client.handler.enforce_csrf_checks = True
    sent = dict(pair.split("=") for pair in request("").lstrip("?").split("&"))
    page = signed_in.client.post(address, sent | {"redirect_uri": CALLBACK, "scope": "openid"})
    assert answer(signed_in.opens(page["Location"]))["code"]


@pytest.mark.parametrize(("token", "userinfo"), BACK_CHANNEL)
def test_the_code_gives_tokens_and_flat_json_claims(partner, signed_in, token, userinfo):
    """Userinfo: plain JSON, flat; refresh_token and expires_in in every token answer."""
    code = answer(signed_in.opens(request("/v2/authorize")))["code"]
    tokens = redeem(partner, token, code).json()
    assert tokens.keys() >= {"access_token", "id_token", "refresh_token"}
    assert tokens["expires_in"] == 1800
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    claims = partner.back_channel.get(userinfo, headers=headers).json()
    assert claims["sub"] == partner.claims(tokens["id_token"])["sub"]
    assert claims["email"] == signed_in.email
    assert claims["email_verified"] is True
    assert claims["verified"] == 0


@pytest.mark.parametrize("token", [token for token, _userinfo in BACK_CHANNEL])
def test_each_refresh_gives_a_refresh_token(partner, signed_in, token):
    """v3: refresh_token without offline_access; each answer carries one that is good."""
    code = answer(signed_in.opens(request("/v2/authorize")))["code"]
    first = redeem(partner, "/v2/token", code).json()
    data = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    second = partner.calls(token, data, bare_basic()).json()
    assert second.keys() >= {"access_token", "id_token", "expires_in", "refresh_token"}
    data["refresh_token"] = second["refresh_token"]
    assert partner.calls(token, data, bare_basic()).status_code == 200


@pytest.mark.parametrize("response_type", ["token", "id_token", "id_token token", "code id_token"])
def test_the_implicit_and_hybrid_flows_of_v2_are_refused(partner, signed_in, response_type):
    """RFC 9700, section 2.1.2: authorization code only."""
    page = signed_in.opens(request("/v2/authorize", response_type=response_type))
    assert answer(page)["error"] == "unsupported_response_type"


def test_the_keys_of_v3_are_ours(partner):
    certs = partner.back_channel.get(f"{V3}/certs")
    assert certs.json() == partner.back_channel.get("/oidc/jwks").json()


@pytest.mark.parametrize("address", ["/v2/login", "/v2//login"])
def test_the_sign_in_page_of_v2_leads_to_ours(client, address):
    assert client.get(address)["Location"] == reverse("accounts:sign_in")


# Discovery


@pytest.mark.parametrize(
    ("address", "endpoints"),
    [
        ("/v2/.well-known/openid-configuration", ["/v2/authorize", "/v2/token", "/v2/logout"]),
        ("/v2//.well-known/openid-configuration", ["/v2/authorize", "/v2/token", "/v2/logout"]),
        (
            "/v3/realms/nc-connect/.well-known/openid-configuration",
            [f"{V3}/auth", f"{V3}/token", f"{V3}/logout"],
        ),
    ],
)
def test_each_family_has_its_discovery(client, settings, address, endpoints):
    """Each naming the endpoints of its own family; the issuer is one for all."""
    document = client.get(address).json()
    names = ["authorization_endpoint", "token_endpoint", "end_session_endpoint"]
    assert [document[name] for name in names] == [settings.ORIGIN + path for path in endpoints]
    assert document["issuer"] == settings.ISSUER


def test_the_native_discovery_wins_where_v2_had_its_own(client, settings):
    """The same address under an ISSUER without a path: a v2 client that reads it has moved."""
    document = client.get("/.well-known/openid-configuration").json()
    assert document["token_endpoint"] == f"{settings.ORIGIN}/oidc/token"


# Signing out


def id_token(partner: RelyingParty, end_user) -> str:
    code = answer(end_user.opens(request("/v2/authorize")))["code"]
    return redeem(partner, "/v2/token", code).json()["id_token"]


@pytest.mark.parametrize("address", LOGOUT)
def test_v2_signs_out_with_a_hint_and_no_client_id(partner, signed_in, address):
    parameters = {
        "post_logout_redirect_uri": SIGNED_OUT,
        "id_token_hint": id_token(partner, signed_in),
    }
    page = signed_in.opens(f"{address}?{urlencode(parameters)}")
    assert page["Location"] == SIGNED_OUT
    assert signed_in.client.get(reverse("accounts:home")).status_code == 302


@pytest.mark.parametrize("with_client_id", [True, False])
@pytest.mark.parametrize("with_address", [True, False])
@pytest.mark.parametrize("with_hint", [True, False])
def test_every_combination_of_v3_is_answered(
    partner, signed_in, with_client_id, with_address, with_hint
):
    """Any of client_id, post_logout_redirect_uri, id_token_hint, or none."""
    hint = id_token(partner, signed_in)
    sent = with_client_id * [("client_id", "impots")]
    sent += with_address * [("post_logout_redirect_uri", SIGNED_OUT)]
    sent += with_hint * [("id_token_hint", hint)]
    page = signed_in.opens(f"{V3}/logout?{urlencode(sent)}")
    if with_hint and with_address:
        assert page["Location"] == SIGNED_OUT
    elif with_hint:
        assert 'id="logged-out"' in page.content.decode()
    elif with_address and not with_client_id:
        assert 'id="oidc-error"' in page.content.decode()  # an address that is nobody's
    else:
        assert 'name="allow"' in page.content.decode()


def foreign_hint(audience) -> str:
    """An id_token of the platform that was here before: its key is not one of ours."""
    from jwcrypto import jwk, jwt

    token = jwt.JWT({"alg": "RS256", "kid": "old"}, {"iss": "https://old", "aud": audience})
    token.make_signed_token(jwk.JWK.generate(kty="RSA", size=2048))
    return token.serialize()


@pytest.mark.parametrize("audience", ["impots", ["account", "impots"]])
@pytest.mark.parametrize("address", LOGOUT)
def test_a_hint_of_the_old_platform_asks_the_person(partner, signed_in, address, audience):
    """Hint signed by the old platform: confirmation page, not an error; nobody is signed out."""
    parameters = {
        "id_token_hint": foreign_hint(audience),
        "post_logout_redirect_uri": SIGNED_OUT,
    }
    page = signed_in.opens(f"{address}?{urlencode(parameters)}")
    assert 'name="allow"' in page.content.decode()
    assert signed_in.client.get(reverse("accounts:home")).status_code == 200


def test_a_hint_of_the_old_platform_by_post_asks_as_well(partner, signed_in):
    sent = {"id_token_hint": foreign_hint("impots"), "post_logout_redirect_uri": SIGNED_OUT}
    page = signed_in.tampers(f"{V3}/logout", sent)
    assert 'name="allow"' in page.content.decode()


def test_a_hint_never_takes_the_place_of_the_client_id_that_was_sent(partner, signed_in):
    """Section 2 of RP-Initiated Logout: the partner is the one that names itself."""
    RelyingParty.registered(client_id="autre", post_logout_redirect_uris=None)
    sent = {
        "client_id": "autre",
        "id_token_hint": foreign_hint("impots"),
        "post_logout_redirect_uri": SIGNED_OUT,
    }
    assert signed_in.opens(f"{V3}/logout?{urlencode(sent)}").status_code == 400


@hypothesis_settings(
    max_examples=examples(60),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(content=st.binary(max_size=80) | st.sampled_from([b'{"aud":"\\u0000"}', b"[" * 99_999]))
def test_no_content_of_a_hint_breaks_the_sign_out(partner, client, content):
    hint = "a." + base64.urlsafe_b64encode(content).decode().rstrip("=") + ".c"
    assert client.get(f"{V3}/logout", {"id_token_hint": hint}).status_code in (303, 400)


@pytest.mark.parametrize("hint", ["x", "a.b.c", "a.bnVsbA.c", "a.eyJhdWQiOjF9.c", "é.é.é"])
def test_a_hint_that_is_nothing_is_no_hint(partner, signed_in, hint):
    page = signed_in.opens(f"{V3}/logout?{urlencode({'id_token_hint': hint})}")
    assert 'name="allow"' in page.content.decode()


def test_the_native_endpoint_still_refuses_a_foreign_hint(partner, signed_in):
    page = signed_in.opens(partner.logout_address(id_token_hint=foreign_hint("impots")))
    assert page.status_code == 400


# Who has still to move


def test_each_use_is_counted_under_its_partner(partner, signed_in):
    """So that the operator sees who has still to move."""

    def counted() -> float:
        labels = {"family": "v2", "endpoint": "token", "partner": "impots"}
        return legacy.USES.labels(**labels)._value.get()

    before = counted()
    hint = id_token(partner, signed_in)
    id_token(partner, signed_in)
    assert counted() == before + 2
    signed_in.opens(f"{V3}/logout?{urlencode({'id_token_hint': hint})}")
    uses = {(use.family, use.endpoint, use.relying_party.name) for use in AliasUse.objects.all()}
    assert uses == {
        ("v2", "authorize", "impots.nc"),
        ("v2", "token", "impots.nc"),
        ("v3", "end_session", "impots.nc"),
    }


def test_the_last_use_is_written_once_an_hour(partner, signed_in, django_assert_num_queries):
    id_token(partner, signed_in)
    use = AliasUse.objects.get(endpoint="token")
    counted_again = use.relying_party
    with django_assert_num_queries(0):
        legacy._count("v2", "token", counted_again)
    cache.clear()  # an hour later
    legacy._count("v2", "token", use.relying_party)
    assert AliasUse.objects.get(endpoint="token").last_used_at > use.last_used_at


def test_the_native_addresses_and_refusals_are_not_counted(partner, signed_in):
    partner.tokens(signed_in)
    redeem(partner, "/v2/token", "not-a-code")
    assert not AliasUse.objects.exists()


def test_an_alias_costs_one_statement_more_than_its_endpoint(
    partner, signed_in, django_assert_max_num_queries
):
    code = answer(signed_in.opens(request("/v2/authorize")))["code"]
    tokens = redeem(partner, "/v2/token", code).json()
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    partner.back_channel.get("/v2/userinfo", headers=headers)
    with django_assert_max_num_queries(2):
        partner.back_channel.get("/v2/userinfo", headers=headers)


def test_staff_see_the_uses(partner, signed_in, admin_client):
    id_token(partner, signed_in)
    page = admin_client.get(reverse("admin:oidc_provider_aliasuse_changelist"))
    assert "impots.nc" in page.content.decode()


def test_prompt_login_is_honoured(partner, signed_in):
    page = signed_in.opens(request("/v2/authorize", prompt="login", nonce="n" * 20))
    assert 'id="login-title"' in page.content.decode()

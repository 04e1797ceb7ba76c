"""Fetch standard, section 3.2: which pages read which answers."""

import pytest

from oidc_provider.legacy import PROTOCOL
from tests.relying_party import RelyingParty, payload

OWN = "https://impots.example.nc"
STRANGERS = [
    *("https://evil.nc", "null", "http://impots.example.nc", "https://impots.example.nc:444"),
    *("https://impots.example.nc.evil.nc", "https://IMPOTS.example.nc", "*", ""),
]
TOKEN, USERINFO, REVOKE = "/oidc/token", "/oidc/userinfo", "/oidc/revoke"
FOR_PAGES = [TOKEN, USERINFO, REVOKE]
EVERYBODYS = [
    *("/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"),
    *("/oidc/jwks", "/v2/.well-known/openid-configuration"),
    *("/v3/realms/nc-connect/.well-known/openid-configuration", f"/{PROTOCOL}/certs"),
]
EVERYWHERE_ELSE = [
    *("/oidc/authorize", "/oidc/introspect", "/oidc/end-session", "/", "/admin/"),
    *("/connexion/", "/partenaires/", "/sante/vivant"),
]


@pytest.fixture
def public():
    """A page that is a client by itself (RFC 6749, section 2.1)."""
    return RelyingParty.registered(
        client_id="page", token_endpoint_auth_method="none", client_secret=None
    )


def allowed(response) -> str | None:
    """The origin that may read this; never with cookies."""
    assert "Access-Control-Allow-Credentials" not in response
    return response.get("Access-Control-Allow-Origin")


def preflight(client, path: str, origin: str, method: str = "POST", header: str = ""):
    headers = {"Origin": origin, "Access-Control-Request-Method": method}
    if header:
        headers["Access-Control-Request-Headers"] = header
    return client.options(path, headers=headers)


def may_send(response, header: str) -> bool:
    """Whether a browser sends this header after such a preflight, without cookies."""
    names = [name.strip().lower() for name in response["Access-Control-Allow-Headers"].split(",")]
    return header in names or ("*" in names and header != "authorization")


@pytest.mark.parametrize("address", EVERYBODYS)
class TestDiscoveryAndKeys:
    @pytest.mark.parametrize("origin", [OWN, *STRANGERS])
    def test_they_are_everybodys(self, client, address, origin):
        assert allowed(client.get(address, headers={"Origin": origin})) == "*"

    @pytest.mark.parametrize("header", ["x-requested-with", "authorization", "x-anything"])
    def test_a_page_that_asks_first_may_send_any_header(self, client, address, header):
        """3.2.3: the star stands for every name of a header but Authorization."""
        response = preflight(client, address, OWN, "GET", header)
        assert response.status_code == 204
        assert allowed(response) == "*"
        assert may_send(response, header)
        assert "GET" in response["Access-Control-Allow-Methods"]
        assert "POST" not in response["Access-Control-Allow-Methods"]

    def test_what_asks_for_nothing_is_told_what_there_is(self, client, address):
        response = client.options(address)
        assert (response.status_code, response["Allow"]) == (405, "GET, HEAD")


class TestPublicClient:
    def test_the_whole_way(self, public, signed_in):
        code = public.code(signed_in)
        sent = {"client_id": "page"}
        response = public.exchanges(code, headers={"Origin": OWN}, **sent)
        assert response.status_code == 200
        assert allowed(response) == OWN
        token = response.json()["access_token"]
        headers = {"Origin": OWN, "Authorization": f"Bearer {token}"}
        answer = public.back_channel.get(USERINFO, headers=headers)
        assert answer.json()["sub"] == payload(response.json()["id_token"])["sub"]
        assert allowed(answer) == OWN
        assert "Origin" in answer["Vary"]

    @pytest.mark.parametrize("path", FOR_PAGES)
    def test_preflight(self, public, client, path):
        response = preflight(client, path, OWN)
        assert response.status_code == 204
        assert allowed(response) == OWN
        assert "POST" in response["Access-Control-Allow-Methods"]
        assert "Origin" in response["Vary"]

    @pytest.mark.parametrize("path", FOR_PAGES)
    @pytest.mark.parametrize("header", ["authorization", "content-type", "x-requested-with"])
    def test_what_libraries_add_by_themselves_may_be_sent(self, public, client, path, header):
        assert may_send(preflight(client, path, OWN, header=header), header)
        assert not may_send(preflight(client, path, OWN), "x-anything")

    def test_a_page_lets_go_of_its_token(self, public, signed_in):
        """RFC 7009, section 2.3: for clients that live in a browser."""
        tokens = public.exchanges(public.code(signed_in), headers={}, client_id="page").json()
        sent = {"token": tokens["access_token"], "client_id": "page"}
        response = public.calls(REVOKE, sent, headers={"Origin": OWN})
        assert (response.status_code, allowed(response)) == (200, OWN)
        assert public.userinfo(tokens["access_token"]).status_code == 401

    @pytest.mark.parametrize("path", [TOKEN, REVOKE])
    def test_a_page_that_names_itself_in_the_header_alone(self, public, client, path):
        """With an empty secret, which is none."""
        headers = public.basic() | {"Origin": OWN}
        sent = {"grant_type": "authorization_code", "code": "faux", "token": "faux"}
        assert allowed(client.post(path, sent, headers=headers)) == OWN
        assert (
            allowed(client.post(path, sent, headers=headers | {"Origin": "https://evil.nc"}))
            is None
        )

    @pytest.mark.parametrize("path", [TOKEN, REVOKE])
    def test_the_refusal_of_a_client_that_is_no_page_cannot_be_read(
        self, partner, public, client, path
    ):
        sent = {"client_id": "impots", "client_secret": "faux", "token": "x"}
        response = client.post(path, sent, headers={"Origin": OWN})
        assert (response.status_code, allowed(response)) == (401, None)
        sent = {"client_id": "page", "client_secret": "faux", "token": "x"}
        assert allowed(client.post(path, sent, headers={"Origin": OWN})) == OWN

    def test_errors_can_be_read(self, public, client):
        sent = {"grant_type": "authorization_code", "code": "faux", "client_id": "page"}
        response = client.post(TOKEN, sent, headers={"Origin": OWN})
        assert response.json()["error"] == "invalid_grant"
        assert allowed(response) == OWN
        unknown = {"Origin": OWN, "Authorization": "Bearer faux"}
        response = client.get(USERINFO, headers=unknown)
        assert (response.status_code, allowed(response)) == (401, OWN)
        assert "WWW-Authenticate" in response["Access-Control-Expose-Headers"]

    @pytest.mark.parametrize("origin", STRANGERS)
    def test_other_origins(self, public, signed_in, client, origin):
        for path in FOR_PAGES:
            assert allowed(preflight(client, path, origin)) is None
        code = public.code(signed_in)
        response = public.exchanges(code, headers={"Origin": origin}, client_id="page")
        assert allowed(response) is None
        headers = {"Origin": origin, "Authorization": f"Bearer {response.json()['access_token']}"}
        assert allowed(client.get(USERINFO, headers=headers)) is None
        sent = {"token": "x", "client_id": "page"}
        assert allowed(client.post(REVOKE, sent, headers={"Origin": origin})) is None

    def test_the_origin_of_another_public_client(self, public, signed_in):
        other = RelyingParty.registered(
            client_id="autre",
            redirect_uris=["https://autre.example.nc/"],
            token_endpoint_auth_method="none",
            client_secret=None,
        )
        code = other.code(signed_in)
        response = other.exchanges(code, headers={"Origin": OWN}, client_id="autre")
        assert response.status_code == 200
        assert allowed(response) is None
        headers = {"Origin": OWN, "Authorization": f"Bearer {response.json()['access_token']}"}
        assert allowed(other.back_channel.get(USERINFO, headers=headers)) is None

    def test_a_suspended_one(self, public, client):
        from oidc_provider.models import RelyingParty as Model
        from oidc_provider.partners import registration

        registration.suspend(Model.objects.get(client_id="page"))
        assert allowed(preflight(client, TOKEN, OWN)) is None
        sent = {"grant_type": "authorization_code", "code": "x", "client_id": "page"}
        assert allowed(client.post(TOKEN, sent, headers={"Origin": OWN})) is None

    @pytest.mark.parametrize(
        ("redirect_uri", "origin"),
        [
            ("https://a.example.nc:443/x", "https://a.example.nc"),
            ("https://A.Example.nc/", "https://a.example.nc"),
            ("https://a.example.nc:8443/?a=b", "https://a.example.nc:8443"),
            ("http://[::1]:8001/", "http://[::1]:8001"),
            ("http://localhost:80/", "http://localhost"),
        ],
    )
    def test_origins_as_browsers_write_them(self, client, redirect_uri, origin):
        RelyingParty.registered(
            redirect_uris=[redirect_uri], token_endpoint_auth_method="none", client_secret=None
        )
        assert allowed(preflight(client, TOKEN, origin)) == origin


class TestConfidentialClient:
    """It has a server: no page of it needs to read a token."""

    def test_nothing(self, partner, signed_in, client):
        for path in FOR_PAGES:
            assert allowed(preflight(client, path, OWN)) is None
        headers = partner.basic() | {"Origin": OWN}
        assert allowed(client.post(REVOKE, {"token": "x"}, headers=headers)) is None
        response = partner.exchanges(partner.code(signed_in), headers=headers)
        assert response.status_code == 200
        assert allowed(response) is None
        headers = {"Origin": OWN, "Authorization": f"Bearer {response.json()['access_token']}"}
        assert allowed(client.get(USERINFO, headers=headers)) is None

    def test_beside_a_public_one_of_the_same_origin(self, partner, public, signed_in, client):
        headers = partner.basic() | {"Origin": OWN}
        assert allowed(client.post(REVOKE, {"token": "x"}, headers=headers)) is None
        response = partner.exchanges(partner.code(signed_in), headers=headers)
        assert allowed(response) is None
        headers = {"Origin": OWN, "Authorization": f"Bearer {response.json()['access_token']}"}
        assert allowed(client.get(USERINFO, headers=headers)) is None


@pytest.mark.parametrize("path", EVERYWHERE_ELSE)
def test_nothing_elsewhere(public, client, path):
    for origin in (OWN, "https://evil.nc"):
        headers = {"Origin": origin}
        for response in (
            client.get(path, headers=headers),
            client.post(path, {"client_id": "page"}, headers=headers),
            preflight(client, path, origin),
        ):
            assert allowed(response) is None
            assert response.status_code < 500


@pytest.mark.parametrize("path", FOR_PAGES)
def test_options_that_are_no_preflight(client, path):
    assert client.options(path).status_code == 405
    assert client.options(path, headers={"Origin": OWN}).status_code == 405


def test_the_addresses_of_v2_and_v3_answer_the_same(public, client):
    for path in ("/v2/token", "/v3/realms/nc-connect/protocol/openid-connect/token"):
        assert preflight(client, path, "https://evil.nc").status_code == 204
        assert allowed(preflight(client, path, OWN)) == OWN
        assert allowed(preflight(client, path, "https://evil.nc")) is None


def test_a_request_without_an_origin_costs_nothing_more(
    public, signed_in, django_assert_num_queries
):
    token = public.exchanges(public.code(signed_in), headers={}, client_id="page").json()
    headers = {"Authorization": f"Bearer {token['access_token']}"}
    with django_assert_num_queries(1):
        assert allowed(public.back_channel.get(USERINFO, headers=headers)) is None

"""OpenID Connect Discovery 1.0, sections 3 and 4; RFC 7517; RFC 8414."""

import logging
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.urls import resolve

from tests.strict_client import StrictClient


@pytest.fixture
def metadata(client):
    return client.get("/.well-known/openid-configuration").json()


def test_the_issuer(metadata):
    """3: issuer … MUST be identical to the iss Claim value in ID Tokens issued."""
    assert metadata["issuer"] == settings.ISSUER


def test_every_address_is_served(metadata):
    for name, value in metadata.items():
        if name.endswith(("_endpoint", "jwks_uri", "_documentation", "_policy_uri", "_tos_uri")):
            assert value.startswith(settings.ORIGIN)
            resolve(urlsplit(value).path)


def test_what_is_required(metadata):
    assert metadata["response_types_supported"] == ["code"]
    assert "RS256" in metadata["id_token_signing_alg_values_supported"]
    assert "openid" in metadata["scopes_supported"]
    assert set(metadata["subject_types_supported"]) == {"pairwise", "public"}


def test_what_is_not_offered_is_not_announced(metadata):
    assert metadata["grant_types_supported"] == ["authorization_code", "refresh_token"]
    assert metadata["request_uri_parameter_supported"] is False  # true when absent
    assert metadata["code_challenge_methods_supported"] == ["S256"]
    assert "none" not in str(metadata["id_token_signing_alg_values_supported"])
    assert "registration_endpoint" not in metadata


def test_a_forged_host_changes_nothing(client, metadata):
    for headers in ({"Host": "localhost"}, {"X-Forwarded-Host": "mechant.example"}):
        response = client.get("/.well-known/openid-configuration", headers=headers)
        assert response.json() == metadata


def test_whoever_knows_oauth_alone_finds_the_same(client):
    """RFC 8414, section 3: its own address; section 2: the members are of one registry."""
    here = client.get("/.well-known/oauth-authorization-server")
    assert here.content == client.get("/.well-known/openid-configuration").content


@pytest.mark.parametrize(
    "address",
    [
        "/.well-known/openid-configuration",
        "/.well-known/oauth-authorization-server",
        "/oidc/jwks",
    ],
)
class TestCache:
    def test_it_can_be_kept_and_read_from_anywhere(self, client, address):
        response = client.get(address)
        assert response.status_code == 200
        assert response["Content-Type"] == "application/json"
        assert "max-age=3600" in response["Cache-Control"]
        assert response["Access-Control-Allow-Origin"] == "*"
        assert not response.cookies

    def test_it_is_not_sent_twice(self, client, address):
        etag = client.get(address)["ETag"]
        for kept in (etag, f"W/{etag}", f'"another", {etag}', f'W/"another" , W/{etag}', "*"):
            response = client.get(address, headers={"If-None-Match": kept})
            assert (response.status_code, response.content) == (304, b""), kept
            assert response["ETag"] == etag
            assert response["Cache-Control"] == "public, max-age=3600"
            assert response["Access-Control-Allow-Origin"] == "*"

    def test_what_has_changed_since_is_sent(self, client, address):
        etag = client.get(address)["ETag"]
        for kept in ('"another"', f'W/"{etag}"', etag.strip('"'), f'"{etag[1:-2]}"', '"*"', ""):
            response = client.get(address, headers={"If-None-Match": kept})
            assert response.status_code == 200, kept
            assert response.content

    def test_it_costs_no_statement(self, client, address, django_assert_num_queries):
        client.get(address)
        with django_assert_num_queries(0):
            client.get(address)

    def test_only_reading(self, client, address):
        assert client.post(address).status_code == 405

    def test_it_is_as_well_protected_as_the_rest(self, client, address):
        response = client.get(address)
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["X-Frame-Options"] == "DENY"
        assert response["Referrer-Policy"] == "same-origin"
        assert "default-src 'none'" in response["Content-Security-Policy"]
        assert response["X-Reference"]

    def test_its_length_is_told(self, client, address):
        response = client.get(address)
        assert int(response["Content-Length"]) == len(response.content)

    def test_it_is_the_same_for_everybody(self, signed_in, client, address):
        """No session is looked at, and no language."""
        stranger = StrictClient().get(address)
        response = client.get(f"{address}?lang=en", headers={"Accept-Language": "en"})
        assert response.content == stranger.content
        assert response.status_code == 200
        assert "Vary" not in response

    def test_a_host_that_is_not_ours_gets_nothing(self, client, address):
        response = client.get(address, headers={"Host": "mechant.example"})
        assert response.status_code == 400

    def test_it_is_counted_and_logged_by_its_route(self, client, address, caplog):
        caplog.set_level(logging.INFO, "ncconnect.request")
        client.get(address)
        (record,) = [r for r in caplog.records if r.name == "ncconnect.request"]
        assert record.facts["route"] == address.removeprefix("/")


def test_the_keys_are_public_and_large(client):
    """RFC 7517: kid, use, alg; no private part of a key, ever."""
    keys = client.get("/oidc/jwks").json()["keys"]
    assert {key["alg"] for key in keys} == {"RS256", "ES256", "PS256"}
    assert len({key["kid"] for key in keys}) == len(keys)
    for key in keys:
        assert key["use"] == "sig"
        assert not {"d", "p", "q", "dp", "dq", "qi", "k"} & set(key)
        if key["kty"] == "RSA":
            assert len(key["n"]) >= 512  # 3072 bits


def test_what_is_not_mounted_is_not_there(client):
    for path in ("/o/applications/", "/oidc/register", "/oidc/device", "/oidc/applications/"):
        assert client.get(path).status_code == 404

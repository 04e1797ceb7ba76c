"""Authlib's integration for Flask: the library that many Python sites use."""

import functools

import flask
import pytest
from authlib.integrations.flask_client import OAuth, OAuthError

from tests.clients.conftest import SECRET

pytestmark = [pytest.mark.clients, pytest.mark.slow]
SITE = "https://site.example.nc"


@pytest.fixture
def oauth(provider, monkeypatch):
    """Makes a Flask site that signs people in at the provider."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(provider.ca))
    return functools.partial(make_site, provider)


def make_site(provider, client_id: str, secret: str = SECRET, **metadata) -> OAuth:
    members = {
        "client_id": client_id,
        "redirect_uris": [f"{SITE}/retour"],
        "post_logout_redirect_uris": [f"{SITE}/"],
        "token_endpoint_auth_method": "client_secret_post",
        "nc_consent": "once",
    }
    provider.registers(**members | metadata)
    site = flask.Flask(__name__)
    site.secret_key = "not-a-secret"
    oauth = OAuth(site)
    oauth.register(
        "nc_connect",
        server_metadata_url=f"{provider.issuer}/.well-known/openid-configuration",
        client_id=client_id,
        client_secret=secret,
        client_kwargs={
            "scope": "openid profile email",
            "code_challenge_method": "S256",
            "token_endpoint_auth_method": "client_secret_post",
        },
    )
    add_pages(site, oauth)
    return oauth


def add_pages(site: flask.Flask, oauth: OAuth) -> None:
    @site.get("/connexion")
    def sign_in():
        return oauth.nc_connect.authorize_redirect(f"{SITE}/retour")

    @site.get("/retour")
    def callback():
        try:
            return flask.jsonify(oauth.nc_connect.authorize_access_token())
        except OAuthError as fault:
            return flask.jsonify(error=fault.error, description=fault.description)


def returned(oauth: OAuth, person, **more) -> dict:
    """What the site gets after a person went through our pages."""
    with oauth.app.test_client() as visitor:
        address = visitor.get("/connexion", base_url=SITE).location
        back = person.signs_in(address, until=f"{SITE}/retour", **more)
        return visitor.get(back, base_url=SITE).json


def test_the_person_refuses_and_the_site_hears_it(other_person, oauth):
    got = returned(oauth("authlib-refused"), other_person, answer="deny")
    assert got["error"] == "access_denied"


def test_a_wrong_secret_is_told_as_a_wrong_secret(person, oauth):
    got = returned(oauth("authlib-wrong", "not-the-secret"), person)
    assert got == {"error": "invalid_client", "description": "client_secret: wrong"}


def test_a_scope_that_is_not_registered_is_named(person, oauth):
    got = returned(oauth("authlib-narrow", scope="openid email"), person)
    assert got["error"] == "invalid_scope"
    assert "profile" in got["description"]


def test_it_signs_in_reads_claims_refreshes_and_signs_out(provider, person, oauth):
    oauth = oauth("authlib")
    with oauth.app.test_client() as visitor:
        address = visitor.get("/connexion", base_url=SITE).location
        arrived = person.signs_in(address, until=f"{SITE}/retour")
        token = visitor.get(arrived, base_url=SITE).json
    assert token["userinfo"]["sub"]  # of the id_token, verified: signature, iss, aud, exp, nonce

    with oauth.app.test_request_context():
        claims = oauth.nc_connect.userinfo(token=token)
        assert (claims["sub"], claims["email"]) == (
            token["userinfo"]["sub"],
            person.account.email,
        )
        metadata = oauth.nc_connect.load_server_metadata()
        with oauth.nc_connect._get_oauth_client(**metadata) as session:  # as its own calls do
            renewed = session.refresh_token(
                metadata["token_endpoint"], refresh_token=token["refresh_token"]
            )
        assert oauth.nc_connect.userinfo(token=renewed) == claims
        signed_out = oauth.nc_connect.create_logout_url(
            post_logout_redirect_uri=f"{SITE}/", id_token_hint=renewed["id_token"]
        )
    assert person.opens(signed_out["url"], until=SITE).startswith(f"{SITE}/")

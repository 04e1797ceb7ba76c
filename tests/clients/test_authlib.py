"""Authlib's integration for Flask: the library that many Python sites use."""

import flask
import pytest
from authlib.integrations.flask_client import OAuth

from tests.clients.conftest import SECRET

pytestmark = [pytest.mark.clients, pytest.mark.slow]
SITE = "https://site.example.nc"
CLIENT_ID = "authlib"


@pytest.fixture
def oauth(provider, monkeypatch):
    """A Flask site that signs people in at the provider."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(provider.ca))
    provider.registers(
        client_id=CLIENT_ID,
        redirect_uris=[f"{SITE}/retour"],
        post_logout_redirect_uris=[f"{SITE}/"],
        token_endpoint_auth_method="client_secret_post",
    )
    site = flask.Flask(__name__)
    site.secret_key = "not-a-secret"
    oauth = OAuth(site)
    oauth.register(
        "nc_connect",
        server_metadata_url=f"{provider.issuer}/.well-known/openid-configuration",
        client_id=CLIENT_ID,
        client_secret=SECRET,
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
        return flask.jsonify(oauth.nc_connect.authorize_access_token())


def test_it_signs_in_reads_claims_refreshes_and_signs_out(provider, person, oauth):
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

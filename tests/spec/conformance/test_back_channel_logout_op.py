"""The plan Back-Channel Logout OP: what every relying party of a session is told when it ends."""

import time
from urllib.parse import parse_qs, urlencode

import pytest
from joserfc import jwt

from tests.spec.conformance import checks
from tests.spec.conformance.suite import Suite

EVENT = "http://schemas.openid.net/event/backchannel-logout"
PATIENCE = 60  # seconds until a notice must be there; a sweep that failed comes again


def test_oidcc_backchannel_logout_discovery_endpoint_verification(suite):
    """Back-Channel Logout, 2.1: both members are true, and end_session_endpoint is there."""
    assert suite.metadata["backchannel_logout_supported"] is True
    assert suite.metadata["backchannel_logout_session_supported"] is True
    assert suite.metadata["end_session_endpoint"].startswith("https://")
    assert checks.https_only(suite.metadata)


@pytest.fixture
def told(running):
    """(suite, server): a relying party whose own server is really there, with nothing told yet."""
    running.partner.hits.clear()
    running.partner.requests.clear()
    return Suite(running.site), running.partner


def test_oidcc_backchannel_rp_initiated_logout(told):
    """Back-Channel Logout, 2.4 to 2.6: one POST with logout_token alone; the token as in 2.4.

    The browser is sent back with state only, and is signed out.
    """
    suite, server = told
    tokens = suite.tokens()
    [uri] = suite.client["post_logout_redirect_uris"]
    asked = {"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": uri, "state": "s"}
    page = suite.automation.opens(f"{suite.metadata['end_session_endpoint']}?{urlencode(asked)}")
    assert page.leaves_for == f"{uri}?state=s"
    check_logout_token(suite, the_notice(server), tokens["claims"])
    checks.check_refusal(suite, suite.authorizes(prompt="none"), "login_required")


def the_notice(server) -> str:
    """The logout_token of the one notice that came, by a form that holds nothing else."""
    deadline = time.monotonic() + PATIENCE
    while not server.requests and time.monotonic() < deadline:
        time.sleep(0.1)
    [notice] = server.requests
    headers = {name.lower(): value for name, value in notice["headers"].items()}
    assert headers["content-type"].partition(";")[0] == "application/x-www-form-urlencoded"
    fields = parse_qs(notice["body"], strict_parsing=True)
    assert list(fields) == ["logout_token"]
    [token] = fields["logout_token"]
    return token


def check_logout_token(suite, encoded: str, id_token: dict) -> None:
    """Section 2.4, verified by another library; sub and sid are those of the ID token."""
    algorithm = suite.client["id_token_signed_response_alg"]
    token = jwt.decode(encoded, suite.keys(), algorithms=[algorithm])
    claims = token.claims
    assert token.header["alg"] == algorithm
    assert token.header["typ"] == "logout+jwt"
    assert claims["iss"] == suite.metadata["issuer"]
    assert claims["aud"] in (suite.client["client_id"], [suite.client["client_id"]])
    assert abs(claims["iat"] - time.time()) < checks.CLOCK_SKEW
    assert 0 < claims["exp"] - claims["iat"] <= 120
    assert claims["jti"]
    assert claims["events"] == {EVENT: {}}
    assert claims["sid"] == id_token["sid"]
    assert claims.get("sub", id_token["sub"]) == id_token["sub"]
    assert "nonce" not in claims

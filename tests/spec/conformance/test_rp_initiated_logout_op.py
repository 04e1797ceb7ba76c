"""The plan RP-Initiated Logout OP: each module signs in, then calls the end-session endpoint."""

import secrets
from urllib.parse import urlencode

import pytest
from joserfc import jws, jwt
from joserfc.jwk import RSAKey

from tests.relying_party import payload
from tests.spec.conformance import checks


@pytest.fixture
def id_token(suite) -> str:
    """Of the person who has just signed in."""
    return suite.tokens()["id_token"]


@pytest.fixture
def signed_out_uri(suite) -> str:
    return suite.client["post_logout_redirect_uris"][0]


def ends_session(suite, **parameters):
    """Open the endpoint; the scripts press « Se déconnecter » where they are asked."""
    suite.shown.clear()
    endpoint = suite.metadata["end_session_endpoint"]
    return suite.automation.opens(f"{endpoint}?{urlencode(parameters)}")


def check_signed_out(suite) -> None:
    """prompt=none gives login_required: nobody is signed in any more."""
    checks.check_refusal(suite, suite.authorizes(prompt="none"), "login_required")


def check_still_signed_in(suite) -> None:
    suite.code(prompt="none")


def check_refused(suite, page, parameter: str) -> None:
    """An error page that names the parameter, no redirection, and nobody was signed out by it."""
    checks.check_is_an_error_page(page)
    assert f"<code>{parameter}: " in page.text
    check_still_signed_in(suite)


def test_oidcc_rp_initiated_logout_discovery_endpoint_verification(suite):
    """RP-Initiated Logout, 2.1: end_session_endpoint is announced, on https."""
    assert suite.metadata["end_session_endpoint"].startswith("https://")
    assert checks.https_only(suite.metadata)


def test_oidcc_rp_initiated_logout(suite, id_token, signed_out_uri):
    """2 and 3: signed out, and sent back with state and nothing else."""
    state = secrets.token_urlsafe(96)
    page = ends_session(
        suite, id_token_hint=id_token, post_logout_redirect_uri=signed_out_uri, state=state
    )
    assert len(state) == 128
    assert page.leaves_for == f"{signed_out_uri}?state={state}"
    check_signed_out(suite)


def test_oidcc_rp_initiated_logout_no_state(suite, id_token, signed_out_uri):
    """3: no state is added when none was sent."""
    page = ends_session(suite, id_token_hint=id_token, post_logout_redirect_uri=signed_out_uri)
    assert page.leaves_for == signed_out_uri
    check_signed_out(suite)


def test_oidcc_rp_initiated_logout_bad_post_logout_redirect_uri(suite, id_token, signed_out_uri):
    """3: MUST NOT redirect to an address that is not registered."""
    bad = f"{signed_out_uri}/{secrets.token_urlsafe(8)}"
    page = ends_session(suite, id_token_hint=id_token, post_logout_redirect_uri=bad, state="x")
    check_refused(suite, page, "post_logout_redirect_uri")


def test_oidcc_rp_initiated_logout_query_added_to_post_logout_redirect_uri(
    suite, id_token, signed_out_uri
):
    """3: MUST exactly match: not with another query."""
    bad = f"{signed_out_uri}?foo=bar"
    page = ends_session(suite, id_token_hint=id_token, post_logout_redirect_uri=bad, state="x")
    check_refused(suite, page, "post_logout_redirect_uri")


def test_oidcc_rp_initiated_logout_modified_id_token_hint(suite, id_token, signed_out_uri):
    """2: the OP MUST validate that it was the issuer: a hint without signature is refused."""
    body = id_token.split(".")[1]
    page = ends_session(
        suite,
        id_token_hint=f"eyJhbGciOiJub25lIn0.{body}.",
        post_logout_redirect_uri=signed_out_uri,
        state="x",
    )
    check_refused(suite, page, "id_token_hint")


def test_oidcc_rp_initiated_logout_bad_id_token_hint(suite, id_token, signed_out_uri):
    """2: the same claims signed by the suite's own key are refused, whatever kid they name."""
    ours = jws.extract_compact(id_token.encode()).headers()["kid"]
    for named in ({}, {"kid": "theirs"}, {"kid": ours}):
        header = {"alg": "RS256"} | named
        forged = jwt.encode(header, payload(id_token), RSAKey.generate_key(2048))
        page = ends_session(
            suite, id_token_hint=forged, post_logout_redirect_uri=signed_out_uri, state="x"
        )
        check_refused(suite, page, "id_token_hint")


@pytest.mark.usefixtures("id_token")
def test_oidcc_rp_initiated_logout_no_id_token_hint(suite, signed_out_uri):
    """3: without a hint nobody is redirected: whose address it is cannot be known."""
    page = ends_session(suite, post_logout_redirect_uri=signed_out_uri, state="x")
    check_refused(suite, page, "post_logout_redirect_uri")


@pytest.mark.usefixtures("id_token")
def test_oidcc_rp_initiated_logout_no_params(suite):
    """2 and 3: the person is asked, as anybody's link may be this one; then a page of ours."""
    check_asked_and_told(suite, ends_session(suite))


@pytest.mark.usefixtures("id_token")
def test_oidcc_rp_initiated_logout_only_state(suite):
    """2 and 3: state alone changes nothing."""
    check_asked_and_told(suite, ends_session(suite, state="un-etat"))


def check_asked_and_told(suite, page) -> None:
    assert suite.shown == ["allow"]
    check_told(suite, page)


def check_told(suite, page) -> None:
    """« Vous êtes déconnecté », and it is true."""
    assert page.leaves_for == ""
    assert "logged-out" in page.ids
    check_signed_out(suite)


def test_oidcc_rp_initiated_logout_no_post_logout_redirect_uri(suite, id_token):
    """3: a hint and no address: signed out, on a page of ours."""
    page = ends_session(suite, id_token_hint=id_token)
    assert suite.shown == []
    check_told(suite, page)

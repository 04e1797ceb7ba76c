"""The modules of oidcc-rp-initiated-logout-certification-test-plan, each under its own name.

Each signs a person in at the partner, then calls the end-session endpoint.
"""

import base64
import json

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from accounts.models import Session
from tests.relying_party import SIGNED_OUT, answer, payload

STATE = "e" * 128


@pytest.fixture
def hint(partner, signed_in):
    return partner.tokens(signed_in)["id_token"]


@pytest.fixture
def ends(partner, signed_in, hint):
    """Call end_session with these parameters, and agree where the page asks."""

    def call(**parameters):
        page = signed_in.opens(partner.logout_address(**parameters))
        if b'name="allow"' in page.content:
            page = signed_in.submits(page.context["action"], {"allow": "1"})
        return page

    return call


def is_signed_out(partner, end_user) -> bool:
    return answer(end_user.opens(partner.address(prompt="none"))).get("error") == "login_required"


def says_signed_out(page) -> bool:
    return b'id="logged-out"' in page.content and not Session.objects.exists()


def is_refused(page, parameter: str) -> bool:
    """An error page that names the parameter; nobody is sent anywhere nor signed out."""
    text = page.content.decode()
    shown = page.status_code == 400 and 'id="oidc-error"' in text and parameter in text
    return shown and Session.objects.count() == 1


def test_oidcc_rp_initiated_logout_discovery_endpoint_verification(client):
    metadata = client.get("/.well-known/openid-configuration").json()
    assert metadata["end_session_endpoint"] == f"{metadata['issuer']}/oidc/end-session"


def test_oidcc_rp_initiated_logout(partner, signed_in, hint, ends):
    page = ends(id_token_hint=hint, post_logout_redirect_uri=SIGNED_OUT, state=STATE)
    assert page["Location"] == f"{SIGNED_OUT}?state={STATE}"
    assert is_signed_out(partner, signed_in)


def test_oidcc_rp_initiated_logout_no_state(partner, signed_in, hint, ends):
    page = ends(id_token_hint=hint, post_logout_redirect_uri=SIGNED_OUT)
    assert page["Location"] == SIGNED_OUT
    assert is_signed_out(partner, signed_in)


def test_oidcc_rp_initiated_logout_bad_post_logout_redirect_uri(hint, ends):
    page = ends(id_token_hint=hint, post_logout_redirect_uri=f"{SIGNED_OUT}/autre", state=STATE)
    assert is_refused(page, "post_logout_redirect_uri")


def test_oidcc_rp_initiated_logout_query_added_to_post_logout_redirect_uri(hint, ends):
    page = ends(id_token_hint=hint, post_logout_redirect_uri=f"{SIGNED_OUT}?foo=bar", state=STATE)
    assert is_refused(page, "post_logout_redirect_uri")


def test_oidcc_rp_initiated_logout_modified_id_token_hint(hint, ends):
    """The same claims under alg none."""
    header = base64.urlsafe_b64encode(json.dumps({"alg": "none"}).encode()).decode().rstrip("=")
    unsigned = f"{header}.{hint.split('.')[1]}."
    page = ends(id_token_hint=unsigned, post_logout_redirect_uri=SIGNED_OUT, state=STATE)
    assert is_refused(page, "id_token_hint")


@pytest.mark.parametrize("kid", ["ours", "theirs"])
def test_oidcc_rp_initiated_logout_bad_id_token_hint(partner, hint, ends, kid):
    """The same claims under another key."""
    name = partner.keys().keys[0].kid if kid == "ours" else "theirs"
    key = RSAKey.generate_key(2048)
    foreign = jwt.encode({"alg": "RS256", "kid": name}, payload(hint), key)
    page = ends(id_token_hint=foreign, post_logout_redirect_uri=SIGNED_OUT, state=STATE)
    assert is_refused(page, "id_token_hint")


def test_oidcc_rp_initiated_logout_no_id_token_hint(ends):
    page = ends(post_logout_redirect_uri=SIGNED_OUT, state=STATE)
    assert is_refused(page, "post_logout_redirect_uri")


def test_oidcc_rp_initiated_logout_no_params(ends):
    assert says_signed_out(ends())


def test_oidcc_rp_initiated_logout_no_post_logout_redirect_uri(hint, ends):
    assert says_signed_out(ends(id_token_hint=hint))


def test_oidcc_rp_initiated_logout_only_state(ends):
    assert says_signed_out(ends(state=STATE))

"""OpenID Connect Core 1.0, sections 3.1.2.6, 5.5, 6: errors and what is not supported."""

import base64
import json

import pytest

from tests.relying_party import answer, destination


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("request", "request_not_supported"),
        ("request_uri", "request_uri_not_supported"),
        ("registration", "registration_not_supported"),
    ],
)
def test_what_is_not_supported_is_not_ignored(partner, signed_in, name, error):
    page = signed_in.opens(partner.address(**{name: "eyJhbGciOiJub25lIn0.e30."}))
    assert destination(page) == partner.redirect_uri
    assert answer(page)["error"] == error


def test_a_bad_redirect_uri_comes_before_a_request_object(partner, signed_in):
    """A request_not_supported redirect to another address would be an open redirect."""
    page = signed_in.opens(partner.address(redirect_uri="https://autre.nc/", request="e30.e30."))
    assert page.status_code == 400


@pytest.mark.parametrize(
    "claims",
    [
        "{",
        "[]",
        "null",
        "1",
        '{"userinfo": []}',
        '{"userinfo": {"email": "x"}}',
        '{"id_token": {"acr": {"values": "eidas1"}}}',
        '{"id_token": {"acr": {"values": [1]}}}',
        '{"id_token": {"acr": {"value": {}}}}',
        "[" * 2000,
    ],
)
def test_a_malformed_claims_parameter_is_refused(partner, signed_in, claims):
    page = signed_in.opens(partner.address(claims=claims))
    assert answer(page)["error"] == "invalid_request"


@pytest.mark.parametrize(
    "claims", ['{"userinfo": {"\\u0000": null, "\\ud800": null}}', '{"x": {"y": 1}}', "{}"]
)
def test_claims_that_mean_nothing_here_are_ignored(partner, signed_in, claims):
    assert "code" in answer(signed_in.opens(partner.address(claims=claims)))


def test_errors_carry_a_description_for_developers(partner, signed_in):
    page = signed_in.opens(partner.address(response_type="token"))
    assert answer(page)["error_description"].isascii()


def test_answers_are_not_kept(partner, signed_in):
    page = signed_in.opens(partner.address())
    assert "no-store" in page["Cache-Control"]
    assert page["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize("mode", ["query", "form_post"])
@pytest.mark.parametrize("state", ["\ud800", "\x00", ["a"]])
def test_a_state_that_nobody_could_send_is_not_read_in_a_request_object(
    partner, signed_in, mode, state
):
    claims = base64.urlsafe_b64encode(json.dumps({"state": state}).encode()).decode().rstrip("=")
    page = signed_in.client.post(
        "/oidc/authorize",
        partner.parameters(state=None, response_mode=mode, request=f"e30.{claims}."),
    )
    refused = answer(page)
    assert refused["error"] in ("request_not_supported", "invalid_request")
    assert "state" not in refused

"""OAuth 2.0 Form Post Response Mode, section 2; Multiple Response Types, section 2.1."""

import base64
import json

import pytest

from tests.relying_party import answer


def test_success_is_a_form(partner, signed_in):
    """The Authorization Response parameters are encoded as HTML form values."""
    page = signed_in.opens(partner.address(response_mode="form_post"))
    assert page.status_code == 200
    assert f'action="{partner.redirect_uri}"' in page.content.decode()
    received = answer(page)
    assert received["state"] == "un-etat"
    assert received["iss"]
    assert partner.exchanges(received["code"]).status_code == 200


def test_it_works_without_scripts_and_with_one_of_ours(partner, signed_in):
    page = signed_in.opens(partner.address(response_mode="form_post"))
    text = page.content.decode()
    assert '<button class="btn" type="submit">' in text
    policy = page["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "form-action 'self' https://impots.example.nc" in policy
    assert "no-store" in page["Cache-Control"]


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"prompt": "none"}, "login_required"),
        ({"response_type": None}, "invalid_request"),
        ({"request": "x"}, "request_not_supported"),
    ],
)
def test_errors_too(partner, client, changes, error):
    page = client.get(partner.address(response_mode="form_post", **changes))
    assert page.status_code == 200
    assert answer(page)["error"] == error


@pytest.mark.parametrize("known", ["form_post", "query", "junk", 3, None])
def test_the_refusal_of_a_request_object_is_sent_as_it_asks(partner, client, known):
    """Core, section 6.1: it may be the only place that names the response mode and the state."""
    claims = {"response_mode": known, "state": "dedans" if known else ["x"]}
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    page = client.get(partner.address(state=None, request=f"eyJhbGciOiJub25lIn0.{payload}."))
    assert page.status_code == (200 if known == "form_post" else 303)
    assert answer(page)["error"] == "request_not_supported"
    assert answer(page).get("state") == ("dedans" if known else None)


@pytest.mark.parametrize(
    "inside", ["x", "..", "a.b.c", "é.é.é", "a.W10.c", "a." + "W" * 4_000 + ".c"]
)
def test_a_request_object_that_cannot_be_read(partner, client, inside):
    page = client.get(partner.address(response_mode=None, request=inside))
    assert answer(page)["error"] == "request_not_supported"
    assert answer(page)["state"] == "un-etat"


def test_values_are_escaped(partner, signed_in):
    odd = '"><script>alert(1)</script>'
    page = signed_in.opens(partner.address(response_mode="form_post", state=odd))
    assert "<script>alert" not in page.content.decode()
    assert answer(page)["state"] == odd


@pytest.mark.parametrize("mode", ["fragment", "web_message", "jwt", "junk", "query.jwt"])
def test_other_modes_are_refused(partner, signed_in, mode):
    page = signed_in.opens(partner.address(response_mode=mode))
    assert answer(page)["error"] == "invalid_request"
    assert "#" not in page["Location"]

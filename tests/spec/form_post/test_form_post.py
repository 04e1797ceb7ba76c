"""OAuth 2.0 Form Post Response Mode, section 2; Multiple Response Types, section 2.1."""

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

"""OpenID Connect Core 1.0, section 3.1.2.1: Authentication Request."""

import pytest

from tests.relying_party import RelyingParty, answer, destination, refused


def test_get_and_post_are_accepted(partner, signed_in):
    """Authorization Servers MUST support the use of the HTTP GET and POST methods."""
    assert "code" in answer(signed_in.opens(partner.address()))
    assert "code" in answer(signed_in.tampers("/oidc/authorize", partner.parameters()))


def test_other_methods_are_not(partner, client):
    assert client.put("/oidc/authorize").status_code == 405


def test_a_post_needs_no_csrf_token_and_makes_no_session(partner):
    """The partner's page cannot know a token of ours."""
    from django.test import Client

    browser = Client(enforce_csrf_checks=True)
    page = browser.post("/oidc/authorize", partner.parameters())
    assert page.status_code == 303
    assert page["Location"].startswith("/oidc/authorize/suite/")
    assert not page.cookies


def test_redirect_uri_is_required(partner, signed_in):
    """redirect_uri: REQUIRED."""
    page = signed_in.opens(partner.address(redirect_uri=None))
    assert page.status_code == 400
    assert "Location" not in page
    assert 'id="oidc-error"' in page.content.decode()


@pytest.mark.parametrize(
    "uri",
    [
        "https://impots.example.nc/retour/",
        "https://impots.example.nc/retour?a=b",
        "https://impots.example.nc/retour#x",
        "https://impots.example.nc/Retour",
        "HTTPS://impots.example.nc/retour",
        "https://impots.example.nc:443/retour",
        "https://moi@impots.example.nc/retour",
        "https://impots.example.nc/retour\n",
        " https://impots.example.nc/retour",
        "https://ailleurs.example.nc/retour",
        "https://[x",
        "javascript:alert(1)",
        "//impots.example.nc/retour",
    ],
)
@pytest.mark.parametrize("prompt", [None, "none"])
def test_redirect_uri_is_compared_as_a_string(partner, client, uri, prompt):
    """The URI MUST exactly match one of the registered values (Simple String Comparison)."""
    page = client.get(partner.address(redirect_uri=uri, prompt=prompt))
    assert page.status_code == 400
    assert "Location" not in page


def test_the_partner_sees_the_address_that_came(partner, client):
    text = client.get(partner.address(redirect_uri="https://autre.example.nc/")).content.decode()
    assert "https://autre.example.nc/" in text
    assert "redirect_uri" in text
    assert "NC-" in text


def test_a_registered_query_is_kept(signed_in):
    uri = "https://impots.example.nc/retour?service=a%20b&x"
    partner = RelyingParty.registered(redirect_uris=[uri])
    page = signed_in.opens(partner.address())
    assert page["Location"].startswith(f"{uri}&code=")


@pytest.mark.parametrize("client_id", [None, "inconnu", "im\x00pots", "x" * 5000, "'; --", "é"])
def test_an_unknown_client_is_displayed(partner, client, client_id):
    page = client.get(partner.address(client_id=client_id))
    assert page.status_code == 400
    assert "Location" not in page


def test_nothing_of_the_request_is_interpreted_as_html(partner, client):
    page = client.get(partner.address(redirect_uri='"><script>alert(1)</script>'))
    assert "<script>alert" not in page.content.decode()


def test_openid_is_required(partner, signed_in):
    """scope: REQUIRED. OpenID Connect requests MUST contain the openid scope value."""
    assert refused(signed_in.opens(partner.address(scope="profile")), "invalid_scope")


def test_scopes_that_are_not_understood_are_ignored(partner, signed_in):
    """Scope values used that are not understood by an implementation SHOULD be ignored."""
    tokens = partner.tokens(signed_in, scope="openid nouvelle email")
    assert tokens["scope"] == "openid email"


def test_a_scope_that_is_not_the_partners_is_refused(signed_in):
    partner = RelyingParty.registered(scope="openid email")
    assert refused(signed_in.opens(partner.address(scope="openid birth")), "invalid_scope")


def test_an_omitted_scope_means_the_least(partner, signed_in):
    assert partner.tokens(signed_in, scope=None)["scope"] == "openid"


@pytest.mark.parametrize(
    ("response_type", "error"),
    [
        (None, "invalid_request"),
        ("", "invalid_request"),
        ("token", "unsupported_response_type"),
        ("id_token", "unsupported_response_type"),
        ("code token", "unsupported_response_type"),
        ("code id_token", "unsupported_response_type"),
        ("none", "unsupported_response_type"),
        ("CODE", "unsupported_response_type"),
    ],
)
def test_response_type_is_code(partner, client, response_type, error):
    """response_type: REQUIRED. When using the Authorization Code Flow, this value is code."""
    page = client.get(partner.address(response_type=response_type))
    assert destination(page) == partner.redirect_uri
    assert refused(page, error)


def test_state_and_nonce_come_back_unchanged(partner, signed_in):
    """Opaque value … MUST be present in the ID Token with the same value (nonce)."""
    odd = "é &=+%20<>\"'" + "x" * 380
    page = signed_in.opens(partner.address(state=odd, nonce=odd))
    assert answer(page)["state"] == odd
    tokens = partner.exchanges(answer(page)["code"]).json()
    assert partner.claims(tokens["id_token"])["nonce"] == odd


def test_without_state_none_is_returned(partner, signed_in):
    assert "state" not in answer(signed_in.opens(partner.address(state=None)))


def test_without_nonce_none_is_returned(partner, signed_in):
    tokens = partner.tokens(signed_in, nonce=None)
    assert "nonce" not in partner.claims(tokens["id_token"])


def test_unknown_parameters_are_ignored(partner, signed_in):
    """The Authorization Server MUST ignore unrecognized request parameters (RFC 6749, 3.1)."""
    assert "code" in answer(
        signed_in.opens(partner.address(extra="foobar", approval_prompt="auto"))
    )


@pytest.mark.parametrize(
    "name", ["scope", "state", "nonce", "code_challenge", "response_type", "prompt"]
)
def test_parameters_sent_twice_are_refused(partner, client, name):
    """Request parameters MUST NOT be included more than once (RFC 6749, 3.1)."""
    page = client.get(f"{partner.address()}&{name}=encore&{name}=encore")
    assert destination(page) == partner.redirect_uri
    assert refused(page, "invalid_request")


def test_all_that_cannot_be_read_is_told_at_once(partner, client):
    page = client.get(f"{partner.address()}&nonce=encore&prompt=login&prompt=login&max_age=%00")
    told = answer(page)["error_description"]
    assert [part.partition(":")[0] for part in told.split(", ")] == ["nonce", "prompt", "max_age"]


@pytest.mark.parametrize("name", ["client_id", "redirect_uri"])
def test_what_would_name_the_destination_twice_is_displayed(partner, client, name):
    assert client.get(f"{partner.address()}&{name}=encore").status_code == 400


@pytest.mark.parametrize(
    "changes",
    [
        {"state": "a\x00b"},
        {"nonce": "\x00"},
        {"nonce": "n" * 5_000},
        {
            "state": "s" * 4_000,
            "nonce": "n" * 4_000,
            "login_hint": "h" * 4_000,
            "claims": "c" * 4_000,
        },
        {"code_challenge": "\x00" * 43},
    ],
)
def test_malformed_and_oversize_parameters_get_a_clean_error(partner, client, changes):
    page = client.get(partner.address(**changes))
    assert destination(page) == partner.redirect_uri
    assert refused(page, "invalid_request")


def test_bytes_that_are_not_utf8_get_a_clean_error(partner, client):
    page = client.get(f"{partner.address(state=None)}&state=%ff%fe")
    assert refused(page, "invalid_request")


def test_a_request_too_long_to_carry_is_refused_cleanly(partner, client):
    import secrets

    page = client.get(
        partner.address(state=secrets.token_urlsafe(3_000), nonce=secrets.token_hex(2_000))
    )
    assert refused(page, "invalid_request")


def test_a_suspended_partner_is_displayed(partner, signed_in):
    from oidc_provider.models import RelyingParty as Model
    from oidc_provider.partners import registration

    registration.suspend(Model.objects.get())
    page = signed_in.opens(partner.address())
    assert page.status_code == 400
    assert "impots.nc" in page.content.decode()

"""OpenID Connect Core 1.0, section 3.1.2.1: Authentication Request."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Session
from tests.relying_party import RelyingParty, answer, destination, payload


def refused(page, error: str) -> bool:
    return answer(page).get("error") == error


def test_get_and_post_are_accepted(partner, signed_in):
    """Authorization Servers MUST support the use of the HTTP GET and POST methods."""
    assert "code" in answer(signed_in.opens(partner.address()))
    assert "code" in answer(signed_in.submits("/oidc/authorize", partner.parameters()))


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


def test_the_partner_sees_both_addresses_side_by_side(partner, client):
    text = client.get(partner.address(redirect_uri="https://autre.example.nc/")).content.decode()
    assert "https://autre.example.nc/" in text
    assert partner.redirect_uri in text
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


class TestPromptNone:
    """none: The Authorization Server MUST NOT display any … user interface pages."""

    def test_nobody_signed_in(self, partner, client):
        page = client.get(partner.address(prompt="none", state="e" * 128))
        assert refused(page, "login_required")
        assert answer(page)["state"] == "e" * 128

    def test_somebody_signed_in(self, partner, signed_in):
        first = partner.claims(partner.tokens(signed_in)["id_token"])
        second = partner.claims(partner.tokens(signed_in, prompt="none")["id_token"])
        assert (first["sub"], first["auth_time"]) == (second["sub"], second["auth_time"])

    def test_consent_is_missing(self, signed_in):
        partner = RelyingParty.registered(nc_consent="once")
        page = signed_in.opens(partner.address(prompt="none"))
        assert refused(page, "consent_required")

    @pytest.mark.parametrize("other", ["login", "consent", "select_account"])
    def test_with_another_value(self, partner, signed_in, other):
        """If this parameter contains none with any other value, an error is returned."""
        page = signed_in.opens(partner.address(prompt=f"none {other}"))
        assert refused(page, "invalid_request")

    def test_an_unknown_value(self, partner, signed_in):
        assert refused(signed_in.opens(partner.address(prompt="create")), "invalid_request")


def sign_in_anew(end_user, page):
    """The sign-in page is shown; the person fills it in again."""
    assert 'id="login-title"' in page.content.decode()
    return end_user.signs_in(next=page.context["next"])


class TestReauthentication:
    def test_prompt_login_asks_again(self, partner, signed_in):
        """login: The Authorization Server SHOULD prompt the End-User for reauthentication."""
        before = Session.objects.get().authenticated_at
        page = sign_in_anew(signed_in, signed_in.opens(partner.address(prompt="login")))
        assert Session.objects.get().authenticated_at > before
        assert "code" in answer(page)

    def test_going_on_without_signing_in_leads_back_to_the_form(self, partner, signed_in):
        """Skipping the page must not skip the reauthentication."""
        page = signed_in.opens(partner.address(prompt="login"))
        again = signed_in.opens(page.context["next"])
        assert 'id="login-title"' in again.content.decode()

    def _signed_in_ago(self, seconds):
        Session.objects.update(authenticated_at=timezone.now() - timedelta(seconds=seconds))

    def test_max_age_asks_again_when_it_is_over(self, partner, signed_in):
        """If the elapsed time is greater than this value, the OP MUST attempt to actively
        re-authenticate the End-User."""
        self._signed_in_ago(100)
        page = sign_in_anew(signed_in, signed_in.opens(partner.address(max_age=99)))
        claims = payload(partner.exchanges(answer(page)["code"]).json()["id_token"])
        assert claims["auth_time"] >= claims["iat"] - 5

    def test_max_age_not_yet_over(self, partner, signed_in):
        """When max_age is used, the ID Token returned MUST include an auth_time Claim Value."""
        self._signed_in_ago(100)
        tokens = partner.tokens(signed_in, max_age=200)
        assert payload(tokens["id_token"])["iat"] - payload(tokens["id_token"])["auth_time"] >= 100

    def test_max_age_zero_always_asks(self, partner, signed_in):
        assert signed_in.opens(partner.address(max_age=0)).status_code == 200

    def test_the_partners_registered_max_age(self, signed_in):
        partner = RelyingParty.registered(default_max_age=60)
        self._signed_in_ago(100)
        sign_in_anew(signed_in, signed_in.opens(partner.address()))

    def test_silent_and_too_old(self, partner, signed_in):
        self._signed_in_ago(100)
        page = signed_in.opens(partner.address(max_age=10, prompt="none"))
        assert refused(page, "login_required")

    @pytest.mark.parametrize("value", ["-1", "x", "1.5", "9" * 30])
    def test_a_malformed_max_age(self, partner, signed_in, value):
        assert refused(signed_in.opens(partner.address(max_age=value)), "invalid_request")


class TestIdTokenHint:
    def test_of_the_person_signed_in(self, partner, signed_in):
        """If the End-User identified by the ID Token is already logged in …, then the
        Authorization Server returns a positive response."""
        hint = partner.tokens(signed_in)["id_token"]
        page = signed_in.opens(partner.address(prompt="none", id_token_hint=hint))
        assert "code" in answer(page)

    def test_of_somebody_else(self, partner, signed_in, stranger):
        """otherwise, it MUST return an error, such as login_required."""
        stranger.has_an_account()
        stranger.signs_in()
        hint = partner.tokens(stranger)["id_token"]
        page = signed_in.opens(partner.address(prompt="none", id_token_hint=hint))
        assert refused(page, "login_required")

    def test_of_somebody_else_after_signing_in_again(self, partner, signed_in, stranger):
        stranger.has_an_account()
        stranger.signs_in()
        hint = partner.tokens(stranger)["id_token"]
        page = sign_in_anew(signed_in, signed_in.opens(partner.address(id_token_hint=hint)))
        assert refused(page, "login_required")

    @pytest.mark.parametrize("hint", ["x", "eyJ.a.b", "a.b.c.d", "..", "é" * 20])
    def test_that_is_not_ours(self, partner, signed_in, hint):
        page = signed_in.opens(partner.address(id_token_hint=hint))
        assert refused(page, "invalid_request")


class TestSubByValue:
    """3.1.2.2: … MUST only send a positive response if the End-User identified by that sub value
    has an active session … or has been Authenticated as a result of the request."""

    def asks_for(self, partner, *subs, **changes) -> str:
        asked = {"value": subs[0]} if len(subs) == 1 else {"values": subs}
        return partner.address(claims=json.dumps({"id_token": {"sub": asked}}), **changes)

    @pytest.fixture
    def sub(self, partner, signed_in):
        return partner.claims(partner.tokens(signed_in)["id_token"])["sub"]

    def test_of_the_person_signed_in(self, partner, signed_in, sub):
        assert "code" in answer(signed_in.opens(self.asks_for(partner, sub, prompt="none")))
        assert "code" in answer(signed_in.opens(self.asks_for(partner, "autre", sub)))

    def test_of_somebody_else(self, partner, signed_in, sub):
        address = self.asks_for(partner, "autre", prompt="none")
        assert refused(signed_in.opens(address), "login_required")

    def test_of_somebody_else_after_signing_in_again(self, partner, signed_in, sub):
        page = sign_in_anew(signed_in, signed_in.opens(self.asks_for(partner, "autre")))
        assert refused(page, "login_required")

    def test_a_hint_that_names_another(self, partner, signed_in, stranger, sub):
        stranger.has_an_account()
        stranger.signs_in()
        hint = partner.tokens(stranger)["id_token"]
        address = self.asks_for(partner, sub, id_token_hint=hint, prompt="none")
        assert refused(signed_in.opens(address), "login_required")

    @pytest.mark.parametrize("asked", [{"value": 1}, {"values": "x"}, {"values": [None]}])
    def test_malformed(self, partner, signed_in, asked):
        claims = json.dumps({"id_token": {"sub": asked}})
        assert refused(signed_in.opens(partner.address(claims=claims)), "invalid_request")


class TestHints:
    def test_login_hint_fills_the_field(self, partner, end_user):
        page = end_user.opens(partner.address(login_hint="Moana@Exemple.nc"))
        assert 'value="moana@exemple.nc"' in page.content.decode()

    def test_login_hint_that_is_no_address_is_ignored(self, partner, end_user):
        page = end_user.opens(partner.address(login_hint='"><script>'))
        assert page.status_code == 200

    def test_ui_locales_choose_the_language(self, partner, end_user):
        page = end_user.opens(partner.address(ui_locales="ja en-GB fr"))
        assert page["Content-Language"] == "en"

    @pytest.mark.parametrize("value", ["", "se", "../..", "x" * 200, "fr-NC"])
    def test_ui_locales_that_we_do_not_have_are_no_error(self, partner, end_user, value):
        page = end_user.opens(partner.address(ui_locales=value))
        assert page["Content-Language"] == "fr"

    @pytest.mark.parametrize("changes", [{"display": "popup"}, {"claims_locales": "fr"}])
    def test_display_and_claims_locales_are_no_error(self, partner, signed_in, changes):
        assert "code" in answer(signed_in.opens(partner.address(**changes)))


class TestAcr:
    def test_the_value_asked_for_comes_back_bare(self, partner, signed_in):
        """acr_values: … in order of preference. The acr Claim is a Voluntary Claim."""
        tokens = partner.tokens(signed_in, acr_values="eidas2 eidas1")
        assert payload(tokens["id_token"])["acr"] == "eidas1"

    def test_a_wish_that_cannot_be_met_is_no_error(self, partner, signed_in):
        assert (
            payload(partner.tokens(signed_in, acr_values="eidas2")["id_token"])["acr"] == "eidas1"
        )

    def test_an_essential_value_that_cannot_be_met_is_one(self, partner, signed_in):
        """5.5.1.1: … the Authorization Server MUST treat that outcome as a failed attempt."""
        claims = json.dumps({"id_token": {"acr": {"essential": True, "values": ["eidas2"]}}})
        page = signed_in.opens(partner.address(claims=claims))
        assert refused(page, "unmet_authentication_requirements")


def test_a_suspended_partner_is_displayed(partner, signed_in):
    from oidc_provider import registration
    from oidc_provider.models import RelyingParty as Model

    registration.suspend(Model.objects.get())
    page = signed_in.opens(partner.address())
    assert page.status_code == 400
    assert "impots.nc" in page.content.decode()

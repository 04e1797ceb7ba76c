"""OpenID Connect Core 1.0, section 3.1.2.1: whose authentication, how recent, of what strength."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Session
from oidc_provider.models import SubjectIdentifier
from tests.relying_party import RelyingParty, answer, payload, refused


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

    def test_a_silent_question_names_nobody(self, partner, signed_in):
        """Before the person agreed to anything, this sector has no name for them."""
        hint = partner.tokens(signed_in)["id_token"]
        curious = RelyingParty.registered(
            client_id="curieux",
            redirect_uris=["https://curieux.example.nc/retour"],
            client_uri="https://curieux.example.nc/",
            initiate_login_uri=None,
        )
        before = SubjectIdentifier.objects.count()
        page = signed_in.opens(curious.address(prompt="none", id_token_hint=hint))
        assert refused(page, "login_required")
        assert SubjectIdentifier.objects.count() == before

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

    def test_one_that_nobody_can_reach_costs_no_password(self, partner, client):
        """A person who is not signed in is not asked for anything in vain."""
        for values, error in ((["eidas2", "eidas1mfa"], True), (["eidas2", "eidas1"], False)):
            claims = json.dumps({"id_token": {"acr": {"essential": True, "values": values}}})
            page = client.get(partner.address(claims=claims))
            assert refused(page, "unmet_authentication_requirements") == error
            assert (page.status_code == 303) == error

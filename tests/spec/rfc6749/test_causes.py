"""RFC 6749, section 5.2: what is wrong with a code or a token is told to the partner that calls."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Session
from ncconnect.audit.models import Event
from oidc_provider.models import Grant
from tests.relying_party import CALLBACK, RelyingParty

SECOND_CALLBACK = "https://impots.example.nc/autre-retour"


@pytest.fixture
def partner():
    return RelyingParty.registered(
        grant_types=["authorization_code", "refresh_token"],
        redirect_uris=[CALLBACK, SECOND_CALLBACK],
    )


def cause(response) -> str:
    assert response.status_code == 400, response.content
    assert response.json()["error"] == "invalid_grant"
    return response.json()["error_description"]


class TestCode:
    @pytest.mark.parametrize("change", [lambda c: "x", lambda c: c[:-4] + "AAAA"])
    def test_unknown_or_altered(self, partner, signed_in, change):
        code = partner.code(signed_in)
        assert cause(partner.exchanges(change(code))) == "code: unknown or altered"
        assert partner.exchanges(code).status_code == 200

    def test_expired(self, partner, signed_in, time_machine):
        code = partner.code(signed_in)
        time_machine.move_to(timezone.now() + timedelta(seconds=61))
        assert cause(partner.exchanges(code)) == "code: expired"
        assert not Event.objects.filter(event="token_refused").exists()  # it was worth nothing

    def test_used(self, partner, signed_in):
        code = partner.code(signed_in)
        partner.exchanges(code)
        for _ in range(2):
            assert cause(partner.exchanges(code)) == "code: used before"

    def test_revoked(self, partner, signed_in):
        code = partner.code(signed_in)
        signed_in.signs_out()
        assert cause(partner.exchanges(code)) == "code: revoked"
        assert not Event.objects.filter(event="token_refused").exists()

    def test_of_a_session_that_is_over(self, partner, signed_in):
        code = partner.code(signed_in)
        Session.objects.update(ends_at=timezone.now() - timedelta(seconds=1))
        assert cause(partner.exchanges(code)) == "code: revoked"
        assert not Grant.objects.exclude(consumed_at=None).exists()

    def test_of_another_partner(self, partner, signed_in):
        other = RelyingParty.registered(client_id="autre")
        code = partner.code(signed_in)
        assert cause(other.exchanges(code)) == "code: given to another client_id"
        assert partner.exchanges(code).status_code == 200

    @pytest.mark.parametrize("uri", [SECOND_CALLBACK, CALLBACK + "/", "https://autre.nc/", None])
    def test_for_another_address(self, partner, signed_in, uri):
        told = cause(partner.exchanges(partner.code(signed_in), redirect_uri=uri))
        assert told == "redirect_uri: not that of the authorization request"

    def test_with_another_verifier(self, partner, signed_in):
        told = cause(partner.exchanges(partner.code(signed_in), code_verifier="v" * 43))
        assert told == "code_verifier: not that of the code_challenge"

    def test_with_both(self, partner, signed_in):
        changed = {"code_verifier": "v" * 43, "redirect_uri": "https://autre.nc/"}
        told = cause(partner.exchanges(partner.code(signed_in), **changed))
        assert told == "redirect_uri or code_verifier: not that of the authorization request"

    def test_with_a_verifier_that_is_none(self, partner, signed_in):
        told = cause(partner.exchanges(partner.code(signed_in), code_verifier="court"))
        assert told == "code_verifier: malformed"

    def test_without_a_verifier(self, partner, signed_in):
        told = cause(partner.exchanges(partner.code(signed_in), code_verifier=None))
        assert told == "code_verifier: missing"

    def test_a_verifier_where_no_challenge_was_sent(self, signed_in):
        partner = RelyingParty.registered(nc_require_pkce=False)
        none = {"code_challenge": None, "code_challenge_method": None}
        told = cause(partner.exchanges(partner.code(signed_in, **none)))
        assert told == "code_verifier: not that of the code_challenge"


class TestRefreshToken:
    def test_unknown_or_altered(self, partner, signed_in):
        token = partner.tokens(signed_in)["refresh_token"]
        for text in ("x", token[:-4] + "AAAA"):
            assert cause(partner.refreshes(text)) == "refresh_token: unknown or altered"
        assert partner.refreshes(token).status_code == 200

    def test_revoked(self, partner, signed_in):
        token = partner.tokens(signed_in)["refresh_token"]
        signed_in.signs_out()
        assert cause(partner.refreshes(token)) == "refresh_token: revoked"

    def test_expired(self, partner, signed_in, time_machine):
        token = partner.tokens(signed_in)["refresh_token"]
        time_machine.move_to(timezone.now() + timedelta(days=365))
        assert cause(partner.refreshes(token)) == "refresh_token: expired"

    def test_of_another_partner(self, partner, signed_in):
        other = RelyingParty.registered(
            client_id="autre", grant_types=["authorization_code", "refresh_token"]
        )
        token = partner.tokens(signed_in)["refresh_token"]
        assert cause(other.refreshes(token)) == "refresh_token: given to another client_id"
        assert partner.refreshes(token).status_code == 200

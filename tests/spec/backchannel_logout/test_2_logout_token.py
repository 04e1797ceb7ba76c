"""OpenID Connect Back-Channel Logout 1.0, sections 2.1 to 2.6: what a partner receives."""

import time

import pytest
from django.db import transaction
from django.utils import timezone
from joserfc import jws

from accounts.flows import sessions
from oidc_provider.logout import notices
from oidc_provider.models import LogoutNotice
from oidc_provider.models import RelyingParty as Registered
from oidc_provider.partners import registration
from tests.listening_partner import ListeningPartner
from tests.relying_party import RelyingParty, payload

EVENT = "http://schemas.openid.net/event/backchannel-logout"


@pytest.fixture
def listening():
    with ListeningPartner() as server:
        yield server


@pytest.fixture
def partner(listening):
    return RelyingParty.registered(backchannel_logout_uri=listening.address)


@pytest.fixture
def signed_out(partner, signed_in, listening):
    """What the partner was told once the person signed out: the id_token, the logout token."""
    id_token = partner.tokens(signed_in)["id_token"]
    signed_in.opens(partner.logout_address(id_token_hint=id_token))
    assert notices.sweep() == 1
    [logout_token] = listening.tokens
    return id_token, logout_token


def test_discovery_announces_it(client):
    """2.1: backchannel_logout_supported, backchannel_logout_session_supported."""
    metadata = client.get("/.well-known/openid-configuration").json()
    assert metadata["backchannel_logout_supported"] is True
    assert metadata["backchannel_logout_session_supported"] is True


def test_it_is_a_post_of_the_token_and_nothing_else(signed_out, listening):
    """2.5: an HTTP POST with application/x-www-form-urlencoded, the parameter logout_token."""
    [form] = listening.received
    [(path, headers)] = listening.requests
    assert list(form) == ["logout_token"]
    assert len(form["logout_token"]) == 1
    assert path == "/deconnexion?canal=arriere"
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"


def test_who_in_which_session_is_as_in_the_id_token(signed_out):
    """2.4: iss, aud, iat, exp, jti, events; sub and sid as in the ID Token."""
    id_token, logout_token = map(payload, signed_out)
    assert {name: logout_token[name] for name in ("iss", "aud", "sub", "sid")} == {
        name: id_token[name] for name in ("iss", "aud", "sub", "sid")
    }
    assert logout_token.keys() == {"iss", "aud", "sub", "sid", "iat", "exp", "jti", "events"}


def test_the_event_is_one_empty_object(signed_out):
    """2.4: a JSON object containing the member name …/event/backchannel-logout, SHOULD be {}."""
    assert payload(signed_out[1])["events"] == {EVENT: {}}


def test_there_is_no_nonce(signed_out):
    """2.4: A nonce Claim MUST NOT be present."""
    assert "nonce" in payload(signed_out[0])
    assert "nonce" not in payload(signed_out[1])


def test_it_lives_two_minutes(signed_out):
    """4: preferably at most two minutes in the future. And not less, for clocks that differ."""
    token = payload(signed_out[1])
    assert abs(token["iat"] - time.time()) < 10
    assert token["exp"] - token["iat"] == 120


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "PS256"])
def test_it_is_signed_as_the_partners_id_tokens_are(listening, end_user, algorithm):
    """2.4: signed with the algorithm of the ID Tokens; typ logout+jwt is RECOMMENDED."""
    partner = RelyingParty.registered(
        backchannel_logout_uri=listening.address, id_token_signed_response_alg=algorithm
    )
    end_user.has_an_account()
    end_user.signs_in()
    partner.code(end_user)
    end_user.signs_out()
    notices.sweep()
    signed = jws.deserialize_compact(listening.tokens[0], partner.keys(), algorithms=[algorithm])
    assert signed.protected["alg"] == algorithm
    assert signed.protected["typ"] == "logout+jwt"
    assert signed.protected["kid"] in [key.kid for key in partner.keys().keys]


def test_it_is_no_id_token_hint(signed_out, partner, client):
    """4.1: it must not be taken for an ID Token."""
    page = client.get(partner.logout_address(id_token_hint=signed_out[1]))
    assert page.status_code == 400


def test_each_try_has_an_identifier_of_its_own(partner, signed_in, listening):
    """2.6, 7: a partner may refuse a jti that it has seen; a repeated notice is no replay."""
    listening.status = 500
    partner.code(signed_in)
    signed_in.signs_out()
    notices.sweep()
    listening.recover()
    LogoutNotice.objects.update(next_at=timezone.now())
    assert notices.sweep() == 1
    assert len({payload(token)["jti"] for token in listening.tokens}) == 2


class TestWhoIsTold:
    def test_every_partner_of_the_session_under_its_own_names(self, partner, signed_in, listening):
        other = RelyingParty.registered(
            client_id="autre",
            redirect_uris=["https://autre.example.nc/retour"],
            backchannel_logout_uri=listening.address,
        )
        other.code(signed_in)
        signed_in.signs_out()
        assert notices.sweep() == 2
        told = [payload(token) for token in listening.tokens]
        assert {token["aud"] for token in told} == {"impots", "autre"}
        assert len({token["sub"] for token in told}) == len({token["sid"] for token in told}) == 2

    def test_nobody_who_did_not_ask_for_it(self, partner, signed_in, listening):
        RelyingParty.registered(client_id="muet").code(signed_in)
        signed_in.signs_out()
        assert notices.sweep() == 1

    def test_only_of_this_session(self, partner, signed_in, stranger, listening):
        stranger.email = signed_in.email
        stranger.signs_in()
        partner.code(stranger)
        signed_in.signs_out()
        assert notices.sweep() == 1

    def test_once(self, partner, signed_in, listening):
        for _ in range(3):
            partner.code(signed_in)
        signed_in.signs_out()
        signed_in.signs_out()
        assert notices.sweep() == 1


class TestWhatEndsASession:
    @pytest.fixture
    def elsewhere(self, partner, signed_in, stranger):
        """The same person, in a second session at the same partner."""
        stranger.email = signed_in.email
        stranger.signs_in()
        partner.code(stranger)
        return stranger

    def told(self, listening) -> int:
        return notices.sweep()

    def test_a_new_password_ends_the_others(self, signed_in, elsewhere, listening):
        from accounts.flows import password_change

        mine = signed_in.client.session.record
        password_change.change(
            signed_in.account,
            current=signed_in.password,
            password="Cagou huppé 2026",
            session=mine,
        )
        assert self.told(listening) == 1

    def test_a_suspended_account(self, signed_in, elsewhere, listening):
        from accounts.flows import suspension

        suspension.suspend(signed_in.account, actor=signed_in.account)
        assert self.told(listening) == 2

    def test_another_person_in_the_same_browser(self, signed_in, stranger, listening):
        stranger.has_an_account()
        signed_in.signs_in(username=stranger.email, way="/mon-compte/")
        assert self.told(listening) == 1

    def test_a_suspended_partner_signs_its_people_out_as_well(
        self, partner, signed_in, elsewhere, stranger, listening
    ):
        """It gets nothing any more; that a person stays signed in there would protect nobody."""
        tokens = partner.tokens(signed_in)
        registration.suspend(Registered.objects.get(client_id=partner.client_id))
        signed_in.signs_out()
        assert self.told(listening) == 1
        [told] = map(payload, listening.tokens)
        assert told["sid"] == payload(tokens["id_token"])["sid"]
        assert partner.userinfo(tokens["access_token"]).status_code == 401
        assert stranger.opens("/mon-compte/").status_code == 200  # the other session goes on

    def test_running_out_is_no_sign_out(self, signed_in, listening):
        """The person did not ask for it, and may be in the middle of a form at the partner."""
        import time_machine

        from ncconnect import purge

        with time_machine.travel(time.time() + 24 * 3600):
            purge.run()
            assert self.told(listening) == 0


def test_what_is_rolled_back_is_not_told(partner, signed_in):
    with transaction.atomic():
        sessions.end_all(signed_in.account, reason="signed_out")
        transaction.set_rollback(True)
    assert not LogoutNotice.objects.exists()


class TestWhatALogoutEnds:
    """2.7: refresh tokens without offline_access SHOULD be revoked, those with it SHOULD NOT."""

    @pytest.fixture
    def partner(self, listening):
        return RelyingParty.registered(
            scope="openid email offline_access",
            grant_types=["authorization_code", "refresh_token"],
            backchannel_logout_uri=listening.address,
        )

    def test_the_tokens_of_this_session(self, partner, signed_in, stranger):
        stranger.email = signed_in.email
        stranger.signs_in()
        mine, elsewhere = partner.tokens(signed_in), partner.tokens(stranger)
        signed_in.signs_out()
        assert partner.userinfo(mine["access_token"]).status_code == 401
        assert partner.refreshes(mine["refresh_token"]).status_code == 400
        assert partner.userinfo(elsewhere["access_token"]).status_code == 200
        assert partner.refreshes(elsewhere["refresh_token"]).status_code == 200

    def test_and_not_those_that_were_to_outlive_it(self, partner, signed_in):
        tokens = partner.tokens(signed_in, scope="openid offline_access")
        signed_in.signs_out()
        assert partner.refreshes(tokens["refresh_token"]).status_code == 200

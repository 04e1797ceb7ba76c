"""Core, section 5.3, and RFC 6750: until when an access token opens userinfo, to the second."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from oidc_provider.grants import bearer
from oidc_provider.models import Grant
from tests.relying_party import RelyingParty

SECOND = timedelta(seconds=1)


@pytest.fixture
def partner():
    return RelyingParty.registered(grant_types=["authorization_code", "refresh_token"])


@pytest.fixture
def text(partner, signed_in, time_machine) -> str:
    time_machine.move_to(timezone.now(), tick=False)
    return partner.tokens(signed_in, scope="openid email")["access_token"]


@pytest.fixture
def token(text) -> bearer.Token:
    return bearer.read(bearer.ACCESS, text)


@pytest.fixture
def others(partner, stranger, text) -> str:
    stranger.has_an_account()
    stranger.signs_in()
    return partner.tokens(stranger)["access_token"]


def test_it_ends_at_the_second_that_it_says(partner, text, token, time_machine):
    short = replace(token, number=60)  # the session goes on
    time_machine.move_to(short.expires - SECOND, tick=False)
    assert partner.userinfo(bearer.write(bearer.ACCESS, short)).status_code == 200
    for late in (timedelta(0), SECOND):
        time_machine.move_to(short.expires + late, tick=False)
        assert partner.userinfo(bearer.write(bearer.ACCESS, short)).status_code == 401
        assert partner.userinfo(text).status_code == 200


@pytest.mark.parametrize(
    ("earlier", "status"), [(timedelta(0), 401), (SECOND, 401), (-SECOND, 200)]
)
def test_a_revocation_ends_it_and_those_before_it_and_nobody_else_s(
    partner, token, others, earlier, status
):
    Grant.objects.filter(pk=token.grant_id).update(access_revoked_at=token.moment)
    presented = bearer.write(bearer.ACCESS, replace(token, moment=token.moment - earlier))
    assert partner.userinfo(presented).status_code == status
    assert partner.userinfo(others).status_code == 200


def test_a_partner_that_revokes_one_keeps_another_person_s(partner, text, others):
    partner.calls("/oidc/revoke", {"token": text})
    answer = partner.userinfo(text)
    assert answer.status_code == 401
    assert 'error="invalid_token"' in answer["WWW-Authenticate"]
    assert answer["Cache-Control"] == "no-store"
    assert partner.userinfo(others).status_code == 200


@pytest.mark.parametrize(
    ("scope", "status"), [("openid", 200), ("email", 403), ("email openid", 200)]
)
def test_a_token_narrowed_below_openid_opens_nothing(partner, token, scope, status):
    answer = partner.userinfo(bearer.write(bearer.ACCESS, replace(token, scope=scope)))
    assert answer.status_code == status
    if status == 403:
        assert 'error="insufficient_scope"' in answer["WWW-Authenticate"]


def test_a_narrowed_token_gives_the_claims_of_its_own_scope(partner, text, token):
    assert "email" in partner.userinfo(text).json()
    narrowed = bearer.write(bearer.ACCESS, replace(token, scope="openid"))
    assert set(partner.userinfo(narrowed).json()) == {"sub"}


def test_a_refresh_token_opens_nothing(partner, token):
    text = bearer.write(bearer.REFRESH, token)
    assert partner.userinfo(text).status_code == 401

"""RFC 7662, section 2.2: until when a token is active, to the second, and which of a family is."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from oidc_provider.grants import bearer, redemption
from oidc_provider.models import Grant
from oidc_provider.resources.introspection import described
from tests.relying_party import RelyingParty
from tests.spec.rfc6749.refreshing import WHICH_IS_GOOD

SECOND = timedelta(seconds=1)


@pytest.fixture
def partner():
    return RelyingParty.registered(grant_types=["authorization_code", "refresh_token"])


@pytest.fixture
def tokens(partner, signed_in, time_machine) -> dict:
    time_machine.move_to(timezone.now(), tick=False)
    return partner.tokens(signed_in, scope="openid email")


@pytest.fixture
def registered(tokens):
    token = bearer.read(bearer.ACCESS, tokens["access_token"])
    return Grant.objects.get(pk=token.grant_id).application


@pytest.fixture
def family(tokens) -> bearer.Token:
    return bearer.read(bearer.REFRESH, tokens["refresh_token"])


def is_active(registered, kind: bytes, token: bearer.Token) -> bool:
    return described(registered, bearer.write(kind, token))["active"]


def test_an_access_token_ends_at_the_second_that_it_says(registered, tokens, time_machine):
    facts = described(registered, tokens["access_token"])
    token = bearer.read(bearer.ACCESS, tokens["access_token"])
    assert facts["iat"] == int(token.moment.timestamp())
    assert facts["exp"] == int(token.expires.timestamp())
    assert facts["token_type"] == "Bearer"
    short = replace(token, number=60)  # the session goes on
    time_machine.move_to(short.expires - SECOND, tick=False)
    assert is_active(registered, bearer.ACCESS, short)
    for late in (timedelta(0), SECOND):
        time_machine.move_to(short.expires + late, tick=False)
        assert not is_active(registered, bearer.ACCESS, short)
        assert is_active(registered, bearer.ACCESS, token)


def test_a_refresh_token_ends_with_its_family(registered, family, time_machine):
    soon = replace(family, moment=timezone.now() + 10 * SECOND)
    assert is_active(registered, bearer.REFRESH, soon)
    facts = described(registered, bearer.write(bearer.REFRESH, soon))
    assert facts["exp"] == int(soon.moment.timestamp())
    assert facts["token_type"] == "refresh_token"
    assert facts["sub"] == Grant.objects.get(pk=family.grant_id).subject.sub
    assert facts["scope"] == "openid email"
    time_machine.move_to(soon.moment, tick=False)
    assert not is_active(registered, bearer.REFRESH, soon)
    assert is_active(registered, bearer.REFRESH, family)


@pytest.mark.parametrize(("number", "rotated", "active"), WHICH_IS_GOOD)
def test_of_a_family_the_present_one_is_active_and_for_a_while_the_one_before(
    registered, family, number, rotated, active
):
    """Active is what the token endpoint would take: the predecessor within the leeway."""
    assert timedelta(seconds=30) == redemption.LEEWAY
    Grant.objects.update(refreshes=5, rotated_at=timezone.now() - rotated * SECOND)
    assert is_active(registered, bearer.REFRESH, replace(family, number=number)) is active


@pytest.mark.parametrize(
    ("earlier", "active"), [(timedelta(0), False), (SECOND, False), (-SECOND, True)]
)
def test_a_revocation_ends_the_access_token_and_those_before_it(
    registered, tokens, earlier, active
):
    revoked = bearer.read(bearer.ACCESS, tokens["access_token"])
    Grant.objects.update(access_revoked_at=revoked.moment)
    token = replace(revoked, moment=revoked.moment - earlier)
    assert is_active(registered, bearer.ACCESS, token) is active


def test_a_narrowed_access_token_says_its_own_scope(registered, tokens):
    token = bearer.read(bearer.ACCESS, tokens["access_token"])
    narrowed = bearer.write(bearer.ACCESS, replace(token, scope="openid"))
    assert described(registered, narrowed)["scope"] == "openid"


def test_a_scope_that_the_partner_lost_is_not_told(registered, tokens):
    registered.scope = "openid"
    assert described(registered, tokens["access_token"])["scope"] == "openid"
    assert described(registered, tokens["refresh_token"])["scope"] == "openid"

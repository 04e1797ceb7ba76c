"""RFC 6749, section 6; RFC 9700, 4.14.2: which refresh token of a family is good, and until when.

A partner that authenticates keeps its token; a public one's is rotated, and the one before is
honoured for thirty seconds.
"""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from oidc_provider.grants import bearer, redemption
from oidc_provider.models import Grant
from tests.relying_party import RelyingParty
from tests.spec.rfc6749.refreshing import WHICH_IS_GOOD

SECOND = timedelta(seconds=1)
KINDS = {"confidential": "client_secret_basic", "public": "none"}


@pytest.fixture
def partner():
    return RelyingParty.registered(grant_types=["authorization_code", "refresh_token"])


@pytest.fixture
def family(partner, signed_in, time_machine) -> bearer.Token:
    time_machine.move_to(timezone.now(), tick=False)
    return bearer.read(bearer.REFRESH, partner.tokens(signed_in)["refresh_token"])


@pytest.fixture
def others(partner, stranger, family) -> Grant:
    """What the same partner holds of somebody else, at the same number."""
    stranger.has_an_account()
    stranger.signs_in()
    token = bearer.read(bearer.REFRESH, partner.tokens(stranger)["refresh_token"])
    return Grant.objects.get(pk=token.grant_id)


def refreshed(family: bearer.Token, kind: str, **changes) -> Grant | None:
    registered = Grant.objects.get(pk=family.grant_id).application
    registered.token_endpoint_auth_method = KINDS[kind]
    return redemption.refresh(replace(family, **changes), registered)


def aged(family: bearer.Token, seconds: int) -> dict:
    """The fifth of its family is good now, since so many seconds."""
    mine = Grant.objects.filter(pk=family.grant_id)
    mine.update(refreshes=5, rotated_at=timezone.now() - seconds * SECOND)
    return mine.values().get()


def state(family: bearer.Token) -> dict:
    return Grant.objects.values().get(pk=family.grant_id)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("number", "seconds", "good"), WHICH_IS_GOOD)
def test_the_present_one_is_good_and_for_a_while_the_one_before(
    family, kind, number, seconds, good
):
    before = aged(family, seconds)
    found = refreshed(family, kind, number=number)
    assert (found is not None) is good
    if not good:
        assert state(family) == before


def test_a_public_partner_s_is_rotated_and_nobody_else_s(family, others):
    aged(family, 1)
    assert refreshed(family, "public", number=5).refreshes == 6
    after = state(family)
    assert after["refreshes"] == 6
    assert after["rotated_at"] == timezone.now()
    assert Grant.objects.get(pk=others.pk).refreshes == others.refreshes


def test_asking_with_the_one_before_gives_the_same_family_on_and_no_new_time(family):
    before = aged(family, 10)
    assert refreshed(family, "public", number=4).refreshes == 5
    assert state(family) == before


def test_a_partner_that_authenticates_keeps_its_token(family):
    before = aged(family, 1)
    assert refreshed(family, "confidential", number=5).refreshes == 5
    assert state(family) == before


@pytest.mark.parametrize("kind", KINDS)
def test_a_family_ends_at_the_moment_that_its_tokens_say(family, kind):
    for over in (timedelta(0), SECOND):
        assert refreshed(family, kind, moment=timezone.now() - over) is None
    assert refreshed(family, kind, moment=timezone.now() + SECOND) is not None


@pytest.mark.parametrize("kind", KINDS)
def test_what_it_gives_is_about_the_person_of_the_grant(family, others, kind):
    found = refreshed(family, kind)
    known = Grant.objects.get(pk=family.grant_id)
    assert found.subject.sub == known.subject.sub != others.subject.sub
    assert found.subject.user_id == known.subject.user_id
    assert found.subject.pk == known.subject_id
    assert found.session_ends_at == known.session.ends_at


@pytest.mark.parametrize("kind", KINDS)
def test_a_code_that_was_never_redeemed_has_no_family(family, kind):
    Grant.objects.filter(pk=family.grant_id).update(consumed_at=None)
    assert refreshed(family, kind) is None

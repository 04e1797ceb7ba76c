"""Keys change without a partner noticing: published before they sign, kept after."""

import json
from datetime import timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.utils import timezone

from oidc_provider import discovery, keys, rotation
from oidc_provider.models import SigningKey
from tests.relying_party import RelyingParty

State = SigningKey.State


@pytest.fixture(autouse=True)
def _fresh_ring(settings):
    settings.SIGNING_KEY_BITS = 2048  # made many times here
    keys.forget()
    yield
    keys.forget()


def count(state) -> int:
    return SigningKey.objects.filter(state=state).count()


def test_one_step_at_a_time_and_safe_to_run_twice(capsys):
    for expected in ("published", "waiting"):
        call_command("rotate_signing_keys")
        assert set(json.loads(capsys.readouterr().out).values()) == {expected}
    with time_machine.travel(timezone.now() + rotation.PUBLISHED_BEFORE):
        assert set(rotation.rotate().values()) == {"signs"}
    assert (count(State.ACTIVE), count(State.RETIRED), count(State.NEXT)) == (3, 3, 0)


def test_a_key_is_published_for_as_long_as_partners_may_keep_the_keys():
    margin = timedelta(seconds=discovery.MAX_AGE + 2 * keys.RELOAD)
    assert margin <= rotation.PUBLISHED_BEFORE


def test_what_was_signed_before_still_verifies(partner_and_person):
    partner, person = partner_and_person
    before = partner.tokens(person)["id_token"]
    kept = partner.keys()
    rotation.rotate()
    published = partner.keys()
    with time_machine.travel(timezone.now() + rotation.PUBLISHED_BEFORE):
        rotation.rotate()
    after = partner.tokens(person)["id_token"]
    assert partner.claims(before)["sub"] == partner.claims(after)["sub"]
    # A partner that read the keys before the new one signed can verify it too.
    new = keys.ring().signing["RS256"]["kid"]
    assert new in {key["kid"] for key in published.as_dict()["keys"]}
    assert new not in {key["kid"] for key in kept.as_dict()["keys"]}


@pytest.fixture
def partner_and_person(signed_in):
    return RelyingParty.registered(), signed_in


def test_a_retired_key_goes_in_the_end():
    rotation.rotate()
    SigningKey.objects.filter(state=State.NEXT).update(
        state=State.RETIRED, retired_at=timezone.now() - rotation.KEPT_AFTER - timedelta(days=1)
    )
    rotation.rotate()
    assert count(State.RETIRED) == 0


def test_the_clock_begins_when_a_key_is_old_and_not_before():
    from oidc_provider.tasks import keep_keys_fresh

    keys.ring()
    keep_keys_fresh()
    assert count(State.NEXT) == 0
    SigningKey.objects.filter(algorithm="ES256").update(
        activated_at=timezone.now() - rotation.RENEWED_AFTER - timedelta(days=1)
    )
    keep_keys_fresh()
    assert count(State.NEXT) == 3

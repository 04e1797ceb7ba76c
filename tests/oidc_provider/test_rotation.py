"""Keys change without a partner noticing: published before they sign, kept after."""

import json
from datetime import timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.utils import timezone
from joserfc import jwt

from ncconnect import metrics
from ncconnect.audit.models import Event
from oidc_provider import discovery
from oidc_provider.keys import keyring, rotation
from oidc_provider.models import SigningKey
from oidc_provider.tasks import keep_keys_fresh
from tests.at_once import at_once
from tests.relying_party import RelyingParty
from tests.samples import IS_SMALL

State = SigningKey.State


@pytest.fixture(autouse=True)
def _fresh_ring(settings):
    settings.SIGNING_KEY_BITS = 2048  # made many times here
    keyring.forget()
    yield
    keyring.forget()


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
    margin = timedelta(seconds=discovery.MAX_AGE + 2 * keyring.RELOAD)
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
    new = keyring.ring().signing["RS256"]["kid"]
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


def states() -> dict[str, list[str]]:
    """Of each algorithm, in the order in which the keys were made."""
    keys = SigningKey.objects.order_by("created_at")
    return {
        algorithm: [key.state for key in keys if key.algorithm == algorithm]
        for algorithm in keyring.ALGORITHMS
    }


def test_the_clock_begins_when_a_key_is_old_and_not_before():
    """K5: for the algorithm of that key, and no other."""
    keyring.ring()
    keep_keys_fresh()
    assert count(State.NEXT) == 0
    SigningKey.objects.filter(algorithm="ES256").update(
        activated_at=timezone.now() - rotation.RENEWED_AFTER - timedelta(days=1)
    )
    keep_keys_fresh()
    alone = {"RS256": [State.ACTIVE], "PS256": [State.ACTIVE]}
    assert states() == alone | {"ES256": [State.ACTIVE, State.NEXT]}


def test_a_key_that_a_dead_process_left_is_brought_on_and_nothing_else_moves():
    """K5: a month of the clock; the first process died after it had published one of three.

    Each hour of it in the whole suite; in the small one, which moves as far, each sixth.
    """
    keyring.ring()
    keyring.create("RS256", State.NEXT)
    start, step = timezone.now(), 6 if IS_SMALL else 1
    for hour in range(0, 24 * 30, step):
        with time_machine.travel(start + timedelta(hours=hour), tick=False):
            keep_keys_fresh()
    alone = {"ES256": [State.ACTIVE], "PS256": [State.ACTIVE]}
    assert states() == alone | {"RS256": [State.RETIRED, State.ACTIVE]}
    with time_machine.travel(start + rotation.KEPT_AFTER + timedelta(hours=step + 1)):
        keep_keys_fresh()
    assert states()["RS256"] == [State.ACTIVE]


def test_somebody_who_rotates_each_hour_comes_to_an_end(settings, caplog):
    settings.SIGNING_KEY_BITS = 1024
    start = timezone.now()
    for hour in range(0, 60, 2):
        with time_machine.travel(start + timedelta(hours=hour), tick=False):
            done = rotation.rotate()
    assert set(done.values()) == {"full"}
    assert {len(keys) for keys in states().values()} == {rotation.MOST}
    assert {keys.count(State.ACTIVE) for keys in states().values()} == {1}
    assert "signing keys full" in caplog.messages
    with time_machine.travel(start + rotation.KEPT_AFTER + timedelta(days=3)):
        assert set(rotation.rotate().values()) == {"published"}


def test_a_scrape_tells_how_many_keys_there_are():
    rotation.rotate()
    [(name, _meaning, numbers)] = rotation.gauges()
    assert name == "ncconnect_signing_keys"
    assert numbers == {State.ACTIVE: 3, State.NEXT: 3, State.RETIRED: 0}
    assert 'ncconnect_signing_keys{state="next"} 3.0' in metrics.text().decode()


def test_a_rotation_between_the_code_and_the_token(partner_and_person):
    partner, person = partner_and_person
    rotation.rotate()
    code = partner.code(person)
    SigningKey.objects.filter(state=State.NEXT).update(
        created_at=timezone.now() - rotation.PUBLISHED_BEFORE
    )
    before = keyring.ring().signing["RS256"]["kid"]
    rotation.rotate()
    token = partner.exchanges(code).json()["id_token"]
    assert keyring.ring().signing["RS256"]["kid"] != before
    assert partner.claims(token)["nonce"] == "un-nombre"


def test_an_id_token_verifies_with_keys_that_were_read_an_hour_before(partner_and_person):
    """At every moment of a rotation: the partner keeps the keys for as long as it may."""
    partner, _person = partner_and_person
    start, kept = timezone.now(), []
    for minute in range(0, 300, 20):
        with time_machine.travel(start + timedelta(minutes=minute), tick=False):
            rotation.rotate()
            kept.append((minute, partner.keys()))
            token = sign_now()
            for read_at, read in kept:
                if minute - read_at <= discovery.MAX_AGE // 60:
                    assert jwt.decode(token, read, algorithms=["RS256"]).claims == {"a": 1}
    assert count(State.RETIRED) >= 3  # it did rotate


def sign_now() -> str:
    return keyring.sign({"a": 1}, algorithm="RS256")


def test_a_retired_key_has_no_private_half(partner_and_person):
    rotation.rotate()
    with time_machine.travel(timezone.now() + rotation.PUBLISHED_BEFORE):
        rotation.rotate()
    retired = SigningKey.objects.filter(state=State.RETIRED)
    assert {bytes(key.private) for key in retired} == {b""}
    assert not any("d" in key.public for key in retired)


def test_an_exposed_key_is_dropped_at_once(partner_and_person, capsys):
    partner, person = partner_and_person
    before = partner.tokens(person)["id_token"]
    former = set(keyring.ring().verifying)
    call_command("rotate_signing_keys", now=True)
    assert set(json.loads(capsys.readouterr().out).values()) == {"signs"}
    assert not former & set(keyring.ring().verifying)
    with pytest.raises(keyring.InvalidSignature):
        keyring.verify(before)
    assert partner.claims(partner.tokens(person)["id_token"])
    call_command("rotate_signing_keys", now=True)  # safe to run twice
    assert (count(State.ACTIVE), count(State.NEXT), count(State.RETIRED)) == (3, 0, 0)


def test_the_key_that_stood_beside_the_exposed_one_never_signs(partner_and_person):
    """K6: whoever read the one in the database read the other."""
    rotation.rotate()
    exposed = set(SigningKey.objects.values_list("kid", flat=True))
    rotation.replace()
    ring = set(SigningKey.objects.values_list("kid", flat=True))
    assert len(exposed) == 6
    assert not exposed & ring
    assert not exposed & set(keyring.ring().verifying)
    told = Event.objects.filter(event="signing_key_rotated").values_list("facts__kid", flat=True)
    assert set(told) == ring


def test_a_new_secret_key_takes_over(settings):
    before = sign_now()
    former, settings.SECRET_KEY = settings.SECRET_KEY, "une-autre-cle-" * 5
    settings.SECRET_KEY_FALLBACKS = [former]
    keep_keys_fresh()
    assert keyring.encrypt_again() == 0
    settings.SECRET_KEY_FALLBACKS = []
    keyring.forget()
    assert keyring.verify(before) == {"a": 1}
    assert keyring.verify(sign_now()) == {"a": 1}


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("needs_postgresql")
def test_ten_rotations_at_once():
    keyring.ring()
    for state in (State.NEXT, State.RETIRED):
        outcomes = at_once(10, lambda _: rotation.rotate())
        assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)]
        assert (count(State.ACTIVE), count(state)) == (3, 3)
        SigningKey.objects.filter(state=State.NEXT).update(
            created_at=timezone.now() - rotation.PUBLISHED_BEFORE
        )


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("needs_postgresql")
def test_replacing_and_rotating_at_once_leaves_no_exposed_key_and_one_that_signs():
    rotation.rotate()
    SigningKey.objects.filter(state=State.NEXT).update(
        created_at=timezone.now() - rotation.PUBLISHED_BEFORE
    )
    exposed = set(SigningKey.objects.values_list("kid", flat=True))
    acts = (rotation.replace, rotation.rotate, rotation.replace, rotation.keep_fresh)
    outcomes = at_once(4, lambda place: acts[place]())
    assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    assert not exposed & set(SigningKey.objects.values_list("kid", flat=True))
    assert count(State.ACTIVE) == 3

"""What a process remembers of a partner, and for how long."""

import pytest
from django.core.cache import cache

from ncconnect import shared_cache
from oidc_provider.models import RelyingParty
from oidc_provider.partners import relying_parties


@pytest.fixture
def found(partner) -> RelyingParty:
    """The partner, as it was asked for once before."""
    return relying_parties.find(partner.client_id)


@pytest.fixture
def later(monkeypatch):
    """Some seconds later."""
    now = relying_parties.time.monotonic

    def wait(seconds: float) -> None:
        monkeypatch.setattr(relying_parties.time, "monotonic", lambda: now() + seconds)

    return wait


def changed_elsewhere(partner: RelyingParty, **fields) -> None:
    """By another process: the shared cache is emptied, and nobody tells this one."""
    RelyingParty.objects.filter(pk=partner.pk).update(**fields)
    cache.clear()


def test_asking_again_costs_nothing(found, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert relying_parties.find(found.client_id) is found


def test_a_change_is_seen_at_once(found):
    changed = RelyingParty.objects.get(pk=found.pk)
    changed.name = "Autre nom"
    changed.save()
    assert relying_parties.find(found.client_id).name == "Autre nom"


def test_a_secret_that_ends_is_ended_at_once(found):
    found.secrets.get().delete()
    assert relying_parties.find(found.client_id).live_secrets == []


def test_a_change_made_elsewhere_is_seen_soon(found, later):
    changed_elsewhere(found, is_active=False)
    later(relying_parties.NEAR_TIME)
    assert not relying_parties.find(found.client_id).is_active


def test_a_partner_deleted_elsewhere_is_soon_unknown(found, later):
    changed_elsewhere(found, client_id="autre")  # to this identifier it is the same
    later(relying_parties.NEAR_TIME)
    assert relying_parties.find(found.client_id) is None


def test_partners_are_not_mistaken_for_each_other(found):
    other = RelyingParty.objects.create(name="Autre", client_id="autre", sector="autre.example")
    for _ in range(2):
        assert relying_parties.find("autre").pk == other.pk
        assert relying_parties.find(found.client_id).pk == found.pk


def test_what_strangers_invent_is_not_kept(found):
    before = len(relying_parties._near)
    for number in range(50):
        assert relying_parties.find(f"inconnu-{number}") is None
    assert len(relying_parties._near) == before


def test_a_sign_in_while_redis_is_down(partner, signed_in, settings, monkeypatch):
    monkeypatch.setattr(shared_cache, "_silent_until", 0.0)
    settings.CACHES = {
        "default": {
            "BACKEND": "ncconnect.shared_cache.RedisCache",
            "LOCATION": "redis://127.0.0.1:1/0",  # nobody listens there
        }
    }
    token = partner.tokens(signed_in)["access_token"]
    assert partner.userinfo(token).status_code == 200

"""Keys at a partner's own address: kept for a while, asked for again when one is unknown."""

from collections import Counter
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from ncconnect.ratelimit import LIMITS
from oidc_provider.partners import partner_keys
from tests.at_once import at_once
from tests.key_holder import KeyHolder, new_key, public
from tests.partner_server import PartnerServer


@pytest.fixture
def server():
    with PartnerServer() as server:
        yield server


@pytest.fixture
def holder(server):
    holder = KeyHolder.registered(jwks_uri=f"{server.url}/jwks")
    server.pages["/jwks"] = public(holder.key)
    return holder


def later(seconds: float):
    return time_machine.travel(timezone.now() + timedelta(seconds=seconds))


def test_the_address_is_asked_once(holder, server):
    assert [holder.asks().status_code for _ in range(3)] == [200] * 3
    assert server.hits == ["/jwks"]


def test_and_again_when_the_answer_is_old(holder, server):
    holder.asks()
    with later(partner_keys.FRESH + 1):
        assert holder.asks().status_code == 200
    assert len(server.hits) == 2


def test_an_unknown_key_is_looked_for_at_once(holder, server):
    """Core, section 10.1.1: rotation of the keys of a client."""
    holder.asks()
    holder.key = new_key()
    server.pages["/jwks"] = public(holder.key)
    with later(2):
        assert holder.asks().status_code == 200


def test_a_key_that_is_gone_is_not_accepted_for_long(holder, server):
    holder.asks()
    server.pages["/jwks"] = public(new_key())
    with later(partner_keys.FRESH + 1):
        assert holder.asks().status_code == 401


@pytest.mark.parametrize("page", [None, [], {"keys": []}, {"keys": [{"kty": "oct", "k": "AA"}]}])
def test_what_was_kept_serves_while_the_address_fails(holder, server, page):
    holder.asks()
    server.pages["/jwks"] = page
    with later(partner_keys.FRESH + 1):
        assert [holder.asks().status_code for _ in range(5)] == [200] * 5
        assert len(server.hits) == 2  # not asked each time
    with later(partner_keys.FRESH + partner_keys.STALE + 2):
        assert holder.asks().status_code == 401


def test_nobody_makes_us_ask_without_end(holder, server):
    holder.asks()
    number = LIMITS["partner_keys"].number
    with later(2):
        for _ in range(number + 5):
            unknown = holder.assertion(key=new_key(kid="inconnu"))
            assert holder.asks(client_assertion=unknown).status_code == 401
    assert len(server.hits) <= number
    assert holder.asks().status_code == 200


def test_another_address_is_another_answer(holder, server):
    holder.asks()
    other = KeyHolder.registered(jwks_uri=f"{server.url}/autre")
    server.pages["/autre"] = public(other.key)
    assert other.asks().status_code == 200
    assert holder.asks().status_code == 401


def test_an_address_inside_is_not_asked(holder, server, settings):
    settings.DEMO_MODE = False
    assert holder.asks().status_code == 401
    assert server.hits == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("needs_postgresql")
def test_twenty_uses_of_one_assertion_at_once():
    holder = KeyHolder.registered()
    proof = holder.assertion()
    responses = at_once(20, lambda _: holder.asks(client_assertion=proof))
    assert Counter(r.status_code for r in responses) == {200: 1, 401: 19}
    assert holder.asks().status_code == 200

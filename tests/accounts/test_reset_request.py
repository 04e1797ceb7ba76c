"""Asking for a new password: strangers who ask use nothing of the owner's up."""

import pytest

from accounts.flows.reset_request import TooManyRequests, request_reset
from ncconnect import ratelimit
from ncconnect.mail.models import Outbox
from ncconnect.ratelimit import LIMITS

pytestmark = pytest.mark.django_db

MOANA, TEVA = "moana@exemple.nc", "teva@exemple.nc"
HOME, DEVICE = "203.0.113.7", "d" * 16
A_PLACE, AN_ADDRESS = LIMITS["reset_mail"].number, LIMITS["reset_address"].number


def asks(email: str = MOANA, network: str = HOME, device: str = "") -> bool:
    """Whether a mail is written."""
    before = Outbox.objects.count()
    try:
        request_reset(email=email, network=network, return_to="/", device=device, language="fr")
    except TooManyRequests:
        return Outbox.objects.count() != before
    return Outbox.objects.count() == before + 1


def networks(number: int) -> list[str]:
    return [f"198.51.100.{last}" for last in range(1, number + 1)]


def test_from_one_place_a_few_and_another_place_goes_on():
    assert [asks() for _ in range(A_PLACE + 1)] == [True] * A_PLACE + [False]
    with pytest.raises(TooManyRequests) as refused:
        request_reset(email=MOANA, network=HOME, return_to="/")
    assert refused.value.retry_after > 0
    assert asks(network="198.51.100.1")
    assert asks(email=TEVA)


def test_strangers_everywhere_reach_the_address_s_number_and_the_known_device_goes_on():
    for network in networks(AN_ADDRESS):
        assert asks(network=network)
    assert not asks()
    assert asks(device=DEVICE)
    assert asks(email=TEVA)


def test_what_a_known_device_asks_for_is_counted_by_itself_wherever_it_is():
    for network in networks(A_PLACE):
        assert asks(network=network, device=DEVICE)
    assert not asks(device=DEVICE)
    assert asks(device="e" * 16)


def test_a_known_device_uses_up_nothing_of_the_address_nor_of_its_network_s_place():
    for number in range(5):
        asks(device=f"{number:016}")
    assert ratelimit.peek("reset_address", MOANA).count == 0
    assert [asks() for _ in range(A_PLACE + 1)] == [True] * A_PLACE + [False]


def test_a_network_has_its_own_number_whatever_the_address_and_the_device():
    for number in range(4):
        asks(email=f"p{number}@exemple.nc", device=DEVICE if number % 2 else "")
    assert ratelimit.peek("reset_network", HOME).count == 4
    assert ratelimit.peek("reset_network", "198.51.100.1").count == 0

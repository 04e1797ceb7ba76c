"""Wrong credentials of a partner are counted, and shut nobody out."""

import pytest

from ncconnect.audit.models import Event
from ncconnect.ratelimit import LIMITS
from tests.relying_party import SECRET, RelyingParty

NUMBER = LIMITS["client_authentication"].number


def failures() -> list[str]:
    events = Event.objects.filter(event="client_authentication_failed")
    return list(events.values_list("partner", flat=True))


def asks(partner, secret: str = "faux", **changes):
    partner.secret = secret
    return partner.calls("/oidc/introspect", {"token": "x"} | changes, partner.basic())


def test_failures_beyond_the_limit(partner):
    statuses = [asks(partner).status_code for _ in range(NUMBER + 2)]
    assert statuses == [401] * NUMBER + [429] * 2
    response = asks(partner)
    assert response.json()["error"] == "temporarily_unavailable"
    assert 0 < int(response["Retry-After"]) <= LIMITS["client_authentication"].window
    assert failures() == ["impots"] * NUMBER
    # The partner itself goes on.
    assert asks(partner, SECRET).status_code == 200


@pytest.mark.slow
def test_inventions_share_one_count(partner):
    for place in range(NUMBER + 1):
        response = asks(RelyingParty(client_id=f"invention-{place}"))
    assert response.status_code == 429
    assert set(failures()) == {""}
    assert asks(partner).status_code == 401


def test_another_network_has_its_own_count(partner):
    for _ in range(NUMBER + 1):
        asks(partner)
    partner.back_channel.defaults["REMOTE_ADDR"] = "203.0.113.9"
    assert asks(partner).status_code == 401


@pytest.mark.parametrize("path", ["token", "revoke", "introspect"])
def test_every_endpoint_counts(partner, path):
    partner.secret = "faux"
    partner.calls(f"/oidc/{path}", {"token": "x"})
    assert failures() == ["impots"]

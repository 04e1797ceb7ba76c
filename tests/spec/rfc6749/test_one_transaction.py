"""A failure of ours in mid-redemption takes nothing from the partner: it tries again."""

import pytest

from oidc_provider.grants import bearer
from oidc_provider.keys import keyring
from oidc_provider.models import Grant
from tests.relying_party import RelyingParty


@pytest.fixture
def partner():
    partner = RelyingParty.registered(grant_types=["authorization_code", "refresh_token"])
    partner.back_channel.raise_request_exception = False
    return partner


def fails(*_arguments, **_options):
    raise RuntimeError("the disk is full")


def state() -> list[dict]:
    return list(Grant.objects.order_by("pk").values())


def test_a_code_is_as_good_as_before(partner, signed_in, monkeypatch):
    code = partner.code(signed_in)
    before = state()
    with monkeypatch.context() as broken:
        broken.setattr(keyring, "sign", fails)
        assert partner.exchanges(code).status_code >= 500
    assert state() == before
    assert partner.exchanges(code).status_code == 200


def test_a_refresh_token_is_as_good_as_before(partner, signed_in, monkeypatch):
    token = partner.tokens(signed_in)["refresh_token"]
    before = state()
    with monkeypatch.context() as broken:
        broken.setattr(bearer, "write", fails)
        assert partner.refreshes(token).status_code >= 500
    assert state() == before
    assert partner.refreshes(token).status_code == 200

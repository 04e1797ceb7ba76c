"""RFC 7009 and RFC 7662 together: what was revoked is not active, and what came later is."""

from datetime import timedelta

from django.utils import timezone

from tests.relying_party import RelyingParty


def test_a_revoked_access_token_is_not_active_and_a_later_one_is(signed_in, stranger, time_machine):
    partner = RelyingParty.registered(grant_types=["authorization_code", "refresh_token"])
    first = partner.tokens(signed_in)
    stranger.has_an_account()
    stranger.signs_in()
    others = partner.tokens(stranger)["access_token"]

    def is_active(token: str) -> bool:
        return partner.calls("/oidc/introspect", {"token": token}).json()["active"]

    assert is_active(first["access_token"])
    partner.calls("/oidc/revoke", {"token": first["access_token"]})
    assert not is_active(first["access_token"])
    time_machine.move_to(timezone.now() + timedelta(seconds=2))
    later = partner.refreshes(first["refresh_token"]).json()["access_token"]
    assert is_active(later)
    assert is_active(others)

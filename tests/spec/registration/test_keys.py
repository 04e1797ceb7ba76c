"""RFC 7591, section 2: jwks and jwks_uri MUST NOT both be present."""

import pytest
from django.core.management import CommandError, call_command

from oidc_provider.models import RelyingParty as Model
from oidc_provider.models import RelyingPartySecret
from oidc_provider.partners.metadata import InvalidMetadata
from oidc_provider.partners.registration import register
from tests.key_holder import new_key, public
from tests.relying_party import metadata
from tests.spec.registration.refusal import faults

BY_KEY = {"token_endpoint_auth_method": "private_key_jwt", "client_secret": None}


def test_private_key_jwt_needs_a_key():
    with pytest.raises(InvalidMetadata) as refused:
        register(metadata(**BY_KEY))
    assert refused.value.faults == [
        "token_endpoint_auth_method: private_key_jwt needs jwks or jwks_uri"
    ]


def test_and_has_no_secret():
    by_key = {"token_endpoint_auth_method": "private_key_jwt", "jwks": public(new_key())}
    assert faults(**by_key) == [
        "client_secret: a client that authenticates by private_key_jwt has no secret"
    ]


def test_either_the_keys_or_their_address():
    both = {"jwks": public(new_key()), "jwks_uri": "https://impots.example.nc/jwks"}
    assert faults(**both) == [
        "jwks_uri: jwks and jwks_uri exclude each other (RFC 7591, section 2)"
    ]


def test_a_private_key_is_refused_and_not_repeated():
    key = new_key().as_dict(private=True)
    [fault] = faults(jwks={"keys": [key]})
    assert fault.startswith("jwks: expected public keys")
    assert key["d"] not in fault


def test_only_what_can_sign_and_is_public_is_kept():
    sound = public(new_key())["keys"][0]
    encryption = public(new_key(use="enc"))["keys"][0]
    register(metadata(jwks={"keys": [sound | {"x5u": "https://x/"}, encryption]}))
    assert Model.objects.get().jwks == {"keys": [sound]}


def test_a_secret_ends_with_the_method_that_needs_one():
    register(metadata())
    registered = register(metadata(jwks=public(new_key()), **BY_KEY))
    assert registered.secret is None
    assert not RelyingPartySecret.objects.exists()
    with pytest.raises(CommandError):
        call_command("renew_client_secret", "impots")

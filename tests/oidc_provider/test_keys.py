"""The key ring."""

import base64
import hmac
import json

import pytest
from jwcrypto import jwk, jws

from oidc_provider.keys import keyring
from oidc_provider.models import SigningKey


@pytest.fixture(autouse=True)
def _fresh_ring():
    keyring.forget()
    yield
    keyring.forget()


def test_keys_are_made_once_and_kept():
    first = set(keyring.ring().verifying)
    keyring.forget()
    assert set(keyring.ring().verifying) == first
    assert SigningKey.objects.count() == len(keyring.ALGORITHMS)


def test_a_key_that_stays_is_not_parsed_again(monkeypatch):
    before = keyring.ring()
    monkeypatch.setattr(keyring, "RELOAD", -1)
    again = keyring.ring()
    assert again is not before
    for algorithm, key in before.signing.items():
        assert again.signing[algorithm] is key
    for kid, key in before.verifying.items():
        assert again.verifying[kid] is key


def test_a_rotation_brings_the_new_key_and_keeps_the_others(monkeypatch):
    before = keyring.ring()
    SigningKey.objects.filter(algorithm="ES256").update(state=SigningKey.State.RETIRED)
    new = keyring.create("ES256", SigningKey.State.ACTIVE).kid
    monkeypatch.setattr(keyring, "RELOAD", -1)
    after = keyring.ring()
    assert after.signing["ES256"]["kid"] == new
    assert after.signing["RS256"] is before.signing["RS256"]
    assert set(after.verifying) == {*before.verifying, new}
    assert keyring.verify(keyring.sign({"a": 1}, algorithm="ES256")) == {"a": 1}


def test_a_key_that_is_gone_verifies_nothing(monkeypatch):
    token = keyring.sign({"a": 1}, algorithm="ES256")
    SigningKey.objects.filter(algorithm="ES256").delete()
    monkeypatch.setattr(keyring, "RELOAD", -1)
    with pytest.raises(keyring.InvalidSignature):
        keyring.verify(token)


def test_the_private_half_is_not_readable():
    keyring.ring()
    for key in SigningKey.objects.all():
        assert b'"d"' not in bytes(key.private)
        assert "d" not in key.public


def test_a_former_secret_key_still_reads(settings):
    before = keyring.sign({"a": 1}, algorithm="ES256")
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "une-autre-cle-" * 5
    keyring.forget()
    assert keyring.verify(before) == {"a": 1}
    assert keyring.verify(keyring.sign({"b": 2}, algorithm="ES256")) == {"b": 2}


@pytest.mark.parametrize("token", ["", ".", "..", "a.b.c", "e30.e30.e30", "x" * 20_000, "é.é.é"])
def test_what_is_not_a_jws_is_refused(token):
    with pytest.raises(keyring.InvalidSignature):
        keyring.verify(token)


@pytest.mark.parametrize("algorithm", ["PS256", "RS384", "RS512"])
def test_the_header_does_not_choose_the_check(algorithm):
    """A signature that our RS256 key did make, under an algorithm that it is not for."""
    key = keyring.ring().signing["RS256"]
    token = jws.JWS('{"iss": "x"}')
    token.allowed_algs = [algorithm]
    free = jwk.JWK(**{k: v for k, v in key.export(as_dict=True).items() if k not in ("alg", "use")})
    token.add_signature(free, protected=json.dumps({"alg": algorithm, "kid": key["kid"]}))
    with pytest.raises(keyring.InvalidSignature):
        keyring.verify(token.serialize(compact=True))


@pytest.mark.parametrize("algorithm", ["none", "HS256"])
def test_what_everybody_can_sign_is_not_ours(algorithm):
    """RFC 8725, sections 2.1 and 3.1: no signature, or one made with our public key as a secret."""
    kid = keyring.ring().signing["RS256"]["kid"]
    public = keyring.ring().verifying[kid].export_to_pem()
    parts = [json.dumps({"alg": algorithm, "kid": kid}), '{"iss": "x"}']
    text = ".".join(_letters(part.encode()) for part in parts)
    made = hmac.digest(public, text.encode(), "sha256") if algorithm == "HS256" else b""
    with pytest.raises(keyring.InvalidSignature):
        keyring.verify(f"{text}.{_letters(made)}")


def _letters(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def test_one_key_signs_at_a_time():
    from django.db import IntegrityError

    keyring.ring()
    with pytest.raises(IntegrityError):
        keyring.create("ES256", SigningKey.State.ACTIVE)

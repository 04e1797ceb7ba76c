"""The key ring."""

import base64
import dataclasses
import hmac
import json
from types import SimpleNamespace

import pytest
from jwcrypto import jwk, jws

from oidc_provider.keys import keyring, signing
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


def test_no_key_is_made_where_each_algorithm_has_one_that_signs(monkeypatch):
    """To make one takes seconds, and a process would do so at every look at the database."""
    keyring.ring()
    keyring.create("ES256", SigningKey.State.NEXT)
    keyring.forget()
    monkeypatch.setattr(keyring, "generate", None)
    assert set(keyring.ring().signing) == set(keyring.ALGORITHMS)


@pytest.mark.parametrize("state", [SigningKey.State.NEXT, SigningKey.State.RETIRED])
def test_an_algorithm_that_has_only_others_gets_one_that_signs(state):
    """Its partners' id_tokens are signed with it."""
    before = keyring.ring()
    SigningKey.objects.filter(algorithm="ES256").update(state=state)
    keyring.forget()
    after = keyring.ring()
    assert after.signing["ES256"]["kid"] not in before.verifying
    assert after.signing["RS256"]["kid"] == before.signing["RS256"]["kid"]


def test_a_key_that_stays_is_not_parsed_again(monkeypatch):
    before = keyring.ring()
    monkeypatch.setattr(keyring, "RELOAD", -1)
    again = keyring.ring()
    assert again is not before
    for algorithm, key in before.signing.items():
        assert again.signing[algorithm] is key
    for kid, key in before.verifying.items():
        assert again.verifying[kid] is key


def test_a_rotation_is_seen_within_half_a_minute_and_the_database_not_asked_before(monkeypatch):
    read = dataclasses.replace(keyring.ring(), read_at=1_000.0)
    monkeypatch.setattr(keyring, "_ring", read)
    for now, is_kept in ((1_000.0, True), (1_030.0, True), (1_030.5, False)):
        monkeypatch.setattr(keyring, "time", SimpleNamespace(monotonic=lambda now=now: now))
        assert (keyring.ring() is read) is is_kept, now


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


def test_the_keys_are_published_as_a_set_of_public_ones():
    """RFC 7517, section 5."""
    ring = keyring.ring()
    published = json.loads(ring.jwks)["keys"]
    assert {key["kid"] for key in published} == set(ring.verifying)
    assert not any("d" in key for key in published)


def test_a_key_says_since_when_it_signs_and_one_that_waits_says_nothing():
    keyring.ring()
    waiting = keyring.create("ES256", SigningKey.State.NEXT)
    assert waiting.activated_at is None
    assert not SigningKey.objects.filter(state="active", activated_at=None).exists()


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


def test_what_a_former_secret_key_encrypted_is_encrypted_again_once(settings):
    keyring.ring()
    SigningKey.objects.filter(algorithm="ES256").update(private=b"")  # of a retired one
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "une-autre-cle-" * 5
    assert keyring.encrypt_again() == 2
    assert keyring.encrypt_again() == 0


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


def _signed(payload: bytes, **header: object) -> str:
    """By our ES256 key, whatever the payload is and the header says."""
    key = keyring.ring().signing["ES256"]
    header = {"alg": "ES256", "kid": key["kid"]} | header
    text = f"{_letters(json.dumps(header).encode())}.{_letters(payload)}"
    return f"{text}.{_letters(signing.signature('ES256', key, text.encode()))}"


@pytest.mark.parametrize("payload", [b"[1]", b"1", b"null", b"pas du JSON", b"\xff", b""])
def test_what_our_key_signed_and_is_no_set_of_claims_is_nothing(payload):
    with pytest.raises(keyring.InvalidSignature):
        keyring.verify(_signed(payload))


@pytest.mark.parametrize("kid", ["inconnu", None, 1, ["inconnu"], {"a": 1}])
def test_whatever_a_header_names_the_partner_gets_a_refusal(kid):
    with pytest.raises(keyring.InvalidSignature):
        keyring.verify(_signed(b"{}", kid=kid))


def test_a_token_may_be_so_long_and_not_longer():
    """It comes from anybody: what is longer is not even read."""
    assert keyring.verify(_of_length(16_384)) == {"a": 1}
    with pytest.raises(keyring.InvalidSignature):
        keyring.verify(_of_length(16_385))


def _of_length(length: int) -> str:
    """Filled with spaces. No text of base64 has 4n + 1 letters: then the header gives one more."""
    for filling in range(4):
        room = length - len(_signed(b"", typ="x" * filling))
        token = _signed(b'{"a":1}'.ljust(room * 3 // 4), typ="x" * filling)
        if len(token) == length:
            return token
    raise AssertionError(length)


def _letters(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def test_one_key_signs_at_a_time():
    from django.db import IntegrityError

    keyring.ring()
    with pytest.raises(IntegrityError):
        keyring.create("ES256", SigningKey.State.ACTIVE)

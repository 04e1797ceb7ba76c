"""OpenID Connect Core 1.0, sections 2 and 8: the ID Token and its subject."""

import base64
import hashlib

import pytest
from joserfc import jws
from joserfc.errors import BadSignatureError

from oidc_provider.models import SubjectIdentifier
from tests.relying_party import RelyingParty, payload


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "PS256"])
def test_it_is_signed_by_the_partners_algorithm(signed_in, algorithm):
    """ID Tokens MUST be signed using JWS; the kid names a key of the JWKS."""
    partner = RelyingParty.registered(id_token_signed_response_alg=algorithm)
    token = partner.tokens(signed_in)["id_token"]
    header = jws.extract_compact(token.encode()).headers()
    assert header["alg"] == algorithm
    assert header["kid"] in {key["kid"] for key in partner.keys().as_dict()["keys"]}
    assert partner.claims(token)["aud"] == "impots"


def test_an_altered_one_does_not_verify(partner, signed_in):
    header, body, signature = partner.tokens(signed_in)["id_token"].split(".")
    altered = f"{header}.{body[:-4]}AAAA.{signature}"
    with pytest.raises(BadSignatureError):
        partner.claims(altered)


def test_its_times(partner, signed_in):
    """exp, iat: REQUIRED; auth_time: when the End-User authentication occurred."""
    claims = partner.claims(partner.tokens(signed_in)["id_token"])
    assert claims["exp"] - claims["iat"] == 300
    assert 0 <= claims["iat"] - claims["auth_time"] < 10


def test_at_hash(partner, signed_in):
    """3.1.3.6: the left-most half of the hash of the access_token."""
    tokens = partner.tokens(signed_in)
    half = hashlib.sha256(tokens["access_token"].encode()).digest()[:16]
    expected = base64.urlsafe_b64encode(half).decode().rstrip("=")
    assert payload(tokens["id_token"])["at_hash"] == expected


def test_the_subject_is_pairwise(signed_in):
    """8.1: different sectors, different sub; the same sector, the same sub."""
    one = RelyingParty.registered()
    same = RelyingParty.registered(client_id="meme", redirect_uris=["https://impots.example.nc/b"])
    other = RelyingParty.registered(client_id="autre", redirect_uris=["https://cafat.example.nc/a"])
    subs = [payload(p.tokens(signed_in)["id_token"])["sub"] for p in (one, same, other)]
    assert subs[0] == subs[1] != subs[2]
    assert str(signed_in.account.pk) not in subs


def test_the_subject_can_be_public(signed_in):
    partners = [
        RelyingParty.registered(
            client_id=name, redirect_uris=[f"https://{name}.example.nc/"], subject_type="public"
        )
        for name in ("un", "deux")
    ]
    assert len({payload(p.tokens(signed_in)["id_token"])["sub"] for p in partners}) == 1


def test_an_imported_subject_is_kept(partner, end_user):
    from oidc_provider.partners.subject_import import Row, import_subjects

    account = str(end_user.has_an_account().pk)
    import_subjects([Row(2, account, "impots.example.nc", "ancien-sub-42")])
    end_user.signs_in()
    assert payload(partner.tokens(end_user)["id_token"])["sub"] == "ancien-sub-42"
    assert SubjectIdentifier.objects.count() == 1


def test_sid_is_of_the_session_and_the_partner(partner, signed_in):
    """Back-Channel Logout, section 2.1: sid identifies the session at the OP."""
    first, second = (payload(partner.tokens(signed_in)["id_token"])["sid"] for _ in range(2))
    assert first == second
    other = RelyingParty.registered(client_id="autre")
    assert payload(other.tokens(signed_in)["id_token"])["sid"] != first


def test_auth_time_is_of_this_session(partner, signed_in, stranger):
    """A sign-in of the same person elsewhere changes nothing here."""
    before = payload(partner.tokens(signed_in)["id_token"])["auth_time"]
    stranger.email = signed_in.email
    stranger.signs_in()
    assert payload(partner.tokens(signed_in)["id_token"])["auth_time"] == before

"""``private_key_jwt``: a partner signs who it is (RFC 7523, sections 2.2 and 3; Core, section 9).

The audience is our issuer, the token endpoint or the endpoint that is called, in a list or not, as
libraries write it; an assertion that is for another server as well is worth nothing here.
"""

import hashlib
import json
import time
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import reverse
from jwcrypto import jws
from jwcrypto.common import JWException, base64url_decode

from oidc_provider.keys.keyring import COMPACT
from oidc_provider.models import RelyingParty, UsedAssertion
from oidc_provider.partners import partner_keys

TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ALGORITHMS = tuple(partner_keys.KINDS)
MAX_LIFETIME = 3600  # seconds from now to exp
SKEW = 30  # seconds that two clocks may be apart
MAX_JTI = 255


class InvalidAssertion(Exception):
    """The text names the part that is wrong, in ASCII: it goes into error_description."""


def subject_of(assertion: str) -> str:
    """Who the assertion says it is about, unverified; empty when it says nothing."""
    try:
        named = json.loads(base64url_decode(assertion.split(".")[1]))["sub"]
    except (ValueError, IndexError, KeyError, TypeError, RecursionError):
        return ""
    return named if isinstance(named, str) else ""


def check(partner: RelyingParty, assertion: str, called: str) -> None:
    """Accept this assertion, once, at the address ``called``. Raises InvalidAssertion."""
    claims = _verified(partner, assertion)
    _check_parties(partner, claims)
    _check_audience(claims.get("aud"), _audiences(called))
    _check_times(claims)
    _use_up(partner, claims)


def _verified(partner: RelyingParty, assertion: str) -> dict[str, Any]:
    """The claims, when one of the partner's keys signed them (RFC 7515, section 5.2)."""
    parsed = _parsed(assertion)
    algorithm, kid = parsed.jose_header.get("alg"), parsed.jose_header.get("kid")
    if algorithm not in ALGORITHMS:
        raise InvalidAssertion(f"alg: expected {', '.join(ALGORITHMS)}")
    if not isinstance(kid, str | None):
        raise InvalidAssertion("kid: expected a text")
    keys = partner_keys.candidates(partner, algorithm, kid)
    if not any(_signed_by(parsed, key, algorithm) for key in keys):
        why = "the signature is not one of this key" if keys else "no such key is registered"
        raise InvalidAssertion(f"kid or signature: {why}")
    return json.loads(parsed.payload)  # an object: subject_of has found its partner in it


def _parsed(assertion: str) -> jws.JWS:
    """In the compact form; with nothing that changes how it is read (RFC 7515, 4.1.11)."""
    if not COMPACT.fullmatch(assertion):
        raise InvalidAssertion("not a signed JWT")
    try:
        parsed = jws.JWS()
        parsed.deserialize(assertion)
        extended = "crit" in parsed.jose_header
    except (JWException, TypeError):  # the second one for a crit that is no list of names
        raise InvalidAssertion("not a signed JWT") from None
    if extended:
        raise InvalidAssertion("crit: there is no extension that we know")
    return parsed


def _signed_by(parsed: jws.JWS, key, algorithm: str) -> bool:
    try:
        parsed.allowed_algs = [algorithm]
        parsed.verify(key)
    except JWException:
        return False
    return True


def _check_parties(partner: RelyingParty, claims: dict[str, Any]) -> None:
    """RFC 7523, section 3, 1 to 3; Core, section 9."""
    for name in ("iss", "sub"):
        if claims.get(name) != partner.client_id:
            raise InvalidAssertion(f"{name}: expected the client_id")


def _audiences(called: str) -> frozenset[str]:
    """Core, section 9: the token endpoint's address; RFC 7523, section 3: whatever identifies us.

    FAPI 2.0 (section 5.3.2.1) takes the issuer alone, as a string: partners registered for that
    profile, once there are any, are held to it here.
    """
    return frozenset({settings.ISSUER, f"{settings.ORIGIN}{reverse('oidc:token')}", called})


def _check_audience(audience: Any, ours: frozenset[str]) -> None:
    """RFC 7519, section 4.1.3: a string, or a list of them.

    Every one must be us: another server that is named as well would hold a proof that is good here.
    """
    named = audience if isinstance(audience, list) else [audience]
    if not named or not all(isinstance(one, str) and one in ours for one in named):
        raise InvalidAssertion(
            f"aud: expected {settings.ISSUER} or the address of the token endpoint"
        )


def _check_times(claims: dict[str, Any]) -> None:
    """RFC 7523, section 3, 4 to 6. ``exp`` is required; the others are judged when they come."""
    now = time.time()
    expires = _moment(claims, "exp")
    if expires is None:
        raise InvalidAssertion("exp: missing")
    if expires < now - SKEW:
        raise InvalidAssertion("exp: it is over")
    if expires > now + MAX_LIFETIME + SKEW:
        raise InvalidAssertion(f"exp: more than {MAX_LIFETIME} seconds from now")
    for name in ("nbf", "iat"):
        if (_moment(claims, name) or now) > now + SKEW:
            raise InvalidAssertion(f"{name}: in the future")


def _moment(claims: dict[str, Any], name: str) -> float | None:
    """Seconds since 1970 (RFC 7519, section 2, NumericDate)."""
    value = claims.get(name)
    if value is None:
        return None
    if type(value) in (int, float) and value >= 0:  # true is an int; NaN is not more than 0
        return value
    raise InvalidAssertion(f"{name}: expected a number of seconds")


def _use_up(partner: RelyingParty, claims: dict[str, Any]) -> None:
    """``jti`` once: of any number of parallel uses, the database lets one through."""
    jti = claims.get("jti")
    if not isinstance(jti, str) or not 0 < len(jti) <= MAX_JTI:
        raise InvalidAssertion(f"jti: expected a text of at most {MAX_JTI} characters")
    name = f"{partner.client_id}\0{jti}".encode(errors="surrogatepass")
    over = datetime.fromtimestamp(claims["exp"] + 2 * SKEW, UTC)
    try:
        with transaction.atomic():
            UsedAssertion.objects.create(digest=hashlib.sha256(name).digest(), expires=over)
    except IntegrityError:
        raise InvalidAssertion("jti: used before") from None

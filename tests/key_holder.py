"""A partner that signs who it is with joserfc, which is not the library that checks it."""

import secrets
import time
from dataclasses import dataclass, field

from django.conf import settings
from django.http import HttpResponse
from joserfc import jwt
from joserfc.jwk import ECKey, Key, KeySet, RSAKey

from tests.relying_party import RelyingParty

TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def new_key(algorithm: str = "ES256", **members) -> Key:
    members = {"use": "sig", "kid": secrets.token_urlsafe(6)} | members
    if algorithm == "ES256":
        return ECKey.generate_key("P-256", members)
    return RSAKey.generate_key(2048, members)


@dataclass
class KeyHolder(RelyingParty):
    """Its keys by algorithm; an assertion accompanies each call of its back channel."""

    key: Key = field(default_factory=new_key)

    @classmethod
    def registered(cls, *, key: Key | None = None, **changes) -> "KeyHolder":
        """With its public key in the registration, unless ``changes`` say where its keys are."""
        key = key or new_key()
        if not {"jwks", "jwks_uri"} & changes.keys():
            changes["jwks"] = public(key)
        members = {"token_endpoint_auth_method": "private_key_jwt", "client_secret": None}
        partner = super().registered(**(members | changes))
        partner.key = key
        return partner

    def claims_now(self, **changes) -> dict:
        """Claims that are accepted; ``changes`` replace members, None removes one."""
        now = int(time.time())
        claims = {
            "iss": self.client_id,
            "sub": self.client_id,
            "aud": settings.ISSUER,
            "iat": now,
            "exp": now + 60,
            "jti": secrets.token_urlsafe(16),
        } | changes
        return {name: value for name, value in claims.items() if value is not None}

    def assertion(self, *, key: Key | None = None, header: dict | None = None, **changes) -> str:
        key = key or self.key
        algorithm = "ES256" if key.key_type == "EC" else "RS256"
        header = {"alg": algorithm, "kid": key.kid} | (header or {})
        header = {name: value for name, value in header.items() if value is not None}
        return jwt.encode(header, self.claims_now(**changes), key, algorithms=[header["alg"]])

    def calls(self, path: str, data: dict, headers: dict | None = None) -> HttpResponse:
        proof = {"client_assertion_type": TYPE, "client_assertion": self.assertion()}
        return super().calls(path, proof | data, headers or {})

    def asks(self, **changes) -> HttpResponse:
        """The smallest call that needs to know who calls."""
        return self.calls("/oidc/introspect", {"token": "x"} | changes)


def public(*keys: Key) -> dict:
    return KeySet(list(keys)).as_dict(private=False)

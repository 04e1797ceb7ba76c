"""What the suite looks at in every module. What would be a warning there is a failure here."""

import base64
import hashlib
import math
import time
from collections import Counter
from urllib.parse import urlsplit

from joserfc import jwt

# Claims about the authentication: an ID token has no others unless they were asked for.
OF_THE_ID_TOKEN = {
    *("iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "azp", "sid"),
    "at_hash",
}
CLOCK_SKEW = 300  # seconds
ENTROPY = 96  # bits
TYPES = {
    "address": dict,
    "updated_at": int,
    "email_verified": bool,
    "phone_number_verified": bool,
    "verified": int,
}
ADDRESS = {"formatted", "street_address", "locality", "region", "postal_code", "country"}


def entropy(value: str) -> float:
    """Shannon's, of the characters of this very value, in bits."""
    counts = Counter(value).values()
    per_character = -sum(n / len(value) * math.log2(n / len(value)) for n in counts)
    return per_character * len(value)


def check_success(suite, parameters: dict[str, str]) -> str:
    """An authorization response: state, iss, and a code that nobody guesses. Gives the code."""
    assert set(parameters) == {"code", "iss"} | ({"state"} & set(suite.sent)), parameters
    assert parameters.get("state") == suite.sent.get("state")
    assert parameters["iss"] == suite.metadata["issuer"]
    assert entropy(parameters["code"]) >= ENTROPY
    return parameters["code"]


def check_refusal(suite, parameters: dict[str, str], *errors: str) -> None:
    """RFC 6749, section 4.1.2.1; RFC 9207, section 2."""
    assert parameters.get("error") in errors, parameters
    assert parameters.get("state") == suite.sent.get("state")
    assert parameters["iss"] == suite.metadata["issuer"]
    assert "code" not in parameters


def check_tokens(suite, response, *, nonce: bool = True) -> dict:
    """A token response, and the ID token in it. Gives its members, with ``claims`` beside."""
    _check_json_nobody_keeps(response, 200)
    tokens = response.json()
    assert tokens["token_type"].lower() == "bearer"
    assert type(tokens["expires_in"]) is int
    assert tokens["expires_in"] > 0
    assert entropy(tokens["access_token"]) >= ENTROPY
    claims = check_id_token(suite, tokens)
    assert claims.get("nonce") == (suite.sent.get("nonce") if nonce else None)
    return tokens | {"claims": claims}


def check_id_token(suite, tokens: dict) -> dict:
    """Core, section 3.1.3.7, and what the suite asks beside; verified by another library."""
    token = jwt.decode(tokens["id_token"], suite.keys(), algorithms=["RS256"])
    claims = token.claims
    assert "kid" in token.header
    assert claims["iss"] == suite.metadata["issuer"]
    assert claims["aud"] == suite.client["client_id"]
    assert claims.get("azp", claims["aud"]) == claims["aud"]
    _check_times(claims)
    assert claims["sub"].isascii()
    assert 0 < len(claims["sub"]) <= 255
    assert claims.get("acr") != ""
    assert claims.get("at_hash", _half_hash(tokens)) == _half_hash(tokens)
    assert set(claims) <= OF_THE_ID_TOKEN, "claims that nobody asked for"
    return claims


def _check_times(claims: dict) -> None:
    now = time.time()
    assert claims["exp"] > now
    assert abs(claims["iat"] - now) < CLOCK_SKEW
    assert type(claims["auth_time"]) is int
    assert claims["auth_time"] <= now + 1


def _half_hash(tokens: dict) -> str:
    """Core, section 3.1.3.6, for RS256."""
    digest = hashlib.sha256(tokens["access_token"].encode()).digest()
    return base64.urlsafe_b64encode(digest[:16]).decode().rstrip("=")


def check_token_refusal(response, *errors: str) -> None:
    """RFC 6749, section 5.2."""
    _check_json_nobody_keeps(response, 400)
    assert response.json()["error"] in errors


def _check_json_nobody_keeps(response, status: int) -> None:
    assert response.status_code == status, response.content
    assert response["Content-Type"].partition(";")[0] == "application/json"
    assert "no-store" in response["Cache-Control"]
    assert response["Pragma"] == "no-cache"


def check_userinfo(response, tokens: dict) -> dict:
    """Core, section 5.3.2: JSON about the same person, each claim of its own type."""
    assert response.status_code == 200
    assert response["Content-Type"].partition(";")[0] == "application/json"
    info = response.json()
    assert info["sub"] == tokens["claims"]["sub"]
    assert info["sub"]
    for name, value in info.items():
        assert type(value) is TYPES.get(name, str), name
        assert value not in ("", {}), name
    _check_details(info)
    return info


def _check_details(info: dict) -> None:
    """Core, section 5.1 and 5.1.1."""
    assert 0 < info.get("updated_at", 1) <= time.time() + CLOCK_SKEW
    for name in {"profile", "picture", "website"} & set(info):
        assert https_only({name: info[name]}), name
    address = info.get("address", {})
    assert set(address) <= ADDRESS
    assert all(type(member) is str and member for member in address.values())


def check_server(suite) -> None:
    """Discovery and JWKS, as every module does first."""
    metadata = suite.metadata
    method = suite.client["token_endpoint_auth_method"]
    assert method in metadata["token_endpoint_auth_methods_supported"]
    keys = suite.back.get(metadata["jwks_uri"]).json()["keys"]
    assert len({key["kid"] for key in keys}) == len(keys) > 0
    for key in keys:
        assert key["kty"] in ("RSA", "EC")
        assert not set(key) & {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}


def check_is_an_error_page(page, *words: str) -> None:
    """Shown at once, nobody sent anywhere; the text names the parameter."""
    assert page.leaves_for == ""
    assert page.response.status_code == 400
    assert "oidc-error" in page.ids
    assert all(word in page.text for word in words)


def https_only(metadata: dict) -> bool:
    """Is every address of the document on https?"""
    addresses = [value for value in metadata.values() if isinstance(value, str) and "://" in value]
    return bool(addresses) and all(urlsplit(address).scheme == "https" for address in addresses)

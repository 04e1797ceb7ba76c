"""Who calls the token, revocation and introspection endpoints (Core, section 9).

A partner is registered for one method and is known by that one only.
"""

import base64
import binascii
from dataclasses import dataclass
from urllib.parse import unquote_plus

from django.http import HttpRequest

from oidc_provider.models import RelyingParty
from oidc_provider.partners import client_assertions, client_secrets, relying_parties
from oidc_provider.partners.client_assertions import InvalidAssertion

METHODS = tuple(RelyingParty.AuthMethod.values)
# What a request says about who sends it. RFC 6749, section 2.3.1; RFC 7521, section 4.2.
PARAMETERS = ("client_id", "client_secret", "client_assertion", "client_assertion_type")


class InvalidClient(Exception):
    """RFC 6749, section 5.2, ``invalid_client``: unknown, wrong credentials, or another method.

    ``client_id``: that of a partner of ours which the caller claims to be, or empty.
    """

    def __init__(self, why: str, client_id: str = ""):
        super().__init__(why)
        self.client_id = client_id


class TwoMethods(Exception):
    """RFC 6749, section 2.3: a client MUST NOT use more than one method in a request."""


@dataclass(frozen=True)
class _Credentials:
    """What was presented. ``pairs``: (client_id, secret) in each reading of the header.

    By ``private_key_jwt``, the assertion stands in the place of the secret.
    """

    method: str
    pairs: tuple[tuple[str, str], ...]


def authenticate(http: HttpRequest, parameters: dict[str, str]) -> RelyingParty:
    """The partner that sends this request. Raises InvalidClient, TwoMethods."""
    presented = _presented(http, parameters)
    relying_party = _partner(presented, parameters.get("client_id", ""))
    try:
        _check(relying_party, presented)
    except InvalidClient as refused:
        raise InvalidClient(str(refused), relying_party.client_id) from None
    return relying_party


def _presented(http: HttpRequest, parameters: dict[str, str]) -> _Credentials:
    header = http.headers.get("Authorization", "")
    secret = parameters.get("client_secret", "")
    assertion = parameters.get("client_assertion", "")
    if sum(map(bool, (header, secret, assertion))) > 1:
        raise TwoMethods
    if header:
        return _Credentials(RelyingParty.AuthMethod.BASIC, _read_basic(header))
    if assertion:
        return _read_assertion(parameters, assertion)
    method = RelyingParty.AuthMethod.POST if secret else RelyingParty.AuthMethod.NONE
    return _Credentials(method, ((parameters.get("client_id", ""), secret),))


def _read_assertion(parameters: dict[str, str], assertion: str) -> _Credentials:
    """RFC 7521, section 4.2: client_id is optional, the subject of the assertion is the client."""
    if parameters.get("client_assertion_type") != client_assertions.TYPE:
        raise InvalidClient(f"client_assertion_type: expected {client_assertions.TYPE}")
    subject = client_assertions.subject_of(assertion)
    return _Credentials(RelyingParty.AuthMethod.PRIVATE_KEY_JWT, ((subject, assertion),))


def _read_basic(header: str) -> tuple[tuple[str, str], ...]:
    """RFC 6749, section 2.3.1, asks for form-encoded credentials; PHP clients send them bare."""
    scheme, _, value = header.partition(" ")
    try:
        if scheme.lower() != "basic":
            raise InvalidClient("expected the Basic scheme")
        client_id, colon, secret = (
            base64.b64decode(value.strip(), validate=True).decode().partition(":")
        )
    except (binascii.Error, ValueError):
        raise InvalidClient("the Authorization header cannot be read") from None
    if not colon:
        raise InvalidClient("the Authorization header cannot be read")
    encoded = (unquote_plus(client_id), unquote_plus(secret))
    return tuple(dict.fromkeys((encoded, (client_id, secret))))


def _partner(presented: _Credentials, client_id: str) -> RelyingParty:
    """Found by the credentials; a client_id in the body as well must be the same."""
    for name, _secret in presented.pairs:
        relying_party = relying_parties.find(name)
        if relying_party and relying_party.is_active and client_id in ("", name):
            return relying_party
    raise InvalidClient("client_id: unknown, or not the one that authenticates")


def _check(relying_party: RelyingParty, presented: _Credentials) -> None:
    method = relying_party.token_endpoint_auth_method
    if presented.method != method:
        raise InvalidClient(f"this client_id authenticates by {method}")
    if relying_party.has_secret:
        _check_secret(relying_party, presented)
    elif method == RelyingParty.AuthMethod.PRIVATE_KEY_JWT:
        _check_assertion(relying_party, presented.pairs[0][1])


def _check_assertion(relying_party: RelyingParty, assertion: str) -> None:
    try:
        client_assertions.check(relying_party, assertion)
    except InvalidAssertion as refused:
        raise InvalidClient(f"client_assertion: {refused}") from None


def _check_secret(relying_party: RelyingParty, presented: _Credentials) -> None:
    candidates = [secret for name, secret in presented.pairs if name == relying_party.client_id]
    found = client_secrets.find(relying_party, candidates)
    if found is None:
        raise InvalidClient("client_secret: wrong")
    client_secrets.note_use(relying_party, found)

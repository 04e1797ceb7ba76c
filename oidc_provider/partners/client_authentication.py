"""Who calls the token, revocation and introspection endpoints (Core, section 9).

A partner that has a secret shows it in the header, in the body, or in both: libraries choose that
by themselves, and some change from one request to the next. Every other method stands alone.
"""

import base64
from dataclasses import dataclass
from urllib.parse import unquote_plus

from django.conf import settings
from django.http import HttpRequest

from oidc_provider.models import RelyingParty
from oidc_provider.partners import client_assertions, client_secrets, relying_parties
from oidc_provider.partners.client_assertions import InvalidAssertion

METHODS = tuple(RelyingParty.AuthMethod.values)
SECRET_METHODS = (RelyingParty.AuthMethod.BASIC, RelyingParty.AuthMethod.POST)
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
    """RFC 6749, section 2.3: a client MUST NOT use more than one method in a request.

    Of an assertion beside a secret. One secret shown twice proves as much as shown once.
    """


@dataclass(frozen=True)
class _Credentials:
    """What was presented. ``pairs``: (client_id, secret) in each reading of where they came from.

    ``again``: the secret of the body, when there was a header too.
    """

    pairs: tuple[tuple[str, str], ...]
    again: str = ""
    assertion: str = ""

    @property
    def methods(self) -> tuple[str, ...]:
        """Those of a registration that this is. An empty secret is none, wherever it stands."""
        if self.assertion:
            return (RelyingParty.AuthMethod.PRIVATE_KEY_JWT,)
        if self.again or any(secret for _name, secret in self.pairs):
            return SECRET_METHODS
        return (RelyingParty.AuthMethod.NONE,)


def authenticate(http: HttpRequest, parameters: dict[str, str]) -> RelyingParty:
    """The partner that sends this request. Raises InvalidClient, TwoMethods."""
    presented = _presented(http, parameters)
    relying_party = _partner(presented, parameters.get("client_id", ""))
    try:
        _check(relying_party, presented, f"{settings.ORIGIN}{http.path}")
    except InvalidClient as refused:
        raise InvalidClient(str(refused), relying_party.client_id) from None
    return relying_party


def _presented(http: HttpRequest, parameters: dict[str, str]) -> _Credentials:
    header = http.META.get("HTTP_AUTHORIZATION", "")
    secret = parameters.get("client_secret", "")
    assertion = parameters.get("client_assertion", "")
    if assertion and (header or secret):
        raise TwoMethods
    if assertion:
        return _read_assertion(parameters, assertion)
    if header:
        return _Credentials(_read_basic(header), again=secret)
    return _Credentials(((parameters.get("client_id", ""), secret),))


def _read_assertion(parameters: dict[str, str], assertion: str) -> _Credentials:
    """RFC 7521, section 4.2: client_id is optional, the subject of the assertion is the client."""
    if parameters.get("client_assertion_type") != client_assertions.TYPE:
        raise InvalidClient(f"client_assertion_type: expected {client_assertions.TYPE}")
    subject = client_assertions.subject_of(assertion)
    return _Credentials(((subject, ""),), assertion=assertion)


def _read_basic(header: str) -> tuple[tuple[str, str], ...]:
    """RFC 6749, section 2.3.1, asks for form-encoded credentials; PHP clients send them bare."""
    scheme, _, value = header.partition(" ")
    try:
        if scheme.lower() != "basic":
            raise InvalidClient("expected the Basic scheme")
        client_id, colon, secret = (
            base64.b64decode(value.strip(), validate=True).decode().partition(":")
        )
    except ValueError:
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


def _check(relying_party: RelyingParty, presented: _Credentials, called: str) -> None:
    method = relying_party.token_endpoint_auth_method
    if method not in presented.methods:
        expected = SECRET_METHODS if method in SECRET_METHODS else (method,)
        raise InvalidClient(f"this client_id authenticates by {' or '.join(expected)}")
    if relying_party.has_secret:
        _check_secret(relying_party, presented)
    elif presented.assertion:
        _check_assertion(relying_party, presented.assertion, called)


def _check_assertion(relying_party: RelyingParty, assertion: str, called: str) -> None:
    try:
        client_assertions.check(relying_party, assertion, called)
    except InvalidAssertion as refused:
        raise InvalidClient(f"client_assertion: {refused}") from None


def _check_secret(relying_party: RelyingParty, presented: _Credentials) -> None:
    candidates = [secret for _name, secret in presented.pairs]
    if presented.again and presented.again not in candidates:
        raise InvalidClient("client_secret: not the same in the header and in the body")
    found = client_secrets.find(relying_party, candidates)
    if found is None:
        raise InvalidClient("client_secret: wrong")
    client_secrets.note_use(relying_party, found)

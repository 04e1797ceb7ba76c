"""What a partner may exchange for tokens at the token endpoint: the table GRANTS, and its verbs.

``redeem`` a code, ``rotate`` a refresh token, ``give`` what is due; ``refuse`` is in
oidc_provider.grants.refusal. What is used up is settled in the transaction that the token endpoint
opens.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.utils import timezone

from ncconnect import audit
from ncconnect.handles import Handle
from oidc_provider.claims import id_tokens, table
from oidc_provider.claims.table import SCOPES
from oidc_provider.grants import bearer, redemption, refusal
from oidc_provider.grants.lifecycle import family_end
from oidc_provider.grants.refusal import NotGiven
from oidc_provider.keys import keyring
from oidc_provider.models import Grant, RelyingParty


@dataclass(frozen=True)
class Exchange:
    """What was presented turned out to be good: for this grant, these scopes are due."""

    partner: RelyingParty
    grant: Grant
    scopes: list[str]
    presented: bearer.Token | None = None  # the refresh token, when it was one

    @property
    def still_given(self) -> list[str]:
        return self.partner.still_given(self.grant.scopes)


def redeem(partner: RelyingParty, values: Mapping[str, str]) -> Exchange:
    """Consumes the code, so that of any number of parallel tries one wins.

    Every rule that binds a code is a condition of that one statement (RFC 6749, section 4.1.3;
    RFC 7636, section 4.6). Each wrong try is counted, and a second use ends what the first one
    gave. Raises NotGiven.
    """
    code, needed = Handle.read(values["code"]), _pkce_is_required(partner)
    uri, verifier = values.get("redirect_uri", ""), values.get("code_verifier", "")
    grant = None
    if code and (verifier or not needed):
        grant = redemption.redeem(code, partner, uri, verifier)
    if grant is None:
        raise refusal.refuse_code(code, partner, uri, verifier, needed)
    return Exchange(partner, grant, partner.still_given(grant.scopes))


def rotate(partner: RelyingParty, values: Mapping[str, str]) -> Exchange:
    """Settled by one statement. One used before ends the family (RFC 9700, section 4.14.2).

    Of a partner whose refresh token stays good, that statement only reads, and one line of the
    trail follows it: no transaction, whose beginning and end were a twelfth of a refresh.

    Raises NotGiven.
    """
    token = bearer.read(bearer.REFRESH, values["refresh_token"])
    grant = redemption.refresh(token, partner) if token else None
    if grant is None:
        raise refusal.refuse_refresh_token(token, partner)
    given = partner.still_given(grant.scopes)
    return Exchange(partner, grant, _narrowed(given, values.get("scope", ""), partner), token)


def _narrowed(given: list[str], asked: str, partner: RelyingParty) -> list[str]:
    """Those of the scopes given that are asked for; without ``scope``, all (RFC 6749, section 6).

    What authorize ignores in the same words is ignored here too (authorize.checks): scopes that
    are not understood, and access in absence that cannot be had. A request for more than was
    granted, or for nothing that is left, does not use the token up: a token that names no scope
    would open all of them.
    """
    if not asked:
        return given
    understood = set(SCOPES)
    if "offline_access" not in partner.possible_scopes:
        understood.discard("offline_access")
    if understood & set(asked.split()) - set(given):
        redemption.give_back(partner)
        raise NotGiven("invalid_scope", "scope: more than was granted")
    narrowed = [scope for scope in given if scope in asked.split()]
    if not narrowed:
        redemption.give_back(partner)
        raise NotGiven("invalid_scope", "scope: none of those that were granted")
    return narrowed


def _pkce_is_required(partner: RelyingParty) -> bool:
    return partner.require_pkce or partner.is_public


def give(exchange: Exchange) -> dict[str, str | int]:
    """What the partner is answered (RFC 6749, section 5.1; Core, section 3.1.3.3).

    Nothing is kept of a token, nor of the id_token: each is verified by itself. A refresh token is
    for partners registered for it; an id_token comes with each refresh too, unless the scope was
    narrowed below openid.
    """
    partner, access_token = exchange.partner, _access_token(exchange)
    answer = {
        "access_token": access_token,
        "expires_in": partner.access_token_lifetime,
        "token_type": "Bearer",
        "scope": " ".join(exchange.scopes),
    }
    if partner.may_refresh:
        answer["refresh_token"] = _refresh_token(exchange)
    told = _told(exchange, access_token) if "openid" in exchange.scopes else {}
    if told:
        answer["id_token"] = keyring.sign(told, algorithm=partner.algorithm)
    audit.record(
        "token_refreshed" if exchange.presented else "token_issued",
        user=exchange.grant.subject.user_id,
        partner=partner.client_id,
        scope=answer["scope"],
        **_released(told),
    )
    return answer


def _access_token(exchange: Exchange) -> str:
    # What a registration has lost is asked at each use: only what the partner itself left out is
    # said in the token, which names no claims then.
    narrowed = "" if exchange.scopes == exchange.still_given else " ".join(exchange.scopes)
    lifetime = exchange.partner.access_token_lifetime
    token = bearer.Token(exchange.grant.pk, timezone.now(), lifetime, narrowed)
    return bearer.write(bearer.ACCESS, token)


def _refresh_token(exchange: Exchange) -> str:
    """The one that is good from now on. All of a family end at one moment."""
    grant, former = exchange.grant, exchange.presented
    end = former.moment if former else family_end(grant)
    return bearer.write(bearer.REFRESH, bearer.Token(grant.pk, end, grant.refreshes))


def _told(exchange: Exchange, access_token: str) -> dict:
    """What the id_token says.

    Core, section 12.2: the nonce belongs to the authorization request, not to a refresh.
    """
    grant, partner = exchange.grant, exchange.partner
    base = {"aud": partner.client_id, "iat": int(time.time())}
    if grant.nonce and not exchange.presented:
        base["nonce"] = grant.nonce
    base["at_hash"] = id_tokens.half_hash(access_token)
    return id_tokens.build(base, grant, partner.scopes)


def _released(told: dict) -> dict[str, list[str]]:
    """Which of the person's claims it says: a fact for them to read, where there are any."""
    names = sorted(told.keys() & table.CLAIMS.keys())
    return {"claims": names} if names else {}


@dataclass(frozen=True)
class GrantType:
    """One ``grant_type``: its parameters, the first indispensable, and how they are accepted.

    ``uses_up``: whether this partner presents it once. Then it is settled, and what is given is
    written down, in one transaction, which the token endpoint opens.
    """

    parameters: tuple[str, ...]
    accept: Callable[[RelyingParty, Mapping[str, str]], Exchange]
    uses_up: Callable[[RelyingParty], bool]


# A further one (token exchange, CIBA) is one line here: the token endpoint, its dispatcher,
# discovery and registration ask this table.
GRANTS = {
    "authorization_code": GrantType(
        ("code", "redirect_uri", "code_verifier"), redeem, uses_up=lambda partner: True
    ),
    "refresh_token": GrantType(("refresh_token", "scope"), rotate, uses_up=redemption.rotates),
}

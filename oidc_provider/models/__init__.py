"""The tables: the partner, the person as it knows them, and what it was given.

The five models of the engine are swapped for ours (settings, OAUTH2_PROVIDER_*_MODEL).
"""

from oidc_provider.models.grant import AccessToken, Grant, IDToken, RefreshToken
from oidc_provider.models.key import SigningKey
from oidc_provider.models.notice import LogoutNotice
from oidc_provider.models.partner import (
    DIGEST_BYTES,
    AliasUse,
    Logo,
    RelyingParty,
    RelyingPartySecret,
    UsedAssertion,
)
from oidc_provider.models.person import Consent, PartnerUse, SubjectIdentifier

__all__ = [
    "DIGEST_BYTES",
    "AccessToken",
    "AliasUse",
    "Consent",
    "Grant",
    "IDToken",
    "Logo",
    "LogoutNotice",
    "PartnerUse",
    "RefreshToken",
    "RelyingParty",
    "RelyingPartySecret",
    "SigningKey",
    "SubjectIdentifier",
    "UsedAssertion",
]

"""What an authorization is to give, as it was asked and checked: all that a grant is made from."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any

from oidc_provider.claims import table
from oidc_provider.claims.table import SCOPES
from oidc_provider.models import RelyingParty


def is_only_informed(partner: RelyingParty, items: Collection[str]) -> bool:
    """Core, section 11: access while the person is away is never given without their consent."""
    informs = partner.consent == RelyingParty.Consent.INFORMATION
    return informs and "offline_access" not in items


@dataclass(frozen=True)
class Terms:
    """``scopes``, ``claims`` and ``acr_values`` are those asked for; the rest binds the code."""

    relying_party: RelyingParty
    scopes: frozenset[str]
    claims: dict[str, Any]
    acr_values: list[str]
    redirect_uri: str
    code_challenge: str = ""
    nonce: str = ""

    @cached_property
    def granted_scopes(self) -> list[str]:
        """The scopes that are given: those asked for, known, registered and possible."""
        return self.relying_party.still_given(scope for scope in SCOPES if scope in self.scopes)

    @cached_property
    def granted_claims(self) -> dict[str, list[str]]:
        """The ``claims`` parameter, reduced to what the partner may have."""
        registered = self.relying_party.scopes
        return {
            place: sorted(names)
            for place in ("userinfo", "id_token")
            if (names := table.requested(self.claims, place, registered))
        }

    @cached_property
    def items(self) -> list[str]:
        """What the person is asked to give: the scopes, and the claims named beyond them."""
        named = chain.from_iterable(self.granted_claims.values())
        return table.items_for(self.granted_scopes, named)

    @property
    def needs_agreement(self) -> bool:
        """Does nothing of it go to the partner unless the person agreed to it?"""
        return not is_only_informed(self.relying_party, self.items)

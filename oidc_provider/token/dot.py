"""The seam with the engine's dispatcher (oauthlib): a grant type finds who accepts it.

oauthlib reads the request and routes it by its ``grant_type``; what each is worth, what it gives
and what its refusal ends are functions of ours, in the table oidc_provider.grants.exchange.GRANTS.
The rest of the engine is the frame around this: docs/decisions/0001.
"""

import functools
from dataclasses import dataclass

from django.conf import settings
from oauthlib.common import Request
from oauthlib.oauth2.rfc6749.endpoints import TokenEndpoint

from oidc_provider.grants.exchange import GRANTS, Exchange, GrantType
from oidc_provider.models import RelyingParty

# Who calls rides in the headers: at this point an oauthlib request has no other place for a value
# of ours.
_CALLER = "x-caller"


@dataclass(frozen=True)
class Route:
    """What the dispatcher calls: it hands back what this returns, and stops no exception."""

    grant_type: GrantType

    def create_token_response(self, request: Request, default_token_type: None) -> Exchange:
        return self.grant_type.accept(request.headers[_CALLER], dict(request.decoded_body))


@functools.cache
def _dispatcher() -> TokenEndpoint:
    """Implicit, hybrid, password, client credentials, device: not there at all."""
    routes = {name: Route(grant_type) for name, grant_type in GRANTS.items()}
    return TokenEndpoint(None, None, routes)


def dispatch(partner: RelyingParty, values: dict[str, str]) -> Exchange:
    """What this partner is due for this request. Raises refusal.NotGiven."""
    return _dispatcher().create_token_response(
        settings.ISSUER,
        http_method="POST",
        body=list(values.items()),
        headers={_CALLER: partner},
    )

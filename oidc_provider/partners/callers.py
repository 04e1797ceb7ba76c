"""Who calls an endpoint that partners authenticate at, and with which parameters."""

from django.http import HttpRequest

from ncconnect import audit, ratelimit, trace
from oidc_provider.models import RelyingParty
from oidc_provider.partners import client_authentication, cors
from oidc_provider.partners.client_authentication import InvalidClient, TwoMethods
from oidc_provider.wire import parameters
from oidc_provider.wire.answers import Refused


def caller(http: HttpRequest, names: tuple[str, ...]) -> tuple[RelyingParty, dict[str, str]]:
    """The partner that calls and its parameters, from the form body only. Raises Refused."""
    cors.answers_to(http, http.POST.get("client_id", ""))
    if http.META.get("QUERY_STRING"):
        for name in names:  # others are ignored, as RFC 6749 has it (section 3.2)
            if name in http.GET:
                raise Refused("invalid_request", f"{name}: belongs in the body")
    values, faults = parameters.read(http.POST, names)
    if faults:
        raise Refused("invalid_request", parameters.told(faults))
    try:
        partner = client_authentication.authenticate(http, values)
    except TwoMethods:
        raise Refused("invalid_request", "client_assertion: not beside a secret") from None
    except InvalidClient as refused:
        raise _not_known(refused) from None
    cors.answers_to(http, partner.client_id)  # it may be named in the header alone
    return partner, values


def _not_known(refused: InvalidClient) -> Refused:
    """Failures are counted, and beyond the limit not even written down.

    Right credentials are accepted all the same: nobody can shut a partner out.
    """
    verdict = ratelimit.hit("client_authentication", refused.client_id, trace.network())
    if not verdict.allowed:
        why = f"too many failures: wait {verdict.retry_after} seconds"
        return Refused("temporarily_unavailable", why, 429, verdict.retry_after)
    audit.record("client_authentication_failed", partner=refused.client_id, why=str(refused))
    return Refused("invalid_client", str(refused), status=401)

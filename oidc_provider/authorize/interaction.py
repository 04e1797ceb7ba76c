"""What the person must still do before the partner gets its code: one decision, in one place."""

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum

from accounts.authentication import Authentication
from oidc_provider.authorize.checks import Redirected
from oidc_provider.authorize.request import AuthorizationRequest
from oidc_provider.claims import acr


class Step(Enum):
    """The next thing that happens to a request that passed the checks."""

    SIGN_IN = "sign_in"
    ASK_CONSENT = "ask_consent"
    CONTINUE = "continue"
    ISSUE = "issue"


@dataclass(frozen=True)
class Standing:
    """What we know of this person and this partner.

    ``consented``: the person agreed before to what is asked, or is only informed.
    ``continued``: they have been to this partner in this session.
    ``confirmed``: they have just pressed the button for this very request.
    ``hinted``: they are the one whom id_token_hint or claims names, or neither names anybody.
    """

    consented: bool
    continued: bool = False
    confirmed: bool = False
    hinted: bool = True


def next_step(
    request: AuthorizationRequest, authentication: Authentication | None, standing: Standing
) -> Step:
    """Raises Redirected when the step would need the person and ``prompt=none`` forbids it."""
    if authentication is None or must_authenticate_again(request, authentication):
        return _unless_silent(request, Step.SIGN_IN, "login_required")
    if not standing.hinted:
        return _sign_in_as_hinted(request, authentication)
    if request.essential_acr and not _reaches(authentication, request.essential_acr):
        # OpenID Connect Core Error Code unmet_authentication_requirements, section 2.
        raise Redirected("unmet_authentication_requirements", "claims: id_token.acr is not reached")
    if standing.confirmed:
        return Step.ISSUE
    if must_agree(request, standing):
        return _unless_silent(request, Step.ASK_CONSENT, "consent_required")
    if must_continue(request, authentication, standing):
        return _unless_silent(request, Step.CONTINUE, "interaction_required")
    return Step.ISSUE


def must_authenticate_again(request: AuthorizationRequest, authentication: Authentication) -> bool:
    """prompt=login and max_age (Core, section 3.1.2.1), judged by this session's own sign-in.

    A sign-in later than the request satisfies both: it is what they asked for.
    """
    if authentication.at >= request.received_at:
        return False
    if "login" in request.prompt:
        return True
    age = request.received_at - authentication.at
    return request.max_age is not None and age > timedelta(seconds=request.max_age)


def must_agree(request: AuthorizationRequest, standing: Standing) -> bool:
    """May what is asked go to this partner only once the person says so?"""
    return "consent" in request.prompt or not standing.consented


def must_continue(
    request: AuthorizationRequest, authentication: Authentication, standing: Standing
) -> bool:
    """Show, once a session, which account is about to enter at this partner.

    Computers are shared: who sits there now may not be who signed in. A sign-in later than the
    request was made for it; select_account asks each time (Core, section 3.1.2.1).
    """
    if authentication.at >= request.received_at:
        return False
    return "select_account" in request.prompt or not standing.continued


def is_of_its_moment(request: AuthorizationRequest) -> bool:
    """Would the same request, come anew, ask once more for what its person has done since?

    Whatever may be reloaded or returned to must then say when the request first came.
    """
    return bool(request.prompt & {"login", "select_account"}) or request.max_age == 0


def _sign_in_as_hinted(request: AuthorizationRequest, authentication: Authentication) -> Step:
    """Somebody else is signed in. Once they signed in anew and still are: say so, do not insist."""
    if authentication.at >= request.received_at:
        raise Redirected("login_required", "id_token_hint, claims: another person is signed in")
    return _unless_silent(request, Step.SIGN_IN, "login_required")


def _reaches(authentication: Authentication, values: list[str]) -> bool:
    return any(acr.satisfies(authentication.acr, value) for value in values)


def _unless_silent(request: AuthorizationRequest, step: Step, error: str) -> Step:
    if request.silent:
        raise Redirected(error, "prompt: none")
    return step

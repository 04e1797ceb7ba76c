"""The request while its person signs in: one sealed, dated value in a path. No row, no session."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django.utils import timezone

from accounts.email_identity import InvalidEmail, canonical
from accounts.return_to import Destination
from ncconnect.sealed import Seal, Unreadable
from oidc_provider.authorize.request import AuthorizationRequest, Earlier
from oidc_provider.claims import table
from oidc_provider.models import RelyingParty
from oidc_provider.wire import paths
from oidc_provider.wire.parameters import MAX_CARRIED

PATH_PREFIX = f"/{paths.BASE}authorize/suite/"
LEAVE_PREFIX = f"/{paths.BASE}authorize/quitter/"
CONSENT_PREFIX = f"/{paths.BASE}authorize/accord/"
# Of any age: whoever comes too late is still told by whom they were sent.
_REQUEST = Seal("oidc_provider.authorize", version=1, age=None)

Finish = Callable[[AuthorizationRequest, HttpRequest], HttpResponse | None]


class NotOurs(Exception):
    """The value was not sealed here, or it was altered. ``former``: of before they were sealed."""

    def __init__(self, *, former: bool) -> None:
        super().__init__()
        self.former = former


@dataclass(frozen=True)
class Pending:
    """A request read back. ``session``: the session whose person was asked, empty before that."""

    authorization: AuthorizationRequest
    session: str = ""

    @property
    def expired(self) -> bool:
        age = timezone.now() - self.authorization.received_at
        return age > settings.AUTHORIZATION_REQUEST_TIME


def dump(authorization: AuthorizationRequest, session: str = "") -> str:
    """The request as one word for an address. Of id_token_hint only the sub counts: it is long."""
    moment = authorization.received_at.timestamp()
    parameters = {k: v for k, v in authorization.parameters.items() if k != "id_token_hint"}
    value = [moment, parameters, session, authorization.hinted_sub]
    return _REQUEST.close(value)


def fits(authorization: AuthorizationRequest) -> bool:
    """Can every page on the way carry this request? Asked at the door, and never again."""
    # JSON makes six characters of one at most, base64 four of three.
    surely = sum(map(len, authorization.parameters.values())) <= MAX_CARRIED // 10
    return surely or len(dump(authorization)) <= MAX_CARRIED


def load(value: str) -> Pending:
    """Read it back, expired or not. Raises NotOurs."""
    try:
        moment, parameters, session, sub = _REQUEST.open(value)
    except Unreadable:
        raise NotOurs(former=":" in value) from None
    received_at = datetime.fromtimestamp(moment, UTC)
    return Pending(AuthorizationRequest(parameters, (), received_at, Earlier(sub)), session)


def path(authorization: AuthorizationRequest) -> str:
    """Where this request is taken up again: the ``next`` of the accounts' pages."""
    return f"{PATH_PREFIX}{dump(authorization)}/"


def destination(path: str, finish: Finish | None = None) -> Destination:
    """What the accounts' pages may know of a pending request (accounts.return_to).

    Where it leads nowhere any more, its own page says so: nobody is left without a word.
    ``finish`` answers a request that waits for nothing but its person's sign-in.
    """
    word = urlsplit(path).path.removeprefix(PATH_PREFIX).removesuffix("/")
    try:
        pending = load(word)
    except NotOurs:
        return Destination(url=path)
    partner = pending.authorization.relying_party
    if partner is None or not partner.is_active:
        return Destination(url=path)
    if pending.expired:
        return _known(partner, url=partner.start_url or resolve_url("partners"), expired=True)
    found = towards(pending.authorization, path)
    return replace(found, finish=partial(finish, pending.authorization)) if finish else found


def towards(authorization: AuthorizationRequest, path: str) -> Destination:
    """The same of a request at hand, whose partner is known; ``path`` is its own."""
    return _known(
        authorization.relying_party,
        url=path,
        leave_url=f"{LEAVE_PREFIX}{path.removeprefix(PATH_PREFIX)}",
        form_action=form_action(authorization),
        login_hint=_address(authorization.login_hint),
        receives=_receives(authorization),
    )


def _receives(authorization: AuthorizationRequest) -> Mapping[Any, Sequence[Any]]:
    """What goes to a partner that informs: whoever signs in for it is shown no other page."""
    if authorization.relying_party.consent != RelyingParty.Consent.INFORMATION:
        return {}
    return table.groups_for(authorization.terms.items)


def form_action(authorization: AuthorizationRequest) -> str:
    """The origins of the partner that asked, as CSP sources separated by spaces.

    Chromium applies form-action to the redirects that follow a form, to the last one: the
    partner's callback may send the person on to its own site.
    """
    partner = authorization.relying_party
    uris = (authorization.redirect_uri, partner.client_uri, partner.initiate_login_uri)
    return " ".join(dict.fromkeys(filter(None, map(paths.origin, uris))))


def _known(partner: RelyingParty, **fields) -> Destination:
    return Destination(
        partner_name=partner.name,
        partner_logo=partner.logo_path,
        partner_url=partner.client_uri,
        is_application=partner.is_native,
        start_url=partner.start_url,
        **fields,
    )


def _address(hint: str) -> str:
    """login_hint fills the field when it is an address, and has no other effect."""
    try:
        return canonical(hint)
    except InvalidEmail:
        return ""

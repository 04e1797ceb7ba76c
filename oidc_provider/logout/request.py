"""An end-session request: read, validated once, then asked whether the person must confirm."""

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from urllib.parse import urlencode
from uuid import UUID

from django.http import QueryDict

from accounts.authentication import Authentication
from ncconnect.sealed import Seal, Unreadable
from oidc_provider.claims import id_tokens
from oidc_provider.claims.subjects import sid_of
from oidc_provider.models import RelyingParty
from oidc_provider.partners import relying_parties
from oidc_provider.wire import parameters
from oidc_provider.wire.native_addresses import is_among
from oidc_provider.wire.parameters import Malformed

PARAMETERS = (
    "id_token_hint",
    "client_id",
    "post_logout_redirect_uri",
    "state",
    "logout_hint",
    "ui_locales",
)
CARRIED = ("client_id", "post_logout_redirect_uri", "state", "ui_locales")
HINTED = ("aud", "sub", "sid")  # what we use of a hint: it is long
_REQUEST = Seal("oidc_provider.logout", version=1, age=timedelta(minutes=30))


class InvalidLogout(Exception):
    """The request is shown as an error: the text names the parameter, for developers."""


@dataclass(frozen=True)
class EndSessionRequest:
    """``earlier_hint``: of a request that is taken up again, the claims of its hint."""

    parameters: dict[str, str]
    faults: tuple[Malformed, ...] = ()
    earlier_hint: dict | None = None

    @cached_property
    def hint(self) -> dict:
        """The claims of id_token_hint, empty when there is none. Raises InvalidLogout.

        RP-Initiated Logout, section 2: the OP MUST validate that it was the issuer; section 4:
        it SHOULD accept one that has expired.
        """
        if self.earlier_hint is not None:
            return self.earlier_hint
        token = self.parameters.get("id_token_hint")
        if not token:
            return {}
        try:
            return id_tokens.read_hint(token)
        except id_tokens.InvalidHint:
            raise InvalidLogout("id_token_hint: not issued here, or altered") from None

    @cached_property
    def relying_party(self) -> RelyingParty | None:
        """The partner: the hint's audience, or client_id."""
        client_id = self.hint.get("aud") or self.parameters.get("client_id")
        return relying_parties.find(client_id) if client_id else None

    @property
    def redirect_uri(self) -> str:
        return self.parameters.get("post_logout_redirect_uri", "")

    def validate(self) -> None:
        """Raises InvalidLogout."""
        if self.faults:
            raise InvalidLogout(parameters.told(self.faults))
        hint, named = self.hint, self.parameters.get("client_id")
        if named and hint and named != hint["aud"]:
            # Section 2: the OP MUST verify that the Client Identifier matches the one of the token.
            raise InvalidLogout("client_id: not the audience of id_token_hint")
        if named and self.relying_party is None:
            raise InvalidLogout("client_id: not registered here")
        if self.redirect_uri:
            self._validate_redirect_uri()
        if len(dump(self)) > parameters.MAX_CARRIED:
            raise InvalidLogout(f"request: more than {parameters.MAX_CARRIED} characters, packed")

    def _validate_redirect_uri(self) -> None:
        """Section 3: it MUST exactly match a registered value; without a client there is none.

        As at the authorization endpoint, a native application's port is not compared.
        """
        if self.relying_party is None:
            raise InvalidLogout("post_logout_redirect_uri: needs id_token_hint or client_id")
        partner = self.relying_party
        if not is_among(self.redirect_uri, partner.post_logout_redirect_uris, partner):
            raise InvalidLogout("post_logout_redirect_uri: not registered for this client_id")

    def must_confirm(self, current: Authentication) -> bool:
        """Ask, unless the hint is of this very session: a stranger's link must sign nobody out.

        The session's cookie, not the hint, decides whose session ends.
        """
        return not self.is_of(current.session_id)

    def is_of(self, session_id: UUID) -> bool:
        """Was the hint given in this session?"""
        sid = self.hint.get("sid")
        return bool(sid) and sid == sid_of(session_id, self.hint["aud"])

    @property
    def ui_locales(self) -> str:
        return self.parameters.get("ui_locales", "")

    @property
    def answer_uri(self) -> str:
        """Where the browser goes once signed out, with ``state`` and nothing else (section 3).

        Empty: to a page of ours. Nobody is sent to a partner that staff have closed.
        """
        if not self.redirect_uri or not self.relying_party.is_active:
            return ""
        if not self.parameters.get("state"):
            return self.redirect_uri
        joint = "&" if "?" in self.redirect_uri else "?"
        return f"{self.redirect_uri}{joint}{urlencode({'state': self.parameters['state']})}"


def parse(data: QueryDict) -> EndSessionRequest:
    values, faults = parameters.read(data, PARAMETERS)
    return EndSessionRequest(values, tuple(faults))


def dump(request: EndSessionRequest, session: str = "") -> str:
    """The request as one sealed, dated word for an address; ``session``: whose page it is on."""
    values = {name: request.parameters[name] for name in CARRIED if name in request.parameters}
    hint = {name: request.hint[name] for name in HINTED if name in request.hint}
    return _REQUEST.close([values, hint, session])


def load(value: str) -> tuple[EndSessionRequest, str]:
    """Read it back. Raises InvalidLogout when it is altered or older than 30 minutes."""
    try:
        values, hint, session = _REQUEST.open(value)
    except Unreadable:
        raise InvalidLogout("the sealed request cannot be read, or is too old") from None
    return EndSessionRequest(values, (), hint), session

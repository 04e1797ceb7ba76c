"""An authorization request, read once into a frozen value."""

import base64
import json
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from django.http import QueryDict
from django.utils import timezone

from oidc_provider.claims import id_tokens
from oidc_provider.grants.terms import Terms
from oidc_provider.models import RelyingParty
from oidc_provider.partners import relying_parties
from oidc_provider.wire import native_addresses, parameters
from oidc_provider.wire.parameters import MAX_TOTAL, TOO_LONG, Malformed

# What is read (Core, sections 3.1.2.1, 5.5, 6; RFC 7636, section 4.3); the rest is ignored.
PARAMETERS = (
    "client_id",
    "redirect_uri",
    "response_type",
    "response_mode",
    "scope",
    "state",
    "nonce",
    "prompt",
    "max_age",
    "ui_locales",
    "id_token_hint",
    "login_hint",
    "acr_values",
    "claims",
    "code_challenge",
    "code_challenge_method",
    "request",
    "request_uri",
    "registration",
)
RESPONSE_MODES = ("query", "form_post")
DEFAULT_RESPONSE_MODE = "query"


@dataclass(frozen=True)
class Earlier:
    """Of a request that has passed the door before: whom its id_token_hint names, or nobody."""

    hinted_sub: str


@dataclass(frozen=True)
class AuthorizationRequest:
    """What a partner asks for. ``faults``: what could not be read; nothing else knows of those.

    ``received_at`` is when it came first: an authentication asked anew must be later than that.
    ``earlier`` is there when it has come before, and is taken up again.
    """

    parameters: dict[str, str]
    faults: tuple[Malformed, ...] = ()
    received_at: datetime = field(default_factory=timezone.now)
    earlier: Earlier | None = None

    @property
    def client_id(self) -> str:
        return self.parameters.get("client_id", "")

    @cached_property
    def relying_party(self) -> RelyingParty | None:
        return relying_parties.find(self.client_id)

    @property
    def redirect_uri(self) -> str:
        return self.parameters.get("redirect_uri", "")

    @property
    def response_type(self) -> str:
        return self.parameters.get("response_type", "")

    @property
    def response_mode(self) -> str:
        """The mode to answer by: what was asked if we know it, so that errors arrive as well."""
        asked = self._asked_anywhere("response_mode")
        known = asked in RESPONSE_MODES and native_addresses.takes_a_form(self.redirect_uri)
        return asked if known else DEFAULT_RESPONSE_MODE

    @property
    def state(self) -> str:
        return self._asked_anywhere("state")

    def _asked_anywhere(self, name: str) -> str:
        """Of the parameter, or else of the ``request`` object.

        The object is refused, and its refusal goes to where a registered redirect_uri says, in the
        way that the partner expects: that stands in the object, if it stands nowhere else.
        """
        if name in self.parameters:
            return self.parameters[name]
        value = self._refused_object.get(name)
        return value if isinstance(value, str) and not parameters.fault_of(name, [value]) else ""

    @cached_property
    def _refused_object(self) -> dict[str, Any]:
        """The claims of the ``request`` object as they stand there; none when it is unreadable."""
        try:
            _header, payload, _signature = self.parameters.get("request", "").split(".")
            claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        except (ValueError, RecursionError):
            return {}
        return claims if isinstance(claims, dict) else {}

    @property
    def nonce(self) -> str:
        return self.parameters.get("nonce", "")

    @cached_property
    def scopes(self) -> frozenset[str]:
        """The scopes asked for; an absent parameter means the least, never everything."""
        return frozenset(self.parameters.get("scope", "openid").split())

    @cached_property
    def prompt(self) -> frozenset[str]:
        return frozenset(self.parameters.get("prompt", "").split())

    @property
    def silent(self) -> bool:
        return "none" in self.prompt

    @property
    def max_age(self) -> int | None:
        """Seconds; the partner's registered default when the request has none."""
        asked = self.parameters.get("max_age")
        return int(asked) if asked is not None else self.relying_party.default_max_age

    @property
    def ui_locales(self) -> str:
        return self.parameters.get("ui_locales", "")

    @property
    def login_hint(self) -> str:
        return self.parameters.get("login_hint", "")

    @cached_property
    def hinted_sub(self) -> str:
        """Whom id_token_hint names; empty without one. Raises InvalidHint."""
        if self.earlier:
            return self.earlier.hinted_sub
        hint = self.parameters.get("id_token_hint")
        return id_tokens.read_hint(hint)["sub"] if hint else ""

    @cached_property
    def claims(self) -> dict[str, Any]:
        """The ``claims`` parameter (Core, section 5.5), empty when absent."""
        return json.loads(self.parameters.get("claims", "{}"))

    @property
    def acr_values(self) -> list[str]:
        """What the request wishes, or the partner's registered wish, in order of preference."""
        asked = self.parameters.get("acr_values", "").split()
        if asked or self.acr_asked_as_claim:
            return [*asked, *self.acr_asked_as_claim.get("values", ())]
        return list(self.relying_party.default_acr_values)

    @property
    def essential_acr(self) -> list[str]:
        """The values of which one must be reached (Core, section 5.5.1.1); empty when none must."""
        asked = self.acr_asked_as_claim
        return asked["values"] if asked.get("essential") is True else []

    @cached_property
    def acr_asked_as_claim(self) -> dict[str, Any]:
        """``claims.id_token.acr``, its ``value`` written as ``values``; empty when absent."""
        values = self.values_asked("acr")
        asked = (self.claims.get("id_token") or {}).get("acr") or {}
        return {"essential": asked.get("essential"), "values": values} if values else {}

    def values_asked(self, claim: str) -> list[str]:
        """The values that ``claims.id_token`` names for this claim; empty when it names none."""
        asked = (self.claims.get("id_token") or {}).get(claim) or {}
        return asked.get("values") or ([asked["value"]] if "value" in asked else [])

    @property
    def is_assured(self) -> bool:
        """Is it the partner itself that gets the answer? If not, nothing is given unseen."""
        return native_addresses.proves_whose(self.redirect_uri, self.relying_party)

    @property
    def code_challenge(self) -> str:
        return self.parameters.get("code_challenge", "")

    @cached_property
    def terms(self) -> Terms:
        """What is to be given, once the checks have passed."""
        return Terms(
            relying_party=self.relying_party,
            scopes=self.scopes,
            claims=self.claims,
            acr_values=self.acr_values,
            redirect_uri=self.redirect_uri,
            code_challenge=self.code_challenge,
            nonce=self.nonce,
        )

    def has(self, name: str) -> bool:
        """Was this parameter sent, readable or not?"""
        return name in self.parameters or any(fault.parameter == name for fault in self.faults)

    def fault(self, name: str) -> Malformed | None:
        return next((fault for fault in self.faults if fault.parameter == name), None)


def parse(data: QueryDict) -> AuthorizationRequest:
    """Read the parameters of a query or of a form body. Never raises: faults are for the checks."""
    values, faults = parameters.read(data, PARAMETERS)
    return AuthorizationRequest(parameters=values | _refused_state(data), faults=tuple(faults))


def _refused_state(data: QueryDict) -> dict[str, str]:
    """A state that is too long comes back with the refusal (RFC 6749, section 4.1.2.1).

    Without it, a library reports an attack on its own site and hides what is wrong.
    """
    state = data.getlist("state")
    fault = parameters.fault_of("state", state)
    legible = fault and fault.reason == TOO_LONG and len(state[0]) <= MAX_TOTAL
    return {"state": state[0]} if legible else {}

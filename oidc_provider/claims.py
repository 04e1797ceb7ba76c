"""The table of scopes and claims. Discovery, userinfo, the id_token, the consent page read it.

A claim that we hold nothing for is absent (OpenID Connect Core, section 5.3.2). Formats follow
FranceConnect's: birth places and countries are COG codes, ``verified`` is an integer.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.models import Identity, User


@dataclass(frozen=True)
class Scope:
    """A scope, the words that a person reads for it, and under which title.

    No words: nothing to tell.
    """

    name: str
    label: Any = ""
    group: Any = ""


@dataclass(frozen=True)
class Claim:
    """A claim: the scopes that give it, and how to read it of a person (None: nothing is held)."""

    name: str
    scopes: frozenset[str]
    read: Callable[[User], Any]


IDENTITY = _("Votre identité")
CONTACT = _("Vos coordonnées")
ABSENCE = _("En votre absence")

SCOPES = {
    scope.name: scope
    for scope in (
        Scope("openid"),
        Scope(
            "identite_pivot",
            _("vos prénoms, votre nom, votre sexe, votre date et votre lieu de naissance"),
            IDENTITY,
        ),
        Scope(
            "profile",
            _("vos prénoms, votre nom, votre date de naissance et votre sexe"),
            IDENTITY,
        ),
        Scope("given_name", _("vos prénoms"), IDENTITY),
        Scope("family_name", _("votre nom de naissance"), IDENTITY),
        Scope("preferred_username", _("votre nom d’usage"), IDENTITY),
        Scope("gender", _("votre sexe"), IDENTITY),
        Scope("birthdate", _("votre date de naissance"), IDENTITY),
        Scope("birth", _("votre lieu de naissance"), IDENTITY),
        Scope("birthplace", _("votre commune de naissance"), IDENTITY),
        Scope("birthcountry", _("votre pays de naissance"), IDENTITY),
        Scope("email", _("votre adresse e-mail"), CONTACT),
        Scope("phone", _("votre numéro de téléphone"), CONTACT),
        Scope("address", _("votre adresse postale"), CONTACT),
        Scope(
            "offline_access",
            _("l’accès à ces informations quand vous n’êtes pas connecté"),
            ABSENCE,
        ),
    )
}


def identity_of(user: User) -> Identity:
    """The person's civil identity; an empty one when there is none yet."""
    return getattr(user, "identity", None) or Identity(user=user)


def _identity(name: str) -> Callable[[User], Any]:
    return lambda user: getattr(identity_of(user), name) or None


def _given_name(user: User) -> str | None:
    return " ".join(identity_of(user).given_names) or None


def _first_name(user: User) -> str | None:
    """The first of the given names: they are a list, so a compound one stays whole."""
    return next(iter(identity_of(user).given_names), None)


PROFILE = ("profile", "identite_pivot")
PIVOT = ("identite_pivot",)


def _claim(name: str, scopes: Iterable[str], read: Callable[[User], Any]) -> Claim:
    return Claim(name, frozenset(scopes), read)


CLAIMS = {
    claim.name: claim
    for claim in (
        _claim("given_name", (*PROFILE, "given_name"), _given_name),
        _claim("first_name", (*PROFILE, "given_name"), _first_name),
        _claim("family_name", (*PROFILE, "family_name"), _identity("family_name")),
        _claim("preferred_username", (*PROFILE, "preferred_username"), _identity("usage_name")),
        _claim("gender", (*PROFILE, "gender"), _identity("gender")),
        _claim("birthdate", (*PROFILE, "birthdate"), _identity("birthdate")),
        _claim("birthplace", (*PIVOT, "birth", "birthplace"), _identity("birthplace")),
        _claim("birthcountry", (*PIVOT, "birth", "birthcountry"), _identity("birthcountry")),
        _claim("verified", PROFILE, lambda user: identity_of(user).level),
        _claim("email", ("email",), lambda user: user.email),
        # Always beside the address: an account is open once its address was proved.
        _claim("email_verified", ("email",), lambda user: user.is_activated),
    )
}


def names_for(scopes: Iterable[str]) -> set[str]:
    """The claims that these scopes give (Core, section 5.4)."""
    asked = set(scopes)
    return {claim.name for claim in CLAIMS.values() if claim.scopes & asked}


def read(user: User, names: Iterable[str]) -> dict[str, Any]:
    """Those claims of this person that we hold something for."""
    values = {name: CLAIMS[name].read(user) for name in sorted(names) if name in CLAIMS}
    return {name: value for name, value in values.items() if value is not None}


def requested(claims: dict, place: str, scopes: Iterable[str]) -> set[str]:
    """The claims that the ``claims`` parameter asks for in ``place``: "userinfo" or "id_token".

    Only those that the granted scopes cover: naming a claim does not widen what the person sees
    on the consent page and what the partner is registered for (Core, section 5.5).
    """
    return set(claims.get(place) or ()) & names_for(scopes)


def groups_for(scopes: Iterable[str]) -> dict[Any, list[Any]]:
    """What a person reads of these scopes: title → words, in the order of the table."""
    told = [scope for scope in SCOPES.values() if scope.name in set(scopes) and scope.label]
    groups: dict[Any, list[Any]] = {}
    for scope in told:
        if not any(_says_more(other, scope) for other in told):
            groups.setdefault(scope.group, []).append(scope.label)
    return groups


def _says_more(other: Scope, scope: Scope) -> bool:
    """Does the one give all that the other gives, so that telling both would repeat it?"""
    given = names_for([scope.name])
    return bool(given) and given < names_for([other.name])

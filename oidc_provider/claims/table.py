"""The table of scopes and claims. Discovery, userinfo, the id_token, the consent page read it.

A claim that we hold nothing for is absent (OpenID Connect Core, section 5.3.2). Formats follow
FranceConnect's: birth places and countries are COG codes, ``verified`` is an integer.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts import identity
from accounts.models import Details, Identity, User


@dataclass(frozen=True)
class Line:
    """Words that a person reads, under which title, and the claims that they tell of."""

    words: Any
    title: Any
    claims: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Scope:
    """A scope, and what a person reads for it. No line: nothing to tell."""

    name: str
    lines: tuple[Line, ...] = ()


@dataclass(frozen=True)
class Claim:
    """A claim: the scopes that give it, and how to read it of a person (None: nothing is held)."""

    name: str
    scopes: frozenset[str]
    read: Callable[[User], Any]


IDENTITY = _("Votre identité")
ABOUT = _("Votre profil")
CONTACT = _("Vos coordonnées")
ABSENCE = _("En votre absence")

# In an agreement: a claim that was asked for by its name, by no scope.
BY_NAME = "claim:"
# What profile and identite_pivot both give, and what profile gives beside.
CIVIL = ("given_name", "first_name", "family_name", "preferred_username", "gender", "birthdate")
BESIDE = ("nickname", "profile", "picture", "website", "zoneinfo", "locale")


def _scope(name: str, words: Any, title: Any) -> Scope:
    """One whose words tell of all that it gives."""
    return Scope(name, (Line(words, title),))


SCOPES = {
    scope.name: scope
    for scope in (
        Scope("openid"),
        _scope(
            "identite_pivot",
            _("vos prénoms, votre nom, votre sexe, votre date et votre lieu de naissance"),
            IDENTITY,
        ),
        Scope(
            "profile",
            (
                Line(
                    _("vos prénoms, votre nom, votre date de naissance et votre sexe"),
                    IDENTITY,
                    frozenset(CIVIL),
                ),
                Line(
                    _(
                        "votre langue et, si nous les connaissons, votre surnom, votre photo, "
                        "vos pages web et votre fuseau horaire"
                    ),
                    ABOUT,
                    frozenset(BESIDE),
                ),
            ),
        ),
        _scope("given_name", _("vos prénoms"), IDENTITY),
        _scope("family_name", _("votre nom de naissance"), IDENTITY),
        _scope("preferred_username", _("votre nom d’usage"), IDENTITY),
        _scope("gender", _("votre sexe"), IDENTITY),
        _scope("birthdate", _("votre date de naissance"), IDENTITY),
        _scope("birth", _("votre lieu de naissance"), IDENTITY),
        _scope("birthplace", _("votre commune de naissance"), IDENTITY),
        _scope("birthcountry", _("votre pays de naissance"), IDENTITY),
        _scope("email", _("votre adresse e-mail"), CONTACT),
        _scope("phone", _("votre numéro de téléphone"), CONTACT),
        _scope("address", _("votre adresse postale"), CONTACT),
        _scope(
            "offline_access",
            _("l’accès à ces informations quand vous n’êtes pas connecté"),
            ABSENCE,
        ),
    )
}


def identity_of(user: User) -> Identity:
    """The person's civil identity; an empty one when there is none yet."""
    return getattr(user, "identity", None) or Identity(user=user)


def details_of(user: User) -> Details:
    """How to reach the person, and what they show of themselves; empty when there is nothing."""
    return getattr(user, "details", None) or Details(user=user)


def _given_name(user: User) -> str | None:
    return " ".join(identity_of(user).given_names) or None


def _first_name(user: User) -> str | None:
    """The first of the given names: they are a list, so a compound one stays whole."""
    return next(iter(identity_of(user).given_names), None)


def _name(user: User) -> str | None:
    """Given names, then the usage name where there is one, and the birth name otherwise."""
    identity = identity_of(user)
    names = [*identity.given_names, identity.usage_name or identity.family_name]
    return " ".join(filter(None, names)) or None


def _updated_at(user: User) -> int:
    """Seconds since 1970: when any of what is told here last changed."""
    moments = (user.updated_at, identity_of(user).updated_at, details_of(user).updated_at)
    return int(max([user.created_at, *filter(None, moments)]).timestamp())


def _phone_number_verified(user: User) -> bool | None:
    details = details_of(user)
    return details.phone_number_verified if details.phone_number else None


def _address(user: User) -> dict[str, str] | None:
    """Core, section 5.1.1. ``formatted`` is made of the other members, as on an envelope."""
    details = details_of(user)
    members = {name: getattr(details, name) for name in Details.ADDRESS}
    town = f"{details.postal_code} {details.locality}".strip()
    envelope = (details.street_address, town, details.region, details.country)
    members["formatted"] = "\n".join(filter(None, envelope)) or details.formatted
    return {name: value for name, value in members.items() if value} or None


PROFILE = ("profile", "identite_pivot")
PIVOT = ("identite_pivot",)


def _claim(name: str, scopes: Iterable[str], read: Callable[[User], Any]) -> Claim:
    return Claim(name, frozenset(scopes), read)


def _kept(name: str, scopes: Iterable[str]) -> Claim:
    """One that the person's rows hold as it is told (accounts.identity)."""
    return _claim(name, scopes, identity.CLAIMS[name].held)


CLAIMS = {
    claim.name: claim
    for claim in (
        _claim("name", ("profile",), _name),
        _claim("given_name", (*PROFILE, "given_name"), _given_name),
        _claim("first_name", (*PROFILE, "given_name"), _first_name),
        _kept("family_name", (*PROFILE, "family_name")),
        _kept("middle_name", ("profile",)),
        _kept("preferred_username", (*PROFILE, "preferred_username")),
        _kept("gender", (*PROFILE, "gender")),
        _kept("birthdate", (*PROFILE, "birthdate")),
        _kept("birthplace", (*PIVOT, "birth", "birthplace")),
        _kept("birthcountry", (*PIVOT, "birth", "birthcountry")),
        _claim("verified", PROFILE, lambda user: identity_of(user).level),
        _kept("nickname", ("profile",)),
        _kept("profile", ("profile",)),
        _kept("picture", ("profile",)),
        _kept("website", ("profile",)),
        _kept("zoneinfo", ("profile",)),
        _kept("locale", ("profile",)),
        _claim("updated_at", ("profile",), _updated_at),
        _claim("email", ("email",), lambda user: user.email),
        # Always beside the address: an account is open once its address was proved.
        _claim("email_verified", ("email",), lambda user: user.is_activated),
        _kept("phone_number", ("phone",)),
        _claim("phone_number_verified", ("phone",), _phone_number_verified),
        _claim("address", ("address",), _address),
    )
}


def _of(scope: str) -> Line:
    return SCOPES[scope].lines[0]


# What a person reads of a claim that is asked for by its name, without a scope that gives it.
ALONE = {name: _of(name) for name in CLAIMS if name in SCOPES and name != "profile"} | {
    "first_name": _of("given_name"),
    "name": Line(_("votre nom complet"), IDENTITY),
    "middle_name": Line(_("vos autres prénoms"), IDENTITY),
    "verified": Line(_("le niveau de vérification de votre identité"), IDENTITY),
    "nickname": Line(_("votre surnom"), ABOUT),
    "profile": Line(_("vos pages web"), ABOUT),
    "website": Line(_("vos pages web"), ABOUT),
    "picture": Line(_("votre photo"), ABOUT),
    "zoneinfo": Line(_("votre fuseau horaire"), ABOUT),
    "locale": Line(_("votre langue"), ABOUT),
    "updated_at": Line(_("la date de leur dernière mise à jour"), ABOUT),
    "email_verified": _of("email"),
    "phone_number": _of("phone"),
    "phone_number_verified": _of("phone"),
}


def names_for(scopes: Iterable[str]) -> frozenset[str]:
    """The claims that these scopes give (Core, section 5.4)."""
    return _names_for(frozenset(scopes))


@lru_cache(maxsize=256)  # without it, a sign-in page costs 3 % more
def _names_for(scopes: frozenset[str]) -> frozenset[str]:
    return frozenset(claim.name for claim in CLAIMS.values() if claim.scopes & scopes)


def read(user: User, names: Iterable[str]) -> dict[str, Any]:
    """Those claims of this person that we hold something for."""
    values = {name: CLAIMS[name].read(user) for name in sorted(names) if name in CLAIMS}
    return {name: value for name, value in values.items() if value is not None}


def requested(claims: dict, place: str, scopes: Iterable[str]) -> set[str]:
    """The claims that the ``claims`` parameter asks for in ``place``: "userinfo" or "id_token".

    Only those that these scopes give (Core, section 5.5): the ones that the partner is registered
    for, whether or not the request names them.
    """
    return set(claims.get(place) or ()) & names_for(scopes)


def items_for(scopes: Iterable[str], named: Iterable[str]) -> list[str]:
    """What a person is asked to give: scopes, and the claims named beyond what those give."""
    beyond = set(named) - names_for(scopes)
    return [*scopes, *(BY_NAME + name for name in CLAIMS if name in beyond)]


def cover(agreed: Iterable[str], items: Iterable[str]) -> bool:
    """Is each of these items among what a person agreed to?"""
    agreed = set(agreed)
    return set(items) <= agreed | {BY_NAME + name for name in names_for(agreed)}


def groups_for(items: Iterable[str]) -> Mapping[Any, tuple[Any, ...]]:
    """What a person reads of these items: title → words, in the order of the tables.

    Kept for those that partners ask for: it was 5 % of what a sign-in page costs.
    """
    return _groups_for(tuple(items), get_language())


@lru_cache(maxsize=256)
def _groups_for(items: tuple[str, ...], language: str) -> Mapping[Any, tuple[Any, ...]]:
    """Words are compared as they read in this language."""
    asked = set(items)
    told = [
        (line, line.claims or frozenset(names_for([scope.name])))
        for scope in SCOPES.values()
        if scope.name in asked
        for line in scope.lines
    ]
    told += [(ALONE[name], frozenset({name})) for name in CLAIMS if BY_NAME + name in asked]
    groups: dict[Any, list[Any]] = {}
    for line, given in told:
        words = groups.setdefault(line.title, [])
        # What another line tells with more beside is not repeated, nor is a word said twice.
        if line.words not in words and not any(given and given < more for _line, more in told):
            words.append(line.words)
    return MappingProxyType({title: tuple(words) for title, words in groups.items() if words})

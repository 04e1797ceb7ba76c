"""What the pages say of the service, read where the code has it."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts.models import Details, Identity, User
from oidc_provider import discovery, legacy
from oidc_provider.claims import table
from oidc_provider.claims.acr import LADDER
from oidc_provider.grants import lifecycle, redemption, refusal
from oidc_provider.keys import keyring
from oidc_provider.models import RelyingParty
from oidc_provider.partners import client_assertions
from oidc_provider.wire import paths

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)

# How each claim is written. A test compares the names with those of oidc_provider.claims.table.
FORMATS = {
    "name": _("Les prénoms, puis le nom d’usage ou, à défaut, le nom de naissance."),
    "given_name": _("Tous les prénoms, dans l’ordre de l’état civil, séparés par une espace."),
    "first_name": _("Le premier prénom seul, entier s’il est composé."),
    "family_name": _("Le nom de naissance."),
    "middle_name": _("Le deuxième nom, là où l’état civil en a un. Rare."),
    "preferred_username": _("Le nom d’usage."),
    "gender": _("« female » ou « male »."),
    "birthdate": _(
        "AAAA-MM-JJ ; AAAA-MM ou AAAA quand le jour ou le mois n’est pas connu ; "
        "0000-MM-JJ quand l’année ne l’est pas."
    ),
    "birthplace": _("Le code officiel géographique (COG) de la commune, sur 5 caractères."),
    "birthcountry": _("Le code officiel géographique du pays ; 99100 pour la France."),
    "verified": _("Un entier : 0 aucune identité, 1 identité déclarée, 2 identité vérifiée."),
    "nickname": _("Un surnom."),
    "profile": _("L’adresse https d’une page qui présente la personne."),
    "picture": _("L’adresse https d’une photo."),
    "website": _("L’adresse https d’un site ou d’un blog."),
    "zoneinfo": _("Le nom IANA d’un fuseau horaire."),
    "locale": _("La langue de nos pages et de nos e-mails : « fr » ou « en »."),
    "updated_at": _(
        "Quand ces données ont changé, en secondes entières depuis le 1er janvier 1970, UTC."
    ),
    "email": _("L’adresse du compte. La personne peut en changer : ce n’est pas une clé."),
    "email_verified": _("Un booléen, toujours à côté de l’adresse."),
    "phone_number": _("Au format international E.164, sans espace."),
    "phone_number_verified": _("Un booléen, toujours à côté du numéro."),
    "address": _(
        "Un objet : l’adresse entière, en lignes, dans « formatted », et celles de ses parties qui "
        "sont connues."
    ),
}


@dataclass(frozen=True)
class ClaimRow:
    name: str
    format: Any
    example: str
    scopes: list[str]


def claim_rows() -> list[ClaimRow]:
    """Every claim of the table, how it is written, and the scopes that give it."""
    values = table.read(example_person(), table.CLAIMS)
    return [
        ClaimRow(
            claim.name,
            FORMATS[claim.name],
            json.dumps(values[claim.name], ensure_ascii=False),
            [name for name in table.SCOPES if name in claim.scopes],
        )
        for claim in table.CLAIMS.values()
    ]


def scope_rows() -> list[tuple[table.Scope, list[str]]]:
    """Every scope, and the claims that it gives."""
    rows = []
    for scope in table.SCOPES.values():
        given = table.names_for([scope.name])
        rows.append((scope, [name for name in table.CLAIMS if name in given]))
    return rows


def example_person() -> User:
    """Nobody: a person of the documentation, never saved."""
    moment = datetime(2026, 3, 2, tzinfo=UTC)
    user = User(email="moana@exemple.nc", created_at=moment, activated_at=moment)
    user.identity = Identity(
        user=user,
        given_names=["Moana", "Jean-Marie"],
        family_name="Wamytan",
        usage_name="Wamytan",
        gender=Identity.Gender.FEMALE,
        birthdate="1990-02-28",
        birthplace="98818",
        birthcountry="99100",
        level=Identity.Level.DECLARED,
    )
    user.details = Details(
        user=user,
        middle_name="Rose",
        nickname="Momo",
        profile="https://moana.exemple.nc/a-propos",
        picture="https://moana.exemple.nc/photo.jpg",
        website="https://moana.exemple.nc/",
        zoneinfo="Pacific/Noumea",
        phone_number="+687751234",
        phone_number_verified=True,
        street_address="12 rue de l’Exemple",
        postal_code="98800",
        locality="Nouméa",
        region="Province Sud",
        country="Nouvelle-Calédonie",
    )
    return user


def userinfo_example() -> str:
    """What userinfo answers for that person, to a partner that asked for all of it."""
    content = {"sub": "F-swGUIKIwwF8ItlbQRI3t2DCov07cnN"}
    content |= table.read(example_person(), table.CLAIMS)
    return json.dumps(content, ensure_ascii=False, indent=2)


def lives() -> dict[str, int]:
    """How long each thing lasts, in the unit that its name ends with."""
    lifetime = RelyingParty._meta.get_field("access_token_lifetime").get_default()
    return {
        "code_seconds": lifecycle.CODE_TIME // SECOND,
        "code_tries": refusal.MAX_FAILURES,
        "id_token_minutes": settings.ID_TOKEN_TIME // MINUTE,
        "access_minutes": lifetime // 60,
        "offline_days": settings.OFFLINE_REFRESH_TOKEN_TIME // DAY,
        "request_minutes": settings.AUTHORIZATION_REQUEST_TIME // MINUTE,
        "session_hours": settings.SESSION_ABSOLUTE_TIME // HOUR,
        "idle_minutes": settings.SESSION_IDLE_TIME // MINUTE,
        "leeway_seconds": redemption.LEEWAY // SECOND,
        "cache_minutes": discovery.MAX_AGE // 60,
    }


def assertions() -> dict[str, Any]:
    """What an assertion of private_key_jwt may be."""
    return {
        "algorithms": client_assertions.ALGORITHMS,
        "minutes": client_assertions.MAX_LIFETIME // 60,
    }


def endpoints() -> dict[str, str]:
    """The addresses of the discovery document, by their member's name."""
    found = discovery.metadata()
    return {
        name: value for name, value in found.items() if name.endswith(("_endpoint", "jwks_uri"))
    }


def levels() -> list[tuple[str, bool]]:
    """Each acr, and whether somebody can reach it today."""
    reached = discovery.metadata()["acr_values_supported"]
    return [(level, level in reached) for level in LADDER]


def former_addresses() -> list[tuple[str, str, str]]:
    """(version, former address, endpoint's name today) of NC Connect v2 and v3."""
    return [
        (family.name, path, name)
        for family in legacy.FAMILIES
        for name, paths in family.paths.items()
        for path in paths
        if "//" not in path
    ]


def everything() -> dict[str, Any]:
    """For every page of the documentation."""
    known = discovery.metadata()
    return {
        "issuer": settings.ISSUER,
        "discovery": f"{settings.ISSUER}/.well-known/openid-configuration",
        "server_metadata": f"{settings.ORIGIN}/{paths.SERVER_METADATA[0]}",
        "endpoints": endpoints(),
        "algorithms": list(keyring.ALGORITHMS),
        "methods": known["token_endpoint_auth_methods_supported"],
        "backchannel": known.get("backchannel_logout_supported", False),
        "lives": lives(),
    }

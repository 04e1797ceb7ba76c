"""The invented tax files, and the three secrets that attach one of them to a person."""

import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .texts import N_


@dataclass(frozen=True)
class TaxFile:
    """One invented household at the tax office."""

    tax_id: str
    key: str
    household: str
    name: str
    commune: str
    people: int
    years: tuple[int, ...]


@dataclass(frozen=True)
class Secret:
    """One of the three fields: its name in the form, its texts and its format."""

    name: str
    label: str
    hint: str
    where: str
    pattern: re.Pattern
    missing: str
    malformed: str
    is_digits: bool = True


SECRETS = (
    Secret(
        "identifiant",
        N_("Identifiant fiscal"),
        N_("7 chiffres"),
        N_("Il est écrit en haut à gauche de votre avis d’imposition, après « Identifiant »."),
        re.compile(r"[0-9]{7}"),
        N_("Saisissez votre identifiant fiscal"),
        N_("L’identifiant fiscal compte 7 chiffres"),
    ),
    Secret(
        "cle",
        N_("Clé"),
        N_("3 lettres"),
        N_("Elle suit l’identifiant fiscal, sur la même ligne de votre avis d’imposition."),
        re.compile(r"[A-Z]{3}"),
        N_("Saisissez votre clé"),
        N_("La clé compte 3 lettres"),
        is_digits=False,
    ),
    Secret(
        "foyer",
        N_("Numéro de foyer"),
        N_("6 chiffres"),
        N_("Il est écrit en haut à droite de votre avis d’imposition, sous le nom du foyer."),
        re.compile(r"[0-9]{6}"),
        N_("Saisissez votre numéro de foyer"),
        N_("Le numéro de foyer compte 6 chiffres"),
    ),
)

NO_MATCH = N_("Ces trois informations ne correspondent à aucun dossier fiscal. Vérifiez-les.")
ALREADY_ATTACHED = N_(
    "Ce dossier fiscal est déjà rattaché à un autre compte. Contactez la DSF si c’est une erreur."
)


def load_tax_files() -> dict[str, TaxFile]:
    """The sample files by tax identifier, in the order of ``tax_files.json``."""
    rows = json.loads((Path(__file__).parent / "tax_files.json").read_text("utf-8"))
    files = (TaxFile(**{**row, "years": tuple(row["years"])}) for row in rows)
    return {file.tax_id: file for file in files}


def clean(form: Mapping[str, str]) -> dict[str, str]:
    """The three values as compared: spaces, dots and hyphens of paper dropped, upper case."""
    return {
        secret.name: re.sub(r"[\s.\-]", "", form.get(secret.name, "")[:64]).upper()
        for secret in SECRETS
    }


def format_errors(values: Mapping[str, str]) -> dict[str, str]:
    """What is missing or malformed, by field name, in the order of the form."""
    errors = {}
    for secret in SECRETS:
        if not values[secret.name]:
            errors[secret.name] = secret.missing
        elif not secret.pattern.fullmatch(values[secret.name]):
            errors[secret.name] = secret.malformed
    return errors


def find_file(files: Mapping[str, TaxFile], values: Mapping[str, str]) -> TaxFile | None:
    """The file that all three secrets open, or None without saying which one was wrong."""
    file = files.get(values["identifiant"])
    if file is None:
        return None
    key_is_right = hmac.compare_digest(file.key.encode(), values["cle"].encode())
    household_is_right = hmac.compare_digest(file.household.encode(), values["foyer"].encode())
    return file if key_is_right and household_is_right else None

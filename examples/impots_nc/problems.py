"""What can go wrong, in words: one table, one page, always one way on."""

import secrets
from dataclasses import dataclass

from flask import current_app, g, render_template

from .texts import N_

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


@dataclass(frozen=True)
class Problem:
    """One page: HTTP status, texts, and the label and endpoint of the way on."""

    status: int
    title: str
    text: str
    action: str = N_("Recommencer")
    endpoint: str = "sign_in.start"
    has_reference: bool = True


SIGN_IN_FAILED = N_("La connexion n’a pas abouti")
NOT_SIGNED_IN = N_("Vous n’êtes pas connecté. Rien n’a été enregistré.")

PROBLEMS = {
    "refused": Problem(
        403,
        N_("Connexion annulée"),
        N_("Vous avez quitté NC Connect sans continuer. Vous n’êtes pas connecté."),
        has_reference=False,
    ),
    "unavailable": Problem(
        503,
        N_("NC Connect ne répond pas pour le moment"),
        N_("Réessayez dans quelques minutes. Vos données sont en sécurité."),
        action=N_("Réessayer"),
    ),
    "stale": Problem(
        400,
        N_("Cette demande de connexion n’est plus valable"),
        N_("Elle a déjà servi, elle est trop ancienne, ou elle vient d’un autre navigateur."),
    ),
    "failed": Problem(400, SIGN_IN_FAILED, NOT_SIGNED_IN),
    "foreign": Problem(
        400,
        SIGN_IN_FAILED,
        N_("La réponse reçue ne vient pas de NC Connect. Vous n’êtes pas connecté."),
    ),
    "unknown_issuer": Problem(
        400,
        N_("Ce lien de connexion ne fonctionne pas"),
        N_("Il demande un service de connexion que ce site ne connaît pas."),
        action=N_("Se connecter avec NC Connect"),
    ),
    "expired": Problem(
        403,
        N_("Vous avez été déconnecté"),
        N_("Vous êtes resté longtemps sans activité. Reconnectez-vous pour continuer."),
        has_reference=False,
    ),
    "signed_out": Problem(
        403,
        N_("Connectez-vous pour continuer"),
        N_("Cette page fait partie de votre espace. Elle s’ouvre après la connexion."),
        action=N_("Se connecter avec NC Connect"),
        has_reference=False,
    ),
    "local_only": Problem(
        503,
        N_("Vous êtes déconnecté d’impots.nc seulement"),
        N_(
            "NC Connect ne répond pas : vous y êtes peut-être encore connecté."
            " Sur un ordinateur partagé, fermez le navigateur."
        ),
        action=N_("Retourner à l’accueil"),
        endpoint="pages.home",
    ),
    "form": Problem(
        400,
        N_("Ce formulaire n’est plus valable"),
        N_("Il vient d’une connexion précédente. Ouvrez-le à nouveau."),
        endpoint="space.show",
    ),
    "too_many_tries": Problem(
        429,
        N_("Trop d’essais"),
        N_("Pour protéger les dossiers fiscaux, attendez 15 minutes avant de réessayer."),
        action=N_("Retrouver vos trois secrets"),
        endpoint="pages.subscribe_notice",
        has_reference=False,
    ),
    "not_found": Problem(
        404,
        N_("Cette page n’existe pas"),
        N_("L’adresse est incomplète, ou la page a changé de place."),
        action=N_("Retourner à l’accueil"),
        endpoint="pages.home",
        has_reference=False,
    ),
    "bad_request": Problem(
        400,
        N_("Cette demande ne peut pas être lue"),
        N_("Retournez à la page précédente, ou à l’accueil."),
        action=N_("Retourner à l’accueil"),
        endpoint="pages.home",
    ),
    "broken": Problem(
        500,
        N_("Le site a rencontré une difficulté"),
        N_("Vos données sont en sécurité. Réessayez dans quelques minutes."),
        action=N_("Retourner à l’accueil"),
        endpoint="pages.home",
    ),
}


class Stop(Exception):
    """Ends the request on the page of one problem; ``cause`` is for the log, never a secret."""

    def __init__(self, name: str, cause: str = "", wait: int = 0):
        super().__init__(name)
        self.name, self.cause, self.wait = name, cause, wait


def new_reference() -> str:
    """A reference that a person can read out to the support, found again in the log."""
    draw = "".join(secrets.choice(ALPHABET) for _ in range(6))
    return f"DSF-{draw[:4]}-{draw[4:]}"


def show_problem(stop: Stop):
    """The page of a problem, with its status, and one line in the log."""
    problem = PROBLEMS[stop.name]
    reference = new_reference() if problem.has_reference else ""
    current_app.logger.info(
        "problem=%s cause=%s reference=%s", stop.name, stop.cause or "-", reference or "-"
    )
    g.is_final_page = True  # its address means nothing a second time: see the language links
    page = render_template("problem.html", problem=problem, reference=reference, cause=stop.cause)
    headers = {}
    if problem.status == 503 or stop.wait:
        headers["Retry-After"] = str(stop.wait or 30)
    return page, problem.status, headers

"""The trail as the person whom it is about reads it: one sentence for each event of theirs.

A sentence says the facts that it names and no other: what is not in this table is not shown,
whatever a row holds. The values come from the floors that know them (« Historique »).
"""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

# Families: what « Historique » is filtered by, as its address names them.
SIGN_INS, SECURITY, SERVICES = "connexions", "securite", "services"
INFORMATION, SUPPORT = "informations", "assistance"
FAMILIES = {
    SIGN_INS: _("Connexions"),
    SECURITY: _("Sécurité"),
    SERVICES: _("Services"),
    INFORMATION: _("Informations"),
    SUPPORT: _("Assistance"),
}


@dataclass(frozen=True)
class Sentence:
    """``words`` name their values as %(name)s; ``bare`` are those to say where one is missing.

    ``placed``: it was done in a browser, and the person may ask whether that was theirs. An event
    of a partner's server, or of staff, has no place for them. ``folds``: those of one hour and
    place are one line, and the words are a plural of %(count)s.
    """

    family: str
    words: Any
    bare: Any = ""
    placed: bool = False
    folds: bool = False


def _placed(family: str, words: Any, bare: Any = "") -> Sentence:
    return Sentence(family, words, bare, placed=True)


def _tries(family: str, words: Any) -> Sentence:
    return Sentence(family, words, placed=True, folds=True)


_CLOSED = _("Un accès donné à %(partner)s a été fermé par précaution.")

SENTENCES = {
    "sign_in": _placed(
        SIGN_INS, _("Connexion réussie, avec %(methods)s%(newness)s."), _("Connexion réussie.")
    ),
    "sign_in_failed": _tries(
        SIGN_INS,
        ngettext_lazy(
            "%(count)d essai de connexion refusé.",
            "%(count)d essais de connexion refusés.",
            "count",
        ),
    ),
    "sign_in_refused": _placed(
        SIGN_INS,
        _("Mot de passe juste, connexion refusée : %(reason)s."),
        _("Mot de passe juste, connexion refusée."),
    ),
    "sign_in_limited": _tries(
        SIGN_INS,
        ngettext_lazy(
            "%(count)d essai a été bloqué : il y en avait trop.",
            "%(count)d essais ont été bloqués : il y en avait trop.",
            "count",
        ),
    ),
    "sign_out": _placed(SIGN_INS, _("Déconnexion.")),
    "session_ended": Sentence(SIGN_INS, _("Déconnexion : %(reason)s."), _("Déconnexion.")),
    "end_session": Sentence(SIGN_INS, _("%(partner)s a demandé votre déconnexion.")),
    "password_reset_requested": _placed(SECURITY, _("Lien de nouveau mot de passe demandé.")),
    "password_reset": _placed(SECURITY, _("Mot de passe choisi par e-mail.")),
    "password_changed": _placed(SECURITY, _("Mot de passe changé.")),
    "password_change_refused": _tries(
        SECURITY,
        ngettext_lazy(
            "Mot de passe actuel refusé, pour le changer : %(count)d essai.",
            "Mot de passe actuel refusé, pour le changer : %(count)d essais.",
            "count",
        ),
    ),
    "confirmed": _placed(SECURITY, _("Vous avez confirmé que c’était vous.")),
    "confirmation_refused": _tries(
        SECURITY,
        ngettext_lazy(
            "Confirmation refusée : %(count)d essai.",
            "Confirmation refusée : %(count)d essais.",
            "count",
        ),
    ),
    "device_forgotten": _placed(SECURITY, _("Appareil oublié.")),
    "activation_refused": _tries(
        SECURITY,
        ngettext_lazy(
            "Lien d’activation ouvert avec un autre mot de passe : %(count)d essai.",
            "Lien d’activation ouvert avec un autre mot de passe : %(count)d essais.",
            "count",
        ),
    ),
    "event_denied": _placed(
        SECURITY, _("Vous avez signalé : « %(denied)s »."), _("Vous avez signalé un événement.")
    ),
    "sign_up_known_address": _placed(
        SECURITY, _("Quelqu’un a voulu créer un autre compte avec votre adresse.")
    ),
    "token_issued": Sentence(
        SERVICES,
        _("Vous êtes arrivé sur %(partner)s. Il a reçu : %(claims)s."),
        _("Vous êtes arrivé sur %(partner)s."),
    ),
    "claims_released": Sentence(
        SERVICES, _("%(partner)s a reçu : %(claims)s."), _("%(partner)s a reçu vos informations.")
    ),
    "consent_given": _placed(
        SERVICES, _("Accord donné à %(partner)s : %(items)s."), _("Accord donné à %(partner)s.")
    ),
    "consent_refused": _placed(SERVICES, _("Accord refusé à %(partner)s.")),
    "consent_withdrawn": _placed(SERVICES, _("Accès retiré à %(partner)s.")),
    "code_reused": Sentence(SERVICES, _CLOSED),
    "refresh_token_reused": Sentence(SERVICES, _CLOSED),
    "token_revoked": Sentence(SERVICES, _("L’accès de %(partner)s a pris fin.")),
    "sign_up": _placed(INFORMATION, _("Inscription.")),
    "account_activated": _placed(INFORMATION, _("Compte activé.")),
    "account_created": Sentence(INFORMATION, _("Compte créé par l’administration.")),
    "account_suspended": Sentence(SUPPORT, _("L’assistance a suspendu votre compte.")),
    "account_restored": Sentence(SUPPORT, _("L’assistance a rouvert votre compte.")),
    "staff_change": Sentence(SUPPORT, _("L’assistance a modifié votre dossier.")),
}

# Why a session ended, or a sign-in was refused, as a fact names it.
REASONS = {
    "by_person": _("par vous, depuis un autre appareil"),
    "password_changed": _("mot de passe changé"),
    "replaced": _("compte ouvert par une autre personne"),
    "denied": _("vous avez signalé un événement"),
    "shared_over": _("fin de l’ordinateur partagé"),
    "staff": _("par l’assistance"),
    "suspended": _("compte suspendu"),
    "not_activated": _("compte pas encore activé"),
    "changed_meanwhile": _("le compte venait de changer"),
    "end_session": _("demandée par un service"),
}

_NOBODY = "of nobody's account"
NEVER = {
    "invitation_sent": _NOBODY,
    "invitation_used": _NOBODY,
    "partner_registered": _NOBODY,
    "partner_changed": _NOBODY,
    "partner_suspended": _NOBODY,
    "subjects_imported": _NOBODY,
    "client_authentication_failed": _NOBODY,
    "logout_given_up": _NOBODY,
    "signing_key_created": _NOBODY,
    "signing_key_rotated": _NOBODY,
    "mail_given_up": _NOBODY,
    "sent_again": _NOBODY,
    "group_changed": _NOBODY,
    "account_deleted": "nobody is left to read it",
    "account_purged": "nobody is left to read it",
    "token_refused": "what a partner did wrong",
    "token_refreshed": "an access that goes on: hundreds a day hide what matters",
}


MAY_BE_EMPTY = ("newness",)


def names_of(family: str = "") -> list[str]:
    """The events that a person reads, of one family or of all."""
    return [name for name, sentence in SENTENCES.items() if family in ("", sentence.family)]


def said(event: str, values: dict[str, Any]) -> str:
    """The sentence of this event; ``values``: what is known of those that it may name."""
    sentence = SENTENCES[event]
    known = {name: value for name, value in values.items() if value or name in MAY_BE_EMPTY}
    try:
        return str(sentence.words % known)
    except KeyError:
        return str(sentence.bare % known)


def reason(code: str) -> str:
    """Empty for one that has no words for the person."""
    return str(REASONS.get(code, ""))


def enumeration(words: list[Any]) -> str:
    """« prénoms, nom, adresse »."""
    return ", ".join(map(str, words))

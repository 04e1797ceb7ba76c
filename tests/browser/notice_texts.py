"""The words of the notice « Créer mon compte personnel », page by page, with its slips corrected.

Whoever holds the printed notice must find these words on the pages. Written as the notice types
them (straight quotes, « email »); ``norm`` makes both spellings one.
"""

import re
import unicodedata


def norm(text: str) -> str:
    """One spelling for what typography alone tells apart."""
    text = unicodedata.normalize("NFC", text).replace("’", "'")
    text = re.sub(r"\s+", " ", text.replace("\u00a0", " ").replace("\u202f", " ")).strip()
    text = re.sub(r"« ?(.*?) ?»", r'"\1"', text)
    return text.replace("e-mail", "email").replace("E-mail", "Email")


# Every page: kind of element → the words that one of them must hold. "heading", "link", "button"
# and "label" are compared whole; "text" may stand anywhere on the page.
Page = dict[str, tuple[str, ...]]

PARTNER_HOME: Page = {
    "heading": (
        "Vos démarches fiscales en ligne, c'est :",
        "Facile",
        "Rapide",
        "Sûr",
        "Pratique",
        "Actualités",
        "Pas encore inscrit ? Découvrez notre site en vidéo !",
    ),
    "button": ("Se connecter",),
    "link": (
        "S'identifier avec NC Connect",
        "En savoir plus sur NC Connect",
        "Notices",
        "Étape 1 Créer son compte personnel",
        "Étape 2 S'abonner au service",
        "Professionnels Activer pour votre société",
        "Particuliers Déclarer vos revenus",
        "Nouveau Déclaration des SCI",
    ),
    "text": (
        "Accédez à tous les services en vous connectant avec un seul identifiant et mot de passe",
        "NOUVEAU téléservice",
    ),
}

SIGN_IN: Page = {
    "heading": ("Se connecter", "Créer un compte NC Connect"),
    "label": ("Adresse email", "Mot de passe"),
    "button": ("Se connecter", "Créer un compte"),
    "link": (
        "J'ai oublié mon mot de passe",
        "Conditions générales d'utilisation",
        "Mentions légales",
        "Partenaires",
    ),
    "text": (
        "Vous avez été redirigés ici pour vous connecter avec NC Connect",
        "impots.nc",
        (
            "Accédez aux services publics en ligne de Nouvelle-Calédonie avec un seul nom "
            "d'utilisateur et mot de passe. NC Connect est conçu pour protéger votre vie privée "
            "et votre sécurité."
        ),
    ),
}

SIGN_UP: Page = {
    "heading": ("Créer un compte",),
    "label": (
        "Adresse email",
        "Confirmez votre adresse email",
        "Mot de passe",
        "Confirmez votre mot de passe",
        "J'accepte les conditions générales d'utilisation",
    ),
    "button": ("Créer mon compte", "Autres images"),
    "link": (
        "conditions générales d'utilisation",
        "Conditions générales d'utilisation",
        "Mentions légales",
        "Contact",
    ),
    "text": (
        (
            "Il suffit de renseigner votre adresse email et votre mot de passe pour créer votre "
            "compte NC Connect."
        ),
        "strictement personnelle",
        (
            "Au moins 8 caractères. S'il fait moins de 14 caractères, il doit contenir : une "
            "majuscule, une minuscule, un chiffre."
        ),
        "choisissez la ou les images qui correspondent au mot",
    ),
}

CHECK_MAIL: Page = {
    "heading": ("Veuillez activer votre compte",),
    "button": ("Renvoyer l'email",),
    "text": (
        "Pour activer votre compte NC Connect, cliquez sur le lien contenu dans l'email envoyé à",
        'N\'oubliez pas de vérifier vos messages indésirables ou votre dossier "Spams"',
    ),
}

MAIL: Page = {
    "heading": ("Confirmation d'inscription",),
    "link": ("Activer mon compte",),
    "text": (
        (
            "Votre compte NC Connect a été créé avec succès. Pour valider votre compte, suivez le "
            "lien ci-dessous"
        ),
    ),
}

ACTIVATED: Page = {
    "heading": ("Confirmation d'inscription",),
    "text": (
        "Votre compte NC Connect est maintenant activé.",
        'Vous pouvez vous connecter en cliquant sur le bouton "S\'identifier avec NC Connect"',
    ),
}

FIRST_STEP: Page = {
    "heading": (
        "Création de l'espace privé",
        "Saisie de l'identifiant et du numéro de foyer",
    ),
    "label": ("Identifiant fiscal *", "Clé *", "Numéro de foyer *"),
    "button": ("Déconnexion", "Étape suivante"),
    "link": ("Accueil", "Demander la création de votre dossier fiscal"),
    "text": (
        "DSF Direction des Services Fiscaux",
        "Étape 1/2",
        "Étape 2/2",
        (
            'Vous êtes sur le point de créer votre espace "Démarches personnelles" afin de pouvoir '
            "réaliser vos démarches fiscales en ligne."
        ),
        (
            "Les identifiants demandés ici sont vos identifiants personnels, pour savoir où les "
            'trouver, cliquez sur les boutons "i".'
        ),
        "Si vous n'avez jamais déclaré d'impôt en Nouvelle-Calédonie",
        "* Champs obligatoires",
    ),
}

SECOND_STEP: Page = {
    "heading": ("Création de l'espace privé",),
    "button": ("Valider",),
    "text": ("Étape 1/2", "Étape 2/2"),
}

SPACE: Page = {
    "heading": ('Mon espace "Démarches personnelles"',),
    "text": ('Votre espace "Démarches personnelles" est créé.',),
}

"""« Votre bibliothèque → la ligne à écrire »: what each library needs beside its own defaults.

The suite runs every one of them with exactly this (tests/clients reads this table), so the page
cannot promise what was not run.
"""

from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Library:
    """``line`` is what its defaults lack here, written ``where``; empty: they are enough.

    ``registration``: members of the partner's registration that it needs. ``back_channel``: it
    hears of a sign-out made elsewhere.
    """

    name: str
    language: str
    version: str
    line: str = ""
    where: str = ""
    note: Any = ""
    registration: dict[str, Any] = field(default_factory=dict)
    back_channel: bool = False

    @property
    def members(self) -> list[tuple[str, str]]:
        """The members of the registration as the page writes them."""
        return list(self.registration.items())


_NO_REFRESH = _("Elle ne renouvelle pas les jetons : la session de votre site est la sienne.")

LIBRARIES = (
    Library(
        "Authlib",
        "Python",
        "1.9.9",
        'code_challenge_method="S256"',
        "client_kwargs",
    ),
    Library(
        "mozilla-django-oidc",
        "Python, Django",
        "5.0.2",
        "OIDC_USE_PKCE = True",
        "settings.py",
        _NO_REFRESH,
    ),
    Library(
        "django-allauth",
        "Python, Django",
        "65.22.1",
        '"OAUTH_PKCE_ENABLED": True',
        'SOCIALACCOUNT_PROVIDERS["openid_connect"]',
        _("Elle ne déconnecte pas de NC Connect : envoyez-y le navigateur vous-même."),
    ),
    Library(
        "python-social-auth",
        "Python",
        "8.0.0",
        "SOCIAL_AUTH_OIDC_USE_PKCE = True",
        "settings.py",
        _("Elle ne déconnecte pas de NC Connect : envoyez-y le navigateur vous-même."),
    ),
    Library("openid-client", "Node", "6.8.9"),
    Library(
        "express-openid-connect",
        "Node, Express",
        "3.4.0",
        "authorizationParams: { response_type: 'code', scope: 'openid profile email' }",
        "auth()",
        _("Sans cette ligne, elle demande le flux implicite, que nous n’offrons pas."),
        back_channel=True,
    ),
    Library(
        "Auth.js",
        "Node",
        "0.12.3",
        "idToken: false",
        "providers",
        _(
            "Sans cette ligne, elle cherche le nom et l’adresse dans le jeton "
            "d’identité : ils sont dans userinfo."
        ),
    ),
    Library(
        "oidc-client-ts",
        "JavaScript",
        "3.5.0",
        "loadUserInfo: true",
        "UserManager",
        _("Dans le navigateur : le site est un client public, sans secret."),
        {"token_endpoint_auth_method": "none"},
    ),
    Library(
        "Spring Security",
        "Java",
        "3.5.7",
        "OAuth2AuthorizationRequestCustomizers.withPkce()",
        "setAuthorizationRequestCustomizer",
        _("La configuration seule ne suffit pas : l’exemple montre où écrire la ligne."),
        back_channel=True,
    ),
    Library("go-oidc", "Go", "3.21.0", "oauth2.S256ChallengeOption(verifier)", "AuthCodeURL"),
    Library(
        "oauth2-proxy",
        "Go",
        "7.15.6",
        "--code-challenge-method=S256",
        "oauth2-proxy",
        _(
            "Il renouvelle les jetons avec --cookie-refresh, à régler plus court "
            "que la vie du jeton d’accès."
        ),
    ),
    Library("openidconnect", "Rust", "4.1.0", ".set_pkce_challenge(challenge)", "authorize_url"),
    Library(
        "mod_auth_openidc",
        "Apache",
        "2.4.12",
        "OIDCPKCEMethod S256",
        "ncconnect.conf",
        _("Seule, elle recommence quand une personne refuse : l’exemple la ramène chez vous."),
        back_channel=True,
    ),
)
BY_NAME = {library.name: library for library in LIBRARIES}

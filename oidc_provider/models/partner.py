"""A partner: what it is registered as, and what it shows who it is by."""

from collections.abc import Iterable
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from oauth2_provider.generators import generate_client_id
from oauth2_provider.models import AbstractApplication

DIGEST_BYTES = 32  # SHA-256


class RelyingParty(AbstractApplication):
    """A partner service, from its OpenID Connect client metadata (partners.registration)."""

    class AuthMethod(models.TextChoices):
        BASIC = "client_secret_basic", "client_secret_basic"
        POST = "client_secret_post", "client_secret_post"
        PRIVATE_KEY_JWT = "private_key_jwt", "private_key_jwt"
        NONE = "none", "none"

    class ApplicationType(models.TextChoices):
        """``native``: it runs on the person's own phone or computer (RFC 8252)."""

        WEB = "web", "web"
        NATIVE = "native", "native"

    class Consent(models.TextChoices):
        """``nc_consent``: when the person is asked before information goes to the partner."""

        ALWAYS = "always", _("à chaque connexion")
        ONCE = "once", _("une fois")
        INFORMATION = "information", _("service public : la personne est informée")

    class SubjectType(models.TextChoices):
        PAIRWISE = "pairwise", "pairwise"
        PUBLIC = "public", "public"

    class Algorithm(models.TextChoices):
        RS256 = "RS256", "RS256"
        ES256 = "ES256", "ES256"
        PS256 = "PS256", "PS256"

    # What the engine keeps on its own application and has no place here: secrets are rows of
    # RelyingPartySecret, consent is `consent`, grants are a list, and the type is `is_public`.
    user = client_secret = hash_client_secret = skip_authorization = client_type = None
    authorization_grant_type = registration_source = cimd_expires_at = None

    client_id = models.CharField(
        _("identifiant"), max_length=255, unique=True, default=generate_client_id
    )
    name = models.CharField(_("nom"), max_length=255)
    client_uri = models.CharField(_("adresse du site"), max_length=500, blank=True)
    logo_uri = models.CharField(_("adresse du logo"), max_length=500, blank=True)
    logo = models.CharField(max_length=40, blank=True, editable=False)  # Logo.name
    initiate_login_uri = models.CharField(max_length=500, blank=True)
    contacts = models.JSONField(_("contacts"), default=list, blank=True)
    application_type = models.CharField(
        max_length=10, choices=ApplicationType.choices, default=ApplicationType.WEB
    )
    backchannel_logout_uri = models.CharField(max_length=500, blank=True)
    backchannel_logout_session_required = models.BooleanField(default=False)
    scope = models.TextField(default="openid")
    grant_types = models.JSONField(default=list)
    token_endpoint_auth_method = models.CharField(
        max_length=30, choices=AuthMethod.choices, default=AuthMethod.BASIC
    )
    algorithm = models.CharField(max_length=5, choices=Algorithm.choices, default=Algorithm.RS256)
    userinfo_algorithm = models.CharField(max_length=5, choices=Algorithm.choices, blank=True)
    jwks = models.JSONField(null=True, blank=True)
    jwks_uri = models.CharField(max_length=500, blank=True)
    sector_identifier_uri = models.CharField(max_length=500, blank=True)
    subject_type = models.CharField(
        max_length=10, choices=SubjectType.choices, default=SubjectType.PAIRWISE
    )
    # Partners of one sector know a person by the same sub: it never changes once people signed in.
    sector = models.CharField(_("secteur"), max_length=255, db_index=True)
    default_max_age = models.PositiveIntegerField(null=True, blank=True)
    default_acr_values = models.JSONField(default=list, blank=True)
    require_pkce = models.BooleanField(default=True)
    consent = models.CharField(
        _("accord"), max_length=20, choices=Consent.choices, default=Consent.ONCE
    )
    access_token_lifetime = models.PositiveIntegerField(default=1800)  # seconds
    is_active = models.BooleanField(
        _("ouvert"), default=True, help_text=_("Décoché : le service est suspendu.")
    )

    # When the first code was given for it; never: empty.
    first_used_at = models.DateTimeField(null=True, editable=False)
    created = models.DateTimeField(_("créé le"), auto_now_add=True)
    updated = models.DateTimeField(_("modifié le"), auto_now=True)

    class Meta:
        verbose_name = _("service partenaire")
        verbose_name_plural = _("services partenaires")

    @property
    def is_public(self) -> bool:
        """Is it of the type that cannot keep a secret, nor prove who it is (RFC 6749, 2.1)?"""
        return self.token_endpoint_auth_method == self.AuthMethod.NONE

    @property
    def is_native(self) -> bool:
        return self.application_type == self.ApplicationType.NATIVE

    @property
    def has_secret(self) -> bool:
        """Does it prove who it is by a secret, rather than by its key or not at all?"""
        return self.token_endpoint_auth_method in (self.AuthMethod.BASIC, self.AuthMethod.POST)

    @property
    def scopes(self) -> frozenset[str]:
        return frozenset(self.scope.split())

    @property
    def possible_scopes(self) -> frozenset[str]:
        """Those that it may have now: access in absence is by refresh tokens only."""
        return self.scopes if self.may_refresh else self.scopes - {"offline_access"}

    def still_given(self, scopes: Iterable[str]) -> list[str]:
        """These scopes that a grant gave, without what the registration has lost since."""
        return [scope for scope in scopes if scope in self.possible_scopes]

    @property
    def may_refresh(self) -> bool:
        return "refresh_token" in self.grant_types

    @property
    def start_url(self) -> str:
        """Where a person starts again when a request is of no use: never an authorize address.

        A login initiated by us names us (Core, section 4: ``iss`` is REQUIRED).
        """
        if not self.initiate_login_uri:
            return self.client_uri
        separator = "&" if urlsplit(self.initiate_login_uri).query else "?"
        return self.initiate_login_uri + separator + urlencode({"iss": settings.ISSUER})

    @property
    def logo_path(self) -> str:
        """Where our own copy of the logo is; empty when there is none."""
        return reverse("oidc:logo", args=[self.logo]) if self.logo else ""

    @property
    def host(self) -> str:
        """What a person reads in the address bar of the partner's site."""
        return urlsplit(self.client_uri).netloc

    def get_absolute_url(self) -> str:
        """« Voir sur le site »: the partner's own; the engine has a page that we do not."""
        return self.client_uri or reverse("home")

    def clean(self) -> None:
        """The rules are those of oidc_provider.partners.registration, not the engine's."""

    def is_usable(self, request) -> bool:
        return self.is_active


class Logo(models.Model):
    """A partner's logo, under a name made of its digest (oidc_provider.partners.logos)."""

    name = models.CharField(max_length=40, primary_key=True)
    content = models.BinaryField()


class RelyingPartySecret(models.Model):
    """A client secret, as one salted digest. A partner has two at most, to change one."""

    relying_party = models.ForeignKey(RelyingParty, models.CASCADE, related_name="secrets")
    salt = models.CharField(max_length=32)
    digest = models.CharField(max_length=64)
    created_at = models.DateTimeField(_("créé le"), default=timezone.now)
    last_used_at = models.DateTimeField(_("dernier usage"), null=True)

    class Meta:
        verbose_name = _("secret")
        verbose_name_plural = _("secrets")

    def __str__(self) -> str:
        """Which it is, never what it is."""
        return str(self.pk)


class UsedAssertion(models.Model):
    """A client assertion that was accepted, so that it is not a second time: SHA-256 of its jti."""

    digest = models.BinaryField(primary_key=True, max_length=DIGEST_BYTES)
    expires = models.DateTimeField(db_index=True)


class AliasUse(models.Model):
    """When a partner last used an address of a former version (oidc_provider.legacy)."""

    relying_party = models.ForeignKey(
        RelyingParty,
        models.CASCADE,
        related_name="alias_uses",
        db_index=False,
        verbose_name=_("service partenaire"),
    )
    family = models.CharField(_("version"), max_length=10)
    endpoint = models.CharField(_("point d’accès"), max_length=20)
    last_used_at = models.DateTimeField(_("dernier usage"))

    class Meta:
        verbose_name = _("usage d’une ancienne adresse")
        verbose_name_plural = _("usages d’anciennes adresses")
        ordering = ["-last_used_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["relying_party", "family", "endpoint"], name="one_row_per_alias"
            )
        ]

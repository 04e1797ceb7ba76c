"""The partner and what it was given.

The five models of the engine are swapped for ours (settings, OAUTH2_PROVIDER_*_MODEL). A Grant is
the root of everything that one authorization gave: its code, the access tokens, the family of
refresh tokens. Revoking it is one update; so is redeeming its code, and rotating its refresh token.
"""

import uuid
from collections.abc import Iterable
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from oauth2_provider.generators import generate_client_id
from oauth2_provider.models import (
    AbstractAccessToken,
    AbstractApplication,
    AbstractGrant,
    AbstractIDToken,
    AbstractRefreshToken,
)

from accounts.models import Session
from ncconnect import handles
from ncconnect.outgoing import Outgoing

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


class SubjectIdentifier(models.Model):
    """The name under which a sector knows a person (``sub``). Never changed, never given again."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="subjects", db_index=False
    )
    sector = models.CharField(max_length=255)
    sub = models.CharField(max_length=255)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "sector"], name="one_sub_per_sector"),
            models.UniqueConstraint(fields=["sector", "sub"], name="one_person_per_sub"),
        ]


class Consent(models.Model):
    """What a person agreed to give a partner, and when."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="consents", db_index=False
    )
    relying_party = models.ForeignKey(RelyingParty, models.CASCADE, related_name="consents")
    scope = models.TextField()
    granted_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "relying_party"], name="one_consent_per_partner"
            )
        ]


class PartnerUse(models.Model):
    """When a person first and last signed in at a partner, by the grants that are purged by now.

    Those that are still there say the rest (oidc_provider.grants.uses). A partner that was removed
    leaves its name here, and no more.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="partner_uses", db_index=False
    )
    relying_party = models.ForeignKey(RelyingParty, models.SET_NULL, null=True, related_name="uses")
    name = models.CharField(max_length=255, blank=True)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "relying_party"], name="one_use_per_partner")
        ]


class Grant(AbstractGrant):
    """One authorization, and the root of all that it gave: the only row that it leaves.

    Its tokens are alive while it is not revoked (grants.bearer); the grants of a session are
    the partners that it has been to. ``expires`` is the end of the code; ``ends_at`` is not earlier
    than the end of the last token that may come of it, nor of the session as it was given in: then
    it is purged, unless its person has signed in anew and the session lasts.
    """

    id = models.UUIDField(primary_key=True, default=handles.new_key, editable=False)
    code = models.BinaryField(max_length=DIGEST_BYTES)  # the digest of its secret
    # What the code is bound to, redirect_uri and code_challenge; emptied when it is redeemed.
    binding = models.BinaryField(max_length=DIGEST_BYTES)
    # Its index costs 0.02 % of a single sign-on, and a partner is suspended at once with it.
    application = models.ForeignKey(RelyingParty, models.CASCADE, related_name="grants")
    subject = models.ForeignKey(SubjectIdentifier, models.CASCADE, related_name="grants")
    # A session ends by deleting its row; what that means for the grant is decided by listeners.
    session = models.ForeignKey(Session, models.DO_NOTHING, related_name="+", db_constraint=False)
    nonce = models.TextField(blank=True, default="")
    claims = models.JSONField(default=dict)
    # The authentication of the session that asked: an id_token tells this one, at each refresh too.
    auth_time = models.DateTimeField()
    acr = models.CharField(max_length=40, blank=True)
    amr = models.CharField(max_length=100, blank=True)
    # True: the tokens outlive the session (scope offline_access).
    offline = models.BooleanField(default=False)
    failures = models.PositiveSmallIntegerField(default=0)
    # The number of the refresh token that is good now; the earlier ones are used up.
    refreshes = models.PositiveIntegerField(default=0)
    # When it took the place of the former one, which is honoured a little longer (redemption).
    rotated_at = models.DateTimeField(null=True)
    expires = models.DateTimeField()
    consumed_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    # Of the names of the claims that userinfo last told; nothing yet: empty (resources.release).
    released = models.BinaryField(max_length=8, null=True)
    # When its person took the access of this partner back: it tells of no visit any more.
    withdrawn_at = models.DateTimeField(null=True)
    # Access tokens made until then were revoked, and the rest goes on.
    access_revoked_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(db_index=True)

    # Of the engine's grant: the person is the subject's, the rest is in `binding` and `expires`.
    user = redirect_uri = code_challenge = code_challenge_method = None
    created = updated = resource = None

    @property
    def scopes(self) -> list[str]:
        return self.scope.split()


class AccessToken(AbstractAccessToken):
    """The engine asks for this model; no row is written (oidc_provider.grants.bearer).

    So that it has no columns that would have to be kept right: None takes an inherited one away.
    """

    user = application = source_refresh_token = id_token = token = token_checksum = None
    scope = created = updated = resource = None

    class Meta:
        pass


class RefreshToken(AbstractRefreshToken):
    """The engine asks for this model; no row is written (oidc_provider.grants.bearer).

    So that it has no columns that would have to be kept right: None takes an inherited one away.
    """

    user = application = access_token = token = token_checksum = token_family = None
    created = updated = revoked = resource = None

    class Meta:
        pass


class IDToken(AbstractIDToken):
    """The engine asks for this model; no row is written: the signature verifies a token."""

    user = application = scope = created = updated = None

    class Meta:
        pass


class SigningKey(models.Model):
    """A key of the ring (keys.keyring). The private half is encrypted under SECRET_KEY."""

    class State(models.TextChoices):
        NEXT = "next", _("publiée, ne signe pas encore")
        ACTIVE = "active", _("signe")
        RETIRED = "retired", _("ne signe plus, vérifie encore")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kid = models.CharField(_("identifiant"), max_length=64, unique=True)
    algorithm = models.CharField(
        _("algorithme"), max_length=5, choices=RelyingParty.Algorithm.choices
    )
    state = models.CharField(_("état"), max_length=10, choices=State.choices)
    public = models.JSONField(_("partie publique"))
    private = models.BinaryField()
    created_at = models.DateTimeField(default=timezone.now)
    activated_at = models.DateTimeField(_("signe depuis le"), null=True)
    retired_at = models.DateTimeField(_("ne signe plus depuis le"), null=True)

    class Meta:
        verbose_name = _("clé de signature")
        verbose_name_plural = _("clés de signature")
        constraints = [
            # Two processes that start together cannot both make the key that signs, nor the next.
            models.UniqueConstraint(
                fields=["algorithm", "state"],
                condition=models.Q(state__in=["next", "active"]),
                name="one_key_of_a_state",
            )
        ]


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


class LogoutNotice(Outgoing):
    """One partner, to be told that one session of one person is over.

    The session is gone: ``sub`` and ``sid`` are what the partner knows it by, as in its id_token.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    relying_party = models.ForeignKey(
        RelyingParty,
        models.CASCADE,
        verbose_name=_("service partenaire"),
        related_name="logout_notices",
    )
    sub = models.CharField(max_length=255)
    sid = models.CharField(max_length=22)

    class Meta:
        verbose_name = _("avis de déconnexion")
        verbose_name_plural = pgettext_lazy("several", "avis de déconnexion")
        indexes = [
            models.Index(
                fields=["next_at"], name="notice_due", condition=models.Q(state="pending")
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)

"""The person: the account, its sessions, its one-time links, its civil identity, its details."""

import uuid
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.contrib.auth import hashers
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from accounts import civil_status, details
from accounts.captcha.models import CaptchaAnswer
from accounts.devices.models import Device, Session
from accounts.email_identity import canonical
from accounts.passwords import TooLong, normalized
from ncconnect import rows

__all__ = [
    "CaptchaAnswer",
    "Details",
    "Device",
    "Identity",
    "Invitation",
    "OneTimeLink",
    "PersonChanged",
    "Session",
    "TermsAcceptance",
    "User",
    "UserManager",
]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
UNCHANGED = "accounts_user WHERE id = %s AND is_active = %s AND password_changed_at = %s"


class PersonChanged(Exception):
    """The account was closed, or got another password, since it was read."""


class UserManager(BaseUserManager):
    def of_address(self, email: str) -> "User | None":
        """The account of this address, in its canonical form."""
        found = rows.first(
            f"SELECT {rows.columns(self.model)} FROM accounts_user WHERE email = %s",  # noqa: S608
            [email],
        )
        return rows.built(self.model, found) if found else None

    def locked(self, **condition) -> "User | None":
        """This account, locked until the transaction ends; None when there is none.

        The first of all locks: person, then link, session, grant, token. What only refers to the
        account (a token that is given) does not wait for it.
        """
        return self.select_for_update(no_key=True).filter(**condition).first()

    def unchanged(self, user: "User", *, alone: bool = False) -> rows.Provided:
        """That this account is open, and has the password that it was read with.

        ``alone``: nobody else is to rely on it meanwhile, such as another who counts its devices.
        """
        key = rows.value(self.model, "id", user.pk)
        changed_at = rows.value(self.model, "password_changed_at", user.password_changed_at)
        return rows.Provided(UNCHANGED, (key, True, changed_at), alone)

    def keep(self, user: "User", *, alone: bool = False) -> None:
        """Keep it so until the transaction ends. Raises PersonChanged."""
        if not rows.is_so(self.unchanged(user, alone=alone)):
            raise PersonChanged

    def get_by_natural_key(self, email: str) -> "User":
        return self.get(email=canonical(email))

    def create_user(self, email: str, password: str | None = None, **fields) -> "User":
        """An account that is not activated yet, unless ``activated_at`` is given.

        Raises InvalidEmail when the address has no canonical form.
        """
        user = self.model(email=canonical(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields) -> "User":
        fields = {"activated_at": timezone.now(), "is_staff": True, "is_superuser": True} | fields
        return self.create_user(email, password, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """An account. The address is the user name; partners never see the key."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # The audit trail tells who signed in when; a sign-in writes no row of this table.
    last_login = None
    email = models.EmailField(_("adresse e-mail"), max_length=254, unique=True)
    language = models.CharField(_("langue"), max_length=5, default="fr", choices=settings.LANGUAGES)
    is_active = models.BooleanField(
        _("ouvert"), default=True, help_text=_("Décoché : le compte est suspendu.")
    )
    is_staff = models.BooleanField(_("agent"), default=False)
    created_at = models.DateTimeField(_("créé le"), default=timezone.now, editable=False)
    activated_at = models.DateTimeField(_("activé le"), null=True, blank=True, db_index=True)
    password_changed_at = models.DateTimeField(default=timezone.now, editable=False)
    # When the address or the language last changed, or something beside was removed; never: empty.
    updated_at = models.DateTimeField(null=True, editable=False)

    objects = UserManager()

    EMAIL_FIELD = USERNAME_FIELD = "email"
    REQUIRED_FIELDS: list[str] = []

    class Meta:
        verbose_name = _("compte")
        verbose_name_plural = _("comptes")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(email=Lower("email")), name="email_is_canonical"
            )
        ]

    def clean(self) -> None:
        self.email = canonical(self.email)

    def set_password(self, raw_password: str | None) -> None:
        super().set_password(raw_password and normalized(raw_password))
        self.password_changed_at = timezone.now()

    def check_password(self, raw_password: str) -> bool:
        """Whether this is the person's password. An oversize one is refused before any hash."""
        try:
            password = normalized(raw_password)
        except TooLong:
            return False
        return hashers.check_password(password, self.password, self._encode_anew)

    def _encode_anew(self, password: str) -> None:
        """The same password under today's parameters; nothing, if it was changed since it was read.

        It is no change of password: what it opened stays open.
        """
        anew = hashers.make_password(password)
        if User.objects.filter(pk=self.pk, password=self.password).update(password=anew):
            self.password = anew

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """What a session keeps of the password that opened it, 128 bits: which change it is of.

        Not its encoding: that one is made anew when the parameters are raised.
        """
        changed = (self.password_changed_at - EPOCH) // timedelta(microseconds=1)
        of = f"{self.pk} {changed}"
        return salted_hmac("accounts.session", of, secret, algorithm="sha256").hexdigest()[:32]

    @property
    def is_activated(self) -> bool:
        return self.activated_at is not None


class TermsAcceptance(models.Model):
    """Which version of the terms of use a person accepted, and when."""

    user = models.ForeignKey(User, models.CASCADE, related_name="terms", db_index=False)
    version = models.CharField(max_length=20)
    accepted_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "version"], name="terms_accepted_once")
        ]


class OneTimeLink(models.Model):
    """A link that a mail carries. Its token is derived from this row (accounts.links)."""

    class Purpose(models.TextChoices):
        ACTIVATION = "activation"
        PASSWORD_RESET = "password_reset"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="links", db_index=False)
    purpose = models.CharField(max_length=20, choices=Purpose.choices)
    email = models.EmailField(max_length=254)
    # An activation belongs to one attempt to sign up, with the password chosen in it: whoever signs
    # up again on the same address has a link of their own, and changes nothing of this one.
    attempt = models.UUIDField(default=uuid.uuid4)
    password = models.CharField(max_length=128, blank=True)
    terms_version = models.CharField(max_length=20, blank=True)
    return_to = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(db_index=True)
    used_at = models.DateTimeField(null=True)
    superseded_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["user", "purpose"])]


class Invitation(models.Model):
    """A way to sign up without the captcha, for one address, once (accounts.flows.invitation)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(_("adresse e-mail"), max_length=254)
    created_at = models.DateTimeField(_("envoyée le"), default=timezone.now, editable=False)
    expires_at = models.DateTimeField(_("valable jusqu’au"), db_index=True)
    used_at = models.DateTimeField(_("utilisée le"), null=True)
    # Nobody, when a command sent it.
    invited_by = models.ForeignKey(
        User, models.SET_NULL, verbose_name=_("envoyée par"), null=True, related_name="+"
    )

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")


class Checked(models.Model):
    """A row that obeys the rules of its columns whoever writes it; raises ValidationError.

    What a database can say of them, it holds a statement to that comes by another way (decision
    27). Rows that were there before a rule stay as they are until somebody writes them.
    """

    class Meta:
        abstract = True

    def save(self, *args, **kwargs) -> None:
        self.clean_fields(exclude={"user"})
        super().save(*args, **kwargs)


class Identity(Checked):
    """The person's civil identity. Any part may be missing: that is how civil status is."""

    class Level(models.IntegerChoices):
        NONE = 0, _("aucune")
        DECLARED = 1, _("déclarée")
        VERIFIED = 2, _("vérifiée")

    class Gender(models.TextChoices):
        FEMALE = "female", _("féminin")
        MALE = "male", _("masculin")

    user = models.OneToOneField(User, models.CASCADE, related_name="identity", primary_key=True)
    given_names = models.JSONField(
        _("prénoms"), default=list, blank=True, validators=[civil_status.check_names]
    )
    family_name = models.CharField(
        _("nom de naissance"), max_length=256, blank=True, validators=[civil_status.check_name]
    )
    usage_name = models.CharField(
        _("nom d’usage"), max_length=256, blank=True, validators=[civil_status.check_name]
    )
    customary_name = models.CharField(
        _("nom coutumier"), max_length=256, blank=True, validators=[civil_status.check_name]
    )
    # YYYY, YYYY-MM or YYYY-MM-DD: what is not known is not written.
    birthdate = models.CharField(
        _("date de naissance"),
        max_length=10,
        blank=True,
        validators=[civil_status.check_birthdate],
        help_text=_("1980-05-12, 1980-05 ou 1980 : ce qui n’est pas su n’est pas écrit."),
    )
    gender = models.CharField(_("sexe"), max_length=10, blank=True, choices=Gender.choices)
    birthplace = models.CharField(
        _("commune de naissance (COG)"),
        max_length=5,
        blank=True,
        validators=[civil_status.check_place],
    )
    birthcountry = models.CharField(
        _("pays de naissance (COG)"),
        max_length=5,
        blank=True,
        validators=[civil_status.check_country],
    )
    level = models.PositiveSmallIntegerField(_("niveau"), choices=Level.choices, default=Level.NONE)
    source = models.CharField(_("source"), max_length=100, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("identité")
        verbose_name_plural = _("identités")
        constraints = civil_status.HELD

    def __str__(self) -> str:
        return str(self.user)


class Details(Checked):
    """How to reach a person and what they show of themselves, beside the civil identity.

    Only for those who have some; what nobody gave is empty, and partners are told nothing of it.
    """

    user = models.OneToOneField(User, models.CASCADE, related_name="details", primary_key=True)
    middle_name = models.CharField(_("deuxième nom"), max_length=256, blank=True)
    nickname = models.CharField(_("surnom"), max_length=256, blank=True)
    profile = models.CharField(
        _("page de présentation"), max_length=500, blank=True, validators=[details.check_page]
    )
    picture = models.CharField(
        _("photo"), max_length=500, blank=True, validators=[details.check_page]
    )
    website = models.CharField(
        _("site web"), max_length=500, blank=True, validators=[details.check_page]
    )
    zoneinfo = models.CharField(
        _("fuseau horaire"),
        max_length=64,
        blank=True,
        validators=[details.check_zone],
        help_text=_("Un nom de la base IANA, comme Pacific/Noumea."),
    )
    phone_number = models.CharField(
        _("numéro de téléphone"),
        max_length=16,
        blank=True,
        validators=[details.check_phone_number],
        help_text=_("Avec l’indicatif et sans espace, comme +687751234."),
    )
    phone_number_verified = models.BooleanField(
        _("numéro vérifié"),
        default=False,
        help_text=_("Un autre numéro le décoche : il reste à vérifier."),
    )
    # The members of the claim `address` (Core, section 5.1.1). Those of ADDRESS make its
    # `formatted`: the column is for addresses that are known in one piece only.
    formatted = models.TextField(
        _("adresse en un seul texte"),
        max_length=1_000,
        blank=True,
        help_text=_("Seulement quand ses parties ne sont pas connues."),
    )
    street_address = models.TextField(_("rue, boîte postale"), max_length=256, blank=True)
    locality = models.CharField(_("commune"), max_length=256, blank=True)
    region = models.CharField(_("province ou région"), max_length=256, blank=True)
    postal_code = models.CharField(_("code postal"), max_length=20, blank=True)
    country = models.CharField(_("pays"), max_length=256, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    ADDRESS = ("street_address", "locality", "region", "postal_code", "country")

    class Meta:
        verbose_name = _("coordonnées et présentation")
        verbose_name_plural = _("coordonnées et présentations")
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(phone_number="", phone_number_verified=True),
                name="verified_number_is_there",
                violation_error_message=_("Il n’y a pas de numéro à dire vérifié."),
            ),
            *details.HELD,
        ]

    def __str__(self) -> str:
        return str(self.user)

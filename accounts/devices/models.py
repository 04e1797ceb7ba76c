"""Browsers: those that a person is known by, and those in which they are signed in."""

from datetime import datetime, timedelta
from importlib import import_module

from django.conf import settings
from django.contrib.sessions.base_session import AbstractBaseSession, BaseSessionManager
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import devices
from ncconnect import handles


class DeviceManager(models.Manager):
    def live(self) -> models.QuerySet:
        """Known still: the browser has forgotten the others by itself."""
        return self.filter(last_at__gt=timezone.now() - settings.KNOWN_DEVICE_TIME)


class Device(models.Model):
    """A browser in which this person has signed in; a handle in its cookie names this row.

    Known: there is such a row, and it was used within KNOWN_DEVICE_TIME. One that is forgotten is
    deleted; the trail tells of it.
    """

    id = models.UUIDField(primary_key=True, default=handles.new_key, editable=False)
    digest = models.BinaryField(max_length=32)  # of the secret in the cookie
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="devices")
    browser = models.CharField(max_length=40, blank=True)
    system = models.CharField(max_length=40, blank=True)
    network = models.CharField(max_length=64, blank=True)
    # Written once a day at most.
    last_at = models.DateTimeField(default=timezone.now, db_index=True)

    objects = DeviceManager()

    def __str__(self) -> str:
        return str(self.id)

    @property
    def first_at(self) -> datetime:
        return handles.made_at(self.pk)

    @property
    def device_facts(self) -> str:
        return devices.facts(self.browser, self.system)

    @property
    def device_label(self) -> str:
        return devices.label(self.device_facts)


class SessionManager(BaseSessionManager):
    def alive(self) -> models.QuerySet:
        return self.filter(expire_date__gt=timezone.now())

    def of_cookie(self, cookie: str) -> models.QuerySet:
        """The session that this cookie is of, alive or not; none for any other text."""
        handle = handles.Handle.read(cookie)
        if handle is None:
            return self.none()
        return self.filter(pk=handle.id, session_key=handle.digest)


class Session(AbstractBaseSession):
    """A signed-in browser. Its cookie is a handle of this row (ncconnect.handles).

    ``expire_date`` is the idle end, moved by activity; ``ends_at`` is the absolute one.
    """

    id = models.UUIDField(primary_key=True, default=handles.new_key, editable=False)
    session_key = models.BinaryField(max_length=32)  # the digest of the cookie's secret
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        verbose_name=_("compte"),
        null=True,
        related_name="sessions",
    )
    # Of the password that opened it: a changed one ends it.
    credentials = models.BinaryField(max_length=16)
    seen_at = models.DateTimeField(_("dernière activité"), default=timezone.now)
    # Without an index: it moves with every visit, and an index would have to follow.
    expire_date = models.DateTimeField()
    ends_at = models.DateTimeField(_("fin au plus tard"), db_index=True)
    # It may be forgotten before the session ends: then this leads nowhere.
    device = models.ForeignKey(
        Device, models.DO_NOTHING, null=True, db_constraint=False, db_index=False, related_name="+"
    )
    browser = models.CharField(max_length=40, blank=True, default="", db_default="")
    system = models.CharField(max_length=40, blank=True, default="", db_default="")
    # A computer that others use: it ends sooner, and its end is told (accounts.flows.sessions).
    shared = models.BooleanField(default=False, db_default=False)
    # Both in one text, of sessions that were opened before the two columns.
    former_device = models.CharField(max_length=80, blank=True, default="", db_column="device")
    network = models.CharField(_("réseau"), max_length=64, blank=True)
    # The authentication that opened it (accounts.authentication).
    authenticated_at = models.DateTimeField(_("connexion"), null=True)
    methods = models.CharField(max_length=100, blank=True)
    acr = models.CharField(max_length=40, blank=True)
    # When its person last proved to be there (accounts.confirmation).
    confirmed_at = models.DateTimeField(null=True)

    objects = SessionManager()

    class Meta(AbstractBaseSession.Meta):
        # To find the few; not by their end, which moves with every visit of everybody.
        indexes = [
            models.Index(
                fields=["authenticated_at"], condition=models.Q(shared=True), name="shared_sessions"
            )
        ]

    @property
    def created_at(self) -> datetime:
        return handles.made_at(self.pk)

    @property
    def idle_time(self) -> timedelta:
        return settings.SHARED_SESSION_IDLE_TIME if self.shared else settings.SESSION_IDLE_TIME

    @property
    def device_facts(self) -> str:
        return self.former_device or devices.facts(self.browser, self.system)

    @property
    def device_label(self) -> str:
        return devices.label(self.device_facts)

    def __str__(self) -> str:
        return str(self.id)

    @classmethod
    def get_session_store_class(cls):
        return import_module(settings.SESSION_ENGINE).SessionStore

from uuid import UUID

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ncconnect.indexes import Brin


class EventManager(models.Manager):
    def of_person(self, key: UUID) -> models.QuerySet:
        """Those of this person, the newest first.

        A range of one key, in the order of the index: asked for as equal, and by the key of the row
        alone, PostgreSQL may walk through everybody's newest events, for want of this person's.
        """
        return self.filter(user_id__range=(key, key)).order_by("-user_id", "-pk")


class Event(models.Model):
    """One event. The table is append-only: triggers of the database refuse to change a row, and to
    empty it.

    People are named by their key and not by a foreign key: the trace outlives the account.
    """

    at = models.DateTimeField(_("date"), default=timezone.now)
    event = models.CharField(_("événement"), max_length=40)
    user_id = models.UUIDField(_("compte"), null=True)
    actor_id = models.UUIDField(_("auteur"), null=True)
    partner = models.CharField(_("partenaire"), max_length=100, blank=True)
    network = models.CharField(_("réseau"), max_length=64, blank=True)
    reference = models.CharField(_("référence"), max_length=20, blank=True)
    facts = models.JSONField(_("faits"), default=dict)

    objects = EventManager()

    class Meta:
        verbose_name = _("événement")
        verbose_name_plural = _("événements")
        # The table grows by what each sign-in writes: few indexes, and small ones.
        indexes = [
            Brin(fields=["at"], name="audit_at", autosummarize=True),
            # The next release drops the first: the second has the order of « Historique ».
            models.Index(fields=["user_id", "at"], name="audit_of_a_person"),
            models.Index(fields=["user_id", "id"], name="audit_of_a_person_by_key"),
            models.Index(fields=["reference"], name="audit_of_a_request"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.event}"

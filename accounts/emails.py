"""The mails of an account: one function each, named as its folder in templates/emails/.

The first half writes a mail to the outbox, with keys only; the second renders it, as late as
possible, so that no link lies in the table.
"""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts import links, return_to
from accounts.models import OneTimeLink, User
from ncconnect import mail

NOUMEA = ZoneInfo("Pacific/Noumea")


def activation(*, user: User, link: OneTimeLink, at: datetime | None = None) -> None:
    _send("activation", user, at, link=str(link.pk))


def already_registered(*, user: User, at: datetime | None = None) -> None:
    _send("already_registered", user, at)


def password_reset(*, user: User, link: OneTimeLink) -> None:
    _send("password_reset", user, None, link=str(link.pk))


def password_changed(*, user: User) -> None:
    _send("password_changed", user, None, at=timezone.now().isoformat())


def _send(name: str, user: User, not_before: datetime | None, **context) -> None:
    mail.send(name, to=user.email, context=context, language=user.language, not_before=not_before)


@mail.email("activation")
def render_activation(context: dict, to: str) -> dict:
    return _link_context(context, "accounts:activation")


@mail.email("password_reset")
def render_password_reset(context: dict, to: str) -> dict:
    return _link_context(context, "accounts:password_reset")


@mail.email("already_registered")
def render_already_registered(context: dict, to: str) -> dict:
    return {
        "sign_in_url": _absolute(reverse("accounts:sign_in")),
        "reset_url": _absolute(reverse("accounts:password_forgotten")),
    }


@mail.email("password_changed")
def render_password_changed(context: dict, to: str) -> dict:
    return {
        "at": in_words(datetime.fromisoformat(context["at"])),
        "reset_url": _absolute(reverse("accounts:password_forgotten")),
    }


def _link_context(context: dict, url_name: str) -> dict:
    link = OneTimeLink.objects.get(pk=context["link"])
    destination = return_to.destination(link.return_to)
    return {
        "url": _absolute(reverse(url_name, args=[links.token(link)])),
        "expires": in_words(link.expires_at),
        "partner_name": destination.partner_name,
    }


def _absolute(path: str) -> str:
    """Links start with the configured origin, never with what a request says."""
    return settings.ORIGIN + path


def in_words(moment: datetime) -> str:
    """« mardi 24 novembre 2026 à 10 h 30 (heure de Nouméa) »."""
    local = moment.astimezone(NOUMEA)
    return _("%(day)s à %(time)s (heure de Nouméa)") % {
        "day": date_format(local, _("l j F Y")),
        "time": date_format(local, _("G \\h i")),
    }

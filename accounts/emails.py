"""The mails of an account: one function each, named as its folder in templates/emails/.

The first half writes a mail to the outbox, with keys only; the second renders it, as late as
possible, so that no link lies in the table.
"""

from datetime import datetime, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts import links, return_to
from accounts.models import Invitation, OneTimeLink, User
from ncconnect import mail, trace

REFUSAL_TIME = timedelta(hours=1)  # a full mailbox may have room again
NOUMEA = ZoneInfo("Pacific/Noumea")


def activation(
    *, user: User, link: OneTimeLink, at: datetime | None = None, language: str = ""
) -> None:
    _send("activation", user, language, not_before=at, link=str(link.pk))


def already_registered(
    *, user: User, return_to: str = "", at: datetime | None = None, language: str = ""
) -> None:
    """``return_to``: where the person was going; the mail names the way on from any browser."""
    destination = _destination(return_to)
    way = {"partner": destination.partner_name, "start": destination.start_url}
    known = way if destination.start_url else {}
    _send("already_registered", user, language, not_before=at, **known)


def was_refused(address: str) -> bool:
    """Whether the answer to a sign-up came back: such a mail is sent to known addresses as well."""
    since = timezone.now() - REFUSAL_TIME
    return mail.was_refused("activation", "already_registered", to=address, since=since)


def password_reset(*, to: str, return_to: str, language: str = "") -> None:
    """To whoever owns this address, if they have an account: only the renderer asks."""
    context = {"link": str(uuid4()), "next": return_to, "at": timezone.now().isoformat()}
    context |= {"network": trace.network(), "reference": trace.reference()}
    mail.send("password_reset", to=to, context=context, language=language or get_language())


def password_changed(*, user: User, language: str = "") -> None:
    _send("password_changed", user, language, at=timezone.now().isoformat())


def not_me(*, user: User, link: OneTimeLink, language: str = "") -> None:
    """Their account is shut at their word: the way back in."""
    _send("not_me", user, language, link=str(link.pk))


def invitation(*, invitation: Invitation, language: str) -> None:
    context = {"invitation": str(invitation.pk)}
    mail.send("invitation", to=invitation.email, context=context, language=language)


def _send(
    name: str, user: User, language: str, *, not_before: datetime | None = None, **context
) -> None:
    """In the language of the page that asks for the mail; without a page, in the account's."""
    language = language or user.language
    mail.send(name, to=user.email, context=context, language=language, not_before=not_before)


def _destination(path: str) -> return_to.Destination:
    return return_to.destination(path)


@mail.leaving("activation")
def begin_activation(context: dict) -> None:
    links.renew(UUID(context["link"]), lifetime=settings.ACTIVATION_LINK_TIME)


@mail.leaving("not_me")
@mail.leaving("password_reset")
def begin_password_reset(context: dict) -> None:
    links.renew(UUID(context["link"]), lifetime=settings.PASSWORD_RESET_LINK_TIME)


@mail.leaving("invitation")
def begin_invitation(context: dict) -> None:
    pending = Invitation.objects.filter(pk=context["invitation"], used_at=None)
    if not pending.update(expires_at=timezone.now() + settings.INVITATION_TIME):
        raise mail.NobodyToWriteTo


@mail.email("activation")
def render_activation(context: dict, to: str) -> dict:
    return _link_context(context, "accounts:activation")


@mail.email("password_reset")
def render_password_reset(context: dict, to: str) -> dict:
    if "at" in context:  # or else it was written by a release that made the link with the mail
        with trace.of(context["reference"], context["network"]):
            links.of_request(
                UUID(context["link"]),
                email=to,
                asked_at=datetime.fromisoformat(context["at"]),
                return_to=context["next"],
            )
    return _link_context(context, "accounts:password_reset")


@mail.email("not_me")
def render_not_me(context: dict, to: str) -> dict:
    return _link_context(context, "accounts:password_reset")


@mail.email("invitation")
def render_invitation(context: dict, to: str) -> dict:
    invitation = Invitation.objects.get(pk=context["invitation"])
    return {
        "url": _absolute(reverse("accounts:invited", args=[links.INVITATION.close(invitation.pk)])),
        "expires": in_words(invitation.expires_at),
    }


@mail.email("already_registered")
def render_already_registered(context: dict, to: str) -> dict:
    return {
        "partner_name": context.get("partner", ""),
        "start_url": context.get("start", ""),
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
        "time": time_in_words(moment),
    }


def time_in_words(moment: datetime) -> str:
    """« 10 h 30 », at Nouméa."""
    return date_format(moment.astimezone(NOUMEA), _("G \\h i"))

"""Every form of the site, filled in and ready to be sent: one line of ``FORMS`` for each page."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.flows import invitation
from accounts.models import Session
from ncconnect.audit.models import Event
from ncconnect.mail.models import Outbox
from tests.actors import PASSWORD, EndUser, hidden_fields, link_of, solved
from tests.relying_party import RelyingParty
from tests.strict_client import StrictClient

NEW = "Nouveau Lagon 2026"


@dataclass
class Sent:
    """A form as one page shows it, filled in, and where it is sent."""

    person: EndUser
    address: str
    fields: dict
    way: str = ""  # where the person was going; the page that is reached leads there

    def send(self):
        return self.person.tampers(self.address, self.fields)


def shown(person: EndUser, page, **fields) -> Sent:
    address = page.wsgi_request.get_full_path()
    if fields:
        address = person.form(*fields).address
    return Sent(person, address, hidden_fields(page) | fields)


def visitor(**fields) -> EndUser:
    return EndUser(StrictClient(enforce_csrf_checks=True), **fields)


def signed_in() -> EndUser:
    person = visitor()
    person.has_an_account()
    page = person.opens("/connexion/")
    fields = {"username": person.email, "password": person.password}
    person.submits("/connexion/", hidden_fields(page) | fields)
    return person


def from_a_partner(person: EndUser) -> str:
    """The way that a partner's request made."""
    return person.opens(RelyingParty.registered().address()).context["next"]


def at(url_name: str, way: str = "") -> str:
    return reverse(url_name) + (f"?next={way}" if way else "")


def sign_in() -> Sent:
    person = visitor()
    person.has_an_account()
    from_a_partner(person)
    return shown(person, person.page, username=person.email, password=person.password)


def sign_up() -> Sent:
    person = visitor()
    way = from_a_partner(person)
    page = person.opens(at("accounts:sign_up", way))
    passwords = {"password1": PASSWORD, "password2": PASSWORD}
    addresses = {"email": person.email, "email2": person.email}
    form = shown(person, page, **passwords, **addresses, cgu="on")
    form.fields |= solved(page)
    form.way = way
    return form


def invited() -> Sent:
    person = visitor()
    invitation.invite(email=person.email)
    page = person.opens(link_of(person.mails()[-1]))
    typed = {"password1": PASSWORD, "password2": PASSWORD, "cgu": "on"}
    return shown(person, page, email=person.email, email2=person.email, **typed)


def check_mail() -> Sent:
    form = sign_up()
    return shown(form.person, form.send())


def elsewhere() -> tuple[EndUser, object]:
    """The link of a sign-up, opened in another browser than its own."""
    form = sign_up()
    form.send()
    phone = visitor()
    return phone, phone.follows_the_link("activation")


def activation_elsewhere() -> Sent:
    phone, page = elsewhere()
    return shown(phone, page, password=PASSWORD)


def activation_renewal() -> Sent:
    form = sign_up()
    page = form.send()
    again = shown(form.person, page)
    old = link_of(form.person.mails("activation")[0])
    again.send()
    page = form.person.opens(old)
    return Sent(form.person, reverse("accounts:activation_renewal"), hidden_fields(page))


def sign_out() -> Sent:
    person = signed_in()
    return shown(person, person.opens(reverse("accounts:sign_out")))


def password_forgotten() -> Sent:
    person = visitor()
    person.has_an_account()
    way = from_a_partner(person)
    form = shown(person, person.opens(at("accounts:password_forgotten", way)), email=person.email)
    form.way = way
    return form


def password_new() -> Sent:
    form = password_forgotten()
    form.send()
    page = form.person.follows_the_link("password_reset")
    return shown(form.person, page, password1=NEW, password2=NEW)


def password_change() -> Sent:
    person = signed_in()
    page = person.opens(reverse("accounts:password_change"))
    return shown(person, page, current=PASSWORD, password1=NEW, password2=NEW)


def confirm() -> Sent:
    person = signed_in()
    Session.objects.update(confirmed_at=timezone.now() - timedelta(hours=1))
    page = person.opens(reverse("accounts:confirm") + "?pour=appareils")
    return shown(person, page, password=PASSWORD)


def of_devices(act: str, field: str, listed: Callable) -> Sent:
    """On the page of devices: ``listed`` gives the line that is meant."""
    person = signed_in()
    other = visitor()
    other.signs_in()
    if field == "oubli":
        other.signs_out()
    page = person.opens(reverse("accounts:devices"))
    line = listed(page.context["listing"])
    return Sent(person, reverse(act), hidden_fields(page) | {field: line.ref})


def device_end() -> Sent:
    return of_devices(
        "accounts:device_end",
        "fin",
        lambda listing: next(line for line in listing.sessions if not line.is_here),
    )


def device_forget() -> Sent:
    return of_devices("accounts:device_forget", "oubli", lambda listing: listing.devices[0])


def service_withdrawal() -> Sent:
    person = signed_in()
    partner = RelyingParty.registered()
    partner.tokens(person)
    return shown(person, person.opens(reverse("service_withdrawal", args=["impots"])))


def not_me() -> Sent:
    person = signed_in()
    event = Event.objects.filter(event="sign_in").latest("pk")
    return shown(person, person.opens(f"{reverse('not_me')}?evenement={event.pk}"))


def consent() -> Sent:
    person = signed_in()
    page = person.opens(RelyingParty.registered(nc_consent="once").address())
    return Sent(person, page.context["action"], hidden_fields(page) | {"allow": "1"})


def end_session_confirm() -> Sent:
    person = signed_in()
    page = person.opens(reverse("oidc:end_session"))
    return Sent(person, page.context["action"], hidden_fields(page) | {"allow": "1"})


def a_mail_of_the_demonstration() -> Sent:
    form = password_forgotten()
    form.send()
    page = form.person.opens(reverse("mailbox_message", args=[Outbox.objects.first().pk]))
    return shown(form.person, page)


FORMS: dict[str, Callable[[], Sent]] = {
    "accounts:sign_in": sign_in,
    "accounts:sign_up": sign_up,
    "accounts:invited": invited,
    "accounts:check_mail": check_mail,
    "accounts:activation_elsewhere": activation_elsewhere,
    "accounts:activation_renewal": activation_renewal,
    "accounts:sign_out": sign_out,
    "accounts:password_forgotten": password_forgotten,
    "accounts:password_new": password_new,
    "accounts:password_change": password_change,
    "accounts:confirm": confirm,
    "accounts:device_end": device_end,
    "accounts:device_forget": device_forget,
    "service_withdrawal": service_withdrawal,
    "not_me": not_me,
    "oidc:consent": consent,
    "oidc:end_session_confirm": end_session_confirm,
    "mailbox_message": a_mail_of_the_demonstration,
}
each_form = pytest.mark.parametrize("make", FORMS.values(), ids=FORMS.keys())


def end_of(page) -> str:
    """Where an answer ends: a path of ours, or the partner's address."""
    if page.status_code in (301, 302, 303):
        parts = urlsplit(page["Location"])
        return f"{parts.scheme}://{parts.netloc}{parts.path}"
    assert page.status_code == 200, page.content.decode()
    return page.wsgi_request.path


def says_an_error(page) -> bool:
    return 'class="erreur"' in page.content.decode() or 'id="erreurs"' in page.content.decode()

"""Once is as good as twice: a form that is sent again ends where it ended the first time.

The cases are made from the address map: every page of ours that takes a form has a line in
``FORMS``, or its reason in ``NO_PAGE``; a new one without either fails here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from django.urls import URLPattern, get_resolver, reverse
from django.utils import timezone

from accounts.flows import invitation
from accounts.models import Session, User
from ncconnect.audit.models import Event
from ncconnect.mail.models import Outbox
from tests.actors import PASSWORD, EndUser, hidden_fields, link_of, solved
from tests.relying_party import CALLBACK, RelyingParty
from tests.strict_client import StrictClient

pytestmark = pytest.mark.django_db

NEW = "Nouveau Lagon 2026"
NO_PAGE = {
    "oidc:authorize": "sent by a partner's site, taken up again by GET",
    "oidc:end_session": "sent by a partner's site, taken up again by GET",
    "oidc:token": "no person sends it",
    "oidc:userinfo": "no person sends it",
    "oidc:revoke": "no person sends it",
    "oidc:introspect": "no person sends it",
    "csp_report": "no person sends it",
}
NOT_OURS = ("admin", "None")  # Django's; the addresses of a former server, kept for its clients


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


def address_map(patterns=None, space: str = ""):
    """Each pattern of the site, with its full name."""
    for pattern in patterns or get_resolver().url_patterns:
        if isinstance(pattern, URLPattern):
            yield f"{space}{pattern.name}", pattern
        else:
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from address_map(pattern.url_patterns, inner)


def takes_post(name: str, pattern: URLPattern) -> bool:
    view_class = getattr(pattern.callback, "view_class", None)
    if view_class:
        return hasattr(view_class, "post") and "post" in view_class.http_method_names
    anything = dict.fromkeys(pattern.pattern.converters, UUID(int=0))
    answer = StrictClient().generic("BREW", reverse(name, kwargs=anything))
    return answer.status_code == 405 and "POST" in answer["Allow"]


def test_every_page_that_takes_a_form_is_in_the_table():
    found = {
        name
        for name, pattern in address_map()
        if not name.startswith(NOT_OURS) and takes_post(name, pattern)
    }
    assert found == FORMS.keys() | NO_PAGE.keys()


def end_of(page) -> str:
    """Where an answer ends: a path of ours, or the partner's address."""
    if page.status_code in (301, 302, 303):
        parts = urlsplit(page["Location"])
        return f"{parts.scheme}://{parts.netloc}{parts.path}"
    assert page.status_code == 200, page.content.decode()
    return page.wsgi_request.path


def says_an_error(page) -> bool:
    return 'class="erreur"' in page.content.decode() or 'id="erreurs"' in page.content.decode()


@each_form
def test_sent_twice_it_ends_where_it_ended_once(make):
    form = make()
    first = form.send()
    second = form.send()
    assert end_of(second) == end_of(first)
    assert not says_an_error(second)


@each_form
def test_what_it_reached_can_be_reloaded_and_read_in_the_other_language(make):
    form = make()
    page = form.send()
    if end_of(page).startswith("http"):
        return  # the partner's own page
    address = page.wsgi_request.get_full_path()
    assert page.wsgi_request.method == "GET"
    assert end_of(form.person.opens(address)) == end_of(page)
    english = form.person.opens(address + ("&" if "?" in address else "?") + "lang=en")
    assert end_of(english) == end_of(page)
    assert '<html lang="en"' in english.content.decode()


@each_form
def test_what_was_done_is_done_once(make):
    """One account, one session more, one mail: the second time adds nothing."""
    form = make()
    form.send()
    before = User.objects.count(), Session.objects.count(), Outbox.objects.count()
    form.send()
    after = User.objects.count(), Session.objects.count(), Outbox.objects.count()
    # « Recevoir le lien » sends one each time: the newest is the one that counts.
    assert after[:2] == before[:2]
    assert after == before or make is password_forgotten


@pytest.mark.parametrize("name", ["accounts:sign_up", "accounts:password_forgotten"])
def test_the_page_that_is_reached_twice_still_knows_the_partner(name):
    form = FORMS[name]()
    form.send()
    page = form.send()
    assert page.context["destination"].partner_name == "impots.nc"


def test_a_reset_sent_twice_leads_on_to_the_partner():
    form = password_new()
    form.send()
    page = form.send()
    assert "Continuer vers impots.nc" in page.content.decode()


def test_a_used_link_says_nothing_of_another_password():
    """Sent again with another password than the one that counts, it is not told as done."""
    form = password_new()
    form.send()
    form.fields |= {"password1": "Autre Lagon 2026", "password2": "Autre Lagon 2026"}
    page = form.send()
    assert page.status_code == 410
    assert "Ce lien a déjà servi" in page.content.decode()
    assert User.objects.get().check_password(NEW)


def test_a_used_link_is_no_way_to_try_passwords():
    form = password_new()
    form.send()
    for number in range(12):
        form.fields |= {"password1": f"Essai {number} 2026 Lagon"}
        assert form.send().status_code in (410, 429)
    form.fields |= {"password1": NEW}
    assert form.send().status_code in (410, 429)


def test_a_consent_that_is_out_of_date_is_asked_again_and_leads_on():
    """Signed in anew in another tab: the page of before is not a dead end."""
    form = consent()
    person = form.person
    page = person.opens("/connexion/?encore=1")
    fields = {"username": person.email, "password": person.password}
    person.submits("/connexion/?encore=1", hidden_fields(page) | fields)
    page = form.send()
    assert 'name="allow"' in page.content.decode()
    again = Sent(person, page.context["action"], hidden_fields(page) | {"allow": "1"})
    assert end_of(again.send()) == CALLBACK


class TestSignedInMeanwhile:
    """Two people share a browser; what one of them did is not told to the other."""

    PAGES = (sign_up, password_forgotten, activation_renewal)

    def sister_signs_in(self, person: EndUser) -> EndUser:
        sister = EndUser(person.client, email="rose@exemple.nc")
        sister.has_an_account()
        page = sister.opens("/connexion/?encore=1")
        fields = {"username": sister.email, "password": sister.password}
        sister.submits("/connexion/?encore=1", hidden_fields(page) | fields)
        return sister

    @pytest.mark.parametrize("make", PAGES)
    def test_as_another_the_page_of_the_first_is_not_shown(self, make):
        form = make()
        address = form.send().wsgi_request.get_full_path()
        self.sister_signs_in(form.person)
        page = form.person.client.get(address)
        assert page.status_code == 302
        assert form.person.email not in page.content.decode()

    @pytest.mark.parametrize(
        "name", ["accounts:activated", "accounts:mail_sent", "accounts:password_sent"]
    )
    def test_who_comes_without_a_form_is_told_nothing(self, name):
        page = StrictClient().get(reverse(name))
        assert page.status_code == 302
        assert page["Location"] == "/connexion/"

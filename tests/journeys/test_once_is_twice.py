"""Once is as good as twice: a form that is sent again ends where it ended the first time.

The cases are made from the address map: every page of ours that takes a form has a line in
``FORMS``, or its reason in ``NO_PAGE``; a new one without either fails here.
"""

from uuid import UUID

import pytest
from django.urls import URLPattern, get_resolver, reverse

from accounts.models import Session, User
from ncconnect.mail.models import Outbox
from tests.actors import EndUser, hidden_fields
from tests.journeys.every_form import (
    FORMS,
    NEW,
    Sent,
    activation_renewal,
    consent,
    each_form,
    end_of,
    password_forgotten,
    password_new,
    says_an_error,
    sign_up,
)
from tests.relying_party import CALLBACK
from tests.strict_client import StrictClient

pytestmark = pytest.mark.django_db

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

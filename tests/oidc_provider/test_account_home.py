"""« Mon compte », its first page: the state at a glance, and nothing of anybody else's."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Identity
from tests.oidc_provider.test_services import text
from tests.oidc_provider.test_statements import at_most
from tests.relying_party import RelyingParty

PAGE = "/mon-compte/"


@pytest.fixture
def neighbour(stranger):
    stranger.has_an_account()
    stranger.signs_in()
    return stranger


def glance(person) -> str:
    return text(person.opens(PAGE))


def test_a_person_is_greeted_by_their_first_name_where_it_is_known(end_user, neighbour):
    end_user.account = end_user.has_an_account()
    end_user.signs_in()
    assert "Bonjour" not in glance(end_user)
    Identity.objects.create(user=end_user.account, given_names=["Moana", "Élise"])
    assert "Bonjour Moana " in glance(end_user)
    assert "Bonjour" not in glance(neighbour)


def test_they_read_when_they_signed_in_before(end_user, time_machine):
    end_user.has_an_account()
    end_user.signs_in()
    assert "C’est la première fois que vous vous connectez." in glance(end_user)
    time_machine.move_to(timezone.now() + timedelta(days=3))
    end_user.signs_out()
    end_user.signs_in()
    page = end_user.opens(PAGE)
    assert "première fois" not in text(page)
    assert "Ce n’était pas vous ?" in text(page)
    denied = end_user.opens(re.search(r'href="([^"]*evenement=[^"]*)"', page.text)[1])
    assert "Ce n’était pas vous ?" in text(denied)


def test_they_find_the_services_where_they_were(end_user, neighbour):
    impots = RelyingParty.registered()
    ville = RelyingParty.registered(client_id="ville", client_name="Ville")
    end_user.has_an_account()
    end_user.signs_in()
    assert "Vous n’avez pas encore utilisé de service." in glance(end_user)
    impots.tokens(end_user)
    ville.tokens(neighbour)
    assert "impots.nc" in glance(end_user)
    assert "Ville" not in glance(end_user)


@pytest.mark.django_db
def test_the_page_asks_the_database_little(end_user):
    end_user.has_an_account()
    end_user.signs_in()
    RelyingParty.registered().tokens(end_user)
    with at_most(5):
        glance(end_user)

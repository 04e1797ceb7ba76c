"""Sessions in the administration site: seen, and ended like any other."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import Session
from ncconnect.audit.models import Event
from oidc_provider.models import LogoutNotice
from tests import staff
from tests.actors import EndUser
from tests.relying_party import RelyingParty
from tests.strict_client import StrictClient

pytestmark = pytest.mark.django_db
LIST = "admin:accounts_session_changelist"


@pytest.fixture
def agent():
    return staff.agent(EndUser(StrictClient(), email="agent@exemple.nc"), "support")


@pytest.fixture
def session(end_user) -> Session:
    """Of a person who visited a partner that wants to be told."""
    user = end_user.has_an_account()
    end_user.signs_in()
    RelyingParty.registered(backchannel_logout_uri="https://impots.example.nc/fin").code(end_user)
    return Session.objects.get(user=user)


def test_a_session_can_be_looked_at(agent, session):
    assert session.user.email in agent.opens(reverse(LIST)).content.decode()
    page = agent.opens(reverse("admin:accounts_session_change", args=[session.pk]))
    assert page.status_code == 200
    assert str(session.pk) in page.content.decode()


def test_what_ran_out_is_not_listed(agent, session):
    past = timezone.now() - timedelta(minutes=1)
    Session.objects.filter(pk=session.pk).update(expire_date=past)
    assert session.user.email not in agent.opens(reverse(LIST)).content.decode()


@pytest.mark.parametrize("way", ["one", "selected"])
def test_ended_by_staff_it_is_told_to_its_partners(agent, session, way):
    if way == "one":
        agent.opens(reverse("admin:accounts_session_delete", args=[session.pk]))
    else:
        agent.opens(reverse(LIST))
        agent.submits(action="delete_selected", _selected_action=str(session.pk))
    assert Session.objects.filter(pk=session.pk).exists()
    agent.submits(post="yes")  # are you sure?
    assert not Session.objects.filter(pk=session.pk).exists()
    assert Event.objects.get(event="session_ended").facts["reason"] == "staff"
    assert LogoutNotice.objects.count() == 1

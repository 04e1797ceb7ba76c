"""Closing an account, by staff."""

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from accounts.models import Session, User
from accounts.signals import credentials_revoked
from ncconnect.audit.models import Event
from tests import staff
from tests.actors import EndUser
from tests.strict_client import StrictClient

pytestmark = pytest.mark.django_db


@pytest.fixture
def agent(stranger) -> EndUser:
    stranger.client = StrictClient()
    return staff.agent(stranger, "support")


def acts(agent: EndUser, action: str, user: User):
    """In the list of accounts, tick one and choose an action."""
    agent.opens(reverse("admin:accounts_user_changelist"))
    return agent.submits(action=action, _selected_action=[str(user.pk)])


def test_a_suspended_account_loses_what_it_opened_and_keeps_its_data(end_user, agent):
    user = end_user.has_an_account()
    end_user.signs_in()
    revoked = []
    credentials_revoked.connect(
        lambda user, **_: revoked.append(user), weak=False, dispatch_uid="t"
    )
    try:
        acts(agent, "suspend", user)
    finally:
        credentials_revoked.disconnect(dispatch_uid="t")
    assert not Session.objects.filter(user=user).exists()
    assert revoked == [user]
    assert end_user.opens("/mon-compte/").request["PATH_INFO"] == "/connexion/"
    assert "Compte suspendu" in end_user.signs_in().content.decode()


def test_a_restored_account_signs_in_as_before(end_user, agent):
    user = end_user.has_an_account()
    acts(agent, "suspend", user)
    acts(agent, "restore", user)
    end_user.signs_in()
    assert end_user.opens("/mon-compte/").request["PATH_INFO"] == "/mon-compte/"


def test_each_act_of_staff_leaves_its_trace(end_user, agent):
    user = end_user.has_an_account()
    acts(agent, "suspend", user)
    trace = Event.objects.get(event="account_suspended")
    assert trace.user_id == user.pk
    assert trace.actor_id == User.objects.get(email=agent.email).pk


def test_support_sees_no_password_and_signs_in_like_everybody(end_user, agent, client):
    user = end_user.has_an_account()
    page = agent.client.get(reverse("admin:accounts_user_change", args=[user.pk])).content.decode()
    assert "argon2" not in page
    assert 'name="password' not in page
    assert EndUser(client).opens("/admin/").request["PATH_INFO"] == "/connexion/"


def test_a_person_who_is_no_agent_is_told_so(end_user):
    end_user.has_an_account()
    end_user.signs_in()
    assert end_user.opens("/admin/").status_code == 403


def test_an_agent_without_the_permission_cannot_suspend(end_user, stranger):
    user = end_user.has_an_account()
    agent = staff.agent(stranger)
    agent.account.user_permissions.add(Permission.objects.get(codename="view_user"))
    listed = reverse("admin:accounts_user_changelist")
    assert b"_selected_action" not in agent.opens(listed).content
    agent.forges(listed, {"action": "suspend", "_selected_action": str(user.pk)})
    user.refresh_from_db()
    assert user.is_active

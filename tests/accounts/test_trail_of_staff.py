"""What staff change of powers is written down: who, whom, what. Nothing is of the others."""

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.models import Group, Permission
from django.urls import reverse

from accounts.models import User
from ncconnect.audit.models import Event
from ncconnect.mail.models import Outbox
from tests import staff
from tests.actors import EndUser
from tests.page_forms import form_of
from tests.strict_client import StrictClient

pytestmark = pytest.mark.django_db


@pytest.fixture
def agent():
    """Who manages groups, and sends mails again: the role's permissions, and no other."""
    agent = EndUser(StrictClient(), email="agent@exemple.nc")
    agent.account = agent.has_an_account(is_staff=True)
    names = ("add_group", "change_group", "delete_group", "view_group")
    names += ("view_outbox", "change_outbox", "view_user", "change_user")
    agent.account.user_permissions.set(Permission.objects.filter(codename__in=names))
    agent.signs_in()
    return agent


def told(event: str) -> list[tuple]:
    return [(e.actor_id, e.user_id, e.facts) for e in Event.objects.filter(event=event)]


def test_a_group_that_is_made_changed_and_deleted(agent):
    view, change = (Permission.objects.get(codename=f"{w}_outbox") for w in ("view", "change"))
    agent.submits(
        reverse("admin:auth_group_add"), {"name": "Accueil", "permissions": [view.pk, change.pk]}
    )
    group = Group.objects.get()
    address = reverse("admin:auth_group_change", args=[group.pk])
    agent.submits(address, {"name": "Accueil", "permissions": [view.pk]})
    agent.submits(reverse("admin:auth_group_delete", args=[group.pk]), {"post": "yes"})
    assert not Group.objects.exists()
    powers = (["change_outbox", "view_outbox"], ["view_outbox"], [])
    assert told("group_changed") == [
        (agent.account.pk, None, {"group": "Accueil", "permissions": may}) for may in powers
    ]


def test_several_groups_deleted_at_once(agent):
    for name in ("Accueil", "Mairie"):
        Group.objects.create(name=name)
    ticked = list(Group.objects.values_list("pk", flat=True))
    data = {"action": "delete_selected", "_selected_action": ticked, "post": "yes"}
    agent.tampers(reverse("admin:auth_group_changelist"), data)
    assert {facts["group"] for _, _, facts in told("group_changed")} == {"Accueil", "Mairie"}


def test_the_groups_that_a_person_is_given(agent):
    group = Group.objects.create(name="Accueil")
    person = User.objects.create_user("jean@exemple.nc")
    other = User.objects.create_user("autre@exemple.nc")
    fields = {"language": "fr", "is_staff": "on", "groups": [group.pk]}
    agent.submits(reverse("admin:accounts_user_change", args=[person.pk]), fields)
    facts = {"fields": ["is_staff", "groups"], "is_staff": True, "groups": ["Accueil"]}
    assert told("staff_change") == [(agent.account.pk, person.pk, facts)]
    assert not other.groups.exists()


POWERS = {"language": "fr", "is_staff": "on"}


def test_nobody_gives_themselves_powers(agent):
    group = Group.objects.create(name="Accueil")
    address = reverse("admin:accounts_user_change", args=[agent.account.pk])
    agent.opens(address)
    form = form_of(agent.page, "language")
    assert not form.names & {"groups", "is_staff"}
    form.forged_by(agent.client, POWERS | {"groups": [group.pk]})
    assert not agent.account.groups.exists()


def test_who_helps_people_gives_nobody_powers(stranger):
    """Else a support agent makes an accomplice of staff, in any group."""
    support = staff.agent(stranger, "support")
    group = Group.objects.create(name="Direction")
    person = User.objects.create_user("jean@exemple.nc")
    support.opens(reverse("admin:accounts_user_change", args=[person.pk]))
    form = form_of(support.page, "language")
    assert not form.names & {"groups", "is_staff"}
    form.forged_by(support.client, POWERS | {"language": "en", "groups": [group.pk]})
    person.refresh_from_db()
    assert person.language == "en"
    assert not person.is_staff
    assert not person.groups.exists()


def test_a_mail_that_is_sent_again(agent):
    dead, waiting = (
        Outbox.objects.create(
            name="password_changed", to="m@exemple.nc", language="fr", state=state
        )
        for state in (Outbox.State.DEAD, Outbox.State.PENDING)
    )
    data = {"action": "send_again", "_selected_action": [str(dead.pk), str(waiting.pk)]}
    agent.submits(reverse("admin:mail_outbox_changelist"), data)
    dead.refresh_from_db()
    assert dead.state == Outbox.State.PENDING
    facts = {"what": "Outbox", "key": str(dead.pk)}
    assert told("sent_again") == [(agent.account.pk, None, facts)]


def test_a_group_s_permissions_are_those_of_its_members_and_of_nobody_else(stranger):
    """Powers come by groups: without them a role would have to be a superuser."""
    group = Group.objects.create(name="Accueil")
    group.permissions.set(Permission.objects.filter(codename="view_outbox"))
    member, other = EndUser(StrictClient()), stranger
    for person in (member, other):
        person.account = person.has_an_account(is_staff=True)
        person.signs_in()
    member.account.groups.add(group)
    lists = [reverse(f"admin:{name}_changelist") for name in ("mail_outbox", "accounts_user")]
    assert [member.opens(address).status_code for address in lists] == [200, 403]
    assert [other.opens(address).status_code for address in lists] == [403, 403]


def test_django_s_own_way_in_is_closed():
    EndUser(StrictClient()).has_an_account()
    assert authenticate(username="moana@exemple.nc", password="Tortue Luth 2026") is None

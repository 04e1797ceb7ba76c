"""Two agents on one page, an hour apart: neither undoes what a colleague, or the owner, did."""

import json

import pytest
from django.contrib.auth.models import Group, Permission
from django.urls import reverse

from accounts.models import Details, Identity, User
from ncconnect.audit.models import Event
from oidc_provider.models import RelyingParty as Model
from tests import staff
from tests.actors import EndUser
from tests.at_once import at_once
from tests.page_forms import form_of
from tests.relying_party import RelyingParty, metadata
from tests.strict_client import StrictClient

pytestmark = pytest.mark.django_db
MEANWHILE = "Quelqu’un a changé cette valeur"


def an_agent(email: str, *roles: str) -> EndUser:
    return staff.agent(EndUser(StrictClient(), email=email), *roles)


@pytest.fixture
def agent():
    return an_agent("agent@exemple.nc", "support", "managers", "partners")


@pytest.fixture
def person():
    user = User.objects.create_user("jean@exemple.nc")
    Details.objects.create(user=user, phone_number="+687751234", phone_number_verified=True)
    Identity.objects.create(user=user, family_name="Néa", given_names=["Jean"], level=1)
    return user


def opened(agent, person):
    return form_of(agent.opens(reverse("admin:accounts_user_change", args=[person.pk])), "language")


def test_what_a_colleague_changed_in_another_field_of_the_row_stays(agent, person):
    form = opened(agent, person)
    Identity.objects.update(family_name="Wamytan")
    Details.objects.update(locality="Koné")
    User.objects.filter(pk=person.pk).update(language="en")
    changes = {"identity-0-usage_name": "Tein", "details-0-nickname": "Jano"}
    assert form.sent_by(agent.client, **changes).status_code == 302
    identity, details = Identity.objects.get(), Details.objects.get()
    assert (identity.family_name, identity.usage_name) == ("Wamytan", "Tein")
    assert (details.locality, details.nickname) == ("Koné", "Jano")
    assert User.objects.get(pk=person.pk).language == "en"
    event = Event.objects.get(event="staff_change")
    assert event.facts == {"fields": ["usage_name", "nickname"]}


@pytest.mark.parametrize("field", ["identity-0-family_name", "details-0-locality"])
def test_the_same_field_changed_by_two_is_told_to_the_second_and_nothing_is_written(
    agent, person, field
):
    form = opened(agent, person)
    Identity.objects.update(family_name="Wamytan")
    Details.objects.update(locality="Koné")
    before = [list(model.objects.order_by("pk").values()) for model in (User, Identity, Details)]
    page = form.sent_by(agent.client, **{field: "Poindimié", "language": "en"})
    assert page.status_code == 200
    assert MEANWHILE in page.content.decode()
    assert before == [
        list(model.objects.order_by("pk").values()) for model in (User, Identity, Details)
    ]
    assert not Event.objects.filter(event="staff_change").exists()


def test_both_giving_the_same_value_are_no_conflict(agent, person):
    form = opened(agent, person)
    Identity.objects.update(family_name="Wamytan")
    assert form.sent_by(agent.client, **{"identity-0-family_name": "Wamytan"}).status_code == 302


def test_the_groups_that_a_colleague_gave_meanwhile_stay(agent, person):
    group = Group.objects.create(name="Accueil")
    form = opened(agent, person)
    person.groups.add(group)
    assert form.sent_by(agent.client, language="en").status_code == 302
    assert list(person.groups.all()) == [group]


def test_an_identity_that_a_colleague_added_meanwhile_is_not_written_over(agent):
    person = User.objects.create_user("jean@exemple.nc")
    form = opened(agent, person)
    Identity.objects.create(user=person, family_name="Wamytan", level=1)
    changes = {"identity-TOTAL_FORMS": "1", "identity-0-user": str(person.pk)}
    page = form.forged_by(
        agent.client, changes | {"identity-0-family_name": "Néa", "identity-0-level": "0"}
    )
    assert page.status_code == 200
    assert MEANWHILE in page.content.decode()
    assert Identity.objects.get().family_name == "Wamytan"


def test_a_partner_that_a_colleague_changed_meanwhile_is_not_written_over(agent):
    RelyingParty.registered()
    record = Model.objects.get()
    address = reverse("admin:oidc_provider_relyingparty_change", args=[record.pk])
    form = form_of(agent.opens(address), "metadata")
    Model.objects.update(name="Direction des services fiscaux")
    page = form.sent_by(agent.client, metadata=json.dumps(metadata(client_name="Impôts")))
    assert page.status_code == 200
    assert MEANWHILE in page.content.decode()
    record.refresh_from_db()
    assert record.name == "Direction des services fiscaux"


@pytest.mark.parametrize("act", ["change", "delete"])
def test_nobody_changes_the_powers_of_a_group_of_their_own(agent, act):
    """Else whoever manages groups gives themselves every permission, by the group they are in."""
    own, other = Group.objects.get(name="managers"), Group.objects.create(name="Accueil")
    before = set(own.permissions.all())
    every = [str(each.pk) for each in Permission.objects.filter(codename__endswith="event")]
    form = form_of(agent.opens(reverse("admin:auth_group_add")), "name")
    data = {"change": {"name": "managers", "permissions": every}, "delete": {"post": "yes"}}[act]
    for group, status in ((own, 403), (other, 302)):
        form.address = reverse(f"admin:auth_group_{act}", args=[group.pk])
        assert form.forged_by(agent.client, data | {"name": group.name}).status_code == status
    assert set(Group.objects.get(name="managers").permissions.all()) == before


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("needs_postgresql")
def test_two_agents_add_an_identity_at_the_same_moment():
    agents = [an_agent(f"agent{n}@exemple.nc", "support") for n in range(2)]
    person = User.objects.create_user("jean@exemple.nc")
    forms = [opened(agent, person) for agent in agents]

    def act(place: int):
        changes = {"identity-TOTAL_FORMS": "1", "identity-0-user": str(person.pk)}
        changes |= {"identity-0-family_name": f"Néa {place}", "identity-0-level": "0"}
        return forms[place].forged_by(agents[place].client, changes)

    pages = at_once(2, act)
    assert sorted(page.status_code for page in pages) == [200, 302]
    [winner] = [place for place, page in enumerate(pages) if page.status_code == 302]
    assert Identity.objects.get().family_name == f"Néa {winner}"

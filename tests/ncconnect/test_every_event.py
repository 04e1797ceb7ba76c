"""Every event of EVENTS, produced by its flow and looked at: who, whom, where, at which partner.

A new line of EVENTS fails here until it has a driver (tests/ncconnect/trail). Two people and two
partners are there each time, and the trail speaks of one of them.
"""

import pytest

from accounts.models import User
from ncconnect.audit.events import EVENTS
from ncconnect.audit.models import Event
from ncconnect.mail.models import Outbox
from oidc_provider.models import Grant
from tests.actors import EndUser
from tests.ncconnect.trail import DRIVERS, World
from tests.ncconnect.trail.world import HERE
from tests.relying_party import RelyingParty
from tests.strict_client import StrictClient

pytestmark = pytest.mark.django_db
RENEWABLE = ["authorization_code", "refresh_token"]
NOBODY = {"user_id": None, "actor_id": None, "partner": ""}


@pytest.fixture
def world(tmp_path) -> World:
    """Beside Moana and impots.nc: Jean, who is signed in at the other partner."""
    jean = EndUser(StrictClient(REMOTE_ADDR="203.0.113.9"), email="jean@exemple.nc")
    jean.has_an_account()
    jean.signs_in()
    other = RelyingParty.registered(client_id="ville", client_name="Ville", grant_types=RENEWABLE)
    partner = RelyingParty.registered(nc_consent="always", grant_types=RENEWABLE)
    partner.back_channel.defaults["REMOTE_ADDR"] = HERE
    return World(EndUser(StrictClient(REMOTE_ADDR=HERE)), partner, tmp_path, jean, other)


@pytest.mark.parametrize("name", EVENTS)
def test_the_trail_says_who_whom_where_and_at_which_partner(world, name):
    """And of what the driver does not name: nobody. A flow that forgets whom it was about fails."""
    before = set(Event.objects.filter(event=name).values_list("pk", flat=True))
    expected = NOBODY | DRIVERS[name](world)
    [event] = Event.objects.filter(event=name).exclude(pk__in=before)
    assert {member: getattr(event, member) for member in expected} == expected
    if "network" in expected:
        assert event.reference.startswith("NC-")


@pytest.mark.parametrize("name", EVENTS)
def test_nothing_of_it_happens_to_the_others(world, name):
    """Jean is at both partners. What Moana does, or has done to her, leaves his rows as they are,
    his session open and his tokens good; what a partner does, all that is the other's."""
    if name == "refresh_token_reused":  # its driver registers the partner anew, as a public one
        tokens = {"ville": world.other.tokens(world.jean)}
    else:
        tokens = {p.client_id: p.tokens(world.jean) for p in (world.other, world.partner)}
    before = rows_of(world.jean)
    DRIVERS[name](world)
    ended = {"impots"} if name == "partner_suspended" else set()
    after = rows_of(world.jean)
    changed = {model for model in before if before[model] != after[model]}
    assert changed == ({Grant} if ended else set())
    for client_id, held in tokens.items():
        answered = world.other.userinfo(held["access_token"]).status_code
        assert answered == (401 if client_id in ended else 200)
    assert world.jean.opens("/mon-compte/").context["user"].email == world.jean.email
    assert "refresh_token" in world.other.refreshes(tokens["ville"]["refresh_token"]).json()


def rows_of(person: EndUser) -> dict:
    """All that the database holds of a person, by table; the trail and what waits for them too."""
    user = User.objects.get(email=person.email)
    held = {User: User.objects.filter(pk=user.pk), Outbox: Outbox.objects.filter(to=user.email)}
    held[Event] = Event.objects.filter(user_id=user.pk)
    held[Grant] = Grant.objects.filter(subject__user=user)
    for relation in User._meta.related_objects:
        model, name = relation.related_model, relation.field.name
        held[model] = model._base_manager.filter(**{name: user})
    return {model: list(rows.order_by("pk").values()) for model, rows in held.items()}


def test_no_driver_is_left_over():
    assert DRIVERS.keys() == EVENTS.keys()

"""A partner that is taken away, or closed, while somebody signs in for it: they are told, by
whatever door they come, and never left on their own account without a word."""

from urllib.parse import quote, urlencode

import pytest
from django.urls import reverse

from oidc_provider.authorize import pending
from oidc_provider.models import RelyingParty as Model
from oidc_provider.partners import registration
from tests.actors import EndUser
from tests.relying_party import RelyingParty
from tests.strict_client import StrictClient

pytestmark = pytest.mark.django_db
GONE = "Ce service n’utilise plus NC Connect"
CLOSED = "Service momentanément fermé"


@pytest.fixture
def partner():
    RelyingParty.registered(client_id="ville", client_name="Ville")
    return RelyingParty.registered(nc_consent="once", initiate_login_uri=None)


@pytest.fixture(params=["deleted", "suspended"])
def goes(request):
    """What staff do, and what the person then reads."""

    def happens() -> str:
        record = Model.objects.get(client_id="impots")
        if request.param == "deleted":
            record.delete()
            return GONE
        registration.suspend(record)
        return CLOSED

    return happens


def waiting(person: EndUser, partner: RelyingParty) -> str:
    return person.opens(partner.address()).context["next"]


def reads(page, words: str) -> bool:
    return page.status_code == 400 and words in page.content.decode()


def test_while_they_type_their_password(end_user, partner, goes):
    end_user.has_an_account()
    way = waiting(end_user, partner)
    words = goes()
    assert reads(end_user.signs_in(way=way), words)


def test_while_they_make_an_account(end_user, partner, goes):
    way = waiting(end_user, partner)
    end_user.signs_up(way=way)
    words = goes()
    page = end_user.follows_the_link("activation")
    assert page.status_code == 200
    assert page.context["next"] == way
    assert reads(end_user.signs_in(way=way), words)


def test_while_they_choose_a_new_password(end_user, partner, goes):
    end_user.has_an_account()
    way = waiting(end_user, partner)
    end_user.submits(f"/mot-de-passe-oublie/?{urlencode({'next': way})}", {"email": end_user.email})
    words = goes()
    page = end_user.follows_the_link("password_reset")
    end_user.password = "Baleine Bleue 2027"
    new = {"password1": end_user.password, "password2": end_user.password}
    page = end_user.submits(page.request["PATH_INFO"], new)
    assert quote(way, safe="") in page.content.decode()  # behind « Se connecter »
    assert reads(end_user.signs_in(way=way), words)


@pytest.mark.parametrize("button", ["allow", "deny"])
def test_while_they_read_what_it_asks(end_user, partner, goes, button):
    end_user.has_an_account()
    end_user.signs_in()
    page = end_user.opens(partner.address())
    words = goes()
    assert reads(end_user.submits(page.context["action"], {button: "1"}), words)


def test_while_they_turn_back(end_user, partner, goes):
    page = end_user.opens(partner.address())
    words = goes()
    assert reads(end_user.opens(page.context["destination"].leave_url), words)


def test_while_they_sign_in_in_another_tab(end_user, partner, goes):
    end_user.has_an_account()
    way = waiting(end_user, partner)
    words = goes()
    end_user.signs_in()
    assert reads(end_user.opens(way), words)
    assert way.startswith(pending.PATH_PREFIX)


def test_while_they_are_asked_whether_to_sign_out(end_user, partner, goes):
    """Deleted, its request is worth nothing any more; closed, they are signed out and stay here."""
    end_user.has_an_account()
    end_user.signs_in()
    page = end_user.opens(partner.logout_address(client_id="impots"))
    words = goes()
    page = end_user.submits(page.context["action"], {"allow": "1"})
    if words == GONE:
        assert reads(page, "Vous n’avez pas été déconnecté de NC Connect.")
        assert f'href="{reverse("accounts:sign_out")}"' in page.content.decode()
    else:
        assert "impots.nc n’utilise pas NC Connect en ce moment" in page.content.decode()


def test_who_comes_for_the_other_partner_goes_on(partner, goes, end_user):
    other = RelyingParty(client_id="ville")
    someone = EndUser(StrictClient(), email="jean@exemple.nc")
    someone.has_an_account()
    way = waiting(someone, other)
    goes()
    assert "code=" in someone.signs_in(way=way)["Location"]

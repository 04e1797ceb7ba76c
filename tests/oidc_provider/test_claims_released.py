"""What userinfo told of a person is written down when it goes: once, and when it changes."""

import json

import pytest

from accounts.models import Details, Identity
from ncconnect.audit.models import Event
from oidc_provider.models import Grant
from tests.at_once import at_once
from tests.oidc_provider.test_services import LIST, text
from tests.oidc_provider.test_statements import at_most
from tests.relying_party import RelyingParty

SCOPE = "openid email phone profile"
WITH_REFRESH = {"grant_types": ["authorization_code", "refresh_token"], "scope": SCOPE}


@pytest.fixture
def partner():
    return RelyingParty.registered(**WITH_REFRESH)


def released(person=None, partner="impots") -> list[list[str]]:
    """The claims of each note, in order."""
    notes = Event.objects.filter(event="claims_released", partner=partner).order_by("pk")
    return [note.facts["claims"] for note in notes if person in (None, note.user_id)]


def test_the_first_call_writes_what_it_told_and_the_others_cost_one_statement(partner, signed_in):
    token = partner.tokens(signed_in, scope="openid email")["access_token"]
    with at_most(3):
        assert partner.userinfo(token).status_code == 200
    for _ in range(2):
        with at_most(1):
            assert partner.userinfo(token).status_code == 200
    assert released(signed_in.account.pk) == [["email", "email_verified"]]


def test_only_what_was_held_and_sent_is_noted(partner, signed_in):
    token = partner.tokens(signed_in, scope="openid phone email")["access_token"]
    sent = partner.userinfo(token).json()
    assert released() == [sorted(sent.keys() - {"sub"})]
    assert "phone_number" not in released()[0]


def test_other_claims_of_the_same_grant_are_noted_again(partner, signed_in):
    token = partner.tokens(signed_in, scope="openid email phone")["access_token"]
    partner.userinfo(token)
    Details.objects.create(user=signed_in.account, phone_number="+687751234")
    with at_most(3):
        partner.userinfo(token)
    assert "phone_number" in released()[1]
    with at_most(1):
        partner.userinfo(token)
    assert len(released()) == 2


def test_another_value_of_the_same_claim_is_not(partner, signed_in):
    identity = Identity.objects.create(user=signed_in.account, family_name="Koné")
    token = partner.tokens(signed_in, scope="openid profile")["access_token"]
    partner.userinfo(token)
    identity.family_name = "Wamytan"
    identity.save()
    partner.userinfo(token)
    assert len(released()) == 1


def test_who_is_told_nothing_but_the_sub_leaves_no_note(partner, signed_in):
    token = partner.tokens(signed_in, scope="openid")["access_token"]
    with at_most(1):
        assert partner.userinfo(token).json().keys() == {"sub"}
    assert released() == []


def test_each_grant_each_partner_and_each_person_has_notes_of_its_own(partner, signed_in, stranger):
    other = RelyingParty.registered(client_id="ville", client_name="Ville", **WITH_REFRESH)
    stranger.account = stranger.has_an_account()
    stranger.signs_in()
    for _ in range(2):
        partner.userinfo(partner.tokens(signed_in, scope="openid email")["access_token"])
    other.userinfo(other.tokens(stranger, scope="openid email")["access_token"])
    assert len(released(signed_in.account.pk)) == 2
    assert len(released(stranger.account.pk, "ville")) == 1
    assert released(stranger.account.pk) == released(signed_in.account.pk, "ville") == []


def test_a_refused_token_notes_nothing(partner, signed_in):
    token = partner.tokens(signed_in, scope="openid email")["access_token"]
    signed_in.signs_out()
    assert partner.userinfo(token).status_code == 401
    assert released() == []


def test_a_refresh_goes_on_with_the_same_note(partner, signed_in):
    tokens = partner.tokens(signed_in, scope="openid email")
    partner.userinfo(tokens["access_token"])
    again = partner.refreshes(tokens["refresh_token"]).json()["access_token"]
    with at_most(1):
        assert partner.userinfo(again).status_code == 200
    assert len(released()) == 1


def test_what_an_id_token_carries_is_a_fact_of_its_event(partner, signed_in):
    asked = json.dumps({"id_token": {"email": None, "phone_number": None}})
    partner.tokens(signed_in, scope="openid email phone", claims=asked)
    partner.tokens(signed_in, scope="openid email")
    with_claims, without = Event.objects.filter(event="token_issued").order_by("pk")
    assert with_claims.facts["claims"] == ["email"]
    assert "claims" not in without.facts


def test_no_value_is_in_the_trail(partner, signed_in):
    Details.objects.create(user=signed_in.account, phone_number="+687751234")
    partner.userinfo(partner.tokens(signed_in, scope="openid email phone")["access_token"])
    note = Event.objects.get(event="claims_released")
    assert note.facts == {
        "claims": ["email", "email_verified", "phone_number", "phone_number_verified"]
    }


class TestOnThePage:
    """« A reçu », on the page of the service."""

    def test_the_last_three_the_newest_first(self, partner, signed_in):
        Details.objects.create(user=signed_in.account, phone_number="+687751234")
        for scope in ("openid profile", "openid phone", "openid email", "openid email phone"):
            partner.userinfo(partner.tokens(signed_in, scope=scope)["access_token"])
        page = signed_in.opens(f"{LIST}impots/")
        lines = [[str(word) for word in one.words] for one in page.context["received"]]
        assert lines == [
            ["votre adresse e-mail", "votre numéro de téléphone"],
            ["votre adresse e-mail"],
            ["votre numéro de téléphone"],
        ]
        with at_most(5):
            signed_in.client.get(f"{LIST}impots/")

    def test_nothing_went(self, partner, signed_in):
        partner.tokens(signed_in, scope="openid email")
        assert "Rien de noté depuis 12 mois." in text(signed_in.opens(f"{LIST}impots/"))

    def test_what_went_stays_to_be_read_after_the_access_is_withdrawn(self, partner, signed_in):
        partner.userinfo(partner.tokens(signed_in, scope="openid email")["access_token"])
        signed_in.opens(f"{LIST}impots/retirer/")
        signed_in.sends(signed_in.form("compte"))
        assert len(signed_in.opens(f"{LIST}impots/").context["received"]) == 1


@pytest.mark.django_db(transaction=True)
def test_ten_first_calls_at_once_are_noted_once(needs_postgresql, partner, signed_in):
    token = partner.tokens(signed_in, scope="openid email")["access_token"]
    answers = at_once(10, lambda place: partner.userinfo(token))
    assert {answer.status_code for answer in answers} == {200}
    assert released() == [["email", "email_verified"]]
    assert len(bytes(Grant.objects.get().released)) == 8

"""Withdrawing an agreement from one partner: the other partner and the other person keep theirs."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.utils import timezone

from accounts.models import Session, User
from ncconnect.audit.models import Event
from oidc_provider.grants import consents, lifecycle
from oidc_provider.grants.visits import Visit
from oidc_provider.models import Consent, Grant
from oidc_provider.models import RelyingParty as Registered
from tests.relying_party import CALLBACK, RelyingParty

pytestmark = pytest.mark.django_db


@pytest.fixture
def partners() -> list[RelyingParty]:
    second = "https://mairie.example.nc/retour"
    return [
        RelyingParty.registered(redirect_uris=[CALLBACK]),
        RelyingParty.registered(
            client_id="mairie",
            client_uri="https://mairie.example.nc/",
            initiate_login_uri="https://mairie.example.nc/connexion",
            redirect_uris=[second],
            post_logout_redirect_uris=[],
        ),
    ]


def test_it_ends_what_this_partner_holds_of_this_person_and_nothing_else(
    partners, end_user, stranger
):
    tokens = {}
    for person in (end_user, stranger):
        person.has_an_account()
        person.signs_in()
        for partner in partners:
            tokens[person.email, partner.client_id] = partner.tokens(person)["access_token"]
            user = User.objects.get(email=person.email)
            consents.give(user, Registered.objects.get(client_id=partner.client_id), ["email"])
    first, second = partners
    user = User.objects.get(email=end_user.email)
    consents.withdraw(user, Registered.objects.get(client_id=first.client_id))
    statuses = {
        (email, partner.client_id): partner.userinfo(tokens[email, partner.client_id]).status_code
        for email, _ in tokens
        for partner in partners
    }
    assert statuses.pop((end_user.email, first.client_id)) == 401
    assert set(statuses.values()) == {200}
    held = set(Consent.objects.values_list("user__email", "relying_party__client_id"))
    assert held == set(tokens) - {(end_user.email, first.client_id)}
    assert Event.objects.get(event="consent_withdrawn").user_id == user.pk
    assert Grant.objects.exclude(revoked_at=None).count() == 1
    assert second.userinfo(tokens[end_user.email, second.client_id]).status_code == 200


class TestJustBeforeTheCode:
    """What ends between the question whether all is there and the statement that gives the code."""

    @pytest.fixture
    def partner(self):
        return RelyingParty.registered(nc_consent="once")

    @pytest.fixture
    def person(self, partner, end_user):
        end_user.has_an_account()
        end_user.signs_in()
        partner.tokens(end_user)
        return end_user

    @pytest.fixture
    def just_before(self, monkeypatch):
        issue = lifecycle.issue

        def comes(ending) -> None:
            def late(terms, authentication):
                monkeypatch.setattr(lifecycle, "issue", issue)
                ending()
                return issue(terms, authentication)

            monkeypatch.setattr(lifecycle, "issue", late)

        return comes

    def test_who_takes_their_agreement_back_is_asked_again(self, partner, person, just_before):
        just_before(Consent.objects.all().delete)
        page = person.opens(partner.address())
        assert b'name="allow"' in page.content
        assert Grant.objects.count() == 1  # of before

    @pytest.mark.parametrize("consent", ["once", "information"])
    def test_whose_session_ends_is_asked_to_sign_in(self, person, just_before, consent):
        partner = RelyingParty.registered(nc_consent=consent)
        just_before(Session.objects.all().delete)
        page = person.opens(partner.address())
        assert b'id="login-title"' in page.content
        assert b'name="allow"' not in page.content


class TestAlways:
    """A partner registered for it asks at each sign-in: an agreement from before is none."""

    @pytest.mark.parametrize(("after", "covers"), [(-1, False), (0, True), (1, True)])
    def test_an_agreement_counts_from_the_sign_in_on(self, after, covers):
        partner = Registered(consent=Registered.Consent.ALWAYS)
        at = timezone.now()
        visit = Visit("email", at + timedelta(seconds=after))
        said = consents.covers(partner, ["email"], SimpleNamespace(user=None, at=at), visit)
        assert said is covers

"""« Mes services »: each partner that a person has reached, and what it may receive; and
« Retirer l’accès », which ends it at once, and nothing else."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import Details, Identity, Session
from ncconnect.audit.models import Event
from oidc_provider import purge
from oidc_provider.authorize.interaction import Step
from oidc_provider.models import Consent, Grant, LogoutNotice, PartnerUse, SubjectIdentifier
from oidc_provider.models import RelyingParty as Model
from oidc_provider.partners import registration
from tests.actors import EndUser, hidden_fields
from tests.oidc_provider.test_statements import at_most
from tests.relying_party import RelyingParty, answer
from tests.strict_client import StrictClient

LIST = "/mon-compte/services/"
TOLD = "https://impots.example.nc/deconnexion"
OFFLINE = {
    "scope": "openid email offline_access",
    "grant_types": ["authorization_code", "refresh_token"],
}


@pytest.fixture
def once():
    return RelyingParty.registered(nc_consent="once", backchannel_logout_uri=TOLD, **OFFLINE)


@pytest.fixture
def ville():
    """The other partner, which nothing happens to."""
    return RelyingParty.registered(
        client_id="ville", client_name="Ville", backchannel_logout_uri="https://ville.nc/adieu"
    )


@pytest.fixture
def jean():
    """The other person, at the same partner."""
    person = EndUser(StrictClient(REMOTE_ADDR="203.0.113.9"), email="jean@exemple.nc")
    person.account = person.has_an_account()
    person.signs_in()
    return person


def text(page) -> str:
    """As it is read, without the tags."""
    words = re.sub(r"<[^>]+>", " ", page.content.decode()).replace("\u00a0", " ")
    return " ".join(words.split()).replace("&#x27;", "'")


def withdraws(person, ref="impots"):
    person.opens(f"{LIST}{ref}/retirer/")
    return person.sends(person.form("compte"))


def goes_on(time_machine, duration: timedelta) -> None:
    time_machine.move_to(timezone.now() + duration)
    while purge.purge():
        pass


class TestTheList:
    def test_who_has_been_nowhere_is_led_to_the_partners(self, signed_in):
        page = signed_in.opens(LIST)
        assert "Vous n’avez pas encore utilisé de service." in text(page)
        assert f'href="{reverse("partners")}"' in page.content.decode()

    def test_each_partner_that_the_person_reached_and_no_other(self, once, ville, signed_in, jean):
        once.tokens(signed_in)
        ville.tokens(jean)
        page = signed_in.opens(LIST)
        assert [row.partner.client_id for row in page.context["services"]] == ["impots"]
        assert "Ville" not in text(page)

    def test_a_code_that_was_never_redeemed_is_no_visit(self, ville, signed_in):
        ville.code(signed_in)
        assert signed_in.opens(LIST).context["services"] == []

    def test_an_agreement_without_a_sign_in_is_there_to_be_withdrawn(self, once, signed_in):
        once.code(signed_in)
        assert "Jamais connecté" in text(signed_in.opens(LIST))

    def test_the_latest_first(self, once, ville, signed_in, time_machine):
        once.tokens(signed_in)
        time_machine.move_to(timezone.now() + timedelta(minutes=1))
        ville.tokens(signed_in)
        listed = signed_in.opens(LIST).context["services"]
        assert [row.partner.client_id for row in listed] == ["ville", "impots"]

    def test_it_is_the_person_s_own_page_and_nobody_else_s(self, once, signed_in, client):
        once.tokens(signed_in)
        stranger = EndUser(StrictClient())
        assert 'id="login-title"' in stranger.opens(LIST).content.decode()
        assert signed_in.opens(LIST)["Cache-Control"] == "no-store"

    @pytest.mark.parametrize("path", [LIST, f"{LIST}impots/", f"{LIST}impots/retirer/"])
    def test_five_statements_at_most(self, once, ville, signed_in, path):
        for _ in range(3):
            once.tokens(signed_in)
            ville.tokens(signed_in)
        with at_most(5):
            assert signed_in.client.get(path).status_code == 200


class TestWhatStays:
    """Grants go within the day; where one has been is still told."""

    def test_first_and_last_sign_in_outlive_the_grants(self, ville, signed_in, time_machine):
        start = timezone.now()
        ville.tokens(signed_in)
        goes_on(time_machine, timedelta(days=3))
        signed_in.signs_in()
        ville.tokens(signed_in)
        last = timezone.now()
        goes_on(time_machine, timedelta(days=40))
        assert not Grant.objects.exists()
        signed_in.signs_in()
        [service] = signed_in.opens(LIST).context["services"]
        assert abs(service.first_at - start) < timedelta(minutes=1)
        assert abs(service.last_at - last) < timedelta(minutes=1)

    def test_those_of_each_person_and_partner_apart(
        self, ville, once, signed_in, jean, time_machine
    ):
        ville.tokens(signed_in)
        once.tokens(jean)
        goes_on(time_machine, timedelta(days=40))
        kept = PartnerUse.objects.values_list("user__email", "relying_party__client_id")
        assert set(kept) == {(signed_in.email, "ville"), (jean.email, "impots")}

    def test_what_is_kept_twice_is_kept_once(self, ville, signed_in, time_machine):
        ville.tokens(signed_in)
        goes_on(time_machine, timedelta(days=1))
        early = PartnerUse.objects.get()
        signed_in.signs_in()
        ville.tokens(signed_in)
        goes_on(time_machine, timedelta(days=1))
        late = PartnerUse.objects.get()
        assert late.first_at == early.first_at
        assert late.last_at > early.last_at

    def test_a_suspended_partner_is_listed_as_closed(self, ville, signed_in):
        ville.tokens(signed_in)
        registration.suspend(Model.objects.get(client_id="ville"))
        assert "Ce service n’est plus ouvert." in text(signed_in.opens(LIST))
        assert "Ce service n’est plus ouvert." in text(signed_in.opens(f"{LIST}ville/"))

    def test_a_removed_partner_leaves_its_name(self, ville, once, signed_in):
        ville.tokens(signed_in)
        once.tokens(signed_in)
        Model.objects.get(client_id="ville").delete()
        page = signed_in.opens(LIST)
        assert "Ville" in text(page)
        assert "Ce service n’est plus ouvert." in text(page)
        assert signed_in.opens(f"{LIST}ville/").status_code == 404
        assert [row.partner.client_id for row in page.context["services"]] == ["impots"]


class TestOneService:
    def test_what_was_agreed_in_the_words_of_the_consent_page_with_todays_values(
        self, signed_in, time_machine
    ):
        partner = RelyingParty.registered(nc_consent="once", scope="openid email birth")
        Identity.objects.create(user=signed_in.account, birthplace="98818")
        partner.tokens(signed_in, scope="openid email")
        page = signed_in.opens(f"{LIST}impots/")
        assert "Votre adresse e-mail" in text(page)
        assert signed_in.email in page.content.decode()
        assert "98818" not in page.content.decode()
        assert "donné le" in text(page)
        partner.tokens(signed_in, scope="openid email birth")
        assert "98818" in signed_in.opens(f"{LIST}impots/").content.decode()

    def test_a_partner_that_informs_may_have_what_it_is_registered_for(self, ville, signed_in):
        Details.objects.create(user=signed_in.account, phone_number="+687751234")
        ville.tokens(signed_in, scope="openid")
        page = signed_in.opens(f"{LIST}ville/")
        assert "C’est un service public" in text(page)
        assert "Votre adresse e-mail" in text(page)
        assert "+687751234" not in page.content.decode()  # it is not registered for the phone

    def test_what_its_registration_has_lost_it_may_not_have(self, once, signed_in):
        once.tokens(signed_in, scope="openid email offline_access")
        Model.objects.update(scope="openid")
        page = signed_in.opens(f"{LIST}impots/")
        assert "Rien : il sait seulement que vous êtes la même personne" in text(page)
        assert "En votre absence" not in text(page)

    def test_access_in_absence_is_said_while_it_lasts(self, once, signed_in):
        once.tokens(signed_in, scope="openid email")
        assert "En votre absence" not in text(signed_in.opens(f"{LIST}impots/"))
        once.tokens(signed_in, scope="openid email offline_access")
        assert "En votre absence" in text(signed_in.opens(f"{LIST}impots/"))
        Grant.objects.update(revoked_at=timezone.now())
        assert "En votre absence" not in text(signed_in.opens(f"{LIST}impots/"))

    @pytest.mark.parametrize("end", ["", "retirer/"])
    @pytest.mark.parametrize(
        "ref", ["ville", "personne", "a" * 300, "%00", "%ED%B3%BF", "..%2Fx", "<b>", "é"]
    )
    def test_a_partner_that_one_has_not_reached_is_none(
        self, once, ville, signed_in, jean, ref, end
    ):
        once.tokens(signed_in)
        ville.tokens(jean)
        for method in (signed_in.client.get, signed_in.client.post):
            assert method(f"{LIST}{ref}/{end}").status_code in (403, 404, 405)
        assert Grant.objects.filter(revoked_at=None).count() == 2

    def test_in_english(self, once, signed_in):
        once.tokens(signed_in)
        page = signed_in.opens(f"{LIST}impots/?lang=en")
        assert "What impots.nc can receive" in text(page)
        assert "Withdraw access" in text(page)


class TestWithdrawing:
    def test_the_page_says_what_goes_and_what_stays(self, once, signed_in):
        once.tokens(signed_in)
        page = signed_in.opens(f"{LIST}impots/retirer/")
        assert "Retirer l’accès de impots.nc ?" in text(page)
        assert "Vos dossiers chez impots.nc ne sont pas supprimés." in text(page)
        assert Consent.objects.exists()
        assert not Grant.objects.exclude(revoked_at=None).exists()

    def test_codes_tokens_and_offline_tokens_end_at_once(self, once, signed_in):
        tokens = once.tokens(signed_in, scope="openid email offline_access")
        code = once.code(signed_in)
        page = withdraws(signed_in)
        assert "impots.nc ne reçoit plus vos informations." in text(page)
        assert once.userinfo(tokens["access_token"]).status_code == 401
        for token in (tokens["access_token"], tokens["refresh_token"]):
            described = once.calls("/oidc/introspect", {"token": token}).json()
            assert described == {"active": False}
        refreshed = once.refreshes(tokens["refresh_token"]).json()
        assert refreshed["error_description"] == "refresh_token: revoked"
        assert once.exchanges(code).json()["error_description"] == "code: revoked"
        assert not Consent.objects.exists()

    def test_the_session_stays_and_the_partner_is_told_that_its_visit_is_over(
        self, once, signed_in
    ):
        sid = once.claims(once.tokens(signed_in)["id_token"])["sid"]
        withdraws(signed_in)
        notice = LogoutNotice.objects.get()
        assert (notice.relying_party.client_id, notice.sid) == ("impots", sid)
        assert Session.objects.filter(user=signed_in.account).count() == 1
        assert signed_in.opens("/mon-compte/").status_code == 200

    def test_each_visit_of_each_browser_is_told_once(self, once, signed_in):
        once.tokens(signed_in)
        other = EndUser(StrictClient(), signed_in.email)
        other.signs_in()
        once.tokens(other)
        once.tokens(other)
        withdraws(signed_in)
        assert LogoutNotice.objects.count() == 2
        for browser in (other, signed_in):
            browser.signs_out()
        assert LogoutNotice.objects.count() == 2  # there is no visit left to tell of

    def test_the_sign_out_page_names_it_no_more(self, once, ville, signed_in):
        once.tokens(signed_in)
        ville.tokens(signed_in)
        withdraws(signed_in)
        page = signed_in.opens(ville.logout_address(client_id="ville"))
        assert "Ville" in text(page)
        assert "impots.nc" not in text(page)

    def test_nothing_happens_to_the_other_partner_or_person(self, once, ville, signed_in, jean):
        once.tokens(signed_in)
        theirs = [(once, once.tokens(jean)), (ville, ville.tokens(signed_in))]
        withdraws(signed_in)
        for partner, tokens in theirs:
            assert partner.userinfo(tokens["access_token"]).status_code == 200
        assert [row.user for row in Consent.objects.all()] == [jean.account]
        assert [event.user_id for event in Event.objects.filter(event="consent_withdrawn")] == [
            signed_in.account.pk
        ]
        assert Event.objects.get(event="consent_withdrawn").partner == "impots"
        assert LogoutNotice.objects.get().relying_party.client_id == "impots"

    def test_the_next_visit_asks_as_the_first_and_the_sub_is_the_same(self, once, signed_in):
        before = once.claims(once.tokens(signed_in)["id_token"])["sub"]
        withdraws(signed_in)
        silent = answer(signed_in.opens(once.address(prompt="none")))
        assert silent["error"] == "consent_required"
        assert b'id="consent-title"' in signed_in.opens(once.address()).content
        assert once.claims(once.tokens(signed_in)["id_token"])["sub"] == before
        assert SubjectIdentifier.objects.count() == 1

    def test_where_nothing_is_asked_the_account_is_shown_again(self, ville, signed_in):
        ville.tokens(signed_in)
        assert "code" in answer(signed_in.opens(ville.address()))
        withdraws(signed_in, "ville")
        assert b'id="continue-title"' in signed_in.opens(ville.address()).content

    def test_it_stays_in_the_list_without_an_access_to_withdraw(self, once, signed_in):
        once.tokens(signed_in)
        withdraws(signed_in)
        page = signed_in.opens(f"{LIST}impots/")
        assert "retirer/" not in page.content.decode()
        assert "Rien : il sait seulement" in text(page)

    def test_twice_is_as_good_as_once(self, once, signed_in):
        once.tokens(signed_in)
        signed_in.opens(f"{LIST}impots/retirer/")
        form = signed_in.form("compte")
        for _ in range(2):
            assert signed_in.sends(form).status_code == 200
        assert LogoutNotice.objects.count() == 1
        assert Event.objects.filter(event="consent_withdrawn").count() == 1

    def test_the_page_of_one_person_withdraws_nothing_of_another(self, once, signed_in, jean):
        once.tokens(signed_in)
        once.tokens(jean)
        signed_in.opens(f"{LIST}impots/retirer/")
        form = signed_in.form("compte")
        here = EndUser(signed_in.client, jean.email)
        here.signs_in()  # in the same browser
        token = hidden_fields(here.opens(f"{LIST}impots/retirer/"))["csrfmiddlewaretoken"]
        page = here.sends(form, csrfmiddlewaretoken=token)
        assert "Cette page n’était pas celle de ce compte." in text(page)
        assert Consent.objects.count() == 2

    def test_without_an_account_it_leads_to_the_sign_in(self, once, signed_in):
        once.tokens(signed_in)
        signed_in.opens(f"{LIST}impots/retirer/")
        form = signed_in.form("compte")
        signed_in.signs_out()
        assert 'id="login-title"' in signed_in.sends(form).content.decode()
        assert Consent.objects.exists()


@pytest.mark.parametrize("consent", ["once", "information"])
def test_who_is_asked_is_told_where_to_stop_it(signed_in, consent):
    partner = RelyingParty.registered(nc_consent=consent)
    page = signed_in.opens(partner.address(scope="openid email"))
    assert f'<a href="{LIST}">Mes services</a>' in page.content.decode()


def test_who_is_informed_before_signing_in_is_told_where_to_stop_it(partner, end_user):
    page = end_user.opens(partner.address(scope="openid email"))
    assert f'<a href="{LIST}">Arrêter ce partage</a>' in page.content.decode()


def test_a_code_is_not_given_on_an_agreement_that_was_just_taken_back(once, signed_in, monkeypatch):
    """Between the look at the agreement and the code, in another window."""
    from oidc_provider.authorize import views

    once.tokens(signed_in)
    looked, steps = views.next_step, []

    def then_withdrawn(*arguments):
        step = looked(*arguments)
        if step is Step.ISSUE and not steps:
            withdraws(EndUser(signed_in.client, signed_in.email))
        steps.append(step)
        return step

    monkeypatch.setattr(views, "next_step", then_withdrawn)
    page = signed_in.opens(once.address())
    assert steps[0] is Step.ISSUE
    assert b'id="consent-title"' in page.content
    assert not Grant.objects.filter(revoked_at=None).exists()

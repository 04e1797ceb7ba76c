"""What a person agrees to, and what is remembered of it."""

import json

import pytest

from accounts.models import Details, Identity, Session
from oidc_provider.grants import consents
from oidc_provider.models import Consent, Grant
from oidc_provider.models import RelyingParty as Model
from tests.relying_party import RelyingParty, answer


def asks(page) -> bool:
    text = page.content.decode()
    return 'name="allow"' in text and 'name="deny"' in text


def presses(end_user, page, button):
    return end_user.tampers(page.context["action"], {button: "1"})


@pytest.fixture
def partner():
    return RelyingParty.registered(nc_consent="once")


def test_the_page_says_what_goes_to_whom_under_which_account(partner, signed_in):
    page = signed_in.opens(partner.address(scope="openid email birth"))
    assert asks(page)
    text = page.content.decode()
    assert f"<dt>Votre adresse e-mail</dt><dd>{signed_in.email} (vérifié)</dd>" in text
    assert "Vos prénoms" not in text
    assert "m•••@exemple.nc" in text
    assert "Utiliser un autre compte" in text
    assert "form-action 'self' https://impots.example.nc" in page["Content-Security-Policy"]


def test_accepting_is_remembered_for_what_was_shown(partner, signed_in):
    page = signed_in.opens(partner.address(scope="openid email"))
    assert "code" in answer(presses(signed_in, page, "allow"))
    assert "code" in answer(signed_in.opens(partner.address(scope="openid email")))
    assert "code" in answer(signed_in.opens(partner.address(scope="openid")))
    assert asks(signed_in.opens(partner.address(scope="openid email birth")))


def test_refusing_goes_back_to_the_partner(partner, signed_in):
    page = signed_in.opens(partner.address())
    received = answer(presses(signed_in, page, "deny"))
    assert received["error"] == "access_denied"
    assert received["state"] == "un-etat"
    assert not Consent.objects.exists()


def test_what_one_scope_says_another_does_not_repeat(partner, signed_in):
    scopes = "openid profile email birth identite_pivot"
    Identity.objects.create(user=signed_in.account, given_names=["Moana"], birthplace="98818")
    text = signed_in.opens(partner.address(scope=scopes)).content.decode()
    assert text.count("Vos prénoms") == 1
    assert text.count("98818") == 1
    assert text.index("Vos prénoms") < text.index("Votre adresse e-mail")


class TestAlways:
    """nc_consent always: asked at each sign-in, then silent in that session."""

    @pytest.fixture
    def partner(self):
        return RelyingParty.registered(nc_consent="always")

    def test_once_in_a_session(self, partner, signed_in):
        page = signed_in.opens(partner.address())
        assert asks(page)
        assert "code" in answer(presses(signed_in, page, "allow"))
        assert "code" in answer(signed_in.opens(partner.address(prompt="none")))

    def test_for_more_than_was_agreed(self, partner, signed_in):
        presses(signed_in, signed_in.opens(partner.address(scope="openid email")), "allow")
        assert asks(signed_in.opens(partner.address(scope="openid email birth")))

    def test_again_in_the_next_session(self, partner, signed_in):
        presses(signed_in, signed_in.opens(partner.address()), "allow")
        signed_in.signs_out()
        signed_in.signs_in()
        received = answer(signed_in.opens(partner.address(prompt="none")))
        assert received["error"] == "consent_required"

    def test_again_after_signing_in_anew(self, partner, signed_in):
        presses(signed_in, signed_in.opens(partner.address()), "allow")
        signed_in.opens(partner.address(prompt="login"))
        assert asks(signed_in.signs_in(way=signed_in.page.context["next"]))


class TestInformation:
    """nc_consent information: the person is told, not asked."""

    @pytest.fixture
    def partner(self):
        return RelyingParty.registered(nc_consent="information")

    def test_unless_the_partner_asks(self, partner, signed_in):
        partner.code(signed_in)
        page = signed_in.opens(partner.address(prompt="consent"))
        assert asks(page)
        assert "code" in answer(presses(signed_in, page, "allow"))

    def test_nothing_is_remembered_as_agreed(self, partner, signed_in):
        partner.code(signed_in)
        assert not Consent.objects.exists()


class TestContinue:
    """« Continuer vers … ? »: who sits at a shared computer may not be who signed in there."""

    @pytest.fixture
    def partner(self):
        return RelyingParty.registered()

    def is_asked(self, page) -> bool:
        return b'id="continue-title"' in page.content

    def test_it_tells_the_account_and_what_is_transmitted(self, partner, signed_in):
        page = signed_in.opens(partner.address(scope="openid email"))
        assert self.is_asked(page)
        text = page.content.decode()
        assert "m•••@exemple.nc" in text
        assert "Votre adresse e-mail" in text
        assert "Utiliser un autre compte" in text
        assert "form-action 'self' https://impots.example.nc" in page["Content-Security-Policy"]

    def test_once_a_session_and_partner(self, partner, signed_in):
        page = signed_in.opens(partner.address())
        assert "code" in answer(presses(signed_in, page, "allow"))
        assert "code" in answer(signed_in.opens(partner.address()))
        other = RelyingParty.registered(client_id="autre")
        assert self.is_asked(signed_in.opens(other.address()))

    def test_without_the_person_it_is_an_error(self, partner, signed_in):
        """Core, section 3.1.2.6: interaction_required."""
        received = answer(signed_in.opens(partner.address(prompt="none")))
        assert received["error"] == "interaction_required"

    def test_not_after_signing_in_for_this_request(self, partner, end_user):
        end_user.has_an_account()
        end_user.opens(partner.address())
        assert "code" in answer(end_user.signs_in(way=end_user.page.context["next"]))
        assert "code" in answer(end_user.opens(partner.address(prompt="none")))

    def test_not_after_signing_in_anew(self, partner, signed_in):
        signed_in.opens(partner.address(prompt="login"))
        assert "code" in answer(signed_in.signs_in(way=signed_in.page.context["next"]))

    def test_another_account_takes_the_place(self, partner, signed_in, stranger):
        stranger.has_an_account()
        page = signed_in.opens(partner.address())
        signed_in.opens(page.context["other_account"])
        assert b'id="login-title"' in signed_in.page.content
        page = signed_in.signs_in(way=signed_in.page.context["next"], username=stranger.email)
        token = partner.exchanges(answer(page)["code"]).json()["access_token"]
        assert partner.userinfo(token).status_code == 200
        assert [row.user.email for row in Session.objects.all()] == [stranger.email]

    def test_choosing_an_account_shows_it_each_time(self, partner, signed_in):
        partner.code(signed_in)
        assert self.is_asked(signed_in.opens(partner.address(prompt="select_account")))

    def test_they_may_go_back_to_the_partner(self, partner, signed_in):
        page = signed_in.opens(partner.address())
        received = answer(signed_in.opens(page.context["destination"].leave_url))
        assert received["error"] == "access_denied"
        assert received["error_description"] == "the person left without signing in"


def test_the_page_of_one_person_does_not_speak_for_another(partner, signed_in, stranger):
    page = signed_in.opens(partner.address())
    stranger.has_an_account()
    stranger.signs_in()
    again = presses(stranger, page, "allow")
    assert asks(again)
    assert "q•••@exemple.nc" in again.content.decode()
    assert not Consent.objects.exists()


def test_the_page_without_a_session_leads_to_the_sign_in(partner, signed_in):
    page = signed_in.opens(partner.address())
    signed_in.signs_out()
    assert 'id="login-title"' in presses(signed_in, page, "allow").content.decode()


def test_the_answer_needs_a_csrf_token(partner, signed_in):
    from django.test import Client

    page = signed_in.opens(partner.address())
    browser = Client(enforce_csrf_checks=True)
    browser.cookies = signed_in.client.cookies
    response = browser.post(page.context["action"], {"allow": "1"})
    assert response.status_code == 303
    assert response["Location"] == page.context["action"]  # by GET, the question is put again
    assert not Consent.objects.exists()
    assert not Grant.objects.exists()


def test_hidden_fields_change_nothing(partner, signed_in):
    page = signed_in.opens(partner.address(scope="openid"))
    data = {"allow": "1", "scope": "openid email", "redirect_uri": "https://mechant.example/"}
    page = signed_in.tampers(page.context["action"], data)
    assert page["Location"].startswith(partner.redirect_uri)
    assert partner.exchanges(answer(page)["code"]).json()["scope"] == "openid"


def test_withdrawing_ends_the_tokens(partner, signed_in):
    page = signed_in.opens(partner.address(scope="openid email"))
    code = answer(presses(signed_in, page, "allow"))["code"]
    token = partner.exchanges(code).json()["access_token"]
    consents.withdraw(signed_in.account, Model.objects.get())
    assert partner.userinfo(token).status_code == 401
    assert asks(signed_in.opens(partner.address(scope="openid email")))


def test_a_claim_named_alone_is_asked_by_its_own_words_and_remembered(partner, signed_in):
    asked = {"scope": "openid", "claims": json.dumps({"userinfo": {"name": {"essential": True}}})}
    page = signed_in.opens(partner.address(**asked))
    assert "votre nom complet" in page.content.decode()
    assert "code" in answer(presses(signed_in, page, "allow"))
    assert "code" in answer(signed_in.opens(partner.address(**asked)))
    assert asks(signed_in.opens(partner.address(scope="openid profile")))


class TestTruth:
    """The page tells what will be sent, as it will be, and apart what is asked and not held."""

    SCOPES = "openid profile email phone address birth"

    @pytest.fixture
    def partner(self):
        return RelyingParty.registered(nc_consent="once", scope=self.SCOPES)

    def told(self, partner, signed_in, **asked):
        return signed_in.opens(partner.address(**{"scope": self.SCOPES} | asked)).context["told"]

    def test_each_value_of_a_full_identity_is_shown_and_is_what_is_sent(self, partner, signed_in):
        Identity.objects.create(
            user=signed_in.account,
            given_names=["Moana", "Rose"],
            family_name="Koné",
            birthdate="1980-05-12",
            gender="female",
            level=1,
        )
        Details.objects.create(user=signed_in.account, phone_number="+687751234", locality="Koné")
        page = signed_in.opens(partner.address(scope=self.SCOPES))
        text = page.content.decode()
        for shown in ("Moana Rose", "Koné", "12 mai 1980", "féminin", "+687751234 (non vérifié)"):
            assert shown in text
        code = answer(presses(signed_in, page, "allow"))["code"]
        sent = partner.userinfo(partner.exchanges(code).json()["access_token"]).json()
        lines = [words for lines in page.context["told"].held.values() for words, _ in lines]
        merged = {"sub", "first_name", "name", "email_verified", "phone_number_verified"}
        assert len(lines) == len(sent.keys() - merged)

    def test_who_gave_an_address_alone_is_told_of_no_name(self, partner, signed_in):
        told = self.told(partner, signed_in)
        held = [str(words) for lines in told.held.values() for words, _ in lines]
        assert "votre adresse e-mail" in held
        assert not {"vos prénoms", "votre date de naissance", "votre sexe"} & set(held)
        lacking = [str(words) for words in told.lacking]
        assert {"vos prénoms", "votre date de naissance", "votre adresse postale"} <= set(lacking)
        assert not set(held) & set(lacking)

    def test_what_is_another_persons_is_not_shown(self, partner, signed_in, stranger):
        Identity.objects.create(user=stranger.has_an_account(), family_name="Wamytan")
        assert "Wamytan" not in signed_in.opens(partner.address(scope=self.SCOPES)).content.decode()

    def test_what_was_not_asked_is_told_nowhere(self, partner, signed_in):
        Identity.objects.create(user=signed_in.account, family_name="Koné")
        told = self.told(partner, signed_in, scope="openid email")
        [(_title, [(words, value)])] = told.held.items()
        assert (str(words), value) == ("votre adresse e-mail", f"{signed_in.email} (vérifié)")
        assert told.lacking == []
        assert not told.in_absence

    @pytest.mark.parametrize(
        ("birthdate", "shown"),
        [("1980", "1980"), ("1980-05", "05/1980"), ("0000-05-12", "12/05/0000")],
    )
    def test_a_date_that_is_known_in_part_is_shown_in_part(
        self, partner, signed_in, birthdate, shown
    ):
        Identity.objects.create(user=signed_in.account, birthdate=birthdate)
        told = self.told(partner, signed_in, scope="openid profile")
        values = [value for lines in told.held.values() for _, value in lines]
        assert shown in values

    def test_it_is_said_how_to_stop(self, partner, signed_in):
        text = signed_in.opens(partner.address()).content.decode()
        assert "Pour arrêter ce partage plus tard" in text
        assert 'href="/contact/"' in text


class TestInformedBeforeSigningIn:
    """nc_consent information: whoever signs in for such a partner has read what it will receive."""

    def test_the_sign_in_page_lists_what_will_go(self, end_user):
        informs = RelyingParty.registered(nc_consent="information")
        text = end_user.opens(informs.address(scope="openid email")).content.decode()
        assert "Ce que impots.nc recevra de nous" in text
        assert "Votre adresse e-mail" in text
        assert "prénoms" not in text

    @pytest.mark.parametrize("consent", ["once", "always"])
    def test_a_partner_that_asks_has_a_page_for_it(self, end_user, consent):
        asks_later = RelyingParty.registered(nc_consent=consent)
        text = end_user.opens(asks_later.address(scope="openid email")).content.decode()
        assert "recevra de nous" not in text

    def test_nothing_is_listed_where_nothing_goes(self, end_user):
        informs = RelyingParty.registered(nc_consent="information")
        assert "recevra de nous" not in end_user.opens(informs.address()).content.decode()

"""The request while its person signs in: sealed, dated, of no row and no session."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.conf import settings
from django.core import signing
from django.urls import reverse
from django.utils import timezone

from accounts import return_to
from accounts.models import Session
from oidc_provider.authorize import pending
from oidc_provider.authorize.request import AuthorizationRequest
from oidc_provider.logout import request as end_session
from oidc_provider.logout.request import EndSessionRequest, InvalidLogout
from oidc_provider.models import Grant
from tests.relying_party import RelyingParty, answer

LATER = timedelta(minutes=31)
# Core, section 4: the one who initiates a login at the partner's says who they are.
START = "https://impots.example.nc/connexion?iss=http%3A%2F%2F127.0.0.1%3A8000"


@pytest.fixture
def partner():
    return RelyingParty.registered()


def carried(end_user, partner, **changes) -> str:
    """The path that the sign-in page was told to go on to."""
    return end_user.opens(partner.address(**changes)).context["next"]


def test_a_visitor_costs_no_row_no_session_and_no_statement(
    client, partner, django_assert_num_queries
):
    client.get(partner.address())
    with django_assert_num_queries(0):
        page = client.get(partner.address())
    assert page.status_code == 200
    assert page.cookies.keys() <= {"csrf"}
    assert not Session.objects.exists()


def test_the_sign_in_page_knows_the_partner(end_user, partner):
    page = end_user.opens(partner.address())
    destination = page.context["destination"]
    assert destination.partner_name == "impots.nc"
    assert destination.form_action == "https://impots.example.nc"
    assert "form-action 'self' https://impots.example.nc;" in page["Content-Security-Policy"]


def test_the_way_back_without_signing_in(end_user, partner):
    page = end_user.opens(partner.address(response_mode="form_post"))
    page = end_user.opens(page.context["destination"].leave_url)
    assert answer(page)["error"] == "access_denied"


@pytest.mark.parametrize("alter", [lambda p: p[:-5] + "/", lambda p: p[:-9] + p[-9:].swapcase()])
def test_an_altered_request_is_nothing(signed_in, partner, alter):
    path = f"{pending.PATH_PREFIX}{pending.dump(AuthorizationRequest(partner.parameters()))}/"
    page = signed_in.opens(return_to.destination(alter(path)).url)
    assert page.status_code == 400
    assert 'id="oidc-error"' in page.content.decode()


def test_what_one_seal_closed_the_other_does_not_open(partner):
    ours = AuthorizationRequest(partner.parameters())
    leaving = EndSessionRequest({"client_id": partner.client_id})
    with pytest.raises(pending.NotOurs):
        pending.load(end_session.dump(leaving))
    with pytest.raises(InvalidLogout):
        end_session.load(pending.dump(ours))


def as_it_was_signed(parameters: dict) -> str:
    """A request that waited while the service was upgraded: signed then, sealed now."""
    value = [timezone.now().timestamp(), parameters, "", ""]
    return signing.dumps(value, salt="oidc_provider.authorize", compress=True)


SEALED_BEFORE = (
    "GX2MQ2YxxoRip-uqmZUEgIZMSc4tPX6WgVbN9Jhf-ZuaZKNclwytKCRN2_JU1W4_5vdpO-sm8Pyjvs8ij5idofrz-h-"
    "Y_sRWmn-NphoEmuYSoKjMGGbI00RDFGwyeX7PBGf6Ug"
)


def test_who_was_signing_in_during_an_upgrade_goes_on():
    """Sealed then, read now: a value whose meaning changes gets another version."""
    found = pending.load(SEALED_BEFORE)
    assert found.authorization.parameters == {"client_id": "impots", "state": "un-etat"}
    assert found.authorization.received_at == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert found.authorization.hinted_sub == "un-sub"
    assert found.session == "une-session"


@pytest.mark.parametrize("way", ["PATH_PREFIX", "LEAVE_PREFIX", "CONSENT_PREFIX"])
def test_a_request_of_before_an_upgrade_is_too_old_and_has_a_way_out(signed_in, partner, way):
    word = as_it_was_signed(partner.parameters())
    page = signed_in.opens(f"{getattr(pending, way)}{word}/")
    assert page.status_code == 400
    text = page.content.decode()
    assert "Votre demande a expiré" in text
    assert f'href="{reverse("partners")}"' in text


def test_who_signs_in_meanwhile_is_signed_in_and_told(end_user, partner):
    end_user.has_an_account()
    path = f"{pending.PATH_PREFIX}{as_it_was_signed(partner.parameters())}/"
    page = end_user.signs_in(way=path)
    assert page.status_code == 400
    assert "Votre demande a expiré" in page.content.decode()
    assert Session.objects.exists()
    assert not Grant.objects.exists()


def test_a_sign_out_of_before_an_upgrade_offers_to_sign_out(signed_in, partner):
    word = signing.dumps([{}, {}, ""], salt="oidc_provider.logout", compress=True)
    page = signed_in.opens(reverse("oidc:end_session_resume", args=[word]))
    assert page.status_code == 400
    assert f'href="{reverse("accounts:sign_out")}"' in page.content.decode()
    assert Session.objects.exists()


def test_two_tabs_do_not_disturb_each_other(end_user, partner):
    end_user.has_an_account()
    paths = [carried(end_user, partner, state=state) for state in ("un", "deux")]
    end_user.signs_in()
    assert [answer(end_user.opens(path))["state"] for path in paths] == ["un", "deux"]


def test_an_old_request_ends_on_a_page_that_leads_back(signed_in, partner):
    made = AuthorizationRequest(partner.parameters(), received_at=timezone.now() - LATER)
    page = signed_in.opens(pending.path(made))
    assert page.status_code == 400
    text = page.content.decode()
    assert "Votre demande a expiré" in text
    assert f'href="{START}"' in text


def test_an_old_request_leads_the_accounts_pages_to_the_start(partner):
    made = AuthorizationRequest(partner.parameters(), received_at=timezone.now() - LATER)
    destination = return_to.destination(pending.path(made))
    assert destination.expired
    assert destination.url == START
    assert not destination.leave_url


@pytest.mark.parametrize(("late", "expired"), [(0, False), (1, True)])
def test_a_request_is_good_for_the_whole_time_that_is_promised(partner, late, expired):
    with time_machine.travel(timezone.now(), tick=False):
        age = settings.AUTHORIZATION_REQUEST_TIME + timedelta(seconds=late)
        made = AuthorizationRequest(partner.parameters(), received_at=timezone.now() - age)
        assert pending.load(pending.dump(made)).expired is expired
        assert return_to.destination(pending.path(made)).expired is expired


def test_signing_in_too_late(end_user, partner):
    end_user.has_an_account()
    path = carried(end_user, partner)
    with time_machine.travel(timezone.now() + LATER):
        page = end_user.signs_in(way=path)
    assert "code=" not in page.get("Location", "")


def test_a_partner_that_changed_meanwhile_is_checked_again(end_user, partner):
    from oidc_provider.partners.registration import register
    from tests.relying_party import metadata

    end_user.has_an_account()
    path = carried(end_user, partner)
    register(metadata(redirect_uris=["https://impots.example.nc/autre"]))
    page = end_user.signs_in(way=path)
    assert page.status_code == 400
    assert "Location" not in page


def test_a_partner_that_is_gone(end_user, partner):
    from oidc_provider.models import RelyingParty as Model

    end_user.has_an_account()
    path = carried(end_user, partner)
    Model.objects.get().delete()
    page = end_user.signs_in(way=path)
    assert "Ce service n’utilise plus NC Connect" in page.content.decode()
    assert page.status_code == 400

"""RFC 8252, section 8.6: who has taken the address of a native application is not known.

« The authorization server SHOULD NOT process authorization requests automatically without user
consent or interaction, except when the identity of the client can be assured. »
"""

import pytest

from oidc_provider.models import Consent
from tests.relying_party import RelyingParty, answer
from tests.spec.rfc8252.application import CLAIMED, LOCAL, LOCAL6, PRIVATE, Application

UNASSURED = [PRIVATE, LOCAL, "http://127.0.0.1:51004/retour"]


def asks(page) -> bool:
    return b'name="allow"' in page.content


@pytest.fixture(params=["once", "always"])
def app(request):
    return Application.registered(nc_consent=request.param)


@pytest.mark.parametrize("uri", UNASSURED)
class TestWhereAnotherMayListen:
    def test_who_agreed_before_is_asked_again(self, app, signed_in, uri):
        assert app.tokens(signed_in, redirect_uri=uri)
        for _ in range(2):
            page = signed_in.opens(app.address(redirect_uri=uri))
            assert asks(page)
            assert b'name="deny"' in page.content

    def test_nothing_is_given_in_silence(self, app, signed_in, uri):
        app.code(signed_in, redirect_uri=uri)
        page = signed_in.opens(app.address(redirect_uri=uri, prompt="none"))
        assert answer(page)["error"] == "consent_required"

    def test_nor_to_who_has_just_signed_in(self, app, signed_in, uri):
        app.code(signed_in, redirect_uri=uri)
        signed_in.signs_out()
        signed_in.opens(app.address(redirect_uri=uri))
        page = signed_in.signs_in(way=signed_in.page.context["next"])
        assert asks(page)

    def test_who_refuses_gives_nothing(self, app, signed_in, uri):
        page = signed_in.opens(app.address(redirect_uri=uri))
        page = signed_in.submits(page.context["action"], {"deny": "1"})
        assert answer(page)["error"] == "access_denied"
        assert not Consent.objects.exists()


def test_nor_by_a_page_that_leads_on_by_itself(app, signed_in):
    app.code(signed_in, redirect_uri=PRIVATE)
    assert asks(signed_in.opens(app.address(redirect_uri=LOCAL6)))


@pytest.mark.parametrize("uri", [*UNASSURED, CLAIMED])
class TestWhoAsksIsToldToBeAnApplication:
    """Section 8.6: the person alone knows whether they have just opened it."""

    WORDS = {
        "fr": "Continuez seulement si vous venez de l’ouvrir.",
        "en": "Go on only if you have just opened it.",
    }

    def is_told(self, end_user, address) -> bool:
        pages = {each: end_user.opens(f"{address}&ui_locales={each}") for each in self.WORDS}
        told = {each: self.WORDS[each] in page.content.decode() for each, page in pages.items()}
        assert len(set(told.values())) == 1, told
        return told["fr"]

    def test_where_one_signs_in(self, app, stranger, uri):
        assert self.is_told(stranger, app.address(redirect_uri=uri))

    def test_where_one_agrees(self, app, signed_in, uri):
        page = signed_in.opens(app.address(redirect_uri=uri))
        assert asks(page)
        assert self.WORDS["fr"] in page.content.decode()

    def test_where_one_goes_on_with_the_account_in_use(self, signed_in, uri):
        app = Application.registered(nc_consent="information")
        page = signed_in.opens(app.address(redirect_uri=uri))
        assert asks(page)
        assert self.WORDS["fr"] in page.content.decode()

    def test_a_site_is_called_one(self, app, stranger, signed_in, uri):
        site = RelyingParty.registered(client_id="site", nc_consent="once")
        assert not self.is_told(stranger, site.address())
        page = signed_in.opens(site.address())
        assert asks(page)
        assert self.WORDS["fr"] not in page.content.decode()


class TestOfAPublicService:
    """nc_consent information: nothing to agree to, but somebody must press the button."""

    @pytest.fixture
    def app(self):
        return Application.registered(nc_consent="information")

    def test_a_button_is_pressed_each_time(self, app, signed_in):
        for _ in range(2):
            page = signed_in.opens(app.address(redirect_uri=PRIVATE))
            assert asks(page)
            assert b'name="deny"' not in page.content
            page = signed_in.submits(page.context["action"], {"allow": "1"})
            assert answer(page)["code"]
        assert not Consent.objects.exists()

    def test_nothing_is_given_in_silence(self, app, signed_in):
        app.code(signed_in, redirect_uri=PRIVATE)
        page = signed_in.opens(app.address(redirect_uri=PRIVATE, prompt="none"))
        assert answer(page)["error"] == "interaction_required"

    def test_who_signs_in_for_it_has_read_what_goes(self, app, end_user):
        end_user.has_an_account()
        page = end_user.opens(app.address(redirect_uri=PRIVATE))
        assert "form-action 'self' nc.mairie.app:" in page["Content-Security-Policy"]
        page = end_user.signs_in(way=page.context["next"])
        assert page["Location"].startswith(f"{PRIVATE}?code=")

    def test_access_in_absence_is_asked_each_time(self, signed_in):
        app = Application.registered(nc_consent="information", scope="openid offline_access")
        for _ in range(2):
            page = signed_in.opens(app.address(redirect_uri=PRIVATE, scope="openid offline_access"))
            assert b'name="deny"' in page.content
            signed_in.submits(page.context["action"], {"allow": "1"})


class TestWhereNobodyElseListens:
    """7.2, 8.6: claimed https addresses may be accepted as proof of identity."""

    def test_an_agreement_counts(self, signed_in):
        app = Application.registered()
        app.code(signed_in, redirect_uri=CLAIMED)
        for prompt in (None, "none"):
            page = signed_in.opens(app.address(redirect_uri=CLAIMED, prompt=prompt))
            assert answer(page)["code"]

    def test_nothing_changes_for_a_public_page_of_a_site(self, signed_in):
        page = RelyingParty.registered(
            client_id="page",
            token_endpoint_auth_method="none",
            client_secret=None,
            nc_consent="once",
        )
        page.code(signed_in)
        assert answer(signed_in.opens(page.address(prompt="none")))["code"]


@pytest.mark.parametrize("origin", ["http://127.0.0.1", "https://app.mairie.example.nc", "null"])
@pytest.mark.parametrize("path", ["/oidc/token", "/oidc/userinfo", "/oidc/revoke"])
def test_no_page_reads_the_answers_to_an_application(client, origin, path):
    """At its port any page of the device may listen; the application asks without a browser."""
    Application.registered()
    headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    for sent in (client.options(path, headers=headers), client.post(path, headers=headers)):
        assert "Access-Control-Allow-Origin" not in sent
    sent = client.post(path, {"client_id": "application"}, headers={"Origin": origin})
    assert "Access-Control-Allow-Origin" not in sent

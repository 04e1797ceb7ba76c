"""Whatever is sent: no 5xx, and no redirect to a place that is not registered."""

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from oidc_provider.authorize.request import PARAMETERS
from oidc_provider.logout.request import PARAMETERS as LOGOUT_PARAMETERS
from oidc_provider.token.endpoint import TOKEN_PARAMETERS
from tests.actors import EndUser
from tests.relying_party import CALLBACK, SIGNED_OUT, RelyingParty
from tests.samples import examples
from tests.strict_client import StrictClient

anything = settings(
    max_examples=examples(60),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
words = st.text(max_size=60) | st.sampled_from(
    ["none", "login", "openid", "code", "{}", '{"id_token":{"acr":{"value":"x"}}}', "S256", "\x00"]
)


@pytest.fixture
def partner():
    return RelyingParty.registered()


@anything
@given(changes=st.dictionaries(st.sampled_from(PARAMETERS), words, max_size=6))
@example(changes={"redirect_uri": "https://[x"})
@example(changes={"claims": '{"userinfo":{"a":{"values":[NaN]}}}'})
@example(changes={"prompt": "none", "max_age": "٣"})
def test_authorize(partner, signed_in, changes):
    for page in (
        signed_in.client.get("/oidc/authorize", partner.parameters(**changes)),
        signed_in.client.post("/oidc/authorize", partner.parameters(**changes)),
    ):
        assert page.status_code in (200, 302, 303, 400)
        target = page.get("Location", "")
        assert (
            target.startswith((CALLBACK + "?", "/connexion/", "/oidc/authorize/suite/"))
            or not target
        )


@anything
@given(data=st.dictionaries(st.sampled_from(TOKEN_PARAMETERS), words, max_size=8))
@example(data={"grant_type": "refresh_token", "refresh_token": "x"})
def test_token(partner, data):
    response = partner.calls("/oidc/token", data)
    assert response.status_code in (400, 401)
    assert response.json()["error"]


@anything
@given(header=st.text(st.characters(max_codepoint=255, exclude_characters="\r\n"), max_size=60))
@example(header="Basic ")
@example(header="Bearer")
def test_authorization_headers(partner, header):
    for path in ("/oidc/token", "/oidc/revoke", "/oidc/introspect", "/oidc/userinfo"):
        response = partner.back_channel.post(path, {}, headers={"Authorization": header})
        assert response.status_code in (400, 401, 429)  # failures are counted


@anything
@given(data=st.dictionaries(st.sampled_from(LOGOUT_PARAMETERS), words, max_size=5))
@example(data={"client_id": "impots", "post_logout_redirect_uri": SIGNED_OUT})
def test_end_session(partner, signed_in, data):
    page = signed_in.client.get("/oidc/end-session", data)
    assert page.status_code in (200, 400)  # asked or refused: nobody is signed out by a link


@anything
@given(word=st.text(max_size=80))
def test_signed_words(client, word):
    endpoints = ("authorize/suite", "authorize/quitter", "authorize/accord")
    for name in (*endpoints, "end-session/suite", "end-session/confirmer"):
        page = client.get(f"/oidc/{name}/{word.replace('/', '')}/")
        assert page.status_code in (301, 302, 400, 404)


class TestNoPageEndsNowhere:
    """« Réessayer » and the languages lead to the address of a form by GET."""

    @pytest.fixture
    def browser(self, signed_in):
        """The same session, in a browser whose forms are refused."""
        browser = StrictClient(enforce_csrf_checks=True)
        browser.cookies = signed_in.client.cookies
        return EndUser(browser)

    def tries_again(self, browser, action: str):
        """Press a button of a page that is too old: it does nothing, and is asked again."""
        refused = browser.client.post(action, {"allow": "1"})
        assert refused.status_code == 303
        assert refused["Location"] == action
        return browser.opens(action)

    def test_a_consent(self, signed_in, browser):
        asking = RelyingParty.registered(nc_consent="always")
        page = signed_in.opens(asking.address())
        again = self.tries_again(browser, page.context["action"])
        assert 'id="consent-title"' in again.content.decode()

    def test_a_sign_out(self, partner, signed_in, browser):
        page = signed_in.opens(partner.logout_address())
        again = self.tries_again(browser, page.context["action"])
        assert 'name="allow"' in again.content.decode()

    def test_a_new_activation_link(self, client):
        page = client.get("/activation/nouveau-lien/", follow=True)
        assert page.status_code == 410
        assert "/inscription/" in page.content.decode()

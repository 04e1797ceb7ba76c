"""RP-Initiated Logout 1.0, section 2: whose hint, whose page, for how long, by which methods."""

import uuid
from datetime import timedelta

import pytest
from django.http import QueryDict
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Session
from oidc_provider.claims.subjects import sid_of
from oidc_provider.logout.request import EndSessionRequest, InvalidLogout, dump, load, parse
from oidc_provider.wire import parameters
from tests.relying_party import SIGNED_OUT, RelyingParty

GET, POST = "GET", "POST"


@pytest.fixture
def both(partner, signed_in, stranger):
    """Two people, in two browsers; the second one signed in later."""
    stranger.has_an_account()
    stranger.signs_in()
    return {"earlier": signed_in, "later": stranger}


class TestWhoseHint:
    @pytest.mark.parametrize("sid", [None, "", "!", "~"])
    def test_one_of_another_session_is_not_of_this_one(self, sid):
        """Before and after whatever a session is called."""
        session = uuid.uuid4()
        own = {"aud": "impots", "sub": "s", "sid": sid_of(session, "impots")}
        assert EndSessionRequest({}, (), own).is_of(session)
        assert not EndSessionRequest({}, (), own).is_of(uuid.uuid4())
        assert not EndSessionRequest({}, (), own | {"aud": "caisse"}).is_of(session)
        assert not EndSessionRequest({}, (), own | {"sid": sid}).is_of(session)

    @pytest.mark.parametrize("client_id", ["autre", "zoo"])
    def test_the_client_that_is_named_must_be_its_own(self, partner, signed_in, client_id):
        """2: the OP MUST verify that the Client Identifier matches the one used when issuing."""
        RelyingParty.registered(client_id=client_id)
        hint = partner.tokens(signed_in)["id_token"]
        page = signed_in.opens(partner.logout_address(id_token_hint=hint, client_id=client_id))
        assert page.status_code == 400
        assert Session.objects.count() == 1
        signed_in.opens(partner.logout_address(id_token_hint=hint, client_id="impots"))
        assert not Session.objects.exists()


class TestWhosePage:
    """Two browsers, one page: what is pressed counts for the session that the page was made for."""

    @pytest.mark.parametrize("button", ["allow", "deny"])
    @pytest.mark.parametrize(("whose", "by"), [("earlier", "later"), ("later", "earlier")])
    def test_that_of_another_session_is_asked_anew(self, both, partner, whose, by, button):
        action = both[whose].opens(partner.logout_address()).context["action"]
        page = both[by].tampers(action, {button: "1"})
        assert 'name="allow"' in page.content.decode()
        assert page.context["action"] != action
        assert Session.objects.count() == 2

    @pytest.mark.parametrize("who", ["earlier", "later"])
    def test_their_own_ends_their_own_session(self, both, partner, who):
        account = Session.objects.order_by("authenticated_at")[who == "later"].user
        page = both[who].opens(partner.logout_address())
        both[who].submits(page.context["action"], {"deny": "1"})
        assert Session.objects.count() == 2
        page = both[who].opens(partner.logout_address())
        both[who].submits(page.context["action"], {"allow": "1"})
        assert Session.objects.get().user != account
        assert not both[who].client.cookies["session"].value

    @pytest.mark.parametrize("button", ["allow", "deny"])
    def test_whose_session_ended_meanwhile_is_told_so(self, partner, signed_in, button):
        page = signed_in.opens(partner.logout_address())
        Session.objects.all().delete()
        page = signed_in.submits(page.context["action"], {button: "1"})
        assert 'id="logged-out"' in page.content.decode()

    def test_nobody_who_is_still_signed_in_reads_that_they_are_not(self, signed_in):
        page = signed_in.opens(reverse("oidc:logged_out"))
        assert page.request["PATH_INFO"] == reverse("accounts:sign_out")
        assert 'id="logged-out"' not in page.content.decode()


class TestTheRequestOnItsWay:
    def word(self, **values) -> str:
        return dump(EndSessionRequest({"client_id": "impots"} | values))

    def test_it_waits_for_half_an_hour_and_no_longer(self, time_machine):
        time_machine.move_to(timezone.now().replace(microsecond=0), tick=False)
        word = self.word(state="un-etat")
        time_machine.shift(timedelta(minutes=30))
        request, session = load(word)
        assert request.parameters == {"client_id": "impots", "state": "un-etat"}
        assert session == ""
        time_machine.shift(timedelta(seconds=1))
        with pytest.raises(InvalidLogout):
            load(word)

    def test_a_page_that_was_open_during_an_upgrade_is_answered(self, time_machine):
        """As an earlier version wrote it."""
        word = (
            "UKb9w6lyPRx29d63f6whf1H79PCLnL8iiIfuaDRGadBqwVqXG5ikdk_MpPqL9Ud61l1igfOwEI7gTJkRCxZYo"
            "NbM3Uhq9QlGxYeMq-6B0r0stpQ"
        )
        time_machine.move_to("2026-11-22T10:05:00Z", tick=False)
        request, session = load(word)
        assert request.parameters == {"client_id": "impots"}
        assert request.hint == {"aud": "impots", "sub": "s", "sid": "x"}
        assert session == "session"

    @pytest.mark.parametrize("page", ["end_session_resume", "end_session_confirm"])
    def test_altered_on_its_way_it_is_refused_and_nobody_signed_out(self, signed_in, page):
        answered = signed_in.opens(reverse(f"oidc:{page}", args=[self.word()[:-2] + "AA"]))
        assert answered.status_code == 400
        assert 'id="oidc-error"' in answered.content.decode()
        assert Session.objects.count() == 1

    def test_so_long_is_carried_and_one_letter_more_is_not(self, partner, monkeypatch):
        request = parse(QueryDict("client_id=impots&state=un-etat"))
        monkeypatch.setattr(parameters, "MAX_CARRIED", len(dump(request)))
        request.validate()
        monkeypatch.setattr(parameters, "MAX_CARRIED", len(dump(request)) - 1)
        with pytest.raises(InvalidLogout):
            request.validate()

    def test_the_first_of_its_faults_is_named(self, signed_in):
        page = signed_in.opens("/oidc/end-session?state=a&state=b&client_id=a&client_id=b")
        assert page.status_code == 400
        assert "client_id: sent more than once" in page.content.decode()

    @pytest.mark.parametrize("state", [None, "un-etat"])
    def test_the_state_joins_what_the_registered_address_has(self, signed_in, state):
        """3: the state is added as a query parameter, and the rest of the address stays."""
        address = f"{SIGNED_OUT}?langue=fr"
        other = RelyingParty.registered(client_id="caisse", post_logout_redirect_uris=[address])
        hint = other.tokens(signed_in)["id_token"]
        page = signed_in.opens(
            other.logout_address(id_token_hint=hint, post_logout_redirect_uri=address, state=state)
        )
        assert page["Location"] == (f"{address}&state={state}" if state else address)


class TestThePages:
    ADDRESSES = (
        ("end_session", (), {GET, POST}),
        ("end_session_resume", ("x",), {GET}),
        ("end_session_confirm", ("x",), {GET, POST}),
        ("logged_out", (), {GET}),
    )

    @pytest.mark.parametrize(("name", "arguments", "methods"), ADDRESSES)
    def test_each_answers_its_methods_and_no_other(self, name, arguments, methods):
        """2: OpenID Providers MUST support the use of the HTTP GET and POST methods.

        Whatever looks at a link before it is followed asks by HEAD: it signs nobody out.
        """
        client, address = Client(), reverse(f"oidc:{name}", args=arguments)
        for method in (GET, POST, "HEAD", "PUT", "DELETE"):
            is_refused = client.generic(method, address).status_code == 405
            assert is_refused is (method not in methods), method

    def test_the_form_may_lead_to_the_partner_only_where_its_address_was_asked_for(
        self, partner, signed_in
    ):
        """A browser refuses the redirect after the form otherwise (Content Security Policy)."""
        asked = {"client_id": "impots", "post_logout_redirect_uri": SIGNED_OUT}
        page = signed_in.opens(partner.logout_address(**asked))
        assert "form-action 'self' https://impots.example.nc" in page["Content-Security-Policy"]
        page = signed_in.opens(partner.logout_address(client_id="impots"))
        assert "impots.example.nc" not in page["Content-Security-Policy"]

    def test_a_refusal_is_read_in_the_language_of_the_browser(self, client):
        page = client.get("/oidc/end-session?client_id=x", headers={"Accept-Language": "en"})
        assert (page.status_code, page["Content-Language"]) == (400, "en")
        page = client.get("/oidc/end-session?client_id=x", headers={"Accept-Language": "fr"})
        assert (page.status_code, page["Content-Language"]) == (400, "fr")

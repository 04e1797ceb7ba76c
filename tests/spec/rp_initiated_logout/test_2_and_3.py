"""OpenID Connect RP-Initiated Logout 1.0, sections 2 to 4."""

import secrets
from datetime import timedelta

import pytest
import time_machine
from django.conf import settings
from django.utils import timezone

from accounts import purge
from accounts.models import Session
from ncconnect.audit.models import Event
from oidc_provider.models import Grant, LogoutNotice
from tests.actors import EndUser
from tests.relying_party import SIGNED_OUT, RelyingParty, answer, payload
from tests.strict_client import StrictClient

REFRESHING = {"grant_types": ["authorization_code", "refresh_token"]}


@pytest.fixture
def hint(partner, signed_in):
    return partner.tokens(signed_in)["id_token"]


def is_signed_in(end_user, partner) -> bool:
    return "code" in answer(end_user.client.get(partner.address(prompt="none")))


def presses(end_user, button: str):
    """Press a button of the page that asks."""
    return end_user.submits(end_user.page.context["action"], {button: "1"})


class TestWithAHintOfThisSession:
    def test_signed_out_and_sent_back(self, partner, signed_in, hint):
        """3: the OP redirects to post_logout_redirect_uri, with state."""
        page = signed_in.opens(
            partner.logout_address(
                id_token_hint=hint, post_logout_redirect_uri=SIGNED_OUT, state="e" * 128
            )
        )
        assert page["Location"] == f"{SIGNED_OUT}?state={'e' * 128}"
        assert not Session.objects.exists()
        assert not signed_in.client.cookies["session"].value  # before any page of ours
        assert not is_signed_in(signed_in, partner)

    def test_without_state_none_is_added(self, partner, signed_in, hint):
        page = signed_in.opens(
            partner.logout_address(id_token_hint=hint, post_logout_redirect_uri=SIGNED_OUT)
        )
        assert page["Location"] == SIGNED_OUT

    def test_without_an_address(self, partner, signed_in, hint):
        page = signed_in.opens(partner.logout_address(id_token_hint=hint))
        assert 'id="logged-out"' in page.content.decode()
        assert not Session.objects.exists()

    def test_by_post(self, partner, signed_in, hint):
        """2: OpenID Providers MUST support the use of the HTTP GET and POST methods."""
        page = signed_in.tampers(
            "/oidc/end-session", {"id_token_hint": hint, "post_logout_redirect_uri": SIGNED_OUT}
        )
        assert page["Location"] == SIGNED_OUT
        assert not Session.objects.exists()

    def test_an_expired_hint_is_accepted(self, partner, signed_in, hint):
        """4: The OP SHOULD accept ID Tokens … when the exp time has passed."""
        with time_machine.travel(payload(hint)["exp"] + 60):
            page = signed_in.opens(
                partner.logout_address(id_token_hint=hint, post_logout_redirect_uri=SIGNED_OUT)
            )
        assert page["Location"] == SIGNED_OUT

    def test_another_session_of_the_person_stays(self, partner, signed_in, stranger, hint):
        stranger.email = signed_in.email
        stranger.signs_in()
        partner.code(stranger)
        signed_in.opens(partner.logout_address(id_token_hint=hint))
        assert Session.objects.count() == 1
        assert is_signed_in(stranger, partner)


class TestWhatIsRefused:
    def refused(self, end_user, address) -> bool:
        page = end_user.opens(address)
        return (
            page.status_code == 400
            and 'id="oidc-error"' in page.content.decode()
            and Session.objects.count() == 1
        )

    @pytest.mark.parametrize(
        "uri",
        [
            SIGNED_OUT + "?foo=bar",
            SIGNED_OUT + "/",
            SIGNED_OUT + "#x",
            "https://impots.example.nc:443/au-revoir",
            "https://moi@impots.example.nc/au-revoir",
            "https://[x",
            "//mechant.example",
            "javascript:alert(1)",
        ],
    )
    def test_an_address_that_is_not_registered(self, partner, signed_in, hint, uri):
        """3: the value MUST exactly match one of the registered values."""
        address = partner.logout_address(id_token_hint=hint, post_logout_redirect_uri=uri)
        assert self.refused(signed_in, address)

    def test_an_address_without_hint_or_client(self, partner, signed_in):
        assert self.refused(signed_in, partner.logout_address(post_logout_redirect_uri=SIGNED_OUT))

    @pytest.mark.parametrize("method", ["get", "post"])
    def test_a_request_too_long_to_carry(self, signed_in, method):
        """Some proxy would cut it: a POST goes on as an address, and the question has one."""
        long = {name: secrets.token_urlsafe(3000) for name in ("state", "ui_locales")}
        page = getattr(signed_in.client, method)("/oidc/end-session", long)
        assert page.status_code == 400
        assert "request: more than 6000 characters" in page.content.decode()
        assert Session.objects.count() == 1

    def test_an_altered_hint(self, partner, signed_in, hint):
        """2: the OP MUST validate that it was the issuer of the ID Token."""
        header, body, _signature = hint.split(".")
        for forged in (f"{header}.{body}.", f"eyJhbGciOiJub25lIn0.{body}.", f"{hint}x", "eyJ.a.b"):
            assert self.refused(signed_in, partner.logout_address(id_token_hint=forged))

    def test_a_client_id_that_is_not_the_hints(self, partner, signed_in, hint):
        """2: the OP MUST verify that the Client Identifier matches the one used when issuing."""
        RelyingParty.registered(client_id="autre")
        address = partner.logout_address(id_token_hint=hint, client_id="autre")
        assert self.refused(signed_in, address)

    @pytest.mark.parametrize("client_id", ["inconnu", "a\x00b", "x" * 9_000])
    def test_an_unknown_client(self, partner, signed_in, client_id):
        assert self.refused(signed_in, partner.logout_address(client_id=client_id))


class TestWhenThePersonIsAsked:
    """2: … the OP SHOULD ask the End-User whether to log out of the OP."""

    @pytest.mark.parametrize("parameters", [{}, {"state": "x"}, {"client_id": "impots"}])
    def test_without_a_hint(self, partner, signed_in, parameters):
        page = signed_in.opens(partner.logout_address(**parameters))
        assert page.status_code == 200
        assert Session.objects.count() == 1  # a stranger's link signs nobody out
        page = presses(signed_in, "allow")
        assert 'id="logged-out"' in page.content.decode()
        assert not Session.objects.exists()

    def test_they_read_what_it_ends(self, partner, signed_in):
        RelyingParty.registered(
            client_id="caisse",
            client_name="Caisse <b>",
            backchannel_logout_uri="https://caisse.example.nc/fin",
        ).code(signed_in)
        RelyingParty.registered(client_id="jamais", client_name="Jamais vu")
        text = signed_in.opens(partner.logout_address()).content.decode()
        assert "déconnecté de NC Connect et des services suivants\u00a0: Caisse &lt;b&gt;." in text
        assert "Déconnectez-vous aussi sur\u00a0: impots.nc." in text
        assert "Jamais vu" not in text
        assert "m•••@exemple.nc" in text

    def test_they_may_stay(self, partner, signed_in):
        signed_in.opens(partner.logout_address(client_id="impots"))
        page = presses(signed_in, "deny")
        assert page.status_code == 200
        assert Session.objects.count() == 1

    def test_a_client_and_its_address(self, partner, signed_in):
        signed_in.opens(
            partner.logout_address(client_id="impots", post_logout_redirect_uri=SIGNED_OUT)
        )
        assert presses(signed_in, "allow")["Location"] == SIGNED_OUT

    def test_a_hint_of_another_session(self, partner, signed_in, stranger):
        stranger.has_an_account()
        stranger.signs_in()
        hint = partner.tokens(stranger)["id_token"]
        page = signed_in.opens(partner.logout_address(id_token_hint=hint))
        assert 'name="allow"' in page.content.decode()
        assert Session.objects.count() == 2

    def test_the_answer_needs_a_csrf_token(self, partner, signed_in):
        from django.test import Client

        signed_in.opens(partner.logout_address())
        browser = Client(enforce_csrf_checks=True)
        browser.cookies = signed_in.client.cookies
        page = browser.post(signed_in.page.context["action"], {"allow": "1"})
        assert page.status_code == 303  # to the question, which is asked again
        assert page["Location"] == signed_in.page.context["action"]
        assert Session.objects.count() == 1

    def test_the_page_of_another_session_does_not_count(self, partner, signed_in, stranger):
        signed_in.opens(partner.logout_address())
        stranger.has_an_account()
        stranger.signs_in()
        page = stranger.tampers(signed_in.page.context["action"], {"allow": "1"})
        assert 'name="allow"' in page.content.decode()
        assert Session.objects.count() == 2


class TestNobodySignedIn:
    def test_it_says_so(self, partner, client):
        page = client.get(partner.logout_address(), follow=True)
        assert 'id="logged-out"' in page.content.decode()
        assert not page.cookies

    def test_with_a_hint_the_partner_gets_its_person_back(self, partner, signed_in, hint):
        signed_in.signs_out()
        page = signed_in.opens(
            partner.logout_address(id_token_hint=hint, post_logout_redirect_uri=SIGNED_OUT)
        )
        assert page["Location"] == SIGNED_OUT


class TestASessionThatRanOut:
    """2: a hint SHOULD be accepted when its sid is of a recent session at the OP."""

    @pytest.fixture
    def told(self):
        """Another partner, that wants to be told."""
        return RelyingParty.registered(
            client_id="caisse", backchannel_logout_uri="https://caisse.example.nc/fin"
        )

    @pytest.fixture
    def hint(self, partner, signed_in, told):
        told.code(signed_in)
        return partner.tokens(signed_in)["id_token"]

    @pytest.fixture
    def later(self, hint):
        run_out = timezone.now() + settings.SESSION_IDLE_TIME + timedelta(minutes=1)
        with time_machine.travel(run_out) as clock:
            yield clock

    def notices(self) -> list[str]:
        return [*LogoutNotice.objects.values_list("relying_party__client_id", flat=True)]

    @pytest.mark.usefixtures("later")
    def test_the_others_are_told_all_the_same(self, partner, signed_in, hint):
        purge.sessions()
        page = signed_in.opens(
            partner.logout_address(id_token_hint=hint, post_logout_redirect_uri=SIGNED_OUT)
        )
        assert page["Location"] == SIGNED_OUT
        assert self.notices() == ["caisse"]
        assert not Grant.objects.filter(revoked_at=None).exists()
        assert not Session.objects.exists()
        assert Event.objects.filter(event="session_ended", user_id=signed_in.account.pk).exists()

    @pytest.mark.usefixtures("later")
    def test_a_hint_alone_ends_nothing(self, partner, stranger, hint):
        stranger.opens(partner.logout_address(id_token_hint=hint))
        assert self.notices() == []
        assert Session.objects.exists()

    @pytest.mark.parametrize("parameters", [{}, {"client_id": "impots"}, {"id_token_hint": None}])
    @pytest.mark.usefixtures("later")
    def test_nor_does_a_link_without_its_hint(self, partner, signed_in, stranger, parameters):
        stranger.has_an_account()
        stranger.signs_in()
        if "id_token_hint" in parameters:
            parameters = {"id_token_hint": partner.tokens(stranger)["id_token"]}
        signed_in.opens(partner.logout_address(**parameters))
        assert self.notices() == []
        assert Session.objects.count() == 2

    def test_the_partner_of_the_hint_lets_go_of_its_own_tokens(self, signed_in, stranger, told):
        """Its own, of that session: not those of others, of another session, nor in absence."""
        scope = {"scope": "openid offline_access"}
        mine = RelyingParty.registered(client_id="mairie", **scope, **REFRESHING)
        other = RelyingParty.registered(client_id="ecole", **REFRESHING)
        stranger.email = signed_in.email
        stranger.signs_in()
        ended, lasting = mine.tokens(signed_in), mine.tokens(signed_in, **scope)
        kept = [other.tokens(signed_in), mine.tokens(stranger), lasting]
        browser = EndUser(StrictClient())  # without any cookie of ours
        browser.opens(mine.logout_address(id_token_hint=ended["id_token"]))
        assert mine.refreshes(ended["refresh_token"]).status_code == 400
        assert mine.userinfo(ended["access_token"]).status_code == 401
        for partner, tokens in zip((other, mine, mine), kept, strict=True):
            assert partner.userinfo(tokens["access_token"]).status_code == 200
            assert partner.refreshes(tokens["refresh_token"]).status_code == 200
        assert is_signed_in(signed_in, other)
        [event] = Event.objects.filter(event="token_revoked")
        assert (event.user_id, event.partner) == (signed_in.account.pk, "mairie")

    def test_also_where_another_session_is_asked_to_confirm(self, partner, signed_in, stranger):
        mine = RelyingParty.registered(client_id="mairie", **REFRESHING)
        stranger.has_an_account()
        stranger.signs_in()
        ended, kept = mine.tokens(signed_in), mine.tokens(stranger)
        page = stranger.opens(mine.logout_address(id_token_hint=ended["id_token"]))
        assert 'name="allow"' in page.content.decode()
        assert mine.userinfo(ended["access_token"]).status_code == 401
        assert mine.userinfo(kept["access_token"]).status_code == 200

    def test_the_next_day_it_is_gone(self, partner, signed_in, hint, later):
        later.shift(settings.SESSION_ABSOLUTE_TIME)
        purge.sessions()
        assert not Session.objects.exists()
        page = signed_in.opens(partner.logout_address(id_token_hint=hint))
        assert 'id="logged-out"' in page.content.decode()
        assert self.notices() == []

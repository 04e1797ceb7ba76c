"""A request is carried whole through every door, or refused at once: Core, section 3.1.2.1.

RFC 6749, 4.1.2: « state: REQUIRED if present in the authorization request. The exact value received
from the client. » RFC 9110, 4.1, recommends 8,000 octets of an address to all that read one.
"""

import html
import random
import re
import string

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from accounts import return_to
from oidc_provider.authorize import pending
from oidc_provider.authorize.request import AuthorizationRequest
from oidc_provider.wire import parameters
from tests.actors import EndUser
from tests.near_misses import near
from tests.relying_party import RelyingParty, answer
from tests.strict_client import StrictClient

LINE = 8_190  # Apache's LimitRequestLine and LimitRequestFieldSize
HEADERS = 16_384  # Node's --max-http-header-size, for all of them
COOKIES = 1_500  # all of ours at their longest, and what every browser says of itself
LETTERS = string.ascii_letters + string.digits + "-_"


def text(size: int, seed: int = 0, letters: str = LETTERS) -> str:
    """Nothing that compresses."""
    return "".join(random.Random(seed).choices(letters, k=size))


@pytest.fixture
def partner():
    return RelyingParty.registered(nc_consent="once")


@pytest.fixture
def person(end_user) -> EndUser:
    end_user.has_an_account()
    return end_user


def arrives(person: EndUser, page, state: str) -> bool:
    """Whether the partner got its code and its state once the person has signed in and agreed."""
    page = person.signs_in(way=page.context["next"])
    page = person.submits(page.context["action"], {"allow": "1"})
    received = answer(page)
    return received["state"] == state and "code" in received


LONG = {
    "nonce": text(2_000),
    "claims": '{"id_token": {"email": {"values": ["' + text(2_000) + '"]}}}',
    "login_hint": text(2_000),
    "ui_locales": text(2_000),
    "acr_values": text(2_000),
}


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("name", LONG)
def test_a_long_parameter_reaches_the_partner(partner, person, name, method):
    state = text(2_000, seed=1)
    sent = partner.parameters(state=state, **{name: LONG[name]})
    page = getattr(person.client, method)("/oidc/authorize", sent, follow=True)
    assert page.context["destination"].partner_name == "impots.nc"
    assert arrives(person, page, state)


@near
@given(size=st.integers(1, parameters.MAX_LENGTH), more=st.integers(1, parameters.MAX_LENGTH))
@example(size=parameters.MAX_LENGTH, more=1)
@example(size=1_682, more=1)
@example(size=4_000, more=1_150)
@example(size=4_000, more=1_500)
def test_whole_or_refused_at_once(partner, client, size, more):
    """Core, 3.1.2.6: the error goes to the partner with its state; nothing is lost in silence."""
    state = text(size)
    address = partner.address(state=state, nonce=text(more, seed=1))
    page = client.get(address)
    if page.status_code == 303:
        assert answer(page)["error"] == "invalid_request"
        assert answer(page)["state"] == state
        return
    assert max(map(len, addresses(page))) <= LINE
    assert page.context["destination"].partner_name == "impots.nc"
    assert pending.load(page.context["next"].split("/")[-2]).authorization.state == state


def addresses(page) -> list[str]:
    """Where the forms and links of a page lead."""
    found = re.findall(r' (?:href|action)="([^"]*)"', page.content.decode())
    return [html.unescape(address) for address in found]


@pytest.mark.parametrize(("longest", "carried"), [(0, True), (1, True), (-1, False)])
def test_the_limit_is_told_to_the_letter(partner, monkeypatch, longest, carried):
    made = AuthorizationRequest(partner.parameters(state=text(1_000)))
    monkeypatch.setattr(pending, "MAX_CARRIED", len(pending.dump(made)) + longest)
    assert pending.fits(made) is carried


def largest(partner) -> dict:
    """The parameters of the longest request that is accepted, but for the digits of its moment."""
    few, many = 1, parameters.MAX_LENGTH
    while few < many:
        middle = (few + many + 1) // 2
        sent = partner.parameters(state=text(4_000), nonce=text(middle, seed=1))
        few, many = (
            (middle, many) if pending.fits(AuthorizationRequest(sent)) else (few, middle - 1)
        )
    return partner.parameters(state=text(4_000), nonce=text(few - 8, seed=1))


@pytest.fixture
def sent(partner) -> dict:
    return largest(partner)


def test_a_few_letters_more_are_refused(partner, client, sent):
    assert client.get("/oidc/authorize", sent).status_code == 200
    page = client.get("/oidc/authorize", sent | {"nonce": sent["nonce"] + text(24, seed=2)})
    assert answer(page)["error"] == "invalid_request"
    assert "request" in answer(page)["error_description"]
    assert answer(page)["state"] == sent["state"]


class TestDoors:
    """Every page on the way carries the longest request that was accepted."""

    @pytest.fixture
    def page(self, person, sent):
        return person.client.get("/oidc/authorize", sent, follow=True)

    def test_sign_in(self, person, page, sent):
        assert arrives(person, page, sent["state"])

    def test_the_language_of_the_page(self, person, page, sent):
        way = person.client.get("/connexion/", {"next": page.context["next"], "lang": "en"})
        assert arrives(person, person.client.get(way["Location"]), sent["state"])

    def test_another_account(self, person, sent):
        person.signs_in()
        question = person.client.get("/oidc/authorize", sent, follow=True)
        page = person.opens(question.context["other_account"])
        assert arrives(person, page, sent["state"])

    def test_the_way_back(self, person, page, sent):
        left = person.opens(page.context["destination"].leave_url)
        assert answer(left) | {"iss": ""} == {
            "error": "access_denied",
            "error_description": "the person left without signing in",
            "state": sent["state"],
            "iss": "",
        }

    def test_a_forgotten_password(self, person, page, sent):
        person.tampers(
            "/mot-de-passe-oublie/", {"email": person.email, "next": page.context["next"]}
        )
        page = person.follows_the_link("password_reset")
        assert page.context["destination"].partner_name == "impots.nc"
        assert page.context["next"] == next_of(sent, page)

    def test_a_new_account_in_this_browser(self, end_user, partner, sent):
        page = end_user.client.get("/oidc/authorize", sent, follow=True)
        page = end_user.signs_up(way=page.context["next"])
        assert page.context["destination"].partner_name == "impots.nc"
        page = end_user.follows_the_link("activation")
        assert page.context["destination"].partner_name == "impots.nc"
        assert pending.load(page.context["next"].split("/")[-2]).authorization.parameters == sent

    def test_a_new_account_activated_on_another_device(self, end_user, partner, sent):
        page = end_user.client.get("/oidc/authorize", sent, follow=True)
        end_user.signs_up(way=page.context["next"])
        end_user.client = StrictClient()
        page = end_user.follows_the_link("activation")
        assert page.context["destination"].partner_name == "impots.nc"
        page = end_user.submits(page.request["PATH_INFO"], {"password": end_user.password})
        assert page.context["destination"].partner_name == "impots.nc"


def next_of(sent: dict, page) -> str:
    return page.context["next"] if read_back(page) == sent else ""


def read_back(page) -> dict:
    return pending.load(page.context["next"].split("/")[-2]).authorization.parameters


def test_every_limit_is_under_those_of_what_carries_it(partner, person, sent):
    """The address, the same as Referer, the cookies: together within 16 kB; none of it in one."""
    person.signs_up(way="")
    page = person.client.get("/oidc/authorize", sent, follow=True)
    path = page.context["next"]
    assert len(path) <= return_to.MAX_LENGTH
    line = max(
        len(return_to.carry("/mot-de-passe-oublie/envoye/", path)),
        len(return_to.carry("/inscription/verification/", path)) + 500,  # the sealed attempt
        len(pending.CONSENT_PREFIX) + parameters.MAX_CARRIED + 60,  # the session that is asked
    )
    assert line <= LINE
    assert 2 * line + COOKIES <= HEADERS
    cookies = person.client.cookies.output(header="", sep=" ")
    assert len(cookies) < 4_096


class TestState:
    """RFC 6749, 4.1.2.1: the exact value received from the client, on a refusal too."""

    def test_one_that_is_too_long_comes_back_with_its_refusal(self, partner, client):
        state = text(parameters.MAX_LENGTH + 1)
        page = client.get(partner.address(state=state))
        assert answer(page)["error"] == "invalid_request"
        assert answer(page)["error_description"] == "state: too long"
        assert answer(page)["state"] == state

    @pytest.mark.parametrize("state", [text(parameters.MAX_TOTAL + 1), "a" * 4_097 + "\x00"])
    def test_one_that_nothing_carries_does_not(self, partner, client, state):
        page = client.post("/oidc/authorize", partner.parameters(state=state))
        assert answer(page)["error"] == "invalid_request"
        assert "state" not in answer(page)


class TestHint:
    """Core, 3.1.2.1: an ID Token that this server issued, however long we made it."""

    @pytest.fixture
    def hint(self, partner, person) -> str:
        person.signs_in()
        nonce = text(3_500)
        hint = partner.tokens(person, nonce=nonce)["id_token"]
        assert len(hint) > parameters.MAX_LENGTH
        return hint

    def test_in_silence(self, partner, person, hint):
        assert "code" in answer(person.opens(partner.address(prompt="none", id_token_hint=hint)))

    def test_through_a_sign_in(self, partner, person, hint):
        state = text(3_000)
        sent = partner.parameters(prompt="login", id_token_hint=hint, state=state)
        page = person.client.post("/oidc/authorize", sent, follow=True)
        received = answer(person.signs_in(way=page.context["next"]))
        assert received["state"] == state
        assert "code" in received

    def test_of_another_person_through_a_sign_in(self, partner, person, hint):
        other = EndUser(StrictClient(), email="une.autre@exemple.nc")
        other.has_an_account()
        page = other.client.post(
            "/oidc/authorize", partner.parameters(id_token_hint=hint), follow=True
        )
        page = other.signs_in(way=page.context["next"])
        assert answer(page)["error"] == "login_required"

    def test_at_sign_out(self, partner, person, hint):
        page = person.client.post("/oidc/end-session", {"id_token_hint": hint}, follow=True)
        assert 'id="logged-out"' in page.content.decode()

    def test_at_a_sign_out_that_asks(self, partner, person, hint):
        """A hint of an earlier session: the person is asked, and the answer is for this hint."""
        person.signs_out()
        person.signs_in()
        page = person.client.post("/oidc/end-session", {"id_token_hint": hint}, follow=True)
        page = person.submits(page.context["action"], {"allow": "1"})
        assert 'id="logged-out"' in page.content.decode()

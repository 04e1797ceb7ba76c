"""What a stranger sends costs us no more than one hash, whatever page it is sent to.

Counted rather than timed: how long the texts are that reach the functions whose cost grows faster
than the text, and how often they are reached.
"""

import unicodedata
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from django.urls import URLPattern, get_resolver
from hypothesis import given
from hypothesis import strategies as st
from zxcvbn.matching import L33T_TABLE

from accounts import passwords
from ncconnect.ratelimit import LIMITS, Limit
from tests.actors import EndUser, hidden_fields, solved
from tests.strict_client import StrictClient

pytestmark = pytest.mark.django_db

# To bring it into NFC costs the square of its length: 2 s for the 64 kB that a form may have.
ACCENTS = "a" + "\u0301" * 900 + "\u0323" * 900
# What anybody may fill in, on any page.
FIELDS = (
    *("email", "email2", "email_kept", "password1", "password2", "password", "current"),
    *("username", "next", "captcha_jeton", "captcha_choix", "captcha_code", "captcha_debut"),
    *("site_web", "csrfmiddlewaretoken", "state", "nonce", "login_hint", "client_id", "scope"),
    *("redirect_uri", "token", "code", "refresh_token", "client_secret", "id_token_hint"),
    *("claims", "ui_locales", "acr_values", "grant_type", "code_verifier", "prompt", "lang"),
)
SIGNS = "".join("".join(signs) for signs in L33T_TABLE.values())


def addresses(patterns=None, before: str = "") -> Iterator[str]:
    """Every address of ours that has no part to be filled in."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        route = before + str(pattern.pattern)
        if not isinstance(pattern, URLPattern):
            yield from addresses(pattern.url_patterns, route)
        elif not set(route) & set("<^\\("):
            yield f"/{route}"


@pytest.fixture
def normalized_lengths(monkeypatch):
    """The lengths of the texts that were normalized."""
    lengths, normalize = [0], unicodedata.normalize

    def observed(form, text):
        lengths.append(len(text))
        return normalize(form, text)

    monkeypatch.setattr(unicodedata, "normalize", observed)
    return lengths


@pytest.mark.parametrize("address", sorted(set(addresses())))
def test_nobody_can_have_us_normalize_a_page_of_accents(client, address, normalized_lengths):
    for fields in (FIELDS[::3], FIELDS[1::3], FIELDS[2::3]):
        form = "&".join(f"{name}={ACCENTS}" for name in fields)
        client.post(address, form.encode(), content_type="application/x-www-form-urlencoded")
    client.get(f"{address}?next={quote(ACCENTS)}")
    assert max(normalized_lengths) <= passwords.MAX_TYPED


@pytest.mark.parametrize("page", ["password_reset", "activation", "change", "sign_in"])
def test_no_password_field_normalizes_a_page_of_accents(
    end_user, stranger, page, normalized_lengths
):
    """Where a mailed link or a session is needed before there is a form."""
    if page == "activation":
        end_user.signs_up()
        elsewhere = EndUser(StrictClient(), end_user.email)
        elsewhere.follows_the_link("activation")
        address, visitor = "/activation/", elsewhere
    else:
        end_user.has_an_account()
        address, visitor = "/connexion/", end_user
    if page == "password_reset":
        end_user.submits("/mot-de-passe-oublie/", {"email": end_user.email})
        address = end_user.follows_the_link("password_reset").request["PATH_INFO"]
    if page == "change":
        end_user.signs_in()
        address = end_user.opens("/mon-compte/mot-de-passe/").request["PATH_INFO"]
    visitor.opens(address)
    names = ("password", "password1", "password2", "current")
    form = "&".join(f"{name}={ACCENTS}" for name in names) + f"&username={end_user.email}"
    form += "".join(f"&{name}={value}" for name, value in hidden_fields(visitor.page).items())
    response = visitor.client.post(
        address, form.encode(), content_type="application/x-www-form-urlencoded"
    )
    assert response.status_code == 200
    assert 0 < max(normalized_lengths) <= passwords.MAX_TYPED


@pytest.fixture
def estimates(monkeypatch):
    """The passwords that zxcvbn was asked about."""
    asked, zxcvbn = [], passwords.zxcvbn
    monkeypatch.setattr(
        passwords, "zxcvbn", lambda text, **rest: asked.append(text) or zxcvbn(text, **rest)
    )
    return asked


@pytest.mark.parametrize(
    "wrong",
    [
        {"captcha_choix": "ffffff"},
        {"email": "pas une adresse"},
        {"email2": "autre@exemple.nc"},
        {"cgu": ""},
        {"password2": "Autre Tortue 2026"},
        {"password1": "court", "password2": "court"},
    ],
)
def test_a_password_is_weighed_only_once_all_the_rest_is_right(end_user, estimates, wrong):
    end_user.signs_up(**wrong)
    assert estimates == []
    end_user.submits("/inscription/", _whole_form(end_user))
    assert len(estimates) == 1


def test_two_dozen_signs_of_a_password_are_weighed_and_no_more(estimates):
    passwords.faults("Un lagon bleu, une pirogue, 2 tortues")
    assert estimates == ["Un lagon bleu, une pirog"]


def _whole_form(person: EndUser) -> dict:
    page = person.opens("/inscription/")
    addresses_and_passwords = {"email": person.email, "email2": person.email} | {
        "password1": person.password,
        "password2": person.password,
    }
    return addresses_and_passwords | {"cgu": "on"} | solved(page)


@given(st.text(st.sampled_from(SIGNS + "aeio1987"), max_size=passwords.MAX_LENGTH))
def test_what_zxcvbn_reads_has_few_readings(password):
    read = passwords._estimated(password)
    assert len(read) <= passwords.ESTIMATED_LENGTH
    readings = 1
    for signs in L33T_TABLE.values():
        readings *= max(1, sum(sign in read for sign in signs))
    assert readings <= passwords.ESTIMATED_READINGS


def test_a_sign_that_is_one_too_many_is_read_as_no_letter_and_stays_the_only_one_of_its_kind():
    as_many_as_may_be = "@4({[<"  # two for an a, four for a c
    assert passwords._readings(as_many_as_may_be) == passwords.ESTIMATED_READINGS
    assert passwords._estimated(f"Koné {as_many_as_may_be} 2") == f"Koné {as_many_as_may_be} 2"
    one, other = passwords._estimated(as_many_as_may_be + "17")[6:]
    assert one == "1"
    assert unicodedata.category(other) == "Co"  # private use: nobody types it


@given(st.text(max_size=passwords.ESTIMATED_LENGTH))
def test_an_ordinary_password_is_read_as_it_is(password):
    if passwords._readings(password) <= passwords.ESTIMATED_READINGS:
        assert passwords._estimated(password) == password


@pytest.mark.parametrize("password", ["P@$$w0rd1", "M0td3p@55e", "4z3rty12"])
def test_signs_for_letters_hide_no_common_word(password):
    assert passwords.faults(password) != []


def test_a_password_of_many_signs_is_accepted():
    assert passwords.faults("a4@b8c({[<e3g69&#i!1/|o0s$5t+7x%z2" * 3) == []


def test_forms_are_counted_right_or_wrong_and_only_on_their_network(
    end_user, stranger, monkeypatch
):
    monkeypatch.setitem(LIMITS, "forms", Limit(2, 900, "network", ""))
    for _ in range(2):
        assert end_user.submits("/inscription/", {}).status_code == 200
    page = end_user.submits("/mot-de-passe-oublie/", {"email": end_user.email})
    assert page.status_code == 429
    assert 0 < int(page["Retry-After"]) <= 900
    assert stranger.submits("/inscription/", {}).status_code == 200

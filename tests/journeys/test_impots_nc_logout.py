"""The demonstration partner learns from NC Connect that a session ended."""

import time

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from tests.journeys.published_provider import CLIENT_ID
from tests.journeys.test_impots_nc_sign_in import (  # noqa: F401  (fixtures)
    BASE,
    METADATA,
    app,
    ask,
    browser,
    come_back,
    is_signed_in,
    provider,
)

PATH = METADATA["backchannel_logout_uri"].removeprefix(BASE)
EVENT = "http://schemas.openid.net/event/backchannel-logout"


@pytest.fixture
def visitor(browser, provider):  # noqa: F811
    """A browser that signed in, in session « s1 » of the provider."""
    provider.claims = {"sid": "s1"}
    come_back(browser, ask(browser))
    assert is_signed_in(browser)
    return browser


@pytest.fixture
def posts(app, provider):  # noqa: F811
    """Post a logout token; the arguments bend it. Returns the status."""

    def post(*, typ="logout+jwt", key=None, **changes) -> int:
        now = int(time.time())
        claims = {
            "iss": provider.issuer,
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 120,
            "jti": "once",
            "events": {EVENT: {}},
            "sid": "s1",
            "sub": "person-1",
        } | changes
        claims = {name: value for name, value in claims.items() if value is not None}
        header = {"alg": "RS256", "kid": provider.key.kid, "typ": typ}
        token = jwt.encode(header, claims, key or provider.key)
        form = {"logout_token": token}
        return app.test_client().post(PATH, base_url=BASE, data=form).status_code

    return post


def test_the_visits_of_the_session_end(visitor, posts):
    assert posts() == 200
    assert not is_signed_in(visitor)


def test_those_of_another_session_of_the_person_stay(visitor, posts):
    assert posts(sid="s2") == 200
    assert is_signed_in(visitor)


def test_without_a_session_all_of_the_person_end(visitor, posts):
    assert posts(sid=None) == 200
    assert not is_signed_in(visitor)


def test_twice_is_as_once(visitor, posts):
    assert (posts(), posts()) == (200, 200)


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://autre.nc"},
        {"aud": "autre"},
        {"aud": ["autre"]},
        {"exp": 1},
        {"exp": None},
        {"iat": 4_000_000_000, "exp": 4_000_000_100},
        {"iat": True},
        {"events": None},
        {"events": {}},
        {"events": {EVENT: None}},
        {"nonce": "x"},
        {"sid": None, "sub": None},
        {"sid": 7},
        {"sub": {}},
        {"exp": float("nan")},
        {"typ": "JWT"},
        {"key": RSAKey.generate_key(2048)},
    ],
)
def test_what_is_no_logout_token_ends_nothing(visitor, posts, changes):
    assert posts(**changes) == 400
    assert is_signed_in(visitor)


@pytest.mark.parametrize("form", [{}, {"logout_token": ""}, {"logout_token": "a.b.c"}])
def test_no_token_at_all(visitor, form):
    answer = visitor.post(PATH, base_url=BASE, data=form)
    assert (answer.status_code, answer.get_json()) == (400, {"error": "invalid_request"})
    assert answer.headers["Cache-Control"] == "no-store"


def test_new_keys_of_the_provider_are_asked_for(visitor, posts, provider):  # noqa: F811
    provider.key = RSAKey.generate_key(2048, {"kid": "second"})
    assert posts() == 200
    assert not is_signed_in(visitor)


def test_while_the_keys_cannot_be_had_it_asks_for_patience(visitor, posts, provider, app):  # noqa: F811
    """A 5xx: NC Connect tries again."""
    client = app.extensions["authlib.integrations.flask_client"].create_client("ncconnect")
    client.server_metadata.clear()
    provider.stop()
    assert posts() == 503
    assert is_signed_in(visitor)

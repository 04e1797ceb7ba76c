"""Tokens that no table keeps: only what we made is read, as what it was made."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ncconnect import handles
from oidc_provider.grants import bearer
from oidc_provider.grants.bearer import ACCESS, REFRESH, Token

MOMENT = datetime(2026, 11, 22, 3, 4, 5, 678901, tzinfo=UTC)


def token(**changes) -> Token:
    values = {"grant_id": handles.new_key(), "moment": MOMENT, "number": 1800}
    return Token(**values | changes)


@pytest.mark.parametrize("kind", [ACCESS, REFRESH])
@pytest.mark.parametrize("scope", ["", "openid", "openid email"])
def test_what_is_written_is_read(kind, scope):
    made = token(scope=scope)
    assert bearer.read(kind, bearer.write(kind, made)) == made


def test_it_is_a_token_by_the_letter():
    """RFC 6750, section 2.1: b64token."""
    text = bearer.write(ACCESS, token(scope="openid identite_pivot"))
    assert all(part.isalnum() for part in text.replace("-", "a").replace("_", "a").split(".")[:1])
    assert set(text) <= set("-._~") | {c for c in text if c.isalnum() and c.isascii()}


def test_one_kind_is_not_the_other():
    made = token()
    assert bearer.read(ACCESS, bearer.write(REFRESH, made)) is None
    assert bearer.read(REFRESH, bearer.write(ACCESS, made)) is None


def test_no_character_can_be_changed():
    text = bearer.write(ACCESS, token(scope="openid"))
    for place, character in enumerate(text):
        other = "A" if character != "A" else "B"
        assert bearer.read(ACCESS, text[:place] + other + text[place + 1 :]) is None


@pytest.mark.parametrize(
    "ending", [".", ".openid", ".openid~email", "=", "~", "\x00", ".é", "\ud800"]
)
def test_nothing_can_be_added(ending):
    assert bearer.read(ACCESS, bearer.write(ACCESS, token()) + ending) is None


def test_a_scope_cannot_be_taken_off():
    assert (
        bearer.read(ACCESS, bearer.write(ACCESS, token(scope="openid")).partition(".")[0]) is None
    )


def test_a_new_secret_key_reads_what_a_former_one_made(settings):
    made = token()
    text = bearer.write(ACCESS, made)
    former, settings.SECRET_KEY = settings.SECRET_KEY, "x" * 50
    assert bearer.read(ACCESS, text) is None
    settings.SECRET_KEY_FALLBACKS = [former]
    assert bearer.read(ACCESS, text) == made


@given(st.text(max_size=120))
def test_anything_else_is_not_one(text):
    assert bearer.read(ACCESS, text) is None


def test_an_access_token_ends_its_lifetime_after_it_was_made():
    assert token(number=60).expires == MOMENT + timedelta(minutes=1)


BEFORE = "AAAAAAAAAAAAAAAAAAAAAQAGR172TPXm"  # grant 1, 2026-01-02T03:04:05.000678Z


@pytest.mark.parametrize(
    ("kind", "number", "scope", "text"),
    [
        (ACCESS, 1800, "", "AAAHCP0JoMoVqUaa0a39uVuSvnldOWefCjV7-Y3jAUKaeEUq"),
        (
            ACCESS,
            1800,
            "openid email",
            "AAAHCEKR60IvONJAB7u9bg2AyPoIS4g-cZ6KNLcVbQJewWU9.openid~email",
        ),
        (REFRESH, 3, "", "AAAAA6ZKQ9KqAeTQjoRkIzzi1SdPTlu8DsZi5XHwl9ZqpwOd"),
    ],
)
def test_what_a_partner_was_given_before_an_upgrade_is_good_after_it(kind, number, scope, text):
    moment = datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC)
    made = Token(UUID(int=1), moment, number, scope)
    assert bearer.read(kind, BEFORE + text) == made
    assert bearer.write(kind, made) == BEFORE + text

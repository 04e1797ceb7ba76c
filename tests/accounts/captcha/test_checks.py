"""A test that tests nothing never reaches production."""

import pytest
from django_recaptcha.constants import TEST_PRIVATE_KEY, TEST_PUBLIC_KEY

from accounts.captcha import checks


@pytest.fixture
def production(settings):
    settings.DEBUG = settings.DEMO_MODE = settings.TESTING = False
    settings.CAPTCHA_BACKEND = "images"
    return settings


@pytest.fixture
def google(production):
    production.CAPTCHA_BACKEND = "recaptcha"
    production.RECAPTCHA_PUBLIC_KEY, production.RECAPTCHA_PRIVATE_KEY = "public", "private"
    production.RECAPTCHA_VERIFY_REQUEST_TIMEOUT = 3
    return production


def found() -> list[str]:
    errors = checks.check_captcha_backend(None) + checks.check_recaptcha(None)
    return [error.id.rpartition(".")[2] for error in errors]


def test_our_own_test_is_fine(production):
    assert found() == []


def test_none_is_refused_in_production(production):
    production.CAPTCHA_BACKEND = "none"
    assert found() == ["E002"]


@pytest.mark.parametrize("excuse", ["DEBUG", "DEMO_MODE", "TESTING"])
def test_none_is_accepted_elsewhere(production, excuse):
    production.CAPTCHA_BACKEND = "none"
    setattr(production, excuse, True)
    assert found() == []


def test_an_unknown_backend_is_refused(production):
    production.CAPTCHA_BACKEND = "hcaptcha"
    assert found() == ["E001"]


def test_google_with_its_keys_is_fine(google):
    assert found() == []


def test_google_without_keys_is_refused(google):
    google.RECAPTCHA_PRIVATE_KEY = ""
    assert found() == ["E003"]


@pytest.mark.parametrize(
    ("name", "key"),
    [("RECAPTCHA_PUBLIC_KEY", TEST_PUBLIC_KEY), ("RECAPTCHA_PRIVATE_KEY", TEST_PRIVATE_KEY)],
)
def test_googles_test_keys_are_refused_outside_tests(google, name, key):
    setattr(google, name, key)
    assert found() == ["E004"]
    google.DEMO_MODE = True
    assert found() == ["E004"]
    google.TESTING = True
    assert found() == []


@pytest.mark.parametrize("timeout", [None, 10])
def test_google_is_not_waited_for_longer_than_three_seconds(google, timeout):
    google.RECAPTCHA_VERIFY_REQUEST_TIMEOUT = timeout
    assert found() == ["E005"]

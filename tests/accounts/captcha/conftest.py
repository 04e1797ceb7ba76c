"""Fixtures only. The models are imported late: pytest reads this before Django is set up."""

import pytest


@pytest.fixture
def _site(settings, db):
    settings.ROOT_URLCONF = "tests.accounts.captcha.site"


@pytest.fixture
def visitor(_site):
    from tests.accounts.captcha.actors import Visitor

    return Visitor()


@pytest.fixture
def stranger(_site):
    """Another browser."""
    from tests.accounts.captcha.actors import Visitor

    return Visitor()

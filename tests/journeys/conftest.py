import pytest


@pytest.fixture
def account(end_user):
    """That of the person in front of the browser."""
    return end_user.has_an_account()

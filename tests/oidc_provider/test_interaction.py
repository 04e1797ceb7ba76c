"""The truth table of next_step."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.authentication import Authentication
from oidc_provider.authorize.checks import Redirected
from oidc_provider.authorize.interaction import Standing, Step, next_step
from oidc_provider.authorize.request import AuthorizationRequest
from oidc_provider.models import RelyingParty

YES, NO = Standing(consented=True, continued=True), Standing(consented=False, continued=True)
# Signed in, at this partner for the first time in this session.
FIRST, FIRST_NO = Standing(consented=True), Standing(consented=False)
CONFIRMED = Standing(consented=True, confirmed=True)
CONFIRMED_NO = Standing(consented=False, confirmed=True)
STRANGER = Standing(consented=True, continued=True, hinted=False)
ANCIENT, AT_ONCE, FRESH = timedelta(hours=-1), timedelta(0), timedelta(seconds=1)


def request(**parameters) -> AuthorizationRequest:
    made = AuthorizationRequest(parameters=parameters)
    made.__dict__["relying_party"] = RelyingParty()
    return made


def signed_in(made: AuthorizationRequest, offset: timedelta | None) -> Authentication | None:
    if offset is None:
        return None
    at = made.received_at + offset
    return Authentication(user=None, session_id=None, at=at, methods=("pwd",), acr="eidas1")


@pytest.mark.parametrize(
    ("parameters", "authenticated", "standing", "expected"),
    [
        ({}, None, NO, Step.SIGN_IN),
        ({"prompt": "none"}, None, NO, "login_required"),
        ({}, ANCIENT, YES, Step.ISSUE),
        ({"prompt": "none"}, ANCIENT, YES, Step.ISSUE),
        ({}, ANCIENT, NO, Step.ASK_CONSENT),
        ({"prompt": "none"}, ANCIENT, NO, "consent_required"),
        ({}, FRESH, NO, Step.ASK_CONSENT),
        ({}, ANCIENT, CONFIRMED_NO, Step.ISSUE),
        ({}, ANCIENT, FIRST, Step.CONTINUE),
        ({}, FRESH, FIRST, Step.ISSUE),
        ({}, ANCIENT, CONFIRMED, Step.ISSUE),
        ({}, ANCIENT, FIRST_NO, Step.ASK_CONSENT),
        ({"prompt": "none"}, ANCIENT, FIRST, "interaction_required"),
        ({"prompt": "none"}, ANCIENT, FIRST_NO, "consent_required"),
        ({"prompt": "none"}, None, FIRST, "login_required"),
        ({"prompt": "login"}, ANCIENT, FIRST, Step.SIGN_IN),
        ({"prompt": "login"}, FRESH, FIRST, Step.ISSUE),
        ({"prompt": "consent"}, ANCIENT, FIRST, Step.ASK_CONSENT),
        ({"prompt": "login"}, ANCIENT, YES, Step.SIGN_IN),
        ({"prompt": "login"}, FRESH, YES, Step.ISSUE),
        ({"prompt": "login consent"}, ANCIENT, YES, Step.SIGN_IN),
        ({"prompt": "login consent"}, FRESH, YES, Step.ASK_CONSENT),
        ({"prompt": "login consent"}, FRESH, CONFIRMED, Step.ISSUE),
        ({"prompt": "consent"}, ANCIENT, YES, Step.ASK_CONSENT),
        ({"prompt": "consent"}, ANCIENT, CONFIRMED, Step.ISSUE),
        ({"prompt": "select_account"}, ANCIENT, YES, Step.CONTINUE),
        ({"prompt": "select_account"}, ANCIENT, NO, Step.ASK_CONSENT),
        ({"prompt": "select_account consent"}, ANCIENT, YES, Step.ASK_CONSENT),
        ({"prompt": "select_account"}, FRESH, FIRST, Step.ISSUE),
        ({"prompt": "select_account"}, FRESH, YES, Step.ISSUE),
        ({"prompt": "select_account"}, ANCIENT, CONFIRMED, Step.ISSUE),
        ({"max_age": "3601"}, ANCIENT, YES, Step.ISSUE),
        ({"max_age": "3599"}, ANCIENT, YES, Step.SIGN_IN),
        ({"max_age": "0"}, ANCIENT, YES, Step.SIGN_IN),
        ({"max_age": "0"}, FRESH, YES, Step.ISSUE),
        ({"max_age": "3601"}, ANCIENT, FIRST, Step.CONTINUE),
        ({"max_age": "1", "prompt": "none"}, ANCIENT, YES, "login_required"),
        ({"max_age": "3600"}, ANCIENT, YES, Step.ISSUE),
        ({"max_age": "0"}, AT_ONCE, YES, Step.ISSUE),
        ({"prompt": "login"}, AT_ONCE, YES, Step.ISSUE),
        ({"prompt": "select_account"}, AT_ONCE, YES, Step.ISSUE),
        ({}, AT_ONCE, FIRST, Step.ISSUE),
        ({}, AT_ONCE, STRANGER, "login_required"),
        ({}, ANCIENT, STRANGER, Step.SIGN_IN),
        ({}, FRESH, STRANGER, "login_required"),
        ({"prompt": "none"}, ANCIENT, STRANGER, "login_required"),
    ],
)
def test_next_step(parameters, authenticated, standing, expected):
    made = request(**parameters)
    try:
        step = next_step(made, signed_in(made, authenticated), standing)
    except Redirected as error:
        step = error.error
    assert step == expected


@pytest.mark.parametrize(
    ("value", "expected"), [("eidas1", Step.ISSUE), ("eidas2", "unmet_authentication_requirements")]
)
def test_an_essential_acr(value, expected):
    claims = json.dumps({"id_token": {"acr": {"essential": True, "value": value}}})
    made = request(claims=claims)
    try:
        step = next_step(made, signed_in(made, ANCIENT), YES)
    except Redirected as error:
        step = error.error
    assert step == expected


def test_the_clock_of_the_request_is_when_it_first_came():
    made = request(prompt="login")
    assert timezone.now() - made.received_at < timedelta(seconds=5)

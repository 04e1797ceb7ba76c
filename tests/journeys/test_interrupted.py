"""A session that ends between a request and its answer: what happened is said, and the way on."""

from contextlib import contextmanager
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from accounts import purge
from accounts.flows import sessions
from accounts.models import Session
from ncconnect.audit.models import Event
from tests.architecture.page import Page
from tests.relying_party import RelyingParty

pytestmark = pytest.mark.django_db

SIGN_IN = "/connexion/"
SAID = "Votre connexion a pris fin entre-temps"


def signed_out_in_another_tab() -> None:
    sessions.end(Session.objects.filter(user__email="moana@exemple.nc"), reason="signed_out")


def purged() -> None:
    past = timezone.now() - timedelta(seconds=1)
    Session.objects.filter(user__email="moana@exemple.nc").update(ends_at=past)
    purge.sessions()


ENDS = pytest.mark.parametrize("ends", [signed_out_in_another_tab, purged])


@contextmanager
def before_the_session_is_written(action):
    """Do it once the request knows its session, before the row is written.

    Each time: what another connection has done stands, though the request's transaction does not.
    """
    done, acting = [], []

    def between(execute, sql, params, many, context):
        if sql.startswith('UPDATE "accounts_session"') and not acting:
            acting.append(True)
            action()
            done.append(acting.pop())
        return execute(sql, params, many, context)

    with connection.execute_wrapper(between):
        yield
    assert done


@pytest.fixture
def interrupted(end_user, stranger):
    """Moana signs in anew for a partner, and her session ends before the answer."""

    def happens(ends):
        for person in (end_user, stranger):
            person.has_an_account()
            person.signs_in()
        end_user.opens(RelyingParty.registered().address(prompt="login"))
        form = end_user.form("username", "password")
        with before_the_session_is_written(ends):
            return form.sent_by(
                end_user.client, username=end_user.email, password=end_user.password
            )

    return happens


@ENDS
def test_the_page_says_what_happened(interrupted, ends):
    answer = interrupted(ends)
    page = Page(answer)
    assert answer.status_code == 409
    assert page.find("h1")[0].text == SAID
    assert "Cette demande n’est pas complète" not in answer.content.decode()
    assert answer["X-Reference"] in answer.content.decode()


@ENDS
def test_the_way_out_leads_to_the_partner(interrupted, end_user, ends):
    page = Page(interrupted(ends))
    way_out = page.find("a", class_="btn")[0]["href"]
    assert urlsplit(way_out).path == SIGN_IN
    assert parse_qs(urlsplit(way_out).query)["next"][0].startswith("/oidc/")
    end_user.opens(way_out)
    assert "impots.nc" in end_user.page.content.decode()
    answer = end_user.submits(username=end_user.email, password=end_user.password)
    assert answer["Location"].startswith(RelyingParty.registered().redirect_uri)


@ENDS
def test_nobody_is_signed_in_and_no_trail_says_so(interrupted, end_user, stranger, ends):
    before = Event.objects.filter(event="sign_in").count()
    answer = interrupted(ends)
    assert Event.objects.filter(event="sign_in").count() == before + 2  # the two at the beginning
    assert settings.SESSION_COOKIE_NAME not in answer.cookies
    assert stranger.opens("/mon-compte/").request["PATH_INFO"] == "/mon-compte/"


def test_a_form_that_is_out_of_date_leads_back_to_the_partner_too(end_user):
    """« Réessayer » is a link: what the form carried is in its address."""
    end_user.opens(RelyingParty.registered().address())
    form = end_user.form("username", "password")
    end_user.client.cookies[settings.CSRF_COOKIE_NAME] = "x" * 32
    answer = form.sent_by(end_user.client, username=end_user.email, password=end_user.password)
    assert answer.status_code == 403
    end_user.opens(Page(answer).find("a", class_="btn")[0]["href"])
    assert "impots.nc" in end_user.page.content.decode()

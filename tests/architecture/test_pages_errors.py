"""Error pages: their status, their words, one way on, a reference, and no database."""

import re

import pytest
from django.conf import settings
from django.test import RequestFactory
from django.urls import get_resolver, reverse

from ncconnect import context, errors
from tests.architecture.page import Page

REFERENCE = "NC-7F3K-92"


@pytest.fixture
def request_(rf: RequestFactory):
    request = rf.get("/une/page/", {"a": "b"})
    request.correlation_id = REFERENCE
    return request


ANSWERS = {
    400: lambda request: errors.handler400(request, ValueError()),
    403: lambda request: errors.handler403(request, PermissionError()),
    404: lambda request: errors.handler404(request, LookupError()),
    429: lambda request: errors.too_many(request, 840),
    500: errors.handler500,
    503: lambda request: errors.unavailable(request, 30),
}


@pytest.mark.parametrize("status", ANSWERS)
def test_error_page_has_its_status_a_way_on_and_the_reference(request_, status):
    response = ANSWERS[status](request_)
    page = Page(response)
    assert response.status_code == status
    assert page.title() == f"{page.find('h1')[0].text} – NC Connect"
    assert len([a for a in page.find("a") if a.get("class") == "btn"]) == 1
    assert f"Référence à donner à l’assistance : {REFERENCE}" in page.find("main")[0].text
    assert page.find("header")
    assert page.find("footer")


@pytest.mark.parametrize("status", [400, 403, 404, 500])
def test_django_shows_our_page(status):
    assert get_resolver().resolve_error_handler(status) is getattr(errors, f"handler{status}")


def test_unknown_address_is_our_404(client):
    response = client.get("/cette-page-n-existe-pas/")
    assert response.status_code == 404
    assert "Cette page n’existe pas" in response.content.decode()
    assert response["X-Reference"] in response.content.decode()


def test_too_many_tells_when_to_come_back(request_):
    response = errors.too_many(request_, 840)
    assert response["Retry-After"] == "840"
    assert "attendez 14 minutes" in response.content.decode()


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "1 minute"),
        (1, "1 minute"),
        (61, "2 minutes"),
        (7140, "119 minutes"),
        (7141, "2 heures"),
        (86400, "24 heures"),
    ],
)
def test_delay_is_told_in_words_and_never_too_short(seconds, words):
    assert errors.delay(seconds) == words


def test_unavailable_leads_back_to_the_same_page(request_):
    page = Page(errors.unavailable(request_, 30))
    assert page.find("a", class_="btn")[0]["href"] == "/une/page/?a=b"


def test_try_again_keeps_the_way_to_a_partner_however_long(rf):
    address = "/connexion/?next=/" + "a" * 6_500
    page = errors.unavailable(rf.get(address), retry_after=60).content.decode()
    assert f'href="{address}"' in page


def test_try_again_never_leaves_the_site(rf):
    request = rf.get("/")
    request.path = request.path_info = "//ailleurs.example/"
    href = Page(errors.unavailable(request, 30)).find("a", class_="btn")[0]["href"]
    assert href == reverse("home") or href.startswith("/%2F")


def test_refused_cookie_is_explained():
    from tests.strict_client import StrictClient

    response = StrictClient(enforce_csrf_checks=True).post(reverse("accounts:sign_in"), {})
    assert response.status_code == 403
    assert "Votre navigateur bloque les cookies nécessaires" in response.content.decode()
    retry = Page(response).find("a", class_="btn")[0]
    assert retry["href"] == reverse("accounts:sign_in")


def test_error_page_offers_the_account_to_whoever_has_a_session(request_):
    request_.COOKIES[settings.SESSION_COOKIE_NAME] = "x" * 32
    page = Page(errors.handler404(request_))
    assert page.find("a", href=reverse("accounts:home"))


def test_page_can_still_be_made_when_the_query_is_what_is_wrong(rf):
    query = "&".join(f"p{n}=1" for n in range(settings.DATA_UPLOAD_MAX_NUMBER_FIELDS + 1))
    request = rf.get(f"/?{query}")
    assert errors.handler400(request).status_code == 400


def test_last_resort_shows_when_even_the_templates_fail(request_, monkeypatch):
    def broken(request):
        raise RuntimeError("templates are gone")

    monkeypatch.setattr(context, "facts", broken)
    response = errors.handler500(request_)
    assert response.status_code == 500
    assert "NC Connect ne répond pas pour le moment" in response.content.decode()


def test_page_of_the_proxy_stands_alone():
    """It is served when nothing else is: no style sheet, no picture, no script to fetch."""
    text = errors.LAST_RESORT.read_text()
    assert not re.search(r"<(script|link|img)|\bsrc=|@import|https?://", text)
    assert set(re.findall(r"url\(([^)]*)\)", text)) <= set()
    assert 'lang="en"' in text

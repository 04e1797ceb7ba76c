"""What every request goes through."""

import ipaddress
import json
import logging

import pytest
from django.db.utils import OperationalError
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import include, path

from ncconnect import middleware

urlpatterns = [
    path("boom/", lambda request: raise_(OperationalError("server closed the connection"))),
    path("bug/", lambda request: raise_(RuntimeError("a bug"))),
    path("activation/<token>/", lambda request, token: HttpResponse("<p>ok</p>"), name="trial"),
    path("form/<site>/", lambda request, site: form_to(site)),
    path("json/", lambda request: HttpResponse("{}", content_type="application/json")),
    path("", include("ncconnect.urls")),  # what every page leads to
]


def raise_(error: Exception):
    raise error


def form_to(site: str) -> HttpResponse:
    response = HttpResponse("<form>")
    response._csp_update = {"form-action": [f"https://{site}.example"]}
    return response


@pytest.fixture
def trial(settings):
    """A client of the addresses above."""
    settings.ROOT_URLCONF = __name__
    settings.ALLOWED_HOSTS = ["testserver"]
    return Client(raise_request_exception=False)


# --- Who is asking?


@pytest.fixture
def seen(settings):
    """What client_address makes of a request: seen(peer, forwarded_for)."""
    settings.TRUSTED_PROXIES = tuple(map(ipaddress.ip_network, ("10.0.0.0/8", "fd00::/8")))

    def see(peer: str, forwarded_for: str | None = None):
        request = RequestFactory(REMOTE_ADDR=peer).get("/")
        if forwarded_for is not None:
            request.META["HTTP_X_FORWARDED_FOR"] = forwarded_for
            request.META["HTTP_X_FORWARDED_PROTO"] = "https"
        middleware.client_address(lambda request: HttpResponse())(request)
        return request

    return see


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "client"),
    [
        ("192.0.2.1", None, "192.0.2.1"),
        ("192.0.2.1", "198.51.100.9", "192.0.2.1"),  # a stranger is not believed
        ("10.0.0.1", "198.51.100.9", "198.51.100.9"),
        ("10.0.0.1", "1.1.1.1, 198.51.100.9", "198.51.100.9"),  # the left part is anybody's
        ("10.0.0.1", "198.51.100.9, 10.0.0.2", "198.51.100.9"),  # two proxies of ours
        ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("10.0.0.1", "198.51.100.9, rubbish", "10.0.0.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("::ffff:10.0.0.1", "198.51.100.9", "198.51.100.9"),
        ("fd00::1", "2001:db8::9", "2001:db8::9"),
        ("", "198.51.100.9", ""),
    ],
)
def test_the_client_is_the_rightmost_hop_that_is_no_proxy_of_ours(
    seen, peer, forwarded_for, client
):
    assert seen(peer, forwarded_for).client_ip == client


def test_forwarded_headers_of_a_stranger_are_dropped(seen):
    request = seen("192.0.2.1", "198.51.100.9")
    assert "HTTP_X_FORWARDED_PROTO" not in request.META
    assert not request.is_secure()
    assert request.forwarded


def test_forwarded_headers_of_a_proxy_are_kept(seen):
    assert seen("10.0.0.1", "198.51.100.9").META["HTTP_X_FORWARDED_PROTO"] == "https"


def test_a_household_is_one_network(seen):
    assert seen("2001:db8:1:2:3:4:5:6").client_network == "2001:db8:1:2::/64"
    assert seen("192.0.2.1").client_network == "192.0.2.1"


# --- The reference and the log line


def test_each_answer_has_a_reference_of_its_own(trial):
    first, second = (trial.get("/json/")["X-Reference"] for _ in range(2))
    assert first != second
    assert first[:3] == "NC-"
    assert len(first) == len("NC-7F3K-92")


def test_the_log_line_names_the_route_and_not_the_path(trial, caplog):
    caplog.set_level(logging.INFO, "ncconnect.request")
    trial.get("/activation/a-secret/?code=another")
    (record,) = [record for record in caplog.records if record.name == "ncconnect.request"]
    assert record.facts["route"] == "activation/<token>/"
    assert record.facts["status"] == 200
    assert "secret" not in json.dumps(record.facts)
    assert "another" not in json.dumps(record.facts)


# --- Outages


def test_a_database_that_fails_is_a_503_with_a_time_to_come_back(trial):
    response = trial.get("/boom/")
    assert response.status_code == 503
    assert int(response["Retry-After"]) > 0
    assert response["X-Reference"] in response.content.decode()


def test_any_other_failure_is_a_500(trial):
    assert trial.get("/bug/").status_code == 500


@pytest.mark.slow
def test_pages_say_so_when_the_database_is_gone(installation):
    installation.environment["DATABASE_URL"] = "postgres://a:b@127.0.0.1:1/none"
    installation.manage("collectstatic", "--noinput")
    statuses = installation.run("""
        from django.test import Client
        client = Client(raise_request_exception=False, SERVER_NAME="localhost")
        client.cookies["session"] = "x" * 64  # of the form of ours
        response = client.get("/mon-compte/")
        print(response.status_code, response.headers.get("Retry-After"))
        print(client.get("/sante/vivant").status_code, client.get("/sante/pret").status_code)
    """)
    assert statuses.split() == ["503", "30", "200", "503"]


# --- Headers


def test_no_page_is_cached_and_unused_features_are_refused(trial):
    response = trial.get("/activation/x/")
    assert response["Cache-Control"] == "no-store"
    assert "camera=()" in response["Permissions-Policy"]
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Frame-Options"] == "DENY"


def test_a_form_may_lead_to_its_own_site_and_no_later_one_to_the_same(trial):
    def form_action(path: str) -> str:
        policy = trial.get(path)["Content-Security-Policy"].split("; ")
        return next(directive for directive in policy if directive.startswith("form-action"))

    for _ in range(2):
        assert form_action("/form/un/") == "form-action 'self' https://un.example"
        assert form_action("/form/deux/") == "form-action 'self' https://deux.example"
        assert form_action("/activation/x/") == "form-action 'self'"


# --- Languages


@pytest.mark.parametrize(
    ("headers", "cookie", "language"),
    [
        ({}, "", "fr"),
        ({"accept-language": "en-GB,en;q=0.9"}, "", "en"),
        ({"accept-language": "wls,tah;q=0.8"}, "", "fr"),
        ({"accept-language": "en"}, "fr", "fr"),
        ({}, "en", "en"),
        ({}, "klingon", "fr"),
    ],
)
def test_the_language_is_the_cookies_then_the_browsers_then_french(
    trial, headers, cookie, language
):
    if cookie:
        trial.cookies["langue"] = cookie
    response = trial.get("/activation/x/", headers=headers)
    assert response["Content-Language"] == language
    assert {"Accept-Language", "Cookie"} <= set(response["Vary"].split(", "))


def test_a_choice_is_kept_and_leaves_the_address(trial):
    response = trial.get("/activation/x/?next=%2Fa%3Fb&lang=en")
    assert response.status_code == 302
    assert response["Location"] == "/activation/x/?next=%2Fa%3Fb"
    assert trial.get("/activation/x/")["Content-Language"] == "en"
    assert response.cookies["langue"]["httponly"]
    assert response.cookies["langue"]["samesite"] == "Lax"


def test_a_choice_never_leads_to_another_site(trial):
    response = trial.get("//evil.example/?lang=en")
    assert not response["Location"].startswith("//")


@pytest.mark.parametrize("query", ["lang=xx", "lang=", "lang=en%0d%0aSet-Cookie:a=b"])
def test_a_language_that_we_do_not_speak_changes_nothing(trial, query):
    response = trial.get(f"/activation/x/?{query}")
    assert response.status_code == 200
    assert "langue" not in response.cookies


def test_answers_to_programs_do_not_vary_by_language(trial):
    response = trial.get("/json/")
    assert "Content-Language" not in response
    assert "Accept-Language" not in response.get("Vary", "")

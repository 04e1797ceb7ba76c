"""Programs are answered in JSON, also when nothing can be answered (RFC 6749, section 5.2)."""

import contextlib
from urllib.parse import urlencode

import pytest
from django.db.utils import InterfaceError, OperationalError
from django.test import Client, RequestFactory
from django.urls import resolve
from django.views.debug import SafeExceptionReporterFilter

from ncconnect import rows
from oidc_provider.legacy import PROTOCOL
from oidc_provider.middleware import FOR_PROGRAMS
from oidc_provider.partners import relying_parties

FORM = "application/x-www-form-urlencoded"
NATIVE = [f"/oidc/{name}" for name in ("token", "revoke", "introspect", "userinfo")]
ALIASES = ["/v2/token", "/v2/userinfo", f"/{PROTOCOL}/token", f"/{PROTOCOL}/userinfo"]
EVERY_ADDRESS = pytest.mark.parametrize("path", [*NATIVE, *ALIASES])


@pytest.fixture
def program():
    return Client(raise_request_exception=False, enforce_csrf_checks=True)


@pytest.fixture
def outage(monkeypatch):
    def begins(failure: Exception) -> None:
        def fails(*_args, **_kwargs):
            raise failure

        monkeypatch.setattr(relying_parties, "find", fails)
        monkeypatch.setattr(rows, "first", fails)

    return begins


@EVERY_ADDRESS
@pytest.mark.parametrize(
    "failure", [OperationalError("canceling statement due to lock timeout"), InterfaceError("gone")]
)
@pytest.mark.parametrize("origin", [{}, {"Origin": "https://impots.example.nc"}])
def test_a_database_that_is_away_is_told_in_json(
    partner, program, outage, path, failure, origin, request
):
    headers = partner.basic()
    if "userinfo" in path:
        token = partner.tokens(request.getfixturevalue("signed_in"))["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
    outage(failure)
    response = program.post(path, urlencode({"token": "x"}), FORM, headers=headers | origin)
    assert response.status_code == 503
    assert response["Content-Type"] == "application/json"
    assert response["Cache-Control"] == "no-store"
    assert int(response["Retry-After"]) > 0
    assert response.json()["error"] == "temporarily_unavailable"
    assert str(failure) not in response.content.decode()


@EVERY_ADDRESS
@pytest.mark.parametrize(
    "body", [urlencode({f"a{i}": i for i in range(1_500)}), "a=" + "x" * 70_000]
)
def test_a_form_that_is_too_long_is_told_in_json(partner, program, path, body):
    response = program.post(path, body, FORM, headers=partner.basic())
    assert response.status_code == 400
    assert response["Content-Type"] == "application/json"
    assert response.json()["error"] == "invalid_request"


@EVERY_ADDRESS
def test_a_form_in_parts_that_is_none_is_told_in_json(partner, program, path):
    response = program.post(path, "x", "multipart/form-data; boundary=", headers=partner.basic())
    assert response.status_code == 400
    assert response["Content-Type"] == "application/json"


def test_any_other_failure_is_still_one_of_ours(partner, program, outage):
    outage(ValueError("a bug"))
    assert program.post("/oidc/token", headers=partner.basic()).status_code == 500


EVERYWHERE = ("X-Frame-Options", "X-Content-Type-Options", "Referrer-Policy")
EVERYWHERE += ("Cross-Origin-Opener-Policy", "Content-Security-Policy")


@pytest.mark.parametrize("path", sorted(FOR_PROGRAMS))
@pytest.mark.parametrize("host", ["testserver", "elsewhere.example"])
def test_an_answer_to_a_program_has_the_headers_of_every_other_answer(db, program, path, host):
    """And so has the page that a foreign host gets, which is for people as well."""
    page = program.get("/aide/")
    answer = program.get(path, headers={"Host": host})
    assert {name: answer[name] for name in EVERYWHERE} == {name: page[name] for name in EVERYWHERE}
    assert answer.has_header("Permissions-Policy") == (
        answer["Content-Type"].startswith("text/html")
    )
    assert answer["Cache-Control"]


@pytest.mark.parametrize("path", sorted(FOR_PROGRAMS))
def test_a_program_that_comes_without_tls_is_sent_to_https(settings, path):
    settings.HTTPS = settings.SECURE_SSL_REDIRECT = True
    program = Client(raise_request_exception=False)
    answer = program.get(path)
    assert (answer.status_code, answer["Location"]) == (301, f"https://testserver{path}")


def test_over_tls_a_program_is_told_to_stay_there(db, settings):
    settings.HTTPS = True
    settings.SECURE_HSTS_SECONDS = 60
    answer = Client().get("/.well-known/openid-configuration", secure=True)
    assert answer["Strict-Transport-Security"].startswith("max-age=60")


@pytest.mark.parametrize("path", NATIVE)
def test_a_report_of_our_own_error_holds_no_token_and_no_secret(path, monkeypatch, settings):
    """Whatever fails while the form is read: Django's report hides what was marked before."""
    settings.DEBUG = False
    secret = "un-secret-qui-ne-sort-pas"

    def fails(*_args, **_kwargs):
        raise RuntimeError("ours")

    monkeypatch.setattr(relying_parties, "find", fails)
    monkeypatch.setattr(rows, "first", fails)
    sent = {"token": secret, "access_token": secret, "client_id": "x", "client_secret": secret}
    request = RequestFactory().post(path, urlencode(sent), content_type=FORM)
    request.COOKIES = {}
    with contextlib.suppress(RuntimeError):
        resolve(path).func(request)
    shown = SafeExceptionReporterFilter().get_post_parameters(request)
    assert shown.get("access_token", secret) != secret
    assert path == "/oidc/userinfo" or secret not in shown.values()


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/oidc/token", {"POST"}),
        ("/oidc/revoke", {"POST"}),
        ("/oidc/introspect", {"POST"}),
        ("/oidc/userinfo", {"GET", "POST"}),
    ],
)
def test_a_method_that_an_address_does_not_have_is_said_with_those_that_it_has(
    client, path, methods
):
    """RFC 9110, 15.5.6. What is sent with it is not acted upon."""
    for method in {"GET", "POST", "PUT", "DELETE", "PATCH"} - methods:
        answer = client.generic(method, path, "access_token=x")
        assert answer.status_code == 405, method
        assert methods <= set(answer["Allow"].split(", "))

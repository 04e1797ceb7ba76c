"""No answer leads anywhere but to our own pages, and no page answers what it was not asked."""

import re
from collections.abc import Iterator
from urllib.parse import quote, unquote, urljoin, urlsplit

import pytest
from django.test import Client
from django.urls import URLPattern, get_resolver
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ncconnect.middleware import OPERATIONS
from tests.strict_client import StrictClient

pytestmark = pytest.mark.django_db

HOME = "http://testserver"
UNSAFE = ("PUT", "PATCH", "DELETE", "PROPFIND")


def target(path: str, location: str) -> str:
    """The host that a browser goes to: it takes a backslash for a slash, and drops blanks."""
    address = location.replace("\\", "/").translate({ord(c): None for c in "\t\r\n"})
    return urlsplit(urljoin(HOME + path, address.strip())).netloc


@pytest.mark.slow
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60
)
@example(path="//evil.example/")
@example(path="///evil.example")
@example(path="/%2Fevil.example")
@example(path="/%5Cevil.example")
@example(path="/\\evil.example")
@example(path="//evil.example/%2e%2e")
@example(path="//connexion/")
@example(path="/connexion//evil.example/")
@example(path="//evil.example/connexion")
@example(path="/admin//evil.example")
@given(
    path=st.text(st.sampled_from("/\\.:@%2F5Ceviladmn\t")).map(lambda rest: "/" + rest),
)
@pytest.mark.parametrize("query", ["?lang=en", "?lang=en&next=//evil.example/", ""])
def test_no_path_leads_to_another_site(db, path, query):
    client = Client(raise_request_exception=False)
    # As the line of a request has it: what the test client would change is put in by hand.
    response = client.generic("GET", "/" + query, PATH_INFO=_decoded(path))
    if location := response.get("Location"):
        assert target(quote(_decoded(path)), location) == "testserver", location


def _decoded(path: str) -> str:
    """What a web server makes of the path of a request."""
    return unquote(path, "latin-1")


@pytest.mark.parametrize(
    "path", ["//evil.example/", "///evil", "/\\evil.example", "//evil.example/connexion/"]
)
def test_what_is_no_path_of_ours_is_not_found(path):
    response = Client().generic("GET", "/?lang=en", PATH_INFO=path)
    assert response.status_code == 404
    assert not response.cookies


@pytest.mark.parametrize(
    "address", ["/?lang=en", "/connexion/", "/.well-known/openid-configuration", "/oidc/jwks"]
)
def test_a_foreign_host_gets_400_and_nothing_else(address):
    response = StrictClient().get(address, HTTP_HOST="evil.example")
    assert response.status_code == 400
    assert "Location" not in response
    assert not response.cookies
    assert "evil.example" not in response.content.decode()


def test_the_language_is_still_chosen_on_any_page_of_ours(client):
    response = client.get("/connexion/?next=/aide/&lang=en")
    assert response["Location"] == "/connexion/?next=%2Faide%2F"
    assert client.cookies["langue"].value == "en"


def routes(patterns=None, before: str = "") -> Iterator[tuple[str, URLPattern]]:
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        route = before + str(pattern.pattern)
        if not isinstance(pattern, URLPattern):
            yield from routes(pattern.url_patterns, route)
        elif not set(route) & set("^\\(") and "admin/" not in route:
            yield _filled_in(route), pattern


def _filled_in(route: str) -> str:
    values = {"uuid": "0" * 8 + "-0000-0000-0000-" + "0" * 12, "int": "1"}
    return "/" + re.sub(r"<(?:(\w+):)?\w+>", lambda kind: values.get(kind[1], "x"), route)


@pytest.mark.parametrize(
    "address", sorted({address for address, _ in routes()} - OPERATIONS.keys())
)
def test_a_method_that_a_page_does_not_have_is_told_so(address):
    """405 with Allow (RFC 9110, 15.5.6), not the page of a browser that refuses cookies."""
    client = Client(enforce_csrf_checks=True)
    for method in UNSAFE:
        response = client.generic(method, address)
        assert response.status_code == 405, method
        assert response["Allow"]
        assert method not in response["Allow"]


def test_a_page_without_a_form_has_no_post(client):
    response = Client(enforce_csrf_checks=True).post("/aide/")
    assert (response.status_code, response["Allow"]) == (405, "GET, HEAD")


def test_a_form_still_asks_for_its_token():
    assert Client(enforce_csrf_checks=True).post("/connexion/").status_code == 403


@pytest.mark.parametrize("address", ["/", "/sante/vivant", "/oidc/jwks", "/nulle-part/"])
def test_no_answer_says_which_program_serves(client, address):
    assert client.get(address)["Server"] == "NC Connect"

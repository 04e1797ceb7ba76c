"""What only the running service behind TLS can show; the modules' own tests run there as well."""

import http.client
from urllib.parse import urlsplit

import pytest

from tests.spec.conformance import checks
from tests.spec.conformance.automation import answer
from tests.spec.conformance.suite import Suite


@pytest.fixture
def suite(over_tls):
    return Suite(over_tls)


def test_the_happy_flow_to_its_end(suite):
    """Every address on https, from discovery to the signed-out page."""
    assert checks.https_only(suite.metadata)
    tokens = suite.tokens(scope="openid email")
    assert tokens["claims"]["iss"] == suite.site.issuer
    checks.check_userinfo(suite.userinfo(tokens["access_token"]), tokens)
    suite.code(prompt="none")
    endpoint = suite.metadata["end_session_endpoint"]
    page = suite.automation.opens(f"{endpoint}?id_token_hint={tokens['id_token']}")
    assert "logged-out" in page.ids
    checks.check_refusal(suite, suite.authorizes(prompt="none"), "login_required")


def test_cookies_stay_on_this_host_and_on_https(suite):
    """RFC 6265bis, 4.1.3.2: __Host- means Secure, the whole site, and no other host."""
    suite.code()
    cookies = list(suite.automation.client.session.cookies)
    held = {cookie.name.removeprefix("__Host-") for cookie in cookies}
    assert held >= {"session", "csrf"}
    for cookie in cookies:
        assert cookie.secure, cookie.name
        assert cookie.has_nonstandard_attr("HttpOnly"), cookie.name
        assert cookie.get_nonstandard_attr("SameSite") == "Lax", cookie.name
    for cookie in (c for c in cookies if c.name.removeprefix("__Host-") in ("session", "csrf")):
        assert cookie.name.startswith("__Host-")
        assert (cookie.path, cookie.domain_specified) == ("/", False)


def test_browsers_are_told_to_stay_on_https(suite):
    """RFC 6797, 6.1: on every answer, pages, JSON, redirects and errors alike."""
    for address in (
        suite.metadata["jwks_uri"],
        suite.address(prompt="none"),
        suite.address(redirect_uri="https://ailleurs.example.nc/"),
        suite.site.issuer + "/connexion/",
    ):
        policy = suite.back.get(address)["Strict-Transport-Security"]
        assert int(policy.partition(";")[0].removeprefix("max-age=")) >= 31_536_000


def test_the_way_behind_the_front_is_not_taken_for_https(running, suite):
    """Without the front's word that it was https, a request is sent there."""
    port = int(running.service.environment["PORT"])
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        host = urlsplit(suite.site.issuer).netloc
        connection.request("GET", "/connexion/", headers={"Host": host})
        answered = connection.getresponse()
        assert answered.status == 301
        assert answered.getheader("Location") == suite.site.issuer + "/connexion/"
        assert not answered.getheader("Set-Cookie")
    finally:
        connection.close()


def test_the_form_that_answers_may_go_to_the_partner_and_nowhere_else(over_tls):
    """Form Post, 4: our own policy lets the answer pass, and no other place (CSP, form-action)."""
    suite = Suite(over_tls, "form_post")
    page = suite.automation.opens(suite.address())
    assert answer(page, suite.redirect_uri)[0] == "form_post"
    policy = page.response["Content-Security-Policy"]
    [sources] = [part for part in policy.split("; ") if part.startswith("form-action ")]
    assert sources.split()[1:] == ["'self'", "https://localhost.emobix.co.uk:8443"]

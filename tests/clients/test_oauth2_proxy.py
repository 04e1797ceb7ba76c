"""oauth2-proxy: a server before an application that knows no OpenID Connect."""

import shlex
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from urllib.parse import quote

import pytest
import requests

from oidc_provider.documentation.libraries import BY_NAME
from tests.clients.builds import built
from tests.clients.conftest import SECRET
from tests.clients.sites import eventually, running
from tests.services import free_port

pytestmark = [pytest.mark.clients, pytest.mark.slow]
LIBRARY = BY_NAME["oauth2-proxy"]
TOKEN = "X-Auth-Request-Access-Token"


@pytest.fixture
def site(provider, tmp_path):
    """Starts it, as a partner of this name, with these further options."""
    program = built("oauth2-proxy")

    @contextmanager
    def starts(*options: str, secret=SECRET, **metadata):
        port = free_port()
        home, client_id = f"http://127.0.0.1:{port}/", f"oauth2-proxy-{port}"
        provider.registers(
            client_id=client_id,
            redirect_uris=[f"{home}oauth2/callback"],
            post_logout_redirect_uris=[home],
            nc_consent="once",
            **metadata,
        )
        command = [
            str(program),
            "--provider=oidc",
            f"--oidc-issuer-url={provider.issuer}",
            f"--provider-ca-file={provider.ca}",
            f"--client-id={client_id}",
            f"--client-secret={secret}",
            f"--redirect-url={home}oauth2/callback",
            f"--http-address=127.0.0.1:{port}",
            "--cookie-secret=not-a-secret-of-32-bytes-at-all!",
            "--cookie-secure=false",
            "--email-domain=*",
            "--upstream=static://200",
            "--set-xauthrequest",
            "--pass-access-token",
            f"--whitelist-domain={provider.origin.removeprefix('https://')}",
            *shlex.split(LIBRARY.line),
        ]
        with running([*command, *options], tmp_path, port, {}) as site:
            site.client_id = client_id
            yield site

    return starts


def sign_in(person, site, **more) -> str:
    """From the site's own button to the site's answer; where the browser ends."""
    return person.opens(person.signs_in(f"{site.home}oauth2/start", until=site.home, **more))


def who(person, site) -> str | None:
    """Whom the site takes the browser for."""
    person.opens(f"{site.home}oauth2/auth")
    return person.page.headers.get("X-Auth-Request-Email")


def test_it_signs_in_and_out_of_nc_connect_as_well(provider, person, site):
    with site() as running_site:
        sign_in(person, running_site)
        assert who(person, running_site) == person.account.email
        leave = (
            f"{provider.issuer}/oidc/end-session?client_id={running_site.client_id}"
            f"&post_logout_redirect_uri={quote(running_site.home, safe='')}"
        )
        person.opens(f"{running_site.home}oauth2/sign_out?rd={quote(leave, safe='')}")
        person.submits(until=running_site.home, allow="1")
        assert who(person, running_site) is None
        person.opens(f"{running_site.home}oauth2/start")
        assert "login-title" in person.page.text


def test_a_page_with_six_pictures_refreshes_six_times_at_once_and_nobody_is_signed_out(
    person, site
):
    with site("--cookie-refresh=1s") as running_site, ThreadPoolExecutor(6) as six:
        sign_in(person, running_site)
        cookies = person.cookies()
        first = asks(running_site, cookies).headers[TOKEN]
        answers = []

        def all_refresh() -> bool:
            rounds = six.map(lambda _: asks(running_site, cookies), range(6))
            answers[:] = list(rounds)
            return all(answer.headers.get(TOKEN) != first for answer in answers)

        assert eventually(all_refresh)
        assert [answer.status_code for answer in answers] == [202] * 6
        newest = [answer.cookies.get_dict() for answer in answers if answer.cookies]
        assert asks(running_site, newest[-1]).status_code == 202


def asks(site, cookies: dict) -> requests.Response:
    return requests.get(f"{site.home}oauth2/auth", cookies=cookies, timeout=30)


def test_the_person_refuses_and_is_not_signed_in(other_person, site):
    with site() as running_site:
        sign_in(other_person, running_site, answer="deny")
        assert "access_denied" in running_site.said
        assert who(other_person, running_site) is None


def test_a_wrong_secret_is_told_as_a_wrong_secret(person, site):
    with site(secret="not-the-secret") as running_site:
        sign_in(person, running_site)
        assert "client_secret: wrong" in running_site.said
        assert who(person, running_site) is None


def test_a_scope_that_is_not_registered_is_named(person, site):
    with site(scope="openid") as running_site:
        person.opens(f"{running_site.home}oauth2/start")
        assert "invalid_scope" in running_site.said
        assert who(person, running_site) is None

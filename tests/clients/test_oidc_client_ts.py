"""oidc-client-ts in a real browser: a site without a server, and so without a secret."""

import http.server
import threading
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import sync_playwright

from oidc_provider.documentation.libraries import BY_NAME
from tests.clients.builds import NODE
from tests.clients.conftest import need

pytestmark = [pytest.mark.clients, pytest.mark.browser, pytest.mark.slow]
SCRIPT = NODE / "node_modules/oidc-client-ts/dist/browser/oidc-client-ts.min.js"


class Files(http.server.BaseHTTPRequestHandler):
    """The site: one page at every address, and the library."""

    page = ""

    def do_GET(self) -> None:
        is_script = urlsplit(self.path).path.endswith(".js")
        body = SCRIPT.read_bytes() if is_script else self.page.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/javascript" if is_script else "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments) -> None:
        """Nothing to say."""


@pytest.fixture
def site(provider):
    """Its address, with a slash."""
    need(SCRIPT.exists(), "tests/clients/build.sh")

    @contextmanager
    def starts(**metadata):
        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Files) as server:
            port = server.server_address[1]
            home, client_id = f"http://127.0.0.1:{port}/", f"browser-{port}"
            members = {
                "client_id": client_id,
                "client_secret": None,
                "redirect_uris": [f"{home}retour"],
                "post_logout_redirect_uris": [home],
                "nc_consent": "once",
            }
            provider.registers(**members | BY_NAME["oidc-client-ts"].registration | metadata)
            page = (NODE / "browser.html").read_text()
            values = {"{authority}": provider.issuer, "{client_id}": client_id}
            for name, value in values.items():
                page = page.replace(name, value)
            server.RequestHandlerClass = type("Site", (Files,), {"page": page})
            threading.Thread(target=server.serve_forever, daemon=True).start()
            yield home
            server.shutdown()

    return starts


@pytest.fixture
def page():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser.new_page(ignore_https_errors=True)
        browser.close()


def sign_in(page, person, home: str, answer: str = "allow") -> dict:
    """From the site's button through our pages; what its library then says."""
    page.goto(home)
    page.evaluate("void manager.signinRedirect()")
    page.fill("[name=username]", person.account.email)
    page.fill("[name=password]", person.account.password)
    page.press("[name=password]", "Enter")
    page.click(f"[name={answer}]")
    page.wait_for_url(f"{home}retour*")
    return page.evaluate("returned")


# With a header that makes the browser ask first (preflight).
READS = """async () => {
  const user = await manager.getUser(), metadata = await manager.metadataService.getMetadata()
  const headers = { Authorization: `Bearer ${user.access_token}`, 'X-Requested-With': 'fetch' }
  const read = (address) => fetch(address, { headers }).then((answer) => answer.status)
  return { userinfo: await read(metadata.userinfo_endpoint), keys: await read(metadata.jwks_uri) }
}"""


def test_it_signs_in_reads_claims_refreshes_lets_go_and_signs_out(page, person, site):
    with site() as home:
        assert sign_in(page, person, home) == {"email": person.account.email}
        renewed = page.evaluate("manager.signinSilent().then((user) => user.profile.email)")
        assert renewed == person.account.email
        assert page.evaluate(READS) == {"userinfo": 200, "keys": 200}
        page.evaluate("manager.revokeTokens(['access_token'])")  # RFC 7009, section 2.3
        assert page.evaluate(READS) == {"userinfo": 401, "keys": 200}
        page.evaluate("void manager.signoutRedirect()")
        page.wait_for_url(home)
        page.evaluate("void manager.signinRedirect()")
        page.wait_for_selector("#login-title")


def test_the_person_refuses_and_the_site_hears_it(page, other_person, site):
    with site() as home:
        assert sign_in(page, other_person, home, "deny") == {"fault": "access_denied"}


def test_a_scope_that_is_not_registered_is_named(page, site):
    with site(scope="openid email") as home:
        page.goto(home)
        page.evaluate("void manager.signinRedirect()")
        page.wait_for_url(f"{home}retour*")
        assert page.evaluate("returned") == {"fault": "invalid_scope"}

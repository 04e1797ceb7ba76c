"""« Votre bibliothèque → la ligne à écrire »: what the page says is what these tests run."""

import re
from pathlib import Path

import pytest

from oidc_provider.documentation.libraries import BY_NAME, LIBRARIES

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SPRING = ROOT / "docs" / "partners" / "examples" / "java-spring"
# Where each one's line stands, and where its version is pinned.
DEV, OTHERS = ROOT / "requirements" / "dev.lock", ROOT / "requirements" / "clients.lock"
PACKAGES, GO = HERE / "node" / "package.json", HERE / "go" / "go.mod"
SITE, POM = SPRING / "src/main/java/nc/exemple/Site.java", SPRING / "pom.xml"
RUNS = {
    "Authlib": ("test_authlib.py", DEV, r"^authlib==(\S+)"),
    "mozilla-django-oidc": ("mozilla_site.py", DEV, r"^mozilla-django-oidc==(\S+)"),
    "django-allauth": ("allauth_site.py", OTHERS, r"^django-allauth==(\S+)"),
    "python-social-auth": ("social_site.py", OTHERS, r"^social-auth-app-django==(\S+)"),
    "openid-client": ("node/openid_client.mjs", PACKAGES, r'"openid-client": "([\d.]+)'),
    "express-openid-connect": (
        *("node/express_site.mjs", PACKAGES),
        r'"express-openid-connect": "([\d.]+)',
    ),
    "Auth.js": ("node/auth_site.mjs", PACKAGES, r'"@auth/express": "([\d.]+)'),
    "oidc-client-ts": ("node/browser.html", PACKAGES, r'"oidc-client-ts": "([\d.]+)'),
    "Spring Security": (SITE, POM, r"-starter-parent</artifactId>\s*<version>([\d.]+)"),
    "go-oidc": ("go/main.go", GO, r"go-oidc/v3 v(\S+)"),
    "oauth2-proxy": ("test_oauth2_proxy.py", GO, r"oauth2-proxy/v7 v(\S+)"),
    "openidconnect": (
        *("rust/src/main.rs", HERE / "rust" / "Cargo.lock"),
        r'"openidconnect"\nversion = "(.+)"',
    ),
}
USES_THE_TABLE = "*shlex.split(LIBRARY.line)"  # oauth2-proxy's options are taken from it


def test_every_library_of_the_page_is_run():
    assert BY_NAME.keys() - RUNS.keys() == {"mod_auth_openidc"}  # Debian's: its version is Debian's
    assert "OIDCPKCEMethod S256" in (HERE / "test_mod_auth_openidc.py").read_text()
    assert BY_NAME["mod_auth_openidc"].line == "OIDCPKCEMethod S256"


@pytest.mark.parametrize("name", list(RUNS))
def test_the_line_of_the_page_stands_in_what_runs_at_the_version_of_the_page(name):
    source, lock, pattern = RUNS[name]
    text = (HERE / source).read_text()
    line = BY_NAME[name].line
    as_item = line.replace("=", '": ', 1)  # in a dictionary
    assert (
        line in text
        or as_item in text
        or line.replace(" = ", "=") in text
        or USES_THE_TABLE in text
    )
    assert re.search(pattern, lock.read_text(), re.MULTILINE)[1] == BY_NAME[name].version


def test_only_a_site_without_a_secret_changes_its_registration_and_none_does_without_pkce():
    changed = {library.name: library.registration for library in LIBRARIES if library.registration}
    assert changed == {"oidc-client-ts": {"token_endpoint_auth_method": "none"}}

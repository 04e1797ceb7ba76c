"""Signing out at NC Connect ends the visit at the demonstration partner: real processes."""

import html
import re
from urllib.parse import urljoin

import pytest
import requests

from ncconnect.demonstration import preparation
from tests.demonstration.test_run import demonstration, wait_until_ready  # noqa: F401  (a fixture)
from tests.ncconnect.installation import wait_for

pytestmark = pytest.mark.slow


def submit(browser: requests.Session, page: requests.Response, **fields: str) -> requests.Response:
    """Send the form of this page that has a token against forgery, to where it says."""
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.text))
    action = re.search(r'<form method="post"[^>]* action="([^"]*)"', page.text)
    address = urljoin(page.url, html.unescape(action[1])) if action else page.url
    headers = {"Referer": page.url}
    return browser.post(address, data=hidden | fields, headers=headers, timeout=10)


def test_signing_out_here_signs_out_there(demonstration):  # noqa: F811
    demonstration = demonstration()
    wait_until_ready(demonstration.start())
    account = preparation.accounts()[0]
    with requests.Session() as browser:
        browser.trust_env = False
        page = browser.get(f"{demonstration.partner}/connexion/nc-connect", timeout=10)
        submit(browser, page, username=account.email, password=account.password)

        def is_signed_in_there() -> bool:
            return browser.get(f"{demonstration.partner}/espace/creation/", timeout=10).ok

        assert is_signed_in_there()
        page = browser.get(f"{demonstration.site}/deconnexion/", timeout=10)
        assert 'id="logged-out"' in submit(browser, page).text
        assert wait_for(lambda: not is_signed_in_there())

"""The recorded requests of the published PHP clients, over TLS, under the issuer of v3."""

import pytest
import requests

from tests.clients.conftest import SECRET
from tests.spec.legacy_v2_v3.published import VERSIONS, Published, Sent

pytestmark = [pytest.mark.clients, pytest.mark.slow]
CALLBACK = "https://partenaire.example.nc/retour"
HOME = "https://partenaire.example.nc/"


def send(provider, sent: Sent) -> requests.Response:
    """With the headers of the record and no others."""
    with requests.Session() as http:
        http.trust_env = False
        http.headers.clear()
        return http.request(
            *(sent.method, provider.origin + sent.path),
            data=sent.body,
            headers=sent.headers,
            verify=str(provider.ca),
            timeout=30,
            allow_redirects=False,
        )


@pytest.mark.parametrize("version", VERSIONS)
def test_a_published_client_goes_its_whole_way(provider, person, version):
    client_id = "published-" + version.replace(", ", "-")
    client = Published(version, client_id, SECRET, CALLBACK, HOME)
    provider.registers(**client.registration() | {"nc_consent": "information"})

    address = provider.origin + client.sends("sign_in").path
    received = person.signs_in(address, until=CALLBACK)
    code = received.partition("code=")[2].partition("&")[0]
    assert f"state={client.state}" in received
    tokens = send(provider, client.sends("token", code=code)).json()
    asked = client.sends("userinfo", access_token=tokens["access_token"])
    claims = send(provider, asked).json()
    assert claims["email"] == person.account.email
    renewed = send(provider, client.sends("refresh", refresh_token=tokens["refresh_token"])).json()
    asked = client.sends("userinfo", access_token=renewed["access_token"])
    assert send(provider, asked).json() == claims

    leave = client.sends("sign_out", id_token=tokens["id_token"]).path
    assert person.opens(provider.origin + leave, until=HOME) == HOME
    assert send(provider, asked).status_code == 401

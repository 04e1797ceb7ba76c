"""NC Connect v2 and v3 as their partners know them, end to end over TLS, under v3's own issuer."""

import pytest
import requests

from tests.clients.conftest import REALM, SECRET
from tests.clients.contracts import V2, V3, Refused

pytestmark = [pytest.mark.clients, pytest.mark.slow]
CALLBACK = "https://partenaire.example.nc/retour"
HOME = "https://partenaire.example.nc/"


def partner(provider, kind, base: str):
    """Registered as it comes from the former platform."""
    client_id = f"{kind.__name__}-partner"
    provider.registers(
        client_id=client_id,
        redirect_uris=[CALLBACK],
        post_logout_redirect_uris=[HOME],
        nc_require_pkce=False,
    )
    return kind(provider.origin + base, client_id, SECRET, CALLBACK, str(provider.ca))


@pytest.mark.parametrize("base", ["/v2/", "/v2"])
def test_a_partner_of_v2_signs_in_reads_claims_and_signs_out(provider, person, base):
    client = partner(provider, V2, base)
    claims = client.returns(person.signs_in(client.sign_in_address(), until=CALLBACK))
    assert claims["login"] == person.account.email
    assert claims["confirmed"] is True
    assert isinstance(claims["verified"], int)
    assert person.opens(client.logout_address(HOME), until=HOME) == HOME
    with pytest.raises(Refused):
        client.userinfo()


def test_a_partner_of_v3_signs_in_refreshes_and_signs_out(provider, person):
    client = partner(provider, V3, REALM)
    first = client.returns(person.signs_in(client.sign_in_address(), until=CALLBACK))
    assert first["email"] == person.account.email
    assert client.refreshes() == first
    assert client.refreshes() == first
    address = client.logout_address(
        client_id=client.client_id,
        post_logout_redirect_uri=HOME,
        id_token_hint=client.tokens["id_token"],
    )
    assert person.opens(address, until=HOME) == HOME
    with pytest.raises(Refused, match="invalid_grant"):
        client.refreshes()


def test_a_partner_of_v3_signs_out_without_a_hint_and_the_person_confirms(provider, person):
    client = partner(provider, V3, REALM)
    client.returns(person.signs_in(client.sign_in_address(), until=CALLBACK))
    address = client.logout_address(client_id=client.client_id, post_logout_redirect_uri=HOME)
    person.opens(address, until=HOME)
    assert person.submits(allow="1", until=HOME) == HOME


def test_each_discovery_tells_the_one_issuer_and_answers_where_it_says(provider):
    """v3's is the native one under v3's issuer; v2's stands at the host, as it was published."""
    for place in (provider.issuer, provider.origin, f"{provider.origin}/v2"):
        document = _json(provider, f"{place}/.well-known/openid-configuration")
        assert document["issuer"] == provider.issuer
        assert _json(provider, document["jwks_uri"])["keys"]
        for name in ("token_endpoint", "userinfo_endpoint"):
            answer = requests.post(document[name], verify=provider.ca, timeout=30)
            assert answer.status_code == 401
    assert _json(provider, f"{provider.origin}{REALM}/protocol/openid-connect/certs")["keys"]


def _json(provider, address: str) -> dict:
    return requests.get(address, verify=provider.ca, timeout=30).json()

"""« Les services partenaires »."""

from oidc_provider.partners.registration import register, suspend
from tests.relying_party import metadata


def test_it_lists_the_open_partners(client):
    register(metadata())
    closed = register(metadata(client_id="ferme", client_name="Fermé"))
    suspend(closed.relying_party)
    register(metadata(client_id="sans-site", client_name="Sans site", client_uri=None))
    text = client.get("/partenaires/").content.decode()
    assert '<a href="https://impots.example.nc/">impots.nc</a>' in text
    assert "Fermé" not in text
    assert "Sans site" not in text


def test_it_says_when_there_is_none(client):
    assert "Aucun site pour le moment" in client.get("/partenaires/").content.decode()

"""Core, section 8.1; Registration, section 5: sector_identifier_uri."""

import json

import pytest

from oidc_provider.models import RelyingParty as Model
from oidc_provider.partners.registration import describe, register
from tests.page_forms import form_of
from tests.partner_server import PartnerServer
from tests.relying_party import RelyingParty, metadata
from tests.spec.registration.refusal import faults
from tests.staff import agent

HOSTS = ("https://a.example.nc/retour", "https://b.example.nc/retour")


@pytest.fixture
def list_server():
    with PartnerServer() as server:
        yield server


def members(server, listed, **changes) -> dict:
    server.pages["/secteur.json"] = listed
    return metadata(
        redirect_uris=[*HOSTS],
        sector_identifier_uri=f"{server.url}/secteur.json",
        **changes,
    )


def test_several_hosts_need_one():
    assert faults(redirect_uris=[*HOSTS]) == [
        "redirect_uris: several hosts need sector_identifier_uri"
    ]
    register(metadata(redirect_uris=[*HOSTS], subject_type="public"))


def test_its_list_holds_every_redirect_uri_and_its_host_is_the_sector(list_server):
    register(members(list_server, [*HOSTS, "https://c.example.nc/"]))
    partner = Model.objects.get()
    assert partner.sector == "127.0.0.1"
    assert describe(partner)["sector_identifier_uri"] == f"{list_server.url}/secteur.json"


@pytest.mark.parametrize(
    ("listed", "fault"),
    [
        ([HOSTS[0]], f"sector_identifier_uri: {HOSTS[1]} is not listed"),
        ([], f"sector_identifier_uri: {HOSTS[0]} is not listed"),
        ({}, "sector_identifier_uri: expected a JSON list of addresses there"),
        ([5], "sector_identifier_uri: expected a JSON list of addresses there"),
        (None, "sector_identifier_uri: it answered 404"),
    ],
)
def test_otherwise_nothing_is_stored_and_the_reason_is_told(list_server, listed, fault):
    assert fault in faults(**members(list_server, listed))


def test_an_address_inside(settings, list_server):
    settings.DEMO_MODE = False
    address = f"https://127.0.0.1:{list_server.port}/"
    assert faults(sector_identifier_uri=address) == [
        "sector_identifier_uri: the host is not on the public Internet"
    ]
    assert list_server.hits == []


def test_partners_of_one_sector_know_a_person_by_one_name(list_server, signed_in):
    listed = [*HOSTS]
    server_address = members(list_server, listed)["sector_identifier_uri"]
    subs = set()
    for place, client_id in zip(HOSTS, ("un", "deux"), strict=True):
        partner = RelyingParty.registered(
            client_id=client_id, redirect_uris=[place], sector_identifier_uri=server_address
        )
        subs.add(partner.claims(partner.tokens(signed_in)["id_token"])["sub"])
    assert len(subs) == 1


def test_the_administration_asks_the_same(list_server, end_user):
    staff = agent(end_user, "partners")
    url = "/admin/oidc_provider/relyingparty/add/"
    for listed, status in (([], 200), ([*HOSTS], 302)):
        sent = json.dumps(members(list_server, listed))
        page = form_of(staff.opens(url), "metadata").sent_by(staff.client, metadata=sent)
        assert page.status_code == status
    assert list_server.hits == ["/secteur.json"] * 2
    assert Model.objects.get().sector == "127.0.0.1"

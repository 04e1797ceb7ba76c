"""The services that the first page shows."""

import pytest
from django.db import DatabaseError
from django.urls import reverse

from oidc_provider.partners import directory
from oidc_provider.partners.registration import register, suspend
from tests.architecture.page import Page
from tests.relying_party import metadata

pytestmark = pytest.mark.django_db


def services(client) -> list[str]:
    page = Page(client.get(reverse("home")))
    return [link.text for link in page.find("a") if "h3" in link.ancestors]


def test_the_first_page_leads_to_the_services_by_name(client):
    register(metadata(client_id="b", client_name="Transports"))
    register(metadata(client_id="a", client_name="Cantines"))
    assert services(client) == ["Cantines", "Transports"]


def test_a_service_that_closes_is_shown_no_more(client):
    partner = register(metadata(client_name="Cantines"))
    assert services(client) == ["Cantines"]
    suspend(partner.relying_party)
    assert services(client) == []


def test_the_list_is_read_once_for_many_visitors(
    client, django_assert_num_queries, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        register(metadata())
    with django_assert_num_queries(1):
        services(client)
        services(client)


def test_the_first_page_says_the_rest_while_the_database_does_not_answer(client, monkeypatch):
    def silent():
        raise DatabaseError("the connection is gone")

    monkeypatch.setattr(directory, "listed", silent)
    assert services(client) == []
    assert "Comment ça marche" in client.get(reverse("home")).content.decode()

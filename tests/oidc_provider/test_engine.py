"""What the engine is here: a frame whose settings are read, and a table of grant types of ours."""

from dataclasses import replace

import pytest
from django.conf import settings
from django.contrib import admin
from oauth2_provider.checks import validate_bcp_configuration

from oidc_provider import discovery
from oidc_provider.grants.exchange import GRANTS
from oidc_provider.models import Grant
from oidc_provider.partners.registration import InvalidMetadata, register
from oidc_provider.token import dot
from tests.relying_party import RelyingParty, metadata

FURTHER = "urn:example:grant"
CHECKED = [name for name in settings.OAUTH2_PROVIDER if not name.endswith("_ADMIN_CLASS")]


def test_the_engine_finds_nothing_to_say_of_the_settings():
    assert validate_bcp_configuration(None) == []


@pytest.mark.parametrize("name", CHECKED)
def test_each_of_its_settings_is_read_by_its_checks(settings, name):
    """One that changes nothing would say what nobody does."""
    settings.OAUTH2_PROVIDER = {
        key: value for key, value in settings.OAUTH2_PROVIDER.items() if key != name
    }
    assert validate_bcp_configuration(None)


def test_its_administration_shows_partners_and_none_of_its_tables():
    named = {name: path for name, path in settings.OAUTH2_PROVIDER.items() if name not in CHECKED}
    shown = {
        f"{type(site).__module__}.{type(site).__name__}" for site in admin.site._registry.values()
    }
    assert set(named.values()) <= shown


@pytest.fixture
def further(monkeypatch):
    """A grant type more, as somebody will write one: a code, by another name."""
    monkeypatch.setitem(GRANTS, FURTHER, replace(GRANTS["authorization_code"]))
    dot._dispatcher.cache_clear()
    yield FURTHER
    monkeypatch.undo()
    dot._dispatcher.cache_clear()


@pytest.mark.django_db
def test_a_further_grant_type_is_one_line_for_all_who_ask_the_table(end_user, further):
    partner = RelyingParty.registered(grant_types=["authorization_code", further])
    end_user.has_an_account()
    end_user.opens(partner.address())
    end_user.signs_in(way=end_user.page.context["next"])
    answer = partner.exchanges(partner.code(end_user), grant_type=further)
    assert answer.status_code == 200
    assert further in discovery.metadata()["grant_types_supported"]
    assert partner.claims(answer.json()["id_token"])["aud"] == partner.client_id


@pytest.mark.django_db
def test_a_further_grant_type_serves_only_partners_registered_for_it(end_user, further):
    partner = RelyingParty.registered()
    end_user.has_an_account()
    end_user.opens(partner.address())
    end_user.signs_in(way=end_user.page.context["next"])
    answer = partner.exchanges(partner.code(end_user), grant_type=further)
    assert answer.json()["error"] == "unauthorized_client"
    assert not Grant.objects.filter(consumed_at__isnull=False).exists()


@pytest.mark.django_db
def test_what_is_not_in_the_table_is_neither_registered_nor_offered():
    with pytest.raises(InvalidMetadata, match="grant_types"):
        register(metadata(grant_types=["authorization_code", FURTHER]))
    assert FURTHER not in discovery.metadata()["grant_types_supported"]

"""OpenID Connect Dynamic Client Registration 1.0, section 2; RFC 7591, section 2.

The rules by which ``register_relying_party`` and the administration accept a partner."""

import pytest

from ncconnect.audit.models import Event
from oidc_provider.models import Grant, RelyingPartySecret
from oidc_provider.models import RelyingParty as Model
from oidc_provider.partners.metadata import InvalidMetadata
from oidc_provider.partners.registration import register
from tests.relying_party import metadata
from tests.spec.registration.refusal import faults

URI_MEMBERS = (
    "client_uri",
    "logo_uri",
    "initiate_login_uri",
    "backchannel_logout_uri",
    "redirect_uris",
    "post_logout_redirect_uris",
    "jwks_uri",
    "sector_identifier_uri",
)
BAD_URIS = (
    "javascript:alert(1)",
    "data:text/html,x",
    "http://impots.example.nc/",
    "//impots.example.nc/",
    "https://*.example.nc/",
    "https://impots.example.nc/*",
    "https://impots.example.nc/#x",
    "https://impots.example.nc/#",
    "https://moi@impots.example.nc/",
    "https://",
    "https://[x",
    "https://impots.example.nc;script-src/",
    "https://impots.example.nc,autre.nc/",
    "https://impots.example.nc'/",
    "https://impots.example.nc:port/",
    "HTTPS://impots.example.nc/",
    "https://impots.example.nc/a b",
    "https://impots.example.nc/\n",
    "https://impots.éxample.nc/",
    "file:///etc/passwd",
    "x" * 600,
    "",
    None,
    5,
    {},
)


@pytest.mark.parametrize("member", URI_MEMBERS)
@pytest.mark.parametrize("uri", BAD_URIS)
def test_addresses_are_https_and_exact(member, uri):
    value = [uri] if member.endswith("uris") else uri
    assert all(fault.startswith(f"{member}: ") for fault in faults(**{member: value}))


@pytest.mark.parametrize(
    "uri", ["http://localhost:8001/retour", "http://127.0.0.1/x", "http://[::1]/"]
)
def test_http_on_this_machine_for_the_demonstration(uri, settings):
    register(metadata(redirect_uris=[uri]))
    Model.objects.all().delete()
    settings.DEMO_MODE = False
    (fault,) = faults(redirect_uris=[uri])
    assert fault == (
        "redirect_uris: expected https:// for a site; an application of a phone or a computer "
        'declares "application_type": "native"'
    )


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("client_id", "a b"),
        ("client_id", ""),
        ("client_secret", "court"),
        ("client_secret", "avec espace " * 5),
        ("client_name", "x" * 101),
        ("client_name", "a\nb"),
        ("redirect_uris", "https://impots.example.nc/"),
        ("scope", "profile"),
        ("scope", "openid inconnu"),
        ("scope", ["openid"]),
        ("grant_types", ["implicit"]),
        ("grant_types", ["refresh_token"]),
        ("response_types", ["token"]),
        ("token_endpoint_auth_method", "client_secret_jwt"),
        ("id_token_signed_response_alg", "none"),
        ("id_token_signed_response_alg", "HS256"),
        ("userinfo_signed_response_alg", "none"),
        ("subject_type", "x"),
        ("default_max_age", -1),
        ("default_max_age", True),
        ("default_max_age", "60"),
        ("default_acr_values", ["inconnu"]),
        ("nc_require_pkce", 1),
        ("nc_consent", "jamais"),
        ("nc_access_token_lifetime", 0),
        ("contacts", "moi@exemple.nc"),
        ("une_invention", 1),
        ("jwks", {"keys": []}),
        ("jwks", {"keys": [{"kty": "oct", "k": "AAAA"}]}),
        ("jwks", {"keys": [{"kty": "RSA", "n": "AQAB", "e": "AQAB"}]}),
        ("jwks", {"keys": [5]}),
        ("jwks", [1]),
    ],
)
def test_a_malformed_or_unknown_member_is_named(member, value):
    assert [fault.partition(":")[0] for fault in faults(**{member: value})] == [member]


def test_all_faults_at_once():
    found = faults(client_uri="http://x/", scope=1, invention=2, client_name=None)
    assert {fault.partition(":")[0] for fault in found} == {
        "client_uri",
        "scope",
        "invention",
        "client_name",
    }


@pytest.mark.parametrize("value", [[], "x", 1, None])
def test_what_is_not_an_object(value):
    with pytest.raises(InvalidMetadata):
        register(value)


def test_a_public_client_has_no_secret_and_always_pkce():
    assert "client_secret" in faults(token_endpoint_auth_method="none")[0]
    members = metadata(token_endpoint_auth_method="none", client_secret=None)
    assert register(members).secret is None
    assert not RelyingPartySecret.objects.exists()


def test_offline_access_needs_the_refresh_grant():
    assert "offline_access" in faults(scope="openid offline_access")[0]


def test_a_secret_is_made_and_told_once():
    first = register(metadata(client_secret=None))
    assert len(first.secret) >= 43
    assert register(metadata(client_secret=None)).secret is None
    assert first.secret not in str([*RelyingPartySecret.objects.values(), *Event.objects.values()])


def test_an_update_replaces_the_registration_and_keeps_the_secret():
    register(metadata(default_max_age=60))
    again = register(metadata(client_name="Impôts", client_secret=None))
    assert not again.created
    partner = Model.objects.get()
    assert (partner.name, partner.default_max_age) == ("Impôts", None)
    assert partner.secrets.count() == 1


def test_the_same_secret_twice_is_one_secret():
    register(metadata())
    register(metadata())
    assert RelyingPartySecret.objects.count() == 1


def test_changes_are_written_down_with_before_and_after():
    register(metadata())
    register(metadata(client_name="Impôts"))
    register(metadata(client_name="Impôts"))
    events = list(Event.objects.filter(event__startswith="partner_").order_by("pk"))
    assert [event.event for event in events] == ["partner_registered", "partner_changed"]
    assert events[1].facts["changed"] == {"client_name": ["impots.nc", "Impôts"]}


def test_what_would_change_every_sub_is_refused(signed_in):
    from tests.relying_party import RelyingParty

    RelyingParty.registered().tokens(signed_in)
    with pytest.raises(InvalidMetadata):
        register(metadata(redirect_uris=["https://ailleurs.example.nc/"]))
    with pytest.raises(InvalidMetadata):
        register(metadata(subject_type="public"))


def test_a_public_partner_that_nobody_used_may_become_pairwise(signed_in):
    """Whatever other public partners were used; and once it was, it never may."""
    from tests.relying_party import RelyingParty

    RelyingParty.registered(client_id="autre", subject_type="public").tokens(signed_in)
    other_host = {"client_id": "nouveau", "redirect_uris": ["https://nouveau.example.nc/retour"]}
    unused = metadata(**other_host, subject_type="public")
    register(unused)
    register(unused | {"subject_type": "pairwise"})
    register(unused)
    RelyingParty.registered(**other_host, subject_type="public").code(signed_in)
    Grant.objects.all().delete()  # as the purge does
    with pytest.raises(InvalidMetadata):
        register(unused | {"subject_type": "pairwise"})

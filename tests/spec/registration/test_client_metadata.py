"""OpenID Connect Dynamic Client Registration 1.0, section 2; RFC 7591, section 2.

The rules by which ``register_relying_party`` and the administration accept a partner."""

import json

import pytest
from django.core.management import CommandError, call_command

from ncconnect.audit.models import Event
from oidc_provider.metadata import InvalidMetadata
from oidc_provider.models import RelyingParty as Model
from oidc_provider.models import RelyingPartySecret
from oidc_provider.registration import describe, register
from tests.key_holder import new_key, public
from tests.partner_server import PartnerServer
from tests.relying_party import SECRET, metadata

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


def faults(**changes) -> list[str]:
    members = metadata() | changes
    with pytest.raises(InvalidMetadata) as refused:
        register(members)
    assert not Model.objects.exists()
    return refused.value.faults


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
    assert faults(redirect_uris=[uri]) == ["redirect_uris: expected https://"]


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


class TestKeys:
    """RFC 7591, section 2: jwks and jwks_uri MUST NOT both be present."""

    BY_KEY = {"token_endpoint_auth_method": "private_key_jwt", "client_secret": None}

    def test_private_key_jwt_needs_a_key(self):
        with pytest.raises(InvalidMetadata) as refused:
            register(metadata(**self.BY_KEY))
        assert refused.value.faults == [
            "token_endpoint_auth_method: private_key_jwt needs jwks or jwks_uri"
        ]

    def test_and_has_no_secret(self):
        by_key = {"token_endpoint_auth_method": "private_key_jwt", "jwks": public(new_key())}
        assert faults(**by_key) == [
            "client_secret: a client that authenticates by private_key_jwt has no secret"
        ]

    def test_either_the_keys_or_their_address(self):
        both = {"jwks": public(new_key()), "jwks_uri": "https://impots.example.nc/jwks"}
        assert faults(**both) == [
            "jwks_uri: jwks and jwks_uri exclude each other (RFC 7591, section 2)"
        ]

    def test_a_private_key_is_refused_and_not_repeated(self):
        key = new_key().as_dict(private=True)
        [fault] = faults(jwks={"keys": [key]})
        assert fault.startswith("jwks: expected public keys")
        assert key["d"] not in fault

    def test_only_what_can_sign_and_is_public_is_kept(self):
        sound = public(new_key())["keys"][0]
        encryption = public(new_key(use="enc"))["keys"][0]
        register(metadata(jwks={"keys": [sound | {"x5u": "https://x/"}, encryption]}))
        assert Model.objects.get().jwks == {"keys": [sound]}

    def test_a_secret_ends_with_the_method_that_needs_one(self):
        register(metadata())
        registered = register(metadata(jwks=public(new_key()), **self.BY_KEY))
        assert registered.secret is None
        assert not RelyingPartySecret.objects.exists()
        with pytest.raises(CommandError):
            call_command("renew_client_secret", "impots")


class TestSector:
    """Core, section 8.1; Registration, section 5: sector_identifier_uri."""

    HOSTS = ("https://a.example.nc/retour", "https://b.example.nc/retour")

    @pytest.fixture
    def list_server(self):
        with PartnerServer() as server:
            yield server

    def members(self, server, listed, **changes) -> dict:
        server.pages["/secteur.json"] = listed
        return metadata(
            redirect_uris=[*self.HOSTS],
            sector_identifier_uri=f"{server.url}/secteur.json",
            **changes,
        )

    def test_several_hosts_need_one(self):
        assert faults(redirect_uris=[*self.HOSTS]) == [
            "redirect_uris: several hosts need sector_identifier_uri"
        ]
        register(metadata(redirect_uris=[*self.HOSTS], subject_type="public"))

    def test_its_list_holds_every_redirect_uri_and_its_host_is_the_sector(self, list_server):
        register(self.members(list_server, [*self.HOSTS, "https://c.example.nc/"]))
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
    def test_otherwise_nothing_is_stored_and_the_reason_is_told(self, list_server, listed, fault):
        assert fault in faults(**self.members(list_server, listed))

    def test_an_address_inside(self, settings, list_server):
        settings.DEMO_MODE = False
        address = f"https://127.0.0.1:{list_server.port}/"
        assert faults(sector_identifier_uri=address) == [
            "sector_identifier_uri: the host is not on the public Internet"
        ]
        assert list_server.hits == []

    def test_partners_of_one_sector_know_a_person_by_one_name(self, list_server, signed_in):
        from tests.relying_party import RelyingParty

        listed = [*self.HOSTS]
        server_address = self.members(list_server, listed)["sector_identifier_uri"]
        subs = set()
        for place, client_id in zip(self.HOSTS, ("un", "deux"), strict=True):
            partner = RelyingParty.registered(
                client_id=client_id, redirect_uris=[place], sector_identifier_uri=server_address
            )
            subs.add(partner.claims(partner.tokens(signed_in)["id_token"])["sub"])
        assert len(subs) == 1

    def test_the_administration_asks_the_same(self, list_server, end_user):
        end_user.has_an_account(is_staff=True, is_superuser=True)
        end_user.signs_in()
        inline = {f"secrets-{name}_FORMS": "0" for name in ("TOTAL", "INITIAL")}
        url = "/admin/oidc_provider/relyingparty/add/"
        for listed, status in (([], 200), ([*self.HOSTS], 302)):
            sent = json.dumps(self.members(list_server, listed))
            page = end_user.client.post(url, {"metadata": sent} | inline)
            assert page.status_code == status
        assert list_server.hits == ["/secteur.json"] * 2
        assert Model.objects.get().sector == "127.0.0.1"


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


class TestCommand:
    def run(self, tmp_path, content: str, capsys) -> dict:
        file = tmp_path / "client.json"
        file.write_text(content)
        call_command("register_relying_party", str(file))
        return json.loads(capsys.readouterr().out)

    def test_it_prints_the_client_id_and_once_the_secret(self, tmp_path, capsys):
        members = json.dumps(metadata(client_secret=None, client_id=None))
        printed = self.run(tmp_path, members, capsys)
        assert Model.objects.get().client_id == printed["client_id"]
        members = json.dumps(metadata(client_secret=None, client_id=printed["client_id"]))
        assert self.run(tmp_path, members, capsys) == {"client_id": printed["client_id"]}

    def test_a_given_secret_is_kept_and_not_repeated(self, tmp_path, capsys):
        assert SECRET not in str(self.run(tmp_path, json.dumps(metadata()), capsys))

    @pytest.mark.parametrize("content", ["{", "", "[" * 5_000, '{"invention": 1}'])
    def test_faults_are_an_error(self, tmp_path, capsys, content):
        with pytest.raises(CommandError):
            self.run(tmp_path, content, capsys)

    def test_a_missing_file(self):
        with pytest.raises(CommandError):
            call_command("register_relying_party", "/nowhere/client.json")

    def test_a_new_secret_beside_the_old_one(self, capsys):
        register(metadata())
        call_command("renew_client_secret", "impots")
        assert len(json.loads(capsys.readouterr().out)["client_secret"]) >= 43
        assert RelyingPartySecret.objects.count() == 2
        with pytest.raises(CommandError):
            call_command("renew_client_secret", "inconnu")


class TestAdministration:
    @pytest.fixture
    def staff(self, end_user):
        end_user.has_an_account(is_staff=True, is_superuser=True)
        end_user.signs_in()
        return end_user

    def save(self, staff, url: str, members: dict):
        inline = {f"secrets-{name}_FORMS": "0" for name in ("TOTAL", "INITIAL")}
        return staff.client.post(url, {"metadata": json.dumps(members)} | inline)

    def test_the_form_obeys_the_same_rules(self, staff):
        url = "/admin/oidc_provider/relyingparty/add/"
        page = self.save(staff, url, metadata(client_uri="http://x.nc/", invention=1))
        assert "client_uri: expected https://" in page.content.decode()
        assert "invention: unknown member" in page.content.decode()
        assert self.save(staff, url, metadata()).status_code == 302
        assert Model.objects.get().name == "impots.nc"

    def test_a_secret_is_never_shown(self, staff):
        register(metadata())
        digest = RelyingPartySecret.objects.get().digest
        page = staff.opens(f"/admin/oidc_provider/relyingparty/{Model.objects.get().pk}/change/")
        assert page.status_code == 200
        assert SECRET not in page.content.decode()
        assert digest not in page.content.decode()

    def test_a_change_is_kept(self, staff):
        register(metadata())
        url = f"/admin/oidc_provider/relyingparty/{Model.objects.get().pk}/change/"
        page = self.save(staff, url, metadata(client_name="Impôts", client_secret=None))
        assert page.status_code == 302
        assert Model.objects.get().name == "Impôts"
        page = self.save(staff, url, metadata(client_id="autre", client_secret=None))
        assert "client_id" in page.content.decode()

    def test_tokens_and_grants_are_nobodys_to_look_at(self, staff):
        for model in ("grant", "accesstoken", "refreshtoken", "idtoken"):
            assert staff.client.get(f"/admin/oidc_provider/{model}/").status_code == 403

    def test_keys_can_be_seen_without_their_private_halves(self, staff):
        from oidc_provider import keys

        keys.forget()
        keys.ring()
        page = staff.opens("/admin/oidc_provider/signingkey/")
        assert page.status_code == 200
        assert "RS256" in page.content.decode()

    def test_partners_can_be_closed_and_reopened(self, staff):
        register(metadata())
        partner = Model.objects.get()
        for action, open_after in (("suspend_partners", False), ("reopen_partners", True)):
            data = {"action": action, "_selected_action": partner.pk}
            staff.client.post("/admin/oidc_provider/relyingparty/", data)
            partner.refresh_from_db()
            assert partner.is_active is open_after

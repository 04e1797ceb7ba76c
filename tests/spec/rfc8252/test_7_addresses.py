"""RFC 8252, section 7: where the answer to a native application goes; 8.4: its registration."""

import json

import pytest

from oidc_provider.models import RelyingParty as Model
from oidc_provider.partners.metadata import InvalidMetadata, validate
from oidc_provider.partners.registration import describe, register
from tests.page_forms import form_of
from tests.partner_server import PartnerServer
from tests.relying_party import answer, destination, metadata
from tests.spec.registration.refusal import faults
from tests.spec.rfc8252.application import ALL, CLAIMED, LOCAL, LOCAL6, NATIVE, PRIVATE, Application
from tests.staff import agent

NO_SECRET = (
    "token_endpoint_auth_method: a native application keeps no secret: "
    "expected none (RFC 8252, section 8.4)"
)
MEMBERS = ("redirect_uris", "post_logout_redirect_uris")


def of_an_application(**changes) -> dict:
    return metadata(**NATIVE | changes)


def refused(**changes) -> list[str]:
    """The faults of a native application's metadata."""
    with pytest.raises(InvalidMetadata) as told:
        register(of_an_application(**changes))
    assert not Model.objects.exists()
    return told.value.faults


class TestRegistration:
    def test_all_three_kinds_are_kept_as_they_are_written(self, settings):
        settings.DEMO_MODE = False
        register(of_an_application())
        told = describe(Model.objects.get())
        assert told["application_type"] == "native"
        assert [told[member] for member in MEMBERS] == [ALL, ALL]

    @pytest.mark.parametrize("member", MEMBERS)
    @pytest.mark.parametrize("uri", [PRIVATE, "nc.mairie.app://retour", LOCAL, LOCAL6])
    def test_a_site_is_told_what_to_declare(self, member, uri, settings):
        settings.DEMO_MODE = False
        for declared in ({}, {"application_type": "web"}):
            (fault,) = faults(**{member: [uri]}, **declared)
            assert fault.startswith(f"{member}: expected https:// for a site; ")
            assert '"application_type": "native"' in fault

    @pytest.mark.parametrize("member", MEMBERS)
    @pytest.mark.parametrize(
        "uri",
        [
            "app:/retour",
            "mairie://retour",
            "NC.mairie.app:/retour",
            "nc.mairie.app:retour",
            "nc.mairie.app:",
            "nc..app:/retour",
            "nc.mairie.:/retour",
            ".mairie.app:/retour",
            "nc.mairie_app:/retour",
            "javascript:alert(1)",
            "data:text/html,x",
            "file:///etc/passwd",
        ],
    )
    def test_a_scheme_is_a_domain_name_reversed(self, member, uri):
        """7.1: private-use URI scheme names based on a domain name under their control."""
        (fault,) = refused(**{member: [uri]})
        assert fault.startswith(f"{member}: expected the reversed name of a domain of yours")

    @pytest.mark.parametrize("member", MEMBERS)
    @pytest.mark.parametrize(
        "uri", ["http://localhost/retour", "http://localhost:8080/", "HTTP://LOCALHOST/"]
    )
    def test_localhost_is_refused_in_words(self, member, uri):
        """8.3: the use of localhost is NOT RECOMMENDED."""
        assert refused(**{member: [uri]}) == [
            f"{member}: expected http://127.0.0.1 or http://[::1], not localhost (RFC 8252, 8.3)"
        ]

    @pytest.mark.parametrize("member", MEMBERS)
    @pytest.mark.parametrize(
        "uri",
        [
            "http://mairie.example.nc/retour",
            "http://localhost.example.nc/",
            "http://127.0.0.1.example.nc/",
            "http://127.0.0.2/",
            "http://127.1/",
            "http://0x7f000001/",
            "http://moi@127.0.0.1/",
            "http://127.0.0.1:80@example.nc/",
            "http://127.0.0.1:/",
            "http://127.0.0.1:0/",
            "http://127.0.0.1:65536/",
            "http://127.0.0.1:080/",
            "http://[::2]/",
            "http://[::ffff:127.0.0.1]/",
            "http://::1/",
            "http:/127.0.0.1/",
        ],
    )
    def test_http_is_for_the_device_alone(self, member, uri):
        """7.3: the loopback IP literal."""
        assert refused(**{member: [uri]}) == [
            f"{member}: expected https://, http://127.0.0.1 or http://[::1] (RFC 8252, 7.3)"
        ]

    @pytest.mark.parametrize("member", MEMBERS)
    @pytest.mark.parametrize(
        "tail", ["#", "#x", "*", " ", "\n", "é", '"', "<", "\\", "x" * 500, "\x00"]
    )
    @pytest.mark.parametrize("start", ALL)
    def test_no_fragment_no_wildcard_nothing_special(self, member, start, tail):
        """OpenID Connect Registration, RFC 6749, section 3.1.2: no fragment."""
        assert all(fault.startswith(f"{member}: ") for fault in refused(**{member: [start + tail]}))

    @pytest.mark.parametrize("member", ["client_uri", "logo_uri", "initiate_login_uri", "jwks_uri"])
    @pytest.mark.parametrize("uri", [PRIVATE, "http://mairie.example.nc/"])
    def test_its_other_addresses_are_those_of_a_site(self, member, uri):
        assert all(fault.startswith(f"{member}: ") for fault in refused(**{member: uri}))

    @pytest.mark.parametrize(
        "changes",
        [
            {"token_endpoint_auth_method": None},
            {"token_endpoint_auth_method": "client_secret_post"},
        ],
    )
    def test_it_keeps_no_secret(self, changes):
        """8.4: secrets that are included in distributed apps should not be treated as secrets."""
        assert refused(**changes) == [NO_SECRET]

    def test_pkce_cannot_be_left_out(self):
        """6: public native app clients MUST implement PKCE."""
        (fault,) = refused(nc_require_pkce=False)
        assert fault.startswith("nc_require_pkce: a public client always needs PKCE")

    def test_nobody_could_tell_it_of_a_sign_out(self):
        (fault,) = refused(backchannel_logout_uri="https://mairie.example.nc/avis")
        assert fault.startswith("backchannel_logout_uri: ")

    def test_another_type_is_not_known(self):
        assert faults(application_type="desktop") == [
            "application_type: expected one of web, native"
        ]

    def test_staff_register_one_by_the_same_rules(self, end_user):
        staff = agent(end_user, "partners")
        url = "/admin/oidc_provider/relyingparty/add/"
        for changes, status in (({"redirect_uris": ["app:/x"]}, 200), ({}, 302)):
            sent = json.dumps(of_an_application(**changes))
            page = form_of(staff.opens(url), "metadata").sent_by(staff.client, metadata=sent)
            assert page.status_code == status
        assert Model.objects.get().redirect_uris.split() == ALL


class TestSector:
    """Core, section 8.1: which partners know a person by one sub."""

    def test_two_applications_are_strangers_to_each_other(self, signed_in):
        subs = set()
        for name in ("une", "autre"):
            app = Application.registered(client_id=name, redirect_uris=[LOCAL])
            subs.add(app.claims(app.tokens(signed_in, redirect_uri=LOCAL)["id_token"])["sub"])
        assert len(subs) == 2

    def test_no_site_is_in_an_applications_sector(self):
        register(of_an_application(client_id="mairie.example.nc"))
        site = metadata(redirect_uris=["https://mairie.example.nc/retour"])
        register(site)
        sectors = set(Model.objects.values_list("sector", flat=True))
        assert sectors == {"native/mairie.example.nc", "mairie.example.nc"}

    def test_one_that_is_given_its_name_is_a_sector_too(self):
        members = of_an_application(client_id=None)
        made = [register(dict(members)).relying_party for _ in range(2)]
        assert [partner.sector for partner in made] == [
            f"native/{partner.client_id}" for partner in made
        ]
        assert made[0].sector != made[1].sector

    def test_a_name_too_long_for_it_is_refused(self):
        assert refused(client_id="x" * 249) == [
            "client_id: expected at most 248 characters for a native application"
        ]
        assert validate(of_an_application(client_id="x" * 248))["sector"].endswith("x")

    def test_a_list_of_its_own_may_join_it_to_a_site(self):
        with PartnerServer() as server:
            address = f"{server.url}/secteur.json"
            server.pages["/secteur.json"] = [LOCAL, CLAIMED]
            assert f"sector_identifier_uri: {PRIVATE} is not listed" in refused(
                sector_identifier_uri=address
            )
            server.pages["/secteur.json"] = ALL
            register(of_an_application(sector_identifier_uri=address))
        assert Model.objects.get().sector == "127.0.0.1"

    def test_a_site_where_people_signed_in_cannot_become_one(self, partner, signed_in):
        partner.tokens(signed_in)
        with pytest.raises(InvalidMetadata) as told:
            register(
                metadata(
                    application_type="native",
                    token_endpoint_auth_method="none",
                    client_secret=None,
                )
            )
        assert "application_type: it would change every sub given" in told.value.faults[0]


@pytest.fixture
def app():
    return Application.registered()


class TestAnswer:
    @pytest.mark.parametrize(
        "uri",
        [
            PRIVATE,
            LOCAL,
            CLAIMED,
            "http://127.0.0.1:1/retour",
            "http://127.0.0.1:51004/retour",
            "http://127.0.0.1:65535/retour",
        ],
    )
    def test_it_goes_to_the_address_of_the_request(self, app, signed_in, uri):
        """7.3: any port to be specified at the time of the request."""
        page = app.sends(signed_in, redirect_uri=uri)
        assert (page.status_code, destination(page)) == (303, uri)
        assert answer(page)["code"]

    @pytest.mark.parametrize(
        "uri",
        [
            "nc.mairie.app:/retour/",
            "nc.mairie.app://retour",
            "NC.mairie.app:/retour",
            "nc.mairie.app:/retour?x=1",
            "nc.mairie.app.autre:/retour",
            "http://127.0.0.1:51004/",
            "http://127.0.0.1:51004/retour/",
            "http://127.0.0.1:51004/Retour",
            "http://127.0.0.1:51004/retour?x=1",
            "http://127.0.0.1:51004/retour#x",
            "http://127.0.0.1:65536/retour",
            "http://127.0.0.1:0/retour",
            "http://127.0.0.1:/retour",
            "http://127.0.0.1:080/retour",
            "http://127.0.0.1:80@evil.nc/retour",
            "http://127.0.0.1:٨٠/retour",
            "http://localhost:51004/retour",
            "http://127.0.0.2:51004/retour",
            "http://127.0.0.1.evil.nc:51004/retour",
            "https://127.0.0.1:51004/retour",
            "HTTP://127.0.0.1:51004/retour",
            "http://[::1]:51004/autre",
            "https://app.mairie.example.nc:51004/retour",
        ],
    )
    def test_no_other_address_is_ever_followed(self, app, signed_in, uri):
        page = signed_in.opens(app.address(redirect_uri=uri))
        assert page.status_code == 400
        assert page.context["description"].startswith("redirect_uri: ")

    def test_a_registered_port_and_query_are_those_of_the_listener_too(self, signed_in):
        app = Application.registered(redirect_uris=["http://127.0.0.1:8000/cb?a=b"])
        page = app.sends(signed_in, redirect_uri="http://127.0.0.1:8001/cb?a=b")
        assert page["Location"].startswith("http://127.0.0.1:8001/cb?a=b&code=")

    @pytest.mark.parametrize("uri", ["http://127.0.0.1:51004/retour", "http://[::1]:51004/retour"])
    def test_a_sites_port_counts_as_before(self, partner, signed_in, uri):
        """Of a demonstration, whose sites are on this machine."""
        site = type(partner).registered(client_id="ici", redirect_uris=[LOCAL], nc_consent="once")
        assert signed_in.opens(site.address(redirect_uri=uri)).status_code == 400
        assert site.sends(signed_in, redirect_uri=LOCAL).status_code == 303

    def test_an_ipv6_address_is_reached_by_a_page(self, app, signed_in):
        """No form-action can name it: the page leads there by itself, and by its link."""
        page = app.sends(signed_in, redirect_uri="http://[::1]:51004/retour")
        assert page.status_code == 200
        assert page["Cache-Control"] == "no-store"
        assert page["Referrer-Policy"] == "no-referrer"
        address = page.context["address"]
        assert address.startswith("http://[::1]:51004/retour?code=")
        escaped = address.replace("&", "&amp;")
        text = page.content.decode()
        assert f'<meta http-equiv="refresh" content="0; url={escaped}">' in text
        assert f'href="{escaped}"' in text

    @pytest.mark.parametrize(
        ("uri", "source"),
        [
            (PRIVATE, "nc.mairie.app:"),
            ("http://127.0.0.1:51004/retour", "http://127.0.0.1:51004"),
        ],
    )
    def test_forms_may_end_there_and_nowhere_else(self, app, end_user, uri, source):
        page = end_user.opens(app.address(redirect_uri=uri))
        assert f"form-action 'self' {source} https://mairie.example.nc;" in (
            page["Content-Security-Policy"] + ";"
        )

    @pytest.mark.parametrize("uri", [PRIVATE, LOCAL6])
    def test_no_form_is_sent_where_none_arrives(self, app, signed_in, uri):
        page = signed_in.opens(app.address(redirect_uri=uri, response_mode="form_post"))
        told = answer(page) if page.status_code == 303 else page.context["address"]
        assert "invalid_request" in str(told)
        assert "response_mode" in str(told)

    def test_a_form_is_sent_to_a_port(self, app, signed_in):
        page = app.sends(signed_in, redirect_uri=LOCAL, response_mode="form_post")
        assert answer(page)["code"]

    def test_errors_go_the_same_way(self, app, signed_in):
        page = signed_in.opens(app.address(redirect_uri=PRIVATE, response_type="token"))
        assert page["Location"].startswith(f"{PRIVATE}?error=unsupported_response_type&")


class TestExchange:
    @pytest.mark.parametrize("wrong", ["http://127.0.0.1:51005/retour", LOCAL, PRIVATE])
    def test_the_port_of_the_request_counts(self, app, signed_in, wrong):
        """RFC 6749, section 4.1.3: redirect_uri, their values MUST be identical."""
        chosen = "http://127.0.0.1:51004/retour"
        code = app.code(signed_in, redirect_uri=chosen)
        assert app.exchanges(code, redirect_uri=wrong).json() == {
            "error": "invalid_grant",
            "error_description": (
                "redirect_uri or code_verifier: not that of the authorization request"
            ),
        }
        assert app.exchanges(code, redirect_uri=chosen).status_code == 200

    @pytest.mark.parametrize("verifier", [None, "x" * 43])
    def test_without_the_verifier_nobody_redeems_it(self, app, signed_in, verifier):
        """8.1: whoever else has taken the scheme cannot use the code."""
        code = app.code(signed_in, redirect_uri=PRIVATE)
        refusal = app.exchanges(code, redirect_uri=PRIVATE, code_verifier=verifier)
        assert refusal.json()["error"] == "invalid_grant"

    @pytest.mark.parametrize("changes", [{"code_challenge": None}, {"code_challenge_method": None}])
    def test_without_s256_nothing_begins(self, app, signed_in, changes):
        page = signed_in.opens(app.address(**changes))
        assert answer(page)["error"] == "invalid_request"

    def test_it_refreshes(self, app, signed_in):
        first = app.tokens(signed_in, redirect_uri=PRIVATE)
        second = app.refreshes(first["refresh_token"]).json()
        assert second["refresh_token"] != first["refresh_token"]
        assert app.userinfo(second["access_token"]).status_code == 200


class TestSignOut:
    @pytest.mark.parametrize("uri", [PRIVATE, "http://127.0.0.1:51004/retour"])
    def test_it_comes_back(self, app, signed_in, uri):
        hint = app.tokens(signed_in, redirect_uri=PRIVATE)["id_token"]
        page = signed_in.opens(
            app.logout_address(id_token_hint=hint, post_logout_redirect_uri=uri, state="e")
        )
        assert page["Location"] == f"{uri}?state=e"

    def test_to_an_ipv6_address_by_a_page(self, app, signed_in):
        uri = "http://[::1]:51004/retour"
        page = signed_in.opens(
            app.logout_address(client_id="application", post_logout_redirect_uri=uri)
        )
        page = signed_in.submits(page.context["action"], {"allow": "1"})
        assert page.context["address"] == uri

    def test_the_page_that_asks_may_end_there(self, app, signed_in):
        page = signed_in.opens(
            app.logout_address(client_id="application", post_logout_redirect_uri=PRIVATE)
        )
        assert "form-action 'self' nc.mairie.app:" in page["Content-Security-Policy"]

    @pytest.mark.parametrize("uri", ["http://127.0.0.1:1/x", "nc.mairie.app:/autre"])
    def test_to_no_other(self, app, signed_in, uri):
        page = signed_in.opens(
            app.logout_address(client_id="application", post_logout_redirect_uri=uri)
        )
        assert page.status_code == 400

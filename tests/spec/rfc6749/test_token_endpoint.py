"""RFC 6749, sections 2.3, 3.2, 4.1.3, 5; OpenID Connect Core, section 3.1.3."""

import base64
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Session, User
from ncconnect import handles
from oidc_provider.models import Grant
from tests.database import everything, holds
from tests.relying_party import CALLBACK, SECRET, RelyingParty


def error(response, status: int = 400) -> str:
    assert response.status_code == status, response.content
    assert response["Cache-Control"] == "no-store"
    assert response["Content-Type"] == "application/json"
    assert response.json()["error_description"].isascii()
    return response.json()["error"]


class TestClientAuthentication:
    """Core, section 9; RFC 6749, section 2.3.1."""

    def header(self, text: str, scheme="Basic") -> dict:
        return {"Authorization": f"{scheme} {base64.b64encode(text.encode()).decode()}"}

    def test_basic(self, partner, signed_in):
        assert partner.exchanges(partner.code(signed_in)).status_code == 200

    def test_the_scheme_is_case_insensitive(self, partner, signed_in):
        headers = self.header(f"impots:{SECRET}", scheme="bASIC")
        assert partner.exchanges(partner.code(signed_in), headers).status_code == 200

    def test_basic_as_php_clients_send_it(self, signed_in):
        """Not form-encoded: a secret may hold a letter that decoding would change."""
        partner = RelyingParty.registered(client_secret="a~b-c_d.e" * 5)
        headers = self.header(f"impots:{partner.secret}")
        assert partner.exchanges(partner.code(signed_in), headers).status_code == 200

    def test_post(self, signed_in):
        partner = RelyingParty.registered(token_endpoint_auth_method="client_secret_post")
        code = partner.code(signed_in)
        sent = {"client_id": "impots", "client_secret": SECRET}
        assert partner.exchanges(code, headers={}, **sent).status_code == 200

    @pytest.mark.parametrize(
        "text", ["impots:faux", "autre:" + SECRET, "impots", ":", "", "impots:", f"IMPOTS:{SECRET}"]
    )
    def test_wrong_credentials(self, partner, signed_in, text):
        """Section 5.2: invalid_client, 401, with a challenge of the scheme that was used."""
        response = partner.exchanges(partner.code(signed_in), self.header(text))
        assert error(response, 401) == "invalid_client"
        assert response["WWW-Authenticate"].startswith("Basic ")

    @pytest.mark.parametrize("value", ["Basic", "Basic é", "Basic ====", "Bearer x", "Basic /w=="])
    def test_an_unreadable_header(self, partner, signed_in, value):
        response = partner.exchanges(partner.code(signed_in), {"Authorization": value})
        assert error(response, 401) == "invalid_client"

    @pytest.mark.parametrize("scheme", ["Auth", "Bearer", ""])
    def test_the_right_credentials_under_another_scheme(self, partner, signed_in, scheme):
        headers = self.header(f"impots:{SECRET}", scheme)
        response = partner.exchanges(partner.code(signed_in), headers)
        assert error(response, 401) == "invalid_client"
        assert response.json()["error_description"] == "expected the Basic scheme"

    def test_a_header_with_letters_that_are_none_of_base64(self, partner, signed_in):
        """RFC 4648, section 3.3: they are refused, not passed over; one secret, one spelling."""
        header = partner.basic()["Authorization"]
        for strange in (f"{header[:-6]}!{header[-6:]}", f"{header[:-6]} {header[-6:]}"):
            response = partner.exchanges(partner.code(signed_in), {"Authorization": strange})
            assert error(response, 401) == "invalid_client"
        response = partner.exchanges(partner.code(signed_in), {"Authorization": header})
        assert response.status_code == 200

    def test_no_credentials(self, partner, signed_in):
        response = partner.exchanges(partner.code(signed_in), headers={}, client_id="impots")
        assert error(response, 401) == "invalid_client"

    @pytest.mark.parametrize("registered", ["client_secret_basic", "client_secret_post"])
    @pytest.mark.parametrize("header", [True, False])
    @pytest.mark.parametrize("body", [True, False])
    def test_a_secret_in_the_header_the_body_or_both(self, signed_in, registered, header, body):
        """Libraries choose by themselves; v2's own client sends both, then the body alone."""
        partner = RelyingParty.registered(token_endpoint_auth_method=registered)
        sent = {"client_id": "impots", "client_secret": SECRET} if body else {"client_id": "impots"}
        headers = partner.basic() if header else {}
        response = partner.exchanges(partner.code(signed_in), headers, **sent)
        if header or body:
            assert response.status_code == 200
        else:
            assert error(response, 401) == "invalid_client"
            named = "client_secret_basic or client_secret_post"
            assert response.json()["error_description"].endswith(named)

    @pytest.mark.parametrize("registered", ["client_secret_basic", "client_secret_post"])
    @pytest.mark.parametrize("way", ["header", "body", "both"])
    def test_a_wrong_secret_is_told_as_a_wrong_secret(self, signed_in, registered, way):
        """Go's oauth2 tries the header, then the body, and tells the second answer."""
        partner = RelyingParty.registered(token_endpoint_auth_method=registered)
        code, partner.secret = partner.code(signed_in), "faux"
        headers = {} if way == "body" else partner.basic()
        sent = {} if way == "header" else {"client_id": "impots", "client_secret": "faux"}
        response = partner.exchanges(code, headers, **sent)
        assert error(response, 401) == "invalid_client"
        assert response.json()["error_description"] == "client_secret: wrong"

    @pytest.mark.parametrize("right", ["header", "body", "neither"])
    def test_two_secrets_that_do_not_agree(self, partner, signed_in, right):
        """Neither place lends its secret to the other, nor is a second try hidden beside one."""
        body = SECRET if right == "body" else "faux"
        if right != "header":
            partner.secret = "un-autre"
        code = partner.code(signed_in)
        response = partner.exchanges(code, client_id="impots", client_secret=body)
        assert error(response, 401) == "invalid_client"
        told = response.json()["error_description"]
        assert told == "client_secret: not the same in the header and in the body"
        partner.secret = SECRET
        assert partner.exchanges(code).status_code == 200

    def test_two_live_secrets_do_not_agree_either(self, partner, signed_in):
        from oidc_provider.models import RelyingParty as Model
        from oidc_provider.partners.registration import add_secret

        second = add_secret(Model.objects.get())
        response = partner.exchanges(partner.code(signed_in), client_secret=second)
        assert error(response, 401) == "invalid_client"

    def test_the_body_is_compared_as_the_header_was_meant(self, signed_in):
        """Encoded or bare in the header, the body says which letters it has."""
        secret = "a%2Bb~c" * 6
        partner = RelyingParty.registered(client_secret="abc~def" * 6)
        bare = self.header(f"impots:{partner.secret}")
        for headers in (partner.basic(), bare):
            sent = {"client_id": "impots", "client_secret": partner.secret}
            assert partner.exchanges(partner.code(signed_in), headers, **sent).status_code == 200
            sent["client_secret"] = secret
            response = partner.exchanges(partner.code(signed_in), headers, **sent)
            assert error(response, 401) == "invalid_client"

    @pytest.mark.parametrize("body", [{}, {"client_id": "impots"}])
    def test_a_public_client_with_an_empty_secret(self, signed_in, body):
        """Section 2.3.1: a client may omit an empty secret; some libraries send « id: »."""
        partner = RelyingParty.registered(token_endpoint_auth_method="none", client_secret=None)
        code = partner.code(signed_in)
        assert partner.exchanges(code, self.header("impots:"), **body).status_code == 200

    @pytest.mark.parametrize("way", ["header", "body", "both"])
    def test_a_public_client_has_no_secret_to_show(self, signed_in, way):
        partner = RelyingParty.registered(token_endpoint_auth_method="none", client_secret=None)
        headers = {"body": {}, "header": self.header(f"impots:{SECRET}")}.get(
            way, self.header("impots:")
        )
        sent = {"client_id": "impots"} | ({} if way == "header" else {"client_secret": SECRET})
        response = partner.exchanges(partner.code(signed_in), headers, **sent)
        assert error(response, 401) == "invalid_client"

    def test_the_empty_secret_of_one_opens_no_other(self, partner, signed_in):
        RelyingParty.registered(
            client_id="public", token_endpoint_auth_method="none", client_secret=None
        )
        code = partner.code(signed_in)
        for headers in (self.header("impots:"), self.header("public:")):
            response = partner.exchanges(code, headers, client_id="impots")
            assert error(response, 401) == "invalid_client"
        assert error(partner.exchanges(code, self.header("public:"))) == "invalid_grant"

    def test_another_client_id_in_the_body(self, partner, signed_in):
        RelyingParty.registered(client_id="autre")
        response = partner.exchanges(partner.code(signed_in), client_id="autre")
        assert error(response, 401) == "invalid_client"

    def test_a_suspended_partner(self, partner, signed_in):
        from oidc_provider.models import RelyingParty as Model
        from oidc_provider.partners import registration

        code = partner.code(signed_in)
        registration.suspend(Model.objects.get())
        assert error(partner.exchanges(code), 401) == "invalid_client"

    def test_two_secrets_live_at_a_time(self, partner, signed_in):
        from oidc_provider.models import RelyingParty as Model
        from oidc_provider.partners.registration import add_secret

        model = Model.objects.get()
        second = add_secret(model)
        assert partner.exchanges(partner.code(signed_in)).status_code == 200
        partner.secret = second
        assert partner.exchanges(partner.code(signed_in)).status_code == 200
        add_secret(model)
        partner.secret = SECRET
        assert error(partner.exchanges(partner.code(signed_in)), 401) == "invalid_client"
        assert model.secrets.count() == 2

    def test_the_use_of_a_secret_is_written_down(self, partner, signed_in):
        from oidc_provider.models import RelyingPartySecret

        partner.exchanges(partner.code(signed_in))
        secret = RelyingPartySecret.objects.get()
        assert secret.last_used_at is not None
        assert SECRET not in secret.digest + secret.salt


class TestRequest:
    @pytest.mark.parametrize(
        "grant_type",
        [
            "password",
            "client_credentials",
            "openid",
            "implicit",
            "urn:ietf:params:oauth:grant-type:device_code",
            "urn:ietf:params:oauth:grant-type:jwt-bearer",
            "AUTHORIZATION_CODE",
        ],
    )
    def test_other_grants_are_not_there(self, partner, grant_type):
        response = partner.exchanges("x", grant_type=grant_type, username="u", password="p")
        assert error(response) == "unsupported_grant_type"

    @pytest.mark.parametrize("missing", ["grant_type", "code"])
    def test_a_missing_parameter(self, partner, missing):
        sent = {"grant_type": "authorization_code", "code": "x"} | {missing: None}
        response = partner.calls("/oidc/token", sent)
        assert error(response) == "invalid_request"
        assert response.json()["error_description"] == f"{missing}: missing"

    def test_a_refresh_without_a_token(self):
        partner = RelyingParty.registered(grant_types=["authorization_code", "refresh_token"])
        response = partner.calls("/oidc/token", {"grant_type": "refresh_token"})
        assert error(response) == "invalid_request"
        assert response.json()["error_description"] == "refresh_token: missing"

    def test_a_parameter_sent_twice(self, partner):
        response = partner.back_channel.post(
            "/oidc/token",
            "grant_type=authorization_code&code=a&code=b",
            content_type="application/x-www-form-urlencoded",
            headers=partner.basic(),
        )
        assert error(response) == "invalid_request"

    @pytest.mark.parametrize("name", ["code", "client_secret", "client_id", "grant_type", "scope"])
    def test_parameters_in_the_address(self, partner, signed_in, name):
        """What is in an address is written down by whoever passes it on."""
        code = partner.code(signed_in)
        sent = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}
        sent["code_verifier"] = partner.verifier
        response = partner.calls(f"/oidc/token?{name}=x", sent)
        assert error(response) == "invalid_request"
        assert response.json()["error_description"] == f"{name}: belongs in the body"
        assert partner.exchanges(code).status_code == 200

    def test_what_we_do_not_know_in_the_address_is_ignored(self, partner, signed_in):
        """Section 3.2: unrecognized request parameters MUST be ignored."""
        sent = {"grant_type": "authorization_code", "code": partner.code(signed_in)}
        sent |= {"redirect_uri": CALLBACK, "code_verifier": partner.verifier}
        assert partner.calls("/oidc/token?trace=1", sent).status_code == 200

    def test_json_is_not_the_format(self, partner):
        response = partner.back_channel.post(
            "/oidc/token", {"a": 1}, content_type="application/json", headers=partner.basic()
        )
        assert error(response) == "invalid_request"

    def test_get_is_not_the_method(self, partner):
        assert partner.back_channel.get("/oidc/token").status_code == 405

    def test_no_csrf_token_is_asked_for(self, partner, signed_in):
        from django.test import Client

        partner.back_channel = Client(enforce_csrf_checks=True)
        assert partner.exchanges(partner.code(signed_in)).status_code == 200

    def test_an_origin_gets_no_cors_header(self, partner, signed_in):
        headers = partner.basic() | {"Origin": "https://mechant.example"}
        response = partner.exchanges(partner.code(signed_in), headers)
        assert "Access-Control-Allow-Origin" not in response


class TestCode:
    """Section 4.1.2 and 4.1.3."""

    @pytest.mark.parametrize("code", ["x", "a\x00b", "é", "x" * 5_000, "' OR 1=1 --"])
    def test_an_unknown_code(self, partner, code):
        assert error(partner.exchanges(code)) in ("invalid_grant", "invalid_request")

    def test_it_lives_a_minute(self, partner, signed_in, time_machine):
        """4.1.2: short-lived; to the second, for whoever is slow and for whoever found it."""
        time_machine.move_to(timezone.now(), tick=False)
        found, slow = partner.code(signed_in), partner.code(signed_in)
        time_machine.shift(timedelta(seconds=59))
        assert partner.exchanges(slow).status_code == 200
        time_machine.shift(timedelta(seconds=1))
        assert error(partner.exchanges(found)) == "invalid_grant"

    def test_it_is_the_partners_own(self, partner, signed_in):
        """ensure that the authorization code was issued to the authenticated client."""
        other = RelyingParty.registered(client_id="autre")
        other.verifier = partner.verifier
        code = partner.code(signed_in)
        assert error(other.exchanges(code)) == "invalid_grant"
        assert partner.exchanges(code).status_code == 200

    @pytest.mark.parametrize("uri", [None, CALLBACK + "/", "https://autre.nc/"])
    def test_redirect_uri_is_the_same(self, partner, signed_in, uri):
        """ensure that the redirect_uri parameter is present … and identical."""
        code = partner.code(signed_in)
        assert error(partner.exchanges(code, redirect_uri=uri)) == "invalid_grant"

    def test_a_second_use_is_refused_and_ends_what_the_first_gave(self, partner, signed_in):
        """The client MUST NOT use the code more than once … SHOULD revoke all tokens."""
        code = partner.code(signed_in)
        token = partner.exchanges(code).json()["access_token"]
        assert partner.userinfo(token).status_code == 200
        assert error(partner.exchanges(code)) == "invalid_grant"
        assert partner.userinfo(token).status_code == 401

    def test_whoever_knows_the_key_of_its_row_has_no_code(self, partner, signed_in):
        """10.10: it cannot be guessed. A copy of the table names the rows, not their secrets."""
        code = partner.code(signed_in)
        forged, _digest = handles.new(handles.Handle.read(code).id)
        assert error(partner.exchanges(forged)) == "invalid_grant"
        assert partner.exchanges(code).status_code == 200

    @pytest.mark.parametrize("end", ["expire_date", "ends_at"])
    def test_it_dies_with_a_session_that_runs_out(self, partner, signed_in, stranger, end):
        """Nobody ended it: its idle or its absolute end has come while the code was on its way."""
        stranger.has_an_account()
        stranger.signs_in()
        code, others = partner.code(signed_in), partner.code(stranger)
        of_the_code = Grant.objects.get(pk=handles.Handle.read(code).id).session_id
        Session.objects.filter(pk=of_the_code).update(**{end: timezone.now()})
        assert error(partner.exchanges(code)) == "invalid_grant"
        assert partner.exchanges(others).status_code == 200

    def test_it_dies_with_the_session(self, partner, signed_in):
        code = partner.code(signed_in)
        signed_in.signs_out()
        assert error(partner.exchanges(code)) == "invalid_grant"

    @pytest.mark.parametrize("change", [{"is_active": False}, {"activated_at": None}])
    def test_it_dies_with_the_account(self, partner, signed_in, change):
        code = partner.code(signed_in)
        User.objects.update(**change)
        assert error(partner.exchanges(code)) == "invalid_grant"

    def test_nothing_is_readable_in_the_database(self, partner, signed_in):
        code = partner.code(signed_in)
        given = partner.exchanges(code).json()
        stolen = everything()
        assert holds(stolen, partner.client_id)  # it is looked into
        for secret in (code, given["access_token"], partner.secret, signed_in.password):
            assert not holds(stolen, secret)

    @pytest.mark.parametrize("kept", ["code", "access_token"])
    def test_and_would_be_seen_if_it_were(self, partner, signed_in, kept):
        """The test above can fail: what is written down is found."""
        code = partner.code(signed_in)
        secrets = {"code": code} | partner.exchanges(code).json()
        Grant.objects.update(scope=secrets[kept])
        assert holds(everything(), secrets[kept])


class TestAnswer:
    def test_the_members(self, partner, signed_in):
        """Core, section 3.1.3.3."""
        response = partner.exchanges(partner.code(signed_in))
        assert response["Cache-Control"] == "no-store"
        assert response["Pragma"] == "no-cache"
        assert set(response.json()) == {
            "access_token",
            "token_type",
            "expires_in",
            "scope",
            "id_token",
            "session_state",
        }
        assert len(response.json()["access_token"]) >= 43

    def test_session_state_is_the_sid(self, signed_in):
        """Keycloak as a broker finds the session to end by it, and by nothing else."""
        partner = RelyingParty.registered(grant_types=["authorization_code", "refresh_token"])
        other = RelyingParty.registered(client_id="autre")
        first = partner.tokens(signed_in)
        again = partner.refreshes(first["refresh_token"]).json()
        sid = partner.claims(first["id_token"])["sid"]
        assert [first["session_state"], again["session_state"]] == [sid, sid]
        assert other.tokens(signed_in)["session_state"] != sid

    def test_the_partners_own_lifetime(self, signed_in, time_machine):
        partner = RelyingParty.registered(nc_access_token_lifetime=60)
        tokens = partner.tokens(signed_in)
        assert tokens["expires_in"] == 60
        time_machine.move_to(timezone.now() + timedelta(seconds=60))
        assert partner.userinfo(tokens["access_token"]).status_code == 401

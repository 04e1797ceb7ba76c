"""OpenID Connect Core 1.0, section 5.3: UserInfo Endpoint; RFC 6750."""

import base64
import json
from datetime import timedelta

import pytest
from django.utils import timezone
from joserfc import jwt

from accounts.models import Details, Identity, User
from oidc_provider.partners.registration import register
from tests.relying_party import RelyingParty, metadata


@pytest.fixture
def token(partner, signed_in):
    return partner.tokens(signed_in, scope="openid email")["access_token"]


def bearer(token: str, scheme: str = "Bearer") -> dict:
    return {"Authorization": f"{scheme} {token}"}


class TestHowTheTokenComes:
    """Section 5.3.1; RFC 6750, section 2."""

    @pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
    @pytest.mark.parametrize("method", ["get", "post"])
    def test_the_header(self, client, token, method, scheme):
        """The UserInfo Endpoint MUST support the use of the HTTP GET and POST methods."""
        response = getattr(client, method)("/oidc/userinfo", headers=bearer(token, scheme))
        assert response.status_code == 200
        assert response["Content-Type"] == "application/json"
        assert "no-store" in response["Cache-Control"]

    @pytest.mark.parametrize("scheme", ["Basic", "DPoP", "Token"])
    def test_a_token_under_another_scheme_is_none(self, client, token, scheme):
        """RFC 6750, section 2.1; RFC 9449, 7.2: whoever says DPoP takes the token for bound."""
        response = client.get("/oidc/userinfo", headers=bearer(token, scheme))
        assert response.status_code == 401
        assert response["WWW-Authenticate"] == 'Bearer realm="NC Connect"'

    def test_the_body_of_a_post(self, client, token):
        assert client.post("/oidc/userinfo", {"access_token": token}).status_code == 200

    def test_never_the_address(self, client, token):
        """RFC 9700, section 4.3.2: MUST NOT be passed in a URI query parameter."""
        assert client.get("/oidc/userinfo", {"access_token": token}).status_code == 400
        response = client.post(f"/oidc/userinfo?access_token={token}", headers=bearer(token))
        assert response.status_code == 400

    @pytest.mark.parametrize("query", ["schema=openid", "x=access_token", "?"])
    def test_what_else_is_in_the_address_is_ignored(self, client, token, query):
        """RFC 6749, section 3.1, of every endpoint; drafts of Core asked for schema=openid."""
        response = client.get(f"/oidc/userinfo?{query}", headers=bearer(token))
        assert response.status_code == 200

    def test_the_body_of_a_get_is_not_read(self, client, token):
        response = client.generic(
            "GET",
            "/oidc/userinfo",
            f"access_token={token}",
            content_type="application/x-www-form-urlencoded",
        )
        assert response.status_code == 401

    def test_two_ways_at_once(self, client, token):
        """Clients MUST NOT use more than one method to transmit the token in each request."""
        response = client.post("/oidc/userinfo", {"access_token": token}, headers=bearer(token))
        assert response.status_code == 400

    def test_no_token_at_all(self, client):
        """RFC 6750, section 3.1: … SHOULD NOT include an error code."""
        response = client.get("/oidc/userinfo")
        assert response.status_code == 401
        assert response["WWW-Authenticate"] == 'Bearer realm="NC Connect"'

    @pytest.mark.parametrize(
        "value", ["x", "é", "x" * 1_000_000, "eyJ.a.b", "", " ", "a b", "\x00", "' OR 1=1"]
    )
    def test_no_token_of_ours(self, client, value):
        response = client.get("/oidc/userinfo", headers=bearer(value))
        assert response.status_code == 401
        assert 'error="invalid_token"' in response["WWW-Authenticate"]

    def test_an_id_token_is_not_an_access_token(self, client, partner, signed_in):
        id_token = partner.tokens(signed_in)["id_token"]
        assert client.get("/oidc/userinfo", headers=bearer(id_token)).status_code == 401

    def test_an_access_token_is_not_an_id_token_hint(self, client, partner, token):
        page = client.get(partner.address(prompt="none", id_token_hint=token))
        assert "invalid_request" in page["Location"]

    def test_no_cors(self, client, token):
        response = client.get(
            "/oidc/userinfo", headers=bearer(token) | {"Origin": "https://mechant.example"}
        )
        assert "Access-Control-Allow-Origin" not in response


class TestWhatStaysThere:
    def test_expired(self, partner, token, time_machine):
        time_machine.move_to(timezone.now() + timedelta(seconds=1795))
        assert partner.userinfo(token).status_code == 200
        time_machine.move_to(timezone.now() + timedelta(seconds=5))
        assert partner.userinfo(token).status_code == 401

    @pytest.mark.parametrize("change", [{"is_active": False}, {"activated_at": None}])
    def test_the_person(self, partner, token, change):
        User.objects.update(**change)
        assert partner.userinfo(token).status_code == 401

    def test_the_partner(self, partner, token):
        from oidc_provider.models import RelyingParty as Model
        from oidc_provider.partners import registration

        registration.suspend(Model.objects.get())
        assert partner.userinfo(token).status_code == 401

    def test_the_partner_itself_and_no_other(self, partner, signed_in, token):
        """Closed by whatever hand, its living grants serve nothing; the other's do."""
        from oidc_provider.models import Grant
        from oidc_provider.models import RelyingParty as Model

        other = RelyingParty.registered(client_id="ville", client_name="Ville")
        others = other.tokens(signed_in)["access_token"]
        Model.objects.filter(client_id=partner.client_id).update(is_active=False)
        assert not Grant.objects.exclude(revoked_at=None).exists()
        assert partner.userinfo(token).status_code == 401
        assert other.userinfo(others).status_code == 200

    def test_the_session(self, partner, signed_in, token):
        signed_in.signs_out()
        assert partner.userinfo(token).status_code == 401

    def test_a_session_at_another_partner_is_another_matter(self, partner, signed_in, stranger):
        """What a sign-out ends is this session's tokens."""
        stranger.email = signed_in.email
        stranger.signs_in()
        token = partner.tokens(stranger)["access_token"]
        signed_in.signs_out()
        assert partner.userinfo(token).status_code == 200


@pytest.fixture
def identified(signed_in):
    Identity.objects.create(
        user=signed_in.account,
        given_names=["Jean-Marie", "Wapone"],
        family_name="Néa",
        usage_name="Tein",
        birthdate="1980-02",
        gender="male",
        birthplace="98818",
        birthcountry="99100",
        level=1,
    )
    return signed_in


class TestClaims:
    """Section 5.4: the claims of the scopes; those that nothing is held for are absent."""

    def userinfo(self, partner, end_user, scope):
        return partner.userinfo(partner.tokens(end_user, scope=scope)["access_token"]).json()

    def test_openid_alone_gives_sub_alone(self, partner, signed_in):
        assert set(self.userinfo(partner, signed_in, "openid")) == {"sub"}

    def test_the_pivot(self, partner, identified):
        info = self.userinfo(partner, identified, "openid identite_pivot")
        del info["sub"]
        assert info == {
            "given_name": "Jean-Marie Wapone",
            "first_name": "Jean-Marie",
            "family_name": "Néa",
            "preferred_username": "Tein",
            "gender": "male",
            "birthdate": "1980-02",
            "birthplace": "98818",
            "birthcountry": "99100",
            "verified": 1,
        }

    def test_the_profile_has_no_birth_place(self, partner, identified):
        info = self.userinfo(partner, identified, "openid profile")
        assert "birthplace" not in info
        assert info["family_name"] == "Néa"

    def test_birth(self, partner, identified):
        info = self.userinfo(partner, identified, "openid birth")
        assert set(info) == {"sub", "birthplace", "birthcountry"}

    def test_what_is_not_held_is_absent(self, signed_in):
        """5.3.2: If a Claim is not returned, that Claim Name SHOULD be omitted."""
        scope = "openid profile birth phone address"
        partner = RelyingParty.registered(scope=scope)
        info = self.userinfo(partner, signed_in, scope)
        assert set(info) == {"sub", "verified", "locale", "updated_at"}
        assert (info["verified"], info["locale"]) == (0, "fr")
        assert info["updated_at"] == int(signed_in.account.created_at.timestamp())

    def test_the_details(self, identified):
        """5.1: each of its own type, from the database as well."""
        Details.objects.create(
            user=identified.account,
            zoneinfo="Pacific/Noumea",
            phone_number="+687751234",
            phone_number_verified=True,
            locality="Koné",
        )
        scope = "openid profile phone address"
        info = self.userinfo(RelyingParty.registered(scope=scope), identified, scope)
        assert info["name"] == "Jean-Marie Wapone Tein"
        assert info["zoneinfo"] == "Pacific/Noumea"
        assert info["phone_number_verified"] is True
        assert info["address"] == {"locality": "Koné", "formatted": "Koné"}
        written = Details.objects.get().updated_at
        assert info["updated_at"] == int(written.timestamp())
        assert "nickname" not in info

    def test_what_the_partner_may_not_have_any_more(self, identified):
        """A registration that loses a scope takes it from living grants too, wherever it shows."""
        grant_types = ["authorization_code", "refresh_token"]
        partner = RelyingParty.registered(scope="openid email birth", grant_types=grant_types)
        asked = json.dumps({"id_token": {"birthplace": None}, "userinfo": {"birthcountry": None}})
        tokens = partner.tokens(identified, scope="openid email birth", claims=asked)
        assert "birthplace" in partner.claims(tokens["id_token"])
        register(metadata(scope="openid email", grant_types=grant_types))
        info = partner.userinfo(tokens["access_token"]).json()
        assert set(info) == {"sub", "email", "email_verified"}
        for token in (tokens["access_token"], tokens["refresh_token"]):
            told = partner.calls("/oidc/introspect", {"token": token}).json()
            assert told["scope"] == "openid email"
        assert partner.refreshes(tokens["refresh_token"], scope="openid birth").status_code == 400
        again = partner.refreshes(tokens["refresh_token"]).json()
        assert again["scope"] == "openid email"
        assert "birthplace" not in partner.claims(again["id_token"])

    def test_a_scope_that_is_lost_takes_no_claim_with_it_that_was_asked_for_by_name(
        self, identified
    ):
        grant_types = ["authorization_code", "refresh_token"]
        partner = RelyingParty.registered(scope="openid email phone birth", grant_types=grant_types)
        asked = json.dumps({"userinfo": {"birthplace": None}})
        tokens = partner.tokens(identified, scope="openid email phone", claims=asked)
        register(metadata(scope="openid email birth", grant_types=grant_types))
        again = partner.refreshes(tokens["refresh_token"]).json()
        assert again["scope"] == "openid email"
        for token in (tokens["access_token"], again["access_token"]):
            assert partner.userinfo(token).json()["birthplace"] == "98818"

    def test_sub_is_the_one_of_the_id_token(self, partner, signed_in):
        """The sub Claim in the UserInfo Response MUST be verified to exactly match."""
        tokens = partner.tokens(signed_in)
        info = partner.userinfo(tokens["access_token"]).json()
        assert info["sub"] == partner.claims(tokens["id_token"])["sub"]

    def test_the_claims_of_a_scope_are_not_in_the_id_token(self, partner, identified):
        tokens = partner.tokens(identified, scope="openid profile email birth")
        assert set(partner.claims(tokens["id_token"])) == {
            *("iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid"),
            "at_hash",
        }

    def test_the_claims_parameter_asks_for_the_id_token(self, partner, identified):
        """Section 5.5: … members of the id_token object … are returned in the ID Token."""
        claims = json.dumps({"id_token": {"email": None, "family_name": {"essential": True}}})
        tokens = partner.tokens(identified, scope="openid email", claims=claims)
        received = partner.claims(tokens["id_token"])
        assert received["email"] == identified.email
        assert received["family_name"] == "Néa"
        assert "family_name" not in partner.userinfo(tokens["access_token"]).json()

    def test_the_claims_parameter_asks_for_userinfo(self, partner, identified):
        """Section 5.5: … individual Claims be returned; no scope has to give them."""
        claims = json.dumps({"userinfo": {"family_name": {"essential": True}}})
        tokens = partner.tokens(identified, scope="openid", claims=claims)
        info = partner.userinfo(tokens["access_token"]).json()
        assert (set(info), info["family_name"]) == ({"sub", "family_name"}, "Néa")
        assert "family_name" not in partner.claims(tokens["id_token"])

    def test_the_claims_parameter_gives_what_the_partner_is_registered_for(self, identified):
        partner = RelyingParty.registered(scope="openid email")
        claims = json.dumps({place: {"family_name": None} for place in ("userinfo", "id_token")})
        tokens = partner.tokens(identified, scope="openid", claims=claims)
        assert set(partner.userinfo(tokens["access_token"]).json()) == {"sub"}
        assert "family_name" not in partner.claims(tokens["id_token"])

    def test_a_narrowed_token_gives_its_scopes_alone(self, identified):
        partner = RelyingParty.registered(grant_types=["authorization_code", "refresh_token"])
        claims = json.dumps({"userinfo": {"family_name": None}})
        tokens = partner.tokens(identified, scope="openid email", claims=claims)
        narrowed = partner.refreshes(tokens["refresh_token"], scope="openid").json()
        assert set(partner.userinfo(narrowed["access_token"]).json()) == {"sub"}

    @pytest.mark.parametrize("scope", ["email", "profile", "email profile"])
    def test_a_token_narrowed_below_openid_opens_nothing_here(self, identified, scope):
        """Section 5.3: userinfo is for tokens of an authentication; RFC 6750, 3.1: 403."""
        partner = RelyingParty.registered(grant_types=["authorization_code", "refresh_token"])
        tokens = partner.tokens(identified, scope="openid email profile")
        narrowed = partner.refreshes(tokens["refresh_token"], scope=scope).json()
        response = partner.userinfo(narrowed["access_token"])
        assert response.status_code == 403
        assert response["WWW-Authenticate"] == 'Bearer error="insufficient_scope", scope="openid"'
        assert response.content == b""
        assert partner.userinfo(tokens["access_token"]).status_code == 200

    def test_the_id_token_tells_the_same_of_the_details(self, partner, identified):
        Details.objects.create(user=identified.account, nickname="Jano")
        claims = json.dumps({"id_token": {"nickname": None, "name": None, "updated_at": None}})
        tokens = partner.tokens(identified, scope="openid profile", claims=claims)
        received = partner.claims(tokens["id_token"])
        assert (received["nickname"], received["name"]) == ("Jano", "Jean-Marie Wapone Tein")
        info = partner.userinfo(tokens["access_token"]).json()
        assert received["updated_at"] == info["updated_at"]


def test_a_signed_answer_for_those_registered_for_it(signed_in):
    """Section 5.3.2: signed … MUST contain the Claims iss and aud."""
    partner = RelyingParty.registered(userinfo_signed_response_alg="ES256")
    token = partner.tokens(signed_in, scope="openid email")["access_token"]
    response = partner.userinfo(token)
    assert response["Content-Type"] == "application/jwt"
    claims = jwt.decode(response.content.decode(), partner.keys(), algorithms=["ES256"]).claims
    assert (claims["iss"], claims["aud"]) == ("http://127.0.0.1:8000", "impots")
    assert claims["email"] == signed_in.email


def test_basic_credentials_are_no_token(client):
    header = "Basic " + base64.b64encode(b"a:b").decode()
    assert client.get("/oidc/userinfo", headers={"Authorization": header}).status_code == 401

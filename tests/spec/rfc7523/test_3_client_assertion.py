"""RFC 7523, sections 2.2 and 3; RFC 7521, section 4.2; Core, section 9: private_key_jwt."""

import base64
import json
import time
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.conf import settings
from django.core.cache import cache
from django.utils import timezone
from joserfc.jwk import OctKey
from joserfc.jws import serialize_compact

from ncconnect.audit.models import Event
from oidc_provider.legacy import FAMILIES
from oidc_provider.models import UsedAssertion
from tests.key_holder import TYPE, KeyHolder, new_key, public
from tests.relying_party import SECRET, RelyingParty

NOT_JWT = [
    *("x", "..", "a.b.c", "e30.e30.e30", "e30..", "é.é.é", "." * 50, "[" * 3000, "{}", "W10.e.e"),
    *('{"payload":"e30","signatures":[]}', "eyJhbGciOiJFUzI1NiIsImtpZCI6NX0.e30.AAAA"),
    *("e30.W10.AAAA", f"e30.{'W1tb' * 1_000}.AAAA"),
]


@pytest.fixture
def holder():
    return KeyHolder.registered()


def refused(response) -> str:
    """``invalid_client``, 401: its description."""
    assert response.status_code == 401, response.content
    content = response.json()
    assert content["error"] == "invalid_client"
    assert response["Cache-Control"] == "no-store"
    assert content["error_description"].isascii()
    return content["error_description"]


def test_a_whole_sign_in(signed_in):
    holder = KeyHolder.registered(grant_types=["authorization_code", "refresh_token"])
    tokens = holder.tokens(signed_in)
    assert holder.claims(tokens["id_token"])["aud"] == "impots"
    assert holder.refreshes(tokens["refresh_token"]).status_code == 200
    assert holder.calls("/oidc/introspect", {"token": tokens["access_token"]}).json()["active"]
    assert holder.calls("/oidc/revoke", {"token": tokens["access_token"]}).status_code == 200


@pytest.mark.parametrize("algorithm", ["RS256", "PS256", "ES256"])
def test_each_algorithm(algorithm):
    holder = KeyHolder.registered(key=new_key(algorithm))
    proof = holder.assertion(header={"alg": algorithm})
    assert holder.asks(client_assertion=proof).status_code == 200


def test_an_algorithm_that_the_key_is_not_for():
    key = new_key("RS256")
    [registered] = public(key)["keys"]
    holder = KeyHolder.registered(key=key, jwks={"keys": [registered | {"alg": "PS256"}]})
    assert "no such key" in refused(holder.asks(client_assertion=holder.assertion()))


class TestWhoIsMeant:
    """2.2: client_id is optional; the subject of the assertion identifies the client."""

    def test_client_id_may_come_as_well(self, holder):
        assert holder.asks(client_id="impots").status_code == 200

    def test_another_client_id_in_the_body(self, holder):
        RelyingParty.registered(client_id="autre")
        refused(holder.asks(client_id="autre"))

    @pytest.mark.parametrize("name", ["iss", "sub"])
    def test_another_name_in_the_assertion(self, holder, name):
        """3: sub MUST be the client_id; Core, section 9: iss too."""
        KeyHolder.registered(client_id="autre")
        refused(holder.asks(client_assertion=holder.assertion(**{name: "autre"})))
        assert not UsedAssertion.objects.exists()

    @pytest.mark.parametrize("sub", [None, "", 5, ["impots"], "é", "inconnu", "x" * 500])
    def test_nobody(self, holder, sub):
        refused(holder.asks(client_assertion=holder.assertion(sub=sub)))

    def test_the_key_of_another_partner(self, holder):
        other = KeyHolder.registered(client_id="autre")
        refused(holder.asks(client_assertion=holder.assertion(key=other.key)))


class TestAudience:
    """3: aud MUST identify us; Core, section 9: it SHOULD be the token endpoint's address."""

    token = f"{settings.ORIGIN}/oidc/token"

    @pytest.mark.parametrize("path", ["token", "introspect", "revoke"])
    @pytest.mark.parametrize(
        "audience", [settings.ISSUER, [settings.ISSUER], token, [token], [settings.ISSUER, token]]
    )
    def test_the_issuer_or_the_token_endpoint(self, holder, path, audience):
        """As Authlib, Spring, openid-client and Keycloak write it."""
        proof = holder.assertion(aud=audience)
        sent = {"token": "x", "client_assertion": proof, "grant_type": "authorization_code"}
        response = holder.calls(f"/oidc/{path}", sent)
        assert response.status_code != 401
        assert "aud" not in response.content.decode()

    @pytest.mark.parametrize("path", ["oidc/introspect", "oidc/revoke"])
    def test_the_endpoint_that_is_called(self, holder, path):
        proof = holder.assertion(aud=f"{settings.ORIGIN}/{path}")
        sent = {"token": "x", "client_assertion": proof}
        assert holder.calls(f"/{path}", sent).status_code == 200

    @pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
    def test_a_former_address_of_the_token_endpoint(self, holder, family):
        path = family.paths["token"][0]
        for audience in (f"{settings.ORIGIN}/{path}", self.token, settings.ISSUER):
            proof = holder.assertion(aud=audience)
            sent = {"client_assertion": proof, "grant_type": "authorization_code"}
            response = holder.calls(f"/{path}", sent)
            assert response.json()["error_description"] == "code: missing"  # it is known
        proof = holder.assertion(aud=f"{settings.ORIGIN}/{path}")
        assert "aud" in refused(holder.asks(client_assertion=proof))

    @pytest.mark.parametrize(
        "audience",
        [
            None,
            "",
            [],
            [[]],
            "https://ailleurs.example.nc",
            [settings.ISSUER, "https://ailleurs.example.nc"],
            [settings.ISSUER, None],
            f"{settings.ISSUER}/",
            f"{settings.ORIGIN}/oidc/token/",
            f"{settings.ORIGIN}/oidc/revoke",
            {"a": 1},
        ],
    )
    def test_anything_else(self, holder, audience):
        """Another server that is named as well could use the assertion here."""
        proof = holder.assertion(aud=audience)
        assert "aud" in refused(holder.asks(client_assertion=proof))
        assert not UsedAssertion.objects.exists()

    def test_the_host_of_the_request_says_nothing(self, holder, settings):
        settings.ALLOWED_HOSTS = ["ailleurs.example.nc"]
        holder.back_channel.defaults["SERVER_NAME"] = "ailleurs.example.nc"
        proof = holder.assertion(aud="http://ailleurs.example.nc/oidc/introspect")
        assert "aud" in refused(holder.asks(client_assertion=proof))


class TestTime:
    """3: exp MUST be there; unreasonably far in the future MAY be rejected."""

    @pytest.mark.parametrize("seconds", [1, 60, 3600])
    def test_in_time(self, holder, seconds):
        proof = holder.assertion(exp=int(time.time()) + seconds)
        assert holder.asks(client_assertion=proof).status_code == 200

    @pytest.mark.parametrize("seconds", [-3600, -300, -61, 3661, 86400])
    def test_over_or_too_far(self, holder, seconds):
        proof = holder.assertion(exp=int(time.time()) + seconds)
        assert "exp" in refused(holder.asks(client_assertion=proof))

    @pytest.mark.parametrize("value", [None, "60", True, [], -1, 1e300])
    def test_not_a_time(self, holder, value):
        assert "exp" in refused(holder.asks(client_assertion=holder.assertion(exp=value)))

    @pytest.mark.parametrize("name", ["nbf", "iat"])
    def test_clocks_may_be_ten_seconds_apart_and_not_a_minute(self, holder, name):
        now = int(time.time())
        near, far = holder.assertion(**{name: now + 10}), holder.assertion(**{name: now + 61})
        assert holder.asks(client_assertion=near).status_code == 200
        assert name in refused(holder.asks(client_assertion=far))

    @pytest.mark.parametrize("value", [-1, "0", True])
    def test_a_beginning_that_is_no_time(self, holder, value):
        assert "nbf" in refused(holder.asks(client_assertion=holder.assertion(nbf=value)))
        assert not UsedAssertion.objects.exists()

    @pytest.mark.parametrize(
        ("name", "last", "refused_from"),
        [("exp", -30, -31), ("exp", 3630, 3631), ("nbf", 30, 31), ("iat", 30, 31)],
    )
    def test_clocks_may_be_half_a_minute_apart_to_the_second(
        self, holder, name, last, refused_from, time_machine
    ):
        now = int(time.time())
        time_machine.move_to(now, tick=False)
        outside = holder.assertion(**{name: now + refused_from})
        assert name in refused(holder.asks(client_assertion=outside))
        assert not UsedAssertion.objects.exists()
        inside = holder.assertion(**{name: now + last})
        assert holder.asks(client_assertion=inside).status_code == 200

    def test_no_iat(self, holder):
        proof = holder.assertion(iat=None)
        assert holder.asks(client_assertion=proof).status_code == 200


class TestOnce:
    """3: the server MAY ensure that JWTs are not replayed: here it does."""

    def test_one_use(self, holder):
        proof = holder.assertion()
        assert holder.asks(client_assertion=proof).status_code == 200
        cache.clear()  # as after a restart
        assert "jti" in refused(holder.asks(client_assertion=proof))

    def test_the_same_jti_in_another_assertion(self, holder):
        first, second = (holder.assertion(jti="un", iat=None, nbf=n) for n in (0, 1))
        assert first != second
        assert holder.asks(client_assertion=first).status_code == 200
        assert "jti" in refused(holder.asks(client_assertion=second))

    def test_another_partner_may_use_the_same_one(self, holder):
        other = KeyHolder.registered(client_id="autre")
        for partner in (holder, other):
            proof = partner.assertion(jti="un")
            assert partner.asks(client_assertion=proof).status_code == 200

    @pytest.mark.parametrize("jti", [None, "", 5, [], "x" * 256])
    def test_without_a_jti(self, holder, jti):
        assert "jti" in refused(holder.asks(client_assertion=holder.assertion(jti=jti)))

    @pytest.mark.parametrize("length", [1, 255])
    def test_the_shortest_and_the_longest_jti(self, holder, length):
        proof = holder.assertion(jti="x" * length)
        assert holder.asks(client_assertion=proof).status_code == 200
        assert "jti" in refused(holder.asks(client_assertion=proof))

    def test_it_is_remembered_for_longer_than_any_clock_takes_it(self, holder):
        over = int(time.time()) + 60
        holder.asks(client_assertion=holder.assertion(exp=over))
        kept = UsedAssertion.objects.get().expires
        assert kept == datetime.fromtimestamp(over + 60, UTC)

    def test_it_is_spent_by_a_request_that_fails_later(self, holder):
        proof = holder.assertion()
        sent = {"client_assertion_type": TYPE, "client_assertion": proof}
        wrong = {"grant_type": "authorization_code", "code": "faux", "redirect_uri": "x"}
        assert holder.calls("/oidc/token", sent | wrong).json()["error"] == "invalid_grant"
        refused(holder.asks(client_assertion=proof))

    def test_it_is_not_spent_by_a_forged_one(self, holder):
        forged = holder.assertion(key=new_key(kid=holder.key.kid), jti="un")
        refused(holder.asks(client_assertion=forged))
        proof = holder.assertion(jti="un")
        assert holder.asks(client_assertion=proof).status_code == 200

    def test_a_spent_one_is_kept_until_it_is_over(self, holder):
        from oidc_provider.purge import purge

        holder.asks()
        with time_machine.travel(timezone.now() + timedelta(seconds=60)):
            purge()
            assert UsedAssertion.objects.count() == 1
        with time_machine.travel(timezone.now() + timedelta(seconds=180)):
            purge()
            assert not UsedAssertion.objects.exists()


class TestSignature:
    """3: the JWT MUST be digitally signed; RFC 7515, section 5.2."""

    @pytest.mark.parametrize("proof", NOT_JWT)
    def test_what_is_not_a_jwt(self, holder, proof):
        refused(holder.asks(client_assertion=proof))

    @pytest.mark.parametrize(
        "header",
        [
            {"alg": "none"},
            {"alg": "HS256"},
            {"alg": "ES384"},
            {"alg": None},
            {"alg": ["ES256"]},
            {"kid": ["x"]},
            {"kid": 5},
            {"crit": ["exp"], "exp": 1},
            {"b64": False, "crit": ["b64"]},
        ],
    )
    def test_the_header_does_not_choose_the_check(self, holder, header):
        head, payload, signature = holder.assertion().split(".")
        changed = {"alg": "ES256", "kid": holder.key.kid} | header
        head = base64.urlsafe_b64encode(json.dumps(changed).encode()).decode().rstrip("=")
        refused(holder.asks(client_assertion=f"{head}.{payload}.{signature}"))

    def test_a_public_key_is_no_shared_secret(self, holder):
        """HS256 by the bytes of the public key."""
        shared = OctKey.import_key(json.dumps(holder.key.as_dict(private=False)))
        header = {"alg": "HS256", "kid": holder.key.kid}
        claims = json.dumps(holder.claims_now())
        proof = serialize_compact(header, claims, shared, algorithms=["HS256"])
        assert "alg" in refused(holder.asks(client_assertion=proof))

    def test_a_key_that_the_assertion_brings(self, holder):
        own = new_key()
        proof = holder.assertion(key=own, header={"jwk": own.as_dict(private=False), "kid": None})
        refused(holder.asks(client_assertion=proof))

    def test_a_changed_payload(self, holder):
        head, _payload, signature = holder.assertion().split(".")
        other = holder.assertion().split(".")[1]
        refused(holder.asks(client_assertion=f"{head}.{other}.{signature}"))

    def test_claims_that_are_not_an_object(self, holder):
        header = {"alg": "ES256", "kid": holder.key.kid}
        for content in (b"[]", b"x", b"\xff", b'{"sub":"impots"'):
            proof = serialize_compact(header, content, holder.key, algorithms=["ES256"])
            refused(holder.asks(client_assertion=proof))

    def test_without_a_kid_every_key_that_fits_is_tried(self):
        first, second = new_key(), new_key()
        holder = KeyHolder.registered(key=second, jwks=public(first, second))
        proof = holder.assertion(header={"kid": None})
        assert holder.asks(client_assertion=proof).status_code == 200


class TestOneMethod:
    """RFC 6749, section 2.3: not more than one method; Core, section 9: the registered one."""

    def test_a_secret_as_well(self, holder):
        empty = {"Authorization": "Basic " + base64.b64encode(b"impots:").decode()}
        for response in (
            holder.asks(client_secret=SECRET),
            holder.calls("/oidc/revoke", {}, RelyingParty().basic()),
            holder.calls("/oidc/revoke", {}, empty),
        ):
            assert response.status_code == 400
            assert response.json()["error"] == "invalid_request"

    def test_another_type_of_assertion(self, holder):
        saml = "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"
        for kind in (saml, None, ""):
            assert "client_assertion_type" in refused(holder.asks(client_assertion_type=kind))

    def test_a_partner_of_another_method(self):
        partner = KeyHolder.registered()
        RelyingParty.registered(client_id="impots")  # its registration is replaced
        assert "client_secret_basic" in refused(partner.asks())

    def test_a_secret_is_not_accepted_instead(self, holder):
        sent = {"token": "x", "client_id": "impots"}
        named = "this client_id authenticates by private_key_jwt"
        empty = {"Authorization": "Basic " + base64.b64encode(b"impots:").decode()}
        for headers in (None, {}, empty):
            answered = RelyingParty().calls("/oidc/introspect", sent, headers)
            assert refused(answered) == named
        both = sent | {"client_secret": SECRET}
        assert refused(RelyingParty().calls("/oidc/introspect", both)) == named
        assert refused(RelyingParty().calls("/oidc/introspect", both, {})) == named


def test_nothing_of_an_assertion_is_written_down(holder, caplog):
    proof = holder.assertion(aud="ailleurs")
    refused(holder.asks(client_assertion=proof))
    event = Event.objects.filter(event="client_authentication_failed").get()
    assert event.partner == "impots"
    assert proof not in str([caplog.text, event.facts])
    assert proof.split(".")[2] not in str([caplog.text, event.facts])


def test_discovery_says_so(client):
    """Discovery, section 3; RFC 8414, section 2: the algorithms MUST be there with this method."""
    document = client.get("/.well-known/openid-configuration").json()
    for endpoint in ("token", "revocation", "introspection"):
        assert "private_key_jwt" in document[f"{endpoint}_endpoint_auth_methods_supported"]
        algorithms = document[f"{endpoint}_endpoint_auth_signing_alg_values_supported"]
        assert set(algorithms) == {"RS256", "PS256", "ES256"}

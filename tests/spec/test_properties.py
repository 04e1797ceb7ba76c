"""Properties that the specifications ask for, of whatever comes in: no 5xx, nobody sent to a place
that is not registered, nothing given for a forged hint or credential.

tests/oidc_provider/test_nothing_breaks.py has the plain ones; here inputs are close to right ones.
"""

import json
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from tests.near_misses import altered, joined, json_values, near, parts_of
from tests.relying_party import CALLBACK, SIGNED_OUT, RelyingParty, answer, payload
from tests.strict_client import StrictClient

OURS = ("/connexion/", "/oidc/authorize/suite/")


class TestAddresses:
    """Core, 3.1.2.1; RP-Initiated Logout, 3: exact match by simple string comparison."""

    @near
    @given(uri=altered(CALLBACK), prompt=st.sampled_from([None, "none"]))
    @example(uri=CALLBACK + "\r\nLocation: https://mechant.example/", prompt="none")
    def test_redirect_uri(self, partner, client, uri, prompt):
        parameters = partner.parameters(redirect_uri=uri, prompt=prompt)
        for page in (
            client.get("/oidc/authorize", parameters),
            client.post("/oidc/authorize", parameters),
        ):
            assert page.status_code == 400
            assert "Location" not in page

    @near
    @given(uri=altered(SIGNED_OUT))
    @example(uri=SIGNED_OUT + "\n")
    def test_post_logout_redirect_uri(self, partner, hint, client, uri):
        page = client.get(
            "/oidc/end-session", {"id_token_hint": hint, "post_logout_redirect_uri": uri}
        )
        assert page.status_code == 400
        assert "Location" not in page

    @near
    @given(
        path=st.text("abc/.-_~%20;:,!'()+=$", max_size=20),
        query=st.text("abc=&%26+;/?:-_~!'(),$", max_size=20),
    )
    @example(path="", query="")
    @example(path="a", query="a=b&&")
    def test_what_is_registered_is_answered_to_as_it_is(self, signed_in, path, query):
        """RFC 6749, 3.1.2: a query that is there MUST be retained."""
        uri = f"https://impots.example.nc/{path}" + (f"?{query}" if query else "")
        partner = RelyingParty.registered(redirect_uris=[uri])
        location = signed_in.opens(partner.address(prompt="none"))["Location"]
        assert location.startswith(uri)
        added = location.removeprefix(uri).lstrip("?&")
        assert {name for name, _ in parse_qsl(added)} >= {"state", "iss"}
        assert urlsplit(location).netloc == "impots.example.nc"


class TestParameters:
    @near
    @given(
        value=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")),
        mode=st.sampled_from(["query", "form_post"]),
    )
    @example(value='"><script>alert(1)</script>', mode="form_post")
    @example(value="\r\nSet-Cookie: a=b", mode="query")
    @example(value="a+b%20c&code=d", mode="query")
    def test_state_comes_back_unchanged(self, partner, client, value, mode):
        """RFC 6749, 4.1.2.1: the exact value received from the client."""
        assume(value)
        page = client.get(partner.address(state=value, prompt="none", response_mode=mode))
        assert answer(page)["state"] == value
        assert answer(page)["error"] == "login_required"

    @near
    @given(claims=st.dictionaries(st.sampled_from(["userinfo", "id_token", "x"]), json_values))
    @example(claims={"id_token": {"acr": {"values": [None]}}})
    @example(claims={"id_token": {"acr": {"essential": True, "values": []}}})
    @example(claims={"id_token": {"acr": {"essential": True, "value": {"a": 1}}}})
    @example(claims={"id_token": {"sub": {"value": 5}, "sid": {"essential": 1}}})
    @example(claims={"userinfo": {"email": {"essential": True}, "": None}})
    def test_claims(self, partner, signed_in, claims):
        """Core, 5.5: understood, refused or not met; a code that was given can be redeemed."""
        received = answer(signed_in.opens(partner.address(claims=json.dumps(claims))))
        if "code" in received:
            assert partner.exchanges(received["code"]).status_code == 200
        else:
            assert received["error"] in ("invalid_request", "unmet_authentication_requirements")

    @near
    @given(query=st.lists(st.sampled_from(["again", "raw", "empty"]), max_size=6), data=st.data())
    def test_a_query_written_in_any_way(self, partner, client, query, data):
        """RFC 6749, 3.1: parameters twice, without a value, in bytes that are no text."""
        names = st.sampled_from([*partner.parameters(), "claims", "max_age", "request"])
        ways = {
            "again": lambda name: f"{name}={name}",
            "raw": lambda name: f"{name}=" + "".join(data.draw(_escapes)),
            "empty": lambda name: name,
        }
        added = "&".join(ways[way](data.draw(names)) for way in query)
        page = client.get(f"{partner.address()}&{added}")
        assert page.status_code in (200, 302, 303, 400)
        assert page.get("Location", CALLBACK).startswith((CALLBACK, *OURS))


_escapes = st.lists(st.sampled_from(["%00", "%ff", "%", "%e9", "%0d%0a", "+", ";", "%2"]))


@pytest.fixture
def hint(partner, signed_in):
    return partner.tokens(signed_in)["id_token"]


class TestHints:
    """Core, 3.1.2.1; RP-Initiated Logout, 2: one that this server issued, and as it issued it."""

    @near
    @given(
        header=st.dictionaries(
            st.sampled_from(["alg", "kid", "typ", "jwk", "jku", "x5c", "crit", "b64", "zip"]),
            st.sampled_from(["none", "HS256", "RS256", "ES256", "", "nOnE"]) | json_values,
            max_size=3,
        ),
        claims=st.dictionaries(
            st.sampled_from(["sub", "iss", "aud", "exp", "sid", "auth_time"]),
            json_values,
            max_size=3,
        ),
        signature=st.sampled_from(["", "AA"]) | st.none(),
    )
    @example(header={"alg": "none"}, claims={}, signature="")
    @example(header={"crit": ["exp"]}, claims={}, signature=None)
    @example(header={"kid": None}, claims={"sub": None}, signature=None)
    def test_altered(self, partner, signed_in, hint, header, claims, signature):
        """Whatever of it was changed, it opens nothing and ends nothing."""
        was_header, was_claims, was_signature = parts_of(hint)
        signature = was_signature if signature is None else signature
        changed = (was_header | header, was_claims | claims, signature)
        assume(repr(changed) != repr((was_header, was_claims, was_signature)))
        self._opens_nothing(partner, signed_in, joined(*changed))

    @near
    @given(at=st.integers(0, 2_000), letter=st.sampled_from("Aa0-_.=+/é\x00 "))
    def test_one_letter(self, partner, signed_in, hint, at, letter):
        at %= len(hint) - 1  # the last letter carries bits that mean nothing (RFC 4648, 3.5)
        changed = hint[:at] + letter + hint[at + 1 :]
        assume(changed != hint)
        self._opens_nothing(partner, signed_in, changed)

    @near
    @given(
        claims=st.dictionaries(
            st.sampled_from(["sub", "aud", "sid", "auth_time", "iss", "exp", "iat"]),
            json_values | st.just("impots"),
            max_size=7,
        ),
        complete=st.booleans(),
    )
    @example(claims={"sub": ["x"]}, complete=True)
    @example(claims={"sid": {"a": 1}}, complete=True)
    @example(claims={"aud": ["impots"]}, complete=True)
    @example(claims={"auth_time": None}, complete=True)
    def test_signed_here_and_no_id_token(self, partner, signed_in, hint, claims, complete):
        """Another token of ours is not an ID token; nothing of it can break us."""
        from oidc_provider.keys import keyring

        content = (payload(hint) if complete else {}) | claims
        token = keyring.sign(content, algorithm="RS256")
        page = signed_in.client.get(partner.address(prompt="none", id_token_hint=token))
        mine = content.get("sub") == payload(hint)["sub"]
        assert mine or answer(page)["error"] in ("invalid_request", "login_required")
        page = StrictClient().get("/oidc/end-session", {"id_token_hint": token})
        assert page.status_code in (303, 400)
        assert page.get("Location", "/oidc/deconnecte/").startswith("/oidc/deconnecte/")

    def _opens_nothing(self, partner, end_user, token: str) -> None:
        page = end_user.client.get(partner.address(prompt="none", id_token_hint=token))
        assert answer(page)["error"] == "invalid_request"
        page = end_user.client.get("/oidc/end-session", {"id_token_hint": token})
        assert page.status_code == 400
        assert "Location" not in page


class TestExchange:
    """RFC 6749, 4.1.3: bound to the client, the redirect_uri and the verifier."""

    @near
    @given(uri=altered(CALLBACK), verifier=st.text(max_size=130))
    def test_what_does_not_match_is_given_nothing(self, partner, signed_in, uri, verifier):
        code = partner.code(signed_in)
        for changes in ({"redirect_uri": uri}, {"code_verifier": verifier}, {"code": code + "x"}):
            response = partner.exchanges(**({"code": code} | changes))
            assert response.status_code == 400
            assert response.json()["error"] in ("invalid_grant", "invalid_request")
        assert partner.exchanges(code).status_code == 200
